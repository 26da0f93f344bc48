-- Purpose: requests that were not counted, on TimescaleDB: a hypertable with the same retention as the raw events.

-- As many rows as downloads or more: the key serves the time range of a tenant, one more index each for an episode and
-- an import, and nothing is ever updated.
create table excluded_requests (
    id uuid not null default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    episode_id uuid not null,
    import_id uuid,
    reason text not null check (reason in (
        'head', 'not_modified', 'failed_status', 'too_short', 'range_probe', 'bot', 'self_declared_bot', 'data_centre', 'vpn',
        'empty_agent', 'malformed_agent', 'watch_app', 'preload', 'repeat')),
    rule_version smallint not null check (rule_version > 0),
    occurred_at timestamptz not null,
    primary key (tenant_id, occurred_at, id),
    foreign key (tenant_id, episode_id) references episodes (tenant_id, id) on delete restrict,
    foreign key (tenant_id, import_id) references etl_imports (tenant_id, id) on delete restrict
);
-- A week and not a day: these are read by month, and every chunk costs a lock.
select create_hypertable('excluded_requests', 'occurred_at', chunk_time_interval => interval '7 days', create_default_indexes => false);
select add_retention_policy('excluded_requests', drop_after => interval '2 years');

create or replace function internal.drop_expired_events() returns integer
    language sql
    as $$
    select (select count(*) from drop_chunks('public.listener_events', older_than => public.raw_retention_start()))::integer
        + (select count(*) from drop_chunks('public.excluded_requests', older_than => public.raw_retention_start()))::integer
    $$;
