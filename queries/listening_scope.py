"""What every listening question begins with: how far the data reaches, and its parameters from the view."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection

from queries.filters import Filters
from queries.metrics import metric
from queries.results import Column
from queries.small_cells import SMALL_CELL, Cell, Margins, is_small, withheld_cells
from queries.statements import ask

Slice = Literal["app", "country", "device_type"]
Count = Literal["downloads", "whole", "previous"]
_DIMENSIONS: tuple[Slice, ...] = ("app", "country", "device_type")
_COUNTS: tuple[Count, ...] = ("downloads", "whole", "previous")
_SURELY_MORE = 3 * SMALL_CELL
"""So many downloads of one episode on one day are of as many listeners as are told: whatever the window, a listener
has at most one per 24 hours or calendar day, so that a day of 25 hours, or of another zone than the one counted by,
holds at most three."""


@dataclass(frozen=True, slots=True)
class Limits:
    """As of when the relations are complete, how far back they reach, and whether there is anything to compare with.

    `has_earlier`: the podcasts and episodes asked for had a download on the first day compared with, or before it.
    Without one a comparison would show growth from nothing, where only our knowledge begins.
    """

    rollups: datetime | None
    metrics_daily: datetime | None
    aggregates: datetime | None
    raw_start: datetime
    listener_days: int
    listeners_kept_from: date | None
    has_earlier: bool

    def listeners_from(self, today: date) -> date:
        """The tenant day since which listeners are kept one by one."""
        kept_from = today - timedelta(days=self.listener_days)
        return max(kept_from, self.listeners_kept_from or kept_from)


def limits_of(connection: Connection, f: Filters) -> Limits:
    """How far the data of this view reaches."""
    data_by = f.compared.start if f.compared is not None else None
    return Limits(**ask(connection, "listening/limits", data_by=data_by, **catalogue_of(f))[0])


def periods_of(f: Filters) -> dict[str, date | None]:
    """The days of the period and of the one compared with."""
    compared = f.compared
    return {
        "period_start": f.period.start,
        "period_end": f.period.end,
        "compared_start": compared.start if compared else None,
        "compared_end": compared.end if compared else None,
    }


def whole_end_of(f: Filters) -> dict[str, date | None]:
    """The end of the days that are compared."""
    return {"whole_end": f.whole.end if f.whole is not None else None}


def catalogue_of(f: Filters) -> dict[str, list[UUID]]:
    """The podcasts and episodes filtered by."""
    return {"podcast_ids": list(f.podcasts), "episode_ids": list(f.episodes)}


def dimensions_of(f: Filters) -> dict[str, list[str]]:
    """The apps, countries and devices filtered by."""
    return {"apps": list(f.apps), "countries": list(f.countries), "devices": list(f.devices)}


def is_by_dimension(f: Filters) -> bool:
    """Whether only a relation that knows apps, countries and devices can answer."""
    return bool(f.apps or f.countries or f.devices)


@dataclass(frozen=True, slots=True)
class Cells:
    """Downloads of a view by what it is filtered by, each filter lifted, and so what of it may be told.

    `dimensions`: those filtered by and the one asked for, in the order of the cells. `counts` and `hidden` (cells that
    are not told) are by the column that is counted; so are `places`: podcast and episode, whose filters are lifted too.
    `few_cells`, `few_places`: those of which no episode had so many downloads on one day that they are surely of more
    than a few listeners.
    """

    filters: Filters
    dimensions: tuple[Slice, ...]
    counts: Mapping[Count, Mapping[Cell, int]]
    hidden: Mapping[Count, frozenset[Cell]]
    places: Mapping[Count, Mapping[Cell, int]]
    few_cells: frozenset[Cell]
    few_places: frozenset[Cell]

    def by(self, dimension: Slice, count: Count) -> tuple[Mapping[str, int], set[str]]:
        """Downloads of the view by a dimension, and the slices that are not told."""
        place = self.dimensions.index(dimension)
        found: Counter[str] = Counter()
        untold = set()
        for cell, downloads in self.counts[count].items():
            if self._is_chosen(cell):
                found[cell[place]] += downloads
                if cell in self.hidden[count]:
                    untold.add(cell[place])
        return found, untold

    def tells_comparison(self) -> bool:
        """Whether the days that are over may be told beside those compared with: neither they, nor what is left of the
        period without them, is small."""
        left = self._sum("downloads") - self._sum("whole")
        is_left_told = not filtered_by(self.filters) or not is_small(left)
        return is_left_told and self.tells("whole") and self.tells("previous")

    def tells(self, count: Count) -> bool:
        """Whether the view itself may be told: no part of it is withheld where it stands beside its like, and neither
        it nor what a filter leaves out is small."""
        filtered = filtered_by(self.filters)
        if not filtered:
            return True
        sums = self._sums(filtered, count)
        hidden = self.hidden[count] if filtered == self.dimensions else withheld_cells(sums)
        inside, beside = 0, Counter(dict.fromkeys(filtered, 0))
        for cell, downloads in sums.items():
            outside = outside_of(self.filters, cell)
            if not outside:
                if cell in hidden:
                    return False
                inside += downloads
            elif len(outside) == 1:
                beside[outside[0]] += downloads
        return (
            not is_small(inside)
            and not any(is_small(downloads) for downloads in beside.values())
            and not has_untold_place(self.filters, self.places[count])
        )

    def untold_episodes(self, count: Count) -> set[UUID]:
        """The episodes whose downloads under these filters are not told."""
        return {UUID(episode) for _, episode in withheld_cells(self.places[count])}

    def _is_chosen(self, cell: Cell) -> bool:
        return all(
            value in allowed
            for dimension, value in zip(self.dimensions, cell, strict=True)
            if (allowed := _chosen(self.filters, dimension))
        )

    def _sum(self, count: Count) -> int:
        return sum(downloads for cell, downloads in self.counts[count].items() if self._is_chosen(cell))

    def _sums(self, dimensions: Sequence[Slice], count: Count) -> Counter[Cell]:
        places = [self.dimensions.index(dimension) for dimension in dimensions]
        sums: Counter[Cell] = Counter()
        for cell, downloads in self.counts[count].items():
            sums[tuple(cell[place] for place in places)] += downloads
        return sums


def cells_of(
    connection: Connection, f: Filters, dimension: Slice | None = None, *, with_episodes: bool = False
) -> Cells:
    """The view's cells, by a dimension more where one is asked for; places where they are filtered by or asked for."""
    filtered = filtered_by(f)
    dimensions = tuple(one for one in _DIMENSIONS if one in filtered or one == dimension)
    rows = ask(
        connection,
        "listening/downloads_by_cell",
        **periods_of(f),
        **whole_end_of(f),
        **catalogue_of(f),
        **dimensions_of(f),
        by_app="app" in dimensions,
        by_country="country" in dimensions,
        by_device="device_type" in dimensions,
        by_episode=bool(filtered) and (with_episodes or bool(f.episodes or f.podcasts)),
    )
    counts: dict[Count, dict[Cell, int]] = {count: {} for count in _COUNTS}
    places: dict[Count, dict[Cell, int]] = {count: {} for count in _COUNTS}
    few_cells: set[Cell] = set()
    few_places: set[Cell] = set()
    for row in rows:
        is_cell = row["episode_id"] is None
        cell = (
            tuple(row[one] for one in dimensions)
            if is_cell
            else (str(row["podcast_id"]), str(row["episode_id"]))
        )
        for count in _COUNTS:
            (counts if is_cell else places)[count][cell] = row[count]
            if row[count] and row[f"{count}_peak"] < _SURELY_MORE:
                (few_cells if is_cell else few_places).add(cell)
    hidden: dict[Count, frozenset[Cell]] = {}
    for count in _COUNTS:
        # A period that is over is compared as a whole: what was found of it holds for both.
        is_whole = count == "whole" and counts["whole"] == counts["downloads"]
        hidden[count] = hidden["downloads"] if is_whole else withheld_cells(counts[count])
    return Cells(f, dimensions, counts, hidden, places, frozenset(few_cells), frozenset(few_places))


def filtered_by(f: Filters) -> tuple[Slice, ...]:
    """The dimensions filtered by, in the order of cells."""
    return tuple(dimension for dimension in _DIMENSIONS if _chosen(f, dimension))


def outside_of(f: Filters, cell: Cell) -> tuple[Slice, ...]:
    """The filters that turn a cell of the filtered dimensions away."""
    named = zip(filtered_by(f), cell, strict=True)
    return tuple(dimension for dimension, value in named if value not in _chosen(f, dimension))


def has_untold_place(f: Filters, places: Mapping[Cell, int], margins: Margins | None = None) -> bool:
    """Whether a podcast or an episode filtered by is withheld among its like: then so is what it adds to the view."""
    if f.episodes:
        chosen = {str(episode) for episode in f.episodes}
        if any(episode in chosen for _, episode in withheld_cells(places, margins)):
            return True
    if not f.podcasts:
        return False
    podcasts: Counter[Cell] = Counter()
    for (podcast, _), count in places.items():
        podcasts[podcast,] += count
    chosen = {str(podcast) for podcast in f.podcasts}
    return any(podcast in chosen for (podcast,) in withheld_cells(margins[0,] if margins else podcasts))


def _chosen(f: Filters, dimension: Slice) -> tuple[str, ...]:
    return {"app": f.apps, "country": f.countries, "device_type": f.devices}[dimension]


def column_of(name: str, *, key: str | None = None, label: str | None = None) -> Column:
    """A column of a metric, called like it unless a label says otherwise."""
    entry = metric(name)
    return Column(key or name, label or entry.label, entry.unit, metric=name)


def ratio(numerator: int | Decimal | None, denominator: int | Decimal | None) -> Decimal | None:
    """The quotient; None of nothing and by nothing."""
    return None if numerator is None or not denominator else Decimal(numerator) / Decimal(denominator)


def oldest(*moments: datetime | None) -> datetime | None:
    """The earliest; None when one of them has never been."""
    known = [moment for moment in moments if moment is not None]
    return min(known) if len(known) == len(moments) else None
