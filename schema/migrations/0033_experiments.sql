-- Purpose: two ways of doing something, who was shown which, and what they did.

create table experiments (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    name text not null check (length(name) between 1 and 120),
    description text not null default '' check (length(description) <= 2000),
    variants text[] not null default '{control,changed}'
        check (cardinality(variants) between 2 and 8)
        check (array_position(variants, null) is null)
        check (array_to_string(variants, ',') ~ '^[a-z0-9_]{1,40}(,[a-z0-9_]{1,40})*$'),
    status text not null default 'draft' check (status in ('draft', 'running', 'paused', 'completed', 'cancelled')),
    start_date date,
    end_date date,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (end_date >= start_date),
    check (status not in ('running', 'paused', 'completed') or start_date is not null),
    unique (tenant_id, id)
);
create unique index experiments_name on experiments (tenant_id, lower(name)) where deleted_at is null;
create index experiments_status on experiments (tenant_id, status);
comment on table experiments is 'Comparisons of two or more ways of doing something, among the people of a tenant.';
comment on column experiments.variants is 'What is compared, the first is what there was before; 2 to 8 names in lower case.';
comment on column experiments.status is 'draft; running; paused: nobody new is assigned; completed and cancelled: over.';
comment on column experiments.start_date is 'Tenant days, both inside; end_date is null while nobody knows.';
select internal.protect_tenant_table('experiments');

create table experiment_assignments (
    tenant_id uuid not null references tenants (id) on delete cascade,
    experiment_id uuid not null,
    user_id uuid not null,
    variant text not null check (length(variant) between 1 and 40),
    assigned_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (experiment_id, user_id),
    unique (tenant_id, experiment_id, user_id),
    foreign key (tenant_id, experiment_id) references experiments (tenant_id, id) on delete cascade,
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index experiment_assignments_user on experiment_assignments (tenant_id, user_id);
create index experiment_assignments_experiment on experiment_assignments (tenant_id, experiment_id, variant);
comment on table experiment_assignments is 'Which variant a person is shown: one for each experiment, and it stays.';
comment on column experiment_assignments.variant is 'One of the experiment''s variants.';
select internal.protect_tenant_table('experiment_assignments'),
       internal.guard_table('experiment_assignments', 'settings.manage', 'settings.manage', p_own_reading => 'user_id');

-- Somebody who takes part must know what in; to all others it is not said.
create policy reading_rights on experiments as restrictive for select to podboard_web, podboard_worker
    using ((select app_may('settings.manage'))
           or id in (select a.experiment_id from experiment_assignments a
                     where a.tenant_id = (select app_tenant()) and a.user_id = (select app_user())));
select internal.guard_table('experiments', p_writing => 'settings.manage');

create function internal.require_known_variant() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
begin
    if not exists (select from public.experiments e
                   where e.tenant_id = new.tenant_id and e.id = new.experiment_id and new.variant = any (e.variants)) then
        raise exception 'the experiment has no variant %', new.variant
            using errcode = 'check_violation', table = tg_table_name, column = 'variant';
    end if;
    return new;
end
$$;
comment on function internal.require_known_variant() is 'Refuses a variant that the experiment does not compare.';
create trigger require_known_variant before insert or update on experiment_assignments
    for each row execute function internal.require_known_variant();

create table experiment_events (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    experiment_id uuid not null,
    user_id uuid not null,
    event_type text not null check (event_type in ('exposure', 'click', 'conversion', 'dismissal')),
    event_data jsonb not null default '{}'
        check (jsonb_typeof(event_data) = 'object')
        check (not event_data @? 'strict $.keyvalue() ? ((@.key == "page" || @.key == "goal") && @.value.type() != "string")')
        check (not event_data @? 'strict $.keyvalue() ? (@.key == "value" && @.value.type() != "number")')
        check (not event_data @? '$.keyvalue() ? (!(@.key == "page" || @.key == "goal" || @.key == "value"))'),
    occurred_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    foreign key (tenant_id, experiment_id) references experiments (tenant_id, id) on delete cascade,
    foreign key (tenant_id, experiment_id, user_id)
        references experiment_assignments (tenant_id, experiment_id, user_id) on delete cascade
);
create index experiment_events_assignment on experiment_events (tenant_id, experiment_id, user_id, occurred_at);
create index experiment_events_type on experiment_events (tenant_id, experiment_id, event_type, occurred_at);
comment on table experiment_events is 'What somebody did who takes part, append-only.';
comment on column experiment_events.event_type is 'exposure: saw the variant; click; conversion: did what was hoped for; dismissal: closed it.';
comment on column experiment_events.event_data is 'Object. page: text. goal: text, what was reached. value: number. Nothing else.';
select internal.protect_tenant_table('experiment_events', 'select, insert'),
       internal.guard_table('experiment_events', 'settings.manage', 'settings.manage', 'user_id', 'user_id');
