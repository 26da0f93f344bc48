-- purpose: whom a report is made for and how the tenant appears on it
-- params: user_id
-- returns: full_name text, brand_name text, primary_color text, logo_svg text, zone text
-- grain: one row or none
-- source: users, tenants, white_label_settings
-- relies on: users_pkey
select
    coalesce(nullif(u.full_name, ''), split_part(u.email, '@', 1)) as full_name,
    coalesce(w.brand_name, t.name) as brand_name, w.primary_color, w.logo_svg, tenant_time_zone() as zone
from users u
join tenants t on t.id = u.tenant_id
left join white_label_settings w on w.tenant_id = t.id
where u.id = :user_id
