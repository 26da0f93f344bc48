"""Requests judged and stored in one transaction: downloads, requests that do not count, windows that stay open."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

import orjson
from sqlalchemy import Connection

from queries.ingest.agents.classify import UNKNOWN
from queries.ingest.counting.ledger import KeptWindow, Ledger, Ruling
from queries.ingest.counting.requests import Request
from queries.ingest.counting.rules import COUNTING_VERSION, Filtered, Rules
from queries.ingest.counting.single import SingleRequests
from queries.ingest.counting.verdicts import Fetch
from queries.ingest.counting.windows import Window, Windows
from queries.ingest.event_store import WHOLE_DAYS
from queries.ingest.impressions import Carrier, flights_of, make_impressions
from queries.ingest.methods import note_counting
from queries.ingest.window_store import keep_windows, kept_windows
from queries.statements import ask, tell

Source = Literal["log", "prefix"]


@dataclass(slots=True)
class Judged:
    """What became of requests; `otherwise` are those of before that have another reason now."""

    downloads: int = 0
    impressions: int = 0
    refused: Tally[str] = field(default_factory=Tally)
    otherwise: list[dict[str, Any]] = field(default_factory=list)


def judge_requests(
    connection: Connection, rules: Rules, single: SingleRequests, requests: dict[UUID, Request], *,
    source: Source, import_id: UUID | None = None,
) -> Judged:  # fmt: skip
    """What became of these requests by their ids, none of which stands yet; each is for an episode of the rules.

    `source` is the way they came by, which stands in each download.
    """
    # Of a log the line tells its owner what to look at; a prefix has none.
    lines = {id_: request.number for id_, request in requests.items()} if source == "log" else {}
    fetches: dict[UUID, Fetch] = {}
    refused: list[Ruling] = []
    for id_, request in requests.items():
        file = rules.episode_of(request.path)
        assert file is not None  # noqa: S101 (the caller has seen to it; this tells mypy)
        judged = single.judge(request, file)
        if isinstance(judged, Fetch):
            fetches[id_] = judged
        else:
            refused.append(Ruling(id_, request.occurred_at, file.episode, judged))
    return judge_fetches(
        connection, rules, fetches, source=source, refused=refused, import_id=import_id, lines=lines
    )


def judge_fetches(
    connection: Connection, rules: Rules, fetches: dict[UUID, Fetch], *, source: Source,
    refused: Iterable[Ruling] = (), import_id: UUID | None = None, filtered: Filtered | None = None,
    lines: Mapping[UUID, int] | None = None,
) -> Judged:  # fmt: skip
    """The same of requests that every rule for single requests let pass, beside those of their batch that none did.

    `filtered` says what list they were judged by where that was not the one of these rules; `lines` where they stood.
    """
    ask(connection, "ingest/before_events", downloads=True)
    rulings = {ruling.id: ruling for ruling in refused}
    otherwise: list[Ruling] = []
    ledger = _ledger(connection, rules, list(fetches.values()))
    for id_, fetch in sorted(fetches.items(), key=lambda one: (one[1].occurred_at, one[1].number)):
        for ruling in ledger.judge(id_, fetch):
            if ruling.is_new or ruling.id in rulings:
                rulings[ruling.id] = replace(ruling, is_new=True)
            else:
                otherwise.append(ruling)
    found = _add(
        connection, rules, list(rulings.values()), source, import_id, filtered or rules.filtered, lines or {}
    )
    found.impressions = _deliver_ads(connection, rules, ledger)
    if otherwise:
        asked = [{"id": r.id, "reason": r.reason, "occurred_at": r.occurred_at} for r in otherwise]
        found.otherwise = ask(connection, "ingest/exclude_otherwise", requests=orjson.dumps(asked).decode())
    keep_windows(connection, ledger)
    return found


def _ledger(connection: Connection, rules: Rules, fetches: list[Fetch]) -> Ledger:
    """The windows that these fetches may touch."""
    windows = Windows(rules.window, rules.zone)
    if not fetches:
        return Ledger(windows)
    times = [fetch.occurred_at for fetch in fetches]
    span = {"earliest": min(times) - WHOLE_DAYS, "latest": max(times) + WHOLE_DAYS}
    whose = {(fetch.listener_id, fetch.file.episode) for fetch in fetches}
    kept = kept_windows(connection, whose, **span)
    counted: list[dict[str, Any]] = []
    if rules.window is Window.CALENDAR_DAY:
        keys = {
            (fetch.listener_id, fetch.file.episode, windows.day_of(fetch.occurred_at)) for fetch in fetches
        }
        counted = ask(
            connection, "ingest/counted_days",
            listeners=[key[0] for key in keys], episodes=[UUID(key[1]) for key in keys], days=[key[2] for key in keys],
            **span,
        )  # fmt: skip
    return Ledger(
        windows,
        kept,
        [(row["listener_id"], str(row["episode_id"]), row["day"]) for row in counted],
    )


def _add(
    connection: Connection, rules: Rules, rulings: list[Ruling], source: Source, import_id: UUID | None,
    filtered: Filtered, lines: Mapping[UUID, int],
) -> Judged:  # fmt: skip
    downloads = [download_row(ruling, source) for ruling in rulings if ruling.fetch is not None]
    excluded = [
        {
            "id": r.id,
            "episode_id": r.episode,
            "reason": r.reason,
            "occurred_at": r.occurred_at,
            "line_number": lines.get(r.id),
        }
        for r in rulings
        if r.reason is not None
    ]
    found = Judged(refused=Tally(r.reason.value for r in rulings if r.reason is not None))
    if downloads:
        told = orjson.dumps(downloads).decode()
        counted_by = note_counting(
            connection, Windows(rules.window, rules.zone), filtered, [one["occurred_at"] for one in downloads]
        )
        found.downloads = tell(connection, "ingest/add_downloads", downloads=told, counted_by=counted_by)
    if excluded:
        tell(
            connection, "ingest/add_excluded",
            import_id=import_id, rule_version=COUNTING_VERSION, requests=orjson.dumps(excluded).decode(),
        )  # fmt: skip
    return found


def _deliver_ads(connection: Connection, rules: Rules, ledger: Ledger) -> int:
    """How many impressions are new, of downloads of before too: what later pieces bring of an ad delivers it."""
    windows: dict[str, KeptWindow] = {}
    carriers: list[Carrier] = []
    for window in ledger.downloads:
        assert window.download is not None  # noqa: S101 (the ledger has seen to it; this tells mypy)
        id_, at = window.download
        windows[str(id_)] = window
        carriers.append(
            Carrier(
                str(id_), window.episode, window.listener_id, at,
                None if window.is_unmeasured else window.delivery,
            )
        )  # fmt: skip
    flights = flights_of(connection, {carrier.episode for carrier in carriers})
    found = make_impressions(connection, carriers, flights, Windows(rules.window, rules.zone).local_day)
    for awaited in found.awaited:
        windows[awaited].awaits_ads = True
    return found.made


def download_row(ruling: Ruling, source: Source) -> dict[str, Any]:
    """The event that a ruling which counts is stored as."""
    fetch = ruling.fetch
    assert fetch is not None  # noqa: S101 (a download carries its fetch; this tells mypy)
    said = {
        "app": fetch.agent.app, "device": fetch.agent.device, "os": fetch.agent.os,
        "country": fetch.place.country or UNKNOWN, "region": fetch.place.region or UNKNOWN,
    }  # fmt: skip
    data: dict[str, Any] = {key: value for key, value in said.items() if value != UNKNOWN}
    data["source"] = source
    if ruling.is_unmeasured:
        # Counted although nobody knows how much was delivered.
        data["unmeasured"] = True
    return {
        "id": ruling.id, "episode_id": ruling.episode, "listener_id": fetch.listener_id, "event_data": data,
        "occurred_at": ruling.occurred_at,
    }  # fmt: skip
