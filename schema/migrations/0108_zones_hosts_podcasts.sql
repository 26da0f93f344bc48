-- Purpose: zones that both PostgreSQL and Python know; a host name of one's own that tells nothing of others; podcasts in lists that
-- are the tenant's.

create or replace function internal.keep_tenant_directory() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
declare
    zone text;
begin
    if tg_table_name = 'tenants' then
        insert into internal.tenant_directory (tenant_id, slug) values (new.id, new.slug)
        on conflict (tenant_id) do update set slug = excluded.slug;
        return null;
    end if;
    zone := coalesce(new.settings ->> 'time_zone', 'UTC');
    if zone = (select d.time_zone from internal.tenant_directory d where d.tenant_id = new.tenant_id) then
        return null;
    end if;
    -- PostgreSQL takes more than there is: abbreviations, rules of POSIX, names in any case. All who read it share IANA's names alone.
    if zone <> 'UTC' and (zone !~ '^[A-Z][A-Za-z]+/' or not exists (select from pg_timezone_names z where z.name = zone)) then
        raise exception 'there is no time zone of this name' using
            errcode = 'invalid_parameter_value', hint = 'Names are of an area and a place, like Europe/Berlin, or UTC.',
            table = tg_table_name, column = 'settings';
    end if;
    update internal.tenant_directory d set time_zone = zone where d.tenant_id = new.tenant_id;
    return null;
end
$$;

-- A row of this index was another tenant's, and whoever asked for its name was told so. Which host leads to whom is for whoever sets
-- the host up to decide, by what its owner proves.
drop index white_label_custom_domain;
alter table white_label_settings
    add constraint white_label_settings_custom_domain check (
        length(custom_domain) <= 253
        and custom_domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]([a-z0-9-]{0,61}[a-z0-9])$') not valid;
comment on column white_label_settings.custom_domain is
    'Host name in lower case, without scheme and port. A wish: nothing is served under it, and two tenants may have the same one.';

create function internal.require_own_podcasts() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
begin
    if exists (
        select from unnest(new.podcast_ids) i (id)
        where not exists (select from public.podcasts p where p.tenant_id = new.tenant_id and p.id = i.id))
    then
        raise exception 'there is no such podcast in this tenant' using errcode = 'foreign_key_violation', table = tg_table_name;
    end if;
    return new;
end
$$;
comment on function internal.require_own_podcasts() is 'Refuses a list of podcasts in which one is not of the row''s tenant.';
create function internal.require_own_campaigns() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
begin
    if exists (
        select from unnest(new.campaign_ids) i (id)
        where not exists (select from public.campaigns c where c.tenant_id = new.tenant_id and c.id = i.id))
    then
        raise exception 'there is no such campaign in this tenant' using errcode = 'foreign_key_violation', table = tg_table_name;
    end if;
    return new;
end
$$;
comment on function internal.require_own_campaigns() is 'Refuses a list of campaigns in which one is not of the row''s tenant.';
create trigger require_own_podcasts before insert or update of tenant_id, podcast_ids on share_links
    for each row execute function internal.require_own_podcasts();
create trigger require_own_campaigns before insert or update of tenant_id, campaign_ids on share_links
    for each row execute function internal.require_own_campaigns();
create trigger require_own_podcasts before insert or update of tenant_id, podcast_ids on report_schedules
    for each row execute function internal.require_own_podcasts();
