-- purpose: takes the oldest outcomes off those that wait to be counted
-- params: most
-- returns: id uuid, occurred_at timestamptz, source text, subject_id uuid, is_known boolean, refused_for text,
--     rule_version text, order_id text
-- grain: request at a prefix, pixel or vanity URL of the tenant; what is of another's episode or campaign, or one that is gone, is let go of
-- source: internal.waiting_outcomes, episodes, campaigns
-- relies on: primary key of internal.waiting_outcomes, episodes_tenant_id_id_key, campaigns_tenant_id_id_key; rolled back with the
--     results when the run fails
with claimed as (
    delete from internal.waiting_outcomes q
    where (q.tenant_id, q.occurred_at, q.id) in (
        select w.tenant_id, w.occurred_at, w.id
        from internal.waiting_outcomes w
        where w.tenant_id = (select app_tenant())
        order by w.occurred_at, w.id
        limit cast(:most as bigint))
    returning q.*
)
select o.id, o.occurred_at, o.source, o.subject_id, o.is_known, o.refused_for, o.rule_version, o.order_id
from claimed o
left join episodes e on e.tenant_id = o.tenant_id and e.id = o.subject_id and o.source = 'prefix'
left join campaigns c on c.tenant_id = o.tenant_id and c.id = o.subject_id and o.source <> 'prefix'
where e.id is not null or c.id is not null
order by o.occurred_at, o.id
