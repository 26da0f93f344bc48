-- Purpose: nobody writes into a trail under another's name: in a person's session the row names that person.

-- Without a person (the worker, the commands, the door before anybody is known) the row names whom it is about, or nobody.
create policy names_its_person on access_logs as restrictive for insert to podboard_web, podboard_worker
    with check ((select app_user()) is null or user_id = (select app_user()));
create policy names_its_person on audit_logs as restrictive for insert to podboard_web, podboard_worker
    with check ((select app_user()) is null or user_id = (select app_user()));
create policy names_its_person on security_events as restrictive for insert to podboard_web, podboard_worker
    with check ((select app_user()) is null or user_id = (select app_user()));
-- A visitor of a link has no log-in: receipts come from no person's session.
create policy insert_rights on share_link_views as restrictive for insert to podboard_web, podboard_worker
    with check ((select app_may('no person')));
