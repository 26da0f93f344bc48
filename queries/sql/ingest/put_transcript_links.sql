-- purpose: keeps where the feed says the transcripts of these episodes lie; one that is new or another is due at once
-- params: podcast_id, episodes
-- returns: nothing
-- grain: one row per episode whose address is new, another, or no longer there
-- source: transcript_links, episodes
-- relies on: episodes_tenant_id_podcast_id_guid_key, primary key of transcript_links
with told as materialized (
    select e.id as episode_id, r.transcript ->> 'url' as url, r.transcript ->> 'format' as format,
           r.transcript ->> 'language' as language
    from jsonb_to_recordset(cast(:episodes as jsonb)) as r (guid text, transcript jsonb)
    join episodes e on e.tenant_id = (select app_tenant()) and e.podcast_id = cast(:podcast_id as uuid) and e.guid = r.guid
        and e.deleted_at is null
),
gone as (
    delete from transcript_links l
    using told t
    where l.tenant_id = (select app_tenant()) and l.episode_id = t.episode_id and t.url is null
)
insert into transcript_links as l (tenant_id, episode_id, url, format, language)
select (select app_tenant()), t.episode_id, t.url, t.format, t.language
from told t
where t.url is not null
on conflict (tenant_id, episode_id) do update
set url = excluded.url, format = excluded.format, language = excluded.language, next_try_at = now(), failures = 0,
    error_message = null, etag = null, last_modified = null, content_sha256 = null
where (l.url, l.format, l.language) is distinct from (excluded.url, excluded.format, excluded.language)
