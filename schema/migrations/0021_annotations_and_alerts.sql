-- Purpose: marks on a chart, and rules that call when a number leaves its bounds.

create table annotations (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    kind text not null default 'note' check (kind in ('note', 'episode', 'flight', 'import', 'reprocess', 'outage', 'promotion')),
    title text not null check (length(title) between 1 and 200),
    body text not null default '' check (length(body) <= 4000),
    starts_at timestamptz not null,
    ends_at timestamptz,
    podcast_id uuid,
    episode_id uuid,
    campaign_id uuid,
    visibility text not null default 'own' check (visibility in ('own', 'team', 'everyone')),
    created_by uuid,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (ends_at > starts_at),
    check (num_nonnulls(podcast_id, episode_id, campaign_id) <= 1),
    check (visibility <> 'own' or created_by is not null),
    foreign key (tenant_id, podcast_id) references podcasts (tenant_id, id) on delete cascade,
    foreign key (tenant_id, episode_id) references episodes (tenant_id, id) on delete cascade,
    foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete cascade,
    foreign key (tenant_id, created_by) references users (tenant_id, id) on delete cascade
);
create index annotations_time on annotations (tenant_id, starts_at);
create index annotations_podcast on annotations (tenant_id, podcast_id, starts_at);
create index annotations_episode on annotations (tenant_id, episode_id, starts_at);
create index annotations_campaign on annotations (tenant_id, campaign_id, starts_at);
create index annotations_created_by on annotations (tenant_id, created_by);
comment on table annotations is 'What happened, marked on the charts of a podcast, an episode, a campaign or (with none of them) the tenant.';
comment on column annotations.kind is
    'note: by a person; episode: one came out; flight: begins or ends; import: data came in; reprocess: numbers were counted anew; '
    'outage: data is missing; promotion: advertised elsewhere.';
comment on column annotations.visibility is
    'own: created_by''s alone; team: of everybody who sees the whole tenant; everyone: of all who see the podcast, episode or campaign.';
comment on column annotations.created_by is 'Null for marks that podboard makes itself.';
select internal.protect_tenant_table('annotations');
create policy annotation_scope on annotations as restrictive to podboard_web, podboard_worker
    using ((campaign_id is null or (select app_sees_all_campaigns()) or campaign_id in (select app_campaigns()))
           and (podcast_id is null or (select app_sees_all_podcasts()) or podcast_id in (select app_podcasts()))
           and (episode_id is null or (select app_sees_all_podcasts()) or episode_id in (select app_episodes())));
create policy reading_rights on annotations as restrictive for select to podboard_web, podboard_worker
    using (created_by = (select app_user()) or (select app_may('no person'))
           or (visibility = 'everyone' and num_nonnulls(podcast_id, episode_id, campaign_id) = 1)
           or (visibility <> 'own' and (select app_sees_all_campaigns() and app_sees_all_podcasts())));
create policy insert_rights on annotations as restrictive for insert to podboard_web, podboard_worker
    with check (created_by = (select app_user()) or (select app_may('no person')));
create policy update_rights on annotations as restrictive for update to podboard_web, podboard_worker
    using (created_by = (select app_user()) or (visibility <> 'own' and (select app_may('settings.manage'))))
    with check (created_by = (select app_user()) or (visibility <> 'own' and (select app_may('settings.manage'))));
create policy delete_rights on annotations as restrictive for delete to podboard_web, podboard_worker
    using (created_by = (select app_user()) or (visibility <> 'own' and (select app_may('settings.manage')))
           or (select app_may('no person')));

create table alert_rules (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    name text not null check (length(name) between 1 and 200),
    metric text not null check (metric ~ '^[a-z][a-z0-9_]*$' and length(metric) <= 80),
    comparison text not null check (comparison in ('above', 'below', 'rises_by', 'falls_by')),
    threshold numeric not null,
    period text not null default 'day' check (period in ('day', 'week', 'month', 'flight')),
    podcast_id uuid,
    episode_id uuid,
    campaign_id uuid,
    severity text not null default 'warning' check (severity in ('info', 'warning', 'critical')),
    enabled boolean not null default true,
    evaluated_at timestamptz,
    created_by uuid not null,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (num_nonnulls(podcast_id, episode_id, campaign_id) <= 1),
    check (period <> 'flight' or campaign_id is not null),
    check (comparison not in ('rises_by', 'falls_by') or threshold > 0),
    unique (tenant_id, id),
    foreign key (tenant_id, podcast_id) references podcasts (tenant_id, id) on delete cascade,
    foreign key (tenant_id, episode_id) references episodes (tenant_id, id) on delete cascade,
    foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete cascade,
    foreign key (tenant_id, created_by) references users (tenant_id, id) on delete cascade
);
create index alert_rules_podcast on alert_rules (tenant_id, podcast_id);
create index alert_rules_episode on alert_rules (tenant_id, episode_id);
create index alert_rules_campaign on alert_rules (tenant_id, campaign_id);
create index alert_rules_created_by on alert_rules (tenant_id, created_by);
comment on table alert_rules is 'When to call: a metric of a podcast, an episode, a campaign or all that created_by sees, against a threshold.';
comment on column alert_rules.metric is 'Key of the metric registry.';
comment on column alert_rules.comparison is
    'above, below: the value itself against threshold. rises_by, falls_by: the change against the period before, as a ratio (0.3 is 30 %).';
comment on column alert_rules.period is 'day, week, month: whole ones of the tenant''s calendar; flight: the campaign''s flight so far.';
comment on column alert_rules.severity is 'info: shown; warning: mailed with the day''s others; critical: mailed at once.';

create table alerts (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    rule_id uuid not null,
    status text not null default 'open' check (status in ('open', 'acknowledged', 'resolved')),
    period_start timestamptz not null,
    period_end timestamptz not null,
    observed_value numeric not null,
    compared_value numeric,
    threshold numeric not null,
    opened_at timestamptz not null default now(),
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    resolved_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (period_end > period_start),
    check (status <> 'acknowledged' or acknowledged_at is not null),
    check ((status = 'resolved') = (resolved_at is not null)),
    check (acknowledged_by is null or acknowledged_at is not null),
    unique (tenant_id, rule_id, period_start),
    foreign key (tenant_id, rule_id) references alert_rules (tenant_id, id) on delete cascade,
    foreign key (tenant_id, acknowledged_by) references users (tenant_id, id) on delete set null (acknowledged_by)
);
create index alerts_open on alerts (tenant_id, status, opened_at desc);
create index alerts_acknowledged_by on alerts (tenant_id, acknowledged_by);
comment on table alerts is 'A rule that called: once per rule and period.';
comment on column alerts.status is 'open; acknowledged: a person has seen it; resolved: the number is back within its bounds.';
comment on column alerts.observed_value is 'The value that called; for rises_by and falls_by the change as a ratio.';
comment on column alerts.compared_value is 'The value of the period before, where the rule compares with it.';
comment on column alerts.threshold is 'As it was then: rules change.';

select internal.protect_tenant_table('alert_rules'), internal.protect_tenant_table('alerts', 'select, insert, update');
create policy own_rules on alert_rules as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns() and app_sees_all_podcasts()) or created_by = (select app_user()));
create policy rules_in_scope on alert_rules as restrictive to podboard_web, podboard_worker
    using ((campaign_id is null or (select app_sees_all_campaigns()) or campaign_id in (select app_campaigns()))
           and (podcast_id is null or (select app_sees_all_podcasts()) or podcast_id in (select app_podcasts()))
           and (episode_id is null or (select app_sees_all_podcasts()) or episode_id in (select app_episodes())));
create policy rules_are_ones_own on alert_rules as restrictive for insert to podboard_web, podboard_worker
    with check (created_by = (select app_user()) or (select app_may('no person')));
create policy rule_readable on alerts as restrictive to podboard_web, podboard_worker
    using (rule_id in (select r.id from alert_rules r));
-- Alerts come from the worker; a person says that they have seen one.
create policy insert_rights on alerts as restrictive for insert to podboard_web, podboard_worker
    with check ((select app_may('no person')));
