-- purpose: gives requests that were ruled on another reason, now that more is known
-- params: requests
-- returns: import_id uuid, reason_before text, reason text
-- grain: one row per request
-- source: excluded_requests
-- relies on: primary key of excluded_requests
-- A row is never changed in place (nobody has the right to): it goes and comes again, with the import it came with.
with asked as materialized (
    select r.id, r.reason, r.occurred_at
    from jsonb_to_recordset(cast(:requests as jsonb)) as r (id uuid, reason text, occurred_at timestamptz)
),
gone as (
    delete from excluded_requests x
    using asked a
    where x.tenant_id = (select app_tenant()) and x.occurred_at = a.occurred_at and x.id = a.id
    returning x.id, x.tenant_id, x.episode_id, x.import_id, a.reason, x.reason as reason_before, x.rule_version, x.occurred_at,
        x.line_number
),
back as (
    insert into excluded_requests (id, tenant_id, episode_id, import_id, reason, rule_version, occurred_at, line_number)
    select g.id, g.tenant_id, g.episode_id, g.import_id, g.reason, g.rule_version, g.occurred_at, g.line_number from gone g
)
select g.import_id, g.reason_before, g.reason from gone g
