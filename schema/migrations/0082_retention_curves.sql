-- Purpose: retention curves as platforms aggregate them, kept as they were told.

-- Not valid: the names of columns that are remembered already fit, and nobody waits for a look through them.
alter table import_columns
    drop constraint import_columns_kind_check,
    add constraint import_columns_kind_check check (kind in ('listener', 'attribution', 'retention', 'ad_unit')) not valid;
comment on column import_columns.kind is
    'What the files hold: listener or attribution events, points of retention curves, ad units.';

create table retention_curves (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    episode_id uuid not null,
    platform text not null check (length(platform) between 1 and 60),
    as_of date not null,
    measure text not null check (measure in ('listeners', 'plays', 'share')),
    position_unit text not null check (position_unit in ('second', 'percent')),
    positions numeric[] not null check (cardinality(positions) between 2 and 100000)
        check (array_position(positions, null) is null) check (0 <= all (positions)),
    amounts numeric[] not null check (array_position(amounts, null) is null) check (0 <= all (amounts)),
    import_id uuid not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (cardinality(positions) = cardinality(amounts)),
    unique (tenant_id, id),
    unique (tenant_id, episode_id, platform, as_of, measure, position_unit),
    foreign key (tenant_id, episode_id) references episodes (tenant_id, id) on delete cascade,
    foreign key (tenant_id, import_id) references etl_imports (tenant_id, id) on delete restrict
);
create index retention_curves_import on retention_curves (tenant_id, import_id);
comment on table retention_curves is
    'How long an episode holds its listeners as a platform aggregated it: kept as told, never mixed with events of listeners.';
comment on column retention_curves.platform is 'Who aggregated it, as the import told: Apple Podcasts, Spotify, YouTube, ...';
comment on column retention_curves.as_of is 'The day whose state the platform told: a later one is another curve.';
comment on column retention_curves.measure is
    'What amounts are: listeners or plays at that place (they may rise; their maximum is the whole), or the platform''s own share (1 is the whole).';
comment on column retention_curves.position_unit is 'What positions are: seconds of the episode, or percent of its length.';
comment on column retention_curves.positions is 'Places in the episode, rising.';
comment on column retention_curves.amounts is 'One for each position.';
comment on column retention_curves.import_id is 'The import that brought it: file, time and person.';
select internal.protect_tenant_table('retention_curves'),
       internal.guard_table('retention_curves', p_writing => 'imports.create');
create policy podcast_scope on retention_curves as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_podcasts()) or episode_id in (select app_episodes()));
