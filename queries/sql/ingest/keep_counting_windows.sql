-- purpose: keeps windows as they are after a batch
-- params: windows
-- returns: nothing
-- grain: one row per window
-- source: counting_windows
-- relies on: primary key of counting_windows
insert into counting_windows
    (tenant_id, listener_id, episode_id, opened_at, closes_at, is_counted, pieces, unplaced_bytes, told_bytes, waiting_ids, waiting_at,
     download_id, download_at, requests)
select (select app_tenant()), w.listener_id, w.episode_id, w.opened_at, w.closes_at, w.is_counted, w.pieces, w.unplaced_bytes,
       w.told_bytes, w.waiting_ids, w.waiting_at, w.download_id, w.download_at, w.requests
from jsonb_to_recordset(cast(:windows as jsonb)) as w (
    listener_id text, episode_id uuid, opened_at timestamptz, closes_at timestamptz, is_counted boolean, pieces bigint[],
    unplaced_bytes bigint, told_bytes bigint, waiting_ids uuid[], waiting_at timestamptz[],
    download_id uuid, download_at timestamptz, requests jsonb)
on conflict (tenant_id, listener_id, episode_id, opened_at) do update
set closes_at = excluded.closes_at, is_counted = excluded.is_counted, pieces = excluded.pieces,
    unplaced_bytes = excluded.unplaced_bytes, told_bytes = excluded.told_bytes, waiting_ids = excluded.waiting_ids,
    waiting_at = excluded.waiting_at, download_id = excluded.download_id, download_at = excluded.download_at,
    requests = excluded.requests
