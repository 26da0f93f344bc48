-- purpose: keeps a request at a prefix until the worker counts it: refused, or to be counted in its window
-- params: tenant_id, id, occurred_at, episode_id, reason, rule_version, listener_id, app, device, os, country, region, data_centres
-- returns: nothing
-- grain: one row
-- source: internal.waiting_outcomes, internal.waiting_requests through take_prefix_request()
-- relies on: nothing
select take_prefix_request(
    cast(:tenant_id as uuid), cast(:id as uuid), cast(:occurred_at as timestamptz), cast(:episode_id as uuid), cast(:reason as text),
    cast(:rule_version as text), cast(:listener_id as text), cast(:app as text), cast(:device as text), cast(:os as text),
    cast(:country as text), cast(:region as text), cast(:data_centres as text))
