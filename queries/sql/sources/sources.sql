-- purpose: what came in from each kind of source: the last import, what failed since, up to when there is data, and of feeds how many there are and do not come
-- params: none
-- returns: subject text, imported_at timestamptz, import_source text, records_imported bigint, records_refused bigint, failed_at timestamptz, error_message text, complete_to timestamptz, feeds bigint, feeds_failing bigint, feeds_stopped bigint
-- grain: one row per kind of source
-- source: etl_imports, listener_events, attribution_events, campaign_days, podcast_feeds, podcasts
-- relies on: etl_imports_recent, campaign_days_day, indexes of the events by time
select s.subject, done.completed_at as imported_at, done.source as import_source, done.records_imported, done.records_refused,
       failed.started_at as failed_at, failed.error_message,
       case s.subject
           when 'listener_events' then (
               select max(e.occurred_at) from listener_events e where e.tenant_id = (select app_tenant()))
           -- Impressions follow from downloads: that they go on says nothing of the pixel. The last day of each is looked up
           -- among the days, where few rows lie between two visits; a day of the tenant begins at most a day before that of UTC.
           when 'impressions' then (
               select max(e.occurred_at) from attribution_events e
               where e.tenant_id = (select app_tenant()) and e.attribution_type = 'impression'
                   and e.occurred_at >= (
                       select cast(max(d.local_day) - 1 as timestamp) at time zone 'UTC' from campaign_days d
                       where d.tenant_id = (select app_tenant()) and d.attribution_type = 'impression'))
           when 'conversions' then (
               select max(e.occurred_at) from attribution_events e
               where e.tenant_id = (select app_tenant()) and e.attribution_type in ('visit', 'lead', 'purchase')
                   and e.occurred_at >= (
                       select cast(max(d.local_day) - 1 as timestamp) at time zone 'UTC' from campaign_days d
                       where d.tenant_id = (select app_tenant()) and d.attribution_type in ('visit', 'lead', 'purchase')))
           when 'feeds' then coalesce(asked.complete_to, done.completed_at)
           else done.completed_at
       end as complete_to,
       asked.feeds, asked.feeds_failing, asked.feeds_stopped
from (values
    (1, 'listener_events', array['listener_events', 'access_log']),
    (2, 'impressions', array['listener_events', 'access_log', 'attribution_events']),
    (3, 'conversions', array['attribution_events', 'conversions']),
    (4, 'feeds', array['feed']), (5, 'transcripts', array['transcripts']), (6, 'bookings', array['bookings']),
    (7, 'ad_units', array['ad_units']), (8, 'retention_curves', array['retention_curves'])
) as s (place, subject, import_types)
left join lateral (
    select i.started_at, i.completed_at, i.source, i.records_imported, i.records_refused
    from etl_imports i
    where i.tenant_id = (select app_tenant()) and i.import_type = any (s.import_types) and i.status = 'completed'
    order by i.started_at desc
    limit 1
) done on true
left join lateral (
    select min(i.started_at) over () as started_at, i.error_message
    from etl_imports i
    -- How the feeds do that are asked by the clock, they tell themselves: an address that somebody mistyped is not missed.
    where i.tenant_id = (select app_tenant()) and i.import_type = any (s.import_types) and i.status = 'failed' and s.subject <> 'feeds'
        and (done.started_at is null or i.started_at > done.started_at)
    order by i.started_at desc
    limit 1
) failed on true
left join lateral (
    select count(*) as feeds, min(f.succeeded_at) filter (where f.next_try_at is not null) as complete_to,
           count(*) filter (where f.next_try_at is not null and f.failures > 0) as feeds_failing,
           count(*) filter (where f.next_try_at is null) as feeds_stopped
    from podcast_feeds f
    join podcasts p on p.tenant_id = f.tenant_id and p.id = f.podcast_id and p.deleted_at is null
    where f.tenant_id = (select app_tenant())
) asked on s.subject = 'feeds'
order by s.place
