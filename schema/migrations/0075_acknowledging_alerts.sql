-- Purpose: whoever manages what an alert is about says that they have seen it, and says so in their own name.

-- Changing a rule is still for the person it belongs to and for who may change settings. That an alert has been seen is for
-- who is to act on it as well: campaigns.manage for a campaign's, catalogue.manage for a podcast's or an episode's, both for
-- one about everything. A person who only reads is told and answers for nothing.
do $$
declare
    rule constant text := $rule$
        ((select app_may('settings.manage'))
         or rule_id in (
             select r.id from alert_rules r
             where r.created_by = (select app_user())
                 or case
                     when r.campaign_id is not null then (select app_may('campaigns.manage'))
                     when num_nonnulls(r.podcast_id, r.episode_id) > 0 then (select app_may('catalogue.manage'))
                     else (select app_may('campaigns.manage') and app_may('catalogue.manage'))
                 end))$rule$;
begin
    execute format('alter policy update_rights on alerts using %1$s with check %1$s', rule);
end
$$;

create function internal.acknowledge_for_oneself() returns trigger
    language plpgsql
    as $$
begin
    if new.acknowledged_by is distinct from public.app_user() then
        raise exception 'an alert is acknowledged by the person of the session' using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$$;
create trigger acknowledge_for_oneself before update on alerts
    for each row
    when (new.acknowledged_by is distinct from old.acknowledged_by and new.acknowledged_by is not null and app_user() is not null)
    execute function internal.acknowledge_for_oneself();
comment on column alerts.acknowledged_by is 'The person who has seen it: nobody says so for another.';
