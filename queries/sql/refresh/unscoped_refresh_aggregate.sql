-- purpose: brings one continuous aggregate up to date between two moments; only what changed is made anew
-- params: relation, period_from, period_to
-- returns: nothing
-- grain: one call
-- source: listener_events
-- relies on: TimescaleDB; outside a transaction; the owner role
call refresh_continuous_aggregate(cast(cast(:relation as text) as regclass), cast(:period_from as timestamptz), cast(:period_to as timestamptz))
