-- no-transaction
-- Purpose: whether a listener's download of an episode on a day is counted already is looked up by the listener: what else was downloaded
-- that day, of a new episode a hundred thousand times, was read for each request and each batch.

create index concurrently if not exists listener_events_download on listener_events (tenant_id, listener_id, episode_id, occurred_at)
    where event_type = 'download';
