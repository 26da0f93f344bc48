-- Made by `podboard structure` from the migrations; never edited by hand.

CREATE SCHEMA internal;

COMMENT ON SCHEMA internal IS 'Materialisations, rollups, partitions and queues. No usage for the runtime roles: what may be read stands in public as a barrier view.';

CREATE FUNCTION internal.create_attribution_models() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into public.attribution_models (tenant_id, name, model_type) values
        (new.id, 'First touch', 'first_touch'), (new.id, 'Last touch', 'last_touch'), (new.id, 'Linear', 'linear');
    return null;
end
$$;

CREATE FUNCTION internal.create_tenant_roles() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into public.roles (tenant_id, name, description) values
        (new.id, 'sponsor', 'Sees its own campaigns'),
        (new.id, 'podcaster', 'Sees its own podcasts'),
        (new.id, 'account_manager', 'Sees all campaigns and podcasts, makes reports'),
        (new.id, 'admin', 'Everything in the tenant');
    insert into public.role_permissions (tenant_id, role_id, permission_id)
    select new.id, r.id, p.id
    from public.roles r
    join public.permissions p on
        (r.name = 'sponsor' and p.name in ('campaigns.read_own', 'reports.read', 'reports.create'))
        or (r.name = 'podcaster' and p.name in ('podcasts.read_own', 'reports.read', 'reports.create'))
        or (r.name = 'account_manager' and p.name in ('campaigns.read_all', 'podcasts.read_all', 'portfolio.read',
                                                       'reports.read', 'reports.create', 'imports.create', 'system.read',
                                                       'catalogue.manage', 'campaigns.manage', 'marketplace.manage'))
        or (r.name = 'admin' and p.name not in ('campaigns.read_own', 'podcasts.read_own'))
    where r.tenant_id = new.id;
    return null;
end
$$;

CREATE FUNCTION internal.day_ranges(p_days date[], p_zone text) RETURNS TABLE(starts_at timestamp with time zone, ends_at timestamp with time zone)
    LANGUAGE sql STABLE ROWS 2
    SET search_path TO 'pg_catalog'
    AS $$
    select min(i.day)::timestamp at time zone p_zone, (max(i.day) + 1)::timestamp at time zone p_zone
    from (
        select d.day, d.day - (row_number() over (order by d.day))::integer as island
        from (select distinct unnest(p_days) as day) d
    ) i
    group by i.island
    $$;

CREATE FUNCTION internal.drop_expired_events() RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'internal'
    SET lock_timeout TO '500ms'
    AS $$
declare
    child record;
    dropped integer := 0;
begin
    for child in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'public.listener_events'::regclass
            and to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= public.raw_retention_start() at time zone 'UTC'
    loop
        execute format('alter table public.listener_events detach partition internal.%I', child.relname);
        execute format('drop table internal.%I', child.relname);
        dropped := dropped + 1;
    end loop;
    return dropped;
end
$$;

CREATE FUNCTION internal.ensure_partitions(p_from timestamp with time zone, p_to timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
declare
    month_start date := date_trunc('month', p_from at time zone 'UTC')::date;
    made integer := 0;
    parent text;
    child text;
begin
    while month_start <= (p_to at time zone 'UTC')::date loop
        foreach parent in array array['listener_events', 'attribution_events', 'listener_metrics'] loop
            child := parent || '_' || to_char(month_start, 'YYYYMM');
            if to_regclass('internal.' || child) is null then
                perform pg_advisory_xact_lock(hashtext('podboard partitions'));
                if to_regclass('internal.' || child) is null then
                    execute format('create table internal.%I (like public.%I including defaults including constraints)', child, parent);
                    if parent = 'listener_metrics' then
                        execute format('alter table public.%I attach partition internal.%I for values from (%L) to (%L)',
                                       parent, child, month_start, (month_start + interval '1 month')::date);
                    else
                        execute format('alter table public.%I attach partition internal.%I for values from (%L) to (%L)',
                                       parent, child, month_start::text || ' 00:00:00+00',
                                       (month_start + interval '1 month')::date::text || ' 00:00:00+00');
                    end if;
                    made := made + 1;
                end if;
            end if;
        end loop;
        month_start := (month_start + interval '1 month')::date;
    end loop;
    return made;
end
$$;

CREATE FUNCTION internal.guard_table(target regclass, p_reading text DEFAULT NULL::text, p_writing text DEFAULT NULL::text, p_own_reading name DEFAULT NULL::name, p_own_writing name DEFAULT NULL::name) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    allowed text;
begin
    if p_reading is not null then
        allowed := format('((select app_may(%L))', p_reading)
            || case when p_own_reading is null then ')' else format(' or %I = (select app_user()))', p_own_reading) end;
        execute format('create policy reading_rights on %s as restrictive for select to podboard_web, podboard_worker '
                       'using %s', target, allowed);
    end if;
    if p_writing is not null then
        allowed := format('((select app_may(%L))', p_writing)
            || case when p_own_writing is null then ')' else format(' or %I = (select app_user()))', p_own_writing) end;
        execute format('create policy insert_rights on %s as restrictive for insert to podboard_web, podboard_worker '
                       'with check %s', target, allowed);
        execute format('create policy update_rights on %s as restrictive for update to podboard_web, podboard_worker '
                       'using %s with check %s', target, allowed, allowed);
        execute format('create policy delete_rights on %s as restrictive for delete to podboard_web, podboard_worker '
                       'using %s', target, allowed);
    end if;
end
$$;

CREATE FUNCTION internal.hour_ranges(p_hours timestamp with time zone[]) RETURNS TABLE(starts_at timestamp with time zone, ends_at timestamp with time zone)
    LANGUAGE sql STABLE ROWS 2
    SET search_path TO 'pg_catalog'
    AS $$
    select min(i.hour), max(i.hour) + interval '1 hour'
    from (
        select d.hour, d.hour - row_number() over (order by d.hour) * interval '1 hour' as island
        from (select distinct unnest(p_hours) as hour) d
    ) i
    group by i.island
    $$;

CREATE FUNCTION internal.keep_directory() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
declare
    entry_kind constant text := tg_argv[0];
    key_column constant text := tg_argv[1];
begin
    if tg_op in ('UPDATE', 'DELETE') then
        delete from internal.directory d where d.kind = entry_kind and d.entity_id = (to_jsonb(old) ->> 'id')::uuid;
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        insert into internal.directory (kind, key, tenant_id, entity_id, person_id)
        values (entry_kind, to_jsonb(new) ->> key_column, (to_jsonb(new) ->> 'tenant_id')::uuid, (to_jsonb(new) ->> 'id')::uuid,
                (to_jsonb(new) ->> 'user_id')::uuid);
    end if;
    return null;
end
$$;

CREATE FUNCTION internal.keep_report_queue() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    if new.status in ('queued', 'running') then
        insert into internal.report_queue as q (report_id, tenant_id, lease_until) values (new.id, new.tenant_id, new.lease_until)
        on conflict (report_id) do update set lease_until = excluded.lease_until
        where q.lease_until is distinct from excluded.lease_until;
    else
        delete from internal.report_queue q where q.report_id = new.id;
    end if;
    return null;
end
$$;

CREATE FUNCTION internal.keep_tenant_directory() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    if tg_table_name = 'tenants' then
        insert into internal.tenant_directory (tenant_id, slug) values (new.id, new.slug)
        on conflict (tenant_id) do update set slug = excluded.slug;
    else
        perform now() at time zone coalesce(new.settings ->> 'time_zone', 'UTC');  -- an unknown zone fails here, not in a refresh
        update internal.tenant_directory d
        set time_zone = coalesce(new.settings ->> 'time_zone', 'UTC')
        where d.tenant_id = new.tenant_id and d.time_zone <> coalesce(new.settings ->> 'time_zone', 'UTC');
    end if;
    return null;
end
$$;

CREATE FUNCTION internal.note_dirty_attribution_days() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    insert into internal.dirty_metric_days (tenant_id, source, metric_date)
    select distinct c.tenant_id, 'attribution', (c.occurred_at at time zone d.time_zone)::date
    from (select distinct tenant_id, date_trunc('hour', occurred_at, 'UTC')
                 + interval '15 minutes' * floor(extract(minute from occurred_at) / 15) as occurred_at from changed) c
    join internal.tenant_directory d on d.tenant_id = c.tenant_id;
    return null;
end
$$;

CREATE FUNCTION internal.note_dirty_hours_new() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    insert into internal.dirty_hours (tenant_id, source, hour)
    select distinct tenant_id, tg_argv[0], date_trunc('hour', occurred_at, 'UTC') from changed;
    return null;
end
$$;

COMMENT ON FUNCTION internal.note_dirty_hours_new() IS 'Statement trigger over the transition table "changed".';

CREATE FUNCTION internal.note_dirty_metric_days() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    insert into internal.dirty_metric_days (tenant_id, source, metric_date)
    select distinct tenant_id, 'listener', metric_date from changed;
    return null;
end
$$;

CREATE FUNCTION internal.note_other_goal() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    insert into internal.dirty_campaigns (tenant_id, campaign_id, since) values (new.tenant_id, new.id, '-infinity');
    return null;
end
$$;

CREATE FUNCTION internal.note_zone_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
declare
    first_day date := (public.raw_retention_start() at time zone new.time_zone)::date;
begin
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

CREATE FUNCTION internal.protect_tenant_table(target regclass, grants text DEFAULT 'select, insert, update, delete'::text, forced boolean DEFAULT true) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    execute format('alter table %s enable row level security', target);
    if forced then
        execute format('alter table %s force row level security', target);
    end if;
    execute format('create policy tenant_isolation on %s using (tenant_id = (select app_tenant())) '
                   'with check (tenant_id = (select app_tenant()))', target);
    execute format('grant %s on %s to podboard_web, podboard_worker', grants, target);
    if exists (select from pg_attribute where attrelid = target and attname = 'updated_at' and not attisdropped) then
        execute format('create trigger touch_updated_at before update on %s for each row execute function internal.touch_updated_at()', target);
    end if;
end
$$;

CREATE FUNCTION internal.refresh_campaign_days(p_tenant uuid, p_zone text, p_days date[], p_hours timestamp with time zone[]) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
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
    )
    insert into internal.campaign_listener_days (tenant_id, local_day, campaign_id, episode_id, listener_no, impressions)
    select p_tenant, r.day, r.campaign_id, r.episode_id,
           (select l.listener_no from internal.listeners l where l.tenant_id = p_tenant and l.listener_id = r.listener_id),
           r.impressions
    from reached r;
    get diagnostics written = row_count;
    return written;
end
$$;

CREATE FUNCTION internal.refresh_event_aggregates(p_tenant uuid, p_hours timestamp with time zone[]) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
declare
    written bigint;
    total bigint := 0;
    days date[];
begin
    select array_agg(distinct (h at time zone 'UTC')::date) into days from unnest(p_hours) h;

    delete from internal.listener_events_hourly a where a.tenant_id = p_tenant and a.bucket = any (p_hours);
    insert into internal.listener_events_hourly (tenant_id, episode_id, event_type, bucket, event_count, unique_listeners)
    select e.tenant_id, e.episode_id, e.event_type, date_trunc('hour', e.occurred_at, 'UTC'), count(*), count(distinct e.listener_id)
    from internal.hour_ranges(p_hours) r
    join public.listener_events e on e.tenant_id = p_tenant and e.occurred_at >= r.starts_at and e.occurred_at < r.ends_at
    group by 1, 2, 3, 4;
    get diagnostics written = row_count;
    total := total + written;

    delete from internal.listener_events_daily a
    using unnest(days) as d (day)
    where a.tenant_id = p_tenant and a.bucket = d.day::timestamp at time zone 'UTC';
    insert into internal.listener_events_daily (tenant_id, episode_id, event_type, bucket, event_count, unique_listeners)
    select e.tenant_id, e.episode_id, e.event_type, date_trunc('day', e.occurred_at, 'UTC'), count(*), count(distinct e.listener_id)
    from internal.day_ranges(days, 'UTC') r
    join public.listener_events e on e.tenant_id = p_tenant and e.occurred_at >= r.starts_at and e.occurred_at < r.ends_at
    group by 1, 2, 3, 4;
    get diagnostics written = row_count;
    return total + written;
end
$$;

CREATE FUNCTION internal.refresh_listener_days(p_tenant uuid, p_zone text, p_days date[]) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
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
    )
    insert into internal.listener_days (tenant_id, local_day, episode_id, listener_no)
    select p_tenant, p.day, p.episode_id,
           (select l.listener_no from internal.listeners l where l.tenant_id = p_tenant and l.listener_id = p.listener_id)
    from per_listener p;
    get diagnostics written = row_count;

    perform internal.refresh_listener_metrics(p_tenant, p_zone, p_days);
    return written;
end
$$;

CREATE FUNCTION internal.refresh_listener_metrics(p_tenant uuid, p_zone text, p_days date[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
begin
    perform public.set_tenant_context(p_tenant);
    with per_listener as (
        select (e.occurred_at at time zone p_zone)::date as day, e.episode_id, e.listener_id,
               count(*) filter (where e.event_type = 'play') as plays,
               count(*) filter (where e.event_type = 'complete') as completes,
               coalesce(sum((e.event_data ->> 'to_s')::numeric - (e.event_data ->> 'from_s')::numeric)
                        filter (where e.event_type = 'progress'), 0) as seconds
        from internal.day_ranges(p_days, p_zone) s
        join public.listener_events e on e.tenant_id = p_tenant and e.occurred_at >= s.starts_at and e.occurred_at < s.ends_at
        where e.event_type in ('play', 'complete', 'progress')
        group by 1, 2, 3
    ),
    per_episode as (
        select l.day, l.episode_id, sum(l.plays) as plays, sum(l.completes) as completes, sum(l.seconds) as listen_seconds,
               count(*) filter (where l.plays > 0 and l.seconds >= least(1200, 0.4 * coalesce(ep.duration_seconds, 3000))) as engaged_plays
        from per_listener l
        join public.episodes ep on ep.tenant_id = p_tenant and ep.id = l.episode_id
        group by 1, 2
    ),
    fresh as (
        select p.day, p.episode_id, v.metric_name, v.metric_value
        from per_episode p
        cross join lateral (
            values ('plays', p.plays), ('completes', p.completes), ('listen_seconds', p.listen_seconds), ('engaged_plays', p.engaged_plays)
        ) as v (metric_name, metric_value)
    ),
    gone as (
        delete from public.listener_metrics m
        where m.tenant_id = p_tenant and m.metric_date = any (p_days)
            and not exists (select from fresh f where f.day = m.metric_date and f.episode_id = m.episode_id and f.metric_name = m.metric_name)
    )
    insert into public.listener_metrics as m (tenant_id, episode_id, metric_date, metric_name, metric_value)
    select p_tenant, f.episode_id, f.day, f.metric_name, f.metric_value from fresh f
    on conflict (tenant_id, episode_id, metric_name, metric_date) do update set metric_value = excluded.metric_value
    where m.metric_value is distinct from excluded.metric_value;
end
$$;

CREATE FUNCTION internal.refresh_milestones(p_tenant uuid, p_hours timestamp with time zone[]) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
declare
    written bigint;
begin
    perform public.set_tenant_context(p_tenant);
    with windows as (
        select e.id as episode_id, d.days, e.published_at, e.published_at + make_interval(hours => d.days * 24) as complete_at
        from public.episodes e
        cross join (values (1), (3), (7), (30)) as d (days)
        where e.tenant_id = p_tenant
            and e.published_at >= public.raw_retention_start()
            and e.published_at + make_interval(hours => d.days * 24) <= now()
    ),
    touched as (
        select w.episode_id, w.days, w.published_at, w.complete_at
        from windows w
        where exists (select from internal.hour_ranges(p_hours) h
                      where h.ends_at > w.published_at and h.starts_at < w.complete_at)
            or not exists (select from internal.episode_milestones m
                           where m.tenant_id = p_tenant and m.episode_id = w.episode_id and m.days = w.days and m.complete_at = w.complete_at)
    )
    insert into internal.episode_milestones as m (tenant_id, episode_id, days, downloads, complete_at)
    select p_tenant, t.episode_id, t.days,
           (select count(*) from public.listener_events e
            where e.tenant_id = p_tenant and e.episode_id = t.episode_id and e.event_type = 'download'
                and e.occurred_at >= t.published_at and e.occurred_at < t.complete_at),
           t.complete_at
    from touched t
    on conflict (tenant_id, episode_id, days) do update set downloads = excluded.downloads, complete_at = excluded.complete_at;
    get diagnostics written = row_count;
    return written;
end
$$;

CREATE FUNCTION internal.refresh_rollups(p_tenant uuid) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
declare
    zone text;
    listener_hours timestamptz[];
    attribution_hours timestamptz[];
    days date[];
    written bigint := 0;
    n bigint;
begin
    perform pg_advisory_xact_lock(hashtextextended('podboard rollups ' || p_tenant, 0));
    select d.time_zone into zone from internal.tenant_directory d where d.tenant_id = p_tenant;

    with claimed as (
        delete from internal.dirty_hours q where q.tenant_id = p_tenant returning source, hour
    )
    select array_agg(distinct hour) filter (where source = 'listener' and hour >= public.raw_retention_start()),
           array_agg(distinct hour) filter (where source = 'attribution')
    into listener_hours, attribution_hours
    from claimed;

    if listener_hours is not null then
        written := written + internal.refresh_event_aggregates(p_tenant, listener_hours);

        delete from internal.download_quarters r
        using internal.hour_ranges(listener_hours) h
        where r.tenant_id = p_tenant and r.bucket >= h.starts_at and r.bucket < h.ends_at;
        insert into internal.download_quarters (tenant_id, episode_id, bucket, downloads)
        select p_tenant, e.episode_id, date_bin('15 minutes', e.occurred_at, '2000-01-01 00:00:00+00'), count(*)
        from internal.hour_ranges(listener_hours) h
        join public.listener_events e on e.tenant_id = p_tenant and e.occurred_at >= h.starts_at and e.occurred_at < h.ends_at
        where e.event_type = 'download'
        group by 2, 3;
        get diagnostics n = row_count;
        written := written + n;

        -- An hour can lie in two tenant days where the zone's offset is not a whole hour.
        select array_agg(distinct x.day) into days
        from unnest(listener_hours) as h (hour)
        cross join lateral (
            values ((h.hour at time zone zone)::date), (((h.hour + interval '59 minutes 59 seconds') at time zone zone)::date)
        ) as x (day)
        where x.day::timestamp at time zone zone >= public.raw_retention_start();

        written := written + internal.refresh_listener_days(p_tenant, zone, coalesce(days, '{}'));
        written := written + internal.refresh_milestones(p_tenant, listener_hours);
    end if;

    if attribution_hours is not null then
        select array_agg(distinct x.day) into days
        from unnest(attribution_hours) as h (hour)
        cross join lateral (
            values ((h.hour at time zone zone)::date), (((h.hour + interval '59 minutes 59 seconds') at time zone zone)::date)
        ) as x (day);
        written := written + internal.refresh_campaign_days(p_tenant, zone, days, attribution_hours);
    end if;
    return written;
end
$$;

CREATE FUNCTION internal.stamp_stage_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if new.stage is distinct from old.stage then
        new.stage_changed_at := now();
    end if;
    return new;
end
$$;

CREATE FUNCTION internal.touch_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.updated_at := now();
    return new;
end
$$;

CREATE FUNCTION public.account_for_email(p_email text) RETURNS TABLE(user_id uuid, tenant_id uuid, password_hash text, is_active boolean)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    found_tenant uuid;
    found_person uuid;
begin
    select k.tenant_id, k.entity_id into found_tenant, found_person from tenant_for_key('account', lower(p_email)) k;
    perform set_account_context(found_tenant, found_person);
    return query
    select u.id, u.tenant_id, u.password_hash, u.disabled_at is null and u.deleted_at is null
    from users u
    where u.id = found_person;
    perform set_account_context(null, null);
end
$$;

COMMENT ON FUNCTION public.account_for_email(p_email text) IS 'Who logs in with this e-mail; asked before a tenant is known.';

CREATE FUNCTION public.app_campaigns() RETURNS SETOF uuid
    LANGUAGE sql STABLE ROWS 20 PARALLEL SAFE
    AS $$
    select unnest(string_to_array(
        case when current_setting('app.campaign_scope', true) in ('all', 'none') then ''
             else coalesce(current_setting('app.campaign_scope', true), '') end, ','))::uuid
    $$;

COMMENT ON FUNCTION public.app_campaigns() IS 'Campaigns this transaction is limited to (empty when all or none).';

CREATE FUNCTION public.app_episodes() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 200
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    select e.id from public.episodes e
    where e.tenant_id = public.app_tenant() and e.podcast_id in (select public.app_podcasts())
    $$;

COMMENT ON FUNCTION public.app_episodes() IS 'Episodes of the podcasts this transaction is limited to.';

CREATE FUNCTION public.app_is_operator() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select (select app_tenant()) is null
        and nullif(current_setting('app.current_user', true), '') is not null
        and app_may('system.read')
    $$;

COMMENT ON FUNCTION public.app_is_operator() IS 'True in the session of an operator: a person without a tenant who may read the system.';

CREATE FUNCTION public.app_may(p_permission text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select case coalesce(
            nullif(current_setting('app.rights', true), ''),
            case when nullif(current_setting('app.current_user', true), '') is null then 'all' else 'none' end)
        when 'all' then true
        when 'none' then false
        else p_permission = any (string_to_array(current_setting('app.rights', true), ','))
    end
    $$;

COMMENT ON FUNCTION public.app_may(p_permission text) IS 'True when the person of this transaction has the permission, or the tenant itself acts.';

CREATE FUNCTION public.app_podcasts() RETURNS SETOF uuid
    LANGUAGE sql STABLE ROWS 20 PARALLEL SAFE
    AS $$
    select unnest(string_to_array(
        case when current_setting('app.podcast_scope', true) in ('all', 'none') then ''
             else coalesce(current_setting('app.podcast_scope', true), '') end, ','))::uuid
    $$;

COMMENT ON FUNCTION public.app_podcasts() IS 'Podcasts this transaction is limited to (empty when all or none).';

CREATE FUNCTION public.app_sees_all_campaigns() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select coalesce(
        nullif(current_setting('app.campaign_scope', true), ''),
        case when nullif(current_setting('app.current_user', true), '') is null then 'all' else 'none' end
    ) = 'all'
    $$;

COMMENT ON FUNCTION public.app_sees_all_campaigns() IS 'True when this transaction may read every campaign of the tenant.';

CREATE FUNCTION public.app_sees_all_podcasts() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select coalesce(
        nullif(current_setting('app.podcast_scope', true), ''),
        case when nullif(current_setting('app.current_user', true), '') is null then 'all' else 'none' end
    ) = 'all'
    $$;

COMMENT ON FUNCTION public.app_sees_all_podcasts() IS 'True when this transaction may read every podcast of the tenant.';

CREATE FUNCTION public.app_sponsors() RETURNS SETOF uuid
    LANGUAGE sql STABLE ROWS 5 PARALLEL SAFE
    AS $$
    select unnest(string_to_array(
        case when current_setting('app.sponsor_scope', true) in ('all', 'none') then ''
             else coalesce(current_setting('app.sponsor_scope', true), '') end, ','))::uuid
    $$;

COMMENT ON FUNCTION public.app_sponsors() IS 'Sponsors this transaction is limited to (empty when all or none).';

CREATE FUNCTION public.app_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select case
        when nullif(current_setting('app.current_tenant', true), '') is null
            then nullif(current_setting('app.current_tenant_id', true), '')::uuid
        when nullif(current_setting('app.current_tenant_id', true), '') is null
            then nullif(current_setting('app.current_tenant', true), '')::uuid
        when nullif(current_setting('app.current_tenant', true), '')::uuid
            = nullif(current_setting('app.current_tenant_id', true), '')::uuid
            then nullif(current_setting('app.current_tenant', true), '')::uuid
    end
    $$;

COMMENT ON FUNCTION public.app_tenant() IS 'Tenant of this transaction; null (and so no rows) when none is set or the two settings disagree.';

CREATE FUNCTION public.app_user() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select nullif(current_setting('app.current_user', true), '')::uuid $$;

COMMENT ON FUNCTION public.app_user() IS 'Person of this transaction; null when the tenant itself acts (worker, commands).';

CREATE FUNCTION public.ensure_event_storage(p_from timestamp with time zone, p_to timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    if p_from < now() - interval '10 years' or p_to > now() + interval '13 months' or p_to < p_from then
        raise exception 'events from % to % are outside what is stored', p_from, p_to using errcode = 'datetime_field_overflow';
    end if;
    return internal.ensure_partitions(p_from, p_to);
end
$$;

COMMENT ON FUNCTION public.ensure_event_storage(p_from timestamp with time zone, p_to timestamp with time zone) IS 'Makes room for events between two moments (at most 10 years back); the number of partitions made.';

CREATE FUNCTION public.enter_session(p_tenant uuid, p_user uuid) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    allowed text[];
    sponsor_ids uuid[];
    campaign_list text := 'none';
    sponsor_list text := 'none';
    podcast_list text := 'none';
begin
    if p_user is null then
        raise exception 'enter_session needs a person' using errcode = 'invalid_parameter_value';
    end if;
    -- The look-ups below are the tenant's own; an operator has no tenant, so it enters as nobody's reader.
    perform set_account_context(p_tenant, p_user);

    perform 1 from public.users u
    where u.id = p_user and u.tenant_id is not distinct from p_tenant and u.disabled_at is null and u.deleted_at is null;
    if not found then
        perform set_account_context(null, null);
        raise exception 'no such active person in this tenant' using errcode = 'insufficient_privilege';
    end if;

    select coalesce(array_agg(distinct p.name), '{}') into allowed
    from public.user_roles ur
    join public.role_permissions rp on rp.role_id = ur.role_id and rp.tenant_id is not distinct from ur.tenant_id
    join public.permissions p on p.id = rp.permission_id
    where ur.tenant_id is not distinct from p_tenant and ur.user_id = p_user;

    if p_tenant is not null then
        if 'campaigns.read_all' = any (allowed) then
            campaign_list := 'all';
            sponsor_list := 'all';
        elsif 'campaigns.read_own' = any (allowed) then
            select coalesce(array_agg(o.resource_id), '{}') into sponsor_ids
            from public.resource_ownership o
            where o.tenant_id = p_tenant and o.owner_id = p_user and o.resource_type = 'sponsor';
            sponsor_list := coalesce(nullif(array_to_string(sponsor_ids, ','), ''), 'none');
            select coalesce(string_agg(c.id::text, ','), 'none') into campaign_list
            from public.campaigns c
            where c.tenant_id = p_tenant
                and (c.sponsor_id = any (sponsor_ids)
                     or c.id in (select o.resource_id from public.resource_ownership o
                                 where o.tenant_id = p_tenant and o.owner_id = p_user and o.resource_type = 'campaign'));
        end if;
        if 'podcasts.read_all' = any (allowed) then
            podcast_list := 'all';
        elsif 'podcasts.read_own' = any (allowed) then
            select coalesce(string_agg(p.id::text, ','), 'none') into podcast_list
            from public.resource_ownership o
            join public.podcasts p on p.tenant_id = o.tenant_id and p.id = o.resource_id
            where o.tenant_id = p_tenant and o.owner_id = p_user and o.resource_type = 'podcast';
        end if;
    end if;

    perform set_config('app.current_user', p_user::text, true),
            set_config('app.campaign_scope', campaign_list, true),
            set_config('app.sponsor_scope', sponsor_list, true),
            set_config('app.podcast_scope', podcast_list, true),
            set_config('app.rights', coalesce(nullif(array_to_string(allowed, ','), ''), 'none'), true);
end
$$;

COMMENT ON FUNCTION public.enter_session(p_tenant uuid, p_user uuid) IS 'Sets tenant, person, scope and rights (from roles, permissions and resource_ownership) for this transaction; refuses a disabled or foreign person.';

CREATE FUNCTION public.password_token_holder(p_token_hash text, p_now timestamp with time zone) RETURNS TABLE(user_id uuid, tenant_id uuid, email text, full_name text, purpose text)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    found_token uuid;
    found_tenant uuid;
    found_person uuid;
begin
    select k.entity_id, k.tenant_id, k.person_id into found_token, found_tenant, found_person
    from tenant_for_key('password_token', p_token_hash) k;
    if not found then
        return;
    end if;
    perform set_account_context(found_tenant, found_person);
    return query
    select u.id, u.tenant_id, u.email, u.full_name, k.purpose
    from password_reset_tokens k
    join users u on u.id = k.user_id and u.tenant_id is not distinct from k.tenant_id
    where k.id = found_token and k.token = p_token_hash and k.used_at is null and k.expires_at > p_now
        and u.disabled_at is null and u.deleted_at is null;
    perform set_account_context(null, null);
end
$$;

COMMENT ON FUNCTION public.password_token_holder(p_token_hash text, p_now timestamp with time zone) IS 'Whose password an unused one-time link may set.';

CREATE FUNCTION public.password_token_use(p_token_hash text, p_password_hash text, p_now timestamp with time zone) RETURNS TABLE(user_id uuid, tenant_id uuid)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    holder uuid;
    found_tenant uuid;
    found_person uuid;
begin
    select k.tenant_id, k.person_id into found_tenant, found_person from tenant_for_key('password_token', p_token_hash) k;
    if not found then
        return;
    end if;
    perform set_account_context(found_tenant, found_person);
    -- Of two that use one link at the same time the second finds it used.
    update password_reset_tokens k set used_at = p_now
    where k.token = p_token_hash and k.used_at is null and k.expires_at > p_now
        and exists (select from users u where u.id = k.user_id and u.disabled_at is null and u.deleted_at is null)
    returning k.user_id into holder;
    if holder is not null then
        update users u set password_hash = p_password_hash, email_verified = true where u.id = holder;
        update sessions s set ended_at = p_now where s.user_id = holder and s.ended_at is null;
        update password_reset_tokens k set used_at = p_now where k.user_id = holder and k.used_at is null;
        return query select holder, found_tenant;
    end if;
    perform set_account_context(null, null);
end
$$;

COMMENT ON FUNCTION public.password_token_use(p_token_hash text, p_password_hash text, p_now timestamp with time zone) IS 'Sets a password by a one-time link, once: the link, all others of the person and their open sessions end with it.';

CREATE FUNCTION public.pending_work() RETURNS TABLE(queue text, waiting bigint, oldest timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
    select 'dirty_hours', count(*), min(noted_at) from internal.dirty_hours
    union all select 'dirty_metric_days', count(*), min(noted_at) from internal.dirty_metric_days
    union all select 'dirty_campaigns', count(*), min(noted_at) from internal.dirty_campaigns
    union all select 'reports', count(*), min(queued_at) from internal.report_queue
    $$;

COMMENT ON FUNCTION public.pending_work() IS 'Length and age of each queue; no tenant data.';

CREATE FUNCTION public.raw_retention_start() RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select date_trunc('day', now(), 'UTC') - interval '2 years' $$;

COMMENT ON FUNCTION public.raw_retention_start() IS 'Oldest moment of which raw listener events are kept.';

CREATE FUNCTION public.refresh_metrics_daily() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
declare
    started timestamptz;
    tenants uuid[];
    sources text[];
    days date[];
    first_day date;
    last_day date;
    written bigint := 0;
    n bigint;
begin
    perform pg_advisory_xact_lock(hashtext('podboard refresh_metrics_daily'));
    started := clock_timestamp();

    with claimed as (
        delete from internal.dirty_metric_days returning tenant_id, source, metric_date
    ),
    keys as (
        select distinct tenant_id, source, metric_date from claimed
    )
    select array_agg(tenant_id), array_agg(source), array_agg(metric_date), min(metric_date), max(metric_date)
    into tenants, sources, days, first_day, last_day from keys;

    delete from internal.metrics_daily m
    using unnest(tenants, sources, days) as k (tenant_id, source, metric_date)
    where m.tenant_id = k.tenant_id and m.source = k.source and m.metric_date = k.metric_date;

    insert into internal.metrics_daily (tenant_id, metric_date, episode_id, source, metric_name, total_value, avg_value, record_count)
    select m.tenant_id, m.metric_date, m.episode_id, 'listener', m.metric_name, sum(m.metric_value), avg(m.metric_value), count(*)
    from unnest(tenants, sources, days) as k (tenant_id, source, metric_date)
    join public.listener_metrics m on m.tenant_id = k.tenant_id and m.metric_date = k.metric_date
        and m.metric_date between first_day and last_day -- leaves the partitions of other months unopened
    where k.source = 'listener'
    group by m.tenant_id, m.metric_date, m.episode_id, m.metric_name;
    get diagnostics n = row_count;
    written := written + n;

    insert into internal.metrics_daily (tenant_id, metric_date, episode_id, source, metric_name, total_value, avg_value, record_count)
    select e.tenant_id, k.metric_date, e.episode_id, 'attribution', v.metric_name, sum(v.amount), avg(v.amount), count(*)
    from unnest(tenants, sources, days) as k (tenant_id, source, metric_date)
    join internal.tenant_directory d on d.tenant_id = k.tenant_id
    join public.attribution_events e on e.tenant_id = k.tenant_id
        and e.occurred_at >= k.metric_date::timestamp at time zone d.time_zone
        and e.occurred_at < (k.metric_date + 1)::timestamp at time zone d.time_zone
        and e.occurred_at >= first_day::timestamp at time zone 'UTC' - interval '1 day'
        and e.occurred_at < last_day::timestamp at time zone 'UTC' + interval '2 days'
    cross join lateral (
        values ('attribution.' || e.attribution_type, 1::numeric),
               ('attribution.' || e.attribution_type || '.value.' || (e.attribution_data ->> 'currency'),
                (e.attribution_data ->> 'value_micros')::numeric)
    ) as v (metric_name, amount)
    where k.source = 'attribution' and v.metric_name is not null and v.amount is not null
    group by e.tenant_id, k.metric_date, e.episode_id, v.metric_name;
    get diagnostics n = row_count;
    written := written + n;

    insert into public.refresh_states as s (relation, refreshed_at, rows_written) values ('metrics_daily', started, written)
    on conflict (relation) do update set refreshed_at = excluded.refreshed_at, rows_written = excluded.rows_written;
    return written;
end
$$;

COMMENT ON FUNCTION public.refresh_metrics_daily() IS 'Refreshes metrics_daily for the tenant days that changed since the last call; the number of rows written. For the worker.';

CREATE FUNCTION public.session_open(p_token_hash text, p_now timestamp with time zone, p_idle_since timestamp with time zone, p_noted_before timestamp with time zone) RETURNS TABLE(session_id uuid, user_id uuid, tenant_id uuid, email text, full_name text, permissions text[], tenant_name text, tenant_slug text, time_zone text, currency text, brand_name text, primary_color text, logo_svg text)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    found_session uuid;
    found_tenant uuid;
    found_person uuid;
begin
    select k.entity_id, k.tenant_id, k.person_id into found_session, found_tenant, found_person
    from tenant_for_key('session', p_token_hash) k;
    if not found then
        return;
    end if;
    perform set_account_context(found_tenant, found_person);
    return query
    select s.id, u.id, u.tenant_id, u.email, u.full_name,
        coalesce((select array_agg(distinct p.name)
                  from user_roles ur
                  join role_permissions rp on rp.role_id = ur.role_id
                  join permissions p on p.id = rp.permission_id
                  where ur.user_id = u.id), '{}'),
        t.name, t.slug, ts.settings ->> 'time_zone', ts.settings ->> 'currency',
        w.brand_name, w.primary_color, w.logo_svg
    from sessions s
    join users u on u.id = s.user_id and u.tenant_id is not distinct from s.tenant_id
    left join tenants t on t.id = u.tenant_id
    left join tenant_settings ts on ts.tenant_id = u.tenant_id
    left join white_label_settings w on w.tenant_id = u.tenant_id
    where s.id = found_session
        and s.token_hash = p_token_hash
        and s.ended_at is null
        and s.expires_at > p_now
        and s.last_seen_at > p_idle_since
        and u.disabled_at is null
        and u.deleted_at is null;
    if found then
        update sessions s set last_seen_at = p_now
        where s.id = found_session and s.last_seen_at < p_noted_before;
    end if;
    perform set_account_context(null, null);
end
$$;

COMMENT ON FUNCTION public.session_open(p_token_hash text, p_now timestamp with time zone, p_idle_since timestamp with time zone, p_noted_before timestamp with time zone) IS 'The living session of a cookie''s hash with person, tenant, brand and permissions; notes that it was seen.';

CREATE FUNCTION public.set_account_context(p_tenant uuid, p_person uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    perform set_config('app.campaign_scope', '', true), set_config('app.sponsor_scope', '', true),
            set_config('app.podcast_scope', '', true), set_config('app.rights', '', true),
            set_config('app.current_user', case when p_tenant is null then coalesce(p_person::text, '') else '' end, true);
    perform set_tenant_context(p_tenant);
end
$$;

COMMENT ON FUNCTION public.set_account_context(p_tenant uuid, p_person uuid) IS 'Sets the tenant without a person, or an operator without a tenant, for the rest of this transaction; (null, null) leaves.';

CREATE FUNCTION public.set_tenant_context(tenant_uuid uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    perform set_config('app.current_tenant', coalesce(tenant_uuid::text, ''), true),
            set_config('app.current_tenant_id', coalesce(tenant_uuid::text, ''), true);
end
$$;

COMMENT ON FUNCTION public.set_tenant_context(tenant_uuid uuid) IS 'Sets the tenant for the rest of this transaction (both settings). Null clears it. Enter a person''s rights with enter_session().';

CREATE FUNCTION public.tenant_for_key(p_kind text, p_key text) RETURNS TABLE(tenant_id uuid, entity_id uuid, person_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$ select d.tenant_id, d.entity_id, d.person_id from internal.directory d where d.kind = p_kind and d.key = p_key $$;

COMMENT ON FUNCTION public.tenant_for_key(p_kind text, p_key text) IS 'The tenant, id and person behind a global key: the only way from an e-mail, a session or a token to a tenant.';

CREATE FUNCTION public.tenant_time_zone() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$ select d.time_zone from internal.tenant_directory d where d.tenant_id = public.app_tenant() $$;

COMMENT ON FUNCTION public.tenant_time_zone() IS 'IANA zone of the tenant in the session.';

CREATE FUNCTION public.uuid_generate_v4() RETURNS uuid
    LANGUAGE sql PARALLEL SAFE
    AS $$select pg_catalog.gen_random_uuid()$$;

CREATE TABLE public.attribution_events (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    episode_id uuid,
    listener_id text,
    attribution_type text NOT NULL,
    attribution_data jsonb DEFAULT '{}'::jsonb NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT attribution_events_attribution_data_check CHECK ((jsonb_typeof(attribution_data) = 'object'::text)),
    CONSTRAINT attribution_events_attribution_type_check CHECK ((attribution_type = ANY (ARRAY['impression'::text, 'visit'::text, 'lead'::text, 'purchase'::text]))),
    CONSTRAINT attribution_events_listener_id_check CHECK (((length(listener_id) >= 1) AND (length(listener_id) <= 200)))
)
PARTITION BY RANGE (occurred_at);

COMMENT ON TABLE public.attribution_events IS 'Ads delivered (impressions) and what followed: visits, leads, purchases.';

COMMENT ON COLUMN public.attribution_events.attribution_data IS 'source (pixel, promo_code, vanity_url, survey), order_id, value_micros, currency, ad_unit_id.';

CREATE TABLE internal.campaign_days (
    tenant_id uuid NOT NULL,
    local_day date NOT NULL,
    campaign_id uuid NOT NULL,
    episode_id uuid,
    ad_unit_id uuid,
    attribution_type text NOT NULL,
    source text NOT NULL,
    currency text NOT NULL,
    event_count bigint NOT NULL,
    value_micros numeric NOT NULL
);

COMMENT ON TABLE internal.campaign_days IS 'Attribution events per tenant day, campaign, episode, ad unit, type and source.';

CREATE TABLE internal.campaign_listener_days (
    tenant_id uuid NOT NULL,
    local_day date NOT NULL,
    campaign_id uuid NOT NULL,
    episode_id uuid,
    listener_no bigint NOT NULL,
    impressions bigint NOT NULL
);

COMMENT ON TABLE internal.campaign_listener_days IS 'Whom a campaign reached on which tenant day: exact reach and frequency of any range.';

CREATE TABLE internal.directory (
    kind text NOT NULL,
    key text NOT NULL,
    tenant_id uuid,
    entity_id uuid NOT NULL,
    person_id uuid
);

COMMENT ON TABLE internal.directory IS 'Global keys and whose they are: kept by triggers, read by tenant_for_key() alone.';

CREATE TABLE internal.dirty_campaigns (
    id bigint NOT NULL,
    tenant_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    since timestamp with time zone NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE internal.dirty_campaigns ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME internal.dirty_campaigns_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE internal.dirty_hours (
    id bigint NOT NULL,
    tenant_id uuid NOT NULL,
    source text NOT NULL,
    hour timestamp with time zone NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT dirty_hours_source_check CHECK ((source = ANY (ARRAY['listener'::text, 'attribution'::text])))
);

ALTER TABLE internal.dirty_hours ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME internal.dirty_hours_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE internal.dirty_metric_days (
    id bigint NOT NULL,
    tenant_id uuid NOT NULL,
    source text NOT NULL,
    metric_date date NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT dirty_metric_days_source_check CHECK ((source = ANY (ARRAY['listener'::text, 'attribution'::text])))
);

ALTER TABLE internal.dirty_metric_days ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME internal.dirty_metric_days_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE internal.download_days (
    tenant_id uuid NOT NULL,
    local_day date NOT NULL,
    episode_id uuid NOT NULL,
    app text NOT NULL,
    device_type text NOT NULL,
    country text NOT NULL,
    downloads bigint NOT NULL
);

COMMENT ON TABLE internal.download_days IS 'Downloads per tenant day, episode, app, device type and country.';

CREATE TABLE internal.download_quarters (
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    bucket timestamp with time zone NOT NULL,
    downloads bigint NOT NULL
);

COMMENT ON TABLE internal.download_quarters IS 'Downloads per quarter hour (UTC) and episode: every zone of the world begins its days on one.';

CREATE TABLE internal.episode_days (
    tenant_id uuid NOT NULL,
    local_day date NOT NULL,
    episode_id uuid NOT NULL,
    downloads bigint NOT NULL
);

COMMENT ON TABLE internal.episode_days IS 'Downloads per tenant day and episode: download_days without its dimensions, for series and totals.';

CREATE TABLE internal.episode_milestones (
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    days smallint NOT NULL,
    downloads bigint NOT NULL,
    complete_at timestamp with time zone NOT NULL,
    CONSTRAINT episode_milestones_days_check CHECK ((days = ANY (ARRAY[1, 3, 7, 30])))
);

COMMENT ON TABLE internal.episode_milestones IS 'Downloads in exactly 24, 72, 168 and 720 hours from published_at, once the time is over.';

CREATE TABLE internal.listener_days (
    tenant_id uuid NOT NULL,
    local_day date NOT NULL,
    episode_id uuid NOT NULL,
    listener_no bigint NOT NULL
);

COMMENT ON TABLE internal.listener_days IS 'Who downloaded what on which tenant day: exact unique listeners of any range and set of episodes.';

CREATE TABLE public.listener_events (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    listener_id text NOT NULL,
    event_type text NOT NULL,
    event_data jsonb DEFAULT '{}'::jsonb NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT listener_events_event_data_check CHECK ((jsonb_typeof(event_data) = 'object'::text)),
    CONSTRAINT listener_events_event_type_check CHECK ((event_type = ANY (ARRAY['download'::text, 'play'::text, 'progress'::text, 'complete'::text, 'ad_play'::text, 'follow'::text]))),
    CONSTRAINT listener_events_listener_id_check CHECK (((length(listener_id) >= 1) AND (length(listener_id) <= 200)))
)
PARTITION BY RANGE (occurred_at);

COMMENT ON TABLE public.listener_events IS 'What listeners did. A download is already valid and unique: refusal and de-duplication happen at import. Kept two years.';

COMMENT ON COLUMN public.listener_events.event_data IS 'app, device, os, country, region, source; for progress from_s and to_s; for ad_play ad_unit_id and quartile.';

CREATE TABLE internal.listener_events_daily (
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    event_type text NOT NULL,
    bucket timestamp with time zone NOT NULL,
    event_count bigint NOT NULL,
    unique_listeners bigint NOT NULL
);

CREATE TABLE internal.listener_events_hourly (
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    event_type text NOT NULL,
    bucket timestamp with time zone NOT NULL,
    event_count bigint NOT NULL,
    unique_listeners bigint NOT NULL
);

CREATE TABLE public.listener_metrics (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    metric_date date NOT NULL,
    metric_name text NOT NULL,
    metric_value numeric NOT NULL,
    metric_data jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT listener_metrics_metric_data_check CHECK ((jsonb_typeof(metric_data) = 'object'::text)),
    CONSTRAINT listener_metrics_metric_name_check CHECK ((metric_name = ANY (ARRAY['plays'::text, 'listen_seconds'::text, 'completes'::text, 'engaged_plays'::text])))
)
PARTITION BY RANGE (metric_date);

COMMENT ON TABLE public.listener_metrics IS 'Per episode and tenant day, additive values only; written by the worker.';

CREATE TABLE internal.listeners (
    listener_no bigint NOT NULL,
    tenant_id uuid NOT NULL,
    listener_id text NOT NULL
);

ALTER TABLE internal.listeners ALTER COLUMN listener_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME internal.listeners_listener_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE internal.metrics_daily (
    tenant_id uuid NOT NULL,
    metric_date date NOT NULL,
    episode_id uuid,
    source text NOT NULL,
    metric_name text NOT NULL,
    total_value numeric NOT NULL,
    avg_value numeric NOT NULL,
    record_count bigint NOT NULL,
    CONSTRAINT metrics_daily_source_check CHECK ((source = ANY (ARRAY['listener'::text, 'attribution'::text])))
);

CREATE TABLE internal.podcast_slices (
    tenant_id uuid NOT NULL,
    podcast_id uuid NOT NULL,
    dimension text NOT NULL,
    slice text NOT NULL,
    CONSTRAINT podcast_slices_dimension_check CHECK ((dimension = ANY (ARRAY['app'::text, 'country'::text, 'device_type'::text])))
);

COMMENT ON TABLE internal.podcast_slices IS 'Apps, countries and device types a podcast was ever downloaded with: what filters offer.';

CREATE TABLE internal.report_queue (
    report_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    queued_at timestamp with time zone DEFAULT now() NOT NULL,
    lease_until timestamp with time zone
);

CREATE TABLE internal.tenant_directory (
    tenant_id uuid NOT NULL,
    slug text NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL
);

COMMENT ON TABLE internal.tenant_directory IS 'Every tenant with its time zone, for refreshes; kept by triggers.';

CREATE TABLE public.access_logs (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid,
    user_id uuid,
    resource_type text NOT NULL,
    resource_id uuid,
    action text NOT NULL,
    allowed boolean NOT NULL,
    reason text,
    ip_address inet,
    user_agent text,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.access_logs FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.access_logs IS 'Who asked for what and was let in or not. ip_address is cut to a prefix.';

CREATE TABLE public.ad_units (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    unit_type text NOT NULL,
    position_seconds integer NOT NULL,
    duration_seconds integer NOT NULL,
    is_baked_in boolean DEFAULT false NOT NULL,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ad_units_duration_seconds_check CHECK ((duration_seconds > 0)),
    CONSTRAINT ad_units_position_seconds_check CHECK ((position_seconds >= 0)),
    CONSTRAINT ad_units_unit_type_check CHECK ((unit_type = ANY (ARRAY['pre_roll'::text, 'mid_roll'::text, 'post_roll'::text, 'host_read'::text])))
);

ALTER TABLE ONLY public.ad_units FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.ad_units IS 'Where a campaign''s ad stands in an episode.';

CREATE TABLE public.attribution_analytics (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    analysis_date date NOT NULL,
    metrics jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT attribution_analytics_metrics_check CHECK ((jsonb_typeof(metrics) = 'object'::text)),
    CONSTRAINT attribution_analytics_metrics_check1 CHECK ((((metrics ->> 'version'::text))::integer >= 1))
);

ALTER TABLE ONLY public.attribution_analytics FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.attribution_analytics IS 'Per campaign and tenant day: conversions and the credit each model gives for them.';

COMMENT ON COLUMN public.attribution_analytics.metrics IS 'version 1. conversions, leads, purchases: integers after merging. revenue_micros: {currency: text integer}. conversions are of the campaign''s conversion_type alone. by_source: {source: integer}; overlap: conversions reported by more than one source. anonymous: surveys and promo codes of nobody, without an order: they widen the bounds and are no conversions. windows: {"7" | "14" | "30" | "60": {attributed: integer, unattributed: integer, models: {first_touch | last_touch | linear: {podcast | episode: {id: {conversions: text decimal, revenue_micros: {currency: text decimal}}}}}}}. A visit that no episode is known for has the id "none". Credits of one model and channel kind add up to attributed; days add up to any range.';

CREATE TABLE public.attribution_models (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    model_type text NOT NULL,
    configuration jsonb DEFAULT '{"window_days": 30}'::jsonb NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT attribution_models_configuration_check CHECK ((jsonb_typeof(configuration) = 'object'::text)),
    CONSTRAINT attribution_models_model_type_check CHECK ((model_type = ANY (ARRAY['first_touch'::text, 'last_touch'::text, 'linear'::text]))),
    CONSTRAINT attribution_models_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120)))
);

ALTER TABLE ONLY public.attribution_models FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.attribution_models IS 'Which models a tenant computes. configuration: window_days, 1-60, the window shown first.';

CREATE TABLE public.attribution_paths (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    listener_id text,
    touchpoints jsonb NOT NULL,
    conversion_event_id uuid NOT NULL,
    converted_at timestamp with time zone NOT NULL,
    last_event_at timestamp with time zone NOT NULL,
    conversion_type text NOT NULL,
    conversion_source text DEFAULT ''::text NOT NULL,
    value_micros numeric,
    currency text,
    merged_events integer DEFAULT 1 NOT NULL,
    merged_sources text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT attribution_paths_check CHECK ((last_event_at >= converted_at)),
    CONSTRAINT attribution_paths_conversion_type_check CHECK ((conversion_type = ANY (ARRAY['purchase'::text, 'lead'::text]))),
    CONSTRAINT attribution_paths_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT attribution_paths_merged_events_check CHECK ((merged_events >= 1)),
    CONSTRAINT attribution_paths_touchpoints_check CHECK ((jsonb_typeof(touchpoints) = 'array'::text))
);

ALTER TABLE ONLY public.attribution_paths FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.attribution_paths IS 'One row per conversion, after several reports of the same conversion were merged into one.';

COMMENT ON COLUMN public.attribution_paths.touchpoints IS 'Array, oldest first, of impressions and visits within 60 days before the conversion: {event_id, at, type, episode_id, podcast_id, ad_unit_id}. Ties in time are broken by event_id.';

COMMENT ON COLUMN public.attribution_paths.last_event_at IS 'When the latest of the merged events happened; converted_at is the earliest.';

COMMENT ON COLUMN public.attribution_paths.merged_events IS 'How many events reported this one conversion; merged_sources names their sources.';

CREATE TABLE public.audit_logs (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    user_id uuid,
    action text NOT NULL,
    resource_type text NOT NULL,
    resource_id uuid,
    changes jsonb DEFAULT '{}'::jsonb NOT NULL,
    ip_address inet,
    user_agent text,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.audit_logs FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.audit_logs IS 'Changes made by a person or key; append-only. An import writes one row.';

CREATE VIEW public.campaign_days WITH (security_barrier='true') AS
 SELECT tenant_id,
    local_day,
    campaign_id,
    episode_id,
    ad_unit_id,
    attribution_type,
    source,
    currency,
    event_count,
    value_micros
   FROM internal.campaign_days r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE TABLE public.episodes (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    podcast_id uuid NOT NULL,
    title text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    season_number integer,
    episode_number integer,
    episode_type text DEFAULT 'full'::text NOT NULL,
    published_at timestamp with time zone,
    duration_seconds integer,
    audio_url text,
    audio_bytes bigint,
    guid text,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT episodes_audio_bytes_check CHECK ((audio_bytes > 0)),
    CONSTRAINT episodes_duration_seconds_check CHECK ((duration_seconds > 0)),
    CONSTRAINT episodes_episode_number_check CHECK ((episode_number >= 0)),
    CONSTRAINT episodes_episode_type_check CHECK ((episode_type = ANY (ARRAY['full'::text, 'trailer'::text, 'bonus'::text]))),
    CONSTRAINT episodes_season_number_check CHECK ((season_number >= 0)),
    CONSTRAINT episodes_title_check CHECK (((length(title) >= 1) AND (length(title) <= 1000)))
);

ALTER TABLE ONLY public.episodes FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.episodes IS 'Episodes of a podcast. guid is the feed''s own identifier.';

CREATE TABLE public.podcasts (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    rss_feed_url text,
    website_url text,
    cover_image_url text,
    language text,
    category text,
    author text,
    feed_guid text,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT podcasts_language_check CHECK ((language ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$'::text)),
    CONSTRAINT podcasts_name_check CHECK (((length(name) >= 1) AND (length(name) <= 400)))
);

ALTER TABLE ONLY public.podcasts FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.podcasts IS 'Shows of a tenant.';

CREATE VIEW public.campaign_episodes WITH (security_barrier='true') AS
 SELECT DISTINCT a.tenant_id,
    a.campaign_id,
    e.id AS episode_id,
    e.title,
    e.published_at,
    p.id AS podcast_id,
    p.name AS podcast_name
   FROM ((public.ad_units a
     JOIN public.episodes e ON (((e.tenant_id = a.tenant_id) AND (e.id = a.episode_id))))
     JOIN public.podcasts p ON (((p.tenant_id = e.tenant_id) AND (p.id = e.podcast_id))))
  WHERE ((a.tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (a.campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

COMMENT ON VIEW public.campaign_episodes IS 'Episodes with ads of the campaigns in scope: title, date and show, no listener totals.';

CREATE VIEW public.campaign_listener_days WITH (security_barrier='true') AS
 SELECT tenant_id,
    local_day,
    campaign_id,
    episode_id,
    listener_no,
    impressions
   FROM internal.campaign_listener_days r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE TABLE public.campaigns (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    sponsor_id uuid NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    start_date date NOT NULL,
    end_date date NOT NULL,
    stage text DEFAULT 'prospect'::text NOT NULL,
    stage_changed_at timestamp with time zone DEFAULT now() NOT NULL,
    budget_micros bigint,
    currency text DEFAULT 'USD'::text NOT NULL,
    conversion_type text DEFAULT 'purchase'::text NOT NULL,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT campaigns_budget_micros_check CHECK ((budget_micros >= 0)),
    CONSTRAINT campaigns_check CHECK ((end_date >= start_date)),
    CONSTRAINT campaigns_conversion_type_check CHECK ((conversion_type = ANY (ARRAY['purchase'::text, 'lead'::text]))),
    CONSTRAINT campaigns_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT campaigns_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT campaigns_stage_check CHECK ((stage = ANY (ARRAY['prospect'::text, 'proposed'::text, 'booked'::text, 'live'::text, 'paused'::text, 'completed'::text, 'cancelled'::text])))
);

ALTER TABLE ONLY public.campaigns FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.campaigns IS 'Campaigns of a sponsor. start_date and end_date are tenant days, both inside the flight.';

COMMENT ON COLUMN public.campaigns.conversion_type IS 'What counts as a conversion of this campaign: a purchase or a lead.';

CREATE TABLE public.database_engine (
    is_chosen boolean DEFAULT true NOT NULL,
    engine text NOT NULL,
    chosen_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT database_engine_engine_check CHECK ((engine = ANY (ARRAY['plain'::text, 'timescale'::text]))),
    CONSTRAINT database_engine_is_chosen_check CHECK (is_chosen)
);

COMMENT ON TABLE public.database_engine IS 'How time series are kept here: one row, written once.';

CREATE VIEW public.download_days WITH (security_barrier='true') AS
 SELECT tenant_id,
    local_day,
    episode_id,
    app,
    device_type,
    country,
    downloads
   FROM internal.download_days r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

CREATE VIEW public.download_quarters WITH (security_barrier='true') AS
 SELECT tenant_id,
    episode_id,
    bucket,
    downloads
   FROM internal.download_quarters r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

CREATE VIEW public.episode_days WITH (security_barrier='true') AS
 SELECT tenant_id,
    local_day,
    episode_id,
    downloads
   FROM internal.episode_days r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

CREATE VIEW public.episode_milestones WITH (security_barrier='true') AS
 SELECT tenant_id,
    episode_id,
    days,
    downloads,
    complete_at
   FROM internal.episode_milestones r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

CREATE TABLE public.etl_imports (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    import_type text NOT NULL,
    source text NOT NULL,
    source_sha256 text,
    status text DEFAULT 'running'::text NOT NULL,
    records_imported bigint DEFAULT 0 NOT NULL,
    records_duplicate bigint DEFAULT 0 NOT NULL,
    records_refused bigint DEFAULT 0 NOT NULL,
    error_message text,
    created_by uuid,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    completed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT etl_imports_import_type_check CHECK ((import_type = ANY (ARRAY['feed'::text, 'listener_events'::text, 'attribution_events'::text]))),
    CONSTRAINT etl_imports_records_duplicate_check CHECK ((records_duplicate >= 0)),
    CONSTRAINT etl_imports_records_imported_check CHECK ((records_imported >= 0)),
    CONSTRAINT etl_imports_records_refused_check CHECK ((records_refused >= 0)),
    CONSTRAINT etl_imports_source_sha256_check CHECK ((source_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT etl_imports_status_check CHECK ((status = ANY (ARRAY['running'::text, 'completed'::text, 'failed'::text])))
);

ALTER TABLE ONLY public.etl_imports FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.etl_imports IS 'One row per import of a feed or file.';

CREATE TABLE public.import_refusals (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    line_number bigint NOT NULL,
    reason text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT import_refusals_detail_check CHECK ((length(detail) <= 500)),
    CONSTRAINT import_refusals_line_number_check CHECK ((line_number > 0))
);

ALTER TABLE ONLY public.import_refusals FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.import_refusals IS 'Rows an import did not take, with line and reason.';

CREATE TABLE public.io_bookings (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    sponsor_id uuid NOT NULL,
    booking_date date NOT NULL,
    promo_code text,
    vanity_url text,
    pricing_model text DEFAULT 'cpm'::text NOT NULL,
    booked_impressions bigint,
    rate_micros bigint NOT NULL,
    currency text NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT io_bookings_booked_impressions_check CHECK ((booked_impressions > 0)),
    CONSTRAINT io_bookings_check CHECK ((ends_on >= starts_on)),
    CONSTRAINT io_bookings_check1 CHECK (((pricing_model = 'flat'::text) OR (booked_impressions IS NOT NULL))),
    CONSTRAINT io_bookings_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT io_bookings_pricing_model_check CHECK ((pricing_model = ANY (ARRAY['cpm'::text, 'flat'::text]))),
    CONSTRAINT io_bookings_promo_code_check CHECK ((promo_code = upper(promo_code))),
    CONSTRAINT io_bookings_rate_micros_check CHECK ((rate_micros >= 0))
);

ALTER TABLE ONLY public.io_bookings FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.io_bookings IS 'Insertion orders: what was sold, at which rate, for which flight.';

COMMENT ON COLUMN public.io_bookings.rate_micros IS 'cpm: price of 1,000 impressions; flat: price of the whole booking. Millionths of the currency.';

CREATE TABLE public.job_runs (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    job text NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    status text DEFAULT 'running'::text NOT NULL,
    worker text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    lease_until timestamp with time zone NOT NULL,
    result jsonb DEFAULT '{}'::jsonb NOT NULL,
    error_message text,
    CONSTRAINT job_runs_job_check CHECK ((job ~ '^[a-z_]+$'::text)),
    CONSTRAINT job_runs_result_check CHECK ((jsonb_typeof(result) = 'object'::text)),
    CONSTRAINT job_runs_status_check CHECK ((status = ANY (ARRAY['running'::text, 'succeeded'::text, 'failed'::text, 'abandoned'::text])))
);

COMMENT ON TABLE public.job_runs IS 'Runs of the worker''s jobs: one row per job and time slot, so that two workers never run one slot twice. No tenant data.';

CREATE VIEW public.listener_days WITH (security_barrier='true') AS
 SELECT tenant_id,
    local_day,
    episode_id,
    listener_no
   FROM internal.listener_days r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

CREATE VIEW public.listener_events_daily WITH (security_barrier='true') AS
 SELECT bucket,
    tenant_id,
    episode_id,
    event_type,
    event_count,
    unique_listeners
   FROM internal.listener_events_daily a
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

COMMENT ON VIEW public.listener_events_daily IS 'Listener events per UTC day, episode and event type. unique_listeners adds up over nothing.';

CREATE VIEW public.listener_events_hourly WITH (security_barrier='true') AS
 SELECT bucket,
    tenant_id,
    episode_id,
    event_type,
    event_count,
    unique_listeners
   FROM internal.listener_events_hourly a
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

COMMENT ON VIEW public.listener_events_hourly IS 'Listener events per UTC hour, episode and event type. unique_listeners adds up over nothing.';

CREATE TABLE public.login_attempts (
    attempt_key text NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    blocked_until timestamp with time zone,
    last_failed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT login_attempts_attempt_key_check CHECK ((attempt_key ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT login_attempts_failures_check CHECK ((failures >= 0))
);

COMMENT ON TABLE public.login_attempts IS 'Log-in throttle: exponential up to 15 minutes, cleared by a success.';

CREATE VIEW public.metrics_daily WITH (security_barrier='true') AS
 SELECT metric_date AS day,
    tenant_id,
    episode_id,
    metric_name,
    total_value,
    avg_value,
    record_count
   FROM internal.metrics_daily m
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND
        CASE source
            WHEN 'listener'::text THEN (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes)))
            ELSE ( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns)
        END);

COMMENT ON VIEW public.metrics_daily IS 'Per tenant day, episode and metric: listener_metrics (plays, listen_seconds, completes, engaged_plays) and attribution_events (attribution.<type> counts events; attribution.<type>.value.<CUR> sums their value in millionths).';

CREATE TABLE public.password_reset_tokens (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid,
    user_id uuid NOT NULL,
    token text NOT NULL,
    purpose text DEFAULT 'reset'::text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT password_reset_tokens_purpose_check CHECK ((purpose = ANY (ARRAY['reset'::text, 'invitation'::text]))),
    CONSTRAINT password_reset_tokens_token_check CHECK ((token ~ '^[0-9a-f]{64}$'::text))
);

ALTER TABLE ONLY public.password_reset_tokens FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.password_reset_tokens IS 'One-time links that set a password. token holds the SHA-256, never the token.';

CREATE TABLE public.permissions (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    resource_type text NOT NULL,
    action text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT permissions_name_check CHECK ((name ~ '^[a-z_]+\.[a-z_]+$'::text))
);

COMMENT ON TABLE public.permissions IS 'What can be allowed at all; the same for every tenant, written by migrations only.';

CREATE TABLE public.sponsors (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    website_url text,
    logo_url text,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sponsors_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

ALTER TABLE ONLY public.sponsors FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.sponsors IS 'Advertisers of a tenant.';

CREATE VIEW public.podcast_placements WITH (security_barrier='true') AS
 SELECT a.tenant_id,
    a.id AS ad_unit_id,
    a.episode_id,
    e.podcast_id,
    c.id AS campaign_id,
    s.name AS sponsor_name,
    c.start_date,
    c.end_date,
    a.unit_type,
    a.position_seconds,
    a.duration_seconds
   FROM (((public.ad_units a
     JOIN public.episodes e ON (((e.tenant_id = a.tenant_id) AND (e.id = a.episode_id))))
     JOIN public.campaigns c ON (((c.tenant_id = a.tenant_id) AND (c.id = a.campaign_id))))
     JOIN public.sponsors s ON (((s.tenant_id = c.tenant_id) AND (s.id = c.sponsor_id))))
  WHERE ((a.tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (a.deleted_at IS NULL) AND (c.deleted_at IS NULL) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (e.podcast_id IN ( SELECT public.app_podcasts() AS app_podcasts))));

COMMENT ON VIEW public.podcast_placements IS 'Ads in the podcasts in scope: sponsor, flight and position.';

CREATE VIEW public.podcast_slices WITH (security_barrier='true') AS
 SELECT tenant_id,
    podcast_id,
    dimension,
    slice
   FROM internal.podcast_slices r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (podcast_id IN ( SELECT public.app_podcasts() AS app_podcasts))));

CREATE TABLE public.refresh_states (
    relation text NOT NULL,
    refreshed_at timestamp with time zone NOT NULL,
    rows_written bigint DEFAULT 0 NOT NULL,
    CONSTRAINT refresh_states_rows_written_check CHECK ((rows_written >= 0))
);

COMMENT ON TABLE public.refresh_states IS 'As-of of each derived relation: the start of the last refresh that left nothing undone.';

CREATE TABLE public.reports (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    report_type text NOT NULL,
    title text DEFAULT ''::text NOT NULL,
    parameters jsonb DEFAULT '{}'::jsonb NOT NULL,
    campaign_id uuid,
    podcast_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    report_data jsonb,
    status text DEFAULT 'queued'::text NOT NULL,
    progress_percent smallint DEFAULT 0 NOT NULL,
    progress_note text DEFAULT ''::text NOT NULL,
    pdf bytea,
    pdf_sha256 text,
    pdf_bytes integer,
    page_count integer,
    error_message text,
    attempts smallint DEFAULT 0 NOT NULL,
    lease_until timestamp with time zone,
    idempotency_key text,
    generated_at timestamp with time zone,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT reports_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT reports_check CHECK (((status <> 'ready'::text) OR ((pdf IS NOT NULL) AND (pdf_sha256 IS NOT NULL) AND (report_data IS NOT NULL) AND (generated_at IS NOT NULL)))),
    CONSTRAINT reports_check1 CHECK (((report_type = 'campaign_performance'::text) = (campaign_id IS NOT NULL))),
    CONSTRAINT reports_idempotency_key_check CHECK ((length(idempotency_key) <= 200)),
    CONSTRAINT reports_page_count_check CHECK ((page_count > 0)),
    CONSTRAINT reports_parameters_check CHECK ((jsonb_typeof(parameters) = 'object'::text)),
    CONSTRAINT reports_pdf_bytes_check CHECK ((pdf_bytes > 0)),
    CONSTRAINT reports_pdf_sha256_check CHECK ((pdf_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT reports_progress_percent_check CHECK (((progress_percent >= 0) AND (progress_percent <= 100))),
    CONSTRAINT reports_report_data_check CHECK ((jsonb_typeof(report_data) = 'object'::text)),
    CONSTRAINT reports_report_type_check CHECK ((report_type = ANY (ARRAY['campaign_performance'::text, 'podcast_audience'::text]))),
    CONSTRAINT reports_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'ready'::text, 'failed'::text, 'cancelled'::text]))),
    CONSTRAINT reports_title_check CHECK ((length(title) <= 300))
);

ALTER TABLE ONLY public.reports FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.reports IS 'Generated PDF reports: parameters, the snapshot that made them, the bytes and their SHA-256.';

COMMENT ON COLUMN public.reports.parameters IS 'What was asked for: the filters of the view as URL parameters, campaign_id or podcast ids, rule version.';

COMMENT ON COLUMN public.reports.campaign_id IS 'The campaign whose numbers are in it; who may no longer read the campaign may no longer read the report.';

COMMENT ON COLUMN public.reports.podcast_ids IS 'The podcasts whose numbers are in it, known once they were read; the same rule.';

COMMENT ON COLUMN public.reports.report_data IS 'Snapshot of every answer in the PDF: {version, title, sentence, filters, as_of, sections: [...]}; renders again without the database.';

CREATE TABLE public.resource_ownership (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    resource_type text NOT NULL,
    resource_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT resource_ownership_resource_type_check CHECK ((resource_type = ANY (ARRAY['sponsor'::text, 'podcast'::text, 'campaign'::text])))
);

ALTER TABLE ONLY public.resource_ownership FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.resource_ownership IS 'Which sponsor, podcast or campaign a person with an own-only permission sees.';

CREATE TABLE public.role_permissions (
    tenant_id uuid,
    role_id uuid NOT NULL,
    permission_id uuid NOT NULL,
    granted_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.role_permissions FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.role_permissions IS 'Which role grants what.';

CREATE TABLE public.roles (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT roles_name_check CHECK (((length(name) >= 1) AND (length(name) <= 80)))
);

ALTER TABLE ONLY public.roles FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.roles IS 'Named sets of permissions of a tenant; tenant_id is null for the operator role alone.';

CREATE TABLE public.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    engine text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.schema_migrations IS 'Versions applied to this structure, one row per file.';

CREATE TABLE public.sessions (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    token_hash text NOT NULL,
    tenant_id uuid,
    user_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ip_prefix text,
    user_agent text,
    CONSTRAINT sessions_token_hash_check CHECK ((token_hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT sessions_user_agent_check CHECK ((length(user_agent) <= 400))
);

ALTER TABLE ONLY public.sessions FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.sessions IS 'Server-side log-ins, keyed by the SHA-256 of the cookie; idle 30 minutes, at most 12 hours.';

CREATE TABLE public.tenant_settings (
    tenant_id uuid NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenant_settings_settings_check CHECK ((jsonb_typeof(settings) = 'object'::text)),
    CONSTRAINT tenant_settings_settings_check1 CHECK ((((settings ->> 'currency'::text) IS NULL) OR ((settings ->> 'currency'::text) ~ '^[A-Z]{3}$'::text))),
    CONSTRAINT tenant_settings_settings_check2 CHECK ((((settings ->> 'week_start'::text) IS NULL) OR ((settings ->> 'week_start'::text) = ANY (ARRAY['monday'::text, 'sunday'::text]))))
);

ALTER TABLE ONLY public.tenant_settings FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.tenant_settings IS 'Configuration of one tenant.';

COMMENT ON COLUMN public.tenant_settings.settings IS 'Object. time_zone: IANA name, default UTC. currency: ISO 4217, default USD. week_start: monday or sunday, default monday. locale: en. download_window: calendar_day. listener_retention_days: how long exact unique listeners are kept, default 1095.';

CREATE TABLE public.tenants (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenants_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT tenants_slug_check CHECK ((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text))
);

ALTER TABLE ONLY public.tenants FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.tenants IS 'Root of tenant isolation: one row per customer.';

CREATE TABLE public.user_roles (
    tenant_id uuid,
    user_id uuid NOT NULL,
    role_id uuid NOT NULL,
    assigned_at timestamp with time zone DEFAULT now() NOT NULL,
    assigned_by uuid
);

ALTER TABLE ONLY public.user_roles FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.user_roles IS 'Who holds which role.';

CREATE TABLE public.users (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid,
    email text NOT NULL,
    full_name text DEFAULT ''::text NOT NULL,
    password_hash text,
    email_verified boolean DEFAULT false NOT NULL,
    stripe_customer_id text,
    stripe_subscription_id text,
    is_operator boolean DEFAULT false NOT NULL,
    disabled_at timestamp with time zone,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT users_check CHECK ((is_operator = (tenant_id IS NULL))),
    CONSTRAINT users_email_check CHECK (((email = lower(email)) AND (email ~ '^[^@\s]+@[^@\s]+$'::text) AND (length(email) <= 254))),
    CONSTRAINT users_full_name_check CHECK ((length(full_name) <= 200))
);

ALTER TABLE ONLY public.users FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.users IS 'People who log in. tenant_id is null for operators alone.';

COMMENT ON COLUMN public.users.password_hash IS 'argon2id; null until the invitation is used.';

CREATE TABLE public.white_label_settings (
    tenant_id uuid NOT NULL,
    brand_name text,
    logo_url text,
    logo_svg text,
    primary_color text DEFAULT '#0b6e5f'::text NOT NULL,
    custom_domain text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT white_label_settings_brand_name_check CHECK (((length(brand_name) >= 1) AND (length(brand_name) <= 120))),
    CONSTRAINT white_label_settings_logo_svg_check CHECK ((length(logo_svg) <= 65536)),
    CONSTRAINT white_label_settings_primary_color_check CHECK ((primary_color ~ '^#[0-9a-f]{6}$'::text))
);

ALTER TABLE ONLY public.white_label_settings FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.white_label_settings IS 'Brand of one tenant on screen and on paper.';

CREATE TABLE public.worker_heartbeats (
    worker text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    beat_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.worker_heartbeats IS 'Workers that are alive.';

ALTER TABLE ONLY internal.campaign_days
    ADD CONSTRAINT campaign_days_tenant_id_campaign_id_local_day_attribution_t_key UNIQUE NULLS NOT DISTINCT (tenant_id, campaign_id, local_day, attribution_type, episode_id, ad_unit_id, source, currency);

ALTER TABLE ONLY internal.campaign_listener_days
    ADD CONSTRAINT campaign_listener_days_tenant_id_campaign_id_local_day_epis_key UNIQUE NULLS NOT DISTINCT (tenant_id, campaign_id, local_day, episode_id, listener_no);

ALTER TABLE ONLY internal.directory
    ADD CONSTRAINT directory_pkey PRIMARY KEY (kind, key);

ALTER TABLE ONLY internal.dirty_campaigns
    ADD CONSTRAINT dirty_campaigns_pkey PRIMARY KEY (id);

ALTER TABLE ONLY internal.dirty_hours
    ADD CONSTRAINT dirty_hours_pkey PRIMARY KEY (id);

ALTER TABLE ONLY internal.dirty_metric_days
    ADD CONSTRAINT dirty_metric_days_pkey PRIMARY KEY (id);

ALTER TABLE ONLY internal.download_days
    ADD CONSTRAINT download_days_pkey PRIMARY KEY (tenant_id, local_day, episode_id, app, device_type, country);

ALTER TABLE ONLY internal.download_quarters
    ADD CONSTRAINT download_quarters_pkey PRIMARY KEY (tenant_id, episode_id, bucket);

ALTER TABLE ONLY internal.episode_days
    ADD CONSTRAINT episode_days_pkey PRIMARY KEY (tenant_id, local_day, episode_id);

ALTER TABLE ONLY internal.episode_milestones
    ADD CONSTRAINT episode_milestones_pkey PRIMARY KEY (tenant_id, episode_id, days);

ALTER TABLE ONLY internal.listener_days
    ADD CONSTRAINT listener_days_pkey PRIMARY KEY (tenant_id, local_day, episode_id, listener_no);

ALTER TABLE ONLY internal.listener_events_daily
    ADD CONSTRAINT listener_events_daily_pkey PRIMARY KEY (tenant_id, episode_id, event_type, bucket);

ALTER TABLE ONLY internal.listener_events_hourly
    ADD CONSTRAINT listener_events_hourly_pkey PRIMARY KEY (tenant_id, episode_id, event_type, bucket);

ALTER TABLE ONLY internal.listeners
    ADD CONSTRAINT listeners_pkey PRIMARY KEY (listener_no);

ALTER TABLE ONLY internal.listeners
    ADD CONSTRAINT listeners_tenant_id_listener_id_key UNIQUE (tenant_id, listener_id);

ALTER TABLE ONLY internal.metrics_daily
    ADD CONSTRAINT metrics_daily_tenant_id_metric_date_metric_name_episode_id__key UNIQUE NULLS NOT DISTINCT (tenant_id, metric_date, metric_name, episode_id, source);

ALTER TABLE ONLY internal.podcast_slices
    ADD CONSTRAINT podcast_slices_pkey PRIMARY KEY (tenant_id, podcast_id, dimension, slice);

ALTER TABLE ONLY internal.report_queue
    ADD CONSTRAINT report_queue_pkey PRIMARY KEY (report_id);

ALTER TABLE ONLY internal.tenant_directory
    ADD CONSTRAINT tenant_directory_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.access_logs
    ADD CONSTRAINT access_logs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.ad_units
    ADD CONSTRAINT ad_units_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.ad_units
    ADD CONSTRAINT ad_units_tenant_id_campaign_id_episode_id_position_seconds_key UNIQUE (tenant_id, campaign_id, episode_id, position_seconds);

ALTER TABLE ONLY public.ad_units
    ADD CONSTRAINT ad_units_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.attribution_analytics
    ADD CONSTRAINT attribution_analytics_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.attribution_analytics
    ADD CONSTRAINT attribution_analytics_tenant_id_campaign_id_analysis_date_key UNIQUE (tenant_id, campaign_id, analysis_date);

ALTER TABLE ONLY public.attribution_events
    ADD CONSTRAINT attribution_events_pkey PRIMARY KEY (tenant_id, id, occurred_at);

ALTER TABLE ONLY public.attribution_models
    ADD CONSTRAINT attribution_models_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.attribution_models
    ADD CONSTRAINT attribution_models_tenant_id_model_type_key UNIQUE (tenant_id, model_type);

ALTER TABLE ONLY public.attribution_paths
    ADD CONSTRAINT attribution_paths_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.attribution_paths
    ADD CONSTRAINT attribution_paths_tenant_id_campaign_id_conversion_event_id_key UNIQUE (tenant_id, campaign_id, conversion_event_id);

ALTER TABLE ONLY public.audit_logs
    ADD CONSTRAINT audit_logs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_tenant_id_sponsor_id_id_key UNIQUE (tenant_id, sponsor_id, id);

ALTER TABLE ONLY public.database_engine
    ADD CONSTRAINT database_engine_pkey PRIMARY KEY (is_chosen);

ALTER TABLE ONLY public.episodes
    ADD CONSTRAINT episodes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.episodes
    ADD CONSTRAINT episodes_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.episodes
    ADD CONSTRAINT episodes_tenant_id_podcast_id_guid_key UNIQUE (tenant_id, podcast_id, guid);

ALTER TABLE ONLY public.etl_imports
    ADD CONSTRAINT etl_imports_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.etl_imports
    ADD CONSTRAINT etl_imports_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.import_refusals
    ADD CONSTRAINT import_refusals_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.io_bookings
    ADD CONSTRAINT io_bookings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.io_bookings
    ADD CONSTRAINT io_bookings_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.job_runs
    ADD CONSTRAINT job_runs_job_scheduled_for_key UNIQUE (job, scheduled_for);

ALTER TABLE ONLY public.job_runs
    ADD CONSTRAINT job_runs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.listener_events
    ADD CONSTRAINT listener_events_pkey PRIMARY KEY (tenant_id, id, occurred_at);

ALTER TABLE ONLY public.listener_metrics
    ADD CONSTRAINT listener_metrics_pkey PRIMARY KEY (tenant_id, id, metric_date);

ALTER TABLE ONLY public.listener_metrics
    ADD CONSTRAINT listener_metrics_tenant_id_episode_id_metric_name_metric_da_key UNIQUE (tenant_id, episode_id, metric_name, metric_date);

ALTER TABLE ONLY public.login_attempts
    ADD CONSTRAINT login_attempts_pkey PRIMARY KEY (attempt_key);

ALTER TABLE ONLY public.password_reset_tokens
    ADD CONSTRAINT password_reset_tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.password_reset_tokens
    ADD CONSTRAINT password_reset_tokens_token_key UNIQUE (token);

ALTER TABLE ONLY public.permissions
    ADD CONSTRAINT permissions_name_key UNIQUE (name);

ALTER TABLE ONLY public.permissions
    ADD CONSTRAINT permissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.podcasts
    ADD CONSTRAINT podcasts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.podcasts
    ADD CONSTRAINT podcasts_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.refresh_states
    ADD CONSTRAINT refresh_states_pkey PRIMARY KEY (relation);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.resource_ownership
    ADD CONSTRAINT resource_ownership_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.resource_ownership
    ADD CONSTRAINT resource_ownership_resource_type_resource_id_key UNIQUE (resource_type, resource_id);

ALTER TABLE ONLY public.role_permissions
    ADD CONSTRAINT role_permissions_pkey PRIMARY KEY (role_id, permission_id);

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_tenant_id_name_key UNIQUE NULLS NOT DISTINCT (tenant_id, name);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.sponsors
    ADD CONSTRAINT sponsors_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sponsors
    ADD CONSTRAINT sponsors_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.tenant_settings
    ADD CONSTRAINT tenant_settings_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_pkey PRIMARY KEY (user_id, role_id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.white_label_settings
    ADD CONSTRAINT white_label_settings_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.worker_heartbeats
    ADD CONSTRAINT worker_heartbeats_pkey PRIMARY KEY (worker);

CREATE INDEX campaign_days_day ON internal.campaign_days USING btree (tenant_id, local_day);

CREATE INDEX campaign_listener_days_day ON internal.campaign_listener_days USING btree (tenant_id, local_day);

CREATE INDEX directory_entity ON internal.directory USING btree (kind, entity_id);

CREATE INDEX dirty_campaigns_tenant ON internal.dirty_campaigns USING btree (tenant_id, campaign_id);

CREATE INDEX dirty_hours_claim ON internal.dirty_hours USING btree (tenant_id, source, hour);

CREATE INDEX dirty_metric_days_claim ON internal.dirty_metric_days USING btree (tenant_id, source, metric_date);

CREATE INDEX download_quarters_bucket ON internal.download_quarters USING btree (tenant_id, bucket) INCLUDE (episode_id, downloads);

CREATE INDEX episode_days_episode ON internal.episode_days USING btree (tenant_id, episode_id, local_day) INCLUDE (downloads);

CREATE INDEX listener_days_episode ON internal.listener_days USING btree (tenant_id, episode_id, local_day) INCLUDE (listener_no);

CREATE INDEX listener_events_daily_bucket ON internal.listener_events_daily USING btree (tenant_id, bucket);

CREATE INDEX listener_events_hourly_bucket ON internal.listener_events_hourly USING btree (tenant_id, bucket);

CREATE INDEX metrics_daily_episode ON internal.metrics_daily USING btree (tenant_id, metric_name, metric_date);

CREATE INDEX report_queue_order ON internal.report_queue USING btree (queued_at);

CREATE INDEX access_logs_tenant ON public.access_logs USING btree (tenant_id, occurred_at DESC);

CREATE INDEX access_logs_tenant_user ON public.access_logs USING btree (tenant_id, user_id);

CREATE INDEX ad_units_episode ON public.ad_units USING btree (tenant_id, episode_id);

CREATE INDEX attribution_events_campaign ON ONLY public.attribution_events USING btree (tenant_id, campaign_id, attribution_type, occurred_at);

CREATE INDEX attribution_events_episode ON ONLY public.attribution_events USING btree (tenant_id, episode_id, occurred_at);

CREATE INDEX attribution_events_listener ON ONLY public.attribution_events USING btree (tenant_id, campaign_id, listener_id, occurred_at);

CREATE INDEX attribution_events_tenant_time ON ONLY public.attribution_events USING btree (tenant_id, occurred_at);

CREATE INDEX attribution_paths_conversion ON public.attribution_paths USING btree (tenant_id, conversion_event_id, converted_at);

CREATE INDEX attribution_paths_stretched ON public.attribution_paths USING btree (tenant_id, campaign_id, last_event_at) WHERE (merged_events > 1);

CREATE INDEX attribution_paths_time ON public.attribution_paths USING btree (tenant_id, campaign_id, converted_at);

CREATE INDEX audit_logs_tenant ON public.audit_logs USING btree (tenant_id, occurred_at DESC);

CREATE INDEX audit_logs_tenant_user ON public.audit_logs USING btree (tenant_id, user_id);

CREATE INDEX campaigns_stage ON public.campaigns USING btree (tenant_id, stage, start_date);

CREATE INDEX episodes_published ON public.episodes USING btree (tenant_id, podcast_id, published_at DESC);

CREATE INDEX etl_imports_created_by ON public.etl_imports USING btree (tenant_id, created_by);

CREATE INDEX etl_imports_recent ON public.etl_imports USING btree (tenant_id, started_at DESC);

CREATE INDEX import_refusals_import ON public.import_refusals USING btree (tenant_id, import_id, line_number);

CREATE INDEX io_bookings_campaign ON public.io_bookings USING btree (tenant_id, campaign_id, starts_on);

CREATE UNIQUE INDEX io_bookings_promo ON public.io_bookings USING btree (tenant_id, promo_code) WHERE ((promo_code IS NOT NULL) AND (deleted_at IS NULL));

CREATE INDEX io_bookings_sponsor ON public.io_bookings USING btree (tenant_id, sponsor_id, campaign_id);

CREATE INDEX job_runs_recent ON public.job_runs USING btree (job, scheduled_for DESC);

CREATE INDEX listener_events_episode_time ON ONLY public.listener_events USING btree (tenant_id, episode_id, occurred_at);

CREATE INDEX listener_events_tenant_time ON ONLY public.listener_events USING btree (tenant_id, occurred_at);

CREATE INDEX listener_metrics_date ON ONLY public.listener_metrics USING btree (tenant_id, metric_date);

CREATE INDEX password_reset_tokens_tenant_user ON public.password_reset_tokens USING btree (tenant_id, user_id);

CREATE INDEX password_reset_tokens_user ON public.password_reset_tokens USING btree (user_id);

CREATE UNIQUE INDEX podcasts_feed ON public.podcasts USING btree (tenant_id, rss_feed_url) WHERE ((rss_feed_url IS NOT NULL) AND (deleted_at IS NULL));

CREATE INDEX reports_campaign ON public.reports USING btree (tenant_id, campaign_id);

CREATE INDEX reports_created_by ON public.reports USING btree (tenant_id, created_by);

CREATE UNIQUE INDEX reports_idempotency ON public.reports USING btree (tenant_id, created_by, idempotency_key) WHERE (idempotency_key IS NOT NULL);

CREATE INDEX reports_recent ON public.reports USING btree (tenant_id, created_at DESC);

CREATE INDEX resource_ownership_owner ON public.resource_ownership USING btree (tenant_id, owner_id);

CREATE INDEX role_permissions_permission ON public.role_permissions USING btree (permission_id);

CREATE INDEX role_permissions_tenant_role ON public.role_permissions USING btree (tenant_id, role_id);

CREATE INDEX sessions_tenant_user ON public.sessions USING btree (tenant_id, user_id);

CREATE INDEX sessions_user ON public.sessions USING btree (user_id);

CREATE UNIQUE INDEX sponsors_name ON public.sponsors USING btree (tenant_id, lower(name)) WHERE (deleted_at IS NULL);

CREATE INDEX user_roles_role ON public.user_roles USING btree (role_id);

CREATE INDEX user_roles_tenant_assigned_by ON public.user_roles USING btree (tenant_id, assigned_by);

CREATE INDEX user_roles_tenant_role ON public.user_roles USING btree (tenant_id, role_id);

CREATE INDEX user_roles_tenant_user ON public.user_roles USING btree (tenant_id, user_id);

CREATE UNIQUE INDEX white_label_custom_domain ON public.white_label_settings USING btree (custom_domain) WHERE (custom_domain IS NOT NULL);

CREATE TRIGGER note_zone_change AFTER UPDATE OF time_zone ON internal.tenant_directory FOR EACH ROW WHEN ((old.time_zone IS DISTINCT FROM new.time_zone)) EXECUTE FUNCTION internal.note_zone_change();

CREATE TRIGGER create_attribution_models AFTER INSERT ON public.tenants FOR EACH ROW EXECUTE FUNCTION internal.create_attribution_models();

CREATE TRIGGER create_tenant_roles AFTER INSERT ON public.tenants FOR EACH ROW EXECUTE FUNCTION internal.create_tenant_roles();

CREATE TRIGGER keep_directory AFTER INSERT OR DELETE OR UPDATE OF token ON public.password_reset_tokens FOR EACH ROW EXECUTE FUNCTION internal.keep_directory('password_token', 'token');

CREATE TRIGGER keep_directory AFTER INSERT OR DELETE OR UPDATE OF token_hash ON public.sessions FOR EACH ROW EXECUTE FUNCTION internal.keep_directory('session', 'token_hash');

CREATE TRIGGER keep_directory AFTER INSERT OR DELETE OR UPDATE OF email, tenant_id ON public.users FOR EACH ROW EXECUTE FUNCTION internal.keep_directory('account', 'email');

CREATE TRIGGER keep_report_queue AFTER INSERT OR UPDATE OF status, lease_until ON public.reports FOR EACH ROW EXECUTE FUNCTION internal.keep_report_queue();

CREATE TRIGGER keep_tenant_directory AFTER INSERT OR UPDATE ON public.tenant_settings FOR EACH ROW EXECUTE FUNCTION internal.keep_tenant_directory();

CREATE TRIGGER keep_tenant_directory AFTER INSERT OR UPDATE ON public.tenants FOR EACH ROW EXECUTE FUNCTION internal.keep_tenant_directory();

CREATE TRIGGER note_dirty_days_delete AFTER DELETE ON public.attribution_events REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_attribution_days();

CREATE TRIGGER note_dirty_days_insert AFTER INSERT ON public.attribution_events REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_attribution_days();

CREATE TRIGGER note_dirty_delete AFTER DELETE ON public.attribution_events REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_hours_new('attribution');

CREATE TRIGGER note_dirty_delete AFTER DELETE ON public.listener_events REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_hours_new('listener');

CREATE TRIGGER note_dirty_delete AFTER DELETE ON public.listener_metrics REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_metric_days();

CREATE TRIGGER note_dirty_insert AFTER INSERT ON public.attribution_events REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_hours_new('attribution');

CREATE TRIGGER note_dirty_insert AFTER INSERT ON public.listener_events REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_hours_new('listener');

CREATE TRIGGER note_dirty_insert AFTER INSERT ON public.listener_metrics REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_metric_days();

CREATE TRIGGER note_dirty_update AFTER UPDATE ON public.listener_metrics REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_metric_days();

CREATE TRIGGER note_other_goal AFTER UPDATE OF conversion_type ON public.campaigns FOR EACH ROW WHEN ((old.conversion_type IS DISTINCT FROM new.conversion_type)) EXECUTE FUNCTION internal.note_other_goal();

CREATE TRIGGER stamp_stage_change BEFORE UPDATE OF stage ON public.campaigns FOR EACH ROW EXECUTE FUNCTION internal.stamp_stage_change();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.ad_units FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.attribution_analytics FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.attribution_models FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.campaigns FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.episodes FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.etl_imports FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.io_bookings FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.podcasts FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.reports FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.resource_ownership FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.roles FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.sponsors FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.tenant_settings FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.tenants FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.white_label_settings FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

ALTER TABLE ONLY internal.report_queue
    ADD CONSTRAINT report_queue_report_id_fkey FOREIGN KEY (report_id) REFERENCES public.reports(id) ON DELETE CASCADE;

ALTER TABLE ONLY internal.tenant_directory
    ADD CONSTRAINT tenant_directory_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.access_logs
    ADD CONSTRAINT access_logs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.access_logs
    ADD CONSTRAINT access_logs_user_of_tenant FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (user_id);

ALTER TABLE ONLY public.ad_units
    ADD CONSTRAINT ad_units_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.ad_units
    ADD CONSTRAINT ad_units_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.episodes(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.ad_units
    ADD CONSTRAINT ad_units_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.attribution_analytics
    ADD CONSTRAINT attribution_analytics_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.attribution_analytics
    ADD CONSTRAINT attribution_analytics_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE public.attribution_events
    ADD CONSTRAINT attribution_events_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE public.attribution_events
    ADD CONSTRAINT attribution_events_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.episodes(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE public.attribution_events
    ADD CONSTRAINT attribution_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.attribution_models
    ADD CONSTRAINT attribution_models_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.attribution_paths
    ADD CONSTRAINT attribution_paths_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.attribution_paths
    ADD CONSTRAINT attribution_paths_tenant_id_conversion_event_id_converted__fkey FOREIGN KEY (tenant_id, conversion_event_id, converted_at) REFERENCES public.attribution_events(tenant_id, id, occurred_at) ON DELETE CASCADE;

ALTER TABLE ONLY public.attribution_paths
    ADD CONSTRAINT attribution_paths_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.audit_logs
    ADD CONSTRAINT audit_logs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.audit_logs
    ADD CONSTRAINT audit_logs_user_of_tenant FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (user_id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_tenant_id_sponsor_id_fkey FOREIGN KEY (tenant_id, sponsor_id) REFERENCES public.sponsors(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.episodes
    ADD CONSTRAINT episodes_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.episodes
    ADD CONSTRAINT episodes_tenant_id_podcast_id_fkey FOREIGN KEY (tenant_id, podcast_id) REFERENCES public.podcasts(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.etl_imports
    ADD CONSTRAINT etl_imports_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES public.users(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.etl_imports
    ADD CONSTRAINT etl_imports_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.import_refusals
    ADD CONSTRAINT import_refusals_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.import_refusals
    ADD CONSTRAINT import_refusals_tenant_id_import_id_fkey FOREIGN KEY (tenant_id, import_id) REFERENCES public.etl_imports(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.io_bookings
    ADD CONSTRAINT io_bookings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.io_bookings
    ADD CONSTRAINT io_bookings_tenant_id_sponsor_id_campaign_id_fkey FOREIGN KEY (tenant_id, sponsor_id, campaign_id) REFERENCES public.campaigns(tenant_id, sponsor_id, id) ON DELETE RESTRICT;

ALTER TABLE public.listener_events
    ADD CONSTRAINT listener_events_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.episodes(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE public.listener_events
    ADD CONSTRAINT listener_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE public.listener_metrics
    ADD CONSTRAINT listener_metrics_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.episodes(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE public.listener_metrics
    ADD CONSTRAINT listener_metrics_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.password_reset_tokens
    ADD CONSTRAINT password_reset_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.password_reset_tokens
    ADD CONSTRAINT password_reset_tokens_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.password_reset_tokens
    ADD CONSTRAINT password_reset_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.podcasts
    ADD CONSTRAINT podcasts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES public.users(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.resource_ownership
    ADD CONSTRAINT resource_ownership_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.resource_ownership
    ADD CONSTRAINT resource_ownership_tenant_id_owner_id_fkey FOREIGN KEY (tenant_id, owner_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.role_permissions
    ADD CONSTRAINT role_permissions_permission_id_fkey FOREIGN KEY (permission_id) REFERENCES public.permissions(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.role_permissions
    ADD CONSTRAINT role_permissions_role_id_fkey FOREIGN KEY (role_id) REFERENCES public.roles(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.role_permissions
    ADD CONSTRAINT role_permissions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.role_permissions
    ADD CONSTRAINT role_permissions_tenant_id_role_id_fkey FOREIGN KEY (tenant_id, role_id) REFERENCES public.roles(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sponsors
    ADD CONSTRAINT sponsors_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.tenant_settings
    ADD CONSTRAINT tenant_settings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_assigned_by_of_tenant FOREIGN KEY (tenant_id, assigned_by) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (assigned_by);

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_role_id_fkey FOREIGN KEY (role_id) REFERENCES public.roles(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_tenant_id_role_id_fkey FOREIGN KEY (tenant_id, role_id) REFERENCES public.roles(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.white_label_settings
    ADD CONSTRAINT white_label_settings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE public.access_logs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ad_units ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attribution_analytics ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attribution_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attribution_models ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attribution_paths ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_logs ENABLE ROW LEVEL SECURITY;

CREATE POLICY campaign_scope ON public.ad_units AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.attribution_analytics AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.attribution_events AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.attribution_paths AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.campaigns AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.io_bookings AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.sponsors AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (id IN ( SELECT public.app_sponsors() AS app_sponsors))));

ALTER TABLE public.campaigns ENABLE ROW LEVEL SECURITY;

CREATE POLICY delete_rights ON public.ad_units AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('campaigns.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.attribution_analytics AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY delete_rights ON public.attribution_events AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.attribution_models AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.attribution_paths AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY delete_rights ON public.campaigns AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('campaigns.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.episodes AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('catalogue.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.etl_imports AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.import_refusals AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.io_bookings AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('campaigns.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.listener_events AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.listener_metrics AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY delete_rights ON public.password_reset_tokens AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.podcasts AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('catalogue.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.reports AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('reports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.resource_ownership AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.role_permissions AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.roles AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.sessions AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.sponsors AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('campaigns.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.tenant_settings AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.tenants AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.user_roles AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.users AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.white_label_settings AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may));

ALTER TABLE public.episodes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.etl_imports ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_refusals ENABLE ROW LEVEL SECURITY;

CREATE POLICY insert_rights ON public.ad_units AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('campaigns.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.attribution_analytics AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.attribution_events AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.attribution_models AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.attribution_paths AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.campaigns AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('campaigns.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.episodes AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('catalogue.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.etl_imports AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.import_refusals AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.io_bookings AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('campaigns.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.listener_events AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.listener_metrics AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.password_reset_tokens AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY insert_rights ON public.podcasts AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('catalogue.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.reports AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('reports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.resource_ownership AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.role_permissions AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.roles AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.sessions AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY insert_rights ON public.sponsors AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('campaigns.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.tenant_settings AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.tenants AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.user_roles AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.users AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY insert_rights ON public.white_label_settings AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

ALTER TABLE public.io_bookings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.listener_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.listener_metrics ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_reports ON public.reports AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT (public.app_sees_all_campaigns() AND public.app_sees_all_podcasts())) OR (created_by = ( SELECT public.app_user() AS app_user))));

CREATE POLICY own_row ON public.users AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT (public.app_sees_all_campaigns() AND public.app_sees_all_podcasts())) OR (id = ( SELECT public.app_user() AS app_user))));

ALTER TABLE public.password_reset_tokens ENABLE ROW LEVEL SECURITY;

CREATE POLICY podcast_scope ON public.episodes AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (podcast_id IN ( SELECT public.app_podcasts() AS app_podcasts))));

CREATE POLICY podcast_scope ON public.listener_events AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

CREATE POLICY podcast_scope ON public.listener_metrics AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

CREATE POLICY podcast_scope ON public.podcasts AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (id IN ( SELECT public.app_podcasts() AS app_podcasts))));

ALTER TABLE public.podcasts ENABLE ROW LEVEL SECURITY;

CREATE POLICY reading_rights ON public.access_logs AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('security.read'::text) AS app_may));

CREATE POLICY reading_rights ON public.audit_logs AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('security.read'::text) AS app_may));

CREATE POLICY reading_rights ON public.password_reset_tokens AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.reports AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('reports.read'::text) AS app_may));

CREATE POLICY reading_rights ON public.resource_ownership AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (owner_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.sessions AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.user_roles AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

ALTER TABLE public.reports ENABLE ROW LEVEL SECURITY;

CREATE POLICY reports_in_scope ON public.reports AS RESTRICTIVE TO podboard_web, podboard_worker USING ((((campaign_id IS NULL) OR ( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (podcast_ids <@ ARRAY( SELECT public.app_podcasts() AS app_podcasts)))));

ALTER TABLE public.resource_ownership ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.role_permissions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.roles ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sponsors ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON public.access_logs USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL))));

CREATE POLICY tenant_isolation ON public.ad_units USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.attribution_analytics USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.attribution_events USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.attribution_models USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.attribution_paths USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.audit_logs USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.campaigns USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.episodes USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.etl_imports USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.import_refusals USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.io_bookings USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.listener_events USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.listener_metrics USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.password_reset_tokens USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user))))) WITH CHECK (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user)))));

CREATE POLICY tenant_isolation ON public.podcasts USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.reports USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.resource_ownership USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.role_permissions USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (( SELECT public.app_user() AS app_user) IS NOT NULL)))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.roles USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (( SELECT public.app_user() AS app_user) IS NOT NULL)))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.sessions USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user))))) WITH CHECK (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user)))));

CREATE POLICY tenant_isolation ON public.sponsors USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.tenant_settings USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.tenants USING ((id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.user_roles USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user))))) WITH CHECK (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user)))));

CREATE POLICY tenant_isolation ON public.users USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (id = ( SELECT public.app_user() AS app_user))))) WITH CHECK (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (id = ( SELECT public.app_user() AS app_user)))));

CREATE POLICY tenant_isolation ON public.white_label_settings USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

ALTER TABLE public.tenant_settings ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant_wide ON public.etl_imports AS RESTRICTIVE TO podboard_web, podboard_worker USING (( SELECT (public.app_sees_all_campaigns() AND public.app_sees_all_podcasts())));

CREATE POLICY tenant_wide ON public.import_refusals AS RESTRICTIVE TO podboard_web, podboard_worker USING (( SELECT (public.app_sees_all_campaigns() AND public.app_sees_all_podcasts())));

ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;

CREATE POLICY update_rights ON public.ad_units AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('campaigns.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('campaigns.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.attribution_analytics AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY update_rights ON public.attribution_events AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.attribution_models AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.attribution_paths AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY update_rights ON public.campaigns AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('campaigns.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('campaigns.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.episodes AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('catalogue.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('catalogue.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.etl_imports AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.import_refusals AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.io_bookings AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('campaigns.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('campaigns.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.listener_events AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.listener_metrics AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY update_rights ON public.password_reset_tokens AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.podcasts AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('catalogue.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('catalogue.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.reports AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('reports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('reports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.resource_ownership AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.role_permissions AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.roles AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.sessions AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.sponsors AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('campaigns.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('campaigns.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.tenant_settings AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.tenants AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.user_roles AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.users AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (id = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.white_label_settings AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

ALTER TABLE public.user_roles ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.white_label_settings ENABLE ROW LEVEL SECURITY;

REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO podboard_web;
GRANT USAGE ON SCHEMA public TO podboard_worker;

REVOKE ALL ON FUNCTION public.account_for_email(p_email text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.account_for_email(p_email text) TO podboard_web;
GRANT ALL ON FUNCTION public.account_for_email(p_email text) TO podboard_worker;

REVOKE ALL ON FUNCTION public.app_episodes() FROM PUBLIC;
GRANT ALL ON FUNCTION public.app_episodes() TO podboard_web;
GRANT ALL ON FUNCTION public.app_episodes() TO podboard_worker;

REVOKE ALL ON FUNCTION public.ensure_event_storage(p_from timestamp with time zone, p_to timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ensure_event_storage(p_from timestamp with time zone, p_to timestamp with time zone) TO podboard_web;
GRANT ALL ON FUNCTION public.ensure_event_storage(p_from timestamp with time zone, p_to timestamp with time zone) TO podboard_worker;

REVOKE ALL ON FUNCTION public.password_token_holder(p_token_hash text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.password_token_holder(p_token_hash text, p_now timestamp with time zone) TO podboard_web;
GRANT ALL ON FUNCTION public.password_token_holder(p_token_hash text, p_now timestamp with time zone) TO podboard_worker;

REVOKE ALL ON FUNCTION public.password_token_use(p_token_hash text, p_password_hash text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.password_token_use(p_token_hash text, p_password_hash text, p_now timestamp with time zone) TO podboard_web;
GRANT ALL ON FUNCTION public.password_token_use(p_token_hash text, p_password_hash text, p_now timestamp with time zone) TO podboard_worker;

REVOKE ALL ON FUNCTION public.pending_work() FROM PUBLIC;
GRANT ALL ON FUNCTION public.pending_work() TO podboard_web;
GRANT ALL ON FUNCTION public.pending_work() TO podboard_worker;

REVOKE ALL ON FUNCTION public.refresh_metrics_daily() FROM PUBLIC;
GRANT ALL ON FUNCTION public.refresh_metrics_daily() TO podboard_worker;

REVOKE ALL ON FUNCTION public.session_open(p_token_hash text, p_now timestamp with time zone, p_idle_since timestamp with time zone, p_noted_before timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.session_open(p_token_hash text, p_now timestamp with time zone, p_idle_since timestamp with time zone, p_noted_before timestamp with time zone) TO podboard_web;
GRANT ALL ON FUNCTION public.session_open(p_token_hash text, p_now timestamp with time zone, p_idle_since timestamp with time zone, p_noted_before timestamp with time zone) TO podboard_worker;

REVOKE ALL ON FUNCTION public.set_account_context(p_tenant uuid, p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_account_context(p_tenant uuid, p_person uuid) TO podboard_web;
GRANT ALL ON FUNCTION public.set_account_context(p_tenant uuid, p_person uuid) TO podboard_worker;

REVOKE ALL ON FUNCTION public.tenant_for_key(p_kind text, p_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.tenant_for_key(p_kind text, p_key text) TO podboard_web;
GRANT ALL ON FUNCTION public.tenant_for_key(p_kind text, p_key text) TO podboard_worker;

REVOKE ALL ON FUNCTION public.tenant_time_zone() FROM PUBLIC;
GRANT ALL ON FUNCTION public.tenant_time_zone() TO podboard_web;
GRANT ALL ON FUNCTION public.tenant_time_zone() TO podboard_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.attribution_events TO podboard_web;
GRANT SELECT,INSERT,DELETE ON TABLE public.attribution_events TO podboard_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.listener_events TO podboard_web;
GRANT SELECT,INSERT,DELETE ON TABLE public.listener_events TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.listener_metrics TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.listener_metrics TO podboard_worker;

GRANT SELECT,INSERT ON TABLE public.access_logs TO podboard_web;
GRANT SELECT,INSERT ON TABLE public.access_logs TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ad_units TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ad_units TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_analytics TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_analytics TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_models TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_models TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_paths TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_paths TO podboard_worker;

GRANT SELECT,INSERT ON TABLE public.audit_logs TO podboard_web;
GRANT SELECT,INSERT ON TABLE public.audit_logs TO podboard_worker;

GRANT SELECT ON TABLE public.campaign_days TO podboard_web;
GRANT SELECT ON TABLE public.campaign_days TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.episodes TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.episodes TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.podcasts TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.podcasts TO podboard_worker;

GRANT SELECT ON TABLE public.campaign_episodes TO podboard_web;
GRANT SELECT ON TABLE public.campaign_episodes TO podboard_worker;

GRANT SELECT ON TABLE public.campaign_listener_days TO podboard_web;
GRANT SELECT ON TABLE public.campaign_listener_days TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.campaigns TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.campaigns TO podboard_worker;

GRANT SELECT ON TABLE public.database_engine TO podboard_web;
GRANT SELECT ON TABLE public.database_engine TO podboard_worker;

GRANT SELECT ON TABLE public.download_days TO podboard_web;
GRANT SELECT ON TABLE public.download_days TO podboard_worker;

GRANT SELECT ON TABLE public.download_quarters TO podboard_web;
GRANT SELECT ON TABLE public.download_quarters TO podboard_worker;

GRANT SELECT ON TABLE public.episode_days TO podboard_web;
GRANT SELECT ON TABLE public.episode_days TO podboard_worker;

GRANT SELECT ON TABLE public.episode_milestones TO podboard_web;
GRANT SELECT ON TABLE public.episode_milestones TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.etl_imports TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.etl_imports TO podboard_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.import_refusals TO podboard_web;
GRANT SELECT,INSERT,DELETE ON TABLE public.import_refusals TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.io_bookings TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.io_bookings TO podboard_worker;

GRANT SELECT ON TABLE public.job_runs TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.job_runs TO podboard_worker;

GRANT SELECT ON TABLE public.listener_days TO podboard_web;
GRANT SELECT ON TABLE public.listener_days TO podboard_worker;

GRANT SELECT ON TABLE public.listener_events_daily TO podboard_web;
GRANT SELECT ON TABLE public.listener_events_daily TO podboard_worker;

GRANT SELECT ON TABLE public.listener_events_hourly TO podboard_web;
GRANT SELECT ON TABLE public.listener_events_hourly TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.login_attempts TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.login_attempts TO podboard_worker;

GRANT SELECT ON TABLE public.metrics_daily TO podboard_web;
GRANT SELECT ON TABLE public.metrics_daily TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.password_reset_tokens TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.password_reset_tokens TO podboard_worker;

GRANT SELECT ON TABLE public.permissions TO podboard_web;
GRANT SELECT ON TABLE public.permissions TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sponsors TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sponsors TO podboard_worker;

GRANT SELECT ON TABLE public.podcast_placements TO podboard_web;
GRANT SELECT ON TABLE public.podcast_placements TO podboard_worker;

GRANT SELECT ON TABLE public.podcast_slices TO podboard_web;
GRANT SELECT ON TABLE public.podcast_slices TO podboard_worker;

GRANT SELECT ON TABLE public.refresh_states TO podboard_web;
GRANT SELECT ON TABLE public.refresh_states TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reports TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reports TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.resource_ownership TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.resource_ownership TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.role_permissions TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.role_permissions TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.roles TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.roles TO podboard_worker;

GRANT SELECT ON TABLE public.schema_migrations TO podboard_web;
GRANT SELECT ON TABLE public.schema_migrations TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sessions TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sessions TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenant_settings TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenant_settings TO podboard_worker;

GRANT SELECT,UPDATE ON TABLE public.tenants TO podboard_web;
GRANT SELECT,INSERT,UPDATE ON TABLE public.tenants TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.user_roles TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.user_roles TO podboard_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.users TO podboard_web;
GRANT SELECT,INSERT,UPDATE ON TABLE public.users TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.white_label_settings TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.white_label_settings TO podboard_worker;

GRANT SELECT ON TABLE public.worker_heartbeats TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.worker_heartbeats TO podboard_worker;
