"""How far people listen, and how far into the ads: what apps reported, and what platforms told of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from queries.errors import NotAvailable
from queries.filters import Filters
from queries.listening_scope import Limits, catalogue_of, column_of, is_by_dimension, limits_of, ratio
from queries.results import Answer, Column
from queries.statements import ask

_NOT_BY_DIMENSION = "How far people listen is not known by app, country or device."
_QUARTILES = ("ad_plays_quarter", "ad_plays_half", "ad_plays_three_quarters", "ad_plays_completed")


@dataclass(slots=True)
class Consumption:
    """Plays of one episode by how far they got; `ended` is how many stopped at each second."""

    title: str
    duration_seconds: int | None
    completes: int = 0
    ended: list[tuple[Decimal, int]] = field(default_factory=list)

    @property
    def plays(self) -> int:
        """All that started."""
        return self.completes + sum(plays for _, plays in self.ended)

    @property
    def length(self) -> int:
        """The episode's seconds, or where that is not known the furthest anybody got."""
        return self.duration_seconds or int(max((second for second, _ in self.ended), default=Decimal(0)))

    def reaching(self, second: int) -> int:
        """Plays that got to this second: each that was heard to the end, and each that stopped there or later."""
        return self.completes + sum(plays for reached, plays in self.ended if reached >= second)

    def ratio_at(self, second: int) -> Decimal | None:
        """Of all plays the share that got there."""
        return ratio(self.reaching(second), self.plays)


def consumption_of(
    connection: Connection, f: Filters, episode_ids: Sequence[UUID] | None = None
) -> dict[UUID, Consumption]:
    """How far the plays that started in the period got, per episode of the view (or of these)."""
    starts_at, ends_at = f.period.moments(f.zone)
    catalogue = (
        catalogue_of(f) if episode_ids is None else {"podcast_ids": [], "episode_ids": list(episode_ids)}
    )
    found: dict[UUID, Consumption] = {}
    for row in ask(connection, "listening/plays_reached", starts_at=starts_at, ends_at=ends_at, **catalogue):
        episode = found.setdefault(row["episode_id"], Consumption(row["title"], row["duration_seconds"]))
        if row["reached_seconds"] is None:
            episode.completes += row["plays"]
        else:
            episode.ended.append((row["reached_seconds"], row["plays"]))
    return found


def consumption_curve(connection: Connection, f: Filters, step_seconds: int = 30) -> Answer:
    """Share of the plays that started in the period which got to each second, per episode; it falls only.

    Shape: a row for each step from 0 to the episode's end, with the plays it is a share of and how many of them were
    heard to the end. Filters by app, country and device are not known here: the answer is empty and says so.
    Raises: NotAvailable for a period before raw events are kept.
    """
    limits = _limits(connection, f)
    found = {} if is_by_dimension(f) else consumption_of(connection, f)
    return Answer(
        columns=(
            Column("episode_id", "Episode id", in_csv=False),
            Column("title", "Episode"),
            Column("second", "Second", "seconds"),
            column_of("consumption_ratio"),
            Column("reached", "Plays that got there", "count"),
            column_of("plays"),
            # A play that reaches its end twice is one here, and two completes that an app reported.
            Column("heard_to_end", "Plays heard to the end", "count"),
        ),
        rows=[
            {
                "episode_id": episode_id,
                "title": episode.title,
                "second": second,
                "consumption_ratio": episode.ratio_at(second),
                "reached": episode.reaching(second),
                "plays": episode.plays,
                "heard_to_end": episode.completes,
            }
            for episode_id, episode in found.items()
            for second in range(0, episode.length + 1, step_seconds)
        ],
        as_of=limits.rollups,
        partial_from=f.partial_from,
        notes=(_NOT_BY_DIMENSION,) if is_by_dimension(f) else (),
        totals={
            "plays": sum(episode.plays for episode in found.values()),
            "completes": sum(episode.completes for episode in found.values()),
        },
    )


def ad_plays(connection: Connection, f: Filters) -> Answer:
    """Ads that apps confirmed as heard, and how far, per ad of the episodes of the view; most heard first.

    Filters by app, country and device are not known here: the answer is empty and says so.
    Raises: NotAvailable for a period before raw events are kept.
    """
    limits = _limits(connection, f)
    starts_at, ends_at = f.period.moments(f.zone)
    rows = (
        []
        if is_by_dimension(f)
        else ask(
            connection, "listening/ad_plays",
            starts_at=starts_at, ends_at=ends_at, time_zone=f.zone.key, **catalogue_of(f),
        )
    )  # fmt: skip
    counted = [_quartiles(row) for row in rows]
    sums = {key: sum(row[key] for row in counted) for key in ("ad_plays", *_QUARTILES)}
    return Answer(
        columns=(
            Column("ad_unit_id", "Ad id", in_csv=False),
            Column("episode_id", "Episode id", in_csv=False),
            Column("title", "Episode"),
            Column("unit_type", "Kind of ad"),
            Column("position_seconds", "Begins at", "seconds"),
            *map(column_of, ("ad_plays", *_QUARTILES, "ad_completion_ratio")),
        ),
        rows=[
            {key: row[key] for key in ("ad_unit_id", "episode_id", "title", "unit_type", "position_seconds")}
            | counts
            for row, counts in zip(rows, counted, strict=True)
        ],
        as_of=limits.rollups,
        partial_from=f.partial_from,
        notes=(_NOT_BY_DIMENSION,) if is_by_dimension(f) else (),
        totals=sums | {"ad_completion_ratio": ratio(sums["ad_plays_completed"], sums["ad_plays"])},
    )


def platform_curves(connection: Connection, f: Filters) -> Answer:
    """The latest curve that each platform told up to the end of the period, as shares of its whole, point by point.

    The whole is the curve's maximum, for listeners at a second may rise; a platform's own share stays as told. It is
    never mixed with `consumption_curve`.
    """
    curves = ask(connection, "listening/platform_curves", until=f.period.end, **catalogue_of(f))
    return Answer(
        columns=(
            Column("episode_id", "Episode id", in_csv=False),
            Column("title", "Episode"),
            Column("platform", "Platform"),
            Column("as_of", "Told on", "date"),
            Column("measure", "What was told"),
            Column("position", "Place", "number"),
            Column("position_unit", "Place in"),
            Column("amount", "As told", "number"),
            column_of("platform_retention_ratio"),
        ),
        rows=[
            {
                **{key: curve[key] for key in ("episode_id", "title", "platform", "as_of", "measure")},
                "position": position,
                "position_unit": curve["position_unit"],
                "amount": amount,
                "platform_retention_ratio": share,
            }
            for curve in curves
            for position, amount, share in _shares(curve)
        ],
        totals={"curves": len(curves)},
        covers=None,
    )


def _limits(connection: Connection, f: Filters) -> Limits:
    """How far the data reaches. Raises: NotAvailable where the period begins before raw events are kept."""
    limits = limits_of(connection, f)
    if f.period.moments(f.zone)[0] < limits.raw_start:
        raise NotAvailable("How far people listen is known for the last two years only.")
    return limits


def _quartiles(row: Mapping[str, Any]) -> dict[str, Any]:
    counts = {key: row[f"quartile_{place}"] for place, key in enumerate(_QUARTILES, start=1)}
    return {
        "ad_plays": row["ad_plays"],
        **counts,
        "ad_completion_ratio": ratio(counts["ad_plays_completed"], row["ad_plays"]),
    }


def _shares(curve: Mapping[str, Any]) -> Iterable[tuple[Decimal, Decimal, Decimal | None]]:
    """Each point of a curve: place, what was told, and the share of the whole."""
    whole = Decimal(1) if curve["measure"] == "share" else max(curve["amounts"])
    for position, amount in zip(curve["positions"], curve["amounts"], strict=True):
        yield position, amount, ratio(amount, whole)
