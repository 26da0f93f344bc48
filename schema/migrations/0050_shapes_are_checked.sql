-- no-transaction
-- Purpose: rows of before are looked through for the shapes of 0049, while reads and writes go on.

-- A row that does not fit was written past the import. It stays, and so does the rule for all others: to find it,
-- select from the table where not internal.is_attribution_data(attribution_data).
do $$
declare
    rule record;
begin
    for rule in
        values ('listener_events', 'listener_events_data_shape'), ('attribution_events', 'attribution_events_data_shape'),
               ('listener_metrics', 'listener_metrics_value')
    loop
        begin
            execute format('alter table %I validate constraint %I', rule.column1, rule.column2);
        exception when check_violation then
            raise warning 'podboard: % holds rows that % refuses: they were kept', rule.column1, rule.column2;
        end;
    end loop;
end
$$;
