-- purpose: windows of counting that are kept of calendar days become such of 24 hours, from their first or to their last request
-- params: download_window
-- returns: nothing
-- grain: one row per window that begins with a day of the tenant
-- source: counting_windows
-- relies on: primary key of counting_windows
-- A day's window would close at midnight, and a download an hour later count beside one from before. Where its download stands and
-- its ads await no bytes, nothing needs to be kept: the download itself says that the listener is counted.
-- TRICKY: a day that begins with a change of clocks begins at another time than midnight, or at the first of two.
with daily as (
    delete from counting_windows w
    where w.tenant_id = (select app_tenant())
        and w.closes_at - w.opened_at <= interval '26 hours'
        and (cast(w.opened_at at time zone (select tenant_time_zone()) as time) = time '00:00'
             or w.opened_at = date_trunc('day', w.opened_at at time zone (select tenant_time_zone())) at time zone (select tenant_time_zone()))
    returning w.*
),
touched as (
    select d.*,
           coalesce((select min(t) from unnest(d.waiting_at) as t), d.download_at) as first_at,
           coalesce((select max(t) from unnest(d.waiting_at) as t), d.download_at) as last_at
    from daily d
)
insert into counting_windows
    (tenant_id, listener_id, episode_id, opened_at, closes_at, is_counted, pieces, unplaced_bytes, told_bytes, waiting_ids, waiting_at,
     download_id, download_at)
select t.tenant_id, t.listener_id, t.episode_id, t.first_at,
       case when cast(:download_window as text) = 'rolling_last_touch' then t.last_at else t.first_at end + interval '24 hours',
       t.is_counted, t.pieces, t.unplaced_bytes, t.told_bytes, t.waiting_ids, t.waiting_at, t.download_id, t.download_at
from touched t
where t.first_at is not null
on conflict (tenant_id, listener_id, episode_id, opened_at) do nothing
