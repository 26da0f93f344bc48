-- purpose: notes that downloads are counted in a way, from the earliest to the latest of them; the number of that way
-- params: download_window, time_zone, rule_version, data_centres, first_at, last_at
-- returns: number smallint
-- grain: one row
-- source: counting_methods
-- relies on: the key of counting_methods over all that a way is; the turn that before_events takes, as a new number is the next one
insert into counting_methods as m
    (tenant_id, number, download_window, time_zone, rule_version, data_centres, first_at, last_at)
values (
    (select app_tenant()),
    (select coalesce(max(o.number), 0) + 1 from counting_methods o where o.tenant_id = (select app_tenant())),
    cast(:download_window as text), cast(:time_zone as text), cast(:rule_version as text), cast(:data_centres as text),
    cast(:first_at as timestamptz), cast(:last_at as timestamptz))
on conflict (tenant_id, download_window, time_zone, rule_version, data_centres) do update
set first_at = least(m.first_at, excluded.first_at), last_at = greatest(m.last_at, excluded.last_at)
returning m.number
