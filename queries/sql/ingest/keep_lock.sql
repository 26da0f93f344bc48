-- purpose: says that the import lock of this transaction is still wanted, so that the server does not end it as idle
-- params: none
-- returns: kept boolean
-- grain: one row
-- source: none
-- relies on: nothing
select true as kept
