-- Purpose: tables that are the same for every tenant: everybody reads them, the owner and operators write them.

-- Not forced, so that migrations and whoever has taken the owner's role write without a session.
create function internal.protect_system_table(target regclass) returns void
    language plpgsql
    as $$
begin
    execute format('alter table %s enable row level security', target);
    execute format('create policy system_read on %s for select to podboard_web, podboard_worker using (true)', target);
    execute format('create policy operator_write on %s to podboard_web, podboard_worker '
                   'using ((select app_is_operator())) with check ((select app_is_operator()))', target);
    execute format('grant select, insert, update, delete on %s to podboard_web, podboard_worker', target);
    if not exists (select from pg_trigger t where t.tgrelid = target and t.tgname = 'touch_updated_at') then
        execute format('create trigger touch_updated_at before update on %s for each row execute function internal.touch_updated_at()', target);
    end if;
end
$$;

comment on table permissions is 'What can be allowed at all; the same for every tenant. Written by migrations and operators only.';
select internal.protect_system_table('permissions');
