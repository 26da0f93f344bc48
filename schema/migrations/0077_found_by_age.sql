-- no-transaction
-- Purpose: what is let go of by its age is found by it.

create index concurrently if not exists import_refusals_came on import_refusals (tenant_id, created_at);
create index concurrently if not exists share_link_views_came on share_link_views (tenant_id, viewed_at);
create index concurrently if not exists integration_sync_logs_came on integration_sync_logs (tenant_id, started_at);
