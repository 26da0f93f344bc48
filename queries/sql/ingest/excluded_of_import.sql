-- purpose: one page of the requests that a log's or a prefix's import did not count, after a given one; those of files
--     are among its refused rows
-- params: import_id, prefix, after_at, after_id, limit
-- returns: id uuid, line_number bigint (null where it is not known), occurred_at timestamptz, reason text, episode_id uuid
-- grain: one row per request
-- source: excluded_requests, etl_imports
-- relies on: excluded_requests_import, etl_imports_tenant_id_id_key
select x.id, x.line_number, x.occurred_at, x.reason, x.episode_id
from excluded_requests x
where x.tenant_id = (select app_tenant())
    and x.import_id = cast(:import_id as uuid)
    -- A file may be called as the prefix is; it has a hash.
    and (select i.import_type = 'access_log' or (i.source = cast(:prefix as text) and i.source_sha256 is null)
         from etl_imports i where i.tenant_id = (select app_tenant()) and i.id = cast(:import_id as uuid))
    and (x.occurred_at, x.id) > (cast(:after_at as timestamptz), cast(:after_id as uuid))
order by x.occurred_at, x.id
limit :limit
