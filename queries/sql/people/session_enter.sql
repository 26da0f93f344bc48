-- purpose: the living session of a cookie with person, tenant, brand and permissions; the transaction is that person's from here on
-- params: token_hash, now, idle_since, noted_before
-- returns: session_id, user_id, tenant_id uuid, email, full_name text, permissions text[], tenant_name, tenant_slug, time_zone, currency, week_start, brand_name, primary_color, logo_svg text, is_to_be_noted boolean
-- grain: one row or none
-- source: sessions, users, roles, tenants through session_enter()
-- relies on: internal.directory primary key
select session_id, user_id, tenant_id, email, full_name, permissions, tenant_name, tenant_slug, time_zone, currency,
    week_start, brand_name, primary_color, logo_svg, is_to_be_noted
from session_enter(:token_hash, cast(:now as timestamptz), cast(:idle_since as timestamptz), cast(:noted_before as timestamptz))
