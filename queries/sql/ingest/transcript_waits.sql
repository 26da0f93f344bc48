-- purpose: puts a transcript off that an import under way kept from being stored: no failure of its own
-- params: episode_id
-- returns: nothing
-- grain: one row
-- source: transcript_links
-- relies on: primary key of transcript_links
update transcript_links l
set next_try_at = now() + interval '5 minutes'
where l.tenant_id = (select app_tenant()) and l.episode_id = cast(:episode_id as uuid)
