-- purpose: makes a person without a tenant the person of this transaction
-- params: user_id
-- returns: nothing of use
-- grain: one row
-- source: set_config()
-- relies on: none
select set_config('app.current_user', cast(cast(:user_id as uuid) as text), true)
