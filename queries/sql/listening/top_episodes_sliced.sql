-- purpose: episodes by downloads in the period, with the period compared with and their first week
-- params: period_start, period_end, compared_start, compared_end, most, podcast_ids, episode_ids, apps, countries, devices
-- returns: episode_id uuid, title text, podcast_name text, published_at timestamptz, downloads bigint, previous bigint, total bigint, first_7_day_downloads bigint
-- grain: one row per episode, at most :most
-- source: download_days, episode_milestones, episodes
-- relies on: primary key of download_days
with counted as (
    select r.episode_id,
           sum(r.downloads) filter (where r.local_day >= cast(:period_start as date) and r.local_day < cast(:period_end as date)) as downloads,
           sum(r.downloads) filter (where r.local_day >= cast(:compared_start as date) and r.local_day < cast(:compared_end as date)) as previous
    from download_days r
    where r.local_day >= least(cast(:period_start as date), cast(:compared_start as date))
        and r.local_day < cast(:period_end as date)
        and (r.local_day >= cast(:period_start as date)
             or (r.local_day >= cast(:compared_start as date) and r.local_day < cast(:compared_end as date)))
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or r.episode_id in (select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[]))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or r.episode_id = any (cast(:episode_ids as uuid[])))
        and (cardinality(cast(:apps as text[])) = 0 or r.app = any (cast(:apps as text[])))
        and (cardinality(cast(:countries as text[])) = 0 or r.country = any (cast(:countries as text[])))
        and (cardinality(cast(:devices as text[])) = 0 or r.device_type = any (cast(:devices as text[])))
    group by r.episode_id
),
ranked as (
    select c.episode_id, c.downloads, coalesce(c.previous, 0) as previous, sum(c.downloads) over () as total
    from counted c
    where c.downloads > 0
    order by c.downloads desc, c.episode_id
    limit cast(:most as integer)
)
select r.episode_id, e.title, p.name as podcast_name, e.published_at, cast(r.downloads as bigint) as downloads,
       cast(r.previous as bigint) as previous, cast(r.total as bigint) as total, m.downloads as first_7_day_downloads
from ranked r
join episodes e on e.id = r.episode_id
join podcasts p on p.tenant_id = e.tenant_id and p.id = e.podcast_id
left join episode_milestones m on m.episode_id = r.episode_id and m.days = 7
order by r.downloads desc, r.episode_id
