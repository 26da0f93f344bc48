-- purpose: the ad units of these ids with where they belong
-- params: ids
-- returns: id uuid, campaign_id uuid, episode_id uuid
-- grain: one row per ad unit
-- source: ad_units
-- relies on: ad_units_tenant_id_id_key
select a.id, a.campaign_id, a.episode_id
from ad_units a
where a.tenant_id = (select app_tenant()) and a.id = any (cast(:ids as uuid[])) and a.deleted_at is null
