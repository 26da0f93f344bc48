"""The strip of key figures: value, change, what it was before, sparkline."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from dashboard import markup as html
from dashboard.components.icons import icon
from dashboard.plain import Plain
from reports.figures.svg_writer import sparkline as sparkline_svg
from reports.formatting import EMPTY, POINTS, MoneyForm, Number, change, format_value

Direction = Literal["up", "down", "none"]


@dataclass(frozen=True, slots=True)
class Kpi:
    """One key figure. `better` says which way is good; "none" for figures that are neither.

    `form`: what its money has in common with the amounts beside it; `interval`: between which values a rate lies, in
    words; `is_compared`: whether the change is told beside `before`. `compared` is what `before` is compared with where
    that is not the value itself: the days that are over.
    """

    label: str
    value: Number | None
    unit: str = "count"
    before: Number | None = None
    currency: str | None = None
    values: tuple[Number | None, ...] = ()
    better: Direction = "up"
    note: str | None = None
    form: MoneyForm = "full"
    interval: str = ""
    is_compared: bool = True
    compared: Number | None = None


def change_badge(
    now: Number | None, before: Number | None, *, unit: str = "count", better: Direction = "up"
) -> Plain:
    """Return the change with an arrow and its sign; good and bad are told by arrow and sign as well as by colour."""
    text = change(now, before, unit)
    if text == EMPTY:
        return html.Span(EMPTY, className="change change--flat")
    rose, fell = text.startswith("+"), text.startswith("\u2212")
    tone = "flat"
    if better != "none" and (rose or fell):
        tone = "good" if rose == (better == "up") else "bad"
    arrow = [icon("up" if rose else "down", small=True)] if rose or fell else []
    return html.Span([*arrow, *_with_unit(text)], className=f"change change--{tone}")


def _with_unit(text: str) -> list[Plain | str]:
    """The change; percentage points, short for the eye, in words for who hears them or points at them."""
    if not text.endswith(POINTS):
        return [text]
    return [
        text.removesuffix(POINTS),
        html.Abbr(POINTS, title="percentage points", **{"aria-hidden": "true"}),
        html.Span("percentage points", className="sr-only"),
    ]


def sparkline(values: Sequence[Number | None], *, cell: bool = False, label: str = "") -> Plain:
    """Return a tiny line in the first data colour, or an empty span when there are too few values."""
    svg = sparkline_svg(values, width=96 if cell else 88, height=22 if cell else 28)
    if not svg:
        return html.Span()
    return html.Span(
        className="spark spark--cell" if cell else "spark",
        style={"--spark": f'url("data:image/svg+xml,{quote(svg, safe=_SVG_SAFE)}")'},
        role="img",
        **{"aria-label": label or "Trend"},
    )


_SVG_SAFE = " /:=,.<>()'-"


def kpi_strip(items: Sequence[Kpi], *, compare_label: str = "before") -> Plain:
    """Return four to six key figures side by side."""
    return html.Div([_figure(item, compare_label) for item in items], className="kpis")


def _figure(item: Kpi, compare_label: str) -> Plain:
    # Counts are short beside their value; a time is rounded as everywhere, on paper too.
    is_short = item.unit not in ("money", "seconds")
    shown = format_value(item.value, item.unit, currency=item.currency, form=item.form)
    foot: list[Plain] = []
    if item.before is not None:
        now = item.value if item.compared is None else item.compared
        before = format_value(
            item.before, item.unit, currency=item.currency, compact=is_short, form=item.form
        )
        foot.append(
            html.Div(
                [
                    *(
                        [change_badge(now, item.before, unit=item.unit, better=item.better)]
                        if item.is_compared
                        else []
                    ),
                    html.Span(f"{before} {compare_label}", className="kpi__before"),
                ]
            )
        )
    else:
        foot.append(html.Span(item.note or "\u00a0", className="kpi__before kpi__note"))
    if len(item.values) > 1:
        foot.append(sparkline(item.values, label=f"{item.label}, trend"))
    return html.Div(
        [
            html.Div(item.label, className="kpi__label"),
            html.Div(shown, className="kpi__value"),
            *([html.Div(item.interval, className="kpi__before")] if item.interval else []),
            html.Div(foot, className="kpi__foot"),
        ],
        className="kpi",
    )
