-- purpose: the sponsor of that name in the tenant of the session
-- params: name
-- returns: id uuid
-- grain: one row per match
-- source: sponsors
-- relies on: none: some hundred rows
select id
from sponsors
where lower(name) = lower(:name) and deleted_at is null
order by id
