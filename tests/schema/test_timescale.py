"""The TimescaleDB way for real: the same migrations, and the same answers as plain PostgreSQL from the same events.

The server is a WebAssembly build (tests/timescale). Both sides run the worker's own commands, as the worker's role.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql
from sqlalchemy import make_url, text

from dashboard.commands.check import command
from queries.session import Actor, system_session, tenant_session
from queries.settings import Settings
from queries.statements import ask
from schema import check
from schema.check import Finding
from schema.migrate import FOLDER
from schema.structure import TIMESCALE_STRUCTURE, timescale_structure
from tests import kept
from tests.catalogue_bounds import beyond
from tests.catalogue_rules import faults
from tests.conftest import Database
from tests.data_model import Model
from tests.timescale.alike import objects
from tests.timescale.server import TimescaleServer
from tests.timescale.sides import NOW, READ, Side, TenantIds, plain_side

# The build has a PostgreSQL of its own, whichever the run uses; plain PostgreSQL's answers have oracles on every version.
pytestmark = [pytest.mark.once, pytest.mark.drill]
Sides = tuple[Side, Side]


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


def test_engaged_plays_follow_a_corrected_duration_on_both_engines(sides: Sides) -> None:
    of, other = TenantIds("corrected-a", "America/New_York"), TenantIds("corrected-c", "Asia/Kolkata")

    def engaged(side: Side, of: TenantIds) -> int:
        return sum(row[4] for row in side.read(of, "metrics_daily") if row[3] == "engaged_plays")

    for side in sides:
        for each in (of, other):
            side.make(each)
            side.fill(each)
        side.refresh()
        stood = engaged(side, of)
        with side.writing(of, "podboard_web") as connection:
            connection.execute("update episodes set duration_seconds = 100 where tenant_id = %s", [of.tenant])
        side.refresh()
        assert (stood, engaged(side, other)) == (0, 0), side.name
        assert engaged(side, of) > 0, side.name
    _alike(sides, of, other)


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


def test_an_earlier_download_takes_the_place_of_a_later_one_with_its_ads(sides: Sides) -> None:
    of = TenantIds("earlier", "UTC")
    noon = NOW.replace(hour=12) - timedelta(days=3)
    for side in sides:
        side.make(of)
        with side.writing(of) as connection:
            connection.execute("update campaigns set stage = 'live' where tenant_id = %s", [of.tenant])
            connection.execute(
                "insert into ad_units (tenant_id, campaign_id, episode_id, unit_type, position_seconds, duration_seconds)"
                " values (%s, %s, %s, 'mid_roll', 60, 30)",
                [of.tenant, of["campaign"], of["first"]],
            )
        for hours, impressions in ((5, 1), (1, 0)):
            at = noon + timedelta(hours=hours)
            done = side.take(
                of, f"episode_id,listener_id,event_type,occurred_at\n{of['first']},l1,download,{at.isoformat()}\n",
                f"{hours}.csv",
            )  # fmt: skip
            assert (done.imported, done.refused, done.impressions) == (1, 0, impressions), side.name
        side.refresh()
        for table in ("listener_events", "attribution_events"):
            found = side.found(
                of, "podboard_owner", f"select occurred_at from {table} where tenant_id = %s", of.tenant
            )
            assert found == [(noon + timedelta(hours=1),)], (side.name, table)
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


# What each engine does in its own way, and an index that the build, which has no pg_trgm, cannot have.
ENGINES_OWN = {
    "ensure_event_storage", "internal.drop_expired_events", "internal.ensure_partitions",
    "internal.listener_events_daily", "internal.listener_events_hourly", "internal.names_trigrams",
    "internal.refresh_event_aggregates",
}  # fmt: skip


def test_all_else_is_as_on_plain_postgresql(sides: Sides) -> None:
    with sides[0].connect("podboard_owner") as timescale, sides[1].connect("podboard_owner") as plain:
        unlike = {name for name, _ in objects(timescale) ^ objects(plain)}
        assert faults(timescale) == []
        assert beyond(timescale) == []
        assert list(kept.broken(timescale)) == []
    assert {re.sub(r"[( ].*|_(pkey|bucket)$|(?<=ly)[.]\w+$", "", name) for name in unlike} == ENGINES_OWN


def test_every_line_of_the_model_is_there(timescale: Side) -> None:
    with timescale.connect("podboard_owner") as connection:
        assert Model(connection, "timescale").faults() == []


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


def test_check_passes(wasm: TimescaleServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """`podboard check` ends with 0; each log-in is a session of its role."""
    for name, role in (("", "web"), ("_WORKER", "worker"), ("_OWNER", "owner")):
        monkeypatch.setenv(f"DATABASE{name}_URL", f"postgresql://podboard_{role}@wasm/postgres")
    monkeypatch.setenv("SECRET_KEY", "kX4vQ9wZ1nB7rT2yL6pD8sF3hJ5gM0cA")
    monkeypatch.setattr(check, "_open", lambda dsn: wasm.connect(str(make_url(dsn).username)))
    done = CliRunner().invoke(command)
    assert done.exit_code == 0, done.output
    said = [re.split(r"  +", line, maxsplit=2) for line in done.output.splitlines()]
    assert said[:11] == [
        ["ok", "SECRET_KEY", "set"],
        ["ok", "Database", "from DATABASE_URL"],
        ["ok", "Server", "PostgreSQL 17.5"],
        ["ok", "Locks", "max_locks_per_transaction = 1024, and chunks of 1 day need 1024"],
        ["ok", "TimescaleDB", "keeps the time series of this database"],
        ["note", "Extension uuid-ossp", "missing: uuid_generate_v4() is made over gen_random_uuid(): nothing is lost"],
        ["note", "Extension pg_trgm", "missing: searches by part of a word read whole tables"],
        ["note", "Extension pgcrypto", "missing: nothing is lost: podboard hashes and draws random numbers in Python"],
        ["ok", "Web role", "podboard_web has the rights it needs and no more"],
        ["ok", "Worker role", "podboard_worker has the rights it needs and no more"],
        ["ok", "Owner role", "podboard_owner has the rights it needs and no more"],
    ]  # fmt: skip


def test_the_room_for_locks_follows_from_the_length_of_the_chunks(
    wasm: TimescaleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locks() -> Finding:
        (found,) = [finding for finding in _inspect(wasm, monkeypatch) if finding.subject == "Locks"]
        return found

    def chunks_of(length: str, *tables: str) -> None:
        with wasm.connect("podboard_owner", autocommit=True) as connection:
            for table in tables:
                connection.execute(
                    "select set_chunk_time_interval(%s::regclass, %s::interval)", [table, length]
                )

    daily = ("listener_events", "attribution_events", "listener_metrics")
    try:
        chunks_of("12 hours", "listener_events")
        assert locks() == Finding(
            "Locks",
            "fault",
            "max_locks_per_transaction = 1024, but chunks of 0.5 days need 2048: as a superuser run "
            "`alter system set max_locks_per_transaction = 2048` and restart the server",
        )
        chunks_of("7 days", *daily)
        assert locks().text == "max_locks_per_transaction = 1024, and chunks of 7 days need 147"
    finally:
        chunks_of("1 day", *daily)
    assert locks().text == "max_locks_per_transaction = 1024, and chunks of 1 day need 1024"


def test_a_role_that_may_enter_the_chunks_is_refused(
    wasm: TimescaleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wasm.connect(autocommit=True) as connection:
        connection.execute("grant usage on schema _timescaledb_internal to public")
    try:
        faults = [finding for finding in _inspect(wasm, monkeypatch) if finding.state == "fault"]
        assert [finding.subject for finding in faults] == ["Web role", "Worker role"]
        for finding, role in zip(faults, ("podboard_web", "podboard_worker"), strict=True):
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
