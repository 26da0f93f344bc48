-- purpose: takes the tenant's campaigns whose results are out of date off the queue
-- params: none
-- returns: campaign_id uuid, since timestamptz (from when on), conversion_type text
-- grain: campaign
-- source: internal.dirty_campaigns, campaigns
-- relies on: dirty_campaigns_tenant; rolled back with the results when the run fails
with claimed as (
    delete from internal.dirty_campaigns q
    where q.tenant_id = (select app_tenant())
    returning q.campaign_id, q.since
)
select c.id as campaign_id, greatest(min(q.since), timestamptz '2000-01-01 00:00:00+00') as since, c.conversion_type
from claimed q
join campaigns c on c.tenant_id = (select app_tenant()) and c.id = q.campaign_id
group by c.id, c.conversion_type
order by c.id
