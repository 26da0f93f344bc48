-- purpose: how the feeds are doing that are asked by the clock, those in trouble first
-- params: none
-- returns: podcast text, succeeded_at timestamptz, tried_at timestamptz, next_try_at timestamptz, failures integer, error_message text
-- grain: one row per feed that came from an address
-- source: podcast_feeds, podcasts
-- relies on: primary key of podcast_feeds
select p.name as podcast, f.succeeded_at, f.tried_at, f.next_try_at, f.failures, f.error_message
from podcast_feeds f
join podcasts p on p.tenant_id = f.tenant_id and p.id = f.podcast_id and p.deleted_at is null
where f.tenant_id = (select app_tenant())
order by f.failures desc, p.name, p.id
