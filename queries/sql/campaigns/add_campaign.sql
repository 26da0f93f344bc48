-- purpose: adds a campaign of a sponsor, unless it has one of that name, in whatever capitals
-- params: sponsor_id, name, start_date, end_date, stage, conversion_type, budget_micros, currency, goal_conversions
-- returns: id uuid, currency text (the tenant's own unless told)
-- grain: one row, or none when the name is taken
-- source: campaigns, tenant_settings
-- relies on: campaigns_tenant_id_sponsor_id_id_key
insert into campaigns (tenant_id, sponsor_id, name, start_date, end_date, stage, conversion_type, budget_micros, currency,
                       goal_conversions)
select (select app_tenant()), cast(:sponsor_id as uuid), cast(:name as text), cast(:start_date as date), cast(:end_date as date),
       cast(:stage as text), cast(:conversion_type as text), cast(:budget_micros as bigint),
       coalesce(cast(:currency as text),
                (select t.settings ->> 'currency' from tenant_settings t where t.tenant_id = (select app_tenant())), 'USD'),
       cast(:goal_conversions as integer)
where not exists (
    select from campaigns c
    where c.tenant_id = (select app_tenant()) and c.sponsor_id = cast(:sponsor_id as uuid)
        and lower(c.name) = lower(cast(:name as text)) and c.deleted_at is null
)
returning id, currency
