-- purpose: waits until nobody else computes this tenant's attribution, until the end of the transaction
-- params: none
-- returns: time_zone text, statement_timeout text, waited boolean
-- grain: one row
-- source: internal.tenant_directory
-- relies on: a first run over years of events may take longer than a page may
select d.time_zone, set_config('statement_timeout', '600000', true) as statement_timeout,
       pg_advisory_xact_lock(hashtextextended('podboard attribution ' || d.tenant_id, 0)) is null as waited
from internal.tenant_directory d
where d.tenant_id = (select app_tenant())
