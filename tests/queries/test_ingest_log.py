"""Access logs into the database: counted once whatever the way they come in, and every refusal kept."""

from __future__ import annotations

import gzip
import io
import itertools
import os
import random
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries import data_centres as data_centres_module
from queries.data_centres import DataCentres, data_centres
from queries.ingest.agents.classify import classify_agent
from queries.ingest.counting.addresses import Networks
from queries.ingest.counting.as_numbers import AsNumbers
from queries.ingest.counting.countries import Countries
from queries.ingest.imports import ImportRefused
from queries.ingest.logs import store
from queries.ingest.logs.store import import_log
from queries.ingest.refused import refusals_csv, write_refusals
from queries.refresh import refresh_milestones, refresh_rollups
from queries.session import tenant_session
from queries.settings import Settings, current_settings
from queries.sources import sources
from tests.conftest import Database
from tests.host import DAY, IAB, MINUTE, SIZE, Host, at, line, piece
from tests.killed_imports import Moment, held, holding_still, until_over
from tests.searches import search
from tests.sponsorship import own_database
from tests.studio import NOW
from tests.unit.mmdb_sample import mmdb


@pytest.fixture(scope="module")
def log_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_logs") as made:
        yield made


@pytest.fixture
def host(log_database: Database) -> Host:
    return Host(log_database)


def test_a_log_becomes_downloads_and_reasons(host: Host) -> None:
    unit = host.tenant.ad_unit(host.tenant.campaign(host.sponsor, DAY, DAY), host.one)
    done = host.log(
        line(at("10:00:00")), line(at("11:00:00")), line(at("11:00:00"), path="/two.mp3"),
        line(at("10:00:00"), "192.0.2.2", sent=10), line(at("10:00:00"), "192.0.2.3", agent="curl/8"),
        line(at("10:00:00"), "192.0.2.4", status=304, sent=0),
        line(at("10:00:00"), path="/logo.png?of=192.0.2.1"), "broken\n",
    )  # fmt: skip
    assert (done.imported, done.duplicate, done.refused, done.impressions) == (2, 0, 6, 1)
    assert host.downloads() == [(host.one, at("10:00:00")), (host.two, at("11:00:00"))]
    assert host.excluded() == {"repeat": 1, "too_short": 1, "bot": 1, "not_modified": 1}
    assert done.by_reason == {**host.excluded(), "no_episode": 1, "format": 1}
    assert host.rows(
        "select event_data from listener_events where tenant_id = %(tenant)s order by occurred_at limit 1"
    ) == [({"app": "Overcast", "device": "phone", "os": "iOS", "source": "log"},)]
    assert host.rows(
        "select attribution_data ->> 'ad_unit_id' from attribution_events where tenant_id = %(tenant)s"
    ) == [(str(unit),)]
    # Only what is no request of an episode has a line of its own; no address stands anywhere.
    assert host.refusals() == [
        (7, "The address is not that of an episode.", "/logo.png"),
        (8, "The line is not written in the format of this log.", ""),
    ]
    assert host.rows(
        "select import_type, status, records_imported, records_duplicate, records_refused, lines_done,"
        " figures -> 'by_reason' ->> 'bot', completed_at >= started_at from etl_imports where tenant_id = %(tenant)s"
    ) == [("access_log", "completed", 2, 0, 6, 8, "1", True)]
    # A log goes as far as its last request for an episode, of whatever kind; its file says whose it is.
    assert host.rows(
        "select source_name, cast(figures -> 'reached' ->> 'listener_events' as timestamptz) from etl_imports"
        " where tenant_id = %(tenant)s"
    ) == [("access", at("11:00:00"))]
    assert host.rows(
        "select count(*) from excluded_requests where tenant_id = %(tenant)s and import_id is not null"
        " and rule_version = 'IAB 2.3, rules 4'"
    ) == [(4,)]


@pytest.mark.parametrize(
    ("second", "state", "reaches"),
    [
        (line(at("11:00:00")), "good", at("11:00:00")),  # the same listener once more
        (line(at("12:00:00"), "192.0.2.3", agent="curl/8"), "good", at("12:00:00")),
        (line(at("12:00:00"), path="/three.mp3"), "refused", None),
        ("broken\n" + line(at("13:00:00"), path="/three.mp3"), "refused", None),
    ],
    ids=["a repeat", "a robot", "of no episode", "broken"],
)
def test_a_log_that_was_read_well_and_counts_nothing_is_not_refused(
    host: Host, second: str, state: str, reaches: datetime | None
) -> None:
    host.log(line(at("10:00:00")), name="one.log")
    done = host.log(second, name="two.log")
    assert (done.imported, done.refused) == (0, second.count("\n"))
    with tenant_session(host.actor) as connection:
        found = {row["name"]: row for row in sources(connection).rows if row["subject"] == "listener_events"}
    assert (found["one"]["state"], found["one"]["complete_to"]) == ("good", at("10:00:00"))
    assert (found["two"]["state"], found["two"]["complete_to"]) == (state, reaches)


def test_a_log_without_downloads_completes_the_first_days_that_it_reaches(host: Host) -> None:
    """Nobody downloads any more, and the log tells so."""
    with host.tenant.owner() as owner:
        owner.execute("update episodes set published_at = %s where id = %s", (at("10:00:00"), host.one))
    stored = (
        "select days, downloads, missing from internal.episode_milestones where tenant_id = %(tenant)s"
        " order by days"
    )
    host.log(line(at("10:00:01")), line(at("12:00:00"), "192.0.2.2"))
    refresh_rollups()
    assert host.rows(stored) == [(1, None, "end"), (3, None, "end")]
    host.log(line(at("10:00:00", DAY + timedelta(days=1)), "192.0.2.3", agent="curl/8"), name="later.log")
    refresh_milestones()
    assert host.rows(stored) == [(1, 2, None), (3, None, "end")]


def test_the_first_days_of_a_podcast_are_complete_by_its_own_sources(host: Host) -> None:
    """What another host brings of another podcast says nothing of this one."""
    other = host.tenant.episode(host.tenant.podcast("Another"), "Another", published_at=at("10:00:00"))
    with host.tenant.owner() as owner:
        owner.execute(
            "update episodes set audio_url = 'https://b.example/b.mp3', audio_bytes = %s, duration_seconds = 600"
            " where id = %s",
            (SIZE, other),
        )
        owner.execute("update episodes set published_at = %s where id = %s", (at("10:00:00"), host.one))

    def missing() -> list[tuple[Any, ...]]:
        refresh_milestones()
        return host.rows(
            "select e.title, m.missing from internal.episode_milestones m join episodes e on e.id = m.episode_id"
            " where m.tenant_id = %(tenant)s and m.days = 1 order by e.title"
        )

    later = DAY + timedelta(days=2)
    host.log(line(at("10:00:01")), name="ours.log")
    host.log(line(at("10:00:01"), path="/b.mp3"), name="theirs.log")
    refresh_rollups()
    assert missing() == [("Another", "end"), ("One", "end")]
    host.log(line(at("10:00:00", later), path="/b.mp3"), name="theirs.log")
    refresh_rollups()
    assert missing() == [("Another", None), ("One", "end")]
    # A robot is no download, and tells that until then nobody else came.
    host.log(line(at("10:00:00", later), agent="curl/8"), name="ours.log")
    assert missing() == [("Another", None), ("One", None)]
    assert host.rows(
        "select source_name, import_type, count(*) from podcast_sources where tenant_id = %(tenant)s group by 1, 2"
        " order by 1"
    ) == [("ours", "access_log", 1), ("theirs", "access_log", 1)]


def test_the_list_of_refused_rows_holds_the_requests_too(host: Host, tmp_path: Path) -> None:
    later, earlier = (line(at(clock), agent="curl/8") for clock in ("11:00:00", "10:00:00"))
    done = host.log(later, "broken\n", earlier, line(at(), path="/logo.png"))
    assert write_refusals(host.actor, done.import_id, tmp_path / "refused.csv") == 4
    bot = "A bot: it is on the list of known ones or says so itself."
    # By line, although the one of the requests is read by time and the others are kept apart from them.
    assert (tmp_path / "refused.csv").read_text().splitlines() == [
        "line,reason,detail",
        f'1,{bot},"{at("11:00:00").isoformat()}, episode {host.one}"',
        "2,The line is not written in the format of this log.,",
        f'3,{bot},"{at("10:00:00").isoformat()}, episode {host.one}"',
        "4,The address is not that of an episode.,/logo.png",
    ]
    assert "".join(refusals_csv(host.actor, done.import_id)).splitlines() == (
        (tmp_path / "refused.csv").read_text().splitlines()
    )


def test_a_request_keeps_its_line_when_it_is_given_another_reason(host: Host, tmp_path: Path) -> None:
    """The first piece of a download waits under one reason, and is a piece of it once the second one has come."""
    done = host.log("broken\n", piece(at("10:00:00"), 0, MINUTE // 2))
    write_refusals(host.actor, done.import_id, tmp_path / "first.csv")
    again = host.log(
        line(at("10:01:00"), agent="curl/8"), piece(at("10:05:00"), MINUTE // 2, SIZE),
        name="later.log",
    )  # fmt: skip
    assert again.imported == 1
    assert host.rows(
        "select reason, line_number from excluded_requests where tenant_id = %(tenant)s order by occurred_at"
    ) == [("piece", 2), ("bot", 1)]
    write_refusals(host.actor, done.import_id, tmp_path / "refused.csv")
    lists = [(tmp_path / name).read_text().splitlines() for name in ("first.csv", "refused.csv")]
    assert [[one.split(",")[0] for one in listed] for listed in lists] == [["line", "1", "2"]] * 2
    assert lists[0] != lists[1]


def test_what_a_run_before_had_done_of_a_log_is_told_apart(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BATCH_LINES", 60)
    log = "".join(line(at("10:00:00"), f"192.0.2.{number}") for number in range(150)).encode()
    heard: list[tuple[str, int, int]] = []

    def take(*, stops: bool) -> None:
        def done(lines: int, reached: int) -> None:
            heard.append(("done", lines, reached))
            if stops:
                raise OSError("the disk is gone")

        import_log(
            host.actor, io.BytesIO(log), name="stopped.log", batch_done=done,
            goes_on=lambda lines, reached: heard.append(("goes on", lines, reached)),
        )  # fmt: skip

    with pytest.raises(OSError, match="disk is gone"):
        take(stops=True)
    assert [one[:2] for one in heard] == [("done", 60)]
    heard.clear()
    take(stops=False)
    assert [one[:2] for one in heard] == [("goes on", 60), ("done", 120), ("done", 150)]
    ends = list(itertools.accumulate(len(one) for one in log.splitlines(keepends=True)))
    # The first line that is new is in sight already.
    assert [one[2] for one in heard] == [ends[60], ends[119], ends[149]]


def test_the_same_log_again_adds_nothing(host: Host) -> None:
    log = [
        line(at("10:00:00")), line(at("10:00:00")), piece(at("10:10:00"), 0, 3_000, "192.0.2.2"),
        piece(at("10:11:00"), 3_000, MINUTE, "192.0.2.2"), line(at("10:12:00"), "192.0.2.3", sent=5),
        line(at("10:12:00"), agent="curl/8"),
    ]  # fmt: skip
    assert host.log(*log).imported == 2
    before = host.state()
    again = host.log(*log, name="copy.log")
    assert (again.imported, again.duplicate, again.refused) == (0, 6, 0)
    assert host.state() == before
    # A log that has grown: what is new counts, what was there does not once more.
    grown = host.log(*log, line(at("10:13:00"), "192.0.2.9"))
    assert (grown.imported, grown.duplicate) == (1, 6)


class Pipe(io.BytesIO):
    """What can be read once only."""

    def seekable(self) -> bool:
        return False


def test_a_log_that_counts_already_is_not_counted_once_more_on_other_days(host: Host, tmp_path: Path) -> None:
    lines = [line(at(f"{n // 60:02}:{n % 60:02}:00"), f"192.0.2.{n}") for n in range(70)]
    day = DAY - timedelta(days=3)
    assert host.log(*lines).imported == 70
    before, wanted = host.state(), r"on \d{4}-\d\d-\d\d without --shift-to and counts like that.* say --again"
    packed = gzip.compress("".join(lines).encode())
    for body in ("".join(lines).encode(), packed, "".join([*lines, line(at("23:00:00"))]).encode()):
        with pytest.raises(ImportRefused, match=wanted):
            import_log(host.actor, io.BytesIO(body), name="copy.log", shift_to=day)
    assert host.state() == before
    assert host.ledger()[-1][2:] == ("failed", 0, 0, 0, host.ledger()[-1][-1])
    # The same as before, and another log: nothing to ask about.
    assert host.log(*lines).duplicate == 70
    assert host.log(line(at("12:00:00"), "192.0.2.99"), name="other.log", shift_to=day).imported == 1
    # Of a pipe it is seen afterwards.
    piped = import_log(host.actor, Pipe(b"".join(one.encode() for one in lines)), name="p.log", shift_to=day)
    assert (piped.imported, len(piped.notes)) == (70, 1)
    assert "without --shift-to and counts like that" in piped.notes[0]
    # It counts on both days now, and the same on either of them adds nothing.
    again = host.log(*lines, shift_to=day)
    assert (again.imported, again.duplicate, again.notes) == (0, 70, ())
    assert host.log(*lines).duplicate == 70
    other = day - timedelta(days=1)
    with pytest.raises(ImportRefused, match=rf"with --shift-to {day} and|without --shift-to and"):
        host.log(*lines, shift_to=other)
    done = host.log(*lines, shift_to=other, again=True)
    assert (done.imported, done.notes) == (70, ())


def test_an_old_log_of_which_nothing_counted_may_be_moved(host: Host) -> None:
    old = [line(at("10:00:00") - timedelta(days=4000), f"192.0.2.{n}") for n in range(3)]
    assert (host.log(*old).imported, host.log(*old, shift_to=DAY).imported) == (0, 3)


def test_what_is_counted_already_is_a_log_of_this_tenant(host: Host, log_database: Database) -> None:
    other = Host(log_database)
    assert other.log(line(at("10:00:00"))).imported == 1
    assert host.log(line(at("10:00:00")), shift_to=DAY).imported == 1


def test_each_log_says_whether_it_was_counted_with_a_list_of_data_centres(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def known() -> DataCentres:
        with tenant_session(host.actor) as connection:
            return data_centres(connection)

    assert known() == DataCentres(())
    host.log(line(at("10:00:00")), name="a.log")
    host.log(line(at("11:00:00")), name="b.log", data_centres=Networks.from_lines(["192.0.2.0/24"]))
    host.log(line(at("12:00:00")), name="c.log")
    configured = replace(current_settings(), data_centres=(Path("/etc/lists/clouds.txt"),))
    monkeypatch.setattr(data_centres_module, "current_settings", lambda: configured)
    assert known() == DataCentres(("clouds.txt",), with_list=1, without_list=2)


def test_a_log_is_filtered_by_as_numbers_and_keeps_no_address(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "as.mmdb"
    path.write_bytes(mmdb({"198.51.100.0/24": {"autonomous_system_number": 64496}}))
    with AsNumbers(path) as numbers:
        listed = Networks.from_lines(["AS64496"], numbers.number)
        log = line(at("10:00:00")) + line(at("10:01:00"), "198.51.100.9")
        done = host.log(log, name="a.log", data_centres=listed)
    assert (done.imported, done.by_reason) == (1, {"data_centre": 1})
    (figures, rules) = host.rows(
        "select figures::text, figures ->> 'rules' from etl_imports where tenant_id = %(tenant)s"
    )[0]
    assert "; with a list of data centres;" in rules
    assert "198.51.100" not in figures


def test_a_log_tells_countries_by_the_same_addresses_and_the_same_list_as_all_else(
    host: Host, tmp_path: Path
) -> None:
    """A host that listens for both kinds of addresses writes those of IPv4 as IPv6; a database may hold any text."""
    path = tmp_path / "places.mmdb"
    path.write_bytes(
        mmdb({
            "192.0.2.0/25": {"country": {"iso_code": "US"}, "subdivisions": [{"iso_code": "N\0Y"}]},
            "192.0.2.128/25": {"country": {"iso_code": "UK"}, "subdivisions": [{"iso_code": "SCT"}]},
            "198.51.100.0/24": {"country": {"iso_code": "\0\0"}},
            "203.0.113.0/24": {"country": {"iso_code": "ZZ"}},
        })
    )  # fmt: skip
    told = ("192.0.2.1", "::ffff:192.0.2.2", "::ffff:192.0.2.200", "198.51.100.1", "203.0.113.1")
    log = "".join(line(at(f"10:0{minute}:00"), address) for minute, address in enumerate(told))
    with Countries(path) as countries:
        done = host.log(log, name="a.log", place_of=countries.place)
    assert done.imported == len(told)
    assert host.rows(
        "select event_data ->> 'country', event_data ->> 'region' from listener_events"
        " where tenant_id = %(tenant)s order by occurred_at"
    ) == [("US", None), ("US", None), ("GB", "SCT"), (None, None), (None, None)]


def test_pieces_on_both_sides_of_a_border_between_files_make_one_download(host: Host) -> None:
    host.log(piece(at("10:00:00"), 0, 3_000), name="a.log")
    assert (host.downloads(), host.excluded()) == ([], {"too_short": 1})
    host.log(piece(at("10:01:00"), 3_000, MINUTE), name="b.log")
    assert host.downloads() == [(host.one, at("10:01:00"))]
    assert host.excluded() == {"piece": 1}
    assert host.rows("select count(*) from counting_windows where tenant_id = %(tenant)s") == [(0,)]
    host.log(line(at("10:02:00")), name="c.log")
    assert host.excluded() == {"piece": 1, "repeat": 1}


def test_logs_of_two_servers_that_cover_the_same_day_count_as_one(host: Host) -> None:
    """The second begins before the first ended: nothing of it is too late."""
    host.log(line(at("08:00:00")), line(at("20:00:00"), "192.0.2.2"), name="edge-1.log")
    host.log(line(at("07:00:00")), line(at("09:00:00"), "192.0.2.3"), name="edge-2.log")
    assert len(host.downloads()) == 3
    assert host.excluded() == {"repeat": 1}


@pytest.mark.parametrize("batch", [1, 2, 100])
@pytest.mark.parametrize(
    ("window", "counted"),
    [
        ("calendar_day", [0, 1, 3]),
        ("rolling_first_touch", [0, 2, 3]),
        ("rolling_last_touch", [0, 3]),
    ],
)
def test_the_worked_table_of_windows_whatever_the_borders(
    log_database: Database, monkeypatch: pytest.MonkeyPatch, window: str, counted: list[int], batch: int
) -> None:
    """In one file and one batch, in a batch for each request, and in a file for each."""
    monkeypatch.setattr(store, "BATCH_LINES", batch)
    together, apart = Host(log_database, window=window), Host(log_database, window=window)
    together.log(*map(line, IAB))
    for number, moment in enumerate(IAB):
        apart.log(line(moment), name=f"{number}.log")
    for host in (together, apart):
        assert host.downloads() == [(host.one, IAB[number]) for number in counted]
    assert together.excluded() == apart.excluded() == {"repeat": 4 - len(counted)}


def _stream(seed: int) -> list[tuple[datetime, str]]:
    """Three days of a few listeners: whole files, pieces, bots, repeats; in order of time."""
    dice = random.Random(seed)  # noqa: S311 (no secret)
    found = []
    for _ in range(60):
        when = at("00:00:00") + timedelta(seconds=dice.randrange(3 * 86_400))
        address = f"192.0.2.{dice.randrange(4)}"
        kind = dice.randrange(5)
        if kind == 0:
            text = line(when, address, path=dice.choice(["/one.mp3", "/two.mp3"]))
        elif kind == 1:
            text = line(when, address, agent=dice.choice(["curl/8", "-"]))
        else:
            first = dice.choice([0, 1_500, 3_000, 4_500])
            text = piece(when, first, first + 1_600, address)
        found.append((when, text))
    return sorted(found, key=lambda one: one[0])


def _by_hand(stream: list[tuple[datetime, str]]) -> tuple[int, Tally[str]]:
    """The same counted request by request in plain Python, by calendar day (UTC)."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    reasons: Tally[str] = Tally()
    downloads = 0
    for when, text in stream:
        agent = text.split('"')[5]
        if agent in ("curl/8", "-"):
            reasons["bot" if agent == "curl/8" else "empty_agent"] += 1
            continue
        groups.setdefault((text.split(" ")[0], text.split(" ")[6], when.date()), []).append(text)
    for texts in groups.values():
        bytes_: set[int] = set()
        place = None
        for number, text in enumerate(texts):
            asked = text.split('"')[7] if text.count('"') > 6 else ""
            first, last = map(int, asked.removeprefix("bytes=").split("-")) if asked else (0, SIZE - 1)
            bytes_ |= set(range(first, last + 1))
            if place is None and len(bytes_) >= MINUTE:
                place = number
        if place is None:
            reasons["too_short"] += len(texts)
        else:
            downloads += 1
            reasons["piece"] += place
            reasons["repeat"] += len(texts) - place - 1
    return downloads, +reasons


@search(5, 60)
@given(seed=st.integers(0, 10_000), cuts=st.lists(st.integers(0, 60), max_size=4), batch=st.integers(1, 70))
def test_any_cut_of_a_stream_into_files_and_batches_gives_the_numbers_of_the_whole(
    log_database: Database, monkeypatch: pytest.MonkeyPatch, seed: int, cuts: list[int], batch: int
) -> None:
    monkeypatch.setattr(store, "BATCH_LINES", batch)
    stream = _stream(seed)
    host = Host(log_database)
    edges = [0, *sorted(cuts), len(stream)]
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        if start < end:
            host.log(*(text for _, text in stream[start:end]), name=f"{number}.log")
    assert (len(host.downloads()), host.excluded()) == _by_hand(stream)


def test_days_are_the_tenants(log_database: Database) -> None:
    """23:30 and 00:30 in Auckland are two days there and one day in UTC."""
    host = Host(log_database, "Pacific/Auckland")
    midnight = datetime.combine(DAY, datetime.min.time(), tzinfo=host.tenant.zone)
    half = timedelta(minutes=30)
    host.log(line((midnight - half).astimezone(at().tzinfo)), line((midnight + half).astimezone(at().tzinfo)))
    assert len(host.downloads()) == 2


def test_a_prefix_that_redirects_counts_without_bytes_and_says_so(host: Host) -> None:
    host.log(line(at(), status=302, sent=0), redirects=True)
    assert host.rows(
        "select event_data -> 'unmeasured' from listener_events where tenant_id = %(tenant)s"
    ) == [(True,)]


def test_a_mapping_names_episodes_by_id_or_guid_and_foreign_ones_are_refused(
    host: Host, log_database: Database
) -> None:
    other = Host(log_database)
    mapping = ["path,episode,size_bytes,duration\n", f"/a,{host.one},100,30\n", "/b,guid-2,,\n"]
    done = host.log(line(at(), path="/a", sent=100), line(at(), path="/b", sent=MINUTE), mapping=mapping)
    assert done.imported == 2
    assert {episode for episode, _ in host.downloads()} == {host.one, host.two}
    for name in (str(other.one), "guid-9"):
        with pytest.raises(ImportRefused, match="episodes that are not known"):
            host.log(line(at()), mapping=["path,episode\n", f"/a,{name}\n"])


def test_lines_that_are_too_old_or_of_the_future_are_refused_and_the_rest_stands(host: Host) -> None:
    done = host.log(
        line(at()),
        line(NOW + timedelta(days=1)),
        line(NOW - timedelta(days=800)),
        line(NOW + timedelta(days=3650)),
    )
    assert (done.imported, done.by_reason) == (1, {"future": 2, "past": 1})
    assert [number for number, *_ in host.refusals()] == [2, 3, 4]


def test_nothing_of_a_tenant_shows_in_another(host: Host, log_database: Database) -> None:
    other = Host(log_database)
    host.log(line(at()))
    other.log(line(at()))
    keys = [host.rows("select listener_id from listener_events where tenant_id = %(tenant)s"),
            other.rows("select listener_id from listener_events where tenant_id = %(tenant)s")]  # fmt: skip
    # The same address and agent is somebody else there: each tenant has a secret of its own.
    assert keys[0] != keys[1]
    assert len(other.downloads()) == 1


_IMPORT = """
import sys
from pathlib import Path
from uuid import UUID
from queries.ingest.logs import store
from queries.session import Actor
from queries.settings import Settings, use_settings
use_settings(Settings(database_url=sys.argv[1], database_worker_url=sys.argv[1]))
store.BATCH_LINES = 50
with open(sys.argv[3], "rb") as source:
    store.import_log(Actor(UUID(sys.argv[2])), source, name="killed.log",
                     batch_done=lambda lines, _: (print(lines, flush=True), sys.stdin.readline()))
"""


def test_killed_in_the_middle_it_goes_on_and_loses_and_doubles_nothing(
    log_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed = [one for seed in range(40) for one in _stream(seed)]
    for number in range(20):
        for clock, first, end in ((at("00:10:00"), 0, SIZE // 2), (at("23:50:00"), SIZE // 2, SIZE)):
            when = clock + timedelta(seconds=number)
            timed.append((when, piece(when, first, end, f"192.0.2.{100 + number}")))
    timed.sort(key=lambda one: one[0])
    stream = [text for _, text in timed]
    log = tmp_path / "killed.log.gz"
    log.write_bytes(gzip.compress("".join(stream).encode()))
    whole, killed = Host(log_database), Host(log_database)
    for host in (whole, killed):
        flight = host.tenant.campaign(host.sponsor, DAY, DAY + timedelta(days=3))
        for second, lasts in ((0, 10), (45, 14), (530, 60)):
            host.tenant.insert(
                "ad_units", campaign_id=flight, episode_id=host.one, unit_type="mid_roll", position_seconds=second,
                duration_seconds=lasts,
            )  # fmt: skip
    expected = whole.log(*stream)
    with psycopg.connect(log_database.superuser_dsn) as connection:
        # The same secret, so that what is left behind can be compared id by id.
        connection.execute(
            "insert into listener_keys (tenant_id, key) select %s, key from listener_keys where tenant_id = %s",
            [killed.tenant.tenant_id, whole.tenant.tenant_id],
        )
    kills: list[tuple[int, Moment]] = [(3, "after its rows"), (7, "between"), (2, "after its rows")]
    committed = 0
    for wanted, moment in kills:
        arguments = [log_database.web_dsn, str(killed.tenant.tenant_id), str(log)]
        with holding_still(_IMPORT, arguments, after=wanted) as (process, said):
            assert said > committed
            committed = said
            with held(killed, process, moment):
                process.kill()
                process.wait()
        until_over(killed)
        assert killed.rows("select status, lines_done from etl_imports where tenant_id = %(tenant)s") == [
            ("running", committed)
        ]
    assert committed >= (3 + 7 + 2) * 50
    with open(log, "rb") as source:
        done = import_log(killed.actor, source, name="killed.log")
    assert (done.imported, done.refused, done.duplicate) == (expected.imported, expected.refused, 0)
    assert done.by_reason == expected.by_reason
    assert done.impressions == expected.impressions
    delivered = (
        "select a.position_seconds, e.listener_id, e.occurred_at from attribution_events e join ad_units a"
        " on a.id = (e.attribution_data ->> 'ad_unit_id')::uuid where e.tenant_id = %(tenant)s order by 1, 2, 3"
    )
    assert killed.rows(delivered) == whole.rows(delivered)
    # Twelve listeners and days have a whole file, twenty its halves, with the kills between them.
    assert Tally(second for second, *_ in whole.rows(delivered)) == {0: 32, 45: 32, 530: 32}
    ids = "select id, reason from excluded_requests where tenant_id = %(tenant)s order by 1"
    assert killed.rows(ids) == whole.rows(ids)
    ids = "select id, listener_id, occurred_at from listener_events where tenant_id = %(tenant)s order by 1"
    assert killed.rows(ids) == whole.rows(ids)
    assert killed.rows(
        "select status, records_imported, records_refused, lines_done from etl_imports where tenant_id = %(tenant)s"
    ) == [("completed", expected.imported, expected.refused, len(stream))]


def test_a_real_log_from_end_to_end(log_database: Database, tmp_path: Path) -> None:
    """Ten thousand lines of a real server: what stands in the database is what plain Python counts in the file."""
    folder = os.environ.get("PODBOARD_TEST_DATA")
    if not folder:
        pytest.skip("PODBOARD_TEST_DATA does not name the folder of real logs; made-up ones are tested above")
    path = Path(folder) / "access-log" / "apache_combined_10000.log.gz"
    rows = []
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        for text in handle:
            parts = text.rstrip("\n").split('"')
            if len(parts) == 7:
                head, (method, target, *_), (status, sent) = (
                    parts[0].split(),
                    parts[1].split(),
                    parts[2].split(),
                )
                rows.append((head[0], head[3][1:12], method, target.split("?")[0], int(status),
                             0 if sent == "-" else int(sent), parts[5]))  # fmt: skip
    popular = [name for name, _ in Tally(row[3] for row in rows).most_common(40)]
    sizes = {
        name: max((row[5] for row in rows if row[3] == name and row[4] == 200 and row[2] == "GET"), default=0)
        for name in popular
    }
    paths = [name for name, size in sizes.items() if size][:2]
    host = Host(log_database)
    mapping = ["path,episode,size_bytes,duration\n"] + [
        f"{name},{episode},{sizes[name]},30\n"
        for name, episode in zip(paths, (host.one, host.two), strict=True)
    ]
    shifted = NOW.date() - timedelta(days=10)
    with open(path, "rb") as source:
        done = import_log(host.actor, source, name=path.name, shift_to=shifted, mapping=mapping)
    groups: dict[tuple[Any, ...], list[int]] = {}
    alone: Tally[str] = Tally()
    for address, day, method, target, status, sent, agent in rows:
        if target not in paths:
            continue
        if method != "GET":
            alone["head" if method == "HEAD" else "method"] += 1
        elif status == 304:
            alone["not_modified"] += 1
        elif status not in (200, 206):
            alone["failed_status"] += 1
        elif agent in ("-", ""):
            alone["empty_agent"] += 1
        elif classify_agent(agent).is_bot:
            alone["bot"] += 1
        else:
            groups.setdefault((address, agent, target, day), []).append(sent)
    full = {key: sent for key, sent in groups.items() if max(sent) >= sizes[key[2]]}
    found = host.excluded()
    assert len(host.downloads()) == done.imported == len(full) > 100
    assert found.pop("repeat", 0) + found.pop("piece", 0) == sum(len(sent) - 1 for sent in full.values())
    assert found.pop("too_short", 0) == sum(len(sent) for key, sent in groups.items() if key not in full)
    assert found == alone
    assert done.imported + done.refused == 10_000
    by_day = Tally(when.date() for _, when in host.downloads())
    first = datetime.strptime(rows[0][1], "%d/%b/%Y").date()  # noqa: DTZ007 (a date)
    assert by_day == Tally(
        shifted + (datetime.strptime(key[3], "%d/%b/%Y").date() - first)  # noqa: DTZ007 (a date)
        for key in full
    )
