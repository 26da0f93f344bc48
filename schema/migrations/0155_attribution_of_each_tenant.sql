-- Purpose: as of when attribution is, is known for each tenant, as of the rollups it is (0153): another tenant whose refresh fails holds up
-- no page of campaigns.

-- Beside rollup_states and not in it: a refresh sees one moment, and would begin anew whenever attribution had written to the same row.
create table attribution_states (
    tenant_id uuid primary key references tenants (id) on delete cascade,
    attributed_at timestamptz not null,
    created_at timestamptz not null default now()
);
comment on table attribution_states is
    'As of when the attribution of a tenant was when it was last computed. It is as of the rollups while no campaign waits for it.';
select internal.protect_tenant_table('attribution_states', 'select');

create function attribution_as_of() returns timestamptz
    language sql stable security definer set search_path = pg_catalog, public, internal
    as $$
    select case
        when exists (select from internal.dirty_campaigns q where q.tenant_id = (select public.app_tenant()))
        then greatest(
            (select s.attributed_at from public.attribution_states s where s.tenant_id = (select public.app_tenant())),
            -- A whole pass has left nothing undone of any tenant.
            (select r.refreshed_at from public.refresh_states r where r.relation = 'attribution'))
        else public.rollups_as_of()
    end
    $$;
comment on function attribution_as_of() is
    'As of when the attribution of the tenant in the session is: as the rollups, but while campaigns wait to be computed anew.';
revoke all on function attribution_as_of() from public;
grant execute on function attribution_as_of() to podboard_web, podboard_worker;
