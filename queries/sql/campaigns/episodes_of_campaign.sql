-- purpose: the titles of these episodes, as far as they carry ads of a campaign
-- params: campaign_id, ids
-- returns: episode_id uuid, title text
-- grain: episode
-- source: campaign_episodes
-- relies on: ad_units_campaign
select distinct e.episode_id, e.title
from campaign_episodes e
where e.tenant_id = (select app_tenant()) and e.campaign_id = cast(:campaign_id as uuid) and e.episode_id = any (cast(:ids as uuid[]))
order by e.title, e.episode_id
