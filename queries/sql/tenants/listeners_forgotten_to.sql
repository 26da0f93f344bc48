-- purpose: the last day before another of which downloads are counted, but their listeners are kept no more
-- params: before
-- returns: day date
-- grain: one row; null where nothing was forgotten
-- source: episode_days, listener_days
-- relies on: primary keys of both
select max(d.local_day) as day
from episode_days d
where d.tenant_id = (select app_tenant())
    and d.local_day < cast(:before as date)
    and not exists (
        select from listener_days l where l.tenant_id = (select app_tenant()) and l.local_day = d.local_day
    )
