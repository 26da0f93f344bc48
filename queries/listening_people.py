"""How many different listeners a view filtered by app, country or device has, and whether it may be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection

from queries.filters import Filters
from queries.listening_scope import (
    Cells,
    Count,
    Slice,
    catalogue_of,
    filtered_by,
    has_untold_place,
    outside_of,
)
from queries.periods import Period
from queries.small_cells import FEWER, NOT_TOLD, Cell, is_small, people_of_values, withheld_cells
from queries.statements import ask

Untold = Literal["", "small", "beside"]
Group = tuple[tuple[int, ...], Cell]
"""Cells that are equal in some of their dimensions: the places of these, and their values."""
_BETWEEN = "\x1f"
_BITS: dict[Slice, int] = {"app": 1, "country": 2, "device_type": 4}
_SPANS: dict[Count, str] = {"downloads": "period", "whole": "whole", "previous": "compared"}
_ALL_READ = 20_000
"""Up to so many downloads that the filters turn away all of their listeners are looked at. Among those of more, each in
a cell with many on one day, somebody who listens nowhere else is not alone."""


@dataclass(frozen=True, slots=True)
class People:
    """Listeners of a filtered view: in its period, in its days that are over, in the one compared with.

    A count that is not told is None, and `note` says why the first is not.
    """

    value: int | None
    whole: int | None = None
    previous: int | None = None
    note: str | None = None


def people_of(
    connection: Connection, f: Filters, cells: Cells, whole: Period | None, compared: Period | None
) -> People:
    """The listeners of a view whose downloads are told, counted from raw events.

    A cell's listeners are its people: where they are few, neither it, nor a view with it, nor what is left without it
    is told, nor another cell beside them, as with downloads (`small_cells`). Of a cell with many downloads of an
    episode on a day it is known that its people are not few; those of all others are counted. As the same listeners
    may be in several cells, those are judged besides who are in none but cells outside the view, or with none but some
    of the values chosen: by so many the view differs from one with a filter or with values less.
    """
    filtered = filtered_by(f)
    missed = {
        cell: sum(_BITS[dimension] for dimension in outside_of(f, cell))
        for cell in sorted(cells.counts["downloads"])
    }
    turned_away = sum(
        max(cells.counts[count].get(cell, 0) for count in _SPANS) for cell, bits in missed.items() if bits
    )
    asked = {
        cell: number
        for number, cell in enumerate(
            (
                cell
                for cell, bits in missed.items()
                if not bits or cell in cells.few_cells or turned_away <= _ALL_READ
            ),
            1,
        )
    }
    groups = _groups(cells.counts["downloads"], cells.few_cells, len(filtered))
    places: dict[Group, list[Cell]] = {}
    if f.podcasts or f.episodes:
        places = _groups(cells.places["downloads"], cells.few_places, 2)
    choices = [
        (number, dimension, cell[place])
        for cell, number in asked.items()
        if not missed[cell]
        for place, dimension in enumerate(filtered)
        if len({other[place] for other in asked if not missed[other]}) > 1
    ]
    starts_at, ends_at = f.period.moments(f.zone)
    before = compared.moments(f.zone) if compared is not None else (None, None)
    rows = ask(
        connection,
        "listening/listeners_by_cell",
        **catalogue_of(f),
        by_app="app" in filtered,
        by_country="country" in filtered,
        by_device="device_type" in filtered,
        period_from=starts_at,
        period_to=ends_at,
        whole_to=whole.moments(f.zone)[1] if whole else None,
        compared_from=before[0],
        compared_to=before[1],
        cells=[_BETWEEN.join(cell) for cell in asked],
        cells_missed=[missed[cell] for cell in asked],
        grouped_cells=[asked[cell] for members in groups.values() for cell in members],
        cell_groups=[number for number, members in enumerate(groups.values()) for _ in members],
        grouped_episodes=[UUID(episode) for members in places.values() for _, episode in members],
        episode_groups=[
            number for number, members in enumerate(places.values(), len(groups)) for _ in members
        ],
        chosen_cells=[number for number, _, _ in choices],
        chosen_dimensions=[dimension for _, dimension, _ in choices],
        chosen_values=[value for _, _, value in choices],
    )

    def judged(count: Count) -> _Judged:
        mine = [row for row in rows if row["span"] == _SPANS[count]]
        return _Judged(cells, count, mine, missed, asked, [*groups], [*places])

    period = judged("downloads")
    untold = period.untold()
    if untold:
        return People(None, note=FEWER if untold == "small" else NOT_TOLD)
    if compared is None or not cells.tells_comparison():
        return People(period.view)
    over = judged("whole") if whole else period
    if over.untold() or is_small(period.view - over.view):
        return People(period.view)
    earlier = judged("previous")
    return People(period.view, over.view, None if earlier.untold() else earlier.view)


def _groups(downloads: Mapping[Cell, int], few: frozenset[Cell], size: int) -> dict[Group, list[Cell]]:
    """The cells by each set of their dimensions, without those groups that are known to have many people."""
    groups: dict[Group, list[Cell]] = {}
    many = set()
    for kept in _sets(size):
        for cell in downloads:
            group = kept, tuple(cell[place] for place in kept)
            groups.setdefault(group, []).append(cell)
            if cell not in few:
                many.add(group)
    return {group: members for group, members in groups.items() if group not in many}


def _sets(size: int) -> list[tuple[int, ...]]:
    return [kept for number in range(1, size + 1) for kept in combinations(range(size), number)]


class _Judged:
    """The listeners of one span, and what is known of those in its cells and places."""

    def __init__(
        self,
        cells: Cells,
        count: Count,
        rows: Iterable[Mapping[str, Any]],
        missed: Mapping[Cell, int],
        asked: Mapping[Cell, int],
        groups: Sequence[Group],
        places: Sequence[Group],
    ) -> None:
        self._cells, self._missed, self._asked = cells, missed, asked
        self._downloads = cells.counts[count]
        self._by_missed: dict[int, int] = {}
        self._by_chosen: dict[str, list[tuple[frozenset[str], int]]] = {}
        found: dict[int, int] = {}
        for row in rows:
            if row["missed"] is not None:
                self._by_missed[row["missed"]] = row["listeners"]
            elif row["group_no"] is not None:
                found[row["group_no"]] = row["listeners"]
            else:
                self._by_chosen.setdefault(row["dimension"], []).append(
                    (frozenset(row["chosen"]), row["listeners"])
                )
        # The first bit is that of the cells that miss nothing.
        self.view = sum(people for missed, people in self._by_missed.items() if missed & 1)
        size = len(filtered_by(cells.filters))
        counted = {group: found.get(number, 0) for number, group in enumerate(groups)}
        self._people = _people(self._downloads, counted, size)
        counted = {group: found.get(number, 0) for number, group in enumerate(places, len(groups))}
        self._places = _people(cells.places[count], counted, 2)

    def untold(self) -> Untold:
        """Why the listeners are not told: they are few, or beside few; empty where they are."""
        if is_small(self.view):
            return "small"
        hidden = withheld_cells(
            self._people[tuple(range(len(filtered_by(self._cells.filters))))], self._people
        )
        is_beside = (
            any(cell in hidden and not self._missed[cell] for cell in self._downloads)
            or any(map(is_small, self._left_out()))
            or any(is_small(people) for sets in self._by_chosen.values() for people in people_of_values(sets))
            or has_untold_place(self._cells.filters, self._places[0, 1], self._places)
        )
        return "beside" if is_beside else ""

    def _left_out(self) -> Iterable[int]:
        """Whom the filters leave out: each alone and several together, all of these and those who are nowhere else."""
        filters = sum(_BITS[dimension] for dimension in filtered_by(self._cells.filters))
        for lifted in (one for one in range(1, 8) if one & filters == one):
            outside = [cell for cell, bits in self._missed.items() if bits and bits & lifted == bits]
            if any(self._downloads[cell] and cell not in self._asked for cell in outside):
                continue
            others = sum(1 << bits for bits in range(1, 8) if bits & lifted == bits)
            yield sum(people for missed, people in self._by_missed.items() if missed & others)
            yield sum(
                people for missed, people in self._by_missed.items() if missed & others and not missed & 1
            )


def _people(
    downloads: Mapping[Cell, int], counted: Mapping[Group, int], size: int
) -> dict[tuple[int, ...], dict[Cell, int]]:
    """People by each set of the dimensions: counted, or where that was not needed as many as there are downloads."""
    people = {}
    for kept in _sets(size):
        sums: Counter[Cell] = Counter()
        for cell, count in downloads.items():
            sums[tuple(cell[place] for place in kept)] += count
        people[kept] = {values: counted.get((kept, values), count) for values, count in sums.items() if count}
    return people
