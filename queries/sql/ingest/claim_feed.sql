-- purpose: takes the feed that has been due longest; if whoever took it dies, it is due again in a quarter of an hour
-- params: none
-- returns: podcast_id uuid, url text, etag text, last_modified text, content_sha256 text
-- grain: at most one row
-- source: podcast_feeds, podcasts
-- relies on: podcast_feeds_due
-- TRICKY: materialized, as in claim_transcript.
with due as materialized (
    select d.podcast_id, p.rss_feed_url as url
    from podcast_feeds d
    join podcasts p on p.tenant_id = d.tenant_id and p.id = d.podcast_id and p.deleted_at is null and p.rss_feed_url is not null
    where d.tenant_id = (select app_tenant()) and d.next_try_at <= now()
    order by d.next_try_at, d.podcast_id
    limit 1
    for update of d skip locked
)
update podcast_feeds f
set tried_at = now(), next_try_at = now() + interval '15 minutes'
from due
where f.tenant_id = (select app_tenant()) and f.podcast_id = due.podcast_id
returning f.podcast_id, due.url,
    case when f.asked_url = due.url then f.etag end as etag,
    case when f.asked_url = due.url then f.last_modified end as last_modified,
    case when f.asked_url = due.url then f.content_sha256 end as content_sha256
