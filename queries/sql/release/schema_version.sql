-- purpose: the newest migration this database has
-- params: none
-- returns: version integer
-- grain: one row
-- source: schema_migrations
-- relies on: schema_migrations_pkey
select max(version) as version
from schema_migrations
