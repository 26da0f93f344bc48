-- purpose: enters one tenant, or an operator's own rows, as the owner
-- params: tenant_id, user_id
-- returns: nothing of use
-- grain: one row
-- source: none
-- relies on: none
select set_tenant_context(cast(:tenant_id as uuid)), set_config('app.current_user', coalesce(cast(:user_id as text), ''), true)
