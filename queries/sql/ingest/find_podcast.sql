-- purpose: the podcast that a feed is of: by its guid, else by its address, else by website and name
-- params: feed_guid, feed_urls, website_url, podcast_name
-- returns: id uuid
-- grain: at most one row
-- source: podcasts
-- relies on: podcasts_feed
select p.id
from podcasts p
where p.tenant_id = (select app_tenant())
    and p.deleted_at is null
    and (p.feed_guid = cast(:feed_guid as text)
        or p.rss_feed_url = any (cast(:feed_urls as text[]))
        -- Two feeds of one show (an open and a paid one) have the same name and website, but not the same address.
        or (p.name = cast(:podcast_name as text)
            and p.website_url is not distinct from cast(:website_url as text)
            and (p.rss_feed_url is null or cardinality(cast(:feed_urls as text[])) = 0)
            and (p.feed_guid is null or cast(:feed_guid as text) is null)))
order by p.feed_guid is not distinct from cast(:feed_guid as text) and p.feed_guid is not null desc,
    coalesce(p.rss_feed_url = any (cast(:feed_urls as text[])), false) desc,
    p.created_at, p.id
limit 1
