-- Purpose: the first days of an episode are told where podboard has data of all of them: from its publication and up to their end. That a
-- time is over says nothing of whether its data came.

alter table internal.episode_milestones add column missing text;
alter table internal.episode_milestones alter column downloads drop not null;
alter table internal.episode_milestones add constraint episode_milestones_missing_check
    check (missing in ('beginning', 'end')) not valid;
alter table internal.episode_milestones add constraint episode_milestones_downloads_check
    check ((downloads is null) = (missing is not null)) not valid;
comment on table internal.episode_milestones is
    'Downloads in exactly 24, 72, 168 and 720 hours from published_at, once the time is over and there is data of all of it.';
comment on column internal.episode_milestones.missing is
    'Why they are not known: beginning, the data of the podcast begins after publication; end, that of the tenant does not reach the end of this time.';

-- First 1/3/7/30-day downloads of the episodes whose time is over, counted anew where these hours touch them. Where data begins and
-- ends the quarters say; of raw events only the one quarter is read in which it does, and that only where the moment decides. What
-- earlier releases stored without asking is put right with the next call, whether its raw events are still kept or not.
create or replace function internal.refresh_milestones(p_tenant uuid, p_hours timestamptz[]) returns bigint
    language plpgsql volatile set search_path = pg_catalog, public, internal
    as $$
declare
    quarter constant interval := '15 minutes';
    written bigint;
    last_quarter timestamptz;
    data_to timestamptz;
    podcasts uuid[];
    begins timestamptz[];
    place bigint;
    touched_episodes uuid[];
    touched_days smallint[];
    touched_from timestamptz[];
    touched_missing text[];
begin
    perform public.set_tenant_context(p_tenant);
    select max(q.bucket) into last_quarter from internal.download_quarters q where q.tenant_id = p_tenant;
    data_to := last_quarter;
    if exists (select from public.episodes e
               cross join (values (1), (3), (7), (30)) as d (days)
               where e.tenant_id = p_tenant
                   and e.published_at + make_interval(hours => d.days * 24) > last_quarter
                   and e.published_at + make_interval(hours => d.days * 24) < last_quarter + quarter)
    then
        select greatest(data_to, max(e.occurred_at)) into data_to from public.listener_events e
        where e.tenant_id = p_tenant and e.event_type = 'download'
            and e.occurred_at >= last_quarter and e.occurred_at < last_quarter + quarter;
    end if;
    -- A log goes as far as its last request, whether that counts or not. One that was imported before the last download cannot reach
    -- further than it; a day is for clocks that differ.
    select greatest(data_to, max(cast(i.figures #>> '{reached,listener_events}' as timestamptz))) into data_to
    from public.etl_imports i
    where i.tenant_id = p_tenant and (i.import_type = 'access_log' or i.source_name = 'Prefix')
        and i.started_at >= last_quarter - interval '1 day';

    select array_agg(b.podcast_id), array_agg(b.bucket) into podcasts, begins
    from (
        select e.podcast_id, min(f.bucket) as bucket
        from public.episodes e
        cross join lateral (select q.bucket from internal.download_quarters q
                            where q.tenant_id = p_tenant and q.episode_id = e.id
                            order by q.bucket
                            limit 1) f
        where e.tenant_id = p_tenant
        group by e.podcast_id
    ) b;
    for place in
        select b.place from unnest(podcasts, begins) with ordinality as b (podcast_id, bucket, place)
        where exists (select from public.episodes e
                      where e.tenant_id = p_tenant and e.podcast_id = b.podcast_id
                          and e.published_at >= b.bucket - interval '1 hour' and e.published_at < b.bucket + quarter)
    loop
        begins[place] := (
            select coalesce(min(l.occurred_at), begins[place])
            from public.listener_events l
            join public.episodes e on e.tenant_id = p_tenant and e.id = l.episode_id
            where l.tenant_id = p_tenant and l.event_type = 'download' and e.podcast_id = podcasts[place]
                and l.occurred_at >= begins[place] and l.occurred_at < begins[place] + quarter);
    end loop;

    with published as (
        -- Before the first episode of a podcast there is nothing to download: there an hour tells that the data began with it.
        select e.id as episode_id, e.published_at,
               coalesce(b.data_from > e.published_at
                            + case when e.published_at = min(e.published_at) over (partition by e.podcast_id)
                                   then interval '1 hour' else interval '0' end, true) as begins_later
        from public.episodes e
        left join unnest(podcasts, begins) as b (podcast_id, data_from) on b.podcast_id = e.podcast_id
        where e.tenant_id = p_tenant and e.published_at is not null
    ),
    windows as (
        select p.episode_id, d.days, p.published_at, t.complete_at,
               case when p.begins_later then 'beginning' when data_to is null or data_to < t.complete_at then 'end' end as missing
        from published p
        cross join (values (1), (3), (7), (30)) as d (days)
        cross join lateral (select p.published_at + make_interval(hours => d.days * 24) as complete_at) t
        where t.complete_at <= now()
    )
    select array_agg(w.episode_id), array_agg(w.days), array_agg(w.published_at), array_agg(w.missing)
    into touched_episodes, touched_days, touched_from, touched_missing
    from windows w
    left join internal.episode_milestones m
        on m.tenant_id = p_tenant and m.episode_id = w.episode_id and m.days = w.days and m.complete_at = w.complete_at
    where (w.missing is not null or w.published_at >= public.raw_retention_start())
        and (m.episode_id is null
             or m.missing is distinct from w.missing
             or (w.missing is null
                 and exists (select from internal.hour_ranges(p_hours) h
                             where h.ends_at > w.published_at and h.starts_at < w.complete_at)));
    if touched_episodes is null then
        return 0;
    end if;

    insert into internal.episode_milestones as m (tenant_id, episode_id, days, downloads, complete_at, missing)
    select p_tenant, t.episode_id, t.days,
           case when t.missing is null then (
               select count(*) from public.listener_events e
               where e.tenant_id = p_tenant and e.episode_id = t.episode_id and e.event_type = 'download'
                   and e.occurred_at >= t.published_at and e.occurred_at < c.complete_at) end,
           c.complete_at, t.missing
    from unnest(touched_episodes, touched_days, touched_from, touched_missing) as t (episode_id, days, published_at, missing)
    cross join lateral (select t.published_at + make_interval(hours => t.days * 24) as complete_at) c
    on conflict (tenant_id, episode_id, days) do update
        set downloads = excluded.downloads, complete_at = excluded.complete_at, missing = excluded.missing;
    get diagnostics written = row_count;
    return written;
end
$$;

create or replace view episode_milestones with (security_barrier) as
    select r.tenant_id, r.episode_id, r.days, r.downloads, r.complete_at, r.missing from internal.episode_milestones r
    where r.tenant_id = (select app_tenant()) and ((select app_sees_all_podcasts()) or r.episode_id in (select app_episodes()));
comment on view episode_milestones is
    'Downloads of the episodes in scope in exactly 24, 72, 168 and 720 hours, once the time is over, or what data of it is missing.';
