-- Purpose: events by HTTP: pixels and vanity URLs of campaigns, and whose a link or an episode is before a tenant is known.

create table campaign_links (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    campaign_id uuid not null,
    kind text not null check (kind in ('pixel', 'vanity_url')),
    key text not null check (key ~ '^[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)?$' and length(key) <= 160),
    target_url text check (target_url ~ '^https?://[^[:space:]]+$' and length(target_url) <= 2000),
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((kind = 'vanity_url') = (target_url is not null)),
    foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete cascade
);
create unique index campaign_links_key on campaign_links (tenant_id, kind, key);
create index campaign_links_campaign on campaign_links (tenant_id, campaign_id);
comment on table campaign_links is
    'Where listeners and buyers of a campaign are counted: its pixel on the sponsor''s page, its vanity URL in the host''s words.';
comment on column campaign_links.kind is 'pixel: fetched by the page that says thank you; vanity_url: leads on to target_url.';
comment on column campaign_links.key is
    'pixel: 32 random hexadecimal digits; vanity_url: slug of the tenant, a slash and a name of its own. So none can be taken from another tenant.';
comment on column campaign_links.target_url is 'Where a vanity URL leads: never anything that a request says.';
select internal.protect_tenant_table('campaign_links'),
       internal.guard_table('campaign_links', p_writing => 'campaigns.manage');
create policy campaign_scope on campaign_links as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns()) or campaign_id in (select app_campaigns()));
create trigger keep_directory after insert or delete or update of key on campaign_links
    for each row execute function internal.keep_directory('campaign_link', 'key');

-- An enclosure prefix knows the episode alone. Ids are random: whoever has one was given it.
create trigger keep_directory after insert or delete or update of id on episodes
    for each row execute function internal.keep_directory('episode', 'id');
do $$
declare
    tenant uuid;
begin
    for tenant in select d.tenant_id from internal.tenant_directory d loop
        perform set_tenant_context(tenant);
        insert into internal.directory (kind, key, tenant_id, entity_id)
        select 'episode', e.id::text, e.tenant_id, e.id from episodes e where e.tenant_id = tenant
        on conflict (kind, key) do nothing;
    end loop;
    perform set_tenant_context(null);
end
$$;
