-- purpose: the campaigns of the tenant as they were entered
-- params: none
-- returns: id uuid, name text, sponsor text, stage text, start_date date, end_date date, conversion_type text, budget_micros bigint,
--          currency text, goal_conversions integer
-- grain: one row per campaign
-- source: campaigns, sponsors
-- relies on: campaigns_tenant_id_id_key
select c.id, c.name, s.name as sponsor, c.stage, c.start_date, c.end_date, c.conversion_type, c.budget_micros, c.currency,
       c.goal_conversions
from campaigns c
join sponsors s on s.tenant_id = c.tenant_id and s.id = c.sponsor_id
where c.tenant_id = (select app_tenant()) and c.deleted_at is null
order by c.start_date desc, lower(c.name), c.id
