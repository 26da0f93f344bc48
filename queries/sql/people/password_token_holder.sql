-- purpose: whose password an unused one-time link may set
-- params: token_hash, now
-- returns: user_id, tenant_id uuid, email, full_name, purpose text
-- grain: one row or none
-- source: password_reset_tokens, users through password_token_holder()
-- relies on: internal.directory primary key
select user_id, tenant_id, email, full_name, purpose
from password_token_holder(:token_hash, cast(:now as timestamptz))
