-- purpose: the moment up to which the rollups have noted which campaigns changed, and the moment now
-- params: none
-- returns: started_at timestamptz, noted_at timestamptz (null before the first refresh)
-- grain: one row
-- source: refresh_states
-- relies on: refresh_states_pkey
select clock_timestamp() as started_at, (select s.refreshed_at from refresh_states s where s.relation = 'rollups') as noted_at
