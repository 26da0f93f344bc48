-- Purpose: engaged plays follow the duration of their episode. Where a feed corrects it, what was played of that episode is measured anew:
-- of its own days that alone, and no downloads, of which there are most.

create table internal.dirty_durations (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    episode_id uuid not null,
    noted_at timestamptz not null default now()
);
comment on table internal.dirty_durations is 'Episodes whose duration was corrected: a queue for the refresh of listener_metrics.';
create index dirty_durations_claim on internal.dirty_durations (tenant_id, episode_id);

create or replace function public.pending_work() returns table(queue text, waiting bigint, oldest timestamptz)
    language sql stable security definer
    set search_path = pg_catalog, internal
    as $$
    select 'dirty_hours', count(*), min(noted_at) from internal.dirty_hours
    union all select 'dirty_metric_days', count(*), min(noted_at) from internal.dirty_metric_days
    union all select 'dirty_campaigns', count(*), min(noted_at) from internal.dirty_campaigns
    union all select 'dirty_excluded_hours', count(*), min(noted_at) from internal.dirty_excluded_hours
    union all select 'dirty_durations', count(*), min(noted_at) from internal.dirty_durations
    union all select 'waiting_requests', count(*), min(occurred_at) from internal.waiting_requests
    union all select 'waiting_outcomes', count(*), min(occurred_at) from internal.waiting_outcomes
    union all select 'reports', count(*), min(queued_at) from internal.report_queue
    $$;

-- With the episodes whose plays alone are measured anew; null: those of all.
drop function internal.refresh_listener_metrics(uuid, text, date[]);
create function internal.refresh_listener_metrics(p_tenant uuid, p_zone text, p_days date[], p_episodes uuid[] default null) returns void
    language plpgsql
    set search_path = pg_catalog, public, internal
    as $$
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
        where e.event_type in ('play', 'complete', 'progress') and (p_episodes is null or e.episode_id = any (p_episodes))
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
        where m.tenant_id = p_tenant and m.metric_date = any (p_days) and (p_episodes is null or m.episode_id = any (p_episodes))
            and not exists (select from fresh f where f.day = m.metric_date and f.episode_id = m.episode_id and f.metric_name = m.metric_name)
    )
    insert into public.listener_metrics as m (tenant_id, episode_id, metric_date, metric_name, metric_value)
    select p_tenant, f.episode_id, f.day, f.metric_name, f.metric_value from fresh f
    on conflict (tenant_id, episode_id, metric_name, metric_date) do update set metric_value = excluded.metric_value
    where m.metric_value is distinct from excluded.metric_value;
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
    corrected uuid[];
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

    with claimed as (
        delete from internal.dirty_durations q where q.tenant_id = p_tenant returning q.episode_id
    )
    select array_agg(distinct episode_id) into corrected from claimed;
    if corrected is not null then
        perform public.set_tenant_context(p_tenant);
        -- Of a day that is partly forgotten what was counted stands.
        select array_agg(distinct m.metric_date) into days from public.listener_metrics m
        where m.tenant_id = p_tenant and m.episode_id = any (corrected)
            and public.day_start(m.metric_date, zone) >= public.raw_retention_start();
        perform internal.refresh_listener_metrics(p_tenant, zone, coalesce(days, '{}'), corrected);
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

create function internal.note_corrected_durations() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
begin
    insert into internal.dirty_durations (tenant_id, episode_id)
    select c.tenant_id, c.id
    from changed c
    join before b on b.tenant_id = c.tenant_id and b.id = c.id
    where c.duration_seconds is distinct from b.duration_seconds;
    return null;
end
$$;
comment on function internal.note_corrected_durations() is 'Statement trigger over the transition tables "before" and "changed".';
create trigger note_corrected_durations after update on episodes
    referencing old table as before new table as changed for each statement execute function internal.note_corrected_durations();

-- What was counted before its episode was changed last may have been counted by another duration. Under row security each tenant's rows
-- are its own. An hour more, as a change bears the time at which its import began.
do $$
declare
    tenant uuid;
begin
    for tenant in select d.tenant_id from internal.tenant_directory d order by d.tenant_id loop
        perform set_tenant_context(tenant);
        insert into internal.dirty_durations (tenant_id, episode_id)
        select tenant, e.id
        from episodes e
        where e.tenant_id = tenant and e.updated_at > e.created_at
            and exists (select from listener_metrics m
                        where m.tenant_id = tenant and m.episode_id = e.id and m.metric_name = 'plays' and m.metric_value > 0
                            and m.created_at < e.updated_at + interval '1 hour');
    end loop;
    perform set_tenant_context(null);
end
$$;
