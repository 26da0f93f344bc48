"""Files of events: the good rows stand, the bad ones are listed, a second import adds nothing. As the runtime role."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import itertools
import json
import os
import random
import subprocess
import threading
import time
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg import sql

from queries.engine import dispose_engines
from queries.errors import AccessRefused, DatabaseUnavailable
from queries.ingest import event_store, imports, packing, refused, row_reader, tally
from queries.ingest import events as events_module
from queries.ingest.columns import COLUMNS, UNKNOWN_TYPE
from queries.ingest.event_store import WHOLE_DAYS, EventStore
from queries.ingest.events import check_events, import_events
from queries.ingest.imports import ImportRefused, ImportResult, import_lock
from queries.ingest.lines import LONGEST_LINE
from queries.ingest.refused import refusals_csv, write_refusals
from queries.ingest.tally import Refusal
from queries.session import Actor, tenant_session
from queries.settings import Settings
from queries.statements import ask, run, statement
from queries.upkeep import unscoped_close_dead_imports
from tests.clock_changes import PLACES
from tests.conftest import Database
from tests.host import Host
from tests.killed_imports import Moment, held, holding_still, said_next, until_over
from tests.searches import search
from tests.sponsorship import own_database
from tests.studio import NOW, Rows, Studio


@pytest.fixture(scope="module")
def ingest_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_ingest") as made:
        yield made


@pytest.fixture
def alice(ingest_database: Database) -> Studio:
    return Studio(ingest_database)


@pytest.fixture
def charlie(ingest_database: Database) -> Studio:
    return Studio(ingest_database)


def _at(*, days: float = 0, hours: float = 0, minutes: float = 0) -> str:
    return (NOW - timedelta(days=days, hours=hours, minutes=minutes)).isoformat()


def _csv(header: str, *lines: str) -> str:
    return "\n".join((header, *lines)) + "\n"


HEADER = "episode_id,listener_id,event_type,occurred_at"


def _counts(done: ImportResult) -> tuple[int, int, int]:
    return done.imported, done.duplicate, done.refused


def test_a_csv_of_listener_events_is_stored_as_it_is_written(alice: Studio) -> None:
    moment = NOW - timedelta(hours=2)
    done = alice.take(
        _csv(
            "id,episode_id,episode_guid,listener_id,event_type,occurred_at,app,device,os,country,region,source,from_s,to_s",
            f"s1,{alice.one},,l1,download,{moment.isoformat()},Overcast,phone,iOS,de,BE,our host,,",
            f"s2,,guid-2,l2,PROGRESS,{moment.isoformat()},Pocket Casts,,,,,,30,90.5",
        )
    )
    assert _counts(done) == (2, 0, 0)
    assert alice.listener_events() == [
        (alice.one, "l1", "download",
         {"app": "Overcast", "device": "phone", "os": "iOS", "country": "DE", "region": "BE", "source": "our host"},
         moment),
        (alice.two, "l2", "progress", {"app": "Pocket Casts", "from_s": 30, "to_s": 90.5}, moment),
    ]  # fmt: skip
    assert alice.ledger() == [("listener_events", "test.csv", "completed", 2, 0, 0, None)]
    assert alice.rows(
        "select source_sha256 ~ '^[0-9a-f]{64}$' from etl_imports where tenant_id = %(tenant)s"
    ) == [(True,)]
    assert alice.rows(
        "select action, resource_type, resource_id, user_id, changes ->> 'imported' from audit_logs"
        " where tenant_id = %(tenant)s"
    ) == [("import", "etl_import", done.import_id, None, "2")]


@pytest.mark.parametrize("name", ["ingest/counted_among", "ingest/counted_days"])
def test_work_grows_with_the_rows_of_a_file_in_no_order_of_time(alice: Studio, name: str) -> None:
    """A batch holds many days then, and compared in pairs its listeners took longer than a question may."""
    drawn = random.Random(7)  # noqa: S311  what is drawn is no secret
    moments = [NOW - timedelta(minutes=drawn.randrange(20 * 1440)) for _ in range(4000)]
    lines = [f"{alice.one},l{number},download,{at.isoformat()}" for number, at in enumerate(moments)]
    assert alice.take(_csv(HEADER, *lines)).imported == 4000
    asked = {
        "episodes": [alice.one] * 4000, "listeners": [f"l{number}" for number in range(4000)],
        "times": moments, "days": [at.date() for at in moments],
        "earliest": min(moments) - WHOLE_DAYS, "latest": max(moments) + WHOLE_DAYS,
    }  # fmt: skip
    sent = statement(name)
    with tenant_session(alice.actor) as connection:
        explained = run(
            connection,
            f"explain (analyze, format json) {sent.sent}",
            {key: asked[key] for key in sent.parameters},
        ).fetchall()
    assert max(_went_through(explained[0]["QUERY PLAN"][0]["Plan"])) < 10 * 4000


@pytest.mark.parametrize("name", ["ingest/counted_among", "ingest/counted_days", "ingest/standing_downloads"])
def test_a_listener_is_found_in_a_new_month_that_has_no_statistics_yet(
    alice: Studio, ingest_database: Database, name: str
) -> None:
    """However much of the episode is in it: until it is analyzed the planner thinks that of hardly anything."""
    months = {"ingest/counted_among": 20, "ingest/counted_days": 21, "ingest/standing_downloads": 22}
    noon = (NOW - timedelta(days=30 * months[name])).replace(day=10, hour=12)
    put = (
        "insert into listener_events (tenant_id, episode_id, listener_id, event_type, occurred_at)"
        " select %s, %s, 'l' || n, 'download', %s from generate_series(%s::integer, %s) n"
    )
    asked = {
        "episodes": [alice.one] * 100, "listeners": [f"new{number}" for number in range(100)],
        "times": [noon] * 100, "days": [noon.date()] * 100, "earliest": noon - WHOLE_DAYS, "latest": noon + WHOLE_DAYS,
    }  # fmt: skip
    sent = statement(name)
    # One that is there is found by it.
    asked["listeners"][0] = "l1"
    with psycopg.connect(ingest_database.superuser_dsn, autocommit=True) as connection:
        connection.execute("select ensure_event_storage(%s, %s)", [noon, noon])
        for first in range(0, 80_000, 20_000):
            connection.execute(put, [alice.tenant.tenant_id, alice.one, noon, first + 1, first + 20_000])
            with tenant_session(alice.actor) as session:
                parameters = {key: asked[key] for key in sent.parameters}
                assert len(run(session, sent.sent, parameters).fetchall()) == 1
                plan = run(session, f"explain (analyze, format json) {sent.sent}", parameters).fetchall()
            assert max(_went_through(plan[0]["QUERY PLAN"][0]["Plan"])) <= 10 * 100


def _went_through(node: dict[str, Any]) -> Iterator[float]:
    """How many rows each step of a plan looked at in all."""
    removed = sum(node.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Join Filter"))
    seen = node["Actual Rows"] + removed
    yield seen * node["Actual Loops"]
    for below in node.get("Plans", ()):
        yield from _went_through(below)


def test_an_ndjson_of_attribution_events_is_stored_as_it_is_written(alice: Studio) -> None:
    unit = alice.tenant.ad_unit(alice.campaign, alice.one)
    moment = NOW - timedelta(days=12)
    lines = [
        {"campaign_id": str(alice.campaign), "attribution_type": "purchase", "occurred_at": moment.isoformat(),
         "listener_id": "l1", "source": "promo_code", "order_id": "A-1", "value": "19.90", "currency": "eur"},
        {"campaign_id": str(alice.campaign), "attribution_type": "impression", "occurred_at": moment.isoformat(),
         "listener_id": "l2", "episode_id": str(alice.one), "ad_unit_id": str(unit)},
        {"campaign_id": str(alice.campaign), "attribution_type": "lead", "occurred_at": moment.isoformat(),
         "attribution_data": {"source": "survey", "value_micros": 2500000, "currency": "USD"}},
    ]  # fmt: skip
    done = alice.take("\n\n".join(json.dumps(line) for line in lines))
    assert _counts(done) == (3, 0, 0)
    assert alice.attribution_events() == [
        (alice.campaign, None, "l1", "purchase",
         {"source": "promo_code", "order_id": "A-1", "value_micros": 19_900_000, "currency": "EUR"}, moment),
        (alice.campaign, alice.one, "l2", "impression", {"ad_unit_id": str(unit)}, moment),
        (alice.campaign, None, None, "lead", {"source": "survey", "value_micros": 2_500_000, "currency": "USD"},
         moment),
    ]  # fmt: skip
    assert alice.ledger() == [("attribution_events", "test.csv", "completed", 3, 0, 0, None)]


@pytest.mark.parametrize(
    "header",
    [
        "Episode ID,Listener,Event,Timestamp", "EPISODE-ID;listener_hash;Event Type;date time",
        "\ufeffepisode\tlistener id\ttype\tevent_time\tapp_name",
    ],
)  # fmt: skip
def test_columns_are_known_by_their_other_names_too(alice: Studio, header: str) -> None:
    sign = next(sign for sign in ",;\t" if sign in header)
    cells = [str(alice.one), "l1", "download", _at(hours=1)] + ["Overcast"] * header.count("app_name")
    done = alice.take(_csv(header, sign.join(cells)), kind="listener")
    assert _counts(done) == (1, 0, 0)


NOT_UNDERSTOOD = "The time is not understood: write it like 2026-10-31T18:05:00+01:00."
NO_ZONE = "The time has no zone: add Z or an offset like +01:00."
TOO_OLD = "The event is older than the two years that raw events are kept."
AN_ADDRESS = "The listener id is an address of a person or device: send a hash of it."
BAD_LISTENER_ROWS: list[tuple[str, str, str]] = [
    ("{one},l1,download,2026-13-45T00:00:00Z", NOT_UNDERSTOOD,
     "occurred_at: 2026-13-45T00:00:00Z"),
    ("{one},l1,download,yesterday", NOT_UNDERSTOOD,
     "occurred_at: yesterday"),
    ("{one},l1,download,0001-01-01T00:00:00+14:00", NOT_UNDERSTOOD,
     "occurred_at: 0001-01-01T00:00:00+14:00"),
    ("{one},l1,download,2026-11-02T10:00:00", NO_ZONE,
     "occurred_at: 2026-11-02T10:00:00"),
    ("{one},l1,download,2026-11-02", NO_ZONE, "occurred_at: 2026-11-02"),
    ("{one},l1,download,{future}", "The time lies in the future.", "occurred_at: {future}"),
    ("{one},l1,download,{ancient}", TOO_OLD, "occurred_at: {ancient}"),
    ("{nobody},l1,download,{now}", "The episode is not known.", "episode: {nobody}"),
    ("guid-of-nobody,l1,download,{now}", "The episode is not known.", "episode: guid-of-nobody"),
    ("{foreign},l1,download,{now}", "The episode is not known.", "episode: {foreign}"),
    ("foreign-guid,l1,download,{now}", "The episode is not known.", "episode: foreign-guid"),
    ("{deleted},l1,download,{now}", "The episode is not known.", "episode: {deleted}"),
    ("shared-guid,l1,download,{now}", "The guid belongs to episodes of several podcasts: use the episode's id.",
     "episode: shared-guid"),
    (",l1,download,{now}", "A value is missing.", "episode_id"),
    ("{one},,download,{now}", "A value is missing.", "listener_id"),
    ("{one},   ,download,{now}", "A value is missing.", "listener_id"),
    ("{one},l1,,{now}", "A value is missing.", "event_type"),
    ("{one},l1,download,", "A value is missing.", "occurred_at"),
    ("{one},l1,listen,{now}", UNKNOWN_TYPE["listener"], "event_type: listen"),
    ("{one},192.168.0.7,download,{now}", AN_ADDRESS, ""),
    ("{one},2001:db8::1,download,{now}", AN_ADDRESS, ""),
    ("{one},ann@mail.example,download,{now}", AN_ADDRESS, ""),
    ("{one}," + "x" * 201 + ",download,{now}", "A text is longer than 200 characters.",
     "listener_id: " + "x" * 80 + "…"),
    ("{one},l1,download", "The line has another number of values than the header.", "3, not 4"),
    ("{one},l1,download,{now},more", "The line has another number of values than the header.", "5, not 4"),
    ('{one},"l1,download,{now}', "The quotes in this line do not match.", ""),
    ("{one},l\x001,download,{now}", "A text has control characters in it.", "listener_id: l 1"),
]  # fmt: skip


def test_each_bad_row_is_listed_with_line_and_reason_and_the_good_ones_stand(
    alice: Studio, charlie: Studio
) -> None:
    other = alice.tenant.podcast("Other show")
    for podcast in (alice.podcast, other):
        alice.tenant.insert("episodes", podcast_id=podcast, title="Same", guid="shared-guid")
    charlie.tenant.insert("episodes", podcast_id=charlie.podcast, title="His", guid="foreign-guid")
    words = {
        "one": str(alice.one), "foreign": str(charlie.one), "nobody": str(uuid4()), "now": _at(),
        "future": (NOW + timedelta(minutes=30)).isoformat(), "ancient": _at(days=735),
        "deleted": str(alice.tenant.insert("episodes", podcast_id=other, title="Gone", deleted_at=NOW)),
    }  # fmt: skip
    lines: list[str] = []
    expected: list[tuple[int, str, str]] = []
    for line, reason, detail in BAD_LISTENER_ROWS:
        lines += [f"{alice.one},good{len(lines)},download,{_at(minutes=len(lines))}", line.format(**words)]
        expected.append((len(lines) + 1, reason, detail.format(**words)))
    bad_bytes = f"{alice.one},\xff\xfe,download,{_at()}\n".encode("latin-1")
    over_long = f"{alice.one},{'y' * LONGEST_LINE},download,{_at()}\n".encode()
    last = f"{alice.one},last,download,{_at(hours=3)}".encode()
    done = alice.take(_csv(HEADER, *lines).encode() + bad_bytes + over_long + last)
    expected += [
        (len(lines) + 2, "The line is not valid UTF-8.", ""),
        (len(lines) + 3, f"The line is longer than {LONGEST_LINE // 1024} KiB.", ""),
    ]
    assert alice.refusals() == expected
    assert _counts(done) == (len(BAD_LISTENER_ROWS) + 1, 0, len(expected))
    assert done.first_refusals == tuple(Refusal(*row) for row in expected[:20])
    assert {listener for _, listener, *_ in alice.listener_events()} == {"last"} | {
        f"good{n}" for n in range(0, len(lines), 2)
    }
    assert alice.ledger()[-1] == (
        "listener_events",
        "test.csv",
        "completed",
        len(BAD_LISTENER_ROWS) + 1,
        0,
        len(expected),
        None,
    )


BAD_JSON_LINES: list[tuple[bytes, str, str]] = [
    (b"{not json", "The line is not valid JSON.", ""),
    (b'{"app": NaN}', "The line is not valid JSON.", ""),
    (b'{"app": "\\ud83d"}', "The line is not valid JSON.", ""),
    (b'["a", "list"]', "The line is not a JSON object.", ""),
    (b'{"event_type": "play", "type": "play"}', "Two fields mean the same.", "event_type"),
    (b'{"app": "A", "event_data": {"app": "B"}}', "Two fields mean the same.", "app"),
    (b'{"episode_id": "\xff"}', "The line is not valid UTF-8.", ""),
    (b'{"app": "A", "app": "A"}', "A name stands twice.", "app"),
    (b'{"event_data": {"os" : "A", "os" : "B"}}', "A name stands twice.", "os"),
    (b'{"event_data": "{\\"os\\": 1, \\"os\\": 2}"}', "A name stands twice.", "os"),
]
BAD_JSON_FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"x": 1}, "A field is not known.", "x"),
    ({"=1+1": 1}, "A field is not known.", "=1+1"),
    ({"event_data": 7}, "The data is not a JSON object.", "event_data"),
    ({"event_data": {"ip": "1.2.3.4"}}, "A field is not known.", "event_data.ip"),
    ({"event_data": {"event_data": {}}}, "A field is not known.", "event_data.event_data"),
    ({"listener_id": {"a": 1}}, "A text is expected here.", "listener_id: {'a': 1}"),
    ({"listener_id": True}, "A text is expected here.", "listener_id: True"),
    ({"event_type": "progress", "from_s": 10}, "A value is missing.", "to_s"),
    ({"event_type": "progress", "from_s": 10, "to_s": 4}, "A duration is negative.", "from_s: 10, to_s: 4"),
    ({"event_type": "progress", "from_s": -1, "to_s": 4}, "A duration is negative.", "from_s: -1"),
    ({"event_type": "progress", "from_s": 0, "to_s": 1e9}, "A duration is longer than 100 hours.",
     "to_s: 1000000000.0"),
    ({"event_type": "progress", "from_s": "NaN", "to_s": 1}, "This is not a number.", "from_s: NaN"),
    ({"event_type": "progress", "from_s": "1_000", "to_s": 2}, "This is not a number.", "from_s: 1_000"),
    ({"event_type": "progress", "from_s": False, "to_s": 2}, "This is not a number.", "from_s: False"),
    ({"country": "ß"}, "A country is two letters, like DE.", "country: ß"),
    ({"country": "Germany"}, "A country is two letters, like DE.", "country: Germany"),
    ({"event_type": "ad_play", "quartile": 1}, "A value is missing.", "ad_unit_id"),
    ({"ad_unit_id": "x"}, "This is not an id.", "ad_unit_id: x"),
    ({"ad_unit_id": str(UUID(int=7))}, "The ad unit is not known.", f"ad_unit_id: {UUID(int=7)}"),
    ({"quartile": 5}, "A quartile is 0 (start), 1, 2, 3 or 4 (end).", "quartile: 5"),
    ({"app": "a" * 81}, "A text is longer than 80 characters.", "app: " + "a" * 80 + "…"),
    ({"app": "a\0"}, "A text has control characters in it.", "app: a "),
    ({"app": "203.0.113.98"}, "The app is an address of a person or device: send a hash of it.", ""),
    ({"event_data": {"region": "joe@mail.example"}},
     "The region is an address of a person or device: send a hash of it.", ""),
    ({"country": "203.0.113.98"}, "A country is two letters, like DE.", "country: …"),
    ({"episode_id": "joe@mail.example"}, "The episode is not known.", "episode: …"),
]  # fmt: skip


def test_the_figures_of_an_import_count_refusals_by_their_sentences(
    alice: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", 2)
    rows = [f"l{n},play,{'guid-1' if n % 3 else 'nobody'},{_at()}" for n in range(7)] + [
        f"l9,dance,guid-1,{_at()}"
    ]
    done = alice.take("\n".join(["listener_id,event_type,episode,occurred_at", *rows]))
    expected = {
        "The episode is not known.": 3,
        "The event type is none of download, play, progress, complete, ad_play, follow.": 1,
    }
    assert done.by_reason == expected
    assert alice.rows("select figures -> 'by_reason' from etl_imports where tenant_id = %(tenant)s") == [
        (expected,)
    ]


def test_each_bad_json_row_is_listed_too(alice: Studio) -> None:
    good = {"episode_id": str(alice.one), "listener_id": "l1", "event_type": "play", "occurred_at": _at()}
    lines = [json.dumps(good).encode(), *(line for line, _, _ in BAD_JSON_LINES)]
    lines += [json.dumps({**good, **fields}).encode() for fields, _, _ in BAD_JSON_FIELDS]
    expected = [(reason, detail) for _, reason, detail in (*BAD_JSON_LINES, *BAD_JSON_FIELDS)]
    done = alice.take(b"\n".join(lines))
    assert alice.refusals() == [(n, *refusal) for n, refusal in enumerate(expected, start=2)]
    assert _counts(done) == (1, 0, len(expected))


@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        (b"{bad", "The line is not valid JSON.", ""),
        (b'{"id": "\xff"}', "The line is not valid UTF-8.", ""),
        (b"{}", "A value is missing.", "occurred_at"),
        (b'{"from_s": 1e400, "event_type": "progress"}', "The line is not valid JSON.", ""),
        (b'{"app": "' + b"x" * 10_000_000 + b'"}', "The line is longer than 64 KiB.", ""),
        (b"[]", "The line is not a JSON object.", ""),
        (b'[{"a": 1}', "The line is not valid JSON.", ""),
        (b"[" + b"x" * LONGEST_LINE, "The line is longer than 64 KiB.", ""),
        (b"null", "The line is not a JSON object.", ""),
        (b"nothing", "The line is not valid JSON.", ""),
        (b"\xff", "The line is not valid UTF-8.", ""),
        (b'{"event_type": "play", "colour": 1}', "A field is not known.", "colour"),
        (b'{"event_type": "play", "type": "play"}', "Two fields mean the same.", "event_type"),
    ],
    ids=[
        "half", "latin", "empty", "infinite", "long", "list", "half-list", "long-list", "null", "word", "byte",
        "unknown", "twice",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [None, "listener"])
def test_a_bad_first_line_of_json_is_refused_as_any_other(
    alice: Studio, monkeypatch: pytest.MonkeyPatch, line: bytes, reason: str, detail: str, kind: Any
) -> None:
    """Batches are smaller than what is looked at before its turn: how far they came is told of what was taken."""
    monkeypatch.setattr(events_module, "BATCH_ROWS", 1)
    good = json.dumps(
        {"episode_id": str(alice.one), "listener_id": "l1", "event_type": "play", "occurred_at": _at()}
    )
    again = good.replace('"l1"', '"l2"').encode()
    document = b"\n".join((line, b"", good.encode(), line, again))
    first = b"\xef\xbb\xbf" + document
    told: list[tuple[int, int]] = []
    done = import_events(
        alice.actor, io.BytesIO(first), name="x", kind=kind, batch_done=lambda *at: told.append(at)
    )
    assert _counts(done) == (2, 0, 2)
    assert alice.refusals() == [(1, reason, detail), (4, reason, detail)]
    assert [lines for lines, _ in told] == [1, 3, 4, 5]
    assert alice.rows("select source_sha256 from etl_imports where tenant_id = %(tenant)s") == [
        (hashlib.sha256(first).hexdigest(),)
    ]


TOO_MUCH = "An amount is at most 100,000,000 of its currency."


def test_a_line_break_inside_quotes_is_one_refusal_and_a_lost_quote_costs_its_line_alone(
    alice: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was two or three refusals, none of which said what is wrong."""
    monkeypatch.setattr(events_module, "BATCH_ROWS", 2)
    monkeypatch.setattr(events_module, "FIRST_ROWS", 1)
    at = _at(hours=1)
    good = [f"{alice.one},l{n},play,{at},App" for n in range(4)]
    broken, lost = f'{alice.one},b,play,{at},"An\n\napp"', f'{alice.one},q,play,{at},"App'
    text = _csv(f"{HEADER},app", good[0], broken, good[1], lost, good[2], broken, lost, "more", good[3], lost)
    told: list[int] = []
    data = text.encode()
    done = import_events(
        alice.actor, io.BytesIO(data), name="x", batch_done=lambda lines, _: told.append(lines)
    )
    assert _counts(done) == (4, 0, 6)
    quotes, line_break = (
        "The quotes in this line do not match.",
        "A line break inside quotes is not read: a row is one line.",
    )
    assert alice.refusals() == [
        (3, line_break, ""), (7, quotes, ""), (9, line_break, ""), (12, quotes, ""),
        (13, "The line has another number of values than the header.", "1, not 5"), (15, quotes, ""),
    ]  # fmt: skip
    assert told == [2, 6, 8, 12, 14, 15]
    assert alice.rows("select source_sha256 from etl_imports where tenant_id = %(tenant)s") == [
        (hashlib.sha256(data).hexdigest(),)
    ]


def test_letters_of_no_country_are_an_unknown_one_and_a_device_is_what_its_source_calls_it(
    alice: Studio,
) -> None:
    told = ("ZZ", "XX", "EU", "", "de", "UK", "XK", "SU")
    rows = (f"{alice.one},l{n},play,{_at(hours=n)},{country},toaster" for n, country in enumerate(told))
    assert _counts(alice.take(_csv(f"{HEADER},country,device", *rows))) == (len(told), 0, 0)
    found = {row[1]: row[3] for row in alice.listener_events()}
    assert [found[f"l{n}"].get("country") for n in range(len(told))] == [
        None, None, None, None, "DE", "GB", "XK", "SU",
    ]  # fmt: skip
    assert {data["device"] for data in found.values()} == {"toaster"}


BAD_ATTRIBUTION_ROWS: list[tuple[dict[str, Any], str, str]] = [
    ({"campaign_id": "00000000-0000-4000-8000-000000000000"}, "The campaign is not known.",
     "campaign_id: 00000000-0000-4000-8000-000000000000"),
    ({"campaign_id": "summer"}, "This is not an id.", "campaign_id: summer"),
    ({"campaign_id": None}, "A value is missing.", "campaign_id"),
    ({"attribution_type": "sale"}, UNKNOWN_TYPE["attribution"], "attribution_type: sale"),
    ({"source": "guess"}, "The source is not known.", "source: guess"),
    ({"source": ""}, "A value is missing.", "source"),
    ({"attribution_type": "impression", "listener_id": ""}, "A value is missing.", "listener_id"),
    ({"value": "12,50", "currency": "EUR"}, "This is not a number.", "value: 12,50"),
    ({"value": "-1", "currency": "EUR"}, "This is not an amount of money.", "value: -1"),
    ({"value": "0.0000001", "currency": "EUR"}, "This is not an amount of money.", "value: 0.0000001"),
    ({"value": "1e30", "currency": "EUR"}, TOO_MUCH, "value: 1e30"),
    ({"value": "100000000.01", "currency": "EUR"}, TOO_MUCH, "value: 100000000.01"),
    ({"value_micros": 100_000_000_000_001, "currency": "EUR"}, TOO_MUCH, "value_micros: 100000000000001"),
    ({"value": "Infinity", "currency": "EUR"}, "This is not a number.", "value: Infinity"),
    ({"value_micros": 1.5, "currency": "EUR"}, "This is not an amount of money.", "value_micros: 1.5"),
    ({"value": 1, "value_micros": 1, "currency": "EUR"}, "value and value_micros differ.", ""),
    ({"value": 1}, "A value needs its currency.", "currency"),
    ({"value": 1, "currency": "Euro"}, "A currency is three letters, like EUR.", "currency: Euro"),
    ({"currency": "\u017fek", "value": 1}, "A currency is three letters, like EUR.", "currency: \u017fek"),
    ({"currency": "€€€", "value": 1}, "A currency is three letters, like EUR.", "currency: €€€"),
    ({"occurred_at": (NOW - timedelta(days=1900)).isoformat()}, "The event is older than five years.",
     f"occurred_at: {(NOW - timedelta(days=1900)).isoformat()}"),
    ({"episode_id": "nobody"}, "The episode is not known.", "episode: nobody"),
    ({"order_id": "joe@mail.example"}, "The order id is an address of a person or device: send a hash of it.", ""),
    ({"promo_code": "+49 170 1234567", "campaign_id": ""},
     "The promo code is an address of a person or device: send a hash of it.", ""),
]  # fmt: skip


def test_bad_attribution_rows_are_listed(alice: Studio) -> None:
    elsewhere = alice.tenant.ad_unit(alice.campaign, alice.two)
    good = {
        "campaign_id": str(alice.campaign), "attribution_type": "purchase", "occurred_at": _at(days=1),
        "listener_id": "l1", "source": "pixel",
    }  # fmt: skip
    bad = [
        *BAD_ATTRIBUTION_ROWS,
        (
            {"ad_unit_id": str(elsewhere), "episode_id": str(alice.one)},
            "The ad unit belongs to another campaign or episode.",
            f"ad_unit_id: {elsewhere}",
        ),
    ]
    lines = [good, *({**good, **changes} for changes, _, _ in bad)]
    done = alice.take("\n".join(json.dumps(line) for line in lines))
    assert alice.refusals() == [(n, reason, detail) for n, (_, reason, detail) in enumerate(bad, start=2)]
    assert _counts(done) == (1, 0, len(bad))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The file is empty."),
        ("\n \n\r\n", "The file is empty."),
        (f"{HEADER},colour\n", "Unknown column 'colour' for listener events; nothing was imported."),
        (f"{HEADER},colour,shape\n1,2,3,4,5,6\n", "Unknown columns 'colour', 'shape' for listener events"),
        (
            "episode_id,listner_id,event_type,ocurred_at\n",
            "Unknown columns 'listner_id' (listener_id?), 'ocurred_at' (occurred_at?) for listener events",
        ),
        (
            f"{HEADER},{','.join(f'colour{n}' for n in range(7))}\n",
            "'colour4' and 2 more for listener events",
        ),
        (
            "listener_id,event_type,occurred_at\nl,play,2026-10-31T18:05:00Z\n",
            "There is no column episode_id, which listener events need; nothing was imported.",
        ),
        (
            "campaign_id,value\n",
            "There is no column occurred_at and no column attribution_type, which attribution events need",
        ),
        (b"\x1f\x8b\x08\x00rest\n", "The packed file is broken or cut off. Nothing of it was imported."),
        (b"PK\x03\x04rest\n", "The file is a ZIP archive: plain UTF-8, gzip and zstd can be read."),
        (b"PAR1rest\n", "The Parquet file is broken or cut off. Nothing of it was imported."),
        (f"{HEADER},event_time\n", "Two columns mean occurred_at: 'occurred_at', 'event_time'."),
        ("a,b\n1,2\n", "do not tell listener from attribution events"),
        ('{"event_type": "play", "colour": 1}\n', "Unknown field 'colour' for listener events"),
        ('{"half": \n', "No line at the beginning tells listener from attribution events"),
        ('{"id": "1"}\n' * 1_001 + '{"event_type": "play"}\n', "No line at the beginning tells"),
        ("[1, 2]\n", "NDJSON is wanted, one object a line: `jq -c '.[]' FILE` writes it so."),
        ('[{"event_type": "play"}]', "The file is one JSON array"),
        ('[{"event_type": "play"},\n{"event_type": "play"}]', "The file is one JSON array"),
        ('[\n\n{"event_type": "play"}\n]', "The file is one JSON array"),
        (b'\xef\xbb\xbf[{"app": "' + b"x" * LONGEST_LINE + b'"}]', "The file is one JSON array"),
        ("x" * (LONGEST_LINE + 1), "This is not a file of events."),
        ('"open,quote\n', "the names of the columns cannot be read"),
        (HEADER.encode("utf-16"), "UTF-16"),
        (b"caf\xe9," + HEADER.encode(), "Line 1 is not valid UTF-8"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_whole(
    alice: Studio, text: str | bytes, message: str
) -> None:
    with pytest.raises(ImportRefused) as refused:
        alice.take(text)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    assert alice.listener_events() == []
    [(_, _, status, *counts, error)] = alice.ledger()
    assert (status, counts, error) == ("failed", [0, 0, 0], str(refused.value))
    assert alice.rows("select count(*) from audit_logs where tenant_id = %(tenant)s") == [(0,)]


def test_columns_of_the_other_kind_are_named_as_such(alice: Studio) -> None:
    with pytest.raises(ImportRefused, match="They are those of attribution events"):
        alice.take("campaign_id,attribution_type,occurred_at,source\n", kind="listener")


def test_a_file_with_a_header_alone_imports_nothing(alice: Studio) -> None:
    assert _counts(alice.take(HEADER + "\n")) == (0, 0, 0)
    assert alice.ledger() == [("listener_events", "test.csv", "completed", 0, 0, 0, None)]


def _gave_way(studio: Studio) -> int:
    """Downloads of which earlier ones of their days took the place, in later batches or imports."""
    [(told,)] = studio.rows(
        "select coalesce(sum((figures ->> 'taken_back')::integer), 0) from etl_imports where tenant_id = %(tenant)s"
    )
    return int(told)


def test_the_same_file_again_adds_nothing(alice: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", 7)
    alice.tenant.ad_unit(alice.campaign, alice.one)
    chance = random.Random(7)  # noqa: S311 (the same rows at each run)
    lines = [
        f"{chance.choice([alice.one, alice.two])},l{chance.randrange(9)},{chance.choice(['download', 'play'])},"
        f"{_at(days=chance.randrange(9, 22), hours=chance.randrange(24))}"
        for _ in range(200)
    ]
    first = alice.take(_csv(HEADER, *lines))
    listened, attributed = alice.listener_events(), alice.attribution_events()
    again = alice.take(_csv(HEADER, *lines))
    gave_way = _gave_way(alice)
    assert first.imported - gave_way == len(listened) > 100
    assert first.imported + first.duplicate + first.refused == 200
    assert first.impressions == len(attributed) > 5
    assert (again.imported, again.impressions) == (0, 0)
    # What was refused is refused again, all else is there already.
    assert (again.duplicate, again.refused) == (200 - first.refused - gave_way, first.refused + gave_way)
    assert (alice.listener_events(), alice.attribution_events()) == (listened, attributed)


def test_the_content_names_an_event_however_it_is_written(alice: Studio) -> None:
    moment = NOW - timedelta(hours=5)
    first = alice.take(_csv(HEADER + ",app", f"{alice.one},l1,play,{moment.isoformat()},Overcast"))
    other_zone = moment.astimezone(tz=datetime.strptime("+0530", "%z").tzinfo)
    line = {
        "app": "Overcast", "type": "PLAY", "guid": "guid-1", "time": other_zone.isoformat(), "listener": " l1 ",
    }  # fmt: skip
    again = alice.take(json.dumps(line), kind="listener")
    assert (_counts(first), _counts(again)) == ((1, 0, 0), (0, 1, 0))


@pytest.mark.parametrize("change", ["listener", "type", "episode", "data", "time"])
def test_another_event_under_a_known_id_is_refused(alice: Studio, change: str) -> None:
    row = {
        "id": "s1",
        "episode": str(alice.one),
        "listener": "l1",
        "type": "play",
        "time": _at(days=40),
        "app": "A",
    }
    other = {**row, **{
        "listener": {"listener": "l2"}, "type": {"type": "complete"}, "episode": {"episode": str(alice.two)},
        "data": {"app": "B"}, "time": {"time": _at(days=400)},
    }[change]}  # fmt: skip
    assert _counts(alice.take(json.dumps(row), kind="listener")) == (1, 0, 0)
    stands = alice.listener_events()
    assert _counts(alice.take(json.dumps(other), kind="listener")) == (0, 0, 1)
    both = "\n".join(json.dumps({**line, "id": "s2"}) for line in (row, other, row))
    # The play of s2 is another event than that of s1: the source says so by its id.
    assert _counts(alice.take(both, kind="listener")) == (1, 1, 1)
    assert [row[1] for row in alice.refusals()] == [
        "Another event of this id stands already, with other content."
    ] * 2
    assert stands[0] in alice.listener_events()


def test_a_conversion_under_a_known_id_is_refused_and_the_same_one_is_not_added(alice: Studio) -> None:
    row = {
        "id": "o1", "campaign_id": str(alice.campaign), "attribution_type": "purchase", "occurred_at": _at(days=3),
        "source": "pixel", "value": 5, "currency": "USD",
    }  # fmt: skip
    lines = [row, row, {**row, "value": 6}, {**row, "listener_id": "l1"}, {**row, "occurred_at": _at(days=2)}]
    assert _counts(alice.take("\n".join(json.dumps(line) for line in lines))) == (1, 1, 3)
    assert _counts(alice.take("\n".join(json.dumps(line) for line in lines))) == (0, 2, 3)


def test_a_download_counts_once_per_listener_episode_and_day_of_the_tenant(ingest_database: Database) -> None:
    """New York's day: 04:59 UTC on a winter day still belongs to the day before."""
    studio = Studio(ingest_database, "America/New_York")
    year = NOW.year - 1
    lines = [
        f"{studio.one},l1,download,{year}-12-02T04:59:59Z",
        f"{studio.one},l1,download,{year}-12-02T05:00:00Z",
        f"{studio.one},l1,download,{year}-12-03T04:59:59Z",
        f"{studio.one},l2,download,{year}-12-02T06:00:00Z",
        f"{studio.two},l1,download,{year}-12-02T06:00:00Z",
        f"{studio.one},l1,play,{year}-12-02T06:00:00Z",
    ]
    assert _counts(studio.take(_csv(HEADER, *lines))) == (5, 0, 1)
    later = f"{studio.one},l1,download,{year}-12-02T12:00:00Z"
    assert _counts(studio.take(_csv(HEADER, later))) == (0, 0, 1)
    reason = "This listener's download of this episode on this day is counted already."
    assert studio.refusals() == [(4, reason, ""), (2, reason, "")]


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe"])
def test_a_day_of_the_tenant_may_have_more_or_fewer_hours(ingest_database: Database, zone: str) -> None:
    """Both clock changes of the last year: the first and the last second of such a day belong to one day."""
    studio = Studio(ingest_database, zone)
    changes: list[timedelta] = []
    lines: list[str] = []
    for back in range(2, 370):
        begins, ends = studio.midnight(back), studio.midnight(back - 1)
        if ends - begins == timedelta(hours=24):
            continue
        changes.append(ends - begins - timedelta(hours=24))
        lines += [
            f"{studio.one},l1,download,{moment.isoformat()}"
            for moment in (begins, ends - timedelta(seconds=1), ends, begins - timedelta(seconds=1))
        ]
    step = timedelta(minutes=30 if zone == "Australia/Lord_Howe" else 60)
    assert sorted(changes) == [-step, step]
    assert _counts(studio.take(_csv(HEADER, *lines))) == (6, 0, 2)
    assert [line for line, _, _ in studio.refusals()] == [3, 7]


def test_impressions_are_made_where_a_campaign_is_in_flight(ingest_database: Database) -> None:
    """One for each ad unit of the episode whose campaign's flight covers the tenant's day of the download."""
    studio = Studio(ingest_database, "America/New_York")
    tenant = studio.tenant
    first, last = (studio.midnight(back).astimezone(tenant.zone).date() for back in (20, 18))
    units: dict[UUID, tuple[UUID, UUID]] = {}
    for stage in ("booked", "live", "paused", "completed", "prospect", "proposed", "cancelled"):
        campaign = tenant.campaign(studio.sponsor, first, last, stage=stage)
        for position in (0, 600):
            unit = tenant.ad_unit(campaign, studio.one, position=position)
            if stage in ("booked", "live", "paused", "completed"):
                units[unit] = (campaign, studio.one)
    live = tenant.campaign(studio.sponsor, first, last)
    tenant.insert(
        "ad_units", campaign_id=live, episode_id=studio.one, unit_type="pre_roll", position_seconds=0,
        duration_seconds=30, deleted_at=NOW,
    )  # fmt: skip
    tenant.ad_unit(tenant.campaign(studio.sponsor, first, last, deleted_at=NOW), studio.one)
    second = timedelta(seconds=1)
    moments = {
        studio.midnight(20) - second: False, studio.midnight(20): True, studio.midnight(17) - second: True,
        studio.midnight(17): False,
    }  # fmt: skip
    noon = (studio.midnight(19) + timedelta(hours=12)).isoformat()
    lines = [f"d{n},{studio.one},l{n},download,{moment.isoformat()}" for n, moment in enumerate(moments)]
    lines.append(f"p1,{studio.one},l9,play,{noon}")
    lines.append(f"d9,{studio.two},l9,download,{noon}")
    done = studio.take(_csv("id," + HEADER, *lines))
    delivered = [moment for moment, inside in moments.items() if inside]
    assert (done.imported, done.impressions) == (6, 2 * len(units))
    found = studio.attribution_events()
    assert sorted(found, key=str) == sorted(
        (
            (campaign, episode, f"l{list(moments).index(moment)}", "impression",
             {"ad_unit_id": str(unit), "evidence": "download"}, moment)
            for moment in delivered
            for unit, (campaign, episode) in units.items()
        ),
        key=str,
    )  # fmt: skip


def test_the_id_of_an_impression_is_made_from_download_and_ad_unit(alice: Studio) -> None:
    unit = alice.tenant.ad_unit(alice.campaign, alice.one)
    alice.take(_csv(HEADER, f"{alice.one},l1,download,{_at(days=15)}"))
    [(download,)] = alice.rows("select id from listener_events where tenant_id = %(tenant)s")
    digest = bytearray(hashlib.sha256(f"impression {download} {unit}".encode()).digest()[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x80, 0x80 | digest[8] & 0x0F
    assert alice.rows("select id from attribution_events where tenant_id = %(tenant)s") == [
        (UUID(bytes=bytes(digest)),)
    ]


def test_charlie_gets_nothing_by_alices_ids(alice: Studio, charlie: Studio) -> None:
    """Foreign and unknown are refused in the same words, and nothing of either tenant changes."""
    unit = alice.tenant.ad_unit(alice.campaign, alice.one)
    alice.take(_csv(HEADER, f"{alice.one},l1,download,{_at(days=15)}"))
    before = (alice.listener_events(), alice.attribution_events(), alice.ledger(), alice.refusals())
    nobody = uuid4()
    listener = [
        {"episode_id": str(episode), "listener_id": "l1", "event_type": "ad_play", "occurred_at": _at(days=1),
         "ad_unit_id": str(ad)}
        for episode, ad in ((alice.one, unit), (nobody, unit), (charlie.one, unit), (charlie.one, nobody))
    ]  # fmt: skip
    charlie.take("\n".join(json.dumps(line) for line in listener))
    attributed = [
        {"campaign_id": str(campaign), "episode_id": str(episode), "attribution_type": "visit", "source": "pixel",
         "occurred_at": _at(days=1), "listener_id": "l1"}
        for campaign, episode in ((alice.campaign, charlie.one), (nobody, charlie.one), (charlie.campaign, alice.one))
    ]  # fmt: skip
    charlie.take("\n".join(json.dumps(line) for line in attributed))
    assert [reason for _, reason, _ in charlie.refusals()] == [
        *["The episode is not known."] * 2, *["The ad unit is not known."] * 2, *["The campaign is not known."] * 2,
        "The episode is not known.",
    ]  # fmt: skip
    assert (charlie.listener_events(), charlie.attribution_events()) == ([], [])
    assert before == (alice.listener_events(), alice.attribution_events(), alice.ledger(), alice.refusals())


def test_the_same_ids_in_two_tenants_do_not_meet(alice: Studio, charlie: Studio) -> None:
    for studio in (alice, charlie):
        studio.tenant.ad_unit(studio.campaign, studio.one)
        text = _csv(
            "id," + HEADER, f"same,guid-1,l1,download,{_at(days=15)}", f"same2,guid-1,l1,play,{_at(days=15)}"
        )
        done = studio.take(text)
        assert (*_counts(done), done.impressions) == (2, 0, 0, 1)
    ids = [
        set(studio.rows("select id from listener_events where tenant_id = %(tenant)s"))
        for studio in (alice, charlie)
    ]
    assert not ids[0] & ids[1]


def test_without_a_tenant_nothing_is_imported(alice: Studio) -> None:
    with pytest.raises(Exception, match="No tenant"):
        import_events(Actor(None), io.BytesIO(HEADER.encode()), name="x")


def test_a_person_imports_who_may_and_is_named(alice: Studio) -> None:
    manager = alice.tenant.person(f"{uuid4().hex}@a.example", "account_manager")
    text = _csv(HEADER, f"{alice.one},l1,play,{_at()}")
    import_events(Actor(alice.tenant.tenant_id, manager), io.BytesIO(text.encode()), name="x")
    assert alice.rows("select created_by from etl_imports where tenant_id = %(tenant)s") == [(manager,)]
    assert alice.rows("select user_id from audit_logs where tenant_id = %(tenant)s") == [(manager,)]
    for role in ("sponsor", "podcaster"):
        person = alice.tenant.person(f"{uuid4().hex}@a.example", role)
        with pytest.raises(AccessRefused):
            import_events(Actor(alice.tenant.tenant_id, person), io.BytesIO(text.encode()), name="x")
    assert len(alice.ledger()) == 1


def test_old_conversions_get_room_of_their_own(alice: Studio) -> None:
    """Four years back there is no partition yet; it is made outside the import's transaction."""
    line = {
        "campaign_id": str(alice.campaign), "attribution_type": "lead", "occurred_at": _at(days=4 * 365),
        "source": "survey",
    }  # fmt: skip
    assert _counts(alice.take(json.dumps(line))) == (1, 0, 0)


class _Interrupted(io.RawIOBase):
    """A file that does something after some of its lines."""

    def __init__(self, text: str, after: int, act: Callable[[], None]) -> None:
        self._lines = iter(text.encode().splitlines(keepends=True))
        self._left = after
        self._act = act

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        """One line at a time."""
        if self._left == 0:
            self._act()
        self._left -= 1
        line = next(self._lines, b"")
        target[: len(line)] = line
        return len(line)


def _plays(studio: Studio, count: int) -> str:
    return _csv(HEADER, *(f"{studio.one},l{n},play,{_at(minutes=n)}" for n in range(count)))


def _interrupted(studio: Studio) -> None:
    """An import of fifty plays that stops after three batches of ten."""

    def fail() -> None:
        raise OSError("the disk is gone: secret detail")

    source = _Interrupted(_plays(studio, 50), 35, fail)
    with pytest.raises(OSError, match="disk is gone"):
        import_events(studio.actor, source, name="plays.csv")  # type: ignore[arg-type]


def test_an_error_in_the_middle_keeps_what_was_committed_and_says_so(
    alice: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", 10)
    _interrupted(alice)
    assert len(alice.listener_events()) == 30
    message = (
        "Stopped by an unexpected error (OSError); what its figures say stands, "
        "the same file again goes on there."
    )
    assert alice.ledger() == [("listener_events", "plays.csv", "failed", 30, 0, 0, message)]
    # Under another name it is another import, which finds them there.
    assert _counts(alice.take(_plays(alice, 50))) == (20, 30, 0)


def test_the_same_file_goes_on_where_it_stopped_and_a_changed_one_begins_anew(
    alice: Studio, charlie: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", 10)
    for studio in (alice, charlie):
        _interrupted(studio)
    done = import_events(alice.actor, io.BytesIO(_plays(alice, 50).encode()), name="plays.csv")
    assert _counts(done) == (50, 0, 0)
    assert [row[2:] for row in alice.ledger()] == [("completed", 50, 0, 0, None)]
    changed = _plays(charlie, 50).replace(",l3,", ",other,")
    done = import_events(charlie.actor, io.BytesIO(changed.encode()), name="plays.csv")
    assert _counts(done) == (21, 29, 0)
    assert [row[2:5] for row in charlie.ledger()] == [("failed", 30, 0), ("completed", 21, 29)]


def test_the_same_file_of_another_source_is_another_import_and_doubles_nothing(
    alice: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", 10)
    _interrupted(alice)
    done = import_events(
        alice.actor, io.BytesIO(_plays(alice, 50).encode()), name="plays.csv", source_name="Other host"
    )
    assert _counts(done) == (20, 30, 0)
    assert len(alice.listener_events()) == 50
    # That of the first source is still there to go on with: by the name that its file gives it, and by none at all, as
    # the release before named sources wrote it.
    by_source = "select source_name, status, records_imported from etl_imports where tenant_id = %(tenant)s order by 1"
    assert alice.rows(by_source) == [("Other host", "completed", 20), ("plays", "failed", 30)]
    with alice.tenant.owner() as owner:
        owner.execute(
            "update etl_imports set source_name = null where tenant_id = %s and source_name = 'plays'",
            (alice.tenant.tenant_id,),
        )
    done = import_events(alice.actor, io.BytesIO(_plays(alice, 50).encode()), name="plays.csv")
    assert _counts(done) == (30, 20, 0)
    assert alice.rows(by_source) == [("Other host", "completed", 20), (None, "completed", 30)]


@pytest.mark.parametrize("way", ["csv", "gzip", "parquet"])
def test_what_a_run_before_had_done_is_told_apart(
    alice: Studio, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", 10)
    text = _plays(alice, 50)
    made = io.BytesIO()
    if way == "parquet":
        pq.write_table(pa.Table.from_pylist(list(csv.DictReader(io.StringIO(text)))), made)
    else:
        made.write(text.encode() if way == "csv" else gzip.compress(text.encode()))
    heard: list[tuple[str, int, int]] = []

    def take(*, stops: bool) -> None:
        def done(lines: int, reached: int) -> None:
            heard.append(("done", lines, reached))
            if stops and len(heard) == 3:
                raise OSError("the disk is gone")

        made.seek(0)
        import_events(
            alice.actor, made, name="plays", batch_done=done,
            goes_on=lambda lines, reached: heard.append(("goes on", lines, reached)),
        )  # fmt: skip

    with pytest.raises(OSError, match="disk is gone"):
        take(stops=True)
    # A file that begins anew has nothing behind it.
    assert [one[0] for one in heard] == ["done"] * 3
    first = heard[-1][1]
    heard.clear()
    take(stops=False)
    assert [one[:2] for one in heard] == [("goes on", first), *(("done", first + n) for n in (10, 20))]
    lines, size = text.splitlines(keepends=True), len(made.getvalue())
    # The first row that is new is in sight already.
    near = {"csv": len("".join(lines[:32])), "parquet": size * 31 // 50, "gzip": size}[way]
    assert heard[0][2] == near
    assert heard[-1][2] == size


_KILLED = """
import sys
from queries.ingest import events
from queries.session import Actor
from uuid import UUID
events.BATCH_ROWS = 10
with open(sys.argv[2], "rb") as source:
    events.import_events(Actor(UUID(sys.argv[1])), source, name="killed.csv",
                         batch_done=lambda lines, _: (print(lines, flush=True), sys.stdin.readline()))
"""


@pytest.mark.parametrize(
    ("way", "kills"),
    [
        ("csv.zst", [(31, "after its rows"), (61, "between")]),
        ("parquet", [(30, "before its rows"), (60, "after its rows")]),
    ],
)
def test_kill_9_in_the_middle_loses_nothing_and_doubles_nothing(
    alice: Studio, tmp_path: Path, way: str, kills: list[tuple[int, Moment]]
) -> None:
    """Killed where the process can go no further, so that what stands is known to the row."""
    file = _file_of_plays(alice, tmp_path, way)
    for committed, moment in kills:
        with _killed(alice, file) as (process, said):
            assert said == committed
            with held(alice, process, moment):
                process.kill()
                process.wait()
        until_over(alice)
        rows = committed - (way != "parquet")  # the header is a line
        assert _listeners(alice) == [f"l{n}" for n in range(rows)]
        assert _progress(alice) == [("running", committed, rows)]
    with open(file, "rb") as source:
        done = import_events(alice.actor, source, name="killed.csv")
    assert _counts(done) == (95, 0, 0)
    assert _listeners(alice) == [f"l{n}" for n in range(95)]
    assert [row[2:] for row in alice.ledger()] == [("completed", 95, 0, 0, None)]


def test_what_a_dead_process_still_commits_while_the_next_looks_is_gone_on_after(
    alice: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may notice first that the lock's session is gone, and then be told to commit the last batch."""
    file = _file_of_plays(alice, tmp_path, "csv.zst")
    begins_with = events_module._begins_with
    looked: list[int] = []
    with _killed(alice, file) as (process, _), ExitStack() as batch:
        batch.enter_context(held(alice, process, "after its rows"))
        with psycopg.connect(alice.database.superuser_dsn) as connection:
            ended = connection.execute(
                "select pg_terminate_backend(l.pid, 60000) from pg_locks l join pg_stat_activity a on a.pid = l.pid"
                " where l.locktype = 'advisory' and a.datname = current_database()"
            ).fetchall()
        assert ended == [(True,)]

        def looks(source: Any, stream: Any, lines: int, sha256: str) -> bool:
            if not looked:
                batch.close()
                assert said_next(process) == 41
            looked.append(lines)
            return begins_with(source, stream, lines, sha256)

        monkeypatch.setattr(events_module, "_begins_with", looks)
        with open(file, "rb") as source:
            done = import_events(alice.actor, source, name="killed.csv")
    assert looked == [31, 41]
    assert _counts(done) == (95, 0, 0)
    assert _listeners(alice) == [f"l{n}" for n in range(95)]
    assert [row[2:] for row in alice.ledger()] == [("completed", 95, 0, 0, None)]


def _file_of_plays(studio: Studio, folder: Path, way: str) -> Path:
    file = folder / f"killed.{way}"
    text = _plays(studio, 95)
    if way == "parquet":
        pq.write_table(pa.Table.from_pylist(list(csv.DictReader(io.StringIO(text)))), file)
    else:
        file.write_bytes(zstd.compress(text.encode()))
    return file


def _killed(studio: Studio, file: Path) -> AbstractContextManager[tuple[subprocess.Popen[str], int]]:
    """The import of this file in a process that has committed three batches and holds still."""
    environment = {
        **os.environ, "DATABASE_URL": studio.database.web_dsn, "DATABASE_WORKER_URL": studio.database.worker_dsn,
        "DATABASE_OWNER_URL": studio.database.owner_dsn,
    }  # fmt: skip
    return holding_still(
        _KILLED,
        [str(studio.tenant.tenant_id), str(file)],
        after=3,
        env=environment,
        cwd=Path(__file__).parents[2],
    )


def _listeners(studio: Studio) -> list[str]:
    """Whose events stand, in the order in which a file of plays tells them."""
    return [listener for _, listener, *_ in reversed(studio.listener_events())]


def _progress(studio: Studio) -> Rows:
    return studio.rows(
        "select status, lines_done, records_imported from etl_imports where tenant_id = %(tenant)s"
    )


def _bear_idleness(studio: Studio, setting: LiteralString) -> None:
    """What the role of the web bears in this database, from the next connection on."""
    with psycopg.connect(studio.database.superuser_dsn, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("alter role podboard_web in database {} ").format(name) + sql.SQL(setting))
    dispose_engines()


def test_an_import_may_take_longer_than_a_session_may_stand_idle(
    alice: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", 10)
    _bear_idleness(alice, "set idle_in_transaction_session_timeout = '1s'")
    try:
        text = _plays(alice, 20).encode()
        done = import_events(
            alice.actor, io.BytesIO(text), name="long.csv", batch_done=lambda *_: time.sleep(1.5)
        )
    finally:
        _bear_idleness(alice, "reset idle_in_transaction_session_timeout")
    assert _counts(done) == (20, 0, 0)
    assert [row[2:] for row in alice.ledger()] == [("completed", 20, 0, 0, None)]


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, zstd.compress, lambda plain: b"\x50\x2a\x4d\x18\4\0\0\0size" + zstd.compress(plain)],
    ids=["gzip", "zstd", "pzstd"],
)
def test_packed_files_are_read_as_they_are(alice: Studio, pack: Callable[[bytes], bytes]) -> None:
    plain = _plays(alice, 20).encode()
    packed = pack(plain)
    assert _counts(alice.take(packed)) == (20, 0, 0)
    # Unpacked it is the same file.
    assert _counts(alice.take(plain)) == (0, 20, 0)
    broken = "The packed file is broken or cut off. Nothing of it was imported."
    with pytest.raises(ImportRefused) as told:
        alice.take(packed[: len(packed) // 2])
    assert str(told.value) == broken
    assert [row[2:] for row in alice.ledger()][-1] == ("failed", 0, 0, 0, broken)


def test_a_failure_that_cannot_be_recorded_is_one_line_of_the_log(
    alice: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It was hundreds, above the one that said what to do."""

    def gone(*_: Any, **__: Any) -> Any:
        raise DatabaseUnavailable("The database cannot be reached.")

    monkeypatch.setattr(imports, "tenant_session", gone)
    imports.record_failure(alice.actor, UUID(int=7), tally.Tally(), DatabaseUnavailable("x"), kept=True)
    assert [(record.levelname, record.getMessage(), record.exc_info) for record in caplog.records] == [
        ("WARNING", f"the failure of import {UUID(int=7)} could not be recorded (DatabaseUnavailable)", None)
    ]


def test_what_stands_of_a_file_that_breaks_off_is_said(
    alice: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", 10)
    monkeypatch.setattr(events_module, "FIRST_ROWS", 10)
    lines = _plays(alice, 15).splitlines()
    lines[3] = lines[3].replace(",play,", ",nothing,")
    monkeypatch.setattr(packing, "_AT_ONCE", 64)  # what is read at once of a broken file is lost with its end
    packer = zlib.compressobj(wbits=31)
    cut = packer.compress("\n".join(lines).encode()) + packer.flush(zlib.Z_SYNC_FLUSH)
    with pytest.raises(ImportRefused) as told:
        alice.take(cut)
    assert str(told.value) == (
        "The packed file is broken or cut off. What was read before stands: 9 imported, 0 there already, 1 refused. "
        "The whole file again adds what is missing."
    )
    assert len(alice.listener_events()) == 9
    assert [row[2:6] for row in alice.ledger()] == [("failed", 9, 0, 1)]
    assert _counts(alice.take("\n".join(lines))) == (14, 0, 1)
    assert len(alice.listener_events()) == 14


def test_a_row_that_the_database_alone_refuses_is_told_in_a_line(alice: Studio) -> None:
    with psycopg.connect(alice.database.superuser_dsn, autocommit=True) as owner:
        owner.execute(
            "alter table listener_events add constraint nobody_odd check (listener_id <> 'odd') not valid"
        )
        try:
            with pytest.raises(ImportRefused) as told:
                alice.take(
                    _csv(HEADER, f"{alice.one},odd-secret,play,{_at()}", f"{alice.one},odd,play,{_at()}")
                )
        finally:
            owner.execute("alter table listener_events drop constraint nobody_odd")
    assert str(told.value).startswith("A rule of the database does not let this in. (")
    assert "odd-secret" not in str(told.value)
    assert alice.listener_events() == []
    [(*_, status, imported, _, _, message)] = alice.ledger()
    assert (status, imported, message) == ("failed", 0, str(told.value))


def test_a_parquet_file_says_what_the_csv_says(alice: Studio, charlie: Studio) -> None:
    moment = NOW - timedelta(hours=3)
    rows = [
        {
            "episode_id": None, "listener": f"l{n}", "event_type": "progress" if n % 2 else "download",
            "time": moment + timedelta(minutes=n), "from_s": 0, "to_s": 12.5 * n, "country": "DE" if n % 3 else None,
        }
        for n in range(50)
    ]  # fmt: skip
    for studio in (alice, charlie):
        own = [{**row, "episode_id": str(studio.one)} for row in rows]
        if studio is alice:
            made = io.BytesIO()
            pq.write_table(pa.Table.from_pylist(own), made, row_group_size=7)
            assert _counts(studio.take(made.getvalue())) == (50, 0, 0)
            assert _counts(studio.take(made.getvalue())) == (0, 50, 0)
        else:
            lines = [",".join("" if value is None else str(value) for value in row.values()) for row in own]
            assert _counts(studio.take(_csv(",".join(own[0]), *lines))) == (50, 0, 0)
    assert [row[1:] for row in alice.listener_events()] == [row[1:] for row in charlie.listener_events()]


def test_bad_rows_of_a_parquet_file_are_listed_with_their_number(alice: Studio) -> None:
    good = {"episode_id": str(alice.one), "listener_id": "l1", "event_type": "play"}
    made = io.BytesIO()
    pq.write_table(
        pa.table({
            "episode_id": [str(alice.one)] * 3, "listener_id": ["l1", "l2", None],
            "event_type": ["play", "nothing", "play"], "occurred_at": pa.array([NOW] * 3, pa.timestamp("us", "UTC")),
        }),
        made,
    )  # fmt: skip
    assert _counts(alice.take(made.getvalue())) == (1, 0, 2)
    assert alice.refusals() == [
        (2, UNKNOWN_TYPE["listener"], "event_type: nothing"), (3, "A value is missing.", "listener_id"),
    ]  # fmt: skip
    naive = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{**good, "occurred_at": datetime(2026, 1, 1)}]), naive)  # noqa: DTZ001
    assert _counts(alice.take(naive.getvalue())) == (0, 0, 1)
    assert alice.refusals()[-1][1] == NO_ZONE


_FAR = "A time or duration lies beyond any calendar."


def _parquet(columns: dict[str, Any]) -> bytes:
    made = io.BytesIO()
    pq.write_table(pa.table(columns), made)
    return made.getvalue()


@pytest.mark.parametrize(
    "kind",
    [
        pa.timestamp("us", "UTC"), pa.timestamp("us", "Europe/Berlin"), pa.timestamp("us"),
        pa.timestamp("ms", "+02:00"),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("number", [2**60, -(2**60), 2**63 - 1])
def test_a_time_beyond_any_calendar_costs_its_row_alone(
    alice: Studio, kind: pa.TimestampType, number: int
) -> None:
    """It once broke the file, whose clock was off in one row."""
    scale = {"us": 10**6, "ms": 10**3}[kind.unit]
    now = int(NOW.timestamp()) * scale
    document = _parquet({
        "episode_id": [str(alice.one)] * 3, "listener_id": ["l1", "l2", "l3"], "event_type": ["play"] * 3,
        "occurred_at": pa.array([now - scale, number, now], pa.int64()).cast(kind),
    })  # fmt: skip
    zone = {"zone": ZoneInfo("UTC")} if kind.tz is None else {}
    tried = check_events(alice.actor, io.BytesIO(document), **zone)
    expected = Refusal(2, _FAR, f"occurred_at: {number} as {kind}")
    assert (tried.good, tried.refusals) == (2, (expected,))
    assert _counts(alice.take(document, **zone)) == (2, 0, 1)
    assert alice.refusals() == [(2, _FAR, expected.detail)]
    assert [row[4] for row in alice.listener_events()] == [NOW - timedelta(seconds=1), NOW]


def test_clock_times_of_a_changed_clock_are_refused_or_told_by_import_and_dry_run(alice: Studio) -> None:
    """At the last change forward and the last one back in New York: what is skipped, and what is there twice."""
    zone = ZoneInfo("America/New_York")
    forward, back = (place.change for place in PLACES if place.zone == zone.key)
    half = timedelta(minutes=30)
    skipped = forward.astimezone(zone).replace(tzinfo=None) - half
    twice = (back - half).astimezone(zone).replace(tzinfo=None)

    def document(*clocks: datetime) -> bytes:
        return _parquet({
            "episode_id": [str(alice.one)] * len(clocks), "listener_id": [f"l{n}" for n in range(len(clocks))],
            "event_type": ["play"] * len(clocks), "occurred_at": pa.array(clocks, pa.timestamp("us")),
        })  # fmt: skip

    reason, detail = (
        "The time never was: the clocks of its zone skip it.",
        f"occurred_at: {skipped.isoformat()} in {zone.key}",
    )
    notes = (
        "1 row tells a time that came twice in America/New_York, where clocks were put back: it was read as the "
        "earlier hour.",
    )
    both = document(skipped, twice, twice + 2 * half)
    tried = check_events(alice.actor, io.BytesIO(both), zone=zone)
    assert (tried.good, tried.refusals, tried.notes) == (2, (Refusal(1, reason, detail),), notes)
    done = alice.take(both, zone=zone)
    assert (_counts(done), done.notes) == ((2, 0, 1), notes)
    assert alice.refusals() == [(1, reason, detail)]
    assert [row[4] for row in alice.listener_events()] == [back - half, back + half * 3]
    plain = document(twice + 2 * half)
    assert check_events(alice.actor, io.BytesIO(plain), zone=zone).notes == ()
    assert alice.take(plain, zone=zone).notes == ()


def test_whatever_no_calendar_reaches_is_refused_where_it_stands_and_left_alone_where_it_is_left_out(
    alice: Studio,
) -> None:
    good = {
        "episode_id": [str(alice.one)] * 2, "listener_id": ["l1", "l2"], "event_type": ["play"] * 2,
        "occurred_at": pa.array([NOW] * 2, pa.timestamp("us", "UTC")),
    }  # fmt: skip
    beyond = pa.array([2**60, 0], pa.int64()).cast(pa.timestamp("us"))
    far = {
        "app": pa.array([2**30, None], pa.int32()).cast(pa.date32()),
        "from_s": pa.array([2**60, None], pa.int64()).cast(pa.duration("s")),
        "event_data": pa.StructArray.from_arrays([beyond], ["app"], mask=pa.array([False, True])),
    }  # fmt: skip
    shown = {
        "app": f"{2**30} as date32[day]", "from_s": f"{2**60} as duration[s]",
        "event_data": "struct<app: timestamp[us]>",
    }  # fmt: skip
    for name, column in far.items():
        assert alice.take(_parquet({**good, name: column})).refused == 1
        assert alice.refusals()[-1] == (1, _FAR, f"{name}: {shown[name]}")
        assert alice.take(_parquet({**good, "note": column}), columns={"note": ""}).refused == 0


def test_a_text_that_is_no_utf_8_inside_another_value_costs_its_row_alone(alice: Studio) -> None:
    texts = pa.array([b"\xff", b"Overcast"], pa.binary()).cast(pa.string(), safe=False)
    document = _parquet({
        "episode_id": [str(alice.one)] * 2, "listener_id": ["l1", "l2"], "event_type": ["play"] * 2,
        "occurred_at": pa.array([NOW] * 2, pa.timestamp("us", "UTC")),
        "event_data": pa.StructArray.from_arrays([texts], ["app"]),
    })  # fmt: skip
    assert _counts(alice.take(document)) == (1, 0, 1)
    assert alice.refusals() == [(1, "The line is not valid UTF-8.", "")]


def test_a_parquet_file_in_a_zone_that_nobody_knows_is_told_so(alice: Studio) -> None:
    document = _parquet({
        "episode_id": [str(alice.one)], "listener_id": ["l1"], "event_type": ["play"],
        "occurred_at": pa.array([0], pa.int64()).cast(pa.timestamp("us", "Mars/Olympus")),
    })  # fmt: skip
    with pytest.raises(ImportRefused) as refused:
        alice.take(document)
    assert str(refused.value) == (
        "The column occurred_at of the Parquet file is in the time zone 'Mars/Olympus', which nobody knows; "
        "nothing was imported."
    )
    assert [row[2] for row in alice.ledger()] == ["failed"]


def test_what_columns_mean_is_told_once_for_a_source(alice: Studio, charlie: Studio) -> None:
    told = {"Show Part": "episode_id", "who": "listener_id", "row no": ""}
    header = "Show Part,who,event_type,occurred_at,row no"

    def take(studio: Studio, listener: str, **options: Any) -> ImportResult:
        text = _csv(header, f"{studio.one},{listener},play,{_at(hours=1)},7")
        return import_events(studio.actor, io.BytesIO(text.encode()), name="x.csv", **options)

    with pytest.raises(ImportRefused, match="Unknown columns 'Show Part', 'who', 'row no'"):
        take(alice, "l1", source_name="partner")
    assert _counts(take(alice, "l1", source_name="partner", columns=told)) == (1, 0, 0)
    assert _counts(take(alice, "l2", source_name="partner")) == (1, 0, 0)
    for studio, source in ((alice, "elsewhere"), (charlie, "partner")):
        with pytest.raises(ImportRefused, match="Unknown columns"):
            take(studio, "l3", source_name=source)


def test_a_dry_run_judges_every_row_and_leaves_nothing(alice: Studio, charlie: Studio) -> None:
    text = _csv(
        HEADER, f"{alice.one},l1,play,{_at()}", f"{charlie.one},l1,play,{_at()}", f"{alice.one},l1,?,{_at()}"
    )
    found = check_events(alice.actor, io.BytesIO(text.encode()))
    assert (found.good, found.refused) == (1, 2)
    assert [refusal.line_number for refusal in found.first_refusals] == [3, 4]
    assert (alice.listener_events(), alice.ledger(), alice.refusals()) == ([], [], [])


def test_a_dry_run_finds_an_id_that_two_rows_bear(alice: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", 2)
    monkeypatch.setattr(events_module, "FIRST_ROWS", 2)
    when = _at()
    rows = [f"a,{alice.one},l1,play,{when}", f"b,{alice.one},l1,play,{when}", f"a,guid-1,l1,play,{when}",
            f"a,{alice.one},l2,play,{when}"]  # fmt: skip
    text = _csv("id,episode_id,listener_id,event_type,occurred_at", *rows)
    found = check_events(alice.actor, io.BytesIO(text.encode()))
    done = alice.take(text)
    assert (found.good, found.refused) == (3, 1) == (done.imported + done.duplicate, done.refused)
    assert found.first_refusals == done.first_refusals


@pytest.mark.parametrize("batches", [1, 5])
@pytest.mark.parametrize("window", ["calendar_day", "rolling_first_touch", "rolling_last_touch"])
def test_a_dry_run_says_what_the_import_does_of_repeats_and_of_what_stands(
    ingest_database: Database, monkeypatch: pytest.MonkeyPatch, window: str, batches: int
) -> None:
    """It promised three downloads of one listener on one day, and an id that stands already with another time."""
    studio = Host(ingest_database, window=window)
    dice = random.Random(f"{window} {batches}")  # noqa: S311 (the same rows in every run)
    hours = [NOW - timedelta(days=3, hours=n) for n in range(40)]

    def row(n: int) -> str:
        of = f"id-{dice.randrange(12)}" if n % 4 == 0 else ""
        kind = dice.choice(["download", "download", "play"])
        return (
            f"{of},{dice.choice(['guid-1', 'guid-2', 'no'])},l{dice.randrange(3)},{kind},{dice.choice(hours)}"
        )

    head = "id,episode,listener_id,event_type,occurred_at"
    studio.take(_csv(head, *(row(n) for n in range(30))))
    before = studio.state(), studio.ledger(), studio.refusals(), studio.excluded()
    monkeypatch.setattr(events_module, "TRIED_BATCHES", batches)

    monkeypatch.setattr(events_module, "FIRST_ROWS", 100 if batches == 1 else 20)
    monkeypatch.setattr(events_module, "BATCH_ROWS", 100 if batches == 1 else 20)
    text = _csv(head, *(row(n) for n in range(90)))
    dry = check_events(studio.actor, io.BytesIO(text.encode()))
    assert (studio.state(), studio.ledger(), studio.refusals(), studio.excluded()) == before
    done = studio.take(text)
    assert (dry.good, dry.duplicate, dry.refused) == (
        done.imported + done.duplicate,
        done.duplicate,
        done.refused,
    )
    assert (dry.first_refusals, dry.notes) == (done.first_refusals, done.notes)
    listed = studio.rows(
        "select line_number, reason, detail from import_refusals where tenant_id = %(tenant)s"
        f" and import_id = '{done.import_id}' order by 1"
    )
    assert [(one.line_number, one.reason, one.detail) for one in dry.refusals] == listed
    assert "counted before" in done.notes[0]
    assert {refusal.reason for refusal in dry.first_refusals} > {"The episode is not known."}


def test_a_dry_run_in_pieces_says_what_it_does_not_see(
    alice: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("FIRST_ROWS", 2), ("BATCH_ROWS", 2), ("TRIED_BATCHES", 1)):
        monkeypatch.setattr(events_module, name, value)
    rows = [f"{alice.one},l1,download,{_at(hours=30)}"] * 2 + [
        f"{alice.one},l1,download,{_at(hours=30, minutes=-1)}"
    ]
    dry = check_events(alice.actor, io.BytesIO(_csv(HEADER, *rows).encode()))
    assert (dry.good, dry.duplicate, dry.refused, len(dry.notes)) == (3, 1, 0, 1)
    assert "refused by the import alone" in dry.notes[0]
    assert alice.take(_csv(HEADER, *rows)).refused == 1


def test_a_dry_run_waits_for_nobody_and_lets_go(alice: Studio) -> None:
    text = _csv(HEADER, f"{alice.one},l1,download,{_at()}").encode()
    with (
        import_lock(alice.actor),
        pytest.raises(ImportRefused, match="Another import of this tenant is running"),
    ):
        check_events(alice.actor, io.BytesIO(text))
    assert check_events(alice.actor, io.BytesIO(text)).good == 1
    assert alice.take(text).imported == 1


@pytest.mark.parametrize("way", ["csv", "ndjson", "data"])
def test_a_position_far_beyond_the_episodes_end_is_refused(alice: Studio, way: str) -> None:
    with psycopg.connect(alice.database.superuser_dsn) as owner:
        owner.execute(
            "update episodes set duration_seconds = 1800, audio_bytes = 28800000 where id = %s", [alice.one]
        )
    told = [
        (alice.one, "progress", 0, 1800), (alice.one, "progress", 3000, 3600),
        (alice.one, "progress", 3000, 3600.5), ("guid-1", "progress", 9000, 9060), (alice.one, "play", 3601, None),
        # Of the other episode nobody knows how long it is.
        (alice.two, "progress", 3000, 90_000),
    ]  # fmt: skip
    rows = [
        {
            "episode_id": str(episode), "listener_id": "l1", "event_type": kind, "occurred_at": _at(minutes=number),
            "from_s": begin, **({} if end is None else {"to_s": end}),
        }
        for number, (episode, kind, begin, end) in enumerate(told)
    ]  # fmt: skip
    header = [*rows[0]]
    if way == "csv":
        text = _csv(",".join(header), *(",".join(str(row.get(key, "")) for key in header) for row in rows))
    else:
        nested = [
            {key: row[key] for key in header[:4]}
            | {"event_data": {key: row[key] for key in header[4:] if key in row}}
            for row in rows
        ]
        text = "".join(f"{json.dumps(row)}\n" for row in (nested if way == "data" else rows))
    refused = [
        (number + (way == "csv"), "The position lies far beyond the end of the episode.", detail)
        for number, detail in (
            (3, "to_s: 3600.5, taken up to 3600"), (4, "to_s: 9060, taken up to 3600"),
            (5, "from_s: 3601, taken up to 3600"),
        )
    ]  # fmt: skip
    dry = check_events(alice.actor, io.BytesIO(text.encode()))
    assert [(one.line_number, one.reason, one.detail) for one in dry.refusals] == refused
    assert _counts(alice.take(text)) == (3, 0, 3)
    assert alice.refusals() == refused
    # A length that the size of the file gives the lie is none.
    with psycopg.connect(alice.database.superuser_dsn) as owner:
        owner.execute("update episodes set duration_seconds = 30 where id = %s", [alice.one])
    assert _counts(alice.take(text)) == (3, 3, 0)


def test_an_event_before_the_publication_is_taken(alice: Studio) -> None:
    """A feed's date moves when an episode is published again, and what was heard before it was heard."""
    with psycopg.connect(alice.database.superuser_dsn) as owner:
        owner.execute("update episodes set published_at = now() where id = %s", [alice.one])
    text = _csv(HEADER, f"{alice.one},l1,download,{_at(days=400)}", f"{alice.one},l1,play,{_at(hours=3)}")
    assert _counts(alice.take(text)) == (2, 0, 0)


def test_conversions_find_their_campaign_by_promo_code(alice: Studio, charlie: Studio) -> None:
    alice.tenant.booking(alice.campaign, alice.sponsor, NOW.date(), NOW.date(), promo_code="HARBOUR10")
    lines = [
        f"harbour10,purchase,{_at(days=1)},A-1,19.90,EUR", f"NOBODY,purchase,{_at(days=1)},A-2,5,EUR",
    ]  # fmt: skip
    text = _csv("promo_code,attribution_type,occurred_at,order_id,value,currency", *lines)
    assert _counts(alice.take(text)) == (1, 0, 1)
    assert [(row[0], row[3], row[4]) for row in alice.attribution_events()] == [
        (alice.campaign, "purchase",
         {"promo_code": "HARBOUR10", "source": "promo_code", "order_id": "A-1", "value_micros": 19_900_000,
          "currency": "EUR"}),
    ]  # fmt: skip
    assert alice.refusals() == [(3, "No booking has this promo code.", "promo_code: NOBODY")]
    # A code is a tenant's own.
    assert _counts(charlie.take(text)) == (0, 0, 2)


FAULTS: list[tuple[dict[str, Any], str | None]] = [
    ({"id": "a"}, None),
    ({"occurred_at": _at(days=3653)}, TOO_OLD),
    ({"occurred_at": _at(days=-3653)}, "The time lies in the future."),
    ({"occurred_at": _at(hours=-1)}, "The time lies in the future."),
    ({"event_type": "progress", "from_s": "90", "to_s": "30"}, "A duration is negative."),
    ({"event_type": "progress", "from_s": "-5", "to_s": "30"}, "A duration is negative."),
    ({"app": "x" * 10 * 1024 * 1024}, "The line is longer than 64 KiB."),
    ({"app": "caf\u00e9"}, "The line is not valid UTF-8."),
    ({"episode_id": str(uuid4())}, "The episode is not known."),
    ({"episode_id": "{foreign}"}, "The episode is not known."),
    ({"id": "a", "listener_id": "somebody"}, "Another event of this id stands already, with other content."),
    ({"id": "b"}, None),
]


def _faulty(way: str, rows: list[dict[str, str]]) -> bytes:
    """The rows as a file of a broken source: what has an accent is no UTF-8."""
    if way == "parquet":
        columns: dict[str, Any] = {}
        for name in rows[0]:
            cells = [row[name].encode("latin-1") or None for row in rows]
            columns[name] = pa.Array.from_buffers(
                pa.string(), len(cells), pa.array(cells, pa.binary()).buffers()
            )
        made = io.BytesIO()
        pq.write_table(pa.table(columns), made)
        return made.getvalue()
    if way == "csv":
        text = _csv(",".join(rows[0]), *(",".join(row.values()) for row in rows))
    else:
        text = "\n".join(json.dumps({k: v for k, v in row.items() if v}, ensure_ascii=False) for row in rows)
    body = text.encode("latin-1")
    return gzip.compress(body) if way == "gzip" else body


@pytest.mark.parametrize("way", ["ndjson", "gzip", "csv", "parquet"])
def test_whatever_a_broken_source_sends_is_refused_with_line_and_reason_and_the_rest_stands(
    alice: Studio, charlie: Studio, way: str
) -> None:
    good = {"id": "", "episode_id": str(alice.one), "listener_id": "l1", "event_type": "play",
            "occurred_at": _at(hours=1), "from_s": "", "to_s": "", "app": ""}  # fmt: skip
    rows = [good | changes for changes, _ in FAULTS]
    for row in rows:
        row["episode_id"] = row["episode_id"].replace("{foreign}", str(charlie.one))
    done = alice.take(_faulty(way, rows))
    first = 2 if way == "csv" else 1
    bad = [(number, reason) for number, (_, reason) in enumerate(FAULTS, first) if reason]
    if way == "parquet":
        # A row there is no line.
        bad = [(number, reason.replace("The line is longer", "A value is longer"))
               for number, reason in bad]  # fmt: skip
    assert [(number, reason) for number, reason, _ in alice.refusals()] == bad
    assert _counts(done) == (2, 0, len(bad))
    assert len(alice.listener_events()) == 2
    assert charlie.listener_events() == []


def test_one_import_of_a_tenant_runs_at_a_time(alice: Studio, charlie: Studio) -> None:
    said: list[str] = []

    def meanwhile() -> None:
        with pytest.raises(ImportRefused, match="Another import of this tenant is running") as refused:
            alice.take(_plays(alice, 5))
        said.append(str(refused.value))
        # Another tenant is not held up.
        assert _counts(charlie.take(_plays(charlie, 5))) == (5, 0, 0)

    def in_a_thread() -> None:
        thread = threading.Thread(target=meanwhile)
        thread.start()
        thread.join()

    source = _Interrupted(_plays(alice, 20), 10, in_a_thread)
    done = import_events(alice.actor, source, name="plays.csv")  # type: ignore[arg-type]
    assert len(said) == 1
    assert _counts(done) == (20, 0, 0)
    assert len(alice.ledger()) == 1


@pytest.mark.parametrize("gigabytes", [0.125, pytest.param(2, marks=pytest.mark.proof)])
def test_a_line_without_end_costs_no_memory(alice: Studio, tmp_path: Path, gigabytes: float) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as handle:
        handle.write(HEADER.encode() + b"\n" + f"{alice.one},l1,play,{_at()}\n".encode())
        # A hole in the file: it reads as zeros and takes no room on the disk.
        handle.seek(int(gigabytes * 1024**3), os.SEEK_CUR)
        handle.write(b"\n" + f"{alice.one},l2,play,{_at()}\n".encode())
    tracemalloc.start()
    try:
        with path.open("rb", buffering=1024**2) as handle:
            done = import_events(alice.actor, handle, name="huge.csv")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert _counts(done) == (2, 0, 1)
    assert done.first_refusals == (Refusal(3, "The line is longer than 64 KiB."),)
    assert peak < 24 * 1024**2


def test_memory_does_not_grow_with_the_file(alice: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_module, "BATCH_ROWS", 200)
    # What is remembered of spellings is bounded too, by a number that these files would not reach.
    monkeypatch.setattr(row_reader, "_REMEMBERED", 200)

    def peak_of(count: int) -> int:
        lines = (f"{alice.one},l{n},play,{_at(minutes=n)}\n".encode() for n in range(count))
        every = itertools.chain([HEADER.encode() + b"\n"], lines, [b""])

        class Source(io.RawIOBase):
            def readable(self) -> bool:
                return True

            def readinto(self, target: Any) -> int:
                piece = next(every, b"")
                target[: len(piece)] = piece
                return len(piece)

        tracemalloc.start()
        try:
            import_events(alice.actor, Source(), name="x")  # type: ignore[arg-type]
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak_of(400)
    assert peak_of(4000) < 1.5 * peak_of(1000)


def test_what_is_refused_is_listed_up_to_a_limit_and_counted_beyond(
    alice: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "LISTED_REFUSALS", 30)
    monkeypatch.setattr(events_module, "BATCH_ROWS", 8)
    done = alice.take(_csv(HEADER, *(f"{alice.one},l1,nothing,{_at()}" for _ in range(50))))
    assert done.refused == 50
    assert [line for line, _, _ in alice.refusals()] == list(range(2, 32))
    assert len(done.first_refusals) == 20


def test_the_list_of_refusals_is_a_csv_that_no_spreadsheet_runs(
    alice: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused, "_PAGE", 3)
    good = {"episode_id": str(alice.one), "listener_id": "l1", "event_type": "play", "occurred_at": _at()}
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", 'quo"te,', "plain", "=cmd|' /C calc'!A0"]
    done = alice.take("\n".join(json.dumps(row) for row in [good, *({**good, name: 1} for name in names)]))
    path = tmp_path / "refused.csv"
    assert write_refusals(alice.actor, done.import_id, path) == len(names)
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(newline="") as handle:
        sheet = list(csv.reader(handle))
    assert sheet[0] == ["line", "reason", "detail"]
    assert [row[2] for row in sheet[1:]] == [
        "'=1+1", "'+1", "'-1", "'@SUM(A1)", " x", 'quo"te,', "plain", "'=cmd|' /C calc'!A0",
    ]  # fmt: skip
    assert [row[0] for row in sheet[1:]] == [str(n) for n in range(2, len(names) + 2)]


def test_charlie_cannot_read_alices_refusals(alice: Studio, charlie: Studio, tmp_path: Path) -> None:
    done = alice.take(_csv(HEADER, f"{alice.one},l1,nothing,{_at()}"))
    assert write_refusals(charlie.actor, done.import_id, tmp_path / "refused.csv") == 0


def test_the_import_makes_the_hours_dirty_that_it_touched(alice: Studio) -> None:
    moment = datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC) - timedelta(days=15)
    alice.tenant.ad_unit(alice.campaign, alice.one)
    alice.take(
        _csv(
            HEADER,
            *(f"{alice.one},l{n},download,{(moment + timedelta(hours=n)).isoformat()}" for n in range(3)),
        )
    )
    assert sorted(
        set(alice.rows("select source, hour from internal.dirty_hours where tenant_id = %(tenant)s"))
    ) == sorted(
        (source, moment + timedelta(hours=n)) for source in ("listener", "attribution") for n in range(3)
    )


ROW = st.tuples(
    st.sampled_from(["", "", "a", "b", "c"]), st.integers(0, 1), st.integers(0, 2),
    st.sampled_from(["download", "download", "play"]), st.integers(0, 50), st.sampled_from(["", "A"]),
)  # fmt: skip


def _expected(
    studio: Studio, rows: list[tuple[str, int, int, str, int, str]], begin: datetime
) -> Counter[tuple[Any, ...]]:
    """What must stand after these rows, counted by hand."""
    bodies: dict[Any, Any] = {}
    held: set[Any] = set()
    downloads: dict[tuple[Any, ...], Any] = {}
    for source_id, episode, listener, kind, hour, app in rows:
        moment = begin + timedelta(hours=hour)
        body = (episode, listener, kind, app, moment)
        key: Any = source_id or body
        if key in held:
            continue
        # An id is that of the first row that bears it, whether this counts or not.
        held.add(key)
        if kind == "download":
            # The earliest of its day counts, whenever it came.
            day = (episode, listener, studio.tenant.day(moment))
            if day in downloads:
                if moment >= bodies[downloads[day]][-1]:
                    continue
                del bodies[downloads[day]]
            downloads[day] = key
        bodies[key] = body
    return Counter(bodies.values())


@search(8, 100)
@given(
    rows=st.lists(ROW, max_size=25),
    cut=st.integers(0, 25),
    batch=st.integers(1, 9),
    zone=st.sampled_from(["UTC", "Asia/Kolkata"]),
    trying=st.sampled_from([1, 1_000]),
)
@example(
    rows=[("a", 0, 0, "download", 1, ""), ("", 0, 0, "download", 1, ""), ("a", 0, 0, "play", 1, "")],
    cut=1,
    batch=2,
    zone="UTC",
    trying=1_000,
)
@example(
    rows=[
        ("", 0, 0, "download", 0, ""), ("a", 0, 0, "download", 0, ""), ("a", 0, 0, "download", 24, ""),
        ("", 0, 0, "download", 24, "A"),
    ],
    cut=0,
    batch=4,
    zone="UTC",
    trying=1,
)  # fmt: skip
@example(
    # Of the two with the id b the first waits for what becomes of the second row, so the other waits for it.
    rows=[
        ("a", 0, 0, "download", 24, ""), ("a", 0, 2, "download", 0, ""), ("b", 0, 2, "download", 0, ""),
        ("b", 0, 0, "download", 0, ""),
    ],
    cut=0,
    batch=4,
    zone="UTC",
    trying=1,
)  # fmt: skip
def test_any_file_in_any_pieces_leaves_the_same(
    ingest_database: Database,
    rows: list[tuple[str, int, int, str, int, str]],
    cut: int,
    batch: int,
    zone: str,
    trying: int,
) -> None:
    """Whole, in two files, in batches of any size and then once more: always what a count by hand says."""
    begin = NOW.replace(minute=0, second=0) - timedelta(days=3)
    studio = Studio(ingest_database, zone)
    header = "id," + HEADER + ",app"
    lines = [
        f"{source_id},{(studio.one, studio.two)[episode]},l{listener},{kind},"
        f"{(begin + timedelta(hours=hour)).isoformat()},{app}"
        for source_id, episode, listener, kind, hour, app in rows
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events_module, "BATCH_ROWS", batch)
        patch.setattr(event_store, "WORTH_TRYING", trying)
        parts = [studio.take(_csv(header, *part)) for part in (lines[:cut], lines[cut:])]
        again = studio.take(_csv(header, *lines))
    found = Counter(
        ((studio.one, studio.two).index(episode), int(listener[1:]), kind, data.get("app", ""), moment)
        for episode, listener, kind, data, moment in studio.listener_events()
    )
    assert found == _expected(studio, rows, begin)
    assert sum(part.imported for part in parts) - _gave_way(studio) == found.total()
    assert sum(part.imported + part.duplicate + part.refused for part in parts) == len(rows)
    assert again.imported == 0
    assert again.duplicate + again.refused == len(rows)


@pytest.mark.parametrize("kind", ["listener", "attribution"])
def test_rows_are_added_with_care_once_one_of_them_stands(
    alice: Studio, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Batches of ten: new ones, one with a row that stands, ones that all stand, and new ones again."""
    monkeypatch.setattr(events_module, "BATCH_ROWS", 10)
    monkeypatch.setattr(event_store, "WORTH_TRYING", 10)
    added: list[str] = []
    for name in ("ask", "tell"):
        real = getattr(event_store, name)

        def noting(connection: Any, statement: str, /, real: Any = real, **parameters: Any) -> Any:
            if statement.endswith(f"_{kind}_events") and "/add_" in statement:
                added.append("tried" if "/add_new_" in statement else "careful")
            return real(connection, statement, **parameters)

        monkeypatch.setattr(event_store, name, noting)
    if kind == "listener":
        header, lines = HEADER, [f"{alice.one},l{n},play,{_at(hours=n)}" for n in range(60)]
    else:
        header = "campaign_id,attribution_type,source,occurred_at"
        lines = [f"{alice.campaign},visit,pixel,{_at(hours=n)}" for n in range(60)]
    assert _counts(alice.take(_csv(header, *lines[:20]))) == (20, 0, 0)
    assert added == ["tried", "tried"]
    added.clear()
    # Ten new ones, of ten the last stands, ten that all stand, ten new ones with care, and ten that are tried again.
    mixed = [*lines[20:39], lines[0], *lines[1:11], *lines[39:59]]
    assert _counts(alice.take(_csv(header, *mixed))) == (39, 11, 0)
    assert added == ["tried", "tried", "careful", "careful", "careful", "tried"]
    stored = alice.listener_events() if kind == "listener" else alice.attribution_events()
    assert len(stored) == 59


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([(f"a{n}", n, "download") for n in range(40)] * 2, id="all twice"),
        pytest.param([(f"a{n // 2}", n // 2, "download") for n in range(80)], id="each twice"),
        pytest.param([("a", 0, "download")] * 80, id="one again and again"),
        pytest.param([("a", n, "download") for n in range(80)], id="one id for all"),
        pytest.param([("a", n // 2, "progress") for n in range(80)], id="one id for all, twice"),
    ],
)
def test_rows_with_the_same_id_do_not_take_a_statement_each(
    ingest_database: Database, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, int, str]]
) -> None:
    """Hour by hour of one listener; a batch of ten thousand would hold its locks for a minute."""
    studio = Studio(ingest_database)
    begin = NOW.replace(minute=0, second=0) - timedelta(days=8)
    inserted: list[int] = []
    insert = EventStore._insert

    def noting(store: EventStore, connection: Any, events: dict[str, Any]) -> Any:
        inserted.append(len(events))
        return insert(store, connection, events)

    monkeypatch.setattr(EventStore, "_insert", noting)
    done = studio.take(
        _csv("id,from_s,to_s," + HEADER, *(
            f"{source_id},{'0,9' if kind == 'progress' else ','},{studio.one},l1,{kind},"
            f"{(begin + timedelta(hours=hour)).isoformat()}"
            for source_id, hour, kind in rows
        ))
    )  # fmt: skip
    assert done.imported + done.duplicate + done.refused == len(rows)
    assert done.imported == len(studio.listener_events()) > 0
    assert len(inserted) <= 2


def test_an_import_whose_process_died_is_closed_by_the_clock(alice: Studio, charlie: Studio) -> None:
    """Not only by the next import, which may never come; one that is at work is left alone."""
    for studio in (alice, charlie):
        with tenant_session(studio.actor, write=True) as connection:
            ask(
                connection, "ingest/start_import", import_type="listener_events", source="dead.csv", source_name=None,
                created_by=None, options="{}", seconds_ago=0,
            )  # fmt: skip
    with import_lock(charlie.actor):
        unscoped_close_dead_imports()
        assert [row[2] for row in alice.ledger()] == ["failed"]
        assert "Interrupted" in alice.ledger()[0][6]
        assert [row[2] for row in charlie.ledger()] == ["running"]
    assert unscoped_close_dead_imports() == 1
    assert [row[2] for row in charlie.ledger()] == ["failed"]
    assert unscoped_close_dead_imports() == 0


def test_an_id_is_unique_over_all_sources_of_a_tenant(alice: Studio) -> None:
    """What the columns say of it: two hosts that both number from 1 need a prefix each."""
    head = "id,episode,listener_id,event_type,occurred_at"
    rows = {
        host: [_csv(head, f"{prefix}1,{alice.one},{host},play,{_at(hours=1)}") for prefix in ("", f"{host}-")]
        for host in ("north", "south")
    }
    taken = {
        host: [
            _counts(import_events(alice.actor, io.BytesIO(text.encode()), name="x.csv", source_name=host))
            for text in texts
        ]
        for host, texts in rows.items()
    }
    assert taken == {"north": [(1, 0, 0), (1, 0, 0)], "south": [(0, 0, 1), (1, 0, 0)]}
    (column,) = (one for one in COLUMNS["listener"] if one.key == "id")
    assert "unique over all sources of the tenant" in column.meaning


def test_what_was_kept_of_a_cell_before_details_were_masked_is_masked_when_it_is_read(alice: Studio) -> None:
    done = alice.take(_csv(HEADER, f"nobody,l1,play,{_at()}"))
    with alice.tenant.owner() as owner:
        owner.execute(
            "update import_refusals set detail = 'episode: joe@mail.example' where import_id = %s",
            [done.import_id],
        )
    (_, row) = "".join(refusals_csv(alice.actor, done.import_id)).splitlines()
    assert row == "2,The episode is not known.,episode: …"
