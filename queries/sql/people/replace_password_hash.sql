-- purpose: stores a new hash of the same password
-- params: user_id, password_hash
-- returns: nothing
-- grain: one row
-- source: users
-- relies on: users_pkey
update users
set password_hash = :password_hash
where id = :user_id
