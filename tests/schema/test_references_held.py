"""References and documents of version 121: what they let in, and what 122 does to rows of before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from schema.migrate import FOLDER, load
from schema.scripts import split_statements
from tests.schema.conftest import Stage
from tests.world import WORLD_NOW

WRONG = psycopg.errors.CheckViolation
MISSING = psycopg.errors.ForeignKeyViolation


class Post:
    """Two schedules of a tenant with a recipient each, and a report to send."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        alice = stage.world.people.alice.user_id
        asked = {"report_type": "podcast_audience", "created_by": alice}
        self.schedules = [
            stage.put("report_schedules", name=name, cron="0 6 1 * *", enabled=False, **asked)
            for name in "ab"
        ]
        self.recipients = [
            stage.put("report_recipients", schedule_id=schedule, channel="email", email="host@x.example")
            for schedule in self.schedules
        ]
        self.report = stage.put("reports", title="r", **asked)

    def row(self, schedule: UUID | None, recipient: UUID | None) -> dict[str, Any]:
        return {
            "report_id": self.report, "schedule_id": schedule, "recipient_id": recipient, "channel": "email",
            "destination": f"{uuid4()}@x.example", "next_attempt_at": WORLD_NOW,
        }  # fmt: skip

    def told(self) -> list[tuple[Any, ...]]:
        """Schedule and recipient of each delivery of the report."""
        return self.stage.rows(
            "select schedule_id, recipient_id from report_deliveries where report_id = %s order by created_at, id",
            self.report,
        )


def test_a_delivery_goes_to_a_recipient_of_its_own_schedule(stage: Stage) -> None:
    post = Post(stage)
    (schedule, other), (recipient, others) = post.schedules, post.recipients
    stage.enter_tenant(stage.world.a.tenant_id)
    for wrong in (others, uuid4()):
        said = stage.refused(MISSING, "report_deliveries", **post.row(schedule, wrong))
        assert "report_deliveries_recipient_of_schedule" in said
    assert "report_deliveries_schedule_told" in stage.refused(
        WRONG, "report_deliveries", **post.row(None, recipient)
    )
    stage.insert("report_deliveries", **post.row(schedule, recipient))
    stage.refused_change(MISSING, "update report_deliveries set schedule_id = %s", other)
    stage.insert("report_deliveries", **post.row(schedule, None))
    stage.insert("report_deliveries", **post.row(None, None))


@pytest.mark.parametrize("first", ["schedule", "recipient"])
def test_what_goes_is_forgotten_by_the_delivery_that_stays(stage: Stage, first: str) -> None:
    """Whichever of its references a server looks at first: after a restore it is another one."""
    post = Post(stage)
    stage.put("report_deliveries", **post.row(post.schedules[0], post.recipients[0]))
    if first == "recipient":
        stage.connection.execute("delete from report_recipients where id = %s", [post.recipients[0]])
        assert post.told() == [(post.schedules[0], None)]
    else:
        stage.connection.execute("update report_deliveries set schedule_id = null")
        assert post.told() == [(None, None)]
    stage.connection.execute("delete from report_schedules where id = %s", [post.schedules[0]])
    assert post.told() == [(None, None)]


def test_a_schedule_goes_with_its_recipients_and_not_with_what_was_sent(stage: Stage) -> None:
    post = Post(stage)
    stage.put("report_deliveries", **post.row(post.schedules[0], post.recipients[0]))
    stage.put("report_deliveries", **post.row(post.schedules[1], post.recipients[1]))
    stage.connection.execute("delete from report_schedules where id = %s", [post.schedules[0]])
    assert sorted(post.told(), key=str) == sorted(
        [(None, None), (post.schedules[1], post.recipients[1])], key=str
    )


def test_what_names_another_schedules_recipient_or_a_stranger_is_mended(stage: Stage) -> None:
    """Rows of before 121, and of before 40, whose validation saw no row: row security holds the owner too."""
    post, world = Post(stage), stage.world
    stage.connection.execute(
        "alter table report_deliveries drop constraint report_deliveries_recipient_of_schedule; "
        "alter table access_logs drop constraint access_logs_user_of_tenant; "
        "alter table audit_logs drop constraint audit_logs_user_of_tenant; "
        "alter table user_roles drop constraint user_roles_assigned_by_of_tenant"
    )
    for schedule, recipient in ((0, 0), (0, 1), (1, None)):
        stage.put(
            "report_deliveries",
            **post.row(post.schedules[schedule], None if recipient is None else post.recipients[recipient]),
        )
    stranger = world.people.charlie.user_id
    said = {"action": "log_in", "resource_type": "session"}
    for user in (stranger, world.people.bob.user_id):
        stage.put("access_logs", user_id=user, allowed=True, reason="mended", **said)
        stage.put("audit_logs", user_id=user, user_agent="mended", **said)
    stage.change(
        "update user_roles set assigned_by = %s where user_id = %s", stranger, world.people.bob.user_id
    )
    stage.connection.execute("set local role podboard_owner")
    stage.connection.execute("select set_account_context(null, null)")
    (version,) = [each for each in load(FOLDER, "plain") if each.version == 122]
    (mending,) = [
        each for each in split_statements(version.sql) if "loop\n        perform set_tenant_context" in each
    ]
    stage.connection.execute(mending.encode())
    stage.connection.execute("reset role")
    assert sorted(post.told(), key=str) == sorted(
        [(post.schedules[0], post.recipients[0]), (post.schedules[0], None), (post.schedules[1], None)],
        key=str,
    )
    for table, mark in (("access_logs", "reason"), ("audit_logs", "user_agent")):
        found = stage.rows(f"select user_id from {table} where {mark} = 'mended'")
        assert sorted(found, key=str) == sorted([(None,), (world.people.bob.user_id,)], key=str), table
    assert stage.rows("select assigned_by from user_roles where user_id = %s", world.people.bob.user_id) == [
        (None,)
    ]


@pytest.mark.parametrize(
    ("unit", "positions", "is_good"),
    [
        ("second", "{0,1}", True), ("second", "{0.5,0.75,7200}", True), ("percent", "{0,99.5,100}", True),
        ("second", "{1,1}", False), ("second", "{2,1}", False), ("second", "{0,5,5}", False),
        ("second", "{0,9,3,12}", False), ("percent", "{0,100.1}", False),
    ],
    ids=str,
)  # fmt: skip
def test_places_of_a_curve_rise(stage: Stage, unit: str, positions: str, is_good: bool) -> None:
    world = stage.world
    imported = stage.put("etl_imports", import_type="retention_curves", source="x.csv")
    row = {
        "episode_id": world.episodes["Harbour Lights 1"], "platform": "Spotify", "as_of": WORLD_NOW.date(),
        "measure": "plays", "position_unit": unit, "import_id": imported,
        "amounts": [1] * (positions.count(",") + 1),
    }  # fmt: skip
    statement = (
        "insert into retention_curves (tenant_id, positions, episode_id, platform, as_of, measure, position_unit,"
        " import_id, amounts) values (%s, %s::numeric[], %s, %s, %s, %s, %s, %s, %s::numeric[])"
    )
    stage.enter(world.people.dora)
    if is_good:
        assert stage.change(statement, world.a.tenant_id, positions, *row.values()) == 1
    else:
        told = stage.refused_change(WRONG, statement, world.a.tenant_id, positions, *row.values())
        assert "retention_curves_positions_rise" in told or "retention_curves_percent" in told


def test_places_are_compared_from_wherever_an_array_begins(stage: Stage) -> None:
    for array, rises in (
        ("[0:2]={1,2,3}", True), ("[0:2]={1,3,2}", False), ("[5:6]={2,1}", False), ("{1}", True),
        ("{{0,1},{2,3}}", False),
    ):  # fmt: skip
        assert stage.rows("select internal.is_rising(%s::numeric[])", array) == [(rises,)], array


def test_a_try_to_deliver_is_told_in_known_words(stage: Stage) -> None:
    post = Post(stage)
    at = {"at": WORLD_NOW.isoformat(), "outcome": "The address did not answer."}
    for good in ([], [at], [at, at | {"code": 550}]):
        stage.put("report_deliveries", **post.row(None, None), attempt_log=Jsonb(good))
    for bad in (
        ["x"],
        [[at]],
        [at | {"code": "550"}],
        [at | {"at": 5}],
        [at | {"outcome": None}],
        [at, at | {"more": 1}],
    ):
        stage.refused(WRONG, "report_deliveries", **post.row(None, None), attempt_log=Jsonb(bad))


def test_a_promo_code_has_something_to_give(stage: Stage) -> None:
    world = stage.world
    campaign = stage.rows(
        "select id, sponsor_id from campaigns where tenant_id = %s limit 1", world.a.tenant_id
    )[0]
    day = WORLD_NOW.date()
    row = {
        "campaign_id": campaign[0], "sponsor_id": campaign[1], "booking_date": day, "starts_on": day,
        "ends_on": day + timedelta(days=1), "pricing_model": "flat", "rate_micros": 1, "currency": "EUR",
    }  # fmt: skip
    stage.enter(world.people.dora)
    for bad in ("", " ", " SAVE10", "SAVE10 ", "X" * 2001):
        assert "io_bookings_promo_code_told" in stage.refused(WRONG, "io_bookings", promo_code=bad, **row)
    for good in ("SAVE10", "10 % ÄRGER", "SS" * 500, None):
        stage.insert("io_bookings", promo_code=good, **row)
