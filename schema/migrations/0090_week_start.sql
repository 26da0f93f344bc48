-- Weeks begin on the day that the tenant says. The session tells it for the calendar; buckets ask for it in the database, so
-- that page, CSV and report cannot differ.

create function tenant_week_shift() returns integer
    language sql stable
    as $$
    select coalesce((select 1 from public.tenant_settings s
                     where s.tenant_id = (select public.app_tenant()) and s.settings ->> 'week_start' = 'sunday'), 0)
$$;
comment on function tenant_week_shift() is
    'Days by which the weeks of the session''s tenant begin before those of ISO 8601: 1 where they begin on Sunday, else 0.';
revoke all on function tenant_week_shift() from public;
grant execute on function tenant_week_shift() to podboard_web, podboard_worker;

-- As in 0046, with the first day of the week. The release before names its columns, so one more is no harm to it.
drop function session_open(text, timestamptz, timestamptz, timestamptz);
create function session_open(p_token_hash text, p_now timestamptz, p_idle_since timestamptz, p_noted_before timestamptz)
    returns table (session_id uuid, user_id uuid, tenant_id uuid, email text, full_name text, permissions text[],
                   tenant_name text, tenant_slug text, time_zone text, currency text, week_start text,
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
        t.name, t.slug, ts.settings ->> 'time_zone', ts.settings ->> 'currency', ts.settings ->> 'week_start',
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
comment on function session_open(text, timestamptz, timestamptz, timestamptz) is
    'The living session of a cookie''s hash with person, tenant, brand and permissions; notes that it was seen.';
revoke all on function session_open(text, timestamptz, timestamptz, timestamptz) from public;
grant execute on function session_open(text, timestamptz, timestamptz, timestamptz) to podboard_web, podboard_worker;
