"""Versions over TimescaleDB's hypertables with rows: of every version there was, and in many chunks.

Checks reach the chunks, and misfits stay: for that the database is brought to the version before the first check that
is validated later, filled, and brought on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from queries.settings import Settings
from schema.migrate import FOLDER, load
from schema.structure import TIMESCALE_STRUCTURE, timescale_structure
from tests.timescale.server import TimescaleServer, timescale_server
from tests.timescale.sides import NOW, Side, TenantIds, timescale_side
from tests.version_rows import assert_rows_of_before, plant, rows_of

# About versions that are released and cannot change any more.
pytestmark = pytest.mark.proof

# Nothing is known here of the shapes of documents (0049, validated by 0050) nor of the text of the rules (0055, 0057).
BEFORE_CHECKS = 48
DAYS = 12
# Every row fits; one row of each kind does not fit, where the check came without looking at what was there.
GOOD, BAD = TenantIds("filled-good", "Europe/Berlin"), TenantIds("filled-bad", "UTC")
CHECKS = {
    "listener_events_data_shape": "listener_events",
    "attribution_events_data_shape": "attribution_events",
    "listener_metrics_value": "listener_metrics",
    "excluded_requests_rule_version_check": "excluded_requests",
    "excluded_requests_reason_check": "excluded_requests",
}
ROWS = {
    "listener_events": "select %(tenant)s, %(episode)s, 'l' || d, 'play', {event}::jsonb, at",
    "attribution_events": (
        "select %(tenant)s, %(campaign)s, %(episode)s, 'l' || d, 'purchase', {attribution}::jsonb, at"
    ),
    "listener_metrics": "select %(tenant)s, %(episode)s, at::date, %(metric_name)s, {metric}",
    "excluded_requests": "select %(tenant)s, %(episode)s, 'head', {rules}, at",
}
COLUMNS = {
    "listener_events": "tenant_id, episode_id, listener_id, event_type, event_data, occurred_at",
    "attribution_events": (
        "tenant_id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at"
    ),
    "listener_metrics": "tenant_id, episode_id, metric_date, metric_name, metric_value",
    "excluded_requests": "tenant_id, episode_id, reason, rule_version, occurred_at",
}
FITS = {
    "event": """'{"from_s": 0, "to_s": 60}'""", "attribution": """'{"currency": "USD", "value_micros": 1}'""",
    "metric": "1", "rules": "1",
}  # fmt: skip
DOES_NOT = {
    "event": """'{"from_s": -1}'""",
    "attribution": """'{"currency": "usd"}'""",
    "metric": "-1",
    "rules": "1",
}


def _put(
    side: Side, of: TenantIds, table: str, values: dict[str, str], days: list[int], metric_name: str
) -> None:
    with side.writing(of) as connection:
        connection.execute(
            f"insert into {table} ({COLUMNS[table]}) {ROWS[table].format(**values)} "
            "from unnest(%(days)s::int[]) d, lateral (select %(now)s - make_interval(days => d)) s (at)".encode(),
            {
                "tenant": of.tenant, "episode": of["first"], "campaign": of["campaign"], "days": days, "now": NOW,
                "metric_name": metric_name,
            },
        )  # fmt: skip


def _counted(side: Side, of: TenantIds) -> dict[str, int]:
    return {
        table: side.found(
            of, "podboard_owner", f"select count(*) from {table} where tenant_id = %s", of.tenant
        )[0][0]
        for table in ROWS
    }  # fmt: skip


def _validated(side: Side, of: TenantIds) -> dict[str, tuple[int, bool, bool]]:
    """Of each check: in how many chunks it is, whether it is validated in each of them, and on the table."""
    found = side.found(
        of, "podboard_owner",
        "select r.conname::text, count(c.oid)::int, bool_and(c.convalidated), bool_and(r.convalidated) "
        "from pg_constraint r join pg_inherits i on i.inhparent = r.conrelid "
        "left join pg_constraint c on c.conrelid = i.inhrelid and c.conname = r.conname "
        f"where r.contype = 'c' and r.connamespace = 'public'::regnamespace and r.conname in ({_quoted(CHECKS)}) "
        "group by 1",
    )  # fmt: skip
    return {name: (chunks, in_chunks, on_table) for name, chunks, in_chunks, on_table in found}


def _quoted(names: Any) -> str:
    return ", ".join(f"'{name}'" for name in names)


def test_rows_of_every_version_come_through_to_the_newest() -> None:
    """A tenant is written with what each version knows, from the first with tenants on; all later ones run over it."""
    all_versions = [migration.version for migration in load(FOLDER, "timescale")]
    written: dict[int, tuple[UUID, dict[str, list[dict[str, Any]]]]] = {}
    with timescale_server() as server:
        for version in all_versions:
            assert len(server.migrate(version)) == 1
            with server.connect() as connection:
                if connection.execute("select to_regclass('tenants')").fetchone() != (None,):
                    tenant = plant(connection, version)
                    connection.commit()
                    written[version] = tenant, rows_of(connection, tenant)
        assert len(written) == len(all_versions) - 1
        with server.connect() as connection:
            for version, (tenant, before) in written.items():
                assert_rows_of_before(version, before, rows_of(connection, tenant))
            # Rows of before that a check would refuse keep it unread; it is the same check.
            connection.execute("update pg_constraint set convalidated = true where not convalidated")
            assert timescale_structure(connection) == TIMESCALE_STRUCTURE.read_text(encoding="utf-8")
            connection.rollback()


@pytest.fixture
def older() -> Iterator[TimescaleServer]:
    with timescale_server() as server:
        server.migrate(BEFORE_CHECKS)
        yield server


@pytest.mark.parametrize("with_bad_rows", [False, True])
def test_checks_are_validated_over_chunks_with_rows(
    older: TimescaleServer, settings: Settings, with_bad_rows: bool
) -> None:
    side = timescale_side(older, settings)
    tenants = [GOOD, BAD] if with_bad_rows else [GOOD]
    for of in tenants:
        side.make(of)
        for table in ROWS:
            _put(side, of, table, FITS if of is GOOD else DOES_NOT, list(range(1, DAYS + 1)), "plays")
    before = {of.name: _counted(side, of) for of in tenants}
    assert before[GOOD.name] == dict.fromkeys(ROWS, DAYS)

    applied = older.migrate()
    assert applied[0].startswith("0049_")

    assert {of.name: _counted(side, of) for of in tenants} == before, "rows are kept, the bad ones too"
    kept = {"listener_events_data_shape", "attribution_events_data_shape", "listener_metrics_value"}
    found = _validated(side, GOOD)
    assert found.keys() == CHECKS.keys()
    for check, (chunks, in_chunks, on_table) in found.items():
        assert chunks >= 3, check
        assert (in_chunks and on_table) != (with_bad_rows and check in kept), check
    versions = side.found(GOOD, "podboard_owner", "select distinct rule_version from excluded_requests")
    assert versions == [("IAB 2.3, rules 1",)]

    # In a chunk of before and in a new one: what does not fit is refused, what fits is taken.
    for days in (3, -40):
        for table in ROWS:
            _put(side, GOOD, table, FITS, [days], "completes")
            with pytest.raises(psycopg.errors.CheckViolation):
                _put(side, GOOD, table, DOES_NOT | {"rules": "''"}, [days], "engaged_plays")
    assert _counted(side, GOOD) == dict.fromkeys(ROWS, DAYS + 2)
