-- purpose: as of when the relations behind listening numbers are complete, and how far back each reaches
-- params: data_by, podcast_ids, episode_ids
-- returns: rollups, metrics_daily, aggregates timestamptz (aggregates: null where the rollups keep them),
--          raw_start timestamptz (oldest raw event kept), listener_days integer (days for which listeners are kept one by one),
--          listeners_kept_from date (where they are kept since then only; null: for all of these days),
--          has_earlier boolean (whether any of these episodes was downloaded up to and with the day data_by)
-- grain: one row
-- source: rollups_as_of(), refresh_states, tenant_settings, episodes, episode_days
-- relies on: refresh_states_pkey, tenant_settings_pkey, episode_days_episode
select (select rollups_as_of()) as rollups,
       max(s.refreshed_at) filter (where s.relation = 'metrics_daily') as metrics_daily,
       max(s.refreshed_at) filter (where s.relation = 'aggregates') as aggregates,
       raw_retention_start() as raw_start,
       coalesce((select cast(t.settings ->> 'listener_retention_days' as integer) from tenant_settings t), 1095) as listener_days,
       (select t.listeners_kept_from from tenant_settings t) as listeners_kept_from,
       -- Episode by episode, so that a new podcast of an old tenant does not read the tenant's whole past.
       exists (select
               from episodes e
               cross join lateral (select d.local_day
                                   from episode_days d
                                   where d.episode_id = e.id and d.local_day <= cast(:data_by as date)
                                   limit 1) f
               where (cardinality(cast(:podcast_ids as uuid[])) = 0 or e.podcast_id = any (cast(:podcast_ids as uuid[])))
                   and (cardinality(cast(:episode_ids as uuid[])) = 0 or e.id = any (cast(:episode_ids as uuid[])))) as has_earlier
from refresh_states s
