-- purpose: notes that a living session was seen, where that is due
-- params: token_hash, now, idle_since, noted_before
-- returns: session_id uuid
-- grain: one row or none
-- source: sessions through session_open()
-- relies on: internal.directory primary key
select session_id
from session_open(:token_hash, cast(:now as timestamptz), cast(:idle_since as timestamptz), cast(:noted_before as timestamptz))
