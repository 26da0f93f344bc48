-- purpose: the podcasts, by name, whose episodes carry ads of any of these campaigns
-- params: campaign_ids
-- returns: podcast_id uuid, podcast_name text
-- grain: podcast
-- source: campaign_episodes
-- relies on: ad_units_campaign
select distinct e.podcast_id, e.podcast_name
from campaign_episodes e
where e.tenant_id = (select app_tenant()) and e.campaign_id = any (cast(:campaign_ids as uuid[]))
order by e.podcast_name, e.podcast_id
