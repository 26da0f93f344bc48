-- Purpose: documents whose words are ours are held to those words, and to what they are read as: one that only had to be an object
-- was taken whatever it said, and failed where it was read. Not valid at first: for what is written from now on.

create function internal.is_iso_date(d text) returns boolean
    language sql immutable parallel safe
    as $$
    select case when d ~ '^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'
        then make_date(left(d, 4)::integer, substr(d, 6, 2)::integer, 1) + (right(d, 2)::integer - 1)
            < make_date(left(d, 4)::integer, substr(d, 6, 2)::integer, 1) + interval '1 month'
        else false end
    $$;
comment on function internal.is_iso_date(text) is 'Whether a text is a day that there is, like 2028-02-29; never null.';

create function internal.is_attribution_metrics(d jsonb) returns boolean
    language sql immutable parallel safe
    as $$
    select d - array['version', 'conversions', 'leads', 'purchases', 'overlap', 'anonymous', 'revenue_micros', 'by_source', 'windows'] = '{}'
        and d -> 'version' = '1'
        -- What is no number is unknown to a comparison, and unknown is not refused: the type is asked first.
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
        and not d @? '$.windows.*.models.keyvalue() ? (!((@.key == "first_touch" || @.key == "last_touch" || @.key == "linear")
            && @.value.type() == "object"))'
        and not d @? '$.windows.*.models.*.keyvalue() ? (!((@.key == "podcast" || @.key == "episode") && @.value.type() == "object"))'
        -- Channels are thousands: what they are read for is looked at, once.
        and not d @? 'strict $.windows.*.models.*.*.* ? (@.type() != "object")'
        and not d @? '$.windows.*.models.*.*.* ? (!(@.conversions.type() == "string" && @.conversions like_regex "^[0-9]+([.][0-9]+)?$"
            && @.revenue_micros.type() == "object"))'
        and not d @? '$.windows.*.models.*.*.*.revenue_micros.* ? (@.type() != "string")'
    $$;
comment on function internal.is_attribution_metrics(jsonb) is
    'Whether a document is version 1 of what the comment on attribution_analytics.metrics says, with windows of which some may be missing.';

-- Small tables, a row or a handful for each tenant or person.
alter table tenant_settings
    add constraint tenant_settings_known check (
        settings - array['time_zone', 'currency', 'week_start', 'locale', 'download_window', 'listener_retention_days'] = '{}') not valid,
    add constraint tenant_settings_typed check (
        not settings @? 'strict $.keyvalue() ? (@.key != "listener_retention_days" && @.value.type() != "string")'
        and (not settings ? 'listener_retention_days'
             or settings @? '$.listener_retention_days ? (@.type() == "number" && @ == @.floor())')) not valid;
comment on column tenant_settings.settings is
    'Object. time_zone: IANA name, area and place (Europe/Berlin) or UTC, which is the default. currency: ISO 4217, default USD. '
    'week_start: monday or sunday, default monday. locale: en. download_window: calendar_day (default), rolling_first_touch or '
    'rolling_last_touch: within what a listener''s requests for an episode are one download; for what comes in from then on. '
    'listener_retention_days: how long exact unique listeners are kept, default 1095. Nothing else.';

alter table attribution_models
    add constraint attribution_models_configuration_known check (
        configuration - 'window_days' = '{}'
        and configuration @? '$.window_days ? (@.type() == "number" && @ == @.floor())') not valid;
comment on column attribution_models.configuration is 'Object. window_days: a whole number from 1 to 60, the window shown first. Nothing else.';

alter table import_columns
    add constraint import_columns_texts check (not columns @? 'strict $.* ? (@.type() != "string")') not valid;

alter table user_metrics
    add constraint user_metrics_known check (
        metric_data - 'by_day' = '{}' and coalesce(jsonb_typeof(metric_data -> 'by_day'), 'object') = 'object'
        and not metric_data @? '$.by_day.keyvalue() ? (!(@.key like_regex "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
            && @.value.type() == "number"))') not valid;
comment on column user_metrics.metric_data is 'Object. by_day: {ISO date: number}, where the metric counts days. Nothing else.';

alter table access_control_policies
    add constraint access_control_policies_until_is_a_day check (
        not policy_definition ? 'until' or internal.is_iso_date(policy_definition ->> 'until')) not valid;

alter table job_runs
    add constraint job_runs_result_flat check (
        not result @? 'strict $.* ? (@.type() == "object"
            || @.type() == "array" && exists (@[*] ? (@.type() == "object" || @.type() == "array")))') not valid;

alter table podcasts
    add constraint podcasts_description check (length(description) <= 20000) not valid,
    add constraint podcasts_category check (length(category) <= 200) not valid,
    add constraint podcasts_author check (length(author) <= 400) not valid;
alter table episodes add constraint episodes_description check (length(description) <= 20000) not valid;

comment on column etl_imports.options is
    'Object: what the import was told (shift_days, columns, ...); other options are another import. Open: each kind of import has its own.';
comment on column etl_imports.figures is
    'Object: refused requests by reason, impressions made, the rules that counted. Open: each kind of import has its own.';
