-- purpose: opens a session
-- params: token_hash, tenant_id, user_id, now, expires_at, ip_prefix, user_agent
-- returns: nothing
-- grain: one row
-- source: sessions
-- relies on: sessions_token_hash_key
insert into sessions (token_hash, tenant_id, user_id, created_at, last_seen_at, expires_at, ip_prefix, user_agent)
values (:token_hash, cast(:tenant_id as uuid), :user_id, :now, :now, :expires_at, :ip_prefix, :user_agent)
