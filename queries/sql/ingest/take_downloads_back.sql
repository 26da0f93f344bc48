-- purpose: takes downloads back that are requests which do not count, now that more is known, and keeps them as such
-- params: rule_version, requests, earliest, latest
-- returns: nothing
-- grain: one row per download
-- source: listener_events, excluded_requests
-- relies on: primary keys of both
-- earliest and latest hold all of them: other partitions are left out when it is planned.
with asked as materialized (
    select r.id, r.episode_id, r.reason, r.occurred_at, r.import_id, r.line_number
    from jsonb_to_recordset(cast(:requests as jsonb)) as r (
        id uuid, episode_id uuid, reason text, occurred_at timestamptz, import_id uuid, line_number bigint)
),
gone as (
    delete from listener_events e
    using asked a
    where e.tenant_id = (select app_tenant()) and e.occurred_at = a.occurred_at and e.id = a.id
        and e.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
)
insert into excluded_requests (id, tenant_id, episode_id, import_id, reason, rule_version, occurred_at, line_number)
select a.id, (select app_tenant()), a.episode_id, a.import_id, a.reason, cast(:rule_version as text), a.occurred_at, a.line_number
from asked a
on conflict do nothing
