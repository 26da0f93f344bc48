-- purpose: says since when a derived relation is up to date; never moves backwards
-- params: relation, refreshed_at, rows_written
-- returns: nothing
-- grain: one row
-- source: refresh_states
-- relies on: primary key
insert into refresh_states as s (relation, refreshed_at, rows_written)
values (:relation, :refreshed_at, :rows_written)
on conflict (relation) do update
set refreshed_at = greatest(s.refreshed_at, excluded.refreshed_at), rows_written = excluded.rows_written
