"""Requests that come late to their window: what stands is what would stand had all come in order of time."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from queries.api_keys import create_api_key
from queries.ingest import events as events_module
from queries.ingest import remembered, tally
from queries.ingest.collector import take_events
from queries.ingest.events import check_events
from queries.ingest.flips import COUNTED, WITHIN
from queries.ingest.imports import ImportResult
from queries.ingest.logs import store
from queries.ingest.refused import write_refusals
from queries.ingest.waiting import count_requests
from queries.session import system_session, tenant_session
from queries.settings import Settings
from queries.sources import imports
from tests.clock_changes import ZONES
from tests.conftest import Database
from tests.host import DAY, HALF, MINUTE, SIZE, Host, Seller, at, line, piece
from tests.searches import search
from tests.sponsorship import own_database

ROLLING = ["rolling_first_touch", "rolling_last_touch"]
WINDOWS = ["calendar_day", *ROLLING]
FIRST = at("06:00:00", DAY - timedelta(days=3))


@pytest.fixture(scope="module")
def late_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_late") as made:
        yield made


@pytest.fixture
def host(late_database: Database) -> Host:
    return Host(late_database, window="rolling_first_touch")


def _after(hours: float) -> datetime:
    return FIRST + timedelta(hours=hours)


def _csv(host: Host, *hours: float) -> str:
    rows = [f"{host.one},l1,download,{_after(hour).isoformat()}" for hour in hours]
    return "\n".join(["episode_id,listener_id,event_type,occurred_at", *rows]) + "\n"


def _hours(host: Host) -> list[float]:
    return [(moment - FIRST) / timedelta(hours=1) for _, moment in host.downloads()]


def _refused_hours(host: Host) -> list[float]:
    rows = host.rows("select occurred_at from excluded_requests where tenant_id = %(tenant)s order by 1")
    return [(moment - FIRST) / timedelta(hours=1) for (moment,) in rows]


def _told_of_imports(host: Host) -> int:
    """The downloads that stand, as the imports tell it together."""
    [(told,)] = host.rows(
        "select sum(records_imported - coalesce(cast(figures ->> 'taken_back' as bigint), 0)"
        " + coalesce(cast(figures ->> 'counted_late' as bigint), 0)) from etl_imports where tenant_id = %(tenant)s"
    )
    return int(told)


def _told_on_freshness(host: Host) -> list[tuple[int, int, int]]:
    """Of each import, the first one first: rows taken, downloads taken back, requests of before that count now."""
    with tenant_session(host.actor) as connection:
        rows = imports(connection).rows
    return [(row["records_imported"], row["taken_back"], row["counted_late"]) for row in reversed(rows)]


def test_a_file_that_comes_late_makes_a_repeat_of_before_count(host: Host) -> None:
    host.take(_csv(host, 20, 30))
    assert (_hours(host), _refused_hours(host)) == ([20], [30])
    late = host.take(_csv(host, 0))
    assert (late.imported, late.refused) == (1, 0)
    assert (_hours(host), _refused_hours(host)) == ([0, 30], [20])
    # What an import says of itself is what it did; the requests that do not count are those of now.
    assert [row[3:6] for row in host.ledger()] == [(1, 0, 1), (1, 0, 0)]
    # What it changed of those before it stands with it, so that all of them add up.
    assert late.notes == (
        "Some requests came late: 1 download counted before is none any more and 1 request refused "
        "before is a download now.",
    )
    assert _told_on_freshness(host) == [(1, 0, 0), (1, 1, 1)]
    assert _told_of_imports(host) == 2
    before = host.state()
    again = host.take(_csv(host, 30, 20, 0))
    assert (again.imported, again.duplicate, again.refused) == (0, 2, 1)
    assert host.state() == before


def test_a_late_one_may_make_one_download_of_two(late_database: Database) -> None:
    host = Host(late_database, window="rolling_last_touch")
    host.take(_csv(host, 0, 40))
    host.take(_csv(host, 20))
    assert (_hours(host), _refused_hours(host)) == ([0], [20, 40])
    assert _told_on_freshness(host) == [(2, 0, 0), (0, 1, 0)]


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_what_a_file_says_of_its_rows_is_what_became_of_them(
    host: Host, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """Line 3 was a repeat when it came, line 2 a download: it is the other way round, be they one batch or three."""
    monkeypatch.setattr(events_module, "BATCH_ROWS", batch)
    done = host.take(_csv(host, 20, 30, 0))
    assert (_hours(host), _refused_hours(host)) == ([0, 30], [20])
    assert (done.imported, done.duplicate, done.refused, done.by_reason) == (2, 0, 1, {WITHIN: 1})
    assert host.refusals() == [(2, WITHIN, "")]
    assert [refusal.line_number for refusal in done.first_refusals] == [2]
    assert [row[3:6] for row in host.ledger()] == [(2, 0, 1)]
    assert (done.notes, _told_on_freshness(host)) == ((), [(2, 0, 0)])


@pytest.mark.parametrize("batch", [1, 2, 100])
@pytest.mark.parametrize(("window", "why"), [("calendar_day", COUNTED), ("rolling_last_touch", WITHIN)])
def test_a_file_says_of_a_download_that_gives_way_in_a_later_batch_that_it_is_a_repeat(
    late_database: Database,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    window: str,
    why: str,
    batch: int,
) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", batch)
    host = Host(late_database, window=window)
    done = host.take(_csv(host, 7, 60, 5))
    assert (_hours(host), _refused_hours(host)) == ([5, 60], [7])
    assert (done.imported, done.duplicate, done.refused, done.by_reason) == (2, 0, 1, {why: 1})
    assert (host.refusals(), done.notes, _told_on_freshness(host)) == ([(2, why, "")], (), [(2, 0, 0)])
    write_refusals(host.actor, done.import_id, tmp_path / "refused.csv")
    assert list(csv.reader((tmp_path / "refused.csv").read_text().splitlines()))[1:] == [["2", why, ""]]
    kept = host.rows("select import_id, reason from excluded_requests where tenant_id = %(tenant)s")
    assert kept == [(done.import_id, "repeat")]


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_a_row_may_count_be_a_repeat_and_count_again(
    host: Host, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """At 20 hours, then from 0 hours within 24, and no more since what began at -10 hours holds 0 hours itself."""
    monkeypatch.setattr(events_module, "BATCH_ROWS", batch)
    done = host.take(_csv(host, 20, 0, -10))
    assert (_hours(host), _refused_hours(host)) == ([-10, 20], [0])
    assert (done.imported, done.refused, done.by_reason, done.notes) == (2, 1, {WITHIN: 1}, ())
    assert host.refusals() == [(3, WITHIN, "")]
    assert [refusal.line_number for refusal in done.first_refusals] == [3]


def test_what_leaves_the_list_of_refused_rows_makes_room_in_it(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", 1)
    monkeypatch.setattr(tally, "LISTED_REFUSALS", 1)
    done = host.take(_csv(host, 20, 30, 0, 1))
    assert (done.imported, done.refused, host.refusals()) == (2, 2, [(2, WITHIN, "")])


@pytest.mark.parametrize("window", WINDOWS)
def test_the_first_refused_rows_are_those_of_the_list(
    late_database: Database, monkeypatch: pytest.MonkeyPatch, window: str
) -> None:
    """Twenty are shown at once: a row that is refused late goes before those that were refused at once."""
    monkeypatch.setattr(events_module, "BATCH_ROWS", 10)
    host = Host(late_database, window=window)
    text = _csv(host, 7, *[60] * 25, 5).replace(f"download,{_after(60).isoformat()}", "?,?")
    dry = check_events(host.actor, io.BytesIO(text.encode()))
    done = host.take(text)
    assert (done.imported, done.refused) == (dry.good, dry.refused) == (1, 26)
    assert [one.line_number for one in done.first_refusals] == list(range(2, 22))
    assert dry.first_refusals == done.first_refusals
    assert [(one.line_number, one.reason, one.detail) for one in dry.refusals] == sorted(host.refusals())


@pytest.mark.parametrize("window", WINDOWS)
def test_of_rows_long_past_in_a_file_it_is_said_how_many_count_no_more(
    late_database: Database, monkeypatch: pytest.MonkeyPatch, window: str
) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", 1)
    monkeypatch.setattr(remembered, "REMEMBERED", 1)
    host = Host(late_database, window=window)
    done = host.take(_csv(host, 7, 60, 5))
    assert (_hours(host), _refused_hours(host)) == ([5, 60], [7])
    assert (done.imported, done.refused, host.refusals()) == (3, 0, [])
    assert done.notes == ("Some requests came late: 1 download counted before is none any more.",)
    assert _told_of_imports(host) == 2


@pytest.mark.parametrize("window", WINDOWS)
def test_of_what_the_run_before_counted_it_is_said_how_many_count_no_more(
    late_database: Database, monkeypatch: pytest.MonkeyPatch, window: str
) -> None:
    """A run that goes on does not know where the rows of the one before it stood."""
    monkeypatch.setattr(events_module, "BATCH_ROWS", 1)
    host = Host(late_database, window=window)

    def stops(*_: int) -> None:
        raise OSError("disk is gone")

    with pytest.raises(OSError, match="disk is gone"):
        host.take(_csv(host, 7, 5), batch_done=stops)
    done = host.take(_csv(host, 7, 5))
    assert (_hours(host), done.imported, done.refused, host.refusals()) == ([5], 2, 0, [])
    assert done.notes == ("Some requests came late: 1 download counted before is none any more.",)
    assert _told_on_freshness(host) == [(2, 1, 0)]


@pytest.mark.parametrize("batch", [1, 100])
@pytest.mark.parametrize("window", WINDOWS)
def test_a_dry_run_says_what_the_import_then_does(
    late_database: Database, monkeypatch: pytest.MonkeyPatch, window: str, batch: int
) -> None:
    """Of the rows, and of downloads and repeats that stand."""
    monkeypatch.setattr(events_module, "TRIED_BATCHES", 10)
    monkeypatch.setattr(events_module, "BATCH_ROWS", batch)
    host = Host(late_database, window=window)
    host.take(_csv(host, -48, -38, 20, 30))
    before = host.state()
    text = _csv(host, 70, 80, 50, 69, -50, 0)
    tried = check_events(host.actor, io.BytesIO(text.encode()))
    assert host.state() == before
    done = host.take(text)
    assert (tried.good, tried.refused) == (done.imported, done.refused)
    assert (tried.first_refusals, tried.notes) == (done.first_refusals, done.notes)
    assert len(done.notes) == 1
    assert "counted before" in done.notes[0]


def test_a_dry_run_knows_an_id_of_a_row_that_gave_way(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """What bears it after that is a repeat too, and does not stand already."""
    monkeypatch.setattr(events_module, "BATCH_ROWS", 1)
    rows = [
        f"{id_},{host.one},l1,download,{_after(hour).isoformat()}"
        for id_, hour in (("a", 7), ("b", 5), ("a", 7))
    ]
    text = "\n".join(["id,episode_id,listener_id,event_type,occurred_at", *rows]) + "\n"
    tried = check_events(host.actor, io.BytesIO(text.encode()))
    done = host.take(text)
    assert (done.imported, done.duplicate, done.refused) == (1, 0, 2)
    assert (tried.good, tried.duplicate, tried.refused) == (1, 0, 2)
    assert [one.line_number for one in tried.refusals] == [2, 4]


def test_of_a_batch_by_http_it_is_said_what_became_of_it_in_the_end(host: Host) -> None:
    email = f"{host.one}@sender.example"
    host.tenant.person(email, "admin")
    create_api_key(host.actor, email=email, name="Collector", scopes=("events.write",))
    [(key,)] = host.rows("select id from api_keys where tenant_id = %(tenant)s")
    event = {"episode_id": str(host.one), "listener_id": "l1", "event_type": "download"}
    batch = [{**event, "occurred_at": _after(hour).isoformat()} for hour in (20, 30, 0)]
    taken = take_events(host.tenant.tenant_id, UUID(str(key)), batch)
    assert (taken.imported, [one.line_number for one in taken.refusals]) == (2, [1])
    # What was answered before stays as it was answered.
    more = take_events(
        host.tenant.tenant_id, UUID(str(key)), [{**event, "occurred_at": _after(-10).isoformat()}]
    )
    assert (more.imported, more.refusals) == (1, ())
    assert (_hours(host), _refused_hours(host)) == ([-10, 20], [0, 30])
    of_imports = "select import_id, line_number from excluded_requests where tenant_id = %(tenant)s"
    assert host.rows(of_imports) == [(None, None)] * 2
    # Both are one import, or two where the hour ended between them.
    assert tuple(map(sum, zip(*_told_on_freshness(host), strict=True))) == (3, 2, 1)
    take_events(host.tenant.tenant_id, UUID(str(key)), [{**event, "occurred_at": _after(-20).isoformat()}])
    assert _told_of_imports(host) == len(host.downloads())


def test_the_counts_of_a_log_are_those_of_what_stands(
    late_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line is a batch: the third takes the download of the first back, and the second comes to count."""
    monkeypatch.setattr(store, "BATCH_LINES", 1)
    host = Host(late_database, window="rolling_first_touch")
    done = host.log(*(line(_after(hour)) for hour in (20, 30, 0)))
    assert (_hours(host), host.excluded()) == ([0, 30], {"repeat": 1})
    assert (done.imported, done.refused, done.by_reason) == (2, 1, {"repeat": 1})
    assert [row[3:6] for row in host.ledger()] == [(2, 0, 1)]


def test_ads_go_with_the_download_that_counts(late_database: Database) -> None:
    """Of a file whose rows tell no bytes, and of a log: in that at 0 and at 30 hours, and in that at 20 no more."""
    for take in (
        lambda host, hour: host.take(_csv(host, hour)),
        lambda host, hour: host.log(line(_after(hour)), name=str(hour)),
    ):
        host = Seller(late_database, window="rolling_first_touch")
        host.ad((0, 30))
        for hour in (20, 30):
            take(host, hour)
        assert [moment for _, moment, _ in host.impressions()] == [_after(20)]
        assert take(host, 0).impressions == 1
        assert [moment for _, moment, _ in host.impressions()] == [_after(0), _after(30)]


def test_an_ad_whose_bytes_lie_in_another_window_now_is_not_delivered(late_database: Database) -> None:
    """The half with the ad belonged to the download at 10 hours; a request at 0 hours begins the windows anew."""
    host = Seller(late_database, window="rolling_first_touch")
    host.ad((570, 30))
    host.log(piece(_after(10), 0, MINUTE), piece(_after(33), HALF, SIZE))
    assert len(host.impressions()) == 1
    host.log(piece(_after(0), 0, 100), name="late.log")
    # 0 and 10 hours are one window, 33 hours another: a half of a file holds a minute, and its own ads.
    assert _hours(host) == [10, 33]
    assert [(second, moment) for second, moment, _ in host.impressions()] == [(570, _after(33))]


def test_an_ad_booked_since_is_not_in_a_download_of_before(late_database: Database) -> None:
    host = Seller(late_database, window="rolling_first_touch")
    host.take(_csv(host, 0))
    host.ad((0, 30))
    host.take(_csv(host, 5))
    assert host.impressions() == []


def test_an_ad_booked_since_is_not_in_a_measured_download_of_before(late_database: Database) -> None:
    host = Seller(late_database, window="rolling_first_touch")
    host.log(line(_after(0)))
    host.ad((0, 30))
    host.log(line(_after(5)), name="later.log")
    assert host.impressions() == []


@pytest.mark.parametrize("way", ["log", "file"])
def test_an_ad_that_was_delivered_goes_with_the_download_whatever_became_of_its_campaign(
    late_database: Database, way: str
) -> None:
    """Cancelled since, it is delivered in no new download, and in none less than before."""
    host = Seller(late_database, window="rolling_first_touch")
    host.ad((0, 30))

    def take(hour: float) -> int:
        done = (
            host.take(_csv(host, hour)) if way == "file" else host.log(line(_after(hour)), name=f"{hour}.log")
        )
        return done.impressions

    assert [take(20), take(50)] == [1, 1]
    with psycopg.connect(late_database.superuser_dsn) as connection:
        connection.execute("update campaigns set stage = 'cancelled' where id = %s", [host.flight])
    assert take(0) == 0
    assert _hours(host) == [0, 50]
    assert [moment for _, moment, _ in host.impressions()] == [_after(0), _after(50)]


def test_an_ad_awaited_in_a_window_that_lost_a_piece_is_awaited_still(late_database: Database) -> None:
    """The piece at 42 hours leaves the download at 20 for a window of its own; that at 30 brings the ad's bytes."""
    host = Seller(late_database, window="rolling_first_touch")
    host.ad((0, 30))
    host.log(piece(_after(20), HALF, SIZE), piece(_after(42), HALF, SIZE))
    assert host.impressions() == []
    host.log(piece(_after(10), HALF, HALF + 100), name="late.log")
    assert _hours(host) == [20, 42]
    host.log(piece(_after(30), 0, MINUTE), name="last.log")
    assert [(second, moment) for second, moment, _ in host.impressions()] == [(0, _after(20))]


def test_no_import_brings_less_than_no_impressions(late_database: Database) -> None:
    host = Seller(late_database, window="rolling_last_touch")
    host.ad((0, 30))
    host.take(_csv(host, 0, 40))
    assert host.take(_csv(host, 20)).impressions == 0
    assert len(host.impressions()) == len(host.downloads()) == 1


def test_what_comes_again_with_a_late_one_counts_once(host: Host) -> None:
    """The file of yesterday once more, with a row before it: its download is a repeat now, and says so."""
    host.take(_csv(host, 20))
    again = host.take(_csv(host, 20, 0))
    assert (again.imported, again.duplicate, again.refused) == (1, 0, 1)
    assert (_hours(host), _refused_hours(host)) == ([0], [20])


def test_a_request_at_a_prefix_that_is_counted_late_is_told_of_too(host: Host) -> None:
    host.take(_csv(host, 20, 30))
    with psycopg.connect(host.database.superuser_dsn) as owner:
        owner.execute(
            "insert into internal.waiting_requests (tenant_id, occurred_at, id, episode_id, listener_id, app, device,"
            " os) values (%s, %s, %s, %s, 'l1', 'Overcast', 'phone', 'iOS')",
            [host.tenant.tenant_id, _after(0), uuid4(), host.one],
        )
    with system_session("requests", tenant_id=host.tenant.tenant_id) as connection:
        assert count_requests(connection, host.tenant.tenant_id) == 1
    assert (_hours(host), _refused_hours(host)) == ([0, 30], [20])
    assert _told_on_freshness(host) == [(1, 0, 0), (1, 1, 1)]
    assert _told_of_imports(host) == 2


def test_a_log_of_a_prefix_says_what_became_of_its_lines(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(store, "BATCH_LINES", 1)
    lines = (line(_after(hour), status=302, sent=0) for hour in (20, 0))
    done = host.log(*lines, redirects=True)
    assert (done.imported, done.refused, done.by_reason) == (1, 1, {"repeat": 1})
    write_refusals(host.actor, done.import_id, tmp_path / "refused.csv")
    assert (tmp_path / "refused.csv").read_text().splitlines()[1].startswith("1,")


def test_a_log_of_two_servers_one_after_the_other_says_what_became_of_its_lines(
    late_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On calendar days too, batch by batch: the download of the first server's line gives way to the second's."""
    monkeypatch.setattr(store, "BATCH_LINES", 1)
    host = Host(late_database)
    done = host.log(line(_after(7)), line(_after(30)), line(_after(5)))
    assert (_hours(host), _refused_hours(host)) == ([5, 30], [7])
    assert (done.imported, done.refused, done.by_reason, done.notes) == (2, 1, {"repeat": 1}, ())
    assert [row[3:6] for row in host.ledger()] == [(2, 0, 1)]
    write_refusals(host.actor, done.import_id, tmp_path / "refused.csv")
    assert [row.split(",")[0] for row in (tmp_path / "refused.csv").read_text().splitlines()] == ["line", "1"]


def test_of_lines_long_past_in_a_log_it_is_said_how_many_count_no_more(
    late_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BATCH_LINES", 1)
    monkeypatch.setattr(remembered, "REMEMBERED", 1)
    host = Host(late_database)
    done = host.log(line(_after(7)), line(_after(30)), line(_after(5)))
    assert (_hours(host), host.excluded()) == ([5, 30], {"repeat": 1})
    assert (done.imported, done.refused) == (3, 0)
    assert done.notes == ("Some requests came late: 1 download counted before is none any more.",)
    assert _told_of_imports(host) == 2


def test_pages_follow_what_changed(late_database: Database) -> None:
    """The rollups, refreshed before and after, hold what stands: a download taken back leaves them too."""
    host = Seller(late_database, window="rolling_first_touch")
    host.ad((0, 30))
    host.take(_csv(host, 20, 50))
    host.tenant.refresh()
    host.take(_csv(host, 0, 30))
    host.tenant.refresh()
    days = Tally(host.tenant.day(moment) for _, moment in host.downloads())
    for table in ("download_days", "listener_days"):
        assert dict(_per_day(host, table)) == dict(days), table
    assert sum(days.values()) == len(host.impressions()) == 2


def _per_day(host: Host, table: str) -> list[tuple[Any, ...]]:
    figure = "sum(downloads)" if table == "download_days" else "count(*)"
    return host.rows(
        f"select local_day, {figure} from internal.{table} where tenant_id = %(tenant)s group by 1"
    )


def _stream(seed: int) -> list[tuple[datetime, str]]:
    """Five days of three listeners: whole files, pieces of one, redirects' like; each moment once."""
    dice = random.Random(seed)  # noqa: S311 (no secret)
    found: dict[datetime, str] = {}
    for _ in range(36):
        when = _after(dice.randrange(5 * 24 * 60) / 60)
        address = f"192.0.2.{dice.randrange(3)}"
        first = dice.choice([0, 1_500, 3_000, HALF])
        found[when] = (
            line(when, address)
            if dice.randrange(3) == 0
            else piece(when, first, first + dice.choice([1_600, HALF]), address)
        )
    return sorted(found.items())


@search(6, 200)
@given(
    seed=st.integers(0, 10_000), files=st.integers(1, 4), batch=st.integers(1, 40), window=st.sampled_from(ROLLING)
)  # fmt: skip
@example(seed=2402, files=2, batch=1, window="rolling_first_touch")
def test_logs_in_any_order_leave_what_one_in_order_leaves(
    late_database: Database, monkeypatch: pytest.MonkeyPatch, seed: int, files: int, batch: int, window: str
) -> None:
    """Downloads, reasons and impressions; and each import's counts add up to its lines."""
    stream = _stream(seed)
    in_order, shuffled = (Seller(late_database, window=window) for _ in range(2))
    for one in (in_order, shuffled):
        for place in ((0, 30), (300, 30), (570, 30)):
            one.ad(place)
    in_order.log(*(text for _, text in stream))
    monkeypatch.setattr(store, "BATCH_LINES", batch)
    dice = random.Random(seed)  # noqa: S311 (no secret)
    texts = dice.sample([text for _, text in stream], len(stream))
    for number in range(files):
        done = shuffled.log(*texts[number::files], name=f"{number}.log")
        assert done.imported + done.refused == len(texts[number::files])
        assert sum(done.by_reason.values()) == done.refused
        assert _told_of_imports(shuffled) == len(shuffled.downloads())
    assert _standing(shuffled) == _standing(in_order)


@pytest.mark.parametrize("way", ["file", "log"])
def test_the_download_of_a_day_is_its_earliest_and_the_ads_go_with_it(
    late_database: Database, way: str
) -> None:
    host = Seller(late_database)
    host.ad((0, 30))

    def take(*hours: float) -> ImportResult:
        if way == "file":
            return host.take(_csv(host, *hours))
        return host.log(*(line(_after(hour)) for hour in hours), name=f"{hours[0]}.log")

    take(9, 30)
    [(_, _, evidence), _] = host.impressions()
    late = take(5, 7)
    assert (late.imported, late.refused, late.impressions) == (1, 1, 0)
    assert late.notes == ("Some requests came late: 1 download counted before is none any more.",)
    assert (_hours(host), _refused_hours(host)) == ([5, 30], [7, 9])
    assert [row[1:] for row in host.impressions()] == [(_after(5), evidence), (_after(30), evidence)]
    assert _told_on_freshness(host) == [(2, 0, 0), (1, 1, 0)]
    before = host.state()
    again = take(30, 9, 7, 5)
    assert (again.imported, again.impressions) == (0, 0)
    assert host.state() == before


def test_a_part_that_comes_late_and_is_not_enough_by_itself_moves_no_download(
    late_database: Database,
) -> None:
    host = Seller(late_database)
    host.ad((570, 30))
    host.log(piece(_after(9), 0, HALF))
    host.log(piece(_after(5), HALF, HALF + MINUTE - 1), name="late.log")
    assert (_hours(host), host.impressions()) == ([9], [])
    # One that is enough brings what it holds of the ads as well.
    host.log(piece(_after(3), HALF, SIZE), name="latest.log")
    assert (_hours(host), _refused_hours(host)) == ([3], [5, 9])
    assert [row[1] for row in host.impressions()] == [_after(3)]


def test_a_prefix_does_not_give_way_to_a_log_that_tells_no_bytes_either(late_database: Database) -> None:
    """A log of redirects, as a prefix's own, or a host's without that field: it has whole seconds, a prefix parts."""
    host = Seller(late_database)
    host.log(line(_after(60), status=302, sent=0), redirects=True, name="first.log")
    [(listener,)] = host.rows("select distinct listener_id from listener_events where tenant_id = %(tenant)s")
    with psycopg.connect(host.database.superuser_dsn) as owner:
        owner.execute(
            "insert into internal.waiting_requests (tenant_id, occurred_at, id, episode_id, listener_id, app, device,"
            " os) values (%s, %s, %s, %s, %s, 'Overcast', 'phone', 'iOS')",
            [host.tenant.tenant_id, _after(9) + timedelta(milliseconds=400), uuid4(), host.one, listener],
        )
    with system_session("requests", tenant_id=host.tenant.tenant_id) as connection:
        count_requests(connection, host.tenant.tenant_id)
    done = host.log(line(_after(9), status=302, sent=0), redirects=True, name="same.log")
    assert (done.imported, done.by_reason, done.notes) == (0, {"repeat": 1}, ())
    sources = "select event_data ->> 'source' from listener_events where tenant_id = %(tenant)s order by occurred_at"
    assert host.rows(sources) == [("prefix",), ("log",)]


def test_a_repeat_under_rules_of_before_stays_one_when_its_file_comes_again(late_database: Database) -> None:
    """Those rules counted what came in first, though something earlier of its day came later."""
    host = Seller(late_database)
    host.take(_csv(host, 9))
    host.take(_csv(host, 5))
    with psycopg.connect(host.database.superuser_dsn) as owner:
        tenant = [host.tenant.tenant_id]
        [(early, early_at)] = owner.execute(
            "select id, occurred_at from listener_events where tenant_id = %s", tenant
        )
        [(late, late_at)] = owner.execute(
            "select id, occurred_at from excluded_requests where tenant_id = %s", tenant
        )
        owner.execute(
            "update listener_events set id = %s, occurred_at = %s where tenant_id = %s",
            [late, late_at, *tenant],
        )
        owner.execute(
            "update excluded_requests set id = %s, occurred_at = %s where tenant_id = %s",
            [early, early_at, *tenant],
        )
    assert (_hours(host), _refused_hours(host)) == ([9], [5])
    for hours in ((5,), (9,), (5, 9)):
        again = host.take(_csv(host, *hours))
        assert (again.imported, again.refused, again.duplicate) == (0, 5 in hours, 9 in hours)
        assert (_hours(host), _refused_hours(host)) == ([9], [5])


def test_the_id_of_a_repeat_is_no_download_of_another_listener(late_database: Database) -> None:
    host = Seller(late_database)

    def take(*rows: str) -> ImportResult:
        return host.take("\n".join(["id,episode_id,listener_id,event_type,occurred_at", *rows]) + "\n")

    def row(id_: str, listener: str, hour: float) -> str:
        return f"{id_},{host.one},{listener},download,{_after(hour).isoformat()}"

    take(row("first", "l2", 3), row("second", "l2", 7))
    done = take(row("second", "l0", 7))
    assert (done.imported, done.refused) == (0, 1)
    assert (_hours(host), _refused_hours(host)) == ([3], [7])


def test_what_was_measured_and_what_was_not_do_not_give_way_to_each_other(late_database: Database) -> None:
    """A prefix and the log of the host behind it tell of the same request, by two clocks."""
    host = Seller(late_database)
    host.ad((0, 30))
    host.log(line(_after(9), status=302, sent=0), redirects=True, name="prefix.log")
    host.log(line(_after(5)), name="host.log")
    assert (_hours(host), _refused_hours(host)) == ([9], [5])
    host.log(line(_after(33)), name="next.log")
    host.log(line(_after(29), status=302, sent=0), redirects=True, name="next_prefix.log")
    assert (_hours(host), _refused_hours(host)) == ([9, 33], [5, 29])
    assert [row[1:] for row in host.impressions()] == [(_after(9), "download"), (_after(33), "bytes")]


@pytest.mark.parametrize("way", ["file", "log"])
def test_a_late_download_holds_the_ads_that_are_in_flight_when_it_comes(
    late_database: Database, way: str
) -> None:
    host = Seller(late_database)

    def take(hour: float) -> ImportResult:
        return (
            host.take(_csv(host, hour)) if way == "file" else host.log(line(_after(hour)), name=f"{hour}.log")
        )

    assert take(9).impressions == 0
    host.ad((0, 30))
    assert take(5).impressions == 1
    assert [row[1] for row in host.impressions()] == [_after(5)]
    # Once more it changes nothing.
    assert take(5).impressions == take(9).impressions == 0
    assert len(host.impressions()) == 1


def test_what_a_request_made_and_what_a_file_tells_do_not_give_way_to_each_other(
    late_database: Database,
) -> None:
    host = Host(late_database)
    host.log(line(_after(9)))
    [(listener,)] = host.rows("select distinct listener_id from listener_events where tenant_id = %(tenant)s")
    host.take(_csv(host, 5).replace("l1", listener))
    assert (_hours(host), _refused_hours(host)) == ([9], [5])
    host.take(_csv(host, 39).replace("l1", listener))
    host.log(line(_after(30)), name="late.log")
    assert (_hours(host), _refused_hours(host)) == ([9, 39], [5, 30])


@search(4, 80)
@given(
    seed=st.integers(0, 10_000),
    files=st.integers(1, 4),
    batch=st.integers(1, 40),
    zone=st.sampled_from(ZONES),
)
def test_whole_files_on_a_day_count_as_if_they_had_come_in_order(
    late_database: Database, monkeypatch: pytest.MonkeyPatch, seed: int, files: int, batch: int, zone: str
) -> None:
    """Downloads, reasons and impressions: the download of a calendar day is the earliest that is enough by itself."""
    dice = random.Random(seed)  # noqa: S311 (no secret)
    moments = [_after(dice.randrange(3 * 24 * 60) / 60) for _ in range(24)]
    stream = [(moment, line(moment, f"192.0.2.{dice.randrange(3)}")) for moment in sorted(set(moments))]
    in_order, shuffled = (Seller(late_database, zone) for _ in range(2))
    for one in (in_order, shuffled):
        for place in ((0, 30), (570, 30)):
            one.ad(place)
    in_order.log(*(text for _, text in stream))
    monkeypatch.setattr(store, "BATCH_LINES", batch)
    texts = dice.sample([text for _, text in stream], len(stream))
    for number in range(files):
        done = shuffled.log(*texts[number::files], name=f"{number}.log")
        assert done.imported + done.refused == len(texts[number::files])
        assert _told_of_imports(shuffled) == len(shuffled.downloads())
    assert _standing(shuffled) == _standing(in_order)
    before = shuffled.state()
    shuffled.log(*texts, name="again.log")
    assert shuffled.state() == before


@search(6, 80)
@given(
    seed=st.integers(0, 10_000), files=st.integers(1, 4), batch=st.integers(1, 40), window=st.sampled_from(WINDOWS)
)  # fmt: skip
def test_files_in_any_order_count_what_comparing_all_with_all_counts(
    late_database: Database, monkeypatch: pytest.MonkeyPatch, seed: int, files: int, batch: int, window: str
) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", batch)
    host = Seller(late_database, window=window)
    host.ad((0, 30))
    dice = random.Random(seed)  # noqa: S311 (no secret)
    told = [(_after(dice.randrange(5 * 1_440) / 60), f"l{dice.randrange(3)}") for _ in range(40)]
    told = list(dict.fromkeys(told))
    for number in range(files):
        # Some of what came before comes again with it.
        before = [one for other in range(number) for one in told[other::files] if dice.randrange(4) == 0]
        part = dice.sample(before + told[number::files], len(before) + len(told[number::files]))
        rows = [f"{host.one},{listener},download,{moment.isoformat()}" for moment, listener in part]
        done = host.take("\n".join(["episode_id,listener_id,event_type,occurred_at", *rows]) + "\n")
        assert done.imported + done.duplicate + done.refused == len(part)
        assert sum(done.by_reason.values()) == done.refused
        [(import_id,)] = host.rows(
            "select id from etl_imports where tenant_id = %(tenant)s order by started_at desc limit 1"
        )
        listed = [
            line
            for (line,) in host.rows(
                f"select line_number from import_refusals where import_id = '{import_id}'"
            )
        ]
        assert len(listed) == done.refused
        # What came before was told of by its own file, and is a repeat or there already as it stood when it came again.
        counted = host.rows(
            "select occurred_at, listener_id from listener_events where tenant_id = %(tenant)s"
        )
        of_its_own = {line: one for line, one in enumerate(part, 2) if one not in before}
        assert {line for line, one in of_its_own.items() if one not in counted} == of_its_own.keys() & set(
            listed
        )
        assert _told_of_imports(host) == len(host.downloads())
    expected = []
    for listener in {listener for _, listener in told}:
        anchor: datetime | None = None
        for moment in sorted(moment for moment, who in told if who == listener):
            is_next = anchor is None or (
                moment.date() > anchor.date()
                if window == "calendar_day"
                else moment - anchor >= timedelta(hours=24)
            )
            if is_next:
                expected.append((moment, listener))
                anchor = moment
            elif window == "rolling_last_touch":
                anchor = moment
    stands = host.rows("select occurred_at, listener_id from listener_events where tenant_id = %(tenant)s")
    assert sorted(stands) == sorted(expected)
    assert [moment for _, moment, _ in host.impressions()] == sorted(moment for moment, _ in expected)
    assert sorted(_refused_hours(host)) == sorted(
        (moment - FIRST) / timedelta(hours=1) for moment, who in told if (moment, who) not in expected
    )


def _standing(host: Seller) -> tuple[Any, ...]:
    downloads = host.rows(
        "select occurred_at, listener_id is not null, event_data::text from listener_events"
        " where tenant_id = %(tenant)s order by 1"
    )
    refused = host.rows(
        "select occurred_at, reason from excluded_requests where tenant_id = %(tenant)s order by 1"
    )
    return downloads, refused, host.impressions()


def test_a_tenants_late_request_changes_nothing_of_another(late_database: Database) -> None:
    one, other = (Host(late_database, window="rolling_first_touch") for _ in range(2))
    for host in (one, other):
        host.take(_csv(host, 20, 30))
    before = other.state()
    one.take(_csv(one, 0))
    assert other.state() == before


@pytest.mark.parametrize("kept", [True, False])
def test_windows_of_before_requests_were_kept_hold_what_they_held(
    late_database: Database, kept: bool
) -> None:
    """Their downloads stand: what comes within a day of one, before or after it, is a repeat."""
    host = Host(late_database, window="rolling_first_touch")
    host.log(line(_after(0)))
    with psycopg.connect(late_database.superuser_dsn) as connection:
        connection.execute(
            "update counting_windows set requests = '[]' where tenant_id = %s" if kept
            else "delete from counting_windows where tenant_id = %s",
            [host.tenant.tenant_id],
        )  # fmt: skip
    host.log(*(line(_after(hour)) for hour in (-10, 10, 24)), name="late.log")
    assert (_hours(host), _refused_hours(host)) == ([0, 24], [-10, 10])
