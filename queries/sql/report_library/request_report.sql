-- purpose: puts a report into the queue, once per person and idempotency key
-- params: report_type, title, parameters, campaign_id, podcast_ids, created_by, idempotency_key
-- returns: report_id uuid; nothing when the key was used before
-- grain: one report or none
-- source: reports
-- relies on: reports_idempotency
insert into reports (tenant_id, report_type, title, parameters, campaign_id, podcast_ids, created_by, idempotency_key)
values ((select app_tenant()), :report_type, :title, cast(:parameters as jsonb), cast(:campaign_id as uuid),
        cast(:podcast_ids as uuid[]), cast(:created_by as uuid), :idempotency_key)
on conflict (tenant_id, created_by, idempotency_key) where idempotency_key is not null do nothing
returning id as report_id
