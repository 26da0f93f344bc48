-- purpose: how the feeds are doing that are asked by the clock, those in trouble first, with the transcripts that they name
-- params: none
-- returns: podcast text, succeeded_at timestamptz, tried_at timestamptz, next_try_at timestamptz, failures integer, error_message text, transcripts bigint, transcripts_failing bigint
-- grain: one row per feed that came from an address
-- source: podcast_feeds, podcasts, transcript_links, episodes
-- relies on: primary key of podcast_feeds, primary key of transcript_links
select p.name as podcast, f.succeeded_at, f.tried_at, f.next_try_at, f.failures, f.error_message,
       coalesce(l.fetched, 0) as transcripts, coalesce(l.failing, 0) as transcripts_failing
from podcast_feeds f
join podcasts p on p.tenant_id = f.tenant_id and p.id = f.podcast_id and p.deleted_at is null
left join (
    select e.podcast_id, count(l.succeeded_at) as fetched, count(*) filter (where l.failures > 0) as failing
    from transcript_links l
    join episodes e on e.tenant_id = l.tenant_id and e.id = l.episode_id and e.deleted_at is null
    where l.tenant_id = (select app_tenant())
    group by e.podcast_id
) l on l.podcast_id = f.podcast_id
where f.tenant_id = (select app_tenant())
order by f.failures desc, p.name, p.id
