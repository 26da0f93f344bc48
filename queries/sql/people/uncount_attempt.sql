-- purpose: takes one attempt back that turned out to be right, and the wait that it brought
-- params: attempt_key
-- returns: nothing
-- grain: at most one row
-- source: login_attempts, through uncount_attempt()
-- relies on: login_attempts_pkey
select uncount_attempt(cast(:attempt_key as text))
