-- Purpose: pixels, vanity URLs and prefixes are recorded by what 0130, 0132 and 0139 brought; the release before this one no longer calls
-- what did it before.

drop function take_conversion(uuid, uuid, uuid, text, text, jsonb, timestamptz, boolean);
drop function take_prefix_request(uuid, uuid, timestamptz, uuid, text, text, text, text, text, text, text, text);
drop function refuse_visit(uuid, uuid, uuid, text, text, text, timestamptz);
