"""Downloads that others counted, in files and by the collector: unique in the tenant's window, as those of logs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.api_keys import create_api_key
from queries.ingest import events as events_module
from queries.ingest.collector import take_events
from queries.ingest.event import DIFFERENT
from queries.settings import Settings
from tests.conftest import Database
from tests.host import DAY, IAB, Host, at, line
from tests.searches import search
from tests.sponsorship import own_database

ROLLING = ("rolling_first_touch", "rolling_last_touch")
WINDOWS = [("calendar_day", [0, 1, 3]), ("rolling_first_touch", [0, 2, 3]), ("rolling_last_touch", [0, 3])]
REASON = "This listener's download of this episode is counted already, within 24 hours of it."


@pytest.fixture(scope="module")
def windows_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_windows") as made:
        yield made


def _csv(host: Host, *moments: datetime, listener: str = "l1") -> str:
    rows = [f"{host.one},{listener},download,{moment.isoformat()}" for moment in moments]
    return "\n".join(["episode_id,listener_id,event_type,occurred_at", *rows]) + "\n"


def _key(host: Host) -> UUID:
    """The id of a key that may send events."""
    email = f"{host.one}@sender.example"
    host.tenant.person(email, "admin")
    create_api_key(host.actor, email=email, name="Collector", scopes=("events.write",))
    [(id_,)] = host.rows("select id from api_keys where tenant_id = %(tenant)s")
    return UUID(str(id_))


def _moments(host: Host) -> list[datetime]:
    return [moment for _, moment in host.downloads()]


@pytest.mark.parametrize(("window", "counted"), WINDOWS)
def test_the_worked_table_of_windows_in_files(
    windows_database: Database, window: str, counted: list[int]
) -> None:
    """In one file whatever its order is, and in a file for each; nothing comes of the same again."""
    together, apart, turned = (Host(windows_database, window=window) for _ in range(3))
    together.take(_csv(together, *IAB))
    turned.take(_csv(turned, *reversed(IAB)))
    for moment in IAB:
        apart.take(_csv(apart, moment))
    assert _moments(together) == _moments(apart) == [IAB[number] for number in counted]
    assert len(_moments(turned)) == len(counted)
    for host in (together, apart, turned):
        before = host.state()
        again = host.take(_csv(host, *IAB))
        assert (again.imported, again.duplicate, again.refused) == (0, len(counted), 4 - len(counted))
        assert host.state() == before


@pytest.mark.parametrize("window", ROLLING)
def test_a_file_that_comes_again_when_its_windows_are_gone_adds_nothing(
    windows_database: Database, window: str
) -> None:
    host = Host(windows_database, window=window)
    host.take(_csv(host, *IAB))
    counted = _moments(host)
    with psycopg.connect(windows_database.superuser_dsn) as connection:
        connection.execute("delete from counting_windows where tenant_id = %s", [host.tenant.tenant_id])
    again = host.take(_csv(host, *IAB))
    assert (again.imported, _moments(host)) == (0, counted)
    assert {reason for _, reason, _ in host.refusals()} == {REASON}


@pytest.mark.parametrize("batch", [1, 40])
@pytest.mark.parametrize("window", ROLLING)
def test_the_id_of_a_download_is_its_own_when_it_is_a_repeat_too(
    windows_database: Database, monkeypatch: pytest.MonkeyPatch, window: str, batch: int
) -> None:
    """A source that gives its ids twice: its file again adds nothing, whatever became of the download meanwhile."""
    monkeypatch.setattr(events_module, "BATCH_ROWS", batch)
    host = Host(windows_database, window=window)

    def told(id_: str, event_type: str, moment: datetime) -> str:
        return f"{id_},{host.one},l1,{event_type},{moment.isoformat()}\n"

    head, first = "id,episode_id,listener_id,event_type,occurred_at\n", at("10:00:00")
    twice = head + told("x", "download", first) + told("x", "play", first + timedelta(minutes=5))
    twice += told("x", "download", first + timedelta(minutes=7)) + told("x", "play", first)
    done = host.take(twice)
    assert (done.imported, done.refused) == (1, 3)
    earlier = host.take(head + told("y", "download", first - timedelta(hours=5)))
    assert (earlier.imported, host.excluded(), len(host.downloads())) == (1, {"repeat": 1}, 1)
    before = host.state()
    again = host.take(twice)
    assert (again.imported, again.refused) == (0, 4)
    assert host.state() == before
    assert [line for line, reason, _ in host.refusals() if reason == DIFFERENT] == [3, 4, 5] * 2


@pytest.mark.parametrize(("window", "counted"), WINDOWS)
def test_the_worked_table_of_windows_by_the_collector(
    windows_database: Database, window: str, counted: list[int]
) -> None:
    host = Host(windows_database, window=window)
    key = _key(host)
    event = {"episode_id": str(host.one), "listener_id": "l1", "event_type": "download"}
    answers = [
        take_events(host.tenant.tenant_id, key, [{**event, "occurred_at": moment.isoformat()}])
        for moment in IAB
    ]
    assert [number for number, answer in enumerate(answers) if answer.imported] == counted
    assert _moments(host) == [IAB[number] for number in counted]
    assert [len(answer.refusals) for answer in answers] == [int(number not in counted) for number in range(4)]


@pytest.mark.parametrize("window", ROLLING)
def test_a_download_counts_once_whether_a_log_or_a_file_has_it_first(
    windows_database: Database, window: str
) -> None:
    host = Host(windows_database, window=window)
    host.log(line(at("22:00:00")))
    [(listener,)] = host.rows("select listener_id from listener_events where tenant_id = %(tenant)s")
    night = at("03:00:00", DAY + timedelta(days=1))
    assert host.take(_csv(host, night, listener=listener)).refused == 1
    assert host.take(_csv(host, night + timedelta(days=2), listener=listener)).imported == 1
    host.log(line(night + timedelta(days=2, hours=1)), name="late.log")
    assert (len(host.downloads()), host.excluded()) == (2, {"repeat": 2})


def test_ads_in_them_count_with_the_downloads_that_count(windows_database: Database) -> None:
    host = Host(windows_database, window="rolling_first_touch")
    first, last = min(IAB).date(), max(IAB).date()
    host.tenant.ad_unit(host.tenant.campaign(host.sponsor, first, last), host.one, position=500)
    assert host.take(_csv(host, *IAB)).impressions == 3
    assert host.rows(
        "select attribution_data ->> 'evidence', occurred_at from attribution_events"
        " where tenant_id = %(tenant)s order by 2"
    ) == [("download", IAB[number]) for number in (0, 2, 3)]


@search(5, 60)
@given(
    seed=st.integers(0, 10_000), batch=st.integers(1, 40), cut=st.integers(0, 40), window=st.sampled_from(ROLLING)
)  # fmt: skip
def test_any_cut_into_files_and_batches_counts_what_comparing_all_with_all_counts(
    windows_database: Database, monkeypatch: pytest.MonkeyPatch, seed: int, batch: int, cut: int, window: str
) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", batch)
    host = Host(windows_database, window=window)
    dice = random.Random(seed)  # noqa: S311 (no secret)
    told = sorted(
        (at("00:00:00") + timedelta(minutes=dice.randrange(4 * 1_440)), f"l{dice.randrange(3)}")
        for _ in range(40)
    )
    told = list(dict.fromkeys(told))
    for part in (told[:cut], told[cut:]):
        if part:
            rows = [f"{host.one},{listener},download,{moment.isoformat()}" for moment, listener in part]
            host.take("\n".join(["episode_id,listener_id,event_type,occurred_at", *rows]) + "\n")
    expected = []
    for listener in {listener for _, listener in told}:
        anchor: datetime | None = None
        for moment in (moment for moment, who in told if who == listener):
            if anchor is None or moment - anchor >= timedelta(hours=24):
                expected.append((moment, listener))
                anchor = moment
            elif window == "rolling_last_touch":
                anchor = moment
    assert sorted(
        host.rows("select occurred_at, listener_id from listener_events where tenant_id = %(tenant)s")
    ) == sorted(expected)
