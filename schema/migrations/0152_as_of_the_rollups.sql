-- Purpose: numbers beside each other are as of one moment: what is counted from raw events leaves out what came in after the rollups were made,
-- and what is made of the rollups is as of them.

create or replace view campaign_impressions with (security_barrier) as
    select i.tenant_id, i.campaign_id, i.episode_id, i.listener_id, i.id as impression_id, i.occurred_at,
           coalesce(nullif(d.event_data ->> 'app', ''), 'unknown') as app,
           coalesce(nullif(d.event_data ->> 'country', ''), 'unknown') as country,
           coalesce(nullif(d.event_data ->> 'device', ''), 'unknown') as device_type, i.created_at
    from attribution_events i
    left join listener_events d on d.tenant_id = i.tenant_id and d.listener_id = i.listener_id and d.episode_id = i.episode_id
        and d.occurred_at = i.occurred_at and d.event_type = 'download'
    where i.tenant_id = (select app_tenant()) and i.attribution_type = 'impression'
        and ((select app_sees_all_campaigns()) or i.campaign_id in (select app_campaigns()));

create or replace view unmeasured_impressions with (security_barrier) as
    select i.tenant_id, i.campaign_id, i.episode_id, i.id as impression_id, i.occurred_at, d.occurred_at as downloaded_at,
           coalesce(nullif(d.event_data ->> 'source', ''), 'unknown') as source, i.created_at
    from attribution_events i
    join listener_events d on d.tenant_id = i.tenant_id and d.listener_id = i.listener_id and d.episode_id = i.episode_id
        and d.occurred_at = i.occurred_at and d.event_type = 'download' and d.event_data ? 'unmeasured'
    where i.tenant_id = (select app_tenant()) and i.attribution_type = 'impression'
        and ((select app_sees_all_campaigns()) or i.campaign_id in (select app_campaigns()));

create or replace function refresh_metrics_daily() returns bigint
    language plpgsql volatile security definer set search_path = pg_catalog, public, internal
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
        and e.occurred_at >= k.metric_date::timestamp at time zone d.time_zone
        and e.occurred_at < (k.metric_date + 1)::timestamp at time zone d.time_zone
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
