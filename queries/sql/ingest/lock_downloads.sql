-- purpose: lets one transaction of the tenant at a time look whether a day is counted and count it; until its end
-- params: none
-- returns: nothing
-- grain: one row
-- source: none
-- relies on: nothing
select pg_advisory_xact_lock(hashtextextended('podboard downloads ' || (select app_tenant()), 0))
