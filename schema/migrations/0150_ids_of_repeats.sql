-- no-transaction
-- Purpose: an id that a source gave to a download which is a repeat, or became one, is its own as that of one that stands: whether another
-- event bears it is looked up by the id.

create index concurrently if not exists excluded_requests_repeats on excluded_requests (tenant_id, id) where reason = 'repeat';
