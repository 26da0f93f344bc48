-- Purpose: a request of a log that does not count says on which line it stood, as a line that was none does.

-- Nothing is rewritten or read: of what stands there the line is not known, and 0133 looks the check through.
alter table excluded_requests add column line_number bigint;
alter table excluded_requests add constraint excluded_requests_line_number_check check (line_number > 0) not valid;
comment on column excluded_requests.line_number is
    'The line of the log, from 1 on, of the import that brought it. Empty: from a prefix, an event file or the API, or kept before this was.';
