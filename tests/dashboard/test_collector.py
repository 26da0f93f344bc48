"""Events by HTTP: what is answered is committed, again is nothing new, and nobody reaches into another tenant."""

from __future__ import annotations

import csv
import gzip
import io
import json
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from werkzeug.serving import make_server

from dashboard import collector
from queries.api_keys import ApiKey, create_api_key, revoke_api_key
from queries.errors import InvalidRequest, NotFound
from queries.ingest.collector import create_link
from queries.ingest.counting.reasons import words_of_reason
from queries.ingest.event_store import EventStore
from queries.ingest.waiting import count_requests
from queries.session import Actor, system_session
from queries.tenants import set_disabled
from tests.dashboard.visitors import ADDRESS, Browser, address
from tests.unit.counting_samples import PHONE

NOW = datetime.now(UTC).replace(microsecond=0)


class Sender:
    """A tenant with a show, an episode and a campaign, a key of its own, and what of it stands."""

    def __init__(self, app: Flask, in_tables: Any, slug: str, person: str) -> None:
        self.client = app.test_client()
        self.tables = in_tables
        self.tenant: UUID = self.one("select id from tenants where slug = %s", slug)
        self.actor = Actor(self.tenant)
        self.podcast = self._insert("podcasts", name="Show")
        self.episode = self._insert(
            "episodes", podcast_id=self.podcast, title="One", guid="guid-1",
            audio_url=f"https://cdn.example/{slug}/one.mp3",
        )  # fmt: skip
        sponsor = self._insert("sponsors", name=f"Sponsor {self.episode}")
        self.campaign = self._insert(
            "campaigns", sponsor_id=sponsor, name="Campaign", start_date=NOW.date() - timedelta(days=9),
            end_date=NOW.date() + timedelta(days=9), stage="live",
        )  # fmt: skip
        self.key: ApiKey = create_api_key(
            self.actor, email=address(person), name="Collector", scopes=("events.write",)
        )

    def one(self, query: str, *values: Any) -> Any:
        return self.tables.execute(query, values).fetchone()[0]

    def _insert(self, table: str, **values: Any) -> UUID:
        names = ", ".join(["tenant_id", *values])
        marks = ", ".join(["%s"] * (len(values) + 1))
        return self.one(
            f"insert into {table} ({names}) values ({marks}) returning id", self.tenant, *values.values()
        )

    def count(self) -> None:
        """What the worker does with requests at prefixes before it refreshes."""
        with system_session("requests", tenant_id=self.tenant) as connection:
            count_requests(connection, self.tenant)

    def named(self, source: str) -> Counter[str]:
        """What imports of this source say together: rows taken and refused by kind, the refused also by reason.

        A kind whose imports say how far it goes is counted under its name with ` reaches`.
        """
        found: Counter[str] = Counter()
        for kind, taken, refused, reasons, reached in self.tables.execute(
            "select import_type, records_imported, records_refused, figures -> 'by_reason',"
            " array(select jsonb_object_keys(figures -> 'reached')) from etl_imports"
            " where tenant_id = %s and source_name = %s",
            [self.tenant, source],
        ):
            found.update({f"{kind} taken": taken, f"{kind} refused": refused} | (reasons or {}))
            found.update(f"{subject} reaches" for subject in reached)
        return found

    def events(self) -> list[Any]:
        self.count()
        return self.tables.execute(
            "select listener_id, event_type, event_data from listener_events where tenant_id = %s and episode_id = %s"
            " order by occurred_at, listener_id",
            [self.tenant, self.episode],
        ).fetchall()

    def conversions(self) -> list[Any]:
        self.count()
        return self.tables.execute(
            "select attribution_type, attribution_data from attribution_events where campaign_id = %s"
            " order by created_at",
            [self.campaign],
        ).fetchall()

    def excluded(self) -> list[str]:
        self.count()
        found = self.tables.execute(
            "select reason from excluded_requests where episode_id = %s order by occurred_at", [self.episode]
        )
        return [reason for (reason,) in found]

    def post(self, body: Any, *, key: str | None = None, kind: str = "application/json") -> Any:
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.client.post(
            "/api/v1/events", base_url=ADDRESS, data=data,
            headers={"Authorization": f"Bearer {key or self.key.key}", "Content-Type": kind},
        )  # fmt: skip

    def get(self, path: str, ip: str = "192.0.2.7", agent: str = PHONE, **headers: str) -> Any:
        return self.client.get(
            path, base_url=ADDRESS, headers={"User-Agent": agent, **headers}, environ_base={"REMOTE_ADDR": ip}
        )

    def event(self, listener: str = "l1", **values: Any) -> dict[str, Any]:
        return {
            "episode_id": str(self.episode), "listener_id": listener, "event_type": "play",
            "occurred_at": (NOW - timedelta(hours=1)).isoformat(), **values,
        }  # fmt: skip


@pytest.fixture
def alpha(app: Flask, in_tables: Any) -> Sender:
    return Sender(app, in_tables, "alpha", "Alice")


@pytest.fixture
def beta(app: Flask, in_tables: Any) -> Sender:
    return Sender(app, in_tables, "beta", "Charlie")


def test_a_batch_is_stored_and_the_same_again_adds_nothing(alpha: Sender) -> None:
    batch = [
        alpha.event("l1", id="a"),
        alpha.event("l2", app="Overcast"),
        alpha.event("l1", event_type="download"),
    ]
    answer = alpha.post({"events": batch})
    assert (answer.status_code, answer.json["imported"], answer.json["refused"]) == (200, 3, 0)
    assert len(alpha.events()) == 3
    again = alpha.post(batch)
    assert (again.json["imported"], again.json["duplicate"], again.json["refused"]) == (0, 3, 0)
    assert len(alpha.events()) == 3


def test_a_key_says_how_far_each_kind_of_its_events_goes(alpha: Sender) -> None:
    at = [NOW - timedelta(minutes=minutes) for minutes in (50, 40, 30, 20)]
    visit = {"campaign_id": str(alpha.campaign), "attribution_type": "visit", "source": "pixel"}
    alpha.post(
        [alpha.event("l1", occurred_at=at[1].isoformat()), {**visit, "occurred_at": at[2].isoformat()}]
    )
    # Neither an older event nor one that is refused moves it.
    alpha.post([alpha.event("l2", occurred_at=at[0].isoformat())])
    alpha.post([alpha.event("l3", occurred_at=at[3].isoformat(), episode="nobody")])
    reached = alpha.tables.execute(
        "select r.key, max(cast(r.value as timestamptz)) from etl_imports i, jsonb_each_text(i.figures -> 'reached') r"
        " where i.tenant_id = %s and i.source_name = 'API key Collector' group by r.key order by r.key",
        [alpha.tenant],
    ).fetchall()
    assert reached == [("conversions", at[2]), ("listener_events", at[1])]


def test_a_key_says_of_which_podcasts_it_brings_downloads(alpha: Sender) -> None:
    kept = "select count(*) from podcast_sources where tenant_id = %s and source_name = 'API key Collector'"
    alpha.tables.execute("delete from podcast_sources where tenant_id = %s", [alpha.tenant])
    for event_type, podcasts in (("play", 0), ("download", 1), ("download", 1)):
        alpha.post([alpha.event(f"brings a {event_type}", event_type=event_type)])
        assert alpha.tables.execute(kept, [alpha.tenant]).fetchone() == (podcasts,), event_type


def test_a_conversion_older_than_raw_events_comes_with_new_ones(alpha: Sender) -> None:
    """Room for it is made beside the batch's transaction, which may hold nothing that this waits for."""
    old = {
        "campaign_id": str(alpha.campaign), "attribution_type": "purchase", "listener_id": "l1", "source": "pixel",
        "occurred_at": (NOW - timedelta(days=1100)).isoformat(),
    }  # fmt: skip
    answer = alpha.post([alpha.event("l1"), alpha.event("l2", event_type="download"), old])
    assert (answer.status_code, answer.json.get("refusals"), answer.json.get("imported")) == (200, [], 3)
    assert [kind for kind, _ in alpha.conversions()] == ["purchase"]


def test_one_old_conversion_makes_room_for_its_month_alone(alpha: Sender) -> None:
    months = (
        "select count(*) from pg_inherits i join pg_class c on c.oid = i.inhrelid"
        " where i.inhparent = 'attribution_events'::regclass and c.relname < %s"
    )
    edge = f"attribution_events_{NOW.year - 3}"
    before = alpha.one(months, edge)
    old = {
        "campaign_id": str(alpha.campaign), "attribution_type": "lead", "source": "survey",
        "occurred_at": NOW.replace(year=NOW.year - 4, day=1).isoformat(),
    }  # fmt: skip
    assert alpha.post([old, alpha.event()]).json["imported"] == 2
    assert alpha.one(months, edge) == before + 1


BAD: list[tuple[dict[str, Any], str]] = [
    ({"occurred_at": (NOW - timedelta(days=3653)).isoformat()}, "The event is older than the two years"),
    ({"occurred_at": (NOW + timedelta(days=3653)).isoformat()}, "The time lies in the future."),
    ({"occurred_at": (NOW + timedelta(hours=1)).isoformat()}, "The time lies in the future."),
    ({"event_type": "progress", "from_s": 90, "to_s": 30}, "A duration is negative."),
    ({"episode_id": "00000000-0000-4000-8000-000000000000"}, "The episode is not known."),
    ({"episode_id": "{foreign}"}, "The episode is not known."),
    (
        {"id": "known", "listener_id": "somebody else"},
        "Another event of this id stands already, with other content.",
    ),
    ({"colour": "red"}, "A field is not known."),
    ({"listener_id": "192.0.2.1"}, "The listener id is an address"),
    ({"listener_id": "192.0.2.7:5123"}, "The listener id is an address"),
    ({"listener_id": "[2001:db8::1]"}, "The listener id is an address"),
]


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_each_bad_event_is_refused_with_its_line_and_reason_and_the_rest_stands(
    alpha: Sender, beta: Sender, kind: str
) -> None:
    alpha.post([alpha.event(id="known")])
    before = len(alpha.events())
    bad = [
        {key: str(beta.episode) if value == "{foreign}" else value for key, value in changes.items()}
        for changes, _ in BAD
    ]
    batch: list[Any] = [alpha.event("good"), *({**alpha.event("bad"), **changes} for changes in bad), 7]
    body = json.dumps(batch) if kind == "application/json" else "\n".join(map(json.dumps, batch))
    answer = alpha.post(body, kind=kind)
    assert (answer.status_code, answer.json["imported"], answer.json["refused"]) == (200, 1, len(BAD) + 1)
    for number, (refusal, (_, reason)) in enumerate(zip(answer.json["refusals"], BAD, strict=False), 2):
        assert refusal["line"] == number
        assert refusal["reason"].startswith(reason)
    assert answer.json["refusals"][-1] == {
        "line": len(BAD) + 2, "reason": "The line is not a JSON object.", "detail": "",
    }  # fmt: skip
    assert len(alpha.events()) == before + 1


def test_a_position_far_beyond_the_episodes_end_is_refused(alpha: Sender) -> None:
    alpha.tables.execute("update episodes set duration_seconds = 1800 where id = %s", [alpha.episode])
    batch = [
        alpha.event("l1", event_type="progress", from_s=0, to_s=3600),
        alpha.event("l1", event_type="progress", from_s=3600, to_s=3601),
    ]
    answer = alpha.post(batch)
    assert (answer.status_code, answer.json["imported"]) == (200, 1)
    assert answer.json["refusals"] == [
        {
            "line": 2, "reason": "The position lies far beyond the end of the episode.",
            "detail": "to_s: 3601, taken up to 3600",
        }
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_a_name_that_stands_twice_refuses_its_event_and_no_other(alpha: Sender, kind: str) -> None:
    good = [json.dumps(alpha.event(f"l{n}", app='":')) for n in range(3)]
    flat = good[0][:-1] + ', "os": "a", "os": "b"}'
    inner = good[0][:-1] + ', "event_data": {"os": "a", "os" : "b"}}'
    batch = [good[0], flat, good[1], inner, good[2]]
    bodies = ["[" + ",".join(batch) + "]", '{"events" : [' + ",".join(batch) + "]}"]
    for body in bodies if kind == "application/json" else ["\n".join(batch)]:
        answer = alpha.post(body, kind=kind)
        assert (answer.status_code, answer.json["imported"] + answer.json["duplicate"]) == (200, 3)
        assert answer.json["refusals"] == [
            {"line": line, "reason": "A name stands twice.", "detail": "os"} for line in (2, 4)
        ]
    assert len(alpha.events()) == 3


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_what_no_json_may_hold_refuses_its_event_and_no_other(alpha: Sender, kind: str) -> None:
    good = [json.dumps(alpha.event(f"l{n}", app="\U0001f399")) for n in range(3)]
    wrong = [
        f'{good[0][:-1]}, "os": {value}}}'
        for value in ('"\\ud800"', '"\\ude00 x"', "NaN", "-Infinity", "1e400", "9" * 5_000, '{"\\udfff": 1}')
    ]
    wrong.append(good[0][:-1] + ', "event_data": {"os": ["\\ud83d"]}}')
    twice = good[0][:-1] + ', "os": "a", "os": "b"}'
    # What comes after it is read as ever: a number beyond 64 bits is no text.
    large = f'{good[0][:-1]}, "id": {10**22}}}'
    batch = [good[0], *wrong, good[1], twice, large, good[2]]
    bodies = ["[" + ",".join(batch) + "]", '{"events": [' + ",".join(batch) + '], "of": NaN}']
    for body in bodies if kind == "application/json" else ["\n".join(batch)]:
        answer = alpha.post(body, kind=kind)
        assert (answer.status_code, answer.json["imported"] + answer.json["duplicate"]) == (200, 3)
        lines = {refusal["line"]: refusal["reason"] for refusal in answer.json["refusals"]}
        assert list(lines) == [*range(2, len(wrong) + 2), len(wrong) + 3, len(wrong) + 4]
        assert {lines[number].partition(" is not valid JSON")[0] for number in range(2, len(wrong) + 2)} == {
            "The event" if kind == "application/json" else "The line"
        }
        assert lines[len(wrong) + 3] == "A name stands twice."
        assert lines[len(wrong) + 4] == "A text is expected here."
    assert len(alpha.events()) == 3


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_bytes_that_are_no_utf_8_refuse_their_event_and_no_other(alpha: Sender, kind: str) -> None:
    good = [json.dumps(alpha.event(f"l{n}", app="Höf")).encode() for n in range(2)]
    wrong = good[0][:-1] + b', "os": "\xe4"}'
    twice = good[0][:-1] + b', "os": "a", "os": "b"}'
    batch = [good[0], wrong, twice, good[1]]
    answer = alpha.post(
        b"[" + b",".join(batch) + b"]" if kind == "application/json" else b"\n".join(batch), kind=kind
    )
    assert (answer.status_code, answer.json["imported"]) == (200, 2)
    refusals = {refusal["line"]: refusal["reason"] for refusal in answer.json["refusals"]}
    assert list(refusals) == [2, 3]
    assert "is not valid JSON in UTF-8" in refusals[2]
    assert refusals[3] == "A name stands twice."


def test_where_a_body_is_no_json_is_told(alpha: Sender) -> None:
    answer = alpha.post("[{},\n {bad}, {}]")
    assert answer.status_code == 400
    assert "not valid JSON in UTF-8. Line 2, column 3" in answer.json["detail"]


@pytest.mark.parametrize(
    "body", ["[" * 100_000, "[" * 100_000 + "]" * 100_000, "NaN", '[{"a": NaN', "[NaN,]"]
)
def test_a_body_that_is_no_json_even_so_is_a_problem(alpha: Sender, body: str) -> None:
    answer = alpha.post(body)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_a_name_that_stands_twice_around_the_events_is_a_problem(alpha: Sender) -> None:
    event = json.dumps(alpha.event())
    answer = alpha.post('{"events": [], "events": [' + event + "]}")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.json["detail"] == 'The name "events" stands twice around the events.'
    assert alpha.events() == []


def test_lines_of_ndjson_are_counted_with_the_blank_ones(alpha: Sender) -> None:
    good = json.dumps(alpha.event())
    answer = alpha.post(f"\n{good}\n\r\n  \n{{half\n\n7\n", kind="application/x-ndjson")
    assert (answer.json["imported"], [one["line"] for one in answer.json["refusals"]]) == (1, [5, 7])


def test_a_line_that_is_not_utf_8_is_refused_and_the_rest_stands(alpha: Sender) -> None:
    good = json.dumps(alpha.event()).encode()
    answer = alpha.post(b"\n".join([good, b'{"app": "caf\xe9"}', b"{half"]), kind="application/x-ndjson")
    assert (answer.json["imported"], [r["line"] for r in answer.json["refusals"]]) == (1, [2, 3])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[1, 2", 400), (b'"text"', 400), (b"{}", 400), (b"", 400),
        (b"[" + b" " * (10 * 1024 * 1024) + b"]", 413), (b"[" + b"0," * 5_000 + b"0]", 413),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_taken_is_a_problem_and_nothing_is_stored(
    alpha: Sender, body: bytes, status: int
) -> None:
    before = alpha.named("API key Collector")
    answer = alpha.post(body)
    assert (answer.status_code, answer.mimetype, answer.json["status"]) == (
        status, "application/problem+json", status,
    )  # fmt: skip
    assert set(answer.json) == {"type", "title", "status", "detail", "request_id"}
    assert alpha.events() == []
    # It is told among the imports, as a file of which nothing was understood.
    assert alpha.named("API key Collector") - before == Counter(
        {"listener_events refused": 1, answer.json["detail"]: 1}
    )


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_an_event_longer_than_a_line_of_a_file_may_be_is_refused_as_such(alpha: Sender, kind: str) -> None:
    """A file said that the line is longer than 64 KiB, and a batch that something in it is missing."""
    good, long = alpha.event("l1"), {"id": "x", "app": "x" * 1_000_000}
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    batch = [good, long, alpha.event("l2", app=deep), alpha.event("l3")]
    answer = alpha.post(batch if kind == "application/json" else "\n".join(map(json.dumps, batch)), kind=kind)
    assert (answer.status_code, answer.json["imported"]) == (200, 2)
    assert [(one["line"], one["reason"]) for one in answer.json["refusals"]] == [
        (2, "The line is longer than 64 KiB."), (3, "A text is expected here."),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_a_byte_order_mark_before_a_body_is_no_part_of_it(alpha: Sender, kind: str) -> None:
    event = alpha.event("l1")
    body = json.dumps([event] if kind == "application/json" else event).encode()
    answer = alpha.post(b"\xef\xbb\xbf" + body, kind=kind)
    assert (answer.status_code, answer.json["imported"], answer.json["refused"]) == (200, 1, 0)


def test_who_sends_too_much_reads_why(alpha: Sender, app: Flask) -> None:
    """What still comes is read first, and nothing beyond it is waited for."""
    status, told = _sent(app, alpha.key.key, b" " * (10 * 1024 * 1024))
    assert (status, told["detail"]) == (413, "A body holds at most 8,388,608 bytes.")


@pytest.mark.parametrize(("size", "is_read"), [(10, True), (16, True), (17, False), (40, False)])
def test_of_what_is_too_much_no_more_than_as_much_again_is_read(
    alpha: Sender, size: int, is_read: bool
) -> None:
    body = io.BytesIO(b" " * (size * 1024 * 1024))
    answer = alpha.client.post(
        "/api/v1/events", base_url=ADDRESS, input_stream=body, content_length=size * 1024 * 1024,
        headers={"Authorization": f"Bearer {alpha.key.key}", "Content-Type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 413
    assert body.tell() == (size * 1024 * 1024 if is_read else 0)


def test_what_is_wrong_is_said_to_a_program(alpha: Sender) -> None:
    address, body = "/api/v1/events", json.dumps([alpha.event()]).encode()
    told = {"Authorization": f"Bearer {alpha.key.key}", "Content-Type": "application/json"}

    def answer(method: str, data: bytes = b"", **headers: str) -> tuple[int, str, str]:
        given = alpha.client.open(address, base_url=ADDRESS, method=method, data=data, headers=told | headers)
        assert given.mimetype == "application/problem+json"
        return given.status_code, given.json["title"], given.json["detail"]

    packed = (
        415,
        "That cannot be taken in this form",
        "The body is packed (gzip or the like): send it as it is.",
    )
    assert answer("POST", gzip.compress(body)) == packed
    assert answer("POST", body, **{"Content-Encoding": "br"}) == packed
    assert answer("POST", b" " * (collector.LARGEST_BODY + 2))[::2] == (
        413,
        "A body holds at most 8,388,608 bytes.",
    )
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert answer(method, body)[0] == 405
    del told["Authorization"]
    assert answer("POST", body)[:2] == (401, "A key is needed")
    assert alpha.events() == []


def _sent(app: Flask, key: str, body: bytes | list[bytes]) -> tuple[int, Any]:
    """What a server answers to NDJSON; of pieces nobody tells the length beforehand."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    is_chunked = isinstance(body, list)
    try:
        connection.request(
            "POST", "/api/v1/events", iter(body) if is_chunked else body, encode_chunked=is_chunked,
            headers={
                "Host": "podboard.test", "Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson",
            } | ({"Transfer-Encoding": "chunked"} if is_chunked else {}),
        )  # fmt: skip
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_chunked_body_is_taken_whole_or_not_at_all(alpha: Sender, app: Flask) -> None:
    """A stream that is cut at the limit between two lines would be valid NDJSON, with events lost in silence."""
    line = json.dumps(alpha.event("l1", id="chunked")).encode() + b"\n"
    status, told = _sent(app, alpha.key.key, [line, line])
    assert (status, told["imported"], told["duplicate"]) == (200, 1, 1)
    before = len(alpha.events())
    padding = b" " * (collector.LARGEST_BODY - len(line) - 1) + b"\n"
    late = json.dumps(alpha.event("l2", id="late")).encode()
    status, told = _sent(app, alpha.key.key, [line, padding])
    assert (status, told["duplicate"]) == (200, 1)
    status, told = _sent(app, alpha.key.key, [line, padding, late])
    assert (status, told["status"]) == (413, 413)
    assert len(alpha.events()) == before


def test_a_batch_that_is_cut_off_before_it_is_committed_leaves_nothing_and_again_stands_once(
    alpha: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the database a process that is killed is a connection that ends."""
    stored: list[int] = []

    def take_and_end(store: EventStore, connection: Connection, rows: list[Any]) -> Any:
        refusals = take(store, connection, rows)
        seen = text("select count(*) from listener_events where episode_id = :episode")
        stored.append(connection.execute(seen, {"episode": alpha.episode}).scalar_one())
        connection.execute(text("select pg_terminate_backend(pg_backend_pid())"))
        return refusals

    take = EventStore.take
    batch = [alpha.event("l1"), alpha.event("l2", event_type="download")]
    with monkeypatch.context() as patch:
        patch.setattr(EventStore, "take", take_and_end)
        answer = alpha.post(batch)
    assert stored == [2]
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert alpha.events() == []
    again = alpha.post(batch)
    assert (again.status_code, again.json["imported"], again.json["duplicate"]) == (200, 2, 0)
    assert len(alpha.events()) == 2


def test_a_key_writes_no_more_than_its_person_may(alpha: Sender, in_tables: Any) -> None:
    """A sponsor and a podcaster see their own; by a key they would write to everybody's."""
    for person in ("Bob", "Carol"):
        with pytest.raises(InvalidRequest, match="may not import"):
            create_api_key(alpha.actor, email=address(person), name="Mine", scopes=("events.write",))
        assert create_api_key(alpha.actor, email=address(person), name="Mine", scopes=("metrics.read",))
    assert (
        alpha.one("select count(*) from api_keys where name = 'Mine' and 'events.write' = any (scopes)") == 0
    )
    with pytest.raises(InvalidRequest, match="over already"):
        create_api_key(
            alpha.actor, email=address("Alice"), name="Late", scopes=("events.write",), expires_at=datetime.now(UTC),
        )  # fmt: skip
    # Who has a key and lost the right since writes nothing either.
    key = create_api_key(alpha.actor, email=address("Dora"), name="Once", scopes=("events.write",))
    assert alpha.post([], key=key.key).status_code == 200
    taken = in_tables.execute(
        "delete from user_roles where user_id = (select user_id from api_keys where prefix = %s)"
        " returning tenant_id, user_id, role_id", [key.prefix],
    ).fetchall()  # fmt: skip
    try:
        refused = alpha.post([alpha.event()], key=key.key)
        assert (refused.status_code, alpha.events()) == (403, [])
        assert "may not import" in refused.json["detail"]
    finally:
        for row in taken:
            in_tables.execute("insert into user_roles (tenant_id, user_id, role_id) values (%s, %s, %s)", row)


def test_only_a_good_key_with_the_scope_may_send(alpha: Sender, in_tables: Any) -> None:
    key = alpha.key.key
    for wrong in ("pb_nothing", key[:-1] + ("0" if key[-1] != "0" else "1"), key.upper(), "x" * 500, "ü"):
        assert alpha.post([], key=wrong.encode("utf-8").decode("latin-1")).status_code == 401
    reader = create_api_key(alpha.actor, email=address("Alice"), name="Reader", scopes=("metrics.read",))
    assert alpha.post([alpha.event()], key=reader.key).status_code == 403
    ended = create_api_key(
        alpha.actor, email=address("Alice"), name="Ended", scopes=("events.write",),
        expires_at=datetime.now(UTC) + timedelta(days=1),
    )  # fmt: skip
    assert alpha.post([alpha.event()], key=ended.key).status_code == 200
    in_tables.execute(
        "update api_keys set created_at = now() - interval '3 days', expires_at = now() - interval '1 day'"
        " where prefix = %s",
        [ended.prefix],
    )
    over = alpha.post([alpha.event()], key=ended.key)
    assert (over.status_code, over.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "has run out" in over.json["detail"]
    set_disabled(email=address("Alice"), is_disabled=True)
    assert alpha.post([alpha.event()]).status_code == 401
    set_disabled(email=address("Alice"), is_disabled=False)
    assert alpha.post([alpha.event()]).status_code == 200
    revoke_api_key(alpha.actor, alpha.key.prefix)
    assert alpha.post([alpha.event()]).status_code == 401
    # Neither the key nor its secret part stands anywhere.
    assert alpha.one("select count(*) from api_keys where key_hash = %s or prefix = %s", key, key) == 0
    assert alpha.one("select last_used_at = date_trunc('minute', last_used_at) from api_keys where prefix = %s",
                     alpha.key.prefix)  # fmt: skip


def test_a_prefix_counts_once_a_day_and_leads_to_the_stored_address(alpha: Sender) -> None:
    before = alpha.named("Prefix")
    for agent in (PHONE, PHONE, "curl/8.5"):
        answer = alpha.get(
            f"/e/{alpha.episode}/elsewhere.example/one.mp3?to=https://evil.example", agent=agent
        )
        assert (answer.status_code, answer.location) == (302, "https://cdn.example/alpha/one.mp3")
        assert answer.headers["Cache-Control"] == "no-store"
    ((_, kind, data),) = alpha.events()
    assert (kind, data["app"], data["unmeasured"], data["source"]) == ("download", "Overcast", True, "prefix")
    assert alpha.excluded() == ["repeat", "bot"]
    head = alpha.client.head(f"/e/{alpha.episode}", base_url=ADDRESS, headers={"User-Agent": PHONE})
    assert head.status_code == 302
    assert alpha.excluded() == ["repeat", "bot", "head"]
    # What the worker counted is one import of the hour, and names what it refused.
    counted = alpha.named("Prefix")
    assert counted["listener_events reaches"] >= 1
    del before["listener_events reaches"], counted["listener_events reaches"]
    assert counted - before == {
        "listener_events taken": 1, "listener_events refused": 3, "repeat": 1, "bot": 1, "head": 1,
    }  # fmt: skip
    # No address is kept in any form that is not keyed.
    assert "192.0.2.7" not in str(alpha.tables.execute("select * from listener_events where episode_id = %s",
                                                       [alpha.episode]).fetchall())  # fmt: skip


def test_a_prefix_with_nothing_behind_its_slash_counts_too(alpha: Sender) -> None:
    path = f"/e/{alpha.episode}/"
    head = alpha.client.head(path, base_url=ADDRESS, headers={"User-Agent": PHONE})
    for answer in (head, alpha.get(path), alpha.get(f"{path}cdn.example/one.mp3")):
        assert (answer.status_code, answer.location) == (302, "https://cdn.example/alpha/one.mp3")
    assert [row[1] for row in alpha.events()] == ["download"]
    assert sorted(alpha.excluded()) == ["head", "repeat"]
    missing = alpha.get("/e/00000000-0000-4000-8000-000000000000/")
    assert (missing.status_code, missing.location) == (404, None)


def test_a_prefix_leads_past_other_measurers_and_never_back_to_itself(alpha: Sender) -> None:
    for stored, status, target in (
        ("https://pdst.fm/e/cdn.example/two.mp3", 302, "https://cdn.example/two.mp3"),
        (f"{ADDRESS}/e/{alpha.episode}/cdn.example/two.mp3", 302, "https://cdn.example/two.mp3"),
        (f"{ADDRESS}/e/{alpha.episode}/", 404, None),
    ):
        alpha.tables.execute("update episodes set audio_url = %s where id = %s", [stored, alpha.episode])
        answer = alpha.get(f"/e/{alpha.episode}")
        assert (answer.status_code, answer.location) == (status, target)


@pytest.mark.parametrize("window", ["rolling_first_touch", "rolling_last_touch"])
def test_a_prefix_counts_by_the_window_of_its_tenant(alpha: Sender, window: str) -> None:
    alpha.tables.execute(
        "update tenant_settings set settings = settings || jsonb_build_object('download_window', %s::text)"
        " where tenant_id = %s",
        [window, alpha.tenant],
    )
    try:
        for _ in range(2):
            assert alpha.get(f"/e/{alpha.episode}").status_code == 302
        alpha.count()
    finally:
        alpha.tables.execute(
            "update tenant_settings set settings = settings - 'download_window' where tenant_id = %s",
            [alpha.tenant],
        )
    assert [(kind, data["source"]) for _, kind, data in alpha.events()] == [("download", "prefix")]
    assert alpha.excluded() == ["repeat"]
    kept = "select count(*) from counting_windows where episode_id = %s and is_counted"
    assert alpha.one(kept, alpha.episode) == 1


def test_a_prefix_and_bytes_that_a_log_kept_are_one_download(alpha: Sender) -> None:
    assert alpha.get(f"/e/{alpha.episode}").status_code == 302
    ((listener, _, _),) = alpha.events()
    alpha.tables.execute("delete from listener_events where episode_id = %s", [alpha.episode])
    alpha.tables.execute(
        "insert into counting_windows (tenant_id, listener_id, episode_id, opened_at, closes_at, pieces)"
        " select %s, %s, %s, d.day, d.day + interval '1 day', '{0,1000}' from (select"
        " date_trunc('day', now(), s.settings ->> 'time_zone') as day from tenant_settings s where s.tenant_id = %s) d",
        [alpha.tenant, listener, alpha.episode, alpha.tenant],
    )
    assert alpha.get(f"/e/{alpha.episode}").status_code == 302
    assert [row[:2] for row in alpha.events()] == [(listener, "download")]
    # The download says it: what was kept of the day is not needed any more.
    assert alpha.one("select count(*) from counting_windows where episode_id = %s", alpha.episode) == 0


def test_a_download_at_a_prefix_makes_the_impressions_of_its_ads(alpha: Sender) -> None:
    unit = alpha._insert(
        "ad_units", campaign_id=alpha.campaign, episode_id=alpha.episode, unit_type="pre_roll", position_seconds=0,
        duration_seconds=30,
    )  # fmt: skip
    for _ in range(2):
        alpha.get(f"/e/{alpha.episode}")
    assert alpha.conversions() == [("impression", {"ad_unit_id": str(unit), "evidence": "download"})]


def test_two_at_once_are_one_download(alpha: Sender, app: Flask) -> None:
    barrier = threading.Barrier(4)
    statuses: list[int] = []

    def fetch() -> None:
        client = app.test_client()
        barrier.wait()
        statuses.append(
            client.get(
                f"/e/{alpha.episode}",
                base_url=ADDRESS,
                headers={"User-Agent": PHONE},
                environ_base={"REMOTE_ADDR": "192.0.2.77"},
            ).status_code
        )

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [302] * 4
    assert len(alpha.events()) == 1
    assert alpha.excluded() == ["repeat"] * 3


def test_a_pixel_stores_an_order_once(alpha: Sender) -> None:
    key = "0123456789abcdef" * 2
    alpha.tables.execute("delete from campaign_links where key = %s", [key])
    create_link(alpha.actor, alpha.campaign, kind="pixel", key=key)
    for _ in range(2):
        answer = alpha.get(f"/p/{key}.gif?order_id=A-1&value=19.90&currency=EUR")
        assert (answer.status_code, answer.mimetype, answer.data[:6]) == (200, "image/gif", b"GIF89a")
    assert alpha.conversions() == [
        ("purchase", {"source": "pixel", "order_id": "A-1", "value_micros": 19_900_000, "currency": "EUR"})
    ]
    assert alpha.get(f"/p/{key}.gif?type=lead").status_code == 200
    assert [kind for kind, _ in alpha.conversions()] == ["purchase", "lead"]


def test_a_pixel_and_a_batch_take_amounts_up_to_one_bound(alpha: Sender) -> None:
    """One public GET made a thousand millions of revenue."""
    key = "0123456789abcdef" * 2
    alpha.tables.execute("delete from campaign_links where key = %s", [key])
    create_link(alpha.actor, alpha.campaign, kind="pixel", key=key)
    order = {
        "campaign_id": str(alpha.campaign), "attribution_type": "purchase", "source": "pixel", "currency": "EUR",
        "occurred_at": NOW.isoformat(),
    }  # fmt: skip
    for number, (value, status) in enumerate((("100000000", 200), ("100000000.01", 400), ("1e9", 400))):
        assert alpha.get(f"/p/{key}.gif?order_id=P-{number}&value={value}&currency=EUR").status_code == status
        refusals = alpha.post([{**order, "order_id": f"A-{number}", "value": value}]).json["refusals"]
        assert [refusal["reason"] for refusal in refusals] == (
            [] if status == 200 else ["An amount is at most 100,000,000 of its currency."]
        )
    assert [data["value_micros"] for _, data in alpha.conversions()] == [10**14] * 2
    refused = "select count(*) from excluded_visits where campaign_id = %s and reason = 'value_unreadable'"
    assert alpha.one(refused, alpha.campaign) == 2
    assert "up to 100,000,000" in words_of_reason("value_unreadable")
    # Digits of other scripts are none, wherever they come.
    assert alpha.get(f"/p/{key}.gif?order_id=P-9&value=\uff11\uff12&currency=EUR").status_code == 400
    refusals = alpha.post([{**order, "order_id": "A-9", "value": "\uff11\uff12"}]).json["refusals"]
    assert [refusal["reason"] for refusal in refusals] == ["This is not a number."]


def test_a_vanity_url_counts_a_visit_and_leads_on(alpha: Sender, beta: Sender) -> None:
    name = f"sale-{alpha.campaign.hex[:8]}"
    create_link(
        alpha.actor,
        alpha.campaign,
        kind="vanity_url",
        key=f"alpha/{name}",
        target_url="https://shop.example/x",
    )
    answer = alpha.get(f"/v/alpha/{name.upper()}?target=https://evil.example")
    assert (answer.status_code, answer.location) == (302, "https://shop.example/x")
    assert alpha.conversions() == [("visit", {"source": "vanity_url"})]
    assert alpha.get(f"/v/beta/{name}").status_code == 404
    with pytest.raises(InvalidRequest):
        create_link(
            alpha.actor,
            alpha.campaign,
            kind="vanity_url",
            key=f"alpha/{name}",
            target_url="https://other.example",
        )
    # Another tenant cannot make a link for a campaign that is not its own.
    with pytest.raises(NotFound, match="There is no such campaign"):
        create_link(beta.actor, alpha.campaign, kind="pixel", key="f" * 32)


@pytest.mark.parametrize(
    "written",
    [
        "/v/alpha/{0}/", "/V/alpha/{0}", "/V/ALPHA/{1}/", "/v/alpha/{0}.", "/v/alpha/{0}./", "/v/alpha//{0}",
        "/v/alpha/{0}%20", "/v/Alpha/{0}/?utm_source=show",
    ],
)  # fmt: skip
def test_a_vanity_url_works_as_people_type_it(alpha: Sender, written: str) -> None:
    name = f"typed-{alpha.campaign.hex[:8]}"
    create_link(
        alpha.actor, alpha.campaign, kind="vanity_url", key=f"alpha/{name}", target_url="https://shop.example/x"
    )  # fmt: skip
    answer = alpha.get(written.format(name, name.upper()))
    assert (answer.status_code, answer.location) == (302, "https://shop.example/x")
    assert alpha.conversions() == [("visit", {"source": "vanity_url"})]


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.8/a.mp3", "http://127.0.0.1/a.mp3", "https://joe:secret@cdn.example/a.mp3",
        "https://pdst.fm/e/10.0.0.8/a.mp3", "http://localhost:8050/login",
    ],
)  # fmt: skip
def test_a_prefix_leads_nobody_inside_nor_with_a_log_in(alpha: Sender, url: str) -> None:
    alpha.tables.execute("update episodes set audio_url = %s where id = %s", [url, alpha.episode])
    answer = alpha.get(f"/e/{alpha.episode}")
    assert (answer.status_code, answer.location) == (404, None)
    assert alpha.events() == []


@pytest.mark.parametrize("rest", ["/a%0Ab.mp3", "/%0A", "//x.mp3", "/a%00b.mp3"])
@pytest.mark.parametrize("letter", ["e", "E"])
def test_whatever_follows_an_episode_leads_to_its_audio(alpha: Sender, letter: str, rest: str) -> None:
    answer = alpha.get(f"/{letter}/{alpha.episode}{rest}")
    assert answer.status_code == 302
    assert answer.location.startswith("https://cdn.example/")
    assert len(alpha.events()) == 1


GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
SLACKBOT = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"


def test_nobody_visits_and_buys_but_who_opens_the_page(alpha: Sender) -> None:
    """A head, a bot and a browser that looks ahead are answered as anybody is, and are neither visit nor purchase."""
    name, pixel = f"nobody-{alpha.campaign.hex[:8]}", alpha.campaign.hex
    create_link(
        alpha.actor, alpha.campaign, kind="vanity_url", key=f"alpha/{name}", target_url="https://shop.example/x"
    )  # fmt: skip
    create_link(alpha.actor, alpha.campaign, kind="pixel", key=pixel)
    for path, status in ((f"/v/alpha/{name}", 302), (f"/p/{pixel}.gif?order_id=R9", 200)):
        answers = [
            alpha.client.head(path, base_url=ADDRESS, headers={"User-Agent": PHONE}),
            alpha.get(path, agent=GOOGLEBOT),
            alpha.get(path, agent=SLACKBOT),
            alpha.get(path, **{"Sec-Purpose": "prefetch;prerender"}),
            alpha.get(path, Purpose="prefetch"),
        ]
        assert [answer.status_code for answer in answers] == [status] * 5
        assert {answer.location for answer in answers} == {
            "https://shop.example/x" if status == 302 else None
        }
        assert alpha.conversions() == []
    refused = "select kind, reason from excluded_visits where campaign_id = %s order by kind, occurred_at"
    reasons = ["head", "bot", "bot", "preload", "preload"]
    assert alpha.tables.execute(refused, [alpha.campaign]).fetchall() == [
        (kind, reason) for kind in ("pixel", "vanity_url") for reason in reasons
    ]
    for path in (f"/v/alpha/{name}", f"/p/{pixel}.gif?order_id=R9"):
        alpha.get(path)
    assert [kind for kind, _ in alpha.conversions()] == ["visit", "purchase"]
    # A page that tells no browser says an order all the same; an address that is said aloud is opened in one.
    for path in (f"/v/alpha/{name}", f"/p/{pixel}.gif?order_id=R10"):
        alpha.get(path, agent="")
    assert [kind for kind, _ in alpha.conversions()] == ["visit", "purchase", "purchase"]


def test_a_download_and_a_conversion_of_one_phone_are_one_listener(alpha: Sender) -> None:
    key = "fedcba9876543210" * 2
    alpha.tables.execute("delete from campaign_links where key = %s", [key])
    create_link(alpha.actor, alpha.campaign, kind="pixel", key=key)
    alpha.get(f"/e/{alpha.episode}", ip="192.0.2.88")
    alpha.get(f"/p/{key}.gif", ip="192.0.2.88")
    ((listener, _, _),) = alpha.events()
    assert (
        alpha.one("select listener_id from attribution_events where campaign_id = %s", alpha.campaign)
        == listener
    )


def _batches(sender: Sender) -> list[Any]:
    return sender.tables.execute(
        "select id, import_type, records_imported, records_duplicate, records_refused, figures -> 'by_reason'"
        " from etl_imports where tenant_id = %s and status = 'completed' and source = 'API key Collector'"
        " and created_at >= %s order by import_type",
        [sender.tenant, sender.one("select created_at from api_keys where prefix = %s", sender.key.prefix)],
    ).fetchall()


def test_what_a_key_sends_is_one_import_of_the_hour_with_what_it_refused(alpha: Sender) -> None:
    bad, unread = alpha.event("192.0.2.1"), alpha.event(colour="red")
    assert alpha.post([]).status_code == 200
    assert _batches(alpha) == []
    assert alpha.post([alpha.event(id="counted"), bad, 7]).json["refused"] == 2
    order = {"campaign_id": str(alpha.campaign), "attribution_type": "visit", "source": "pixel"}
    again = alpha.post(
        [unread, alpha.event(id="counted"), {**order, "occurred_at": NOW.isoformat()}, order, bad]
    )
    assert (again.json["imported"], again.json["duplicate"], again.json["refused"]) == (1, 1, 3)
    address = "The listener id is an address of a person or device: send a hash of it."
    # A test at the turn of an hour has a row of each.
    rows = _batches(alpha)
    assert [
        tuple(map(sum, zip(*(row[2:5] for row in rows if row[1] == kind), strict=True)))
        for kind in ("attribution_events", "listener_events")
    ] == [(1, 0, 1), (1, 1, 4)]
    if len(rows) == 2:
        assert [row[5] for row in rows] == [
            {"A value is missing.": 1},
            {address: 2, "The line is not a JSON object.": 1, "A field is not known.": 1},
        ]


def test_a_refused_row_of_an_hour_says_in_which_batch_it_came(
    alpha: Sender, browse: Callable[..., Browser]
) -> None:
    answers = [alpha.post([7]).json, alpha.post([alpha.event(), 7]).json]
    assert alpha.post(b"{").status_code == 400
    listed = [
        (int(line), detail)
        for import_id, *_ in _batches(alpha)
        for line, _, detail in list(
            csv.reader(io.StringIO(browse("Alice").get(f"/imports/{import_id}/refused.csv").text))
        )[1:]
    ]
    assert len(listed) == 3
    for line, answer in enumerate(answers, 1):
        (found,) = (number for number, detail in listed if f", batch {answer['batch']}" in detail)
        assert found == line == answer["refusals"][0]["line"]
        assert "batch" not in answer["refusals"][0]["detail"]
    assert len({detail for _, detail in listed}) == 3
    moments = [datetime.fromisoformat(detail.partition(",")[0]) for _, detail in listed]
    assert all(abs(datetime.now(UTC) - moment) < timedelta(hours=1) for moment in moments)


def test_no_more_refusals_of_a_key_are_listed_than_an_hour_has_room_for(
    alpha: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queries.ingest.collector.LISTED_REFUSALS_OF_HOUR", 3)
    for _ in range(2):
        assert alpha.post([7, 8]).json["refused"] == 2
    rows = _batches(alpha)
    listed = alpha.one(
        "select count(*) from import_refusals where import_id = any(%s)", [row[0] for row in rows]
    )
    assert (sum(row[4] for row in rows), listed) == (4, 3 if len(rows) == 1 else 4)


def test_the_refused_rows_of_an_import_are_for_who_sees_imports(
    alpha: Sender, browse: Callable[..., Browser]
) -> None:
    batch = alpha.post([alpha.event(), alpha.event("192.0.2.1"), alpha.event(app="=1+1\tx")]).json["batch"]
    path = f"/imports/{_batches(alpha)[0][0]}/refused.csv"
    may = {"Alice": 200, "Dora": 200, "Bob": 403, "Carol": 403, "Charlie": 404, "Oscar": 403}
    for person, status in may.items():
        answer = browse(person).get(path)
        assert answer.status_code == status, person
        if status != 200:
            assert "listener id" not in answer.text
            continue
        assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/csv", "no-store")
        at = alpha.one("select min(created_at) from import_refusals where batch = %s", UUID(batch))
        came = f"{at.astimezone(UTC).isoformat(timespec='seconds')}, batch {batch}"
        assert list(csv.reader(io.StringIO(answer.text))) == [
            ["line", "reason", "detail"],
            ["2", "The listener id is an address of a person or device: send a hash of it.", came],
            ["3", "A text has control characters in it.", f"{came}: app: =1+1 x"],
        ]
    assert browse().get(path).location.startswith("/login")
    assert browse("Alice").get(f"/imports/{alpha.episode}/refused.csv").status_code == 404


def test_the_routes_use_no_session_and_set_no_cookie(alpha: Sender) -> None:
    for answer in (alpha.post([]), alpha.get(f"/e/{alpha.episode}")):
        assert "Set-Cookie" not in answer.headers
    assert collector.LARGEST_BODY < 10 * 1024 * 1024
