-- purpose: keeps that the source of an import brings the podcasts of these episodes
-- params: import_id, episodes
-- returns: nothing
-- grain: one row per podcast that the source had not brought before
-- source: podcast_sources, etl_imports, episodes
-- relies on: primary key of podcast_sources, primary key of episodes, etl_imports_tenant_id_id_key
insert into podcast_sources (tenant_id, podcast_id, import_type, source_name)
select distinct (select app_tenant()), e.podcast_id, i.import_type, i.source_name
from etl_imports i
join episodes e on e.tenant_id = (select app_tenant()) and e.id = any (cast(:episodes as uuid[]))
where i.tenant_id = (select app_tenant()) and i.id = cast(:import_id as uuid) and i.source_name is not null
-- In one order, so that two who note the same podcasts never wait for each other crosswise.
order by e.podcast_id
on conflict do nothing
