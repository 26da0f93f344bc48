-- purpose: windows in which a calendar day waits for the rest of a download become such of 24 hours
-- params: download_window
-- returns: nothing
-- grain: one row per window without a download that begins with a day of the tenant
-- source: counting_windows
-- relies on: primary key of counting_windows
-- A day's window would close at midnight, and a download an hour later count beside one from before.
-- The part of a second at which a window opens tells which file of the episode it is for.
-- TRICKY: a day that begins with a change of clocks begins at another time than midnight, or at the first of two.
with daily as (
    delete from counting_windows w
    where w.tenant_id = (select app_tenant())
        and not w.is_counted and w.waiting_at <> '{}' and w.requests = '[]'
        and (cast(date_trunc('second', w.opened_at) at time zone (select tenant_time_zone()) as time) = time '00:00'
             or date_trunc('second', w.opened_at)
                 = date_trunc('day', w.opened_at at time zone (select tenant_time_zone())) at time zone (select tenant_time_zone()))
    returning w.*
),
touched as (
    select d.*, d.opened_at - date_trunc('second', d.opened_at) as variant,
           (select min(t) from unnest(d.waiting_at) as t) as first_at, (select max(t) from unnest(d.waiting_at) as t) as last_at
    from daily d
)
insert into counting_windows
    (tenant_id, listener_id, episode_id, opened_at, closes_at, pieces, unplaced_bytes, told_bytes, waiting_ids, waiting_at)
select t.tenant_id, t.listener_id, t.episode_id, date_trunc('second', t.first_at) + t.variant,
       case when cast(:download_window as text) = 'rolling_last_touch' then t.last_at else t.first_at end + interval '24 hours',
       t.pieces, t.unplaced_bytes, t.told_bytes, t.waiting_ids, t.waiting_at
from touched t
on conflict (tenant_id, listener_id, episode_id, opened_at) do nothing
