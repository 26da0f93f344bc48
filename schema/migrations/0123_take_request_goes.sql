-- Purpose: since 0115 a request at a prefix is kept and counted later; the release before this one no longer calls what counted it
-- on the spot.

drop function take_request(uuid, uuid, uuid, text, jsonb, timestamptz, text, text);
