-- Rights on the current database, which podboard_owner owns, and the extensions the server can give.
-- Run by a superuser (or the database's administrator) inside it. Running it again changes nothing.

do $$
declare
    extension text;
begin
    -- TEMP is taken too: a temporary table could shadow one of ours by name.
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to podboard_web, podboard_worker', current_database());
    revoke create on schema public from public;
    foreach extension in array array['uuid-ossp', 'pg_trgm', 'pgcrypto'] loop
        begin
            execute format('create extension if not exists %I with schema public', extension);
        exception when others then
            raise notice 'extension % is not available: %', extension, sqlerrm;
        end;
    end loop;
end
$$;
