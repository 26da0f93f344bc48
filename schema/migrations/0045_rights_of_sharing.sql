-- Purpose: nobody shares a report they do not see, sends one past the queue, or claims what is not their tenant's.

-- A link to a report shows what the report shows, and its lists may be empty: the report itself must be in sight.
drop policy share_in_scope on share_links;
drop policy share_in_scope_still on share_links;
create policy share_in_scope on share_links as restrictive for insert to podboard_web, podboard_worker
    with check (((select app_sees_all_campaigns()) or campaign_ids <@ array(select app_campaigns()))
                and ((select app_sees_all_podcasts()) or podcast_ids <@ array(select app_podcasts()))
                and (report_id is null or report_id in (select r.id from reports r)));
create policy share_in_scope_still on share_links as restrictive for update to podboard_web, podboard_worker
    with check (((select app_sees_all_campaigns()) or campaign_ids <@ array(select app_campaigns()))
                and ((select app_sees_all_podcasts()) or podcast_ids <@ array(select app_podcasts()))
                and (report_id is null or report_id in (select r.id from reports r)));

-- What is sent, where to and what came of it is the worker's to write: a person names recipients.
drop policy insert_rights on report_deliveries;
drop policy update_rights on report_deliveries;
drop policy delete_rights on report_deliveries;
select internal.guard_table('report_deliveries', p_writing => 'no person');

-- A webhook is an address outside: naming one as a recipient is for whoever may set one up.
alter policy insert_rights on report_recipients
    with check ((select app_may('reports.create')) and (webhook_id is null or (select app_may('integrations.manage'))));
alter policy update_rights on report_recipients
    with check ((select app_may('reports.create')) and (webhook_id is null or (select app_may('integrations.manage'))));

-- resource_id has no key, because it points at three tables; without this a tenant could claim another's id, which would
-- keep the other from claiming it and tell that it exists. What is not there and what is not the tenant's are refused alike.
create function internal.require_own_resource() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
begin
    if not (case new.resource_type
        when 'sponsor' then exists (select from public.sponsors s where s.tenant_id = new.tenant_id and s.id = new.resource_id)
        when 'podcast' then exists (select from public.podcasts p where p.tenant_id = new.tenant_id and p.id = new.resource_id)
        else exists (select from public.campaigns c where c.tenant_id = new.tenant_id and c.id = new.resource_id)
    end) then
        raise exception 'there is no such % in this tenant', new.resource_type
            using errcode = 'foreign_key_violation', table = tg_table_name;
    end if;
    return new;
end
$$;
comment on function internal.require_own_resource() is 'Refuses the ownership of a sponsor, podcast or campaign that is not of the row''s tenant.';
create trigger require_own_resource before insert or update of tenant_id, resource_type, resource_id on resource_ownership
    for each row execute function internal.require_own_resource();
