-- purpose: adds what became of a batch to the row of its source, its kind and this hour
-- params: id, import_type, source, records_imported, records_duplicate, records_refused, impressions, taken_back, counted_late, by_reason, reached, worked_ms
-- returns: records_refused bigint
-- grain: one row
-- source: etl_imports
-- relies on: primary key of etl_imports
insert into etl_imports as i (
    id, tenant_id, import_type, source, source_name, status, records_imported, records_duplicate, records_refused, figures,
    completed_at)
values (
    cast(:id as uuid), (select app_tenant()), cast(:import_type as text), cast(:source as text), cast(:source as text), 'completed',
    :records_imported, :records_duplicate, :records_refused,
    jsonb_build_object('impressions', cast(:impressions as bigint), 'by_reason', cast(:by_reason as jsonb),
                       'reached', cast(:reached as jsonb), 'worked_ms', cast(:worked_ms as bigint),
                       'taken_back', cast(:taken_back as bigint), 'counted_late', cast(:counted_late as bigint)),
    clock_timestamp())
on conflict (id) do update
set records_imported = i.records_imported + excluded.records_imported,
    records_duplicate = i.records_duplicate + excluded.records_duplicate,
    records_refused = i.records_refused + excluded.records_refused,
    source_name = excluded.source_name,
    completed_at = excluded.completed_at,
    figures = jsonb_build_object(
        'impressions', cast(i.figures ->> 'impressions' as bigint) + cast(excluded.figures ->> 'impressions' as bigint),
        -- The release before did not count them.
        'taken_back', coalesce(cast(i.figures ->> 'taken_back' as bigint), 0) + cast(excluded.figures ->> 'taken_back' as bigint),
        'counted_late', coalesce(cast(i.figures ->> 'counted_late' as bigint), 0) + cast(excluded.figures ->> 'counted_late' as bigint),
        -- Null where the hour began under the release before, which did not measure it.
        'worked_ms', cast(i.figures ->> 'worked_ms' as bigint) + cast(excluded.figures ->> 'worked_ms' as bigint),
        'by_reason', (
            select coalesce(jsonb_object_agg(s.reason, s.rows), '{}')
            from (
                select b.key as reason, sum(cast(b.value as bigint)) as rows
                from (
                    select o.key, o.value from jsonb_each_text(i.figures -> 'by_reason') o
                    union all
                    select n.key, n.value from jsonb_each_text(excluded.figures -> 'by_reason') n
                ) b
                group by b.key
            ) s),
        'reached', (
            select coalesce(jsonb_object_agg(s.subject, s.moment), '{}')
            from (
                -- All are written alike, so the later one is the greater text.
                select r.key as subject, max(r.value collate "C") as moment
                from (
                    select o.key, o.value from jsonb_each_text(coalesce(i.figures -> 'reached', '{}')) o
                    union all
                    select n.key, n.value from jsonb_each_text(excluded.figures -> 'reached') n
                ) r
                group by r.key
            ) s))
where i.tenant_id = (select app_tenant())
returning i.records_refused
