-- purpose: moves a campaign to a stage and says which it had
-- params: campaign_id, stage
-- returns: stage text (the one before)
-- grain: one row, or none when there is no such campaign or this session may not change it
-- source: campaigns
-- relies on: campaigns_tenant_id_id_key
with before as (
    select c.id, c.stage
    from campaigns c
    where c.tenant_id = (select app_tenant()) and c.id = cast(:campaign_id as uuid) and c.deleted_at is null
    for no key update
)
update campaigns c
set stage = cast(:stage as text)
from before b
where c.tenant_id = (select app_tenant()) and c.id = b.id
returning b.stage
