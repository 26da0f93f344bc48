-- Purpose: what the tables of before lacked: a goal, checks and comments on vocabularies.

alter table campaigns add column goal_conversions integer check (goal_conversions > 0);
comment on column campaigns.goal_conversions is 'How many conversions the sponsor wants by the end of the flight; null where none was named.';
comment on column campaigns.budget_micros is 'What the sponsor set aside, in millionths of currency.';

alter table password_reset_tokens add column updated_at timestamptz not null default now();
create trigger touch_updated_at before update on password_reset_tokens
    for each row execute function internal.touch_updated_at();
alter table permissions add column updated_at timestamptz not null default now();
create trigger touch_updated_at before update on permissions for each row execute function internal.touch_updated_at();

-- Not valid: they hold for what is written from now on, and no large table is read through under a lock. What stands in
-- logs and in tenants' settings already is not judged, and not rewritten.
alter table access_logs
    add check (resource_type ~ '^[a-z_]+$') not valid,
    add check (action ~ '^[a-z_]+(\.[a-z_]+)?$') not valid,
    add check (length(reason) <= 200) not valid;
alter table audit_logs
    add check (resource_type ~ '^[a-z_]+$') not valid,
    add check (action ~ '^[a-z_]+(\.[a-z_]+)?$') not valid,
    add check (jsonb_typeof(changes) = 'object') not valid;
alter table permissions
    add check (resource_type ~ '^[a-z_]+$') not valid,
    add check (action ~ '^[a-z_]+$') not valid,
    add check (action = split_part(name, '.', 2)) not valid;
alter table attribution_models
    add check ((configuration ->> 'window_days')::numeric between 1 and 60) not valid;
-- A check of what is missing passes: the version must be there to be checked.
alter table attribution_analytics
    add check (metrics ? 'version') not valid;
alter table tenant_settings
    add check ((settings ->> 'listener_retention_days')::numeric between 1 and 36500) not valid,
    add check (settings ->> 'download_window' in ('calendar_day')) not valid,
    add check (settings ->> 'locale' ~ '^[a-z]{2}([-_][A-Z]{2})?$') not valid;
alter table etl_imports
    add check ((status = 'running') = (completed_at is null)) not valid,
    add check (completed_at >= started_at) not valid;
alter table job_runs
    add check ((status = 'running') = (finished_at is null)) not valid;
alter table import_refusals
    add check (length(reason) between 1 and 200) not valid;

comment on column access_logs.resource_type is 'What was asked for, as in permissions; session for the door itself.';
comment on column access_logs.action is 'What was tried: log_in, log_out, password_reset, ...; or the action of a permission.';
comment on column access_logs.reason is 'Why it was refused, in a few words; null when it was allowed.';
comment on column audit_logs.resource_type is 'What was changed, by the singular of its table: user, campaign, etl_import.';
comment on column audit_logs.action is 'What was done: created, updated, deleted, import, or resource.what (user.invited).';
comment on column audit_logs.changes is 'Object: {column: [before, after]}, or figures of an import. Never a secret.';
comment on column permissions.resource_type is 'What it is about, in the singular.';
comment on column permissions.action is 'The part of the name after the point.';
comment on column resource_ownership.resource_type is 'sponsor (with all its campaigns), podcast, or a single campaign.';
comment on column password_reset_tokens.purpose is 'reset: a password is there already (30 minutes); invitation: the first one (24 hours).';
comment on column episodes.episode_type is 'As in feeds: full, trailer or bonus.';
comment on column campaigns.stage is
    'prospect: an idea; proposed: an offer is out; booked: signed; live: in its flight; paused, cancelled: by a person; completed: over.';
comment on column ad_units.unit_type is 'pre_roll, mid_roll, post_roll: produced spots by place; host_read: read by the host.';
comment on column io_bookings.pricing_model is 'cpm: by delivery; flat: one price for the flight.';
comment on column listener_events.event_type is
    'download: valid and unique; play, progress, complete: told by the app; ad_play: an ad was heard, with its quartile; follow: subscribed.';
comment on column attribution_events.attribution_type is 'impression: an ad delivered; visit; lead; purchase.';
comment on column listener_metrics.metric_name is 'plays, listen_seconds, completes, engaged_plays (20 minutes or 40 % of the episode).';
comment on column listener_metrics.metric_data is 'Object; empty for the metrics there are.';
comment on column attribution_models.model_type is 'first_touch, last_touch: all to one; linear: the same share to each touch.';
comment on column attribution_paths.conversion_type is 'purchase or lead, as in attribution_events.';
comment on column attribution_paths.conversion_source is 'What reported it first: pixel, promo_code, vanity_url or survey; empty where nothing says so.';
comment on column reports.report_type is 'The template: campaign_performance of one campaign, podcast_audience of one or more podcasts.';
comment on column reports.status is 'queued, running (claimed until lease_until), ready (with its PDF), failed (error_message says why), cancelled.';
comment on column etl_imports.import_type is 'feed: a podcast''s RSS; listener_events, attribution_events: files of events.';
comment on column etl_imports.status is 'running; completed: it stands; failed: nothing of it was kept.';
comment on column import_refusals.reason is 'One of a few sentences for people.';
comment on column job_runs.status is 'running; succeeded; failed; abandoned: its worker died.';
comment on column job_runs.result is 'Object of figures by name, as the job reports them.';
comment on column gdpr_requests.completed_at is 'When it ended, in whichever of the three ways.';
comment on column report_deliveries.channel is 'As of the recipient: email or webhook.';

-- A podcaster's list of ads in its podcasts leaves out what is deleted. (campaign_episodes keeps it: an ad that was
-- delivered was delivered, and the report names the episode.)
create or replace view podcast_placements with (security_barrier) as
    select a.tenant_id, a.id as ad_unit_id, a.episode_id, e.podcast_id, c.id as campaign_id, s.name as sponsor_name,
           c.start_date, c.end_date, a.unit_type, a.position_seconds, a.duration_seconds
    from ad_units a
    join episodes e on e.tenant_id = a.tenant_id and e.id = a.episode_id
    join podcasts p on p.tenant_id = e.tenant_id and p.id = e.podcast_id
    join campaigns c on c.tenant_id = a.tenant_id and c.id = a.campaign_id
    join sponsors s on s.tenant_id = c.tenant_id and s.id = c.sponsor_id
    where a.tenant_id = (select app_tenant())
        and a.deleted_at is null and c.deleted_at is null and e.deleted_at is null and p.deleted_at is null
        and ((select app_sees_all_podcasts()) or e.podcast_id in (select app_podcasts()));
