-- Purpose: each word that a check takes or refuses stands in the comment of its column, so that a word more is a line to write; and
-- every table and view says what it is for, the private ones too.

comment on column api_usage.method is 'Of HTTP, in capitals: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS.';
comment on column attribution_analytics.metrics is
    'version 1. conversions, leads, purchases: integers after merging. revenue_micros: {currency: text integer}. conversions are of the '
    'campaign''s conversion_type alone. by_source: {pixel | promo_code | vanity_url | survey, or empty for none: integer}; overlap: '
    'conversions reported by more than one source. anonymous: surveys and promo codes of nobody, without an order: they widen the '
    'bounds and are no conversions. windows: {"7" | "14" | "30" | "60": {attributed: integer, unattributed: integer, models: '
    '{first_touch | last_touch | linear: {podcast | episode: {id: {conversions: text decimal, revenue_micros: {currency: text '
    'decimal}}}}}}}. A visit that no episode is known for has the id "none". Credits of one model and channel kind add up to '
    'attributed; days add up to any range.';
comment on column attribution_paths.merged_sources is
    'Sources that reported this conversion (pixel, promo_code, vanity_url, survey), as in conversion_source.';
comment on column import_columns.kind is
    'What the files hold: listener or attribution: events; retention: points of curves; ad_unit: where ads stand.';
comment on column integrations.configuration is
    'Object. base_url: https, without query; account: name or number at the service. All but messaging: sync_minutes: how often. '
    'hosting, analytics, ad_server: podcast_ids; ad_server, shop, crm: sponsor_ids: what it is for. storage: path. messaging: channel. '
    'Nothing else, and never a secret (token, access_token, refresh_token, api_key, password, secret, client_secret): those are '
    'integration_tokens.';
comment on column partner_integrations.configuration is
    'Object of texts. contact: who is asked. All but manual: url: https, without query; format: csv or json. data_feed, file_drop, '
    'api: schedule: cron. Nothing else, and never a secret (token, access_token, refresh_token, api_key, password, secret, '
    'client_secret).';
comment on column report_schedules.report_type is 'The template, as in reports: campaign_performance, podcast_audience.';
comment on column retention_curves.position_unit is 'What positions are: second: of the episode; percent: of its length.';
comment on column security_events.event_type is
    'login_failed, login_throttled, login_from_new_place: at the door; password_reset, password_changed, second_factor_changed, '
    'account_disabled, roles_changed, session_ended: what became of an account; token_reused: a spent refresh token came again; '
    'key_created, key_revoked, key_misused: API keys; foreign_access: somebody else''s id was asked for; data_exported: an export of '
    'many rows; link_misused: a share link that had ended.';

comment on column internal.dirty_hours.source is 'listener or attribution: of which events.';
comment on column internal.dirty_metric_days.source is 'listener or attribution: of which events.';
comment on column internal.metrics_daily.source is 'listener: of listener_metrics; attribution: of attribution_events.';
comment on column internal.names.kind is 'The table: podcasts, episodes, sponsors, campaigns.';
comment on column internal.podcast_slices.dimension is 'app, country or device_type: what value is one of.';

comment on table internal.dirty_campaigns is 'Campaigns whose attribution is to be computed anew, and from when on: a queue for the worker.';
comment on table internal.dirty_hours is 'Hours in which events came or went: a queue for the refresh of what is derived from them.';
comment on table internal.dirty_metric_days is 'Days whose metrics_daily is to be made anew: a queue for the refresh.';
comment on table internal.listeners is 'A number for each listener of a tenant: sets of numbers are compared faster than of texts.';
comment on table internal.metrics_daily is 'What refresh_metrics_daily() made of each tenant day; read through the view of this name.';
comment on table internal.report_queue is 'Reports that wait or are being made, of all tenants: what the worker claims from. Kept by a trigger.';
-- Continuous aggregates are views.
do $$
declare
    kind text;
    name text;
begin
    foreach name in array array['hourly', 'daily'] loop
        select case c.relkind when 'v' then 'view' else 'table' end into kind
        from pg_class c where c.oid = ('internal.listener_events_' || name)::regclass;
        execute format('comment on %s internal.%I is %L', kind, 'listener_events_' || name,
                       'What the refresh made of listener_events; read through the view of this name, which knows tenant and scope.');
    end loop;
end
$$;

comment on view campaign_days is 'Attribution events of the campaigns in scope per tenant day, episode, ad unit, type and source.';
comment on view campaign_listener_days is 'Whom the campaigns in scope reached on which tenant day.';
comment on view download_days is 'Downloads of the podcasts in scope per tenant day, episode, app, device type and country.';
comment on view download_quarters is 'Downloads of the podcasts in scope per quarter hour (UTC) and episode.';
comment on view episode_days is 'Downloads of the podcasts in scope per tenant day and episode.';
comment on view episode_milestones is 'Downloads of the episodes in scope in exactly 24, 72, 168 and 720 hours, once the time is over.';
comment on view listener_days is 'Who downloaded what of the podcasts in scope on which tenant day.';
comment on view podcast_slices is 'Apps, countries and device types that the podcasts in scope were ever downloaded with.';
