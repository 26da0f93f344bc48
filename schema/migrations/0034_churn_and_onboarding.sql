-- Purpose: how people begin with podboard, and why they leave.

create table churn_events (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    user_id uuid,
    churn_reason text not null
        check (churn_reason in ('price', 'missing_feature', 'other_product', 'little_use', 'closed_down', 'left_the_tenant', 'unknown')),
    churn_data jsonb not null default '{}'
        check (jsonb_typeof(churn_data) = 'object')
        check (not churn_data ? 'note' or (jsonb_typeof(churn_data -> 'note') = 'string' and length(churn_data ->> 'note') <= 2000))
        check (not churn_data ? 'days_with_us'
               or (jsonb_typeof(churn_data -> 'days_with_us') = 'number' and not churn_data @? '$.days_with_us ? (@ < 0)'))
        check (not churn_data ? 'would_return' or jsonb_typeof(churn_data -> 'would_return') = 'boolean')
        check (not churn_data @? '$.keyvalue() ? (!(@.key == "note" || @.key == "days_with_us" || @.key == "would_return"))'),
    occurred_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete set null (user_id)
);
create index churn_events_time on churn_events (tenant_id, occurred_at);
create index churn_events_user on churn_events (tenant_id, user_id);
comment on table churn_events is 'People who stopped, and why, append-only. user_id is null once the person is gone.';
comment on column churn_events.churn_reason is
    'price; missing_feature; other_product: another one instead; little_use: hardly came; closed_down: the firm is no more; '
    'left_the_tenant: changed jobs; unknown: nobody asked.';
comment on column churn_events.churn_data is 'Object. note: in their words. days_with_us: number. would_return: boolean. Nothing else.';
select internal.protect_tenant_table('churn_events', 'select, insert'),
       internal.guard_table('churn_events', 'billing.manage', 'billing.manage', p_own_writing => 'user_id');

create table onboarding_steps (
    id uuid primary key default uuid_generate_v4(),
    step_key text not null unique check (step_key ~ '^[a-z][a-z0-9_]{0,59}$'),
    step_name text not null check (length(step_name) between 1 and 120),
    description text not null default '' check (length(description) <= 400),
    order_index integer not null unique check (order_index >= 0),
    required boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on table onboarding_steps is 'How to begin with podboard, the same for every tenant. Written by migrations and operators only.';
comment on column onboarding_steps.required is 'Without it the rest shows nothing; skipped it comes again.';
select internal.protect_system_table('onboarding_steps');

-- With ids of their own, so that the same step is the same row in every database.
insert into onboarding_steps (id, step_key, step_name, description, order_index, required) values
    ('7f1d0c4e-0000-4000-8000-000000000101', 'set_time_zone', 'Set zone and currency', 'Days and money of every page follow from it.', 10, true),
    ('7f1d0c4e-0000-4000-8000-000000000102', 'import_feed', 'Import a feed', 'Podcasts and episodes come from it.', 20, true),
    ('7f1d0c4e-0000-4000-8000-000000000103', 'import_events', 'Import what listeners did', 'A file, or the event collector with a key.', 30, true),
    ('7f1d0c4e-0000-4000-8000-000000000104', 'add_campaign', 'Enter a campaign', 'Sponsor, flight, booking and where its ads stand.', 40, false),
    ('7f1d0c4e-0000-4000-8000-000000000105', 'invite_people', 'Invite people', 'Sponsors and podcasters see their own only.', 50, false),
    ('7f1d0c4e-0000-4000-8000-000000000106', 'set_brand', 'Put your brand on it', 'Name, mark and colour, on screen and on paper.', 60, false),
    ('7f1d0c4e-0000-4000-8000-000000000107', 'first_report', 'Make a report', 'A PDF of a campaign or a podcast.', 70, false);

create table onboarding_progress (
    tenant_id uuid not null references tenants (id) on delete cascade,
    user_id uuid not null,
    step_id uuid not null references onboarding_steps (id) on delete cascade,
    completed_at timestamptz,
    skipped_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (user_id, step_id),
    check (completed_at is null or skipped_at is null),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index onboarding_progress_user on onboarding_progress (tenant_id, user_id);
create index onboarding_progress_step on onboarding_progress (step_id);
comment on table onboarding_progress is 'How far a person has come. A row with neither moment: begun. Completed and skipped exclude each other.';
select internal.protect_tenant_table('onboarding_progress'),
       internal.guard_table('onboarding_progress', 'people.manage', 'people.manage', 'user_id', 'user_id');
