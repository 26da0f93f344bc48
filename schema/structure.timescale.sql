-- Made by `make structure` from the migrations on TimescaleDB; never edited by hand.
-- Everything else is as in structure.sql.

SELECT create_hypertable('public.attribution_events', 'occurred_at', chunk_time_interval => interval '1 day', create_default_indexes => false);

SELECT create_hypertable('public.excluded_requests', 'occurred_at', chunk_time_interval => interval '7 days', create_default_indexes => false);

SELECT create_hypertable('public.listener_events', 'occurred_at', chunk_time_interval => interval '1 day', create_default_indexes => false);

SELECT create_hypertable('public.listener_metrics', 'metric_date', chunk_time_interval => interval '1 day', create_default_indexes => false);

CREATE MATERIALIZED VIEW internal.listener_events_daily WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
 SELECT tenant_id,
    episode_id,
    event_type,
    time_bucket('1 day'::interval, occurred_at) AS bucket,
    count(*) AS event_count,
    count(DISTINCT listener_id) AS unique_listeners
   FROM listener_events
  GROUP BY tenant_id, episode_id, event_type, (time_bucket('1 day'::interval, occurred_at))
    WITH NO DATA;

CREATE MATERIALIZED VIEW internal.listener_events_hourly WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
 SELECT tenant_id,
    episode_id,
    event_type,
    time_bucket('01:00:00'::interval, occurred_at) AS bucket,
    count(*) AS event_count,
    count(DISTINCT listener_id) AS unique_listeners
   FROM listener_events
  GROUP BY tenant_id, episode_id, event_type, (time_bucket('01:00:00'::interval, occurred_at))
    WITH NO DATA;

CREATE INDEX ON internal.listener_events_daily USING btree (bucket DESC);

CREATE INDEX ON internal.listener_events_daily USING btree (episode_id, bucket DESC);

CREATE INDEX ON internal.listener_events_daily USING btree (event_type, bucket DESC);

CREATE INDEX ON internal.listener_events_daily USING btree (tenant_id, bucket DESC);

CREATE INDEX ON internal.listener_events_daily USING btree (tenant_id, bucket);

CREATE INDEX ON internal.listener_events_hourly USING btree (bucket DESC);

CREATE INDEX ON internal.listener_events_hourly USING btree (episode_id, bucket DESC);

CREATE INDEX ON internal.listener_events_hourly USING btree (event_type, bucket DESC);

CREATE INDEX ON internal.listener_events_hourly USING btree (tenant_id, bucket DESC);

CREATE INDEX ON internal.listener_events_hourly USING btree (tenant_id, bucket);

SELECT add_continuous_aggregate_policy('internal.listener_events_daily', start_offset => interval '3 days', end_offset => interval '01:00:00', schedule_interval => interval '1 day');

SELECT add_continuous_aggregate_policy('internal.listener_events_hourly', start_offset => interval '03:00:00', end_offset => interval '01:00:00', schedule_interval => interval '01:00:00');

SELECT add_retention_policy('public.excluded_requests', drop_after => interval '2 years');

SELECT add_retention_policy('public.listener_events', drop_after => interval '2 years');
