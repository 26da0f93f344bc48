-- purpose: the secret under which addresses of the tenant become listener ids
-- params: none
-- returns: key bytea
-- grain: at most one row
-- source: listener_keys
-- relies on: primary key of listener_keys
select k.key from listener_keys k where k.tenant_id = (select app_tenant())
