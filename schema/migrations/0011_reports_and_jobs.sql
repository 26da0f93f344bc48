-- Purpose: reports and their queue, imports and what they refused, runs of jobs.

create table reports (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    report_type text not null check (report_type in ('campaign_performance', 'podcast_audience')),
    title text not null default '' check (length(title) <= 300),
    parameters jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object'),
    campaign_id uuid,
    podcast_ids uuid[] not null default '{}',
    report_data jsonb check (jsonb_typeof(report_data) = 'object'),
    status text not null default 'queued' check (status in ('queued', 'running', 'ready', 'failed', 'cancelled')),
    progress_percent smallint not null default 0 check (progress_percent between 0 and 100),
    progress_note text not null default '',
    pdf bytea,
    pdf_sha256 text check (pdf_sha256 ~ '^[0-9a-f]{64}$'),
    pdf_bytes integer check (pdf_bytes > 0),
    page_count integer check (page_count > 0),
    error_message text,
    attempts smallint not null default 0 check (attempts >= 0),
    lease_until timestamptz,
    idempotency_key text check (length(idempotency_key) <= 200),
    generated_at timestamptz,
    created_by uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (status <> 'ready' or (pdf is not null and pdf_sha256 is not null and report_data is not null and generated_at is not null)),
    check ((report_type = 'campaign_performance') = (campaign_id is not null)),
    unique (tenant_id, id),
    foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete restrict,
    foreign key (tenant_id, created_by) references users (tenant_id, id) on delete restrict
);
create unique index reports_idempotency on reports (tenant_id, created_by, idempotency_key) where idempotency_key is not null;
create index reports_recent on reports (tenant_id, created_at desc);
create index reports_created_by on reports (tenant_id, created_by);
create index reports_campaign on reports (tenant_id, campaign_id);
comment on table reports is 'Generated PDF reports: parameters, the snapshot that made them, the bytes and their SHA-256.';
comment on column reports.parameters is 'What was asked for: the filters of the view as URL parameters, campaign_id or podcast ids, rule version.';
comment on column reports.campaign_id is 'The campaign whose numbers are in it; who may no longer read the campaign may no longer read the report.';
comment on column reports.podcast_ids is 'The podcasts whose numbers are in it, known once they were read; the same rule.';
comment on column reports.report_data is 'Snapshot of every answer in the PDF: {version, title, sentence, filters, as_of, sections: [...]}; renders again without the database.';
select internal.protect_tenant_table('reports');
create policy own_reports on reports as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns() and app_sees_all_podcasts()) or created_by = (select app_user()));
-- A report is a copy of numbers: a right that was taken away counts for the copies too.
create policy reports_in_scope on reports as restrictive to podboard_web, podboard_worker
    using ((campaign_id is null or (select app_sees_all_campaigns()) or campaign_id in (select app_campaigns()))
           and ((select app_sees_all_podcasts()) or podcast_ids <@ array(select app_podcasts())));

-- The worker must find queued reports of every tenant without reading any tenant's table.
create table internal.report_queue (
    report_id uuid primary key references public.reports (id) on delete cascade,
    tenant_id uuid not null,
    queued_at timestamptz not null default now(),
    lease_until timestamptz
);
create index report_queue_order on internal.report_queue (queued_at);

create function internal.keep_report_queue() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
begin
    if new.status in ('queued', 'running') then
        insert into internal.report_queue as q (report_id, tenant_id, lease_until) values (new.id, new.tenant_id, new.lease_until)
        on conflict (report_id) do update set lease_until = excluded.lease_until
        where q.lease_until is distinct from excluded.lease_until;
    else
        delete from internal.report_queue q where q.report_id = new.id;
    end if;
    return null;
end
$$;
create trigger keep_report_queue after insert or update of status, lease_until on reports for each row execute function internal.keep_report_queue();

create table etl_imports (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    import_type text not null check (import_type in ('feed', 'listener_events', 'attribution_events')),
    source text not null,
    source_sha256 text check (source_sha256 ~ '^[0-9a-f]{64}$'),
    status text not null default 'running' check (status in ('running', 'completed', 'failed')),
    records_imported bigint not null default 0 check (records_imported >= 0),
    records_duplicate bigint not null default 0 check (records_duplicate >= 0),
    records_refused bigint not null default 0 check (records_refused >= 0),
    error_message text,
    created_by uuid,
    started_at timestamptz not null default now(),
    completed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id),
    foreign key (tenant_id, created_by) references users (tenant_id, id) on delete restrict
);
create index etl_imports_recent on etl_imports (tenant_id, started_at desc);
create index etl_imports_created_by on etl_imports (tenant_id, created_by);
comment on table etl_imports is 'One row per import of a feed or file.';
select internal.protect_tenant_table('etl_imports');
create policy tenant_wide on etl_imports as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns() and app_sees_all_podcasts()));

create table import_refusals (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    import_id uuid not null,
    line_number bigint not null check (line_number > 0),
    reason text not null,
    detail text not null default '' check (length(detail) <= 500),
    created_at timestamptz not null default now(),
    foreign key (tenant_id, import_id) references etl_imports (tenant_id, id) on delete cascade
);
create index import_refusals_import on import_refusals (tenant_id, import_id, line_number);
comment on table import_refusals is 'Rows an import did not take, with line and reason.';
select internal.protect_tenant_table('import_refusals', 'select, insert, delete');
create policy tenant_wide on import_refusals as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns() and app_sees_all_podcasts()));

create table job_runs (
    id uuid primary key default uuid_generate_v4(),
    job text not null check (job ~ '^[a-z_]+$'),
    scheduled_for timestamptz not null,
    status text not null default 'running' check (status in ('running', 'succeeded', 'failed', 'abandoned')),
    worker text not null,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    lease_until timestamptz not null,
    result jsonb not null default '{}' check (jsonb_typeof(result) = 'object'),
    error_message text,
    unique (job, scheduled_for)
);
create index job_runs_recent on job_runs (job, scheduled_for desc);
comment on table job_runs is 'Runs of the worker''s jobs: one row per job and time slot, so that two workers never run one slot twice. No tenant data.';
grant select on job_runs to podboard_web;
grant select, insert, update, delete on job_runs to podboard_worker;

create table worker_heartbeats (
    worker text primary key,
    started_at timestamptz not null default now(),
    beat_at timestamptz not null default now()
);
comment on table worker_heartbeats is 'Workers that are alive.';
grant select on worker_heartbeats to podboard_web;
grant select, insert, update, delete on worker_heartbeats to podboard_worker;

-- How much waits to be digested: numbers only, for the system page and the health checks.
create function pending_work() returns table (queue text, waiting bigint, oldest timestamptz)
    language sql stable security definer set search_path = pg_catalog, internal
    as $$
    select 'dirty_hours', count(*), min(noted_at) from internal.dirty_hours
    union all select 'dirty_metric_days', count(*), min(noted_at) from internal.dirty_metric_days
    union all select 'dirty_campaigns', count(*), min(noted_at) from internal.dirty_campaigns
    union all select 'reports', count(*), min(queued_at) from internal.report_queue
    $$;
comment on function pending_work() is 'Length and age of each queue; no tenant data.';
revoke all on function pending_work() from public;
grant execute on function pending_work() to podboard_web, podboard_worker;
