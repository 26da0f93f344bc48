-- purpose: lets go of requests that did not count and are downloads now
-- params: requests, earliest, latest
-- returns: nothing
-- grain: one row per request
-- source: excluded_requests
-- relies on: primary key of excluded_requests
-- earliest and latest hold all of them: other partitions are left out when it is planned.
delete from excluded_requests x
using jsonb_to_recordset(cast(:requests as jsonb)) as a (id uuid, occurred_at timestamptz)
where x.tenant_id = (select app_tenant()) and x.occurred_at = a.occurred_at and x.id = a.id
    and x.occurred_at between cast(:earliest as timestamptz) and cast(:latest as timestamptz)
