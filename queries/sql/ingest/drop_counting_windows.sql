-- purpose: lets go of windows that are not to be kept any more
-- params: keys
-- returns: nothing
-- grain: one row per window
-- source: counting_windows
-- relies on: primary key of counting_windows
delete from counting_windows w
using jsonb_to_recordset(cast(:keys as jsonb)) as k (listener_id text, episode_id uuid, opened_at timestamptz)
where w.tenant_id = (select app_tenant()) and w.listener_id = k.listener_id and w.episode_id = k.episode_id
    and w.opened_at = k.opened_at
