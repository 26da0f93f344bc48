-- purpose: makes the unused one-time links of a person useless
-- params: user_id, now
-- returns: nothing
-- grain: rows of one person
-- source: password_reset_tokens
-- relies on: password_reset_tokens_user
update password_reset_tokens
set used_at = greatest(cast(:now as timestamptz), created_at)
where user_id = :user_id and used_at is null
