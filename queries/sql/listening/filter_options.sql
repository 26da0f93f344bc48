-- purpose: apps, countries and device types that the reader's podcasts were downloaded with, most used first
-- params: none
-- returns: dimension text (app, country or device_type), slice text, downloads bigint
-- grain: dimension and slice
-- source: download_days
-- relies on: download_days_pkey
with slices as (
    select case when grouping(app) = 0 then 'app' when grouping(country) = 0 then 'country' else 'device_type' end as dimension,
           coalesce(app, country, device_type) as slice,
           sum(downloads) as downloads
    from download_days
    group by grouping sets ((app), (country), (device_type))
)
select dimension, slice, cast(downloads as bigint) as downloads
from slices
order by dimension, downloads desc, slice
