-- purpose: whether the subject of a report may be read, how the tenant counts its days, and how much already waits
-- params: campaign_id, podcast_ids, created_by
-- returns: zone text, campaign_name text (null: none or foreign), podcasts bigint (of those asked for, all when none), waiting bigint
-- grain: one row
-- source: campaigns, podcasts, reports
-- relies on: campaigns_pkey, podcasts_pkey, reports_created_by
select
    tenant_time_zone() as zone,
    (select c.name from campaigns c where c.id = cast(:campaign_id as uuid) and c.deleted_at is null) as campaign_name,
    (select count(*) from podcasts p
     where p.deleted_at is null
         and (cardinality(cast(:podcast_ids as uuid[])) = 0 or p.id = any (cast(:podcast_ids as uuid[])))) as podcasts,
    (select count(*) from reports r
     where r.created_by = cast(:created_by as uuid) and r.status in ('queued', 'running')) as waiting
