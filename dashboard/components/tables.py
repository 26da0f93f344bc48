"""Tables of data: sorted by the page's script, rows walked with the arrow keys."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dashboard import markup as html
from dashboard.components.icons import icon
from dashboard.components.kpis import Direction, change_badge, sparkline
from dashboard.plain import Plain
from reports.formatting import EMPTY, Number, format_value

CellKind = Literal["text", "value", "bar", "spark", "change", "badge", "progress", "moment", "node"]
NUMERIC = ("value", "bar", "change", "progress")


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    kind: text; value (formatted by unit); bar (value with a bar, scaled to the column's largest); spark (list of
    numbers); change (pair: now, before); badge (pair: text, tone of good/bad/warn/accent/""); progress (0-1);
    moment (pair: date or time, its words); node (a ready component). href_key names the row's address (first column);
    currency_key the row's currency.
    """

    key: str
    label: str
    kind: CellKind = "text"
    unit: str = "count"
    currency: str | None = None
    currency_key: str | None = None
    href_key: str | None = None
    sub_key: str | None = None
    better: Direction = "up"
    sortable: bool = True


@dataclass(frozen=True, slots=True)
class Absent:
    """Why a cell has no value: a few words, and the whole reason for whoever points at them."""

    text: str
    why: str


def data_table(
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Any]],
    *,
    caption: str,
    total: Mapping[str, Any] | None = None,
    rest: Mapping[str, Any] | None = None,
    sorted_by: str | None = None,
    small: bool = False,
    whole: bool = False,
) -> Plain:
    """Return a table; the first column is the row's header and links on where it has an address.

    total: a row of sums below, only for what adds up. rest: a quiet row below for what has no row of its own.
    sorted_by: the key that the rows already come sorted by, largest first. A value that is text ("<5") is shown as it
    is, an Absent as its words. whole: a phone shows every column too, and the table scrolls sideways.
    """
    tops = {
        column.key: max((float(row[column.key]) for row in rows if _number(row.get(column.key))), default=0.0)
        for column in columns
        if column.kind == "bar"
    }
    head = html.Thead(html.Tr([_head(column, sorted_by) for column in columns]))
    body = html.Tbody([_row(columns, row, tops) for row in rows])
    below = [(rest, "table__rest"), (total, "")]
    foot = [
        html.Tr(
            [_cell(c, sums, {}, first=i == 0, total=True) for i, c in enumerate(columns)],
            **({"className": name} if name else {}),
        )
        for sums, name in below
        if sums
    ]
    table = html.Table(
        [html.Caption(caption, className="sr-only"), head, body, *([html.Tfoot(foot)] if foot else [])],
        className=" ".join(
            ["table", *(["table--small"] if small else []), *(["table--whole"] if whole else [])]
        ),
        # New rows make a new table: the page's script may have moved the old ones.
        key=hashlib.sha1(repr([*rows, rest, total]).encode(), usedforsecurity=False).hexdigest(),
    )
    return html.Div(table, className="table-wrap")


def _number(value: Any) -> bool:
    return value is not None and not isinstance(value, str | tuple | list | Absent)


def _head(column: Column, sorted_by: str | None) -> Plain:
    side = "right" if column.kind in NUMERIC else ""
    if not column.sortable or column.kind in ("spark", "node"):
        return html.Th(column.label, scope="col", className=side)
    order = "descending" if column.key == sorted_by else "none"
    button = html.Button(
        [column.label, icon("up", small=True)], type="button", className="sort", **{"data-action": "sort"}
    )
    return html.Th(button, scope="col", className=side, **{"aria-sort": order})


def _row(columns: Sequence[Column], row: Mapping[str, Any], tops: Mapping[str, float]) -> Plain:
    cells = [_cell(column, row, tops, first=place == 0) for place, column in enumerate(columns)]
    linked = columns and columns[0].href_key and row.get(columns[0].href_key)
    return html.Tr(cells, **({"data-href": ""} if linked else {}))


def _cell(
    column: Column,
    row: Mapping[str, Any] | None,
    tops: Mapping[str, float],
    *,
    first: bool,
    total: bool = False,
) -> Plain:
    row = row or {}
    value = row.get(column.key)
    shown, sorts_by = _content(column, row, value, tops, plain=total)
    if first:
        href = row.get(column.href_key) if column.href_key and not total else None
        named = html.Link(shown, href=href) if href else shown
        sub = row.get(column.sub_key) if column.sub_key else None
        under = [html.Div(in_parts(sub), className="muted small")] if sub else []
        return html.Th(
            [named, *under], scope="row", title=shown if isinstance(shown, str) else None, **sorts_by
        )
    return html.Td(shown, className="right" if column.kind in NUMERIC else "", **sorts_by)


def _content(
    column: Column, row: Mapping[str, Any], value: Any, tops: Mapping[str, float], *, plain: bool
) -> tuple[Any, dict[str, str]]:
    """Return what a cell shows, and the attribute that it is sorted by."""
    if value is None:
        return ("" if plain else EMPTY), {"data-v": ""}
    if column.kind == "text":
        return str(value), {"data-v": str(value).casefold()}
    if column.kind == "node":
        return value, {}
    if column.kind == "spark":
        return sparkline(value, cell=True, label=f"{column.label}, trend"), {}
    if column.kind == "badge":
        text, tone = value
        return html.Span(text, className=f"badge badge--{tone}" if tone else "badge"), {"data-v": str(text)}
    if column.kind == "moment":
        at, words = value
        return _moment(words), {"data-v": at.isoformat()}
    if column.kind == "change":
        now, before = value
        ratio = float(now) / float(before) - 1 if now is not None and before else None
        return change_badge(now, before, better=column.better), {
            "data-v": "" if ratio is None else f"{ratio:.6f}"
        }
    if isinstance(value, str):
        return value, {"data-v": ""}
    if isinstance(value, Absent):
        return html.Span(value.text, title=value.why, className="muted small"), {"data-v": ""}
    text = _text(column, row, value)
    if column.kind == "progress" and not plain:
        share = f"{100 * min(1.0, float(value)):.1f}%"
        return _bar(text, share), {"data-v": str(float(value))}
    if column.kind == "bar" and not plain:
        share = f"{100 * float(value) / (tops[column.key] or 1.0):.1f}%"
        return _bar(text, share), {"data-v": str(value)}
    return text, {"data-v": str(value)}


def in_parts(said: str) -> list[Plain | str]:
    """A grey line, broken between its parts ("Salt Line Stories · 5 Nov 2026") before it is broken inside one."""
    parts = said.split(" · ")
    return [
        piece
        for place, part in enumerate(parts)
        for piece in (html.Span(part if place == len(parts) - 1 else f"{part} ·", className="part"), " ")
    ][:-1]


def _moment(words: str) -> Plain:
    """Day and time of day: where there is no room they stand below each other, and neither is broken."""
    day, comma, clock = words.partition(", ")
    parts = [html.Span(f"{day}{comma.rstrip()}"), *([" ", html.Span(clock)] if clock else [])]
    return html.Span(parts, className="moment")


def _text(column: Column, row: Mapping[str, Any], value: Number) -> str:
    unit = "ratio" if column.kind == "progress" else column.unit
    currency = row.get(column.currency_key) if column.currency_key else column.currency
    return format_value(value, unit, currency=currency)


def _bar(text: str, share: str) -> Plain:
    return html.Span(
        [html.Span(className="cell-bar__track", style={"--share": share}), html.Span(text)],
        className="cell-bar",
    )
