-- no-transaction
-- Purpose: the checks of 0139, made without looking at what was there, are looked through while others go on; and orders that stand
-- already keep the amount with which something else than a pixel told them first.

-- Under row security each tenant's rows are its own; each tenant is committed by itself, so that nobody's import waits for all of
-- them. What the release at work takes of a tenant after its turn keeps no amount: such an order has that with which it is told next.
do $$
declare
    tenant uuid;
begin
    for tenant in select d.tenant_id from internal.tenant_directory d order by d.tenant_id loop
        perform set_tenant_context(tenant);
        insert into conversion_orders (tenant_id, campaign_id, conversion_type, order_id, value_micros, currency)
        select distinct on (e.campaign_id, e.attribution_type, e.attribution_data ->> 'order_id')
            tenant, e.campaign_id, e.attribution_type, e.attribution_data ->> 'order_id',
            cast(e.attribution_data ->> 'value_micros' as bigint), e.attribution_data ->> 'currency'
        from attribution_events e
        join campaigns c on c.tenant_id = e.tenant_id and c.id = e.campaign_id
        where e.tenant_id = tenant and e.attribution_type in ('visit', 'lead', 'purchase')
            and e.attribution_data ->> 'source' is distinct from 'pixel'
            and length(e.attribution_data ->> 'order_id') between 1 and 200
            -- What was written past the forms and imports may be anything.
            and e.attribution_data ->> 'value_micros' ~ '^[0-9]{1,18}$'
            and e.attribution_data ->> 'currency' ~ '^[A-Z]{3}$'
        order by e.campaign_id, e.attribution_type, e.attribution_data ->> 'order_id', e.occurred_at, e.id
        on conflict do nothing;
        commit;
    end loop;
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
