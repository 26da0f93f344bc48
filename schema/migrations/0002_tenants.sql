-- Purpose: tenants and what is set for each.

create table tenants (
    id uuid primary key default uuid_generate_v4(),
    name text not null check (length(name) between 1 and 200),
    slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on table tenants is 'Root of tenant isolation: one row per customer.';
alter table tenants enable row level security;
alter table tenants force row level security;
create policy tenant_isolation on tenants using (id = (select app_tenant())) with check (id = (select app_tenant()));
grant select, update on tenants to podboard_web;
grant select, insert, update on tenants to podboard_worker;
create trigger touch_updated_at before update on tenants for each row execute function internal.touch_updated_at();

-- What the worker must know about every tenant to do cross-tenant work: ids and zones, nothing else.
create table internal.tenant_directory (
    tenant_id uuid primary key references tenants (id) on delete cascade,
    slug text not null,
    time_zone text not null default 'UTC'
);
comment on table internal.tenant_directory is 'Every tenant with its time zone, for refreshes; kept by triggers.';

create table tenant_settings (
    tenant_id uuid primary key references tenants (id) on delete cascade,
    settings jsonb not null default '{}'
        check (jsonb_typeof(settings) = 'object')
        check (settings ->> 'currency' is null or settings ->> 'currency' ~ '^[A-Z]{3}$')
        check (settings ->> 'week_start' is null or settings ->> 'week_start' in ('monday', 'sunday')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on table tenant_settings is 'Configuration of one tenant.';
comment on column tenant_settings.settings is
    'Object. time_zone: IANA name, default UTC. currency: ISO 4217, default USD. week_start: monday or sunday, default monday. '
    'locale: en. download_window: calendar_day. listener_retention_days: how long exact unique listeners are kept, default 1095.';
select internal.protect_tenant_table('tenant_settings');

create function internal.keep_tenant_directory() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
begin
    if tg_table_name = 'tenants' then
        insert into internal.tenant_directory (tenant_id, slug) values (new.id, new.slug)
        on conflict (tenant_id) do update set slug = excluded.slug;
    else
        perform now() at time zone coalesce(new.settings ->> 'time_zone', 'UTC');  -- an unknown zone fails here, not in a refresh
        update internal.tenant_directory d
        set time_zone = coalesce(new.settings ->> 'time_zone', 'UTC')
        where d.tenant_id = new.tenant_id and d.time_zone <> coalesce(new.settings ->> 'time_zone', 'UTC');
    end if;
    return null;
end
$$;
create trigger keep_tenant_directory after insert or update on tenants for each row execute function internal.keep_tenant_directory();
create trigger keep_tenant_directory after insert or update on tenant_settings for each row execute function internal.keep_tenant_directory();

create function tenant_time_zone() returns text
    language sql stable security definer set search_path = pg_catalog, public, internal
    as $$ select d.time_zone from internal.tenant_directory d where d.tenant_id = public.app_tenant() $$;
comment on function tenant_time_zone() is 'IANA zone of the tenant in the session.';
revoke all on function tenant_time_zone() from public;
grant execute on function tenant_time_zone() to podboard_web, podboard_worker;

create table white_label_settings (
    tenant_id uuid primary key references tenants (id) on delete cascade,
    brand_name text check (length(brand_name) between 1 and 120),
    logo_url text,
    logo_svg text check (length(logo_svg) <= 65536),
    primary_color text not null default '#0b6e5f' check (primary_color ~ '^#[0-9a-f]{6}$'),
    custom_domain text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create unique index white_label_custom_domain on white_label_settings (custom_domain) where custom_domain is not null;
comment on table white_label_settings is 'Brand of one tenant on screen and on paper.';
select internal.protect_tenant_table('white_label_settings');
