-- Purpose: what belongs to one person: mail preferences, figures about them, and the tokens that prove who they are.

-- Tables that hang on a person: an operator has no tenant, so its own rows are its own when no tenant is set.
create function internal.protect_personal_table(target regclass, grants text) returns void
    language plpgsql
    as $$
declare
    mine constant text := '(tenant_id = (select app_tenant()) '
        'or (tenant_id is null and (select app_tenant()) is null and user_id = (select app_user())))';
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format('create policy tenant_isolation on %s using %s with check %s', target, mine, mine);
    execute format('grant %s on %s to podboard_web, podboard_worker', grants, target);
    if exists (select from pg_attribute where attrelid = target and attname = 'updated_at' and not attisdropped) then
        execute format('create trigger touch_updated_at before update on %s for each row execute function internal.touch_updated_at()', target);
    end if;
end
$$;

create table user_email_preferences (
    user_id uuid primary key references users (id) on delete cascade,
    tenant_id uuid references tenants (id) on delete cascade,
    marketing_emails boolean not null default false,
    product_updates boolean not null default true,
    security_alerts boolean not null default true,
    reports boolean not null default true,
    alerts boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index user_email_preferences_tenant_user on user_email_preferences (tenant_id, user_id);
comment on table user_email_preferences is
    'Which mail a person wants; made with the person. Marketing is asked for, the rest is on until switched off. '
    'Links that set a password are always sent.';
comment on column user_email_preferences.reports is 'Reports of schedules that name the person.';
comment on column user_email_preferences.alerts is 'Alerts of the person''s own rules.';
select internal.protect_personal_table('user_email_preferences', 'select, insert, update'),
       internal.guard_table('user_email_preferences', 'people.manage', 'people.manage', 'user_id', 'user_id');

create function internal.create_email_preferences() returns trigger
    language plpgsql
    as $$
begin
    insert into public.user_email_preferences (user_id, tenant_id) values (new.id, new.tenant_id);
    return null;
end
$$;
create trigger create_email_preferences after insert on users for each row execute function internal.create_email_preferences();

do $$
declare
    tenant uuid;
    operator uuid;
begin
    for tenant in select d.tenant_id from internal.tenant_directory d loop
        perform set_tenant_context(tenant);
        insert into user_email_preferences (user_id, tenant_id) select u.id, u.tenant_id from users u where u.tenant_id = tenant;
    end loop;
    for operator in select d.entity_id from internal.directory d where d.kind = 'account' and d.tenant_id is null loop
        perform set_account_context(null, operator);
        insert into user_email_preferences (user_id) values (operator);
    end loop;
    perform set_account_context(null, null);
end
$$;

create table user_metrics (
    tenant_id uuid references tenants (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    metric_name text not null
        check (metric_name in ('log_ins_30d', 'active_days_30d', 'reports_made_30d', 'views_saved', 'links_shared')),
    metric_value numeric not null default 0 check (metric_value >= 0),
    metric_data jsonb not null default '{}' check (jsonb_typeof(metric_data) = 'object'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, metric_name),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index user_metrics_tenant_user on user_metrics (tenant_id, user_id);
comment on table user_metrics is 'How a person uses podboard, counted by the worker; updated_at is the as-of.';
comment on column user_metrics.metric_name is
    'log_ins_30d: log-ins of the last 30 days; active_days_30d: days with at least one page; reports_made_30d: reports asked for; '
    'views_saved: saved views that are there; links_shared: share links that are open.';
comment on column user_metrics.metric_data is 'Object. by_day: {ISO date: number}, where the metric counts days.';
select internal.protect_personal_table('user_metrics', 'select, insert, update, delete'),
       internal.guard_table('user_metrics', p_reading => 'people.manage', p_writing => 'no person', p_own_reading => 'user_id');

create table email_verification_tokens (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid references tenants (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    token text not null unique check (token ~ '^[0-9a-f]{64}$'),
    email text not null check (email = lower(email) and email ~ '^[^@\s]+@[^@\s]+$' and length(email) <= 254),
    expires_at timestamptz not null,
    used_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (expires_at > created_at),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index email_verification_tokens_user on email_verification_tokens (user_id);
create index email_verification_tokens_tenant_user on email_verification_tokens (tenant_id, user_id);
comment on table email_verification_tokens is 'One-time links that prove an address, good for 24 hours.';
comment on column email_verification_tokens.token is 'SHA-256 of the token, never the token.';
comment on column email_verification_tokens.email is 'The address that was proved: another one since is not.';
select internal.protect_personal_table('email_verification_tokens', 'select, insert, update, delete'),
       internal.guard_table('email_verification_tokens', 'people.manage', 'people.manage', 'user_id', 'user_id');
create trigger keep_directory after insert or delete or update of token on email_verification_tokens
    for each row execute function internal.keep_directory('email_token', 'token');

create table refresh_tokens (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid references tenants (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    family_id uuid not null,
    token text not null unique check (token ~ '^[0-9a-f]{64}$'),
    replaced_by uuid,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    revoked_reason text check (revoked_reason in ('rotated', 'reused', 'logged_out', 'disabled', 'password_changed')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (expires_at > created_at),
    check ((revoked_at is null) = (revoked_reason is null)),
    check (replaced_by is null or (revoked_at is not null and replaced_by <> id)),
    unique (user_id, family_id, id),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
    foreign key (user_id, family_id, replaced_by) references refresh_tokens (user_id, family_id, id)
        on delete set null (replaced_by) deferrable initially deferred
);
create index refresh_tokens_family on refresh_tokens (user_id, family_id, replaced_by);
create index refresh_tokens_tenant_user on refresh_tokens (tenant_id, user_id);
-- A family has one token that may be used: of two that rotate it at the same time the second fails.
create unique index refresh_tokens_live on refresh_tokens (family_id) where revoked_at is null;
comment on table refresh_tokens is
    'Refresh tokens of the API. Each use replaces the token by the next of its family; a used one that comes again revokes the family.';
comment on column refresh_tokens.token is 'SHA-256 of the token, never the token.';
comment on column refresh_tokens.family_id is 'The log-in that the token goes back to; a family is of one person.';
comment on column refresh_tokens.revoked_reason is
    'rotated: replaced by the next; reused: one of the family came twice; logged_out, disabled, password_changed: ended by that.';
select internal.protect_personal_table('refresh_tokens', 'select, insert, update, delete'),
       internal.guard_table('refresh_tokens', 'people.manage', 'people.manage', 'user_id', 'user_id');
create trigger keep_directory after insert or delete or update of token on refresh_tokens
    for each row execute function internal.keep_directory('refresh_token', 'token');
