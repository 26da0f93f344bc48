-- purpose: one person of the tenant in the session, or the operator of it
-- params: user_id
-- returns: email, full_name text, has_password, is_disabled boolean
-- grain: one row or none
-- source: users
-- relies on: users_pkey
select email, full_name, password_hash is not null as has_password, disabled_at is not null or deleted_at is not null as is_disabled
from users
where id = :user_id
