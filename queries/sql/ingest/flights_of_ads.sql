-- purpose: the ad units of these episodes, and from which to which tenant day the campaign of each is in flight
-- params: episodes
-- returns: episode_id uuid, ad_unit_id uuid, first_day date, last_day date, position_seconds integer, duration_seconds integer,
--          is_baked_in boolean
-- grain: one row per ad unit
-- source: ad_units, campaigns
-- relies on: ad_units_episode, campaigns_tenant_id_id_key
select a.episode_id, a.id as ad_unit_id, c.start_date as first_day, c.end_date as last_day, a.position_seconds, a.duration_seconds,
       a.is_baked_in
from ad_units a
join campaigns c on c.tenant_id = a.tenant_id and c.id = a.campaign_id and c.deleted_at is null
where a.tenant_id = (select app_tenant()) and a.episode_id = any (cast(:episodes as uuid[])) and a.deleted_at is null
    and c.stage in ('booked', 'live', 'paused', 'completed')
order by a.episode_id, a.id
