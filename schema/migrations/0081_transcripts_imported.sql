-- Purpose: transcripts come from files and from the addresses that feeds name: where one came from, and how each address is doing.

alter table transcripts
    add column source text not null default 'file' check (source in ('file', 'feed'));
comment on column transcripts.source is 'file: imported by a person, stands before what a feed names; feed: of the address in transcript_links.';
comment on column transcripts.content is
    'Plain text, a paragraph for each speaker''s turn; with the speaker''s name and a colon before it where the file names them.';
comment on column transcripts.confidence_score is
    'How sure the recogniser was, 0 to 1; null when a person wrote it down or nobody said.';

create table transcript_links (
    tenant_id uuid not null references tenants (id) on delete cascade,
    episode_id uuid not null,
    url text not null check (url ~* '^https?://[^\s/<>"]+[^\s<>"]*$' and length(url) <= 2000),
    format text not null check (format in ('vtt', 'srt', 'json')),
    language text check (language ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$'),
    next_try_at timestamptz not null default now(),
    tried_at timestamptz,
    succeeded_at timestamptz,
    failures integer not null default 0 check (failures >= 0),
    error_message text check (length(error_message) between 1 and 1000),
    etag text check (length(etag) between 1 and 500),
    last_modified text check (length(last_modified) between 1 and 200),
    content_sha256 text check (content_sha256 ~ '^[0-9a-f]{64}$'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, episode_id),
    foreign key (tenant_id, episode_id) references episodes (tenant_id, id) on delete cascade
);
create index transcript_links_due on transcript_links (tenant_id, next_try_at);
comment on table transcript_links is 'Where a feed says the transcript of an episode lies: one address each, the one that is read best.';
comment on column transcript_links.format is 'As the feed says it (the content decides): vtt: WebVTT; srt: SubRip; json: of the podcast namespace.';
comment on column transcript_links.language is 'IETF tag as the feed says it; null: that of the podcast.';
comment on column transcript_links.next_try_at is 'When the address is asked next: a week after a success, later and later after failures.';
comment on column transcript_links.tried_at is 'When it was asked last.';
comment on column transcript_links.succeeded_at is 'When it last answered with a transcript, or that nothing had changed.';
comment on column transcript_links.failures is 'Failures since; each doubles the time to the next try, up to a week.';
comment on column transcript_links.error_message is 'What went wrong with the last try, for people; null when it went well.';
comment on column transcript_links.etag is 'As the address told it, sent back with the next question.';
comment on column transcript_links.last_modified is 'As the address told it, sent back with the next question.';
comment on column transcript_links.content_sha256 is 'SHA-256 of what it answered last: the same again is no import.';
select internal.protect_tenant_table('transcript_links'),
       internal.guard_table('transcript_links', p_writing => 'imports.create');
create policy podcast_scope on transcript_links as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_podcasts()) or episode_id in (select app_episodes()));
