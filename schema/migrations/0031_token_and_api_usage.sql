-- Purpose: what people and keys use up: AI tokens with a balance that cannot be overdrawn, and calls of the API.

-- The balance is not written but computed from what was given and what was spent, and what was spent is written by the
-- trigger of ai_token_usage alone: the two tables cannot disagree, and of two who spend the last tokens one is refused.
create table ai_token_balances (
    tenant_id uuid not null references tenants (id) on delete cascade,
    user_id uuid not null,
    granted bigint not null default 0,
    spent bigint not null default 0 check (spent >= 0),
    balance bigint not null generated always as (granted - spent) stored check (balance >= 0),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, user_id),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
comment on table ai_token_balances is 'AI tokens a person has left; nobody without a row here has any. Kept as long as the person.';
comment on column ai_token_balances.granted is 'Given in all; whoever manages billing raises or lowers it, never below what is spent.';
comment on column ai_token_balances.spent is 'Sum of token_count in ai_token_usage, kept by its trigger.';
comment on column ai_token_balances.balance is 'granted - spent; never negative.';
select internal.protect_tenant_table('ai_token_balances', 'select, insert (tenant_id, user_id, granted), update (granted)'),
       internal.guard_table('ai_token_balances', 'billing.manage', 'billing.manage', p_own_reading => 'user_id');

create table ai_token_usage (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    user_id uuid,
    token_count integer not null check (token_count > 0),
    usage_type text not null check (usage_type in ('transcription', 'matching', 'ad_check', 'summary', 'question')),
    created_at timestamptz not null default now(),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete set null (user_id)
);
create index ai_token_usage_user on ai_token_usage (tenant_id, user_id, created_at);
create index ai_token_usage_time on ai_token_usage (tenant_id, created_at);
comment on table ai_token_usage is 'AI tokens spent, append-only: each row is taken off the person''s balance, or refused. user_id is null once the person is gone.';
comment on column ai_token_usage.usage_type is
    'transcription: of episodes; matching: suggested podcasts; ad_check: whether an ad aired; summary: sentences of reports; question: asked in words.';
select internal.protect_tenant_table('ai_token_usage', 'select, insert'),
       internal.guard_table('ai_token_usage', 'billing.manage', 'no person', 'user_id', 'user_id');

create function internal.spend_ai_tokens() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
begin
    update public.ai_token_balances b set spent = b.spent + new.token_count
    where b.tenant_id = new.tenant_id and b.user_id = new.user_id;
    if not found then
        raise exception 'this person was given no AI tokens' using errcode = 'check_violation', table = 'ai_token_balances';
    end if;
    return null;
end
$$;
comment on function internal.spend_ai_tokens() is 'Takes what was used off the balance; the check on it refuses what is not there.';
create trigger spend_ai_tokens after insert on ai_token_usage for each row execute function internal.spend_ai_tokens();

create table api_usage (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    api_key_id uuid,
    user_id uuid,
    endpoint text not null check (endpoint ~ '^/' and length(endpoint) <= 200),
    method text not null check (method in ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')),
    status_code smallint not null check (status_code between 100 and 599),
    response_time_ms integer not null check (response_time_ms >= 0),
    occurred_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    foreign key (tenant_id, api_key_id) references api_keys (tenant_id, id) on delete set null (api_key_id),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete set null (user_id)
);
create index api_usage_time on api_usage (tenant_id, occurred_at);
create index api_usage_key on api_usage (tenant_id, api_key_id, occurred_at);
create index api_usage_user on api_usage (tenant_id, user_id, occurred_at);
comment on table api_usage is 'Every call of the API, append-only. Key and person are null once they are gone; a person''s own calls have no key.';
comment on column api_usage.endpoint is 'The route with its placeholders, as /api/v1/campaigns/{id}: no ids, no query.';
comment on column api_usage.method is 'Of HTTP, in capitals.';
select internal.protect_tenant_table('api_usage', 'select, insert'),
       internal.guard_table('api_usage', 'keys.manage', 'no person', 'user_id', 'user_id');
