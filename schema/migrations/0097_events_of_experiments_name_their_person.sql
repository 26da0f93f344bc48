-- no-transaction
-- Purpose: an event of an experiment names its person itself; until now it did so through the assignment alone.
-- Not in one transaction: the new key is checked under a lock that lets reads and writes go on.

alter table experiment_events drop constraint if exists experiment_events_user_of_tenant;
alter table experiment_events add constraint experiment_events_user_of_tenant
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade not valid;
alter table experiment_events validate constraint experiment_events_user_of_tenant;
