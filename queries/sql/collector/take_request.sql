-- purpose: records a request at a prefix, refused or counted
-- params: tenant_id, id, episode_id, listener_id, event_data, occurred_at, reason, rule_version
-- returns: outcome text (download, a reason, windows: nothing was recorded)
-- grain: one row
-- source: listener_events, excluded_requests, counting_windows, attribution_events, ad_units, campaigns through take_request()
-- relies on: listener_events_episode_time, primary key of counting_windows, ad_units_episode
select take_request(cast(:tenant_id as uuid), cast(:id as uuid), cast(:episode_id as uuid), cast(:listener_id as text),
                    cast(:event_data as jsonb), cast(:occurred_at as timestamptz), cast(:reason as text),
                    cast(:rule_version as text)) as outcome
