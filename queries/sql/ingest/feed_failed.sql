-- purpose: notes that a feed could not be read; each failure after another doubles the time to the next try, up to a day;
--     no sooner than its address asks for, and no more where it says that it is gone
-- params: podcast_id, error_message, wait_seconds, is_gone
-- returns: nothing
-- grain: one row
-- source: podcast_feeds
-- relies on: primary key of podcast_feeds
update podcast_feeds f
set failures = f.failures + 1, error_message = cast(:error_message as text),
    next_try_at = case when not cast(:is_gone as boolean) then
        now() + greatest(least(interval '30 minutes' * power(2, least(f.failures, 10)), interval '1 day'),
                         interval '1 second' * cast(:wait_seconds as integer)) end
where f.tenant_id = (select app_tenant()) and f.podcast_id = cast(:podcast_id as uuid)
