-- Purpose: other services a tenant is connected with, what is sent to them, and partners.

-- Secrets that must be read again (to call a service, to sign a message) are encrypted by the application with a key that
-- the database never sees: nonce, ciphertext and tag as bytes, and the id of the key. People's sessions write them and
-- cannot read them back; the worker's role can. Everything else that proves something is kept as a hash.

create table integrations (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    name text not null check (length(name) between 1 and 120),
    integration_type text not null
        check (integration_type in ('hosting', 'analytics', 'ad_server', 'shop', 'crm', 'storage', 'messaging')),
    status text not null default 'pending' check (status in ('pending', 'connected', 'paused', 'failed', 'disconnected')),
    configuration jsonb not null default '{}'
        check (jsonb_typeof(configuration) = 'object')
        check (not configuration ?| array['token', 'access_token', 'refresh_token', 'api_key', 'password', 'secret', 'client_secret']),
    created_by uuid,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id),
    foreign key (tenant_id, created_by) references users (tenant_id, id) on delete set null (created_by)
);
create unique index integrations_name on integrations (tenant_id, lower(name)) where deleted_at is null;
create index integrations_created_by on integrations (tenant_id, created_by);
comment on table integrations is 'Services a tenant is connected with.';
comment on column integrations.integration_type is
    'hosting: where episodes lie; analytics: other counts; ad_server: ads delivered; shop: orders; crm: sponsors and deals; '
    'storage: where exports go; messaging: where alerts go.';
comment on column integrations.status is
    'pending: not yet allowed by the service; connected; paused: by a person; failed: the service refuses; disconnected: ended.';
comment on column integrations.configuration is
    'Object. base_url: https; account: name or number at the service; sync_minutes: how often; podcast_ids, sponsor_ids: what it is for. '
    'Never a secret: those are integration_tokens.';
select internal.protect_tenant_table('integrations'),
       internal.guard_table('integrations', 'integrations.manage', 'integrations.manage');

create table integration_tokens (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    integration_id uuid not null,
    token_type text not null check (token_type in ('access', 'refresh', 'api_key', 'basic')),
    token_value_encrypted bytea not null check (octet_length(token_value_encrypted) between 29 and 16384),
    key_id text not null check (key_id ~ '^[a-z0-9_-]{1,40}$'),
    expires_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, integration_id, token_type),
    foreign key (tenant_id, integration_id) references integrations (tenant_id, id) on delete cascade
);
comment on table integration_tokens is 'Secrets of integrations. A person''s session writes them and never reads them back.';
comment on column integration_tokens.token_type is 'access and refresh: OAuth; api_key: a key of the service; basic: name and password.';
comment on column integration_tokens.token_value_encrypted is
    'Nonce (12 bytes), ciphertext, tag (16 bytes), encrypted by the application; readable by the worker''s role only.';
comment on column integration_tokens.key_id is 'Which key encrypted it, so that keys can be changed.';
select internal.protect_tenant_table('integration_tokens',
           'insert, update, delete, select (id, tenant_id, integration_id, token_type, key_id, expires_at, created_at, updated_at)'),
       internal.guard_table('integration_tokens', 'integrations.manage', 'integrations.manage');
grant select on integration_tokens to podboard_worker;

create table webhooks (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    integration_id uuid,
    url text not null check (url ~ '^https://[^\s/@]+(/[^\s]*)?$' and length(url) <= 2000),
    event_types text[] not null
        check (cardinality(event_types) >= 1)
        check (event_types <@ array['report.ready', 'report.failed', 'alert.opened', 'alert.resolved', 'campaign.stage_changed',
                                    'import.completed', 'import.failed', 'episode.published']::text[]),
    secret bytea not null check (octet_length(secret) between 29 and 4096),
    secret_key_id text not null check (secret_key_id ~ '^[a-z0-9_-]{1,40}$'),
    enabled boolean not null default true,
    created_by uuid,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id),
    foreign key (tenant_id, integration_id) references integrations (tenant_id, id) on delete restrict,
    foreign key (tenant_id, created_by) references users (tenant_id, id) on delete set null (created_by)
);
create index webhooks_integration on webhooks (tenant_id, integration_id);
create index webhooks_created_by on webhooks (tenant_id, created_by);
comment on table webhooks is 'Addresses that are told of events; each message is signed. With the rights of created_by, nobody''s once that person is gone.';
comment on column webhooks.url is 'https, without a user name; the address behind it is checked again at each call.';
comment on column webhooks.event_types is
    'report.ready, report.failed, alert.opened, alert.resolved, campaign.stage_changed, import.completed, import.failed, episode.published.';
comment on column webhooks.secret is
    'What signs the messages, shown once. Encrypted as integration_tokens are: nonce, ciphertext, tag; readable by the worker''s role only.';
select internal.protect_tenant_table('webhooks',
           'insert, update, delete, select (id, tenant_id, integration_id, url, event_types, secret_key_id, enabled, created_by, '
           'deleted_at, created_at, updated_at)'),
       internal.guard_table('webhooks', 'integrations.manage', 'integrations.manage');
grant select on webhooks to podboard_worker;

create table integration_sync_logs (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    integration_id uuid not null,
    sync_type text not null check (sync_type in ('full', 'incremental', 'test')),
    status text not null default 'running' check (status in ('running', 'succeeded', 'partial', 'failed')),
    records_synced bigint not null default 0 check (records_synced >= 0),
    error_message text check (length(error_message) <= 2000),
    started_at timestamptz not null default now(),
    completed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (completed_at >= started_at),
    check ((status = 'running') = (completed_at is null)),
    check (status not in ('partial', 'failed') or error_message is not null),
    foreign key (tenant_id, integration_id) references integrations (tenant_id, id) on delete cascade
);
create index integration_sync_logs_recent on integration_sync_logs (tenant_id, integration_id, started_at desc);
comment on table integration_sync_logs is 'Each exchange with a service: what came of it.';
comment on column integration_sync_logs.sync_type is 'full: everything anew; incremental: since the last; test: whether it answers at all.';
comment on column integration_sync_logs.status is 'running; succeeded; partial: some records refused, error_message says which; failed.';
select internal.protect_tenant_table('integration_sync_logs'),
       internal.guard_table('integration_sync_logs', 'integrations.manage', 'integrations.manage');

create table partners (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    name text not null check (length(name) between 1 and 200),
    partner_type text not null check (partner_type in ('hosting', 'measurement', 'network', 'technology', 'reseller')),
    contact_email text check (contact_email = lower(contact_email) and contact_email ~ '^[^@\s]+@[^@\s]+$' and length(contact_email) <= 254),
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id)
);
create unique index partners_name on partners (tenant_id, lower(name)) where deleted_at is null;
comment on table partners is 'Firms a tenant works with that are neither sponsor nor agency.';
comment on column partners.partner_type is
    'hosting: serves the episodes; measurement: counts too; network: sells with us; technology: tools; reseller: sells us.';
select internal.protect_tenant_table('partners'),
       internal.guard_table('partners', 'integrations.manage', 'integrations.manage');

create table partner_integrations (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    partner_id uuid not null,
    integration_type text not null check (integration_type in ('data_feed', 'file_drop', 'api', 'prefix', 'manual')),
    configuration jsonb not null default '{}'
        check (jsonb_typeof(configuration) = 'object')
        check (not configuration ?| array['token', 'access_token', 'refresh_token', 'api_key', 'password', 'secret', 'client_secret']),
    status text not null default 'planned' check (status in ('planned', 'testing', 'active', 'paused', 'ended')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, partner_id, integration_type),
    foreign key (tenant_id, partner_id) references partners (tenant_id, id) on delete cascade
);
comment on table partner_integrations is 'How data comes from or goes to a partner.';
comment on column partner_integrations.integration_type is
    'data_feed: they send events; file_drop: files by the day; api: we ask; prefix: a redirect in the audio URL; manual: by a person.';
comment on column partner_integrations.configuration is 'Object. url: https; schedule: cron; format: csv or json; contact: who is asked. Never a secret.';
comment on column partner_integrations.status is 'planned, testing, active, paused by a person, ended.';
select internal.protect_tenant_table('partner_integrations'),
       internal.guard_table('partner_integrations', 'integrations.manage', 'integrations.manage');
