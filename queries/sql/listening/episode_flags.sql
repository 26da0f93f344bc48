-- purpose: episodes that came out in a period
-- params: period_from, period_to, now, podcast_ids, episode_ids
-- returns: published_at timestamptz, label text
-- grain: episode
-- source: episodes, podcasts
-- relies on: episodes_published
select e.published_at, e.title as label
from episodes e
join podcasts p on p.tenant_id = e.tenant_id and p.id = e.podcast_id and p.deleted_at is null
where e.tenant_id = (select app_tenant())
    and e.deleted_at is null
    and e.published_at >= cast(:period_from as timestamptz)
    and e.published_at < cast(:period_to as timestamptz)
    and e.published_at <= cast(:now as timestamptz)
    and (cardinality(cast(:podcast_ids as uuid[])) = 0 or e.podcast_id = any (cast(:podcast_ids as uuid[])))
    and (cardinality(cast(:episode_ids as uuid[])) = 0 or e.id = any (cast(:episode_ids as uuid[])))
order by e.published_at, e.id
