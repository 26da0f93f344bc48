-- Purpose: seeing the whole tenant is no right to change what calls others; and who sees matches and revenue, and why.

-- A rule is its person's own, as a saved view is; those of others are the tenant's settings.
select internal.guard_table('alert_rules', p_writing => 'settings.manage', p_own_writing => 'created_by');
drop policy insert_rights on alert_rules;  -- rules_are_ones_own asks for more
create policy update_rights on alerts as restrictive for update to podboard_web, podboard_worker
    using ((select app_may('settings.manage'))
           or rule_id in (select r.id from alert_rules r where r.created_by = (select app_user())))
    with check ((select app_may('settings.manage'))
                or rule_id in (select r.id from alert_rules r where r.created_by = (select app_user())));

comment on table matches is
    'Podcasts suggested for a campaign, each with its reasons. advertiser_id is the campaign''s sponsor, who reads score, rationale and '
    'signals: they are why a podcast is suggested to it, and shares from 0 to 1, never a number of listeners. A podcaster does not: they '
    'tell which sponsors think of it, and how its rates compare.';
comment on column matches.rationale is 'For the sponsor, in a sentence or two; says no number that the sponsor may not read elsewhere.';
comment on table marketplace_revenue is
    'What a listing brought in, on which tenant day. Append-only: a correction is a row of its own. Read by who may manage the marketplace '
    'and by the podcaster whose listing it is, for it is what they are paid by; a role that only reads every podcast does not see what '
    'each earns, and a sponsor sees what it pays in its own bookings.';
