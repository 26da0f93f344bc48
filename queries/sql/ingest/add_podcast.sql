-- purpose: adds the podcast of a feed
-- params: podcast_name, description, rss_feed_url, website_url, cover_image_url, language, category, author, feed_guid
-- returns: id uuid
-- grain: one row
-- source: podcasts
-- relies on: nothing
insert into podcasts
    (tenant_id, name, description, rss_feed_url, website_url, cover_image_url, language, category, author, feed_guid)
values
    ((select app_tenant()), cast(:podcast_name as text), cast(:description as text), cast(:rss_feed_url as text),
     cast(:website_url as text), cast(:cover_image_url as text), cast(:language as text), cast(:category as text),
     cast(:author as text), cast(:feed_guid as text))
returning id
