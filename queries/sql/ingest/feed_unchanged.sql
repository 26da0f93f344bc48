-- purpose: notes that a feed has nothing new, and what it tells that by
-- params: podcast_id, etag, last_modified
-- returns: nothing
-- grain: one row
-- source: podcast_feeds
-- relies on: primary key of podcast_feeds
update podcast_feeds f
set next_try_at = now() + interval '1 hour', succeeded_at = now(), failures = 0, error_message = null,
    etag = cast(:etag as text), last_modified = cast(:last_modified as text)
where f.tenant_id = (select app_tenant()) and f.podcast_id = cast(:podcast_id as uuid)
