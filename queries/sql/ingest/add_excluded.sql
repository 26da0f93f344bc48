-- purpose: keeps the requests of a log that do not count, with the reason
-- params: import_id, rule_version, requests
-- returns: nothing
-- grain: one row per request
-- source: excluded_requests
-- relies on: primary key of excluded_requests
insert into excluded_requests (id, tenant_id, episode_id, import_id, reason, rule_version, occurred_at, line_number)
select r.id, (select app_tenant()), r.episode_id, cast(:import_id as uuid), r.reason, cast(:rule_version as text), r.occurred_at,
       r.line_number
from jsonb_to_recordset(cast(:requests as jsonb)) as r (id uuid, episode_id uuid, reason text, occurred_at timestamptz, line_number bigint)
