-- purpose: impressions of campaigns per stretch of days in which no flight and no period begins or ends;
--          those of deleted ad units stay, and deleted campaigns are for the list of campaigns to leave out
-- params: campaign_ids, period_edges, today
-- returns: campaign_id uuid, first_day date, impressions numeric
-- grain: campaign and stretch
-- source: campaign_days, campaigns, io_bookings
-- relies on: campaign_days_tenant_id_campaign_id_local_day_attribution_ty_key
with edges as (
    select c.id as campaign_id, unnest(array[c.start_date, c.end_date + 1]) as edge
    from campaigns c
    where c.tenant_id = (select app_tenant())
        and (cardinality(cast(:campaign_ids as uuid[])) = 0 or c.id = any (cast(:campaign_ids as uuid[])))
    union
    select b.campaign_id, unnest(array[b.starts_on, b.ends_on + 1])
    from io_bookings b
    where b.tenant_id = (select app_tenant()) and b.deleted_at is null
        and (cardinality(cast(:campaign_ids as uuid[])) = 0 or b.campaign_id = any (cast(:campaign_ids as uuid[])))
    union
    select c.id, unnest(cast(:period_edges as date[]))
    from campaigns c
    where c.tenant_id = (select app_tenant())
        and (cardinality(cast(:campaign_ids as uuid[])) = 0 or c.id = any (cast(:campaign_ids as uuid[])))
),
flights as (
    select campaign_id, array_agg(edge order by edge) as edges from edges group by campaign_id
),
per_day as (
    select d.campaign_id, d.local_day, sum(d.event_count) as impressions
    from campaign_days d
    where d.tenant_id = (select app_tenant())
        and d.attribution_type = 'impression'
        and d.local_day <= cast(:today as date)
        and (cardinality(cast(:campaign_ids as uuid[])) = 0 or d.campaign_id = any (cast(:campaign_ids as uuid[])))
    group by d.campaign_id, d.local_day
)
select p.campaign_id, min(p.local_day) as first_day, sum(p.impressions) as impressions
from per_day p
join flights f on f.campaign_id = p.campaign_id
group by p.campaign_id, width_bucket(p.local_day, f.edges)
order by p.campaign_id, first_day
