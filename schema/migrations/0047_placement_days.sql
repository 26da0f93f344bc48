-- Purpose: a podcaster reads what was delivered of the ads in its podcasts, and nothing else of those campaigns.

create view placement_days with (security_barrier) as
    select d.tenant_id, d.local_day, e.podcast_id, d.episode_id, d.campaign_id, d.ad_unit_id, sum(d.event_count)::bigint as impressions
    from internal.campaign_days d
    join episodes e on e.tenant_id = d.tenant_id and e.id = d.episode_id
    where d.tenant_id = (select app_tenant())
        and d.attribution_type = 'impression'
        and ((select app_sees_all_podcasts()) or e.podcast_id in (select app_podcasts()))
    group by d.tenant_id, d.local_day, e.podcast_id, d.episode_id, d.campaign_id, d.ad_unit_id;
comment on view placement_days is
    'Ads delivered in the podcasts in scope, by tenant day and ad unit; who paid for them stands in podcast_placements. No visits, '
    'conversions or money: those are the sponsor''s.';
grant select on placement_days to podboard_web, podboard_worker;
