-- A request asks twice who somebody is: its cookie is looked up, then its transaction is entered, and both work out the
-- person's rights. session_enter() does both at once, in the transaction that the request goes on to read in; scope and
-- rights are put into the transaction in one place, set_scope().

create function set_scope(p_tenant uuid, p_user uuid, p_allowed text[], p_granted text[], p_denied text[]) returns void
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
declare
    sponsor_ids uuid[];
    given uuid[];
    kept_from uuid[];
    campaign_list text := 'none';
    sponsor_list text := 'none';
    podcast_list text := 'none';
begin
    if p_tenant is not null then
        given := array(select split_part(g, ':', 2)::uuid from unnest(p_granted) g where g like 'campaigns.read%');
        kept_from := array(select split_part(d, ':', 2)::uuid from unnest(p_denied) d where d like 'campaigns.read%');
        if 'campaigns.read_all' = any (p_allowed) and kept_from = '{}' then
            campaign_list := 'all';
            sponsor_list := 'all';
        elsif 'campaigns.read_all' = any (p_allowed) then
            campaign_list := 'but:' || array_to_string(kept_from, ',');
            sponsor_list := campaign_list;
        elsif 'campaigns.read_own' = any (p_allowed) or given <> '{}' then
            sponsor_ids := array(
                select o.resource_id
                from public.resource_ownership o
                where 'campaigns.read_own' = any (p_allowed) and o.tenant_id = p_tenant and o.owner_id = p_user
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
                     or ('campaigns.read_own' = any (p_allowed)
                         and c.id in (select o.resource_id from public.resource_ownership o
                                      where o.tenant_id = p_tenant and o.owner_id = p_user and o.resource_type = 'campaign')));
        end if;

        given := array(select split_part(g, ':', 2)::uuid from unnest(p_granted) g where g like 'podcasts.read%');
        kept_from := array(select split_part(d, ':', 2)::uuid from unnest(p_denied) d where d like 'podcasts.read%');
        if 'podcasts.read_all' = any (p_allowed) and kept_from = '{}' then
            podcast_list := 'all';
        elsif 'podcasts.read_all' = any (p_allowed) then
            podcast_list := 'but:' || array_to_string(kept_from, ',');
        elsif 'podcasts.read_own' = any (p_allowed) or given <> '{}' then
            select coalesce(string_agg(p.id::text, ','), 'none') into podcast_list
            from public.podcasts p
            where p.tenant_id = p_tenant and p.id <> all (kept_from)
                and (p.id = any (given)
                     or ('podcasts.read_own' = any (p_allowed)
                         and p.id in (select o.resource_id from public.resource_ownership o
                                      where o.tenant_id = p_tenant and o.owner_id = p_user and o.resource_type = 'podcast')));
        end if;
    end if;

    perform set_config('app.current_user', p_user::text, true),
            set_config('app.campaign_scope', campaign_list, true),
            set_config('app.sponsor_scope', sponsor_list, true),
            set_config('app.podcast_scope', podcast_list, true),
            set_config('app.rights', coalesce(nullif(array_to_string(p_allowed, ','), ''), 'none'), true),
            set_config('app.granted', array_to_string(p_granted, ','), true),
            set_config('app.denied', array_to_string(p_denied, ','), true);
end
$$;
comment on function set_scope(uuid, uuid, text[], text[], text[]) is
    'Person, rights and scope of the rest of the transaction, from the rights that session_rights() found; the tenant is set before.';

create or replace function enter_session(p_tenant uuid, p_user uuid) returns void
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
declare
    person record;
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
    perform set_scope(p_tenant, p_user, person.allowed, person.granted, person.denied);
end
$$;

create function session_enter(p_token_hash text, p_now timestamptz, p_idle_since timestamptz, p_noted_before timestamptz)
    returns table (session_id uuid, user_id uuid, tenant_id uuid, email text, full_name text, permissions text[],
                   tenant_name text, tenant_slug text, time_zone text, currency text, week_start text,
                   brand_name text, primary_color text, logo_svg text, is_to_be_noted boolean)
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
declare
    found_session uuid;
    found_tenant uuid;
    found_person uuid;
    person record;
begin
    select k.entity_id, k.tenant_id, k.person_id into found_session, found_tenant, found_person
    from tenant_for_key('session', p_token_hash) k;
    if not found then
        return;
    end if;
    perform set_account_context(found_tenant, found_person);
    select s.id, u.id, u.tenant_id, u.email, u.full_name, t.name, t.slug,
        ts.settings ->> 'time_zone', ts.settings ->> 'currency', ts.settings ->> 'week_start',
        w.brand_name, w.primary_color, w.logo_svg, s.last_seen_at < p_noted_before
    into session_id, user_id, tenant_id, email, full_name, tenant_name, tenant_slug,
        time_zone, currency, week_start, brand_name, primary_color, logo_svg, is_to_be_noted
    from sessions s
    join users u on u.id = s.user_id and u.tenant_id is not distinct from s.tenant_id
    left join tenants t on t.id = u.tenant_id
    left join tenant_settings ts on ts.tenant_id = u.tenant_id
    left join white_label_settings w on w.tenant_id = u.tenant_id
    where s.id = found_session
        and s.token_hash = p_token_hash
        and s.ended_at is null
        and s.expires_at > p_now
        and s.last_seen_at > p_idle_since
        and u.disabled_at is null
        and u.deleted_at is null;
    if not found then
        perform set_account_context(null, null);
        return;
    end if;
    select r.allowed, r.granted, r.denied into person from session_rights(tenant_id, user_id) r;
    perform set_scope(tenant_id, user_id, person.allowed, person.granted, person.denied);
    permissions := array(select unnest(person.allowed) union select split_part(unnest(person.granted), ':', 1));
    return next;
end
$$;
comment on function session_enter(text, timestamptz, timestamptz, timestamptz) is
    'The living session of a cookie''s hash, as session_open() finds it, whose person the rest of the transaction then is, as by enter_session(). It writes nothing: is_to_be_noted says that session_open() is due.';

revoke all on function set_scope(uuid, uuid, text[], text[], text[]) from public;
revoke all on function session_enter(text, timestamptz, timestamptz, timestamptz) from public;
grant execute on function set_scope(uuid, uuid, text[], text[], text[]) to podboard_web, podboard_worker;
grant execute on function session_enter(text, timestamptz, timestamptz, timestamptz) to podboard_web, podboard_worker;
