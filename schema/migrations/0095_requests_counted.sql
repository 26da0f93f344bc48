-- Purpose: a request at a prefix, a pixel or a vanity URL takes two round trips, each a transaction of its own: one finds what it is
-- for and how its tenant counts, one records it. Eight statements planned one by one took most of the time of an answer.
-- Nothing here has more rights than who calls it: tenant_for_key() alone looks across tenants, row security decides on the rest.
-- Plans are kept: each statement reads single rows by an index, and takes the tenant of its own transaction.

create function prefix_target(p_episode_id uuid)
    returns table (tenant_id uuid, audio_url text, audio_bytes bigint, duration_seconds integer, time_zone text, download_window text,
                   listener_key bytea, asked_at timestamptz)
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
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
comment on function prefix_target(uuid) is
    'Where the audio of an episode lies and how its tenant counts, for a request at a prefix: asked before a tenant is known.';

create function impression_id(p_download_id uuid, p_ad_unit_id uuid) returns uuid
    language sql stable parallel safe
    return cast(overlay(overlay(
        left(encode(sha256(convert_to('impression ' || p_download_id::text || ' ' || p_ad_unit_id::text, 'UTF8')), 'hex'), 32)
        placing '8' from 13 for 1) placing '8' from 17 for 1) as uuid);
comment on function impression_id(uuid, uuid) is
    'The id of the impression of an ad unit in a download: a name-based UUID (version 8 over SHA-256), so that it is made once.';

create function take_request(p_tenant_id uuid, p_id uuid, p_episode_id uuid, p_listener_id text, p_event_data jsonb,
                             p_occurred_at timestamptz, p_reason text, p_rule_version text)
    returns text
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
declare
    reason text := p_reason;
    zone text;
    local_day date;
    starts_at timestamptz;
    ends_at timestamptz;
begin
    perform set_account_context(p_tenant_id, null);
    if reason is null then
        -- Two who look at once whether a day is counted would both find that it is not.
        perform pg_advisory_xact_lock(hashtextextended('podboard downloads ' || p_tenant_id, 0));
        zone := tenant_time_zone();
        local_day := (p_occurred_at at time zone zone)::date;
        starts_at := local_day::timestamp at time zone zone;
        ends_at := (local_day + 1)::timestamp at time zone zone;
        if exists (
            select from counting_windows w
            where w.tenant_id = p_tenant_id and w.listener_id = p_listener_id and w.episode_id = p_episode_id
                and w.closes_at > starts_at and w.opened_at < ends_at
        ) then
            perform set_account_context(null, null);
            return 'windows';
        end if;
        if exists (
            select from listener_events l
            where l.tenant_id = p_tenant_id and l.episode_id = p_episode_id and l.occurred_at >= starts_at and l.occurred_at < ends_at
                and l.event_type = 'download' and l.listener_id = p_listener_id
        ) then
            reason := 'repeat';
        end if;
    end if;
    if reason is not null then
        insert into excluded_requests (id, tenant_id, episode_id, reason, rule_version, occurred_at)
        values (p_id, p_tenant_id, p_episode_id, reason, p_rule_version, p_occurred_at);
    else
        insert into listener_events (id, tenant_id, episode_id, listener_id, event_type, event_data, occurred_at)
        values (p_id, p_tenant_id, p_episode_id, p_listener_id, 'download', p_event_data, p_occurred_at);
        -- A request that is only led on tells no bytes, so the ad counts with the download.
        insert into attribution_events
            (id, tenant_id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at)
        select impression_id(p_id, a.id), a.tenant_id, a.campaign_id, a.episode_id, p_listener_id, 'impression', jsonb_build_object('ad_unit_id', a.id, 'evidence', 'download'),
               p_occurred_at
        from ad_units a
        join campaigns c on c.tenant_id = a.tenant_id and c.id = a.campaign_id and c.deleted_at is null
        where a.tenant_id = p_tenant_id and a.episode_id = p_episode_id and a.deleted_at is null
            and c.stage in ('booked', 'live', 'paused', 'completed') and local_day between c.start_date and c.end_date;
    end if;
    perform set_account_context(null, null);
    return coalesce(reason, 'download');
end
$$;
comment on function take_request(uuid, uuid, uuid, text, jsonb, timestamptz, text, text) is
    'Records a request for an episode, refused with the reason or, once per listener and tenant day, counted, with its impressions; what '
    'it became: download, a reason, or windows, where bytes from logs are kept for that day and nothing has been recorded.';

create function link_target(p_kind text, p_key text)
    returns table (tenant_id uuid, link_id uuid, campaign_id uuid, target_url text, conversion_type text, listener_key bytea,
                   asked_at timestamptz)
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
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
comment on function link_target(text, text) is
    'The campaign behind a pixel or vanity URL and where it leads: asked before a tenant is known.';

create function take_conversion(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_listener_id text, p_type text, p_data jsonb,
                                p_occurred_at timestamptz, p_is_order boolean)
    returns boolean
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
declare
    is_new boolean := true;
begin
    perform set_account_context(p_tenant_id, null);
    if p_is_order then
        -- The page of an order may be opened twice at once.
        perform pg_advisory_xact_lock(hashtextextended('podboard conversion ' || p_id, 0));
        is_new := not exists (select from attribution_events e where e.tenant_id = p_tenant_id and e.id = p_id);
    end if;
    if is_new then
        insert into attribution_events (id, tenant_id, campaign_id, listener_id, attribution_type, attribution_data, occurred_at)
        values (p_id, p_tenant_id, p_campaign_id, p_listener_id, p_type, p_data, p_occurred_at);
    end if;
    perform set_account_context(null, null);
    return is_new;
end
$$;
comment on function take_conversion(uuid, uuid, uuid, text, text, jsonb, timestamptz, boolean) is
    'Records what a pixel or vanity URL tells; an order once, however often its page is opened. Whether it is new.';

revoke all on function impression_id(uuid, uuid), prefix_target(uuid), take_request(uuid, uuid, uuid, text, jsonb, timestamptz, text, text),
    link_target(text, text), take_conversion(uuid, uuid, uuid, text, text, jsonb, timestamptz, boolean) from public;
grant execute on function impression_id(uuid, uuid), prefix_target(uuid), take_request(uuid, uuid, uuid, text, jsonb, timestamptz, text, text),
    link_target(text, text), take_conversion(uuid, uuid, uuid, text, text, jsonb, timestamptz, boolean) to podboard_web, podboard_worker;
