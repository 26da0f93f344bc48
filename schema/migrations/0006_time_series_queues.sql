-- Purpose: what notes that events came in, so that everything derived costs by what is new.

-- One row per statement, tenant and UTC hour touched. Claimed and deleted by the refresh in the transaction that
-- recomputes the hour, so a crash repeats the work and never loses it.
create table internal.dirty_hours (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    source text not null check (source in ('listener', 'attribution')),
    hour timestamptz not null,
    noted_at timestamptz not null default now()
);
create index dirty_hours_claim on internal.dirty_hours (tenant_id, source, hour);

-- The same for the days of metrics_daily (tenant days), noted when listener_metrics or attribution_events change.
create table internal.dirty_metric_days (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    source text not null check (source in ('listener', 'attribution')),
    metric_date date not null,
    noted_at timestamptz not null default now()
);
create index dirty_metric_days_claim on internal.dirty_metric_days (tenant_id, source, metric_date);

create function internal.note_dirty_hours_new() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
begin
    insert into internal.dirty_hours (tenant_id, source, hour)
    select distinct tenant_id, tg_argv[0], date_trunc('hour', occurred_at, 'UTC') from changed;
    return null;
end
$$;
comment on function internal.note_dirty_hours_new() is 'Statement trigger over the transition table "changed".';

create function internal.note_dirty_metric_days() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
begin
    insert into internal.dirty_metric_days (tenant_id, source, metric_date)
    select distinct tenant_id, 'listener', metric_date from changed;
    return null;
end
$$;

create function internal.note_dirty_attribution_days() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
begin
    insert into internal.dirty_metric_days (tenant_id, source, metric_date)
    select distinct c.tenant_id, 'attribution', (c.occurred_at at time zone d.time_zone)::date
    from (select distinct tenant_id, date_trunc('hour', occurred_at, 'UTC')
                 + interval '15 minutes' * floor(extract(minute from occurred_at) / 15) as occurred_at from changed) c
    join internal.tenant_directory d on d.tenant_id = c.tenant_id;
    return null;
end
$$;

-- When each derived relation was last brought up to date in full. No tenant data; read by every page for its as-of.
create table refresh_states (
    relation text primary key,
    refreshed_at timestamptz not null,
    rows_written bigint not null default 0 check (rows_written >= 0)
);
comment on table refresh_states is 'As-of of each derived relation: the start of the last refresh that left nothing undone.';
grant select on refresh_states to podboard_web, podboard_worker;

-- Two years of raw listener events; a refresh never reaches behind this edge, and ingest refuses older events.
create function raw_retention_start() returns timestamptz
    language sql stable parallel safe
    as $$ select date_trunc('day', now(), 'UTC') - interval '2 years' $$;
comment on function raw_retention_start() is 'Oldest moment of which raw listener events are kept.';

-- Neighbouring hours and days as one range each. A refresh joins events by range: joined hour by hour, two years of a
-- new tenant became a cross join; and one range over everything would read two years for an old late event and a new one.
create function internal.hour_ranges(p_hours timestamptz[]) returns table (starts_at timestamptz, ends_at timestamptz)
    language sql stable rows 2 set search_path = pg_catalog
    as $$
    select min(i.hour), max(i.hour) + interval '1 hour'
    from (
        select d.hour, d.hour - row_number() over (order by d.hour) * interval '1 hour' as island
        from (select distinct unnest(p_hours) as hour) d
    ) i
    group by i.island
    $$;

create function internal.day_ranges(p_days date[], p_zone text) returns table (starts_at timestamptz, ends_at timestamptz)
    language sql stable rows 2 set search_path = pg_catalog
    as $$
    select min(i.day)::timestamp at time zone p_zone, (max(i.day) + 1)::timestamp at time zone p_zone
    from (
        select d.day, d.day - (row_number() over (order by d.day))::integer as island
        from (select distinct unnest(p_days) as day) d
    ) i
    group by i.island
    $$;
