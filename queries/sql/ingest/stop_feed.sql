-- purpose: asks the address of a feed no more by the clock
-- params: url
-- returns: podcast_id uuid
-- grain: one row per podcast of this address
-- source: podcast_feeds, podcasts
-- relies on: podcasts_feed
update podcast_feeds f
set next_try_at = null
from podcasts p
where f.tenant_id = (select app_tenant()) and p.tenant_id = f.tenant_id and p.id = f.podcast_id
    and p.rss_feed_url = cast(:url as text) and f.next_try_at is not null
returning f.podcast_id
