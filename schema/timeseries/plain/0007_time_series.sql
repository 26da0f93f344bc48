-- Purpose: the event tables on plain PostgreSQL: monthly range partitions in the private schema, rollup tables for the aggregates.

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
) partition by range (occurred_at);

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
) partition by range (occurred_at);

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
) partition by range (metric_date);

create table internal.listener_events_hourly (
    tenant_id uuid not null,
    episode_id uuid not null,
    event_type text not null,
    bucket timestamptz not null,
    event_count bigint not null,
    unique_listeners bigint not null,
    primary key (tenant_id, episode_id, event_type, bucket)
);
create index listener_events_hourly_bucket on internal.listener_events_hourly (tenant_id, bucket);

create table internal.listener_events_daily (
    tenant_id uuid not null,
    episode_id uuid not null,
    event_type text not null,
    bucket timestamptz not null,
    event_count bigint not null,
    unique_listeners bigint not null,
    primary key (tenant_id, episode_id, event_type, bucket)
);
create index listener_events_daily_bucket on internal.listener_events_daily (tenant_id, bucket);

-- Creates the monthly partitions that cover [p_from, p_to]. Attach instead of "partition of": no exclusive lock on the parent.
create function internal.ensure_partitions(p_from timestamptz, p_to timestamptz) returns integer
    language plpgsql set search_path = pg_catalog, internal
    as $$
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

create function ensure_event_storage(p_from timestamptz, p_to timestamptz) returns integer
    language plpgsql volatile security definer set search_path = pg_catalog, internal
    as $$
begin
    if p_from < now() - interval '10 years' or p_to > now() + interval '13 months' or p_to < p_from then
        raise exception 'events from % to % are outside what is stored', p_from, p_to using errcode = 'datetime_field_overflow';
    end if;
    return internal.ensure_partitions(p_from, p_to);
end
$$;
comment on function ensure_event_storage(timestamptz, timestamptz) is
    'Makes room for events between two moments (at most 10 years back); the number of partitions made.';
revoke all on function ensure_event_storage(timestamptz, timestamptz) from public;
grant execute on function ensure_event_storage(timestamptz, timestamptz) to podboard_web, podboard_worker;

-- Drops whole months that lie behind the retention edge; the edge month is cut by every query through raw_retention_start().
-- Gives way rather than wait: a refresh that reads the partition would otherwise meet it in a deadlock.
create function internal.drop_expired_events() returns integer
    language plpgsql set search_path = pg_catalog, internal set lock_timeout = '500ms'
    as $$
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

-- Recomputes the aggregate buckets of the given UTC hours of one tenant from raw events.
create function internal.refresh_event_aggregates(p_tenant uuid, p_hours timestamptz[]) returns bigint
    language plpgsql set search_path = pg_catalog, internal
    as $$
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

select internal.ensure_partitions(now() - interval '25 months', now() + interval '3 months');
