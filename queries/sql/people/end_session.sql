-- purpose: ends one session
-- params: session_id, now
-- returns: nothing
-- grain: at most one row
-- source: sessions
-- relies on: sessions_pkey
update sessions
set ended_at = greatest(cast(:now as timestamptz), created_at)
where id = :session_id and ended_at is null
