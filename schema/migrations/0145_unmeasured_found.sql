-- no-transaction
-- Purpose: downloads whose bytes nobody knows are told of a period without reading all others of it.

create index concurrently if not exists listener_events_unmeasured on listener_events (tenant_id, occurred_at)
    where event_type = 'download' and event_data ? 'unmeasured';
