-- purpose: forgets refresh tokens that ran out a week ago; a spent one stays until then, so that its coming again is known
-- params: none
-- returns: number of rows
-- grain: token
-- source: refresh_tokens
-- relies on: refresh_tokens_tenant_user
delete from refresh_tokens
where expires_at < now() - interval '7 days'
