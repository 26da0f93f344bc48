-- purpose: brings a podcast up to date with its feed; what the feed no longer says stays
-- params: podcast_id, podcast_name, description, rss_feed_url, website_url, cover_image_url, language, category, author, feed_guid
-- returns: id uuid, when something changed
-- grain: at most one row
-- source: podcasts
-- relies on: podcasts_tenant_id_id_key, podcasts_feed
with fresh as (
    select p.id, cast(:podcast_name as text) as name,
           coalesce(nullif(cast(:description as text), ''), p.description) as description,
           case when exists (select from podcasts o
                             where o.tenant_id = p.tenant_id and o.id <> p.id and o.deleted_at is null
                                 and o.rss_feed_url = cast(:rss_feed_url as text))
               then p.rss_feed_url
               else coalesce(cast(:rss_feed_url as text), p.rss_feed_url) end as rss_feed_url,
           coalesce(cast(:website_url as text), p.website_url) as website_url,
           coalesce(cast(:cover_image_url as text), p.cover_image_url) as cover_image_url,
           coalesce(cast(:language as text), p.language) as language,
           coalesce(cast(:category as text), p.category) as category,
           coalesce(cast(:author as text), p.author) as author,
           coalesce(cast(:feed_guid as text), p.feed_guid) as feed_guid
    from podcasts p
    where p.tenant_id = (select app_tenant()) and p.id = cast(:podcast_id as uuid)
)
update podcasts p
set name = f.name, description = f.description, rss_feed_url = f.rss_feed_url, website_url = f.website_url,
    cover_image_url = f.cover_image_url, language = f.language, category = f.category, author = f.author,
    feed_guid = f.feed_guid
from fresh f
where p.tenant_id = (select app_tenant()) and p.id = f.id
    and (p.name, p.description, p.rss_feed_url, p.website_url, p.cover_image_url, p.language, p.category, p.author, p.feed_guid)
        is distinct from
        (f.name, f.description, f.rss_feed_url, f.website_url, f.cover_image_url, f.language, f.category, f.author, f.feed_guid)
returning p.id
