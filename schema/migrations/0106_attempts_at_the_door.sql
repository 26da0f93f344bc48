-- Purpose: the throttle of log-ins counts for whoever is not known yet; a session of a person, whatever their rights, has no part in
-- it. Any could forget every count there was.

-- The release before this one deletes and updates in the session of whom it has just let in. It finds no row and goes on: the
-- count of a right attempt is then forgotten by the clock. So the right to delete stays with the web role until that release is
-- gone, and no policy lets it reach a row.
alter table login_attempts enable row level security;
create policy counted_at_the_door on login_attempts for select to podboard_web using ((select app_user()) is null);
create policy count_at_the_door on login_attempts for insert to podboard_web with check ((select app_user()) is null);
create policy count_on_at_the_door on login_attempts for update to podboard_web
    using ((select app_user()) is null) with check ((select app_user()) is null);
create policy cleared_by_the_worker on login_attempts to podboard_worker using (true) with check (true);

-- Keys are hashes with the secret of the installation: who asks for one to be forgotten has just shown the right password for it.
create function forget_attempts(p_attempt_key text) returns void
    language sql volatile security definer set search_path = pg_catalog, public
    as $$ delete from public.login_attempts where attempt_key = p_attempt_key $$;
comment on function forget_attempts(text) is 'Clears the count of one key after a success.';

create function uncount_attempt(p_attempt_key text) returns void
    language sql volatile security definer set search_path = pg_catalog, public
    as $$
    update public.login_attempts set failures = greatest(failures - 1, 0), blocked_until = null where attempt_key = p_attempt_key
    $$;
comment on function uncount_attempt(text) is 'Takes one attempt of a key back that turned out to be right, and the wait that it brought.';

revoke all on function forget_attempts(text), uncount_attempt(text) from public;
grant execute on function forget_attempts(text), uncount_attempt(text) to podboard_web, podboard_worker;
