-- purpose: lets this transaction's statements run for up to an hour: a first refresh over years takes longer than a page may
-- params: none
-- returns: statement_timeout text
-- grain: one row
-- source: a setting of the transaction
-- relies on: nothing
select set_config('statement_timeout', '3600000', true) as statement_timeout
