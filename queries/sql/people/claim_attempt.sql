-- purpose: counts one attempt before it is made, unless its key is blocked
-- params: attempt_key, now, forgotten_before, free_attempts, longest_block
-- returns: failures integer
-- grain: one row, or none while blocked
-- source: login_attempts
-- relies on: login_attempts_pkey
insert into login_attempts as a (attempt_key, failures, blocked_until, last_failed_at)
values (:attempt_key, 1, null, :now)
on conflict (attempt_key) do update
set failures = case when a.last_failed_at < :forgotten_before then 1 else least(a.failures + 1, 1000) end,
    blocked_until = case
        when a.last_failed_at < :forgotten_before or a.failures + 1 < :free_attempts then null
        else cast(:now as timestamptz) + least(
            cast(:longest_block as interval),
            interval '1 second' * power(2, least(a.failures + 1 - :free_attempts, 20)))
    end,
    last_failed_at = :now
where a.blocked_until is null or a.blocked_until <= :now
returning failures
