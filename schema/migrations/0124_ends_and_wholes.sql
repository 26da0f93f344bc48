-- Purpose: what ends, ends after it began; results of attribution are held to their words down to the last; a conversion's amount has
-- its currency and its campaign is the event's; services are for podcasts and sponsors of the tenant's own.

-- Nothing is read through: what was there before is looked through in 0125.
alter table sessions
    add constraint sessions_expires_later check (expires_at > created_at) not valid,
    add constraint sessions_ended_later check (ended_at >= created_at) not valid;
alter table password_reset_tokens
    add constraint password_reset_tokens_expires_later check (expires_at > created_at) not valid,
    add constraint password_reset_tokens_used_later check (used_at >= created_at) not valid;
alter table email_verification_tokens
    add constraint email_verification_tokens_used_later check (used_at >= created_at) not valid;
alter table refresh_tokens add constraint refresh_tokens_revoked_later check (revoked_at >= created_at) not valid;
alter table api_keys add constraint api_keys_revoked_later check (revoked_at >= created_at) not valid;
alter table share_links add constraint share_links_revoked_later check (revoked_at >= created_at) not valid;
alter table integration_tokens add constraint integration_tokens_expires_later check (expires_at > created_at) not valid;
alter table job_runs add constraint job_runs_finished_later check (finished_at >= started_at) not valid;
alter table alerts
    add constraint alerts_acknowledged_later check (acknowledged_at >= opened_at) not valid,
    add constraint alerts_resolved_later check (resolved_at >= opened_at) not valid;

-- To end something is never refused: not for a clock that is behind the one it began by, nor for a transaction that is older.
create or replace function password_token_use(p_token_hash text, p_password_hash text, p_now timestamptz)
    returns table (user_id uuid, tenant_id uuid)
    language plpgsql volatile security definer set plan_cache_mode = 'force_generic_plan' set search_path = pg_catalog, public
    as $$
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

create or replace function internal.is_attribution_metrics(d jsonb) returns boolean
    language sql immutable parallel safe
    as $$
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
    $$;
comment on function internal.is_attribution_metrics(jsonb) is
    'Whether a document is version 1 of what the comment on attribution_analytics.metrics says, and nothing besides; of windows, models '
    'and kinds of channel some may be missing.';
-- A check that was validated knows nothing of its function's new words: made anew, it is looked through with the others.
alter table attribution_analytics
    drop constraint attribution_analytics_metrics_known,
    add constraint attribution_analytics_metrics_known check (internal.is_attribution_metrics(metrics)) not valid;

alter table attribution_paths
    add constraint attribution_paths_value_whole check ((value_micros is null) = (currency is null)) not valid;
comment on column attribution_paths.value_micros is 'What it was worth; null where no amount was told, or none of a currency.';
comment on column attribution_paths.currency is 'ISO 4217, of value_micros: there where that is, and only there.';

-- A reference that names the campaign too would need a second unique index over all events. As for what hangs on an event elsewhere
-- (take_campaign_of_event) the event is looked up, by its key and only for rows that are written. No session may change an event.
create function internal.require_campaign_of_event() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal set plan_cache_mode = 'force_generic_plan'
    as $$
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
comment on function internal.require_campaign_of_event() is 'Refuses a conversion whose campaign is not that of its event.';
create trigger require_campaign_of_event
    after insert or update of tenant_id, campaign_id, conversion_event_id, converted_at on attribution_paths
    for each row execute function internal.require_campaign_of_event();
comment on column attribution_paths.campaign_id is 'The campaign of the conversion event.';

-- Asked once the checks have been: a list is one by then.
create function internal.require_own_subjects() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
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
comment on function internal.require_own_subjects() is
    'Refuses a configuration that names a podcast or sponsor which is not of the row''s tenant.';
create trigger require_own_subjects after insert or update of tenant_id, configuration on integrations
    for each row when (new.configuration ?| array['podcast_ids', 'sponsor_ids']) execute function internal.require_own_subjects();
comment on column integrations.configuration is
    'Object. base_url: https, without query; account: name or number at the service. All but messaging: sync_minutes: how often. '
    'hosting, analytics, ad_server: podcast_ids; ad_server, shop, crm: sponsor_ids: what it is for, of the tenant''s own. storage: '
    'path. messaging: channel. Nothing else, and never a secret (token, access_token, refresh_token, api_key, password, secret, '
    'client_secret): those are integration_tokens.';
