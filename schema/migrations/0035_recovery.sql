-- Purpose: backups, replicas, failovers, and what to do when something is lost.

create table backup_records (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    backup_type text not null check (backup_type in ('full', 'incremental', 'log', 'export')),
    backup_location text not null check (length(backup_location) between 1 and 1000 and backup_location !~ '://[^/]*@'),
    size_bytes bigint check (size_bytes >= 0),
    status text not null default 'running' check (status in ('running', 'succeeded', 'failed', 'expired')),
    started_at timestamptz not null default now(),
    completed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (completed_at >= started_at),
    check ((status = 'running') = (completed_at is null)),
    check (status <> 'succeeded' or size_bytes is not null)
);
create index backup_records_recent on backup_records (tenant_id, started_at desc);
create index backup_records_status on backup_records (tenant_id, status);
comment on table backup_records is
    'Backups that hold a tenant''s rows: one of the whole database is a row in each tenant. Read by who answers for the tenant''s '
    'settings, written by the worker only.';
comment on column backup_records.backup_type is 'full: everything; incremental: since the last; log: what was written meanwhile; export: of this tenant alone.';
comment on column backup_records.backup_location is 'Where it lies, never with a password.';
comment on column backup_records.size_bytes is 'Of the file, which may hold other tenants too.';
comment on column backup_records.status is 'running; succeeded; failed; expired: was there and was thrown away as planned.';
select internal.protect_tenant_table('backup_records', 'select, insert, update'),
       internal.guard_table('backup_records', 'settings.manage', 'no person');

create table replication_status (
    id uuid primary key default uuid_generate_v4(),
    replica_name text not null unique check (length(replica_name) between 1 and 120),
    status text not null check (status in ('streaming', 'catching_up', 'stopped', 'lost')),
    lag_seconds numeric(12, 3) check (lag_seconds >= 0),
    last_sync_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index replication_status_status on replication_status (status);
comment on table replication_status is 'Each replica as it was seen last. No tenant data.';
comment on column replication_status.status is 'streaming: follows; catching_up: behind, and nearer each time; stopped: by a person; lost: does not answer.';
comment on column replication_status.lag_seconds is 'How far behind; null when nobody knows.';
select internal.protect_system_table('replication_status');

create table failover_events (
    id uuid primary key default uuid_generate_v4(),
    event_type text not null check (event_type in ('planned', 'automatic', 'exercise', 'failback')),
    source_node text not null check (length(source_node) between 1 and 120),
    target_node text not null check (length(target_node) between 1 and 120),
    status text not null default 'started' check (status in ('started', 'completed', 'failed', 'rolled_back')),
    occurred_at timestamptz not null default now(),
    completed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (source_node <> target_node),
    check (completed_at >= occurred_at),
    check ((status = 'started') = (completed_at is null))
);
create index failover_events_recent on failover_events (occurred_at desc);
comment on table failover_events is 'Each time another server took over. No tenant data.';
comment on column failover_events.event_type is 'planned: for maintenance; automatic: the first was gone; exercise: to see that it works; failback: back to the first.';
comment on column failover_events.status is 'started; then one end: completed, failed, rolled_back.';
select internal.protect_system_table('failover_events');

create table recovery_procedures (
    id uuid primary key default uuid_generate_v4(),
    procedure_name text not null unique check (length(procedure_name) between 1 and 120),
    description text not null default '' check (length(description) <= 1000),
    steps jsonb not null
        check (jsonb_typeof(steps) = 'array')
        check (jsonb_array_length(case when jsonb_typeof(steps) = 'array' then steps else '[]' end) between 1 and 50)
        check (not steps @? 'strict $[*] ? (@.type() != "object")')
        check (not steps @? '$[*] ? (!(exists(@.do) && exists(@.see)))')
        check (not steps @? 'strict $[*].keyvalue() ? (!(@.key == "do" || @.key == "see") || @.value.type() != "string")'),
    last_tested_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on table recovery_procedures is 'What to do when something is lost, the same for every tenant. Written by migrations and operators only.';
comment on column recovery_procedures.steps is 'Array, in order: {do: what to do, see: what is seen when it has worked}. Nothing else.';
comment on column recovery_procedures.last_tested_at is 'When somebody went through it last; null: never here.';
select internal.protect_system_table('recovery_procedures');

insert into recovery_procedures (procedure_name, description, steps) values
    ('Restore a dump', 'The database is lost or spoilt and a dump of it is there.',
     '[{"do": "Stop web and worker.", "see": "Nobody is connected but you."},
       {"do": "Make the three roles and an empty database (schema/roles.sql, schema/database.sql).", "see": "podboard check finds the roles."},
       {"do": "Restore the dump as the owner with pg_restore.", "see": "It ends without an error."},
       {"do": "Run podboard migrate, then podboard check.", "see": "Nothing is pending and nothing is a fault."},
       {"do": "Start the worker, wait for its refreshes, then start the web process.", "see": "The freshness page shows today."}]'),
    ('Take over with a replica', 'The first server is gone and a replica follows it.',
     '[{"do": "Make sure that the first server cannot come back by itself.", "see": "It does not answer."},
       {"do": "Promote the replica and point the three addresses at it.", "see": "podboard check reaches it as each role."},
       {"do": "Restart the worker, then the web process.", "see": "Jobs run, and the health checks are green."},
       {"do": "Import again what came in since the last_sync_at of the replica.", "see": "Imports count it as new once."}]'),
    ('Undo a bad import', 'Events were imported that are wrong.',
     '[{"do": "Find the import on the system page and stop its source.", "see": "No newer import of it is running."},
       {"do": "Delete the events of its time and source.", "see": "Their hours wait in pending_work()."},
       {"do": "Let the worker refresh, or run it now.", "see": "The queues are empty and the totals are as before."}]');
