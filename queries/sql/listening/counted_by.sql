-- purpose: the ways in which downloads of a period were counted: those that reach into it
-- params: period_start, period_end, time_zone
-- returns: number smallint, download_window text, time_zone text (IANA), rule_version text, data_centres text, first_at timestamptz,
--     last_at timestamptz
-- grain: way of counting
-- source: counting_methods
-- relies on: primary key of counting_methods
-- A way is known by its first and its last download, of the whole tenant: what lies between them may all have been counted by
-- another. Told is no more of the two than lies in the period, for a reader of a part of the tenant too.
select m.number, m.download_window, m.time_zone, m.rule_version, m.data_centres,
       greatest(m.first_at, p.starts_at) as first_at, least(m.last_at, p.ends_at - interval '1 microsecond') as last_at
from counting_methods m
cross join (
    select day_start(cast(:period_start as date), cast(:time_zone as text)) as starts_at,
           day_start(cast(:period_end as date), cast(:time_zone as text)) as ends_at
) p
where m.tenant_id = (select app_tenant()) and m.last_at >= p.starts_at and m.first_at < p.ends_at
order by m.first_at, m.number
