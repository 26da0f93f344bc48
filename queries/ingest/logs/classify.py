"""A log counted without a database: how many downloads, and what was refused for which reason."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from queries.ingest.counting.counter import Counter
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.requests import Request
from queries.ingest.counting.rules import Rules
from queries.ingest.counting.verdicts import Outcome, Verdict
from queries.ingest.logs.faults import LineFault, RefusedLine
from queries.ingest.logs.shown import shown_path

SHOWN_LINES = 10


@dataclass(slots=True)
class LogSummary:
    """What a log holds. `requests` = `downloads` + all of `refused`; malformed lines are no requests."""

    requests: int = 0
    downloads: int = 0
    unmeasured: int = 0
    refused: Tally[Reason] = field(default_factory=Tally)
    malformed: Tally[LineFault] = field(default_factory=Tally)
    first_malformed: list[RefusedLine] = field(default_factory=list)
    first_at: datetime | None = None
    last_at: datetime | None = None
    by_episode: Tally[str] = field(default_factory=Tally)
    by_app: Tally[str] = field(default_factory=Tally)
    by_country: Tally[str] = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class Refused:
    """A line or request that does not count: of a request for an episode the detail is that, else what was asked for
    (without what may say who somebody is)."""

    number: int
    why: Reason | LineFault
    detail: str


def classify_log(
    entries: Iterable[Request | RefusedLine],
    rules: Rules,
    *,
    listed: Callable[[Refused], object] = lambda _: None,
) -> LogSummary:
    """The summary of a log's entries; `listed` is told of every line and request that was refused, as it is decided:
    those whose window has to close first after lines that follow them."""
    counter, summary = Counter(rules), LogSummary()
    for entry in entries:
        if isinstance(entry, RefusedLine):
            summary.malformed[entry.fault] += 1
            if len(summary.first_malformed) < SHOWN_LINES:
                summary.first_malformed.append(entry)
            listed(Refused(entry.number, entry.fault, entry.detail))
            continue
        summary.requests += 1
        at = entry.occurred_at
        summary.first_at = at if summary.first_at is None else min(summary.first_at, at)
        summary.last_at = at if summary.last_at is None else max(summary.last_at, at)
        _add(summary, counter.judge(entry), listed, entry.path)
    _add(summary, counter.close(), listed)
    return summary


def _add(
    summary: LogSummary, outcomes: Iterable[Outcome], listed: Callable[[Refused], object], path: str = ""
) -> None:
    """Counts outcomes; `path`: what the request asked for that led to them, which is that of one for no episode."""
    for outcome in outcomes:
        if not isinstance(outcome, Verdict):
            continue
        if outcome.reason is not None:
            summary.refused[outcome.reason] += 1
            detail = shown_path(path) if outcome.episode is None else outcome.episode
            listed(Refused(outcome.number, outcome.reason, detail))
            continue
        summary.downloads += 1
        summary.unmeasured += outcome.is_unmeasured
        fetch = outcome.download
        assert fetch is not None  # noqa: S101 (a download carries its fetch; this tells mypy)
        summary.by_episode[fetch.file.episode] += 1
        summary.by_app[fetch.agent.app] += 1
        summary.by_country[fetch.place.country or "unknown"] += 1
