-- purpose: how fresh each derived relation is
-- params: none
-- returns: relation text, refreshed_at timestamptz, age_seconds numeric
-- grain: relation
-- source: refresh_states
-- relies on: refresh_states_pkey
select s.relation, s.refreshed_at, extract(epoch from now() - s.refreshed_at) as age_seconds
from refresh_states s
order by s.relation
