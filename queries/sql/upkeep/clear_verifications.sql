-- purpose: forgets links that proved an address and ended a week ago
-- params: none
-- returns: number of rows
-- grain: token
-- source: email_verification_tokens
-- relies on: email_verification_tokens_tenant_user
delete from email_verification_tokens
where coalesce(used_at, expires_at) < now() - interval '7 days'
