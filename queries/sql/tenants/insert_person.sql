-- purpose: adds a person without a password
-- params: user_id, tenant_id, email, full_name
-- returns: nothing
-- grain: one row
-- source: users
-- relies on: users_pkey
insert into users (id, tenant_id, email, full_name, is_operator)
values (:user_id, cast(:tenant_id as uuid), :email, :full_name, cast(:tenant_id as uuid) is null)
