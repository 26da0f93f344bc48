-- purpose: episodes with downloads in a period, most first, with their downloads in the period compared with and in their first week;
--          a deleted episode is not listed and stays among the rest
-- params: period_start, period_end, whole_end, compared_start, compared_end, now, row_limit, podcast_ids, episode_ids, by_dimension, apps, countries, devices
-- returns: episode_id uuid, title text, podcast_name text, published_at timestamptz, downloads bigint, whole bigint (of the days that are over), previous bigint,
--          all_downloads, all_whole, all_previous, episodes bigint (of all, deleted ones too), first_7_day_downloads bigint (null before 168 hours
--          are over, and where data of them is missing), first_7_day_missing text (what of it: beginning or end)
-- grain: episode; one row without one where none of those that were downloaded is listed
-- source: episode_days; download_days when filtered by app, country or device; episodes, podcasts, episode_milestones
-- relies on: episode_days_pkey, download_days_pkey, episode_milestones_pkey
with counted as (
    select d.local_day, d.episode_id, d.downloads
    from episode_days d
    where not cast(:by_dimension as boolean)
        and ((d.local_day >= cast(:period_start as date) and d.local_day < cast(:period_end as date))
             or (d.local_day >= cast(:compared_start as date) and d.local_day < cast(:compared_end as date)))
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or d.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))
    union all
    select d.local_day, d.episode_id, d.downloads
    from download_days d
    where cast(:by_dimension as boolean)
        and ((d.local_day >= cast(:period_start as date) and d.local_day < cast(:period_end as date))
             or (d.local_day >= cast(:compared_start as date) and d.local_day < cast(:compared_end as date)))
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or d.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))
        and (cardinality(cast(:apps as text[])) = 0 or d.app = any (cast(:apps as text[])))
        and (cardinality(cast(:countries as text[])) = 0 or d.country = any (cast(:countries as text[])))
        and (cardinality(cast(:devices as text[])) = 0 or d.device_type = any (cast(:devices as text[])))
),
per_episode as (
    select episode_id,
           coalesce(sum(downloads) filter (where local_day >= cast(:period_start as date) and local_day < cast(:period_end as date)), 0) as downloads,
           coalesce(sum(downloads) filter (where local_day >= cast(:period_start as date) and local_day < cast(:whole_end as date)), 0) as whole,
           coalesce(sum(downloads) filter (where local_day >= cast(:compared_start as date) and local_day < cast(:compared_end as date)), 0) as previous
    from counted
    group by episode_id
),
everything as (
    select sum(downloads) as all_downloads, sum(whole) as all_whole, sum(previous) as all_previous,
           count(*) filter (where downloads > 0) as episodes
    from per_episode
),
-- Cut before the joins: row security hides from the planner how many rows they meet.
shown as materialized (
    select one.episode_id, one.downloads, one.whole, one.previous
    from per_episode one
    where one.downloads > 0
        and one.episode_id <> all (array(select e.id from episodes e
                                     join podcasts p on p.tenant_id = e.tenant_id and p.id = e.podcast_id
                                     where e.deleted_at is not null or p.deleted_at is not null))
    order by one.downloads desc, one.episode_id
    limit cast(:row_limit as bigint)
)
select e.id as episode_id, e.title, p.name as podcast_name, e.published_at,
       cast(s.downloads as bigint) as downloads,
       cast(s.whole as bigint) as whole,
       case when cast(:compared_start as date) is not null then cast(s.previous as bigint) end as previous,
       cast(a.all_downloads as bigint) as all_downloads, cast(a.all_whole as bigint) as all_whole,
       case when cast(:compared_start as date) is not null then cast(a.all_previous as bigint) end as all_previous, a.episodes,
       m.downloads as first_7_day_downloads, m.missing as first_7_day_missing
from everything a
left join shown s on true
left join episodes e on e.id = s.episode_id
left join podcasts p on p.id = e.podcast_id
-- A milestone counted from an earlier moment of publication is not this episode's any more.
left join episode_milestones m
    on m.episode_id = e.id
    and m.episode_id = any (array(select episode_id from shown))
    and m.days = 7
    and m.complete_at = e.published_at + interval '168 hours'
    and m.complete_at <= cast(:now as timestamptz)
where a.episodes > 0
order by s.downloads desc, s.episode_id
