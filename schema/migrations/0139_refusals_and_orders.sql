-- Purpose: whoever sent what was refused finds it again: a pixel's refusal by the order it was told, a row of a batch by HTTP by that
-- batch, which its answer names. And an order has one amount: with which one a file or key told it first is kept, as the events
-- themselves are found by their time and not by an order; a pixel's is held against it.

create table conversion_orders (
    tenant_id uuid not null references tenants (id) on delete cascade,
    campaign_id uuid not null,
    conversion_type text not null check (conversion_type in ('visit', 'lead', 'purchase')),
    order_id text not null check (length(order_id) between 1 and 200),
    value_micros bigint not null check (value_micros >= 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    created_at timestamptz not null default now(),
    primary key (tenant_id, campaign_id, conversion_type, order_id),
    foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete cascade
);
comment on table conversion_orders is
    'The amount with which a file or key told each order of a campaign first: with another one it is refused, at a pixel too. A pixel sets '
    'none, as anybody can ask for it. Kept as long as the campaign.';
comment on column conversion_orders.currency is 'Three letters, as ISO 4217 has them.';
comment on column conversion_orders.conversion_type is 'visit, lead, purchase: an order may become each of them, with an amount of its own.';
select internal.protect_tenant_table('conversion_orders', 'select, insert'),
       internal.guard_table('conversion_orders', 'imports.create', 'imports.create');

-- The one without an order stays for the release at work meanwhile.
create function refuse_visit(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_kind text, p_reason text, p_rule_version text,
                             p_occurred_at timestamptz, p_order_id text)
    returns void
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
begin
    perform set_account_context(p_tenant_id, null);
    perform keep_outcome(p_occurred_at, p_kind, p_campaign_id, false, p_reason, p_rule_version, p_order_id);
    perform set_account_context(null, null);
end
$$;
comment on function refuse_visit(uuid, uuid, uuid, text, text, text, timestamptz, text) is
    'Keeps a request at a pixel or vanity URL that is neither visit nor conversion, with the reason and the order it told.';

create or replace function take_visit(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_kind text, p_listener_id text, p_type text,
                                      p_data jsonb, p_occurred_at timestamptz, p_is_order boolean, p_rule_version text)
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
comment on function take_visit(uuid, uuid, uuid, text, text, text, jsonb, timestamptz, boolean, text) is
    'Records what a pixel or vanity URL tells; an order once, however often its page is opened. taken; known: the same order said the '
    'same; order_differs: it said something else, or a file or key told it with another amount, and what was said first stands.';

revoke all on function refuse_visit(uuid, uuid, uuid, text, text, text, timestamptz, text) from public;
grant execute on function refuse_visit(uuid, uuid, uuid, text, text, text, timestamptz, text) to podboard_web, podboard_worker;

-- Last, as it locks what is written to, and of that last what every pixel and prefix writes to: nobody waits there while this waits
-- for another table. Nothing is rewritten or read through: 0140 looks at the checks.
alter table excluded_visits add column order_id text;
alter table excluded_visits
    add constraint excluded_visits_order_id_check check (length(order_id) between 1 and 200) not valid;
comment on table excluded_visits is
    'Requests for the pixel or vanity URL of a campaign that were neither visit nor conversion, each with the rule that refused it. '
    'Neither address, agent nor listener is kept, and of what it said the order alone. Kept two years.';
comment on column excluded_visits.order_id is
    'The order that a pixel was told. Null of vanity URLs, where none or nothing that can be one was told, and of what came before it was '
    'kept.';
alter table import_refusals add column batch uuid;
comment on column import_refusals.batch is
    'The batch of events by HTTP in which it came, as its answer names it. Null of rows of files, and of batches before this was kept.';
alter table internal.waiting_outcomes add column order_id text;
alter table internal.waiting_outcomes
    add constraint waiting_outcomes_order_id_check check (length(order_id) between 1 and 200) not valid;
comment on table internal.waiting_outcomes is
    'What became of requests at prefixes, pixels and vanity URLs, until the worker counts it in the import of its hour and takes it off in '
    'the same transaction. Neither address, agent nor listener is kept, and of what was said the order alone.';
comment on column internal.waiting_outcomes.order_id is
    'The order that a pixel was told and that was refused. Null of all else, and where what was told is no order.';

create function keep_outcome(p_occurred_at timestamptz, p_source text, p_subject_id uuid, p_is_known boolean, p_refused_for text,
                             p_rule_version text, p_order_id text)
    returns void
    language sql volatile security definer set search_path = pg_catalog, internal
    as $$
    insert into internal.waiting_outcomes (tenant_id, occurred_at, id, source, subject_id, is_known, refused_for, rule_version, order_id)
    select public.app_tenant(), p_occurred_at, gen_random_uuid(), p_source, p_subject_id, p_is_known, p_refused_for, p_rule_version,
           p_order_id
    $$;
comment on function keep_outcome(timestamptz, text, uuid, boolean, text, text, text) is
    'Keeps what became of a request of the tenant in the session, and of which order it was told, until the worker counts it. Whose episode '
    'or campaign it is, is looked at then.';
revoke all on function keep_outcome(timestamptz, text, uuid, boolean, text, text, text) from public;
grant execute on function keep_outcome(timestamptz, text, uuid, boolean, text, text, text) to podboard_web, podboard_worker;
