-- purpose: a link of a campaign: its pixel or its vanity URL
-- params: link_id
-- returns: kind text, campaign_id uuid, target_url text, conversion_type text
-- grain: at most one row
-- source: campaign_links, campaigns
-- relies on: primary key of campaign_links
select l.kind, l.campaign_id, l.target_url, c.conversion_type
from campaign_links l
join campaigns c on c.tenant_id = l.tenant_id and c.id = l.campaign_id and c.deleted_at is null
where l.tenant_id = (select app_tenant()) and l.id = cast(:link_id as uuid) and l.deleted_at is null
