-- Purpose: sponsors, campaigns, what was booked and where the ads stand; enter_session().

create table sponsors (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    name text not null check (length(name) between 1 and 200),
    website_url text,
    logo_url text,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id)
);
create unique index sponsors_name on sponsors (tenant_id, lower(name)) where deleted_at is null;
comment on table sponsors is 'Advertisers of a tenant.';
select internal.protect_tenant_table('sponsors');
create policy campaign_scope on sponsors as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns()) or id in (select app_sponsors()));

create table campaigns (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    sponsor_id uuid not null,
    name text not null check (length(name) between 1 and 200),
    description text not null default '',
    start_date date not null,
    end_date date not null,
    stage text not null default 'prospect'
        check (stage in ('prospect', 'proposed', 'booked', 'live', 'paused', 'completed', 'cancelled')),
    stage_changed_at timestamptz not null default now(),
    budget_micros bigint check (budget_micros >= 0),
    currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
    conversion_type text not null default 'purchase' check (conversion_type in ('purchase', 'lead')),
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (end_date >= start_date),
    unique (tenant_id, id),
    unique (tenant_id, sponsor_id, id),
    foreign key (tenant_id, sponsor_id) references sponsors (tenant_id, id) on delete restrict
);
create index campaigns_stage on campaigns (tenant_id, stage, start_date);
comment on table campaigns is 'Campaigns of a sponsor. start_date and end_date are tenant days, both inside the flight.';
comment on column campaigns.conversion_type is 'What counts as a conversion of this campaign: a purchase or a lead.';
select internal.protect_tenant_table('campaigns');
create policy campaign_scope on campaigns as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns()) or id in (select app_campaigns()));

create function internal.stamp_stage_change() returns trigger
    language plpgsql
    as $$
begin
    if new.stage is distinct from old.stage then
        new.stage_changed_at := now();
    end if;
    return new;
end
$$;
create trigger stamp_stage_change before update of stage on campaigns for each row execute function internal.stamp_stage_change();

create table ad_units (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    campaign_id uuid not null,
    episode_id uuid not null,
    unit_type text not null check (unit_type in ('pre_roll', 'mid_roll', 'post_roll', 'host_read')),
    position_seconds integer not null check (position_seconds >= 0),
    duration_seconds integer not null check (duration_seconds > 0),
    is_baked_in boolean not null default false,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id),
    unique (tenant_id, campaign_id, episode_id, position_seconds),
    foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete restrict,
    foreign key (tenant_id, episode_id) references episodes (tenant_id, id) on delete restrict
);
create index ad_units_episode on ad_units (tenant_id, episode_id);
comment on table ad_units is 'Where a campaign''s ad stands in an episode.';
select internal.protect_tenant_table('ad_units');
create policy campaign_scope on ad_units as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns()) or campaign_id in (select app_campaigns()));

create table io_bookings (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    campaign_id uuid not null,
    sponsor_id uuid not null,
    booking_date date not null,
    promo_code text check (promo_code = upper(promo_code)),
    vanity_url text,
    pricing_model text not null default 'cpm' check (pricing_model in ('cpm', 'flat')),
    booked_impressions bigint check (booked_impressions > 0),
    rate_micros bigint not null check (rate_micros >= 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    starts_on date not null,
    ends_on date not null,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (ends_on >= starts_on),
    check (pricing_model = 'flat' or booked_impressions is not null),
    unique (tenant_id, id),
    foreign key (tenant_id, sponsor_id, campaign_id) references campaigns (tenant_id, sponsor_id, id) on delete restrict
);
create index io_bookings_campaign on io_bookings (tenant_id, campaign_id, starts_on);
create index io_bookings_sponsor on io_bookings (tenant_id, sponsor_id, campaign_id);
create unique index io_bookings_promo on io_bookings (tenant_id, promo_code) where promo_code is not null and deleted_at is null;
comment on table io_bookings is 'Insertion orders: what was sold, at which rate, for which flight.';
comment on column io_bookings.rate_micros is 'cpm: price of 1,000 impressions; flat: price of the whole booking. Millionths of the currency.';
select internal.protect_tenant_table('io_bookings');
create policy campaign_scope on io_bookings as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns()) or campaign_id in (select app_campaigns()));

-- Title and date of the episodes that carry a campaign's ads: all that a sponsor may know of an episode.
create view campaign_episodes with (security_barrier) as
    select distinct a.tenant_id, a.campaign_id, e.id as episode_id, e.title, e.published_at, p.id as podcast_id, p.name as podcast_name
    from ad_units a
    join episodes e on e.tenant_id = a.tenant_id and e.id = a.episode_id
    join podcasts p on p.tenant_id = e.tenant_id and p.id = e.podcast_id
    where a.tenant_id = (select app_tenant())
        and ((select app_sees_all_campaigns()) or a.campaign_id in (select app_campaigns()));
comment on view campaign_episodes is 'Episodes with ads of the campaigns in scope: title, date and show, no listener totals.';
grant select on campaign_episodes to podboard_web, podboard_worker;

-- What a podcaster may know of the campaigns in its podcasts: sponsor, flight and ad unit; no spend, rate or conversions.
create view podcast_placements with (security_barrier) as
    select a.tenant_id, a.id as ad_unit_id, a.episode_id, e.podcast_id, c.id as campaign_id, s.name as sponsor_name,
           c.start_date, c.end_date, a.unit_type, a.position_seconds, a.duration_seconds
    from ad_units a
    join episodes e on e.tenant_id = a.tenant_id and e.id = a.episode_id
    join campaigns c on c.tenant_id = a.tenant_id and c.id = a.campaign_id
    join sponsors s on s.tenant_id = c.tenant_id and s.id = c.sponsor_id
    where a.tenant_id = (select app_tenant())
        and a.deleted_at is null and c.deleted_at is null
        and ((select app_sees_all_podcasts()) or e.podcast_id in (select app_podcasts()));
comment on view podcast_placements is 'Ads in the podcasts in scope: sponsor, flight and position.';
grant select on podcast_placements to podboard_web, podboard_worker;

-- Enters a person's rights for the rest of the transaction: made anew each time, so a changed role counts at once.
create function enter_session(p_tenant uuid, p_user uuid) returns void
    language plpgsql volatile
    as $$
declare
    allowed text[];
    sponsor_ids uuid[];
    campaign_list text := 'none';
    sponsor_list text := 'none';
    podcast_list text := 'none';
begin
    if p_user is null then
        raise exception 'enter_session needs a person' using errcode = 'invalid_parameter_value';
    end if;
    perform set_config('app.campaign_scope', '', true), set_config('app.sponsor_scope', '', true),
            set_config('app.podcast_scope', '', true);
    perform set_tenant_context(p_tenant);
    -- An operator has no tenant: it enters as nobody's reader.
    perform set_config('app.current_user', case when p_tenant is null then p_user::text else '' end, true);

    perform 1 from public.users u
    where u.id = p_user and u.tenant_id is not distinct from p_tenant and u.disabled_at is null and u.deleted_at is null;
    if not found then
        perform set_tenant_context(null);
        raise exception 'no such active person in this tenant' using errcode = 'insufficient_privilege';
    end if;

    if p_tenant is not null then
        select coalesce(array_agg(distinct p.name), '{}') into allowed
        from public.user_roles ur
        join public.role_permissions rp on rp.role_id = ur.role_id and rp.tenant_id = ur.tenant_id
        join public.permissions p on p.id = rp.permission_id
        where ur.tenant_id = p_tenant and ur.user_id = p_user;

        if 'campaigns.read_all' = any (allowed) then
            campaign_list := 'all';
            sponsor_list := 'all';
        elsif 'campaigns.read_own' = any (allowed) then
            select coalesce(array_agg(o.resource_id), '{}') into sponsor_ids
            from public.resource_ownership o
            where o.tenant_id = p_tenant and o.owner_id = p_user and o.resource_type = 'sponsor';
            sponsor_list := coalesce(nullif(array_to_string(sponsor_ids, ','), ''), 'none');
            select coalesce(string_agg(c.id::text, ','), 'none') into campaign_list
            from public.campaigns c
            where c.tenant_id = p_tenant
                and (c.sponsor_id = any (sponsor_ids)
                     or c.id in (select o.resource_id from public.resource_ownership o
                                 where o.tenant_id = p_tenant and o.owner_id = p_user and o.resource_type = 'campaign'));
        end if;
        if 'podcasts.read_all' = any (allowed) then
            podcast_list := 'all';
        elsif 'podcasts.read_own' = any (allowed) then
            select coalesce(string_agg(p.id::text, ','), 'none') into podcast_list
            from public.resource_ownership o
            join public.podcasts p on p.tenant_id = o.tenant_id and p.id = o.resource_id
            where o.tenant_id = p_tenant and o.owner_id = p_user and o.resource_type = 'podcast';
        end if;
    end if;

    perform set_config('app.current_user', p_user::text, true),
            set_config('app.campaign_scope', campaign_list, true),
            set_config('app.sponsor_scope', sponsor_list, true),
            set_config('app.podcast_scope', podcast_list, true);
end
$$;
comment on function enter_session(uuid, uuid) is
    'Sets tenant, person and scope (from roles, permissions and resource_ownership) for this transaction; refuses a disabled or foreign person.';
