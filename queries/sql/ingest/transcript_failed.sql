-- purpose: notes that a transcript could not be had; each failure after another doubles the time to the next try, up to a week
-- params: episode_id, url, error_message
-- returns: nothing
-- grain: one row; none when the feed names another address by now
-- source: transcript_links
-- relies on: primary key of transcript_links
update transcript_links l
set failures = l.failures + 1, error_message = cast(:error_message as text),
    next_try_at = now() + least(interval '1 hour' * power(2, least(l.failures, 10)), interval '7 days')
where l.tenant_id = (select app_tenant()) and l.episode_id = cast(:episode_id as uuid) and l.url = cast(:url as text)
