-- purpose: notes as of when attribution is complete
-- params: refreshed_at, rows_written
-- returns: nothing
-- grain: one row
-- source: refresh_states
-- relies on: refresh_states_pkey; the owner role
insert into refresh_states as s (relation, refreshed_at, rows_written)
values ('attribution', cast(:refreshed_at as timestamptz), cast(:rows_written as bigint))
on conflict (relation) do update
set refreshed_at = greatest(s.refreshed_at, excluded.refreshed_at), rows_written = excluded.rows_written
