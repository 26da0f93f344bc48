-- Purpose: what podboard costs, and what a tenant has paid.

create table subscription_tiers (
    id uuid primary key default uuid_generate_v4(),
    name text not null unique check (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    description text not null default '' check (length(description) <= 400),
    price_monthly numeric(14, 2) not null check (price_monthly >= 0),
    price_yearly numeric(14, 2) not null check (price_yearly >= 0),
    currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
    features jsonb not null default '{}'
        check (jsonb_typeof(features) = 'object')
        check (not features @? 'strict $.keyvalue() ? ((@.key == "max_users" || @.key == "max_podcasts" || @.key == "max_campaigns"
               || @.key == "ai_tokens_monthly") && @.value.type() != "number" && @.value.type() != "null")')
        check (not features @? '$.* ? (@.type() == "number" && @ < 0)')
        check (not features @? 'strict $.keyvalue() ? ((@.key == "api" || @.key == "white_label" || @.key == "scheduled_reports"
               || @.key == "marketplace") && @.value.type() != "boolean")')
        check (not features @? '$.keyvalue() ? (!(@.key == "max_users" || @.key == "max_podcasts" || @.key == "max_campaigns"
               || @.key == "ai_tokens_monthly" || @.key == "api" || @.key == "white_label" || @.key == "scheduled_reports"
               || @.key == "marketplace"))'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on table subscription_tiers is 'What can be subscribed to; the same for every tenant. Written by migrations and operators only.';
comment on column subscription_tiers.name is 'In lower case: starter, studio, network.';
comment on column subscription_tiers.price_yearly is 'For a whole year, paid at once.';
comment on column subscription_tiers.currency is 'ISO 4217, of both prices.';
comment on column subscription_tiers.features is
    'Object. max_users, max_podcasts, max_campaigns: numbers, null is without limit. ai_tokens_monthly: number per person. '
    'api, white_label, scheduled_reports, marketplace: booleans. Nothing else.';
select internal.protect_system_table('subscription_tiers');

-- With ids of their own, so that the same tier is the same row in every database.
insert into subscription_tiers (id, name, description, price_monthly, price_yearly, features) values
    ('7f1d0c4e-0000-4000-8000-000000000001', 'starter', 'One show and its first sponsors', 29, 290,
     '{"max_users": 3, "max_podcasts": 1, "max_campaigns": 5, "ai_tokens_monthly": 20000,
       "api": false, "white_label": false, "scheduled_reports": false, "marketplace": false}'),
    ('7f1d0c4e-0000-4000-8000-000000000002', 'studio', 'A house with several shows', 129, 1290,
     '{"max_users": 15, "max_podcasts": 10, "max_campaigns": 60, "ai_tokens_monthly": 100000,
       "api": true, "white_label": false, "scheduled_reports": true, "marketplace": true}'),
    ('7f1d0c4e-0000-4000-8000-000000000003', 'network', 'A network under its own brand', 449, 4490,
     '{"max_users": null, "max_podcasts": null, "max_campaigns": null, "ai_tokens_monthly": 400000,
       "api": true, "white_label": true, "scheduled_reports": true, "marketplace": true}');

create table billing_transactions (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    user_id uuid,
    subscription_tier_id uuid not null references subscription_tiers (id) on delete restrict,
    amount numeric(14, 2) not null check (amount >= 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    status text not null default 'pending' check (status in ('pending', 'succeeded', 'failed', 'refunded', 'disputed')),
    stripe_transaction_id text check (length(stripe_transaction_id) between 1 and 255),
    occurred_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, stripe_transaction_id),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete set null (user_id)
);
create index billing_transactions_time on billing_transactions (tenant_id, occurred_at desc);
create index billing_transactions_status on billing_transactions (tenant_id, status);
create index billing_transactions_user on billing_transactions (tenant_id, user_id);
create index billing_transactions_tier on billing_transactions (subscription_tier_id);
comment on table billing_transactions is
    'What a tenant paid or tried to pay, kept for good. Written when the payment service tells of it, never by a person. '
    'user_id, who started it, is null once the person is gone.';
comment on column billing_transactions.currency is 'ISO 4217. Two currencies are never added.';
comment on column billing_transactions.status is
    'pending: not settled; succeeded: paid; failed: declined, nothing was paid; refunded: paid and given back; disputed: the bank asks.';
comment on column billing_transactions.stripe_transaction_id is 'Of the payment service, once in a tenant: told twice it counts once. Null for a bank transfer.';
select internal.protect_tenant_table('billing_transactions', 'select, insert, update'),
       internal.guard_table('billing_transactions', 'billing.manage', 'no person');
