-- TimescaleDB in the current database. Run by a superuser inside it; running it again changes nothing.

create extension if not exists timescaledb;

-- Grants on a hypertable are copied to its chunks, row-level security is not: whoever may enter the chunks' schema
-- reads every tenant. Only the owner role may.
revoke usage on schema _timescaledb_internal from public;
grant usage, create on schema _timescaledb_internal to podboard_owner;
