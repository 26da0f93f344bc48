-- purpose: adds a link of a campaign
-- params: campaign_id, kind, key, target_url
-- returns: id uuid
-- grain: one row
-- source: campaign_links
-- relies on: nothing
insert into campaign_links (tenant_id, campaign_id, kind, key, target_url)
values ((select app_tenant()), cast(:campaign_id as uuid), cast(:kind as text), cast(:key as text), cast(:target_url as text))
returning id
