-- Purpose: reports by the clock: when, for whom, and what became of each sending.

create table report_schedules (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    name text not null check (length(name) between 1 and 200),
    report_type text not null check (report_type in ('campaign_performance', 'podcast_audience')),
    parameters jsonb not null default '{}'
        check (jsonb_typeof(parameters) = 'object')
        check (not parameters @? 'strict $.* ? (@.type() != "string")'),
    campaign_id uuid,
    podcast_ids uuid[] not null default '{}' check (array_position(podcast_ids, null) is null),
    cron text not null check (cron ~ '^[0-9*/,-]+ [0-9*/,-]+ [0-9*/,L-]+ [0-9*/,-]+ [0-9*/,-]+$' and length(cron) <= 120),
    enabled boolean not null default true,
    next_run_at timestamptz,
    last_run_at timestamptz,
    created_by uuid not null,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((report_type = 'campaign_performance') = (campaign_id is not null)),
    check (not enabled or deleted_at is not null or next_run_at is not null),
    check (next_run_at > last_run_at),
    unique (tenant_id, id),
    foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete restrict,
    foreign key (tenant_id, created_by) references users (tenant_id, id) on delete restrict
);
create index report_schedules_due on report_schedules (tenant_id, next_run_at) where enabled and deleted_at is null;
create index report_schedules_campaign on report_schedules (tenant_id, campaign_id);
create index report_schedules_created_by on report_schedules (tenant_id, created_by);
comment on table report_schedules is 'Reports that are made by the clock, with the rights that created_by has at that moment.';
comment on column report_schedules.report_type is 'The template, as in reports.';
comment on column report_schedules.parameters is 'Object of URL parameters, each a text. A period is relative (last month), counted from the run.';
comment on column report_schedules.podcast_ids is 'The podcasts of an audience report; empty: all that created_by sees.';
comment on column report_schedules.cron is 'Minute, hour, day of month (L: the last), month, day of week (0 Sunday), on the wall clock of the tenant''s zone.';
comment on column report_schedules.next_run_at is 'Counted anew from cron after each run; a run that was missed is made up once.';
select internal.protect_tenant_table('report_schedules');
create policy own_schedules on report_schedules as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns() and app_sees_all_podcasts()) or created_by = (select app_user()));
create policy schedules_in_scope on report_schedules as restrictive to podboard_web, podboard_worker
    using ((campaign_id is null or (select app_sees_all_campaigns()) or campaign_id in (select app_campaigns()))
           and ((select app_sees_all_podcasts()) or podcast_ids <@ array(select app_podcasts())));
select internal.guard_table('report_schedules', p_writing => 'reports.create');
-- Who sees the whole tenant may change another's schedule, but not make one that runs with another's rights.
create policy schedules_are_ones_own on report_schedules as restrictive for insert to podboard_web, podboard_worker
    with check (created_by = (select app_user()) or (select app_may('no person')));

create table report_recipients (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    schedule_id uuid not null,
    channel text not null check (channel in ('email', 'webhook')),
    email text check (email = lower(email) and email ~ '^[^@\s]+@[^@\s]+$' and length(email) <= 254),
    user_id uuid,
    webhook_id uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((channel = 'email') = (email is not null)),
    check ((channel = 'webhook') = (webhook_id is not null)),
    check (user_id is null or channel = 'email'),
    unique (tenant_id, id),
    unique nulls not distinct (tenant_id, schedule_id, email, webhook_id),
    foreign key (tenant_id, schedule_id) references report_schedules (tenant_id, id) on delete cascade,
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
    foreign key (tenant_id, webhook_id) references webhooks (tenant_id, id) on delete cascade
);
create index report_recipients_user on report_recipients (tenant_id, user_id);
create index report_recipients_webhook on report_recipients (tenant_id, webhook_id);
comment on table report_recipients is 'Who gets the reports of a schedule.';
comment on column report_recipients.channel is 'email: to an address; webhook: told to an address of the tenant.';
comment on column report_recipients.user_id is 'The person behind the address, whose preferences count; null for somebody without a log-in.';
select internal.protect_tenant_table('report_recipients'),
       internal.guard_table('report_recipients', p_writing => 'reports.create');
create policy schedule_readable on report_recipients as restrictive to podboard_web, podboard_worker
    using (schedule_id in (select s.id from report_schedules s));

create table report_deliveries (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    schedule_id uuid,
    report_id uuid not null,
    recipient_id uuid,
    channel text not null check (channel in ('email', 'webhook')),
    destination text not null check (length(destination) between 1 and 2000),
    status text not null default 'queued' check (status in ('queued', 'sending', 'delivered', 'failed', 'cancelled')),
    attempts smallint not null default 0 check (attempts >= 0),
    next_attempt_at timestamptz,
    lease_until timestamptz,
    delivered_at timestamptz,
    attempt_log jsonb not null default '[]'
        check (jsonb_typeof(attempt_log) = 'array')
        check (not attempt_log @? '$[*] ? (@.type() != "object" || !exists(@.at) || !exists(@.outcome))'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((status = 'delivered') = (delivered_at is not null)),
    check ((status = 'queued') = (next_attempt_at is not null)),
    check ((status = 'sending') = (lease_until is not null)),
    unique nulls not distinct (tenant_id, report_id, channel, destination),
    foreign key (tenant_id, schedule_id) references report_schedules (tenant_id, id) on delete set null (schedule_id),
    foreign key (tenant_id, report_id) references reports (tenant_id, id) on delete cascade,
    foreign key (tenant_id, recipient_id) references report_recipients (tenant_id, id) on delete set null (recipient_id)
);
create index report_deliveries_schedule on report_deliveries (tenant_id, schedule_id);
create index report_deliveries_recipient on report_deliveries (tenant_id, recipient_id);
create index report_deliveries_waiting on report_deliveries (tenant_id, next_attempt_at) where status in ('queued', 'sending');
comment on table report_deliveries is 'One sending of a report to one destination: sent once, tried again, and what was answered.';
comment on column report_deliveries.status is
    'queued: waits for next_attempt_at; sending: claimed until lease_until; delivered; failed: given up; cancelled: recipient or right was gone.';
comment on column report_deliveries.destination is 'The address as it was at the time.';
comment on column report_deliveries.attempt_log is 'Array, oldest first, of {at: time, outcome: text, code: number of the answer}.';
select internal.protect_tenant_table('report_deliveries', 'select, insert, update');
create policy report_readable on report_deliveries as restrictive to podboard_web, podboard_worker
    using (report_id in (select r.id from reports r));
select internal.guard_table('report_deliveries', p_writing => 'reports.create');
