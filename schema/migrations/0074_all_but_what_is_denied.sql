-- Purpose: whoever sees everything but what a policy denies sees what is made later as well, and may make it.
-- Such a session had the list of what there was when it began: what it made itself it could not see, so not make.

-- A scope is 'all', 'none', a list of ids, or 'but:' and the ids that it is kept from. A sponsor among them stands for
-- its campaigns, those of later too.
create function app_sees_other_campaigns() returns boolean
    language sql stable parallel safe
    as $$ select coalesce(starts_with(current_setting('app.campaign_scope', true), 'but:'), false) $$;
create function app_sees_other_podcasts() returns boolean
    language sql stable parallel safe
    as $$ select coalesce(starts_with(current_setting('app.podcast_scope', true), 'but:'), false) $$;
create function app_kept_from_campaigns() returns setof uuid
    language sql stable parallel safe rows 5
    as $$ select unnest(string_to_array(substr(current_setting('app.campaign_scope', true), 5), ','))::uuid where app_sees_other_campaigns() $$;
create function app_kept_from_podcasts() returns setof uuid
    language sql stable parallel safe rows 5
    as $$ select unnest(string_to_array(substr(current_setting('app.podcast_scope', true), 5), ','))::uuid where app_sees_other_podcasts() $$;
comment on function app_sees_other_campaigns() is 'True when this transaction may read every campaign of the tenant but those of app_kept_from_campaigns().';
comment on function app_sees_other_podcasts() is 'True when this transaction may read every podcast of the tenant but those of app_kept_from_podcasts().';
comment on function app_kept_from_campaigns() is 'Campaigns, and sponsors with theirs, that a policy denies to a session which sees all others.';
comment on function app_kept_from_podcasts() is 'Podcasts that a policy denies to a session which sees all others.';

-- What hangs on a campaign or podcast goes on asking for ids. They are looked up with the owner's rights: the policies of
-- these tables ask here.
create or replace function app_campaigns() returns setof uuid
    language plpgsql stable parallel safe security definer rows 20 set search_path = pg_catalog, public
    as $$
declare
    scope constant text := coalesce(nullif(current_setting('app.campaign_scope', true), ''), 'none');
begin
    if starts_with(scope, 'but:') then
        return query select t.id from public.campaigns t
            where t.tenant_id = (select public.app_tenant()) and t.id <> all (array(select public.app_kept_from_campaigns()))
                and t.sponsor_id <> all (array(select public.app_kept_from_campaigns()));
    elsif scope not in ('all', 'none') then
        return query select unnest(string_to_array(scope, ','))::uuid;
    end if;
end
$$;
create or replace function app_sponsors() returns setof uuid
    language plpgsql stable parallel safe security definer rows 5 set search_path = pg_catalog, public
    as $$
declare
    scope constant text := coalesce(nullif(current_setting('app.sponsor_scope', true), ''), 'none');
begin
    if starts_with(scope, 'but:') then
        return query select t.id from public.sponsors t
            where t.tenant_id = (select public.app_tenant()) and t.id <> all (array(select public.app_kept_from_campaigns()));
    elsif scope not in ('all', 'none') then
        return query select unnest(string_to_array(scope, ','))::uuid;
    end if;
end
$$;
create or replace function app_podcasts() returns setof uuid
    language plpgsql stable parallel safe security definer rows 20 set search_path = pg_catalog, public
    as $$
declare
    scope constant text := coalesce(nullif(current_setting('app.podcast_scope', true), ''), 'none');
begin
    if starts_with(scope, 'but:') then
        return query select t.id from public.podcasts t
            where t.tenant_id = (select public.app_tenant()) and t.id <> all (array(select public.app_kept_from_podcasts()));
    elsif scope not in ('all', 'none') then
        return query select unnest(string_to_array(scope, ','))::uuid;
    end if;
end
$$;
revoke all on function app_campaigns() from public;
revoke all on function app_sponsors() from public;
revoke all on function app_podcasts() from public;
grant execute on function app_campaigns(), app_sponsors(), app_podcasts() to podboard_web, podboard_worker;
comment on function app_campaigns() is 'Campaigns this transaction is limited to (empty when all or none).';

-- A row that is being made, or given to another sponsor, is not to be looked up as it was: these tables ask what it is not.
alter policy campaign_scope on campaigns
    using ((select app_sees_all_campaigns())
           or case when (select app_sees_other_campaigns())
               then id not in (select app_kept_from_campaigns()) and sponsor_id not in (select app_kept_from_campaigns())
               else id in (select app_campaigns()) end);
alter policy campaign_scope on sponsors
    using ((select app_sees_all_campaigns())
           or case when (select app_sees_other_campaigns())
               then id not in (select app_kept_from_campaigns())
               else id in (select app_sponsors()) end);
alter policy podcast_scope on podcasts
    using ((select app_sees_all_podcasts())
           or case when (select app_sees_other_podcasts())
               then id not in (select app_kept_from_podcasts())
               else id in (select app_podcasts()) end);

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
            campaign_list := 'but:' || array_to_string(kept_from, ',');
            sponsor_list := campaign_list;
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
            podcast_list := 'but:' || array_to_string(kept_from, ',');
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
