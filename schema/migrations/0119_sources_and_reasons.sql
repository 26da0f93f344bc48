-- Purpose: imports say whose data they brought, so that two media hosts of a tenant are told apart; bookings' columns are remembered;
-- why requests did not count is kept by the day.

alter table etl_imports
    add column source_name text,
    add constraint etl_imports_source_name_check check (length(source_name) between 1 and 250) not valid;
comment on column etl_imports.source_name is
    'Whose data it is: as told, else the name of the file without dates and numbers, the host of an address, or the API key. Null of '
    'rows that the release before named sources wrote.';
comment on column etl_imports.figures is
    'Object: refused requests by reason, impressions made, the rules that counted, reached: the last moment of what it brought, by '
    'listener_events, impressions and conversions. Open: each kind of import has its own.';
comment on column excluded_requests.import_id is
    'The import it came with: a log or a file of events, or the hour in which a request at a prefix was counted. Null of what was refused there at once.';

alter table import_columns
    drop constraint import_columns_kind_check,
    add constraint import_columns_kind_check
        check (kind in ('listener', 'attribution', 'retention', 'ad_unit', 'booking')) not valid;
comment on column import_columns.kind is
    'What the files hold: listener or attribution: events; retention: points of curves; ad_unit: where ads stand; booking: insertion '
    'orders.';

-- Why requests did not count is told of a year of them, which may be millions: their numbers are kept by the day, as those of downloads
-- are. By the podcast, as an episode's own are few enough to be read. Whoever adds or takes away: a trigger notes the hours.
create table internal.dirty_excluded_hours (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    hour timestamptz not null,
    noted_at timestamptz not null default now()
);
create index dirty_excluded_hours_claim on internal.dirty_excluded_hours (tenant_id, hour);
comment on table internal.dirty_excluded_hours is
    'Hours in which requests that do not count came or went: a queue for the refresh of excluded_days.';

create table internal.excluded_days (
    tenant_id uuid not null,
    local_day date not null,
    podcast_id uuid not null,
    reason text not null check (reason in (
        'head', 'method', 'not_modified', 'failed_status', 'too_short', 'size_unknown', 'piece', 'range_probe', 'bot',
        'self_declared_bot', 'data_centre', 'vpn', 'empty_agent', 'malformed_agent', 'watch_app', 'preload', 'repeat')),
    rule_version text not null check (length(rule_version) between 1 and 80),
    requests bigint not null check (requests > 0),
    primary key (tenant_id, local_day, podcast_id, reason, rule_version)
);
comment on table internal.excluded_days is
    'Requests that did not count per tenant day, podcast, reason and version of the rules. Kept two years, as excluded_requests are.';
comment on column internal.excluded_days.reason is
    'head: HEAD; method: neither GET nor HEAD; not_modified: 304; failed_status: neither 200 nor 206; '
    'too_short: all pieces of the window together less than a minute, as yet; size_unknown: nobody can tell; '
    'piece: of a download that a later request completed; range_probe: bytes=0-1; bot: on the list of robots; '
    'self_declared_bot: says so itself; data_centre, vpn: by address; empty_agent, malformed_agent; '
    'watch_app: the second request of a watch; preload: nobody asked; '
    'repeat: the same listener and episode within the window.';

create view excluded_days with (security_barrier) as
    select r.tenant_id, r.local_day, r.podcast_id, r.reason, r.rule_version, r.requests
    from internal.excluded_days r
    where r.tenant_id = (select app_tenant())
        and ((select app_sees_all_podcasts()) or r.podcast_id in (select app_podcasts()));
comment on view excluded_days is
    'Requests that did not count, of the podcasts in scope, per tenant day, podcast, reason and version of the rules.';
grant select on excluded_days to podboard_web, podboard_worker;

create function internal.note_dirty_excluded_hours() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
begin
    insert into internal.dirty_excluded_hours (tenant_id, hour)
    select distinct c.tenant_id, date_trunc('hour', c.occurred_at, 'UTC') from changed c;
    return null;
end
$$;
comment on function internal.note_dirty_excluded_hours() is 'Statement trigger over the transition table "changed".';
create trigger note_dirty_insert after insert on excluded_requests
    referencing new table as changed for each statement execute function internal.note_dirty_excluded_hours();
create trigger note_dirty_delete after delete on excluded_requests
    referencing old table as changed for each statement execute function internal.note_dirty_excluded_hours();

create function internal.refresh_excluded_days(p_tenant uuid, p_zone text) returns bigint
    language plpgsql volatile set search_path = pg_catalog, public, internal
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
    where x.day::timestamp at time zone p_zone >= public.raw_retention_start();
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
comment on function internal.refresh_excluded_days(uuid, text) is
    'Counts the requests anew that did not count, of the tenant days that the queue names, and takes these off it.';

create or replace function internal.refresh_rollups(p_tenant uuid) returns bigint
    language plpgsql volatile set search_path = pg_catalog, public, internal
    as $$
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
    return written + internal.refresh_excluded_days(p_tenant, zone);
end
$$;

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
        and not exists (select from public.excluded_requests x where x.tenant_id = new.tenant_id)
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

create or replace function pending_work() returns table (queue text, waiting bigint, oldest timestamptz)
    language sql stable security definer set search_path = pg_catalog, internal
    as $$
    select 'dirty_hours', count(*), min(noted_at) from internal.dirty_hours
    union all select 'dirty_metric_days', count(*), min(noted_at) from internal.dirty_metric_days
    union all select 'dirty_campaigns', count(*), min(noted_at) from internal.dirty_campaigns
    union all select 'dirty_excluded_hours', count(*), min(noted_at) from internal.dirty_excluded_hours
    union all select 'waiting_requests', count(*), min(occurred_at) from internal.waiting_requests
    union all select 'reports', count(*), min(queued_at) from internal.report_queue
    $$;
