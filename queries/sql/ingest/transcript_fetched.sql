-- purpose: notes that a transcript's address answered with one, or that nothing had changed
-- params: episode_id, url, etag, last_modified, content_sha256
-- returns: nothing
-- grain: one row; none when the feed names another address by now
-- source: transcript_links
-- relies on: primary key of transcript_links
update transcript_links l
set next_try_at = now() + interval '7 days', succeeded_at = now(), failures = 0, error_message = null,
    etag = cast(:etag as text), last_modified = cast(:last_modified as text), content_sha256 = cast(:content_sha256 as text)
where l.tenant_id = (select app_tenant()) and l.episode_id = cast(:episode_id as uuid) and l.url = cast(:url as text)
