-- Purpose: requests that were not counted, on plain PostgreSQL: monthly partitions, made and dropped like those of events.

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
) partition by range (occurred_at);

create or replace function internal.ensure_partitions(p_from timestamptz, p_to timestamptz) returns integer
    language plpgsql set search_path = pg_catalog, internal
    as $$
declare
    month_start date := date_trunc('month', p_from at time zone 'UTC')::date;
    made integer := 0;
    parent text;
    child text;
begin
    while month_start <= (p_to at time zone 'UTC')::date loop
        foreach parent in array array['listener_events', 'attribution_events', 'listener_metrics', 'excluded_requests'] loop
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

create or replace function internal.drop_expired_events() returns integer
    language plpgsql set search_path = pg_catalog, internal set lock_timeout = '500ms'
    as $$
declare
    child record;
    dropped integer := 0;
begin
    for child in
        select c.relname, i.inhparent::regclass as parent from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent in ('public.listener_events'::regclass, 'public.excluded_requests'::regclass)
            and to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= public.raw_retention_start() at time zone 'UTC'
    loop
        execute format('alter table %s detach partition internal.%I', child.parent, child.relname);
        execute format('drop table internal.%I', child.relname);
        dropped := dropped + 1;
    end loop;
    return dropped;
end
$$;

select internal.ensure_partitions(now() - interval '25 months', now() + interval '3 months');
