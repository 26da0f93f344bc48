"""Metadata and validations of attribution events: one for each event, seen by who sees the event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from psycopg import errors

from tests.schema.conftest import Stage


def _events(stage: Stage, campaign: str) -> Sequence[tuple[Any, ...]]:
    return stage.rows(
        "select id, occurred_at, campaign_id from attribution_events where campaign_id = %s "
        "order by occurred_at, id limit 3",
        stage.world.campaigns[campaign],
    )


@pytest.fixture
def told(stage: Stage) -> Stage:
    """A validation and metadata for an event of each sponsor, both with a campaign that is not the event's."""
    for campaign, other in (("Acme always on", "Globex launch"), ("Globex launch", "Acme always on")):
        event, at, _ = _events(stage, campaign)[0]
        stage.put(
            "attribution_validations", attribution_event_id=event, event_occurred_at=at,
            campaign_id=stage.world.campaigns[other], validation_type="not_a_bot", passed=True,
        )  # fmt: skip
        stage.put_bare(
            "attribution_event_metadata", tenant_id=stage.world.a.tenant_id, event_id=event, event_occurred_at=at,
            campaign_id=stage.world.campaigns[other], metadata={"device": "phone", "items": 2},
        )  # fmt: skip
    return stage


@pytest.mark.parametrize("table", ["attribution_validations", "attribution_event_metadata"])
def test_the_campaign_is_the_events_and_so_is_the_scope(told: Stage, table: str) -> None:
    people, campaigns = told.world.people, told.world.campaigns
    event = "event_id" if table == "attribution_event_metadata" else "attribution_event_id"
    statement = f"select {event}, campaign_id from {table}"
    acme, globex = (
        (_events(told, name)[0][0], campaigns[name]) for name in ("Acme always on", "Globex launch")
    )
    assert set(told.see(people.alice, statement)) == {acme, globex}
    assert set(told.see(people.dora, statement)) == {acme, globex}
    assert told.see(people.bob, statement) == [acme]
    for nobody in (people.carol, people.charlie, people.operator, None):
        assert told.see(nobody, statement) == []


def test_one_row_for_each_event_and_type(told: Stage) -> None:
    event, at, campaign = _events(told, "Acme always on")[0]
    validation = {
        "attribution_event_id": event,
        "event_occurred_at": at,
        "campaign_id": campaign,
        "passed": True,
    }
    with pytest.raises(errors.UniqueViolation), told.connection.transaction():
        told.put("attribution_validations", validation_type="not_a_bot", **validation)
    told.put("attribution_validations", validation_type="inside_window", **validation)
    with pytest.raises(errors.UniqueViolation), told.connection.transaction():
        told.put_bare(
            "attribution_event_metadata", tenant_id=told.world.a.tenant_id, event_id=event, event_occurred_at=at,
            campaign_id=campaign,
        )  # fmt: skip


def test_the_event_must_be_there_and_takes_its_rows_with_it(told: Stage) -> None:
    event, at, campaign = _events(told, "Acme always on")[0]
    with pytest.raises(errors.ForeignKeyViolation), told.connection.transaction():
        told.put(
            "attribution_validations", attribution_event_id=uuid4(), event_occurred_at=at, campaign_id=campaign,
            validation_type="promo_code", passed=True,
        )  # fmt: skip
    # Neither does another tenant's event count, nor may its existence be told from this one.
    told.enter_tenant(told.world.b.tenant_id)
    told.refused(
        errors.ForeignKeyViolation, "attribution_validations", tenant_id=told.world.b.tenant_id,
        attribution_event_id=event, event_occurred_at=at, campaign_id=campaign, validation_type="promo_code",
        passed=True,
    )  # fmt: skip
    told.enter_tenant(told.world.a.tenant_id)
    told.change("delete from attribution_events where id = %s", event)
    for table in ("attribution_validations", "attribution_event_metadata"):
        assert len(told.rows(f"select 1 from {table}")) == 1


def test_no_person_writes_results_and_only_importers_metadata(told: Stage) -> None:
    event, at, campaign = _events(told, "Acme always on")[1]
    validation = {
        "attribution_event_id": event, "event_occurred_at": at, "campaign_id": campaign,
        "validation_type": "promo_code", "passed": False, "details": {"reason": "a code of nobody", "found": "X"},
    }  # fmt: skip
    metadata = {"event_id": event, "event_occurred_at": at, "campaign_id": campaign}
    people = told.world.people
    for who in (people.alice, people.bob, people.dora):
        told.enter(who)
        told.refused(errors.InsufficientPrivilege, "attribution_validations", **validation)
        assert told.change("update attribution_validations set passed = false") == 0
    told.enter(people.bob)
    told.refused(errors.InsufficientPrivilege, "attribution_event_metadata", **metadata)
    told.enter(people.dora)
    told.insert("attribution_event_metadata", **metadata)
    told.enter_tenant(told.world.a.tenant_id)
    told.insert("attribution_validations", **validation)


@pytest.mark.parametrize(
    ("passed", "details"),
    [
        (False, {}), (False, {"found": "X"}), (True, {"at_s": -3}), (True, {"at_s": "3"}), (True, {"quote": 3}),
        (True, {"email": "x"}), (True, {"reason": None}),
    ],
    ids=str,
)  # fmt: skip
def test_what_no_result_is_like(stage: Stage, passed: bool, details: dict[str, object]) -> None:
    event, at, campaign = _events(stage, "Acme always on")[0]
    stage.enter_tenant(stage.world.a.tenant_id)
    stage.refused(
        errors.CheckViolation, "attribution_validations", attribution_event_id=event, event_occurred_at=at,
        campaign_id=campaign, validation_type="ad_aired", passed=passed, details=details,
    )  # fmt: skip


@pytest.mark.parametrize(
    "metadata",
    [
        {"email": "x@y.example"}, {"items": 0}, {"items": "1"}, {"new_customer": "yes"}, {"device": {"a": 1}},
        {"device": None},
    ],
    ids=str,
)  # fmt: skip
def test_what_no_metadata_is_like(stage: Stage, metadata: dict[str, object]) -> None:
    event, at, campaign = _events(stage, "Acme always on")[0]
    stage.enter_tenant(stage.world.a.tenant_id)
    stage.refused(
        errors.CheckViolation, "attribution_event_metadata", event_id=event, event_occurred_at=at,
        campaign_id=campaign, metadata=metadata,
    )  # fmt: skip


def test_a_pass_rate_is_read_from_the_index_alone(told: Stage) -> None:
    """By type and day of one campaign; the tables' few rows would otherwise be read one by one."""
    told.enter_tenant(told.world.a.tenant_id)
    told.change("set local enable_seqscan = off")
    plan = "\n".join(
        row[0]
        for row in told.rows(
            "explain select validation_type, event_occurred_at, passed from attribution_validations "
            "where tenant_id = %s and campaign_id = %s",
            told.world.a.tenant_id, told.world.campaigns["Acme always on"],
        )
    )  # fmt: skip
    assert "Index Only Scan using attribution_validations_rate" in plan
