-- purpose: whether an import is there
-- params: import_id
-- returns: id uuid
-- grain: one row or none
-- source: etl_imports
-- relies on: etl_imports_tenant_id_id_key
select i.id
from etl_imports i
where i.tenant_id = (select app_tenant()) and i.id = cast(:import_id as uuid)
