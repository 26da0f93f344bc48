-- purpose: who logs in with an e-mail, before a tenant is known
-- params: email
-- returns: user_id uuid, tenant_id uuid, password_hash text, is_active boolean
-- grain: one row or none
-- source: users through account_for_email()
-- relies on: internal.directory primary key
select user_id, tenant_id, password_hash, is_active
from account_for_email(:email)
