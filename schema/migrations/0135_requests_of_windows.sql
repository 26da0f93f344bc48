-- Purpose: a window of 24 hours keeps its requests, so that one that comes late is ruled on as if it had come in order of time.

-- A constant of nothing: no row is read or rewritten. 0136 looks the check through.
alter table counting_windows add column requests jsonb not null default '[]';
alter table counting_windows add constraint counting_windows_requests check (
    jsonb_typeof(requests) = 'array'
    and not requests @?
        '$[*] ? (@.type() != "object" || !exists(@.id) || !exists(@.at) || !exists(@.data) || !exists(@.filtered))') not valid;
comment on column counting_windows.requests is
    'Requests of a window of 24 hours in order of time, of very many the first thousand and the last: id, time, bytes, what a download of '
    'it says, and the reason where it does not count. Read again in order when one comes late. Empty for calendar days, for windows kept '
    'before this was, and where the tenant chose another window since: such a one holds, and is ruled on no more.';
