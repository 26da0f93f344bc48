-- Made by `podboard structure` from the migrations; never edited by hand.

CREATE SCHEMA internal;

COMMENT ON SCHEMA internal IS 'Materialisations, rollups, partitions and queues. No usage for the runtime roles: what may be read stands in public as a barrier view.';

CREATE FUNCTION internal.acknowledge_for_oneself() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if new.acknowledged_by is distinct from public.app_user() then
        raise exception 'an alert is acknowledged by the person of the session' using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$$;

CREATE FUNCTION internal.create_attribution_models() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into public.attribution_models (tenant_id, name, model_type) values
        (new.id, 'First touch', 'first_touch'), (new.id, 'Last touch', 'last_touch'), (new.id, 'Linear', 'linear');
    return null;
end
$$;

CREATE FUNCTION internal.create_email_preferences() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into public.user_email_preferences (user_id, tenant_id) values (new.id, new.tenant_id);
    return null;
end
$$;

CREATE FUNCTION internal.create_tenant_quotas() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into public.tenant_quotas (tenant_id) values (new.id);
    return null;
end
$$;

CREATE FUNCTION internal.create_tenant_roles() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION internal.day_ranges(p_days date[], p_zone text) RETURNS TABLE(starts_at timestamp with time zone, ends_at timestamp with time zone)
    LANGUAGE sql STABLE ROWS 2
    SET search_path TO 'pg_catalog'
    AS $$
    select public.day_start(min(i.day), p_zone), public.day_start(max(i.day) + 1, p_zone)
    from (
        select d.day, d.day - (row_number() over (order by d.day))::integer as island
        from (select distinct unnest(p_days) as day) d
    ) i
    group by i.island
    $$;

CREATE FUNCTION internal.drop_expired_events() RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'internal'
    SET lock_timeout TO '500ms'
    AS $$
declare
    child record;
    dropped integer := 0;
begin
    for child in
        select c.relname, i.inhparent::regclass as parent from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent in ('public.listener_events'::regclass, 'public.excluded_requests'::regclass)
            and to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= public.raw_retention_start() at time zone 'UTC'
    loop
        execute format('alter table %s detach partition internal.%I', child.parent, child.relname);
        execute format('drop table internal.%I', child.relname);
        dropped := dropped + 1;
    end loop;
    return dropped;
end
$$;

CREATE FUNCTION internal.enforce_quota() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
declare
    tenants uuid[];
    tenant uuid;
    allowed integer;
    present bigint;
begin
    if tg_level = 'ROW' then
        tenants := array[new.tenant_id];
    else
        select array_agg(distinct a.tenant_id) into tenants from added a where a.deleted_at is null;
    end if;
    for tenant in select t.tenant_id from unnest(tenants) as t (tenant_id) where t.tenant_id is not null loop
        select case tg_table_name
                   when 'users' then q.max_users when 'podcasts' then q.max_podcasts when 'campaigns' then q.max_campaigns
               end
        into allowed
        from public.tenant_quotas q where q.tenant_id = tenant;
        continue when allowed is null;

        insert into internal.quota_gates as g (tenant_id) values (tenant)
        on conflict (tenant_id) do update set passed = g.passed + 1;

        if tg_table_name = 'users' then
            select count(*) into present from public.users r where r.tenant_id = tenant and r.deleted_at is null;
        elsif tg_table_name = 'podcasts' then
            select count(*) into present from public.podcasts r where r.tenant_id = tenant and r.deleted_at is null;
        else
            select count(*) into present from public.campaigns r where r.tenant_id = tenant and r.deleted_at is null;
        end if;
        if present > allowed then
            raise exception 'the quota of % % is used up', allowed, tg_table_name
                using errcode = 'PB001', detail = allowed::text, table = tg_table_name, column = 'max_' || tg_table_name;
        end if;
    end loop;
    return null;
end
$$;

COMMENT ON FUNCTION internal.enforce_quota() IS 'Refuses, with SQLSTATE PB001, what would be more than tenant_quotas allows: new rows (statement) and undeleted ones (row).';

CREATE FUNCTION internal.ensure_partitions(p_from timestamp with time zone, p_to timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
declare
    month_start date := date_trunc('month', p_from at time zone 'UTC')::date;
    made integer := 0;
    parent text;
    child text;
begin
    while month_start <= (p_to at time zone 'UTC')::date loop
        foreach parent in array array['listener_events', 'attribution_events', 'listener_metrics', 'excluded_requests'] loop
            child := parent || '_' || to_char(month_start, 'YYYYMM');
            if to_regclass('internal.' || child) is null then
                perform pg_advisory_xact_lock(hashtext('podboard partitions'));
                if to_regclass('internal.' || child) is null then
                    execute format('create table internal.%I (like public.%I including defaults including constraints)', child, parent);
                    if parent = 'listener_metrics' then
                        execute format('alter table public.%I attach partition internal.%I for values from (%L) to (%L)',
                                       parent, child, month_start, (month_start + interval '1 month')::date);
                    else
                        execute format('alter table public.%I attach partition internal.%I for values from (%L) to (%L)',
                                       parent, child, month_start::text || ' 00:00:00+00',
                                       (month_start + interval '1 month')::date::text || ' 00:00:00+00');
                    end if;
                    made := made + 1;
                end if;
            end if;
        end loop;
        month_start := (month_start + interval '1 month')::date;
    end loop;
    return made;
end
$$;

CREATE FUNCTION internal.forget_recipient() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.recipient_id := null;
    return new;
end
$$;

COMMENT ON FUNCTION internal.forget_recipient() IS 'A delivery whose schedule is gone has no recipient of it either.';

CREATE FUNCTION internal.guard_resources(target regclass, p_policies text[], p_permission text, p_matches text, p_touches text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql
    AS $_$
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
$_$;

COMMENT ON FUNCTION internal.guard_resources(target regclass, p_policies text[], p_permission text, p_matches text, p_touches text) IS 'Lets policies of rights know what access_control_policies give and take for single resources.';

CREATE FUNCTION internal.guard_table(target regclass, p_reading text DEFAULT NULL::text, p_writing text DEFAULT NULL::text, p_own_reading name DEFAULT NULL::name, p_own_writing name DEFAULT NULL::name) RETURNS void
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION internal.hour_ranges(p_hours timestamp with time zone[]) RETURNS TABLE(starts_at timestamp with time zone, ends_at timestamp with time zone)
    LANGUAGE sql STABLE ROWS 2
    SET search_path TO 'pg_catalog'
    AS $$
    select min(i.hour), max(i.hour) + interval '1 hour'
    from (
        select d.hour, d.hour - row_number() over (order by d.hour) * interval '1 hour' as island
        from (select distinct unnest(p_hours) as hour) d
    ) i
    group by i.island
    $$;

CREATE FUNCTION internal.is_attribution_data(d jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
    select case when d ? 'ad_unit_id'
            then coalesce(d ->> 'ad_unit_id', '') ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' else true end
        and case when d ? 'value_micros'
            then jsonb_typeof(d -> 'value_micros') = 'number' and (d -> 'value_micros')::numeric >= 0 and d ? 'currency' else true end
        and case when d ? 'currency' then coalesce(d ->> 'currency', '') ~ '^[A-Z]{3}$' else true end
        and case when d ? 'source' then jsonb_typeof(d -> 'source') = 'string' else true end
        and case when d ? 'order_id' then jsonb_typeof(d -> 'order_id') = 'string' else true end
        and case when d ? 'evidence' then coalesce(d ->> 'evidence', '') in ('bytes', 'download') else true end
    $_$;

COMMENT ON FUNCTION internal.is_attribution_data(d jsonb) IS 'Whether ad_unit_id, value_micros (0 or more, with a currency), currency, source, order_id and evidence, where they are there, are what they are read as.';

CREATE FUNCTION internal.is_attribution_metrics(d jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
    select case when
        d - array['version', 'conversions', 'leads', 'purchases', 'overlap', 'anonymous', 'revenue_micros', 'by_source', 'windows'] = '{}'
        -- What is missing or no number is unknown to a comparison, and unknown is not refused: a check takes it.
        and (d -> 'version' = '1') is true
        and d @? 'strict $ ? (@.conversions.type() == "number" && @.leads.type() == "number" && @.purchases.type() == "number"
            && @.overlap.type() == "number" && @.anonymous.type() == "number"
            && @.revenue_micros.type() == "object" && @.by_source.type() == "object" && @.windows.type() == "object")'
        and not d @? '$.* ? (@.type() == "number" && (@ < 0 || @ != @.floor()))'
        and not d @? '$.revenue_micros.keyvalue() ? (!(@.key like_regex "^[A-Z]{3}$"
            && @.value.type() == "string" && @.value like_regex "^[0-9]+$"))'
        and not d @? '$.by_source.keyvalue() ? (!((@.key == "" || @.key == "pixel" || @.key == "promo_code" || @.key == "vanity_url"
            || @.key == "survey") && @.value.type() == "number" && @.value >= 0 && @.value == @.value.floor()))'
        and not d @? '$.windows.keyvalue() ? (!((@.key == "7" || @.key == "14" || @.key == "30" || @.key == "60")
            && @.value.type() == "object" && @.value.attributed.type() == "number" && @.value.unattributed.type() == "number"
            && @.value.models.type() == "object"))'
        and not d @? '$.windows.*.keyvalue() ? (!(@.key == "attributed" || @.key == "unattributed" || @.key == "models"))'
        and not d @? '$.windows.* ? (@.attributed < 0 || @.unattributed < 0)'
        and not d @? '$.windows.*.* ? (@.type() == "number" && @ != @.floor())'
        and not d @? '$.windows.*.models.keyvalue() ? (!((@.key == "first_touch" || @.key == "last_touch" || @.key == "linear")
            && @.value.type() == "object"))'
        and not d @? '$.windows.*.models.*.keyvalue() ? (!((@.key == "podcast" || @.key == "episode") && @.value.type() == "object"))'
        -- Channels are thousands: what names them and their words are read in the cheapest way there is, once they are objects.
        and not d @? 'strict $.windows.*.models.*.*.* ? (@.type() != "object")'
        and not d @? '$.windows.*.models.*.*.* ? (!(@.conversions.type() == "string" && @.conversions like_regex "^[0-9]+([.][0-9]+)?$"
            && @.revenue_micros.type() == "object"))'
        and not d @? '$.windows.*.models.*.*.*.revenue_micros.* ? (!(@.type() == "string" && @ like_regex "^[0-9]+([.][0-9]+)?$"))'
    then
        -- Each has both words: where there are no more than two for each, nobody has a third.
        jsonb_array_length(jsonb_path_query_array(d, '$.windows.*.models.*.*.*.*'))
            = 2 * jsonb_array_length(jsonb_path_query_array(d, '$.windows.*.models.*.*.*'))
        and not exists (
            select from jsonb_path_query(d, '$.windows.*.models.*.*') channels, jsonb_object_keys(channels) channel
            where channel <> 'none' and channel !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
        and not exists (
            select from jsonb_path_query(d, '$.windows.*.models.*.*.*.revenue_micros') revenue, jsonb_object_keys(revenue) currency
            where currency !~ '^[A-Z]{3}$')
    else false end
    $_$;

COMMENT ON FUNCTION internal.is_attribution_metrics(d jsonb) IS 'Whether a document is version 1 of what the comment on attribution_analytics.metrics says, and nothing besides; of windows, models and kinds of channel some may be missing.';

CREATE FUNCTION internal.is_event_data(d jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
    select case when d ? 'from_s' then jsonb_typeof(d -> 'from_s') = 'number' and (d -> 'from_s')::numeric >= 0 else true end
        and case when d ? 'to_s' then jsonb_typeof(d -> 'to_s') = 'number' and (d -> 'to_s')::numeric >= 0 else true end
        and case when d ? 'from_s' and d ? 'to_s' then (d -> 'to_s')::numeric >= (d -> 'from_s')::numeric else true end
        and case when d ? 'quartile' then d -> 'quartile' in ('0', '1', '2', '3', '4') else true end
        and case when d ? 'ad_unit_id'
            then coalesce(d ->> 'ad_unit_id', '') ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' else true end
    $_$;

COMMENT ON FUNCTION internal.is_event_data(d jsonb) IS 'Whether from_s, to_s (0 or more, not backwards), quartile (0 to 4) and ad_unit_id, where they are there, are what they are read as.';

CREATE FUNCTION internal.is_iso_date(d text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
    select case when d ~ '^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'
        then make_date(left(d, 4)::integer, substr(d, 6, 2)::integer, 1) + (right(d, 2)::integer - 1)
            < make_date(left(d, 4)::integer, substr(d, 6, 2)::integer, 1) + interval '1 month'
        else false end
    $_$;

COMMENT ON FUNCTION internal.is_iso_date(d text) IS 'Whether a text is a day that there is, like 2028-02-29; never null.';

CREATE FUNCTION internal.is_rising(d numeric[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select array_ndims(d) = 1 and not exists (
        select from unnest(d[:array_upper(d, 1) - 1], d[array_lower(d, 1) + 1:]) as pair (place, next) where pair.place >= pair.next)
    $$;

COMMENT ON FUNCTION internal.is_rising(d numeric[]) IS 'Whether each number of a list is greater than the one before it.';

CREATE FUNCTION internal.keep_directory() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
declare
    entry_kind constant text := tg_argv[0];
    key_column constant text := tg_argv[1];
begin
    if tg_op in ('UPDATE', 'DELETE') then
        delete from internal.directory d where d.kind = entry_kind and d.entity_id = (to_jsonb(old) ->> 'id')::uuid;
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        insert into internal.directory (kind, key, tenant_id, entity_id, person_id)
        values (entry_kind, to_jsonb(new) ->> key_column, (to_jsonb(new) ->> 'tenant_id')::uuid, (to_jsonb(new) ->> 'id')::uuid,
                (to_jsonb(new) ->> 'user_id')::uuid);
    end if;
    return null;
end
$$;

CREATE FUNCTION internal.keep_name() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    if tg_op in ('UPDATE', 'DELETE') then
        delete from internal.names n where n.kind = tg_table_name and n.tenant_id = old.tenant_id and n.entity_id = old.id;
    end if;
    if tg_op in ('INSERT', 'UPDATE') and new.deleted_at is null then
        insert into internal.names (kind, tenant_id, entity_id, name)
        values (tg_table_name, new.tenant_id, new.id, lower(to_jsonb(new) ->> tg_argv[0]));
    end if;
    return null;
end
$$;

COMMENT ON FUNCTION internal.keep_name() IS 'Keeps internal.names; the argument is the column with the name.';

CREATE FUNCTION internal.keep_report_queue() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    if new.status in ('queued', 'running') then
        insert into internal.report_queue as q (report_id, tenant_id, lease_until) values (new.id, new.tenant_id, new.lease_until)
        on conflict (report_id) do update set lease_until = excluded.lease_until
        where q.lease_until is distinct from excluded.lease_until;
    else
        delete from internal.report_queue q where q.report_id = new.id;
    end if;
    return null;
end
$$;

CREATE FUNCTION internal.keep_tenant_directory() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
declare
    zone text;
begin
    if tg_table_name = 'tenants' then
        insert into internal.tenant_directory (tenant_id, slug) values (new.id, new.slug)
        on conflict (tenant_id) do update set slug = excluded.slug;
        return null;
    end if;
    zone := coalesce(new.settings ->> 'time_zone', 'UTC');
    if zone = (select d.time_zone from internal.tenant_directory d where d.tenant_id = new.tenant_id) then
        return null;
    end if;
    -- PostgreSQL takes more than there is: abbreviations, rules of POSIX, names in any case. All who read it share IANA's names alone.
    if zone <> 'UTC' and (zone !~ '^[A-Z][A-Za-z]+/' or not exists (select from pg_timezone_names z where z.name = zone)) then
        raise exception 'there is no time zone of this name' using
            errcode = 'invalid_parameter_value', hint = 'Names are of an area and a place, like Europe/Berlin, or UTC.',
            table = tg_table_name, column = 'settings';
    end if;
    update internal.tenant_directory d set time_zone = zone where d.tenant_id = new.tenant_id;
    return null;
end
$$;

CREATE FUNCTION internal.keep_transcript_search() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    insert into internal.transcript_search as s (tenant_id, episode_id, words)
    values (new.tenant_id, new.episode_id, to_tsvector('pg_catalog.simple', new.content))
    on conflict (tenant_id, episode_id) do update set words = excluded.words;
    return null;
end
$$;

CREATE FUNCTION internal.note_corrected_durations() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    insert into internal.dirty_durations (tenant_id, episode_id)
    select c.tenant_id, c.id
    from changed c
    join before b on b.tenant_id = c.tenant_id and b.id = c.id
    where c.duration_seconds is distinct from b.duration_seconds;
    return null;
end
$$;

COMMENT ON FUNCTION internal.note_corrected_durations() IS 'Statement trigger over the transition tables "before" and "changed".';

CREATE FUNCTION internal.note_dirty_attribution_days() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    insert into internal.dirty_metric_days (tenant_id, source, metric_date)
    select distinct c.tenant_id, 'attribution', (c.occurred_at at time zone d.time_zone)::date
    from (select distinct tenant_id, date_trunc('hour', occurred_at, 'UTC')
                 + interval '15 minutes' * floor(extract(minute from occurred_at) / 15) as occurred_at from changed) c
    join internal.tenant_directory d on d.tenant_id = c.tenant_id;
    return null;
end
$$;

CREATE FUNCTION internal.note_dirty_excluded_hours() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    insert into internal.dirty_excluded_hours (tenant_id, hour)
    select distinct c.tenant_id, date_trunc('hour', c.occurred_at, 'UTC') from changed c;
    return null;
end
$$;

COMMENT ON FUNCTION internal.note_dirty_excluded_hours() IS 'Statement trigger over the transition table "changed".';

CREATE FUNCTION internal.note_dirty_hours_new() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    insert into internal.dirty_hours (tenant_id, source, hour)
    select distinct tenant_id, tg_argv[0], date_trunc('hour', occurred_at, 'UTC') from changed;
    return null;
end
$$;

COMMENT ON FUNCTION internal.note_dirty_hours_new() IS 'Statement trigger over the transition table "changed".';

CREATE FUNCTION internal.note_dirty_metric_days() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    insert into internal.dirty_metric_days (tenant_id, source, metric_date)
    select distinct tenant_id, 'listener', metric_date from changed;
    return null;
end
$$;

CREATE FUNCTION internal.note_other_goal() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    insert into internal.dirty_campaigns (tenant_id, campaign_id, since) values (new.tenant_id, new.id, '-infinity');
    return null;
end
$$;

CREATE FUNCTION internal.note_zone_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
declare
    first_day date := (public.raw_retention_start() at time zone new.time_zone)::date;
begin
    -- A tenant of which nothing was counted yet has no days to count anew. Those that are being made wait for nobody.
    if not exists (select from public.listener_events e where e.tenant_id = new.tenant_id)
        and not exists (select from public.attribution_events e where e.tenant_id = new.tenant_id)
        and not exists (select from public.listener_metrics m where m.tenant_id = new.tenant_id)
        and not exists (select from internal.download_days r where r.tenant_id = new.tenant_id)
        and not exists (select from public.excluded_requests x where x.tenant_id = new.tenant_id)
    then
        return null;
    end if;
    -- A refresh that has begun with the old zone must not write after this.
    perform pg_advisory_xact_lock(hashtextextended('podboard rollups ' || new.tenant_id, 0)),
            pg_advisory_xact_lock(hashtext('podboard refresh_metrics_daily'));
    if public.day_start(first_day, new.time_zone) < public.raw_retention_start() then
        first_day := first_day + 1;
    end if;
    insert into internal.dirty_hours (tenant_id, source, hour)
    select distinct new.tenant_id, 'listener', date_trunc('hour', e.occurred_at, 'UTC')
    from public.listener_events e
    where e.tenant_id = new.tenant_id and e.occurred_at >= public.raw_retention_start()
    union all
    select distinct new.tenant_id, 'attribution', date_trunc('hour', e.occurred_at, 'UTC')
    from public.attribution_events e
    where e.tenant_id = new.tenant_id;
    insert into internal.dirty_excluded_hours (tenant_id, hour)
    select distinct new.tenant_id, date_trunc('hour', x.occurred_at, 'UTC')
    from public.excluded_requests x
    where x.tenant_id = new.tenant_id and x.occurred_at >= public.raw_retention_start();
    delete from internal.excluded_days where tenant_id = new.tenant_id and local_day >= first_day;
    delete from internal.download_days where tenant_id = new.tenant_id and local_day >= first_day;
    delete from internal.episode_days where tenant_id = new.tenant_id and local_day >= first_day;
    delete from internal.listener_days where tenant_id = new.tenant_id and local_day >= first_day;
    delete from internal.campaign_days where tenant_id = new.tenant_id;
    delete from internal.campaign_listener_days where tenant_id = new.tenant_id;
    delete from internal.metrics_daily where tenant_id = new.tenant_id and (source = 'attribution' or metric_date >= first_day);
    delete from public.listener_metrics where tenant_id = new.tenant_id and metric_date >= first_day;
    insert into internal.dirty_metric_days (tenant_id, source, metric_date)
    select distinct new.tenant_id, 'attribution', (e.occurred_at at time zone new.time_zone)::date
    from public.attribution_events e where e.tenant_id = new.tenant_id;
    insert into internal.dirty_campaigns (tenant_id, campaign_id, since)
    select distinct new.tenant_id, a.campaign_id, timestamptz '-infinity'
    from public.attribution_analytics a where a.tenant_id = new.tenant_id;
    return null;
end
$$;

CREATE FUNCTION internal.protect_personal_table(target regclass, grants text) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    mine constant text := '(tenant_id = (select app_tenant()) '
        'or (tenant_id is null and (select app_tenant()) is null and user_id = (select app_user())))';
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format('create policy tenant_isolation on %s using %s with check %s', target, mine, mine);
    execute format('grant %s on %s to podboard_web, podboard_worker', grants, target);
    if exists (select from pg_attribute where attrelid = target and attname = 'updated_at' and not attisdropped) then
        execute format('create trigger touch_updated_at before update on %s for each row execute function internal.touch_updated_at()', target);
    end if;
end
$$;

CREATE FUNCTION internal.protect_system_table(target regclass) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    execute format('alter table %s enable row level security', target);
    execute format('create policy system_read on %s for select to podboard_web, podboard_worker using (true)', target);
    execute format('create policy operator_write on %s to podboard_web, podboard_worker '
                   'using ((select app_is_operator())) with check ((select app_is_operator()))', target);
    execute format('grant select, insert, update, delete on %s to podboard_web, podboard_worker', target);
    if not exists (select from pg_trigger t where t.tgrelid = target and t.tgname = 'touch_updated_at') then
        execute format('create trigger touch_updated_at before update on %s for each row execute function internal.touch_updated_at()', target);
    end if;
end
$$;

CREATE FUNCTION internal.protect_tenant_table(target regclass, grants text DEFAULT 'select, insert, update, delete'::text, forced boolean DEFAULT true) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    execute format('alter table %s enable row level security', target);
    if forced then
        execute format('alter table %s force row level security', target);
    end if;
    execute format('create policy tenant_isolation on %s using (tenant_id = (select app_tenant())) '
                   'with check (tenant_id = (select app_tenant()))', target);
    execute format('grant %s on %s to podboard_web, podboard_worker', grants, target);
    if exists (select from pg_attribute where attrelid = target and attname = 'updated_at' and not attisdropped) then
        execute format('create trigger touch_updated_at before update on %s for each row execute function internal.touch_updated_at()', target);
    end if;
end
$$;

CREATE FUNCTION internal.refresh_campaign_days(p_tenant uuid, p_zone text, p_days date[], p_hours timestamp with time zone[]) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
declare
    written bigint;
begin
    insert into internal.dirty_campaigns (tenant_id, campaign_id, since)
    select p_tenant, t.campaign_id, min(t.since)
    from (
        select e.campaign_id, date_trunc('hour', e.occurred_at, 'UTC') as since
        from internal.hour_ranges(p_hours) h
        join public.attribution_events e on e.tenant_id = p_tenant and e.occurred_at >= h.starts_at and e.occurred_at < h.ends_at
        union all
        select r.campaign_id, public.day_start(r.local_day, p_zone)
        from internal.campaign_days r where r.tenant_id = p_tenant and r.local_day = any (p_days)
    ) t
    group by t.campaign_id;

    delete from internal.campaign_days r where r.tenant_id = p_tenant and r.local_day = any (p_days);
    delete from internal.campaign_listener_days r where r.tenant_id = p_tenant and r.local_day = any (p_days);

    insert into internal.listeners (tenant_id, listener_id)
    select distinct p_tenant, e.listener_id
    from internal.day_ranges(p_days, p_zone) s
    join public.attribution_events e on e.tenant_id = p_tenant and e.occurred_at >= s.starts_at and e.occurred_at < s.ends_at
    where e.attribution_type = 'impression' and e.listener_id is not null
        and (select l.listener_no from internal.listeners l where l.tenant_id = p_tenant and l.listener_id = e.listener_id) is null
    on conflict (tenant_id, listener_id) do nothing;

    with raw as materialized (
        select (e.occurred_at at time zone p_zone)::date as day, e.campaign_id, e.episode_id, e.listener_id, e.attribution_type,
               (e.attribution_data ->> 'ad_unit_id')::uuid as ad_unit_id,
               coalesce(e.attribution_data ->> 'source', '') as source,
               coalesce(e.attribution_data ->> 'currency', '') as currency,
               coalesce((e.attribution_data ->> 'value_micros')::numeric, 0) as value_micros
        from internal.day_ranges(p_days, p_zone) s
        join public.attribution_events e on e.tenant_id = p_tenant and e.occurred_at >= s.starts_at and e.occurred_at < s.ends_at
    ),
    by_day as (
        insert into internal.campaign_days
            (tenant_id, local_day, campaign_id, episode_id, ad_unit_id, attribution_type, source, currency, event_count, value_micros)
        select p_tenant, day, campaign_id, episode_id, ad_unit_id, attribution_type, source, currency, count(*), sum(value_micros)
        from raw group by 2, 3, 4, 5, 6, 7, 8
    ),
    reached as (
        select day, campaign_id, episode_id, listener_id, count(*) as impressions
        from raw where attribution_type = 'impression' and listener_id is not null
        group by 1, 2, 3, 4
    ),
    numbered as materialized (
        select r.day, r.campaign_id, r.episode_id, r.impressions,
               (select l.listener_no from internal.listeners l where l.tenant_id = p_tenant and l.listener_id = r.listener_id) as listener_no
        from reached r
    )
    insert into internal.campaign_listener_days (tenant_id, local_day, campaign_id, episode_id, listener_no, impressions)
    select p_tenant, n.day, n.campaign_id, n.episode_id, n.listener_no, n.impressions from numbered n where n.listener_no is not null;
    get diagnostics written = row_count;
    return written;
end
$$;

CREATE FUNCTION internal.refresh_event_aggregates(p_tenant uuid, p_hours timestamp with time zone[]) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
declare
    written bigint;
    total bigint := 0;
    days date[];
begin
    select array_agg(distinct (h at time zone 'UTC')::date) into days from unnest(p_hours) h;

    delete from internal.listener_events_hourly a where a.tenant_id = p_tenant and a.bucket = any (p_hours);
    insert into internal.listener_events_hourly (tenant_id, episode_id, event_type, bucket, event_count, unique_listeners)
    select e.tenant_id, e.episode_id, e.event_type, date_trunc('hour', e.occurred_at, 'UTC'), count(*), count(distinct e.listener_id)
    from internal.hour_ranges(p_hours) r
    join public.listener_events e on e.tenant_id = p_tenant and e.occurred_at >= r.starts_at and e.occurred_at < r.ends_at
    group by 1, 2, 3, 4;
    get diagnostics written = row_count;
    total := total + written;

    delete from internal.listener_events_daily a
    using unnest(days) as d (day)
    where a.tenant_id = p_tenant and a.bucket = d.day::timestamp at time zone 'UTC';
    insert into internal.listener_events_daily (tenant_id, episode_id, event_type, bucket, event_count, unique_listeners)
    select e.tenant_id, e.episode_id, e.event_type, date_trunc('day', e.occurred_at, 'UTC'), count(*), count(distinct e.listener_id)
    from internal.day_ranges(days, 'UTC') r
    join public.listener_events e on e.tenant_id = p_tenant and e.occurred_at >= r.starts_at and e.occurred_at < r.ends_at
    group by 1, 2, 3, 4;
    get diagnostics written = row_count;
    return total + written;
end
$$;

CREATE FUNCTION internal.refresh_excluded_days(p_tenant uuid, p_zone text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
declare
    days date[];
    written bigint;
begin
    with claimed as (
        delete from internal.dirty_excluded_hours q where q.tenant_id = p_tenant returning q.hour
    )
    -- An hour can lie in two tenant days where the zone's offset is not a whole hour.
    select array_agg(distinct x.day) into days
    from (select distinct c.hour from claimed c) h
    cross join lateral (
        values ((h.hour at time zone p_zone)::date), (((h.hour + interval '59 minutes 59 seconds') at time zone p_zone)::date)
    ) as x (day)
    -- Of a day that is partly forgotten what was counted stands.
    where public.day_start(x.day, p_zone) >= public.raw_retention_start();
    if days is null then
        return 0;
    end if;
    perform public.set_tenant_context(p_tenant);
    delete from internal.excluded_days r where r.tenant_id = p_tenant and r.local_day = any (days);
    insert into internal.excluded_days (tenant_id, local_day, podcast_id, reason, rule_version, requests)
    select p_tenant, (x.occurred_at at time zone p_zone)::date, e.podcast_id, x.reason, x.rule_version, count(*)
    from internal.day_ranges(days, p_zone) s
    join public.excluded_requests x on x.tenant_id = p_tenant and x.occurred_at >= s.starts_at and x.occurred_at < s.ends_at
    join public.episodes e on e.tenant_id = p_tenant and e.id = x.episode_id
    group by 2, 3, 4, 5;
    get diagnostics written = row_count;
    return written;
end
$$;

COMMENT ON FUNCTION internal.refresh_excluded_days(p_tenant uuid, p_zone text) IS 'Counts the requests anew that did not count, of the tenant days that the queue names, and takes these off it.';

CREATE FUNCTION internal.refresh_listener_days(p_tenant uuid, p_zone text, p_days date[]) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
declare
    written bigint;
begin
    perform public.set_tenant_context(p_tenant);
    delete from internal.download_days r where r.tenant_id = p_tenant and r.local_day = any (p_days);
    delete from internal.episode_days r where r.tenant_id = p_tenant and r.local_day = any (p_days);
    delete from internal.listener_days r where r.tenant_id = p_tenant and r.local_day = any (p_days);

    insert into internal.listeners (tenant_id, listener_id)
    select distinct p_tenant, e.listener_id
    from internal.day_ranges(p_days, p_zone) s
    join public.listener_events e on e.tenant_id = p_tenant and e.occurred_at >= s.starts_at and e.occurred_at < s.ends_at
    where e.event_type = 'download'
        and (select l.listener_no from internal.listeners l where l.tenant_id = p_tenant and l.listener_id = e.listener_id) is null
    on conflict (tenant_id, listener_id) do nothing;

    -- One pass over the raw downloads of these days feeds every rollup.
    with raw as materialized (
        select (e.occurred_at at time zone p_zone)::date as day, e.episode_id, e.listener_id,
               coalesce(nullif(e.event_data ->> 'app', ''), 'unknown') as app,
               coalesce(nullif(e.event_data ->> 'device', ''), 'unknown') as device_type,
               coalesce(nullif(e.event_data ->> 'country', ''), 'unknown') as country
        from internal.day_ranges(p_days, p_zone) s
        join public.listener_events e on e.tenant_id = p_tenant and e.occurred_at >= s.starts_at and e.occurred_at < s.ends_at
        where e.event_type = 'download'
    ),
    by_dimension as (
        insert into internal.download_days (tenant_id, local_day, episode_id, app, device_type, country, downloads)
        select p_tenant, day, episode_id, app, device_type, country, count(*) from raw group by 2, 3, 4, 5, 6
    ),
    by_episode as (
        insert into internal.episode_days (tenant_id, local_day, episode_id, downloads)
        select p_tenant, day, episode_id, count(*) from raw group by 2, 3
    ),
    by_podcast as (
        insert into internal.podcast_slices (tenant_id, podcast_id, dimension, slice)
        select distinct p_tenant, e.podcast_id, v.dimension, v.slice
        from (select distinct episode_id, app, country, device_type from raw) r
        join public.episodes e on e.tenant_id = p_tenant and e.id = r.episode_id
        cross join lateral (values ('app', r.app), ('country', r.country), ('device_type', r.device_type)) as v (dimension, slice)
        on conflict (tenant_id, podcast_id, dimension, slice) do nothing
    ),
    per_listener as (
        select distinct day, episode_id, listener_id from raw
    ),
    numbered as materialized (
        select p.day, p.episode_id,
               (select l.listener_no from internal.listeners l where l.tenant_id = p_tenant and l.listener_id = p.listener_id) as listener_no
        from per_listener p
    )
    insert into internal.listener_days (tenant_id, local_day, episode_id, listener_no)
    select p_tenant, n.day, n.episode_id, n.listener_no from numbered n where n.listener_no is not null;
    get diagnostics written = row_count;

    perform internal.refresh_listener_metrics(p_tenant, p_zone, p_days);
    return written;
end
$$;

CREATE FUNCTION internal.refresh_listener_metrics(p_tenant uuid, p_zone text, p_days date[], p_episodes uuid[] DEFAULT NULL::uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
begin
    perform public.set_tenant_context(p_tenant);
    with per_listener as (
        select (e.occurred_at at time zone p_zone)::date as day, e.episode_id, e.listener_id,
               count(*) filter (where e.event_type = 'play') as plays,
               count(*) filter (where e.event_type = 'complete') as completes,
               coalesce(sum((e.event_data ->> 'to_s')::numeric - (e.event_data ->> 'from_s')::numeric)
                        filter (where e.event_type = 'progress'), 0) as seconds
        from internal.day_ranges(p_days, p_zone) s
        join public.listener_events e on e.tenant_id = p_tenant and e.occurred_at >= s.starts_at and e.occurred_at < s.ends_at
        where e.event_type in ('play', 'complete', 'progress') and (p_episodes is null or e.episode_id = any (p_episodes))
        group by 1, 2, 3
    ),
    per_episode as (
        select l.day, l.episode_id, sum(l.plays) as plays, sum(l.completes) as completes, sum(l.seconds) as listen_seconds,
               count(*) filter (where l.plays > 0 and l.seconds >= least(1200, 0.4 * coalesce(ep.duration_seconds, 3000))) as engaged_plays
        from per_listener l
        join public.episodes ep on ep.tenant_id = p_tenant and ep.id = l.episode_id
        group by 1, 2
    ),
    fresh as (
        select p.day, p.episode_id, v.metric_name, v.metric_value
        from per_episode p
        cross join lateral (
            values ('plays', p.plays), ('completes', p.completes), ('listen_seconds', p.listen_seconds), ('engaged_plays', p.engaged_plays)
        ) as v (metric_name, metric_value)
    ),
    gone as (
        delete from public.listener_metrics m
        where m.tenant_id = p_tenant and m.metric_date = any (p_days) and (p_episodes is null or m.episode_id = any (p_episodes))
            and not exists (select from fresh f where f.day = m.metric_date and f.episode_id = m.episode_id and f.metric_name = m.metric_name)
    )
    insert into public.listener_metrics as m (tenant_id, episode_id, metric_date, metric_name, metric_value)
    select p_tenant, f.episode_id, f.day, f.metric_name, f.metric_value from fresh f
    on conflict (tenant_id, episode_id, metric_name, metric_date) do update set metric_value = excluded.metric_value
    where m.metric_value is distinct from excluded.metric_value;
end
$$;

CREATE FUNCTION internal.refresh_milestones(p_tenant uuid, p_hours timestamp with time zone[]) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
declare
    quarter constant interval := '15 minutes';
    written bigint;
    last_quarter timestamptz;
    data_to timestamptz;
    podcasts uuid[];
    begins timestamptz[];
    ends timestamptz[];
    place bigint;
    touched_episodes uuid[];
    touched_days smallint[];
    touched_from timestamptz[];
    touched_missing text[];
    sourced uuid[];
    sourced_to timestamptz[];
begin
    perform public.set_tenant_context(p_tenant);
    select max(q.bucket) into last_quarter from internal.download_quarters q where q.tenant_id = p_tenant;
    data_to := last_quarter;
    if exists (select from public.episodes e
               cross join (values (1), (3), (7), (30)) as d (days)
               where e.tenant_id = p_tenant
                   and e.published_at + make_interval(hours => d.days * 24) > last_quarter
                   and e.published_at + make_interval(hours => d.days * 24) < last_quarter + quarter)
    then
        select greatest(data_to, max(e.occurred_at)) into data_to from public.listener_events e
        where e.tenant_id = p_tenant and e.event_type = 'download'
            and e.occurred_at >= last_quarter and e.occurred_at < last_quarter + quarter;
    end if;
    -- A log goes as far as its last request, whether that counts or not. One that was imported before the last download cannot reach
    -- further than it; a day is for clocks that differ.
    select greatest(data_to, max(cast(i.figures #>> '{reached,listener_events}' as timestamptz))) into data_to
    from public.etl_imports i
    where i.tenant_id = p_tenant and (i.import_type = 'access_log' or i.source_name = 'Prefix')
        and i.started_at >= last_quarter - interval '1 day';

    -- A podcast whose sources are known has data as far as the one of them that goes furthest; what others of the tenant bring says
    -- nothing of it. The last 800 imports of a source are those of a month where a key sends by the hour.
    with known as materialized (
        select s.import_type, s.source_name, l.reached
        from (select distinct p.import_type, p.source_name from public.podcast_sources p where p.tenant_id = p_tenant) s
        cross join lateral (
            select max(cast(i.figures #>> '{reached,listener_events}' as timestamptz)) as reached
            from (select r.figures from public.etl_imports r
                  where r.tenant_id = p_tenant and r.import_type = s.import_type and r.source_name = s.source_name
                  order by r.started_at desc
                  limit 800) i
        ) l
    ),
    reaching as (
        select s.podcast_id, max(k.reached) as reached
        from public.podcast_sources s
        join known k on k.import_type = s.import_type and k.source_name = s.source_name
        where s.tenant_id = p_tenant
        group by s.podcast_id
    )
    select array_agg(r.podcast_id), array_agg(r.reached) into sourced, sourced_to from reaching r;

    select array_agg(b.podcast_id), array_agg(b.first_bucket), array_agg(b.last_bucket) into podcasts, begins, ends
    from (
        select e.podcast_id, min(f.bucket) as first_bucket, max(l.bucket) as last_bucket
        from public.episodes e
        cross join lateral (select q.bucket from internal.download_quarters q
                            where q.tenant_id = p_tenant and q.episode_id = e.id
                            order by q.bucket
                            limit 1) f
        cross join lateral (select q.bucket from internal.download_quarters q
                            where q.tenant_id = p_tenant and q.episode_id = e.id
                            order by q.bucket desc
                            limit 1) l
        where e.tenant_id = p_tenant
        group by e.podcast_id
    ) b;
    for place in
        select b.place from unnest(podcasts, begins) with ordinality as b (podcast_id, bucket, place)
        where exists (select from public.episodes e
                      where e.tenant_id = p_tenant and e.podcast_id = b.podcast_id
                          and e.published_at >= b.bucket - interval '1 hour' and e.published_at < b.bucket + quarter)
    loop
        begins[place] := (
            select coalesce(min(l.occurred_at), begins[place])
            from public.listener_events l
            join public.episodes e on e.tenant_id = p_tenant and e.id = l.episode_id
            where l.tenant_id = p_tenant and l.event_type = 'download' and e.podcast_id = podcasts[place]
                and l.occurred_at >= begins[place] and l.occurred_at < begins[place] + quarter);
    end loop;

    with published as (
        -- Before the first episode of a podcast there is nothing to download: there an hour tells that the data began with it.
        select e.id as episode_id, e.published_at,
               coalesce(b.data_from > e.published_at
                            + case when e.published_at = min(e.published_at) over (partition by e.podcast_id)
                                   then interval '1 hour' else interval '0' end, true) as begins_later,
               -- Its own downloads tell as well how far it has data: some came before its sources were known.
               greatest(coalesce(d.reached, data_to), b.last_bucket) as data_to
        from public.episodes e
        left join unnest(podcasts, begins, ends) as b (podcast_id, data_from, last_bucket) on b.podcast_id = e.podcast_id
        left join unnest(sourced, sourced_to) as d (podcast_id, reached) on d.podcast_id = e.podcast_id
        where e.tenant_id = p_tenant and e.published_at is not null
    ),
    windows as (
        select p.episode_id, d.days, p.published_at, t.complete_at, m.episode_id is not null as stands, m.missing as stands_missing,
               p.published_at >= public.raw_retention_start() as has_events,
               case when p.begins_later then 'beginning' when p.data_to is null or p.data_to < t.complete_at then 'end' end as missing
        from published p
        cross join (values (1), (3), (7), (30)) as d (days)
        cross join lateral (select p.published_at + make_interval(hours => d.days * 24) as complete_at) t
        left join internal.episode_milestones m
            on m.tenant_id = p_tenant and m.episode_id = p.episode_id and m.days = d.days and m.complete_at = t.complete_at
        where t.complete_at <= now()
    )
    select array_agg(w.episode_id), array_agg(w.days), array_agg(w.published_at), array_agg(w.missing)
    into touched_episodes, touched_days, touched_from, touched_missing
    from windows w
    -- Where the events are gone nothing can be counted anew: that the data ends before overwrites no number. That it begins later is known
    -- for ever.
    where (w.has_events or w.missing = 'beginning' or (w.missing = 'end' and (not w.stands or w.stands_missing is not null)))
        and (not w.stands
             or w.stands_missing is distinct from w.missing
             or (w.missing is null
                 and exists (select from internal.hour_ranges(p_hours) h where h.ends_at > w.published_at and h.starts_at < w.complete_at)));
    if touched_episodes is null then
        return 0;
    end if;

    insert into internal.episode_milestones as m (tenant_id, episode_id, days, downloads, complete_at, missing)
    select p_tenant, t.episode_id, t.days,
           case when t.missing is null then (
               select count(*) from public.listener_events e
               where e.tenant_id = p_tenant and e.episode_id = t.episode_id and e.event_type = 'download'
                   and e.occurred_at >= t.published_at and e.occurred_at < c.complete_at) end,
           c.complete_at, t.missing
    from unnest(touched_episodes, touched_days, touched_from, touched_missing) as t (episode_id, days, published_at, missing)
    cross join lateral (select t.published_at + make_interval(hours => t.days * 24) as complete_at) c
    on conflict (tenant_id, episode_id, days) do update
        set downloads = excluded.downloads, complete_at = excluded.complete_at, missing = excluded.missing;
    get diagnostics written = row_count;
    return written;
end
$$;

CREATE FUNCTION internal.refresh_rollups(p_tenant uuid) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
declare
    zone text;
    began timestamptz;
    listener_hours timestamptz[];
    attribution_hours timestamptz[];
    days date[];
    corrected uuid[];
    written bigint := 0;
    n bigint;
begin
    perform pg_advisory_xact_lock(hashtextextended('podboard rollups ' || p_tenant, 0));
    select d.time_zone into zone from internal.tenant_directory d where d.tenant_id = p_tenant;
    -- After the wait for another refresh, before the queue is read: what came in until now stands in it.
    began := clock_timestamp();

    with claimed as (
        delete from internal.dirty_hours q where q.tenant_id = p_tenant returning source, hour
    )
    select array_agg(distinct hour) filter (where source = 'listener' and hour >= public.raw_retention_start()),
           array_agg(distinct hour) filter (where source = 'attribution')
    into listener_hours, attribution_hours
    from claimed;

    if listener_hours is not null then
        written := written + internal.refresh_event_aggregates(p_tenant, listener_hours);

        delete from internal.download_quarters r
        using internal.hour_ranges(listener_hours) h
        where r.tenant_id = p_tenant and r.bucket >= h.starts_at and r.bucket < h.ends_at;
        insert into internal.download_quarters (tenant_id, episode_id, bucket, downloads)
        select p_tenant, e.episode_id, date_bin('15 minutes', e.occurred_at, '2000-01-01 00:00:00+00'), count(*)
        from internal.hour_ranges(listener_hours) h
        join public.listener_events e on e.tenant_id = p_tenant and e.occurred_at >= h.starts_at and e.occurred_at < h.ends_at
        where e.event_type = 'download'
        group by 2, 3;
        get diagnostics n = row_count;
        written := written + n;

        -- An hour can lie in two tenant days where the zone's offset is not a whole hour.
        select array_agg(distinct x.day) into days
        from unnest(listener_hours) as h (hour)
        cross join lateral (
            values ((h.hour at time zone zone)::date), (((h.hour + interval '59 minutes 59 seconds') at time zone zone)::date)
        ) as x (day)
        where public.day_start(x.day, zone) >= public.raw_retention_start();

        written := written + internal.refresh_listener_days(p_tenant, zone, coalesce(days, '{}'));
        written := written + internal.refresh_milestones(p_tenant, listener_hours);
    end if;

    with claimed as (
        delete from internal.dirty_durations q where q.tenant_id = p_tenant returning q.episode_id
    )
    select array_agg(distinct episode_id) into corrected from claimed;
    if corrected is not null then
        perform public.set_tenant_context(p_tenant);
        -- Of a day that is partly forgotten what was counted stands.
        select array_agg(distinct m.metric_date) into days from public.listener_metrics m
        where m.tenant_id = p_tenant and m.episode_id = any (corrected)
            and public.day_start(m.metric_date, zone) >= public.raw_retention_start();
        perform internal.refresh_listener_metrics(p_tenant, zone, coalesce(days, '{}'), corrected);
    end if;

    if attribution_hours is not null then
        select array_agg(distinct x.day) into days
        from unnest(attribution_hours) as h (hour)
        cross join lateral (
            values ((h.hour at time zone zone)::date), (((h.hour + interval '59 minutes 59 seconds') at time zone zone)::date)
        ) as x (day);
        written := written + internal.refresh_campaign_days(p_tenant, zone, days, attribution_hours);
    end if;
    written := written + internal.refresh_excluded_days(p_tenant, zone);

    perform public.set_tenant_context(p_tenant);
    insert into public.rollup_states as s (tenant_id, refreshed_at) values (p_tenant, began)
    on conflict (tenant_id) do update set refreshed_at = excluded.refreshed_at;
    return written;
end
$$;

CREATE FUNCTION internal.require_campaign_of_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
begin
    if not exists (
        select from public.attribution_events e
        where e.tenant_id = new.tenant_id and e.id = new.conversion_event_id and e.occurred_at = new.converted_at
            and e.campaign_id = new.campaign_id)
    then
        raise exception 'the conversion event is of another campaign' using errcode = 'foreign_key_violation', table = tg_table_name;
    end if;
    return null;
end
$$;

COMMENT ON FUNCTION internal.require_campaign_of_event() IS 'Refuses a conversion whose campaign is not that of its event.';

CREATE FUNCTION internal.require_known_variant() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    if not exists (select from public.experiments e
                   where e.tenant_id = new.tenant_id and e.id = new.experiment_id and new.variant = any (e.variants)) then
        raise exception 'the experiment has no variant %', new.variant
            using errcode = 'check_violation', table = tg_table_name, column = 'variant';
    end if;
    return new;
end
$$;

COMMENT ON FUNCTION internal.require_known_variant() IS 'Refuses a variant that the experiment does not compare.';

CREATE FUNCTION internal.require_own_campaigns() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    if exists (
        select from unnest(new.campaign_ids) i (id)
        where not exists (select from public.campaigns c where c.tenant_id = new.tenant_id and c.id = i.id))
    then
        raise exception 'there is no such campaign in this tenant' using errcode = 'foreign_key_violation', table = tg_table_name;
    end if;
    return new;
end
$$;

COMMENT ON FUNCTION internal.require_own_campaigns() IS 'Refuses a list of campaigns in which one is not of the row''s tenant.';

CREATE FUNCTION internal.require_own_podcasts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    if exists (
        select from unnest(new.podcast_ids) i (id)
        where not exists (select from public.podcasts p where p.tenant_id = new.tenant_id and p.id = i.id))
    then
        raise exception 'there is no such podcast in this tenant' using errcode = 'foreign_key_violation', table = tg_table_name;
    end if;
    return new;
end
$$;

COMMENT ON FUNCTION internal.require_own_podcasts() IS 'Refuses a list of podcasts in which one is not of the row''s tenant.';

CREATE FUNCTION internal.require_own_resource() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    if not (case new.resource_type
        when 'sponsor' then exists (select from public.sponsors s where s.tenant_id = new.tenant_id and s.id = new.resource_id)
        when 'podcast' then exists (select from public.podcasts p where p.tenant_id = new.tenant_id and p.id = new.resource_id)
        else exists (select from public.campaigns c where c.tenant_id = new.tenant_id and c.id = new.resource_id)
    end) then
        raise exception 'there is no such % in this tenant', new.resource_type
            using errcode = 'foreign_key_violation', table = tg_table_name;
    end if;
    return new;
end
$$;

COMMENT ON FUNCTION internal.require_own_resource() IS 'Refuses the ownership of a sponsor, podcast or campaign that is not of the row''s tenant.';

CREATE FUNCTION internal.require_own_subjects() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    if exists (
        select from jsonb_array_elements_text(coalesce(new.configuration -> 'podcast_ids', '[]')) i (id)
        where not exists (select from public.podcasts p where p.tenant_id = new.tenant_id and p.id::text = i.id))
    then
        raise exception 'there is no such podcast in this tenant' using errcode = 'foreign_key_violation', table = tg_table_name;
    end if;
    if exists (
        select from jsonb_array_elements_text(coalesce(new.configuration -> 'sponsor_ids', '[]')) i (id)
        where not exists (select from public.sponsors s where s.tenant_id = new.tenant_id and s.id::text = i.id))
    then
        raise exception 'there is no such sponsor in this tenant' using errcode = 'foreign_key_violation', table = tg_table_name;
    end if;
    return null;
end
$$;

COMMENT ON FUNCTION internal.require_own_subjects() IS 'Refuses a configuration that names a podcast or sponsor which is not of the row''s tenant.';

CREATE FUNCTION internal.spend_ai_tokens() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    update public.ai_token_balances b set spent = b.spent + new.token_count
    where b.tenant_id = new.tenant_id and b.user_id = new.user_id;
    if not found then
        raise exception 'this person was given no AI tokens' using errcode = 'check_violation', table = 'ai_token_balances';
    end if;
    return null;
end
$$;

COMMENT ON FUNCTION internal.spend_ai_tokens() IS 'Takes what was used off the balance; the check on it refuses what is not there.';

CREATE FUNCTION internal.stamp_stage_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if new.stage is distinct from old.stage then
        new.stage_changed_at := now();
    end if;
    return new;
end
$$;

CREATE FUNCTION internal.take_campaign_of_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
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

COMMENT ON FUNCTION internal.take_campaign_of_event() IS 'Fills campaign_id from the event; the argument is the column with the event''s id.';

CREATE FUNCTION internal.touch_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.updated_at := now();
    return new;
end
$$;

CREATE FUNCTION public.account_for_email(p_email text) RETURNS TABLE(user_id uuid, tenant_id uuid, password_hash text, is_active boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET plan_cache_mode TO 'force_generic_plan'
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    found_tenant uuid;
    found_person uuid;
begin
    select k.tenant_id, k.entity_id into found_tenant, found_person from tenant_for_key('account', lower(p_email)) k;
    perform set_account_context(found_tenant, found_person);
    return query
    select u.id, u.tenant_id, u.password_hash, u.disabled_at is null and u.deleted_at is null
    from users u
    where u.id = found_person;
    perform set_account_context(null, null);
end
$$;

COMMENT ON FUNCTION public.account_for_email(p_email text) IS 'Who logs in with this e-mail; asked before a tenant is known.';

CREATE FUNCTION public.app_campaigns() RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20 PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

COMMENT ON FUNCTION public.app_campaigns() IS 'Campaigns this transaction is limited to (empty when all or none).';

CREATE FUNCTION public.app_denied(p_permission text) RETURNS SETOF uuid
    LANGUAGE sql STABLE ROWS 5 PARALLEL SAFE
    AS $$
    select split_part(e, ':', 2)::uuid
    from unnest(string_to_array(nullif(current_setting('app.denied', true), ''), ',')) e
    where split_part(e, ':', 1) = p_permission
    $$;

COMMENT ON FUNCTION public.app_denied(p_permission text) IS 'Resources for which a policy takes the permission from this session.';

CREATE FUNCTION public.app_episodes() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 200
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    select e.id from public.episodes e
    where e.tenant_id = public.app_tenant() and e.podcast_id in (select public.app_podcasts())
    $$;

COMMENT ON FUNCTION public.app_episodes() IS 'Episodes of the podcasts this transaction is limited to.';

CREATE FUNCTION public.app_granted(p_permission text) RETURNS SETOF uuid
    LANGUAGE sql STABLE ROWS 5 PARALLEL SAFE
    AS $$
    select split_part(e, ':', 2)::uuid
    from unnest(string_to_array(nullif(current_setting('app.granted', true), ''), ',')) e
    where split_part(e, ':', 1) = p_permission
    $$;

COMMENT ON FUNCTION public.app_granted(p_permission text) IS 'Resources for which a policy gives this session the permission without a role that has it.';

CREATE FUNCTION public.app_is_operator() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select (select app_tenant()) is null
        and nullif(current_setting('app.current_user', true), '') is not null
        and app_may('system.read')
    $$;

COMMENT ON FUNCTION public.app_is_operator() IS 'True in the session of an operator: a person without a tenant who may read the system.';

CREATE FUNCTION public.app_kept_from_campaigns() RETURNS SETOF uuid
    LANGUAGE sql STABLE ROWS 5 PARALLEL SAFE
    AS $$ select unnest(string_to_array(substr(current_setting('app.campaign_scope', true), 5), ','))::uuid where app_sees_other_campaigns() $$;

COMMENT ON FUNCTION public.app_kept_from_campaigns() IS 'Campaigns, and sponsors with theirs, that a policy denies to a session which sees all others.';

CREATE FUNCTION public.app_kept_from_podcasts() RETURNS SETOF uuid
    LANGUAGE sql STABLE ROWS 5 PARALLEL SAFE
    AS $$ select unnest(string_to_array(substr(current_setting('app.podcast_scope', true), 5), ','))::uuid where app_sees_other_podcasts() $$;

COMMENT ON FUNCTION public.app_kept_from_podcasts() IS 'Podcasts that a policy denies to a session which sees all others.';

CREATE FUNCTION public.app_may(p_permission text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select case coalesce(
            nullif(current_setting('app.rights', true), ''),
            case when nullif(current_setting('app.current_user', true), '') is null then 'all' else 'none' end)
        when 'all' then true
        when 'none' then false
        else p_permission = any (string_to_array(current_setting('app.rights', true), ','))
    end
    $$;

COMMENT ON FUNCTION public.app_may(p_permission text) IS 'True when the person of this transaction has the permission, or the tenant itself acts.';

CREATE FUNCTION public.app_podcasts() RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20 PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

COMMENT ON FUNCTION public.app_podcasts() IS 'Podcasts this transaction is limited to (empty when all or none).';

CREATE FUNCTION public.app_sees_all_campaigns() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select coalesce(
        nullif(current_setting('app.campaign_scope', true), ''),
        case when nullif(current_setting('app.current_user', true), '') is null then 'all' else 'none' end
    ) = 'all'
    $$;

COMMENT ON FUNCTION public.app_sees_all_campaigns() IS 'True when this transaction may read every campaign of the tenant.';

CREATE FUNCTION public.app_sees_all_podcasts() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select coalesce(
        nullif(current_setting('app.podcast_scope', true), ''),
        case when nullif(current_setting('app.current_user', true), '') is null then 'all' else 'none' end
    ) = 'all'
    $$;

COMMENT ON FUNCTION public.app_sees_all_podcasts() IS 'True when this transaction may read every podcast of the tenant.';

CREATE FUNCTION public.app_sees_other_campaigns() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select coalesce(starts_with(current_setting('app.campaign_scope', true), 'but:'), false) $$;

COMMENT ON FUNCTION public.app_sees_other_campaigns() IS 'True when this transaction may read every campaign of the tenant but those of app_kept_from_campaigns().';

CREATE FUNCTION public.app_sees_other_podcasts() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select coalesce(starts_with(current_setting('app.podcast_scope', true), 'but:'), false) $$;

COMMENT ON FUNCTION public.app_sees_other_podcasts() IS 'True when this transaction may read every podcast of the tenant but those of app_kept_from_podcasts().';

CREATE FUNCTION public.app_sponsors() RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 5 PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'public'
    AS $$
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

COMMENT ON FUNCTION public.app_sponsors() IS 'Sponsors this transaction is limited to (empty when all or none).';

CREATE FUNCTION public.app_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select case
        when nullif(current_setting('app.current_tenant', true), '') is null
            then nullif(current_setting('app.current_tenant_id', true), '')::uuid
        when nullif(current_setting('app.current_tenant_id', true), '') is null
            then nullif(current_setting('app.current_tenant', true), '')::uuid
        when nullif(current_setting('app.current_tenant', true), '')::uuid
            = nullif(current_setting('app.current_tenant_id', true), '')::uuid
            then nullif(current_setting('app.current_tenant', true), '')::uuid
    end
    $$;

COMMENT ON FUNCTION public.app_tenant() IS 'Tenant of this transaction; null (and so no rows) when none is set or the two settings disagree.';

CREATE FUNCTION public.app_user() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select nullif(current_setting('app.current_user', true), '')::uuid $$;

COMMENT ON FUNCTION public.app_user() IS 'Person of this transaction; null when the tenant itself acts (worker, commands).';

CREATE FUNCTION public.attribution_as_of() RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
    select case
        when exists (select from internal.dirty_campaigns q where q.tenant_id = (select public.app_tenant()))
        then greatest(
            (select s.attributed_at from public.attribution_states s where s.tenant_id = (select public.app_tenant())),
            -- A whole pass has left nothing undone of any tenant.
            (select r.refreshed_at from public.refresh_states r where r.relation = 'attribution'))
        else public.rollups_as_of()
    end
    $$;

COMMENT ON FUNCTION public.attribution_as_of() IS 'As of when the attribution of the tenant in the session is: as the rollups, but while campaigns wait to be computed anew.';

CREATE FUNCTION public.day_start(p_day date, p_zone text) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select case
        when ((p_day::timestamp at time zone p_zone) - interval '12 hours'
              + (p_day::timestamp - ((p_day::timestamp at time zone p_zone) - interval '12 hours') at time zone p_zone))
             at time zone p_zone = p_day::timestamp
        then (p_day::timestamp at time zone p_zone) - interval '12 hours'
             + (p_day::timestamp - ((p_day::timestamp at time zone p_zone) - interval '12 hours') at time zone p_zone)
        else p_day::timestamp at time zone p_zone
    end
    $$;

COMMENT ON FUNCTION public.day_start(p_day date, p_zone text) IS 'When a local day begins: at the first of its two midnights, where clocks go back across it.';

CREATE FUNCTION public.ensure_event_storage(p_from timestamp with time zone, p_to timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
begin
    if p_from < now() - interval '10 years' or p_to > now() + interval '13 months' or p_to < p_from then
        raise exception 'events from % to % are outside what is stored', p_from, p_to using errcode = 'datetime_field_overflow';
    end if;
    return internal.ensure_partitions(p_from, p_to);
end
$$;

COMMENT ON FUNCTION public.ensure_event_storage(p_from timestamp with time zone, p_to timestamp with time zone) IS 'Makes room for events between two moments (at most 10 years back); the number of partitions made.';

CREATE FUNCTION public.enter_session(p_tenant uuid, p_user uuid) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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

COMMENT ON FUNCTION public.enter_session(p_tenant uuid, p_user uuid) IS 'Sets tenant, person, scope and rights (from roles, permissions, resource_ownership and access_control_policies) for this transaction; refuses a disabled or foreign person.';

CREATE FUNCTION public.find_names(p_part text, p_limit integer DEFAULT 20) RETURNS TABLE(kind text, entity_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
    select n.kind, n.entity_id
    from internal.names n
    where n.tenant_id = (select public.app_tenant())
        and length(p_part) >= 2
        and n.name like '%' || replace(replace(replace(lower(p_part), '\', '\\'), '%', '\%'), '_', '\_') || '%'
        and case n.kind
            when 'podcasts' then (select public.app_sees_all_podcasts()) or n.entity_id in (select public.app_podcasts())
            when 'episodes' then (select public.app_sees_all_podcasts()) or n.entity_id in (select public.app_episodes())
            when 'sponsors' then (select public.app_sees_all_campaigns()) or n.entity_id in (select public.app_sponsors())
            else (select public.app_sees_all_campaigns()) or n.entity_id in (select public.app_campaigns())
        end
    order by position(lower(p_part) in n.name), n.name, n.entity_id
    limit least(greatest(p_limit, 1), 200)
    $$;

COMMENT ON FUNCTION public.find_names(p_part text, p_limit integer) IS 'What in scope has this in its name, two letters or more, names that begin with it first. kind is the table.';

CREATE FUNCTION public.forget_attempts(p_attempt_key text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$ delete from public.login_attempts where attempt_key = p_attempt_key $$;

COMMENT ON FUNCTION public.forget_attempts(p_attempt_key text) IS 'Clears the count of one key after a success.';

CREATE FUNCTION public.impression_id(p_download_id uuid, p_ad_unit_id uuid) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (OVERLAY(OVERLAY("left"(encode(sha256(convert_to(((('impression '::text || (p_download_id)::text) || ' '::text) || (p_ad_unit_id)::text), 'UTF8'::name)), 'hex'::text), 32) PLACING '8'::text FROM 13 FOR 1) PLACING '8'::text FROM 17 FOR 1))::uuid;

COMMENT ON FUNCTION public.impression_id(p_download_id uuid, p_ad_unit_id uuid) IS 'The id of the impression of an ad unit in a download: a name-based UUID (version 8 over SHA-256), so that it is made once.';

CREATE FUNCTION public.keep_outcome(p_occurred_at timestamp with time zone, p_source text, p_subject_id uuid, p_is_known boolean, p_refused_for text, p_rule_version text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
    insert into internal.waiting_outcomes (tenant_id, occurred_at, id, source, subject_id, is_known, refused_for, rule_version)
    select public.app_tenant(), p_occurred_at, gen_random_uuid(), p_source, p_subject_id, p_is_known, p_refused_for, p_rule_version
    $$;

COMMENT ON FUNCTION public.keep_outcome(p_occurred_at timestamp with time zone, p_source text, p_subject_id uuid, p_is_known boolean, p_refused_for text, p_rule_version text) IS 'Keeps what became of a request of the tenant in the session until the worker counts it. Whose episode or campaign it is, is looked at then.';

CREATE FUNCTION public.keep_outcome(p_occurred_at timestamp with time zone, p_source text, p_subject_id uuid, p_is_known boolean, p_refused_for text, p_rule_version text, p_order_id text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
    insert into internal.waiting_outcomes (tenant_id, occurred_at, id, source, subject_id, is_known, refused_for, rule_version, order_id)
    select public.app_tenant(), p_occurred_at, gen_random_uuid(), p_source, p_subject_id, p_is_known, p_refused_for, p_rule_version,
           p_order_id
    $$;

COMMENT ON FUNCTION public.keep_outcome(p_occurred_at timestamp with time zone, p_source text, p_subject_id uuid, p_is_known boolean, p_refused_for text, p_rule_version text, p_order_id text) IS 'Keeps what became of a request of the tenant in the session, and of which order it was told, until the worker counts it. Whose episode or campaign it is, is looked at then.';

CREATE FUNCTION public.keep_request(p_id uuid, p_occurred_at timestamp with time zone, p_episode_id uuid, p_listener_id text, p_app text, p_device text, p_os text, p_country text, p_region text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
    insert into internal.waiting_requests
        (tenant_id, occurred_at, id, episode_id, listener_id, app, device, os, country, region)
    select public.app_tenant(), p_occurred_at, p_id, p_episode_id, p_listener_id, p_app, p_device, p_os, p_country, p_region
    $$;

COMMENT ON FUNCTION public.keep_request(p_id uuid, p_occurred_at timestamp with time zone, p_episode_id uuid, p_listener_id text, p_app text, p_device text, p_os text, p_country text, p_region text) IS 'Keeps a request of the tenant in the session until the worker counts it. Whose episode it is, is looked at then.';

CREATE FUNCTION public.keep_request(p_id uuid, p_occurred_at timestamp with time zone, p_episode_id uuid, p_listener_id text, p_app text, p_device text, p_os text, p_country text, p_region text, p_data_centres text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
    insert into internal.waiting_requests
        (tenant_id, occurred_at, id, episode_id, listener_id, app, device, os, country, region, data_centres)
    select public.app_tenant(), p_occurred_at, p_id, p_episode_id, p_listener_id, p_app, p_device, p_os, p_country, p_region,
           p_data_centres
    $$;

COMMENT ON FUNCTION public.keep_request(p_id uuid, p_occurred_at timestamp with time zone, p_episode_id uuid, p_listener_id text, p_app text, p_device text, p_os text, p_country text, p_region text, p_data_centres text) IS 'Keeps a request of the tenant in the session until the worker counts it. Whose episode it is, is looked at then.';

CREATE FUNCTION public.link_target(p_kind text, p_key text) RETURNS TABLE(tenant_id uuid, link_id uuid, campaign_id uuid, target_url text, conversion_type text, listener_key bytea, asked_at timestamp with time zone)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    found_tenant uuid;
    found_link uuid;
begin
    select k.tenant_id, k.entity_id into found_tenant, found_link from tenant_for_key('campaign_link', p_key) k;
    if not found then
        return;
    end if;
    perform set_account_context(found_tenant, null);
    return query
    select l.tenant_id, l.id, l.campaign_id, l.target_url, c.conversion_type,
           (select k.key from listener_keys k where k.tenant_id = found_tenant), now()
    from campaign_links l
    join campaigns c on c.tenant_id = l.tenant_id and c.id = l.campaign_id and c.deleted_at is null
    where l.tenant_id = found_tenant and l.id = found_link and l.kind = p_kind and l.deleted_at is null;
    perform set_account_context(null, null);
end
$$;

COMMENT ON FUNCTION public.link_target(p_kind text, p_key text) IS 'The campaign behind a pixel or vanity URL and where it leads: asked before a tenant is known.';

CREATE FUNCTION public.password_token_holder(p_token_hash text, p_now timestamp with time zone) RETURNS TABLE(user_id uuid, tenant_id uuid, email text, full_name text, purpose text)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    found_token uuid;
    found_tenant uuid;
    found_person uuid;
begin
    select k.entity_id, k.tenant_id, k.person_id into found_token, found_tenant, found_person
    from tenant_for_key('password_token', p_token_hash) k;
    if not found then
        return;
    end if;
    perform set_account_context(found_tenant, found_person);
    return query
    select u.id, u.tenant_id, u.email, u.full_name, k.purpose
    from password_reset_tokens k
    join users u on u.id = k.user_id and u.tenant_id is not distinct from k.tenant_id
    where k.id = found_token and k.token = p_token_hash and k.used_at is null and k.expires_at > p_now
        and u.disabled_at is null and u.deleted_at is null;
    perform set_account_context(null, null);
end
$$;

COMMENT ON FUNCTION public.password_token_holder(p_token_hash text, p_now timestamp with time zone) IS 'Whose password an unused one-time link may set.';

CREATE FUNCTION public.password_token_use(p_token_hash text, p_password_hash text, p_now timestamp with time zone) RETURNS TABLE(user_id uuid, tenant_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET plan_cache_mode TO 'force_generic_plan'
    SET search_path TO 'pg_catalog', 'public'
    AS $$
declare
    holder uuid;
    found_tenant uuid;
    found_person uuid;
begin
    select k.tenant_id, k.person_id into found_tenant, found_person from tenant_for_key('password_token', p_token_hash) k;
    if not found then
        return;
    end if;
    perform set_account_context(found_tenant, found_person);
    -- Of two that use one link at the same time the second finds it used.
    update password_reset_tokens k set used_at = greatest(p_now, k.created_at)
    where k.token = p_token_hash and k.used_at is null and k.expires_at > p_now
        and exists (select from users u where u.id = k.user_id and u.disabled_at is null and u.deleted_at is null)
    returning k.user_id into holder;
    if holder is not null then
        update users u set password_hash = p_password_hash, email_verified = true where u.id = holder;
        update sessions s set ended_at = greatest(p_now, s.created_at) where s.user_id = holder and s.ended_at is null;
        update password_reset_tokens k set used_at = greatest(p_now, k.created_at) where k.user_id = holder and k.used_at is null;
        return query select holder, found_tenant;
    end if;
    perform set_account_context(null, null);
end
$$;

COMMENT ON FUNCTION public.password_token_use(p_token_hash text, p_password_hash text, p_now timestamp with time zone) IS 'Sets a password by a one-time link, once: the link, all others of the person and their open sessions end with it.';

CREATE FUNCTION public.pending_work() RETURNS TABLE(queue text, waiting bigint, oldest timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$
    select 'dirty_hours', count(*), min(noted_at) from internal.dirty_hours
    union all select 'dirty_metric_days', count(*), min(noted_at) from internal.dirty_metric_days
    union all select 'dirty_campaigns', count(*), min(noted_at) from internal.dirty_campaigns
    union all select 'dirty_excluded_hours', count(*), min(noted_at) from internal.dirty_excluded_hours
    union all select 'dirty_durations', count(*), min(noted_at) from internal.dirty_durations
    union all select 'waiting_requests', count(*), min(occurred_at) from internal.waiting_requests
    union all select 'waiting_outcomes', count(*), min(occurred_at) from internal.waiting_outcomes
    union all select 'reports', count(*), min(queued_at) from internal.report_queue
    $$;

COMMENT ON FUNCTION public.pending_work() IS 'Length and age of each queue; no tenant data.';

CREATE FUNCTION public.policy_resources(p_tenant uuid, p_type text, p_ids uuid[]) RETURNS SETOF uuid
    LANGUAGE sql STABLE
    AS $$
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

COMMENT ON FUNCTION public.policy_resources(p_tenant uuid, p_type text, p_ids uuid[]) IS 'What the ids of a policy stand for, read with the rights of whoever asks.';

CREATE FUNCTION public.prefix_target(p_episode_id uuid) RETURNS TABLE(tenant_id uuid, audio_url text, audio_bytes bigint, duration_seconds integer, time_zone text, download_window text, listener_key bytea, asked_at timestamp with time zone)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    found_tenant uuid;
begin
    select k.tenant_id into found_tenant from tenant_for_key('episode', p_episode_id::text) k;
    if not found then
        return;
    end if;
    perform set_account_context(found_tenant, null);
    return query
    select e.tenant_id, e.audio_url, e.audio_bytes, e.duration_seconds, tenant_time_zone(),
           coalesce((select s.settings ->> 'download_window' from tenant_settings s where s.tenant_id = found_tenant), 'calendar_day'),
           (select k.key from listener_keys k where k.tenant_id = found_tenant), now()
    from episodes e
    where e.tenant_id = found_tenant and e.id = p_episode_id and e.deleted_at is null;
    perform set_account_context(null, null);
end
$$;

COMMENT ON FUNCTION public.prefix_target(p_episode_id uuid) IS 'Where the audio of an episode lies and how its tenant counts, for a request at a prefix: asked before a tenant is known.';

CREATE FUNCTION public.raw_retention_start() RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select date_trunc('day', now(), 'UTC') - interval '2 years' $$;

COMMENT ON FUNCTION public.raw_retention_start() IS 'Oldest moment of which raw listener events are kept.';

CREATE FUNCTION public.refresh_metrics_daily() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
declare
    started timestamptz;
    tenants uuid[];
    sources text[];
    days date[];
    first_day date;
    last_day date;
    written bigint := 0;
    n bigint;
begin
    perform pg_advisory_xact_lock(hashtext('podboard refresh_metrics_daily'));
    -- It is made of what the rollups pass makes: as of then, and not of what came in since. Read before the days are claimed.
    select least(clock_timestamp(), min(s.refreshed_at)) into started from public.refresh_states s where s.relation = 'rollups';

    with claimed as (
        delete from internal.dirty_metric_days returning tenant_id, source, metric_date
    ),
    keys as (
        select distinct tenant_id, source, metric_date from claimed
    )
    select array_agg(tenant_id), array_agg(source), array_agg(metric_date), min(metric_date), max(metric_date)
    into tenants, sources, days, first_day, last_day from keys;

    delete from internal.metrics_daily m
    using unnest(tenants, sources, days) as k (tenant_id, source, metric_date)
    where m.tenant_id = k.tenant_id and m.source = k.source and m.metric_date = k.metric_date;

    insert into internal.metrics_daily (tenant_id, metric_date, episode_id, source, metric_name, total_value, avg_value, record_count)
    select m.tenant_id, m.metric_date, m.episode_id, 'listener', m.metric_name, sum(m.metric_value), avg(m.metric_value), count(*)
    from unnest(tenants, sources, days) as k (tenant_id, source, metric_date)
    join public.listener_metrics m on m.tenant_id = k.tenant_id and m.metric_date = k.metric_date
        and m.metric_date between first_day and last_day -- leaves the partitions of other months unopened
    where k.source = 'listener'
    group by m.tenant_id, m.metric_date, m.episode_id, m.metric_name;
    get diagnostics n = row_count;
    written := written + n;

    insert into internal.metrics_daily (tenant_id, metric_date, episode_id, source, metric_name, total_value, avg_value, record_count)
    select e.tenant_id, k.metric_date, e.episode_id, 'attribution', v.metric_name, sum(v.amount), avg(v.amount), count(*)
    from unnest(tenants, sources, days) as k (tenant_id, source, metric_date)
    join internal.tenant_directory d on d.tenant_id = k.tenant_id
    join public.attribution_events e on e.tenant_id = k.tenant_id
        and e.occurred_at >= public.day_start(k.metric_date, d.time_zone)
        and e.occurred_at < public.day_start(k.metric_date + 1, d.time_zone)
        and e.occurred_at >= first_day::timestamp at time zone 'UTC' - interval '1 day'
        and e.occurred_at < last_day::timestamp at time zone 'UTC' + interval '2 days'
    cross join lateral (
        values ('attribution.' || e.attribution_type, 1::numeric),
               ('attribution.' || e.attribution_type || '.value.' || (e.attribution_data ->> 'currency'),
                (e.attribution_data ->> 'value_micros')::numeric)
    ) as v (metric_name, amount)
    where k.source = 'attribution' and v.metric_name is not null and v.amount is not null
    group by e.tenant_id, k.metric_date, e.episode_id, v.metric_name;
    get diagnostics n = row_count;
    written := written + n;

    insert into public.refresh_states as s (relation, refreshed_at, rows_written) values ('metrics_daily', started, written)
    on conflict (relation) do update set refreshed_at = excluded.refreshed_at, rows_written = excluded.rows_written;
    return written;
end
$$;

COMMENT ON FUNCTION public.refresh_metrics_daily() IS 'Refreshes metrics_daily for the tenant days that changed since the last call; the number of rows written. For the worker.';

CREATE FUNCTION public.refuse_visit(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_kind text, p_reason text, p_rule_version text, p_occurred_at timestamp with time zone, p_order_id text) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
begin
    perform set_account_context(p_tenant_id, null);
    perform keep_outcome(p_occurred_at, p_kind, p_campaign_id, false, p_reason, p_rule_version, p_order_id);
    perform set_account_context(null, null);
end
$$;

COMMENT ON FUNCTION public.refuse_visit(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_kind text, p_reason text, p_rule_version text, p_occurred_at timestamp with time zone, p_order_id text) IS 'Keeps a request at a pixel or vanity URL that is neither visit nor conversion, with the reason and the order it told.';

CREATE FUNCTION public.replace_password(p_password_hash text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    update public.users u set password_hash = p_password_hash
    where u.id = public.app_user() and u.disabled_at is null and u.deleted_at is null
    $$;

COMMENT ON FUNCTION public.replace_password(p_password_hash text) IS 'Stores a stronger hash of the password that the person of this session has just given.';

CREATE TABLE public.refresh_states (
    relation text NOT NULL,
    refreshed_at timestamp with time zone NOT NULL,
    rows_written bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT refresh_states_rows_written_check CHECK ((rows_written >= 0))
);

COMMENT ON TABLE public.refresh_states IS 'As-of of each derived relation: the start of the last refresh that left nothing undone.';

CREATE TABLE public.rollup_states (
    tenant_id uuid NOT NULL,
    refreshed_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.rollup_states FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.rollup_states IS 'As of when the rollups of a tenant are: when the last refresh that had work for it began to read its queue.';

CREATE FUNCTION public.rollups_as_of() RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public'
    RETURN GREATEST((SELECT s.refreshed_at FROM public.rollup_states s WHERE (s.tenant_id = public.app_tenant())), (SELECT r.refreshed_at FROM public.refresh_states r WHERE (r.relation = 'rollups'::text)));

COMMENT ON FUNCTION public.rollups_as_of() IS 'As of when the rollups of the tenant are. What is counted from raw events beside them leaves out what came in later.';

CREATE FUNCTION public.search_transcripts(p_query text, p_limit integer DEFAULT 20) RETURNS TABLE(episode_id uuid, rank real)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
    select s.episode_id, ts_rank(s.words, q.query)
    from websearch_to_tsquery('pg_catalog.simple', p_query) as q (query)
    join internal.transcript_search s on s.words @@ q.query
    join public.episodes e on e.tenant_id = s.tenant_id and e.id = s.episode_id and e.deleted_at is null
    where s.tenant_id = (select public.app_tenant())
        and ((select public.app_sees_all_podcasts()) or s.episode_id in (select public.app_episodes()))
    order by 2 desc, 1
    limit least(greatest(p_limit, 1), 200)
    $$;

COMMENT ON FUNCTION public.search_transcripts(p_query text, p_limit integer) IS 'Episodes in scope whose transcripts hold these words, the best first. Syntax of a search engine: "words in a row", or, -not.';

CREATE FUNCTION public.session_enter(p_token_hash text, p_now timestamp with time zone, p_idle_since timestamp with time zone, p_noted_before timestamp with time zone) RETURNS TABLE(session_id uuid, user_id uuid, tenant_id uuid, email text, full_name text, permissions text[], tenant_name text, tenant_slug text, time_zone text, currency text, week_start text, brand_name text, primary_color text, logo_svg text, is_to_be_noted boolean)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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

COMMENT ON FUNCTION public.session_enter(p_token_hash text, p_now timestamp with time zone, p_idle_since timestamp with time zone, p_noted_before timestamp with time zone) IS 'The living session of a cookie''s hash, as session_open() finds it, whose person the rest of the transaction then is, as by enter_session(). It writes nothing: is_to_be_noted says that session_open() is due.';

CREATE FUNCTION public.session_open(p_token_hash text, p_now timestamp with time zone, p_idle_since timestamp with time zone, p_noted_before timestamp with time zone) RETURNS TABLE(session_id uuid, user_id uuid, tenant_id uuid, email text, full_name text, permissions text[], tenant_name text, tenant_slug text, time_zone text, currency text, week_start text, brand_name text, primary_color text, logo_svg text)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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

COMMENT ON FUNCTION public.session_open(p_token_hash text, p_now timestamp with time zone, p_idle_since timestamp with time zone, p_noted_before timestamp with time zone) IS 'The living session of a cookie''s hash with person, tenant, brand and permissions; notes that it was seen.';

CREATE FUNCTION public.session_rights(p_tenant uuid, p_user uuid, OUT allowed text[], OUT granted text[], OUT denied text[]) RETURNS record
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $_$
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
$_$;

COMMENT ON FUNCTION public.session_rights(p_tenant uuid, p_user uuid, OUT allowed text[], OUT granted text[], OUT denied text[]) IS 'What a person may, from roles and policies: allowed for everything, granted and denied for single resources (permission:id). An allow of what does not concern its kind of resource gives nothing; a deny of such takes the permission altogether.';

CREATE FUNCTION public.set_account_context(p_tenant uuid, p_person uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    perform set_config('app.campaign_scope', '', true), set_config('app.sponsor_scope', '', true),
            set_config('app.podcast_scope', '', true), set_config('app.rights', '', true),
            set_config('app.granted', '', true), set_config('app.denied', '', true),
            set_config('app.current_user', case when p_tenant is null then coalesce(p_person::text, '') else '' end, true);
    perform set_tenant_context(p_tenant);
end
$$;

COMMENT ON FUNCTION public.set_account_context(p_tenant uuid, p_person uuid) IS 'Sets the tenant without a person, or an operator without a tenant, for the rest of this transaction; (null, null) leaves.';

CREATE FUNCTION public.set_scope(p_tenant uuid, p_user uuid, p_allowed text[], p_granted text[], p_denied text[]) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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

COMMENT ON FUNCTION public.set_scope(p_tenant uuid, p_user uuid, p_allowed text[], p_granted text[], p_denied text[]) IS 'Person, rights and scope of the rest of the transaction, from the rights that session_rights() found; the tenant is set before.';

CREATE FUNCTION public.set_tenant_context(tenant_uuid uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    perform set_config('app.current_tenant', coalesce(tenant_uuid::text, ''), true),
            set_config('app.current_tenant_id', coalesce(tenant_uuid::text, ''), true);
end
$$;

COMMENT ON FUNCTION public.set_tenant_context(tenant_uuid uuid) IS 'Sets the tenant for the rest of this transaction (both settings). Null clears it. Enter a person''s rights with enter_session().';

CREATE FUNCTION public.take_prefix_request(p_tenant_id uuid, p_id uuid, p_occurred_at timestamp with time zone, p_episode_id uuid, p_reason text, p_rule_version text, p_listener_id text, p_app text, p_device text, p_os text, p_country text, p_region text, p_data_centres text) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
begin
    perform set_account_context(p_tenant_id, null);
    if p_reason is null then
        perform keep_request(p_id, p_occurred_at, p_episode_id, p_listener_id, p_app, p_device, p_os, p_country, p_region,
                             p_data_centres);
    else
        perform keep_outcome(p_occurred_at, 'prefix', p_episode_id, false, p_reason, p_rule_version);
    end if;
    perform set_account_context(null, null);
end
$$;

COMMENT ON FUNCTION public.take_prefix_request(p_tenant_id uuid, p_id uuid, p_occurred_at timestamp with time zone, p_episode_id uuid, p_reason text, p_rule_version text, p_listener_id text, p_app text, p_device text, p_os text, p_country text, p_region text, p_data_centres text) IS 'Records a request at a prefix: refused with its reason, or kept to be counted in its window.';

CREATE FUNCTION public.take_visit(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_kind text, p_listener_id text, p_type text, p_data jsonb, p_occurred_at timestamp with time zone, p_is_order boolean, p_rule_version text) RETURNS text
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    outcome text := 'taken';
begin
    perform set_account_context(p_tenant_id, null);
    if p_is_order then
        -- The page of an order may be opened twice at once.
        perform pg_advisory_xact_lock(hashtextextended('podboard conversion ' || p_id, 0));
        outcome := coalesce((
            select case when e.attribution_type = p_type and e.attribution_data = p_data then 'known' else 'order_differs' end
            from attribution_events e
            where e.tenant_id = p_tenant_id and e.id = p_id
            limit 1), 'taken');
    end if;
    -- Only files and keys set an order's amount. Whoever looks at a page sees its pixel, and orders can be guessed.
    if outcome = 'taken' and p_data ? 'order_id' and p_data ? 'value_micros' and exists (
            select from conversion_orders o
            where o.tenant_id = p_tenant_id and o.campaign_id = p_campaign_id and o.conversion_type = p_type
                and o.order_id = p_data ->> 'order_id'
                and (o.value_micros, o.currency) <> (cast(p_data ->> 'value_micros' as bigint), p_data ->> 'currency')) then
        outcome := 'order_differs';
    end if;
    if outcome = 'taken' then
        insert into attribution_events (id, tenant_id, campaign_id, listener_id, attribution_type, attribution_data, occurred_at)
        values (p_id, p_tenant_id, p_campaign_id, p_listener_id, p_type, p_data, p_occurred_at);
    end if;
    if outcome = 'order_differs' then
        perform keep_outcome(p_occurred_at, p_kind, p_campaign_id, false, outcome, p_rule_version, p_data ->> 'order_id');
    else
        perform keep_outcome(p_occurred_at, p_kind, p_campaign_id, outcome = 'known', null, null);
    end if;
    perform set_account_context(null, null);
    return outcome;
end
$$;

COMMENT ON FUNCTION public.take_visit(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_kind text, p_listener_id text, p_type text, p_data jsonb, p_occurred_at timestamp with time zone, p_is_order boolean, p_rule_version text) IS 'Records what a pixel or vanity URL tells; an order once, however often its page is opened. taken; known: the same order said the same; order_differs: it said something else, or a file or key told it with another amount, and what was said first stands.';

CREATE FUNCTION public.tenant_data_to() RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$
    select greatest(
        (select max(e.occurred_at) from public.listener_events e
         where e.tenant_id = (select public.app_tenant()) and e.event_type = 'download'),
        -- Among the days that have impressions few rows lie between two visits to the index; a day of the tenant begins at
        -- most a day before that of UTC.
        (select max(e.occurred_at) from public.attribution_events e
         where e.tenant_id = (select public.app_tenant()) and e.attribution_type = 'impression'
             and e.occurred_at >= (
                 select cast(max(d.local_day) - 1 as timestamp) at time zone 'UTC' from internal.campaign_days d
                 where d.tenant_id = (select public.app_tenant()) and d.attribution_type = 'impression')))
    $$;

COMMENT ON FUNCTION public.tenant_data_to() IS 'The last download or impression of the tenant in the session, whatever the reader sees of them: the clock of pacing.';

CREATE FUNCTION public.tenant_for_key(p_kind text, p_key text) RETURNS TABLE(tenant_id uuid, entity_id uuid, person_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'internal'
    AS $$ select d.tenant_id, d.entity_id, d.person_id from internal.directory d where d.kind = p_kind and d.key = p_key $$;

COMMENT ON FUNCTION public.tenant_for_key(p_kind text, p_key text) IS 'The tenant, id and person behind a global key: the only way from an e-mail, a session or a token to a tenant.';

CREATE FUNCTION public.tenant_time_zone() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'internal'
    AS $$ select d.time_zone from internal.tenant_directory d where d.tenant_id = public.app_tenant() $$;

COMMENT ON FUNCTION public.tenant_time_zone() IS 'IANA zone of the tenant in the session.';

CREATE FUNCTION public.tenant_week_shift() RETURNS integer
    LANGUAGE sql STABLE
    AS $$
    select coalesce((select 1 from public.tenant_settings s
                     where s.tenant_id = (select public.app_tenant()) and s.settings ->> 'week_start' = 'sunday'), 0)
$$;

COMMENT ON FUNCTION public.tenant_week_shift() IS 'Days by which the weeks of the session''s tenant begin before those of ISO 8601: 1 where they begin on Sunday, else 0.';

CREATE FUNCTION public.uncount_attempt(p_attempt_key text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    update public.login_attempts set failures = greatest(failures - 1, 0), blocked_until = null where attempt_key = p_attempt_key
    $$;

COMMENT ON FUNCTION public.uncount_attempt(p_attempt_key text) IS 'Takes one attempt of a key back that turned out to be right, and the wait that it brought.';

CREATE FUNCTION public.uuid_generate_v4() RETURNS uuid
    LANGUAGE sql PARALLEL SAFE
    AS $$select pg_catalog.gen_random_uuid()$$;

CREATE TABLE public.attribution_events (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    episode_id uuid,
    listener_id text,
    attribution_type text NOT NULL,
    attribution_data jsonb DEFAULT '{}'::jsonb NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT attribution_events_attribution_data_check CHECK ((jsonb_typeof(attribution_data) = 'object'::text)),
    CONSTRAINT attribution_events_attribution_type_check CHECK ((attribution_type = ANY (ARRAY['impression'::text, 'visit'::text, 'lead'::text, 'purchase'::text]))),
    CONSTRAINT attribution_events_data_shape CHECK (internal.is_attribution_data(attribution_data)),
    CONSTRAINT attribution_events_listener_id_check CHECK (((length(listener_id) >= 1) AND (length(listener_id) <= 200)))
)
PARTITION BY RANGE (occurred_at);

COMMENT ON TABLE public.attribution_events IS 'Ads delivered (impressions) and what followed: visits, leads, purchases. Kept as long as the tenant.';

COMMENT ON COLUMN public.attribution_events.attribution_type IS 'impression: an ad delivered; visit; lead; purchase.';

COMMENT ON COLUMN public.attribution_events.attribution_data IS 'source (pixel, promo_code, vanity_url, survey), order_id, value_micros, currency, ad_unit_id; of an impression that was made of a download evidence (bytes: all bytes of the ad were sent; download: nobody knows which were, it counts with the download; made before there was evidence: none). Open: a source may tell more, and nothing else is reckoned with.';

CREATE TABLE internal.campaign_days (
    tenant_id uuid NOT NULL,
    local_day date NOT NULL,
    campaign_id uuid NOT NULL,
    episode_id uuid,
    ad_unit_id uuid,
    attribution_type text NOT NULL,
    source text NOT NULL,
    currency text NOT NULL,
    event_count bigint NOT NULL,
    value_micros numeric NOT NULL
);

COMMENT ON TABLE internal.campaign_days IS 'Attribution events per tenant day, campaign, episode, ad unit, type and source.';

CREATE TABLE internal.campaign_listener_days (
    tenant_id uuid NOT NULL,
    local_day date NOT NULL,
    campaign_id uuid NOT NULL,
    episode_id uuid,
    listener_no bigint NOT NULL,
    impressions bigint NOT NULL
);

COMMENT ON TABLE internal.campaign_listener_days IS 'Whom a campaign reached on which tenant day: exact reach and frequency of any range.';

CREATE TABLE internal.directory (
    kind text NOT NULL,
    key text NOT NULL,
    tenant_id uuid,
    entity_id uuid NOT NULL,
    person_id uuid
);

COMMENT ON TABLE internal.directory IS 'Global keys and whose they are: kept by triggers, read by tenant_for_key() alone.';

CREATE TABLE internal.dirty_campaigns (
    id bigint NOT NULL,
    tenant_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    since timestamp with time zone NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE internal.dirty_campaigns IS 'Campaigns whose attribution is to be computed anew, and from when on: a queue for the worker.';

ALTER TABLE internal.dirty_campaigns ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME internal.dirty_campaigns_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE internal.dirty_durations (
    id bigint NOT NULL,
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE internal.dirty_durations IS 'Episodes whose duration was corrected: a queue for the refresh of listener_metrics.';

ALTER TABLE internal.dirty_durations ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME internal.dirty_durations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE internal.dirty_excluded_hours (
    id bigint NOT NULL,
    tenant_id uuid NOT NULL,
    hour timestamp with time zone NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE internal.dirty_excluded_hours IS 'Hours in which requests that do not count came or went: a queue for the refresh of excluded_days.';

ALTER TABLE internal.dirty_excluded_hours ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME internal.dirty_excluded_hours_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE internal.dirty_hours (
    id bigint NOT NULL,
    tenant_id uuid NOT NULL,
    source text NOT NULL,
    hour timestamp with time zone NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT dirty_hours_source_check CHECK ((source = ANY (ARRAY['listener'::text, 'attribution'::text])))
);

COMMENT ON TABLE internal.dirty_hours IS 'Hours in which events came or went: a queue for the refresh of what is derived from them.';

COMMENT ON COLUMN internal.dirty_hours.source IS 'listener or attribution: of which events.';

ALTER TABLE internal.dirty_hours ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME internal.dirty_hours_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE internal.dirty_metric_days (
    id bigint NOT NULL,
    tenant_id uuid NOT NULL,
    source text NOT NULL,
    metric_date date NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT dirty_metric_days_source_check CHECK ((source = ANY (ARRAY['listener'::text, 'attribution'::text])))
);

COMMENT ON TABLE internal.dirty_metric_days IS 'Days whose metrics_daily is to be made anew: a queue for the refresh.';

COMMENT ON COLUMN internal.dirty_metric_days.source IS 'listener or attribution: of which events.';

ALTER TABLE internal.dirty_metric_days ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME internal.dirty_metric_days_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE internal.download_days (
    tenant_id uuid NOT NULL,
    local_day date NOT NULL,
    episode_id uuid NOT NULL,
    app text NOT NULL,
    device_type text NOT NULL,
    country text NOT NULL,
    downloads bigint NOT NULL
);

COMMENT ON TABLE internal.download_days IS 'Downloads per tenant day, episode, app, device type and country.';

CREATE TABLE internal.download_quarters (
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    bucket timestamp with time zone NOT NULL,
    downloads bigint NOT NULL
);

COMMENT ON TABLE internal.download_quarters IS 'Downloads per quarter hour (UTC) and episode: every zone of the world begins its days on one.';

CREATE TABLE internal.episode_days (
    tenant_id uuid NOT NULL,
    local_day date NOT NULL,
    episode_id uuid NOT NULL,
    downloads bigint NOT NULL
);

COMMENT ON TABLE internal.episode_days IS 'Downloads per tenant day and episode: download_days without its dimensions, for series and totals.';

CREATE TABLE internal.episode_milestones (
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    days smallint NOT NULL,
    downloads bigint,
    complete_at timestamp with time zone NOT NULL,
    missing text,
    CONSTRAINT episode_milestones_days_check CHECK ((days = ANY (ARRAY[1, 3, 7, 30]))),
    CONSTRAINT episode_milestones_downloads_check CHECK (((downloads IS NULL) = (missing IS NOT NULL))),
    CONSTRAINT episode_milestones_missing_check CHECK ((missing = ANY (ARRAY['beginning'::text, 'end'::text])))
);

COMMENT ON TABLE internal.episode_milestones IS 'Downloads in exactly 24, 72, 168 and 720 hours from published_at, once the time is over and there is data of all of it.';

COMMENT ON COLUMN internal.episode_milestones.missing IS 'Why they are not known: beginning, the data of the podcast begins after publication; end, that of its sources, or of the tenant where they are not known, does not reach the end of this time.';

CREATE TABLE internal.excluded_days (
    tenant_id uuid NOT NULL,
    local_day date NOT NULL,
    podcast_id uuid NOT NULL,
    reason text NOT NULL,
    rule_version text NOT NULL,
    requests bigint NOT NULL,
    CONSTRAINT excluded_days_reason_check CHECK ((reason = ANY (ARRAY['head'::text, 'method'::text, 'not_modified'::text, 'failed_status'::text, 'too_short'::text, 'size_unknown'::text, 'piece'::text, 'range_probe'::text, 'bot'::text, 'self_declared_bot'::text, 'data_centre'::text, 'vpn'::text, 'empty_agent'::text, 'malformed_agent'::text, 'watch_app'::text, 'preload'::text, 'repeat'::text]))),
    CONSTRAINT excluded_days_requests_check CHECK ((requests > 0)),
    CONSTRAINT excluded_days_rule_version_check CHECK (((length(rule_version) >= 1) AND (length(rule_version) <= 80)))
);

COMMENT ON TABLE internal.excluded_days IS 'Requests that did not count per tenant day, podcast, reason and version of the rules. Kept two years, as excluded_requests are.';

COMMENT ON COLUMN internal.excluded_days.reason IS 'head: HEAD; method: neither GET nor HEAD; not_modified: 304; failed_status: neither 200 nor 206; too_short: all pieces of the window together less than a minute, as yet; size_unknown: nobody can tell; piece: of a download that a later request completed; range_probe: bytes=0-1; bot: on the list of robots; self_declared_bot: says so itself; data_centre, vpn: by address; empty_agent, malformed_agent; watch_app: the second request of a watch; preload: nobody asked; repeat: the same listener and episode within the window.';

CREATE TABLE public.excluded_requests (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    import_id uuid,
    reason text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    rule_version text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    line_number bigint,
    CONSTRAINT excluded_requests_line_number_check CHECK ((line_number > 0)),
    CONSTRAINT excluded_requests_reason_check CHECK ((reason = ANY (ARRAY['head'::text, 'method'::text, 'not_modified'::text, 'failed_status'::text, 'too_short'::text, 'size_unknown'::text, 'piece'::text, 'range_probe'::text, 'bot'::text, 'self_declared_bot'::text, 'data_centre'::text, 'vpn'::text, 'empty_agent'::text, 'malformed_agent'::text, 'watch_app'::text, 'preload'::text, 'repeat'::text]))),
    CONSTRAINT excluded_requests_rule_version_check CHECK (((length(rule_version) >= 1) AND (length(rule_version) <= 80)))
)
PARTITION BY RANGE (occurred_at);

ALTER TABLE ONLY public.excluded_requests FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.excluded_requests IS 'Requests that were not counted, each with the first rule that refused it: what stands behind "why this number". Neither address, agent nor listener is kept. Kept two years.';

COMMENT ON COLUMN public.excluded_requests.import_id IS 'The import it came with: a log or a file of events, or the hour in which a request at a prefix was counted. Null of what a prefix refused before that was counted.';

COMMENT ON COLUMN public.excluded_requests.reason IS 'head: HEAD; method: neither GET nor HEAD; not_modified: 304; failed_status: neither 200 nor 206; too_short: all pieces of the window together less than a minute, as yet; size_unknown: nobody can tell; piece: of a download that a later request completed; range_probe: bytes=0-1; bot: on the list of robots; self_declared_bot: says so itself; data_centre, vpn: by address; empty_agent, malformed_agent; watch_app: the second request of a watch; preload: nobody asked; repeat: the same listener and episode within the window.';

COMMENT ON COLUMN public.excluded_requests.rule_version IS 'Which counting rules were applied: COUNTING_VERSION, as "IAB 2.3, rules 1". Those were the only ones there were while this was a number, which is what rows of that time say now; "1" was written by the release of that time and means the same.';

COMMENT ON COLUMN public.excluded_requests.created_at IS 'When it was stored; of rows older than this column, when the column came.';

COMMENT ON COLUMN public.excluded_requests.line_number IS 'The line of the log, from 1 on, of the import that brought it. Empty: from a prefix, an event file or the API, or kept before this was.';

CREATE TABLE internal.listener_days (
    tenant_id uuid NOT NULL,
    local_day date NOT NULL,
    episode_id uuid NOT NULL,
    listener_no bigint NOT NULL
);

COMMENT ON TABLE internal.listener_days IS 'Who downloaded what on which tenant day: exact unique listeners of any range and set of episodes.';

CREATE TABLE public.listener_events (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    listener_id text NOT NULL,
    event_type text NOT NULL,
    event_data jsonb DEFAULT '{}'::jsonb NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    counted_by smallint,
    CONSTRAINT listener_events_counted_by CHECK ((counted_by > 0)),
    CONSTRAINT listener_events_counted_downloads CHECK (((counted_by IS NULL) OR (event_type = 'download'::text))),
    CONSTRAINT listener_events_data_shape CHECK (internal.is_event_data(event_data)),
    CONSTRAINT listener_events_data_told CHECK ((((event_type <> 'ad_play'::text) OR (event_data ? 'ad_unit_id'::text)) AND (COALESCE(jsonb_typeof((event_data -> 'app'::text)), 'string'::text) = 'string'::text) AND (COALESCE(jsonb_typeof((event_data -> 'device'::text)), 'string'::text) = 'string'::text) AND (COALESCE(jsonb_typeof((event_data -> 'country'::text)), 'string'::text) = 'string'::text))),
    CONSTRAINT listener_events_event_data_check CHECK ((jsonb_typeof(event_data) = 'object'::text)),
    CONSTRAINT listener_events_event_type_check CHECK ((event_type = ANY (ARRAY['download'::text, 'play'::text, 'progress'::text, 'complete'::text, 'ad_play'::text, 'follow'::text]))),
    CONSTRAINT listener_events_listener_id_check CHECK (((length(listener_id) >= 1) AND (length(listener_id) <= 200)))
)
PARTITION BY RANGE (occurred_at);

COMMENT ON TABLE public.listener_events IS 'What listeners did. A download is already valid and unique: refusal and de-duplication happen at import. Kept two years.';

COMMENT ON COLUMN public.listener_events.event_type IS 'download: valid and unique; play, progress, complete: told by the app; ad_play: an ad was heard, with its quartile; follow: subscribed.';

COMMENT ON COLUMN public.listener_events.event_data IS 'app, device and country: texts; os, region, source; for progress from_s and to_s; for ad_play ad_unit_id, always, and quartile. Open: a source may tell more, and nothing else is reckoned with.';

COMMENT ON COLUMN public.listener_events.counted_by IS 'Of a download that podboard counted the number in counting_methods: within which window and by which rules it is unique. Empty: counted before this was kept, or no download.';

CREATE TABLE internal.listener_events_daily (
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    event_type text NOT NULL,
    bucket timestamp with time zone NOT NULL,
    event_count bigint NOT NULL,
    unique_listeners bigint NOT NULL
);

COMMENT ON TABLE internal.listener_events_daily IS 'What the refresh made of listener_events; read through the view of this name, which knows tenant and scope.';

CREATE TABLE internal.listener_events_hourly (
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    event_type text NOT NULL,
    bucket timestamp with time zone NOT NULL,
    event_count bigint NOT NULL,
    unique_listeners bigint NOT NULL
);

COMMENT ON TABLE internal.listener_events_hourly IS 'What the refresh made of listener_events; read through the view of this name, which knows tenant and scope.';

CREATE TABLE public.listener_metrics (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    metric_date date NOT NULL,
    metric_name text NOT NULL,
    metric_value numeric NOT NULL,
    metric_data jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT listener_metrics_data CHECK ((metric_data = '{}'::jsonb)),
    CONSTRAINT listener_metrics_metric_data_check CHECK ((jsonb_typeof(metric_data) = 'object'::text)),
    CONSTRAINT listener_metrics_metric_name_check CHECK ((metric_name = ANY (ARRAY['plays'::text, 'listen_seconds'::text, 'completes'::text, 'engaged_plays'::text]))),
    CONSTRAINT listener_metrics_value CHECK ((metric_value >= (0)::numeric)),
    CONSTRAINT listener_metrics_value_number CHECK ((metric_value < 'Infinity'::numeric))
)
PARTITION BY RANGE (metric_date);

COMMENT ON TABLE public.listener_metrics IS 'Per episode and tenant day, additive values only; written by the worker. Kept as long as the tenant.';

COMMENT ON COLUMN public.listener_metrics.metric_name IS 'plays, listen_seconds, completes, engaged_plays (20 minutes or 40 % of the episode).';

COMMENT ON COLUMN public.listener_metrics.metric_data IS 'Object; empty for the metrics there are.';

CREATE TABLE internal.listeners (
    listener_no bigint NOT NULL,
    tenant_id uuid NOT NULL,
    listener_id text NOT NULL
);

COMMENT ON TABLE internal.listeners IS 'A number for each listener of a tenant: sets of numbers are compared faster than of texts.';

ALTER TABLE internal.listeners ALTER COLUMN listener_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME internal.listeners_listener_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE internal.metrics_daily (
    tenant_id uuid NOT NULL,
    metric_date date NOT NULL,
    episode_id uuid,
    source text NOT NULL,
    metric_name text NOT NULL,
    total_value numeric NOT NULL,
    avg_value numeric NOT NULL,
    record_count bigint NOT NULL,
    CONSTRAINT metrics_daily_source_check CHECK ((source = ANY (ARRAY['listener'::text, 'attribution'::text])))
);

COMMENT ON TABLE internal.metrics_daily IS 'What refresh_metrics_daily() made of each tenant day; read through the view of this name.';

COMMENT ON COLUMN internal.metrics_daily.source IS 'listener: of listener_metrics; attribution: of attribution_events.';

CREATE TABLE internal.names (
    kind text NOT NULL,
    tenant_id uuid NOT NULL,
    entity_id uuid NOT NULL,
    name text NOT NULL,
    CONSTRAINT names_kind_check CHECK ((kind = ANY (ARRAY['podcasts'::text, 'episodes'::text, 'sponsors'::text, 'campaigns'::text])))
);

COMMENT ON TABLE internal.names IS 'Names in lower case of what is not deleted, for find_names(). Kept by triggers.';

COMMENT ON COLUMN internal.names.kind IS 'The table: podcasts, episodes, sponsors, campaigns.';

CREATE TABLE internal.podcast_slices (
    tenant_id uuid NOT NULL,
    podcast_id uuid NOT NULL,
    dimension text NOT NULL,
    slice text NOT NULL,
    CONSTRAINT podcast_slices_dimension_check CHECK ((dimension = ANY (ARRAY['app'::text, 'country'::text, 'device_type'::text])))
);

COMMENT ON TABLE internal.podcast_slices IS 'Apps, countries and device types a podcast was ever downloaded with: what filters offer.';

COMMENT ON COLUMN internal.podcast_slices.dimension IS 'app, country or device_type: what value is one of.';

CREATE TABLE internal.quota_gates (
    tenant_id uuid NOT NULL,
    passed bigint DEFAULT 1 NOT NULL
);

COMMENT ON TABLE internal.quota_gates IS 'One row per tenant with a limit: held by the transaction that creates something until it ends.';

CREATE TABLE internal.report_queue (
    report_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    queued_at timestamp with time zone DEFAULT now() NOT NULL,
    lease_until timestamp with time zone
);

COMMENT ON TABLE internal.report_queue IS 'Reports that wait or are being made, of all tenants: what the worker claims from. Kept by a trigger.';

CREATE TABLE internal.tenant_directory (
    tenant_id uuid NOT NULL,
    slug text NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL
);

COMMENT ON TABLE internal.tenant_directory IS 'Every tenant with its time zone, for refreshes; kept by triggers.';

CREATE TABLE internal.transcript_search (
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    words tsvector NOT NULL
);

COMMENT ON TABLE internal.transcript_search IS 'Words of each transcript with their places, as said and in lower case: a code or a name is found in every language. Kept by a trigger.';

CREATE TABLE internal.waiting_outcomes (
    tenant_id uuid NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    id uuid NOT NULL,
    source text NOT NULL,
    subject_id uuid NOT NULL,
    is_known boolean NOT NULL,
    refused_for text,
    rule_version text,
    order_id text,
    CONSTRAINT waiting_outcomes_check CHECK (((refused_for IS NULL) = (rule_version IS NULL))),
    CONSTRAINT waiting_outcomes_check1 CHECK (((source <> 'prefix'::text) OR (refused_for IS NOT NULL))),
    CONSTRAINT waiting_outcomes_order_id_check CHECK (((length(order_id) >= 1) AND (length(order_id) <= 200))),
    CONSTRAINT waiting_outcomes_refused_for_check CHECK (((length(refused_for) >= 1) AND (length(refused_for) <= 80))),
    CONSTRAINT waiting_outcomes_rule_version_check CHECK (((length(rule_version) >= 1) AND (length(rule_version) <= 80))),
    CONSTRAINT waiting_outcomes_source_check CHECK ((source = ANY (ARRAY['prefix'::text, 'pixel'::text, 'vanity_url'::text])))
);

COMMENT ON TABLE internal.waiting_outcomes IS 'What became of requests at prefixes, pixels and vanity URLs, until the worker counts it in the import of its hour and takes it off in the same transaction. Neither address, agent nor listener is kept, and of what was said the order alone.';

COMMENT ON COLUMN internal.waiting_outcomes.source IS 'prefix: of an episode, and refused; pixel, vanity_url: of a campaign, taken or refused.';

COMMENT ON COLUMN internal.waiting_outcomes.subject_id IS 'The episode of a prefix, the campaign of a pixel or vanity URL.';

COMMENT ON COLUMN internal.waiting_outcomes.is_known IS 'Whether it says what stood already: an order whose page is opened again.';

COMMENT ON COLUMN internal.waiting_outcomes.refused_for IS 'A reason of excluded_requests or excluded_visits, where it goes once it is counted; null of what is taken.';

COMMENT ON COLUMN internal.waiting_outcomes.rule_version IS 'Which counting rules refused it: COUNTING_VERSION, as "IAB 2.3, rules 1"; unknown of what the release before kept.';

COMMENT ON COLUMN internal.waiting_outcomes.order_id IS 'The order that a pixel was told and that was refused. Null of all else, and where what was told is no order.';

CREATE TABLE internal.waiting_requests (
    tenant_id uuid NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    id uuid NOT NULL,
    episode_id uuid NOT NULL,
    listener_id text NOT NULL,
    app text NOT NULL,
    device text NOT NULL,
    os text NOT NULL,
    country text,
    region text,
    data_centres text,
    CONSTRAINT waiting_requests_app_check CHECK ((length(app) <= 200)),
    CONSTRAINT waiting_requests_country_check CHECK ((length(country) <= 200)),
    CONSTRAINT waiting_requests_data_centres_check CHECK ((data_centres = ANY (ARRAY['with_list'::text, 'without_list'::text]))),
    CONSTRAINT waiting_requests_device_check CHECK ((length(device) <= 200)),
    CONSTRAINT waiting_requests_listener_id_check CHECK (((length(listener_id) >= 1) AND (length(listener_id) <= 200))),
    CONSTRAINT waiting_requests_os_check CHECK ((length(os) <= 200)),
    CONSTRAINT waiting_requests_region_check CHECK ((length(region) <= 200))
);

COMMENT ON TABLE internal.waiting_requests IS 'Requests at prefixes that every rule for single requests let pass, until the worker counts them in their windows and takes them off in the same transaction. No address is kept.';

COMMENT ON COLUMN internal.waiting_requests.data_centres IS 'with_list, without_list: as in counting_methods; empty: not kept.';

CREATE TABLE public.access_control_policies (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    policy_definition jsonb NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    created_by uuid,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT access_control_policies_actions_are_texts CHECK ((NOT (policy_definition @? '$."actions"[*]?(@.type() != "string")'::jsonpath))),
    CONSTRAINT access_control_policies_description_check CHECK ((length(description) <= 1000)),
    CONSTRAINT access_control_policies_ids_are_ids CHECK ((NOT (policy_definition @? '$."resource"."ids"[*]?(!(@ like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))'::jsonpath))),
    CONSTRAINT access_control_policies_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120))),
    CONSTRAINT access_control_policies_policy_definition_check CHECK ((jsonb_typeof(policy_definition) = 'object'::text)),
    CONSTRAINT access_control_policies_policy_definition_check1 CHECK ((policy_definition ?& ARRAY['version'::text, 'effect'::text, 'actions'::text, 'subjects'::text, 'resource'::text])),
    CONSTRAINT access_control_policies_policy_definition_check2 CHECK (((policy_definition -> 'version'::text) = '1'::jsonb)),
    CONSTRAINT access_control_policies_policy_definition_check3 CHECK (((policy_definition ->> 'effect'::text) = ANY (ARRAY['allow'::text, 'deny'::text]))),
    CONSTRAINT access_control_policies_policy_definition_check4 CHECK (((jsonb_typeof((policy_definition -> 'actions'::text)) = 'array'::text) AND (jsonb_array_length((policy_definition -> 'actions'::text)) >= 1) AND (NOT (policy_definition @? '$."actions"[*]?(!(@ like_regex "^[a-z_]+[.][a-z_]+$"))'::jsonpath)))),
    CONSTRAINT access_control_policies_policy_definition_check5 CHECK (((jsonb_typeof((policy_definition -> 'subjects'::text)) = 'object'::text) AND ((policy_definition -> 'subjects'::text) <> '{}'::jsonb) AND (NOT (policy_definition @? '$."subjects".keyvalue()?(!(@."key" == "roles" || @."key" == "users"))'::jsonpath)) AND (NOT (policy_definition @? 'strict $."subjects".*?(@.type() != "array")'::jsonpath)) AND (NOT (policy_definition @? '$."subjects".*[*]?(@.type() != "string")'::jsonpath)))),
    CONSTRAINT access_control_policies_policy_definition_check6 CHECK (((jsonb_typeof((policy_definition -> 'resource'::text)) = 'object'::text) AND ((policy_definition -> 'resource'::text) ? 'type'::text) AND (((policy_definition -> 'resource'::text) ->> 'type'::text) = ANY (ARRAY['podcast'::text, 'sponsor'::text, 'campaign'::text, 'report'::text])) AND (NOT (policy_definition @? 'strict $."resource"."ids"?(@.type() != "array")'::jsonpath)) AND (NOT (policy_definition @? '$."resource"."ids"[*]?(@.type() != "string")'::jsonpath)))),
    CONSTRAINT access_control_policies_policy_definition_check7 CHECK ((NOT (policy_definition @? '$.keyvalue()?(!(((((@."key" == "version" || @."key" == "effect") || @."key" == "actions") || @."key" == "subjects") || @."key" == "resource") || @."key" == "until"))'::jsonpath))),
    CONSTRAINT access_control_policies_policy_definition_check8 CHECK (((NOT (policy_definition ? 'until'::text)) OR ((policy_definition ->> 'until'::text) ~ '^\d{4}-\d{2}-\d{2}$'::text))),
    CONSTRAINT access_control_policies_resource_known CHECK ((NOT (policy_definition @? '$."resource".keyvalue()?(!(@."key" == "type" || @."key" == "ids"))'::jsonpath))),
    CONSTRAINT access_control_policies_until_is_a_day CHECK (((NOT (policy_definition ? 'until'::text)) OR internal.is_iso_date((policy_definition ->> 'until'::text))))
);

ALTER TABLE ONLY public.access_control_policies FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.access_control_policies IS 'Who may do what with which resources, beyond roles and ownership; applied by enter_session(). Deny outranks allow. A right to act gives no sight: what is changed must be in scope as well. A sponsor stands for its campaigns too.';

COMMENT ON COLUMN public.access_control_policies.policy_definition IS 'Object, version 1. effect: allow or deny. actions: array of names of permissions. subjects: {roles: [role names], users: [ids]}, either or both. resource: {type: podcast | sponsor | campaign | report, ids: [ids]}; without ids every one of the type. until: ISO date, the last tenant day it holds; without it for good. Nothing else.';

CREATE TABLE public.access_logs (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid,
    user_id uuid,
    resource_type text NOT NULL,
    resource_id uuid,
    action text NOT NULL,
    allowed boolean NOT NULL,
    reason text,
    ip_address inet,
    user_agent text,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT access_logs_action_check CHECK ((action ~ '^[a-z_]+(\.[a-z_]+)?$'::text)),
    CONSTRAINT access_logs_reason_check CHECK ((length(reason) <= 200)),
    CONSTRAINT access_logs_resource_type_check CHECK ((resource_type ~ '^[a-z_]+$'::text)),
    CONSTRAINT access_logs_user_agent CHECK ((length(user_agent) <= 400))
);

ALTER TABLE ONLY public.access_logs FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.access_logs IS 'Who asked for what and was let in or not. ip_address is cut to a prefix. Kept two years.';

COMMENT ON COLUMN public.access_logs.resource_type IS 'What was asked for, as in permissions; session for the door itself.';

COMMENT ON COLUMN public.access_logs.action IS 'What was tried: log_in, log_out, password_reset, ...; or the action of a permission.';

COMMENT ON COLUMN public.access_logs.reason IS 'Why it was refused, in a few words; null when it was allowed.';

COMMENT ON COLUMN public.access_logs.user_agent IS 'Cut to 400 characters.';

CREATE TABLE public.ad_units (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    unit_type text NOT NULL,
    position_seconds integer NOT NULL,
    duration_seconds integer NOT NULL,
    is_baked_in boolean DEFAULT false NOT NULL,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ad_units_duration_seconds_check CHECK ((duration_seconds > 0)),
    CONSTRAINT ad_units_position_seconds_check CHECK ((position_seconds >= 0)),
    CONSTRAINT ad_units_unit_type_check CHECK ((unit_type = ANY (ARRAY['pre_roll'::text, 'mid_roll'::text, 'post_roll'::text, 'host_read'::text])))
);

ALTER TABLE ONLY public.ad_units FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.ad_units IS 'Where a campaign''s ad stands in an episode.';

COMMENT ON COLUMN public.ad_units.unit_type IS 'pre_roll, mid_roll, post_roll: produced spots by place; host_read: read by the host.';

CREATE TABLE public.affiliates (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    contact_email text,
    commission_rate numeric(5,4) NOT NULL,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT affiliates_commission_rate_check CHECK (((commission_rate >= (0)::numeric) AND (commission_rate <= (1)::numeric))),
    CONSTRAINT affiliates_contact_email_check CHECK (((contact_email = lower(contact_email)) AND (contact_email ~ '^[^@\s]+@[^@\s]+$'::text) AND (length(contact_email) <= 254))),
    CONSTRAINT affiliates_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

ALTER TABLE ONLY public.affiliates FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.affiliates IS 'Sites and newsletters that send listeners or sponsors for a share.';

COMMENT ON COLUMN public.affiliates.commission_rate IS 'Share of what came through it: 0.08 is 8 %.';

CREATE TABLE public.agencies (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    contact_email text,
    commission_rate numeric(5,4) NOT NULL,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT agencies_commission_rate_check CHECK (((commission_rate >= (0)::numeric) AND (commission_rate <= (1)::numeric))),
    CONSTRAINT agencies_contact_email_check CHECK (((contact_email = lower(contact_email)) AND (contact_email ~ '^[^@\s]+@[^@\s]+$'::text) AND (length(contact_email) <= 254))),
    CONSTRAINT agencies_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

ALTER TABLE ONLY public.agencies FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.agencies IS 'Agencies that book for their clients.';

COMMENT ON COLUMN public.agencies.commission_rate IS 'Share of what is booked through it: 0.15 is 15 %.';

CREATE TABLE public.ai_token_balances (
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    granted bigint DEFAULT 0 NOT NULL,
    spent bigint DEFAULT 0 NOT NULL,
    balance bigint GENERATED ALWAYS AS ((granted - spent)) STORED NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ai_token_balances_balance_check CHECK ((balance >= 0)),
    CONSTRAINT ai_token_balances_spent_check CHECK ((spent >= 0))
);

ALTER TABLE ONLY public.ai_token_balances FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.ai_token_balances IS 'AI tokens a person has left; nobody without a row here has any. Kept as long as the person.';

COMMENT ON COLUMN public.ai_token_balances.granted IS 'Given in all; whoever manages billing raises or lowers it, never below what is spent.';

COMMENT ON COLUMN public.ai_token_balances.spent IS 'Sum of token_count in ai_token_usage, kept by its trigger.';

COMMENT ON COLUMN public.ai_token_balances.balance IS 'granted - spent; never negative.';

CREATE TABLE public.ai_token_usage (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    user_id uuid,
    token_count integer NOT NULL,
    usage_type text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ai_token_usage_token_count_check CHECK ((token_count > 0)),
    CONSTRAINT ai_token_usage_usage_type_check CHECK ((usage_type = ANY (ARRAY['transcription'::text, 'matching'::text, 'ad_check'::text, 'summary'::text, 'question'::text])))
);

ALTER TABLE ONLY public.ai_token_usage FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.ai_token_usage IS 'AI tokens spent, append-only: each row is taken off the person''s balance, or refused. user_id is null once the person is gone. Kept as long as the tenant.';

COMMENT ON COLUMN public.ai_token_usage.usage_type IS 'transcription: of episodes; matching: suggested podcasts; ad_check: whether an ad aired; summary: sentences of reports; question: asked in words.';

CREATE TABLE public.alert_rules (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    metric text NOT NULL,
    comparison text NOT NULL,
    threshold numeric NOT NULL,
    period text DEFAULT 'day'::text NOT NULL,
    podcast_id uuid,
    episode_id uuid,
    campaign_id uuid,
    severity text DEFAULT 'warning'::text NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    evaluated_at timestamp with time zone,
    created_by uuid NOT NULL,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT alert_rules_check CHECK ((num_nonnulls(podcast_id, episode_id, campaign_id) <= 1)),
    CONSTRAINT alert_rules_check1 CHECK (((period <> 'flight'::text) OR (campaign_id IS NOT NULL))),
    CONSTRAINT alert_rules_check2 CHECK (((comparison <> ALL (ARRAY['rises_by'::text, 'falls_by'::text])) OR (threshold > (0)::numeric))),
    CONSTRAINT alert_rules_comparison_check CHECK ((comparison = ANY (ARRAY['above'::text, 'below'::text, 'rises_by'::text, 'falls_by'::text]))),
    CONSTRAINT alert_rules_metric_check CHECK (((metric ~ '^[a-z][a-z0-9_]*$'::text) AND (length(metric) <= 80))),
    CONSTRAINT alert_rules_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT alert_rules_period_check CHECK ((period = ANY (ARRAY['day'::text, 'week'::text, 'month'::text, 'flight'::text]))),
    CONSTRAINT alert_rules_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text]))),
    CONSTRAINT alert_rules_threshold_number CHECK (((threshold > '-Infinity'::numeric) AND (threshold < 'Infinity'::numeric)))
);

ALTER TABLE ONLY public.alert_rules FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.alert_rules IS 'When to call: a metric of a podcast, an episode, a campaign or all that created_by sees, against a threshold.';

COMMENT ON COLUMN public.alert_rules.metric IS 'Key of the metric registry.';

COMMENT ON COLUMN public.alert_rules.comparison IS 'above, below: the value itself against threshold. rises_by, falls_by: the change against the period before, as a ratio (0.3 is 30 %).';

COMMENT ON COLUMN public.alert_rules.period IS 'day, week, month: whole ones of the tenant''s calendar; flight: the campaign''s flight so far.';

COMMENT ON COLUMN public.alert_rules.severity IS 'info: shown; warning: mailed with the day''s others; critical: mailed at once.';

CREATE TABLE public.alerts (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    rule_id uuid NOT NULL,
    status text DEFAULT 'open'::text NOT NULL,
    period_start timestamp with time zone NOT NULL,
    period_end timestamp with time zone NOT NULL,
    observed_value numeric NOT NULL,
    compared_value numeric,
    threshold numeric NOT NULL,
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    acknowledged_at timestamp with time zone,
    acknowledged_by uuid,
    resolved_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT alerts_acknowledged_later CHECK ((acknowledged_at >= opened_at)),
    CONSTRAINT alerts_check CHECK ((period_end > period_start)),
    CONSTRAINT alerts_check1 CHECK (((status <> 'acknowledged'::text) OR (acknowledged_at IS NOT NULL))),
    CONSTRAINT alerts_check2 CHECK (((status = 'resolved'::text) = (resolved_at IS NOT NULL))),
    CONSTRAINT alerts_check3 CHECK (((acknowledged_by IS NULL) OR (acknowledged_at IS NOT NULL))),
    CONSTRAINT alerts_compared_number CHECK (((compared_value > '-Infinity'::numeric) AND (compared_value < 'Infinity'::numeric))),
    CONSTRAINT alerts_observed_number CHECK (((observed_value > '-Infinity'::numeric) AND (observed_value < 'Infinity'::numeric))),
    CONSTRAINT alerts_resolved_later CHECK ((resolved_at >= opened_at)),
    CONSTRAINT alerts_status_check CHECK ((status = ANY (ARRAY['open'::text, 'acknowledged'::text, 'resolved'::text]))),
    CONSTRAINT alerts_threshold_number CHECK (((threshold > '-Infinity'::numeric) AND (threshold < 'Infinity'::numeric)))
);

ALTER TABLE ONLY public.alerts FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.alerts IS 'A rule that called: once per rule and period. Kept as long as the rule.';

COMMENT ON COLUMN public.alerts.status IS 'open; acknowledged: a person has seen it; resolved: the number is back within its bounds.';

COMMENT ON COLUMN public.alerts.observed_value IS 'The value that called; for rises_by and falls_by the change as a ratio.';

COMMENT ON COLUMN public.alerts.compared_value IS 'The value of the period before, where the rule compares with it.';

COMMENT ON COLUMN public.alerts.threshold IS 'As it was then: rules change.';

COMMENT ON COLUMN public.alerts.acknowledged_by IS 'The person who has seen it: nobody says so for another.';

CREATE TABLE public.annotations (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    kind text DEFAULT 'note'::text NOT NULL,
    title text NOT NULL,
    body text DEFAULT ''::text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone,
    podcast_id uuid,
    episode_id uuid,
    campaign_id uuid,
    visibility text DEFAULT 'own'::text NOT NULL,
    created_by uuid,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT annotations_body_check CHECK ((length(body) <= 4000)),
    CONSTRAINT annotations_check CHECK ((ends_at > starts_at)),
    CONSTRAINT annotations_check1 CHECK ((num_nonnulls(podcast_id, episode_id, campaign_id) <= 1)),
    CONSTRAINT annotations_check2 CHECK (((visibility <> 'own'::text) OR (created_by IS NOT NULL))),
    CONSTRAINT annotations_kind_check CHECK ((kind = ANY (ARRAY['note'::text, 'episode'::text, 'flight'::text, 'import'::text, 'reprocess'::text, 'outage'::text, 'promotion'::text]))),
    CONSTRAINT annotations_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200))),
    CONSTRAINT annotations_visibility_check CHECK ((visibility = ANY (ARRAY['own'::text, 'team'::text, 'everyone'::text])))
);

ALTER TABLE ONLY public.annotations FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.annotations IS 'What happened, marked on the charts of a podcast, an episode, a campaign or (with none of them) the tenant.';

COMMENT ON COLUMN public.annotations.kind IS 'note: by a person; episode: one came out; flight: begins or ends; import: data came in; reprocess: numbers were counted anew; outage: data is missing; promotion: advertised elsewhere.';

COMMENT ON COLUMN public.annotations.visibility IS 'own: created_by''s alone; team: of everybody who sees the whole tenant; everyone: of all who see the podcast, episode or campaign.';

COMMENT ON COLUMN public.annotations.created_by IS 'Null for marks that podboard makes itself.';

CREATE TABLE public.api_keys (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    key_hash text NOT NULL,
    prefix text NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    last_used_at timestamp with time zone,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT api_keys_check CHECK ((expires_at > created_at)),
    CONSTRAINT api_keys_key_hash_check CHECK ((key_hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT api_keys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120))),
    CONSTRAINT api_keys_prefix_check CHECK ((prefix ~ '^[a-z0-9_]{4,24}$'::text)),
    CONSTRAINT api_keys_revoked_later CHECK ((revoked_at >= created_at)),
    CONSTRAINT api_keys_scopes_check CHECK ((cardinality(scopes) >= 1)),
    CONSTRAINT api_keys_scopes_check1 CHECK ((scopes <@ ARRAY['metrics.read'::text, 'episodes.read'::text, 'campaigns.read'::text, 'attribution.read'::text, 'reports.read'::text, 'reports.create'::text, 'events.write'::text]))
);

ALTER TABLE ONLY public.api_keys FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.api_keys IS 'Keys of the API and the event collector. A key may do what its scopes and its person may, whichever is less. Kept as long as the person, also once it ran out.';

COMMENT ON COLUMN public.api_keys.key_hash IS 'SHA-256 of the whole key, which is shown once and kept nowhere.';

COMMENT ON COLUMN public.api_keys.prefix IS 'The beginning of the key, so that people tell keys apart.';

COMMENT ON COLUMN public.api_keys.scopes IS 'metrics.read, episodes.read, campaigns.read, attribution.read, reports.read, reports.create: what of the API may be called; events.write: the event collector.';

COMMENT ON COLUMN public.api_keys.last_used_at IS 'Rounded to the minute.';

CREATE TABLE public.api_usage (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    api_key_id uuid,
    user_id uuid,
    endpoint text NOT NULL,
    method text NOT NULL,
    status_code smallint NOT NULL,
    response_time_ms integer NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT api_usage_endpoint_check CHECK (((endpoint ~ '^/'::text) AND (length(endpoint) <= 200))),
    CONSTRAINT api_usage_method_check CHECK ((method = ANY (ARRAY['GET'::text, 'HEAD'::text, 'POST'::text, 'PUT'::text, 'PATCH'::text, 'DELETE'::text, 'OPTIONS'::text]))),
    CONSTRAINT api_usage_response_time_ms_check CHECK ((response_time_ms >= 0)),
    CONSTRAINT api_usage_status_code_check CHECK (((status_code >= 100) AND (status_code <= 599)))
);

ALTER TABLE ONLY public.api_usage FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.api_usage IS 'Every call of the API, append-only. Key and person are null once they are gone; a person''s own calls have no key. Kept two years.';

COMMENT ON COLUMN public.api_usage.endpoint IS 'The route with its placeholders, as /api/v1/campaigns/{id}: no ids, no query.';

COMMENT ON COLUMN public.api_usage.method IS 'Of HTTP, in capitals: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS.';

COMMENT ON COLUMN public.api_usage.status_code IS 'What was answered: 100 to 599, as HTTP has it.';

CREATE TABLE public.attribution_analytics (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    analysis_date date NOT NULL,
    metrics jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT attribution_analytics_metrics_check CHECK ((jsonb_typeof(metrics) = 'object'::text)),
    CONSTRAINT attribution_analytics_metrics_check1 CHECK ((((metrics ->> 'version'::text))::integer >= 1)),
    CONSTRAINT attribution_analytics_metrics_check2 CHECK ((metrics ? 'version'::text)),
    CONSTRAINT attribution_analytics_metrics_known CHECK (internal.is_attribution_metrics(metrics))
);

ALTER TABLE ONLY public.attribution_analytics FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.attribution_analytics IS 'Per campaign and tenant day: conversions and the credit each model gives for them.';

COMMENT ON COLUMN public.attribution_analytics.metrics IS 'version 1. conversions, leads, purchases: integers after merging. revenue_micros: {currency: text integer}. conversions are of the campaign''s conversion_type alone. by_source: {pixel | promo_code | vanity_url | survey, or empty for none: integer}; overlap: conversions reported by more than one source. anonymous: surveys and promo codes of nobody, without an order: they widen the bounds and are no conversions. windows: {"7" | "14" | "30" | "60": {attributed: integer, unattributed: integer, models: {first_touch | last_touch | linear: {podcast | episode: {id: {conversions: text decimal, revenue_micros: {currency: text decimal}}}}}}}. A visit that no episode is known for has the id "none". Credits of one model and channel kind add up to attributed; days add up to any range.';

CREATE TABLE public.attribution_event_metadata (
    tenant_id uuid NOT NULL,
    event_id uuid NOT NULL,
    event_occurred_at timestamp with time zone NOT NULL,
    campaign_id uuid NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT attribution_event_metadata_metadata_check CHECK ((jsonb_typeof(metadata) = 'object'::text)),
    CONSTRAINT attribution_event_metadata_metadata_check1 CHECK ((NOT (metadata @? 'strict $.keyvalue()?((@."key" != "items" && @."key" != "new_customer") && @."value".type() != "string")'::jsonpath))),
    CONSTRAINT attribution_event_metadata_metadata_check2 CHECK (((NOT (metadata ? 'items'::text)) OR ((jsonb_typeof((metadata -> 'items'::text)) = 'number'::text) AND (NOT (metadata @? '$."items"?(@ < 1)'::jsonpath))))),
    CONSTRAINT attribution_event_metadata_metadata_check3 CHECK (((NOT (metadata ? 'new_customer'::text)) OR (jsonb_typeof((metadata -> 'new_customer'::text)) = 'boolean'::text))),
    CONSTRAINT attribution_event_metadata_metadata_check4 CHECK ((NOT (metadata @? '$.keyvalue()?(!(((((((((@."key" == "landing_page" || @."key" == "referrer_host") || @."key" == "utm_source") || @."key" == "utm_medium") || @."key" == "utm_campaign") || @."key" == "device") || @."key" == "country") || @."key" == "answer") || @."key" == "items") || @."key" == "new_customer"))'::jsonpath)))
);

ALTER TABLE ONLY public.attribution_event_metadata FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.attribution_event_metadata IS 'What a source told with an event beyond what is counted: one row for an event, or none.';

COMMENT ON COLUMN public.attribution_event_metadata.event_occurred_at IS 'The event''s occurred_at, which is part of its key.';

COMMENT ON COLUMN public.attribution_event_metadata.campaign_id IS 'Copied from the event by a trigger.';

COMMENT ON COLUMN public.attribution_event_metadata.metadata IS 'Object. Texts: landing_page (path), referrer_host, utm_source, utm_medium, utm_campaign, device, country, answer (of a survey). items: number of things bought. new_customer: boolean. Nothing else: no address, no name, nothing that identifies a person.';

CREATE TABLE public.attribution_models (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    model_type text NOT NULL,
    configuration jsonb DEFAULT '{"window_days": 30}'::jsonb NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT attribution_models_configuration_check CHECK ((jsonb_typeof(configuration) = 'object'::text)),
    CONSTRAINT attribution_models_configuration_check1 CHECK (((((configuration ->> 'window_days'::text))::numeric >= (1)::numeric) AND (((configuration ->> 'window_days'::text))::numeric <= (60)::numeric))),
    CONSTRAINT attribution_models_configuration_known CHECK ((((configuration - 'window_days'::text) = '{}'::jsonb) AND (configuration @? '$."window_days"?(@.type() == "number" && @ == @.floor())'::jsonpath))),
    CONSTRAINT attribution_models_model_type_check CHECK ((model_type = ANY (ARRAY['first_touch'::text, 'last_touch'::text, 'linear'::text]))),
    CONSTRAINT attribution_models_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120)))
);

ALTER TABLE ONLY public.attribution_models FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.attribution_models IS 'Which models a tenant computes. configuration: window_days, 1-60, the window shown first.';

COMMENT ON COLUMN public.attribution_models.model_type IS 'first_touch, last_touch: all to one; linear: the same share to each touch.';

COMMENT ON COLUMN public.attribution_models.configuration IS 'Object. window_days: a whole number from 1 to 60, the window shown first. Nothing else.';

CREATE TABLE public.attribution_paths (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    listener_id text,
    touchpoints jsonb NOT NULL,
    conversion_event_id uuid NOT NULL,
    converted_at timestamp with time zone NOT NULL,
    last_event_at timestamp with time zone NOT NULL,
    conversion_type text NOT NULL,
    conversion_source text DEFAULT ''::text NOT NULL,
    value_micros numeric,
    currency text,
    merged_events integer DEFAULT 1 NOT NULL,
    merged_sources text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT attribution_paths_check CHECK ((last_event_at >= converted_at)),
    CONSTRAINT attribution_paths_conversion_type_check CHECK ((conversion_type = ANY (ARRAY['purchase'::text, 'lead'::text]))),
    CONSTRAINT attribution_paths_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT attribution_paths_merged_events_check CHECK ((merged_events >= 1)),
    CONSTRAINT attribution_paths_merged_sources CHECK (((merged_sources <@ ARRAY[''::text, 'pixel'::text, 'promo_code'::text, 'vanity_url'::text, 'survey'::text]) AND (array_position(merged_sources, NULL::text) IS NULL))),
    CONSTRAINT attribution_paths_source CHECK ((conversion_source = ANY (ARRAY[''::text, 'pixel'::text, 'promo_code'::text, 'vanity_url'::text, 'survey'::text]))),
    CONSTRAINT attribution_paths_touchpoints_check CHECK ((jsonb_typeof(touchpoints) = 'array'::text)),
    CONSTRAINT attribution_paths_touchpoints_known CHECK (((NOT (touchpoints @? 'strict $[*]?(@.type() != "object")'::jsonpath)) AND (NOT (touchpoints @? '$[*]?(!(((((@."event_id".type() == "string" && @."at".type() == "string") && (@."type" == "impression" || @."type" == "visit")) && (@."episode_id".type() == "string" || @."episode_id" == null)) && (@."podcast_id".type() == "string" || @."podcast_id" == null)) && (@."ad_unit_id".type() == "string" || @."ad_unit_id" == null)))'::jsonpath)) AND (NOT (touchpoints @? '$[*].keyvalue()?(!(((((@."key" == "event_id" || @."key" == "at") || @."key" == "type") || @."key" == "episode_id") || @."key" == "podcast_id") || @."key" == "ad_unit_id"))'::jsonpath)))),
    CONSTRAINT attribution_paths_value CHECK (((value_micros >= (0)::numeric) AND (value_micros < 'Infinity'::numeric) AND (value_micros = trunc(value_micros)))),
    CONSTRAINT attribution_paths_value_whole CHECK (((value_micros IS NULL) = (currency IS NULL)))
);

ALTER TABLE ONLY public.attribution_paths FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.attribution_paths IS 'One row per conversion, after several reports of the same conversion were merged into one.';

COMMENT ON COLUMN public.attribution_paths.campaign_id IS 'The campaign of the conversion event.';

COMMENT ON COLUMN public.attribution_paths.touchpoints IS 'Array, oldest first, of impressions and visits within 60 days before the conversion: {event_id, at, type: impression | visit, episode_id, podcast_id, ad_unit_id}, the last three null where nothing is known. Nothing else. Ties in time are broken by event_id.';

COMMENT ON COLUMN public.attribution_paths.last_event_at IS 'When the latest of the merged events happened; converted_at is the earliest.';

COMMENT ON COLUMN public.attribution_paths.conversion_type IS 'purchase or lead, as in attribution_events.';

COMMENT ON COLUMN public.attribution_paths.conversion_source IS 'What reported it first: pixel, promo_code, vanity_url or survey; empty where nothing says so.';

COMMENT ON COLUMN public.attribution_paths.value_micros IS 'What it was worth; null where no amount was told, or none of a currency.';

COMMENT ON COLUMN public.attribution_paths.currency IS 'ISO 4217, of value_micros: there where that is, and only there.';

COMMENT ON COLUMN public.attribution_paths.merged_events IS 'How many events reported this one conversion; merged_sources names their sources.';

COMMENT ON COLUMN public.attribution_paths.merged_sources IS 'Sources that reported this conversion (pixel, promo_code, vanity_url, survey), as in conversion_source.';

CREATE TABLE public.attribution_states (
    tenant_id uuid NOT NULL,
    attributed_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.attribution_states FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.attribution_states IS 'As of when the attribution of a tenant was when it was last computed. It is as of the rollups while no campaign waits for it.';

CREATE TABLE public.attribution_validations (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    attribution_event_id uuid NOT NULL,
    event_occurred_at timestamp with time zone NOT NULL,
    campaign_id uuid NOT NULL,
    validation_type text NOT NULL,
    passed boolean NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT attribution_validations_check CHECK ((passed OR (details ? 'reason'::text))),
    CONSTRAINT attribution_validations_details_check CHECK ((jsonb_typeof(details) = 'object'::text)),
    CONSTRAINT attribution_validations_details_check1 CHECK ((NOT (details @? '$.keyvalue()?(!(((((@."key" == "reason" || @."key" == "expected") || @."key" == "found") || @."key" == "quote") || @."key" == "at_s") || @."key" == "ad_unit_id"))'::jsonpath))),
    CONSTRAINT attribution_validations_details_check2 CHECK (((NOT (details ? 'at_s'::text)) OR ((jsonb_typeof((details -> 'at_s'::text)) = 'number'::text) AND (NOT (details @? '$."at_s"?(@ < 0)'::jsonpath))))),
    CONSTRAINT attribution_validations_details_check3 CHECK ((NOT (details @? 'strict $.keyvalue()?(@."key" != "at_s" && @."value".type() != "string")'::jsonpath))),
    CONSTRAINT attribution_validations_validation_type_check CHECK ((validation_type = ANY (ARRAY['known_listener'::text, 'inside_window'::text, 'unique_order'::text, 'promo_code'::text, 'plausible_value'::text, 'not_a_bot'::text, 'ad_aired'::text])))
);

ALTER TABLE ONLY public.attribution_validations FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.attribution_validations IS 'Whether an attribution event stood up to each check: one result for each event and type; the last one counts.';

COMMENT ON COLUMN public.attribution_validations.event_occurred_at IS 'The event''s occurred_at, which is part of its key.';

COMMENT ON COLUMN public.attribution_validations.campaign_id IS 'Copied from the event by a trigger.';

COMMENT ON COLUMN public.attribution_validations.validation_type IS 'known_listener: a download of the listener is known; inside_window: it came within 60 days of an ad; unique_order: not told before; promo_code: the code is the campaign''s; plausible_value: like the campaign''s other orders; not_a_bot: neither by address nor by pace; ad_aired: the episode''s transcript holds the ad where it was sold.';

COMMENT ON COLUMN public.attribution_validations.details IS 'Object. reason: text, always there when it did not pass. expected and found: texts. For ad_aired quote: what was said, at_s: at which second, ad_unit_id. Nothing else.';

CREATE TABLE public.audit_logs (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    user_id uuid,
    action text NOT NULL,
    resource_type text NOT NULL,
    resource_id uuid,
    changes jsonb DEFAULT '{}'::jsonb NOT NULL,
    ip_address inet,
    user_agent text,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT audit_logs_action_check CHECK ((action ~ '^[a-z_]+(\.[a-z_]+)?$'::text)),
    CONSTRAINT audit_logs_changes_check CHECK ((jsonb_typeof(changes) = 'object'::text)),
    CONSTRAINT audit_logs_changes_told CHECK (
CASE
    WHEN ((action = 'import'::text) OR (action ~ '[.]'::text)) THEN (NOT (changes @? 'strict $.*?(@.type() == "object" || @.type() == "array" && exists (@[*]?(@.type() == "object" || @.type() == "array")))'::jsonpath))
    ELSE (NOT (changes @? 'strict $.*?(@.type() != "array" || @.size() != 2)'::jsonpath))
END),
    CONSTRAINT audit_logs_resource_type_check CHECK ((resource_type ~ '^[a-z_]+$'::text)),
    CONSTRAINT audit_logs_user_agent CHECK ((length(user_agent) <= 400))
);

ALTER TABLE ONLY public.audit_logs FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.audit_logs IS 'Changes made by a person or key; append-only. An import writes one row. Kept as long as the tenant.';

COMMENT ON COLUMN public.audit_logs.action IS 'What was done: created, updated, deleted, import, or resource.what (user.invited).';

COMMENT ON COLUMN public.audit_logs.resource_type IS 'What was changed, by the singular of its table: user, campaign, etl_import.';

COMMENT ON COLUMN public.audit_logs.changes IS 'Object: {column: [before, after]}. Of an import, and of an action with a name of its own (user.invited), {name: text, number or list of these}. Never a secret.';

COMMENT ON COLUMN public.audit_logs.user_agent IS 'Cut to 400 characters.';

CREATE TABLE public.backup_records (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    backup_type text NOT NULL,
    backup_location text NOT NULL,
    size_bytes bigint,
    status text DEFAULT 'running'::text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    completed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT backup_records_backup_location_check CHECK ((((length(backup_location) >= 1) AND (length(backup_location) <= 1000)) AND (backup_location !~ '://[^/]*@'::text))),
    CONSTRAINT backup_records_backup_type_check CHECK ((backup_type = ANY (ARRAY['full'::text, 'incremental'::text, 'log'::text, 'export'::text]))),
    CONSTRAINT backup_records_check CHECK ((completed_at >= started_at)),
    CONSTRAINT backup_records_check1 CHECK (((status = 'running'::text) = (completed_at IS NULL))),
    CONSTRAINT backup_records_check2 CHECK (((status <> 'succeeded'::text) OR (size_bytes IS NOT NULL))),
    CONSTRAINT backup_records_size_bytes_check CHECK ((size_bytes >= 0)),
    CONSTRAINT backup_records_status_check CHECK ((status = ANY (ARRAY['running'::text, 'succeeded'::text, 'failed'::text, 'expired'::text])))
);

ALTER TABLE ONLY public.backup_records FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.backup_records IS 'Backups that hold a tenant''s rows: one of the whole database is a row in each tenant. Read by who answers for the tenant''s settings, written by the worker only. Kept as long as the tenant.';

COMMENT ON COLUMN public.backup_records.backup_type IS 'full: everything; incremental: since the last; log: what was written meanwhile; export: of this tenant alone.';

COMMENT ON COLUMN public.backup_records.backup_location IS 'Where it lies, never with a password.';

COMMENT ON COLUMN public.backup_records.size_bytes IS 'Of the file, which may hold other tenants too.';

COMMENT ON COLUMN public.backup_records.status IS 'running; succeeded; failed; expired: was there and was thrown away as planned.';

CREATE TABLE public.billing_transactions (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    user_id uuid,
    subscription_tier_id uuid NOT NULL,
    amount numeric(14,2) NOT NULL,
    currency text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    stripe_transaction_id text,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT billing_transactions_amount_check CHECK ((amount >= (0)::numeric)),
    CONSTRAINT billing_transactions_amount_number CHECK ((amount < 'Infinity'::numeric)),
    CONSTRAINT billing_transactions_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT billing_transactions_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text, 'refunded'::text, 'disputed'::text]))),
    CONSTRAINT billing_transactions_stripe_transaction_id_check CHECK (((length(stripe_transaction_id) >= 1) AND (length(stripe_transaction_id) <= 255)))
);

ALTER TABLE ONLY public.billing_transactions FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.billing_transactions IS 'What a tenant paid or tried to pay, kept for good. Written when the payment service tells of it, never by a person. user_id, who started it, is null once the person is gone.';

COMMENT ON COLUMN public.billing_transactions.currency IS 'ISO 4217. Two currencies are never added.';

COMMENT ON COLUMN public.billing_transactions.status IS 'pending: not settled; succeeded: paid; failed: declined, nothing was paid; refunded: paid and given back; disputed: the bank asks.';

COMMENT ON COLUMN public.billing_transactions.stripe_transaction_id IS 'Of the payment service, once in a tenant: told twice it counts once. Null for a bank transfer.';

CREATE VIEW public.campaign_days WITH (security_barrier='true') AS
 SELECT tenant_id,
    local_day,
    campaign_id,
    episode_id,
    ad_unit_id,
    attribution_type,
    source,
    currency,
    event_count,
    value_micros
   FROM internal.campaign_days r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

COMMENT ON VIEW public.campaign_days IS 'Attribution events of the campaigns in scope per tenant day, episode, ad unit, type and source.';

CREATE TABLE public.episodes (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    podcast_id uuid NOT NULL,
    title text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    season_number integer,
    episode_number integer,
    episode_type text DEFAULT 'full'::text NOT NULL,
    published_at timestamp with time zone,
    duration_seconds integer,
    audio_url text,
    audio_bytes bigint,
    guid text,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    enclosure_url text,
    CONSTRAINT episodes_audio_bytes_check CHECK ((audio_bytes > 0)),
    CONSTRAINT episodes_audio_url CHECK ((audio_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$'::text)),
    CONSTRAINT episodes_description CHECK ((length(description) <= 20000)),
    CONSTRAINT episodes_duration_seconds_check CHECK ((duration_seconds > 0)),
    CONSTRAINT episodes_enclosure_url_check CHECK ((enclosure_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$'::text)),
    CONSTRAINT episodes_episode_number_check CHECK ((episode_number >= 0)),
    CONSTRAINT episodes_episode_type_check CHECK ((episode_type = ANY (ARRAY['full'::text, 'trailer'::text, 'bonus'::text]))),
    CONSTRAINT episodes_season_number_check CHECK ((season_number >= 0)),
    CONSTRAINT episodes_title_check CHECK (((length(title) >= 1) AND (length(title) <= 1000)))
);

ALTER TABLE ONLY public.episodes FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.episodes IS 'Episodes of a podcast. guid is the feed''s own identifier.';

COMMENT ON COLUMN public.episodes.episode_type IS 'As in feeds: full, trailer or bonus.';

COMMENT ON COLUMN public.episodes.audio_url IS 'Where the audio lies: enclosure_url without the prefixes of measurers. Prefixes of ours lead on to it.';

COMMENT ON COLUMN public.episodes.enclosure_url IS 'Address of the audio as the feed names it, with those that measure in front of it.';

CREATE TABLE public.podcasts (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    rss_feed_url text,
    website_url text,
    cover_image_url text,
    language text,
    category text,
    author text,
    feed_guid text,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT podcasts_author CHECK ((length(author) <= 400)),
    CONSTRAINT podcasts_category CHECK ((length(category) <= 200)),
    CONSTRAINT podcasts_cover_image_url CHECK ((cover_image_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$'::text)),
    CONSTRAINT podcasts_description CHECK ((length(description) <= 20000)),
    CONSTRAINT podcasts_language_check CHECK ((language ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$'::text)),
    CONSTRAINT podcasts_name_check CHECK (((length(name) >= 1) AND (length(name) <= 400))),
    CONSTRAINT podcasts_rss_feed_url CHECK ((rss_feed_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$'::text)),
    CONSTRAINT podcasts_website_url CHECK ((website_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$'::text))
);

ALTER TABLE ONLY public.podcasts FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.podcasts IS 'Shows of a tenant.';

COMMENT ON COLUMN public.podcasts.website_url IS 'http or https, as in the feed.';

CREATE VIEW public.campaign_episodes WITH (security_barrier='true') AS
 SELECT DISTINCT a.tenant_id,
    a.campaign_id,
    e.id AS episode_id,
    e.title,
    e.published_at,
    p.id AS podcast_id,
    p.name AS podcast_name
   FROM ((public.ad_units a
     JOIN public.episodes e ON (((e.tenant_id = a.tenant_id) AND (e.id = a.episode_id))))
     JOIN public.podcasts p ON (((p.tenant_id = e.tenant_id) AND (p.id = e.podcast_id))))
  WHERE ((a.tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (a.campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

COMMENT ON VIEW public.campaign_episodes IS 'Episodes with ads of the campaigns in scope: title, date and show, no listener totals.';

CREATE VIEW public.campaign_impressions WITH (security_barrier='true') AS
 SELECT i.tenant_id,
    i.campaign_id,
    i.episode_id,
    i.listener_id,
    i.id AS impression_id,
    i.occurred_at,
    COALESCE(NULLIF((d.event_data ->> 'app'::text), ''::text), 'unknown'::text) AS app,
    COALESCE(NULLIF((d.event_data ->> 'country'::text), ''::text), 'unknown'::text) AS country,
    COALESCE(NULLIF((d.event_data ->> 'device'::text), ''::text), 'unknown'::text) AS device_type,
    i.created_at
   FROM (public.attribution_events i
     LEFT JOIN public.listener_events d ON (((d.tenant_id = i.tenant_id) AND (d.listener_id = i.listener_id) AND (d.episode_id = i.episode_id) AND (d.occurred_at = i.occurred_at) AND (d.event_type = 'download'::text))))
  WHERE ((i.tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (i.attribution_type = 'impression'::text) AND (( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (i.campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

COMMENT ON VIEW public.campaign_impressions IS 'Impressions of the campaigns in scope, with app, country and device type of their downloads; unknown where there is none, as of what is older than raw events are kept.';

CREATE TABLE public.campaign_links (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    target_url text,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT campaign_links_check CHECK (((kind = 'vanity_url'::text) = (target_url IS NOT NULL))),
    CONSTRAINT campaign_links_key_check CHECK (((key ~ '^[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)?$'::text) AND (length(key) <= 160))),
    CONSTRAINT campaign_links_kind_check CHECK ((kind = ANY (ARRAY['pixel'::text, 'vanity_url'::text]))),
    CONSTRAINT campaign_links_target_url_check CHECK (((target_url ~ '^https?://[^[:space:]]+$'::text) AND (length(target_url) <= 2000)))
);

ALTER TABLE ONLY public.campaign_links FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.campaign_links IS 'Where listeners and buyers of a campaign are counted: its pixel on the sponsor''s page, its vanity URL in the host''s words.';

COMMENT ON COLUMN public.campaign_links.kind IS 'pixel: fetched by the page that says thank you; vanity_url: leads on to target_url.';

COMMENT ON COLUMN public.campaign_links.key IS 'pixel: 32 random hexadecimal digits; vanity_url: slug of the tenant, a slash and a name of its own. So none can be taken from another tenant.';

COMMENT ON COLUMN public.campaign_links.target_url IS 'Where a vanity URL leads: never anything that a request says.';

CREATE VIEW public.campaign_listener_days WITH (security_barrier='true') AS
 SELECT tenant_id,
    local_day,
    campaign_id,
    episode_id,
    listener_no,
    impressions
   FROM internal.campaign_listener_days r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

COMMENT ON VIEW public.campaign_listener_days IS 'Whom the campaigns in scope reached on which tenant day.';

CREATE TABLE public.campaigns (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    sponsor_id uuid NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    start_date date NOT NULL,
    end_date date NOT NULL,
    stage text DEFAULT 'prospect'::text NOT NULL,
    stage_changed_at timestamp with time zone DEFAULT now() NOT NULL,
    budget_micros bigint,
    currency text DEFAULT 'USD'::text NOT NULL,
    conversion_type text DEFAULT 'purchase'::text NOT NULL,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    goal_conversions integer,
    CONSTRAINT campaigns_budget_micros_check CHECK ((budget_micros >= 0)),
    CONSTRAINT campaigns_check CHECK ((end_date >= start_date)),
    CONSTRAINT campaigns_conversion_type_check CHECK ((conversion_type = ANY (ARRAY['purchase'::text, 'lead'::text]))),
    CONSTRAINT campaigns_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT campaigns_goal_conversions_check CHECK ((goal_conversions > 0)),
    CONSTRAINT campaigns_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT campaigns_stage_check CHECK ((stage = ANY (ARRAY['prospect'::text, 'proposed'::text, 'booked'::text, 'live'::text, 'paused'::text, 'completed'::text, 'cancelled'::text])))
);

ALTER TABLE ONLY public.campaigns FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.campaigns IS 'Campaigns of a sponsor. start_date and end_date are tenant days, both inside the flight.';

COMMENT ON COLUMN public.campaigns.stage IS 'prospect: an idea; proposed: an offer is out; booked: signed; live: in its flight; paused, cancelled: by a person; completed: over.';

COMMENT ON COLUMN public.campaigns.budget_micros IS 'What the sponsor set aside, in millionths of currency.';

COMMENT ON COLUMN public.campaigns.currency IS 'ISO 4217, of budget_micros.';

COMMENT ON COLUMN public.campaigns.conversion_type IS 'What counts as a conversion of this campaign: a purchase or a lead.';

COMMENT ON COLUMN public.campaigns.goal_conversions IS 'How many conversions the sponsor wants by the end of the flight; null where none was named.';

CREATE TABLE public.churn_events (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    user_id uuid,
    churn_reason text NOT NULL,
    churn_data jsonb DEFAULT '{}'::jsonb NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT churn_events_churn_data_check CHECK ((jsonb_typeof(churn_data) = 'object'::text)),
    CONSTRAINT churn_events_churn_data_check1 CHECK (((NOT (churn_data ? 'note'::text)) OR ((jsonb_typeof((churn_data -> 'note'::text)) = 'string'::text) AND (length((churn_data ->> 'note'::text)) <= 2000)))),
    CONSTRAINT churn_events_churn_data_check2 CHECK (((NOT (churn_data ? 'days_with_us'::text)) OR ((jsonb_typeof((churn_data -> 'days_with_us'::text)) = 'number'::text) AND (NOT (churn_data @? '$."days_with_us"?(@ < 0)'::jsonpath))))),
    CONSTRAINT churn_events_churn_data_check3 CHECK (((NOT (churn_data ? 'would_return'::text)) OR (jsonb_typeof((churn_data -> 'would_return'::text)) = 'boolean'::text))),
    CONSTRAINT churn_events_churn_data_check4 CHECK ((NOT (churn_data @? '$.keyvalue()?(!((@."key" == "note" || @."key" == "days_with_us") || @."key" == "would_return"))'::jsonpath))),
    CONSTRAINT churn_events_churn_reason_check CHECK ((churn_reason = ANY (ARRAY['price'::text, 'missing_feature'::text, 'other_product'::text, 'little_use'::text, 'closed_down'::text, 'left_the_tenant'::text, 'unknown'::text])))
);

ALTER TABLE ONLY public.churn_events FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.churn_events IS 'People who stopped, and why, append-only. user_id is null once the person is gone. Kept as long as the tenant.';

COMMENT ON COLUMN public.churn_events.churn_reason IS 'price; missing_feature; other_product: another one instead; little_use: hardly came; closed_down: the firm is no more; left_the_tenant: changed jobs; unknown: nobody asked.';

COMMENT ON COLUMN public.churn_events.churn_data IS 'Object. note: in their words. days_with_us: number. would_return: boolean. Nothing else.';

CREATE TABLE public.conversion_orders (
    tenant_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    conversion_type text NOT NULL,
    order_id text NOT NULL,
    value_micros bigint NOT NULL,
    currency text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT conversion_orders_conversion_type_check CHECK ((conversion_type = ANY (ARRAY['visit'::text, 'lead'::text, 'purchase'::text]))),
    CONSTRAINT conversion_orders_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT conversion_orders_order_id_check CHECK (((length(order_id) >= 1) AND (length(order_id) <= 200))),
    CONSTRAINT conversion_orders_value_micros_check CHECK ((value_micros >= 0))
);

ALTER TABLE ONLY public.conversion_orders FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.conversion_orders IS 'The amount with which a file or key told each order of a campaign first: with another one it is refused, at a pixel too. A pixel sets none, as anybody can ask for it. Kept as long as the campaign.';

COMMENT ON COLUMN public.conversion_orders.conversion_type IS 'visit, lead, purchase: an order may become each of them, with an amount of its own.';

COMMENT ON COLUMN public.conversion_orders.currency IS 'Three letters, as ISO 4217 has them.';

CREATE TABLE public.counting_methods (
    tenant_id uuid NOT NULL,
    number smallint NOT NULL,
    download_window text NOT NULL,
    time_zone text NOT NULL,
    rule_version text NOT NULL,
    data_centres text NOT NULL,
    first_at timestamp with time zone,
    last_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT counting_methods_check CHECK ((last_at >= first_at)),
    CONSTRAINT counting_methods_data_centres_check CHECK ((data_centres = ANY (ARRAY['with_list'::text, 'without_list'::text, 'source'::text, 'unknown'::text]))),
    CONSTRAINT counting_methods_download_window_check CHECK ((download_window = ANY (ARRAY['calendar_day'::text, 'rolling_first_touch'::text, 'rolling_last_touch'::text, 'unknown'::text]))),
    CONSTRAINT counting_methods_number_check CHECK ((number > 0)),
    CONSTRAINT counting_methods_rule_version_check CHECK (((length(rule_version) >= 1) AND (length(rule_version) <= 80))),
    CONSTRAINT counting_methods_time_zone_check CHECK (((length(time_zone) >= 1) AND (length(time_zone) <= 64)))
);

ALTER TABLE ONLY public.counting_methods FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.counting_methods IS 'The ways in which downloads of the tenant were counted; listener_events.counted_by names one. A handful of rows: one more when the tenant''s window or zone, the rules, or what data centres are filtered by changes. Kept as long as the tenant.';

COMMENT ON COLUMN public.counting_methods.number IS 'Of the tenant''s own, from 1 on. Never used again for another way.';

COMMENT ON COLUMN public.counting_methods.download_window IS 'calendar_day, rolling_first_touch, rolling_last_touch: as tenant_settings had it then. unknown: of downloads that were counted before it was kept, which name no way.';

COMMENT ON COLUMN public.counting_methods.time_zone IS 'IANA name of the zone whose calendar days they are; UTC where windows know no days.';

COMMENT ON COLUMN public.counting_methods.rule_version IS 'Which counting rules were applied: COUNTING_VERSION, as "IAB 2.3, rules 1"; or unknown.';

COMMENT ON COLUMN public.counting_methods.data_centres IS 'with_list, without_list: whether requests from data centres and VPNs were refused by a list of addresses. source: events carry no address, and whoever sent them had filtered them. unknown: not kept.';

COMMENT ON COLUMN public.counting_methods.first_at IS 'The earliest download that was counted so; empty as long as repeats alone were found.';

COMMENT ON COLUMN public.counting_methods.last_at IS 'The latest one.';

CREATE TABLE public.counting_windows (
    tenant_id uuid NOT NULL,
    listener_id text NOT NULL,
    episode_id uuid NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    closes_at timestamp with time zone NOT NULL,
    is_counted boolean DEFAULT false NOT NULL,
    pieces bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    unplaced_bytes bigint DEFAULT 0 NOT NULL,
    told_bytes bigint,
    waiting_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    waiting_at timestamp with time zone[] DEFAULT '{}'::timestamp with time zone[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    download_id uuid,
    download_at timestamp with time zone,
    requests jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT counting_windows_check CHECK ((closes_at > opened_at)),
    CONSTRAINT counting_windows_check1 CHECK ((cardinality(waiting_ids) = cardinality(waiting_at))),
    CONSTRAINT counting_windows_download CHECK ((((download_id IS NULL) = (download_at IS NULL)) AND ((download_id IS NULL) OR is_counted))),
    CONSTRAINT counting_windows_listener_id_check CHECK (((length(listener_id) >= 1) AND (length(listener_id) <= 200))),
    CONSTRAINT counting_windows_pieces_check CHECK (((cardinality(pieces) % 2) = 0)),
    CONSTRAINT counting_windows_requests CHECK (((jsonb_typeof(requests) = 'array'::text) AND (NOT (requests @? '$[*]?((((@.type() != "object" || !(exists (@."id"))) || !(exists (@."at"))) || !(exists (@."data"))) || !(exists (@."filtered")))'::jsonpath)))),
    CONSTRAINT counting_windows_told_bytes_check CHECK ((told_bytes > 0)),
    CONSTRAINT counting_windows_unplaced_bytes_check CHECK ((unplaced_bytes >= 0))
);

ALTER TABLE ONLY public.counting_windows FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.counting_windows IS 'What a listener got of an episode in a window that a later request may still change: calendar days without a download yet or with an ad whose bytes were not all sent yet, rolling windows. Survives the end of a file. Kept until a month after the window closed and was last written.';

COMMENT ON COLUMN public.counting_windows.is_counted IS 'Its download stands in listener_events.';

COMMENT ON COLUMN public.counting_windows.pieces IS 'Bytes delivered, put together: first and end of each piece, half-open, one after the other.';

COMMENT ON COLUMN public.counting_windows.unplaced_bytes IS 'The largest answer of which nobody knows where in the file its bytes lie.';

COMMENT ON COLUMN public.counting_windows.told_bytes IS 'Size of the file as requests told it.';

COMMENT ON COLUMN public.counting_windows.waiting_ids IS 'Requests in excluded_requests (their times in waiting_at) that become pieces when the download is complete.';

COMMENT ON COLUMN public.counting_windows.download_id IS 'Its download in listener_events, the ads in which count once pieces hold all their bytes; null where there is none yet, and where the ads counted with the download.';

COMMENT ON COLUMN public.counting_windows.download_at IS 'When that download occurred; impressions of its ads occur with it.';

COMMENT ON COLUMN public.counting_windows.requests IS 'Requests of a window of 24 hours in order of time, of very many the first thousand and the last: id, time, bytes, what a download of it says, and the reason where it does not count. Read again in order when one comes late. Empty for calendar days, for windows kept before this was, and where the tenant chose another window since: such a one holds, and is ruled on no more.';

CREATE TABLE public.database_engine (
    is_chosen boolean DEFAULT true NOT NULL,
    engine text NOT NULL,
    chosen_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT database_engine_engine_check CHECK ((engine = ANY (ARRAY['plain'::text, 'timescale'::text]))),
    CONSTRAINT database_engine_is_chosen_check CHECK (is_chosen)
);

COMMENT ON TABLE public.database_engine IS 'How time series are kept here: one row, written once.';

COMMENT ON COLUMN public.database_engine.engine IS 'plain: partitions and tables of our own keep time series; timescale: TimescaleDB does. Chosen by the first migration and kept.';

CREATE VIEW public.download_days WITH (security_barrier='true') AS
 SELECT tenant_id,
    local_day,
    episode_id,
    app,
    device_type,
    country,
    downloads
   FROM internal.download_days r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

COMMENT ON VIEW public.download_days IS 'Downloads of the podcasts in scope per tenant day, episode, app, device type and country.';

CREATE VIEW public.download_quarters WITH (security_barrier='true') AS
 SELECT tenant_id,
    episode_id,
    bucket,
    downloads
   FROM internal.download_quarters r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

COMMENT ON VIEW public.download_quarters IS 'Downloads of the podcasts in scope per quarter hour (UTC) and episode.';

CREATE TABLE public.email_verification_tokens (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid,
    user_id uuid NOT NULL,
    token text NOT NULL,
    email text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT email_verification_tokens_check CHECK ((expires_at > created_at)),
    CONSTRAINT email_verification_tokens_email_check CHECK (((email = lower(email)) AND (email ~ '^[^@\s]+@[^@\s]+$'::text) AND (length(email) <= 254))),
    CONSTRAINT email_verification_tokens_token_check CHECK ((token ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT email_verification_tokens_used_later CHECK ((used_at >= created_at))
);

ALTER TABLE ONLY public.email_verification_tokens FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.email_verification_tokens IS 'One-time links that prove an address, good for 24 hours. Kept until a week after its end.';

COMMENT ON COLUMN public.email_verification_tokens.token IS 'SHA-256 of the token, never the token.';

COMMENT ON COLUMN public.email_verification_tokens.email IS 'The address that was proved: another one since is not.';

CREATE VIEW public.episode_days WITH (security_barrier='true') AS
 SELECT tenant_id,
    local_day,
    episode_id,
    downloads
   FROM internal.episode_days r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

COMMENT ON VIEW public.episode_days IS 'Downloads of the podcasts in scope per tenant day and episode.';

CREATE VIEW public.episode_milestones WITH (security_barrier='true') AS
 SELECT tenant_id,
    episode_id,
    days,
    downloads,
    complete_at,
    missing
   FROM internal.episode_milestones r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

COMMENT ON VIEW public.episode_milestones IS 'Downloads of the episodes in scope in exactly 24, 72, 168 and 720 hours, once the time is over, or what data of it is missing.';

CREATE TABLE public.etl_imports (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    import_type text NOT NULL,
    source text NOT NULL,
    source_sha256 text,
    status text DEFAULT 'running'::text NOT NULL,
    records_imported bigint DEFAULT 0 NOT NULL,
    records_duplicate bigint DEFAULT 0 NOT NULL,
    records_refused bigint DEFAULT 0 NOT NULL,
    error_message text,
    created_by uuid,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    completed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    lines_done bigint DEFAULT 0 NOT NULL,
    lines_sha256 text,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    figures jsonb DEFAULT '{}'::jsonb NOT NULL,
    source_name text,
    CONSTRAINT etl_imports_check CHECK (((status = 'running'::text) = (completed_at IS NULL))),
    CONSTRAINT etl_imports_check1 CHECK ((completed_at >= started_at)),
    CONSTRAINT etl_imports_figures_check CHECK ((jsonb_typeof(figures) = 'object'::text)),
    CONSTRAINT etl_imports_import_type_check CHECK ((import_type = ANY (ARRAY['feed'::text, 'listener_events'::text, 'attribution_events'::text, 'access_log'::text, 'bookings'::text, 'conversions'::text, 'transcripts'::text, 'retention_curves'::text, 'ad_units'::text]))),
    CONSTRAINT etl_imports_lines_done_check CHECK ((lines_done >= 0)),
    CONSTRAINT etl_imports_lines_sha256_check CHECK ((lines_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT etl_imports_options_check CHECK ((jsonb_typeof(options) = 'object'::text)),
    CONSTRAINT etl_imports_records_duplicate_check CHECK ((records_duplicate >= 0)),
    CONSTRAINT etl_imports_records_imported_check CHECK ((records_imported >= 0)),
    CONSTRAINT etl_imports_records_refused_check CHECK ((records_refused >= 0)),
    CONSTRAINT etl_imports_source_name_check CHECK (((length(source_name) >= 1) AND (length(source_name) <= 250))),
    CONSTRAINT etl_imports_source_sha256_check CHECK ((source_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT etl_imports_status_check CHECK ((status = ANY (ARRAY['running'::text, 'completed'::text, 'failed'::text])))
);

ALTER TABLE ONLY public.etl_imports FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.etl_imports IS 'One row per import of a feed or file. Kept as long as the tenant.';

COMMENT ON COLUMN public.etl_imports.import_type IS 'feed: a podcast''s RSS; listener_events, attribution_events: files of events; access_log: requests of a media host; bookings; conversions: by promo code; transcripts; retention_curves: as platforms aggregate them; ad_units: where ads stand in episodes.';

COMMENT ON COLUMN public.etl_imports.status IS 'running; completed; failed: of a feed nothing was kept, of a file what its figures say; the same file again goes on there.';

COMMENT ON COLUMN public.etl_imports.lines_done IS 'Lines of the file that are dealt with: committed together with what became of them.';

COMMENT ON COLUMN public.etl_imports.lines_sha256 IS 'SHA-256 of these lines: a file that begins otherwise is another file.';

COMMENT ON COLUMN public.etl_imports.options IS 'Object: what the import was told (shift_days, columns, ...); other options are another import. Open: each kind of import has its own.';

COMMENT ON COLUMN public.etl_imports.figures IS 'Object: refused requests by reason, impressions made, the rules that counted, reached: the last moment of what it brought, by listener_events, impressions and conversions; worked_ms: of an hour''s batches, and of the runs of a file that is read in batches, how long they took together; taken_back and counted_late: downloads of before that are none any more, and requests refused before that count now, where late requests moved windows of 24 hours. Open: each kind of import has its own.';

COMMENT ON COLUMN public.etl_imports.source_name IS 'Whose data it is: as told, else the name of the file without dates and numbers, the host of an address, or the API key; Prefix, Pixel and Vanity URLs of what came there. Null of rows that the release before named sources wrote.';

CREATE VIEW public.excluded_days WITH (security_barrier='true') AS
 SELECT tenant_id,
    local_day,
    podcast_id,
    reason,
    rule_version,
    requests
   FROM internal.excluded_days r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (podcast_id IN ( SELECT public.app_podcasts() AS app_podcasts))));

COMMENT ON VIEW public.excluded_days IS 'Requests that did not count, of the podcasts in scope, per tenant day, podcast, reason and version of the rules.';

CREATE TABLE public.excluded_visits (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    rule_version text NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    import_id uuid,
    order_id text,
    CONSTRAINT excluded_visits_kind_check CHECK ((kind = ANY (ARRAY['pixel'::text, 'vanity_url'::text]))),
    CONSTRAINT excluded_visits_order_id_check CHECK (((length(order_id) >= 1) AND (length(order_id) <= 200))),
    CONSTRAINT excluded_visits_reason_check CHECK ((reason = ANY (ARRAY['head'::text, 'method'::text, 'preload'::text, 'empty_agent'::text, 'watch_app'::text, 'malformed_agent'::text, 'bot'::text, 'type_unknown'::text, 'value_unreadable'::text, 'currency_missing'::text, 'order_id_unreadable'::text, 'order_differs'::text]))),
    CONSTRAINT excluded_visits_rule_version_check CHECK (((length(rule_version) >= 1) AND (length(rule_version) <= 80)))
);

ALTER TABLE ONLY public.excluded_visits FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.excluded_visits IS 'Requests for the pixel or vanity URL of a campaign that were neither visit nor conversion, each with the rule that refused it. Neither address, agent nor listener is kept, and of what it said the order alone. Kept two years.';

COMMENT ON COLUMN public.excluded_visits.kind IS 'pixel, vanity_url: which link of the campaign was asked for.';

COMMENT ON COLUMN public.excluded_visits.reason IS 'As in excluded_requests: head, method, preload, empty_agent, watch_app, malformed_agent, bot. What a pixel was told wrong: type_unknown; value_unreadable: no amount of money; currency_missing: a value without one, or with what is none; order_id_unreadable: too long or no text; order_differs: the order stands already with another value, currency or type.';

COMMENT ON COLUMN public.excluded_visits.rule_version IS 'Which counting rules were applied: COUNTING_VERSION, as "IAB 2.3, rules 1".';

COMMENT ON COLUMN public.excluded_visits.import_id IS 'The import of its source and hour, in which it was counted. Null of what came before these were counted.';

COMMENT ON COLUMN public.excluded_visits.order_id IS 'The order that a pixel was told. Null of vanity URLs, where none or nothing that can be one was told, and of what came before it was kept.';

CREATE TABLE public.experiment_assignments (
    tenant_id uuid NOT NULL,
    experiment_id uuid NOT NULL,
    user_id uuid NOT NULL,
    variant text NOT NULL,
    assigned_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT experiment_assignments_variant_check CHECK (((length(variant) >= 1) AND (length(variant) <= 40)))
);

ALTER TABLE ONLY public.experiment_assignments FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.experiment_assignments IS 'Which variant a person is shown: one for each experiment, and it stays.';

COMMENT ON COLUMN public.experiment_assignments.variant IS 'One of the experiment''s variants.';

CREATE TABLE public.experiment_events (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    experiment_id uuid NOT NULL,
    user_id uuid NOT NULL,
    event_type text NOT NULL,
    event_data jsonb DEFAULT '{}'::jsonb NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT experiment_events_event_data_check CHECK ((jsonb_typeof(event_data) = 'object'::text)),
    CONSTRAINT experiment_events_event_data_check1 CHECK ((NOT (event_data @? 'strict $.keyvalue()?((@."key" == "page" || @."key" == "goal") && @."value".type() != "string")'::jsonpath))),
    CONSTRAINT experiment_events_event_data_check2 CHECK ((NOT (event_data @? 'strict $.keyvalue()?(@."key" == "value" && @."value".type() != "number")'::jsonpath))),
    CONSTRAINT experiment_events_event_data_check3 CHECK ((NOT (event_data @? '$.keyvalue()?(!((@."key" == "page" || @."key" == "goal") || @."key" == "value"))'::jsonpath))),
    CONSTRAINT experiment_events_event_type_check CHECK ((event_type = ANY (ARRAY['exposure'::text, 'click'::text, 'conversion'::text, 'dismissal'::text])))
);

ALTER TABLE ONLY public.experiment_events FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.experiment_events IS 'What somebody did who takes part, append-only. Kept as long as the experiment.';

COMMENT ON COLUMN public.experiment_events.event_type IS 'exposure: saw the variant; click; conversion: did what was hoped for; dismissal: closed it.';

COMMENT ON COLUMN public.experiment_events.event_data IS 'Object. page: text. goal: text, what was reached. value: number. Nothing else.';

CREATE TABLE public.experiments (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    variants text[] DEFAULT '{control,changed}'::text[] NOT NULL,
    status text DEFAULT 'draft'::text NOT NULL,
    start_date date,
    end_date date,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT experiments_check CHECK ((end_date >= start_date)),
    CONSTRAINT experiments_check1 CHECK (((status <> ALL (ARRAY['running'::text, 'paused'::text, 'completed'::text])) OR (start_date IS NOT NULL))),
    CONSTRAINT experiments_description_check CHECK ((length(description) <= 2000)),
    CONSTRAINT experiments_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120))),
    CONSTRAINT experiments_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'running'::text, 'paused'::text, 'completed'::text, 'cancelled'::text]))),
    CONSTRAINT experiments_variants_check CHECK (((cardinality(variants) >= 2) AND (cardinality(variants) <= 8))),
    CONSTRAINT experiments_variants_check1 CHECK ((array_position(variants, NULL::text) IS NULL)),
    CONSTRAINT experiments_variants_check2 CHECK ((array_to_string(variants, ','::text) ~ '^[a-z0-9_]{1,40}(,[a-z0-9_]{1,40})*$'::text))
);

ALTER TABLE ONLY public.experiments FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.experiments IS 'Comparisons of two or more ways of doing something, among the people of a tenant.';

COMMENT ON COLUMN public.experiments.variants IS 'What is compared, the first is what there was before; 2 to 8 names in lower case.';

COMMENT ON COLUMN public.experiments.status IS 'draft; running; paused: nobody new is assigned; completed and cancelled: over.';

COMMENT ON COLUMN public.experiments.start_date IS 'Tenant days, both inside; end_date is null while nobody knows.';

CREATE TABLE public.failover_events (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    event_type text NOT NULL,
    source_node text NOT NULL,
    target_node text NOT NULL,
    status text DEFAULT 'started'::text NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    completed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT failover_events_check CHECK ((source_node <> target_node)),
    CONSTRAINT failover_events_check1 CHECK ((completed_at >= occurred_at)),
    CONSTRAINT failover_events_check2 CHECK (((status = 'started'::text) = (completed_at IS NULL))),
    CONSTRAINT failover_events_event_type_check CHECK ((event_type = ANY (ARRAY['planned'::text, 'automatic'::text, 'exercise'::text, 'failback'::text]))),
    CONSTRAINT failover_events_source_node_check CHECK (((length(source_node) >= 1) AND (length(source_node) <= 120))),
    CONSTRAINT failover_events_status_check CHECK ((status = ANY (ARRAY['started'::text, 'completed'::text, 'failed'::text, 'rolled_back'::text]))),
    CONSTRAINT failover_events_target_node_check CHECK (((length(target_node) >= 1) AND (length(target_node) <= 120)))
);

COMMENT ON TABLE public.failover_events IS 'Each time another server took over. No tenant data. Kept for good.';

COMMENT ON COLUMN public.failover_events.event_type IS 'planned: for maintenance; automatic: the first was gone; exercise: to see that it works; failback: back to the first.';

COMMENT ON COLUMN public.failover_events.status IS 'started; then one end: completed, failed, rolled_back.';

CREATE TABLE public.gdpr_requests (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    user_id uuid,
    request_type text NOT NULL,
    status text DEFAULT 'received'::text NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    due_at timestamp with time zone DEFAULT (now() + '1 mon'::interval) NOT NULL,
    completed_at timestamp with time zone,
    handled_by uuid,
    notes text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT gdpr_requests_check CHECK ((due_at > requested_at)),
    CONSTRAINT gdpr_requests_check1 CHECK ((completed_at >= requested_at)),
    CONSTRAINT gdpr_requests_check2 CHECK (((status = ANY (ARRAY['completed'::text, 'refused'::text, 'withdrawn'::text])) = (completed_at IS NOT NULL))),
    CONSTRAINT gdpr_requests_notes_check CHECK ((length(notes) <= 4000)),
    CONSTRAINT gdpr_requests_request_type_check CHECK ((request_type = ANY (ARRAY['access'::text, 'export'::text, 'rectification'::text, 'restriction'::text, 'erasure'::text]))),
    CONSTRAINT gdpr_requests_status_check CHECK ((status = ANY (ARRAY['received'::text, 'in_progress'::text, 'completed'::text, 'refused'::text, 'withdrawn'::text])))
);

ALTER TABLE ONLY public.gdpr_requests FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.gdpr_requests IS 'Requests of people about their own data. Kept as evidence: the person of an erasure goes, the row stays.';

COMMENT ON COLUMN public.gdpr_requests.request_type IS 'access: what is held (Art. 15); export: the same to take along (Art. 20); rectification (Art. 16); restriction (Art. 18); erasure (Art. 17).';

COMMENT ON COLUMN public.gdpr_requests.status IS 'received, in_progress; then one end: completed, refused (notes say why) or withdrawn by the person.';

COMMENT ON COLUMN public.gdpr_requests.due_at IS 'By when it must be answered: one month, unless prolonged.';

COMMENT ON COLUMN public.gdpr_requests.completed_at IS 'When it ended, in whichever of the three ways.';

CREATE TABLE public.import_columns (
    tenant_id uuid NOT NULL,
    source text NOT NULL,
    kind text NOT NULL,
    columns jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT import_columns_columns_check CHECK ((jsonb_typeof(columns) = 'object'::text)),
    CONSTRAINT import_columns_kind_check CHECK ((kind = ANY (ARRAY['listener'::text, 'attribution'::text, 'retention'::text, 'ad_unit'::text, 'booking'::text]))),
    CONSTRAINT import_columns_source_check CHECK (((length(source) >= 1) AND (length(source) <= 120))),
    CONSTRAINT import_columns_texts CHECK ((NOT (columns @? 'strict $.*?(@.type() != "string")'::jsonpath)))
);

ALTER TABLE ONLY public.import_columns FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.import_columns IS 'How a source names the columns of its files: remembered when it is told, used for its next files.';

COMMENT ON COLUMN public.import_columns.source IS 'Name of the source: as told, else the file''s name without dates and numbers.';

COMMENT ON COLUMN public.import_columns.kind IS 'What the files hold: listener or attribution: events; retention: points of curves; ad_unit: where ads stand; booking: insertion orders.';

COMMENT ON COLUMN public.import_columns.columns IS 'Object: {name in the file: name of the column, or empty to leave it out}.';

CREATE TABLE public.import_refusals (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    line_number bigint NOT NULL,
    reason text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    batch uuid,
    CONSTRAINT import_refusals_detail_check CHECK ((length(detail) <= 500)),
    CONSTRAINT import_refusals_line_number_check CHECK ((line_number > 0)),
    CONSTRAINT import_refusals_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 200)))
);

ALTER TABLE ONLY public.import_refusals FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.import_refusals IS 'Rows an import did not take, with line and reason. Kept two years.';

COMMENT ON COLUMN public.import_refusals.reason IS 'One of a few sentences for people.';

COMMENT ON COLUMN public.import_refusals.batch IS 'The batch of events by HTTP in which it came, as its answer names it. Null of rows of files, and of batches before this was kept.';

CREATE TABLE public.integration_sync_logs (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    integration_id uuid NOT NULL,
    sync_type text NOT NULL,
    status text DEFAULT 'running'::text NOT NULL,
    records_synced bigint DEFAULT 0 NOT NULL,
    error_message text,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    completed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT integration_sync_logs_check CHECK ((completed_at >= started_at)),
    CONSTRAINT integration_sync_logs_check1 CHECK (((status = 'running'::text) = (completed_at IS NULL))),
    CONSTRAINT integration_sync_logs_check2 CHECK (((status <> ALL (ARRAY['partial'::text, 'failed'::text])) OR (error_message IS NOT NULL))),
    CONSTRAINT integration_sync_logs_error_message_check CHECK ((length(error_message) <= 2000)),
    CONSTRAINT integration_sync_logs_records_synced_check CHECK ((records_synced >= 0)),
    CONSTRAINT integration_sync_logs_status_check CHECK ((status = ANY (ARRAY['running'::text, 'succeeded'::text, 'partial'::text, 'failed'::text]))),
    CONSTRAINT integration_sync_logs_sync_type_check CHECK ((sync_type = ANY (ARRAY['full'::text, 'incremental'::text, 'test'::text])))
);

ALTER TABLE ONLY public.integration_sync_logs FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.integration_sync_logs IS 'Each exchange with a service: what came of it. Kept two years.';

COMMENT ON COLUMN public.integration_sync_logs.sync_type IS 'full: everything anew; incremental: since the last; test: whether it answers at all.';

COMMENT ON COLUMN public.integration_sync_logs.status IS 'running; succeeded; partial: some records refused, error_message says which; failed.';

CREATE TABLE public.integration_tokens (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    integration_id uuid NOT NULL,
    token_type text NOT NULL,
    token_value_encrypted bytea NOT NULL,
    key_id text NOT NULL,
    expires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT integration_tokens_expires_later CHECK ((expires_at > created_at)),
    CONSTRAINT integration_tokens_key_id_check CHECK ((key_id ~ '^[a-z0-9_-]{1,40}$'::text)),
    CONSTRAINT integration_tokens_token_type_check CHECK ((token_type = ANY (ARRAY['access'::text, 'refresh'::text, 'api_key'::text, 'basic'::text]))),
    CONSTRAINT integration_tokens_token_value_encrypted_check CHECK (((octet_length(token_value_encrypted) >= 29) AND (octet_length(token_value_encrypted) <= 16384)))
);

ALTER TABLE ONLY public.integration_tokens FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.integration_tokens IS 'Secrets of integrations. A person''s session writes them and never reads them back. Kept as long as the integration.';

COMMENT ON COLUMN public.integration_tokens.token_type IS 'access and refresh: OAuth; api_key: a key of the service; basic: name and password.';

COMMENT ON COLUMN public.integration_tokens.token_value_encrypted IS 'Nonce (12 bytes), ciphertext, tag (16 bytes), encrypted by the application; readable by the worker''s role only.';

COMMENT ON COLUMN public.integration_tokens.key_id IS 'Which key encrypted it, so that keys can be changed.';

CREATE TABLE public.integrations (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    integration_type text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    configuration jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_by uuid,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT integrations_configuration_check CHECK ((jsonb_typeof(configuration) = 'object'::text)),
    CONSTRAINT integrations_configuration_check1 CHECK ((NOT (configuration ?| ARRAY['token'::text, 'access_token'::text, 'refresh_token'::text, 'api_key'::text, 'password'::text, 'secret'::text, 'client_secret'::text]))),
    CONSTRAINT integrations_configuration_known CHECK (((configuration -
CASE integration_type
    WHEN 'hosting'::text THEN ARRAY['base_url'::text, 'account'::text, 'sync_minutes'::text, 'podcast_ids'::text]
    WHEN 'analytics'::text THEN ARRAY['base_url'::text, 'account'::text, 'sync_minutes'::text, 'podcast_ids'::text]
    WHEN 'ad_server'::text THEN ARRAY['base_url'::text, 'account'::text, 'sync_minutes'::text, 'podcast_ids'::text, 'sponsor_ids'::text]
    WHEN 'shop'::text THEN ARRAY['base_url'::text, 'account'::text, 'sync_minutes'::text, 'sponsor_ids'::text]
    WHEN 'crm'::text THEN ARRAY['base_url'::text, 'account'::text, 'sync_minutes'::text, 'sponsor_ids'::text]
    WHEN 'storage'::text THEN ARRAY['base_url'::text, 'account'::text, 'sync_minutes'::text, 'path'::text]
    ELSE ARRAY['base_url'::text, 'account'::text, 'channel'::text]
END) = '{}'::jsonb)),
    CONSTRAINT integrations_configuration_typed CHECK ((((NOT (configuration ? 'base_url'::text)) OR (COALESCE((configuration ->> 'base_url'::text), ''::text) ~ '^https://[^\s/@?#]+(/[^\s?#]*)?$'::text)) AND (NOT (configuration @? 'strict $.keyvalue()?(((@."key" == "account" || @."key" == "path") || @."key" == "channel") && @."value".type() != "string")'::jsonpath)) AND (NOT (configuration @? 'strict $.keyvalue()?(@."key" == "sync_minutes" && @."value".type() != "number")'::jsonpath)) AND (NOT (configuration @? '$."sync_minutes"?(@ < 1)'::jsonpath)) AND (NOT (configuration @? 'strict $.keyvalue()?((@."key" == "podcast_ids" || @."key" == "sponsor_ids") && @."value".type() != "array")'::jsonpath)) AND (NOT (configuration @? '$."podcast_ids"[*]?(@.type() != "string")'::jsonpath)) AND (NOT (configuration @? '$."sponsor_ids"[*]?(@.type() != "string")'::jsonpath)))),
    CONSTRAINT integrations_integration_type_check CHECK ((integration_type = ANY (ARRAY['hosting'::text, 'analytics'::text, 'ad_server'::text, 'shop'::text, 'crm'::text, 'storage'::text, 'messaging'::text]))),
    CONSTRAINT integrations_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120))),
    CONSTRAINT integrations_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'connected'::text, 'paused'::text, 'failed'::text, 'disconnected'::text])))
);

ALTER TABLE ONLY public.integrations FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.integrations IS 'Services a tenant is connected with.';

COMMENT ON COLUMN public.integrations.integration_type IS 'hosting: where episodes lie; analytics: other counts; ad_server: ads delivered; shop: orders; crm: sponsors and deals; storage: where exports go; messaging: where alerts go.';

COMMENT ON COLUMN public.integrations.status IS 'pending: not yet allowed by the service; connected; paused: by a person; failed: the service refuses; disconnected: ended.';

COMMENT ON COLUMN public.integrations.configuration IS 'Object. base_url: https, without query; account: name or number at the service. All but messaging: sync_minutes: how often. hosting, analytics, ad_server: podcast_ids; ad_server, shop, crm: sponsor_ids: what it is for, of the tenant''s own. storage: path. messaging: channel. Nothing else, and never a secret (token, access_token, refresh_token, api_key, password, secret, client_secret): those are integration_tokens.';

CREATE TABLE public.io_bookings (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    sponsor_id uuid NOT NULL,
    booking_date date NOT NULL,
    promo_code text,
    vanity_url text,
    pricing_model text DEFAULT 'cpm'::text NOT NULL,
    booked_impressions bigint,
    rate_micros bigint NOT NULL,
    currency text NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT io_bookings_booked_impressions_check CHECK ((booked_impressions > 0)),
    CONSTRAINT io_bookings_check CHECK ((ends_on >= starts_on)),
    CONSTRAINT io_bookings_check1 CHECK (((pricing_model = 'flat'::text) OR (booked_impressions IS NOT NULL))),
    CONSTRAINT io_bookings_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT io_bookings_pricing_model_check CHECK ((pricing_model = ANY (ARRAY['cpm'::text, 'flat'::text]))),
    CONSTRAINT io_bookings_promo_code_check CHECK ((promo_code = upper(promo_code))),
    CONSTRAINT io_bookings_promo_code_told CHECK (((promo_code ~ '^\S(.*\S)?$'::text) AND (length(promo_code) <= 2000))),
    CONSTRAINT io_bookings_rate_micros_check CHECK ((rate_micros >= 0)),
    CONSTRAINT io_bookings_vanity_url CHECK ((vanity_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$'::text))
);

ALTER TABLE ONLY public.io_bookings FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.io_bookings IS 'Insertion orders: what was sold, at which rate, for which flight.';

COMMENT ON COLUMN public.io_bookings.promo_code IS 'In capitals, without space around it: what a buyer gives. One booking of the tenant has it.';

COMMENT ON COLUMN public.io_bookings.vanity_url IS 'http or https: the address that is read out in the ad.';

COMMENT ON COLUMN public.io_bookings.pricing_model IS 'cpm: by delivery; flat: one price for the flight.';

COMMENT ON COLUMN public.io_bookings.rate_micros IS 'cpm: price of 1,000 impressions; flat: price of the whole booking. Millionths of the currency.';

COMMENT ON COLUMN public.io_bookings.currency IS 'ISO 4217, of rate_micros. Two currencies are never added.';

CREATE TABLE public.job_runs (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    job text NOT NULL,
    scheduled_for timestamp with time zone NOT NULL,
    status text DEFAULT 'running'::text NOT NULL,
    worker text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    lease_until timestamp with time zone NOT NULL,
    result jsonb DEFAULT '{}'::jsonb NOT NULL,
    error_message text,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT job_runs_check CHECK (((status = 'running'::text) = (finished_at IS NULL))),
    CONSTRAINT job_runs_finished_later CHECK ((finished_at >= started_at)),
    CONSTRAINT job_runs_job_check CHECK ((job ~ '^[a-z_]+$'::text)),
    CONSTRAINT job_runs_result_check CHECK ((jsonb_typeof(result) = 'object'::text)),
    CONSTRAINT job_runs_result_flat CHECK ((NOT (result @? 'strict $.*?(@.type() == "object" || @.type() == "array" && exists (@[*]?(@.type() == "object" || @.type() == "array")))'::jsonpath))),
    CONSTRAINT job_runs_status_check CHECK ((status = ANY (ARRAY['running'::text, 'succeeded'::text, 'failed'::text, 'abandoned'::text])))
);

COMMENT ON TABLE public.job_runs IS 'Runs of the worker''s jobs: one row per job and time slot, so that two workers never run one slot twice. No tenant data. Kept two weeks, of runs that did nothing an hour.';

COMMENT ON COLUMN public.job_runs.status IS 'running; succeeded; failed; abandoned: its worker died.';

COMMENT ON COLUMN public.job_runs.result IS 'Object of figures by name, as the job reports them.';

CREATE VIEW public.listener_days WITH (security_barrier='true') AS
 SELECT tenant_id,
    local_day,
    episode_id,
    listener_no
   FROM internal.listener_days r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

COMMENT ON VIEW public.listener_days IS 'Who downloaded what of the podcasts in scope on which tenant day.';

CREATE VIEW public.listener_events_daily WITH (security_barrier='true') AS
 SELECT bucket,
    tenant_id,
    episode_id,
    event_type,
    event_count,
    unique_listeners
   FROM internal.listener_events_daily a
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

COMMENT ON VIEW public.listener_events_daily IS 'Listener events per UTC day, episode and event type. unique_listeners adds up over nothing.';

CREATE VIEW public.listener_events_hourly WITH (security_barrier='true') AS
 SELECT bucket,
    tenant_id,
    episode_id,
    event_type,
    event_count,
    unique_listeners
   FROM internal.listener_events_hourly a
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

COMMENT ON VIEW public.listener_events_hourly IS 'Listener events per UTC hour, episode and event type. unique_listeners adds up over nothing.';

CREATE TABLE public.listener_keys (
    tenant_id uuid NOT NULL,
    key bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT listener_keys_key_check CHECK ((length(key) >= 32))
);

ALTER TABLE ONLY public.listener_keys FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.listener_keys IS 'The secret under which a tenant''s addresses become listener ids. Never changed: the same listener would be another one. Kept as long as the tenant.';

CREATE TABLE public.login_attempts (
    attempt_key text NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    blocked_until timestamp with time zone,
    last_failed_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT login_attempts_attempt_key_check CHECK ((attempt_key ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT login_attempts_failures_check CHECK ((failures >= 0))
);

COMMENT ON TABLE public.login_attempts IS 'Log-in throttle: exponential up to 15 minutes, cleared by a success. Kept until a day after the last failure.';

CREATE TABLE public.marketplace_listings (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    podcast_id uuid NOT NULL,
    listing_type text NOT NULL,
    status text DEFAULT 'draft'::text NOT NULL,
    pricing jsonb NOT NULL,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT marketplace_listings_listing_type_check CHECK ((listing_type = ANY (ARRAY['pre_roll'::text, 'mid_roll'::text, 'post_roll'::text, 'host_read'::text, 'sponsorship'::text]))),
    CONSTRAINT marketplace_listings_pricing_check CHECK ((jsonb_typeof(pricing) = 'object'::text)),
    CONSTRAINT marketplace_listings_pricing_check1 CHECK ((COALESCE((pricing ->> 'model'::text), ''::text) = ANY (ARRAY['cpm'::text, 'flat'::text]))),
    CONSTRAINT marketplace_listings_pricing_check2 CHECK (((COALESCE(jsonb_typeof((pricing -> 'amount'::text)), ''::text) = 'number'::text) AND (NOT (pricing @? '$."amount"?(@ < 0)'::jsonpath)))),
    CONSTRAINT marketplace_listings_pricing_check3 CHECK ((COALESCE((pricing ->> 'currency'::text), ''::text) ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT marketplace_listings_pricing_check4 CHECK (((NOT (pricing ? 'minimum_impressions'::text)) OR ((jsonb_typeof((pricing -> 'minimum_impressions'::text)) = 'number'::text) AND (NOT (pricing @? '$."minimum_impressions"?(@ < 1)'::jsonpath))))),
    CONSTRAINT marketplace_listings_pricing_check5 CHECK ((NOT (pricing @? '$.keyvalue()?(!(((@."key" == "model" || @."key" == "amount") || @."key" == "currency") || @."key" == "minimum_impressions"))'::jsonpath))),
    CONSTRAINT marketplace_listings_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'published'::text, 'paused'::text, 'sold_out'::text, 'closed'::text])))
);

ALTER TABLE ONLY public.marketplace_listings FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.marketplace_listings IS 'What of a podcast is for sale. One open listing for each podcast and type. Sponsors see those of podcasts that were suggested to them, through matched_podcasts.';

COMMENT ON COLUMN public.marketplace_listings.listing_type IS 'pre_roll, mid_roll, post_roll, host_read: a place as in ad_units; sponsorship: a whole episode with one sponsor.';

COMMENT ON COLUMN public.marketplace_listings.status IS 'draft: not yet shown; published: for sale; paused: by a person; sold_out: nothing left for now; closed: for good.';

COMMENT ON COLUMN public.marketplace_listings.pricing IS 'Object. model: cpm (amount is the price of 1,000 impressions) or flat (of one episode). amount: number, 0 or more. currency: ISO 4217. minimum_impressions: the smallest order, 1 or more; may be missing. Nothing else.';

CREATE TABLE public.marketplace_revenue (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    listing_id uuid NOT NULL,
    amount numeric(14,2) NOT NULL,
    currency text NOT NULL,
    transaction_date date NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT marketplace_revenue_amount_check CHECK ((amount <> (0)::numeric)),
    CONSTRAINT marketplace_revenue_amount_number CHECK (((amount > '-Infinity'::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT marketplace_revenue_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
);

ALTER TABLE ONLY public.marketplace_revenue FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.marketplace_revenue IS 'What a listing brought in, on which tenant day. Append-only: a correction is a row of its own. Read by who may manage the marketplace and by the podcaster whose listing it is, for it is what they are paid by; a role that only reads every podcast does not see what each earns, and a sponsor sees what it pays in its own bookings. Kept as long as the listing.';

COMMENT ON COLUMN public.marketplace_revenue.amount IS 'Below 0: a correction of what was booked before. Two currencies are never added.';

COMMENT ON COLUMN public.marketplace_revenue.currency IS 'ISO 4217.';

CREATE TABLE public.matches (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    advertiser_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    podcast_id uuid NOT NULL,
    score numeric(4,3) NOT NULL,
    rationale text NOT NULL,
    signals jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT matches_rationale_check CHECK (((length(rationale) >= 1) AND (length(rationale) <= 2000))),
    CONSTRAINT matches_score_check CHECK (((score >= (0)::numeric) AND (score <= (1)::numeric))),
    CONSTRAINT matches_signals_check CHECK ((jsonb_typeof(signals) = 'object'::text)),
    CONSTRAINT matches_signals_check1 CHECK ((NOT (signals @? 'strict $.*?(@.type() != "number")'::jsonpath))),
    CONSTRAINT matches_signals_check2 CHECK ((NOT (signals @? '$.*?(@ < 0 || @ > 1)'::jsonpath))),
    CONSTRAINT matches_signals_check3 CHECK ((NOT (signals @? '$.keyvalue()?(!(((((@."key" == "category_fit" || @."key" == "language_fit") || @."key" == "audience_overlap") || @."key" == "past_results") || @."key" == "price_fit") || @."key" == "availability"))'::jsonpath)))
);

ALTER TABLE ONLY public.matches FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.matches IS 'Podcasts suggested for a campaign, each with its reasons. advertiser_id is the campaign''s sponsor, who reads score, rationale and signals: they are why a podcast is suggested to it, and shares from 0 to 1, never a number of listeners. A podcaster does not: they tell which sponsors think of it, and how its rates compare.';

COMMENT ON COLUMN public.matches.score IS '0 to 1; what the signals come to.';

COMMENT ON COLUMN public.matches.rationale IS 'For the sponsor, in a sentence or two; says no number that the sponsor may not read elsewhere.';

COMMENT ON COLUMN public.matches.signals IS 'Object of numbers from 0 to 1, each may be missing: category_fit, language_fit, audience_overlap (listeners shared with podcasts that worked), past_results (of the sponsor in this podcast), price_fit, availability. Nothing else.';

CREATE VIEW public.matched_podcasts WITH (security_barrier='true') AS
 SELECT m.tenant_id,
    m.campaign_id,
    m.podcast_id,
    p.name AS podcast_name,
    p.category,
    l.id AS listing_id,
    l.listing_type,
    l.pricing
   FROM ((public.matches m
     JOIN public.podcasts p ON (((p.tenant_id = m.tenant_id) AND (p.id = m.podcast_id) AND (p.deleted_at IS NULL))))
     LEFT JOIN public.marketplace_listings l ON (((l.tenant_id = p.tenant_id) AND (l.podcast_id = p.id) AND (l.status = 'published'::text) AND (l.deleted_at IS NULL))))
  WHERE ((m.tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (m.campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

COMMENT ON VIEW public.matched_podcasts IS 'Podcasts in the matches of the campaigns in scope: name, category and published listings, nothing else.';

CREATE VIEW public.metrics_daily WITH (security_barrier='true') AS
 SELECT metric_date AS day,
    tenant_id,
    episode_id,
    metric_name,
    total_value,
    avg_value,
    record_count
   FROM internal.metrics_daily m
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND
        CASE source
            WHEN 'listener'::text THEN (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes)))
            ELSE ( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns)
        END);

COMMENT ON VIEW public.metrics_daily IS 'Per tenant day, episode and metric: listener_metrics (plays, listen_seconds, completes, engaged_plays) and attribution_events (attribution.<type> counts events; attribution.<type>.value.<CUR> sums their value in millionths).';

CREATE TABLE public.onboarding_progress (
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    step_id uuid NOT NULL,
    completed_at timestamp with time zone,
    skipped_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT onboarding_progress_check CHECK (((completed_at IS NULL) OR (skipped_at IS NULL)))
);

ALTER TABLE ONLY public.onboarding_progress FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.onboarding_progress IS 'How far a person has come. A row with neither moment: begun. Completed and skipped exclude each other.';

CREATE TABLE public.onboarding_steps (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    step_key text NOT NULL,
    step_name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    order_index integer NOT NULL,
    required boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT onboarding_steps_description_check CHECK ((length(description) <= 400)),
    CONSTRAINT onboarding_steps_order_index_check CHECK ((order_index >= 0)),
    CONSTRAINT onboarding_steps_step_key_check CHECK ((step_key ~ '^[a-z][a-z0-9_]{0,59}$'::text)),
    CONSTRAINT onboarding_steps_step_name_check CHECK (((length(step_name) >= 1) AND (length(step_name) <= 120)))
);

COMMENT ON TABLE public.onboarding_steps IS 'How to begin with podboard, the same for every tenant. Written by migrations and operators only.';

COMMENT ON COLUMN public.onboarding_steps.required IS 'Without it the rest shows nothing; skipped it comes again.';

CREATE TABLE public.partner_integrations (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    integration_type text NOT NULL,
    configuration jsonb DEFAULT '{}'::jsonb NOT NULL,
    status text DEFAULT 'planned'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT partner_integrations_configuration_check CHECK ((jsonb_typeof(configuration) = 'object'::text)),
    CONSTRAINT partner_integrations_configuration_check1 CHECK ((NOT (configuration ?| ARRAY['token'::text, 'access_token'::text, 'refresh_token'::text, 'api_key'::text, 'password'::text, 'secret'::text, 'client_secret'::text]))),
    CONSTRAINT partner_integrations_configuration_known CHECK (((configuration -
CASE integration_type
    WHEN 'data_feed'::text THEN ARRAY['url'::text, 'schedule'::text, 'format'::text, 'contact'::text]
    WHEN 'file_drop'::text THEN ARRAY['url'::text, 'schedule'::text, 'format'::text, 'contact'::text]
    WHEN 'api'::text THEN ARRAY['url'::text, 'schedule'::text, 'format'::text, 'contact'::text]
    WHEN 'prefix'::text THEN ARRAY['url'::text, 'format'::text, 'contact'::text]
    ELSE ARRAY['contact'::text]
END) = '{}'::jsonb)),
    CONSTRAINT partner_integrations_configuration_typed CHECK (((NOT (configuration @? 'strict $.*?(@.type() != "string")'::jsonpath)) AND ((NOT (configuration ? 'url'::text)) OR ((configuration ->> 'url'::text) ~ '^https://[^\s/@?#]+(/[^\s?#]*)?$'::text)) AND ((NOT (configuration ? 'format'::text)) OR ((configuration ->> 'format'::text) = ANY (ARRAY['csv'::text, 'json'::text]))))),
    CONSTRAINT partner_integrations_integration_type_check CHECK ((integration_type = ANY (ARRAY['data_feed'::text, 'file_drop'::text, 'api'::text, 'prefix'::text, 'manual'::text]))),
    CONSTRAINT partner_integrations_status_check CHECK ((status = ANY (ARRAY['planned'::text, 'testing'::text, 'active'::text, 'paused'::text, 'ended'::text])))
);

ALTER TABLE ONLY public.partner_integrations FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.partner_integrations IS 'How data comes from or goes to a partner.';

COMMENT ON COLUMN public.partner_integrations.integration_type IS 'data_feed: they send events; file_drop: files by the day; api: we ask; prefix: a redirect in the audio URL; manual: by a person.';

COMMENT ON COLUMN public.partner_integrations.configuration IS 'Object of texts. contact: who is asked. All but manual: url: https, without query; format: csv or json. data_feed, file_drop, api: schedule: cron. Nothing else, and never a secret (token, access_token, refresh_token, api_key, password, secret, client_secret).';

COMMENT ON COLUMN public.partner_integrations.status IS 'planned, testing, active, paused by a person, ended.';

CREATE TABLE public.partners (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    partner_type text NOT NULL,
    contact_email text,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT partners_contact_email_check CHECK (((contact_email = lower(contact_email)) AND (contact_email ~ '^[^@\s]+@[^@\s]+$'::text) AND (length(contact_email) <= 254))),
    CONSTRAINT partners_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT partners_partner_type_check CHECK ((partner_type = ANY (ARRAY['hosting'::text, 'measurement'::text, 'network'::text, 'technology'::text, 'reseller'::text])))
);

ALTER TABLE ONLY public.partners FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.partners IS 'Firms a tenant works with that are neither sponsor nor agency.';

COMMENT ON COLUMN public.partners.partner_type IS 'hosting: serves the episodes; measurement: counts too; network: sells with us; technology: tools; reseller: sells us.';

CREATE TABLE public.password_reset_tokens (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid,
    user_id uuid NOT NULL,
    token text NOT NULL,
    purpose text DEFAULT 'reset'::text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT password_reset_tokens_expires_later CHECK ((expires_at > created_at)),
    CONSTRAINT password_reset_tokens_purpose_check CHECK ((purpose = ANY (ARRAY['reset'::text, 'invitation'::text]))),
    CONSTRAINT password_reset_tokens_token_check CHECK ((token ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT password_reset_tokens_used_later CHECK ((used_at >= created_at))
);

ALTER TABLE ONLY public.password_reset_tokens FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.password_reset_tokens IS 'One-time links that set a password. token holds the SHA-256, never the token. Kept until a week after its end.';

COMMENT ON COLUMN public.password_reset_tokens.purpose IS 'reset: a password is there already (30 minutes); invitation: the first one (24 hours).';

CREATE TABLE public.permissions (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    resource_type text NOT NULL,
    action text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT permissions_action_check CHECK ((action ~ '^[a-z_]+$'::text)),
    CONSTRAINT permissions_check CHECK ((action = split_part(name, '.'::text, 2))),
    CONSTRAINT permissions_name_check CHECK ((name ~ '^[a-z_]+\.[a-z_]+$'::text)),
    CONSTRAINT permissions_resource_type_check CHECK ((resource_type ~ '^[a-z_]+$'::text))
);

COMMENT ON TABLE public.permissions IS 'What can be allowed at all; the same for every tenant. Written by migrations and operators only.';

COMMENT ON COLUMN public.permissions.resource_type IS 'What it is about, in the singular.';

COMMENT ON COLUMN public.permissions.action IS 'The part of the name after the point.';

CREATE VIEW public.placement_days WITH (security_barrier='true') AS
 SELECT d.tenant_id,
    d.local_day,
    e.podcast_id,
    d.episode_id,
    d.campaign_id,
    d.ad_unit_id,
    (sum(d.event_count))::bigint AS impressions
   FROM (internal.campaign_days d
     JOIN public.episodes e ON (((e.tenant_id = d.tenant_id) AND (e.id = d.episode_id))))
  WHERE ((d.tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (d.attribution_type = 'impression'::text) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (e.podcast_id IN ( SELECT public.app_podcasts() AS app_podcasts))))
  GROUP BY d.tenant_id, d.local_day, e.podcast_id, d.episode_id, d.campaign_id, d.ad_unit_id;

COMMENT ON VIEW public.placement_days IS 'Ads delivered in the podcasts in scope, by tenant day and ad unit; who paid for them stands in podcast_placements. No visits, conversions or money: those are the sponsor''s.';

CREATE TABLE public.podcast_feeds (
    tenant_id uuid NOT NULL,
    podcast_id uuid NOT NULL,
    next_try_at timestamp with time zone DEFAULT now(),
    tried_at timestamp with time zone,
    succeeded_at timestamp with time zone,
    failures integer DEFAULT 0 NOT NULL,
    error_message text,
    asked_url text,
    etag text,
    last_modified text,
    content_sha256 text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT podcast_feeds_asked_url_check CHECK ((asked_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$'::text)),
    CONSTRAINT podcast_feeds_content_sha256_check CHECK ((content_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT podcast_feeds_error_message_check CHECK (((length(error_message) >= 1) AND (length(error_message) <= 1000))),
    CONSTRAINT podcast_feeds_etag_check CHECK (((length(etag) >= 1) AND (length(etag) <= 500))),
    CONSTRAINT podcast_feeds_failures_check CHECK ((failures >= 0)),
    CONSTRAINT podcast_feeds_last_modified_check CHECK (((length(last_modified) >= 1) AND (length(last_modified) <= 200)))
);

ALTER TABLE ONLY public.podcast_feeds FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.podcast_feeds IS 'How the feed of a podcast is doing that came from an address: it is asked again by the clock.';

COMMENT ON COLUMN public.podcast_feeds.next_try_at IS 'When podcasts.rss_feed_url is asked again; null: not by the clock.';

COMMENT ON COLUMN public.podcast_feeds.tried_at IS 'When it was asked last.';

COMMENT ON COLUMN public.podcast_feeds.succeeded_at IS 'When it last answered with a feed, or that nothing had changed: the catalogue is as of then.';

COMMENT ON COLUMN public.podcast_feeds.failures IS 'Failures since; each doubles the time to the next try, up to a day.';

COMMENT ON COLUMN public.podcast_feeds.error_message IS 'What went wrong with the last try, for people; null when it went well.';

COMMENT ON COLUMN public.podcast_feeds.asked_url IS 'The address that etag, last_modified and content_sha256 are of.';

COMMENT ON COLUMN public.podcast_feeds.etag IS 'As the address told it, sent back with the next question.';

COMMENT ON COLUMN public.podcast_feeds.last_modified IS 'As the address told it, sent back with the next question.';

COMMENT ON COLUMN public.podcast_feeds.content_sha256 IS 'SHA-256 of what it answered last: the same again is no import.';

CREATE TABLE public.sponsors (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    website_url text,
    logo_url text,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sponsors_logo_url CHECK ((logo_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$'::text)),
    CONSTRAINT sponsors_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT sponsors_website_url CHECK ((website_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$'::text))
);

ALTER TABLE ONLY public.sponsors FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.sponsors IS 'Advertisers of a tenant.';

CREATE VIEW public.podcast_placements WITH (security_barrier='true') AS
 SELECT a.tenant_id,
    a.id AS ad_unit_id,
    a.episode_id,
    e.podcast_id,
    c.id AS campaign_id,
    s.name AS sponsor_name,
    c.start_date,
    c.end_date,
    a.unit_type,
    a.position_seconds,
    a.duration_seconds
   FROM ((((public.ad_units a
     JOIN public.episodes e ON (((e.tenant_id = a.tenant_id) AND (e.id = a.episode_id))))
     JOIN public.podcasts p ON (((p.tenant_id = e.tenant_id) AND (p.id = e.podcast_id))))
     JOIN public.campaigns c ON (((c.tenant_id = a.tenant_id) AND (c.id = a.campaign_id))))
     JOIN public.sponsors s ON (((s.tenant_id = c.tenant_id) AND (s.id = c.sponsor_id))))
  WHERE ((a.tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (a.deleted_at IS NULL) AND (c.deleted_at IS NULL) AND (e.deleted_at IS NULL) AND (p.deleted_at IS NULL) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (e.podcast_id IN ( SELECT public.app_podcasts() AS app_podcasts))));

COMMENT ON VIEW public.podcast_placements IS 'Ads in the podcasts in scope: sponsor, flight and position.';

CREATE VIEW public.podcast_slices WITH (security_barrier='true') AS
 SELECT tenant_id,
    podcast_id,
    dimension,
    slice
   FROM internal.podcast_slices r
  WHERE ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (podcast_id IN ( SELECT public.app_podcasts() AS app_podcasts))));

COMMENT ON VIEW public.podcast_slices IS 'Apps, countries and device types that the podcasts in scope were ever downloaded with.';

CREATE TABLE public.podcast_sources (
    tenant_id uuid NOT NULL,
    podcast_id uuid NOT NULL,
    import_type text NOT NULL,
    source_name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT podcast_sources_import_type_check CHECK ((import_type = ANY (ARRAY['listener_events'::text, 'access_log'::text]))),
    CONSTRAINT podcast_sources_source_name_check CHECK (((length(source_name) >= 1) AND (length(source_name) <= 250)))
);

ALTER TABLE ONLY public.podcast_sources FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.podcast_sources IS 'Sources that brought downloads of a podcast, whether these counted or not. Of imports before it was kept nothing is known.';

COMMENT ON COLUMN public.podcast_sources.import_type IS 'listener_events: files, API keys and prefixes; access_log: requests of a media host. With the name it is the source.';

COMMENT ON COLUMN public.podcast_sources.source_name IS 'As etl_imports.source_name.';

CREATE TABLE public.recovery_procedures (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    procedure_name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    steps jsonb NOT NULL,
    last_tested_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT recovery_procedures_description_check CHECK ((length(description) <= 1000)),
    CONSTRAINT recovery_procedures_procedure_name_check CHECK (((length(procedure_name) >= 1) AND (length(procedure_name) <= 120))),
    CONSTRAINT recovery_procedures_steps_check CHECK ((jsonb_typeof(steps) = 'array'::text)),
    CONSTRAINT recovery_procedures_steps_check1 CHECK (((jsonb_array_length(
CASE
    WHEN (jsonb_typeof(steps) = 'array'::text) THEN steps
    ELSE '[]'::jsonb
END) >= 1) AND (jsonb_array_length(
CASE
    WHEN (jsonb_typeof(steps) = 'array'::text) THEN steps
    ELSE '[]'::jsonb
END) <= 50))),
    CONSTRAINT recovery_procedures_steps_check2 CHECK ((NOT (steps @? 'strict $[*]?(@.type() != "object")'::jsonpath))),
    CONSTRAINT recovery_procedures_steps_check3 CHECK ((NOT (steps @? '$[*]?(!(exists (@."do") && exists (@."see")))'::jsonpath))),
    CONSTRAINT recovery_procedures_steps_check4 CHECK ((NOT (steps @? 'strict $[*].keyvalue()?(!(@."key" == "do" || @."key" == "see") || @."value".type() != "string")'::jsonpath)))
);

COMMENT ON TABLE public.recovery_procedures IS 'What to do when something is lost, the same for every tenant. Written by migrations and operators only.';

COMMENT ON COLUMN public.recovery_procedures.steps IS 'Array, in order: {do: what to do, see: what is seen when it has worked}. Nothing else.';

COMMENT ON COLUMN public.recovery_procedures.last_tested_at IS 'When somebody went through it last; null: never here.';

CREATE TABLE public.referral_commissions (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    amount numeric(14,2) NOT NULL,
    currency text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    paid_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT referral_commissions_amount_check CHECK ((amount > (0)::numeric)),
    CONSTRAINT referral_commissions_amount_number CHECK ((amount < 'Infinity'::numeric)),
    CONSTRAINT referral_commissions_check CHECK (((status = 'paid'::text) = (paid_at IS NOT NULL))),
    CONSTRAINT referral_commissions_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT referral_commissions_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text, 'paid'::text, 'cancelled'::text])))
);

ALTER TABLE ONLY public.referral_commissions FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.referral_commissions IS 'What a referral earned its referrer.';

COMMENT ON COLUMN public.referral_commissions.currency IS 'ISO 4217.';

COMMENT ON COLUMN public.referral_commissions.status IS 'pending: earned, not looked at; approved: to be paid; paid: with paid_at; cancelled: the subscription was given back.';

CREATE TABLE public.referrals (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    referrer_id uuid NOT NULL,
    referred_email text NOT NULL,
    status text DEFAULT 'invited'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT referrals_referred_email_check CHECK (((referred_email = lower(referred_email)) AND (referred_email ~ '^[^@\s]+@[^@\s]+$'::text) AND (length(referred_email) <= 254))),
    CONSTRAINT referrals_status_check CHECK ((status = ANY (ARRAY['invited'::text, 'signed_up'::text, 'subscribed'::text, 'declined'::text, 'expired'::text])))
);

ALTER TABLE ONLY public.referrals FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.referrals IS 'Whom a person of the tenant has told of podboard.';

COMMENT ON COLUMN public.referrals.status IS 'invited: told; signed_up: has an account; subscribed: pays, which earns the commission; declined; expired: no answer in 90 days.';

CREATE TABLE public.refresh_tokens (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid,
    user_id uuid NOT NULL,
    family_id uuid NOT NULL,
    token text NOT NULL,
    replaced_by uuid,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    revoked_reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT refresh_tokens_check CHECK ((expires_at > created_at)),
    CONSTRAINT refresh_tokens_check1 CHECK (((revoked_at IS NULL) = (revoked_reason IS NULL))),
    CONSTRAINT refresh_tokens_check2 CHECK (((replaced_by IS NULL) OR ((revoked_at IS NOT NULL) AND (replaced_by <> id)))),
    CONSTRAINT refresh_tokens_revoked_later CHECK ((revoked_at >= created_at)),
    CONSTRAINT refresh_tokens_revoked_reason_check CHECK ((revoked_reason = ANY (ARRAY['rotated'::text, 'reused'::text, 'logged_out'::text, 'disabled'::text, 'password_changed'::text]))),
    CONSTRAINT refresh_tokens_token_check CHECK ((token ~ '^[0-9a-f]{64}$'::text))
);

ALTER TABLE ONLY public.refresh_tokens FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.refresh_tokens IS 'Refresh tokens of the API. Each use replaces the token by the next of its family; a used one that comes again revokes the family. Kept until a week after it ran out.';

COMMENT ON COLUMN public.refresh_tokens.family_id IS 'The log-in that the token goes back to; a family is of one person.';

COMMENT ON COLUMN public.refresh_tokens.token IS 'SHA-256 of the token, never the token.';

COMMENT ON COLUMN public.refresh_tokens.revoked_reason IS 'rotated: replaced by the next; reused: one of the family came twice; logged_out, disabled, password_changed: ended by that.';

CREATE TABLE public.replication_status (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    replica_name text NOT NULL,
    status text NOT NULL,
    lag_seconds numeric(12,3),
    last_sync_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT replication_status_lag_number CHECK ((lag_seconds < 'Infinity'::numeric)),
    CONSTRAINT replication_status_lag_seconds_check CHECK ((lag_seconds >= (0)::numeric)),
    CONSTRAINT replication_status_replica_name_check CHECK (((length(replica_name) >= 1) AND (length(replica_name) <= 120))),
    CONSTRAINT replication_status_status_check CHECK ((status = ANY (ARRAY['streaming'::text, 'catching_up'::text, 'stopped'::text, 'lost'::text])))
);

COMMENT ON TABLE public.replication_status IS 'Each replica as it was seen last. No tenant data.';

COMMENT ON COLUMN public.replication_status.status IS 'streaming: follows; catching_up: behind, and nearer each time; stopped: by a person; lost: does not answer.';

COMMENT ON COLUMN public.replication_status.lag_seconds IS 'How far behind; null when nobody knows.';

CREATE TABLE public.report_deliveries (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    schedule_id uuid,
    report_id uuid NOT NULL,
    recipient_id uuid,
    channel text NOT NULL,
    destination text NOT NULL,
    status text DEFAULT 'queued'::text NOT NULL,
    attempts smallint DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    lease_until timestamp with time zone,
    delivered_at timestamp with time zone,
    attempt_log jsonb DEFAULT '[]'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT report_deliveries_attempt_log_check CHECK ((jsonb_typeof(attempt_log) = 'array'::text)),
    CONSTRAINT report_deliveries_attempt_log_check1 CHECK ((NOT (attempt_log @? '$[*]?((@.type() != "object" || !(exists (@."at"))) || !(exists (@."outcome")))'::jsonpath))),
    CONSTRAINT report_deliveries_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT report_deliveries_attempts_told CHECK (((NOT (attempt_log @? 'strict $[*]?(@.type() != "object")'::jsonpath)) AND (NOT (attempt_log @? '$[*].keyvalue()?(!((@."key" == "at" || @."key" == "outcome") && @."value".type() == "string" || @."key" == "code" && @."value".type() == "number"))'::jsonpath)))),
    CONSTRAINT report_deliveries_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'webhook'::text]))),
    CONSTRAINT report_deliveries_check CHECK (((status = 'delivered'::text) = (delivered_at IS NOT NULL))),
    CONSTRAINT report_deliveries_check1 CHECK (((status = 'queued'::text) = (next_attempt_at IS NOT NULL))),
    CONSTRAINT report_deliveries_check2 CHECK (((status = 'sending'::text) = (lease_until IS NOT NULL))),
    CONSTRAINT report_deliveries_destination_check CHECK (((length(destination) >= 1) AND (length(destination) <= 2000))),
    CONSTRAINT report_deliveries_schedule_told CHECK (((recipient_id IS NULL) OR (schedule_id IS NOT NULL))),
    CONSTRAINT report_deliveries_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'sending'::text, 'delivered'::text, 'failed'::text, 'cancelled'::text])))
);

ALTER TABLE ONLY public.report_deliveries FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.report_deliveries IS 'One sending of a report to one destination: sent once, tried again, and what was answered. Kept as long as the report.';

COMMENT ON COLUMN public.report_deliveries.schedule_id IS 'The schedule that asked for it; null for a person''s own sending, and once it is gone.';

COMMENT ON COLUMN public.report_deliveries.recipient_id IS 'One of the schedule''s recipients; null once it is gone.';

COMMENT ON COLUMN public.report_deliveries.channel IS 'As of the recipient: email or webhook.';

COMMENT ON COLUMN public.report_deliveries.destination IS 'The address as it was at the time.';

COMMENT ON COLUMN public.report_deliveries.status IS 'queued: waits for next_attempt_at; sending: claimed until lease_until; delivered; failed: given up; cancelled: recipient or right was gone.';

COMMENT ON COLUMN public.report_deliveries.attempt_log IS 'Array, oldest first, of {at: time as text, outcome: text, code: number of the answer}; code may be missing. Nothing else.';

CREATE TABLE public.report_recipients (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    schedule_id uuid NOT NULL,
    channel text NOT NULL,
    email text,
    user_id uuid,
    webhook_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT report_recipients_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'webhook'::text]))),
    CONSTRAINT report_recipients_check CHECK (((channel = 'email'::text) = (email IS NOT NULL))),
    CONSTRAINT report_recipients_check1 CHECK (((channel = 'webhook'::text) = (webhook_id IS NOT NULL))),
    CONSTRAINT report_recipients_check2 CHECK (((user_id IS NULL) OR (channel = 'email'::text))),
    CONSTRAINT report_recipients_email_check CHECK (((email = lower(email)) AND (email ~ '^[^@\s]+@[^@\s]+$'::text) AND (length(email) <= 254)))
);

ALTER TABLE ONLY public.report_recipients FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.report_recipients IS 'Who gets the reports of a schedule.';

COMMENT ON COLUMN public.report_recipients.channel IS 'email: to an address; webhook: told to an address of the tenant.';

COMMENT ON COLUMN public.report_recipients.user_id IS 'The person behind the address, whose preferences count; null for somebody without a log-in.';

CREATE TABLE public.report_schedules (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    report_type text NOT NULL,
    parameters jsonb DEFAULT '{}'::jsonb NOT NULL,
    campaign_id uuid,
    podcast_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    cron text NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    next_run_at timestamp with time zone,
    last_run_at timestamp with time zone,
    created_by uuid NOT NULL,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT report_schedules_check CHECK (((report_type = 'campaign_performance'::text) = (campaign_id IS NOT NULL))),
    CONSTRAINT report_schedules_check1 CHECK (((NOT enabled) OR (deleted_at IS NOT NULL) OR (next_run_at IS NOT NULL))),
    CONSTRAINT report_schedules_check2 CHECK ((next_run_at > last_run_at)),
    CONSTRAINT report_schedules_cron_check CHECK (((cron ~ '^[0-9*/,-]+ [0-9*/,-]+ [0-9*/,L-]+ [0-9*/,-]+ [0-9*/,-]+$'::text) AND (length(cron) <= 120))),
    CONSTRAINT report_schedules_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT report_schedules_parameters_check CHECK ((jsonb_typeof(parameters) = 'object'::text)),
    CONSTRAINT report_schedules_parameters_check1 CHECK ((NOT (parameters @? 'strict $.*?(@.type() != "string")'::jsonpath))),
    CONSTRAINT report_schedules_podcast_ids_check CHECK ((array_position(podcast_ids, NULL::uuid) IS NULL)),
    CONSTRAINT report_schedules_report_type_check CHECK ((report_type = ANY (ARRAY['campaign_performance'::text, 'podcast_audience'::text])))
);

ALTER TABLE ONLY public.report_schedules FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.report_schedules IS 'Reports that are made by the clock, with the rights that created_by has at that moment.';

COMMENT ON COLUMN public.report_schedules.report_type IS 'The template, as in reports: campaign_performance, podcast_audience.';

COMMENT ON COLUMN public.report_schedules.parameters IS 'Object of URL parameters, each a text. A period is relative (last month), counted from the run.';

COMMENT ON COLUMN public.report_schedules.podcast_ids IS 'The podcasts of an audience report; empty: all that created_by sees.';

COMMENT ON COLUMN public.report_schedules.cron IS 'Minute, hour, day of month (L: the last), month, day of week (0 Sunday), on the wall clock of the tenant''s zone.';

COMMENT ON COLUMN public.report_schedules.next_run_at IS 'Counted anew from cron after each run; a run that was missed is made up once.';

CREATE TABLE public.reports (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    report_type text NOT NULL,
    title text DEFAULT ''::text NOT NULL,
    parameters jsonb DEFAULT '{}'::jsonb NOT NULL,
    campaign_id uuid,
    podcast_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    report_data jsonb,
    status text DEFAULT 'queued'::text NOT NULL,
    progress_percent smallint DEFAULT 0 NOT NULL,
    progress_note text DEFAULT ''::text NOT NULL,
    pdf bytea,
    pdf_sha256 text,
    pdf_bytes integer,
    page_count integer,
    error_message text,
    attempts smallint DEFAULT 0 NOT NULL,
    lease_until timestamp with time zone,
    idempotency_key text,
    generated_at timestamp with time zone,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT reports_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT reports_check CHECK (((status <> 'ready'::text) OR ((pdf IS NOT NULL) AND (pdf_sha256 IS NOT NULL) AND (report_data IS NOT NULL) AND (generated_at IS NOT NULL)))),
    CONSTRAINT reports_check1 CHECK (((report_type = 'campaign_performance'::text) = (campaign_id IS NOT NULL))),
    CONSTRAINT reports_idempotency_key_check CHECK ((length(idempotency_key) <= 200)),
    CONSTRAINT reports_page_count_check CHECK ((page_count > 0)),
    CONSTRAINT reports_parameters_check CHECK ((jsonb_typeof(parameters) = 'object'::text)),
    CONSTRAINT reports_parameters_texts CHECK ((NOT (parameters @? 'strict $.*?(@.type() != "string")'::jsonpath))),
    CONSTRAINT reports_pdf_bytes_check CHECK ((pdf_bytes > 0)),
    CONSTRAINT reports_pdf_sha256_check CHECK ((pdf_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT reports_progress_percent_check CHECK (((progress_percent >= 0) AND (progress_percent <= 100))),
    CONSTRAINT reports_report_data_check CHECK ((jsonb_typeof(report_data) = 'object'::text)),
    CONSTRAINT reports_report_type_check CHECK ((report_type = ANY (ARRAY['campaign_performance'::text, 'podcast_audience'::text]))),
    CONSTRAINT reports_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'ready'::text, 'failed'::text, 'cancelled'::text]))),
    CONSTRAINT reports_title_check CHECK ((length(title) <= 300))
);

ALTER TABLE ONLY public.reports FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.reports IS 'Generated PDF reports: parameters, the snapshot that made them, the bytes and their SHA-256. Kept as long as the tenant, unless a person deletes it.';

COMMENT ON COLUMN public.reports.report_type IS 'The template: campaign_performance of one campaign, podcast_audience of one or more podcasts.';

COMMENT ON COLUMN public.reports.parameters IS 'Object of the view''s URL parameters, each a text; the period is fixed to its days.';

COMMENT ON COLUMN public.reports.campaign_id IS 'The campaign whose numbers are in it; who may no longer read the campaign may no longer read the report.';

COMMENT ON COLUMN public.reports.podcast_ids IS 'The podcasts whose numbers are in it, known once they were read; the same rule.';

COMMENT ON COLUMN public.reports.report_data IS 'Snapshot of every answer in the PDF: {version, title, sentence, filters, as_of, sections: [...]}; renders again without the database. Open: it has a version of its own, which changes with the pages and is refused where it is read.';

COMMENT ON COLUMN public.reports.status IS 'queued, running (claimed until lease_until), ready (with its PDF), failed (error_message says why), cancelled.';

COMMENT ON COLUMN public.reports.generated_at IS 'When its PDF was made: whatever is ready says so.';

CREATE TABLE public.resource_ownership (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    resource_type text NOT NULL,
    resource_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT resource_ownership_resource_type_check CHECK ((resource_type = ANY (ARRAY['sponsor'::text, 'podcast'::text, 'campaign'::text])))
);

ALTER TABLE ONLY public.resource_ownership FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.resource_ownership IS 'Which sponsor, podcast or campaign a person with an own-only permission sees.';

COMMENT ON COLUMN public.resource_ownership.resource_type IS 'sponsor (with all its campaigns), podcast, or a single campaign.';

CREATE TABLE public.retention_curves (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    platform text NOT NULL,
    as_of date NOT NULL,
    measure text NOT NULL,
    position_unit text NOT NULL,
    positions numeric[] NOT NULL,
    amounts numeric[] NOT NULL,
    import_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT retention_curves_amounts_check CHECK ((array_position(amounts, NULL::numeric) IS NULL)),
    CONSTRAINT retention_curves_amounts_check1 CHECK (((0)::numeric <= ALL (amounts))),
    CONSTRAINT retention_curves_amounts_numbers CHECK (('Infinity'::numeric > ALL (amounts))),
    CONSTRAINT retention_curves_check CHECK ((cardinality(positions) = cardinality(amounts))),
    CONSTRAINT retention_curves_measure_check CHECK ((measure = ANY (ARRAY['listeners'::text, 'plays'::text, 'share'::text]))),
    CONSTRAINT retention_curves_percent CHECK (((position_unit <> 'percent'::text) OR ((100)::numeric >= ALL (positions)))),
    CONSTRAINT retention_curves_platform_check CHECK (((length(platform) >= 1) AND (length(platform) <= 60))),
    CONSTRAINT retention_curves_position_unit_check CHECK ((position_unit = ANY (ARRAY['second'::text, 'percent'::text]))),
    CONSTRAINT retention_curves_positions_check CHECK (((cardinality(positions) >= 2) AND (cardinality(positions) <= 100000))),
    CONSTRAINT retention_curves_positions_check1 CHECK ((array_position(positions, NULL::numeric) IS NULL)),
    CONSTRAINT retention_curves_positions_check2 CHECK (((0)::numeric <= ALL (positions))),
    CONSTRAINT retention_curves_positions_numbers CHECK (('Infinity'::numeric > ALL (positions))),
    CONSTRAINT retention_curves_positions_rise CHECK (internal.is_rising(positions))
);

ALTER TABLE ONLY public.retention_curves FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.retention_curves IS 'How long an episode holds its listeners as a platform aggregated it: kept as told, never mixed with events of listeners.';

COMMENT ON COLUMN public.retention_curves.platform IS 'Who aggregated it, as the import told: Apple Podcasts, Spotify, YouTube, ...';

COMMENT ON COLUMN public.retention_curves.as_of IS 'The day whose state the platform told: a later one is another curve.';

COMMENT ON COLUMN public.retention_curves.measure IS 'What amounts are: listeners or plays at that place (they may rise; their maximum is the whole), or the platform''s own share (1 is the whole).';

COMMENT ON COLUMN public.retention_curves.position_unit IS 'What positions are: second: of the episode; percent: of its length, from 0 to 100.';

COMMENT ON COLUMN public.retention_curves.positions IS 'Places in the episode, each after the one before.';

COMMENT ON COLUMN public.retention_curves.amounts IS 'One for each position.';

COMMENT ON COLUMN public.retention_curves.import_id IS 'The import that brought it: file, time and person.';

CREATE TABLE public.role_permissions (
    tenant_id uuid,
    role_id uuid NOT NULL,
    permission_id uuid NOT NULL,
    granted_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.role_permissions FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.role_permissions IS 'Which role grants what.';

CREATE TABLE public.roles (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT roles_name_check CHECK (((length(name) >= 1) AND (length(name) <= 80)))
);

ALTER TABLE ONLY public.roles FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.roles IS 'Named sets of permissions of a tenant; tenant_id is null for the operator role alone.';

CREATE TABLE public.saved_views (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    page text NOT NULL,
    parameters jsonb DEFAULT '{}'::jsonb NOT NULL,
    visibility text DEFAULT 'own'::text NOT NULL,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT saved_views_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120))),
    CONSTRAINT saved_views_page_check CHECK (((page ~ '^/[a-z0-9/_-]*$'::text) AND (length(page) <= 200))),
    CONSTRAINT saved_views_parameters_check CHECK ((jsonb_typeof(parameters) = 'object'::text)),
    CONSTRAINT saved_views_parameters_check1 CHECK ((NOT (parameters @? 'strict $.*?(@.type() != "string")'::jsonpath))),
    CONSTRAINT saved_views_visibility_check CHECK ((visibility = ANY (ARRAY['own'::text, 'team'::text])))
);

ALTER TABLE ONLY public.saved_views FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.saved_views IS 'Views under a name. A view holds no numbers: whoever opens it sees what is theirs.';

COMMENT ON COLUMN public.saved_views.page IS 'Path of the page, without the parameters.';

COMMENT ON COLUMN public.saved_views.parameters IS 'Object of the page''s URL parameters, each a text.';

COMMENT ON COLUMN public.saved_views.visibility IS 'own: its person''s alone. team: of everybody who sees the whole tenant, for names of views tell of campaigns.';

CREATE TABLE public.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    engine text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.schema_migrations IS 'Versions applied to this structure, one row per file.';

CREATE TABLE public.security_events (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid,
    user_id uuid,
    event_type text NOT NULL,
    severity text NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    ip_address inet,
    user_agent text,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT security_events_details_check CHECK ((jsonb_typeof(details) = 'object'::text)),
    CONSTRAINT security_events_details_flat CHECK ((NOT (details @? 'strict $.*?(@.type() == "object" || @.type() == "array" && exists (@[*]?(@.type() == "object" || @.type() == "array")))'::jsonpath))),
    CONSTRAINT security_events_event_type_check CHECK ((event_type = ANY (ARRAY['login_failed'::text, 'login_throttled'::text, 'login_from_new_place'::text, 'password_reset'::text, 'password_changed'::text, 'second_factor_changed'::text, 'account_disabled'::text, 'roles_changed'::text, 'session_ended'::text, 'token_reused'::text, 'key_created'::text, 'key_revoked'::text, 'key_misused'::text, 'foreign_access'::text, 'data_exported'::text, 'link_misused'::text]))),
    CONSTRAINT security_events_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'low'::text, 'medium'::text, 'high'::text, 'critical'::text]))),
    CONSTRAINT security_events_user_agent_check CHECK ((length(user_agent) <= 400))
);

ALTER TABLE ONLY public.security_events FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.security_events IS 'What touched the safety of an account or a tenant; append-only. Without a tenant where none is known (a failed log-in of nobody). Kept two years.';

COMMENT ON COLUMN public.security_events.event_type IS 'login_failed, login_throttled, login_from_new_place: at the door; password_reset, password_changed, second_factor_changed, account_disabled, roles_changed, session_ended: what became of an account; token_reused: a spent refresh token came again; key_created, key_revoked, key_misused: API keys; foreign_access: somebody else''s id was asked for; data_exported: an export of many rows; link_misused: a share link that had ended.';

COMMENT ON COLUMN public.security_events.severity IS 'info and low are for the record; medium is read daily; high and critical are mailed at once.';

COMMENT ON COLUMN public.security_events.details IS 'Object, by event type: {name: text, number, boolean or list of these}; never a token, password or e-mail.';

COMMENT ON COLUMN public.security_events.ip_address IS 'Cut to a prefix.';

CREATE TABLE public.sessions (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    token_hash text NOT NULL,
    tenant_id uuid,
    user_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ip_prefix text,
    user_agent text,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sessions_ended_later CHECK ((ended_at >= created_at)),
    CONSTRAINT sessions_expires_later CHECK ((expires_at > created_at)),
    CONSTRAINT sessions_token_hash_check CHECK ((token_hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT sessions_user_agent_check CHECK ((length(user_agent) <= 400))
);

ALTER TABLE ONLY public.sessions FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.sessions IS 'Server-side log-ins, keyed by the SHA-256 of the cookie; idle 30 minutes, at most 12 hours. Kept until a day after its end.';

CREATE TABLE public.share_link_views (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    share_link_id uuid NOT NULL,
    visitor text NOT NULL,
    user_agent text,
    viewed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT share_link_views_user_agent_check CHECK ((length(user_agent) <= 400)),
    CONSTRAINT share_link_views_visitor_check CHECK ((visitor ~ '^[0-9a-f]{64}$'::text))
);

ALTER TABLE ONLY public.share_link_views FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.share_link_views IS 'Receipts: when a share link was looked at; append-only. Kept two years.';

COMMENT ON COLUMN public.share_link_views.visitor IS 'HMAC of address prefix and user agent under the link: two visits of one visitor look alike, and nobody is known by it.';

CREATE TABLE public.share_links (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    token_hash text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    kind text NOT NULL,
    page text,
    report_id uuid,
    filters jsonb DEFAULT '{}'::jsonb NOT NULL,
    campaign_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    podcast_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT share_links_campaign_ids_check CHECK ((array_position(campaign_ids, NULL::uuid) IS NULL)),
    CONSTRAINT share_links_check CHECK (((kind = 'view'::text) = (page IS NOT NULL))),
    CONSTRAINT share_links_check1 CHECK (((kind = 'report'::text) = (report_id IS NOT NULL))),
    CONSTRAINT share_links_check2 CHECK (((kind = 'report'::text) OR ((cardinality(campaign_ids) + cardinality(podcast_ids)) >= 1))),
    CONSTRAINT share_links_check3 CHECK (((expires_at > created_at) AND (expires_at <= (created_at + '1 year 1 day'::interval)))),
    CONSTRAINT share_links_filters_check CHECK ((jsonb_typeof(filters) = 'object'::text)),
    CONSTRAINT share_links_filters_check1 CHECK ((NOT (filters @? 'strict $.*?(@.type() != "string")'::jsonpath))),
    CONSTRAINT share_links_kind_check CHECK ((kind = ANY (ARRAY['view'::text, 'report'::text]))),
    CONSTRAINT share_links_name_check CHECK ((length(name) <= 200)),
    CONSTRAINT share_links_page_check CHECK (((page ~ '^/[a-z0-9/_-]*$'::text) AND (length(page) <= 200))),
    CONSTRAINT share_links_podcast_ids_check CHECK ((array_position(podcast_ids, NULL::uuid) IS NULL)),
    CONSTRAINT share_links_revoked_later CHECK ((revoked_at >= created_at)),
    CONSTRAINT share_links_token_hash_check CHECK ((token_hash ~ '^[0-9a-f]{64}$'::text))
);

ALTER TABLE ONLY public.share_links FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.share_links IS 'Links that show a view or a report without a log-in, until expires_at or revoked_at. Shows what is in its lists and what created_by may still see, whichever is less. Kept as long as the person, also once it ran out.';

COMMENT ON COLUMN public.share_links.token_hash IS 'SHA-256 of the token in the link, never the token.';

COMMENT ON COLUMN public.share_links.kind IS 'view: a page with filters; report: one PDF.';

COMMENT ON COLUMN public.share_links.filters IS 'Object of URL parameters, each a text: what the visitor cannot change.';

COMMENT ON COLUMN public.share_links.campaign_ids IS 'The campaigns it may show, each by its id: "all" of today would be others tomorrow. Empty: none.';

COMMENT ON COLUMN public.share_links.podcast_ids IS 'The podcasts it may show, in the same way.';

CREATE TABLE public.subscription_tiers (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    price_monthly numeric(14,2) NOT NULL,
    price_yearly numeric(14,2) NOT NULL,
    currency text DEFAULT 'USD'::text NOT NULL,
    features jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT subscription_tiers_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT subscription_tiers_description_check CHECK ((length(description) <= 400)),
    CONSTRAINT subscription_tiers_features_check CHECK ((jsonb_typeof(features) = 'object'::text)),
    CONSTRAINT subscription_tiers_features_check1 CHECK ((NOT (features @? 'strict $.keyvalue()?(((((@."key" == "max_users" || @."key" == "max_podcasts") || @."key" == "max_campaigns") || @."key" == "ai_tokens_monthly") && @."value".type() != "number") && @."value".type() != "null")'::jsonpath))),
    CONSTRAINT subscription_tiers_features_check2 CHECK ((NOT (features @? '$.*?(@.type() == "number" && @ < 0)'::jsonpath))),
    CONSTRAINT subscription_tiers_features_check3 CHECK ((NOT (features @? 'strict $.keyvalue()?((((@."key" == "api" || @."key" == "white_label") || @."key" == "scheduled_reports") || @."key" == "marketplace") && @."value".type() != "boolean")'::jsonpath))),
    CONSTRAINT subscription_tiers_features_check4 CHECK ((NOT (features @? '$.keyvalue()?(!(((((((@."key" == "max_users" || @."key" == "max_podcasts") || @."key" == "max_campaigns") || @."key" == "ai_tokens_monthly") || @."key" == "api") || @."key" == "white_label") || @."key" == "scheduled_reports") || @."key" == "marketplace"))'::jsonpath))),
    CONSTRAINT subscription_tiers_name_check CHECK ((name ~ '^[a-z][a-z0-9_]{0,39}$'::text)),
    CONSTRAINT subscription_tiers_price_monthly_check CHECK ((price_monthly >= (0)::numeric)),
    CONSTRAINT subscription_tiers_price_monthly_number CHECK ((price_monthly < 'Infinity'::numeric)),
    CONSTRAINT subscription_tiers_price_yearly_check CHECK ((price_yearly >= (0)::numeric)),
    CONSTRAINT subscription_tiers_price_yearly_number CHECK ((price_yearly < 'Infinity'::numeric))
);

COMMENT ON TABLE public.subscription_tiers IS 'What can be subscribed to; the same for every tenant. Written by migrations and operators only.';

COMMENT ON COLUMN public.subscription_tiers.name IS 'In lower case: starter, studio, network.';

COMMENT ON COLUMN public.subscription_tiers.price_yearly IS 'For a whole year, paid at once.';

COMMENT ON COLUMN public.subscription_tiers.currency IS 'ISO 4217, of both prices.';

COMMENT ON COLUMN public.subscription_tiers.features IS 'Object. max_users, max_podcasts, max_campaigns: numbers, null is without limit. ai_tokens_monthly: number per person. api, white_label, scheduled_reports, marketplace: booleans. Nothing else.';

CREATE TABLE public.tenant_quotas (
    tenant_id uuid NOT NULL,
    max_users integer,
    max_podcasts integer,
    max_campaigns integer,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenant_quotas_max_campaigns_check CHECK ((max_campaigns >= 0)),
    CONSTRAINT tenant_quotas_max_podcasts_check CHECK ((max_podcasts >= 0)),
    CONSTRAINT tenant_quotas_max_users_check CHECK ((max_users >= 0))
);

ALTER TABLE ONLY public.tenant_quotas FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.tenant_quotas IS 'What a tenant may have at most, deleted rows not counted; null is without limit. Set by whoever runs the system, never by a person of the tenant. A limit below what is there stops new ones and takes nothing away.';

CREATE TABLE public.tenant_settings (
    tenant_id uuid NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    listeners_kept_from date,
    CONSTRAINT tenant_settings_download_window_check CHECK (((settings ->> 'download_window'::text) = ANY (ARRAY['calendar_day'::text, 'rolling_first_touch'::text, 'rolling_last_touch'::text]))),
    CONSTRAINT tenant_settings_known CHECK (((settings - ARRAY['time_zone'::text, 'currency'::text, 'week_start'::text, 'locale'::text, 'download_window'::text, 'listener_retention_days'::text]) = '{}'::jsonb)),
    CONSTRAINT tenant_settings_settings_check CHECK ((jsonb_typeof(settings) = 'object'::text)),
    CONSTRAINT tenant_settings_settings_check1 CHECK ((((settings ->> 'currency'::text) IS NULL) OR ((settings ->> 'currency'::text) ~ '^[A-Z]{3}$'::text))),
    CONSTRAINT tenant_settings_settings_check2 CHECK ((((settings ->> 'week_start'::text) IS NULL) OR ((settings ->> 'week_start'::text) = ANY (ARRAY['monday'::text, 'sunday'::text])))),
    CONSTRAINT tenant_settings_settings_check3 CHECK (((((settings ->> 'listener_retention_days'::text))::numeric >= (1)::numeric) AND (((settings ->> 'listener_retention_days'::text))::numeric <= (36500)::numeric))),
    CONSTRAINT tenant_settings_settings_check5 CHECK (((settings ->> 'locale'::text) ~ '^[a-z]{2}([-_][A-Z]{2})?$'::text)),
    CONSTRAINT tenant_settings_typed CHECK (((NOT (settings @? 'strict $.keyvalue()?(@."key" != "listener_retention_days" && @."value".type() != "string")'::jsonpath)) AND ((NOT (settings ? 'listener_retention_days'::text)) OR (settings @? '$."listener_retention_days"?(@.type() == "number" && @ == @.floor())'::jsonpath))))
);

ALTER TABLE ONLY public.tenant_settings FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.tenant_settings IS 'Configuration of one tenant.';

COMMENT ON COLUMN public.tenant_settings.settings IS 'Object. time_zone: IANA name, area and place (Europe/Berlin) or UTC, which is the default. currency: ISO 4217, default USD. week_start: monday or sunday, default monday. locale: en. download_window: calendar_day (default), rolling_first_touch or rolling_last_touch: within what a listener''s requests for an episode are one download; for what comes in from then on. listener_retention_days: how long exact unique listeners are kept, default 1095. Nothing else.';

COMMENT ON COLUMN public.tenant_settings.listeners_kept_from IS 'Tenant day since which listeners are kept one by one where listener_retention_days reaches further back than that: it was less once, and what was past it is forgotten. Empty: nothing was.';

CREATE TABLE public.tenants (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenants_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT tenants_slug_check CHECK ((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text))
);

ALTER TABLE ONLY public.tenants FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.tenants IS 'Root of tenant isolation: one row per customer.';

CREATE TABLE public.transcript_links (
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    url text NOT NULL,
    format text NOT NULL,
    language text,
    next_try_at timestamp with time zone DEFAULT now() NOT NULL,
    tried_at timestamp with time zone,
    succeeded_at timestamp with time zone,
    failures integer DEFAULT 0 NOT NULL,
    error_message text,
    etag text,
    last_modified text,
    content_sha256 text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT transcript_links_content_sha256_check CHECK ((content_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT transcript_links_error_message_check CHECK (((length(error_message) >= 1) AND (length(error_message) <= 1000))),
    CONSTRAINT transcript_links_etag_check CHECK (((length(etag) >= 1) AND (length(etag) <= 500))),
    CONSTRAINT transcript_links_failures_check CHECK ((failures >= 0)),
    CONSTRAINT transcript_links_format_check CHECK ((format = ANY (ARRAY['vtt'::text, 'srt'::text, 'json'::text]))),
    CONSTRAINT transcript_links_language_check CHECK ((language ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$'::text)),
    CONSTRAINT transcript_links_last_modified_check CHECK (((length(last_modified) >= 1) AND (length(last_modified) <= 200))),
    CONSTRAINT transcript_links_url_check CHECK (((url ~* '^https?://[^\s/<>"]+[^\s<>"]*$'::text) AND (length(url) <= 2000)))
);

ALTER TABLE ONLY public.transcript_links FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.transcript_links IS 'Where a feed says the transcript of an episode lies: one address each, the one that is read best.';

COMMENT ON COLUMN public.transcript_links.format IS 'As the feed says it (the content decides): vtt: WebVTT; srt: SubRip; json: of the podcast namespace.';

COMMENT ON COLUMN public.transcript_links.language IS 'IETF tag as the feed says it; null: that of the podcast.';

COMMENT ON COLUMN public.transcript_links.next_try_at IS 'When the address is asked next: a week after a success, later and later after failures.';

COMMENT ON COLUMN public.transcript_links.tried_at IS 'When it was asked last.';

COMMENT ON COLUMN public.transcript_links.succeeded_at IS 'When it last answered with a transcript, or that nothing had changed.';

COMMENT ON COLUMN public.transcript_links.failures IS 'Failures since; each doubles the time to the next try, up to a week.';

COMMENT ON COLUMN public.transcript_links.error_message IS 'What went wrong with the last try, for people; null when it went well.';

COMMENT ON COLUMN public.transcript_links.etag IS 'As the address told it, sent back with the next question.';

COMMENT ON COLUMN public.transcript_links.last_modified IS 'As the address told it, sent back with the next question.';

COMMENT ON COLUMN public.transcript_links.content_sha256 IS 'SHA-256 of what it answered last: the same again is no import.';

CREATE TABLE public.transcripts (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    episode_id uuid NOT NULL,
    content text NOT NULL,
    language text NOT NULL,
    confidence_score numeric(4,3),
    cues jsonb DEFAULT '[]'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    source text DEFAULT 'file'::text NOT NULL,
    CONSTRAINT transcripts_confidence_score_check CHECK (((confidence_score >= (0)::numeric) AND (confidence_score <= (1)::numeric))),
    CONSTRAINT transcripts_content_check CHECK (((length(content) >= 1) AND (length(content) <= 400000))),
    CONSTRAINT transcripts_cues_check CHECK ((jsonb_typeof(cues) = 'array'::text)),
    CONSTRAINT transcripts_cues_check1 CHECK ((NOT (cues @? 'strict $[*]?(@.type() != "object")'::jsonpath))),
    CONSTRAINT transcripts_cues_check2 CHECK ((NOT (cues @? '$[*]?(!(exists (@."s"?(@ >= 0)) && exists (@."at"?(@ >= 0))))'::jsonpath))),
    CONSTRAINT transcripts_cues_check3 CHECK ((NOT (cues @? 'strict $[*].keyvalue()?(!(@."key" == "s" || @."key" == "at") || @."value".type() != "number")'::jsonpath))),
    CONSTRAINT transcripts_language_check CHECK ((language ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$'::text)),
    CONSTRAINT transcripts_source_check CHECK ((source = ANY (ARRAY['file'::text, 'feed'::text])))
);

ALTER TABLE ONLY public.transcripts FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.transcripts IS 'What is said in an episode: one for each.';

COMMENT ON COLUMN public.transcripts.content IS 'Plain text, a paragraph for each speaker''s turn; with the speaker''s name and a colon before it where the file names them.';

COMMENT ON COLUMN public.transcripts.language IS 'IETF tag, as on podcasts.';

COMMENT ON COLUMN public.transcripts.confidence_score IS 'How sure the recogniser was, 0 to 1; null when a person wrote it down or nobody said.';

COMMENT ON COLUMN public.transcripts.cues IS 'Array by time: {s: second of the episode, at: position in content, from 0}. What is said from second s on begins there.';

COMMENT ON COLUMN public.transcripts.source IS 'file: imported by a person, stands before what a feed names; feed: of the address in transcript_links.';

CREATE VIEW public.unmeasured_impressions WITH (security_barrier='true') AS
 SELECT i.tenant_id,
    i.campaign_id,
    i.episode_id,
    i.id AS impression_id,
    i.occurred_at,
    d.occurred_at AS downloaded_at,
    COALESCE(NULLIF((d.event_data ->> 'source'::text), ''::text), 'unknown'::text) AS source,
    i.created_at
   FROM (public.attribution_events i
     JOIN public.listener_events d ON (((d.tenant_id = i.tenant_id) AND (d.listener_id = i.listener_id) AND (d.episode_id = i.episode_id) AND (d.occurred_at = i.occurred_at) AND (d.event_type = 'download'::text) AND (d.event_data ? 'unmeasured'::text))))
  WHERE ((i.tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (i.attribution_type = 'impression'::text) AND (( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (i.campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

COMMENT ON VIEW public.unmeasured_impressions IS 'Impressions of the campaigns in scope in downloads that counted although nobody knows how many bytes were sent, with the source of these downloads; as long as raw events are kept.';

CREATE TABLE public.user_email_preferences (
    user_id uuid NOT NULL,
    tenant_id uuid,
    marketing_emails boolean DEFAULT false NOT NULL,
    product_updates boolean DEFAULT true NOT NULL,
    security_alerts boolean DEFAULT true NOT NULL,
    reports boolean DEFAULT true NOT NULL,
    alerts boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.user_email_preferences FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.user_email_preferences IS 'Which mail a person wants; made with the person. Marketing is asked for, the rest is on until switched off. Links that set a password are always sent.';

COMMENT ON COLUMN public.user_email_preferences.reports IS 'Reports of schedules that name the person.';

COMMENT ON COLUMN public.user_email_preferences.alerts IS 'Alerts of the person''s own rules.';

CREATE TABLE public.user_metrics (
    tenant_id uuid,
    user_id uuid NOT NULL,
    metric_name text NOT NULL,
    metric_value numeric DEFAULT 0 NOT NULL,
    metric_data jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT user_metrics_known CHECK ((((metric_data - 'by_day'::text) = '{}'::jsonb) AND (COALESCE(jsonb_typeof((metric_data -> 'by_day'::text)), 'object'::text) = 'object'::text) AND (NOT (metric_data @? '$."by_day".keyvalue()?(!(@."key" like_regex "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$" && @."value".type() == "number"))'::jsonpath)))),
    CONSTRAINT user_metrics_metric_data_check CHECK ((jsonb_typeof(metric_data) = 'object'::text)),
    CONSTRAINT user_metrics_metric_name_check CHECK ((metric_name = ANY (ARRAY['log_ins_30d'::text, 'active_days_30d'::text, 'reports_made_30d'::text, 'views_saved'::text, 'links_shared'::text]))),
    CONSTRAINT user_metrics_metric_value_check CHECK ((metric_value >= (0)::numeric)),
    CONSTRAINT user_metrics_value_number CHECK ((metric_value < 'Infinity'::numeric))
);

ALTER TABLE ONLY public.user_metrics FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.user_metrics IS 'How a person uses podboard, counted by the worker; updated_at is the as-of.';

COMMENT ON COLUMN public.user_metrics.metric_name IS 'log_ins_30d: log-ins of the last 30 days; active_days_30d: days with at least one page; reports_made_30d: reports asked for; views_saved: saved views that are there; links_shared: share links that are open.';

COMMENT ON COLUMN public.user_metrics.metric_data IS 'Object. by_day: {ISO date: number}, where the metric counts days. Nothing else.';

CREATE TABLE public.user_roles (
    tenant_id uuid,
    user_id uuid NOT NULL,
    role_id uuid NOT NULL,
    assigned_at timestamp with time zone DEFAULT now() NOT NULL,
    assigned_by uuid,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.user_roles FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.user_roles IS 'Who holds which role.';

CREATE TABLE public.users (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid,
    email text NOT NULL,
    full_name text DEFAULT ''::text NOT NULL,
    password_hash text,
    email_verified boolean DEFAULT false NOT NULL,
    stripe_customer_id text,
    stripe_subscription_id text,
    is_operator boolean DEFAULT false NOT NULL,
    disabled_at timestamp with time zone,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT users_check CHECK ((is_operator = (tenant_id IS NULL))),
    CONSTRAINT users_email_check CHECK (((email = lower(email)) AND (email ~ '^[^@\s]+@[^@\s]+$'::text) AND (length(email) <= 254))),
    CONSTRAINT users_full_name_check CHECK ((length(full_name) <= 200))
);

ALTER TABLE ONLY public.users FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.users IS 'People who log in. tenant_id is null for operators alone.';

COMMENT ON COLUMN public.users.password_hash IS 'argon2id; null until the invitation is used. Read by account_for_email() and written by password_token_use() and replace_password() alone.';

COMMENT ON COLUMN public.users.stripe_customer_id IS 'At the payment service; read by no session.';

COMMENT ON COLUMN public.users.stripe_subscription_id IS 'At the payment service; read by no session.';

CREATE TABLE public.webhooks (
    id uuid DEFAULT public.uuid_generate_v4() NOT NULL,
    tenant_id uuid NOT NULL,
    integration_id uuid,
    url text NOT NULL,
    event_types text[] NOT NULL,
    secret bytea NOT NULL,
    secret_key_id text NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    created_by uuid,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT webhooks_event_types_check CHECK ((cardinality(event_types) >= 1)),
    CONSTRAINT webhooks_event_types_check1 CHECK ((event_types <@ ARRAY['report.ready'::text, 'report.failed'::text, 'alert.opened'::text, 'alert.resolved'::text, 'campaign.stage_changed'::text, 'import.completed'::text, 'import.failed'::text, 'episode.published'::text])),
    CONSTRAINT webhooks_secret_check CHECK (((octet_length(secret) >= 29) AND (octet_length(secret) <= 4096))),
    CONSTRAINT webhooks_secret_key_id_check CHECK ((secret_key_id ~ '^[a-z0-9_-]{1,40}$'::text)),
    CONSTRAINT webhooks_url_check CHECK (((url ~ '^https://[^\s/@]+(/[^\s]*)?$'::text) AND (length(url) <= 2000)))
);

ALTER TABLE ONLY public.webhooks FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.webhooks IS 'Addresses that are told of events; each message is signed. With the rights of created_by, nobody''s once that person is gone.';

COMMENT ON COLUMN public.webhooks.url IS 'https, without a user name; the address behind it is checked again at each call.';

COMMENT ON COLUMN public.webhooks.event_types IS 'report.ready, report.failed, alert.opened, alert.resolved, campaign.stage_changed, import.completed, import.failed, episode.published.';

COMMENT ON COLUMN public.webhooks.secret IS 'What signs the messages, shown once. Encrypted as integration_tokens are: nonce, ciphertext, tag; readable by the worker''s role only.';

CREATE TABLE public.white_label_settings (
    tenant_id uuid NOT NULL,
    brand_name text,
    logo_url text,
    logo_svg text,
    primary_color text DEFAULT '#0b6e5f'::text NOT NULL,
    custom_domain text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT white_label_settings_brand_name_check CHECK (((length(brand_name) >= 1) AND (length(brand_name) <= 120))),
    CONSTRAINT white_label_settings_custom_domain CHECK (((length(custom_domain) <= 253) AND (custom_domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]([a-z0-9-]{0,61}[a-z0-9])$'::text))),
    CONSTRAINT white_label_settings_logo_svg_check CHECK ((length(logo_svg) <= 65536)),
    CONSTRAINT white_label_settings_logo_url CHECK ((logo_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$'::text)),
    CONSTRAINT white_label_settings_primary_color_check CHECK ((primary_color ~ '^#[0-9a-f]{6}$'::text))
);

ALTER TABLE ONLY public.white_label_settings FORCE ROW LEVEL SECURITY;

COMMENT ON TABLE public.white_label_settings IS 'Brand of one tenant on screen and on paper.';

COMMENT ON COLUMN public.white_label_settings.custom_domain IS 'Host name in lower case, without scheme and port. A wish: nothing is served under it, and two tenants may have the same one.';

CREATE TABLE public.worker_heartbeats (
    worker text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    beat_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.worker_heartbeats IS 'Workers that are alive. Kept while the worker is alive, and a day.';

ALTER TABLE ONLY internal.campaign_days
    ADD CONSTRAINT campaign_days_tenant_id_campaign_id_local_day_attribution_t_key UNIQUE NULLS NOT DISTINCT (tenant_id, campaign_id, local_day, attribution_type, episode_id, ad_unit_id, source, currency);

ALTER TABLE ONLY internal.campaign_listener_days
    ADD CONSTRAINT campaign_listener_days_tenant_id_campaign_id_local_day_epis_key UNIQUE NULLS NOT DISTINCT (tenant_id, campaign_id, local_day, episode_id, listener_no);

ALTER TABLE ONLY internal.directory
    ADD CONSTRAINT directory_pkey PRIMARY KEY (kind, key);

ALTER TABLE ONLY internal.dirty_campaigns
    ADD CONSTRAINT dirty_campaigns_pkey PRIMARY KEY (id);

ALTER TABLE ONLY internal.dirty_durations
    ADD CONSTRAINT dirty_durations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY internal.dirty_excluded_hours
    ADD CONSTRAINT dirty_excluded_hours_pkey PRIMARY KEY (id);

ALTER TABLE ONLY internal.dirty_hours
    ADD CONSTRAINT dirty_hours_pkey PRIMARY KEY (id);

ALTER TABLE ONLY internal.dirty_metric_days
    ADD CONSTRAINT dirty_metric_days_pkey PRIMARY KEY (id);

ALTER TABLE ONLY internal.download_days
    ADD CONSTRAINT download_days_pkey PRIMARY KEY (tenant_id, local_day, episode_id, app, device_type, country);

ALTER TABLE ONLY internal.download_quarters
    ADD CONSTRAINT download_quarters_pkey PRIMARY KEY (tenant_id, episode_id, bucket);

ALTER TABLE ONLY internal.episode_days
    ADD CONSTRAINT episode_days_pkey PRIMARY KEY (tenant_id, local_day, episode_id);

ALTER TABLE ONLY internal.episode_milestones
    ADD CONSTRAINT episode_milestones_pkey PRIMARY KEY (tenant_id, episode_id, days);

ALTER TABLE ONLY internal.excluded_days
    ADD CONSTRAINT excluded_days_pkey PRIMARY KEY (tenant_id, local_day, podcast_id, reason, rule_version);

ALTER TABLE ONLY internal.listener_days
    ADD CONSTRAINT listener_days_pkey PRIMARY KEY (tenant_id, local_day, episode_id, listener_no);

ALTER TABLE ONLY internal.listener_events_daily
    ADD CONSTRAINT listener_events_daily_pkey PRIMARY KEY (tenant_id, episode_id, event_type, bucket);

ALTER TABLE ONLY internal.listener_events_hourly
    ADD CONSTRAINT listener_events_hourly_pkey PRIMARY KEY (tenant_id, episode_id, event_type, bucket);

ALTER TABLE ONLY internal.listeners
    ADD CONSTRAINT listeners_pkey PRIMARY KEY (listener_no);

ALTER TABLE ONLY internal.listeners
    ADD CONSTRAINT listeners_tenant_id_listener_id_key UNIQUE (tenant_id, listener_id);

ALTER TABLE ONLY internal.metrics_daily
    ADD CONSTRAINT metrics_daily_tenant_id_metric_date_metric_name_episode_id__key UNIQUE NULLS NOT DISTINCT (tenant_id, metric_date, metric_name, episode_id, source);

ALTER TABLE ONLY internal.names
    ADD CONSTRAINT names_pkey PRIMARY KEY (kind, tenant_id, entity_id);

ALTER TABLE ONLY internal.podcast_slices
    ADD CONSTRAINT podcast_slices_pkey PRIMARY KEY (tenant_id, podcast_id, dimension, slice);

ALTER TABLE ONLY internal.quota_gates
    ADD CONSTRAINT quota_gates_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY internal.report_queue
    ADD CONSTRAINT report_queue_pkey PRIMARY KEY (report_id);

ALTER TABLE ONLY internal.tenant_directory
    ADD CONSTRAINT tenant_directory_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY internal.transcript_search
    ADD CONSTRAINT transcript_search_pkey PRIMARY KEY (tenant_id, episode_id);

ALTER TABLE ONLY internal.waiting_outcomes
    ADD CONSTRAINT waiting_outcomes_pkey PRIMARY KEY (tenant_id, occurred_at, id);

ALTER TABLE ONLY internal.waiting_requests
    ADD CONSTRAINT waiting_requests_pkey PRIMARY KEY (tenant_id, occurred_at, id);

ALTER TABLE ONLY public.access_control_policies
    ADD CONSTRAINT access_control_policies_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.access_logs
    ADD CONSTRAINT access_logs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.ad_units
    ADD CONSTRAINT ad_units_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.ad_units
    ADD CONSTRAINT ad_units_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.affiliates
    ADD CONSTRAINT affiliates_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.affiliates
    ADD CONSTRAINT affiliates_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.agencies
    ADD CONSTRAINT agencies_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.agencies
    ADD CONSTRAINT agencies_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.ai_token_balances
    ADD CONSTRAINT ai_token_balances_pkey PRIMARY KEY (tenant_id, user_id);

ALTER TABLE ONLY public.ai_token_usage
    ADD CONSTRAINT ai_token_usage_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.alert_rules
    ADD CONSTRAINT alert_rules_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.alert_rules
    ADD CONSTRAINT alert_rules_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_tenant_id_rule_id_period_start_key UNIQUE (tenant_id, rule_id, period_start);

ALTER TABLE ONLY public.annotations
    ADD CONSTRAINT annotations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.api_usage
    ADD CONSTRAINT api_usage_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.attribution_analytics
    ADD CONSTRAINT attribution_analytics_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.attribution_analytics
    ADD CONSTRAINT attribution_analytics_tenant_id_campaign_id_analysis_date_key UNIQUE (tenant_id, campaign_id, analysis_date);

ALTER TABLE ONLY public.attribution_event_metadata
    ADD CONSTRAINT attribution_event_metadata_pkey PRIMARY KEY (tenant_id, event_id, event_occurred_at);

ALTER TABLE ONLY public.attribution_events
    ADD CONSTRAINT attribution_events_pkey PRIMARY KEY (tenant_id, id, occurred_at);

ALTER TABLE ONLY public.attribution_models
    ADD CONSTRAINT attribution_models_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.attribution_models
    ADD CONSTRAINT attribution_models_tenant_id_model_type_key UNIQUE (tenant_id, model_type);

ALTER TABLE ONLY public.attribution_paths
    ADD CONSTRAINT attribution_paths_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.attribution_paths
    ADD CONSTRAINT attribution_paths_tenant_id_campaign_id_conversion_event_id_key UNIQUE (tenant_id, campaign_id, conversion_event_id);

ALTER TABLE ONLY public.attribution_states
    ADD CONSTRAINT attribution_states_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.attribution_validations
    ADD CONSTRAINT attribution_validations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.attribution_validations
    ADD CONSTRAINT attribution_validations_tenant_id_attribution_event_id_even_key UNIQUE (tenant_id, attribution_event_id, event_occurred_at, validation_type);

ALTER TABLE ONLY public.audit_logs
    ADD CONSTRAINT audit_logs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.backup_records
    ADD CONSTRAINT backup_records_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_transactions
    ADD CONSTRAINT billing_transactions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.billing_transactions
    ADD CONSTRAINT billing_transactions_tenant_id_stripe_transaction_id_key UNIQUE (tenant_id, stripe_transaction_id);

ALTER TABLE ONLY public.campaign_links
    ADD CONSTRAINT campaign_links_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_tenant_id_sponsor_id_id_key UNIQUE (tenant_id, sponsor_id, id);

ALTER TABLE ONLY public.churn_events
    ADD CONSTRAINT churn_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.conversion_orders
    ADD CONSTRAINT conversion_orders_pkey PRIMARY KEY (tenant_id, campaign_id, conversion_type, order_id);

ALTER TABLE ONLY public.counting_methods
    ADD CONSTRAINT counting_methods_pkey PRIMARY KEY (tenant_id, number);

ALTER TABLE ONLY public.counting_methods
    ADD CONSTRAINT counting_methods_tenant_id_download_window_time_zone_rule_v_key UNIQUE (tenant_id, download_window, time_zone, rule_version, data_centres);

ALTER TABLE ONLY public.counting_windows
    ADD CONSTRAINT counting_windows_pkey PRIMARY KEY (tenant_id, listener_id, episode_id, opened_at);

ALTER TABLE ONLY public.database_engine
    ADD CONSTRAINT database_engine_pkey PRIMARY KEY (is_chosen);

ALTER TABLE ONLY public.email_verification_tokens
    ADD CONSTRAINT email_verification_tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.email_verification_tokens
    ADD CONSTRAINT email_verification_tokens_token_key UNIQUE (token);

ALTER TABLE ONLY public.episodes
    ADD CONSTRAINT episodes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.episodes
    ADD CONSTRAINT episodes_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.episodes
    ADD CONSTRAINT episodes_tenant_id_podcast_id_guid_key UNIQUE (tenant_id, podcast_id, guid);

ALTER TABLE ONLY public.etl_imports
    ADD CONSTRAINT etl_imports_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.etl_imports
    ADD CONSTRAINT etl_imports_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.excluded_requests
    ADD CONSTRAINT excluded_requests_pkey PRIMARY KEY (tenant_id, occurred_at, id);

ALTER TABLE ONLY public.excluded_visits
    ADD CONSTRAINT excluded_visits_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.experiment_assignments
    ADD CONSTRAINT experiment_assignments_pkey PRIMARY KEY (experiment_id, user_id);

ALTER TABLE ONLY public.experiment_assignments
    ADD CONSTRAINT experiment_assignments_tenant_id_experiment_id_user_id_key UNIQUE (tenant_id, experiment_id, user_id);

ALTER TABLE ONLY public.experiment_events
    ADD CONSTRAINT experiment_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.experiments
    ADD CONSTRAINT experiments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.experiments
    ADD CONSTRAINT experiments_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.failover_events
    ADD CONSTRAINT failover_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.gdpr_requests
    ADD CONSTRAINT gdpr_requests_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.import_columns
    ADD CONSTRAINT import_columns_pkey PRIMARY KEY (tenant_id, source, kind);

ALTER TABLE ONLY public.import_refusals
    ADD CONSTRAINT import_refusals_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integration_sync_logs
    ADD CONSTRAINT integration_sync_logs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integration_tokens
    ADD CONSTRAINT integration_tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integration_tokens
    ADD CONSTRAINT integration_tokens_tenant_id_integration_id_token_type_key UNIQUE (tenant_id, integration_id, token_type);

ALTER TABLE ONLY public.integrations
    ADD CONSTRAINT integrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.integrations
    ADD CONSTRAINT integrations_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.io_bookings
    ADD CONSTRAINT io_bookings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.io_bookings
    ADD CONSTRAINT io_bookings_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.job_runs
    ADD CONSTRAINT job_runs_job_scheduled_for_key UNIQUE (job, scheduled_for);

ALTER TABLE ONLY public.job_runs
    ADD CONSTRAINT job_runs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.listener_events
    ADD CONSTRAINT listener_events_pkey PRIMARY KEY (tenant_id, id, occurred_at);

ALTER TABLE ONLY public.listener_keys
    ADD CONSTRAINT listener_keys_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.listener_metrics
    ADD CONSTRAINT listener_metrics_pkey PRIMARY KEY (tenant_id, id, metric_date);

ALTER TABLE ONLY public.listener_metrics
    ADD CONSTRAINT listener_metrics_tenant_id_episode_id_metric_name_metric_da_key UNIQUE (tenant_id, episode_id, metric_name, metric_date);

ALTER TABLE ONLY public.login_attempts
    ADD CONSTRAINT login_attempts_pkey PRIMARY KEY (attempt_key);

ALTER TABLE ONLY public.marketplace_listings
    ADD CONSTRAINT marketplace_listings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.marketplace_listings
    ADD CONSTRAINT marketplace_listings_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.marketplace_revenue
    ADD CONSTRAINT marketplace_revenue_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.matches
    ADD CONSTRAINT matches_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.matches
    ADD CONSTRAINT matches_tenant_id_campaign_id_podcast_id_key UNIQUE (tenant_id, campaign_id, podcast_id);

ALTER TABLE ONLY public.onboarding_progress
    ADD CONSTRAINT onboarding_progress_pkey PRIMARY KEY (user_id, step_id);

ALTER TABLE ONLY public.onboarding_steps
    ADD CONSTRAINT onboarding_steps_order_index_key UNIQUE (order_index);

ALTER TABLE ONLY public.onboarding_steps
    ADD CONSTRAINT onboarding_steps_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.onboarding_steps
    ADD CONSTRAINT onboarding_steps_step_key_key UNIQUE (step_key);

ALTER TABLE ONLY public.partner_integrations
    ADD CONSTRAINT partner_integrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.partner_integrations
    ADD CONSTRAINT partner_integrations_tenant_id_partner_id_integration_type_key UNIQUE (tenant_id, partner_id, integration_type);

ALTER TABLE ONLY public.partners
    ADD CONSTRAINT partners_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.partners
    ADD CONSTRAINT partners_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.password_reset_tokens
    ADD CONSTRAINT password_reset_tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.password_reset_tokens
    ADD CONSTRAINT password_reset_tokens_token_key UNIQUE (token);

ALTER TABLE ONLY public.permissions
    ADD CONSTRAINT permissions_name_key UNIQUE (name);

ALTER TABLE ONLY public.permissions
    ADD CONSTRAINT permissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.podcast_feeds
    ADD CONSTRAINT podcast_feeds_pkey PRIMARY KEY (tenant_id, podcast_id);

ALTER TABLE ONLY public.podcast_sources
    ADD CONSTRAINT podcast_sources_pkey PRIMARY KEY (tenant_id, podcast_id, import_type, source_name);

ALTER TABLE ONLY public.podcasts
    ADD CONSTRAINT podcasts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.podcasts
    ADD CONSTRAINT podcasts_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.recovery_procedures
    ADD CONSTRAINT recovery_procedures_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.recovery_procedures
    ADD CONSTRAINT recovery_procedures_procedure_name_key UNIQUE (procedure_name);

ALTER TABLE ONLY public.referral_commissions
    ADD CONSTRAINT referral_commissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_tenant_id_referrer_id_referred_email_key UNIQUE (tenant_id, referrer_id, referred_email);

ALTER TABLE ONLY public.refresh_states
    ADD CONSTRAINT refresh_states_pkey PRIMARY KEY (relation);

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_token_key UNIQUE (token);

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_user_id_family_id_id_key UNIQUE (user_id, family_id, id);

ALTER TABLE ONLY public.replication_status
    ADD CONSTRAINT replication_status_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.replication_status
    ADD CONSTRAINT replication_status_replica_name_key UNIQUE (replica_name);

ALTER TABLE ONLY public.report_deliveries
    ADD CONSTRAINT report_deliveries_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.report_deliveries
    ADD CONSTRAINT report_deliveries_tenant_id_report_id_channel_destination_key UNIQUE NULLS NOT DISTINCT (tenant_id, report_id, channel, destination);

ALTER TABLE ONLY public.report_recipients
    ADD CONSTRAINT report_recipients_of_schedule UNIQUE (tenant_id, schedule_id, id);

ALTER TABLE ONLY public.report_recipients
    ADD CONSTRAINT report_recipients_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.report_recipients
    ADD CONSTRAINT report_recipients_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.report_recipients
    ADD CONSTRAINT report_recipients_tenant_id_schedule_id_email_webhook_id_key UNIQUE NULLS NOT DISTINCT (tenant_id, schedule_id, email, webhook_id);

ALTER TABLE ONLY public.report_schedules
    ADD CONSTRAINT report_schedules_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.report_schedules
    ADD CONSTRAINT report_schedules_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.resource_ownership
    ADD CONSTRAINT resource_ownership_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.resource_ownership
    ADD CONSTRAINT resource_ownership_resource_type_resource_id_key UNIQUE (resource_type, resource_id);

ALTER TABLE ONLY public.retention_curves
    ADD CONSTRAINT retention_curves_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.retention_curves
    ADD CONSTRAINT retention_curves_tenant_id_episode_id_platform_as_of_measur_key UNIQUE (tenant_id, episode_id, platform, as_of, measure, position_unit);

ALTER TABLE ONLY public.retention_curves
    ADD CONSTRAINT retention_curves_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.role_permissions
    ADD CONSTRAINT role_permissions_pkey PRIMARY KEY (role_id, permission_id);

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_tenant_id_name_key UNIQUE NULLS NOT DISTINCT (tenant_id, name);

ALTER TABLE ONLY public.rollup_states
    ADD CONSTRAINT rollup_states_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.saved_views
    ADD CONSTRAINT saved_views_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.saved_views
    ADD CONSTRAINT saved_views_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.security_events
    ADD CONSTRAINT security_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.share_link_views
    ADD CONSTRAINT share_link_views_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.share_links
    ADD CONSTRAINT share_links_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.share_links
    ADD CONSTRAINT share_links_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.share_links
    ADD CONSTRAINT share_links_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.sponsors
    ADD CONSTRAINT sponsors_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sponsors
    ADD CONSTRAINT sponsors_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.subscription_tiers
    ADD CONSTRAINT subscription_tiers_name_key UNIQUE (name);

ALTER TABLE ONLY public.subscription_tiers
    ADD CONSTRAINT subscription_tiers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenant_quotas
    ADD CONSTRAINT tenant_quotas_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.tenant_settings
    ADD CONSTRAINT tenant_settings_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tenants
    ADD CONSTRAINT tenants_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.transcript_links
    ADD CONSTRAINT transcript_links_pkey PRIMARY KEY (tenant_id, episode_id);

ALTER TABLE ONLY public.transcripts
    ADD CONSTRAINT transcripts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.transcripts
    ADD CONSTRAINT transcripts_tenant_id_episode_id_key UNIQUE (tenant_id, episode_id);

ALTER TABLE ONLY public.transcripts
    ADD CONSTRAINT transcripts_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.user_email_preferences
    ADD CONSTRAINT user_email_preferences_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.user_metrics
    ADD CONSTRAINT user_metrics_pkey PRIMARY KEY (user_id, metric_name);

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_pkey PRIMARY KEY (user_id, role_id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_tenant_id_id_key UNIQUE (tenant_id, id);

ALTER TABLE ONLY public.white_label_settings
    ADD CONSTRAINT white_label_settings_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY public.worker_heartbeats
    ADD CONSTRAINT worker_heartbeats_pkey PRIMARY KEY (worker);

CREATE INDEX campaign_days_day ON internal.campaign_days USING btree (tenant_id, local_day);

CREATE INDEX campaign_days_source ON internal.campaign_days USING btree (tenant_id, source, local_day) WHERE (source <> ''::text);

CREATE INDEX campaign_listener_days_day ON internal.campaign_listener_days USING btree (tenant_id, local_day);

CREATE INDEX directory_entity ON internal.directory USING btree (kind, entity_id);

CREATE INDEX dirty_campaigns_tenant ON internal.dirty_campaigns USING btree (tenant_id, campaign_id);

CREATE INDEX dirty_durations_claim ON internal.dirty_durations USING btree (tenant_id, episode_id);

CREATE INDEX dirty_excluded_hours_claim ON internal.dirty_excluded_hours USING btree (tenant_id, hour);

CREATE INDEX dirty_hours_claim ON internal.dirty_hours USING btree (tenant_id, source, hour);

CREATE INDEX dirty_metric_days_claim ON internal.dirty_metric_days USING btree (tenant_id, source, metric_date);

CREATE INDEX download_quarters_bucket ON internal.download_quarters USING btree (tenant_id, bucket) INCLUDE (episode_id, downloads);

CREATE INDEX episode_days_episode ON internal.episode_days USING btree (tenant_id, episode_id, local_day) INCLUDE (downloads);

CREATE INDEX listener_days_episode ON internal.listener_days USING btree (tenant_id, episode_id, local_day) INCLUDE (listener_no);

CREATE INDEX listener_events_daily_bucket ON internal.listener_events_daily USING btree (tenant_id, bucket);

CREATE INDEX listener_events_hourly_bucket ON internal.listener_events_hourly USING btree (tenant_id, bucket);

CREATE INDEX metrics_daily_episode ON internal.metrics_daily USING btree (tenant_id, metric_name, metric_date);

CREATE INDEX names_tenant ON internal.names USING btree (tenant_id);

CREATE INDEX names_trigrams ON internal.names USING gin (name public.gin_trgm_ops);

CREATE INDEX report_queue_order ON internal.report_queue USING btree (queued_at);

CREATE UNIQUE INDEX tenant_directory_slug ON internal.tenant_directory USING btree (slug);

CREATE INDEX transcript_search_words ON internal.transcript_search USING gin (words);

CREATE INDEX access_control_policies_created_by ON public.access_control_policies USING btree (tenant_id, created_by);

CREATE UNIQUE INDEX access_control_policies_name ON public.access_control_policies USING btree (tenant_id, lower(name)) WHERE (deleted_at IS NULL);

CREATE INDEX access_logs_tenant ON public.access_logs USING btree (tenant_id, occurred_at DESC);

CREATE INDEX access_logs_tenant_user ON public.access_logs USING btree (tenant_id, user_id);

CREATE INDEX ad_units_campaign ON public.ad_units USING btree (tenant_id, campaign_id);

CREATE INDEX ad_units_episode ON public.ad_units USING btree (tenant_id, episode_id);

CREATE UNIQUE INDEX ad_units_place ON public.ad_units USING btree (tenant_id, campaign_id, episode_id, position_seconds) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX affiliates_name ON public.affiliates USING btree (tenant_id, lower(name)) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX agencies_name ON public.agencies USING btree (tenant_id, lower(name)) WHERE (deleted_at IS NULL);

CREATE INDEX ai_token_usage_time ON public.ai_token_usage USING btree (tenant_id, created_at);

CREATE INDEX ai_token_usage_user ON public.ai_token_usage USING btree (tenant_id, user_id, created_at);

CREATE INDEX alert_rules_campaign ON public.alert_rules USING btree (tenant_id, campaign_id);

CREATE INDEX alert_rules_created_by ON public.alert_rules USING btree (tenant_id, created_by);

CREATE INDEX alert_rules_episode ON public.alert_rules USING btree (tenant_id, episode_id);

CREATE INDEX alert_rules_podcast ON public.alert_rules USING btree (tenant_id, podcast_id);

CREATE INDEX alerts_acknowledged_by ON public.alerts USING btree (tenant_id, acknowledged_by);

CREATE INDEX alerts_open ON public.alerts USING btree (tenant_id, status, opened_at DESC);

CREATE INDEX annotations_campaign ON public.annotations USING btree (tenant_id, campaign_id, starts_at);

CREATE INDEX annotations_created_by ON public.annotations USING btree (tenant_id, created_by);

CREATE INDEX annotations_episode ON public.annotations USING btree (tenant_id, episode_id, starts_at);

CREATE INDEX annotations_podcast ON public.annotations USING btree (tenant_id, podcast_id, starts_at);

CREATE INDEX annotations_time ON public.annotations USING btree (tenant_id, starts_at);

CREATE INDEX api_keys_user ON public.api_keys USING btree (tenant_id, user_id);

CREATE INDEX api_usage_key ON public.api_usage USING btree (tenant_id, api_key_id, occurred_at);

CREATE INDEX api_usage_time ON public.api_usage USING btree (tenant_id, occurred_at);

CREATE INDEX api_usage_user ON public.api_usage USING btree (tenant_id, user_id, occurred_at);

CREATE INDEX attribution_event_metadata_campaign ON public.attribution_event_metadata USING btree (tenant_id, campaign_id, event_occurred_at);

CREATE INDEX attribution_events_campaign ON ONLY public.attribution_events USING btree (tenant_id, campaign_id, attribution_type, occurred_at);

CREATE INDEX attribution_events_episode ON ONLY public.attribution_events USING btree (tenant_id, episode_id, occurred_at);

CREATE INDEX attribution_events_listener ON ONLY public.attribution_events USING btree (tenant_id, campaign_id, listener_id, occurred_at);

CREATE INDEX attribution_events_tenant_time ON ONLY public.attribution_events USING btree (tenant_id, occurred_at);

CREATE INDEX attribution_paths_conversion ON public.attribution_paths USING btree (tenant_id, conversion_event_id, converted_at);

CREATE INDEX attribution_paths_stretched ON public.attribution_paths USING btree (tenant_id, campaign_id, last_event_at) WHERE (merged_events > 1);

CREATE INDEX attribution_paths_time ON public.attribution_paths USING btree (tenant_id, campaign_id, converted_at);

CREATE INDEX attribution_validations_rate ON public.attribution_validations USING btree (tenant_id, campaign_id, validation_type, event_occurred_at) INCLUDE (passed);

CREATE INDEX attribution_validations_time ON public.attribution_validations USING btree (tenant_id, event_occurred_at);

CREATE INDEX audit_logs_tenant ON public.audit_logs USING btree (tenant_id, occurred_at DESC);

CREATE INDEX audit_logs_tenant_user ON public.audit_logs USING btree (tenant_id, user_id);

CREATE INDEX backup_records_recent ON public.backup_records USING btree (tenant_id, started_at DESC);

CREATE INDEX backup_records_status ON public.backup_records USING btree (tenant_id, status);

CREATE INDEX billing_transactions_status ON public.billing_transactions USING btree (tenant_id, status);

CREATE INDEX billing_transactions_tier ON public.billing_transactions USING btree (subscription_tier_id);

CREATE INDEX billing_transactions_time ON public.billing_transactions USING btree (tenant_id, occurred_at DESC);

CREATE INDEX billing_transactions_user ON public.billing_transactions USING btree (tenant_id, user_id);

CREATE INDEX campaign_links_campaign ON public.campaign_links USING btree (tenant_id, campaign_id);

CREATE UNIQUE INDEX campaign_links_key ON public.campaign_links USING btree (tenant_id, kind, key);

CREATE INDEX campaigns_stage ON public.campaigns USING btree (tenant_id, stage, start_date);

CREATE INDEX churn_events_time ON public.churn_events USING btree (tenant_id, occurred_at);

CREATE INDEX churn_events_user ON public.churn_events USING btree (tenant_id, user_id);

CREATE INDEX counting_windows_closed ON public.counting_windows USING btree (tenant_id, closes_at);

CREATE INDEX counting_windows_episode ON public.counting_windows USING btree (tenant_id, episode_id);

CREATE INDEX email_verification_tokens_tenant_user ON public.email_verification_tokens USING btree (tenant_id, user_id);

CREATE INDEX email_verification_tokens_user ON public.email_verification_tokens USING btree (user_id);

CREATE INDEX episodes_published ON public.episodes USING btree (tenant_id, podcast_id, published_at DESC);

CREATE INDEX etl_imports_created_by ON public.etl_imports USING btree (tenant_id, created_by);

CREATE INDEX etl_imports_named ON public.etl_imports USING btree (tenant_id, import_type, source_name, started_at DESC) WHERE (source_name IS NOT NULL);

CREATE INDEX etl_imports_recent ON public.etl_imports USING btree (tenant_id, started_at DESC);

CREATE INDEX etl_imports_status ON public.etl_imports USING btree (tenant_id, status);

CREATE INDEX excluded_requests_episode ON ONLY public.excluded_requests USING btree (tenant_id, episode_id, occurred_at);

CREATE INDEX excluded_requests_import ON ONLY public.excluded_requests USING btree (tenant_id, import_id);

CREATE INDEX excluded_requests_repeats ON ONLY public.excluded_requests USING btree (tenant_id, id) WHERE (reason = 'repeat'::text);

CREATE INDEX excluded_visits_came ON public.excluded_visits USING btree (tenant_id, occurred_at);

CREATE INDEX excluded_visits_campaign ON public.excluded_visits USING btree (tenant_id, campaign_id, occurred_at);

CREATE INDEX excluded_visits_import ON public.excluded_visits USING btree (tenant_id, import_id, occurred_at, id);

CREATE INDEX experiment_assignments_experiment ON public.experiment_assignments USING btree (tenant_id, experiment_id, variant);

CREATE INDEX experiment_assignments_user ON public.experiment_assignments USING btree (tenant_id, user_id);

CREATE INDEX experiment_events_assignment ON public.experiment_events USING btree (tenant_id, experiment_id, user_id, occurred_at);

CREATE INDEX experiment_events_type ON public.experiment_events USING btree (tenant_id, experiment_id, event_type, occurred_at);

CREATE INDEX experiment_events_user ON public.experiment_events USING btree (tenant_id, user_id);

CREATE UNIQUE INDEX experiments_name ON public.experiments USING btree (tenant_id, lower(name)) WHERE (deleted_at IS NULL);

CREATE INDEX experiments_status ON public.experiments USING btree (tenant_id, status);

CREATE INDEX failover_events_recent ON public.failover_events USING btree (occurred_at DESC);

CREATE INDEX gdpr_requests_handled_by ON public.gdpr_requests USING btree (tenant_id, handled_by);

CREATE INDEX gdpr_requests_open ON public.gdpr_requests USING btree (tenant_id, status, due_at);

CREATE INDEX gdpr_requests_user ON public.gdpr_requests USING btree (tenant_id, user_id);

CREATE INDEX import_refusals_came ON public.import_refusals USING btree (tenant_id, created_at);

CREATE INDEX import_refusals_import ON public.import_refusals USING btree (tenant_id, import_id, line_number);

CREATE INDEX integration_sync_logs_came ON public.integration_sync_logs USING btree (tenant_id, started_at);

CREATE INDEX integration_sync_logs_recent ON public.integration_sync_logs USING btree (tenant_id, integration_id, started_at DESC);

CREATE INDEX integrations_created_by ON public.integrations USING btree (tenant_id, created_by);

CREATE UNIQUE INDEX integrations_name ON public.integrations USING btree (tenant_id, lower(name)) WHERE (deleted_at IS NULL);

CREATE INDEX io_bookings_campaign ON public.io_bookings USING btree (tenant_id, campaign_id, starts_on);

CREATE UNIQUE INDEX io_bookings_promo ON public.io_bookings USING btree (tenant_id, promo_code) WHERE ((promo_code IS NOT NULL) AND (deleted_at IS NULL));

CREATE INDEX io_bookings_sponsor ON public.io_bookings USING btree (tenant_id, sponsor_id, campaign_id);

CREATE INDEX job_runs_recent ON public.job_runs USING btree (job, scheduled_for DESC);

CREATE INDEX job_runs_status ON public.job_runs USING btree (status, started_at);

CREATE INDEX listener_events_download ON ONLY public.listener_events USING btree (tenant_id, listener_id, episode_id, occurred_at) WHERE (event_type = 'download'::text);

CREATE INDEX listener_events_episode_time ON ONLY public.listener_events USING btree (tenant_id, episode_id, occurred_at);

CREATE INDEX listener_events_tenant_time ON ONLY public.listener_events USING btree (tenant_id, occurred_at);

CREATE INDEX listener_events_unmeasured ON ONLY public.listener_events USING btree (tenant_id, occurred_at) WHERE ((event_type = 'download'::text) AND (event_data ? 'unmeasured'::text));

CREATE INDEX listener_metrics_date ON ONLY public.listener_metrics USING btree (tenant_id, metric_date);

CREATE UNIQUE INDEX marketplace_listings_open ON public.marketplace_listings USING btree (tenant_id, podcast_id, listing_type) WHERE ((deleted_at IS NULL) AND (status <> 'closed'::text));

CREATE INDEX marketplace_listings_podcast ON public.marketplace_listings USING btree (tenant_id, podcast_id);

CREATE INDEX marketplace_listings_status ON public.marketplace_listings USING btree (tenant_id, status);

CREATE INDEX marketplace_revenue_date ON public.marketplace_revenue USING btree (tenant_id, transaction_date);

CREATE INDEX marketplace_revenue_listing ON public.marketplace_revenue USING btree (tenant_id, listing_id, transaction_date);

CREATE INDEX matches_advertiser ON public.matches USING btree (tenant_id, advertiser_id, campaign_id);

CREATE INDEX matches_best ON public.matches USING btree (tenant_id, campaign_id, score DESC);

CREATE INDEX matches_podcast ON public.matches USING btree (tenant_id, podcast_id);

CREATE INDEX onboarding_progress_step ON public.onboarding_progress USING btree (step_id);

CREATE INDEX onboarding_progress_user ON public.onboarding_progress USING btree (tenant_id, user_id);

CREATE UNIQUE INDEX partners_name ON public.partners USING btree (tenant_id, lower(name)) WHERE (deleted_at IS NULL);

CREATE INDEX password_reset_tokens_tenant_user ON public.password_reset_tokens USING btree (tenant_id, user_id);

CREATE INDEX password_reset_tokens_user ON public.password_reset_tokens USING btree (user_id);

CREATE INDEX podcast_feeds_due ON public.podcast_feeds USING btree (tenant_id, next_try_at);

CREATE UNIQUE INDEX podcasts_feed ON public.podcasts USING btree (tenant_id, rss_feed_url) WHERE ((rss_feed_url IS NOT NULL) AND (deleted_at IS NULL));

CREATE INDEX referral_commissions_referral ON public.referral_commissions USING btree (tenant_id, referral_id);

CREATE INDEX referral_commissions_status ON public.referral_commissions USING btree (tenant_id, status);

CREATE INDEX referrals_status ON public.referrals USING btree (tenant_id, status);

CREATE INDEX refresh_tokens_family ON public.refresh_tokens USING btree (user_id, family_id, replaced_by);

CREATE UNIQUE INDEX refresh_tokens_live ON public.refresh_tokens USING btree (family_id) WHERE (revoked_at IS NULL);

CREATE INDEX refresh_tokens_tenant_user ON public.refresh_tokens USING btree (tenant_id, user_id);

CREATE INDEX replication_status_status ON public.replication_status USING btree (status);

CREATE INDEX report_deliveries_recipient_of_schedule ON public.report_deliveries USING btree (tenant_id, schedule_id, recipient_id);

CREATE INDEX report_deliveries_status ON public.report_deliveries USING btree (tenant_id, status);

CREATE INDEX report_deliveries_waiting ON public.report_deliveries USING btree (tenant_id, next_attempt_at) WHERE (status = ANY (ARRAY['queued'::text, 'sending'::text]));

CREATE INDEX report_recipients_user ON public.report_recipients USING btree (tenant_id, user_id);

CREATE INDEX report_recipients_webhook ON public.report_recipients USING btree (tenant_id, webhook_id);

CREATE INDEX report_schedules_campaign ON public.report_schedules USING btree (tenant_id, campaign_id);

CREATE INDEX report_schedules_created_by ON public.report_schedules USING btree (tenant_id, created_by);

CREATE INDEX report_schedules_due ON public.report_schedules USING btree (tenant_id, next_run_at) WHERE (enabled AND (deleted_at IS NULL));

CREATE INDEX reports_campaign ON public.reports USING btree (tenant_id, campaign_id);

CREATE INDEX reports_created_by ON public.reports USING btree (tenant_id, created_by);

CREATE UNIQUE INDEX reports_idempotency ON public.reports USING btree (tenant_id, created_by, idempotency_key) WHERE (idempotency_key IS NOT NULL);

CREATE INDEX reports_recent ON public.reports USING btree (tenant_id, created_at DESC);

CREATE INDEX reports_status ON public.reports USING btree (tenant_id, status);

CREATE INDEX resource_ownership_owner ON public.resource_ownership USING btree (tenant_id, owner_id);

CREATE INDEX retention_curves_import ON public.retention_curves USING btree (tenant_id, import_id);

CREATE INDEX role_permissions_permission ON public.role_permissions USING btree (permission_id);

CREATE INDEX role_permissions_tenant_role ON public.role_permissions USING btree (tenant_id, role_id);

CREATE UNIQUE INDEX saved_views_name ON public.saved_views USING btree (tenant_id, user_id, lower(name)) WHERE (deleted_at IS NULL);

CREATE INDEX saved_views_user ON public.saved_views USING btree (tenant_id, user_id);

CREATE INDEX security_events_recent ON public.security_events USING btree (tenant_id, occurred_at DESC);

CREATE INDEX security_events_tenant_user ON public.security_events USING btree (tenant_id, user_id);

CREATE INDEX security_events_user ON public.security_events USING btree (user_id);

CREATE INDEX sessions_tenant_user ON public.sessions USING btree (tenant_id, user_id);

CREATE INDEX sessions_user ON public.sessions USING btree (user_id);

CREATE INDEX share_link_views_came ON public.share_link_views USING btree (tenant_id, viewed_at);

CREATE INDEX share_link_views_link ON public.share_link_views USING btree (tenant_id, share_link_id, viewed_at DESC);

CREATE INDEX share_links_created_by ON public.share_links USING btree (tenant_id, created_by);

CREATE INDEX share_links_recent ON public.share_links USING btree (tenant_id, created_at DESC);

CREATE INDEX share_links_report ON public.share_links USING btree (tenant_id, report_id);

CREATE UNIQUE INDEX sponsors_name ON public.sponsors USING btree (tenant_id, lower(name)) WHERE (deleted_at IS NULL);

CREATE INDEX transcript_links_due ON public.transcript_links USING btree (tenant_id, next_try_at);

CREATE INDEX user_email_preferences_tenant_user ON public.user_email_preferences USING btree (tenant_id, user_id);

CREATE INDEX user_metrics_tenant_user ON public.user_metrics USING btree (tenant_id, user_id);

CREATE INDEX user_roles_role ON public.user_roles USING btree (role_id);

CREATE INDEX user_roles_tenant_assigned_by ON public.user_roles USING btree (tenant_id, assigned_by);

CREATE INDEX user_roles_tenant_role ON public.user_roles USING btree (tenant_id, role_id);

CREATE INDEX user_roles_tenant_user ON public.user_roles USING btree (tenant_id, user_id);

CREATE INDEX webhooks_created_by ON public.webhooks USING btree (tenant_id, created_by);

CREATE INDEX webhooks_integration ON public.webhooks USING btree (tenant_id, integration_id);

CREATE TRIGGER note_zone_change AFTER UPDATE OF time_zone ON internal.tenant_directory FOR EACH ROW WHEN ((old.time_zone IS DISTINCT FROM new.time_zone)) EXECUTE FUNCTION internal.note_zone_change();

CREATE TRIGGER acknowledge_for_oneself BEFORE UPDATE ON public.alerts FOR EACH ROW WHEN (((new.acknowledged_by IS DISTINCT FROM old.acknowledged_by) AND (new.acknowledged_by IS NOT NULL) AND (public.app_user() IS NOT NULL))) EXECUTE FUNCTION internal.acknowledge_for_oneself();

CREATE TRIGGER create_attribution_models AFTER INSERT ON public.tenants FOR EACH ROW EXECUTE FUNCTION internal.create_attribution_models();

CREATE TRIGGER create_email_preferences AFTER INSERT ON public.users FOR EACH ROW EXECUTE FUNCTION internal.create_email_preferences();

CREATE TRIGGER create_tenant_quotas AFTER INSERT ON public.tenants FOR EACH ROW EXECUTE FUNCTION internal.create_tenant_quotas();

CREATE TRIGGER create_tenant_roles AFTER INSERT ON public.tenants FOR EACH ROW EXECUTE FUNCTION internal.create_tenant_roles();

CREATE TRIGGER enforce_quota AFTER INSERT ON public.campaigns REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION internal.enforce_quota();

CREATE TRIGGER enforce_quota AFTER INSERT ON public.podcasts REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION internal.enforce_quota();

CREATE TRIGGER enforce_quota AFTER INSERT ON public.users REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION internal.enforce_quota();

CREATE TRIGGER enforce_quota_undeleted AFTER UPDATE OF deleted_at ON public.campaigns FOR EACH ROW WHEN (((old.deleted_at IS NOT NULL) AND (new.deleted_at IS NULL))) EXECUTE FUNCTION internal.enforce_quota();

CREATE TRIGGER enforce_quota_undeleted AFTER UPDATE OF deleted_at ON public.podcasts FOR EACH ROW WHEN (((old.deleted_at IS NOT NULL) AND (new.deleted_at IS NULL))) EXECUTE FUNCTION internal.enforce_quota();

CREATE TRIGGER enforce_quota_undeleted AFTER UPDATE OF deleted_at ON public.users FOR EACH ROW WHEN (((old.deleted_at IS NOT NULL) AND (new.deleted_at IS NULL))) EXECUTE FUNCTION internal.enforce_quota();

CREATE TRIGGER forget_recipient BEFORE UPDATE OF schedule_id ON public.report_deliveries FOR EACH ROW WHEN (((new.schedule_id IS NULL) AND (old.schedule_id IS NOT NULL))) EXECUTE FUNCTION internal.forget_recipient();

CREATE TRIGGER keep_directory AFTER INSERT OR DELETE OR UPDATE OF key_hash ON public.api_keys FOR EACH ROW EXECUTE FUNCTION internal.keep_directory('api_key', 'key_hash');

CREATE TRIGGER keep_directory AFTER INSERT OR DELETE OR UPDATE OF key ON public.campaign_links FOR EACH ROW EXECUTE FUNCTION internal.keep_directory('campaign_link', 'key');

CREATE TRIGGER keep_directory AFTER INSERT OR DELETE OR UPDATE OF token ON public.email_verification_tokens FOR EACH ROW EXECUTE FUNCTION internal.keep_directory('email_token', 'token');

CREATE TRIGGER keep_directory AFTER INSERT OR DELETE OR UPDATE OF id ON public.episodes FOR EACH ROW EXECUTE FUNCTION internal.keep_directory('episode', 'id');

CREATE TRIGGER keep_directory AFTER INSERT OR DELETE OR UPDATE OF token ON public.password_reset_tokens FOR EACH ROW EXECUTE FUNCTION internal.keep_directory('password_token', 'token');

CREATE TRIGGER keep_directory AFTER INSERT OR DELETE OR UPDATE OF token ON public.refresh_tokens FOR EACH ROW EXECUTE FUNCTION internal.keep_directory('refresh_token', 'token');

CREATE TRIGGER keep_directory AFTER INSERT OR DELETE OR UPDATE OF token_hash ON public.sessions FOR EACH ROW EXECUTE FUNCTION internal.keep_directory('session', 'token_hash');

CREATE TRIGGER keep_directory AFTER INSERT OR DELETE OR UPDATE OF token_hash ON public.share_links FOR EACH ROW EXECUTE FUNCTION internal.keep_directory('share_link', 'token_hash');

CREATE TRIGGER keep_directory AFTER INSERT OR DELETE OR UPDATE OF email, tenant_id ON public.users FOR EACH ROW EXECUTE FUNCTION internal.keep_directory('account', 'email');

CREATE TRIGGER keep_name AFTER INSERT OR DELETE OR UPDATE OF name, tenant_id, deleted_at ON public.campaigns FOR EACH ROW EXECUTE FUNCTION internal.keep_name('name');

CREATE TRIGGER keep_name AFTER INSERT OR DELETE OR UPDATE OF title, tenant_id, deleted_at ON public.episodes FOR EACH ROW EXECUTE FUNCTION internal.keep_name('title');

CREATE TRIGGER keep_name AFTER INSERT OR DELETE OR UPDATE OF name, tenant_id, deleted_at ON public.podcasts FOR EACH ROW EXECUTE FUNCTION internal.keep_name('name');

CREATE TRIGGER keep_name AFTER INSERT OR DELETE OR UPDATE OF name, tenant_id, deleted_at ON public.sponsors FOR EACH ROW EXECUTE FUNCTION internal.keep_name('name');

CREATE TRIGGER keep_report_queue AFTER INSERT OR UPDATE OF status, lease_until ON public.reports FOR EACH ROW EXECUTE FUNCTION internal.keep_report_queue();

CREATE TRIGGER keep_tenant_directory AFTER INSERT OR UPDATE ON public.tenant_settings FOR EACH ROW EXECUTE FUNCTION internal.keep_tenant_directory();

CREATE TRIGGER keep_tenant_directory AFTER INSERT OR UPDATE ON public.tenants FOR EACH ROW EXECUTE FUNCTION internal.keep_tenant_directory();

CREATE TRIGGER keep_transcript_search AFTER INSERT OR UPDATE OF content, episode_id ON public.transcripts FOR EACH ROW EXECUTE FUNCTION internal.keep_transcript_search();

CREATE TRIGGER note_corrected_durations AFTER UPDATE ON public.episodes REFERENCING OLD TABLE AS before NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_corrected_durations();

CREATE TRIGGER note_dirty_days_delete AFTER DELETE ON public.attribution_events REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_attribution_days();

CREATE TRIGGER note_dirty_days_insert AFTER INSERT ON public.attribution_events REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_attribution_days();

CREATE TRIGGER note_dirty_delete AFTER DELETE ON public.attribution_events REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_hours_new('attribution');

CREATE TRIGGER note_dirty_delete AFTER DELETE ON public.excluded_requests REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_excluded_hours();

CREATE TRIGGER note_dirty_delete AFTER DELETE ON public.listener_events REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_hours_new('listener');

CREATE TRIGGER note_dirty_delete AFTER DELETE ON public.listener_metrics REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_metric_days();

CREATE TRIGGER note_dirty_insert AFTER INSERT ON public.attribution_events REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_hours_new('attribution');

CREATE TRIGGER note_dirty_insert AFTER INSERT ON public.excluded_requests REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_excluded_hours();

CREATE TRIGGER note_dirty_insert AFTER INSERT ON public.listener_events REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_hours_new('listener');

CREATE TRIGGER note_dirty_insert AFTER INSERT ON public.listener_metrics REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_metric_days();

CREATE TRIGGER note_dirty_update AFTER UPDATE ON public.listener_metrics REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION internal.note_dirty_metric_days();

CREATE TRIGGER note_other_goal AFTER UPDATE OF conversion_type ON public.campaigns FOR EACH ROW WHEN ((old.conversion_type IS DISTINCT FROM new.conversion_type)) EXECUTE FUNCTION internal.note_other_goal();

CREATE TRIGGER require_campaign_of_event AFTER INSERT OR UPDATE OF tenant_id, campaign_id, conversion_event_id, converted_at ON public.attribution_paths FOR EACH ROW EXECUTE FUNCTION internal.require_campaign_of_event();

CREATE TRIGGER require_known_variant BEFORE INSERT OR UPDATE ON public.experiment_assignments FOR EACH ROW EXECUTE FUNCTION internal.require_known_variant();

CREATE TRIGGER require_own_campaigns BEFORE INSERT OR UPDATE OF tenant_id, campaign_ids ON public.share_links FOR EACH ROW EXECUTE FUNCTION internal.require_own_campaigns();

CREATE TRIGGER require_own_podcasts BEFORE INSERT OR UPDATE OF tenant_id, podcast_ids ON public.report_schedules FOR EACH ROW EXECUTE FUNCTION internal.require_own_podcasts();

CREATE TRIGGER require_own_podcasts BEFORE INSERT OR UPDATE OF tenant_id, podcast_ids ON public.reports FOR EACH ROW EXECUTE FUNCTION internal.require_own_podcasts();

CREATE TRIGGER require_own_podcasts BEFORE INSERT OR UPDATE OF tenant_id, podcast_ids ON public.share_links FOR EACH ROW EXECUTE FUNCTION internal.require_own_podcasts();

CREATE TRIGGER require_own_resource BEFORE INSERT OR UPDATE OF tenant_id, resource_type, resource_id ON public.resource_ownership FOR EACH ROW EXECUTE FUNCTION internal.require_own_resource();

CREATE TRIGGER require_own_subjects AFTER INSERT OR UPDATE OF tenant_id, configuration ON public.integrations FOR EACH ROW WHEN ((new.configuration ?| ARRAY['podcast_ids'::text, 'sponsor_ids'::text])) EXECUTE FUNCTION internal.require_own_subjects();

CREATE TRIGGER spend_ai_tokens AFTER INSERT ON public.ai_token_usage FOR EACH ROW EXECUTE FUNCTION internal.spend_ai_tokens();

CREATE TRIGGER stamp_stage_change BEFORE UPDATE OF stage ON public.campaigns FOR EACH ROW EXECUTE FUNCTION internal.stamp_stage_change();

CREATE TRIGGER take_campaign_of_event BEFORE INSERT OR UPDATE ON public.attribution_event_metadata FOR EACH ROW EXECUTE FUNCTION internal.take_campaign_of_event('event_id');

CREATE TRIGGER take_campaign_of_event BEFORE INSERT OR UPDATE ON public.attribution_validations FOR EACH ROW EXECUTE FUNCTION internal.take_campaign_of_event('attribution_event_id');

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.access_control_policies FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.ad_units FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.affiliates FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.agencies FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.ai_token_balances FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.alert_rules FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.alerts FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.annotations FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.api_keys FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.attribution_analytics FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.attribution_event_metadata FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.attribution_models FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.attribution_paths FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.attribution_validations FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.backup_records FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.billing_transactions FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.campaign_links FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.campaigns FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.counting_methods FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.counting_windows FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.email_verification_tokens FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.episodes FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.etl_imports FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.experiment_assignments FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.experiments FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.failover_events FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.gdpr_requests FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.import_columns FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.integration_sync_logs FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.integration_tokens FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.integrations FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.io_bookings FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.job_runs FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.login_attempts FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.marketplace_listings FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.matches FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.onboarding_progress FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.onboarding_steps FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.partner_integrations FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.partners FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.password_reset_tokens FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.permissions FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.podcast_feeds FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.podcasts FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.recovery_procedures FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.referral_commissions FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.referrals FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.refresh_tokens FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.replication_status FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.report_deliveries FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.report_recipients FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.report_schedules FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.reports FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.resource_ownership FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.retention_curves FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.roles FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.saved_views FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.sessions FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.share_links FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.sponsors FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.subscription_tiers FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.tenant_quotas FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.tenant_settings FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.tenants FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.transcript_links FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.transcripts FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.user_email_preferences FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.user_metrics FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.user_roles FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.webhooks FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.white_label_settings FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.worker_heartbeats FOR EACH ROW EXECUTE FUNCTION internal.touch_updated_at();

ALTER TABLE ONLY internal.names
    ADD CONSTRAINT names_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY internal.quota_gates
    ADD CONSTRAINT quota_gates_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY internal.report_queue
    ADD CONSTRAINT report_queue_report_id_fkey FOREIGN KEY (report_id) REFERENCES public.reports(id) ON DELETE CASCADE;

ALTER TABLE ONLY internal.tenant_directory
    ADD CONSTRAINT tenant_directory_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY internal.transcript_search
    ADD CONSTRAINT transcript_search_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.transcripts(tenant_id, episode_id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE ONLY public.access_control_policies
    ADD CONSTRAINT access_control_policies_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (created_by);

ALTER TABLE ONLY public.access_control_policies
    ADD CONSTRAINT access_control_policies_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.access_logs
    ADD CONSTRAINT access_logs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.access_logs
    ADD CONSTRAINT access_logs_user_of_tenant FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (user_id);

ALTER TABLE ONLY public.ad_units
    ADD CONSTRAINT ad_units_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.ad_units
    ADD CONSTRAINT ad_units_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.episodes(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.ad_units
    ADD CONSTRAINT ad_units_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.affiliates
    ADD CONSTRAINT affiliates_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.agencies
    ADD CONSTRAINT agencies_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_token_balances
    ADD CONSTRAINT ai_token_balances_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_token_balances
    ADD CONSTRAINT ai_token_balances_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_token_usage
    ADD CONSTRAINT ai_token_usage_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.ai_token_usage
    ADD CONSTRAINT ai_token_usage_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (user_id);

ALTER TABLE ONLY public.alert_rules
    ADD CONSTRAINT alert_rules_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.alert_rules
    ADD CONSTRAINT alert_rules_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.alert_rules
    ADD CONSTRAINT alert_rules_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.episodes(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.alert_rules
    ADD CONSTRAINT alert_rules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.alert_rules
    ADD CONSTRAINT alert_rules_tenant_id_podcast_id_fkey FOREIGN KEY (tenant_id, podcast_id) REFERENCES public.podcasts(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_tenant_id_acknowledged_by_fkey FOREIGN KEY (tenant_id, acknowledged_by) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (acknowledged_by);

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_tenant_id_rule_id_fkey FOREIGN KEY (tenant_id, rule_id) REFERENCES public.alert_rules(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.annotations
    ADD CONSTRAINT annotations_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.annotations
    ADD CONSTRAINT annotations_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.annotations
    ADD CONSTRAINT annotations_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.episodes(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.annotations
    ADD CONSTRAINT annotations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.annotations
    ADD CONSTRAINT annotations_tenant_id_podcast_id_fkey FOREIGN KEY (tenant_id, podcast_id) REFERENCES public.podcasts(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.api_usage
    ADD CONSTRAINT api_usage_tenant_id_api_key_id_fkey FOREIGN KEY (tenant_id, api_key_id) REFERENCES public.api_keys(tenant_id, id) ON DELETE SET NULL (api_key_id);

ALTER TABLE ONLY public.api_usage
    ADD CONSTRAINT api_usage_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.api_usage
    ADD CONSTRAINT api_usage_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (user_id);

ALTER TABLE ONLY public.attribution_analytics
    ADD CONSTRAINT attribution_analytics_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.attribution_analytics
    ADD CONSTRAINT attribution_analytics_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.attribution_event_metadata
    ADD CONSTRAINT attribution_event_metadata_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.attribution_event_metadata
    ADD CONSTRAINT attribution_event_metadata_tenant_id_event_id_event_occurr_fkey FOREIGN KEY (tenant_id, event_id, event_occurred_at) REFERENCES public.attribution_events(tenant_id, id, occurred_at) ON DELETE CASCADE;

ALTER TABLE ONLY public.attribution_event_metadata
    ADD CONSTRAINT attribution_event_metadata_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE public.attribution_events
    ADD CONSTRAINT attribution_events_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE public.attribution_events
    ADD CONSTRAINT attribution_events_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.episodes(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE public.attribution_events
    ADD CONSTRAINT attribution_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.attribution_models
    ADD CONSTRAINT attribution_models_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.attribution_paths
    ADD CONSTRAINT attribution_paths_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.attribution_paths
    ADD CONSTRAINT attribution_paths_tenant_id_conversion_event_id_converted__fkey FOREIGN KEY (tenant_id, conversion_event_id, converted_at) REFERENCES public.attribution_events(tenant_id, id, occurred_at) ON DELETE CASCADE;

ALTER TABLE ONLY public.attribution_paths
    ADD CONSTRAINT attribution_paths_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.attribution_states
    ADD CONSTRAINT attribution_states_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.attribution_validations
    ADD CONSTRAINT attribution_validations_tenant_id_attribution_event_id_eve_fkey FOREIGN KEY (tenant_id, attribution_event_id, event_occurred_at) REFERENCES public.attribution_events(tenant_id, id, occurred_at) ON DELETE CASCADE;

ALTER TABLE ONLY public.attribution_validations
    ADD CONSTRAINT attribution_validations_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.attribution_validations
    ADD CONSTRAINT attribution_validations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.audit_logs
    ADD CONSTRAINT audit_logs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.audit_logs
    ADD CONSTRAINT audit_logs_user_of_tenant FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (user_id);

ALTER TABLE ONLY public.backup_records
    ADD CONSTRAINT backup_records_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.billing_transactions
    ADD CONSTRAINT billing_transactions_subscription_tier_id_fkey FOREIGN KEY (subscription_tier_id) REFERENCES public.subscription_tiers(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.billing_transactions
    ADD CONSTRAINT billing_transactions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.billing_transactions
    ADD CONSTRAINT billing_transactions_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (user_id);

ALTER TABLE ONLY public.campaign_links
    ADD CONSTRAINT campaign_links_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.campaign_links
    ADD CONSTRAINT campaign_links_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_tenant_id_sponsor_id_fkey FOREIGN KEY (tenant_id, sponsor_id) REFERENCES public.sponsors(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.churn_events
    ADD CONSTRAINT churn_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.churn_events
    ADD CONSTRAINT churn_events_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (user_id);

ALTER TABLE ONLY public.conversion_orders
    ADD CONSTRAINT conversion_orders_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.conversion_orders
    ADD CONSTRAINT conversion_orders_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.counting_methods
    ADD CONSTRAINT counting_methods_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.counting_windows
    ADD CONSTRAINT counting_windows_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.episodes(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.counting_windows
    ADD CONSTRAINT counting_windows_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.email_verification_tokens
    ADD CONSTRAINT email_verification_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.email_verification_tokens
    ADD CONSTRAINT email_verification_tokens_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.email_verification_tokens
    ADD CONSTRAINT email_verification_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.episodes
    ADD CONSTRAINT episodes_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.episodes
    ADD CONSTRAINT episodes_tenant_id_podcast_id_fkey FOREIGN KEY (tenant_id, podcast_id) REFERENCES public.podcasts(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.etl_imports
    ADD CONSTRAINT etl_imports_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES public.users(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.etl_imports
    ADD CONSTRAINT etl_imports_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE public.excluded_requests
    ADD CONSTRAINT excluded_requests_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.episodes(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE public.excluded_requests
    ADD CONSTRAINT excluded_requests_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE public.excluded_requests
    ADD CONSTRAINT excluded_requests_tenant_id_import_id_fkey FOREIGN KEY (tenant_id, import_id) REFERENCES public.etl_imports(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.excluded_visits
    ADD CONSTRAINT excluded_visits_import FOREIGN KEY (tenant_id, import_id) REFERENCES public.etl_imports(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.excluded_visits
    ADD CONSTRAINT excluded_visits_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.excluded_visits
    ADD CONSTRAINT excluded_visits_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.experiment_assignments
    ADD CONSTRAINT experiment_assignments_tenant_id_experiment_id_fkey FOREIGN KEY (tenant_id, experiment_id) REFERENCES public.experiments(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.experiment_assignments
    ADD CONSTRAINT experiment_assignments_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.experiment_assignments
    ADD CONSTRAINT experiment_assignments_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.experiment_events
    ADD CONSTRAINT experiment_events_tenant_id_experiment_id_fkey FOREIGN KEY (tenant_id, experiment_id) REFERENCES public.experiments(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.experiment_events
    ADD CONSTRAINT experiment_events_tenant_id_experiment_id_user_id_fkey FOREIGN KEY (tenant_id, experiment_id, user_id) REFERENCES public.experiment_assignments(tenant_id, experiment_id, user_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.experiment_events
    ADD CONSTRAINT experiment_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.experiment_events
    ADD CONSTRAINT experiment_events_user_of_tenant FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.experiments
    ADD CONSTRAINT experiments_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.gdpr_requests
    ADD CONSTRAINT gdpr_requests_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.gdpr_requests
    ADD CONSTRAINT gdpr_requests_tenant_id_handled_by_fkey FOREIGN KEY (tenant_id, handled_by) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (handled_by);

ALTER TABLE ONLY public.gdpr_requests
    ADD CONSTRAINT gdpr_requests_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (user_id);

ALTER TABLE ONLY public.import_columns
    ADD CONSTRAINT import_columns_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.import_refusals
    ADD CONSTRAINT import_refusals_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.import_refusals
    ADD CONSTRAINT import_refusals_tenant_id_import_id_fkey FOREIGN KEY (tenant_id, import_id) REFERENCES public.etl_imports(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.integration_sync_logs
    ADD CONSTRAINT integration_sync_logs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.integration_sync_logs
    ADD CONSTRAINT integration_sync_logs_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id) REFERENCES public.integrations(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.integration_tokens
    ADD CONSTRAINT integration_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.integration_tokens
    ADD CONSTRAINT integration_tokens_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id) REFERENCES public.integrations(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.integrations
    ADD CONSTRAINT integrations_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (created_by);

ALTER TABLE ONLY public.integrations
    ADD CONSTRAINT integrations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.io_bookings
    ADD CONSTRAINT io_bookings_sponsor_of_tenant FOREIGN KEY (tenant_id, sponsor_id) REFERENCES public.sponsors(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.io_bookings
    ADD CONSTRAINT io_bookings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.io_bookings
    ADD CONSTRAINT io_bookings_tenant_id_sponsor_id_campaign_id_fkey FOREIGN KEY (tenant_id, sponsor_id, campaign_id) REFERENCES public.campaigns(tenant_id, sponsor_id, id) ON DELETE RESTRICT;

ALTER TABLE public.listener_events
    ADD CONSTRAINT listener_events_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.episodes(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE public.listener_events
    ADD CONSTRAINT listener_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.listener_keys
    ADD CONSTRAINT listener_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE public.listener_metrics
    ADD CONSTRAINT listener_metrics_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.episodes(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE public.listener_metrics
    ADD CONSTRAINT listener_metrics_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.marketplace_listings
    ADD CONSTRAINT marketplace_listings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.marketplace_listings
    ADD CONSTRAINT marketplace_listings_tenant_id_podcast_id_fkey FOREIGN KEY (tenant_id, podcast_id) REFERENCES public.podcasts(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.marketplace_revenue
    ADD CONSTRAINT marketplace_revenue_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.marketplace_revenue
    ADD CONSTRAINT marketplace_revenue_tenant_id_listing_id_fkey FOREIGN KEY (tenant_id, listing_id) REFERENCES public.marketplace_listings(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.matches
    ADD CONSTRAINT matches_tenant_id_advertiser_id_campaign_id_fkey FOREIGN KEY (tenant_id, advertiser_id, campaign_id) REFERENCES public.campaigns(tenant_id, sponsor_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.matches
    ADD CONSTRAINT matches_tenant_id_advertiser_id_fkey FOREIGN KEY (tenant_id, advertiser_id) REFERENCES public.sponsors(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.matches
    ADD CONSTRAINT matches_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.matches
    ADD CONSTRAINT matches_tenant_id_podcast_id_fkey FOREIGN KEY (tenant_id, podcast_id) REFERENCES public.podcasts(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.onboarding_progress
    ADD CONSTRAINT onboarding_progress_step_id_fkey FOREIGN KEY (step_id) REFERENCES public.onboarding_steps(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.onboarding_progress
    ADD CONSTRAINT onboarding_progress_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.onboarding_progress
    ADD CONSTRAINT onboarding_progress_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.partner_integrations
    ADD CONSTRAINT partner_integrations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.partner_integrations
    ADD CONSTRAINT partner_integrations_tenant_id_partner_id_fkey FOREIGN KEY (tenant_id, partner_id) REFERENCES public.partners(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.partners
    ADD CONSTRAINT partners_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.password_reset_tokens
    ADD CONSTRAINT password_reset_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.password_reset_tokens
    ADD CONSTRAINT password_reset_tokens_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.password_reset_tokens
    ADD CONSTRAINT password_reset_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.podcast_feeds
    ADD CONSTRAINT podcast_feeds_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.podcast_feeds
    ADD CONSTRAINT podcast_feeds_tenant_id_podcast_id_fkey FOREIGN KEY (tenant_id, podcast_id) REFERENCES public.podcasts(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.podcast_sources
    ADD CONSTRAINT podcast_sources_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.podcast_sources
    ADD CONSTRAINT podcast_sources_tenant_id_podcast_id_fkey FOREIGN KEY (tenant_id, podcast_id) REFERENCES public.podcasts(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.podcasts
    ADD CONSTRAINT podcasts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.referral_commissions
    ADD CONSTRAINT referral_commissions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.referral_commissions
    ADD CONSTRAINT referral_commissions_tenant_id_referral_id_fkey FOREIGN KEY (tenant_id, referral_id) REFERENCES public.referrals(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.referrals
    ADD CONSTRAINT referrals_tenant_id_referrer_id_fkey FOREIGN KEY (tenant_id, referrer_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_user_id_family_id_replaced_by_fkey FOREIGN KEY (user_id, family_id, replaced_by) REFERENCES public.refresh_tokens(user_id, family_id, id) ON DELETE SET NULL (replaced_by) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.report_deliveries
    ADD CONSTRAINT report_deliveries_recipient_of_schedule FOREIGN KEY (tenant_id, schedule_id, recipient_id) REFERENCES public.report_recipients(tenant_id, schedule_id, id) ON DELETE SET NULL (recipient_id);

ALTER TABLE ONLY public.report_deliveries
    ADD CONSTRAINT report_deliveries_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.report_deliveries
    ADD CONSTRAINT report_deliveries_tenant_id_report_id_fkey FOREIGN KEY (tenant_id, report_id) REFERENCES public.reports(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.report_deliveries
    ADD CONSTRAINT report_deliveries_tenant_id_schedule_id_fkey FOREIGN KEY (tenant_id, schedule_id) REFERENCES public.report_schedules(tenant_id, id) ON DELETE SET NULL (schedule_id);

ALTER TABLE ONLY public.report_recipients
    ADD CONSTRAINT report_recipients_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.report_recipients
    ADD CONSTRAINT report_recipients_tenant_id_schedule_id_fkey FOREIGN KEY (tenant_id, schedule_id) REFERENCES public.report_schedules(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.report_recipients
    ADD CONSTRAINT report_recipients_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.report_recipients
    ADD CONSTRAINT report_recipients_tenant_id_webhook_id_fkey FOREIGN KEY (tenant_id, webhook_id) REFERENCES public.webhooks(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.report_schedules
    ADD CONSTRAINT report_schedules_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.report_schedules
    ADD CONSTRAINT report_schedules_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES public.users(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.report_schedules
    ADD CONSTRAINT report_schedules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_tenant_id_campaign_id_fkey FOREIGN KEY (tenant_id, campaign_id) REFERENCES public.campaigns(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES public.users(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.resource_ownership
    ADD CONSTRAINT resource_ownership_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.resource_ownership
    ADD CONSTRAINT resource_ownership_tenant_id_owner_id_fkey FOREIGN KEY (tenant_id, owner_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.retention_curves
    ADD CONSTRAINT retention_curves_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.episodes(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.retention_curves
    ADD CONSTRAINT retention_curves_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.retention_curves
    ADD CONSTRAINT retention_curves_tenant_id_import_id_fkey FOREIGN KEY (tenant_id, import_id) REFERENCES public.etl_imports(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.role_permissions
    ADD CONSTRAINT role_permissions_permission_id_fkey FOREIGN KEY (permission_id) REFERENCES public.permissions(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.role_permissions
    ADD CONSTRAINT role_permissions_role_id_fkey FOREIGN KEY (role_id) REFERENCES public.roles(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.role_permissions
    ADD CONSTRAINT role_permissions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.role_permissions
    ADD CONSTRAINT role_permissions_tenant_id_role_id_fkey FOREIGN KEY (tenant_id, role_id) REFERENCES public.roles(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.rollup_states
    ADD CONSTRAINT rollup_states_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.saved_views
    ADD CONSTRAINT saved_views_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.saved_views
    ADD CONSTRAINT saved_views_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.security_events
    ADD CONSTRAINT security_events_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.security_events
    ADD CONSTRAINT security_events_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (user_id);

ALTER TABLE ONLY public.security_events
    ADD CONSTRAINT security_events_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.share_link_views
    ADD CONSTRAINT share_link_views_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.share_link_views
    ADD CONSTRAINT share_link_views_tenant_id_share_link_id_fkey FOREIGN KEY (tenant_id, share_link_id) REFERENCES public.share_links(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.share_links
    ADD CONSTRAINT share_links_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.share_links
    ADD CONSTRAINT share_links_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.share_links
    ADD CONSTRAINT share_links_tenant_id_report_id_fkey FOREIGN KEY (tenant_id, report_id) REFERENCES public.reports(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sponsors
    ADD CONSTRAINT sponsors_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.tenant_quotas
    ADD CONSTRAINT tenant_quotas_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tenant_settings
    ADD CONSTRAINT tenant_settings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.transcript_links
    ADD CONSTRAINT transcript_links_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.episodes(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.transcript_links
    ADD CONSTRAINT transcript_links_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.transcripts
    ADD CONSTRAINT transcripts_tenant_id_episode_id_fkey FOREIGN KEY (tenant_id, episode_id) REFERENCES public.episodes(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.transcripts
    ADD CONSTRAINT transcripts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.user_email_preferences
    ADD CONSTRAINT user_email_preferences_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_email_preferences
    ADD CONSTRAINT user_email_preferences_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_email_preferences
    ADD CONSTRAINT user_email_preferences_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_metrics
    ADD CONSTRAINT user_metrics_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_metrics
    ADD CONSTRAINT user_metrics_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_metrics
    ADD CONSTRAINT user_metrics_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_assigned_by_of_tenant FOREIGN KEY (tenant_id, assigned_by) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (assigned_by);

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_role_id_fkey FOREIGN KEY (role_id) REFERENCES public.roles(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_tenant_id_role_id_fkey FOREIGN KEY (tenant_id, role_id) REFERENCES public.roles(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES public.users(tenant_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES public.users(tenant_id, id) ON DELETE SET NULL (created_by);

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id) REFERENCES public.integrations(tenant_id, id) ON DELETE RESTRICT;

ALTER TABLE ONLY public.white_label_settings
    ADD CONSTRAINT white_label_settings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES public.tenants(id) ON DELETE CASCADE;

ALTER TABLE public.access_control_policies ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.access_logs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ad_units ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.affiliates ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.agencies ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_token_balances ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ai_token_usage ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.alert_rules ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.alerts ENABLE ROW LEVEL SECURITY;

CREATE POLICY annotation_scope ON public.annotations AS RESTRICTIVE TO podboard_web, podboard_worker USING ((((campaign_id IS NULL) OR ( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))) AND ((podcast_id IS NULL) OR ( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (podcast_id IN ( SELECT public.app_podcasts() AS app_podcasts))) AND ((episode_id IS NULL) OR ( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes)))));

ALTER TABLE public.annotations ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.api_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.api_usage ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attribution_analytics ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attribution_event_metadata ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attribution_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attribution_models ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attribution_paths ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attribution_states ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attribution_validations ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_logs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.backup_records ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.billing_transactions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.campaign_links ENABLE ROW LEVEL SECURITY;

CREATE POLICY campaign_scope ON public.ad_units AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.attribution_analytics AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.attribution_event_metadata AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.attribution_events AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.attribution_paths AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.attribution_validations AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.campaign_links AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.campaigns AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR
CASE
    WHEN ( SELECT public.app_sees_other_campaigns() AS app_sees_other_campaigns) THEN ((NOT (id IN ( SELECT public.app_kept_from_campaigns() AS app_kept_from_campaigns))) AND (NOT (sponsor_id IN ( SELECT public.app_kept_from_campaigns() AS app_kept_from_campaigns))))
    ELSE (id IN ( SELECT public.app_campaigns() AS app_campaigns))
END));

CREATE POLICY campaign_scope ON public.excluded_visits AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.io_bookings AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.matches AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))));

CREATE POLICY campaign_scope ON public.sponsors AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR
CASE
    WHEN ( SELECT public.app_sees_other_campaigns() AS app_sees_other_campaigns) THEN (NOT (id IN ( SELECT public.app_kept_from_campaigns() AS app_kept_from_campaigns)))
    ELSE (id IN ( SELECT public.app_sponsors() AS app_sponsors))
END));

ALTER TABLE public.campaigns ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.churn_events ENABLE ROW LEVEL SECURITY;

CREATE POLICY cleared_by_the_worker ON public.login_attempts TO podboard_worker USING (true) WITH CHECK (true);

ALTER TABLE public.conversion_orders ENABLE ROW LEVEL SECURITY;

CREATE POLICY count_at_the_door ON public.login_attempts FOR INSERT TO podboard_web WITH CHECK ((( SELECT public.app_user() AS app_user) IS NULL));

CREATE POLICY count_on_at_the_door ON public.login_attempts FOR UPDATE TO podboard_web USING ((( SELECT public.app_user() AS app_user) IS NULL)) WITH CHECK ((( SELECT public.app_user() AS app_user) IS NULL));

CREATE POLICY counted_at_the_door ON public.login_attempts FOR SELECT TO podboard_web USING ((( SELECT public.app_user() AS app_user) IS NULL));

ALTER TABLE public.counting_methods ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.counting_windows ENABLE ROW LEVEL SECURITY;

CREATE POLICY delete_rights ON public.access_control_policies AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.ad_units AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (campaign_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((campaign_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY delete_rights ON public.affiliates AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.agencies AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.ai_token_balances AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.ai_token_usage AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('no person'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.alert_rules AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (created_by = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.annotations AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (((created_by = ( SELECT public.app_user() AS app_user)) OR ((visibility <> 'own'::text) AND ( SELECT public.app_may('settings.manage'::text) AS app_may)) OR ( SELECT public.app_may('no person'::text) AS app_may)));

CREATE POLICY delete_rights ON public.api_keys AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('keys.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.api_usage AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('no person'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.attribution_analytics AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY delete_rights ON public.attribution_event_metadata AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.attribution_events AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.attribution_models AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.attribution_paths AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY delete_rights ON public.attribution_validations AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY delete_rights ON public.backup_records AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY delete_rights ON public.billing_transactions AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY delete_rights ON public.campaign_links AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('campaigns.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.campaigns AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR ((id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted)) OR (sponsor_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted)))) AND (((id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) OR (sponsor_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied))) IS NOT TRUE)));

CREATE POLICY delete_rights ON public.churn_events AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('billing.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.conversion_orders AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.counting_methods AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.counting_windows AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY delete_rights ON public.email_verification_tokens AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.episodes AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('catalogue.manage'::text) AS app_may) OR (podcast_id IN ( SELECT public.app_granted('catalogue.manage'::text) AS app_granted))) AND ((podcast_id IN ( SELECT public.app_denied('catalogue.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY delete_rights ON public.etl_imports AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.excluded_requests AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.excluded_visits AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.experiment_assignments AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.experiment_events AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.experiments AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.import_columns AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.import_refusals AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.integration_sync_logs AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.integration_tokens AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.integrations AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.io_bookings AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (campaign_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((campaign_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY delete_rights ON public.listener_events AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.listener_keys AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY delete_rights ON public.listener_metrics AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY delete_rights ON public.marketplace_listings AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('marketplace.manage'::text) AS app_may) OR (podcast_id IN ( SELECT public.app_granted('marketplace.manage'::text) AS app_granted))) AND ((podcast_id IN ( SELECT public.app_denied('marketplace.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY delete_rights ON public.marketplace_revenue AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('marketplace.manage'::text) AS app_may) OR (listing_id IN ( SELECT l.id
   FROM public.marketplace_listings l
  WHERE (l.podcast_id IN ( SELECT public.app_granted('marketplace.manage'::text) AS app_granted))))) AND ((listing_id IN ( SELECT l.id
   FROM public.marketplace_listings l
  WHERE (l.podcast_id IN ( SELECT public.app_denied('marketplace.manage'::text) AS app_denied)))) IS NOT TRUE)));

CREATE POLICY delete_rights ON public.matches AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (campaign_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((campaign_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY delete_rights ON public.onboarding_progress AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.partner_integrations AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.partners AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.password_reset_tokens AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.podcast_feeds AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.podcast_sources AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.podcasts AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('catalogue.manage'::text) AS app_may) OR (id IN ( SELECT public.app_granted('catalogue.manage'::text) AS app_granted))) AND ((id IN ( SELECT public.app_denied('catalogue.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY delete_rights ON public.referral_commissions AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.referrals AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.refresh_tokens AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.report_deliveries AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY delete_rights ON public.report_recipients AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('reports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.report_schedules AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('reports.create'::text) AS app_may) OR ((id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR (campaign_id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR ((podcast_ids <> '{}'::uuid[]) AND (podcast_ids <@ ARRAY( SELECT public.app_granted('reports.create'::text) AS app_granted))))) AND (((id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (campaign_id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (podcast_ids && ARRAY( SELECT public.app_denied('reports.create'::text) AS app_denied))) IS NOT TRUE)));

CREATE POLICY delete_rights ON public.reports AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('reports.create'::text) AS app_may) OR ((id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR (campaign_id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR ((podcast_ids <> '{}'::uuid[]) AND (podcast_ids <@ ARRAY( SELECT public.app_granted('reports.create'::text) AS app_granted))))) AND (((id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (campaign_id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (podcast_ids && ARRAY( SELECT public.app_denied('reports.create'::text) AS app_denied))) IS NOT TRUE)));

CREATE POLICY delete_rights ON public.resource_ownership AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.retention_curves AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.role_permissions AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.roles AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.saved_views AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (((user_id = ( SELECT public.app_user() AS app_user)) OR ( SELECT public.app_may('no person'::text) AS app_may) OR ((visibility = 'team'::text) AND ( SELECT public.app_may('settings.manage'::text) AS app_may))));

CREATE POLICY delete_rights ON public.sessions AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.share_links AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (created_by = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.sponsors AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY delete_rights ON public.tenant_quotas AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY delete_rights ON public.tenant_settings AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.tenants AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.transcript_links AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY delete_rights ON public.transcripts AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('catalogue.manage'::text) AS app_may) OR (episode_id IN ( SELECT e.id
   FROM public.episodes e
  WHERE (e.podcast_id IN ( SELECT public.app_granted('catalogue.manage'::text) AS app_granted))))) AND ((episode_id IN ( SELECT e.id
   FROM public.episodes e
  WHERE (e.podcast_id IN ( SELECT public.app_denied('catalogue.manage'::text) AS app_denied)))) IS NOT TRUE)));

CREATE POLICY delete_rights ON public.user_email_preferences AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.user_metrics AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY delete_rights ON public.user_roles AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.users AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY delete_rights ON public.webhooks AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY delete_rights ON public.white_label_settings AS RESTRICTIVE FOR DELETE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may));

ALTER TABLE public.email_verification_tokens ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.episodes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.etl_imports ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.excluded_requests ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.excluded_visits ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.experiment_assignments ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.experiment_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.experiments ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.failover_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.gdpr_requests ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_columns ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_refusals ENABLE ROW LEVEL SECURITY;

CREATE POLICY insert_rights ON public.access_control_policies AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.ad_units AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (campaign_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((campaign_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY insert_rights ON public.affiliates AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.agencies AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.ai_token_balances AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.ai_token_usage AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('no person'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY insert_rights ON public.alerts AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.annotations AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((created_by = ( SELECT public.app_user() AS app_user)) OR ( SELECT public.app_may('no person'::text) AS app_may)));

CREATE POLICY insert_rights ON public.api_keys AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('keys.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.api_usage AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('no person'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY insert_rights ON public.attribution_analytics AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.attribution_event_metadata AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.attribution_events AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.attribution_models AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.attribution_paths AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.attribution_validations AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.backup_records AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.billing_transactions AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.campaign_links AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('campaigns.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.campaigns AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR ((id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted)) OR (sponsor_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted)))) AND (((id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) OR (sponsor_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied))) IS NOT TRUE)));

CREATE POLICY insert_rights ON public.churn_events AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('billing.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY insert_rights ON public.conversion_orders AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.counting_methods AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.counting_windows AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.email_verification_tokens AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY insert_rights ON public.episodes AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_may('catalogue.manage'::text) AS app_may) OR (podcast_id IN ( SELECT public.app_granted('catalogue.manage'::text) AS app_granted))) AND ((podcast_id IN ( SELECT public.app_denied('catalogue.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY insert_rights ON public.etl_imports AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.excluded_requests AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.excluded_visits AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.experiment_assignments AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.experiment_events AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY insert_rights ON public.experiments AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.gdpr_requests AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR ((user_id = ( SELECT public.app_user() AS app_user)) AND (status = 'received'::text) AND (handled_by IS NULL))));

CREATE POLICY insert_rights ON public.import_columns AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.import_refusals AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.integration_sync_logs AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.integration_tokens AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.integrations AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.io_bookings AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (campaign_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((campaign_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY insert_rights ON public.listener_events AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.listener_keys AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.listener_metrics AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.marketplace_listings AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_may('marketplace.manage'::text) AS app_may) OR (podcast_id IN ( SELECT public.app_granted('marketplace.manage'::text) AS app_granted))) AND ((podcast_id IN ( SELECT public.app_denied('marketplace.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY insert_rights ON public.marketplace_revenue AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_may('marketplace.manage'::text) AS app_may) OR (listing_id IN ( SELECT l.id
   FROM public.marketplace_listings l
  WHERE (l.podcast_id IN ( SELECT public.app_granted('marketplace.manage'::text) AS app_granted))))) AND ((listing_id IN ( SELECT l.id
   FROM public.marketplace_listings l
  WHERE (l.podcast_id IN ( SELECT public.app_denied('marketplace.manage'::text) AS app_denied)))) IS NOT TRUE)));

CREATE POLICY insert_rights ON public.matches AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (campaign_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((campaign_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY insert_rights ON public.onboarding_progress AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY insert_rights ON public.partner_integrations AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.partners AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.password_reset_tokens AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY insert_rights ON public.podcast_feeds AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.podcast_sources AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.podcasts AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_may('catalogue.manage'::text) AS app_may) OR (id IN ( SELECT public.app_granted('catalogue.manage'::text) AS app_granted))) AND ((id IN ( SELECT public.app_denied('catalogue.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY insert_rights ON public.referral_commissions AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.referrals AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('billing.manage'::text) AS app_may) OR ((referrer_id = ( SELECT public.app_user() AS app_user)) AND (status = 'invited'::text))));

CREATE POLICY insert_rights ON public.refresh_tokens AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY insert_rights ON public.report_deliveries AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.report_recipients AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('reports.create'::text) AS app_may) AND ((webhook_id IS NULL) OR ( SELECT public.app_may('integrations.manage'::text) AS app_may))));

CREATE POLICY insert_rights ON public.report_schedules AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_may('reports.create'::text) AS app_may) OR ((id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR (campaign_id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR ((podcast_ids <> '{}'::uuid[]) AND (podcast_ids <@ ARRAY( SELECT public.app_granted('reports.create'::text) AS app_granted))))) AND (((id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (campaign_id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (podcast_ids && ARRAY( SELECT public.app_denied('reports.create'::text) AS app_denied))) IS NOT TRUE)));

CREATE POLICY insert_rights ON public.reports AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_may('reports.create'::text) AS app_may) OR ((id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR (campaign_id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR ((podcast_ids <> '{}'::uuid[]) AND (podcast_ids <@ ARRAY( SELECT public.app_granted('reports.create'::text) AS app_granted))))) AND (((id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (campaign_id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (podcast_ids && ARRAY( SELECT public.app_denied('reports.create'::text) AS app_denied))) IS NOT TRUE)));

CREATE POLICY insert_rights ON public.resource_ownership AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.retention_curves AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.role_permissions AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.roles AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.saved_views AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((user_id = ( SELECT public.app_user() AS app_user)) OR ( SELECT public.app_may('no person'::text) AS app_may)));

CREATE POLICY insert_rights ON public.sessions AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY insert_rights ON public.share_link_views AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.share_links AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (created_by = ( SELECT public.app_user() AS app_user))));

CREATE POLICY insert_rights ON public.sponsors AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY insert_rights ON public.tenant_quotas AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.tenant_settings AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.tenants AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.transcript_links AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY insert_rights ON public.transcripts AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_may('catalogue.manage'::text) AS app_may) OR (episode_id IN ( SELECT e.id
   FROM public.episodes e
  WHERE (e.podcast_id IN ( SELECT public.app_granted('catalogue.manage'::text) AS app_granted))))) AND ((episode_id IN ( SELECT e.id
   FROM public.episodes e
  WHERE (e.podcast_id IN ( SELECT public.app_denied('catalogue.manage'::text) AS app_denied)))) IS NOT TRUE)));

CREATE POLICY insert_rights ON public.user_email_preferences AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY insert_rights ON public.user_metrics AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY insert_rights ON public.user_roles AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.users AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY insert_rights ON public.webhooks AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY insert_rights ON public.white_label_settings AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

ALTER TABLE public.integration_sync_logs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integration_tokens ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.integrations ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.io_bookings ENABLE ROW LEVEL SECURITY;

CREATE POLICY link_readable ON public.share_link_views AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((share_link_id IN ( SELECT l.id
   FROM public.share_links l)));

ALTER TABLE public.listener_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.listener_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.listener_metrics ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.login_attempts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.marketplace_listings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.marketplace_revenue ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.matches ENABLE ROW LEVEL SECURITY;

CREATE POLICY names_its_person ON public.access_logs AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_user() AS app_user) IS NULL) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY names_its_person ON public.audit_logs AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_user() AS app_user) IS NULL) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY names_its_person ON public.security_events AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_user() AS app_user) IS NULL) OR (user_id = ( SELECT public.app_user() AS app_user))));

ALTER TABLE public.onboarding_progress ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.onboarding_steps ENABLE ROW LEVEL SECURITY;

CREATE POLICY operator_write ON public.failover_events TO podboard_web, podboard_worker USING (( SELECT public.app_is_operator() AS app_is_operator)) WITH CHECK (( SELECT public.app_is_operator() AS app_is_operator));

CREATE POLICY operator_write ON public.onboarding_steps TO podboard_web, podboard_worker USING (( SELECT public.app_is_operator() AS app_is_operator)) WITH CHECK (( SELECT public.app_is_operator() AS app_is_operator));

CREATE POLICY operator_write ON public.permissions TO podboard_web, podboard_worker USING (( SELECT public.app_is_operator() AS app_is_operator)) WITH CHECK (( SELECT public.app_is_operator() AS app_is_operator));

CREATE POLICY operator_write ON public.recovery_procedures TO podboard_web, podboard_worker USING (( SELECT public.app_is_operator() AS app_is_operator)) WITH CHECK (( SELECT public.app_is_operator() AS app_is_operator));

CREATE POLICY operator_write ON public.replication_status TO podboard_web, podboard_worker USING (( SELECT public.app_is_operator() AS app_is_operator)) WITH CHECK (( SELECT public.app_is_operator() AS app_is_operator));

CREATE POLICY operator_write ON public.subscription_tiers TO podboard_web, podboard_worker USING (( SELECT public.app_is_operator() AS app_is_operator)) WITH CHECK (( SELECT public.app_is_operator() AS app_is_operator));

CREATE POLICY own_reports ON public.reports AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT (public.app_sees_all_campaigns() AND public.app_sees_all_podcasts())) OR (created_by = ( SELECT public.app_user() AS app_user))));

CREATE POLICY own_row ON public.users AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT (public.app_sees_all_campaigns() AND public.app_sees_all_podcasts())) OR (id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY own_rules ON public.alert_rules AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT (public.app_sees_all_campaigns() AND public.app_sees_all_podcasts())) OR (created_by = ( SELECT public.app_user() AS app_user))));

CREATE POLICY own_schedules ON public.report_schedules AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT (public.app_sees_all_campaigns() AND public.app_sees_all_podcasts())) OR (created_by = ( SELECT public.app_user() AS app_user))));

ALTER TABLE public.partner_integrations ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.partners ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.password_reset_tokens ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.permissions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.podcast_feeds ENABLE ROW LEVEL SECURITY;

CREATE POLICY podcast_scope ON public.episodes AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (podcast_id IN ( SELECT public.app_podcasts() AS app_podcasts))));

CREATE POLICY podcast_scope ON public.excluded_requests AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

CREATE POLICY podcast_scope ON public.listener_events AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

CREATE POLICY podcast_scope ON public.listener_metrics AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

CREATE POLICY podcast_scope ON public.marketplace_listings AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (podcast_id IN ( SELECT public.app_podcasts() AS app_podcasts))));

CREATE POLICY podcast_scope ON public.marketplace_revenue AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT (public.app_sees_all_podcasts() AND public.app_may('marketplace.manage'::text))) OR (listing_id IN ( SELECT l.id
   FROM public.marketplace_listings l
  WHERE ((l.tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (l.podcast_id IN ( SELECT public.app_podcasts() AS app_podcasts)))))));

CREATE POLICY podcast_scope ON public.podcast_feeds AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (podcast_id IN ( SELECT public.app_podcasts() AS app_podcasts))));

CREATE POLICY podcast_scope ON public.podcasts AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR
CASE
    WHEN ( SELECT public.app_sees_other_podcasts() AS app_sees_other_podcasts) THEN (NOT (id IN ( SELECT public.app_kept_from_podcasts() AS app_kept_from_podcasts)))
    ELSE (id IN ( SELECT public.app_podcasts() AS app_podcasts))
END));

CREATE POLICY podcast_scope ON public.retention_curves AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

CREATE POLICY podcast_scope ON public.transcript_links AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

CREATE POLICY podcast_scope ON public.transcripts AS RESTRICTIVE TO podboard_web, podboard_worker USING ((( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes))));

ALTER TABLE public.podcast_sources ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.podcasts ENABLE ROW LEVEL SECURITY;

CREATE POLICY reading_rights ON public.access_control_policies AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY reading_rights ON public.access_logs AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('security.read'::text) AS app_may));

CREATE POLICY reading_rights ON public.affiliates AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY reading_rights ON public.agencies AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY reading_rights ON public.ai_token_balances AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('billing.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.ai_token_usage AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('billing.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.annotations AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (((created_by = ( SELECT public.app_user() AS app_user)) OR ( SELECT public.app_may('no person'::text) AS app_may) OR ((visibility = 'everyone'::text) AND (num_nonnulls(podcast_id, episode_id, campaign_id) = 1)) OR ((visibility <> 'own'::text) AND ( SELECT (public.app_sees_all_campaigns() AND public.app_sees_all_podcasts())))));

CREATE POLICY reading_rights ON public.api_keys AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('keys.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.api_usage AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('keys.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.audit_logs AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('security.read'::text) AS app_may));

CREATE POLICY reading_rights ON public.backup_records AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY reading_rights ON public.billing_transactions AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY reading_rights ON public.churn_events AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY reading_rights ON public.conversion_orders AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY reading_rights ON public.counting_windows AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY reading_rights ON public.email_verification_tokens AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.experiment_assignments AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.experiment_events AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.experiments AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (id IN ( SELECT a.experiment_id
   FROM public.experiment_assignments a
  WHERE ((a.tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (a.user_id = ( SELECT public.app_user() AS app_user)))))));

CREATE POLICY reading_rights ON public.gdpr_requests AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.import_columns AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY reading_rights ON public.integration_sync_logs AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY reading_rights ON public.integration_tokens AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY reading_rights ON public.integrations AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY reading_rights ON public.listener_keys AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY reading_rights ON public.onboarding_progress AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.partner_integrations AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY reading_rights ON public.partners AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY reading_rights ON public.password_reset_tokens AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.podcast_sources AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY reading_rights ON public.referral_commissions AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('billing.manage'::text) AS app_may) OR (referral_id IN ( SELECT r.id
   FROM public.referrals r
  WHERE ((r.tenant_id = ( SELECT public.app_tenant() AS app_tenant)) AND (r.referrer_id = ( SELECT public.app_user() AS app_user)))))));

CREATE POLICY reading_rights ON public.referrals AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('billing.manage'::text) AS app_may) OR (referrer_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.refresh_tokens AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.reports AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (((( SELECT public.app_may('reports.read'::text) AS app_may) OR ((id IN ( SELECT public.app_granted('reports.read'::text) AS app_granted)) OR (campaign_id IN ( SELECT public.app_granted('reports.read'::text) AS app_granted)) OR ((podcast_ids <> '{}'::uuid[]) AND (podcast_ids <@ ARRAY( SELECT public.app_granted('reports.read'::text) AS app_granted))))) AND (((id IN ( SELECT public.app_denied('reports.read'::text) AS app_denied)) OR (campaign_id IN ( SELECT public.app_denied('reports.read'::text) AS app_denied)) OR (podcast_ids && ARRAY( SELECT public.app_denied('reports.read'::text) AS app_denied))) IS NOT TRUE)));

CREATE POLICY reading_rights ON public.resource_ownership AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (owner_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.saved_views AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (((user_id = ( SELECT public.app_user() AS app_user)) OR ( SELECT public.app_may('no person'::text) AS app_may) OR ((visibility = 'team'::text) AND ( SELECT (public.app_sees_all_campaigns() AND public.app_sees_all_podcasts())))));

CREATE POLICY reading_rights ON public.security_events AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('security.read'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user)) OR ( SELECT public.app_is_operator() AS app_is_operator)));

CREATE POLICY reading_rights ON public.sessions AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.share_links AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (created_by = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.tenant_quotas AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY reading_rights ON public.user_email_preferences AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.user_metrics AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.user_roles AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY reading_rights ON public.webhooks AS RESTRICTIVE FOR SELECT TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may));

ALTER TABLE public.recovery_procedures ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.referral_commissions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.referrals ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.refresh_tokens ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.replication_status ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.report_deliveries ENABLE ROW LEVEL SECURITY;

CREATE POLICY report_readable ON public.report_deliveries AS RESTRICTIVE TO podboard_web, podboard_worker USING ((report_id IN ( SELECT r.id
   FROM public.reports r)));

ALTER TABLE public.report_recipients ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.report_schedules ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.reports ENABLE ROW LEVEL SECURITY;

CREATE POLICY reports_in_scope ON public.reports AS RESTRICTIVE TO podboard_web, podboard_worker USING ((((campaign_id IS NULL) OR ( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (podcast_ids <@ ARRAY( SELECT public.app_podcasts() AS app_podcasts)))));

ALTER TABLE public.resource_ownership ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.retention_curves ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.role_permissions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.roles ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.rollup_states ENABLE ROW LEVEL SECURITY;

CREATE POLICY rule_readable ON public.alerts AS RESTRICTIVE TO podboard_web, podboard_worker USING ((rule_id IN ( SELECT r.id
   FROM public.alert_rules r)));

CREATE POLICY rules_are_ones_own ON public.alert_rules AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((created_by = ( SELECT public.app_user() AS app_user)) OR ( SELECT public.app_may('no person'::text) AS app_may)));

CREATE POLICY rules_in_scope ON public.alert_rules AS RESTRICTIVE TO podboard_web, podboard_worker USING ((((campaign_id IS NULL) OR ( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))) AND ((podcast_id IS NULL) OR ( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (podcast_id IN ( SELECT public.app_podcasts() AS app_podcasts))) AND ((episode_id IS NULL) OR ( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (episode_id IN ( SELECT public.app_episodes() AS app_episodes)))));

ALTER TABLE public.saved_views ENABLE ROW LEVEL SECURITY;

CREATE POLICY schedule_readable ON public.report_recipients AS RESTRICTIVE TO podboard_web, podboard_worker USING ((schedule_id IN ( SELECT s.id
   FROM public.report_schedules s)));

CREATE POLICY schedules_are_ones_own ON public.report_schedules AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((created_by = ( SELECT public.app_user() AS app_user)) OR ( SELECT public.app_may('no person'::text) AS app_may)));

CREATE POLICY schedules_in_scope ON public.report_schedules AS RESTRICTIVE TO podboard_web, podboard_worker USING ((((campaign_id IS NULL) OR ( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_id IN ( SELECT public.app_campaigns() AS app_campaigns))) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (podcast_ids <@ ARRAY( SELECT public.app_podcasts() AS app_podcasts)))));

ALTER TABLE public.security_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;

CREATE POLICY share_in_scope ON public.share_links AS RESTRICTIVE FOR INSERT TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_ids <@ ARRAY( SELECT public.app_campaigns() AS app_campaigns))) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (podcast_ids <@ ARRAY( SELECT public.app_podcasts() AS app_podcasts))) AND ((report_id IS NULL) OR (report_id IN ( SELECT r.id
   FROM public.reports r)))));

CREATE POLICY share_in_scope_still ON public.share_links AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker WITH CHECK (((( SELECT public.app_sees_all_campaigns() AS app_sees_all_campaigns) OR (campaign_ids <@ ARRAY( SELECT public.app_campaigns() AS app_campaigns))) AND (( SELECT public.app_sees_all_podcasts() AS app_sees_all_podcasts) OR (podcast_ids <@ ARRAY( SELECT public.app_podcasts() AS app_podcasts))) AND ((report_id IS NULL) OR (report_id IN ( SELECT r.id
   FROM public.reports r)))));

ALTER TABLE public.share_link_views ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.share_links ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sponsors ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.subscription_tiers ENABLE ROW LEVEL SECURITY;

CREATE POLICY system_read ON public.failover_events FOR SELECT TO podboard_web, podboard_worker USING (true);

CREATE POLICY system_read ON public.onboarding_steps FOR SELECT TO podboard_web, podboard_worker USING (true);

CREATE POLICY system_read ON public.permissions FOR SELECT TO podboard_web, podboard_worker USING (true);

CREATE POLICY system_read ON public.recovery_procedures FOR SELECT TO podboard_web, podboard_worker USING (true);

CREATE POLICY system_read ON public.replication_status FOR SELECT TO podboard_web, podboard_worker USING (true);

CREATE POLICY system_read ON public.subscription_tiers FOR SELECT TO podboard_web, podboard_worker USING (true);

CREATE POLICY tenant_isolation ON public.access_control_policies USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.access_logs USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (CURRENT_USER = 'podboard_owner'::name)))) WITH CHECK (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL))));

CREATE POLICY tenant_isolation ON public.ad_units USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.affiliates USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.agencies USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.ai_token_balances USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.ai_token_usage USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.alert_rules USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.alerts USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.annotations USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.api_keys USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.api_usage USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.attribution_analytics USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.attribution_event_metadata USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.attribution_events USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.attribution_models USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.attribution_paths USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.attribution_states USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.attribution_validations USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.audit_logs USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.backup_records USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.billing_transactions USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.campaign_links USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.campaigns USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.churn_events USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.conversion_orders USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.counting_methods USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.counting_windows USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.email_verification_tokens USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user))))) WITH CHECK (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user)))));

CREATE POLICY tenant_isolation ON public.episodes USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.etl_imports USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.excluded_requests USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.excluded_visits USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.experiment_assignments USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.experiment_events USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.experiments USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.gdpr_requests USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.import_columns USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.import_refusals USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.integration_sync_logs USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.integration_tokens USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.integrations USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.io_bookings USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.listener_events USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.listener_keys USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.listener_metrics USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.marketplace_listings USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.marketplace_revenue USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.matches USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.onboarding_progress USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.partner_integrations USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.partners USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.password_reset_tokens USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user))))) WITH CHECK (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user)))));

CREATE POLICY tenant_isolation ON public.podcast_feeds USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.podcast_sources USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.podcasts USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.referral_commissions USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.referrals USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.refresh_tokens USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user))))) WITH CHECK (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user)))));

CREATE POLICY tenant_isolation ON public.report_deliveries USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.report_recipients USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.report_schedules USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.reports USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.resource_ownership USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.retention_curves USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.role_permissions USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (( SELECT public.app_user() AS app_user) IS NOT NULL)))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.roles USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (( SELECT public.app_user() AS app_user) IS NOT NULL)))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.rollup_states USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.saved_views USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.security_events USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND ( SELECT public.app_is_operator() AS app_is_operator)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (CURRENT_USER = 'podboard_owner'::name)))) WITH CHECK (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL))));

CREATE POLICY tenant_isolation ON public.sessions USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user))))) WITH CHECK (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user)))));

CREATE POLICY tenant_isolation ON public.share_link_views USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.share_links USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.sponsors USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.tenant_quotas USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.tenant_settings USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.tenants USING ((id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.transcript_links USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.transcripts USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.user_email_preferences USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user))))) WITH CHECK (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user)))));

CREATE POLICY tenant_isolation ON public.user_metrics USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user))))) WITH CHECK (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user)))));

CREATE POLICY tenant_isolation ON public.user_roles USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user))))) WITH CHECK (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (user_id = ( SELECT public.app_user() AS app_user)))));

CREATE POLICY tenant_isolation ON public.users USING (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (id = ( SELECT public.app_user() AS app_user))))) WITH CHECK (((tenant_id = ( SELECT public.app_tenant() AS app_tenant)) OR ((tenant_id IS NULL) AND (( SELECT public.app_tenant() AS app_tenant) IS NULL) AND (id = ( SELECT public.app_user() AS app_user)))));

CREATE POLICY tenant_isolation ON public.webhooks USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

CREATE POLICY tenant_isolation ON public.white_label_settings USING ((tenant_id = ( SELECT public.app_tenant() AS app_tenant))) WITH CHECK ((tenant_id = ( SELECT public.app_tenant() AS app_tenant)));

ALTER TABLE public.tenant_quotas ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tenant_settings ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant_wide ON public.etl_imports AS RESTRICTIVE TO podboard_web, podboard_worker USING (( SELECT (public.app_sees_all_campaigns() AND public.app_sees_all_podcasts())));

CREATE POLICY tenant_wide ON public.import_refusals AS RESTRICTIVE TO podboard_web, podboard_worker USING (( SELECT (public.app_sees_all_campaigns() AND public.app_sees_all_podcasts())));

ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.transcript_links ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.transcripts ENABLE ROW LEVEL SECURITY;

CREATE POLICY update_rights ON public.access_control_policies AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.ad_units AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (campaign_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((campaign_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE))) WITH CHECK (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (campaign_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((campaign_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY update_rights ON public.affiliates AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('billing.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.agencies AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('billing.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.ai_token_balances AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('billing.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.ai_token_usage AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('no person'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('no person'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.alert_rules AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (created_by = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (created_by = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.alerts AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (rule_id IN ( SELECT r.id
   FROM public.alert_rules r
  WHERE ((r.created_by = ( SELECT public.app_user() AS app_user)) OR
        CASE
            WHEN (r.campaign_id IS NOT NULL) THEN ( SELECT public.app_may('campaigns.manage'::text) AS app_may)
            WHEN (num_nonnulls(r.podcast_id, r.episode_id) > 0) THEN ( SELECT public.app_may('catalogue.manage'::text) AS app_may)
            ELSE ( SELECT (public.app_may('campaigns.manage'::text) AND public.app_may('catalogue.manage'::text)))
        END))))) WITH CHECK ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (rule_id IN ( SELECT r.id
   FROM public.alert_rules r
  WHERE ((r.created_by = ( SELECT public.app_user() AS app_user)) OR
        CASE
            WHEN (r.campaign_id IS NOT NULL) THEN ( SELECT public.app_may('campaigns.manage'::text) AS app_may)
            WHEN (num_nonnulls(r.podcast_id, r.episode_id) > 0) THEN ( SELECT public.app_may('catalogue.manage'::text) AS app_may)
            ELSE ( SELECT (public.app_may('campaigns.manage'::text) AND public.app_may('catalogue.manage'::text)))
        END)))));

CREATE POLICY update_rights ON public.annotations AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (((created_by = ( SELECT public.app_user() AS app_user)) OR ((visibility <> 'own'::text) AND ( SELECT public.app_may('settings.manage'::text) AS app_may)))) WITH CHECK (((created_by = ( SELECT public.app_user() AS app_user)) OR ((visibility <> 'own'::text) AND ( SELECT public.app_may('settings.manage'::text) AS app_may))));

CREATE POLICY update_rights ON public.api_keys AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('keys.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('keys.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.api_usage AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('no person'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('no person'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.attribution_analytics AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY update_rights ON public.attribution_event_metadata AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.attribution_events AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.attribution_models AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.attribution_paths AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY update_rights ON public.attribution_validations AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY update_rights ON public.backup_records AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY update_rights ON public.billing_transactions AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY update_rights ON public.campaign_links AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('campaigns.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('campaigns.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.campaigns AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR ((id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted)) OR (sponsor_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted)))) AND (((id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) OR (sponsor_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied))) IS NOT TRUE))) WITH CHECK (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR ((id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted)) OR (sponsor_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted)))) AND (((id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) OR (sponsor_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied))) IS NOT TRUE)));

CREATE POLICY update_rights ON public.churn_events AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('billing.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('billing.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.conversion_orders AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.counting_methods AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.counting_windows AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY update_rights ON public.email_verification_tokens AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.episodes AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('catalogue.manage'::text) AS app_may) OR (podcast_id IN ( SELECT public.app_granted('catalogue.manage'::text) AS app_granted))) AND ((podcast_id IN ( SELECT public.app_denied('catalogue.manage'::text) AS app_denied)) IS NOT TRUE))) WITH CHECK (((( SELECT public.app_may('catalogue.manage'::text) AS app_may) OR (podcast_id IN ( SELECT public.app_granted('catalogue.manage'::text) AS app_granted))) AND ((podcast_id IN ( SELECT public.app_denied('catalogue.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY update_rights ON public.etl_imports AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.excluded_requests AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.excluded_visits AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.experiment_assignments AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.experiment_events AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.experiments AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.gdpr_requests AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.import_columns AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.import_refusals AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.integration_sync_logs AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.integration_tokens AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.integrations AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.io_bookings AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (campaign_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((campaign_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE))) WITH CHECK (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (campaign_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((campaign_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY update_rights ON public.listener_events AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.listener_keys AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY update_rights ON public.listener_metrics AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY update_rights ON public.marketplace_listings AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('marketplace.manage'::text) AS app_may) OR (podcast_id IN ( SELECT public.app_granted('marketplace.manage'::text) AS app_granted))) AND ((podcast_id IN ( SELECT public.app_denied('marketplace.manage'::text) AS app_denied)) IS NOT TRUE))) WITH CHECK (((( SELECT public.app_may('marketplace.manage'::text) AS app_may) OR (podcast_id IN ( SELECT public.app_granted('marketplace.manage'::text) AS app_granted))) AND ((podcast_id IN ( SELECT public.app_denied('marketplace.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY update_rights ON public.marketplace_revenue AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('marketplace.manage'::text) AS app_may) OR (listing_id IN ( SELECT l.id
   FROM public.marketplace_listings l
  WHERE (l.podcast_id IN ( SELECT public.app_granted('marketplace.manage'::text) AS app_granted))))) AND ((listing_id IN ( SELECT l.id
   FROM public.marketplace_listings l
  WHERE (l.podcast_id IN ( SELECT public.app_denied('marketplace.manage'::text) AS app_denied)))) IS NOT TRUE))) WITH CHECK (((( SELECT public.app_may('marketplace.manage'::text) AS app_may) OR (listing_id IN ( SELECT l.id
   FROM public.marketplace_listings l
  WHERE (l.podcast_id IN ( SELECT public.app_granted('marketplace.manage'::text) AS app_granted))))) AND ((listing_id IN ( SELECT l.id
   FROM public.marketplace_listings l
  WHERE (l.podcast_id IN ( SELECT public.app_denied('marketplace.manage'::text) AS app_denied)))) IS NOT TRUE)));

CREATE POLICY update_rights ON public.matches AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (campaign_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((campaign_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE))) WITH CHECK (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (campaign_id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((campaign_id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY update_rights ON public.onboarding_progress AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.partner_integrations AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.partners AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.password_reset_tokens AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.podcast_feeds AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.podcast_sources AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.podcasts AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('catalogue.manage'::text) AS app_may) OR (id IN ( SELECT public.app_granted('catalogue.manage'::text) AS app_granted))) AND ((id IN ( SELECT public.app_denied('catalogue.manage'::text) AS app_denied)) IS NOT TRUE))) WITH CHECK (((( SELECT public.app_may('catalogue.manage'::text) AS app_may) OR (id IN ( SELECT public.app_granted('catalogue.manage'::text) AS app_granted))) AND ((id IN ( SELECT public.app_denied('catalogue.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY update_rights ON public.referral_commissions AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('billing.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.referrals AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('billing.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('billing.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.refresh_tokens AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.report_deliveries AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY update_rights ON public.report_recipients AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('reports.create'::text) AS app_may)) WITH CHECK ((( SELECT public.app_may('reports.create'::text) AS app_may) AND ((webhook_id IS NULL) OR ( SELECT public.app_may('integrations.manage'::text) AS app_may))));

CREATE POLICY update_rights ON public.report_schedules AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('reports.create'::text) AS app_may) OR ((id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR (campaign_id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR ((podcast_ids <> '{}'::uuid[]) AND (podcast_ids <@ ARRAY( SELECT public.app_granted('reports.create'::text) AS app_granted))))) AND (((id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (campaign_id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (podcast_ids && ARRAY( SELECT public.app_denied('reports.create'::text) AS app_denied))) IS NOT TRUE))) WITH CHECK (((( SELECT public.app_may('reports.create'::text) AS app_may) OR ((id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR (campaign_id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR ((podcast_ids <> '{}'::uuid[]) AND (podcast_ids <@ ARRAY( SELECT public.app_granted('reports.create'::text) AS app_granted))))) AND (((id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (campaign_id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (podcast_ids && ARRAY( SELECT public.app_denied('reports.create'::text) AS app_denied))) IS NOT TRUE)));

CREATE POLICY update_rights ON public.reports AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('reports.create'::text) AS app_may) OR ((id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR (campaign_id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR ((podcast_ids <> '{}'::uuid[]) AND (podcast_ids <@ ARRAY( SELECT public.app_granted('reports.create'::text) AS app_granted))))) AND (((id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (campaign_id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (podcast_ids && ARRAY( SELECT public.app_denied('reports.create'::text) AS app_denied))) IS NOT TRUE))) WITH CHECK (((( SELECT public.app_may('reports.create'::text) AS app_may) OR ((id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR (campaign_id IN ( SELECT public.app_granted('reports.create'::text) AS app_granted)) OR ((podcast_ids <> '{}'::uuid[]) AND (podcast_ids <@ ARRAY( SELECT public.app_granted('reports.create'::text) AS app_granted))))) AND (((id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (campaign_id IN ( SELECT public.app_denied('reports.create'::text) AS app_denied)) OR (podcast_ids && ARRAY( SELECT public.app_denied('reports.create'::text) AS app_denied))) IS NOT TRUE)));

CREATE POLICY update_rights ON public.resource_ownership AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.retention_curves AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.role_permissions AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.roles AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.saved_views AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (((user_id = ( SELECT public.app_user() AS app_user)) OR ( SELECT public.app_may('no person'::text) AS app_may) OR ((visibility = 'team'::text) AND ( SELECT public.app_may('settings.manage'::text) AS app_may)))) WITH CHECK (((user_id = ( SELECT public.app_user() AS app_user)) OR ( SELECT public.app_may('no person'::text) AS app_may) OR ((visibility = 'team'::text) AND ( SELECT public.app_may('settings.manage'::text) AS app_may))));

CREATE POLICY update_rights ON public.sessions AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.share_links AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (created_by = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('settings.manage'::text) AS app_may) OR (created_by = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.sponsors AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE))) WITH CHECK (((( SELECT public.app_may('campaigns.manage'::text) AS app_may) OR (id IN ( SELECT public.app_granted('campaigns.manage'::text) AS app_granted))) AND ((id IN ( SELECT public.app_denied('campaigns.manage'::text) AS app_denied)) IS NOT TRUE)));

CREATE POLICY update_rights ON public.tenant_quotas AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY update_rights ON public.tenant_settings AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.tenants AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.transcript_links AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('imports.create'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('imports.create'::text) AS app_may));

CREATE POLICY update_rights ON public.transcripts AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (((( SELECT public.app_may('catalogue.manage'::text) AS app_may) OR (episode_id IN ( SELECT e.id
   FROM public.episodes e
  WHERE (e.podcast_id IN ( SELECT public.app_granted('catalogue.manage'::text) AS app_granted))))) AND ((episode_id IN ( SELECT e.id
   FROM public.episodes e
  WHERE (e.podcast_id IN ( SELECT public.app_denied('catalogue.manage'::text) AS app_denied)))) IS NOT TRUE))) WITH CHECK (((( SELECT public.app_may('catalogue.manage'::text) AS app_may) OR (episode_id IN ( SELECT e.id
   FROM public.episodes e
  WHERE (e.podcast_id IN ( SELECT public.app_granted('catalogue.manage'::text) AS app_granted))))) AND ((episode_id IN ( SELECT e.id
   FROM public.episodes e
  WHERE (e.podcast_id IN ( SELECT public.app_denied('catalogue.manage'::text) AS app_denied)))) IS NOT TRUE)));

CREATE POLICY update_rights ON public.user_email_preferences AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (user_id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.user_metrics AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('no person'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('no person'::text) AS app_may));

CREATE POLICY update_rights ON public.user_roles AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('people.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('people.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.users AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (id = ( SELECT public.app_user() AS app_user)))) WITH CHECK ((( SELECT public.app_may('people.manage'::text) AS app_may) OR (id = ( SELECT public.app_user() AS app_user))));

CREATE POLICY update_rights ON public.webhooks AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('integrations.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('integrations.manage'::text) AS app_may));

CREATE POLICY update_rights ON public.white_label_settings AS RESTRICTIVE FOR UPDATE TO podboard_web, podboard_worker USING (( SELECT public.app_may('settings.manage'::text) AS app_may)) WITH CHECK (( SELECT public.app_may('settings.manage'::text) AS app_may));

ALTER TABLE public.user_email_preferences ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.user_metrics ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.user_roles ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.webhooks ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.white_label_settings ENABLE ROW LEVEL SECURITY;

REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO podboard_web;
GRANT USAGE ON SCHEMA public TO podboard_worker;

REVOKE ALL ON FUNCTION public.account_for_email(p_email text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.account_for_email(p_email text) TO podboard_web;
GRANT ALL ON FUNCTION public.account_for_email(p_email text) TO podboard_worker;

REVOKE ALL ON FUNCTION public.app_campaigns() FROM PUBLIC;
GRANT ALL ON FUNCTION public.app_campaigns() TO podboard_web;
GRANT ALL ON FUNCTION public.app_campaigns() TO podboard_worker;

REVOKE ALL ON FUNCTION public.app_episodes() FROM PUBLIC;
GRANT ALL ON FUNCTION public.app_episodes() TO podboard_web;
GRANT ALL ON FUNCTION public.app_episodes() TO podboard_worker;

REVOKE ALL ON FUNCTION public.app_podcasts() FROM PUBLIC;
GRANT ALL ON FUNCTION public.app_podcasts() TO podboard_web;
GRANT ALL ON FUNCTION public.app_podcasts() TO podboard_worker;

REVOKE ALL ON FUNCTION public.app_sponsors() FROM PUBLIC;
GRANT ALL ON FUNCTION public.app_sponsors() TO podboard_web;
GRANT ALL ON FUNCTION public.app_sponsors() TO podboard_worker;

REVOKE ALL ON FUNCTION public.attribution_as_of() FROM PUBLIC;
GRANT ALL ON FUNCTION public.attribution_as_of() TO podboard_web;
GRANT ALL ON FUNCTION public.attribution_as_of() TO podboard_worker;

REVOKE ALL ON FUNCTION public.ensure_event_storage(p_from timestamp with time zone, p_to timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.ensure_event_storage(p_from timestamp with time zone, p_to timestamp with time zone) TO podboard_web;
GRANT ALL ON FUNCTION public.ensure_event_storage(p_from timestamp with time zone, p_to timestamp with time zone) TO podboard_worker;

REVOKE ALL ON FUNCTION public.find_names(p_part text, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_names(p_part text, p_limit integer) TO podboard_web;
GRANT ALL ON FUNCTION public.find_names(p_part text, p_limit integer) TO podboard_worker;

REVOKE ALL ON FUNCTION public.forget_attempts(p_attempt_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.forget_attempts(p_attempt_key text) TO podboard_web;
GRANT ALL ON FUNCTION public.forget_attempts(p_attempt_key text) TO podboard_worker;

REVOKE ALL ON FUNCTION public.impression_id(p_download_id uuid, p_ad_unit_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.impression_id(p_download_id uuid, p_ad_unit_id uuid) TO podboard_web;
GRANT ALL ON FUNCTION public.impression_id(p_download_id uuid, p_ad_unit_id uuid) TO podboard_worker;

REVOKE ALL ON FUNCTION public.keep_outcome(p_occurred_at timestamp with time zone, p_source text, p_subject_id uuid, p_is_known boolean, p_refused_for text, p_rule_version text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.keep_outcome(p_occurred_at timestamp with time zone, p_source text, p_subject_id uuid, p_is_known boolean, p_refused_for text, p_rule_version text) TO podboard_web;
GRANT ALL ON FUNCTION public.keep_outcome(p_occurred_at timestamp with time zone, p_source text, p_subject_id uuid, p_is_known boolean, p_refused_for text, p_rule_version text) TO podboard_worker;

REVOKE ALL ON FUNCTION public.keep_outcome(p_occurred_at timestamp with time zone, p_source text, p_subject_id uuid, p_is_known boolean, p_refused_for text, p_rule_version text, p_order_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.keep_outcome(p_occurred_at timestamp with time zone, p_source text, p_subject_id uuid, p_is_known boolean, p_refused_for text, p_rule_version text, p_order_id text) TO podboard_web;
GRANT ALL ON FUNCTION public.keep_outcome(p_occurred_at timestamp with time zone, p_source text, p_subject_id uuid, p_is_known boolean, p_refused_for text, p_rule_version text, p_order_id text) TO podboard_worker;

REVOKE ALL ON FUNCTION public.keep_request(p_id uuid, p_occurred_at timestamp with time zone, p_episode_id uuid, p_listener_id text, p_app text, p_device text, p_os text, p_country text, p_region text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.keep_request(p_id uuid, p_occurred_at timestamp with time zone, p_episode_id uuid, p_listener_id text, p_app text, p_device text, p_os text, p_country text, p_region text) TO podboard_web;
GRANT ALL ON FUNCTION public.keep_request(p_id uuid, p_occurred_at timestamp with time zone, p_episode_id uuid, p_listener_id text, p_app text, p_device text, p_os text, p_country text, p_region text) TO podboard_worker;

REVOKE ALL ON FUNCTION public.keep_request(p_id uuid, p_occurred_at timestamp with time zone, p_episode_id uuid, p_listener_id text, p_app text, p_device text, p_os text, p_country text, p_region text, p_data_centres text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.keep_request(p_id uuid, p_occurred_at timestamp with time zone, p_episode_id uuid, p_listener_id text, p_app text, p_device text, p_os text, p_country text, p_region text, p_data_centres text) TO podboard_web;
GRANT ALL ON FUNCTION public.keep_request(p_id uuid, p_occurred_at timestamp with time zone, p_episode_id uuid, p_listener_id text, p_app text, p_device text, p_os text, p_country text, p_region text, p_data_centres text) TO podboard_worker;

REVOKE ALL ON FUNCTION public.link_target(p_kind text, p_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.link_target(p_kind text, p_key text) TO podboard_web;
GRANT ALL ON FUNCTION public.link_target(p_kind text, p_key text) TO podboard_worker;

REVOKE ALL ON FUNCTION public.password_token_holder(p_token_hash text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.password_token_holder(p_token_hash text, p_now timestamp with time zone) TO podboard_web;
GRANT ALL ON FUNCTION public.password_token_holder(p_token_hash text, p_now timestamp with time zone) TO podboard_worker;

REVOKE ALL ON FUNCTION public.password_token_use(p_token_hash text, p_password_hash text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.password_token_use(p_token_hash text, p_password_hash text, p_now timestamp with time zone) TO podboard_web;
GRANT ALL ON FUNCTION public.password_token_use(p_token_hash text, p_password_hash text, p_now timestamp with time zone) TO podboard_worker;

REVOKE ALL ON FUNCTION public.pending_work() FROM PUBLIC;
GRANT ALL ON FUNCTION public.pending_work() TO podboard_web;
GRANT ALL ON FUNCTION public.pending_work() TO podboard_worker;

REVOKE ALL ON FUNCTION public.prefix_target(p_episode_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.prefix_target(p_episode_id uuid) TO podboard_web;
GRANT ALL ON FUNCTION public.prefix_target(p_episode_id uuid) TO podboard_worker;

REVOKE ALL ON FUNCTION public.refresh_metrics_daily() FROM PUBLIC;
GRANT ALL ON FUNCTION public.refresh_metrics_daily() TO podboard_worker;

REVOKE ALL ON FUNCTION public.refuse_visit(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_kind text, p_reason text, p_rule_version text, p_occurred_at timestamp with time zone, p_order_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.refuse_visit(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_kind text, p_reason text, p_rule_version text, p_occurred_at timestamp with time zone, p_order_id text) TO podboard_web;
GRANT ALL ON FUNCTION public.refuse_visit(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_kind text, p_reason text, p_rule_version text, p_occurred_at timestamp with time zone, p_order_id text) TO podboard_worker;

REVOKE ALL ON FUNCTION public.replace_password(p_password_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.replace_password(p_password_hash text) TO podboard_web;
GRANT ALL ON FUNCTION public.replace_password(p_password_hash text) TO podboard_worker;

GRANT SELECT ON TABLE public.refresh_states TO podboard_web;
GRANT SELECT ON TABLE public.refresh_states TO podboard_worker;

GRANT SELECT ON TABLE public.rollup_states TO podboard_web;
GRANT SELECT ON TABLE public.rollup_states TO podboard_worker;

GRANT ALL ON FUNCTION public.rollups_as_of() TO podboard_web;
GRANT ALL ON FUNCTION public.rollups_as_of() TO podboard_worker;

REVOKE ALL ON FUNCTION public.search_transcripts(p_query text, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.search_transcripts(p_query text, p_limit integer) TO podboard_web;
GRANT ALL ON FUNCTION public.search_transcripts(p_query text, p_limit integer) TO podboard_worker;

REVOKE ALL ON FUNCTION public.session_enter(p_token_hash text, p_now timestamp with time zone, p_idle_since timestamp with time zone, p_noted_before timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.session_enter(p_token_hash text, p_now timestamp with time zone, p_idle_since timestamp with time zone, p_noted_before timestamp with time zone) TO podboard_web;
GRANT ALL ON FUNCTION public.session_enter(p_token_hash text, p_now timestamp with time zone, p_idle_since timestamp with time zone, p_noted_before timestamp with time zone) TO podboard_worker;

REVOKE ALL ON FUNCTION public.session_open(p_token_hash text, p_now timestamp with time zone, p_idle_since timestamp with time zone, p_noted_before timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.session_open(p_token_hash text, p_now timestamp with time zone, p_idle_since timestamp with time zone, p_noted_before timestamp with time zone) TO podboard_web;
GRANT ALL ON FUNCTION public.session_open(p_token_hash text, p_now timestamp with time zone, p_idle_since timestamp with time zone, p_noted_before timestamp with time zone) TO podboard_worker;

REVOKE ALL ON FUNCTION public.set_account_context(p_tenant uuid, p_person uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_account_context(p_tenant uuid, p_person uuid) TO podboard_web;
GRANT ALL ON FUNCTION public.set_account_context(p_tenant uuid, p_person uuid) TO podboard_worker;

REVOKE ALL ON FUNCTION public.set_scope(p_tenant uuid, p_user uuid, p_allowed text[], p_granted text[], p_denied text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_scope(p_tenant uuid, p_user uuid, p_allowed text[], p_granted text[], p_denied text[]) TO podboard_web;
GRANT ALL ON FUNCTION public.set_scope(p_tenant uuid, p_user uuid, p_allowed text[], p_granted text[], p_denied text[]) TO podboard_worker;

REVOKE ALL ON FUNCTION public.take_prefix_request(p_tenant_id uuid, p_id uuid, p_occurred_at timestamp with time zone, p_episode_id uuid, p_reason text, p_rule_version text, p_listener_id text, p_app text, p_device text, p_os text, p_country text, p_region text, p_data_centres text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.take_prefix_request(p_tenant_id uuid, p_id uuid, p_occurred_at timestamp with time zone, p_episode_id uuid, p_reason text, p_rule_version text, p_listener_id text, p_app text, p_device text, p_os text, p_country text, p_region text, p_data_centres text) TO podboard_web;
GRANT ALL ON FUNCTION public.take_prefix_request(p_tenant_id uuid, p_id uuid, p_occurred_at timestamp with time zone, p_episode_id uuid, p_reason text, p_rule_version text, p_listener_id text, p_app text, p_device text, p_os text, p_country text, p_region text, p_data_centres text) TO podboard_worker;

REVOKE ALL ON FUNCTION public.take_visit(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_kind text, p_listener_id text, p_type text, p_data jsonb, p_occurred_at timestamp with time zone, p_is_order boolean, p_rule_version text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.take_visit(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_kind text, p_listener_id text, p_type text, p_data jsonb, p_occurred_at timestamp with time zone, p_is_order boolean, p_rule_version text) TO podboard_web;
GRANT ALL ON FUNCTION public.take_visit(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_kind text, p_listener_id text, p_type text, p_data jsonb, p_occurred_at timestamp with time zone, p_is_order boolean, p_rule_version text) TO podboard_worker;

REVOKE ALL ON FUNCTION public.tenant_data_to() FROM PUBLIC;
GRANT ALL ON FUNCTION public.tenant_data_to() TO podboard_web;
GRANT ALL ON FUNCTION public.tenant_data_to() TO podboard_worker;

REVOKE ALL ON FUNCTION public.tenant_for_key(p_kind text, p_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.tenant_for_key(p_kind text, p_key text) TO podboard_web;
GRANT ALL ON FUNCTION public.tenant_for_key(p_kind text, p_key text) TO podboard_worker;

REVOKE ALL ON FUNCTION public.tenant_time_zone() FROM PUBLIC;
GRANT ALL ON FUNCTION public.tenant_time_zone() TO podboard_web;
GRANT ALL ON FUNCTION public.tenant_time_zone() TO podboard_worker;

REVOKE ALL ON FUNCTION public.tenant_week_shift() FROM PUBLIC;
GRANT ALL ON FUNCTION public.tenant_week_shift() TO podboard_web;
GRANT ALL ON FUNCTION public.tenant_week_shift() TO podboard_worker;

REVOKE ALL ON FUNCTION public.uncount_attempt(p_attempt_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.uncount_attempt(p_attempt_key text) TO podboard_web;
GRANT ALL ON FUNCTION public.uncount_attempt(p_attempt_key text) TO podboard_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.attribution_events TO podboard_web;
GRANT SELECT,INSERT,DELETE ON TABLE public.attribution_events TO podboard_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.excluded_requests TO podboard_web;
GRANT SELECT,INSERT,DELETE ON TABLE public.excluded_requests TO podboard_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.listener_events TO podboard_web;
GRANT SELECT,INSERT,DELETE ON TABLE public.listener_events TO podboard_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.listener_metrics TO podboard_web;
GRANT SELECT,INSERT,DELETE ON TABLE public.listener_metrics TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.access_control_policies TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.access_control_policies TO podboard_worker;

GRANT SELECT,INSERT ON TABLE public.access_logs TO podboard_web;
GRANT SELECT,INSERT ON TABLE public.access_logs TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ad_units TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ad_units TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.affiliates TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.affiliates TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agencies TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agencies TO podboard_worker;

GRANT SELECT ON TABLE public.ai_token_balances TO podboard_web;
GRANT SELECT ON TABLE public.ai_token_balances TO podboard_worker;

GRANT INSERT(tenant_id) ON TABLE public.ai_token_balances TO podboard_web;
GRANT INSERT(tenant_id) ON TABLE public.ai_token_balances TO podboard_worker;

GRANT INSERT(user_id) ON TABLE public.ai_token_balances TO podboard_web;
GRANT INSERT(user_id) ON TABLE public.ai_token_balances TO podboard_worker;

GRANT INSERT(granted),UPDATE(granted) ON TABLE public.ai_token_balances TO podboard_web;
GRANT INSERT(granted),UPDATE(granted) ON TABLE public.ai_token_balances TO podboard_worker;

GRANT SELECT,INSERT ON TABLE public.ai_token_usage TO podboard_web;
GRANT SELECT,INSERT ON TABLE public.ai_token_usage TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.alert_rules TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.alert_rules TO podboard_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.alerts TO podboard_web;
GRANT SELECT,INSERT,UPDATE ON TABLE public.alerts TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.annotations TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.annotations TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.api_keys TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.api_keys TO podboard_worker;

GRANT SELECT,INSERT ON TABLE public.api_usage TO podboard_web;
GRANT SELECT,INSERT ON TABLE public.api_usage TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_analytics TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_analytics TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_event_metadata TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_event_metadata TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_models TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_models TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_paths TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_paths TO podboard_worker;

GRANT SELECT ON TABLE public.attribution_states TO podboard_web;
GRANT SELECT ON TABLE public.attribution_states TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_validations TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attribution_validations TO podboard_worker;

GRANT SELECT,INSERT ON TABLE public.audit_logs TO podboard_web;
GRANT SELECT,INSERT ON TABLE public.audit_logs TO podboard_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.backup_records TO podboard_web;
GRANT SELECT,INSERT,UPDATE ON TABLE public.backup_records TO podboard_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.billing_transactions TO podboard_web;
GRANT SELECT,INSERT,UPDATE ON TABLE public.billing_transactions TO podboard_worker;

GRANT SELECT ON TABLE public.campaign_days TO podboard_web;
GRANT SELECT ON TABLE public.campaign_days TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.episodes TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.episodes TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.podcasts TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.podcasts TO podboard_worker;

GRANT SELECT ON TABLE public.campaign_episodes TO podboard_web;
GRANT SELECT ON TABLE public.campaign_episodes TO podboard_worker;

GRANT SELECT ON TABLE public.campaign_impressions TO podboard_web;
GRANT SELECT ON TABLE public.campaign_impressions TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.campaign_links TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.campaign_links TO podboard_worker;

GRANT SELECT ON TABLE public.campaign_listener_days TO podboard_web;
GRANT SELECT ON TABLE public.campaign_listener_days TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.campaigns TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.campaigns TO podboard_worker;

GRANT SELECT,INSERT ON TABLE public.churn_events TO podboard_web;
GRANT SELECT,INSERT ON TABLE public.churn_events TO podboard_worker;

GRANT SELECT,INSERT ON TABLE public.conversion_orders TO podboard_web;
GRANT SELECT,INSERT ON TABLE public.conversion_orders TO podboard_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.counting_methods TO podboard_web;
GRANT SELECT,INSERT,UPDATE ON TABLE public.counting_methods TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.counting_windows TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.counting_windows TO podboard_worker;

GRANT SELECT ON TABLE public.database_engine TO podboard_web;
GRANT SELECT ON TABLE public.database_engine TO podboard_worker;

GRANT SELECT ON TABLE public.download_days TO podboard_web;
GRANT SELECT ON TABLE public.download_days TO podboard_worker;

GRANT SELECT ON TABLE public.download_quarters TO podboard_web;
GRANT SELECT ON TABLE public.download_quarters TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.email_verification_tokens TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.email_verification_tokens TO podboard_worker;

GRANT SELECT ON TABLE public.episode_days TO podboard_web;
GRANT SELECT ON TABLE public.episode_days TO podboard_worker;

GRANT SELECT ON TABLE public.episode_milestones TO podboard_web;
GRANT SELECT ON TABLE public.episode_milestones TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.etl_imports TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.etl_imports TO podboard_worker;

GRANT SELECT ON TABLE public.excluded_days TO podboard_web;
GRANT SELECT ON TABLE public.excluded_days TO podboard_worker;

GRANT SELECT,INSERT ON TABLE public.excluded_visits TO podboard_web;
GRANT SELECT,INSERT ON TABLE public.excluded_visits TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.experiment_assignments TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.experiment_assignments TO podboard_worker;

GRANT SELECT,INSERT ON TABLE public.experiment_events TO podboard_web;
GRANT SELECT,INSERT ON TABLE public.experiment_events TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.experiments TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.experiments TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.failover_events TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.failover_events TO podboard_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.gdpr_requests TO podboard_web;
GRANT SELECT,INSERT,UPDATE ON TABLE public.gdpr_requests TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.import_columns TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.import_columns TO podboard_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.import_refusals TO podboard_web;
GRANT SELECT,INSERT,DELETE ON TABLE public.import_refusals TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.integration_sync_logs TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.integration_sync_logs TO podboard_worker;

GRANT INSERT,DELETE,UPDATE ON TABLE public.integration_tokens TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.integration_tokens TO podboard_worker;

GRANT SELECT(id) ON TABLE public.integration_tokens TO podboard_web;
GRANT SELECT(id) ON TABLE public.integration_tokens TO podboard_worker;

GRANT SELECT(tenant_id) ON TABLE public.integration_tokens TO podboard_web;
GRANT SELECT(tenant_id) ON TABLE public.integration_tokens TO podboard_worker;

GRANT SELECT(integration_id) ON TABLE public.integration_tokens TO podboard_web;
GRANT SELECT(integration_id) ON TABLE public.integration_tokens TO podboard_worker;

GRANT SELECT(token_type) ON TABLE public.integration_tokens TO podboard_web;
GRANT SELECT(token_type) ON TABLE public.integration_tokens TO podboard_worker;

GRANT SELECT(key_id) ON TABLE public.integration_tokens TO podboard_web;
GRANT SELECT(key_id) ON TABLE public.integration_tokens TO podboard_worker;

GRANT SELECT(expires_at) ON TABLE public.integration_tokens TO podboard_web;
GRANT SELECT(expires_at) ON TABLE public.integration_tokens TO podboard_worker;

GRANT SELECT(created_at) ON TABLE public.integration_tokens TO podboard_web;
GRANT SELECT(created_at) ON TABLE public.integration_tokens TO podboard_worker;

GRANT SELECT(updated_at) ON TABLE public.integration_tokens TO podboard_web;
GRANT SELECT(updated_at) ON TABLE public.integration_tokens TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.integrations TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.integrations TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.io_bookings TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.io_bookings TO podboard_worker;

GRANT SELECT ON TABLE public.job_runs TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.job_runs TO podboard_worker;

GRANT SELECT ON TABLE public.listener_days TO podboard_web;
GRANT SELECT ON TABLE public.listener_days TO podboard_worker;

GRANT SELECT ON TABLE public.listener_events_daily TO podboard_web;
GRANT SELECT ON TABLE public.listener_events_daily TO podboard_worker;

GRANT SELECT ON TABLE public.listener_events_hourly TO podboard_web;
GRANT SELECT ON TABLE public.listener_events_hourly TO podboard_worker;

GRANT SELECT,INSERT ON TABLE public.listener_keys TO podboard_web;
GRANT SELECT,INSERT ON TABLE public.listener_keys TO podboard_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.login_attempts TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.login_attempts TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.marketplace_listings TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.marketplace_listings TO podboard_worker;

GRANT SELECT,INSERT ON TABLE public.marketplace_revenue TO podboard_web;
GRANT SELECT,INSERT ON TABLE public.marketplace_revenue TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.matches TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.matches TO podboard_worker;

GRANT SELECT ON TABLE public.matched_podcasts TO podboard_web;
GRANT SELECT ON TABLE public.matched_podcasts TO podboard_worker;

GRANT SELECT ON TABLE public.metrics_daily TO podboard_web;
GRANT SELECT ON TABLE public.metrics_daily TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.onboarding_progress TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.onboarding_progress TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.onboarding_steps TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.onboarding_steps TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.partner_integrations TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.partner_integrations TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.partners TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.partners TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.password_reset_tokens TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.password_reset_tokens TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.permissions TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.permissions TO podboard_worker;

GRANT SELECT ON TABLE public.placement_days TO podboard_web;
GRANT SELECT ON TABLE public.placement_days TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.podcast_feeds TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.podcast_feeds TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sponsors TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sponsors TO podboard_worker;

GRANT SELECT ON TABLE public.podcast_placements TO podboard_web;
GRANT SELECT ON TABLE public.podcast_placements TO podboard_worker;

GRANT SELECT ON TABLE public.podcast_slices TO podboard_web;
GRANT SELECT ON TABLE public.podcast_slices TO podboard_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.podcast_sources TO podboard_web;
GRANT SELECT,INSERT,DELETE ON TABLE public.podcast_sources TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.recovery_procedures TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.recovery_procedures TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.referral_commissions TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.referral_commissions TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.referrals TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.referrals TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.refresh_tokens TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.refresh_tokens TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.replication_status TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.replication_status TO podboard_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.report_deliveries TO podboard_web;
GRANT SELECT,INSERT,UPDATE ON TABLE public.report_deliveries TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.report_recipients TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.report_recipients TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.report_schedules TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.report_schedules TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reports TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reports TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.resource_ownership TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.resource_ownership TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.retention_curves TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.retention_curves TO podboard_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.role_permissions TO podboard_web;
GRANT SELECT,INSERT,DELETE ON TABLE public.role_permissions TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.roles TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.roles TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.saved_views TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.saved_views TO podboard_worker;

GRANT SELECT ON TABLE public.schema_migrations TO podboard_web;
GRANT SELECT ON TABLE public.schema_migrations TO podboard_worker;

GRANT SELECT,INSERT ON TABLE public.security_events TO podboard_web;
GRANT SELECT,INSERT ON TABLE public.security_events TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sessions TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sessions TO podboard_worker;

GRANT SELECT,INSERT ON TABLE public.share_link_views TO podboard_web;
GRANT SELECT,INSERT ON TABLE public.share_link_views TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.share_links TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.share_links TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.subscription_tiers TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.subscription_tiers TO podboard_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.tenant_quotas TO podboard_web;
GRANT SELECT,INSERT,UPDATE ON TABLE public.tenant_quotas TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenant_settings TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tenant_settings TO podboard_worker;

GRANT SELECT,UPDATE ON TABLE public.tenants TO podboard_web;
GRANT SELECT,INSERT,UPDATE ON TABLE public.tenants TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.transcript_links TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.transcript_links TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.transcripts TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.transcripts TO podboard_worker;

GRANT SELECT ON TABLE public.unmeasured_impressions TO podboard_web;
GRANT SELECT ON TABLE public.unmeasured_impressions TO podboard_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.user_email_preferences TO podboard_web;
GRANT SELECT,INSERT,UPDATE ON TABLE public.user_email_preferences TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.user_metrics TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.user_metrics TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.user_roles TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.user_roles TO podboard_worker;

GRANT SELECT(id),INSERT(id) ON TABLE public.users TO podboard_web;
GRANT SELECT(id),INSERT(id) ON TABLE public.users TO podboard_worker;

GRANT SELECT(tenant_id),INSERT(tenant_id) ON TABLE public.users TO podboard_web;
GRANT SELECT(tenant_id),INSERT(tenant_id) ON TABLE public.users TO podboard_worker;

GRANT SELECT(email),INSERT(email) ON TABLE public.users TO podboard_web;
GRANT SELECT(email),INSERT(email) ON TABLE public.users TO podboard_worker;

GRANT SELECT(full_name),INSERT(full_name),UPDATE(full_name) ON TABLE public.users TO podboard_web;
GRANT SELECT(full_name),INSERT(full_name),UPDATE(full_name) ON TABLE public.users TO podboard_worker;

GRANT SELECT(email_verified) ON TABLE public.users TO podboard_web;
GRANT SELECT(email_verified) ON TABLE public.users TO podboard_worker;

GRANT SELECT(is_operator) ON TABLE public.users TO podboard_web;
GRANT SELECT(is_operator) ON TABLE public.users TO podboard_worker;

GRANT SELECT(disabled_at) ON TABLE public.users TO podboard_web;
GRANT SELECT(disabled_at) ON TABLE public.users TO podboard_worker;

GRANT SELECT(deleted_at) ON TABLE public.users TO podboard_web;
GRANT SELECT(deleted_at) ON TABLE public.users TO podboard_worker;

GRANT SELECT(created_at) ON TABLE public.users TO podboard_web;
GRANT SELECT(created_at) ON TABLE public.users TO podboard_worker;

GRANT SELECT(updated_at) ON TABLE public.users TO podboard_web;
GRANT SELECT(updated_at) ON TABLE public.users TO podboard_worker;

GRANT INSERT,DELETE,UPDATE ON TABLE public.webhooks TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.webhooks TO podboard_worker;

GRANT SELECT(id) ON TABLE public.webhooks TO podboard_web;
GRANT SELECT(id) ON TABLE public.webhooks TO podboard_worker;

GRANT SELECT(tenant_id) ON TABLE public.webhooks TO podboard_web;
GRANT SELECT(tenant_id) ON TABLE public.webhooks TO podboard_worker;

GRANT SELECT(integration_id) ON TABLE public.webhooks TO podboard_web;
GRANT SELECT(integration_id) ON TABLE public.webhooks TO podboard_worker;

GRANT SELECT(url) ON TABLE public.webhooks TO podboard_web;
GRANT SELECT(url) ON TABLE public.webhooks TO podboard_worker;

GRANT SELECT(event_types) ON TABLE public.webhooks TO podboard_web;
GRANT SELECT(event_types) ON TABLE public.webhooks TO podboard_worker;

GRANT SELECT(secret_key_id) ON TABLE public.webhooks TO podboard_web;
GRANT SELECT(secret_key_id) ON TABLE public.webhooks TO podboard_worker;

GRANT SELECT(enabled) ON TABLE public.webhooks TO podboard_web;
GRANT SELECT(enabled) ON TABLE public.webhooks TO podboard_worker;

GRANT SELECT(created_by) ON TABLE public.webhooks TO podboard_web;
GRANT SELECT(created_by) ON TABLE public.webhooks TO podboard_worker;

GRANT SELECT(deleted_at) ON TABLE public.webhooks TO podboard_web;
GRANT SELECT(deleted_at) ON TABLE public.webhooks TO podboard_worker;

GRANT SELECT(created_at) ON TABLE public.webhooks TO podboard_web;
GRANT SELECT(created_at) ON TABLE public.webhooks TO podboard_worker;

GRANT SELECT(updated_at) ON TABLE public.webhooks TO podboard_web;
GRANT SELECT(updated_at) ON TABLE public.webhooks TO podboard_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.white_label_settings TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.white_label_settings TO podboard_worker;

GRANT SELECT ON TABLE public.worker_heartbeats TO podboard_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.worker_heartbeats TO podboard_worker;
