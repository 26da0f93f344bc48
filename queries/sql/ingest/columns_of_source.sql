-- purpose: what the columns of a source were told to mean
-- params: source, kind
-- returns: kind text, columns jsonb
-- grain: one row per kind of events; of one kind only when it is named
-- source: import_columns
-- relies on: primary key of import_columns
select c.kind, c.columns
from import_columns c
where c.tenant_id = (select app_tenant()) and c.source = cast(:source as text) and c.kind = coalesce(cast(:kind as text), c.kind)
order by c.kind
