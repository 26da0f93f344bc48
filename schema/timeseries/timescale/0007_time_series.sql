-- Purpose: the event tables on TimescaleDB: hypertables with one-day chunks, the two continuous aggregates, their policies.
-- The aggregates come before row-level security (0008): TimescaleDB refuses them the other way round.

create table listener_events (
    id uuid not null default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    episode_id uuid not null,
    listener_id text not null check (length(listener_id) between 1 and 200),
    event_type text not null check (event_type in ('download', 'play', 'progress', 'complete', 'ad_play', 'follow')),
    event_data jsonb not null default '{}' check (jsonb_typeof(event_data) = 'object'),
    occurred_at timestamptz not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id, occurred_at),
    foreign key (tenant_id, episode_id) references episodes (tenant_id, id) on delete restrict
);
select create_hypertable('listener_events', 'occurred_at', chunk_time_interval => interval '1 day', create_default_indexes => false);

create table attribution_events (
    id uuid not null default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    campaign_id uuid not null,
    episode_id uuid,
    listener_id text check (length(listener_id) between 1 and 200),
    attribution_type text not null check (attribution_type in ('impression', 'visit', 'lead', 'purchase')),
    attribution_data jsonb not null default '{}' check (jsonb_typeof(attribution_data) = 'object'),
    occurred_at timestamptz not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id, occurred_at),
    foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete restrict,
    foreign key (tenant_id, episode_id) references episodes (tenant_id, id) on delete restrict
);
select create_hypertable('attribution_events', 'occurred_at', chunk_time_interval => interval '1 day', create_default_indexes => false);

create table listener_metrics (
    id uuid not null default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    episode_id uuid not null,
    metric_date date not null,
    metric_name text not null check (metric_name in ('plays', 'listen_seconds', 'completes', 'engaged_plays')),
    metric_value numeric not null,
    metric_data jsonb not null default '{}' check (jsonb_typeof(metric_data) = 'object'),
    created_at timestamptz not null default now(),
    primary key (tenant_id, id, metric_date),
    unique (tenant_id, episode_id, metric_name, metric_date),
    foreign key (tenant_id, episode_id) references episodes (tenant_id, id) on delete restrict
);
select create_hypertable('listener_metrics', 'metric_date', chunk_time_interval => interval '1 day', create_default_indexes => false);

create materialized view internal.listener_events_hourly
    with (timescaledb.continuous, timescaledb.materialized_only = true) as
    select tenant_id, episode_id, event_type, time_bucket('1 hour', occurred_at) as bucket,
           count(*) as event_count, count(distinct listener_id) as unique_listeners
    from listener_events
    group by tenant_id, episode_id, event_type, time_bucket('1 hour', occurred_at)
    with no data;

create materialized view internal.listener_events_daily
    with (timescaledb.continuous, timescaledb.materialized_only = true) as
    select tenant_id, episode_id, event_type, time_bucket('1 day', occurred_at) as bucket,
           count(*) as event_count, count(distinct listener_id) as unique_listeners
    from listener_events
    group by tenant_id, episode_id, event_type, time_bucket('1 day', occurred_at)
    with no data;

create index on internal.listener_events_hourly (tenant_id, bucket);
create index on internal.listener_events_daily (tenant_id, bucket);

-- Declared as the data model asks. The worker drives the refresh itself as well: it must not depend on background jobs.
select add_continuous_aggregate_policy('internal.listener_events_hourly',
    start_offset => interval '3 hours', end_offset => interval '1 hour', schedule_interval => interval '1 hour');
select add_continuous_aggregate_policy('internal.listener_events_daily',
    start_offset => interval '3 days', end_offset => interval '1 hour', schedule_interval => interval '1 day');
select add_retention_policy('listener_events', drop_after => interval '2 years');

-- Chunks are made on demand; the name exists so that ingest need not know the engine.
create function ensure_event_storage(p_from timestamptz, p_to timestamptz) returns integer
    language plpgsql volatile security definer set search_path = pg_catalog, internal
    as $$
begin
    if p_from < now() - interval '10 years' or p_to > now() + interval '13 months' or p_to < p_from then
        raise exception 'events from % to % are outside what is stored', p_from, p_to using errcode = 'datetime_field_overflow';
    end if;
    return 0;
end
$$;
comment on function ensure_event_storage(timestamptz, timestamptz) is
    'Makes room for events between two moments (at most 10 years back); chunks are made on demand, so always 0.';
revoke all on function ensure_event_storage(timestamptz, timestamptz) from public;
grant execute on function ensure_event_storage(timestamptz, timestamptz) to podboard_web, podboard_worker;

create function internal.drop_expired_events() returns integer
    language sql
    as $$ select count(*)::integer from drop_chunks('public.listener_events', older_than => public.raw_retention_start()) $$;

-- The continuous aggregates know their own invalidations; refresh_continuous_aggregate() is called outside a transaction.
create function internal.refresh_event_aggregates(p_tenant uuid, p_hours timestamptz[]) returns bigint
    language sql
    as $$ select 0::bigint $$;

do $$
begin
    -- Grants on a hypertable are copied to its chunks, policies are not: the chunks' schema stays closed.
    revoke usage on schema _timescaledb_internal from public;
exception when insufficient_privilege then
    raise notice 'podboard: revoke usage on schema _timescaledb_internal from public as a superuser (deploy/roles.sql)';
end
$$;
