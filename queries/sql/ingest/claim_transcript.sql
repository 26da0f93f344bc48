-- purpose: takes the transcript's address that has been due longest; if whoever took it dies, it is due again in a quarter of an hour
-- params: none
-- returns: episode_id uuid, url text, language text, etag text, last_modified text, content_sha256 text
-- grain: at most one row
-- source: transcript_links, episodes
-- relies on: transcript_links_due
-- TRICKY: materialized: as a subquery it was planned inside a loop, and took the next one for each row.
with due as materialized (
    select d.episode_id
    from transcript_links d
    join episodes e on e.tenant_id = d.tenant_id and e.id = d.episode_id and e.deleted_at is null
    where d.tenant_id = (select app_tenant()) and d.next_try_at <= now()
    order by d.next_try_at, d.episode_id
    limit 1
    for update of d skip locked
)
update transcript_links l
set tried_at = now(), next_try_at = now() + interval '15 minutes'
from due
where l.tenant_id = (select app_tenant()) and l.episode_id = due.episode_id
returning l.episode_id, l.url, l.language, l.etag, l.last_modified, l.content_sha256
