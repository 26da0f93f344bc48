-- Purpose: access logs become downloads: what an import has done so far, windows that are not complete, keys of listeners.

-- Imports go on where they stopped: how far they are is saved with each batch, in the batch's own transaction.
alter table etl_imports
    drop constraint etl_imports_import_type_check,
    add constraint etl_imports_import_type_check check (import_type in (
        'feed', 'listener_events', 'attribution_events', 'access_log', 'bookings', 'conversions', 'transcripts',
        'retention_curves')) not valid,
    add column lines_done bigint not null default 0 check (lines_done >= 0),
    add column lines_sha256 text check (lines_sha256 ~ '^[0-9a-f]{64}$'),
    add column options jsonb not null default '{}' check (jsonb_typeof(options) = 'object'),
    add column figures jsonb not null default '{}' check (jsonb_typeof(figures) = 'object');
comment on column etl_imports.import_type is
    'feed: a podcast''s RSS; listener_events, attribution_events: files of events; access_log: requests of a media host; bookings; '
    'conversions: by promo code; transcripts; retention_curves: as platforms aggregate them.';
comment on column etl_imports.status is
    'running; completed; failed: of a feed nothing was kept, of a file what its figures say; the same file again goes on there.';
comment on column etl_imports.lines_done is 'Lines of the file that are dealt with: committed together with what became of them.';
comment on column etl_imports.lines_sha256 is 'SHA-256 of these lines: a file that begins otherwise is another file.';
comment on column etl_imports.options is 'Object: what the import was told (shift_days, columns, ...); other options are another import.';
comment on column etl_imports.figures is 'Object: refused requests by reason, impressions made, the rules that counted.';

-- One vocabulary for the counter and for what it leaves behind.
alter table excluded_requests
    drop constraint excluded_requests_reason_check,
    add constraint excluded_requests_reason_check check (reason in (
        'head', 'method', 'not_modified', 'failed_status', 'too_short', 'size_unknown', 'piece', 'range_probe', 'bot',
        'self_declared_bot', 'data_centre', 'vpn', 'empty_agent', 'malformed_agent', 'watch_app', 'preload', 'repeat')) not valid;
comment on column excluded_requests.reason is
    'head: HEAD; method: neither GET nor HEAD; not_modified: 304; failed_status: neither 200 nor 206; too_short: all pieces of the '
    'window together less than a minute, as yet; size_unknown: nobody can tell; piece: of a download that a later request completed; '
    'range_probe: bytes=0-1; bot: on the list of robots; self_declared_bot: says so itself; data_centre, vpn: by address; '
    'empty_agent, malformed_agent; watch_app: the second request of a watch; preload: nobody asked; repeat: the same listener and '
    'episode within the window.';
do $$
begin
    if (select a.atttypid from pg_attribute a
        where a.attrelid = 'excluded_requests'::regclass and a.attname = 'rule_version') = 'smallint'::regtype then
        alter table excluded_requests drop constraint excluded_requests_rule_version_check;
        alter table excluded_requests alter column rule_version type text using rule_version::text;
        alter table excluded_requests
            add constraint excluded_requests_rule_version_check check (length(rule_version) between 1 and 80) not valid;
    end if;
end
$$;

-- The check of 0024 on the window has no name of ours.
do $$
declare
    named text;
begin
    select c.conname into named from pg_constraint c
    where c.conrelid = 'tenant_settings'::regclass and pg_get_constraintdef(c.oid) like '%download_window%';
    execute format('alter table tenant_settings drop constraint %I', named);
    alter table tenant_settings add constraint tenant_settings_download_window_check
        check (settings ->> 'download_window' in ('calendar_day', 'rolling_first_touch', 'rolling_last_touch')) not valid;
end
$$;
comment on column tenant_settings.settings is
    'Object. time_zone: IANA name, default UTC. currency: ISO 4217, default USD. week_start: monday or sunday, default monday. '
    'locale: en. download_window: calendar_day (default), rolling_first_touch or rolling_last_touch: within what a listener''s requests '
    'for an episode are one download; for what comes in from then on. '
    'listener_retention_days: how long exact unique listeners are kept, default 1095.';

create table listener_keys (
    tenant_id uuid primary key references tenants (id) on delete cascade,
    key bytea not null check (length(key) >= 32),
    created_at timestamptz not null default now()
);
comment on table listener_keys is
    'The secret under which a tenant''s addresses become listener ids. Never changed: the same listener would be another one.';
select internal.protect_tenant_table('listener_keys', 'select, insert'),
       internal.guard_table('listener_keys', 'no person', 'no person');

create table counting_windows (
    tenant_id uuid not null references tenants (id) on delete cascade,
    listener_id text not null check (length(listener_id) between 1 and 200),
    episode_id uuid not null,
    opened_at timestamptz not null,
    closes_at timestamptz not null,
    is_counted boolean not null default false,
    pieces bigint[] not null default '{}',
    unplaced_bytes bigint not null default 0 check (unplaced_bytes >= 0),
    told_bytes bigint check (told_bytes > 0),
    waiting_ids uuid[] not null default '{}',
    waiting_at timestamptz[] not null default '{}',
    check (closes_at > opened_at),
    check (cardinality(pieces) % 2 = 0),
    check (cardinality(waiting_ids) = cardinality(waiting_at)),
    primary key (tenant_id, listener_id, episode_id, opened_at),
    foreign key (tenant_id, episode_id) references episodes (tenant_id, id) on delete cascade
);
create index counting_windows_episode on counting_windows (tenant_id, episode_id);
create index counting_windows_closed on counting_windows (tenant_id, closes_at);
comment on table counting_windows is
    'What a listener got of an episode in a window that a later request may still change: calendar days without a download yet, '
    'rolling windows until a month after they closed. Survives the end of a file.';
comment on column counting_windows.is_counted is 'Its download stands in listener_events.';
comment on column counting_windows.pieces is 'Bytes delivered, put together: first and end of each piece, half-open, one after the other.';
comment on column counting_windows.unplaced_bytes is 'The largest answer of which nobody knows where in the file its bytes lie.';
comment on column counting_windows.told_bytes is 'Size of the file as requests told it.';
comment on column counting_windows.waiting_ids is
    'Requests in excluded_requests (their times in waiting_at) that become pieces when the download is complete.';
select internal.protect_tenant_table('counting_windows'),
       internal.guard_table('counting_windows', 'no person', 'no person');
