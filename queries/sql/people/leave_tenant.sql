-- purpose: no tenant for the rest of the transaction
-- params: none
-- returns: nothing of use
-- grain: one row
-- source: set_account_context()
-- relies on: none
select set_account_context(null, null)
