-- no-transaction
-- Purpose: the rules of 0124, made without looking at what was there, are looked through while others go on.

-- Tenant by tenant, as row security holds the owner too. What was derived and does not fit was written past the worker, which makes
-- it anew from the events; of what a service is for, what is not the tenant's goes off the list.
do $$
declare
    tenant uuid;
    service record;
begin
    for tenant in select d.tenant_id from internal.tenant_directory d order by d.tenant_id loop
        perform set_tenant_context(tenant);
        with gone as (
            delete from attribution_paths p
            using attribution_events e
            where p.tenant_id = tenant and e.tenant_id = tenant and e.id = p.conversion_event_id and e.occurred_at = p.converted_at
                and (e.campaign_id <> p.campaign_id or (p.value_micros is null) <> (p.currency is null))
            returning p.campaign_id, e.campaign_id as of_event
        )
        insert into internal.dirty_campaigns (tenant_id, campaign_id, since)
        select tenant, g.campaign_id, timestamptz '-infinity' from gone g
        union select tenant, g.of_event, timestamptz '-infinity' from gone g;
        for service in
            select i.id, i.configuration, i.configuration
                || case when i.configuration ? 'podcast_ids' then jsonb_build_object('podcast_ids', (
                    select coalesce(jsonb_agg(p.id order by named.place), '[]')
                    from jsonb_path_query(i.configuration, '$.podcast_ids[*]') with ordinality named (id, place)
                    join podcasts p on p.tenant_id = i.tenant_id and p.id::text = lower(named.id #>> '{}'))) else '{}' end
                || case when i.configuration ? 'sponsor_ids' then jsonb_build_object('sponsor_ids', (
                    select coalesce(jsonb_agg(s.id order by named.place), '[]')
                    from jsonb_path_query(i.configuration, '$.sponsor_ids[*]') with ordinality named (id, place)
                    join sponsors s on s.tenant_id = i.tenant_id and s.id::text = lower(named.id #>> '{}'))) else '{}' end as own
            from integrations i
            where i.tenant_id = tenant and i.configuration ?| array['podcast_ids', 'sponsor_ids']
        loop
            begin
                update integrations i set configuration = service.own where i.id = service.id and service.own <> service.configuration;
            exception when check_violation then
                raise warning 'podboard: the service % is one that a check refuses: it was kept', service.id;
            end;
        end loop;
    end loop;
    perform set_tenant_context(null);
end
$$;

-- Read once where all results fit.
do $$
declare
    tenant uuid;
begin
    alter table attribution_analytics validate constraint attribution_analytics_metrics_known;
exception when check_violation or data_exception then
    for tenant in select d.tenant_id from internal.tenant_directory d order by d.tenant_id loop
        perform set_tenant_context(tenant);
        with gone as (
            delete from attribution_analytics a
            where a.tenant_id = tenant and not internal.is_attribution_metrics(a.metrics)
            returning a.campaign_id
        )
        insert into internal.dirty_campaigns (tenant_id, campaign_id, since)
        select distinct tenant, g.campaign_id, timestamptz '-infinity' from gone g;
    end loop;
    perform set_tenant_context(null);
end
$$;

-- What does not fit was written past the forms and imports. It stays, and so does the rule for all others. Tables by name and
-- not their parts: TimescaleDB validates a chunk by way of its table alone.
do $$
declare
    rule record;
begin
    for rule in
        select c.conrelid::regclass as target, c.conname
        from pg_constraint c
        join pg_class t on t.oid = c.conrelid and not t.relispartition
        where not c.convalidated and c.conparentid = 0 and c.contype = 'c'
            and c.connamespace in ('public'::regnamespace, 'internal'::regnamespace)
        order by 1, 2
    loop
        begin
            execute format('alter table %s validate constraint %I', rule.target, rule.conname);
        exception when check_violation or data_exception then
            raise warning 'podboard: % holds rows that % refuses: they were kept', rule.target, rule.conname;
        end;
    end loop;
end
$$;
