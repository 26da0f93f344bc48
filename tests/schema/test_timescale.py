"""The TimescaleDB way for real: the same migrations, and the same answers as plain PostgreSQL from the same events.

The server is a WebAssembly build (tests/timescale). Both sides run the worker's own commands, as the worker's role.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from queries import refresh
from queries.session import Actor, system_session, tenant_session
from queries.settings import Settings
from queries.statements import ask
from schema import check
from schema.check import Finding
from schema.migrate import FOLDER
from schema.structure import TIMESCALE_STRUCTURE, timescale_structure
from tests.conftest import Database
from tests.timescale.server import TimescaleServer, timescale_server
from tests.timescale.sides import NOW, READ, Side, TenantIds, plain_side, timescale_side

# The build has a PostgreSQL of its own, whichever the run uses; plain PostgreSQL's answers have oracles on every version.
pytestmark = pytest.mark.once
Sides = tuple[Side, Side]


@pytest.fixture(scope="module")
def wasm() -> Iterator[TimescaleServer]:
    """A migrated database on TimescaleDB."""
    with timescale_server() as server:
        server.migrate()
        yield server


@pytest.fixture(scope="module")
def timescale(wasm: TimescaleServer, settings: Settings) -> Side:
    return timescale_side(wasm, settings)


@pytest.fixture(scope="module")
def sides(timescale: Side, settings: Settings, make_database: Callable[[str], Database]) -> Sides:
    """Both ways to keep time series."""
    return timescale, plain_side(make_database("podboard_engines"), settings)


def _alike(sides: Sides, *tenants: TenantIds, but: tuple[str, ...] = ()) -> None:
    timescale, plain = sides
    for of in tenants:
        for relation in READ:
            rows = timescale.read(of, relation)
            if relation not in but:
                assert rows, relation
            assert rows == plain.read(of, relation), relation


def test_both_engines_answer_alike(sides: Sides) -> None:
    """Events of nine days, one far behind every look-back, and a listener's events deleted."""
    alice, charlie = TenantIds("alike-a", "America/New_York"), TenantIds("alike-c", "Asia/Kolkata")
    for side in sides:
        for of in (alice, charlie):
            side.make(of)
            side.fill(of)
        side.refresh()
    _alike(sides, alice, charlie)
    for side in sides:
        side.listen(alice, NOW - timedelta(days=25), "late")
        with side.writing(alice) as connection:
            connection.execute(
                "delete from listener_events where tenant_id = %s and listener_id = 'listener 7'",
                [alice.tenant],
            )
        side.refresh()
    _alike(sides, alice, charlie)
    late = [row for row in sides[0].read(alice, "listener_events_daily") if row[0] < NOW - timedelta(days=20)]
    assert [row[4:] for row in late] == [(1, 1)]


def test_the_declared_policies_see_what_is_late_within_their_look_back(sides: Sides) -> None:
    """TimescaleDB's own jobs, called by hand: three hours back for hours, three days for days; the worker does the rest."""
    of = TenantIds("look-back", "UTC")
    timescale, _ = sides
    for side in sides:
        side.make(of)
        side.listen_all(
            of, [(NOW - timedelta(hours=n), "first", f"listener {n}", "download") for n in range(100)]
        )
        side.refresh()
    before = timescale.everything(of)
    ((hour, day),) = timescale.found(
        of, "podboard_web",
        "select date_trunc('hour', now(), 'UTC') - interval '2 hours', date_trunc('day', now(), 'UTC') - interval '2 days'",
    )  # fmt: skip
    for side in sides:
        side.listen(of, hour + timedelta(minutes=5), "late by hours", "play")
        side.listen(of, day + timedelta(minutes=5), "late by days", "play")
    assert timescale.everything(of) == before
    with timescale.connect("podboard_owner") as connection:
        connection.autocommit = True
        for (job,) in connection.execute(
            "select job_id from timescaledb_information.jobs where proc_name = 'policy_refresh_continuous_aggregate'"
        ).fetchall():
            connection.execute("call run_job(%s)", [job])

    def played(relation: str) -> list[datetime]:
        return [row[0] for row in timescale.read(of, relation) if row[3] == "play"]

    assert played("listener_events_hourly") == [hour]
    assert day in played("listener_events_daily")
    for side in sides:
        side.refresh()
    _alike(sides, of)
    assert played("listener_events_hourly") == [day, hour]


def test_events_are_taken_as_long_as_they_are_counted_and_older_ones_are_refused(sides: Sides) -> None:
    of = TenantIds("oldest", "UTC")
    timescale, plain = sides
    timescale.make(of)
    plain.make(of)
    with plain.entered(), tenant_session(Actor(of.tenant)) as connection:
        oldest = ask(connection, "ingest/clock")[0]["oldest_listener_event"]
    young = NOW - timedelta(days=3)
    rows = "".join(
        f"{of['first']},l{number},download,{at.isoformat()}\n"
        for number, at in enumerate((oldest + timedelta(minutes=30), oldest - timedelta(seconds=1), young))
    )
    for side in sides:
        done = side.take(of, f"episode_id,listener_id,event_type,occurred_at\n{rows}", "old.csv")
        assert (done.imported, done.refused) == (2, 1), side.name
        (refused,) = done.first_refusals
        assert refused.line_number == 3
        assert refused.reason == "The event is older than the two years that raw events are kept."
        side.refresh()
        assert [row[0] for row in side.read(of, "listener_events_hourly")] == [oldest, young], side.name
    _alike(sides, of, but=("metrics_daily",))


@pytest.fixture
def edge_of_40_days(sides: Sides) -> Iterator[Callable[[], None]]:
    """Lets time pass: calling it moves the edge of raw events to 40 days back, on both sides."""
    kept: list[tuple[Side, str]] = []

    def move() -> None:
        for side in sides:
            with side.connect("podboard_owner") as connection:
                found = connection.execute(
                    "select pg_get_functiondef('raw_retention_start'::regproc)"
                ).fetchone()
                assert found
                assert "2 years" in found[0]
                kept.append((side, found[0]))
                connection.execute(found[0].replace("2 years", "40 days").encode())
                connection.commit()

    yield move
    for side, definition in kept:
        with side.connect("podboard_owner") as connection:
            connection.execute(definition.encode())
            connection.commit()


def test_what_was_counted_outlives_its_raw_events(sides: Sides, edge_of_40_days: Callable[[], None]) -> None:
    """Retention drops raw events and nothing else; whatever is noted behind the edge afterwards erases no history."""
    of = TenantIds("outlives", "Europe/Berlin")
    timescale, _ = sides
    old, behind, young = (NOW - timedelta(days=days) for days in (100, 45, 3))
    for side in sides:
        side.make(of)
        for at in (old, behind, young):
            side.listen_all(
                of, [(at, "first", f"listener {n}", kind) for n in range(3) for kind in ("download", "play")]
            )
        side.refresh()
    _alike(sides, of)
    before = timescale.everything(of)
    assert [row[4:] for row in before["listener_events_daily"]] == [(3, 3)] * 6

    edge_of_40_days()
    raw = "select occurred_at, listener_id from listener_events where occurred_at >= %s order by 1, 2"
    for side in sides:
        assert side.drop_expired() > 0, side.name
        assert side.found(of, "podboard_web", raw, old - timedelta(days=1))[0][0] > old, side.name
        ((edge,),) = side.found(of, "podboard_web", "select raw_retention_start()")
        assert [at for at, _ in side.found(of, "podboard_web", raw, edge)] == [young] * 6
        side.refresh()
        assert side.everything(of) == before, side.name

    # A late event, a second one in an hour that was counted, and a deletion, all past the import.
    for side in sides:
        side.listen(of, old + timedelta(minutes=7), "too late")
        side.listen(of, old + timedelta(days=1), "too late")
        side.listen(of, behind + timedelta(minutes=7), "too late")
        with side.writing(of) as connection:
            connection.execute(
                "delete from listener_events where tenant_id = %s and occurred_at < %s",
                [of.tenant, old + timedelta(hours=1)],
            )
        side.refresh()
        assert side.everything(of) == before, side.name
        side.drop_expired()
        side.refresh()
        assert side.everything(of) == before, side.name

    # The declared policy cuts at the same edge as the worker, which has left it nothing to drop.
    with timescale.connect("podboard_owner") as connection:
        connection.autocommit = True
        chunks = (
            "select count(*) from timescaledb_information.chunks where hypertable_name = 'listener_events'"
        )
        left = connection.execute(chunks).fetchone()
        ((job, drop_after),) = connection.execute(
            "select job_id, config ->> 'drop_after' from timescaledb_information.jobs "
            "where proc_name = 'policy_retention' and hypertable_name = 'listener_events'"
        ).fetchall()
        assert drop_after == "2 years"
        shorter = "select alter_job(%s, config => config || jsonb_build_object('drop_after', %s::text)) from timescaledb_information.jobs where job_id = %s"
        connection.execute(shorter, [job, "40 days", job])
        connection.execute("call run_job(%s)", [job])
        assert connection.execute(chunks).fetchone() == left
        connection.execute(shorter, [job, "2 years", job])
    timescale.refresh()
    assert timescale.everything(of) == before


def test_a_refresh_stays_inside_the_raw_events(sides: Sides) -> None:
    for side in sides:
        with side.entered(), system_session("test") as connection:
            window = ask(connection, "refresh/unscoped_aggregate_window")[0]
            (edge,) = connection.execute(text("select raw_retention_start()")).one()
            assert edge <= window["period_from"] <= edge + timedelta(days=1)


def test_no_tenant_and_no_chunk_shows_anything(timescale: Side) -> None:
    of = TenantIds("chunks", "UTC")
    timescale.make(of)
    timescale.listen(of, NOW - timedelta(days=2), "somebody")
    timescale.refresh()
    with timescale.connect("podboard_owner") as connection:
        chunks = connection.execute(
            "select chunk_schema::text, chunk_name::text from timescaledb_information.chunks"
        ).fetchall()
    assert chunks
    for role in ("podboard_web", "podboard_worker"):
        with timescale.connect(role) as connection:
            connection.autocommit = True
            for relation in (*READ, "listener_events", "attribution_events", "listener_metrics"):
                assert connection.execute(
                    sql.SQL("select count(*) from {}").format(sql.Identifier(relation))
                ).fetchone() == (0,)
            for place in (("internal", "listener_events_hourly"), ("internal", "metrics_daily"), *chunks):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(sql.SQL("select 1 from {}").format(sql.Identifier(*place)))


def test_what_timescale_keeps_is_written_down(timescale: Side) -> None:
    with timescale.connect("podboard_owner") as connection:
        made = timescale_structure(connection)
    assert TIMESCALE_STRUCTURE.read_text(encoding="utf-8") == made, (
        "run `make structure` and review the difference"
    )


def test_the_hypertables_are_made_as_timescale_allows(timescale: Side) -> None:
    """Row security without FORCE on the three with aggregates, none of them under the aggregates' roles, no key to what is retained."""
    with timescale.connect("podboard_owner") as connection:
        tables = connection.execute(
            "select c.relname::text, c.relrowsecurity, c.relforcerowsecurity from timescaledb_information.hypertables h "
            "join pg_class c on c.oid = format('%I.%I', h.hypertable_schema, h.hypertable_name)::regclass "
            "where h.hypertable_schema = 'public' order by 1"
        ).fetchall()
        assert tables == [
            ("attribution_events", True, False),
            # Carries no aggregate that FORCE would empty.
            ("excluded_requests", True, True),
            ("listener_events", True, False),
            ("listener_metrics", True, False),
        ]
        aggregates = connection.execute(
            "select view_name::text, view_owner::text, materialized_only, "
            "has_table_privilege('podboard_web', format('%I.%I', view_schema, view_name), 'select'), "
            "has_table_privilege('podboard_worker', format('%I.%I', view_schema, view_name), 'select') "
            "from timescaledb_information.continuous_aggregates order by 1"
        ).fetchall()
        assert aggregates == [
            (name, "podboard_owner", True, False, False)
            for name in ("listener_events_daily", "listener_events_hourly")
        ]
        assert (
            connection.execute(
                "select conrelid::regclass from pg_constraint where contype = 'f' and confrelid in "
                "('listener_events'::regclass, 'listener_metrics'::regclass)"
            ).fetchall()
            == []
        )


def _inspect(wasm: TimescaleServer, patch: pytest.MonkeyPatch) -> list[Finding]:
    patch.setattr(check, "_open", wasm.connect)
    return check.inspect("podboard_web", worker_dsn="podboard_worker", owner_dsn="podboard_owner")


def test_check_finds_what_is_there(wasm: TimescaleServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it passes but the size of the lock table, which this build cannot be given."""
    findings = [(finding.subject, finding.state, finding.text) for finding in _inspect(wasm, monkeypatch)]
    assert findings == [
        ("Server", "ok", "PostgreSQL 17.5"),
        ("Locks", "fault", "max_locks_per_transaction = 64, but chunks of 1 day need 1024: as a superuser run "
                           "`alter system set max_locks_per_transaction = 1024` and restart the server"),
        ("TimescaleDB", "ok", "keeps the time series of this database"),
        ("Extension uuid-ossp", "note", "missing: uuid_generate_v4() is made over gen_random_uuid(): nothing is lost"),
        ("Extension pg_trgm", "note", "missing: searches by part of a word read whole tables"),
        ("Extension pgcrypto", "note", "missing: nothing is lost: podboard hashes and draws random numbers in Python"),
        ("Web role", "ok", "podboard_web has the rights it needs and no more"),
        ("Worker role", "ok", "podboard_worker has the rights it needs and no more"),
        ("Owner role", "ok", "podboard_owner has the rights it needs and no more"),
    ]  # fmt: skip


def test_a_role_that_may_enter_the_chunks_is_refused(
    wasm: TimescaleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wasm.connect(autocommit=True) as connection:
        connection.execute("grant usage on schema _timescaledb_internal to public")
    try:
        faults = [finding for finding in _inspect(wasm, monkeypatch) if finding.state == "fault"]
        assert [finding.subject for finding in faults] == ["Locks", "Web role", "Worker role"]
        for finding, role in zip(faults[1:], ("podboard_web", "podboard_worker"), strict=True):
            assert finding.text == (
                f"{role} may enter the schema of TimescaleDB's chunks, which row-level security does not cover: "
                "as a superuser run schema/timescale.sql in this database"
            )
        with pytest.raises(check.RoleError, match="may enter the schema of TimescaleDB's chunks"):
            check.require_runtime_role("podboard_web")
    finally:
        with wasm.connect(autocommit=True) as connection:
            connection.execute((FOLDER / "timescale.sql").read_bytes())
    check.require_runtime_role("podboard_web")


@pytest.mark.proof
def test_one_more_day_costs_what_is_new_whatever_the_history(
    timescale: Side, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command that refreshes the aggregates, after 60 and after 720 days of history: under 1.5 times the time."""
    of = TenantIds("cost", "UTC")
    timescale.make(of)

    def listen(first_day: int, last_day: int, downloads: int = 100) -> None:
        """So many downloads on each of these days before today."""
        with timescale.writing(of) as connection:
            connection.execute(
                "insert into listener_events (id, tenant_id, episode_id, listener_id, event_type, occurred_at) "
                "select gen_random_uuid(), %s, %s, 'listener ' || n, 'download', "
                "%s - make_interval(days => day, secs => 86400 * n / %s) "
                "from generate_series(%s::int, %s::int) day, generate_series(1, %s) n",
                (of.tenant, of["first"], NOW, downloads, first_day, last_day, downloads),
            )

    def refreshed() -> float:
        with timescale.entered():
            began = time.perf_counter()
            refresh.refresh_aggregates()
            return time.perf_counter() - began

    def one_more_day() -> float:
        times = []
        for _ in range(5):
            listen(0, 0, 20_000)  # what the large demo hears in a day
            times.append(refreshed())
            with timescale.writing(of) as connection:  # so that each round finds the day as the first one did
                connection.execute(
                    "delete from listener_events where tenant_id = %s and occurred_at > %s",
                    (of.tenant, NOW - timedelta(days=1)),
                )
            refreshed()
        return min(times)  # what else runs on the machine only ever adds to a time

    listen(2, 60)
    refreshed()
    short = one_more_day()
    listen(61, 720)
    refreshed()
    long = one_more_day()
    figures = f"{short * 1000:.0f} ms after 60 days, {long * 1000:.0f} ms after 720: {long / short:.2f}"
    with capsys.disabled():
        sys.stdout.write(f"\nThe aggregates' refresh, one more day: {figures}\n")
    assert long < 1.5 * short, figures
