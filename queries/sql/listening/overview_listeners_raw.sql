-- purpose: different listeners of a period, of its days that are over and of the period compared with, by app, country or device, from raw events
-- params: period_from, period_to, whole_to, compared_from, compared_to, podcast_ids, episode_ids, apps, countries, devices
-- returns: span text (period, whole or compared), listeners bigint
-- grain: span
-- source: listener_events
-- relies on: listener_events_tenant_time
select s.span, count(distinct e.listener_id) as listeners
from (values ('period', cast(:period_from as timestamptz), cast(:period_to as timestamptz)),
             ('whole', cast(:period_from as timestamptz), cast(:whole_to as timestamptz)),
             ('compared', cast(:compared_from as timestamptz), cast(:compared_to as timestamptz))) as s (span, starts_at, ends_at)
left join listener_events e
    on e.tenant_id = (select app_tenant())
    and e.event_type = 'download'
    and e.occurred_at >= s.starts_at
    and e.occurred_at < s.ends_at
    and (cardinality(cast(:podcast_ids as uuid[])) = 0
         or e.episode_id = any (array(select x.id from episodes x where x.podcast_id = any (cast(:podcast_ids as uuid[])))))
    and (cardinality(cast(:episode_ids as uuid[])) = 0 or e.episode_id = any (cast(:episode_ids as uuid[])))
    and (cardinality(cast(:apps as text[])) = 0
         or coalesce(nullif(e.event_data ->> 'app', ''), 'unknown') = any (cast(:apps as text[])))
    and (cardinality(cast(:countries as text[])) = 0
         or coalesce(nullif(e.event_data ->> 'country', ''), 'unknown') = any (cast(:countries as text[])))
    and (cardinality(cast(:devices as text[])) = 0
         or coalesce(nullif(e.event_data ->> 'device', ''), 'unknown') = any (cast(:devices as text[])))
group by s.span
order by s.span
