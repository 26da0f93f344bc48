-- purpose: apps, countries and devices with downloads in the last 90 days, the largest first
-- params: since
-- returns: kind text, value text
-- grain: one row per kind and value, at most 60 of a kind
-- source: download_days
-- relies on: primary key of download_days
with recent as (
    select r.app, r.country, r.device_type, sum(r.downloads) as downloads
    from download_days r
    where r.local_day >= cast(:since as date)
    group by r.app, r.country, r.device_type
),
named as (
    select 'apps' as kind, app as value, sum(downloads) as downloads from recent group by app
    union all select 'countries', country, sum(downloads) from recent group by country
    union all select 'devices', device_type, sum(downloads) from recent group by device_type
),
ranked as (
    select kind, value, row_number() over (partition by kind order by downloads desc, value) as place from named
)
select kind, value from ranked where place <= 60 order by kind, place
