"""The pieces a document is laid out from: plain text and finished pictures, nothing left to compute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Literal
from zoneinfo import ZoneInfo

from queries.metrics import METRICS, metric
from queries.results import Answer, Column
from reports.figures import svg_writer
from reports.figures.chart import Chart
from reports.figures.text_metrics import text_width
from reports.formatting import EMPTY, POINTS, MoneyForm, day, format_value, interval, local, signed_percent
from reports.key_figures import change_words, decimals_of, form_of, form_of_amounts, note_of

PAGE_WIDTH = 657.0
"""Width between the margins of an A4 page, in CSS pixels; the charts are drawn for it."""
HALF_WIDTH = 316.0
THIRD_WIDTH = 204.0
ROW_LIMIT = 200
_VALUE_SIZE = 17 * 96 / 72
_VALUE_ROOM = 122.0
"""Size of a key figure, and the room beside its sparkline in a third of the page."""

_SEEN_TO_MOVE = 0.1
"""Part of a sparkline's height in which nobody sees a movement."""

Trend = Literal["good", "bad", "neutral"]


@dataclass(frozen=True, slots=True)
class Kpi:
    """One key figure: value, the interval of a rate, change and a sparkline."""

    label: str
    value: str
    change: str
    before: str
    trend: Trend
    spark: str
    interval: str = ""

    @property
    def is_long(self) -> bool:
        """Whether the value needs the whole width, at a smaller size, without a sparkline beside it."""
        return text_width(self.value, _VALUE_SIZE, strong=True) > _VALUE_ROOM


@dataclass(frozen=True, slots=True)
class KpiRow:
    """The strip of key figures."""

    items: tuple[Kpi, ...]
    note: str = ""
    kind: str = "kpis"

    @property
    def has_sparks(self) -> bool:
        """Whether any has a sparkline: where it stands in a row of its own, all keep room for one."""
        return any(item.spark for item in self.items)


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its title, its sentence as alternative text, and a caption."""

    title: str
    svg: str
    sentence: str
    caption: str = ""
    number: int = 0
    kind: str = "figure"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two half-wide figures side by side, or three of a third."""

    figures: tuple[Figure, ...]
    kind: str = "pair"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, and `n` for a number that is compared down the column or `d` for a day (never broken)."""

    text: str
    kind: Literal["", "n", "d"] = ""


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table; its heading row repeats on each page."""

    title: str
    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()
    caption: str = ""
    number: int = 0
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values side by side."""

    items: tuple[tuple[str, str], ...]
    kind: str = "facts"


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph of its own: why something is empty, or what to know before reading on."""

    text: str
    kind: str = "note"


Block = KpiRow | Figure | Pair | TableBlock | Facts | Note


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it."""

    title: str
    blocks: tuple[Block, ...]
    lead: str = ""


def kpis(figures: Answer, *, compared: str, currency: str | None = None) -> KpiRow:
    """The key figures of an answer with one row per metric; `compared` names the period before, if any."""
    amounts = form_of_amounts(figures.rows)
    items = tuple(_kpi(row, row.get("currency") or currency, form_of(row, amounts)) for row in figures.rows)
    is_compared = compared and any(row["previous"] is not None for row in figures.rows)
    points = f" {POINTS}: percentage points." if any(POINTS in item.change for item in items) else ""
    return KpiRow(items, f"Change against {compared}.{points}" if is_compared else "")


def _kpi(row: Mapping[str, Any], currency: str | None, form: MoneyForm) -> Kpi:
    meaning = metric(row["metric"])
    # Money without any amount has no currency either; the en dash stands for both.
    unit = "count" if meaning.unit == "money" and currency is None else meaning.unit
    change = row["change_ratio"] if row.get("change_points") is None else row["change_points"]
    value, before = (
        format_value(row[key], unit, currency=currency, decimals=decimals_of(row), form=form)
        for key in ("value", "previous")
    )
    is_told = row["previous"] is not None and row["value"] is not None
    return Kpi(
        label=meaning.label,
        value=value,
        change=change_words(row),
        before=f"from {before}" if is_told else note_of(row),
        trend=_trend(change, meaning.direction),
        spark=svg_writer.sparkline(_spark(row), width=92, height=26, ink="#4c525f"),
        interval=interval(row.get("low"), row.get("high"), unit, currency=currency),
    )


def _spark(row: Mapping[str, Any]) -> Sequence[Any]:
    """What a sparkline is drawn of: nothing where a ratio hardly moves, as its line would be a slab from zero up."""
    told = [float(value) for value in row.get("spark") or () if value is not None]
    is_ratio = bool(metric(row["metric"]).denominator)
    if is_ratio and told and max(told) - min(told) <= _SEEN_TO_MOVE * max(told):
        return ()
    return row.get("spark") or ()


def _trend(change: Any, direction: str) -> Trend:
    if change is None or change == 0 or direction == "neutral":
        return "neutral"
    return "good" if (change > 0) == (direction == "up") else "bad"


def figure(
    title: str,
    chart: Chart,
    *,
    half: bool = False,
    third: bool = False,
    caption: str = "",
    height: float | None = None,
) -> Block:
    """The chart drawn for its place on the page, or a note where there is nothing to draw."""
    if chart.is_empty and not any(series.texts for series in chart.series):
        return Note(f"{title}: nothing in this period.")
    width = THIRD_WIDTH if third else HALF_WIDTH if half else PAGE_WIDTH
    return Figure(title, svg_writer.write(chart, width=width, height=height), chart.sentence, caption)


def side_by_side(blocks: Sequence[Block], columns: int = 2) -> tuple[Block, ...]:
    """Figures of a column's width in rows; whatever is not a figure (a note in its place) stands on its own."""
    figures = [block for block in blocks if isinstance(block, Figure)]
    others = [block for block in blocks if not isinstance(block, Figure)]
    pairs = [Pair(tuple(figures[place : place + columns])) for place in range(0, len(figures), columns)]
    return (*pairs, *others)


def table(
    title: str,
    answer: Answer,
    keys: Sequence[str],
    *,
    zone: ZoneInfo,
    currency: str | None = None,
    total: Mapping[str, Any] | None = None,
    caption: str = "",
    limit: int = ROW_LIMIT,
) -> Block:
    """The named columns of an answer as a table, cut after `limit` rows with a line that says so.

    A column that no row has a value in is left out, and so is one that a row for all others alone has a value in.

    Time: moments are shown as the day they have in `zone`.
    """
    if answer.is_empty:
        # An answer without rows that has something to say says why (its notes stand below): there may be some.
        return Note(f"{title}: {'not told' if answer.notes else 'nothing in this period'}.")
    told = told_columns(answer, keys)
    columns = [column for key in told for column in answer.columns if column.key == key]
    rows = answer.rows[:limit]
    if len(answer.rows) > limit:
        caption = f"The first {limit} of {len(answer.rows)} rows; the CSV on the page holds them all. {caption}".strip()
    return TableBlock(
        title=title,
        header=tuple(Cell(_heading(column), _kind(column)) for column in columns),
        rows=tuple(tuple(_cell(column, row, currency, zone) for column in columns) for row in rows),
        total=tuple(_cell(column, total, currency, zone) for column in columns) if total else (),
        caption=caption,
    )


def told_columns(answer: Answer, keys: Sequence[str]) -> list[str]:
    """Those of the columns in which at least one named row has a value; of an answer without rows, all."""
    named = [row for row in answer.rows if not row.get("is_rest")]
    return [key for key in keys if not named or any(row.get(key) not in (None, "") for row in named)]


def _heading(column: Column) -> str:
    return METRICS[column.metric].label if column.metric and not column.label else column.label


def _kind(column: Column) -> Literal["", "n", "d"]:
    if column.unit in ("date", "datetime"):
        return "d"
    return "" if column.unit == "text" else "n"


def _cell(column: Column, row: Mapping[str, Any], currency: str | None, zone: ZoneInfo) -> Cell:
    value = row.get(column.key)
    if value is not None and column.unit in ("date", "datetime"):
        return Cell(day(local(value, zone)), "d")
    return Cell(_text(column, row, row.get("currency") or currency, value), _kind(column))


def _text(column: Column, row: Mapping[str, Any], currency: str | None, value: Any) -> str:
    if value is None:
        return EMPTY if column.key in row else ""
    if isinstance(value, str):
        return value  # a small cell ("<5") or a name stands as it is
    if column.unit == "text":
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    if column.key == "change_ratio":
        return signed_percent(value)
    return format_value(value, column.unit, currency=currency)


def numbered(sections: Sequence[Section]) -> tuple[Section, ...]:
    """The sections with their figures and tables counted through the whole document."""
    figures, tables = count(1), count(1)

    def with_number(block: Block) -> Block:
        if isinstance(block, Figure):
            return replace(block, number=next(figures))
        if isinstance(block, Pair):
            return Pair(tuple(replace(figure, number=next(figures)) for figure in block.figures))
        return replace(block, number=next(tables)) if isinstance(block, TableBlock) else block

    return tuple(replace(section, blocks=tuple(map(with_number, section.blocks))) for section in sections)
