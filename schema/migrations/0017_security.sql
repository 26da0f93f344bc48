-- Purpose: keys of machines, policies on attributes, what happened to the safety of a tenant, and requests under the GDPR.

create table api_keys (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    user_id uuid not null,
    key_hash text not null unique check (key_hash ~ '^[0-9a-f]{64}$'),
    prefix text not null check (prefix ~ '^[a-z0-9_]{4,24}$'),
    name text not null check (length(name) between 1 and 120),
    scopes text[] not null
        check (cardinality(scopes) >= 1)
        check (scopes <@ array['metrics.read', 'episodes.read', 'campaigns.read', 'attribution.read', 'reports.read',
                               'reports.create', 'events.write']::text[]),
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (expires_at > created_at),
    unique (tenant_id, id),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index api_keys_user on api_keys (tenant_id, user_id);
comment on table api_keys is 'Keys of the API and the event collector. A key may do what its scopes and its person may, whichever is less.';
comment on column api_keys.key_hash is 'SHA-256 of the whole key, which is shown once and kept nowhere.';
comment on column api_keys.prefix is 'The beginning of the key, so that people tell keys apart.';
comment on column api_keys.scopes is
    'metrics.read, episodes.read, campaigns.read, attribution.read, reports.read, reports.create: what of the API may be called; '
    'events.write: the event collector.';
comment on column api_keys.last_used_at is 'Rounded to the minute.';
select internal.protect_tenant_table('api_keys'),
       internal.guard_table('api_keys', 'keys.manage', 'keys.manage', p_own_reading => 'user_id');
create trigger keep_directory after insert or delete or update of key_hash on api_keys
    for each row execute function internal.keep_directory('api_key', 'key_hash');

create table access_control_policies (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    name text not null check (length(name) between 1 and 120),
    description text not null default '' check (length(description) <= 1000),
    policy_definition jsonb not null
        check (jsonb_typeof(policy_definition) = 'object')
        -- A check of what is missing is null, and null passes: so that all are there is a check of its own.
        check (policy_definition ?& array['version', 'effect', 'actions', 'subjects', 'resource'])
        check (policy_definition -> 'version' = '1')
        check (policy_definition ->> 'effect' in ('allow', 'deny'))
        check (jsonb_typeof(policy_definition -> 'actions') = 'array' and jsonb_array_length(policy_definition -> 'actions') >= 1
               and not policy_definition @? '$.actions[*] ? (!(@ like_regex "^[a-z_]+[.][a-z_]+$"))')
        check (jsonb_typeof(policy_definition -> 'subjects') = 'object' and policy_definition -> 'subjects' <> '{}'
               and not policy_definition @? '$.subjects.keyvalue() ? (!(@.key == "roles" || @.key == "users"))'
               and not policy_definition @? 'strict $.subjects.* ? (@.type() != "array")'
               and not policy_definition @? '$.subjects.*[*] ? (@.type() != "string")')
        check (jsonb_typeof(policy_definition -> 'resource') = 'object'
               and policy_definition -> 'resource' ? 'type'
               and policy_definition -> 'resource' ->> 'type' in ('podcast', 'sponsor', 'campaign', 'report')
               and not policy_definition @? 'strict $.resource.ids ? (@.type() != "array")'
               and not policy_definition @? '$.resource.ids[*] ? (@.type() != "string")')
        check (not policy_definition @? '$.keyvalue() ? (!(@.key == "version" || @.key == "effect" || @.key == "actions"
               || @.key == "subjects" || @.key == "resource" || @.key == "until"))')
        check (not policy_definition ? 'until' or policy_definition ->> 'until' ~ '^\d{4}-\d{2}-\d{2}$'),
    enabled boolean not null default true,
    created_by uuid,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (tenant_id, created_by) references users (tenant_id, id) on delete set null (created_by)
);
create unique index access_control_policies_name on access_control_policies (tenant_id, lower(name)) where deleted_at is null;
create index access_control_policies_created_by on access_control_policies (tenant_id, created_by);
comment on table access_control_policies is 'Who may do what with which resources, beyond roles and ownership. Deny outranks allow.';
comment on column access_control_policies.policy_definition is
    'Object, version 1. effect: allow or deny. actions: array of names of permissions. subjects: {roles: [role names], users: [ids]}, '
    'either or both. resource: {type: podcast | sponsor | campaign | report, ids: [ids]}; without ids every one of the type. '
    'until: ISO date, the last tenant day it holds; without it for good. Nothing else.';
select internal.protect_tenant_table('access_control_policies'),
       internal.guard_table('access_control_policies', 'people.manage', 'people.manage');

create table security_events (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid references tenants (id) on delete cascade,
    user_id uuid references users (id) on delete set null,
    event_type text not null check (event_type in (
        'login_failed', 'login_throttled', 'login_from_new_place', 'password_reset', 'password_changed', 'second_factor_changed',
        'account_disabled', 'roles_changed', 'session_ended', 'token_reused', 'key_created', 'key_revoked', 'key_misused',
        'foreign_access', 'data_exported', 'link_misused')),
    severity text not null check (severity in ('info', 'low', 'medium', 'high', 'critical')),
    details jsonb not null default '{}' check (jsonb_typeof(details) = 'object'),
    ip_address inet,
    user_agent text check (length(user_agent) <= 400),
    occurred_at timestamptz not null default now(),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete set null (user_id)
);
create index security_events_recent on security_events (tenant_id, occurred_at desc);
create index security_events_user on security_events (user_id);
create index security_events_tenant_user on security_events (tenant_id, user_id);
comment on table security_events is
    'What touched the safety of an account or a tenant; append-only. Without a tenant where none is known (a failed log-in of nobody).';
comment on column security_events.event_type is
    'login_*: at the door; password_*, second_factor_changed, account_disabled, roles_changed, session_ended: what became of an account; '
    'token_reused: a spent refresh token came again; key_*: API keys; foreign_access: somebody else''s id was asked for; '
    'data_exported: an export of many rows; link_misused: a share link that had ended.';
comment on column security_events.severity is 'info and low are for the record; medium is read daily; high and critical are mailed at once.';
comment on column security_events.details is 'Object, by event type; never a token, password or e-mail.';
comment on column security_events.ip_address is 'Cut to a prefix.';
alter table security_events enable row level security;
alter table security_events force row level security;
create policy tenant_isolation on security_events
    using (tenant_id = (select app_tenant()) or (tenant_id is null and (select app_is_operator())))
    with check (tenant_id = (select app_tenant()) or (tenant_id is null and (select app_tenant()) is null));
grant select, insert on security_events to podboard_web, podboard_worker;
create policy reading_rights on security_events as restrictive for select to podboard_web, podboard_worker
    using ((select app_may('security.read')) or user_id = (select app_user()) or (select app_is_operator()));

create table gdpr_requests (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    user_id uuid,
    request_type text not null check (request_type in ('access', 'export', 'rectification', 'restriction', 'erasure')),
    status text not null default 'received' check (status in ('received', 'in_progress', 'completed', 'refused', 'withdrawn')),
    requested_at timestamptz not null default now(),
    due_at timestamptz not null default now() + interval '1 month',
    completed_at timestamptz,
    handled_by uuid,
    notes text not null default '' check (length(notes) <= 4000),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (due_at > requested_at),
    check (completed_at >= requested_at),
    check ((status in ('completed', 'refused', 'withdrawn')) = (completed_at is not null)),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete set null (user_id),
    foreign key (tenant_id, handled_by) references users (tenant_id, id) on delete set null (handled_by)
);
create index gdpr_requests_user on gdpr_requests (tenant_id, user_id);
create index gdpr_requests_handled_by on gdpr_requests (tenant_id, handled_by);
create index gdpr_requests_open on gdpr_requests (tenant_id, status, due_at);
comment on table gdpr_requests is 'Requests of people about their own data. Kept as evidence: the person of an erasure goes, the row stays.';
comment on column gdpr_requests.request_type is
    'access: what is held (Art. 15); export: the same to take along (Art. 20); rectification (Art. 16); restriction (Art. 18); erasure (Art. 17).';
comment on column gdpr_requests.status is 'received, in_progress; then one end: completed, refused (notes say why) or withdrawn by the person.';
comment on column gdpr_requests.due_at is 'By when it must be answered: one month, unless prolonged.';
select internal.protect_tenant_table('gdpr_requests', 'select, insert, update'),
       internal.guard_table('gdpr_requests', p_reading => 'people.manage', p_own_reading => 'user_id');
-- Everybody may ask for what is theirs; what becomes of it is not theirs to write.
create policy insert_rights on gdpr_requests as restrictive for insert to podboard_web, podboard_worker
    with check ((select app_may('people.manage'))
                or (user_id = (select app_user()) and status = 'received' and handled_by is null));
create policy update_rights on gdpr_requests as restrictive for update to podboard_web, podboard_worker
    using ((select app_may('people.manage'))) with check ((select app_may('people.manage')));
