-- no-transaction
-- Purpose: an ad unit that was deleted does not keep its place in the episode from another.

create unique index concurrently if not exists ad_units_place on ad_units (tenant_id, campaign_id, episode_id, position_seconds)
    where deleted_at is null;
create index concurrently if not exists ad_units_campaign on ad_units (tenant_id, campaign_id);
alter table ad_units drop constraint if exists ad_units_tenant_id_campaign_id_episode_id_position_seconds_key;
