-- purpose: clears the count of a key after a success
-- params: attempt_key
-- returns: nothing
-- grain: at most one row
-- source: login_attempts, through forget_attempts()
-- relies on: login_attempts_pkey
select forget_attempts(cast(:attempt_key as text))
