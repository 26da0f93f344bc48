-- purpose: whose account an e-mail is, asked across tenants
-- params: email
-- returns: tenant_id uuid, user_id uuid
-- grain: one row or none
-- source: internal.directory through tenant_for_key()
-- relies on: internal.directory primary key
select tenant_id, entity_id as user_id
from tenant_for_key('account', :email)
