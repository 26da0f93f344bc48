-- purpose: sets a password by a one-time link, once
-- params: token_hash, password_hash, now
-- returns: user_id, tenant_id uuid
-- grain: one row, or none when the link is no longer good
-- source: password_reset_tokens, users, sessions through password_token_use()
-- relies on: internal.directory primary key
select user_id, tenant_id
from password_token_use(:token_hash, :password_hash, cast(:now as timestamptz))
