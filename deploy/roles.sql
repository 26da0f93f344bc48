-- Prepares one's own PostgreSQL (15 or newer) for podboard: three log-in roles and the database `podboard`.
-- Run it once, from a checkout, as a superuser or the service's administrator role:
--
--   psql -d postgres -v owner_password=... -v web_password=... -v worker_password=... -f deploy/roles.sql
--
-- For TimescaleDB add `shared_preload_libraries = 'timescaledb'` to the server and restart it first.

\set ON_ERROR_STOP on
\ir ../schema/roles.sql

alter role podboard_owner password :'owner_password';
alter role podboard_web password :'web_password';
alter role podboard_worker password :'worker_password';

-- An administrator who is no superuser may give the database only to a role it can become. From PostgreSQL 16 on having
-- made the role is a membership that does not let it.
select 'grant podboard_owner to current_user'
where not (select rolsuper from pg_roles where rolname = current_user)
  and not pg_has_role(
      current_user, 'podboard_owner',
      case when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end
  )
\gexec

select 'create database podboard owner podboard_owner encoding ''UTF8'' template template0'
where not exists (select from pg_database where datname = 'podboard')
\gexec

\connect podboard
\ir ../schema/database.sql

select current_setting('shared_preload_libraries') ~ '\mtimescaledb\M' as has_timescale
\gset
\if :has_timescale
    \ir ../schema/timescale.sql
\endif
