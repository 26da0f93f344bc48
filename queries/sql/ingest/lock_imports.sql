-- purpose: takes the tenant's import lock until the end of the transaction, without waiting
-- params: none
-- returns: is_free boolean, patience text
-- grain: one row
-- source: none
-- relies on: nothing
-- Whoever holds it does nothing in this transaction while batches of the import commit in others: the minute after which the server
-- ends a transaction of the web that stands idle would end every import that takes longer. `keep_lock` says that it is still wanted.
select pg_try_advisory_xact_lock(hashtextextended('podboard import ' || (select app_tenant()), 0)) as is_free,
       set_config('idle_in_transaction_session_timeout', '900000', true) as patience
