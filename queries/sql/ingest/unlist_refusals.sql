-- purpose: takes rows off the list of those that an import did not take: it came to take them
-- params: import_id, lines, reason
-- returns: nothing
-- grain: one row per refused row
-- source: import_refusals
-- relies on: import_refusals_import
delete from import_refusals r
where r.tenant_id = (select app_tenant()) and r.import_id = cast(:import_id as uuid)
    and r.line_number = any (cast(:lines as bigint[])) and r.reason = cast(:reason as text)
