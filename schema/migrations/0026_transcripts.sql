-- Purpose: what is said in an episode, and a search for it.

create table transcripts (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    episode_id uuid not null,
    content text not null check (length(content) between 1 and 400000),
    language text not null check (language ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$'),
    confidence_score numeric(4, 3) check (confidence_score between 0 and 1),
    cues jsonb not null default '[]'
        check (jsonb_typeof(cues) = 'array')
        check (not cues @? 'strict $[*] ? (@.type() != "object")')
        check (not cues @? '$[*] ? (!(exists(@.s ? (@ >= 0)) && exists(@.at ? (@ >= 0))))')
        check (not cues @? 'strict $[*].keyvalue() ? (!(@.key == "s" || @.key == "at") || @.value.type() != "number")'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id),
    unique (tenant_id, episode_id),
    foreign key (tenant_id, episode_id) references episodes (tenant_id, id) on delete cascade
);
comment on table transcripts is 'What is said in an episode: one for each.';
comment on column transcripts.content is 'Plain text, a paragraph for each speaker''s turn.';
comment on column transcripts.language is 'IETF tag, as on podcasts.';
comment on column transcripts.confidence_score is 'How sure the recogniser was, 0 to 1; null when a person wrote it down.';
comment on column transcripts.cues is
    'Array by time: {s: second of the episode, at: position in content, from 0}. What is said from second s on begins there.';
select internal.protect_tenant_table('transcripts'),
       internal.guard_table('transcripts', p_writing => 'catalogue.manage');
create policy podcast_scope on transcripts as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_podcasts()) or episode_id in (select app_episodes()));

-- The words as an index of their own. Under row security a text search may not use an index (its operators could tell
-- of rows they should not see), so it goes through a function that names tenant and scope itself.
create table internal.transcript_search (
    tenant_id uuid not null,
    episode_id uuid not null,
    words tsvector not null,
    primary key (tenant_id, episode_id),
    foreign key (tenant_id, episode_id) references public.transcripts (tenant_id, episode_id) on delete cascade on update cascade
);
create index transcript_search_words on internal.transcript_search using gin (words);
comment on table internal.transcript_search is
    'Words of each transcript with their places, as said and in lower case: a code or a name is found in every language. Kept by a trigger.';

create function internal.keep_transcript_search() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
begin
    insert into internal.transcript_search as s (tenant_id, episode_id, words)
    values (new.tenant_id, new.episode_id, to_tsvector('pg_catalog.simple', new.content))
    on conflict (tenant_id, episode_id) do update set words = excluded.words;
    return null;
end
$$;
create trigger keep_transcript_search after insert or update of content, episode_id on transcripts
    for each row execute function internal.keep_transcript_search();

create function search_transcripts(p_query text, p_limit integer default 20)
    returns table (episode_id uuid, rank real)
    language sql stable security definer set search_path = pg_catalog, public, internal
    as $$
    select s.episode_id, ts_rank(s.words, q.query)
    from websearch_to_tsquery('pg_catalog.simple', p_query) as q (query)
    join internal.transcript_search s on s.words @@ q.query
    join public.episodes e on e.tenant_id = s.tenant_id and e.id = s.episode_id and e.deleted_at is null
    where s.tenant_id = (select public.app_tenant())
        and ((select public.app_sees_all_podcasts()) or s.episode_id in (select public.app_episodes()))
    order by 2 desc, 1
    limit least(greatest(p_limit, 1), 200)
    $$;
comment on function search_transcripts(text, integer) is
    'Episodes in scope whose transcripts hold these words, the best first. Syntax of a search engine: "words in a row", or, -not.';
revoke all on function search_transcripts(text, integer) from public;
grant execute on function search_transcripts(text, integer) to podboard_web, podboard_worker;
