-- no-transaction
-- Purpose: the checks of 0139, made without looking at what was there, are looked through while others go on.

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
