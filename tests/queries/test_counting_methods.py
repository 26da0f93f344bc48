"""Each download says by which window and which rules it was counted; what a window refuses is kept, once."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from queries.filters import Filters, parse_filters
from queries.ingest import events as events_module
from queries.ingest.collector import take_events
from queries.ingest.counting.addresses import Networks
from queries.ingest.counting.rules import COUNTING_VERSION
from queries.ingest.events import import_events
from queries.ingest.refused import write_refusals
from queries.listening_counted import counted_by
from queries.session import tenant_session
from queries.settings import Settings
from tests.conftest import Database
from tests.host import IAB, Host, at, line
from tests.queries.test_ingest_windows import _csv, _key
from tests.sponsorship import own_database
from tests.studio import NOW

WINDOWS = ("calendar_day", "rolling_first_touch", "rolling_last_touch")
WAYS = ("log", "filtered log", "file", "collector")
LIST = Networks(["203.0.113.0/24"])


@pytest.fixture(scope="module")
def methods_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_methods") as made:
        yield made


def _methods(host: Host) -> list[tuple[Any, ...]]:
    return host.rows(
        "select number, download_window, time_zone, rule_version, data_centres, first_at, last_at"
        " from counting_methods where tenant_id = %(tenant)s order by number"
    )


def _counted(host: Host) -> list[tuple[datetime, int]]:
    """Moments of the downloads, with the number of the way that each names."""
    return host.rows(
        "select occurred_at, counted_by from listener_events where tenant_id = %(tenant)s"
        " and event_type = 'download' order by occurred_at"
    )


def _repeats(host: Host) -> list[tuple[Any, ...]]:
    return host.rows(
        "select occurred_at, reason, rule_version, episode_id, import_id is null from excluded_requests"
        " where tenant_id = %(tenant)s order by occurred_at, id"
    )


def _set_window(host: Host, window: str) -> None:
    with psycopg.connect(host.database.superuser_dsn) as connection:
        connection.execute(
            "update tenant_settings set settings = settings || jsonb_build_object('download_window', %s::text)"
            " where tenant_id = %s",
            [window, host.tenant.tenant_id],
        )


def _send(host: Host, key: UUID, *moments: datetime, listener: str = "l1") -> None:
    event = {"episode_id": str(host.one), "listener_id": listener, "event_type": "download"}
    take_events(host.tenant.tenant_id, key, [{**event, "occurred_at": one.isoformat()} for one in moments])


def _take(host: Host, way: str, moments: list[datetime]) -> None:
    if way == "file":
        host.take(_csv(host, *moments))
    elif way == "collector":
        _send(host, _key(host), *moments)
    else:
        filtered = LIST if way == "filtered log" else None
        host.log(*(line(moment) for moment in moments), data_centres=filtered)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("way", WAYS)
def test_each_way_in_stores_by_what_it_counted(methods_database: Database, way: str, window: str) -> None:
    host = Host(methods_database, zone="Europe/Berlin", window=window)
    _take(host, way, IAB)
    counted = _counted(host)
    assert len(counted) > 1
    assert {number for _, number in counted} == {1}
    zone = "Europe/Berlin" if window == "calendar_day" else "UTC"
    filtered = {"log": "without_list", "filtered log": "with_list"}.get(way, "source")
    assert _methods(host) == [(1, window, zone, COUNTING_VERSION, filtered, counted[0][0], counted[-1][0])]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("way", WAYS)
def test_whatever_a_window_refuses_is_kept_once_in_every_way(
    methods_database: Database, way: str, window: str
) -> None:
    host = Host(methods_database, window=window)
    _take(host, way, IAB)
    kept = _repeats(host)
    assert [row[:4] for row in kept] == [
        (moment, "repeat", COUNTING_VERSION, host.one)
        for moment in IAB
        if moment not in {found for found, _ in _counted(host)}
    ]
    assert kept
    assert {row[4] for row in kept} == {way == "collector"}
    before = host.state()
    if way == "collector":
        [(key,)] = host.rows("select id from api_keys where tenant_id = %(tenant)s")
        _send(host, key, *IAB)
    else:
        _take(host, way, IAB)
    assert host.state() == before


def test_what_is_no_download_names_no_way(methods_database: Database) -> None:
    host = Host(methods_database)
    rows = [f"{host.one},l{n},{kind},{at().isoformat()}" for n, kind in enumerate(("play", "complete"))]
    host.take("\n".join(["episode_id,listener_id,event_type,occurred_at", *rows]) + "\n")
    assert host.rows("select counted_by from listener_events where tenant_id = %(tenant)s") == [(None,)] * 2
    assert _methods(host) == []
    with (
        psycopg.connect(methods_database.superuser_dsn) as connection,
        pytest.raises(psycopg.errors.CheckViolation, match="listener_events_counted_downloads"),
    ):
        connection.execute(
            "update listener_events set counted_by = 1 where tenant_id = %s", [host.tenant.tenant_id]
        )


def test_another_window_between_two_imports_is_another_way_and_both_are_told(
    methods_database: Database,
) -> None:
    host = Host(methods_database)
    early, late = at("12:00:00"), at("12:00:00") + timedelta(days=3)
    host.take(_csv(host, early))
    _set_window(host, "rolling_first_touch")
    host.take(_csv(host, late))
    assert _counted(host) == [(early, 1), (late, 2)]
    assert [(row[0], row[1], row[5], row[6]) for row in _methods(host)] == [
        (1, "calendar_day", early, early), (2, "rolling_first_touch", late, late),
    ]  # fmt: skip
    told = _told(host, early, late)
    assert told == (
        [
            f"once per calendar day (UTC), {COUNTING_VERSION}; filtered by whoever sent them",
            f"once per 24 hours from the first request, {COUNTING_VERSION}; filtered by whoever sent them",
        ],
        ("This period mixes downloads of different windows: they are not quite alike.",),
    )
    assert _told(host, early, early) == (told[0][:1], ())
    assert _told(host, late, late) == (told[0][1:], ())
    # The window of before again is the way of before again.
    _set_window(host, "calendar_day")
    host.take(_csv(host, late + timedelta(days=1)))
    assert [number for _, number in _counted(host)] == [1, 2, 1]
    assert _methods(host)[0][5:] == (early, late + timedelta(days=1))
    # The moments are the whole tenant's: of them no more is told than lies in the days that are asked for.
    with tenant_session(host.actor) as connection:
        [way, _] = counted_by(connection, _filters(host, late, late)).rows
    begins = late.replace(hour=0, minute=0, second=0, microsecond=0)
    assert way["number"] == 1
    assert (way["first_at"], way["last_at"]) == (begins, begins + timedelta(days=1, microseconds=-1))


def test_other_rules_and_another_list_are_told_too(methods_database: Database) -> None:
    host = Host(methods_database)
    host.log(line(at("10:00:00")))
    host.log(line(at("11:00:00"), address="192.0.2.2"), name="b.log", data_centres=LIST)
    with psycopg.connect(methods_database.superuser_dsn) as connection:
        connection.execute(
            "update counting_methods set rule_version = 'IAB 2.3, rules 0' where tenant_id = %s and number = 1",
            [host.tenant.tenant_id],
        )
    words, notes = _told(host, at(), at())
    assert words == [
        "once per calendar day (UTC), IAB 2.3, rules 0; no list of data centres",
        f"once per calendar day (UTC), {COUNTING_VERSION}; data centres filtered out by a list of their networks",
    ]
    assert notes == (
        "This period mixes downloads of different versions of the rules and filters of data centres: "
        "they are not quite alike.",
    )


def _filters(host: Host, first: datetime, last: datetime) -> Filters:
    """The days from one moment to another."""
    days = {"from": first.date().isoformat(), "to": last.date().isoformat()}
    return parse_filters(days, zone=host.tenant.zone, now=NOW)


def _told(host: Host, first: datetime, last: datetime) -> tuple[list[str], tuple[str, ...]]:
    """What "why this number" says of the days from one moment to another."""
    with tenant_session(host.actor) as connection:
        answer = counted_by(connection, _filters(host, first, last))
    return [row["words"] for row in answer.rows], answer.notes


@pytest.mark.parametrize(
    ("before", "after"),
    [("calendar_day", "rolling_first_touch"), ("rolling_first_touch", "calendar_day")],
)
def test_what_was_refused_stays_refused_under_another_window(
    methods_database: Database, before: str, after: str
) -> None:
    """Noon and the evening count once by days; the night after counts by days alone."""
    noon = at("12:00:00")
    moments = [noon, noon + timedelta(hours=6), noon + timedelta(hours=15), noon + timedelta(hours=25)]
    host = Host(methods_database, window=before)
    host.take(_csv(host, *moments))
    state = host.state()
    refused = len(_repeats(host))
    assert refused
    _set_window(host, after)
    again = host.take(_csv(host, *moments))
    assert (again.imported, again.duplicate, again.refused) == (0, 4 - refused, refused)
    after_it = host.state()
    # The other window is kept as one that has counted nothing, and its ledger may have been opened.
    assert after_it[:2] == state[:2]
    assert [row[5:] for row in _methods(host)][1:] == [(None, None)]


def test_a_window_that_was_let_go_of_lets_nothing_in_that_it_refused(methods_database: Database) -> None:
    host = Host(methods_database, window="rolling_last_touch")
    # The second puts the end off, so that the third is a repeat of the first, 30 hours after it.
    moments = [at("08:00:00"), at("22:00:00"), at("14:00:00") + timedelta(days=1)]
    host.take(_csv(host, *moments))
    with psycopg.connect(methods_database.superuser_dsn) as connection:
        connection.execute("delete from counting_windows where tenant_id = %s", [host.tenant.tenant_id])
    again = host.take(_csv(host, *moments))
    assert (again.imported, again.refused) == (0, 2)
    assert ([moment for moment, _ in _counted(host)], len(_repeats(host))) == (moments[:1], 2)


def test_a_resumed_import_doubles_neither_downloads_nor_repeats(
    methods_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", 4)
    host, whole = Host(methods_database), Host(methods_database)
    moments = [at("08:00:00") + timedelta(hours=9 * n) for n in range(12)]
    told = _csv(host, *moments)
    stored: list[tuple[int, int]] = []

    def stop(lines: int, _: int) -> None:
        stored.append((len(_counted(host)), len(_repeats(host))))
        if len(stored) == 2:
            raise OSError("The machine is gone.")

    with pytest.raises(OSError, match="machine"):
        import_events(host.actor, io.BytesIO(told.encode()), name="test.csv", batch_done=stop)
    assert stored[-1][0] < 8 > stored[-1][1] > 0
    first = _methods(host)
    assert first[0][6] == _counted(host)[-1][0] < moments[-1]
    done = host.take(told)
    whole.take(_csv(whole, *moments))
    assert _counted(host) == _counted(whole)
    assert [row[:3] for row in _repeats(host)] == [row[:3] for row in _repeats(whole)]
    assert _methods(host) == _methods(whole)
    assert done.refused == len(_repeats(host))


def test_two_who_count_at_once_agree_on_one_way_with_both_ends(methods_database: Database) -> None:
    host = Host(methods_database)
    key = _key(host)
    moments = [at() + timedelta(minutes=n) for n in range(24)]
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda n: _send(host, key, moments[n], listener=f"l{n}"), [*range(0, 24, 2), *range(1, 24, 2)]
            )
        )
    assert {number for _, number in _counted(host)} == {1}
    assert [row[5:] for row in _methods(host)] == [(moments[0], moments[-1])]


def test_an_import_that_is_rolled_back_leaves_no_way(
    methods_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Host(methods_database)

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("The machine is gone.")

    with monkeypatch.context() as patch:
        patch.setattr("queries.ingest.event_store.make_impressions", fail)
        with pytest.raises(OSError, match="machine"):
            host.take(_csv(host, at()))
    assert (_counted(host), _methods(host)) == ([], [])


def test_the_list_of_refused_rows_names_a_repeat_of_a_file_once(
    methods_database: Database, tmp_path: Path
) -> None:
    host = Host(methods_database)
    done = host.take(_csv(host, at("10:00:00"), at("11:00:00")))
    assert len(_repeats(host)) == 1
    assert write_refusals(host.actor, done.import_id, tmp_path / "rows.csv") == 1
    listed = list(csv.DictReader(io.StringIO((tmp_path / "rows.csv").read_text(encoding="utf-8"))))
    assert [row["line"] for row in listed] == ["3"]
