-- no-transaction
-- Purpose: engaged plays follow the duration of their episode: where a feed corrects it, the days on which it was played are counted anew.

-- Of the days that stand, listener_metrics tells on which an episode was played: its raw events, most of them downloads, need not be read.
create or replace function internal.note_corrected_durations() returns trigger
    language plpgsql security definer set search_path = pg_catalog, internal
    as $$
declare
    tenant uuid;
    corrected uuid[];
begin
    for tenant, corrected in
        select c.tenant_id, array_agg(c.id)
        from changed c
        join before b on b.tenant_id = c.tenant_id and b.id = c.id
        -- As internal.refresh_listener_metrics() asks: from 3000 s on, and where nobody knows it, 20 minutes are asked for.
        where least(c.duration_seconds, 3000) <> least(b.duration_seconds, 3000)
        group by c.tenant_id
    loop
        insert into internal.dirty_hours (tenant_id, source, hour)
        -- Any hour of a day has all of it counted anew; that of noon lies in no other.
        select tenant, 'listener', date_trunc('hour', (m.metric_date + time '12:00') at time zone d.time_zone, 'UTC')
        from public.listener_metrics m
        join internal.tenant_directory d on d.tenant_id = tenant
        where m.tenant_id = tenant and m.episode_id = any (corrected) and m.metric_name = 'plays' and m.metric_value > 0
            and m.metric_date >= (public.raw_retention_start() at time zone d.time_zone)::date
        -- A refresh at work, or one that begins before this is committed, counts by the duration of before: what it has on its queue
        -- stays on it for the next.
        union
        select tenant, 'listener', q.hour from internal.dirty_hours q where q.tenant_id = tenant and q.source = 'listener';
    end loop;
    return null;
end
$$;
comment on function internal.note_corrected_durations() is 'Statement trigger over the transition tables "before" and "changed".';
create or replace trigger note_corrected_durations after update on episodes
    referencing old table as before new table as changed for each statement execute function internal.note_corrected_durations();

-- What was counted before its episode was changed last may have been counted by another duration. Under row security each tenant's rows
-- are its own. An hour more, as a change bears the time at which its import began. Noted twice, an hour is counted once.
do $$
declare
    tenant uuid;
    zone text;
begin
    for tenant, zone in select d.tenant_id, d.time_zone from internal.tenant_directory d order by d.tenant_id loop
        perform set_tenant_context(tenant);
        insert into internal.dirty_hours (tenant_id, source, hour)
        select distinct tenant, 'listener', date_trunc('hour', (m.metric_date + time '12:00') at time zone zone, 'UTC')
        from listener_metrics m
        join episodes e on e.tenant_id = m.tenant_id and e.id = m.episode_id
        where m.tenant_id = tenant and m.metric_name = 'plays' and m.metric_value > 0
            and m.metric_date >= (raw_retention_start() at time zone zone)::date
            and e.updated_at > m.created_at - interval '1 hour';
        commit;
    end loop;
end
$$;
