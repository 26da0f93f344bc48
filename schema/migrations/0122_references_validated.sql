-- no-transaction
-- Purpose: the rules of 0121, made without looking at what was there, are looked through while others go on; indexes for its references.

create index concurrently if not exists report_deliveries_recipient_of_schedule
    on report_deliveries (tenant_id, schedule_id, recipient_id);
drop index concurrently if exists report_deliveries_schedule;
drop index concurrently if exists report_deliveries_recipient;

-- Row security holds the owner too, so that a look over all tenants at once sees no row: a reference that is validated by it was looked
-- at in none. 0040 did so. What names nobody of its tenant, or a recipient of another schedule, is forgotten tenant by tenant; what
-- comes after it is refused already.
do $$
declare
    tenant uuid;
begin
    for tenant in select d.tenant_id from internal.tenant_directory d loop
        perform set_tenant_context(tenant);
        update report_deliveries d set recipient_id = null
        where d.recipient_id is not null and not exists (
            select from report_recipients r
            where r.tenant_id = d.tenant_id and r.schedule_id = d.schedule_id and r.id = d.recipient_id);
        update access_logs l set user_id = null
        where l.user_id is not null and not exists (select from users u where u.tenant_id = l.tenant_id and u.id = l.user_id);
        update audit_logs l set user_id = null
        where l.user_id is not null and not exists (select from users u where u.tenant_id = l.tenant_id and u.id = l.user_id);
        update user_roles r set assigned_by = null
        where r.assigned_by is not null and not exists (select from users u where u.tenant_id = r.tenant_id and u.id = r.assigned_by);
    end loop;
    perform set_tenant_context(null);
end
$$;
alter table report_deliveries validate constraint report_deliveries_recipient_of_schedule;

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
