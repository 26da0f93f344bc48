-- purpose: removes one-time links that were used or ran out a week ago
-- params: none
-- returns: number of rows
-- grain: token
-- source: password_reset_tokens
-- relies on: password_reset_tokens_tenant_user
delete from password_reset_tokens
where coalesce(used_at, expires_at) < now() - interval '7 days'
