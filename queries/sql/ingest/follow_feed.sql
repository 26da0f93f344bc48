-- purpose: notes that a feed was read from its address, which is asked again in an hour
-- params: podcast_id, asked_url, etag, last_modified, content_sha256
-- returns: nothing
-- grain: one row
-- source: podcast_feeds
-- relies on: primary key of podcast_feeds
insert into podcast_feeds
    (tenant_id, podcast_id, next_try_at, tried_at, succeeded_at, asked_url, etag, last_modified, content_sha256)
values ((select app_tenant()), cast(:podcast_id as uuid), now() + interval '1 hour', now(), now(), cast(:asked_url as text),
        cast(:etag as text), cast(:last_modified as text), cast(:content_sha256 as text))
on conflict (tenant_id, podcast_id) do update
set next_try_at = excluded.next_try_at, tried_at = excluded.tried_at, succeeded_at = excluded.succeeded_at, failures = 0,
    error_message = null, asked_url = excluded.asked_url, etag = excluded.etag, last_modified = excluded.last_modified,
    content_sha256 = excluded.content_sha256
