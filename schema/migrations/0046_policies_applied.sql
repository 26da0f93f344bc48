-- Purpose: access_control_policies count: each is applied where a session's rights and scope are made, and deny outranks allow.

-- An id that is none would make a policy that holds for nothing.
alter table access_control_policies add constraint access_control_policies_ids_are_ids
    check (not policy_definition
           @? '$.resource.ids[*] ? (!(@ like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))') not valid;

-- What a policy gives or takes for single resources stands beside the rights, which hold for all: 'permission:id', by comma.
create function app_granted(p_permission text) returns setof uuid
    language sql stable parallel safe rows 5
    as $$
    select split_part(e, ':', 2)::uuid
    from unnest(string_to_array(nullif(current_setting('app.granted', true), ''), ',')) e
    where split_part(e, ':', 1) = p_permission
    $$;
create function app_denied(p_permission text) returns setof uuid
    language sql stable parallel safe rows 5
    as $$
    select split_part(e, ':', 2)::uuid
    from unnest(string_to_array(nullif(current_setting('app.denied', true), ''), ',')) e
    where split_part(e, ':', 1) = p_permission
    $$;
comment on function app_granted(text) is 'Resources for which a policy gives this session the permission without a role that has it.';
comment on function app_denied(text) is 'Resources for which a policy takes the permission from this session.';

-- The resources of the tenant that a policy names: a sponsor stands for its campaigns too, and another tenant's id for nothing.
create function policy_resources(p_tenant uuid, p_type text, p_ids uuid[]) returns setof uuid
    language sql stable
    as $$
    select p.id from podcasts p where p_type = 'podcast' and p.tenant_id = p_tenant and p.id = any (p_ids)
    union all
    select s.id from sponsors s where p_type = 'sponsor' and s.tenant_id = p_tenant and s.id = any (p_ids)
    union all
    select c.id from campaigns c
    where c.tenant_id = p_tenant
        and case p_type when 'sponsor' then c.sponsor_id = any (p_ids) when 'campaign' then c.id = any (p_ids) else false end
    union all
    select r.id from reports r where p_type = 'report' and r.tenant_id = p_tenant and r.id = any (p_ids)
    $$;
comment on function policy_resources(uuid, text, uuid[]) is 'What the ids of a policy stand for, read with the rights of whoever asks.';

create function session_rights(p_tenant uuid, p_user uuid, out allowed text[], out granted text[], out denied text[])
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
declare
    role_names text[];
    today text;
    rule record;
begin
    select coalesce(array_agg(distinct p.name) filter (where p.name is not null), '{}'),
           coalesce(array_agg(distinct r.name), '{}')
    into allowed, role_names
    from public.user_roles ur
    join public.roles r on r.id = ur.role_id and r.tenant_id is not distinct from ur.tenant_id
    left join public.role_permissions rp on rp.role_id = ur.role_id and rp.tenant_id is not distinct from ur.tenant_id
    left join public.permissions p on p.id = rp.permission_id
    where ur.tenant_id is not distinct from p_tenant and ur.user_id = p_user;
    granted := '{}';
    denied := '{}';
    if p_tenant is null then
        return;
    end if;

    -- 'allow' comes before 'deny', which so has the last word.
    for rule in
        select a.policy_definition ->> 'effect' as effect, x.action,
               a.policy_definition -> 'resource' ->> 'type' as resource_type,
               array(select (case when i ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then i end)::uuid
                     from jsonb_array_elements_text(a.policy_definition -> 'resource' -> 'ids') i) as ids,
               not a.policy_definition -> 'resource' ? 'ids' as is_for_all,
               -- What a right to act can be cut to: the tables whose policies ask for it row by row.
               case a.policy_definition -> 'resource' ->> 'type'
                   when 'podcast' then x.action in ('podcasts.read_own', 'podcasts.read_all', 'catalogue.manage', 'marketplace.manage',
                                                    'reports.read', 'reports.create')
                   when 'report' then x.action in ('reports.read', 'reports.create')
                   else x.action in ('campaigns.read_own', 'campaigns.read_all', 'campaigns.manage', 'reports.read', 'reports.create')
               end as is_by_row
        from public.access_control_policies a
        cross join lateral jsonb_array_elements_text(a.policy_definition -> 'actions') as x (action)
        where a.tenant_id = p_tenant and a.enabled and a.deleted_at is null
            and (a.policy_definition -> 'subjects' -> 'users' ? p_user::text
                 or a.policy_definition -> 'subjects' -> 'roles' ?| role_names)
            and coalesce((a.policy_definition ->> 'until') collate "C"
                         >= to_char(now() at time zone public.tenant_time_zone(), 'YYYY-MM-DD'), true)
        order by 1
    loop
        if rule.effect = 'allow' and rule.is_by_row and rule.is_for_all then
            allowed := allowed || rule.action;
        elsif rule.effect = 'allow' and rule.is_by_row then
            granted := granted || array(select rule.action || ':' || id from public.policy_resources(p_tenant, rule.resource_type, rule.ids) id);
        elsif rule.effect = 'deny' and rule.is_by_row and not rule.is_for_all then
            denied := denied || array(select rule.action || ':' || id from public.policy_resources(p_tenant, rule.resource_type, rule.ids) id);
        elsif rule.effect = 'deny' then
            allowed := array_remove(allowed, rule.action);
            granted := array(select g from unnest(granted) g where split_part(g, ':', 1) <> rule.action);
        end if;
    end loop;
    granted := array(select g from unnest(granted) g except select d from unnest(denied) d);
end
$$;
comment on function session_rights(uuid, uuid) is
    'What a person may, from roles and policies: allowed for everything, granted and denied for single resources (permission:id). '
    'An allow of what does not concern its kind of resource gives nothing; a deny of such takes the permission altogether.';

create or replace function enter_session(p_tenant uuid, p_user uuid) returns void
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
declare
    person record;
    sponsor_ids uuid[];
    given uuid[];
    kept_from uuid[];
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

    select r.allowed, r.granted, r.denied into person from session_rights(p_tenant, p_user) r;

    if p_tenant is not null then
        given := array(select split_part(g, ':', 2)::uuid from unnest(person.granted) g where g like 'campaigns.read%');
        kept_from := array(select split_part(d, ':', 2)::uuid from unnest(person.denied) d where d like 'campaigns.read%');
        if 'campaigns.read_all' = any (person.allowed) and kept_from = '{}' then
            campaign_list := 'all';
            sponsor_list := 'all';
        elsif 'campaigns.read_all' = any (person.allowed) then
            -- Whoever is kept from one sees the others by list, and so no longer the whole tenant.
            select coalesce(string_agg(s.id::text, ','), 'none') into sponsor_list
            from public.sponsors s where s.tenant_id = p_tenant and s.id <> all (kept_from);
            select coalesce(string_agg(c.id::text, ','), 'none') into campaign_list
            from public.campaigns c where c.tenant_id = p_tenant and c.id <> all (kept_from);
        elsif 'campaigns.read_own' = any (person.allowed) or given <> '{}' then
            sponsor_ids := array(
                select o.resource_id
                from public.resource_ownership o
                where 'campaigns.read_own' = any (person.allowed) and o.tenant_id = p_tenant and o.owner_id = p_user
                    and o.resource_type = 'sponsor' and o.resource_id <> all (kept_from)
                union
                select s.id from public.sponsors s
                where s.tenant_id = p_tenant and s.id = any (given) and s.id <> all (kept_from));
            sponsor_list := coalesce(nullif(array_to_string(sponsor_ids, ','), ''), 'none');
            select coalesce(string_agg(c.id::text, ','), 'none') into campaign_list
            from public.campaigns c
            where c.tenant_id = p_tenant and c.id <> all (kept_from)
                and (c.sponsor_id = any (sponsor_ids)
                     or c.id = any (given)
                     or ('campaigns.read_own' = any (person.allowed)
                         and c.id in (select o.resource_id from public.resource_ownership o
                                      where o.tenant_id = p_tenant and o.owner_id = p_user and o.resource_type = 'campaign')));
        end if;

        given := array(select split_part(g, ':', 2)::uuid from unnest(person.granted) g where g like 'podcasts.read%');
        kept_from := array(select split_part(d, ':', 2)::uuid from unnest(person.denied) d where d like 'podcasts.read%');
        if 'podcasts.read_all' = any (person.allowed) and kept_from = '{}' then
            podcast_list := 'all';
        elsif 'podcasts.read_all' = any (person.allowed) then
            select coalesce(string_agg(p.id::text, ','), 'none') into podcast_list
            from public.podcasts p where p.tenant_id = p_tenant and p.id <> all (kept_from);
        elsif 'podcasts.read_own' = any (person.allowed) or given <> '{}' then
            select coalesce(string_agg(p.id::text, ','), 'none') into podcast_list
            from public.podcasts p
            where p.tenant_id = p_tenant and p.id <> all (kept_from)
                and (p.id = any (given)
                     or ('podcasts.read_own' = any (person.allowed)
                         and p.id in (select o.resource_id from public.resource_ownership o
                                      where o.tenant_id = p_tenant and o.owner_id = p_user and o.resource_type = 'podcast')));
        end if;
    end if;

    perform set_config('app.current_user', p_user::text, true),
            set_config('app.campaign_scope', campaign_list, true),
            set_config('app.sponsor_scope', sponsor_list, true),
            set_config('app.podcast_scope', podcast_list, true),
            set_config('app.rights', coalesce(nullif(array_to_string(person.allowed, ','), ''), 'none'), true),
            set_config('app.granted', array_to_string(person.granted, ','), true),
            set_config('app.denied', array_to_string(person.denied, ','), true);
end
$$;
comment on function enter_session(uuid, uuid) is
    'Sets tenant, person, scope and rights (from roles, permissions, resource_ownership and access_control_policies) for this '
    'transaction; refuses a disabled or foreign person.';

create or replace function set_account_context(p_tenant uuid, p_person uuid) returns void
    language plpgsql volatile
    as $$
begin
    perform set_config('app.campaign_scope', '', true), set_config('app.sponsor_scope', '', true),
            set_config('app.podcast_scope', '', true), set_config('app.rights', '', true),
            set_config('app.granted', '', true), set_config('app.denied', '', true),
            set_config('app.current_user', case when p_tenant is null then coalesce(p_person::text, '') else '' end, true);
    perform set_tenant_context(p_tenant);
end
$$;

-- What pages ask for before they show something: whoever may something for one resource is let in to it.
create or replace function session_open(p_token_hash text, p_now timestamptz, p_idle_since timestamptz, p_noted_before timestamptz)
    returns table (session_id uuid, user_id uuid, tenant_id uuid, email text, full_name text, permissions text[],
                   tenant_name text, tenant_slug text, time_zone text, currency text,
                   brand_name text, primary_color text, logo_svg text)
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
declare
    found_session uuid;
    found_tenant uuid;
    found_person uuid;
begin
    select k.entity_id, k.tenant_id, k.person_id into found_session, found_tenant, found_person
    from tenant_for_key('session', p_token_hash) k;
    if not found then
        return;
    end if;
    perform set_account_context(found_tenant, found_person);
    return query
    select s.id, u.id, u.tenant_id, u.email, u.full_name,
        array(select unnest(r.allowed) union select split_part(unnest(r.granted), ':', 1)),
        t.name, t.slug, ts.settings ->> 'time_zone', ts.settings ->> 'currency',
        w.brand_name, w.primary_color, w.logo_svg
    from sessions s
    join users u on u.id = s.user_id and u.tenant_id is not distinct from s.tenant_id
    left join tenants t on t.id = u.tenant_id
    left join tenant_settings ts on ts.tenant_id = u.tenant_id
    left join white_label_settings w on w.tenant_id = u.tenant_id
    cross join lateral session_rights(u.tenant_id, u.id) r
    where s.id = found_session
        and s.token_hash = p_token_hash
        and s.ended_at is null
        and s.expires_at > p_now
        and s.last_seen_at > p_idle_since
        and u.disabled_at is null
        and u.deleted_at is null;
    if found then
        update sessions s set last_seen_at = p_now
        where s.id = found_session and s.last_seen_at < p_noted_before;
    end if;
    perform set_account_context(null, null);
end
$$;

-- Makes the policies of rights that guard_table() has made ask for single resources too. p_matches says which rows a set of
-- ids (%1$s) stands for; where a row may stand for several, p_touches says which rows one of them is enough to deny.
create function internal.guard_resources(target regclass, p_policies text[], p_permission text, p_matches text,
                                         p_touches text default null) returns void
    language plpgsql
    as $$
declare
    rule constant text := format(
        '((select app_may(%1$L)) or %2$s) and (%3$s) is not true', p_permission,
        format(p_matches, format('app_granted(%L)', p_permission)),
        format(coalesce(p_touches, p_matches), format('app_denied(%L)', p_permission)));
    policy text;
begin
    foreach policy in array p_policies loop
        execute format('alter policy %I on %s %s', policy, target,
            case policy when 'insert_rights' then format('with check (%s)', rule)
                when 'update_rights' then format('using (%1$s) with check (%1$s)', rule)
                else format('using (%s)', rule) end);
    end loop;
end
$$;
comment on function internal.guard_resources(regclass, text[], text, text, text) is
    'Lets policies of rights know what access_control_policies give and take for single resources.';

do $$
declare
    writing constant text[] := array['insert_rights', 'update_rights', 'delete_rights'];
    of_report constant text :=
        '(id in (select %1$s) or campaign_id in (select %1$s) or (podcast_ids <> ''{}'' and podcast_ids <@ array(select %1$s)))';
    part_of_report constant text := 'id in (select %1$s) or campaign_id in (select %1$s) or podcast_ids && array(select %1$s)';
begin
    perform internal.guard_resources('podcasts', writing, 'catalogue.manage', 'id in (select %1$s)'),
            internal.guard_resources('episodes', writing, 'catalogue.manage', 'podcast_id in (select %1$s)'),
            internal.guard_resources('transcripts', writing, 'catalogue.manage',
                'episode_id in (select e.id from episodes e where e.podcast_id in (select %1$s))'),
            internal.guard_resources('marketplace_listings', writing, 'marketplace.manage', 'podcast_id in (select %1$s)'),
            internal.guard_resources('marketplace_revenue', writing, 'marketplace.manage',
                'listing_id in (select l.id from marketplace_listings l where l.podcast_id in (select %1$s))'),
            internal.guard_resources('sponsors', writing, 'campaigns.manage', 'id in (select %1$s)'),
            internal.guard_resources('campaigns', writing, 'campaigns.manage', '(id in (select %1$s) or sponsor_id in (select %1$s))'),
            internal.guard_resources('ad_units', writing, 'campaigns.manage', 'campaign_id in (select %1$s)'),
            internal.guard_resources('io_bookings', writing, 'campaigns.manage', 'campaign_id in (select %1$s)'),
            internal.guard_resources('matches', writing, 'campaigns.manage', 'campaign_id in (select %1$s)'),
            internal.guard_resources('reports', array['reading_rights'], 'reports.read', of_report, part_of_report),
            internal.guard_resources('reports', writing, 'reports.create', of_report, part_of_report),
            internal.guard_resources('report_schedules', writing, 'reports.create', of_report, part_of_report);
end
$$;

comment on table access_control_policies is
    'Who may do what with which resources, beyond roles and ownership; applied by enter_session(). Deny outranks allow. A right to '
    'act gives no sight: what is changed must be in scope as well. A sponsor stands for its campaigns too.';
