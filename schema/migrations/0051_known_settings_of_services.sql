-- Purpose: what a service or partner is set up with comes from a closed list: a list of forbidden words had no end.

alter table integrations
    add constraint integrations_configuration_known check (
        configuration - case integration_type
            when 'hosting' then array['base_url', 'account', 'sync_minutes', 'podcast_ids']
            when 'analytics' then array['base_url', 'account', 'sync_minutes', 'podcast_ids']
            when 'ad_server' then array['base_url', 'account', 'sync_minutes', 'podcast_ids', 'sponsor_ids']
            when 'shop' then array['base_url', 'account', 'sync_minutes', 'sponsor_ids']
            when 'crm' then array['base_url', 'account', 'sync_minutes', 'sponsor_ids']
            when 'storage' then array['base_url', 'account', 'sync_minutes', 'path']
            else array['base_url', 'account', 'channel']
        end = '{}') not valid,
    add constraint integrations_configuration_typed check (
        (not configuration ? 'base_url' or coalesce(configuration ->> 'base_url', '') ~ '^https://[^\s/@?#]+(/[^\s?#]*)?$')
        and not configuration @? 'strict $.keyvalue() ? ((@.key == "account" || @.key == "path" || @.key == "channel") && @.value.type() != "string")'
        and not configuration @? 'strict $.keyvalue() ? (@.key == "sync_minutes" && @.value.type() != "number")'
        and not configuration @? '$.sync_minutes ? (@ < 1)'
        and not configuration @? 'strict $.keyvalue() ? ((@.key == "podcast_ids" || @.key == "sponsor_ids") && @.value.type() != "array")'
        and not configuration @? '$.podcast_ids[*] ? (@.type() != "string")'
        and not configuration @? '$.sponsor_ids[*] ? (@.type() != "string")') not valid;
comment on column integrations.configuration is
    'Object. base_url: https, without query; account: name or number at the service. All but messaging: sync_minutes: how often. hosting, '
    'analytics, ad_server: podcast_ids; ad_server, shop, crm: sponsor_ids: what it is for. storage: path. messaging: channel. '
    'Nothing else, and never a secret: those are integration_tokens.';

alter table partner_integrations
    add constraint partner_integrations_configuration_known check (
        configuration - case integration_type
            when 'data_feed' then array['url', 'schedule', 'format', 'contact']
            when 'file_drop' then array['url', 'schedule', 'format', 'contact']
            when 'api' then array['url', 'schedule', 'format', 'contact']
            when 'prefix' then array['url', 'format', 'contact']
            else array['contact']
        end = '{}') not valid,
    add constraint partner_integrations_configuration_typed check (
        not configuration @? 'strict $.* ? (@.type() != "string")'
        and (not configuration ? 'url' or configuration ->> 'url' ~ '^https://[^\s/@?#]+(/[^\s?#]*)?$')
        and (not configuration ? 'format' or configuration ->> 'format' in ('csv', 'json'))) not valid;
comment on column partner_integrations.configuration is
    'Object of texts. contact: who is asked. All but manual: url: https, without query; format: csv or json. data_feed, file_drop, api: '
    'schedule: cron. Nothing else, and never a secret.';
