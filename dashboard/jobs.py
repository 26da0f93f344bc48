"""THE table of jobs: what the worker does by the clock. A job is one line here and one command elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from queries import jobs, refresh, upkeep
from queries.attribution import compute_attribution
from queries.ingest.feed_refresh import refresh_feeds
from queries.ingest.transcripts.links import fetch_transcripts
from reports.desk import make_next_report

Command = Callable[[], "int | Mapping[str, Any] | None"]

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Job:
    """One thing that is done by the clock.

    `label` is its name for people. Slots lie `every` so often from midnight UTC plus `offset`; each is run by one
    worker only. `lease_seconds`: how long a run counts as alive without a sign of its worker. A job that is not
    `slotted` claims its work itself (a queue) and leaves no row per run. `refreshes`: part of `podboard refresh`, in
    this order.
    """

    name: str
    every: timedelta
    command: Command
    description: str
    offset: timedelta = timedelta(0)
    lease_seconds: int = 60
    slotted: bool = True
    refreshes: bool = False
    label: str = ""

    @property
    def asked_every(self) -> timedelta:
        """How often a worker asks for the slot: a nightly job whose worker died at it is not left until next night."""
        return min(self.every, timedelta(minutes=1))

    def slot(self, now: datetime) -> datetime:
        """The start of the slot that `now` lies in."""
        return now - (now - _EPOCH - self.offset) % self.every

    def next_slot(self, now: datetime) -> datetime:
        """When the job is due next."""
        return self.slot(now) + self.every


def _make_report() -> int:
    # One at a time, so that a worker that is asked to stop does not work through a long queue first.
    return 0 if make_next_report() is None else 1


def _reclaim() -> int:
    return len(jobs.abandon_dead_runs())


_SECOND, _MINUTE, _HOUR, _DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86400))

JOBS: tuple[Job, ...] = (
    Job(
        "rollups",
        30 * _SECOND,
        refresh.refresh_rollups,
        "Downloads, listeners and campaign days of new events",
        refreshes=True,
        label="Downloads and listeners",
    ),
    Job(
        "metrics_daily",
        _MINUTE,
        refresh.refresh_metrics_daily,
        "Plays, completion and listening time per day",
        offset=10 * _SECOND,
        refreshes=True,
        label="Plays and completion",
    ),
    Job(
        "attribution",
        _MINUTE,
        compute_attribution,
        "Paths and credit of campaigns with new events",
        offset=20 * _SECOND,
        refreshes=True,
        label="Attribution",
    ),
    Job(
        "milestones",
        _HOUR,
        refresh.refresh_milestones,
        "First 1, 3, 7 and 30 days of episodes that reached them",
        offset=_MINUTE,
        refreshes=True,
        label="First days of episodes",
    ),
    Job(
        "aggregates",
        _HOUR,
        refresh.refresh_aggregates,
        "Events counted by hour and by day",
        offset=5 * _MINUTE,
        lease_seconds=180,
        refreshes=True,
        label="Totals by hour and day",
    ),
    Job(
        "feeds",
        5 * _MINUTE,
        refresh_feeds,
        "Feeds that are due, asked for what is new",
        offset=2 * _MINUTE,
        lease_seconds=120,
        label="Podcast feeds",
    ),
    Job(
        "transcripts",
        5 * _MINUTE,
        fetch_transcripts,
        "Transcripts that feeds name, fetched when they are due",
        offset=4 * _MINUTE,
        lease_seconds=120,
        label="Transcripts",
    ),
    Job(
        "partitions",
        _DAY,
        refresh.keep_partitions,
        "Room for the events of the coming months",
        offset=10 * _MINUTE,
        label="Room for coming months",
    ),
    Job(
        "retention",
        _DAY,
        refresh.drop_expired,
        "Raw events and listener rows that are past their time",
        offset=3 * _HOUR + 10 * _MINUTE,
        lease_seconds=300,
        label="Deletion of what is past its time",
    ),
    Job(
        "logs",
        _DAY,
        upkeep.unscoped_clear_grown,
        "Lines of logs and windows of counting that are past their time",
        offset=3 * _HOUR + 30 * _MINUTE,
        lease_seconds=300,
        label="Tidying of logs",
    ),
    Job(
        "logins",
        _HOUR,
        upkeep.unscoped_clear_logins,
        "Ended log-ins, used links, stale failures",
        offset=40 * _MINUTE,
        label="Tidying of log-ins",
    ),
    Job(
        "runs",
        _HOUR,
        jobs.prune_runs,
        "Old runs of these jobs",
        offset=50 * _MINUTE,
        label="Tidying of this list",
    ),
    Job(
        "imports",
        _MINUTE,
        upkeep.unscoped_close_dead_imports,
        "Imports whose process died",
        offset=40 * _SECOND,
        label="Imports that were cut off",
    ),
    Job(
        "reclaim",
        15 * _SECOND,
        _reclaim,
        "Runs whose worker died",
        slotted=False,
        label="Runs whose worker died",
    ),
    Job("reports", _SECOND, _make_report, "Queued reports", slotted=False, label="PDF reports"),
)


def job(name: str) -> Job:
    """The job of that name; KeyError for an unknown one."""
    return {each.name: each for each in JOBS}[name]
