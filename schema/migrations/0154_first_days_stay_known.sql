-- Purpose: a podcast has data at least as far as its own last download, whatever the sources tell that are known of it: an old one that is
-- told of first takes no first days away that end before. Nor is a number overwritten that cannot be counted anew.
--
-- podcast_sources has no policy by podcast: to read it takes imports.create, and who has it sees every podcast of the tenant.

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
    ends timestamptz[];
    place bigint;
    touched_episodes uuid[];
    touched_days smallint[];
    touched_from timestamptz[];
    touched_missing text[];
    sourced uuid[];
    sourced_to timestamptz[];
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

    -- A podcast whose sources are known has data as far as the one of them that goes furthest; what others of the tenant bring says
    -- nothing of it. The last 800 imports of a source are those of a month where a key sends by the hour.
    with known as materialized (
        select s.import_type, s.source_name, l.reached
        from (select distinct p.import_type, p.source_name from public.podcast_sources p where p.tenant_id = p_tenant) s
        cross join lateral (
            select max(cast(i.figures #>> '{reached,listener_events}' as timestamptz)) as reached
            from (select r.figures from public.etl_imports r
                  where r.tenant_id = p_tenant and r.import_type = s.import_type and r.source_name = s.source_name
                  order by r.started_at desc
                  limit 800) i
        ) l
    ),
    reaching as (
        select s.podcast_id, max(k.reached) as reached
        from public.podcast_sources s
        join known k on k.import_type = s.import_type and k.source_name = s.source_name
        where s.tenant_id = p_tenant
        group by s.podcast_id
    )
    select array_agg(r.podcast_id), array_agg(r.reached) into sourced, sourced_to from reaching r;

    select array_agg(b.podcast_id), array_agg(b.first_bucket), array_agg(b.last_bucket) into podcasts, begins, ends
    from (
        select e.podcast_id, min(f.bucket) as first_bucket, max(l.bucket) as last_bucket
        from public.episodes e
        cross join lateral (select q.bucket from internal.download_quarters q
                            where q.tenant_id = p_tenant and q.episode_id = e.id
                            order by q.bucket
                            limit 1) f
        cross join lateral (select q.bucket from internal.download_quarters q
                            where q.tenant_id = p_tenant and q.episode_id = e.id
                            order by q.bucket desc
                            limit 1) l
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
                                   then interval '1 hour' else interval '0' end, true) as begins_later,
               -- Its own downloads tell as well how far it has data: some came before its sources were known.
               greatest(coalesce(d.reached, data_to), b.last_bucket) as data_to
        from public.episodes e
        left join unnest(podcasts, begins, ends) as b (podcast_id, data_from, last_bucket) on b.podcast_id = e.podcast_id
        left join unnest(sourced, sourced_to) as d (podcast_id, reached) on d.podcast_id = e.podcast_id
        where e.tenant_id = p_tenant and e.published_at is not null
    ),
    windows as (
        select p.episode_id, d.days, p.published_at, t.complete_at, m.episode_id is not null as stands, m.missing as stands_missing,
               p.published_at >= public.raw_retention_start() as has_events,
               case when p.begins_later then 'beginning' when p.data_to is null or p.data_to < t.complete_at then 'end' end as missing
        from published p
        cross join (values (1), (3), (7), (30)) as d (days)
        cross join lateral (select p.published_at + make_interval(hours => d.days * 24) as complete_at) t
        left join internal.episode_milestones m
            on m.tenant_id = p_tenant and m.episode_id = p.episode_id and m.days = d.days and m.complete_at = t.complete_at
        where t.complete_at <= now()
    )
    select array_agg(w.episode_id), array_agg(w.days), array_agg(w.published_at), array_agg(w.missing)
    into touched_episodes, touched_days, touched_from, touched_missing
    from windows w
    -- Where the events are gone nothing can be counted anew: that the data ends before overwrites no number. That it begins later is known
    -- for ever.
    where (w.has_events or w.missing = 'beginning' or (w.missing = 'end' and (not w.stands or w.stands_missing is not null)))
        and (not w.stands
             or w.stands_missing is distinct from w.missing
             or (w.missing is null
                 and exists (select from internal.hour_ranges(p_hours) h where h.ends_at > w.published_at and h.starts_at < w.complete_at)));
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
