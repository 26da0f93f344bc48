-- purpose: adds ad units that are new and says what became of each row
-- params: rows
-- returns: line_number bigint, outcome text (imported, duplicate, different, taken, beyond, overlong)
-- grain: one row per row
-- source: ad_units, episodes
-- relies on: ad_units_tenant_id_id_key, ad_units_place, episodes_tenant_id_id_key
-- Feeds round the length of episodes, and tell it without what is put in while it is sent: a minute is left for that.
with incoming as materialized (
    select r.line_number, r.id, r.campaign_id, r.episode_id, r.unit_type, r.position_seconds, r.duration_seconds, r.is_baked_in,
           coalesce(r.position_seconds >= e.duration_seconds, false) as is_beyond,
           coalesce(r.position_seconds + r.duration_seconds > e.duration_seconds + 60, false) as is_overlong
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        line_number bigint, id uuid, campaign_id uuid, episode_id uuid, unit_type text, position_seconds integer,
        duration_seconds integer, is_baked_in boolean)
    join episodes e on e.tenant_id = (select app_tenant()) and e.id = r.episode_id
),
known as materialized (
    select i.line_number,
           (a.campaign_id, a.episode_id, a.unit_type, a.position_seconds, a.duration_seconds, a.is_baked_in)
               = (i.campaign_id, i.episode_id, i.unit_type, i.position_seconds, i.duration_seconds, i.is_baked_in) as is_same
    from incoming i
    join ad_units a on a.tenant_id = (select app_tenant()) and a.id = i.id
),
placed as materialized (
    select i.line_number,
           (a.unit_type, a.duration_seconds, a.is_baked_in) = (i.unit_type, i.duration_seconds, i.is_baked_in) as is_same
    from incoming i
    join ad_units a on a.tenant_id = (select app_tenant()) and a.campaign_id = i.campaign_id and a.episode_id = i.episode_id
        and a.position_seconds = i.position_seconds and a.deleted_at is null and a.id <> i.id
),
added as (
    insert into ad_units
        (id, tenant_id, campaign_id, episode_id, unit_type, position_seconds, duration_seconds, is_baked_in)
    select i.id, (select app_tenant()), i.campaign_id, i.episode_id, i.unit_type, i.position_seconds, i.duration_seconds, i.is_baked_in
    from incoming i
    where not i.is_beyond and not i.is_overlong
        and not exists (select from known k where k.line_number = i.line_number)
        and not exists (select from placed p where p.line_number = i.line_number)
)
select i.line_number,
       case when k.is_same or (k.line_number is null and p.is_same) then 'duplicate'
            when k.line_number is not null then 'different'
            when p.line_number is not null then 'taken'
            when i.is_beyond then 'beyond'
            when i.is_overlong then 'overlong'
            else 'imported' end as outcome
from incoming i
left join known k on k.line_number = i.line_number
left join placed p on p.line_number = i.line_number
order by i.line_number
