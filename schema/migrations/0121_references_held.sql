-- Purpose: a delivery goes to a recipient of its own schedule; a curve's places rise; a report's podcasts are the tenant's; and what
-- a policy, a try to deliver or a promo code says is what it is read as.

-- Nothing is read through: what was there before is looked through in 0122.
alter table report_recipients add constraint report_recipients_of_schedule unique (tenant_id, schedule_id, id);
-- A key that names the schedule too is looked at where there is one: there always is, where there is a recipient.
alter table report_deliveries
    drop constraint report_deliveries_tenant_id_recipient_id_fkey,
    add constraint report_deliveries_recipient_of_schedule foreign key (tenant_id, schedule_id, recipient_id)
        references report_recipients (tenant_id, schedule_id, id) on delete set null (recipient_id) not valid,
    add constraint report_deliveries_schedule_told check (recipient_id is null or schedule_id is not null) not valid,
    add constraint report_deliveries_attempts_told check (
        not attempt_log @? 'strict $[*] ? (@.type() != "object")'
        and not attempt_log @? '$[*].keyvalue() ? (!((@.key == "at" || @.key == "outcome") && @.value.type() == "string"
            || @.key == "code" && @.value.type() == "number"))') not valid;
-- With a schedule go its recipients, and which of the two a delivery forgets first is not said.
create function internal.forget_recipient() returns trigger
    language plpgsql
    as $$
begin
    new.recipient_id := null;
    return new;
end
$$;
comment on function internal.forget_recipient() is 'A delivery whose schedule is gone has no recipient of it either.';
create trigger forget_recipient before update of schedule_id on report_deliveries
    for each row when (new.schedule_id is null and old.schedule_id is not null) execute function internal.forget_recipient();
comment on column report_deliveries.schedule_id is 'The schedule that asked for it; null for a person''s own sending, and once it is gone.';
comment on column report_deliveries.recipient_id is 'One of the schedule''s recipients; null once it is gone.';
comment on column report_deliveries.attempt_log is
    'Array, oldest first, of {at: time as text, outcome: text, code: number of the answer}; code may be missing. Nothing else.';

create function internal.is_rising(d numeric[]) returns boolean
    language sql immutable parallel safe
    as $$
    select array_ndims(d) = 1 and not exists (
        select from unnest(d[:array_upper(d, 1) - 1], d[array_lower(d, 1) + 1:]) as pair (place, next) where pair.place >= pair.next)
    $$;
comment on function internal.is_rising(numeric[]) is 'Whether each number of a list is greater than the one before it.';
alter table retention_curves
    add constraint retention_curves_positions_rise check (internal.is_rising(positions)) not valid,
    add constraint retention_curves_percent check (position_unit <> 'percent' or 100 >= all (positions)) not valid;
comment on column retention_curves.position_unit is 'What positions are: second: of the episode; percent: of its length, from 0 to 100.';
comment on column retention_curves.positions is 'Places in the episode, each after the one before.';

create trigger require_own_podcasts before insert or update of tenant_id, podcast_ids on reports
    for each row execute function internal.require_own_podcasts();

-- A misspelt "ids" would be a policy for every resource of the type.
alter table access_control_policies
    add constraint access_control_policies_resource_known check (
        not policy_definition @? '$.resource.keyvalue() ? (!(@.key == "type" || @.key == "ids"))') not valid,
    add constraint access_control_policies_actions_are_texts check (
        not policy_definition @? '$.actions[*] ? (@.type() != "string")') not valid;

-- An import takes 500 signs, and some are two or three in capitals.
alter table io_bookings
    add constraint io_bookings_promo_code_told check (promo_code ~ '^\S(.*\S)?$' and length(promo_code) <= 2000) not valid;
comment on column io_bookings.promo_code is 'In capitals, without space around it: what a buyer gives. One booking of the tenant has it.';
