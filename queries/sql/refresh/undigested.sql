-- purpose: whether events noted before a moment still wait
-- params: noted_before
-- returns: waits boolean
-- grain: one row
-- source: internal.dirty_hours
-- relies on: a short queue
select exists (select from internal.dirty_hours q where q.noted_at < :noted_before) as waits
