-- Purpose: pacing asks up to when a tenant has data, whoever of it asks: a sponsor sees no downloads and few impressions.

create function tenant_data_to() returns timestamptz
    language sql stable security definer set search_path = pg_catalog, public, internal
    as $$
    select greatest(
        (select max(e.occurred_at) from public.listener_events e
         where e.tenant_id = (select public.app_tenant()) and e.event_type = 'download'),
        -- Among the days that have impressions few rows lie between two visits to the index; a day of the tenant begins at
        -- most a day before that of UTC.
        (select max(e.occurred_at) from public.attribution_events e
         where e.tenant_id = (select public.app_tenant()) and e.attribution_type = 'impression'
             and e.occurred_at >= (
                 select cast(max(d.local_day) - 1 as timestamp) at time zone 'UTC' from internal.campaign_days d
                 where d.tenant_id = (select public.app_tenant()) and d.attribution_type = 'impression')))
    $$;
comment on function tenant_data_to() is
    'The last download or impression of the tenant in the session, whatever the reader sees of them: the clock of pacing.';
revoke all on function tenant_data_to() from public;
grant execute on function tenant_data_to() to podboard_web, podboard_worker;
