-- purpose: lets go of windows that closed a month ago and have not been written since
-- params: none
-- returns: number of rows
-- grain: window
-- source: counting_windows
-- relies on: counting_windows_closed
delete from counting_windows
where closes_at < now() - interval '1 month' and updated_at < now() - interval '1 month'
