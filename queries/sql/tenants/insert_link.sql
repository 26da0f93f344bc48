-- purpose: keeps the hash of a new one-time link
-- params: tenant_id, user_id, token_hash, purpose, expires_at, now
-- returns: nothing
-- grain: one row
-- source: password_reset_tokens
-- relies on: password_reset_tokens_token_key
insert into password_reset_tokens (tenant_id, user_id, token, purpose, expires_at, created_at)
values (cast(:tenant_id as uuid), :user_id, :token_hash, :purpose, :expires_at, :now)
