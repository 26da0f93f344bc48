-- purpose: until when a key is blocked
-- params: attempt_key, now
-- returns: blocked_until timestamptz
-- grain: one row or none
-- source: login_attempts
-- relies on: login_attempts_pkey
select blocked_until
from login_attempts
where attempt_key = :attempt_key and blocked_until > :now
