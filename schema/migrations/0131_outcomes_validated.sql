-- no-transaction
-- Purpose: what 0130 made without looking is looked through while others go on; the requests of an import are found by it.

create index concurrently if not exists excluded_visits_import on excluded_visits (tenant_id, import_id, occurred_at, id);

-- No row that was there names an import, and each check takes what the one before took.
alter table excluded_visits validate constraint excluded_visits_import;
alter table excluded_visits validate constraint excluded_visits_reason_check;
