-- purpose: records what a pixel or vanity URL tells, an order once
-- params: tenant_id, id, campaign_id, listener_id, type, data, occurred_at, is_order
-- returns: is_new boolean
-- grain: one row
-- source: attribution_events through take_conversion()
-- relies on: primary key of attribution_events
select take_conversion(cast(:tenant_id as uuid), cast(:id as uuid), cast(:campaign_id as uuid), cast(:listener_id as text),
                       cast(:type as text), cast(:data as jsonb), cast(:occurred_at as timestamptz),
                       cast(:is_order as boolean)) as is_new
