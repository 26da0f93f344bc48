-- purpose: apps, countries and device types that the reader's podcasts were ever downloaded with, lately most used first
-- params: since
-- returns: dimension text (app, country or device_type), slice text
-- grain: dimension and slice
-- source: podcast_slices, download_days
-- relies on: podcast_slices_pkey, download_days_pkey
with lately as (
    select case when grouping(app) = 0 then 'app' when grouping(country) = 0 then 'country' else 'device_type' end as dimension,
           coalesce(app, country, device_type) as slice,
           sum(downloads) as downloads
    from download_days
    where local_day >= cast(:since as date)
    group by grouping sets ((app), (country), (device_type))
)
select s.dimension, s.slice
from (select dimension, slice from podcast_slices group by dimension, slice) s
left join lately l on l.dimension = s.dimension and l.slice = s.slice
order by s.dimension, l.downloads desc nulls last, s.slice
