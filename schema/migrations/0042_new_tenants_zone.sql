-- Purpose: setting the zone of a new tenant takes no lock: tenants that are loaded at the same time waited for each other
-- until the first was whole.

create or replace function internal.note_zone_change() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
declare
    first_day date := (public.raw_retention_start() at time zone new.time_zone)::date;
begin
    -- A tenant of which nothing was counted yet has no days to count anew. Those that are being made wait for nobody.
    if not exists (select from public.listener_events e where e.tenant_id = new.tenant_id)
        and not exists (select from public.attribution_events e where e.tenant_id = new.tenant_id)
        and not exists (select from public.listener_metrics m where m.tenant_id = new.tenant_id)
        and not exists (select from internal.download_days r where r.tenant_id = new.tenant_id)
    then
        return null;
    end if;
    -- A refresh that has begun with the old zone must not write after this.
    perform pg_advisory_xact_lock(hashtextextended('podboard rollups ' || new.tenant_id, 0)),
            pg_advisory_xact_lock(hashtext('podboard refresh_metrics_daily'));
    if first_day::timestamp at time zone new.time_zone < public.raw_retention_start() then
        first_day := first_day + 1;
    end if;
    insert into internal.dirty_hours (tenant_id, source, hour)
    select distinct new.tenant_id, 'listener', date_trunc('hour', e.occurred_at, 'UTC')
    from public.listener_events e
    where e.tenant_id = new.tenant_id and e.occurred_at >= public.raw_retention_start()
    union all
    select distinct new.tenant_id, 'attribution', date_trunc('hour', e.occurred_at, 'UTC')
    from public.attribution_events e
    where e.tenant_id = new.tenant_id;
    delete from internal.download_days where tenant_id = new.tenant_id and local_day >= first_day;
    delete from internal.episode_days where tenant_id = new.tenant_id and local_day >= first_day;
    delete from internal.listener_days where tenant_id = new.tenant_id and local_day >= first_day;
    delete from internal.campaign_days where tenant_id = new.tenant_id;
    delete from internal.campaign_listener_days where tenant_id = new.tenant_id;
    delete from internal.metrics_daily where tenant_id = new.tenant_id and (source = 'attribution' or metric_date >= first_day);
    delete from public.listener_metrics where tenant_id = new.tenant_id and metric_date >= first_day;
    insert into internal.dirty_metric_days (tenant_id, source, metric_date)
    select distinct new.tenant_id, 'attribution', (e.occurred_at at time zone new.time_zone)::date
    from public.attribution_events e where e.tenant_id = new.tenant_id;
    insert into internal.dirty_campaigns (tenant_id, campaign_id, since)
    select distinct new.tenant_id, a.campaign_id, timestamptz '-infinity'
    from public.attribution_analytics a where a.tenant_id = new.tenant_id;
    return null;
end
$$;
