-- purpose: the ads of one campaign with the episodes and shows that carry them: what channels are called
-- params: campaign_id
-- returns: podcast_id uuid, podcast_name text, episode_id uuid, title text, ad_unit_id uuid, unit_type text
-- grain: ad unit
-- source: campaign_episodes, ad_units
-- relies on: row security of both
select e.podcast_id, e.podcast_name, e.episode_id, e.title, u.id as ad_unit_id, u.unit_type
from campaign_episodes e
join ad_units u on u.tenant_id = e.tenant_id and u.campaign_id = e.campaign_id and u.episode_id = e.episode_id
where e.tenant_id = (select app_tenant()) and e.campaign_id = cast(:campaign_id as uuid)
order by u.id
