-- purpose: adds bookings that are new and says what became of each row
-- params: rows
-- returns: line_number bigint, outcome text (imported, duplicate, different, other_currency, far_away, code_taken), detail text (what of
--          the campaign differs)
-- grain: one row per row
-- source: io_bookings, campaigns
-- relies on: io_bookings_tenant_id_id_key, io_bookings_promo, campaigns_tenant_id_id_key
-- Beside a campaign's flight stand makegoods and the odd week before; a year that was mistyped stands elsewhere.
with incoming as materialized (
    select r.line_number, r.id, r.campaign_id, c.sponsor_id, r.booking_date, r.promo_code, r.vanity_url, r.pricing_model,
           r.booked_impressions, r.rate_micros, r.currency, r.starts_on, r.ends_on,
           case when r.currency <> c.currency then 'other_currency'
                when r.starts_on < c.start_date - 180 or r.ends_on > c.end_date + 180 then 'far_away' end as misfit,
           c.currency as campaign_currency, c.start_date, c.end_date
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        line_number bigint, id uuid, campaign_id uuid, booking_date date, promo_code text, vanity_url text, pricing_model text,
        booked_impressions bigint, rate_micros bigint, currency text, starts_on date, ends_on date)
    join campaigns c on c.tenant_id = (select app_tenant()) and c.id = r.campaign_id
),
known as materialized (
    select i.line_number,
           (b.campaign_id, b.booking_date, b.promo_code, b.vanity_url, b.pricing_model, b.booked_impressions, b.rate_micros,
            b.currency, b.starts_on, b.ends_on)
               is not distinct from
               (i.campaign_id, i.booking_date, i.promo_code, i.vanity_url, i.pricing_model, i.booked_impressions, i.rate_micros,
                i.currency, i.starts_on, i.ends_on) as is_same
    from incoming i
    join io_bookings b on b.tenant_id = (select app_tenant()) and b.id = i.id
),
taken as materialized (
    select i.line_number
    from incoming i
    join io_bookings b on b.tenant_id = (select app_tenant()) and b.promo_code = i.promo_code and b.deleted_at is null and b.id <> i.id
),
added as (
    insert into io_bookings
        (id, tenant_id, campaign_id, sponsor_id, booking_date, promo_code, vanity_url, pricing_model, booked_impressions, rate_micros,
         currency, starts_on, ends_on)
    select i.id, (select app_tenant()), i.campaign_id, i.sponsor_id, i.booking_date, i.promo_code, i.vanity_url, i.pricing_model,
           i.booked_impressions, i.rate_micros, i.currency, i.starts_on, i.ends_on
    from incoming i
    where i.misfit is null
        and not exists (select from known k where k.line_number = i.line_number)
        and not exists (select from taken t where t.line_number = i.line_number)
    on conflict do nothing
    returning id
)
select i.line_number,
       case when a.id is not null then 'imported'
            when k.is_same then 'duplicate'
            when k.is_same is false then 'different'
            when i.misfit is not null then i.misfit
            else 'code_taken' end as outcome,
       case when a.id is not null or k.is_same is not null or i.misfit is null then ''
            when i.misfit = 'other_currency' then i.currency || ', the campaign has ' || i.campaign_currency
            else i.start_date || ' to ' || i.end_date end as detail
from incoming i
left join known k on k.line_number = i.line_number
left join added a on a.id = i.id
order by i.line_number
