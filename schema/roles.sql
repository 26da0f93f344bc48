-- The three log-in roles of podboard, without passwords. Run by a superuser, or by a role with CREATEROLE.
-- Running it again changes nothing.

do $$
begin
    if not exists (select from pg_roles where rolname = 'podboard_owner') then
        create role podboard_owner login nosuperuser nocreatedb nocreaterole noreplication;
    end if;
    if not exists (select from pg_roles where rolname = 'podboard_web') then
        create role podboard_web login nosuperuser nocreatedb nocreaterole noreplication;
    end if;
    if not exists (select from pg_roles where rolname = 'podboard_worker') then
        create role podboard_worker login noinherit nosuperuser nocreatedb nocreaterole noreplication;
    end if;
    -- NOINHERIT: the worker has the owner's rights only after SET ROLE, inside refresh and retention.
    if not pg_has_role('podboard_worker', 'podboard_owner', 'member') then
        grant podboard_owner to podboard_worker;
    end if;
end
$$;

-- Generic plans cost 30 times the time under security barriers, so the runtime roles plan each statement.
alter role podboard_web set plan_cache_mode = 'force_custom_plan';
alter role podboard_worker set plan_cache_mode = 'force_custom_plan';
alter role podboard_web set statement_timeout = '30s';
alter role podboard_web set lock_timeout = '5s';
alter role podboard_web set idle_in_transaction_session_timeout = '60s';
alter role podboard_owner set search_path = 'public';
alter role podboard_web set search_path = 'public';
alter role podboard_worker set search_path = 'public';
alter role podboard_owner set timezone = 'UTC';
alter role podboard_web set timezone = 'UTC';
alter role podboard_worker set timezone = 'UTC';

-- A refresh whose worker was killed ends within seconds instead of holding its locks to its end, unseen.
-- Servers on platforms that cannot look at a closed connection refuse the setting; they do without.
do $$
begin
    alter role podboard_web set client_connection_check_interval = '5s';
    alter role podboard_worker set client_connection_check_interval = '5s';
exception
    when invalid_parameter_value then null;
end
$$;

-- Two who wait for each other: whose patience ends first gives way. That shall be a migration, which waits a fraction of a
-- second and tries again, not the request of a person. A role that may not set this does without.
do $$
begin
    alter role podboard_web set deadlock_timeout = '4s';
    alter role podboard_worker set deadlock_timeout = '4s';
exception
    when insufficient_privilege then null;
end
$$;
