-- Purpose: each download says by which window and which version of the rules it was counted: a small number that stands for both. Repeats
-- that files and the API send are kept as those of logs are, which needs nothing of the schema.

create table counting_methods (
    tenant_id uuid not null references tenants (id) on delete cascade,
    number smallint not null check (number > 0),
    download_window text not null
        check (download_window in ('calendar_day', 'rolling_first_touch', 'rolling_last_touch', 'unknown')),
    time_zone text not null check (length(time_zone) between 1 and 64),
    rule_version text not null check (length(rule_version) between 1 and 80),
    data_centres text not null check (data_centres in ('with_list', 'without_list', 'source', 'unknown')),
    first_at timestamptz,
    last_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (last_at >= first_at),
    primary key (tenant_id, number),
    unique (tenant_id, download_window, time_zone, rule_version, data_centres)
);
comment on table counting_methods is
    'The ways in which downloads of the tenant were counted; listener_events.counted_by names one. A handful of rows: one more when the '
    'tenant''s window or zone, the rules, or what data centres are filtered by changes. Kept as long as the tenant.';
comment on column counting_methods.number is 'Of the tenant''s own, from 1 on. Never used again for another way.';
comment on column counting_methods.download_window is
    'calendar_day, rolling_first_touch, rolling_last_touch: as tenant_settings had it then. unknown: of downloads that were counted before '
    'it was kept, which name no way.';
comment on column counting_methods.time_zone is 'IANA name of the zone whose calendar days they are; UTC where windows know no days.';
comment on column counting_methods.rule_version is 'Which counting rules were applied: COUNTING_VERSION, as "IAB 2.3, rules 1"; or unknown.';
comment on column counting_methods.data_centres is
    'with_list, without_list: whether requests from data centres and VPNs were refused by a list of addresses. source: events carry no '
    'address, and whoever sent them had filtered them. unknown: not kept.';
comment on column counting_methods.first_at is 'The earliest download that was counted so; empty as long as repeats alone were found.';
comment on column counting_methods.last_at is 'The latest one.';

-- Not protected yet: the owner sees every tenant's. How far back their downloads lie is not looked up: no event is older.
insert into counting_methods (tenant_id, number, download_window, time_zone, rule_version, data_centres, first_at, last_at)
select d.tenant_id, 1, 'unknown', 'UTC', 'unknown', 'unknown', now() - interval '10 years', now()
from internal.tenant_directory d;

select internal.protect_tenant_table('counting_methods', 'select, insert, update'),
       internal.guard_table('counting_methods', p_writing => 'imports.create');

-- Whether data centres were filtered is known when a request comes, and not when it is counted. What the release at work keeps
-- meanwhile says nothing of it.
alter table internal.waiting_requests add column data_centres text;
alter table internal.waiting_requests
    add constraint waiting_requests_data_centres_check check (data_centres in ('with_list', 'without_list')) not valid;
comment on column internal.waiting_requests.data_centres is 'with_list, without_list: as in counting_methods; empty: not kept.';

create function keep_request(p_id uuid, p_occurred_at timestamptz, p_episode_id uuid, p_listener_id text, p_app text, p_device text,
                             p_os text, p_country text, p_region text, p_data_centres text)
    returns void
    language sql volatile security definer set search_path = pg_catalog, internal
    as $$
    insert into internal.waiting_requests
        (tenant_id, occurred_at, id, episode_id, listener_id, app, device, os, country, region, data_centres)
    select public.app_tenant(), p_occurred_at, p_id, p_episode_id, p_listener_id, p_app, p_device, p_os, p_country, p_region,
           p_data_centres
    $$;
comment on function keep_request(uuid, timestamptz, uuid, text, text, text, text, text, text, text) is
    'Keeps a request of the tenant in the session until the worker counts it. Whose episode it is, is looked at then.';

create function take_prefix_request(p_tenant_id uuid, p_id uuid, p_occurred_at timestamptz, p_episode_id uuid, p_reason text,
                                    p_rule_version text, p_listener_id text, p_app text, p_device text, p_os text, p_country text,
                                    p_region text, p_data_centres text)
    returns void
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
begin
    perform set_account_context(p_tenant_id, null);
    if p_reason is null then
        perform keep_request(p_id, p_occurred_at, p_episode_id, p_listener_id, p_app, p_device, p_os, p_country, p_region,
                             p_data_centres);
    else
        insert into excluded_requests (id, tenant_id, episode_id, reason, rule_version, occurred_at)
        values (p_id, p_tenant_id, p_episode_id, p_reason, p_rule_version, p_occurred_at);
    end if;
    perform set_account_context(null, null);
end
$$;
comment on function take_prefix_request(uuid, uuid, timestamptz, uuid, text, text, text, text, text, text, text, text, text) is
    'Records a request at a prefix: refused with its reason, or kept to be counted in its window.';

revoke all on function keep_request(uuid, timestamptz, uuid, text, text, text, text, text, text, text),
    take_prefix_request(uuid, uuid, timestamptz, uuid, text, text, text, text, text, text, text, text, text) from public;
grant execute on function keep_request(uuid, timestamptz, uuid, text, text, text, text, text, text, text),
    take_prefix_request(uuid, uuid, timestamptz, uuid, text, text, text, text, text, text, text, text, text)
    to podboard_web, podboard_worker;

-- Last, as it locks what everybody writes to. Nothing is rewritten or read: what stands there names no way, and 0118 looks the checks
-- through. No reference: the row would be looked up for each event, and it is written in the transaction of the first one.
alter table listener_events add column counted_by smallint;
alter table listener_events
    add constraint listener_events_counted_by check (counted_by > 0) not valid,
    add constraint listener_events_counted_downloads check (counted_by is null or event_type = 'download') not valid;
comment on column listener_events.counted_by is
    'Of a download that podboard counted the number in counting_methods: within which window and by which rules it is unique. Empty: '
    'counted before this was kept, or no download.';
