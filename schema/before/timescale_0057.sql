-- Purpose: 0057 looks for constraints by their names and finds them on the chunks too, where TimescaleDB refuses to validate one:
-- it could not run where excluded_requests has rows. Validated by way of the table, none of them is left to be found.
alter table excluded_requests validate constraint excluded_requests_rule_version_check;
