"""Panels: a titled answer under a hairline. Never one inside another."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.components.icons import icon


def panel(
    id: Any,
    title: str,
    children: Any,
    *,
    note: str | None = None,
    csv_href: str | None = None,
    why_href: str | None = None,
    twin: bool = False,
    span: int = 12,
    foot: Any = None,
    actions: tuple[Component, ...] = (),
) -> html.Section:
    """Return a panel; `id` names its body, which callbacks fill.

    note: what is measured, in grey beside the title. twin: adds the switch between chart and table.
    csv_href: the same box as CSV. why_href: why its numbers are what they are. span: columns of twelve.
    """
    tools: list[Component] = list(actions)
    if why_href:
        tools.append(
            html.A(
                [icon("why"), _hidden(f"Why these numbers: {title}")],
                href=why_href,
                className="quiet",
                title="Why this number",
                **{"data-why": ""},
            )
        )
    if twin:
        tools.append(
            html.Button(
                [icon("table"), _hidden(f"{title} as a table")],
                type="button",
                className="quiet",
                title="Show as a table",
                **{"data-action": "twin", "aria-pressed": "false"},
            )
        )
    if csv_href:
        tools.append(
            html.A(
                [icon("download"), "CSV", _hidden(f" of {title}")],
                href=csv_href,
                className="quiet",
                title="Download as CSV",
                download="",
                **{"data-csv": ""},
            )
        )
    head = html.Div(
        [
            html.H2(title, className="panel__title"),
            *([html.Span(note, className="panel__note")] if note else []),
            html.Div(tools, className="panel__actions"),
        ],
        className="panel__head",
    )
    return html.Section(
        [
            head,
            html.Div(children, className="panel__body", **({"id": id} if id is not None else {})),
            *([html.Div(foot, className="panel__foot")] if foot is not None else []),
        ],
        className=f"panel span-{span}",
        **{"aria-label": title},
    )


def _hidden(text: str) -> html.Span:
    return html.Span(text, className="sr-only")


def grid(*panels: Component) -> html.Div:
    """Return panels on the twelve-column grid; each says its own span."""
    return html.Div(list(panels), className="grid")
