-- purpose: the ad units of these episodes whose campaign is in flight on these tenant days
-- params: episodes, days
-- returns: episode_id uuid, day date, ad_unit_id uuid, position_seconds integer, duration_seconds integer, is_baked_in boolean
-- grain: one row per episode, day and ad unit
-- source: ad_units, campaigns
-- relies on: ad_units_episode, campaigns_tenant_id_id_key
select d.episode_id, d.day, a.id as ad_unit_id, a.position_seconds, a.duration_seconds, a.is_baked_in
from unnest(cast(:episodes as uuid[]), cast(:days as date[])) as d (episode_id, day)
join ad_units a on a.tenant_id = (select app_tenant()) and a.episode_id = d.episode_id and a.deleted_at is null
join campaigns c on c.tenant_id = a.tenant_id and c.id = a.campaign_id and c.deleted_at is null
where c.stage in ('booked', 'live', 'paused', 'completed')
    and d.day between c.start_date and c.end_date
order by d.episode_id, d.day, a.id
