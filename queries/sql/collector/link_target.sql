-- purpose: the campaign behind a pixel or vanity URL and where it leads, before a tenant is known
-- params: kind, key
-- returns: tenant_id uuid, link_id uuid, campaign_id uuid, target_url text, conversion_type text, listener_key bytea,
--     asked_at timestamptz
-- grain: one row or none
-- source: campaign_links, campaigns, listener_keys through link_target()
-- relies on: primary keys of internal.directory and campaign_links
select tenant_id, link_id, campaign_id, target_url, conversion_type, listener_key, asked_at
from link_target(cast(:kind as text), cast(:key as text))
