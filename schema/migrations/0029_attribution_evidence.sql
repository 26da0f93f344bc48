-- Purpose: what came with an attribution event, and whether it stood up to the checks.

-- Both tables belong to an event and are seen by who sees the event. Its campaign is copied from it, so that the scope
-- is a column of their own and cannot be given wrongly.
create function internal.take_campaign_of_event() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
declare
    of_event constant uuid := (to_jsonb(new) ->> tg_argv[0])::uuid;
begin
    select e.campaign_id into new.campaign_id
    from public.attribution_events e
    where e.tenant_id = new.tenant_id and e.id = of_event and e.occurred_at = new.event_occurred_at;
    if not found then
        raise exception 'there is no attribution event % at %', of_event, new.event_occurred_at
            using errcode = 'foreign_key_violation', table = tg_table_name;
    end if;
    return new;
end
$$;
comment on function internal.take_campaign_of_event() is 'Fills campaign_id from the event; the argument is the column with the event''s id.';

create table attribution_event_metadata (
    tenant_id uuid not null references tenants (id) on delete restrict,
    event_id uuid not null,
    event_occurred_at timestamptz not null,
    campaign_id uuid not null,
    metadata jsonb not null default '{}'
        check (jsonb_typeof(metadata) = 'object')
        check (not metadata @? 'strict $.keyvalue() ? (@.key != "items" && @.key != "new_customer" && @.value.type() != "string")')
        check (not metadata ? 'items' or (jsonb_typeof(metadata -> 'items') = 'number' and not metadata @? '$.items ? (@ < 1)'))
        check (not metadata ? 'new_customer' or jsonb_typeof(metadata -> 'new_customer') = 'boolean')
        check (not metadata @? '$.keyvalue() ? (!(@.key == "landing_page" || @.key == "referrer_host" || @.key == "utm_source"
               || @.key == "utm_medium" || @.key == "utm_campaign" || @.key == "device" || @.key == "country" || @.key == "answer"
               || @.key == "items" || @.key == "new_customer"))'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, event_id, event_occurred_at),
    foreign key (tenant_id, event_id, event_occurred_at)
        references attribution_events (tenant_id, id, occurred_at) on delete cascade,
    foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete restrict
);
create index attribution_event_metadata_campaign on attribution_event_metadata (tenant_id, campaign_id, event_occurred_at);
comment on table attribution_event_metadata is 'What a source told with an event beyond what is counted: one row for an event, or none.';
comment on column attribution_event_metadata.event_occurred_at is 'The event''s occurred_at, which is part of its key.';
comment on column attribution_event_metadata.campaign_id is 'Copied from the event by a trigger.';
comment on column attribution_event_metadata.metadata is
    'Object. Texts: landing_page (path), referrer_host, utm_source, utm_medium, utm_campaign, device, country, answer (of a survey). '
    'items: number of things bought. new_customer: boolean. Nothing else: no address, no name, nothing that identifies a person.';
select internal.protect_tenant_table('attribution_event_metadata'),
       internal.guard_table('attribution_event_metadata', p_writing => 'imports.create');
create policy campaign_scope on attribution_event_metadata as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns()) or campaign_id in (select app_campaigns()));
create trigger take_campaign_of_event before insert or update on attribution_event_metadata
    for each row execute function internal.take_campaign_of_event('event_id');

create table attribution_validations (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    attribution_event_id uuid not null,
    event_occurred_at timestamptz not null,
    campaign_id uuid not null,
    validation_type text not null
        check (validation_type in ('known_listener', 'inside_window', 'unique_order', 'promo_code', 'plausible_value', 'not_a_bot', 'ad_aired')),
    passed boolean not null,
    details jsonb not null default '{}'
        check (jsonb_typeof(details) = 'object')
        check (not details @? '$.keyvalue() ? (!(@.key == "reason" || @.key == "expected" || @.key == "found" || @.key == "quote"
               || @.key == "at_s" || @.key == "ad_unit_id"))')
        check (not details ? 'at_s' or (jsonb_typeof(details -> 'at_s') = 'number' and not details @? '$.at_s ? (@ < 0)'))
        check (not details @? 'strict $.keyvalue() ? (@.key != "at_s" && @.value.type() != "string")'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (passed or details ? 'reason'),
    unique (tenant_id, attribution_event_id, event_occurred_at, validation_type),
    foreign key (tenant_id, attribution_event_id, event_occurred_at)
        references attribution_events (tenant_id, id, occurred_at) on delete cascade,
    foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete restrict
);
-- The pass rate by type of a campaign over days is answered from the index alone.
create index attribution_validations_rate on attribution_validations (tenant_id, campaign_id, validation_type, event_occurred_at) include (passed);
create index attribution_validations_time on attribution_validations (tenant_id, event_occurred_at);
comment on table attribution_validations is 'Whether an attribution event stood up to each check: one result for each event and type; the last one counts.';
comment on column attribution_validations.validation_type is
    'known_listener: a download of the listener is known; inside_window: it came within 60 days of an ad; unique_order: not told before; '
    'promo_code: the code is the campaign''s; plausible_value: like the campaign''s other orders; not_a_bot: neither by address nor by pace; '
    'ad_aired: the episode''s transcript holds the ad where it was sold.';
comment on column attribution_validations.event_occurred_at is 'The event''s occurred_at, which is part of its key.';
comment on column attribution_validations.campaign_id is 'Copied from the event by a trigger.';
comment on column attribution_validations.details is
    'Object. reason: text, always there when it did not pass. expected and found: texts. For ad_aired quote: what was said, '
    'at_s: at which second, ad_unit_id. Nothing else.';
select internal.protect_tenant_table('attribution_validations'),
       internal.guard_table('attribution_validations', p_writing => 'no person');
create policy campaign_scope on attribution_validations as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns()) or campaign_id in (select app_campaigns()));
create trigger take_campaign_of_event before insert or update on attribution_validations
    for each row execute function internal.take_campaign_of_event('attribution_event_id');
