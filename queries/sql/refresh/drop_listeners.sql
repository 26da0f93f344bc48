-- purpose: forgets the names of listeners that no day knows any more
-- params: tenant_id
-- returns: nothing
-- grain: listener
-- source: internal.listeners
-- relies on: listeners_tenant_id_listener_id_key; the owner role
delete from internal.listeners l
where l.tenant_id = cast(:tenant_id as uuid)
    and not exists (select from internal.listener_days r where r.tenant_id = l.tenant_id and r.listener_no = l.listener_no)
    and not exists (select from internal.campaign_listener_days r where r.tenant_id = l.tenant_id and r.listener_no = l.listener_no)
