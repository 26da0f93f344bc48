-- purpose: downloads of a period by app, country and device type, as far as asked, with those of the period compared with; cells that had
--          downloads only then are among them: which small ones are told is decided over all of its days. By app, country or device
--          nothing is filtered here: whether a cell is told is judged among all of its kind. And the same by episode, which no filter
--          by podcast or episode narrows, under the filters by app, country and device
-- params: by_app, by_country, by_device, by_episode, period_start, period_end, whole_end, compared_start, compared_end, podcast_ids, episode_ids, apps, countries, devices
-- returns: podcast_id, episode_id uuid (null in the cells), app, country, device_type text (empty where not asked for),
--          downloads bigint, whole bigint (of the days that are over), previous bigint (0 without a comparison), and of each the most of
--          one episode on one day (downloads_peak, whole_peak, previous_peak, null without any)
-- grain: cell, and episode
-- source: download_days
-- relies on: download_days_pkey
with counted as (
    select d.local_day, d.episode_id, d.app, d.country, d.device_type, d.downloads,
           (cardinality(cast(:podcast_ids as uuid[])) = 0
            or d.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
           and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[]))) as is_held
    from download_days d
    where ((d.local_day >= cast(:period_start as date) and d.local_day < cast(:period_end as date))
           or (d.local_day >= cast(:compared_start as date) and d.local_day < cast(:compared_end as date)))
        and (cast(:by_episode as boolean)
             or ((cardinality(cast(:podcast_ids as uuid[])) = 0
                  or d.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
                 and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))))
),
parts as (
    select local_day, downloads, cast(null as uuid) as episode_id,
           case when cast(:by_app as boolean) then app else '' end as app,
           case when cast(:by_country as boolean) then country else '' end as country,
           case when cast(:by_device as boolean) then device_type else '' end as device_type
    from counted
    where is_held
    union all
    select local_day, downloads, episode_id, '', '', ''
    from counted
    where cast(:by_episode as boolean)
        and (cardinality(cast(:apps as text[])) = 0 or app = any (cast(:apps as text[])))
        and (cardinality(cast(:countries as text[])) = 0 or country = any (cast(:countries as text[])))
        and (cardinality(cast(:devices as text[])) = 0 or device_type = any (cast(:devices as text[])))
),
cells as (
    select episode_id, app, country, device_type,
           coalesce(sum(downloads) filter (where local_day >= cast(:period_start as date) and local_day < cast(:period_end as date)), 0) as downloads,
           coalesce(sum(downloads) filter (where local_day >= cast(:period_start as date) and local_day < cast(:whole_end as date)), 0) as whole,
           coalesce(sum(downloads) filter (where local_day >= cast(:compared_start as date) and local_day < cast(:compared_end as date)), 0) as previous,
           max(downloads) filter (where local_day >= cast(:period_start as date) and local_day < cast(:period_end as date)) as downloads_peak,
           max(downloads) filter (where local_day >= cast(:period_start as date) and local_day < cast(:whole_end as date)) as whole_peak,
           max(downloads) filter (where local_day >= cast(:compared_start as date) and local_day < cast(:compared_end as date)) as previous_peak
    from parts
    group by episode_id, app, country, device_type
)
select (select e.podcast_id from episodes e where e.id = c.episode_id) as podcast_id, c.episode_id, c.app, c.country, c.device_type,
       cast(c.downloads as bigint) as downloads, cast(c.whole as bigint) as whole, cast(c.previous as bigint) as previous,
       c.downloads_peak, c.whole_peak, c.previous_peak
from cells c
where c.downloads > 0 or c.previous > 0
