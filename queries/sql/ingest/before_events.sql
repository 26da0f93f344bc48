-- purpose: goes before events are stored: one transaction of the tenant at a time looks whether a day is counted and counts it, until
--     its end; the checks of references keep their plan
-- params: downloads
-- returns: plans text, turn
-- grain: one row
-- source: none
-- relies on: nothing
-- Planned anew for each row, as our roles plan everything, the checks of tenant and episode took twice the time of all else together.
select set_config('plan_cache_mode', 'auto', true) as plans,
       case when cast(:downloads as boolean)
           then pg_advisory_xact_lock(hashtextextended('podboard downloads ' || (select app_tenant()), 0)) end as turn
