-- purpose: stores a new hash of the same password for the person in the session
-- params: password_hash
-- returns: nothing of use
-- grain: one row
-- source: users through replace_password()
-- relies on: users_pkey
select replace_password(:password_hash)
