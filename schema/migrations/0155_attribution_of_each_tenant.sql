-- Purpose: as of when attribution is, is known for each tenant, as of the rollups it is (0153): another tenant whose refresh fails holds up
-- no page of campaigns.

alter table rollup_states add column attributed_at timestamptz;
comment on column rollup_states.attributed_at is
    'As of when attribution was when it was last computed: what refreshed_at was then. It is as of now while no campaign waits for it.';

create function attribution_as_of() returns timestamptz
    language sql stable security definer set search_path = pg_catalog, public, internal
    as $$
    select case
        when exists (select from internal.dirty_campaigns q where q.tenant_id = (select public.app_tenant()))
        then coalesce(
            (select s.attributed_at from public.rollup_states s where s.tenant_id = (select public.app_tenant())),
            (select r.refreshed_at from public.refresh_states r where r.relation = 'attribution'))
        else public.rollups_as_of()
    end
    $$;
comment on function attribution_as_of() is
    'As of when the attribution of the tenant in the session is: as the rollups, but while campaigns wait to be computed anew.';
revoke all on function attribution_as_of() from public;
grant execute on function attribution_as_of() to podboard_web, podboard_worker;
