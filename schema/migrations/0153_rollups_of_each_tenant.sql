-- Purpose: as of when the rollups are is known for each tenant. A pass goes from one to the next, and one of them may fail: what is counted
-- from raw events beside the rollups is as of the tenant's own, not of when the last whole pass began.

create table rollup_states (
    tenant_id uuid primary key references tenants (id) on delete cascade,
    refreshed_at timestamptz not null,
    created_at timestamptz not null default now()
);
comment on table rollup_states is
    'As of when the rollups of a tenant are: when the last refresh that had work for it began to read its queue.';
select internal.protect_tenant_table('rollup_states', 'select');

create or replace function internal.refresh_rollups(p_tenant uuid) returns bigint
    language plpgsql volatile set search_path = pg_catalog, public, internal
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
    written := written + internal.refresh_excluded_days(p_tenant, zone);

    perform public.set_tenant_context(p_tenant);
    insert into public.rollup_states as s (tenant_id, refreshed_at) values (p_tenant, began)
    on conflict (tenant_id) do update set refreshed_at = excluded.refreshed_at;
    return written;
end
$$;

create function rollups_as_of() returns timestamptz
    language sql stable set search_path = pg_catalog, public
    return greatest(
        (select s.refreshed_at from public.rollup_states s where s.tenant_id = public.app_tenant()),
        -- Of a tenant that had nothing to refresh the last whole pass tells it.
        (select r.refreshed_at from public.refresh_states r where r.relation = 'rollups')
    );
comment on function rollups_as_of() is
    'As of when the rollups of the tenant are. What is counted from raw events beside them leaves out what came in later.';
grant execute on function rollups_as_of() to podboard_web, podboard_worker;
