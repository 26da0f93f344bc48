-- Purpose: what grows by the clock says how long it is kept, and the worker can let go of it.

-- A window goes by when it was last written, not by when it closed alone: a log of long ago may be in the middle of its
-- import. now() is one value for the statement: noted once, nothing is rewritten.
alter table counting_windows
    add column created_at timestamptz not null default now(),
    add column updated_at timestamptz not null default now();
create trigger touch_updated_at before update on counting_windows
    for each row execute function internal.touch_updated_at();
comment on table counting_windows is
    'What a listener got of an episode in a window that a later request may still change: calendar days without a download yet, '
    'rolling windows. Survives the end of a file. Kept until a month after the window closed and was last written.';

-- Lines about nobody's tenant (a failed log-in of nobody) are nobody's to read, and the worker's to let go of as the owner.
alter policy tenant_isolation on access_logs
    using (tenant_id = (select app_tenant())
           or (tenant_id is null and (select app_tenant()) is null and current_user = 'podboard_owner'));
alter policy tenant_isolation on security_events
    using (tenant_id = (select app_tenant())
           or (tenant_id is null and (select app_is_operator()))
           or (tenant_id is null and (select app_tenant()) is null and current_user = 'podboard_owner'));

do $$
declare
    kept record;
begin
    for kept in
        select * from (values
            ('access_logs', 'two years'), ('api_usage', 'two years'), ('import_refusals', 'two years'),
            ('integration_sync_logs', 'two years'), ('security_events', 'two years'), ('share_link_views', 'two years'),
            ('email_verification_tokens', 'until a week after its end'), ('password_reset_tokens', 'until a week after its end'),
            ('refresh_tokens', 'until a week after it ran out'), ('sessions', 'until a day after its end'),
            ('login_attempts', 'until a day after the last failure'), ('worker_heartbeats', 'while the worker is alive, and a day'),
            ('job_runs', 'two weeks, of runs that did nothing an hour'),
            ('ai_token_usage', 'as long as the tenant'), ('alerts', 'as long as the rule'),
            ('api_keys', 'as long as the person, also once it ran out'), ('attribution_events', 'as long as the tenant'),
            ('audit_logs', 'as long as the tenant'), ('backup_records', 'as long as the tenant'),
            ('churn_events', 'as long as the tenant'), ('etl_imports', 'as long as the tenant'),
            ('experiment_events', 'as long as the experiment'), ('failover_events', 'for good'),
            ('integration_tokens', 'as long as the integration'), ('listener_keys', 'as long as the tenant'),
            ('marketplace_revenue', 'as long as the listing'), ('report_deliveries', 'as long as the report'),
            ('reports', 'as long as the tenant, unless a person deletes it'),
            ('share_links', 'as long as the person, also once it ran out')) as v (name, for_how_long)
    loop
        execute format('comment on table %I is %L', kept.name,
            obj_description(kept.name::regclass, 'pg_class') || format(' Kept %s.', kept.for_how_long));
    end loop;
end
$$;
comment on column excluded_requests.rule_version is
    'Which counting rules were applied: COUNTING_VERSION, as "IAB 2.3, rules 1". Those were the only ones there were while this was a '
    'number, which is what rows of that time say now; "1" was written by the release of that time and means the same.';
