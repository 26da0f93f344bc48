-- purpose: keeps a request at a pixel or vanity URL that is neither visit nor conversion, until the worker counts it
-- params: tenant_id, id, campaign_id, kind, reason, rule_version, occurred_at, order_id
-- returns: nothing
-- grain: one row
-- source: internal.waiting_outcomes through refuse_visit()
-- relies on: nothing
select refuse_visit(cast(:tenant_id as uuid), cast(:id as uuid), cast(:campaign_id as uuid), cast(:kind as text),
                    cast(:reason as text), cast(:rule_version as text), cast(:occurred_at as timestamptz),
                    cast(:order_id as text))
