-- Purpose: what the columns of a source mean, told once.

create table import_columns (
    tenant_id uuid not null references tenants (id) on delete cascade,
    source text not null check (length(source) between 1 and 120),
    kind text not null check (kind in ('listener', 'attribution')),
    columns jsonb not null check (jsonb_typeof(columns) = 'object'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, source, kind)
);
comment on table import_columns is 'How a source names the columns of its files: remembered when it is told, used for its next files.';
comment on column import_columns.source is 'Name of the source: as told, else the file''s name without dates and numbers.';
comment on column import_columns.kind is 'Which events the files hold: listener or attribution.';
comment on column import_columns.columns is 'Object: {name in the file: name of the column, or empty to leave it out}.';
select internal.protect_tenant_table('import_columns'),
       internal.guard_table('import_columns', 'imports.create', 'imports.create');
