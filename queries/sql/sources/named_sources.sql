-- purpose: what came from each named source: its last import, what failed since, up to when there is data of it, and on which days it came
-- params: links, named
-- returns: subject text, name text, imported_at timestamptz, import_source text, records_imported bigint, records_refused bigint, failed_at timestamptz, error_message text, complete_to timestamptz, came_on date[]
-- grain: one row per kind of data and source: whose files, logs and keys brought it, and the tenant's pixels and vanity URLs
-- source: etl_imports, campaign_days, campaign_links, attribution_events
-- relies on: etl_imports_named, campaign_days_source, attribution_events_tenant_time
with recursive named (import_type, source_name) as (
    -- From one name to the next: there are few, and many imports of each.
    (select i.import_type, i.source_name
     from etl_imports i
     where i.tenant_id = (select app_tenant()) and i.source_name is not null
     order by i.import_type, i.source_name
     limit 1)
    union all
    select following.import_type, following.source_name
    from named n
    cross join lateral (
        select i.import_type, i.source_name
        from etl_imports i
        where i.tenant_id = (select app_tenant()) and i.source_name is not null
            and (i.import_type, i.source_name) > (n.import_type, n.source_name)
        order by i.import_type, i.source_name
        limit 1
    ) following
),
kinds (place, subject, import_type) as (
    values (1, 'listener_events', 'listener_events'), (1, 'listener_events', 'access_log'), (2, 'impressions', 'attribution_events'),
           (3, 'conversions', 'attribution_events'), (3, 'conversions', 'conversions'), (6, 'bookings', 'bookings'),
           (7, 'ad_units', 'ad_units'), (8, 'retention_curves', 'retention_curves')
),
imported as (
    select k.place, k.subject, n.source_name as name, known.imported_at, known.import_source, known.records_imported,
           known.records_refused, failed.failed_at, failed.error_message,
           case when k.place > 3 then known.imported_at else known.complete_to end as complete_to, known.came_on
    from named n
    join kinds k on k.import_type = n.import_type
        and not (n.import_type = 'attribution_events' and n.source_name = any (cast(:named as text[])))
    -- The last 800 are those of a month where a key sends by the hour. One file may bring impressions, another one conversions.
    cross join lateral (
        select (array_agg(l.completed_at order by l.started_at desc) filter (where l.is_done))[1] as imported_at,
               (array_agg(l.source order by l.started_at desc) filter (where l.is_done))[1] as import_source,
               (array_agg(l.records_imported order by l.started_at desc) filter (where l.is_done))[1] as records_imported,
               (array_agg(l.records_refused order by l.started_at desc) filter (where l.is_done))[1] as records_refused,
               max(l.started_at) filter (where l.is_done) as started_at, max(l.reached) as complete_to,
               array_agg(distinct cast(l.started_at at time zone 'UTC' as date))
                   filter (where l.records_imported > 0 and l.is_of_subject) as came_on
        from (
            -- Of a source of which no row was ever taken nobody knows what it tells: that stands once, among the conversions.
            select r.*, r.status = 'completed' and (r.is_of_subject
                       or (k.subject = 'conversions' and r.records_refused > 0 and not bool_or(r.tells) over ())) as is_done
            from (
                select i.started_at, i.completed_at, i.source, i.status, i.records_imported, i.records_refused,
                       cast(i.figures #>> array['reached', k.subject] as timestamptz) as reached,
                       k.import_type <> 'attribution_events' or i.figures #> array['reached', k.subject] is not null as is_of_subject,
                       i.records_imported > 0 or i.figures -> 'reached' is not null as tells
                from etl_imports i
                where i.tenant_id = (select app_tenant()) and i.import_type = k.import_type and i.source_name = n.source_name
                order by i.started_at desc
                limit 800
            ) r
        ) l
    ) known
    left join lateral (
        select min(i.started_at) over () as failed_at, i.error_message
        from etl_imports i
        where i.tenant_id = (select app_tenant()) and i.import_type = k.import_type and i.source_name = n.source_name
            and i.status = 'failed' and (known.started_at is null or i.started_at > known.started_at)
        order by i.started_at desc
        limit 1
    ) failed on true
    -- A file of which nothing was understood says not of what it is: that is told once.
    where known.started_at is not null or (failed.failed_at is not null and k.subject <> 'impressions')
),
opened as (
    select 3 as place, 'conversions' as subject, d.name, hour.completed_at as imported_at, hour.source as import_source,
           -- What came before its hours were imports is told of its last day.
           coalesce(hour.records_imported, told.records_imported) as records_imported, hour.records_refused,
           cast(null as timestamptz) as failed_at, cast(null as text) as error_message,
           -- What came again or from robots is no event, and tells all the same how far it goes.
           greatest(hour.reached, (
               select max(e.occurred_at)
               from attribution_events e
               where e.tenant_id = (select app_tenant()) and e.attribution_type in ('visit', 'lead', 'purchase')
                   and e.attribution_data ->> 'source' = d.kind
                   -- A day of the tenant lies within a day of that of UTC.
                   and e.occurred_at >= cast(last.day - 1 as timestamp) at time zone 'UTC'
                   and e.occurred_at < cast(last.day + 2 as timestamp) at time zone 'UTC')) as complete_to,
           told.came_on
    from unnest(cast(:links as text[]), cast(:named as text[])) as d (kind, name)
    cross join lateral (
        select max(c.local_day) as day from campaign_days c where c.tenant_id = (select app_tenant()) and c.source = d.kind and c.source <> ''
    ) last
    cross join lateral (
        select cast(sum(c.event_count) filter (where c.local_day = last.day) as bigint) as records_imported,
               array_agg(distinct c.local_day) as came_on
        from campaign_days c
        where c.tenant_id = (select app_tenant()) and c.source = d.kind and c.source <> '' and c.local_day > last.day - 33
    ) told
    left join lateral (
        select i.completed_at, i.source, i.records_imported, i.records_refused,
               cast(i.figures #>> '{reached,conversions}' as timestamptz) as reached
        from etl_imports i
        where i.tenant_id = (select app_tenant()) and i.import_type = 'attribution_events' and i.source_name = d.name
            and i.status = 'completed'
        order by i.started_at desc
        limit 1
    ) hour on true
    where exists (select from campaign_links l where l.tenant_id = (select app_tenant()) and l.kind = d.kind)
)
select f.subject, f.name, f.imported_at, f.import_source, f.records_imported, f.records_refused, f.failed_at, f.error_message,
       f.complete_to, f.came_on
from (
    select i.place, i.subject, i.name, i.imported_at, i.import_source, i.records_imported, i.records_refused, i.failed_at,
           i.error_message, i.complete_to, i.came_on
    from imported i
    union all
    select o.place, o.subject, o.name, o.imported_at, o.import_source, o.records_imported, o.records_refused, o.failed_at,
           o.error_message, o.complete_to, o.came_on
    from opened o
) f
order by f.place, lower(f.name), f.name, f.import_source
