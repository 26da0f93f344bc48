-- Purpose: rollups of our own, kept from dirty hours on both engines; their barrier views; the refresh of one tenant.

create table internal.download_quarters (
    tenant_id uuid not null,
    episode_id uuid not null,
    bucket timestamptz not null,
    downloads bigint not null,
    primary key (tenant_id, episode_id, bucket)
);
create index download_quarters_bucket on internal.download_quarters (tenant_id, bucket) include (episode_id, downloads);
comment on table internal.download_quarters is 'Downloads per quarter hour (UTC) and episode: every zone of the world begins its days on one.';

create table internal.download_days (
    tenant_id uuid not null,
    local_day date not null,
    episode_id uuid not null,
    app text not null,
    device_type text not null,
    country text not null,
    downloads bigint not null,
    primary key (tenant_id, local_day, episode_id, app, device_type, country)
);
comment on table internal.download_days is 'Downloads per tenant day, episode, app, device type and country.';

create table internal.episode_days (
    tenant_id uuid not null,
    local_day date not null,
    episode_id uuid not null,
    downloads bigint not null,
    primary key (tenant_id, local_day, episode_id)
);
create index episode_days_episode on internal.episode_days (tenant_id, episode_id, local_day) include (downloads);
comment on table internal.episode_days is 'Downloads per tenant day and episode: download_days without its dimensions, for series and totals.';

create table internal.podcast_slices (
    tenant_id uuid not null,
    podcast_id uuid not null,
    dimension text not null check (dimension in ('app', 'country', 'device_type')),
    slice text not null,
    primary key (tenant_id, podcast_id, dimension, slice)
);
comment on table internal.podcast_slices is 'Apps, countries and device types a podcast was ever downloaded with: what filters offer.';

-- Exact uniques need one narrow row per listener: a number stands for the text id.
create table internal.listeners (
    listener_no bigint generated always as identity primary key,
    tenant_id uuid not null,
    listener_id text not null,
    unique (tenant_id, listener_id)
);
create table internal.listener_days (
    tenant_id uuid not null,
    local_day date not null,
    episode_id uuid not null,
    listener_no bigint not null,
    primary key (tenant_id, local_day, episode_id, listener_no)
);
create index listener_days_episode on internal.listener_days (tenant_id, episode_id, local_day) include (listener_no);
comment on table internal.listener_days is 'Who downloaded what on which tenant day: exact unique listeners of any range and set of episodes.';

create table internal.episode_milestones (
    tenant_id uuid not null,
    episode_id uuid not null,
    days smallint not null check (days in (1, 3, 7, 30)),
    downloads bigint not null,
    complete_at timestamptz not null,
    primary key (tenant_id, episode_id, days)
);
comment on table internal.episode_milestones is 'Downloads in exactly 24, 72, 168 and 720 hours from published_at, once the time is over.';

create table internal.campaign_days (
    tenant_id uuid not null,
    local_day date not null,
    campaign_id uuid not null,
    episode_id uuid,
    ad_unit_id uuid,
    attribution_type text not null,
    source text not null,
    currency text not null,
    event_count bigint not null,
    value_micros numeric not null,
    unique nulls not distinct (tenant_id, campaign_id, local_day, attribution_type, episode_id, ad_unit_id, source, currency)
);
create index campaign_days_day on internal.campaign_days (tenant_id, local_day);
comment on table internal.campaign_days is 'Attribution events per tenant day, campaign, episode, ad unit, type and source.';

create table internal.campaign_listener_days (
    tenant_id uuid not null,
    local_day date not null,
    campaign_id uuid not null,
    episode_id uuid,
    listener_no bigint not null,
    impressions bigint not null,
    unique nulls not distinct (tenant_id, campaign_id, local_day, episode_id, listener_no)
);
create index campaign_listener_days_day on internal.campaign_listener_days (tenant_id, local_day);
comment on table internal.campaign_listener_days is 'Whom a campaign reached on which tenant day: exact reach and frequency of any range.';

-- Campaigns whose paths must be made anew, and from when on.
create table internal.dirty_campaigns (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    campaign_id uuid not null,
    since timestamptz not null,
    noted_at timestamptz not null default now()
);
create index dirty_campaigns_tenant on internal.dirty_campaigns (tenant_id, campaign_id);

-- A tenant that changes its zone has other days: all its hours are dirty again. Days that lie behind the raw listener
-- events stay as they were counted, in the old zone: there is nothing left to count them from.
create function internal.note_zone_change() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
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
create trigger note_zone_change after update of time_zone on internal.tenant_directory
    for each row when (old.time_zone is distinct from new.time_zone) execute function internal.note_zone_change();

-- Brings every rollup of one tenant up to date with the hours noted dirty; one transaction, one lock per tenant.
create function internal.refresh_rollups(p_tenant uuid) returns bigint
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
    return written;
end
$$;

create function internal.refresh_listener_days(p_tenant uuid, p_zone text, p_days date[]) returns bigint
    language plpgsql volatile set search_path = pg_catalog, public, internal
    as $$
declare
    written bigint;
begin
    perform public.set_tenant_context(p_tenant);
    delete from internal.download_days r where r.tenant_id = p_tenant and r.local_day = any (p_days);
    delete from internal.episode_days r where r.tenant_id = p_tenant and r.local_day = any (p_days);
    delete from internal.listener_days r where r.tenant_id = p_tenant and r.local_day = any (p_days);

    -- One pass over the raw downloads of these days feeds the dictionary and the rollups.
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
    ),
    new_listeners as (
        insert into internal.listeners (tenant_id, listener_id)
        select p_tenant, p.listener_id
        from (select distinct listener_id from per_listener) p
        where not exists (select from internal.listeners l where l.tenant_id = p_tenant and l.listener_id = p.listener_id)
        on conflict (tenant_id, listener_id) do nothing
        returning listener_id, listener_no
    ),
    numbered as (
        select listener_id, listener_no from new_listeners
        union all
        select l.listener_id, l.listener_no
        from (select distinct listener_id from per_listener) p
        join internal.listeners l on l.tenant_id = p_tenant and l.listener_id = p.listener_id
    )
    insert into internal.listener_days (tenant_id, local_day, episode_id, listener_no)
    select p_tenant, p.day, p.episode_id, n.listener_no from per_listener p join numbered n using (listener_id);
    get diagnostics written = row_count;

    perform internal.refresh_listener_metrics(p_tenant, p_zone, p_days);
    return written;
end
$$;

-- listener_metrics: per episode and tenant day, additive values only. Engaged: 20 minutes or 40 % of the episode heard.
create function internal.refresh_listener_metrics(p_tenant uuid, p_zone text, p_days date[]) returns void
    language plpgsql volatile set search_path = pg_catalog, public, internal
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

-- First 1/3/7/30-day downloads of the episodes whose window is over and was touched by these hours.
create function internal.refresh_milestones(p_tenant uuid, p_hours timestamptz[]) returns bigint
    language plpgsql volatile set search_path = pg_catalog, public, internal
    as $$
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

create function internal.refresh_campaign_days(p_tenant uuid, p_zone text, p_days date[], p_hours timestamptz[]) returns bigint
    language plpgsql volatile set search_path = pg_catalog, public, internal
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
        select r.campaign_id, r.local_day::timestamp at time zone p_zone
        from internal.campaign_days r where r.tenant_id = p_tenant and r.local_day = any (p_days)
    ) t
    group by t.campaign_id;

    delete from internal.campaign_days r where r.tenant_id = p_tenant and r.local_day = any (p_days);
    delete from internal.campaign_listener_days r where r.tenant_id = p_tenant and r.local_day = any (p_days);

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
    new_listeners as (
        insert into internal.listeners (tenant_id, listener_id)
        select p_tenant, r.listener_id
        from (select distinct listener_id from reached) r
        where not exists (select from internal.listeners l where l.tenant_id = p_tenant and l.listener_id = r.listener_id)
        on conflict (tenant_id, listener_id) do nothing
        returning listener_id, listener_no
    ),
    numbered as (
        select listener_id, listener_no from new_listeners
        union all
        select l.listener_id, l.listener_no
        from (select distinct listener_id from reached) r
        join internal.listeners l on l.tenant_id = p_tenant and l.listener_id = r.listener_id
    )
    insert into internal.campaign_listener_days (tenant_id, local_day, campaign_id, episode_id, listener_no, impressions)
    select p_tenant, r.day, r.campaign_id, r.episode_id, n.listener_no, r.impressions
    from reached r join numbered n using (listener_id);
    get diagnostics written = row_count;
    return written;
end
$$;

-- Barrier views: the runtime roles read rollups only through these, by tenant and by scope.
create view download_quarters with (security_barrier) as
    select r.tenant_id, r.episode_id, r.bucket, r.downloads from internal.download_quarters r
    where r.tenant_id = (select app_tenant()) and ((select app_sees_all_podcasts()) or r.episode_id in (select app_episodes()));
create view download_days with (security_barrier) as
    select r.tenant_id, r.local_day, r.episode_id, r.app, r.device_type, r.country, r.downloads from internal.download_days r
    where r.tenant_id = (select app_tenant()) and ((select app_sees_all_podcasts()) or r.episode_id in (select app_episodes()));
create view podcast_slices with (security_barrier) as
    select r.tenant_id, r.podcast_id, r.dimension, r.slice from internal.podcast_slices r
    where r.tenant_id = (select app_tenant()) and ((select app_sees_all_podcasts()) or r.podcast_id in (select app_podcasts()));
create view episode_days with (security_barrier) as
    select r.tenant_id, r.local_day, r.episode_id, r.downloads from internal.episode_days r
    where r.tenant_id = (select app_tenant()) and ((select app_sees_all_podcasts()) or r.episode_id in (select app_episodes()));
create view listener_days with (security_barrier) as
    select r.tenant_id, r.local_day, r.episode_id, r.listener_no from internal.listener_days r
    where r.tenant_id = (select app_tenant()) and ((select app_sees_all_podcasts()) or r.episode_id in (select app_episodes()));
create view episode_milestones with (security_barrier) as
    select r.tenant_id, r.episode_id, r.days, r.downloads, r.complete_at from internal.episode_milestones r
    where r.tenant_id = (select app_tenant()) and ((select app_sees_all_podcasts()) or r.episode_id in (select app_episodes()));
create view campaign_days with (security_barrier) as
    select r.tenant_id, r.local_day, r.campaign_id, r.episode_id, r.ad_unit_id, r.attribution_type, r.source, r.currency,
           r.event_count, r.value_micros
    from internal.campaign_days r
    where r.tenant_id = (select app_tenant()) and ((select app_sees_all_campaigns()) or r.campaign_id in (select app_campaigns()));
create view campaign_listener_days with (security_barrier) as
    select r.tenant_id, r.local_day, r.campaign_id, r.episode_id, r.listener_no, r.impressions
    from internal.campaign_listener_days r
    where r.tenant_id = (select app_tenant()) and ((select app_sees_all_campaigns()) or r.campaign_id in (select app_campaigns()));
grant select on download_quarters, download_days, podcast_slices, episode_days, listener_days, episode_milestones, campaign_days,
    campaign_listener_days to podboard_web, podboard_worker;
