-- Purpose: what a prefix refuses, and what pixels and vanity URLs take and refuse, belongs to the import of its source and hour, as what
-- API keys send does. A request is answered once it is kept, as before; the worker counts it. One row that all requests of an hour
-- write to would make each wait for the one before.

create table internal.waiting_outcomes (
    tenant_id uuid not null,
    occurred_at timestamptz not null,
    id uuid not null,
    source text not null check (source in ('prefix', 'pixel', 'vanity_url')),
    subject_id uuid not null,
    is_known boolean not null,
    refused_for text check (length(refused_for) between 1 and 80),
    rule_version text check (length(rule_version) between 1 and 80),
    primary key (tenant_id, occurred_at, id),
    check ((refused_for is null) = (rule_version is null)),
    check (source <> 'prefix' or refused_for is not null)
);
comment on table internal.waiting_outcomes is
    'What became of requests at prefixes, pixels and vanity URLs, until the worker counts it in the import of its hour and takes it off in '
    'the same transaction. Neither address, agent, listener nor anything that was said is kept.';
comment on column internal.waiting_outcomes.source is
    'prefix: of an episode, and refused; pixel, vanity_url: of a campaign, taken or refused.';
comment on column internal.waiting_outcomes.subject_id is 'The episode of a prefix, the campaign of a pixel or vanity URL.';
comment on column internal.waiting_outcomes.is_known is 'Whether it says what stood already: an order whose page is opened again.';
comment on column internal.waiting_outcomes.refused_for is
    'A reason of excluded_requests or excluded_visits, where it goes once it is counted; null of what is taken.';
comment on column internal.waiting_outcomes.rule_version is
    'Which counting rules refused it: COUNTING_VERSION, as "IAB 2.3, rules 1"; unknown of what the release before kept.';

create function keep_outcome(p_occurred_at timestamptz, p_source text, p_subject_id uuid, p_is_known boolean, p_refused_for text,
                             p_rule_version text)
    returns void
    language sql volatile security definer set search_path = pg_catalog, internal
    as $$
    insert into internal.waiting_outcomes (tenant_id, occurred_at, id, source, subject_id, is_known, refused_for, rule_version)
    select public.app_tenant(), p_occurred_at, gen_random_uuid(), p_source, p_subject_id, p_is_known, p_refused_for, p_rule_version
    $$;
comment on function keep_outcome(timestamptz, text, uuid, boolean, text, text) is
    'Keeps what became of a request of the tenant in the session until the worker counts it. Whose episode or campaign it is, is looked at '
    'then.';

create or replace function take_prefix_request(p_tenant_id uuid, p_id uuid, p_occurred_at timestamptz, p_episode_id uuid, p_reason text,
                                               p_rule_version text, p_listener_id text, p_app text, p_device text, p_os text,
                                               p_country text, p_region text, p_data_centres text)
    returns void
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
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

create or replace function refuse_visit(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_kind text, p_reason text, p_rule_version text,
                                        p_occurred_at timestamptz)
    returns void
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
begin
    perform set_account_context(p_tenant_id, null);
    perform keep_outcome(p_occurred_at, p_kind, p_campaign_id, false, p_reason, p_rule_version);
    perform set_account_context(null, null);
end
$$;

create function take_visit(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_kind text, p_listener_id text, p_type text, p_data jsonb,
                           p_occurred_at timestamptz, p_is_order boolean, p_rule_version text)
    returns text
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
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
    if outcome = 'taken' then
        insert into attribution_events (id, tenant_id, campaign_id, listener_id, attribution_type, attribution_data, occurred_at)
        values (p_id, p_tenant_id, p_campaign_id, p_listener_id, p_type, p_data, p_occurred_at);
    end if;
    if outcome = 'order_differs' then
        perform keep_outcome(p_occurred_at, p_kind, p_campaign_id, false, outcome, p_rule_version);
    else
        perform keep_outcome(p_occurred_at, p_kind, p_campaign_id, outcome = 'known', null, null);
    end if;
    perform set_account_context(null, null);
    return outcome;
end
$$;
comment on function take_visit(uuid, uuid, uuid, text, text, text, jsonb, timestamptz, boolean, text) is
    'Records what a pixel or vanity URL tells; an order once, however often its page is opened. taken; known: the same order said the '
    'same; order_differs: it said something else, and what was said first stands.';

-- For the release at work meanwhile: what it takes is counted too.
create or replace function take_conversion(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_listener_id text, p_type text, p_data jsonb,
                                           p_occurred_at timestamptz, p_is_order boolean)
    returns boolean
    language sql volatile
    as $$
    select take_visit(p_tenant_id, p_id, p_campaign_id, p_data ->> 'source', p_listener_id, p_type, p_data, p_occurred_at, p_is_order,
                      'unknown') = 'taken'
    $$;

create or replace function pending_work() returns table (queue text, waiting bigint, oldest timestamptz)
    language sql stable security definer set search_path = pg_catalog, internal
    as $$
    select 'dirty_hours', count(*), min(noted_at) from internal.dirty_hours
    union all select 'dirty_metric_days', count(*), min(noted_at) from internal.dirty_metric_days
    union all select 'dirty_campaigns', count(*), min(noted_at) from internal.dirty_campaigns
    union all select 'dirty_excluded_hours', count(*), min(noted_at) from internal.dirty_excluded_hours
    union all select 'waiting_requests', count(*), min(occurred_at) from internal.waiting_requests
    union all select 'waiting_outcomes', count(*), min(occurred_at) from internal.waiting_outcomes
    union all select 'reports', count(*), min(queued_at) from internal.report_queue
    $$;

revoke all on function keep_outcome(timestamptz, text, uuid, boolean, text, text),
    take_visit(uuid, uuid, uuid, text, text, text, jsonb, timestamptz, boolean, text) from public;
grant execute on function keep_outcome(timestamptz, text, uuid, boolean, text, text),
    take_visit(uuid, uuid, uuid, text, text, text, jsonb, timestamptz, boolean, text) to podboard_web, podboard_worker;

comment on column excluded_requests.import_id is
    'The import it came with: a log or a file of events, or the hour in which a request at a prefix was counted. Null of what a prefix '
    'refused before that was counted.';
comment on column etl_imports.source_name is
    'Whose data it is: as told, else the name of the file without dates and numbers, the host of an address, or the API key; Prefix, Pixel '
    'and Vanity URLs of what came there. Null of rows that the release before named sources wrote.';
comment on column etl_imports.figures is
    'Object: refused requests by reason, impressions made, the rules that counted, reached: the last moment of what it brought, by '
    'listener_events, impressions and conversions; worked_ms: of an hour''s batches how long they took together. Open: each kind of '
    'import has its own.';

-- Last, as it locks what is written to. Neither is read through: 0131 does so, where no writer waits for it.
alter table excluded_visits add column import_id uuid;
alter table excluded_visits
    add constraint excluded_visits_import foreign key (tenant_id, import_id) references etl_imports (tenant_id, id)
        on delete restrict not valid,
    drop constraint excluded_visits_reason_check,
    add constraint excluded_visits_reason_check check (reason in (
        'head', 'method', 'preload', 'empty_agent', 'watch_app', 'malformed_agent', 'bot', 'type_unknown', 'value_unreadable',
        'currency_missing', 'order_id_unreadable', 'order_differs')) not valid;
comment on table excluded_visits is
    'Requests for the pixel or vanity URL of a campaign that were neither visit nor conversion, each with the rule that refused it. '
    'Neither address, agent, listener nor what it said is kept. Kept two years.';
comment on column excluded_visits.import_id is
    'The import of its source and hour, in which it was counted. Null of what came before these were counted.';
comment on column excluded_visits.reason is
    'As in excluded_requests: head, method, preload, empty_agent, watch_app, malformed_agent, bot. What a pixel was told wrong: '
    'type_unknown; value_unreadable: no amount of money; currency_missing: a value without one, or with what is none; '
    'order_id_unreadable: too long or no text; order_differs: the order stands already with another value, currency or type.';
