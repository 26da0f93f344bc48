-- Purpose: the version of the counting rules is the counter's own text, as it stands in every answer, instead of a number beside it.

-- Every row there is was written by rules 1: a constant default is noted once and rewrites nothing. What the release before
-- writes (1) is taken as a text.
alter table excluded_requests drop column rule_version;
alter table excluded_requests add column rule_version text not null default 'IAB 2.3, rules 1';
alter table excluded_requests alter column rule_version drop default,
    add constraint excluded_requests_rule_version_check check (length(rule_version) between 1 and 80) not valid;
comment on column excluded_requests.rule_version is 'Which counting rules were applied: COUNTING_VERSION, as "IAB 2.3, rules 1".';
