-- Purpose: a day of a tenant begins at the first of two midnights. Where clocks go back across midnight (America/Havana, Atlantic/Azores)
-- `date::timestamp at time zone` is the second one: the day lost its first hour, the day before took it, and the refresh of the day before
-- failed from then on.

create function day_start(p_day date, p_zone text) returns timestamptz
    language sql stable parallel safe
    -- TRICKY: one expression, so that it is planned where it stands. Half a day before the midnight that PostgreSQL names the clocks still
    -- go as before a change: the first midnight comes when they have gone on to the day, if that is a midnight at all.
    as $$
    select case
        when ((p_day::timestamp at time zone p_zone) - interval '12 hours'
              + (p_day::timestamp - ((p_day::timestamp at time zone p_zone) - interval '12 hours') at time zone p_zone))
             at time zone p_zone = p_day::timestamp
        then (p_day::timestamp at time zone p_zone) - interval '12 hours'
             + (p_day::timestamp - ((p_day::timestamp at time zone p_zone) - interval '12 hours') at time zone p_zone)
        else p_day::timestamp at time zone p_zone
    end
    $$;
comment on function day_start(date, text) is 'When a local day begins: at the first of its two midnights, where clocks go back across it.';

create or replace function internal.day_ranges(p_days date[], p_zone text) returns table(starts_at timestamptz, ends_at timestamptz)
    language sql stable rows 2
    set search_path = pg_catalog
    as $$
    select public.day_start(min(i.day), p_zone), public.day_start(max(i.day) + 1, p_zone)
    from (
        select d.day, d.day - (row_number() over (order by d.day))::integer as island
        from (select distinct unnest(p_days) as day) d
    ) i
    group by i.island
    $$;

create or replace function internal.refresh_campaign_days(p_tenant uuid, p_zone text, p_days date[], p_hours timestamptz[]) returns bigint
    language plpgsql
    set search_path = pg_catalog, public, internal
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
        select r.campaign_id, public.day_start(r.local_day, p_zone)
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

create or replace function internal.refresh_excluded_days(p_tenant uuid, p_zone text) returns bigint
    language plpgsql
    set search_path = pg_catalog, public, internal
    as $$
declare
    days date[];
    written bigint;
begin
    with claimed as (
        delete from internal.dirty_excluded_hours q where q.tenant_id = p_tenant returning q.hour
    )
    -- An hour can lie in two tenant days where the zone's offset is not a whole hour.
    select array_agg(distinct x.day) into days
    from (select distinct c.hour from claimed c) h
    cross join lateral (
        values ((h.hour at time zone p_zone)::date), (((h.hour + interval '59 minutes 59 seconds') at time zone p_zone)::date)
    ) as x (day)
    -- Of a day that is partly forgotten what was counted stands.
    where public.day_start(x.day, p_zone) >= public.raw_retention_start();
    if days is null then
        return 0;
    end if;
    perform public.set_tenant_context(p_tenant);
    delete from internal.excluded_days r where r.tenant_id = p_tenant and r.local_day = any (days);
    insert into internal.excluded_days (tenant_id, local_day, podcast_id, reason, rule_version, requests)
    select p_tenant, (x.occurred_at at time zone p_zone)::date, e.podcast_id, x.reason, x.rule_version, count(*)
    from internal.day_ranges(days, p_zone) s
    join public.excluded_requests x on x.tenant_id = p_tenant and x.occurred_at >= s.starts_at and x.occurred_at < s.ends_at
    join public.episodes e on e.tenant_id = p_tenant and e.id = x.episode_id
    group by 2, 3, 4, 5;
    get diagnostics written = row_count;
    return written;
end
$$;

create or replace function internal.refresh_rollups(p_tenant uuid) returns bigint
    language plpgsql
    set search_path = pg_catalog, public, internal
    as $$
declare
    zone text;
    began timestamptz;
    listener_hours timestamptz[];
    attribution_hours timestamptz[];
    days date[];
    written bigint := 0;
    n bigint;
begin
    perform pg_advisory_xact_lock(hashtextextended('podboard rollups ' || p_tenant, 0));
    select d.time_zone into zone from internal.tenant_directory d where d.tenant_id = p_tenant;
    -- After the wait for another refresh, before the queue is read: what came in until now stands in it.
    began := clock_timestamp();

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
        where public.day_start(x.day, zone) >= public.raw_retention_start();

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
    written := written + internal.refresh_excluded_days(p_tenant, zone);

    perform public.set_tenant_context(p_tenant);
    insert into public.rollup_states as s (tenant_id, refreshed_at) values (p_tenant, began)
    on conflict (tenant_id) do update set refreshed_at = excluded.refreshed_at;
    return written;
end
$$;

create or replace function internal.note_zone_change() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, internal
    as $$
declare
    first_day date := (public.raw_retention_start() at time zone new.time_zone)::date;
begin
    -- A tenant of which nothing was counted yet has no days to count anew. Those that are being made wait for nobody.
    if not exists (select from public.listener_events e where e.tenant_id = new.tenant_id)
        and not exists (select from public.attribution_events e where e.tenant_id = new.tenant_id)
        and not exists (select from public.listener_metrics m where m.tenant_id = new.tenant_id)
        and not exists (select from internal.download_days r where r.tenant_id = new.tenant_id)
        and not exists (select from public.excluded_requests x where x.tenant_id = new.tenant_id)
    then
        return null;
    end if;
    -- A refresh that has begun with the old zone must not write after this.
    perform pg_advisory_xact_lock(hashtextextended('podboard rollups ' || new.tenant_id, 0)),
            pg_advisory_xact_lock(hashtext('podboard refresh_metrics_daily'));
    if public.day_start(first_day, new.time_zone) < public.raw_retention_start() then
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
    insert into internal.dirty_excluded_hours (tenant_id, hour)
    select distinct new.tenant_id, date_trunc('hour', x.occurred_at, 'UTC')
    from public.excluded_requests x
    where x.tenant_id = new.tenant_id and x.occurred_at >= public.raw_retention_start();
    delete from internal.excluded_days where tenant_id = new.tenant_id and local_day >= first_day;
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

create or replace function public.refresh_metrics_daily() returns bigint
    language plpgsql security definer
    set search_path = pg_catalog, public, internal
    as $$
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
    -- It is made of what the rollups pass makes: as of then, and not of what came in since. Read before the days are claimed.
    select least(clock_timestamp(), min(s.refreshed_at)) into started from public.refresh_states s where s.relation = 'rollups';

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
        and e.occurred_at >= public.day_start(k.metric_date, d.time_zone)
        and e.occurred_at < public.day_start(k.metric_date + 1, d.time_zone)
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

-- What stands of those days is counted anew; of listeners and refused requests as far as their raw events are kept, which a refresh sees to.
with zones as (
    select distinct d.time_zone from internal.tenant_directory d
),
days as (
    select d.tenant_id, z.time_zone, cast(g.day as date) as day
    from zones z
    cross join generate_series(date '2015-01-01', current_date + 1, interval '1 day') as g (day)
    join internal.tenant_directory d on d.time_zone = z.time_zone
    where day_start(cast(g.day as date), z.time_zone) <> cast(g.day as date)::timestamp at time zone z.time_zone
),
hours as (
    select d.tenant_id, h.hour
    from days d
    cross join generate_series(
        date_trunc('hour', day_start(d.day - 1, d.time_zone), 'UTC'), day_start(d.day + 1, d.time_zone), interval '1 hour') as h (hour)
),
of_events as (
    insert into internal.dirty_hours (tenant_id, source, hour)
    select h.tenant_id, s.source, h.hour from hours h cross join (values ('listener'), ('attribution')) as s (source)
),
of_requests as (
    insert into internal.dirty_excluded_hours (tenant_id, hour) select h.tenant_id, h.hour from hours h
)
insert into internal.dirty_metric_days (tenant_id, source, metric_date)
select d.tenant_id, 'attribution', b.day from days d cross join lateral (values (d.day - 1), (d.day)) as b (day);
