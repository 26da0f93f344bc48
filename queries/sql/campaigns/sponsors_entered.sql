-- purpose: the sponsors of the tenant, with how many campaigns each has
-- params: none
-- returns: id uuid, name text, campaigns bigint
-- grain: one row per sponsor
-- source: sponsors, campaigns
-- relies on: campaigns_tenant_id_sponsor_id_id_key
select s.id, s.name, count(c.id) as campaigns
from sponsors s
left join campaigns c on c.tenant_id = s.tenant_id and c.sponsor_id = s.id and c.deleted_at is null
where s.tenant_id = (select app_tenant()) and s.deleted_at is null
group by s.id, s.name
order by lower(s.name), s.id
