-- purpose: what is kept of these listeners' windows of these episodes, as far as requests between two moments may touch it
-- params: listeners, episodes, earliest, latest
-- returns: listener_id text, episode_id uuid, opened_at, closes_at timestamptz, is_counted boolean, pieces bigint[] (bytes),
--     unplaced_bytes bigint, told_bytes bigint, waiting_ids uuid[], waiting_at timestamptz[],
--     download_id uuid, download_at timestamptz, requests jsonb
-- grain: one row per window
-- source: counting_windows
-- relies on: primary key of counting_windows
select w.listener_id, w.episode_id, w.opened_at, w.closes_at, w.is_counted, w.pieces, w.unplaced_bytes, w.told_bytes,
       w.waiting_ids, w.waiting_at, w.download_id, w.download_at, w.requests
from (
    select distinct a.listener_id, a.episode_id
    from unnest(cast(:listeners as text[]), cast(:episodes as uuid[])) as a (listener_id, episode_id)
) asked
join counting_windows w on w.tenant_id = (select app_tenant()) and w.listener_id = asked.listener_id
    and w.episode_id = asked.episode_id
where w.closes_at > cast(:earliest as timestamptz)
    and w.opened_at < cast(:latest as timestamptz)
order by w.listener_id, w.episode_id, w.opened_at
