-- purpose: takes the oldest requests off those that wait to be counted, with the files they are for
-- params: most
-- returns: id uuid, occurred_at timestamptz, episode_id uuid, listener_id text, app text, device text, os text, country text, region text,
--     audio_bytes bigint, duration_seconds integer, data_centres text
-- grain: request for an episode of the tenant; what is for another, or one that is gone, is let go of
-- source: internal.waiting_requests, episodes
-- relies on: primary key of internal.waiting_requests, episodes_tenant_id_id_key; rolled back with the results when the run fails
with claimed as (
    delete from internal.waiting_requests q
    where (q.tenant_id, q.occurred_at, q.id) in (
        select w.tenant_id, w.occurred_at, w.id
        from internal.waiting_requests w
        where w.tenant_id = (select app_tenant())
        order by w.occurred_at, w.id
        limit cast(:most as bigint))
    returning q.*
)
select c.id, c.occurred_at, c.episode_id, c.listener_id, c.app, c.device, c.os, c.country, c.region, e.audio_bytes,
       e.duration_seconds, c.data_centres
from claimed c
join episodes e on e.tenant_id = c.tenant_id and e.id = c.episode_id
order by c.occurred_at, c.id
