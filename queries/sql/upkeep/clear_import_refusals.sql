-- purpose: forgets lines of import_refusals that are older than the raw events
-- params: none
-- returns: number of rows
-- grain: one row per line
-- source: import_refusals
-- relies on: import_refusals_came
delete from import_refusals
where created_at < raw_retention_start()
