-- purpose: adds the new listener events of one batch, and names the rows that stand already
-- params: ids, episodes, listeners, types, data, times, counted_by
-- returns: place bigint
-- grain: one row per row of the batch whose id stands at its time already
-- source: listener_events
-- relies on: primary key of listener_events
-- What is new is found by inserting it. The six lists are one row each place; counted_by is of the downloads among them.
-- TRICKY: "not in" is hashed whole; as a join, planned without knowing how many rows a list holds, it was walked through for each.
with added as (
    insert into listener_events (id, tenant_id, episode_id, listener_id, event_type, event_data, occurred_at, counted_by)
    select r.id, (select app_tenant()), r.episode_id, r.listener_id, r.event_type, cast(r.event_data as jsonb), r.occurred_at,
           case when r.event_type = 'download' then cast(:counted_by as smallint) end
    from unnest(cast(:ids as uuid[]), cast(:episodes as uuid[]), cast(:listeners as text[]), cast(:types as text[]),
                cast(:data as text[]), cast(:times as timestamptz[]))
        as r (id, episode_id, listener_id, event_type, event_data, occurred_at)
    on conflict do nothing
    returning id
)
select r.place
from unnest(cast(:ids as uuid[])) with ordinality as r (id, place)
where r.id not in (select a.id from added a)
