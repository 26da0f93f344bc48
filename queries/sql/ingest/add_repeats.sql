-- purpose: keeps downloads of files and of the collector that are counted already, each once however often it comes
-- params: import_id, rule_version, ids, episodes, times
-- returns: nothing
-- grain: one row per download
-- source: excluded_requests
-- relies on: primary key of excluded_requests
-- The three lists are one download each place.
insert into excluded_requests (id, tenant_id, episode_id, import_id, reason, rule_version, occurred_at)
select r.id, (select app_tenant()), r.episode_id, cast(:import_id as uuid), 'repeat', cast(:rule_version as text), r.occurred_at
from unnest(cast(:ids as uuid[]), cast(:episodes as uuid[]), cast(:times as timestamptz[])) as r (id, episode_id, occurred_at)
on conflict do nothing
