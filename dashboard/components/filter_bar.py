"""The filter bar: period, comparison, grain and dimensions in one slim row, chips on a phone.

It holds controls only; every control's id is {"type": "filter", "key": ...} with the keys period, range, compare,
grain and the dimensions' own. What they mean is the URL's: the page's script keeps both in step.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components.icons import icon
from queries.periods import Period


@dataclass(frozen=True, slots=True)
class Choice:
    """A value to choose; `key` is the keyboard key that chooses it, `is_open` whether it can be chosen now."""

    value: str
    label: str
    key: str | None = None
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension to filter by, with its options and what is chosen."""

    key: str
    label: str
    options: tuple[Choice, ...] = ()
    chosen: tuple[str, ...] = ()


CUSTOM = "custom"


def filter_id(key: str) -> dict[str, str]:
    """Return the id of a control."""
    return {"type": "filter", "key": key}


def segmented(
    id: object, choices: Sequence[Choice], value: str | None, *, label: str
) -> dmc.SegmentedControl:
    """Return one choice of few, side by side."""
    return dmc.SegmentedControl(
        id=id,
        data=[
            {"label": choice.label, "value": choice.value, "disabled": not choice.is_open}
            for choice in choices
        ],
        value=value,
        className="seg",
        withItemsBorders=False,
        transitionDuration=120,
        **{"aria-label": label},
    )


def filter_chips(labels: Sequence[tuple[str, str]]) -> list[Component]:
    """Return the phone's chips: (icon, what is chosen); any of them opens the bar."""
    return [
        html.Button(
            [icon(name, small=True), html.Span(text)],
            type="button",
            className="chip",
            **{"data-action": "filters", "aria-expanded": "false"},
        )
        for name, text in labels
    ]


def filter_bar(
    *,
    periods: Sequence[Choice],
    period: str,
    range_: tuple[date, date] | None = None,
    days: str = "",
    spans: Mapping[str, Period] | None = None,
    compares: Sequence[Choice] = (),
    compare: str | None = None,
    grains: Sequence[Choice] = (),
    grain: str | None = None,
    dimensions: Sequence[Dimension] = (),
    chips: Sequence[tuple[str, str]] = (),
    max_date: date | None = None,
    week_start: str = "monday",
    extra: Sequence[Component] = (),
) -> html.Div:
    """Return the bar; `days` says in words what a range of one's own covers, `spans` which days each preset has.

    The calendar marks the days that are shown; a preset that is no choice of the bar is shown by them. `week_start`
    (monday or sunday) is how the calendar is laid out. The last period is "custom": choosing it opens the calendar
    under it; nothing moves.
    """
    keys = {choice.key.lower(): ["period", choice.value] for choice in periods if choice.key}
    keys |= {choice.key.lower(): ["grain", choice.value] for choice in grains if choice.key}
    marked = {key: [span.start.isoformat(), span.last_day.isoformat()] for key, span in (spans or {}).items()}
    row: list[Component] = [
        html.Div(
            [
                segmented(filter_id("period"), periods, period, label="Period"),
                _range(range_, max_date, week_start),
            ],
            className="filters__period",
        ),
        # The days of a period of one's own; the page's script keeps them.
        html.Span(days, className="filters__days"),
    ]
    if compares:
        row.append(_compare(compares, compare))
    if dimensions:
        row.append(_menu(dimensions))
    row.append(html.Div(className="filters__space"))
    if grains:
        row.append(segmented(filter_id("grain"), grains, grain, label="Grain"))
    row += extra
    return html.Div(
        [
            html.Div(filter_chips(chips), className="filters__chips"),
            html.Div(row, className="filters__row"),
        ],
        className="filters",
        role="search",
        **{"aria-label": "Filters", "data-keys": json.dumps(keys), "data-days": json.dumps(marked)},
    )


def _menu(dimensions: Sequence[Dimension]) -> html.Details:
    """Return the dimensions behind one button that says how many values are chosen."""
    chosen = sum(len(dimension.chosen) for dimension in dimensions)
    count = html.Span(str(chosen or ""), className="filters__count")
    return html.Details(
        [
            html.Summary([icon("filter", small=True), "Filter", count], className="chip"),
            html.Div([_dimension(dimension) for dimension in dimensions], className="menu__sheet"),
        ],
        className="menu filters__menu",
    )


def _range(range_: tuple[date, date] | None, max_date: date | None, week_start: str) -> html.Div:
    """Return the calendar that "custom" opens; the page's script opens and closes it."""
    shown = min((day for day in (range_[1] if range_ else None, max_date) if day), default=None)
    return html.Div(
        [
            html.P("First day, then last day", className="filters__label"),
            dmc.DatePicker(
                id=filter_id("range"),
                type="range",
                value=[day.isoformat() for day in range_] if range_ else [None, None],
                maxDate=max_date.isoformat() if max_date else None,
                **({"defaultDate": shown.isoformat()} if shown else {}),
                allowSingleDateInRange=True,
                firstDayOfWeek=0 if week_start == "sunday" else 1,
                size="sm",
            ),
        ],
        className="filters__range",
        role="group",
        **{"aria-label": "Days of the custom period"},
    )


def _compare(choices: Sequence[Choice], value: str | None) -> html.Div:
    return html.Div(
        dmc.Select(
            id=filter_id("compare"),
            data=[{"label": choice.label, "value": choice.value} for choice in choices],
            value=value,
            allowDeselect=False,
            checkIconPosition="right",
            size="sm",
            leftSection=icon("compare", small=True),
            comboboxProps={"width": "max-content", "position": "bottom-start"},
            **{"aria-label": "Compare with"},
        ),
        className="filters__field",
    )


def _dimension(dimension: Dimension) -> html.Div:
    return html.Div(
        [
            html.Span(dimension.label, className="filters__label"),
            dmc.MultiSelect(
                id=filter_id(dimension.key),
                data=[{"label": choice.label, "value": choice.value} for choice in dimension.options],
                value=list(dimension.chosen),
                placeholder="All",
                searchable=True,
                clearable=True,
                hidePickedOptions=True,
                size="sm",
                nothingFoundMessage="Nothing found",
                # Within the menu, so that choosing does not count as a click outside it.
                comboboxProps={"withinPortal": False},
                maxDropdownHeight=240,
                **{"aria-label": dimension.label},
            ),
        ],
        className="filters__dimension",
    )
