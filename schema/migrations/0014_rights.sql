-- Purpose: what a person may do is known to the policies: the permissions of the person in the session, as app_may().
-- Scope (which campaigns, which podcasts) says what may be read; rights say who may change it, and who may read what is
-- the tenant's own business: keys, integrations, money, the trail of changes.

-- Rights are 'all' (the tenant acts: worker, commands), 'none', or a comma-separated list of permissions. As with scope,
-- nothing set but a person is a forgotten set of rights, so none.
create function app_may(p_permission text) returns boolean
    language sql stable parallel safe
    as $$
    select case coalesce(
            nullif(current_setting('app.rights', true), ''),
            case when nullif(current_setting('app.current_user', true), '') is null then 'all' else 'none' end)
        when 'all' then true
        when 'none' then false
        else p_permission = any (string_to_array(current_setting('app.rights', true), ','))
    end
    $$;
comment on function app_may(text) is 'True when the person of this transaction has the permission, or the tenant itself acts.';

-- Whoever runs the system has no tenant. No role of a tenant can be one: the tenant would be set.
create function app_is_operator() returns boolean
    language sql stable parallel safe
    as $$
    select (select app_tenant()) is null
        and nullif(current_setting('app.current_user', true), '') is not null
        and app_may('system.read')
    $$;
comment on function app_is_operator() is 'True in the session of an operator: a person without a tenant who may read the system.';

insert into permissions (name, description, resource_type, action) values
    ('catalogue.manage', 'Change podcasts, episodes and transcripts', 'podcast', 'manage'),
    ('campaigns.manage', 'Change sponsors, campaigns, ad units and bookings', 'campaign', 'manage'),
    ('marketplace.manage', 'Change listings and see their revenue', 'listing', 'manage'),
    ('security.read', 'See the audit trail, the access log and security events', 'security', 'read'),
    ('billing.manage', 'See and change what is paid: tiers, transactions, partners, commissions', 'billing', 'manage'),
    ('integrations.manage', 'Connect other services and set up webhooks', 'integration', 'manage'),
    ('keys.manage', 'Make and revoke API keys', 'api_key', 'manage');

create or replace function internal.create_tenant_roles() returns trigger
    language plpgsql
    as $$
begin
    insert into public.roles (tenant_id, name, description) values
        (new.id, 'sponsor', 'Sees its own campaigns'),
        (new.id, 'podcaster', 'Sees its own podcasts'),
        (new.id, 'account_manager', 'Sees all campaigns and podcasts, makes reports'),
        (new.id, 'admin', 'Everything in the tenant');
    insert into public.role_permissions (tenant_id, role_id, permission_id)
    select new.id, r.id, p.id
    from public.roles r
    join public.permissions p on
        (r.name = 'sponsor' and p.name in ('campaigns.read_own', 'reports.read', 'reports.create'))
        or (r.name = 'podcaster' and p.name in ('podcasts.read_own', 'reports.read', 'reports.create'))
        or (r.name = 'account_manager' and p.name in ('campaigns.read_all', 'podcasts.read_all', 'portfolio.read',
                                                       'reports.read', 'reports.create', 'imports.create', 'system.read',
                                                       'catalogue.manage', 'campaigns.manage', 'marketplace.manage'))
        or (r.name = 'admin' and p.name not in ('campaigns.read_own', 'podcasts.read_own'))
    where r.tenant_id = new.id;
    return null;
end
$$;

-- Roles of the tenants there are: known by what they may do, because their names are the tenant's own.
do $$
declare
    tenant uuid;
begin
    for tenant in select d.tenant_id from internal.tenant_directory d loop
        perform set_tenant_context(tenant);
        insert into role_permissions (tenant_id, role_id, permission_id)
        select distinct rp.tenant_id, rp.role_id, added.id
        from role_permissions rp
        join permissions held on held.id = rp.permission_id
        join permissions added on
            (held.name = 'people.manage'
             and added.name in ('catalogue.manage', 'campaigns.manage', 'marketplace.manage', 'security.read',
                                'billing.manage', 'integrations.manage', 'keys.manage'))
            or (held.name = 'portfolio.read'
                and added.name in ('catalogue.manage', 'campaigns.manage', 'marketplace.manage'))
        where rp.tenant_id = tenant
        on conflict (role_id, permission_id) do nothing;
    end loop;
    perform set_tenant_context(null);
end
$$;

create or replace function set_account_context(p_tenant uuid, p_person uuid) returns void
    language plpgsql volatile
    as $$
begin
    perform set_config('app.campaign_scope', '', true), set_config('app.sponsor_scope', '', true),
            set_config('app.podcast_scope', '', true), set_config('app.rights', '', true),
            set_config('app.current_user', case when p_tenant is null then coalesce(p_person::text, '') else '' end, true);
    perform set_tenant_context(p_tenant);
end
$$;

create or replace function enter_session(p_tenant uuid, p_user uuid) returns void
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
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
    -- The look-ups below are the tenant's own; an operator has no tenant, so it enters as nobody's reader.
    perform set_account_context(p_tenant, p_user);

    perform 1 from public.users u
    where u.id = p_user and u.tenant_id is not distinct from p_tenant and u.disabled_at is null and u.deleted_at is null;
    if not found then
        perform set_account_context(null, null);
        raise exception 'no such active person in this tenant' using errcode = 'insufficient_privilege';
    end if;

    select coalesce(array_agg(distinct p.name), '{}') into allowed
    from public.user_roles ur
    join public.role_permissions rp on rp.role_id = ur.role_id and rp.tenant_id is not distinct from ur.tenant_id
    join public.permissions p on p.id = rp.permission_id
    where ur.tenant_id is not distinct from p_tenant and ur.user_id = p_user;

    if p_tenant is not null then
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
            set_config('app.podcast_scope', podcast_list, true),
            set_config('app.rights', coalesce(nullif(array_to_string(allowed, ','), ''), 'none'), true);
end
$$;
comment on function enter_session(uuid, uuid) is
    'Sets tenant, person, scope and rights (from roles, permissions and resource_ownership) for this transaction; '
    'refuses a disabled or foreign person.';

-- Gives a table the restrictive policies of rights. p_reading and p_writing are permissions (null: as the other policies
-- say; 'no person': the worker and commands alone). p_own_reading and p_own_writing are the column that names a person,
-- who may then read or change what is theirs without the permission.
create function internal.guard_table(target regclass, p_reading text default null, p_writing text default null,
                                     p_own_reading name default null, p_own_writing name default null) returns void
    language plpgsql
    as $$
declare
    allowed text;
begin
    if p_reading is not null then
        allowed := format('((select app_may(%L))', p_reading)
            || case when p_own_reading is null then ')' else format(' or %I = (select app_user()))', p_own_reading) end;
        execute format('create policy reading_rights on %s as restrictive for select to podboard_web, podboard_worker '
                       'using %s', target, allowed);
    end if;
    if p_writing is not null then
        allowed := format('((select app_may(%L))', p_writing)
            || case when p_own_writing is null then ')' else format(' or %I = (select app_user()))', p_own_writing) end;
        execute format('create policy insert_rights on %s as restrictive for insert to podboard_web, podboard_worker '
                       'with check %s', target, allowed);
        execute format('create policy update_rights on %s as restrictive for update to podboard_web, podboard_worker '
                       'using %s with check %s', target, allowed, allowed);
        execute format('create policy delete_rights on %s as restrictive for delete to podboard_web, podboard_worker '
                       'using %s', target, allowed);
    end if;
end
$$;

-- What a sponsor or podcaster may read is not theirs to change; and nobody gives themselves a role.
select internal.guard_table('tenants', p_writing => 'settings.manage'),
       internal.guard_table('tenant_settings', p_writing => 'settings.manage'),
       internal.guard_table('white_label_settings', p_writing => 'settings.manage'),
       internal.guard_table('users', p_writing => 'people.manage', p_own_writing => 'id'),
       internal.guard_table('roles', p_writing => 'people.manage'),
       internal.guard_table('role_permissions', p_writing => 'people.manage'),
       internal.guard_table('user_roles', 'people.manage', 'people.manage', p_own_reading => 'user_id'),
       internal.guard_table('resource_ownership', 'people.manage', 'people.manage', p_own_reading => 'owner_id'),
       internal.guard_table('sessions', 'people.manage', 'people.manage', 'user_id', 'user_id'),
       internal.guard_table('password_reset_tokens', 'people.manage', 'people.manage', 'user_id', 'user_id'),
       internal.guard_table('podcasts', p_writing => 'catalogue.manage'),
       internal.guard_table('episodes', p_writing => 'catalogue.manage'),
       internal.guard_table('sponsors', p_writing => 'campaigns.manage'),
       internal.guard_table('campaigns', p_writing => 'campaigns.manage'),
       internal.guard_table('ad_units', p_writing => 'campaigns.manage'),
       internal.guard_table('io_bookings', p_writing => 'campaigns.manage'),
       internal.guard_table('listener_events', p_writing => 'imports.create'),
       internal.guard_table('attribution_events', p_writing => 'imports.create'),
       internal.guard_table('etl_imports', p_writing => 'imports.create'),
       internal.guard_table('import_refusals', p_writing => 'imports.create'),
       internal.guard_table('attribution_models', p_writing => 'settings.manage'),
       internal.guard_table('attribution_paths', p_writing => 'no person'),
       internal.guard_table('attribution_analytics', p_writing => 'no person'),
       internal.guard_table('listener_metrics', p_writing => 'no person');

-- The trail of what was done is for those who may see it, not for everybody who sees all campaigns.
drop policy tenant_wide on access_logs;
drop policy tenant_wide on audit_logs;
select internal.guard_table('access_logs', p_reading => 'security.read'),
       internal.guard_table('audit_logs', p_reading => 'security.read');
