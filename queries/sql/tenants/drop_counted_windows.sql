-- purpose: lets go of windows of counting with a download, which from now on holds the 24 hours after it, or its day
-- params: none
-- returns: nothing
-- grain: one row per window with a download
-- source: counting_windows
-- relies on: primary key of counting_windows
-- For a tenant whose window is another one from now on. A request that comes late would else go through those before it by the new
-- window: what was counted by the old one might be a repeat then, and what was refused a download.
delete from counting_windows w
where w.tenant_id = (select app_tenant()) and w.is_counted
