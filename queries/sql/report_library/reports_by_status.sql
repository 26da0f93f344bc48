-- purpose: how many reports a person may see, by how far they are
-- params: none
-- returns: status text, reports bigint
-- grain: status
-- source: reports
-- relies on: reports_status
select r.status, count(*) as reports
from reports r
group by r.status
order by r.status
