"""An episode in two encodings: bytes of the one are none of the other, whoever asks for both has one download."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.ingest.imports import ImportResult, taken_back
from queries.ingest.logs import store
from queries.ingest.logs.classify import LogSummary, classify_log
from queries.ingest.logs.files import files_of_tenant
from queries.ingest.logs.reader import LogReader
from queries.ingest.logs.tenant import tenant_rules
from queries.settings import Settings
from queries.tenant_settings import change_settings
from tests.conftest import Database
from tests.host import DAY, HALF, MINUTE, SIZE, Host, Seller, at, line, piece
from tests.searches import search
from tests.sponsorship import own_database

SMALLER = SIZE // 10
SHORT_MINUTE = MINUTE // 10
AAC = "/one.aac"
FIRST = at("06:00:00", DAY - timedelta(days=3))
WINDOWS = ["calendar_day", "rolling_first_touch", "rolling_last_touch"]


@pytest.fixture(scope="module")
def own(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_files") as made:
        yield made


def _after(hours: float) -> datetime:
    return FIRST + timedelta(hours=hours)


def _mapping(host: Host) -> list[str]:
    return [
        "path,episode,size_bytes,duration\n",
        f"/one.mp3,{host.one},,\n",
        f"{AAC},{host.one},{SMALLER},600\n",
    ]


def _log(host: Host, *lines: str, name: str = "access.log") -> ImportResult:
    return host.log(*lines, name=name, mapping=_mapping(host))


def _tried(host: Host, *lines: str) -> LogSummary:
    """What a dry run says, which counts in memory."""
    with taken_back(host.actor) as connection:
        rules, limits = tenant_rules(connection, files_of_tenant(connection, _mapping(host)))
    reader = LogReader(io.BytesIO("".join(lines).encode()), now=limits.now, earliest=limits.oldest)
    return classify_log(reader, rules)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize(
    "lines",
    [
        # Of neither a minute, though both together hold more bytes than one of the smaller.
        [piece(_after(1), 0, MINUTE - 100), piece(_after(2), 0, SHORT_MINUTE - 100, path=AAC)],
        [piece(_after(1), 0, SHORT_MINUTE - 1, path=AAC), piece(_after(2), 0, MINUTE - 1)],
        [line(_after(1), sent=MINUTE - 1), line(_after(2), sent=10, path=AAC)],
    ],
)
def test_less_than_a_minute_of_each_is_no_download(own: Database, window: str, lines: list[str]) -> None:
    host = Host(own, window=window)
    assert _tried(host, *lines).downloads == 0
    done = _log(host, *lines)
    assert (done.imported, done.by_reason) == (0, {"too_short": 2})
    # Nor is it in two logs.
    other = Host(own, window=window)
    assert [_log(other, text, name=f"{n}.log").imported for n, text in enumerate(lines)] == [0, 0]


@pytest.mark.parametrize("window", WINDOWS)
def test_the_rest_of_a_file_completes_that_file_alone(own: Database, window: str) -> None:
    host = Host(own, window=window)
    half = SHORT_MINUTE // 2
    logs = [
        piece(_after(1), 0, half, path=AAC), piece(_after(2), 0, half), piece(_after(3), half, SHORT_MINUTE, path=AAC),
        piece(_after(4), half, MINUTE),
    ]  # fmt: skip
    for number, text in enumerate(logs):
        _log(host, text, name=f"{number}.log")
    assert [moment for _, moment in host.downloads()] == [_after(3)]
    # What was sent of the other file before is no piece of this download.
    assert host.excluded() == {"piece": 1, "too_short": 1, "repeat": 1}


@pytest.mark.parametrize("window", WINDOWS)
def test_bytes_of_the_other_file_deliver_no_ad(own: Database, window: str) -> None:
    host = Seller(own, window=window)
    for place in ((0, 30), (300, 30), (570, 30)):
        host.ad(place)
    _log(host, line(_after(1), sent=MINUTE))
    _log(host, line(_after(2), path=AAC, sent=SMALLER), name="other.log")
    assert host.seconds() == [0]
    _log(host, piece(_after(3), HALF, SIZE), name="rest.log")
    assert host.seconds() == [0, 300, 570]


def test_a_late_download_of_the_other_file_ends_what_was_awaited_of_this_one(own: Database) -> None:
    host = Seller(own)
    host.ad((0, 30))
    host.ad((570, 30))
    _log(host, line(_after(9), sent=MINUTE))
    _log(host, line(_after(5), path=AAC, sent=SHORT_MINUTE), name="late.log")
    assert [row[1] for row in host.impressions()] == [_after(5)]
    # The rest of the file that counts no more brings nothing, the rest of the one that does its ad.
    _log(host, piece(_after(10), HALF, SIZE), name="rest.log")
    assert host.seconds() == [0]
    _log(host, piece(_after(11), SMALLER // 2, SMALLER, path=AAC), name="rest_of_late.log")
    assert host.seconds() == [0, 570]
    assert [row[1] for row in host.impressions()] == [_after(5)] * 2


def test_what_waited_of_each_file_goes_on_in_windows_of_24_hours(own: Database) -> None:
    host = Host(own)
    _log(host, piece(_after(1), 0, HALF // 10), piece(_after(2), 0, SHORT_MINUTE // 2, path=AAC))
    assert host.downloads() == []
    change_settings(host.tenant.tenant_id, download_window="rolling_first_touch")
    _log(host, piece(_after(3), SHORT_MINUTE // 2, SHORT_MINUTE, path=AAC), name="rest.log")
    assert [moment for _, moment in host.downloads()] == [_after(3)]


@pytest.mark.parametrize("window", WINDOWS)
def test_a_corrected_figure_makes_no_other_file(own: Database, window: str) -> None:
    """Tags, a size that the feed corrects, a log without the mapping: the rest of a minute completes it."""
    host = Host(own, window=window)
    mapping = ["path,episode,size_bytes,duration,header_bytes\n", f"/one.mp3,{host.one},{SIZE},600,10\n"]
    host.log(piece(_after(1), 0, MINUTE // 2), mapping=mapping)
    host.log(piece(_after(2), MINUTE // 2, MINUTE + 10), name="without.log")
    assert [moment for _, moment in host.downloads()] == [_after(2)]
    host.log(piece(_after(50), 0, MINUTE // 2), name="next.log", mapping=mapping)
    with psycopg.connect(own.superuser_dsn) as owner:
        owner.execute("update episodes set audio_bytes = audio_bytes + 100 where id = %s", [host.one])
    host.log(piece(_after(51), MINUTE // 2, MINUTE + 50), name="rest.log", mapping=mapping)
    assert [moment for _, moment in host.downloads()] == [_after(2), _after(51)]


def _stream(seed: int) -> list[tuple[datetime, str]]:
    """Three days of two listeners that ask for both files, in pieces and as wholes; each moment once."""
    dice = random.Random(seed)  # noqa: S311 (no secret)
    found: dict[datetime, str] = {}
    for _ in range(30):
        when, address = _after(dice.randrange(3 * 24 * 60) / 60), f"192.0.2.{dice.randrange(2)}"
        path, minute = dice.choice([("/one.mp3", MINUTE), (AAC, SHORT_MINUTE)])
        first = dice.choice([0, minute // 2, minute])
        sent = dice.choice([minute // 4, minute // 2, minute])
        found[when] = piece(when, first, first + sent, address, path)
    return sorted(found.items())


@search(5, 120)
@given(
    seed=st.integers(0, 10_000), files=st.integers(1, 4), batch=st.integers(1, 40), window=st.sampled_from(WINDOWS)
)  # fmt: skip
def test_a_dry_run_in_memory_and_an_import_count_the_same(
    own: Database, monkeypatch: pytest.MonkeyPatch, seed: int, files: int, batch: int, window: str
) -> None:
    """By another path: in memory all at once, in the database batch by batch, of windows of 24 hours in any order."""
    monkeypatch.setattr(store, "BATCH_LINES", batch)
    host, stream = Seller(own, window=window), _stream(seed)
    lines = [text for _, text in stream]
    tried = _tried(host, *lines)
    if window != "calendar_day":
        random.Random(seed).shuffle(lines)  # noqa: S311 (no secret)
    share = -(-len(lines) // files)
    for number in range(files):
        if part := lines[number * share : (number + 1) * share]:
            _log(host, *part, name=f"{number}.log")
    assert len(host.downloads()) == tried.downloads
    assert host.excluded() == {reason.value: count for reason, count in tried.refused.items()}
