-- purpose: different listeners of a period, of each stretch of days in it, and of the period compared with
-- params: period_start, period_end, compared_start, compared_end, stretch_end, stretch_days, podcast_ids, episode_ids
-- returns: span text (period, stretch or compared), stretch integer (0 is the last before stretch_end, null the days from it on),
--          listeners bigint
-- grain: span and stretch
-- source: listener_days
-- relies on: listener_days_pkey, listener_days_episode
with seen as materialized (
    select case when d.local_day < cast(:stretch_end as date)
                then (cast(:stretch_end as date) - 1 - d.local_day) / cast(:stretch_days as integer) end as stretch,
           d.listener_no
    from listener_days d
    where d.local_day >= cast(:period_start as date)
        and d.local_day < cast(:period_end as date)
        and (cardinality(cast(:podcast_ids as uuid[])) = 0
             or d.episode_id = any (array(select e.id from episodes e where e.podcast_id = any (cast(:podcast_ids as uuid[])))))
        and (cardinality(cast(:episode_ids as uuid[])) = 0 or d.episode_id = any (cast(:episode_ids as uuid[])))
    group by 1, 2
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
select 'period' as span, null as stretch, count(*) as listeners from (select listener_no from seen group by listener_no) l
union all
select 'stretch', stretch, count(*) from seen group by stretch
union all
select 'compared', null, count(*) from seen_before
