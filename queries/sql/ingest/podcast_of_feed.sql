-- purpose: the podcast that a feed was of when it was read last, unless the feed names another one by its guid now
-- params: podcast_id, feed_guid
-- returns: id uuid
-- grain: at most one row
-- source: podcasts
-- relies on: podcasts_tenant_id_id_key
select p.id
from podcasts p
where p.tenant_id = (select app_tenant()) and p.id = cast(:podcast_id as uuid) and p.deleted_at is null
    and coalesce(p.feed_guid = cast(:feed_guid as text), true)
