-- purpose: different listeners of a period, of each day in it if asked, of its days that are over, and of those compared with
-- params: period_start, period_end, whole_end, compared_start, compared_end, by_day, podcast_ids, episode_ids
-- returns: span text (period, day, whole or compared), day date (null for the other spans), listeners bigint
-- grain: span and day
-- source: listener_days
-- relies on: listener_days_pkey, listener_days_episode
with seen as materialized (
    select case when cast(:by_day as boolean) then d.local_day end as day, d.listener_no
    from listener_days d
    where d.local_day >= cast(:period_start as date)
        and d.local_day < cast(:period_end as date)
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or d.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))
    group by 1, 2
),
-- Only where the period is not over: without whole_end nothing is read.
seen_whole as (
    select d.listener_no
    from listener_days d
    where d.local_day >= cast(:period_start as date)
        and d.local_day < cast(:whole_end as date)
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or d.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))
    group by d.listener_no
),
seen_before as (
    select d.listener_no
    from listener_days d
    where d.local_day >= cast(:compared_start as date)
        and d.local_day < cast(:compared_end as date)
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or d.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))
    group by d.listener_no
)
select 'period' as span, cast(null as date) as day,
       -- Without days every row is another listener already.
       case when cast(:by_day as boolean) then (select count(*) from (select listener_no from seen group by listener_no) l)
            else (select count(*) from seen) end as listeners
union all
select 'day', day, count(*) from seen where day is not null group by day
union all
select 'whole', null, count(*) from seen_whole
union all
select 'compared', null, count(*) from seen_before
