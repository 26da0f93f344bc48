-- Purpose: the same as in 0100 for tables that grow; no row is read.

alter table attribution_paths
    add constraint attribution_paths_touchpoints_known check (
        -- A filter looks into arrays, so that one in the place of an object is told apart first.
        not touchpoints @? 'strict $[*] ? (@.type() != "object")'
        and not touchpoints @? '$[*] ? (!(@.event_id.type() == "string" && @.at.type() == "string"
            && (@."type" == "impression" || @."type" == "visit")
            && (@.episode_id.type() == "string" || @.episode_id == null) && (@.podcast_id.type() == "string" || @.podcast_id == null)
            && (@.ad_unit_id.type() == "string" || @.ad_unit_id == null)))'
        and not touchpoints @? '$[*].keyvalue() ? (!(@.key == "event_id" || @.key == "at" || @.key == "type" || @.key == "episode_id"
            || @.key == "podcast_id" || @.key == "ad_unit_id"))') not valid,
    -- As wide as what an event may tell: one that is stored must never stop the results of its tenant.
    add constraint attribution_paths_value check (
        value_micros >= 0 and value_micros < 'infinity' and value_micros = trunc(value_micros)) not valid;
comment on column attribution_paths.touchpoints is
    'Array, oldest first, of impressions and visits within 60 days before the conversion: '
    '{event_id, at, type: impression | visit, episode_id, podcast_id, ad_unit_id}, the last three null where nothing is known. '
    'Nothing else. Ties in time are broken by event_id.';

alter table attribution_analytics
    add constraint attribution_analytics_metrics_known check (internal.is_attribution_metrics(metrics)) not valid;

alter table reports
    add constraint reports_parameters_texts check (not parameters @? 'strict $.* ? (@.type() != "string")') not valid;
comment on column reports.parameters is 'Object of the view''s URL parameters, each a text; the period is fixed to its days.';
comment on column reports.report_data is
    'Snapshot of every answer in the PDF: {version, title, sentence, filters, as_of, sections: [...]}; renders again without the '
    'database. Open: it has a version of its own, which changes with the pages and is refused where it is read.';

alter table audit_logs
    add constraint audit_logs_changes_told check (
        case when action = 'import' or action ~ '[.]'
            then not changes @? 'strict $.* ? (@.type() == "object"
                || @.type() == "array" && exists (@[*] ? (@.type() == "object" || @.type() == "array")))'
            else not changes @? 'strict $.* ? (@.type() != "array" || @.size() != 2)' end) not valid,
    add constraint audit_logs_user_agent check (length(user_agent) <= 400) not valid;
comment on column audit_logs.changes is
    'Object: {column: [before, after]}. Of an import, and of an action with a name of its own (user.invited), {name: text, number or '
    'list of these}. Never a secret.';
comment on column audit_logs.user_agent is 'Cut to 400 characters.';

alter table access_logs add constraint access_logs_user_agent check (length(user_agent) <= 400) not valid;
comment on column access_logs.user_agent is 'Cut to 400 characters.';

alter table security_events
    add constraint security_events_details_flat check (
        not details @? 'strict $.* ? (@.type() == "object"
            || @.type() == "array" && exists (@[*] ? (@.type() == "object" || @.type() == "array")))') not valid;
comment on column security_events.details is
    'Object, by event type: {name: text, number, boolean or list of these}; never a token, password or e-mail.';
