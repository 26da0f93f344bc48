-- purpose: forgets why requests did not count on days of which no raw requests are kept
-- params: tenant_id
-- returns: nothing
-- grain: tenant day, podcast, reason and version of the rules
-- source: internal.excluded_days
-- relies on: primary key of internal.excluded_days; the owner role
delete from internal.excluded_days r
where r.tenant_id = cast(:tenant_id as uuid) and r.local_day < cast(raw_retention_start() at time zone 'UTC' as date)
