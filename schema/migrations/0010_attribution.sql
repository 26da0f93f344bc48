-- Purpose: attribution models, the path behind each conversion, and the daily result that pages and reports read.

create table attribution_models (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    name text not null check (length(name) between 1 and 120),
    model_type text not null check (model_type in ('first_touch', 'last_touch', 'linear')),
    configuration jsonb not null default '{"window_days": 30}'
        check (jsonb_typeof(configuration) = 'object'),
    enabled boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, model_type)
);
comment on table attribution_models is 'Which models a tenant computes. configuration: window_days, 1-60, the window shown first.';
select internal.protect_tenant_table('attribution_models');

create function internal.create_attribution_models() returns trigger
    language plpgsql
    as $$
begin
    insert into public.attribution_models (tenant_id, name, model_type) values
        (new.id, 'First touch', 'first_touch'), (new.id, 'Last touch', 'last_touch'), (new.id, 'Linear', 'linear');
    return null;
end
$$;
create trigger create_attribution_models after insert on tenants for each row execute function internal.create_attribution_models();

create table attribution_paths (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    campaign_id uuid not null,
    listener_id text,
    touchpoints jsonb not null check (jsonb_typeof(touchpoints) = 'array'),
    conversion_event_id uuid not null,
    converted_at timestamptz not null,
    last_event_at timestamptz not null check (last_event_at >= converted_at),
    conversion_type text not null check (conversion_type in ('purchase', 'lead')),
    conversion_source text not null default '',
    value_micros numeric,
    currency text check (currency ~ '^[A-Z]{3}$'),
    merged_events integer not null default 1 check (merged_events >= 1),
    merged_sources text[] not null default '{}',
    created_at timestamptz not null default now(),
    unique (tenant_id, campaign_id, conversion_event_id),
    foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete restrict,
    foreign key (tenant_id, conversion_event_id, converted_at)
        references attribution_events (tenant_id, id, occurred_at) on delete cascade
);
create index attribution_paths_conversion on attribution_paths (tenant_id, conversion_event_id, converted_at);
create index attribution_paths_time on attribution_paths (tenant_id, campaign_id, converted_at);
create index attribution_paths_stretched on attribution_paths (tenant_id, campaign_id, last_event_at) where merged_events > 1;
comment on table attribution_paths is 'One row per conversion, after several reports of the same conversion were merged into one.';
comment on column attribution_paths.touchpoints is
    'Array, oldest first, of impressions and visits within 60 days before the conversion: '
    '{event_id, at, type, episode_id, podcast_id, ad_unit_id}. Ties in time are broken by event_id.';
comment on column attribution_paths.last_event_at is 'When the latest of the merged events happened; converted_at is the earliest.';
comment on column attribution_paths.merged_events is 'How many events reported this one conversion; merged_sources names their sources.';
select internal.protect_tenant_table('attribution_paths');
create policy campaign_scope on attribution_paths as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns()) or campaign_id in (select app_campaigns()));

create table attribution_analytics (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    campaign_id uuid not null,
    analysis_date date not null,
    metrics jsonb not null check (jsonb_typeof(metrics) = 'object') check ((metrics ->> 'version')::integer >= 1),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, campaign_id, analysis_date),
    foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete restrict
);
comment on table attribution_analytics is 'Per campaign and tenant day: conversions and the credit each model gives for them.';
comment on column attribution_analytics.metrics is
    'version 1. conversions, leads, purchases: integers after merging. revenue_micros: {currency: text integer}. '
    'conversions are of the campaign''s conversion_type alone. by_source: {source: integer}; overlap: conversions reported by more than one source. '
    'anonymous: surveys and promo codes of nobody, without an order: they widen the bounds and are no conversions. '
    'windows: {"7" | "14" | "30" | "60": {attributed: integer, unattributed: integer, '
    'models: {first_touch | last_touch | linear: {podcast | episode: {id: {conversions: text decimal, revenue_micros: {currency: text decimal}}}}}}}. '
    'A visit that no episode is known for has the id "none". Credits of one model and channel kind add up to attributed; days add up to any range.';
select internal.protect_tenant_table('attribution_analytics');
create policy campaign_scope on attribution_analytics as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns()) or campaign_id in (select app_campaigns()));

-- Another goal makes other conversions: the whole campaign is computed anew.
create function internal.note_other_goal() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
begin
    insert into internal.dirty_campaigns (tenant_id, campaign_id, since) values (new.tenant_id, new.id, '-infinity');
    return null;
end
$$;
create trigger note_other_goal after update of conversion_type on campaigns
    for each row when (old.conversion_type is distinct from new.conversion_type) execute function internal.note_other_goal();
