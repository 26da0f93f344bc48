-- purpose: how many access logs were counted with a list of data centres and how many without one, as their imports say
-- params: with_list, without_list
-- returns: with_list bigint, without_list bigint
-- grain: one row
-- source: etl_imports
-- relies on: etl_imports_status
select count(*) filter (where i.figures ->> 'rules' like cast(:with_list as text)) as with_list,
       count(*) filter (where i.figures ->> 'rules' like cast(:without_list as text)) as without_list
from etl_imports i
where i.tenant_id = (select app_tenant()) and i.import_type = 'access_log'
