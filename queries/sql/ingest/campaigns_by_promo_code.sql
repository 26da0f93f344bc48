-- purpose: the campaigns that these promo codes were booked for
-- params: codes
-- returns: promo_code text, campaign_id uuid
-- grain: one row per promo code
-- source: io_bookings
-- relies on: io_bookings_promo
select b.promo_code, b.campaign_id
from io_bookings b
where b.tenant_id = (select app_tenant()) and b.promo_code = any (cast(:codes as text[])) and b.deleted_at is null
