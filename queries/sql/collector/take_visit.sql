-- purpose: records what a pixel or vanity URL tells, an order once, and keeps what became of it for the worker
-- params: tenant_id, id, campaign_id, kind, listener_id, type, data, occurred_at, is_order, rule_version
-- returns: outcome text (taken, known, order_differs)
-- grain: one row
-- source: attribution_events, internal.waiting_outcomes through take_visit()
-- relies on: primary key of attribution_events
select take_visit(cast(:tenant_id as uuid), cast(:id as uuid), cast(:campaign_id as uuid), cast(:kind as text),
                  cast(:listener_id as text), cast(:type as text), cast(:data as jsonb), cast(:occurred_at as timestamptz),
                  cast(:is_order as boolean), cast(:rule_version as text)) as outcome
