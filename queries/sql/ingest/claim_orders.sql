-- purpose: keeps the amounts of orders that have none yet, each with the first that is told; whoever else tells one of them now waits
-- params: campaigns, types, orders, amounts, currencies
-- returns: nothing
-- grain: one row per order
-- source: conversion_orders
-- relies on: primary key of conversion_orders
-- In order: two who tell the same orders wait for each other one way round.
insert into conversion_orders (tenant_id, campaign_id, conversion_type, order_id, value_micros, currency)
select distinct on (t.campaign_id, t.conversion_type, t.order_id)
    (select app_tenant()), t.campaign_id, t.conversion_type, t.order_id, t.value_micros, t.currency
from unnest(cast(:campaigns as uuid[]), cast(:types as text[]), cast(:orders as text[]), cast(:amounts as bigint[]),
            cast(:currencies as text[])) with ordinality as t (campaign_id, conversion_type, order_id, value_micros, currency, place)
order by t.campaign_id, t.conversion_type, t.order_id, t.place
on conflict do nothing
