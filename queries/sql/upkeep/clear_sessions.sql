-- purpose: removes log-ins that ended or ran out a day ago
-- params: none
-- returns: number of rows
-- grain: session
-- source: sessions
-- relies on: sessions_tenant_user
delete from sessions
where coalesce(ended_at, least(expires_at, last_seen_at + interval '30 minutes')) < now() - interval '1 day'
