-- purpose: puts a feed off that an import under way kept from being read: no failure of its own
-- params: podcast_id
-- returns: nothing
-- grain: one row
-- source: podcast_feeds
-- relies on: primary key of podcast_feeds
update podcast_feeds f
set next_try_at = now() + interval '5 minutes'
where f.tenant_id = (select app_tenant()) and f.podcast_id = cast(:podcast_id as uuid)
