-- purpose: windows of 24 hours that are counted hold until their end what comes in, and their requests are ruled on no more
-- params: download_window
-- returns: nothing
-- grain: one row per window that is counted and keeps its requests
-- source: counting_windows
-- relies on: primary key of counting_windows
-- For a tenant whose window is another one from now on. A request that comes late would else go through those before it by the new
-- window: what was counted by the old one might be a repeat then, and what was refused a download.
update counting_windows w
set requests = '[]',
    closes_at = case cast(:download_window as text)
                    when 'rolling_first_touch' then w.opened_at + interval '24 hours'
                    when 'rolling_last_touch' then greatest(w.closes_at, interval '24 hours' + (
                        select max(cast(r ->> 'at' as timestamptz)) from jsonb_array_elements(w.requests) as r))
                    else w.closes_at
                end
where w.tenant_id = (select app_tenant()) and w.is_counted and w.requests <> '[]'
