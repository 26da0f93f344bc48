-- purpose: different listeners with a download in exactly the period, and on each of its days
-- params: by_day, period_start, period_end, podcast_ids, episode_ids
-- returns: day date (null for the whole period), listeners bigint
-- grain: one row for the period, one per day with downloads
-- source: listener_days
-- relies on: primary key of listener_days
with heard as (
    select distinct r.local_day, r.listener_no
    from listener_days r
    where r.local_day >= cast(:period_start as date)
        and r.local_day < cast(:period_end as date)
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or r.episode_id in (select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[]))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or r.episode_id = any (cast(:episode_ids as uuid[])))
)
select cast(null as date) as day, count(*) as listeners from (select distinct listener_no from heard) as people
union all
select local_day, count(*) from heard where cast(:by_day as boolean) group by local_day
order by day nulls first
