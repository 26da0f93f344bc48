-- purpose: ends every open session of a person
-- params: user_id, now
-- returns: nothing
-- grain: rows of one person
-- source: sessions
-- relies on: sessions_user
update sessions
set ended_at = greatest(cast(:now as timestamptz), created_at)
where user_id = :user_id and ended_at is null
