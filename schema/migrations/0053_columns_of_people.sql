-- Purpose: nobody's password hash or number at the payment service is read by a session, and nobody says of themselves that
-- their address is verified or that they are not disabled: column by column, whoever sees the whole tenant.

revoke select, insert, update on users from podboard_web, podboard_worker;
grant select (id, tenant_id, email, full_name, email_verified, is_operator, disabled_at, deleted_at, created_at, updated_at),
    insert (id, tenant_id, email, full_name),
    update (full_name)
    on users to podboard_web, podboard_worker;
comment on column users.password_hash is
    'argon2id; null until the invitation is used. Read by account_for_email() and written by password_token_use() and '
    'replace_password() alone.';
comment on column users.stripe_customer_id is 'At the payment service; read by no session.';
comment on column users.stripe_subscription_id is 'At the payment service; read by no session.';

-- The doors of log-in have the owner's rights now: each gives or takes what one e-mail, one link or one session is about.
alter function account_for_email(text) security definer set search_path = pg_catalog, public;
alter function password_token_use(text, text, timestamptz) security definer set search_path = pg_catalog, public;

create function replace_password(p_password_hash text) returns void
    language sql volatile security definer set search_path = pg_catalog, public
    as $$
    update public.users u set password_hash = p_password_hash
    where u.id = public.app_user() and u.disabled_at is null and u.deleted_at is null
    $$;
comment on function replace_password(text) is 'Stores a stronger hash of the password that the person of this session has just given.';
revoke all on function replace_password(text) from public;
grant execute on function replace_password(text) to podboard_web, podboard_worker;
