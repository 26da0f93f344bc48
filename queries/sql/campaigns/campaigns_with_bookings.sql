-- purpose: campaigns in scope with their bookings, as of when their numbers are, and up to when the tenant has data
-- params: campaign_ids
-- returns: campaign columns, booking columns (null where nothing is booked), as_of timestamptz, data_to timestamptz (null without data)
-- grain: campaign and booking
-- source: campaigns, sponsors, io_bookings, rollups_as_of(), attribution_as_of(), tenant_data_to()
-- relies on: io_bookings_campaign
select c.id as campaign_id, c.name, c.sponsor_id, s.name as sponsor_name, c.stage, c.stage_changed_at, c.start_date, c.end_date, c.currency,
       c.conversion_type, c.description, b.id as booking_id, b.booking_date, b.promo_code, b.vanity_url, b.pricing_model,
       b.booked_impressions, b.rate_micros, b.currency as booking_currency, b.starts_on, b.ends_on,
       least((select rollups_as_of()), (select attribution_as_of())) as as_of,
       (select tenant_data_to()) as data_to
from campaigns c
left join sponsors s on s.tenant_id = c.tenant_id and s.id = c.sponsor_id
left join io_bookings b on b.tenant_id = c.tenant_id and b.campaign_id = c.id and b.deleted_at is null
where c.tenant_id = (select app_tenant())
    and c.deleted_at is null
    and (cardinality(cast(:campaign_ids as uuid[])) = 0 or c.id = any (cast(:campaign_ids as uuid[])))
order by c.start_date desc, c.name, c.id, b.starts_on, b.id
