-- purpose: disables a person, or lets them in again
-- params: user_id, disabled_at
-- returns: nothing
-- grain: one row
-- source: users
-- relies on: users_pkey
update users
set disabled_at = cast(:disabled_at as timestamptz)
where id = :user_id
