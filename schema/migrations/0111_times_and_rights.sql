-- Purpose: every row knows when it came, and every row that a session may change when it was changed; rights that no statement needs
-- are no session's.

-- No row is written: what was there before has the time of this version, by a default that the catalogue keeps.
alter table excluded_requests add column created_at timestamptz not null default now();
comment on column excluded_requests.created_at is
    'When it was stored; of rows older than this column, when the column came.';

alter table attribution_paths add column updated_at timestamptz not null default now();
alter table job_runs add column updated_at timestamptz not null default now();
alter table login_attempts
    add column created_at timestamptz not null default now(),
    add column updated_at timestamptz not null default now();
alter table refresh_states add column created_at timestamptz not null default now();
alter table sessions add column updated_at timestamptz not null default now();
alter table user_roles add column updated_at timestamptz not null default now();
alter table worker_heartbeats add column updated_at timestamptz not null default now();

do $$
declare
    target text;
begin
    foreach target in array array['attribution_paths', 'job_runs', 'login_attempts', 'sessions', 'user_roles', 'worker_heartbeats'] loop
        execute format('create trigger touch_updated_at before update on %I for each row execute function internal.touch_updated_at()', target);
    end loop;
end
$$;

-- The release at work forgets attempts by forget_attempts() (0106). The other two are added to and taken away, never changed.
revoke delete on login_attempts from podboard_web;
revoke update on role_permissions, listener_metrics from podboard_web, podboard_worker;
comment on table listener_metrics is
    'Per episode and tenant day, additive values only; written by the worker. Kept as long as the tenant.';
