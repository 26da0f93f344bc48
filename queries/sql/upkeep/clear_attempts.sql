-- purpose: forgets failed log-ins that block nobody any more
-- params: none
-- returns: number of rows
-- grain: account and address prefix
-- source: login_attempts
-- relies on: login_attempts_pkey
delete from login_attempts
where last_failed_at < now() - interval '1 day' and (blocked_until is null or blocked_until < now())
