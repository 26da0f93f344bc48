-- purpose: adds the episodes of a feed that are new and updates those that changed, by guid
-- params: podcast_id, episodes, least_bytes, most_bytes, most_bytes_of_minutes, maybe_minutes, longest_seconds
-- returns: is_new boolean
-- grain: one row per episode added or changed; an unchanged one, or one that was deleted here, gives none
-- source: episodes
-- relies on: episodes_tenant_id_podcast_id_guid_key
insert into episodes as e
    (tenant_id, podcast_id, guid, title, description, season_number, episode_number, episode_type, published_at,
     duration_seconds, audio_url, enclosure_url, audio_bytes)
select (select app_tenant()), cast(:podcast_id as uuid), r.guid, r.title, r.description, r.season_number, r.episode_number,
       r.episode_type, r.published_at, r.duration_seconds, r.audio_url, r.enclosure_url, r.audio_bytes
from jsonb_to_recordset(cast(:episodes as jsonb)) as r (
    guid text, title text, description text, season_number integer, episode_number integer, episode_type text,
    published_at timestamptz, duration_seconds integer, audio_url text, enclosure_url text, audio_bytes bigint)
on conflict (tenant_id, podcast_id, guid) do update
set title = excluded.title,
    description = coalesce(nullif(excluded.description, ''), e.description),
    season_number = coalesce(excluded.season_number, e.season_number),
    episode_number = coalesce(excluded.episode_number, e.episode_number),
    episode_type = excluded.episode_type,
    -- A date that would not be taken any more does not stay either.
    published_at = coalesce(excluded.published_at, case when e.published_at <= now() + interval '366 days' then e.published_at end),
    duration_seconds = coalesce(excluded.duration_seconds, e.duration_seconds),
    -- A prefix of ours leads on to the address that stands already; an address that is refused takes that with it.
    audio_url = case when excluded.enclosure_url is not null then coalesce(excluded.audio_url, e.audio_url) end,
    enclosure_url = excluded.enclosure_url,
    -- Nor does a size that cannot be.
    audio_bytes = coalesce(excluded.audio_bytes, case
            when e.audio_bytes between cast(:least_bytes as bigint) * coalesce(excluded.duration_seconds, e.duration_seconds, 1)
                and coalesce(excluded.duration_seconds, e.duration_seconds, cast(:longest_seconds as integer)) * case
                    when coalesce(excluded.duration_seconds, e.duration_seconds) <= cast(:maybe_minutes as integer)
                    then cast(:most_bytes_of_minutes as bigint) else cast(:most_bytes as bigint) end
            then e.audio_bytes end)
where e.deleted_at is null
    and (e.title, e.description, e.season_number, e.episode_number, e.episode_type, e.published_at, e.duration_seconds,
         e.audio_url, e.enclosure_url, e.audio_bytes)
        is distinct from
        (excluded.title, coalesce(nullif(excluded.description, ''), e.description),
         coalesce(excluded.season_number, e.season_number), coalesce(excluded.episode_number, e.episode_number),
         excluded.episode_type,
         coalesce(excluded.published_at, case when e.published_at <= now() + interval '366 days' then e.published_at end),
         coalesce(excluded.duration_seconds, e.duration_seconds),
         case when excluded.enclosure_url is not null then coalesce(excluded.audio_url, e.audio_url) end, excluded.enclosure_url,
         coalesce(excluded.audio_bytes, case
            when e.audio_bytes between cast(:least_bytes as bigint) * coalesce(excluded.duration_seconds, e.duration_seconds, 1)
                and coalesce(excluded.duration_seconds, e.duration_seconds, cast(:longest_seconds as integer)) * case
                    when coalesce(excluded.duration_seconds, e.duration_seconds) <= cast(:maybe_minutes as integer)
                    then cast(:most_bytes_of_minutes as bigint) else cast(:most_bytes as bigint) end
            then e.audio_bytes end))
-- A row that this statement inserted has no earlier version.
returning (e.xmax = 0) as is_new
