"""Imports retention curves as platforms aggregate them: kept as told, never mixed with events of listeners.

A curve is of one episode, platform and day. What is told of that day again adds nothing where all its points stand, be
they fewer, completes the curve with points that it lacks, or is refused; another day's is another curve.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, BinaryIO
from uuid import UUID

import orjson
from sqlalchemy import Connection

from queries.ingest.batches import BatchDone
from queries.ingest.cells import RowRefused, found, number_of, seconds_of, text_of
from queries.ingest.columns import Column
from queries.ingest.events import DryRun
from queries.ingest.imports import ImportResult, importing, result, taken_back
from queries.ingest.references import References
from queries.ingest.small_tables import Line, SmallTable, Told, read_small
from queries.ingest.tally import LISTED_REFUSALS, Refusal
from queries.session import Actor
from queries.statements import ask

_LARGEST_COUNT = 10**9
_LARGEST_SHARE = 100
_MEASURES = ("listeners", "plays", "share")
_AHEAD = timedelta(hours=14)
"""Where the day begins first it is so far ahead of UTC."""
_DIFFERENT = (
    "Another curve of this day stands already, with other content: a file with all its points, unchanged, and more "
    "completes it."
)


def _amount(key: str, value: Any) -> Decimal:
    number = number_of(key, value)
    if not 0 <= number <= _LARGEST_COUNT:
        raise RowRefused("This is not a number of listeners or plays.", found(key, value))
    return round(number, 6)


def _share(key: str, value: Any) -> Decimal:
    """0.63 or "63 %"; it may exceed 1 where listeners hear a place twice."""
    is_percent = isinstance(value, str) and value.strip().endswith("%")
    number = number_of(key, value.strip().removesuffix("%").strip() if is_percent else value)
    number = number / 100 if is_percent else number
    if not 0 <= number <= _LARGEST_SHARE:
        raise RowRefused("This is not a share.", found(key, value))
    return round(number, 6)


def _percent(key: str, value: Any) -> Decimal:
    number = number_of(key, value.strip().removesuffix("%").strip() if isinstance(value, str) else value)
    if not 0 <= number <= 100:
        raise RowRefused("A place in percent lies between 0 and 100.", found(key, value))
    return round(number, 3)


def _day(key: str, value: Any) -> date:
    try:
        return date.fromisoformat(text_of(key, value)[:10])
    except ValueError as error:
        if isinstance(error, RowRefused):
            raise
        raise RowRefused("A day is written like 2026-10-31.", found(key, value)) from None


def _name(key: str, value: Any) -> str:
    return text_of(key, value, 60)


def _episode(key: str, value: Any) -> str:
    return text_of(key, value, 2000)


def _second(key: str, value: Any) -> int | float:
    if number_of(key, value) < 0:
        raise RowRefused("A place is negative.", found(key, value))
    return seconds_of(key, value)


CURVES = SmallTable(
    "retention", "retention_curves", "Retention curves",
    (
        Column("episode", "The episode's id or guid", _episode, ("episode_id", "episode_guid", "guid")),
        Column("platform", "Who aggregated it: Spotify, Apple Podcasts, ...", _name, ("source", "provider")),
        Column("as_of", "The day whose state it is", _day, ("date", "day", "export_date")),
        Column("second", "Place in the episode in seconds", _second, ("seconds", "position_seconds")),
        Column("percent", "Place in percent of its length, in place of second", _percent, ("position_percent",)),
        Column("listeners", "Listeners at that place", _amount, ("unique_listeners", "audience", "devices")),
        Column("plays", "Plays at that place", _amount, ("streams", "views")),
        Column("share", "The platform's own share at that place: 0.63 or 63 %", _share,
               ("retention", "audience_retention", "audience_watch_ratio")),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CurveDefaults:
    """What holds for every line of a file that does not say it itself."""

    episode: str | None = None
    platform: str | None = None
    as_of: date | None = None


@dataclass(slots=True)
class _Curve:
    """Points of one curve by place, each with the line it was told on."""

    episode_id: UUID
    platform: str
    as_of: date
    measure: str
    position_unit: str
    points: dict[Decimal, tuple[int, Decimal]] = field(default_factory=dict)

    def add(self, number: int, place: Decimal, amount: Decimal) -> bool:
        """Whether the point is new; the same again is not. Raises: RowRefused."""
        stands = self.points.setdefault(place, (number, amount))
        if stands[1] != amount:
            raise RowRefused("Another line has another value for this place.", f"line {stands[0]}")
        return stands[0] == number

    def document(self, number: int) -> dict[str, Any]:
        """The curve as its statement takes it."""
        points = sorted(self.points.items())
        return {
            "line_number": number, "episode_id": self.episode_id, "platform": self.platform, "as_of": self.as_of,
            "measure": self.measure, "position_unit": self.position_unit,
            "positions": [str(place) for place, _ in points], "amounts": [str(point[1]) for _, point in points],
        }  # fmt: skip


def import_retention(
    actor: Actor, source: BinaryIO, *, name: str, defaults: CurveDefaults, told: Told,
    batch_done: BatchDone = lambda *_: None,
) -> ImportResult:  # fmt: skip
    """What became of the points in a file; `batch_done` hears how far the reading is.

    Raises: ImportRefused when the file as a whole cannot be understood.
    """
    file = read_small(actor, source, CURVES, name, told, record=True, batch_done=batch_done)
    with importing(actor, "retention_curves", name, told.source_name, began=file.began) as (
        connection,
        import_id,
        tally,
    ):
        tally.source_sha256 = file.sha256
        tally.notes += file.notes
        put = _put(connection, import_id, file.lines, defaults)
        tally.imported, tally.duplicate = put.imported, put.duplicate
        tally.notes += put.notes
        tally.refuse(connection, import_id, sorted(file.refusals + put.refusals, key=lambda r: r.line_number))
    return result(import_id, "retention_curves", tally)


def check_retention(
    actor: Actor, source: BinaryIO, *, defaults: CurveDefaults, told: Told,
    batch_done: BatchDone = lambda *_: None,
) -> DryRun:  # fmt: skip
    """What an import would refuse. Raises: ImportRefused, as an import would."""
    file = read_small(actor, source, CURVES, "", told, record=False, batch_done=batch_done)
    with taken_back(actor) as connection:
        # A curve names its import.
        tried = ask(
            connection, "ingest/start_import",
            import_type="retention_curves", source="dry run", source_name=None, created_by=actor.user_id, options="{}",
            seconds_ago=0,
        )[0]["id"]  # fmt: skip
        put = _put(connection, tried, file.lines, defaults)
    refused = sorted(file.refusals + put.refusals, key=lambda r: r.line_number)
    return DryRun(
        put.imported + put.duplicate, len(refused), tuple(refused[:LISTED_REFUSALS]), put.duplicate,
        (*file.notes, *put.notes),
    )  # fmt: skip


@dataclass(slots=True)
class _Put:
    """How many points are new, how many stood already or came twice, and what is refused; `completed` curves stood and
    have so many points more (`added`)."""

    imported: int
    duplicate: int
    refusals: list[Refusal]
    completed: int = 0
    added: int = 0

    @property
    def notes(self) -> list[str]:
        """What is said where curves were completed."""
        if not self.completed:
            return []
        which = (
            "One curve that stood was"
            if self.completed == 1
            else f"{self.completed:,} curves that stood were"
        )
        return [f"{which} completed, with {self.added:,} {'point' if self.added == 1 else 'points'} more."]


def _put(connection: Connection, import_id: UUID, lines: list[Line], defaults: CurveDefaults) -> _Put:
    """What became of the points in these lines."""
    curves, refusals, twice = _curves(connection, lines, defaults)
    put = _Put(0, twice, refusals)
    stored = ask(
        connection, "ingest/put_retention_curves",
        import_id=import_id, curves=orjson.dumps([c.document(n) for n, c in enumerate(curves)]).decode(),
    )  # fmt: skip
    for row in stored:
        curve = curves[row["line_number"]]
        if row["outcome"] == "different":
            put.refusals += [Refusal(number, _DIFFERENT) for number, _ in curve.points.values()]
        elif row["outcome"] == "duplicate":
            put.duplicate += len(curve.points)
        else:
            more = len(curve.points) - row["stood"]
            put.imported += more
            put.duplicate += row["stood"]
            if row["outcome"] == "completed":
                put.completed += 1
                put.added += more
    return put


def _curves(
    connection: Connection, lines: list[Line], defaults: CurveDefaults
) -> tuple[list[_Curve], list[Refusal], int]:
    """Curves of at least two points, what is refused, and how many points were told twice."""
    references = References()
    latest = _latest_day(ask(connection, "ingest/clock")[0]["now"])
    told = {values.get("episode", defaults.episode) for _, values in lines}
    references.learn_episodes(connection, {name for name in told if name})
    first_days = {
        # A day may have begun elsewhere before it did in UTC.
        row["episode_id"]: row["published_on"] - timedelta(days=1)
        for row in ask(connection, "ingest/published_on", ids=references.episodes())
    }
    curves: dict[tuple[Any, ...], _Curve] = {}
    refusals: list[Refusal] = []
    twice = 0
    for number, values in lines:
        try:
            for curve, place, amount in _points(references, curves, values, defaults, latest):
                if curve.as_of < first_days.get(curve.episode_id, curve.as_of):
                    raise RowRefused(
                        "The day lies before the episode came out.", found("as_of", curve.as_of.isoformat())
                    )
                twice += not curve.add(number, place, amount)
        except RowRefused as refused:
            refusals.append(Refusal(number, refused.reason, refused.detail))
    for key in [key for key, curve in curves.items() if len(curve.points) < 2]:
        for number, _ in curves.pop(key).points.values():
            refusals.append(Refusal(number, "A curve has two points at least."))
    return list(curves.values()), refusals, twice


def _latest_day(now: datetime) -> date:
    """The last day that has begun anywhere."""
    return (now.astimezone(UTC) + _AHEAD).date()


def _points(
    references: References,
    curves: dict[tuple[Any, ...], _Curve],
    values: dict[str, Any],
    defaults: CurveDefaults,
    latest: date,
) -> Iterable[tuple[_Curve, Decimal, Decimal]]:
    """A point for each measure in the line, with its curve. Raises: RowRefused."""
    told = {"episode": defaults.episode, "platform": defaults.platform, "as_of": defaults.as_of} | values
    absent = [name for name in ("episode", "platform", "as_of") if told[name] is None]
    if absent:
        raise RowRefused("A value is missing.", absent[0])
    if told["as_of"] > latest:
        raise RowRefused("The day lies in the future.", found("as_of", told["as_of"].isoformat()))
    places = [unit for unit in ("second", "percent") if unit in values]
    measures = [measure for measure in _MEASURES if measure in values]
    if len(places) != 1:
        raise RowRefused("A line has one place, in seconds or in percent.")
    if not measures:
        raise RowRefused("A value is missing.", "listeners, plays or share")
    episode_id = references.episode(told["episode"])
    if "second" in values:
        references.require_within(episode_id, "second", values["second"])
    for measure in measures:
        curve = _Curve(episode_id, told["platform"], told["as_of"], measure, places[0])
        curve = curves.setdefault(
            (episode_id, curve.platform, curve.as_of, measure, curve.position_unit), curve
        )
        yield curve, Decimal(str(values[places[0]])), values[measure]
