-- Purpose: feeds are refreshed by the clock: how each of them is doing; an enclosure as its feed names it.

alter table episodes
    add column enclosure_url text check (enclosure_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$');
comment on column episodes.enclosure_url is 'Address of the audio as the feed names it, with those that measure in front of it.';
comment on column episodes.audio_url is 'Where the audio lies: enclosure_url without the prefixes of measurers. Prefixes of ours lead on to it.';

create table podcast_feeds (
    tenant_id uuid not null references tenants (id) on delete cascade,
    podcast_id uuid not null,
    next_try_at timestamptz default now(),
    tried_at timestamptz,
    succeeded_at timestamptz,
    failures integer not null default 0 check (failures >= 0),
    error_message text check (length(error_message) between 1 and 1000),
    asked_url text check (asked_url ~* '^https?://[^\s/<>"]+[^\s<>"]*$'),
    etag text check (length(etag) between 1 and 500),
    last_modified text check (length(last_modified) between 1 and 200),
    content_sha256 text check (content_sha256 ~ '^[0-9a-f]{64}$'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, podcast_id),
    foreign key (tenant_id, podcast_id) references podcasts (tenant_id, id) on delete cascade
);
create index podcast_feeds_due on podcast_feeds (tenant_id, next_try_at);
comment on table podcast_feeds is 'How the feed of a podcast is doing that came from an address: it is asked again by the clock.';
comment on column podcast_feeds.next_try_at is 'When podcasts.rss_feed_url is asked again; null: not by the clock.';
comment on column podcast_feeds.tried_at is 'When it was asked last.';
comment on column podcast_feeds.succeeded_at is 'When it last answered with a feed, or that nothing had changed: the catalogue is as of then.';
comment on column podcast_feeds.failures is 'Failures since; each doubles the time to the next try, up to a day.';
comment on column podcast_feeds.error_message is 'What went wrong with the last try, for people; null when it went well.';
comment on column podcast_feeds.asked_url is 'The address that etag, last_modified and content_sha256 are of.';
comment on column podcast_feeds.etag is 'As the address told it, sent back with the next question.';
comment on column podcast_feeds.last_modified is 'As the address told it, sent back with the next question.';
comment on column podcast_feeds.content_sha256 is 'SHA-256 of what it answered last: the same again is no import.';
select internal.protect_tenant_table('podcast_feeds'),
       internal.guard_table('podcast_feeds', p_writing => 'imports.create');
create policy podcast_scope on podcast_feeds as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_podcasts()) or podcast_id in (select app_podcasts()));
