-- Purpose: finding podcasts, episodes, sponsors and campaigns by a part of their name.

-- As with transcripts, row security keeps a search for a part of a word from its index, so the names lie here once more
-- and are read by a function that names tenant and scope itself.
create table internal.names (
    kind text not null check (kind in ('podcasts', 'episodes', 'sponsors', 'campaigns')),
    tenant_id uuid not null references public.tenants (id) on delete cascade,
    entity_id uuid not null,
    name text not null,
    primary key (kind, tenant_id, entity_id)
);
create index names_tenant on internal.names (tenant_id);
comment on table internal.names is 'Names in lower case of what is not deleted, for find_names(). Kept by triggers.';

-- Where pg_trgm is missing the names of the tenant are read one after another, which gives the same answers.
do $$
declare
    home text;
begin
    select n.nspname into home from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
    if found then
        execute format('create index names_trigrams on internal.names using gin (name %I.gin_trgm_ops)', home);
    end if;
end
$$;

create function internal.keep_name() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
begin
    if tg_op in ('UPDATE', 'DELETE') then
        delete from internal.names n where n.kind = tg_table_name and n.tenant_id = old.tenant_id and n.entity_id = old.id;
    end if;
    if tg_op in ('INSERT', 'UPDATE') and new.deleted_at is null then
        insert into internal.names (kind, tenant_id, entity_id, name)
        values (tg_table_name, new.tenant_id, new.id, lower(to_jsonb(new) ->> tg_argv[0]));
    end if;
    return null;
end
$$;
comment on function internal.keep_name() is 'Keeps internal.names; the argument is the column with the name.';

do $$
declare
    target text;
    named text;
    tenant uuid;
begin
    foreach target in array array['podcasts', 'episodes', 'sponsors', 'campaigns'] loop
        named := case target when 'episodes' then 'title' else 'name' end;
        execute format('create trigger keep_name after insert or delete or update of %I, tenant_id, deleted_at on %I '
                       'for each row execute function internal.keep_name(%L)', named, target, named);
    end loop;
    -- What is there already. A name written meanwhile waits: the triggers hold their tables until this ends.
    for tenant in select d.tenant_id from internal.tenant_directory d loop
        perform set_tenant_context(tenant);
        insert into internal.names (kind, tenant_id, entity_id, name)
        select 'podcasts', p.tenant_id, p.id, lower(p.name) from podcasts p where p.tenant_id = tenant and p.deleted_at is null
        union all
        select 'episodes', e.tenant_id, e.id, lower(e.title) from episodes e where e.tenant_id = tenant and e.deleted_at is null
        union all
        select 'sponsors', s.tenant_id, s.id, lower(s.name) from sponsors s where s.tenant_id = tenant and s.deleted_at is null
        union all
        select 'campaigns', c.tenant_id, c.id, lower(c.name) from campaigns c where c.tenant_id = tenant and c.deleted_at is null;
    end loop;
    perform set_tenant_context(null);
end
$$;

create function find_names(p_part text, p_limit integer default 20)
    returns table (kind text, entity_id uuid)
    language sql stable security definer set search_path = pg_catalog, public, internal
    as $$
    select n.kind, n.entity_id
    from internal.names n
    where n.tenant_id = (select public.app_tenant())
        and length(p_part) >= 2
        and n.name like '%' || replace(replace(replace(lower(p_part), '\', '\\'), '%', '\%'), '_', '\_') || '%'
        and case n.kind
            when 'podcasts' then (select public.app_sees_all_podcasts()) or n.entity_id in (select public.app_podcasts())
            when 'episodes' then (select public.app_sees_all_podcasts()) or n.entity_id in (select public.app_episodes())
            when 'sponsors' then (select public.app_sees_all_campaigns()) or n.entity_id in (select public.app_sponsors())
            else (select public.app_sees_all_campaigns()) or n.entity_id in (select public.app_campaigns())
        end
    order by position(lower(p_part) in n.name), n.name, n.entity_id
    limit least(greatest(p_limit, 1), 200)
    $$;
comment on function find_names(text, integer) is
    'What in scope has this in its name, two letters or more, names that begin with it first. kind is the table.';
revoke all on function find_names(text, integer) from public;
grant execute on function find_names(text, integer) to podboard_web, podboard_worker;
