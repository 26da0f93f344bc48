-- purpose: takes one attempt back that turned out to be right, and the wait that it brought
-- params: attempt_key
-- returns: nothing
-- grain: at most one row
-- source: login_attempts
-- relies on: login_attempts_pkey
update login_attempts
set failures = greatest(failures - 1, 0), blocked_until = null
where attempt_key = :attempt_key
