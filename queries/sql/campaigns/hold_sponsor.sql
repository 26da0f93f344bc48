-- purpose: the sponsor of a name, held until the end of the transaction: whoever enters a campaign of it next waits
-- params: name
-- returns: id uuid, name text
-- grain: one row, or none
-- source: sponsors
-- relies on: sponsors_name
select s.id, s.name
from sponsors s
where s.tenant_id = (select app_tenant()) and lower(s.name) = lower(cast(:name as text)) and s.deleted_at is null
for no key update
