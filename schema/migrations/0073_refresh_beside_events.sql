-- Purpose: a refresh bears events that come in while it works.
-- Listeners are numbered in one statement and counted in the next, which sees what was committed in between: a listener
-- without a number ended the refresh, and under steady events each one after it too. Whoever has no number yet is left to
-- the next refresh: what brought them noted its hour as dirty after this refresh had claimed its own.

create or replace function internal.refresh_listener_days(p_tenant uuid, p_zone text, p_days date[]) returns bigint
    language plpgsql volatile set search_path = pg_catalog, public, internal
    as $$
declare
    written bigint;
begin
    perform public.set_tenant_context(p_tenant);
    delete from internal.download_days r where r.tenant_id = p_tenant and r.local_day = any (p_days);
    delete from internal.episode_days r where r.tenant_id = p_tenant and r.local_day = any (p_days);
    delete from internal.listener_days r where r.tenant_id = p_tenant and r.local_day = any (p_days);

    insert into internal.listeners (tenant_id, listener_id)
    select distinct p_tenant, e.listener_id
    from internal.day_ranges(p_days, p_zone) s
    join public.listener_events e on e.tenant_id = p_tenant and e.occurred_at >= s.starts_at and e.occurred_at < s.ends_at
    where e.event_type = 'download'
        and (select l.listener_no from internal.listeners l where l.tenant_id = p_tenant and l.listener_id = e.listener_id) is null
    on conflict (tenant_id, listener_id) do nothing;

    -- One pass over the raw downloads of these days feeds every rollup.
    with raw as materialized (
        select (e.occurred_at at time zone p_zone)::date as day, e.episode_id, e.listener_id,
               coalesce(nullif(e.event_data ->> 'app', ''), 'unknown') as app,
               coalesce(nullif(e.event_data ->> 'device', ''), 'unknown') as device_type,
               coalesce(nullif(e.event_data ->> 'country', ''), 'unknown') as country
        from internal.day_ranges(p_days, p_zone) s
        join public.listener_events e on e.tenant_id = p_tenant and e.occurred_at >= s.starts_at and e.occurred_at < s.ends_at
        where e.event_type = 'download'
    ),
    by_dimension as (
        insert into internal.download_days (tenant_id, local_day, episode_id, app, device_type, country, downloads)
        select p_tenant, day, episode_id, app, device_type, country, count(*) from raw group by 2, 3, 4, 5, 6
    ),
    by_episode as (
        insert into internal.episode_days (tenant_id, local_day, episode_id, downloads)
        select p_tenant, day, episode_id, count(*) from raw group by 2, 3
    ),
    by_podcast as (
        insert into internal.podcast_slices (tenant_id, podcast_id, dimension, slice)
        select distinct p_tenant, e.podcast_id, v.dimension, v.slice
        from (select distinct episode_id, app, country, device_type from raw) r
        join public.episodes e on e.tenant_id = p_tenant and e.id = r.episode_id
        cross join lateral (values ('app', r.app), ('country', r.country), ('device_type', r.device_type)) as v (dimension, slice)
        on conflict (tenant_id, podcast_id, dimension, slice) do nothing
    ),
    per_listener as (
        select distinct day, episode_id, listener_id from raw
    ),
    numbered as materialized (
        select p.day, p.episode_id,
               (select l.listener_no from internal.listeners l where l.tenant_id = p_tenant and l.listener_id = p.listener_id) as listener_no
        from per_listener p
    )
    insert into internal.listener_days (tenant_id, local_day, episode_id, listener_no)
    select p_tenant, n.day, n.episode_id, n.listener_no from numbered n where n.listener_no is not null;
    get diagnostics written = row_count;

    perform internal.refresh_listener_metrics(p_tenant, p_zone, p_days);
    return written;
end
$$;

create or replace function internal.refresh_campaign_days(p_tenant uuid, p_zone text, p_days date[], p_hours timestamptz[]) returns bigint
    language plpgsql volatile set search_path = pg_catalog, public, internal
    as $$
declare
    written bigint;
begin
    insert into internal.dirty_campaigns (tenant_id, campaign_id, since)
    select p_tenant, t.campaign_id, min(t.since)
    from (
        select e.campaign_id, date_trunc('hour', e.occurred_at, 'UTC') as since
        from internal.hour_ranges(p_hours) h
        join public.attribution_events e on e.tenant_id = p_tenant and e.occurred_at >= h.starts_at and e.occurred_at < h.ends_at
        union all
        select r.campaign_id, r.local_day::timestamp at time zone p_zone
        from internal.campaign_days r where r.tenant_id = p_tenant and r.local_day = any (p_days)
    ) t
    group by t.campaign_id;

    delete from internal.campaign_days r where r.tenant_id = p_tenant and r.local_day = any (p_days);
    delete from internal.campaign_listener_days r where r.tenant_id = p_tenant and r.local_day = any (p_days);

    insert into internal.listeners (tenant_id, listener_id)
    select distinct p_tenant, e.listener_id
    from internal.day_ranges(p_days, p_zone) s
    join public.attribution_events e on e.tenant_id = p_tenant and e.occurred_at >= s.starts_at and e.occurred_at < s.ends_at
    where e.attribution_type = 'impression' and e.listener_id is not null
        and (select l.listener_no from internal.listeners l where l.tenant_id = p_tenant and l.listener_id = e.listener_id) is null
    on conflict (tenant_id, listener_id) do nothing;

    with raw as materialized (
        select (e.occurred_at at time zone p_zone)::date as day, e.campaign_id, e.episode_id, e.listener_id, e.attribution_type,
               (e.attribution_data ->> 'ad_unit_id')::uuid as ad_unit_id,
               coalesce(e.attribution_data ->> 'source', '') as source,
               coalesce(e.attribution_data ->> 'currency', '') as currency,
               coalesce((e.attribution_data ->> 'value_micros')::numeric, 0) as value_micros
        from internal.day_ranges(p_days, p_zone) s
        join public.attribution_events e on e.tenant_id = p_tenant and e.occurred_at >= s.starts_at and e.occurred_at < s.ends_at
    ),
    by_day as (
        insert into internal.campaign_days
            (tenant_id, local_day, campaign_id, episode_id, ad_unit_id, attribution_type, source, currency, event_count, value_micros)
        select p_tenant, day, campaign_id, episode_id, ad_unit_id, attribution_type, source, currency, count(*), sum(value_micros)
        from raw group by 2, 3, 4, 5, 6, 7, 8
    ),
    reached as (
        select day, campaign_id, episode_id, listener_id, count(*) as impressions
        from raw where attribution_type = 'impression' and listener_id is not null
        group by 1, 2, 3, 4
    ),
    numbered as materialized (
        select r.day, r.campaign_id, r.episode_id, r.impressions,
               (select l.listener_no from internal.listeners l where l.tenant_id = p_tenant and l.listener_id = r.listener_id) as listener_no
        from reached r
    )
    insert into internal.campaign_listener_days (tenant_id, local_day, campaign_id, episode_id, listener_no, impressions)
    select p_tenant, n.day, n.campaign_id, n.episode_id, n.listener_no, n.impressions from numbered n where n.listener_no is not null;
    get diagnostics written = row_count;
    return written;
end
$$;
