-- purpose: every operator
-- params: none
-- returns: user_id uuid
-- grain: operator
-- source: internal.directory
-- relies on: directory_entity
select d.entity_id as user_id from internal.directory d where d.kind = 'account' and d.tenant_id is null order by d.entity_id
