-- purpose: notes that a feed could not be read; each failure after another doubles the time to the next try, up to a day
-- params: podcast_id, error_message
-- returns: nothing
-- grain: one row
-- source: podcast_feeds
-- relies on: primary key of podcast_feeds
update podcast_feeds f
set failures = f.failures + 1, error_message = cast(:error_message as text),
    next_try_at = now() + least(interval '30 minutes' * power(2, least(f.failures, 10)), interval '1 day')
where f.tenant_id = (select app_tenant()) and f.podcast_id = cast(:podcast_id as uuid)
