-- Purpose: what a pixel or vanity URL refuses is kept with its reason, as what a prefix refuses is: "why this number" of visits and
-- conversions tells of it.

create table excluded_visits (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    campaign_id uuid not null,
    kind text not null check (kind in ('pixel', 'vanity_url')),
    reason text not null
        check (reason in ('head', 'method', 'preload', 'empty_agent', 'watch_app', 'malformed_agent', 'bot')),
    rule_version text not null check (length(rule_version) between 1 and 80),
    occurred_at timestamptz not null default now(),
    foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete cascade
);
create index excluded_visits_campaign on excluded_visits (tenant_id, campaign_id, occurred_at);
create index excluded_visits_came on excluded_visits (tenant_id, occurred_at);
comment on table excluded_visits is
    'Requests for the pixel or vanity URL of a campaign that were neither visit nor conversion, each with the rule that refused it. '
    'Neither address, agent nor listener is kept. Kept two years.';
comment on column excluded_visits.kind is 'pixel, vanity_url: which link of the campaign was asked for.';
comment on column excluded_visits.reason is 'As in excluded_requests: head, method, preload, empty_agent, watch_app, malformed_agent, bot.';
comment on column excluded_visits.rule_version is 'Which counting rules were applied: COUNTING_VERSION, as "IAB 2.3, rules 1".';
select internal.protect_tenant_table('excluded_visits', 'select, insert'),
       internal.guard_table('excluded_visits', p_writing => 'imports.create');
create policy campaign_scope on excluded_visits as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns()) or campaign_id in (select app_campaigns()));

create function refuse_visit(p_tenant_id uuid, p_id uuid, p_campaign_id uuid, p_kind text, p_reason text, p_rule_version text,
                             p_occurred_at timestamptz)
    returns void
    language plpgsql volatile set plan_cache_mode = 'force_generic_plan'
    as $$
begin
    perform set_account_context(p_tenant_id, null);
    insert into excluded_visits (id, tenant_id, campaign_id, kind, reason, rule_version, occurred_at)
    values (p_id, p_tenant_id, p_campaign_id, p_kind, p_reason, p_rule_version, p_occurred_at);
    perform set_account_context(null, null);
end
$$;
comment on function refuse_visit(uuid, uuid, uuid, text, text, text, timestamptz) is
    'Keeps a request at a pixel or vanity URL that is neither visit nor conversion, with the reason.';
revoke all on function refuse_visit(uuid, uuid, uuid, text, text, text, timestamptz) from public;
grant execute on function refuse_visit(uuid, uuid, uuid, text, text, text, timestamptz) to podboard_web, podboard_worker;
