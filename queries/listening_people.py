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
from queries.small_cells import FEWER, NOT_TOLD, Cell, is_small, withheld_cells
from queries.statements import ask

Untold = Literal["", "small", "beside"]
Group = tuple[tuple[int, ...], Cell]
"""Cells that are equal in some of their dimensions: the places of these, and their values."""
_BETWEEN = "\x1f"


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
    episode on a day it is known that its people are not few; those of all others are counted. Listeners do not add up:
    where the same ones are in several cells, less follows from the others than the judgement supposes.
    """
    filtered = filtered_by(f)
    outside = {cell: outside_of(f, cell) for cell in sorted(cells.counts["downloads"])}
    asked = [cell for cell, filters in outside.items() if not filters or cell in cells.few_cells]
    numbers = {cell: number for number, cell in enumerate(asked, 1)}
    groups = _groups(cells.counts["downloads"], cells.few_cells, len(filtered))
    places: dict[Group, list[Cell]] = {}
    if f.podcasts or f.episodes:
        places = _groups(cells.places["downloads"], cells.few_places, 2)
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
        cells_outside=[_alone(outside[cell]) for cell in asked],
        grouped_cells=[numbers[cell] for members in groups.values() for cell in members],
        cell_groups=[number for number, members in enumerate(groups.values()) for _ in members],
        grouped_episodes=[UUID(episode) for members in places.values() for _, episode in members],
        episode_groups=[
            number for number, members in enumerate(places.values(), len(groups)) for _ in members
        ],
    )
    period = _Judged(cells, "downloads", rows, [*groups], [*places])
    untold = period.untold()
    if untold:
        return People(None, note=FEWER if untold == "small" else NOT_TOLD)
    if compared is None or not cells.tells_comparison():
        return People(period.view)
    over = _Judged(cells, "whole", rows, [*groups], [*places]) if whole else period
    if over.untold() or is_small(period.view - over.view):
        return People(period.view)
    earlier = _Judged(cells, "previous", rows, [*groups], [*places])
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


def _alone(outside: Sequence[Slice]) -> str:
    """The filter that alone turns a cell away; empty where none does."""
    return "" if not outside else outside[0] if len(outside) == 1 else "more than one"


class _Judged:
    """The listeners of one span, and what is known of those in its cells and places."""

    def __init__(
        self,
        cells: Cells,
        count: Count,
        rows: Iterable[Mapping[str, Any]],
        groups: Sequence[Group],
        places: Sequence[Group],
    ) -> None:
        self._cells = cells
        self._downloads = cells.counts[count]
        self.view = 0
        self._beside: dict[str, int] = {}
        found: dict[int, int] = {}
        for row in rows:
            if row["span"] != ("compared" if count == "previous" else "period"):
                continue
            listeners = row["whole" if count == "whole" else "listeners"]
            if row["group_no"] is not None:
                found[row["group_no"]] = listeners
                continue
            self.view = listeners
            beside = "whole_beside_" if count == "whole" else "beside_"
            self._beside = {name: row[f"{beside}{name}"] for name in filtered_by(cells.filters)}
        size = len(filtered_by(cells.filters))
        counted = {group: found.get(number, 0) for number, group in enumerate(groups)}
        self._people = _people(self._downloads, counted, size)
        counted = {group: found.get(number, 0) for number, group in enumerate(places, len(groups))}
        self._places = _people(cells.places[count], counted, 2)

    def untold(self) -> Untold:
        """Why the listeners are not told: they are few, or beside few; empty where they are."""
        f = self._cells.filters
        filtered = filtered_by(f)
        if is_small(self.view):
            return "small"
        hidden = withheld_cells(self._people[tuple(range(len(filtered)))], self._people)
        beside = {name: is_small(self._beside.get(name)) for name in filtered}
        for cell, downloads in self._downloads.items():
            outside = outside_of(f, cell)
            if not outside and cell in hidden:
                return "beside"
            if downloads and len(outside) == 1 and cell not in self._cells.few_cells:
                beside[outside[0]] = False
        if any(beside.values()) or has_untold_place(f, self._places[0, 1], self._places):
            return "beside"
        return ""


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
