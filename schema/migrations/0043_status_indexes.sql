-- no-transaction
-- Purpose: indexes for what is asked often by its status, made while people and jobs go on writing.

create index concurrently if not exists reports_status on reports (tenant_id, status);
create index concurrently if not exists etl_imports_status on etl_imports (tenant_id, status);
create index concurrently if not exists job_runs_status on job_runs (status, started_at);
