-- Purpose: a request at a prefix is answered once it is kept; the worker counts it, before its next refresh. To find out whether a
-- listener's day is counted took as long as the episode had downloads that day, and while an import had its turn, all of the import.
-- take_request() stays for the release at work meanwhile.

create table internal.waiting_requests (
    tenant_id uuid not null,
    occurred_at timestamptz not null,
    id uuid not null,
    episode_id uuid not null,
    listener_id text not null check (length(listener_id) between 1 and 200),
    app text not null check (length(app) <= 200),
    device text not null check (length(device) <= 200),
    os text not null check (length(os) <= 200),
    country text check (length(country) <= 200),
    region text check (length(region) <= 200),
    primary key (tenant_id, occurred_at, id)
);
comment on table internal.waiting_requests is
    'Requests at prefixes that every rule for single requests let pass, until the worker counts them in their windows and takes them off '
    'in the same transaction. No address is kept.';

create function keep_request(p_id uuid, p_occurred_at timestamptz, p_episode_id uuid, p_listener_id text, p_app text, p_device text,
                             p_os text, p_country text, p_region text)
    returns void
    language sql volatile security definer set search_path = pg_catalog, internal
    as $$
    insert into internal.waiting_requests
        (tenant_id, occurred_at, id, episode_id, listener_id, app, device, os, country, region)
    select public.app_tenant(), p_occurred_at, p_id, p_episode_id, p_listener_id, p_app, p_device, p_os, p_country, p_region
    $$;
comment on function keep_request(uuid, timestamptz, uuid, text, text, text, text, text, text) is
    'Keeps a request of the tenant in the session until the worker counts it. Whose episode it is, is looked at then.';

create function take_prefix_request(p_tenant_id uuid, p_id uuid, p_occurred_at timestamptz, p_episode_id uuid, p_reason text,
                                    p_rule_version text, p_listener_id text, p_app text, p_device text, p_os text, p_country text,
                                    p_region text)
    returns void
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
begin
    perform set_account_context(p_tenant_id, null);
    if p_reason is null then
        perform keep_request(p_id, p_occurred_at, p_episode_id, p_listener_id, p_app, p_device, p_os, p_country, p_region);
    else
        insert into excluded_requests (id, tenant_id, episode_id, reason, rule_version, occurred_at)
        values (p_id, p_tenant_id, p_episode_id, p_reason, p_rule_version, p_occurred_at);
    end if;
    perform set_account_context(null, null);
end
$$;
comment on function take_prefix_request(uuid, uuid, timestamptz, uuid, text, text, text, text, text, text, text, text) is
    'Records a request at a prefix: refused with its reason, or kept to be counted in its window.';

create or replace function pending_work() returns table (queue text, waiting bigint, oldest timestamptz)
    language sql stable security definer set search_path = pg_catalog, internal
    as $$
    select 'dirty_hours', count(*), min(noted_at) from internal.dirty_hours
    union all select 'dirty_metric_days', count(*), min(noted_at) from internal.dirty_metric_days
    union all select 'dirty_campaigns', count(*), min(noted_at) from internal.dirty_campaigns
    union all select 'waiting_requests', count(*), min(occurred_at) from internal.waiting_requests
    union all select 'reports', count(*), min(queued_at) from internal.report_queue
    $$;

revoke all on function keep_request(uuid, timestamptz, uuid, text, text, text, text, text, text),
    take_prefix_request(uuid, uuid, timestamptz, uuid, text, text, text, text, text, text, text, text) from public;
grant execute on function keep_request(uuid, timestamptz, uuid, text, text, text, text, text, text),
    take_prefix_request(uuid, uuid, timestamptz, uuid, text, text, text, text, text, text, text, text) to podboard_web, podboard_worker;
