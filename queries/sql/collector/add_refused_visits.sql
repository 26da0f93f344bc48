-- purpose: keeps requests at pixels and vanity URLs that are neither visits nor conversions, with the import that counts them
-- params: import_id, visits
-- returns: nothing
-- grain: one row per request
-- source: excluded_visits
-- relies on: primary key of excluded_visits
insert into excluded_visits (id, tenant_id, campaign_id, import_id, kind, reason, rule_version, occurred_at, order_id)
select r.id, (select app_tenant()), r.campaign_id, cast(:import_id as uuid), r.kind, r.reason, r.rule_version, r.occurred_at,
       r.order_id
from jsonb_to_recordset(cast(:visits as jsonb))
    as r (id uuid, campaign_id uuid, kind text, reason text, rule_version text, occurred_at timestamptz, order_id text)
