-- Purpose: policies, grants, indexes and triggers of the event tables; barrier views under the data model's names.

-- FORCE would empty a continuous aggregate on refresh (its owner would see no rows), hence ENABLE alone on these three.
select internal.protect_tenant_table('listener_events', 'select, insert, delete', forced => false);
select internal.protect_tenant_table('attribution_events', 'select, insert, delete', forced => false);
select internal.protect_tenant_table('listener_metrics', 'select, insert, update, delete', forced => false);

comment on table listener_events is
    'What listeners did. A download is already valid and unique: refusal and de-duplication happen at import. Kept two years.';
comment on column listener_events.event_data is
    'app, device, os, country, region, source; for progress from_s and to_s; for ad_play ad_unit_id and quartile.';
comment on table attribution_events is 'Ads delivered (impressions) and what followed: visits, leads, purchases.';
comment on column attribution_events.attribution_data is
    'source (pixel, promo_code, vanity_url, survey), order_id, value_micros, currency, ad_unit_id.';
comment on table listener_metrics is 'Per episode and tenant day, additive values only; written by the worker.';

create policy podcast_scope on listener_events as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_podcasts()) or episode_id in (select app_episodes()));
create policy podcast_scope on listener_metrics as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_podcasts()) or episode_id in (select app_episodes()));
create policy campaign_scope on attribution_events as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns()) or campaign_id in (select app_campaigns()));

create index listener_events_tenant_time on listener_events (tenant_id, occurred_at);
create index listener_events_episode_time on listener_events (tenant_id, episode_id, occurred_at);
create index attribution_events_tenant_time on attribution_events (tenant_id, occurred_at);
create index attribution_events_campaign on attribution_events (tenant_id, campaign_id, attribution_type, occurred_at);
create index attribution_events_episode on attribution_events (tenant_id, episode_id, occurred_at);
create index attribution_events_listener on attribution_events (tenant_id, campaign_id, listener_id, occurred_at);
create index listener_metrics_date on listener_metrics (tenant_id, metric_date);

create trigger note_dirty_insert after insert on listener_events
    referencing new table as changed for each statement execute function internal.note_dirty_hours_new('listener');
create trigger note_dirty_delete after delete on listener_events
    referencing old table as changed for each statement execute function internal.note_dirty_hours_new('listener');
create trigger note_dirty_insert after insert on attribution_events
    referencing new table as changed for each statement execute function internal.note_dirty_hours_new('attribution');
create trigger note_dirty_delete after delete on attribution_events
    referencing old table as changed for each statement execute function internal.note_dirty_hours_new('attribution');
create trigger note_dirty_days_insert after insert on attribution_events
    referencing new table as changed for each statement execute function internal.note_dirty_attribution_days();
create trigger note_dirty_days_delete after delete on attribution_events
    referencing old table as changed for each statement execute function internal.note_dirty_attribution_days();
create trigger note_dirty_insert after insert on listener_metrics
    referencing new table as changed for each statement execute function internal.note_dirty_metric_days();
create trigger note_dirty_update after update on listener_metrics
    referencing new table as changed for each statement execute function internal.note_dirty_metric_days();
create trigger note_dirty_delete after delete on listener_metrics
    referencing old table as changed for each statement execute function internal.note_dirty_metric_days();

create view listener_events_hourly with (security_barrier) as
    select a.bucket, a.tenant_id, a.episode_id, a.event_type, a.event_count, a.unique_listeners
    from internal.listener_events_hourly a
    where a.tenant_id = (select app_tenant())
        and ((select app_sees_all_podcasts()) or a.episode_id in (select app_episodes()));
comment on view listener_events_hourly is 'Listener events per UTC hour, episode and event type. unique_listeners adds up over nothing.';

create view listener_events_daily with (security_barrier) as
    select a.bucket, a.tenant_id, a.episode_id, a.event_type, a.event_count, a.unique_listeners
    from internal.listener_events_daily a
    where a.tenant_id = (select app_tenant())
        and ((select app_sees_all_podcasts()) or a.episode_id in (select app_episodes()));
comment on view listener_events_daily is 'Listener events per UTC day, episode and event type. unique_listeners adds up over nothing.';

create table internal.metrics_daily (
    tenant_id uuid not null,
    metric_date date not null,
    episode_id uuid,
    source text not null check (source in ('listener', 'attribution')),
    metric_name text not null,
    total_value numeric not null,
    avg_value numeric not null,
    record_count bigint not null,
    unique nulls not distinct (tenant_id, metric_date, metric_name, episode_id, source)
);
create index metrics_daily_episode on internal.metrics_daily (tenant_id, metric_name, metric_date);

create view metrics_daily with (security_barrier) as
    select m.metric_date as day, m.tenant_id, m.episode_id, m.metric_name, m.total_value, m.avg_value, m.record_count
    from internal.metrics_daily m
    where m.tenant_id = (select app_tenant())
        and case m.source
            when 'listener' then (select app_sees_all_podcasts()) or m.episode_id in (select app_episodes())
            else (select app_sees_all_campaigns())
        end;
comment on view metrics_daily is
    'Per tenant day, episode and metric: listener_metrics (plays, listen_seconds, completes, engaged_plays) and attribution_events '
    '(attribution.<type> counts events; attribution.<type>.value.<CUR> sums their value in millionths).';

grant select on listener_events_hourly, listener_events_daily, metrics_daily to podboard_web, podboard_worker;

-- Brings metrics_daily up to date with what changed since the last call: the cost follows what is new, not the history.
-- Callers queue behind one transaction lock; a crash rolls the claim back together with the rows.
create function refresh_metrics_daily() returns bigint
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
    started := clock_timestamp();

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
comment on function refresh_metrics_daily() is
    'Refreshes metrics_daily for the tenant days that changed since the last call; the number of rows written. For the worker.';
revoke all on function refresh_metrics_daily() from public;
grant execute on function refresh_metrics_daily() to podboard_worker;
