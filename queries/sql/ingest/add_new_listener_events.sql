-- purpose: adds the new listener events of one batch, of which none stands
-- params: ids, episodes, listeners, types, data, times, counted_by
-- returns: none
-- grain: none; fails as a whole where an id stands at its time already
-- source: listener_events
-- relies on: nothing
-- The six lists are one row each place; counted_by is of the downloads among them. add_listener_events says which rows stand, and
-- looks before it adds each of them.
insert into listener_events (id, tenant_id, episode_id, listener_id, event_type, event_data, occurred_at, counted_by)
select r.id, (select app_tenant()), r.episode_id, r.listener_id, r.event_type, cast(r.event_data as jsonb), r.occurred_at,
       case when r.event_type = 'download' then cast(:counted_by as smallint) end
from unnest(cast(:ids as uuid[]), cast(:episodes as uuid[]), cast(:listeners as text[]), cast(:types as text[]),
            cast(:data as text[]), cast(:times as timestamptz[]))
    as r (id, episode_id, listener_id, event_type, event_data, occurred_at)
