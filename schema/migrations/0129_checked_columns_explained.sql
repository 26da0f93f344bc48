-- Purpose: the last three columns that a check holds to something say what that is.

comment on column api_usage.status_code is 'What was answered: 100 to 599, as HTTP has it.';
comment on column database_engine.engine is
    'plain: partitions and tables of our own keep time series; timescale: TimescaleDB does. Chosen by the first migration and kept.';
comment on column reports.generated_at is 'When its PDF was made: whatever is ready says so.';
