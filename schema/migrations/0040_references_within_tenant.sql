-- no-transaction
-- Purpose: who did something is a person of the same tenant. A reference by the id alone let a tenant name another
-- tenant's person in its own trail, and told whether that person exists.
-- Not in one transaction: the new keys are added without a check of what is there, then checked under a lock that lets
-- reads and writes go on. Rows without a tenant (an operator's) name whom they like: only an operator writes them.

create index concurrently if not exists access_logs_tenant_user on access_logs (tenant_id, user_id);
create index concurrently if not exists audit_logs_tenant_user on audit_logs (tenant_id, user_id);
create index concurrently if not exists user_roles_tenant_assigned_by on user_roles (tenant_id, assigned_by);

alter table access_logs drop constraint if exists access_logs_user_of_tenant;
alter table access_logs add constraint access_logs_user_of_tenant
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete set null (user_id) not valid;
alter table access_logs validate constraint access_logs_user_of_tenant;
alter table access_logs drop constraint if exists access_logs_user_id_fkey;

alter table audit_logs drop constraint if exists audit_logs_user_of_tenant;
alter table audit_logs add constraint audit_logs_user_of_tenant
    foreign key (tenant_id, user_id) references users (tenant_id, id) on delete set null (user_id) not valid;
alter table audit_logs validate constraint audit_logs_user_of_tenant;
alter table audit_logs drop constraint if exists audit_logs_user_id_fkey;

alter table user_roles drop constraint if exists user_roles_assigned_by_of_tenant;
alter table user_roles add constraint user_roles_assigned_by_of_tenant
    foreign key (tenant_id, assigned_by) references users (tenant_id, id) on delete set null (assigned_by) not valid;
alter table user_roles validate constraint user_roles_assigned_by_of_tenant;
alter table user_roles drop constraint if exists user_roles_assigned_by_fkey;

drop index concurrently if exists access_logs_user;
drop index concurrently if exists audit_logs_user;
drop index concurrently if exists user_roles_assigned_by;
