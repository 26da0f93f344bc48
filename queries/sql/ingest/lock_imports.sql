-- purpose: takes the tenant's import lock until the end of the transaction, without waiting
-- params: none
-- returns: is_free boolean
-- grain: one row
-- source: none
-- relies on: nothing
select pg_try_advisory_xact_lock(hashtextextended('podboard import ' || (select app_tenant()), 0)) as is_free
