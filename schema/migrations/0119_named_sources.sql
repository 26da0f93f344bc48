-- Purpose: imports say whose data they brought, so that two media hosts of a tenant are told apart; bookings' columns are remembered.

alter table etl_imports
    add column source_name text,
    add constraint etl_imports_source_name_check check (length(source_name) between 1 and 250) not valid;
comment on column etl_imports.source_name is
    'Whose data it is: as told, else the name of the file without dates and numbers, the host of an address, or the API key. Null of '
    'rows that the release before named sources wrote.';
comment on column etl_imports.figures is
    'Object: refused requests by reason, impressions made, the rules that counted, reached: the last moment of what it brought, by '
    'listener_events, impressions and conversions. Open: each kind of import has its own.';
comment on column excluded_requests.import_id is
    'The import it came with: a log, or the hour in which a request at a prefix was counted. Null of what was refused there at once.';

alter table import_columns
    drop constraint import_columns_kind_check,
    add constraint import_columns_kind_check
        check (kind in ('listener', 'attribution', 'retention', 'ad_unit', 'booking')) not valid;
comment on column import_columns.kind is
    'What the files hold: listener or attribution: events; retention: points of curves; ad_unit: where ads stand; booking: insertion '
    'orders.';
