-- purpose: the amounts that orders have, by their places in what is asked
-- params: campaigns, types, orders
-- returns: place bigint, value_micros bigint, currency text
-- grain: one row per order asked for that has an amount
-- source: conversion_orders
-- relies on: primary key of conversion_orders
select t.place, o.value_micros, o.currency
from unnest(cast(:campaigns as uuid[]), cast(:types as text[]), cast(:orders as text[]))
    with ordinality as t (campaign_id, conversion_type, order_id, place)
join conversion_orders o on o.tenant_id = (select app_tenant()) and o.campaign_id = t.campaign_id
    and o.conversion_type = t.conversion_type and o.order_id = t.order_id
order by t.place
