-- Purpose: podcasts and episodes, and the policies that keep a podcaster to its own.

create table podcasts (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    name text not null check (length(name) between 1 and 400),
    description text not null default '',
    rss_feed_url text,
    website_url text,
    cover_image_url text,
    language text check (language ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$'),
    category text,
    author text,
    feed_guid text,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id)
);
create unique index podcasts_feed on podcasts (tenant_id, rss_feed_url) where rss_feed_url is not null and deleted_at is null;
comment on table podcasts is 'Shows of a tenant.';
select internal.protect_tenant_table('podcasts');
create policy podcast_scope on podcasts as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_podcasts()) or id in (select app_podcasts()));

create table episodes (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    podcast_id uuid not null,
    title text not null check (length(title) between 1 and 1000),
    description text not null default '',
    season_number integer check (season_number >= 0),
    episode_number integer check (episode_number >= 0),
    episode_type text not null default 'full' check (episode_type in ('full', 'trailer', 'bonus')),
    published_at timestamptz,
    duration_seconds integer check (duration_seconds > 0),
    audio_url text,
    audio_bytes bigint check (audio_bytes > 0),
    guid text,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id),
    unique (tenant_id, podcast_id, guid),
    foreign key (tenant_id, podcast_id) references podcasts (tenant_id, id) on delete restrict
);
create index episodes_published on episodes (tenant_id, podcast_id, published_at desc);
comment on table episodes is 'Episodes of a podcast. guid is the feed''s own identifier.';
select internal.protect_tenant_table('episodes');
create policy podcast_scope on episodes as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_podcasts()) or podcast_id in (select app_podcasts()));

-- Episodes this transaction is limited to; runs inside policies and barrier views, so it must see past them.
create function app_episodes() returns setof uuid
    language sql stable security definer set search_path = pg_catalog, public
    rows 200
    as $$
    select e.id from public.episodes e
    where e.tenant_id = public.app_tenant() and e.podcast_id in (select public.app_podcasts())
    $$;
comment on function app_episodes() is 'Episodes of the podcasts this transaction is limited to.';
revoke all on function app_episodes() from public;
grant execute on function app_episodes() to podboard_web, podboard_worker;
