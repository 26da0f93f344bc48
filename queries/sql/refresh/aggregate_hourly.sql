-- purpose: refreshes the hourly aggregate inside the raw retention; only invalidated buckets are computed again
-- params: window_start, window_end
-- returns: nothing
-- grain: none
-- source: listener_events
-- relies on: TimescaleDB's invalidation log
call refresh_continuous_aggregate('internal.listener_events_hourly', cast(:window_start as timestamptz), cast(:window_end as timestamptz))
