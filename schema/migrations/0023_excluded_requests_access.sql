-- Purpose: policies, grants, indexes and comments of excluded_requests.

select internal.protect_tenant_table('excluded_requests', 'select, insert, delete');
create policy podcast_scope on excluded_requests as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_podcasts()) or episode_id in (select app_episodes()));
select internal.guard_table('excluded_requests', p_writing => 'imports.create');

create index excluded_requests_episode on excluded_requests (tenant_id, episode_id, occurred_at);
create index excluded_requests_import on excluded_requests (tenant_id, import_id);

comment on table excluded_requests is
    'Requests that were not counted, each with the first rule that refused it: what stands behind "why this number". '
    'Neither address, agent nor listener is kept. Kept two years.';
comment on column excluded_requests.reason is
    'head: HEAD; not_modified: 304; failed_status: neither 200 nor 206; too_short: less than a minute of content; range_probe: bytes=0-1; '
    'bot: on the list of robots; self_declared_bot: says so itself; data_centre, vpn: by address; empty_agent, malformed_agent; '
    'watch_app: the second request of a watch; preload: nobody asked; repeat: the same listener and episode within the window.';
comment on column excluded_requests.rule_version is 'Version of the counting rules that were applied.';
comment on column excluded_requests.import_id is 'The import it came with; null when it came by the event collector.';
