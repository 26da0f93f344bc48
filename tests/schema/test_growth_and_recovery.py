"""Experiments, churn, onboarding, backups, and the system's own tables: who sees and who writes what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from psycopg import errors
from psycopg.types.json import Jsonb

from tests.schema.conftest import Stage

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
def experiment(stage: Stage) -> UUID:
    """A running experiment of tenant A in which Bob takes part."""
    made = stage.put("experiments", name="Sparkline", status="running", start_date=NOON.date())
    stage.put_bare(
        "experiment_assignments", tenant_id=stage.world.a.tenant_id, experiment_id=made,
        user_id=stage.world.people.bob.user_id, variant="changed",
    )  # fmt: skip
    return made


def test_who_takes_part_knows_of_it_and_nobody_else(stage: Stage, experiment: UUID) -> None:
    people = stage.world.people
    for who, expected in (
        (people.alice, 1), (people.bob, 1), (people.carol, 0), (people.dora, 0), (people.charlie, 0), (None, 0),
    ):  # fmt: skip
        assert len(stage.see(who, "select id from experiments")) == expected
        assert len(stage.see(who, "select variant from experiment_assignments")) == expected
    stage.enter(people.bob)
    assert stage.change("update experiments set status = 'completed'") == 0
    assert stage.change("update experiment_assignments set variant = 'control'") == 0


def test_an_assignment_is_one_and_of_a_known_variant(stage: Stage, experiment: UUID) -> None:
    people = stage.world.people
    stage.enter(people.alice)
    stage.refused(
        errors.CheckViolation, "experiment_assignments", experiment_id=experiment, user_id=people.carol.user_id,
        variant="third",
    )  # fmt: skip
    stage.refused(
        errors.UniqueViolation, "experiment_assignments", experiment_id=experiment, user_id=people.bob.user_id,
        variant="control",
    )  # fmt: skip
    stage.refused_change(errors.CheckViolation, "update experiment_assignments set variant = 'third'")
    stage.refused(
        errors.ForeignKeyViolation, "experiment_assignments", experiment_id=experiment,
        user_id=people.charlie.user_id, variant="control",
    )  # fmt: skip
    for column, value in (
        ("variants", ["one"]),
        ("variants", ["a", None]),
        ("variants", ["A B", "c"]),
        ("status", "on"),
    ):
        stage.refused(errors.CheckViolation, "experiments", name="Other", **{column: value})
    stage.refused(errors.CheckViolation, "experiments", name="Other", status="running")
    stage.refused(
        errors.CheckViolation, "experiments", name="Other", start_date=NOON.date(),
        end_date=NOON.date() - timedelta(days=1),
    )  # fmt: skip


def test_events_are_of_those_who_take_part_and_are_never_changed(stage: Stage, experiment: UUID) -> None:
    people = stage.world.people
    event = {"experiment_id": experiment, "user_id": people.bob.user_id, "event_type": "exposure"}
    stage.enter(people.bob)
    stage.insert("experiment_events", **event, event_data={"page": "/campaigns"})
    stage.refused(errors.CheckViolation, "experiment_events", **{**event, "event_type": "seen"})
    stage.refused(errors.CheckViolation, "experiment_events", **event, event_data={"email": "x"})
    stage.refused_change(errors.InsufficientPrivilege, "update experiment_events set event_type = 'click'")
    stage.refused_change(errors.InsufficientPrivilege, "delete from experiment_events")
    stage.enter(people.carol)
    stage.refused(errors.InsufficientPrivilege, "experiment_events", **event)
    stage.refused(
        errors.ForeignKeyViolation, "experiment_events", **{**event, "user_id": people.carol.user_id}
    )
    assert len(stage.see(people.alice, "select 1 from experiment_events")) == 1
    assert stage.see(people.dora, "select 1 from experiment_events") == []


def test_why_somebody_left_is_told_by_them_and_read_by_who_manages_billing(stage: Stage) -> None:
    people = stage.world.people
    reason = {
        "user_id": people.bob.user_id,
        "churn_reason": "price",
        "churn_data": {"note": "Too much for one show."},
    }
    stage.enter(people.bob)
    stage.insert("churn_events", **reason)
    stage.refused(errors.InsufficientPrivilege, "churn_events", **{**reason, "user_id": people.carol.user_id})
    stage.refused(errors.CheckViolation, "churn_events", **{**reason, "churn_reason": "weather"})
    for data in ({"note": 3}, {"days_with_us": -1}, {"would_return": "yes"}, {"mood": "low"}):
        stage.refused(errors.CheckViolation, "churn_events", **{**reason, "churn_data": data})
    stage.refused_change(errors.InsufficientPrivilege, "delete from churn_events")
    for who, expected in ((people.alice, 1), (people.bob, 0), (people.dora, 0), (people.charlie, 0)):
        assert len(stage.see(who, "select 1 from churn_events")) == expected


def test_a_step_is_done_or_skipped_by_oneself(stage: Stage) -> None:
    people = stage.world.people
    steps = stage.see(people.bob, "select id, step_key, required from onboarding_steps order by order_index")
    assert len(steps) == 7
    assert {required for _, _, required in steps} == {True, False}
    mine = {"user_id": people.bob.user_id, "step_id": steps[0][0]}
    stage.refused(errors.CheckViolation, "onboarding_progress", **mine, completed_at=NOON, skipped_at=NOON)
    stage.insert("onboarding_progress", **mine, completed_at=NOON)
    stage.refused(errors.UniqueViolation, "onboarding_progress", **mine)
    stage.refused(
        errors.InsufficientPrivilege, "onboarding_progress", **{**mine, "user_id": people.carol.user_id}
    )
    for who, expected in (
        (people.alice, 1),
        (people.bob, 1),
        (people.carol, 0),
        (people.dora, 0),
        (people.charlie, 0),
    ):
        assert len(stage.see(who, "select 1 from onboarding_progress")) == expected


def test_backups_are_written_by_no_person_and_read_by_who_answers_for_the_settings(stage: Stage) -> None:
    people = stage.world.people
    backup = {
        "backup_type": "full", "backup_location": "s3://backups.example/full.dump", "status": "succeeded",
        "size_bytes": 5, "started_at": NOON, "completed_at": NOON + timedelta(minutes=2),
    }  # fmt: skip
    stage.enter(people.alice)
    stage.refused(errors.InsufficientPrivilege, "backup_records", **backup)
    stage.enter_tenant(stage.world.a.tenant_id)
    stage.insert("backup_records", **backup)
    for wrong in (
        {"size_bytes": -1}, {"size_bytes": None}, {"completed_at": NOON - timedelta(minutes=1)}, {"completed_at": None},
        {"status": "running"}, {"status": "done"}, {"backup_type": "half"},
        {"backup_location": "https://user:secret@backups.example/full.dump"},
    ):  # fmt: skip
        stage.refused(errors.CheckViolation, "backup_records", **{**backup, **wrong})
    stage.refused_change(errors.InsufficientPrivilege, "delete from backup_records")
    for who, expected in (
        (people.alice, 1), (people.bob, 0), (people.carol, 0), (people.dora, 0), (people.charlie, 0),
        (people.operator, 0), (None, 0),
    ):  # fmt: skip
        assert len(stage.see(who, "select 1 from backup_records")) == expected


_SYSTEM = {
    "permissions": "update permissions set description = description",
    "subscription_tiers": "update subscription_tiers set price_monthly = 0",
    "onboarding_steps": "update onboarding_steps set required = true",
    "recovery_procedures": "update recovery_procedures set last_tested_at = now()",
    "replication_status": "update replication_status set status = 'lost', lag_seconds = null",
    "failover_events": "update failover_events set status = 'failed'",
}


@pytest.mark.parametrize("table", sorted(_SYSTEM))
def test_system_tables_are_read_by_all_and_written_by_operators(stage: Stage, table: str) -> None:
    people = stage.world.people
    stage.put_bare("replication_status", replica_name="replica-a", status="streaming", lag_seconds=0.2)
    stage.put_bare(
        "failover_events", event_type="exercise", source_node="primary", target_node="replica-a", status="completed",
        occurred_at=NOON, completed_at=NOON + timedelta(minutes=1),
    )  # fmt: skip
    for who in (people.alice, people.bob, people.carol, people.dora, people.charlie, None):
        assert stage.see(who, f"select 1 from {table}")
        assert stage.change(_SYSTEM[table]) == 0
        assert stage.change(f"delete from {table}") == 0
    # Nor by the worker as itself, nor by a role of a tenant that calls itself an operator's.
    stage.enter_tenant(stage.world.a.tenant_id)
    assert stage.change(_SYSTEM[table]) == 0
    stage.enter(people.alice)
    stage.change("select set_config('app.rights', 'system.read', true)")
    assert stage.change(_SYSTEM[table]) == 0
    stage.enter(people.operator)
    assert stage.change(_SYSTEM[table]) >= 1
    stage.enter(None, "podboard_owner")
    assert stage.change(_SYSTEM[table]) >= 1


def test_an_operator_adds_a_tier_and_a_person_of_a_tenant_does_not(stage: Stage) -> None:
    statement = (
        "insert into subscription_tiers (name, price_monthly, price_yearly, features) values (%s, 1, 10, %s)"
    )
    stage.enter(stage.world.people.alice)
    stage.refused_change(errors.InsufficientPrivilege, statement, "free", Jsonb({}))
    stage.enter(stage.world.people.operator)
    assert stage.change(statement, "free", Jsonb({"max_users": None, "api": True})) == 1
    for features in ({"api": "yes"}, {"max_users": -1}, {"max_users": "3"}, {"coffee": True}, []):
        stage.refused_change(errors.CheckViolation, statement, "other", Jsonb(features))


def test_what_no_replica_failover_or_procedure_is_like(stage: Stage) -> None:
    stage.enter(stage.world.people.operator)
    stage.refused_change(
        errors.CheckViolation,
        "insert into replication_status (replica_name, status, lag_seconds) values ('r', 'lost', -1)",
    )
    for source, target, status, completed in (
        ("a", "a", "completed", NOON), ("a", "b", "completed", None), ("a", "b", "started", NOON),
        ("a", "b", "completed", NOON - timedelta(days=1)),
    ):  # fmt: skip
        stage.refused_change(
            errors.CheckViolation,
            "insert into failover_events (event_type, source_node, target_node, status, occurred_at, completed_at) "
            "values ('planned', %s, %s, %s, %s, %s)",
            source, target, status, NOON, completed,
        )  # fmt: skip
    for steps in (
        [],
        {},
        [{"do": "x"}],
        [{"do": "x", "see": 3}],
        [{"do": "x", "see": "y", "by": "z"}],
        ["x"],
    ):
        stage.refused_change(
            errors.CheckViolation,
            "insert into recovery_procedures (procedure_name, steps) values ('P', %s)",
            Jsonb(steps),
        )
