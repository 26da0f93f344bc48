"""The chart model: what is shown, without any library or medium."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

from reports.formatting import Grain, Number, bucket, format_value

X = date | datetime | str | float
Kind = Literal["trend", "columns", "ranking", "delivery", "panels"]
Role = Literal["main", "compare", "target"]


@dataclass(frozen=True, slots=True)
class Measure:
    """What the values are: label, unit, currency, and how they are written."""

    label: str
    unit: str = "count"
    currency: str | None = None

    def text(self, value: Number | None) -> str:
        """Return the value in full, as in tables and tooltips."""
        return format_value(value, self.unit, currency=self.currency)

    def short(self, value: Number | None) -> str:
        """Return the value short, as on axes and labels."""
        return format_value(value, self.unit, compact=True, currency=self.currency)


@dataclass(frozen=True, slots=True)
class Series:
    """One line, area or set of bars.

    `names` are the points' own names where x is borrowed (comparison); `texts` stand in place of values that may
    not be shown as numbers (small cells), else empty.
    """

    label: str
    xs: tuple[X, ...]
    ys: tuple[Number | None, ...]
    role: Role = "main"
    slot: int = 1
    names: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Band:
    """A range between two lines: a forecast cone or an interval."""

    label: str
    xs: tuple[X, ...]
    lows: tuple[Number, ...]
    highs: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A flag on the time axis: an episode, a flight's edge, a note."""

    at: date | datetime
    label: str
    kind: Literal["episode", "flight", "note"] = "note"


@dataclass(frozen=True, slots=True)
class Table:
    """The table twin of a chart: everything that the picture says, as text."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture. `sentence` says what it shows to somebody who does not see it.

    What is not complete is hatched: buckets from `partial_from` on, and with `cut_first` the first one. With `has_rest`
    the last row of a ranking stands for all that have none of their own. `told` is the table twin where it says more
    than the points that are drawn.
    """

    kind: Kind
    measure: Measure
    series: tuple[Series, ...]
    sentence: str
    x_label: str = ""
    grain: Grain = "day"
    marks: tuple[Mark, ...] = ()
    band: Band | None = None
    target: tuple[str, Number] | None = None
    now: date | datetime | None = None
    partial_from: date | datetime | None = None
    cut_first: bool = False
    stacked: bool = False
    height: int = 280
    links: tuple[str | None, ...] = ()
    shares: tuple[Number | None, ...] = ()
    has_rest: bool = False
    told: Table | None = None

    @property
    def main(self) -> Series:
        """Return the first main series."""
        return next(series for series in self.series if series.role == "main")

    @property
    def drawn(self) -> tuple[Series, ...]:
        """Return the main series that have a point: a line that is not there yet is named nowhere."""
        return tuple(series for series in self.series if series.role == "main" and series.xs)

    @property
    def is_empty(self) -> bool:
        """Return whether no series has any value."""
        return all(value is None for series in self.series for value in series.ys)

    def complete(self, series: Series) -> int:
        """Return how many points of a series lie before what is not complete yet."""
        if self.partial_from is None or series.role != "main":
            return len(series.xs)
        limit = moment(self.partial_from)
        return sum(1 for x in series.xs if isinstance(x, date) and moment(x) < limit)

    @property
    def has_partial(self) -> bool:
        """Return whether any bucket is not complete."""
        return self.cut_first or self.partial_from is not None

    def is_whole(self, series: Series, place: int) -> bool:
        """Return whether a point of a series is complete."""
        if series.role != "main":
            return True
        if self.cut_first and place == 0:
            return False
        x = series.xs[place]
        return self.partial_from is None or not isinstance(x, date) or moment(x) < moment(self.partial_from)

    def is_rest(self, place: int) -> bool:
        """Return whether the row of a ranking stands for all that have none of their own."""
        return self.has_rest and place == len(self.main.xs) - 1

    def name(self, series: Series, place: int) -> str:
        """Return how the point of a series is called in words."""
        return series.names[place] if series.names else x_name(series.xs[place], self.grain)

    def value(self, series: Series, place: int) -> str:
        """Return the value of a point in full."""
        if place >= len(series.ys):
            return self.measure.text(None)
        return (series.texts[place] if series.texts else "") or self.measure.text(series.ys[place])

    def table(self) -> Table:
        """Return header and rows, one row per point of the main series, called as in the CSV of the same answer."""
        if self.told is not None:
            return self.told
        main = self.main
        columns = [series for role in ("main", "compare") for series in self.series if series.role == role]
        header = [self.x_label or "Date"]
        for series in columns:
            if series.role == "compare" and series.names:
                header += ["Compared with", f"{self.measure.label} before"]
            else:
                header.append(series.label)
        if self.shares:
            header.append("Share")
        episodes = self._episodes()
        if episodes:
            header.append("Episodes out")
        rows = []
        for place in range(len(main.xs)):
            name = self.name(main, place)
            row = [name if self.is_whole(main, place) or main.ys[place] is None else f"{name} (not complete)"]
            for series in columns:
                inside = place < len(series.ys)
                if series.role == "compare" and series.names:
                    row.append(series.names[place] if inside else "")
                row.append(self.value(series, place))
            if self.shares:
                row.append(format_value(self.shares[place], "ratio"))
            if episodes:
                row.append("; ".join(episodes.get(place, ())))
            rows.append(tuple(row))
        return Table(tuple(header), tuple(rows))

    def _episodes(self) -> dict[int, list[str]]:
        """Return the episodes by the place of the bucket in which they came out."""
        starts = [moment(x) for x in self.main.xs if isinstance(x, date)]
        found: dict[int, list[str]] = {}
        for mark in self.marks:
            if mark.kind == "episode" and starts and moment(mark.at) >= starts[0]:
                found.setdefault(bisect_right(starts, moment(mark.at)) - 1, []).append(mark.label)
        return found


def moment(x: date) -> datetime:
    """Return a date as its midnight, so that dates and moments compare."""
    return x if isinstance(x, datetime) else datetime.combine(x, time.min)


def x_name(x: X, grain: Grain) -> str:
    """Return the name of a point: its bucket for a date, else itself."""
    return bucket(x, grain) if isinstance(x, date) else str(x)


def known(values: Sequence[Number | None]) -> list[Number]:
    """Return the values that are there."""
    return [value for value in values if value is not None]
