-- purpose: when the relations behind a page were last up to date
-- params: none
-- returns: relation text, refreshed_at timestamptz
-- grain: one row per relation
-- source: refresh_states
-- relies on: primary key
select s.relation, s.refreshed_at
from refresh_states s
order by s.relation
