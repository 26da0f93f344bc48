-- purpose: writes the transcript of an episode; one that a person imported stands before one that a feed names
-- params: episode_id, content, language, cues, source
-- returns: is_new boolean
-- grain: one row; none when it stands already like this, or a person's stands
-- source: transcripts, episodes, podcasts
-- relies on: transcripts_tenant_id_episode_id_key
insert into transcripts as t (tenant_id, episode_id, content, language, cues, source)
select (select app_tenant()), e.id, cast(:content as text), coalesce(cast(:language as text), p.language, 'und'),
       cast(:cues as jsonb), cast(:source as text)
from episodes e
join podcasts p on p.tenant_id = e.tenant_id and p.id = e.podcast_id
where e.tenant_id = (select app_tenant()) and e.id = cast(:episode_id as uuid) and e.deleted_at is null
on conflict (tenant_id, episode_id) do update
set content = excluded.content, language = excluded.language, cues = excluded.cues, source = excluded.source,
    -- Nobody says how sure whoever wrote the new one was.
    confidence_score = null
where (t.source = 'feed' or excluded.source = 'file')
    and (t.content, t.language, t.cues, t.source) is distinct from (excluded.content, excluded.language, excluded.cues, excluded.source)
-- A row that this statement inserted has no earlier version.
returning (t.xmax = 0) as is_new
