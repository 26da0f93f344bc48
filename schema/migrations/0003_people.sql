-- Purpose: people, what they may do, their sessions, and the log of who was let in.

create table users (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid references tenants (id) on delete restrict,
    email text not null unique check (email = lower(email) and email ~ '^[^@\s]+@[^@\s]+$' and length(email) <= 254),
    full_name text not null default '' check (length(full_name) <= 200),
    password_hash text,
    email_verified boolean not null default false,
    stripe_customer_id text,
    stripe_subscription_id text,
    is_operator boolean not null default false check (is_operator = (tenant_id is null)),
    disabled_at timestamptz,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id)
);
comment on table users is 'People who log in. tenant_id is null for operators alone.';
comment on column users.password_hash is 'argon2id; null until the invitation is used.';

create table permissions (
    id uuid primary key default uuid_generate_v4(),
    name text not null unique check (name ~ '^[a-z_]+\.[a-z_]+$'),
    description text not null,
    resource_type text not null,
    action text not null,
    created_at timestamptz not null default now()
);
comment on table permissions is 'What can be allowed at all; the same for every tenant, written by migrations only.';

create table roles (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid references tenants (id) on delete cascade,
    name text not null check (length(name) between 1 and 80),
    description text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique nulls not distinct (tenant_id, name),
    unique (tenant_id, id)
);
comment on table roles is 'Named sets of permissions of a tenant; tenant_id is null for the operator role alone.';

create table role_permissions (
    tenant_id uuid references tenants (id) on delete cascade,
    role_id uuid not null references roles (id) on delete cascade,
    permission_id uuid not null references permissions (id) on delete cascade,
    granted_at timestamptz not null default now(),
    primary key (role_id, permission_id),
    foreign key (tenant_id, role_id) references roles (tenant_id, id) on delete cascade
);
create index role_permissions_permission on role_permissions (permission_id);
create index role_permissions_tenant_role on role_permissions (tenant_id, role_id);
comment on table role_permissions is 'Which role grants what.';

create table user_roles (
    tenant_id uuid references tenants (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    role_id uuid not null references roles (id) on delete cascade,
    assigned_at timestamptz not null default now(),
    assigned_by uuid references users (id) on delete set null,
    primary key (user_id, role_id),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
    foreign key (tenant_id, role_id) references roles (tenant_id, id) on delete cascade
);
create index user_roles_role on user_roles (role_id);
create index user_roles_assigned_by on user_roles (assigned_by);
create index user_roles_tenant_user on user_roles (tenant_id, user_id);
create index user_roles_tenant_role on user_roles (tenant_id, role_id);
comment on table user_roles is 'Who holds which role.';

create table resource_ownership (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    resource_type text not null check (resource_type in ('sponsor', 'podcast', 'campaign')),
    resource_id uuid not null,
    owner_id uuid not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (resource_type, resource_id),
    foreign key (tenant_id, owner_id) references users (tenant_id, id) on delete cascade
);
create index resource_ownership_owner on resource_ownership (tenant_id, owner_id);
comment on table resource_ownership is 'Which sponsor, podcast or campaign a person with an own-only permission sees.';

create table sessions (
    id uuid primary key default uuid_generate_v4(),
    token_hash text not null unique check (token_hash ~ '^[0-9a-f]{64}$'),
    tenant_id uuid references tenants (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at timestamptz,
    ip_prefix text,
    user_agent text check (length(user_agent) <= 400),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index sessions_user on sessions (user_id);
create index sessions_tenant_user on sessions (tenant_id, user_id);
comment on table sessions is 'Server-side log-ins, keyed by the SHA-256 of the cookie; idle 30 minutes, at most 12 hours.';

create table password_reset_tokens (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid references tenants (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    token text not null unique check (token ~ '^[0-9a-f]{64}$'),
    purpose text not null default 'reset' check (purpose in ('reset', 'invitation')),
    expires_at timestamptz not null,
    used_at timestamptz,
    created_at timestamptz not null default now(),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index password_reset_tokens_user on password_reset_tokens (user_id);
create index password_reset_tokens_tenant_user on password_reset_tokens (tenant_id, user_id);
comment on table password_reset_tokens is 'One-time links that set a password. token holds the SHA-256, never the token.';

-- Operators have no tenant: their own rows are theirs when no tenant is set and they are the person of the session.
alter table users enable row level security;
alter table users force row level security;
create policy tenant_isolation on users
    using (tenant_id = (select app_tenant()) or (tenant_id is null and (select app_tenant()) is null and id = (select app_user())))
    with check (tenant_id = (select app_tenant()) or (tenant_id is null and (select app_tenant()) is null and id = (select app_user())));
create policy own_row on users as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns() and app_sees_all_podcasts()) or id = (select app_user()));
grant select, insert, update on users to podboard_web, podboard_worker;
create trigger touch_updated_at before update on users for each row execute function internal.touch_updated_at();
create trigger keep_directory after insert or delete or update of email, tenant_id on users
    for each row execute function internal.keep_directory('account', 'email');

do $$
declare
    target text;
begin
    foreach target in array array['roles', 'role_permissions'] loop
        execute format('alter table %I enable row level security', target);
        execute format('alter table %I force row level security', target);
        execute format('create policy tenant_isolation on %I using (tenant_id = (select app_tenant()) '
            'or (tenant_id is null and (select app_tenant()) is null and (select app_user()) is not null)) '
            'with check (tenant_id = (select app_tenant()))', target);
        execute format('grant select, insert, update, delete on %I to podboard_web, podboard_worker', target);
    end loop;
    foreach target in array array['user_roles', 'sessions', 'password_reset_tokens'] loop
        execute format('alter table %I enable row level security', target);
        execute format('alter table %I force row level security', target);
        execute format('create policy tenant_isolation on %I using (tenant_id = (select app_tenant()) '
            'or (tenant_id is null and (select app_tenant()) is null and user_id = (select app_user()))) '
            'with check (tenant_id = (select app_tenant()) '
            'or (tenant_id is null and (select app_tenant()) is null and user_id = (select app_user())))', target);
        execute format('grant select, insert, update, delete on %I to podboard_web, podboard_worker', target);
    end loop;
end
$$;
create trigger touch_updated_at before update on roles for each row execute function internal.touch_updated_at();
create trigger keep_directory after insert or delete or update of token_hash on sessions
    for each row execute function internal.keep_directory('session', 'token_hash');
create trigger keep_directory after insert or delete or update of token on password_reset_tokens
    for each row execute function internal.keep_directory('password_token', 'token');
select internal.protect_tenant_table('resource_ownership');
grant select on permissions to podboard_web, podboard_worker;

-- Failures per account and address prefix. Not tenant data: the key is an HMAC, and nobody is ever locked out for good.
create table login_attempts (
    attempt_key text primary key check (attempt_key ~ '^[0-9a-f]{64}$'),
    failures integer not null default 0 check (failures >= 0),
    blocked_until timestamptz,
    last_failed_at timestamptz not null default now()
);
comment on table login_attempts is 'Log-in throttle: exponential up to 15 minutes, cleared by a success.';
grant select, insert, update, delete on login_attempts to podboard_web, podboard_worker;

create table access_logs (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid references tenants (id) on delete cascade,
    user_id uuid references users (id) on delete set null,
    resource_type text not null,
    resource_id uuid,
    action text not null,
    allowed boolean not null,
    reason text,
    ip_address inet,
    user_agent text,
    occurred_at timestamptz not null default now()
);
create index access_logs_tenant on access_logs (tenant_id, occurred_at desc);
create index access_logs_user on access_logs (user_id);
comment on table access_logs is 'Who asked for what and was let in or not. ip_address is cut to a prefix.';
alter table access_logs enable row level security;
alter table access_logs force row level security;
create policy tenant_isolation on access_logs
    using (tenant_id = (select app_tenant()))
    with check (tenant_id = (select app_tenant()) or (tenant_id is null and (select app_tenant()) is null));
-- Reading is for those who see the whole tenant; everybody's own attempts are written.
create policy tenant_wide on access_logs as restrictive for select to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns() and app_sees_all_podcasts()));
grant select, insert on access_logs to podboard_web, podboard_worker;

create table audit_logs (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    user_id uuid references users (id) on delete set null,
    action text not null,
    resource_type text not null,
    resource_id uuid,
    changes jsonb not null default '{}',
    ip_address inet,
    user_agent text,
    occurred_at timestamptz not null default now()
);
create index audit_logs_tenant on audit_logs (tenant_id, occurred_at desc);
create index audit_logs_user on audit_logs (user_id);
comment on table audit_logs is 'Changes made by a person or key; append-only. An import writes one row.';
select internal.protect_tenant_table('audit_logs', 'select, insert');
create policy tenant_wide on audit_logs as restrictive for select to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns() and app_sees_all_podcasts()));

insert into permissions (name, description, resource_type, action) values
    ('campaigns.read_all', 'See every campaign of the tenant', 'campaign', 'read_all'),
    ('campaigns.read_own', 'See the campaigns of one''s own sponsors', 'campaign', 'read_own'),
    ('podcasts.read_all', 'See every podcast of the tenant', 'podcast', 'read_all'),
    ('podcasts.read_own', 'See one''s own podcasts', 'podcast', 'read_own'),
    ('portfolio.read', 'See the portfolio of all sponsors', 'portfolio', 'read'),
    ('reports.read', 'See the report library', 'report', 'read'),
    ('reports.create', 'Make PDF reports', 'report', 'create'),
    ('imports.create', 'Import feeds and events', 'import', 'create'),
    ('people.manage', 'Invite people and give them roles', 'user', 'manage'),
    ('settings.manage', 'Change settings and branding', 'tenant', 'manage'),
    ('system.read', 'See freshness and jobs', 'system', 'read');

-- The roles every tenant starts with. Afterwards they are the tenant's data.
create function internal.create_tenant_roles() returns trigger
    language plpgsql
    as $$
begin
    insert into public.roles (tenant_id, name, description) values
        (new.id, 'sponsor', 'Sees its own campaigns'),
        (new.id, 'podcaster', 'Sees its own podcasts'),
        (new.id, 'account_manager', 'Sees all campaigns and podcasts, makes reports'),
        (new.id, 'admin', 'Everything in the tenant');
    insert into public.role_permissions (tenant_id, role_id, permission_id)
    select new.id, r.id, p.id
    from public.roles r
    join public.permissions p on
        (r.name = 'sponsor' and p.name in ('campaigns.read_own', 'reports.read', 'reports.create'))
        or (r.name = 'podcaster' and p.name in ('podcasts.read_own', 'reports.read', 'reports.create'))
        or (r.name = 'account_manager' and p.name in ('campaigns.read_all', 'podcasts.read_all', 'portfolio.read',
                                                       'reports.read', 'reports.create', 'imports.create', 'system.read'))
        or (r.name = 'admin' and p.name not in ('campaigns.read_own', 'podcasts.read_own'))
    where r.tenant_id = new.id;
    return null;
end
$$;
create trigger create_tenant_roles after insert on tenants for each row execute function internal.create_tenant_roles();

-- The operator role has no tenant; FORCE would hide it from the migration itself, hence the short lifting.
alter table roles no force row level security;
alter table role_permissions no force row level security;
insert into roles (tenant_id, name, description) values (null, 'operator', 'Runs the system; reads no tenant data');
insert into role_permissions (tenant_id, role_id, permission_id)
select null, r.id, p.id from roles r join permissions p on p.name = 'system.read' where r.name = 'operator' and r.tenant_id is null;
alter table roles force row level security;
alter table role_permissions force row level security;
