-- Purpose: views that people keep, and links that show one to somebody without a log-in.

create table saved_views (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    user_id uuid not null,
    name text not null check (length(name) between 1 and 120),
    page text not null check (page ~ '^/[a-z0-9/_-]*$' and length(page) <= 200),
    parameters jsonb not null default '{}'
        check (jsonb_typeof(parameters) = 'object')
        check (not parameters @? 'strict $.* ? (@.type() != "string")'),
    visibility text not null default 'own' check (visibility in ('own', 'team')),
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id),
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create unique index saved_views_name on saved_views (tenant_id, user_id, lower(name)) where deleted_at is null;
create index saved_views_user on saved_views (tenant_id, user_id);
comment on table saved_views is 'Views under a name. A view holds no numbers: whoever opens it sees what is theirs.';
comment on column saved_views.page is 'Path of the page, without the parameters.';
comment on column saved_views.parameters is 'Object of the page''s URL parameters, each a text.';
comment on column saved_views.visibility is
    'own: its person''s alone. team: of everybody who sees the whole tenant, for names of views tell of campaigns.';
select internal.protect_tenant_table('saved_views');
create policy reading_rights on saved_views as restrictive for select to podboard_web, podboard_worker
    using (user_id = (select app_user()) or (select app_may('no person'))
           or (visibility = 'team' and (select app_sees_all_campaigns() and app_sees_all_podcasts())));
create policy insert_rights on saved_views as restrictive for insert to podboard_web, podboard_worker
    with check (user_id = (select app_user()) or (select app_may('no person')));
-- A team's views outlive the people who made them.
create policy update_rights on saved_views as restrictive for update to podboard_web, podboard_worker
    using (user_id = (select app_user()) or (select app_may('no person'))
           or (visibility = 'team' and (select app_may('settings.manage'))))
    with check (user_id = (select app_user()) or (select app_may('no person'))
                or (visibility = 'team' and (select app_may('settings.manage'))));
create policy delete_rights on saved_views as restrictive for delete to podboard_web, podboard_worker
    using (user_id = (select app_user()) or (select app_may('no person'))
           or (visibility = 'team' and (select app_may('settings.manage'))));

create table share_links (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    token_hash text not null unique check (token_hash ~ '^[0-9a-f]{64}$'),
    name text not null default '' check (length(name) <= 200),
    kind text not null check (kind in ('view', 'report')),
    page text check (page ~ '^/[a-z0-9/_-]*$' and length(page) <= 200),
    report_id uuid,
    filters jsonb not null default '{}'
        check (jsonb_typeof(filters) = 'object')
        check (not filters @? 'strict $.* ? (@.type() != "string")'),
    campaign_ids uuid[] not null default '{}' check (array_position(campaign_ids, null) is null),
    podcast_ids uuid[] not null default '{}' check (array_position(podcast_ids, null) is null),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    created_by uuid not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((kind = 'view') = (page is not null)),
    check ((kind = 'report') = (report_id is not null)),
    check (kind = 'report' or cardinality(campaign_ids) + cardinality(podcast_ids) >= 1),
    check (expires_at > created_at and expires_at <= created_at + interval '1 year 1 day'),
    unique (tenant_id, id),
    foreign key (tenant_id, report_id) references reports (tenant_id, id) on delete cascade,
    foreign key (tenant_id, created_by) references users (tenant_id, id) on delete cascade
);
create index share_links_report on share_links (tenant_id, report_id);
create index share_links_created_by on share_links (tenant_id, created_by);
create index share_links_recent on share_links (tenant_id, created_at desc);
comment on table share_links is
    'Links that show a view or a report without a log-in, until expires_at or revoked_at. Shows what is in its lists and what '
    'created_by may still see, whichever is less.';
comment on column share_links.token_hash is 'SHA-256 of the token in the link, never the token.';
comment on column share_links.kind is 'view: a page with filters; report: one PDF.';
comment on column share_links.filters is 'Object of URL parameters, each a text: what the visitor cannot change.';
comment on column share_links.campaign_ids is 'The campaigns it may show, each by its id: "all" of today would be others tomorrow. Empty: none.';
comment on column share_links.podcast_ids is 'The podcasts it may show, in the same way.';
select internal.protect_tenant_table('share_links'),
       internal.guard_table('share_links', 'settings.manage', 'settings.manage', 'created_by', 'created_by');
-- Nobody shares more than they see.
create policy share_in_scope on share_links as restrictive for insert to podboard_web, podboard_worker
    with check (((select app_sees_all_campaigns()) or campaign_ids <@ array(select app_campaigns()))
                and ((select app_sees_all_podcasts()) or podcast_ids <@ array(select app_podcasts())));
create policy share_in_scope_still on share_links as restrictive for update to podboard_web, podboard_worker
    with check (((select app_sees_all_campaigns()) or campaign_ids <@ array(select app_campaigns()))
                and ((select app_sees_all_podcasts()) or podcast_ids <@ array(select app_podcasts())));
create trigger keep_directory after insert or delete or update of token_hash on share_links
    for each row execute function internal.keep_directory('share_link', 'token_hash');

create table share_link_views (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    share_link_id uuid not null,
    visitor text not null check (visitor ~ '^[0-9a-f]{64}$'),
    user_agent text check (length(user_agent) <= 400),
    viewed_at timestamptz not null default now(),
    foreign key (tenant_id, share_link_id) references share_links (tenant_id, id) on delete cascade
);
create index share_link_views_link on share_link_views (tenant_id, share_link_id, viewed_at desc);
comment on table share_link_views is 'Receipts: when a share link was looked at; append-only.';
comment on column share_link_views.visitor is 'HMAC of address prefix and user agent under the link: two visits of one visitor look alike, and nobody is known by it.';
select internal.protect_tenant_table('share_link_views', 'select, insert');
create policy link_readable on share_link_views as restrictive for select to podboard_web, podboard_worker
    using (share_link_id in (select l.id from share_links l));
