-- purpose: clears the count of a key after a success
-- params: attempt_key
-- returns: nothing
-- grain: at most one row
-- source: login_attempts
-- relies on: login_attempts_pkey
delete from login_attempts
where attempt_key = :attempt_key
