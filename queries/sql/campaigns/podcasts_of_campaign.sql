-- purpose: the podcasts whose episodes carry ads of a campaign
-- params: campaign_id
-- returns: podcast_id uuid
-- grain: podcast
-- source: campaign_episodes
-- relies on: ad_units_campaign
select distinct e.podcast_id
from campaign_episodes e
where e.tenant_id = (select app_tenant()) and e.campaign_id = cast(:campaign_id as uuid)
order by e.podcast_id
