"""The six states of a box: loading, data, empty, partial period, too little data, error.

A skeleton and an error take the height of what they stand for, so that nothing moves when a usual answer arrives. What
says that there is nothing, or too little, is an answer of its own, and is as high as its words.
"""

from collections.abc import Sequence
from typing import Any, Literal

from dashboard import markup as html
from dashboard.components.icons import icon
from dashboard.plain import Plain

BARS = (46, 58, 52, 66, 61, 74, 38, 55, 63, 58, 71, 66, 80, 44, 60, 69, 64, 77, 72, 86)
LINES = (96, 78, 88, 64, 72, 54, 60, 42, 50, 36)


def loading(
    kind: Literal["chart", "rows", "kpis", "sentence"] = "chart",
    *,
    height: int = 280,
    phone_height: int | None = None,
) -> Plain:
    """Return a skeleton in the shape and height of what is to come."""
    sizes = {"chart": BARS, "rows": LINES[: max(2, height // 40)], "kpis": (0,) * 4, "sentence": (100, 62)}
    bones = [html.Div(className="skeleton__bone", style={"--bone": f"{size}%"}) for size in sizes[kind]]
    return html.Div(
        [html.Span("Loading", className="sr-only"), *bones],
        className=f"skeleton skeleton--{kind}",
        style={} if kind in ("kpis", "sentence") else room(height, phone_height or height),
        role="status",
    )


def room(wide: int, phone: int) -> dict[str, str]:
    """Return the style that keeps so much height free, wide and on a phone."""
    return {"--state-height": f"{wide}px", "--state-height-phone": f"{phone}px"}


def _state(
    symbol: str,
    title: str,
    text: Any,
    foot: list[Plain],
    *,
    height: int | None = None,
    tone: str = "",
    role: str = "status",
) -> Plain:
    return html.Div(
        [
            icon(symbol),
            html.P(title, className="state__title"),
            *([html.P(text, className="state__text")] if text else []),
            *([html.Div(foot, className="state__foot")] if foot else []),
        ],
        className=f"state{tone}",
        style={} if height is None else {"--state-height": f"{height}px"},
        role=role,
    )


def empty(
    reason: str,
    way_on: str = "",
    *,
    action: tuple[str, str] | None = None,
) -> Plain:
    """Return why there is nothing and what to do about it, in words or as a link (label, address)."""
    foot = [html.Link(action[0], href=action[1], className="button button--small")] if action else []
    return _state("empty", reason, way_on, foot)


def too_little(reason: str, *, title: str = "Too little data") -> Plain:
    """Return that there is data, but not enough for an honest figure."""
    return _state("overview", title, reason, [])


def error(
    message: str = "This could not be read just now.",
    *,
    reference: str = "",
    text: str = "Your data is safe and the rest of the page is right. Try again in a moment.",
    again: bool = False,
    height: int = 160,
) -> Plain:
    """Return what happened, what is safe, the way on, and a reference to tell.

    again: with a button that asks once more, which the page's script does.
    """
    foot: list[Plain] = []
    if again:
        label = [icon("refresh", small=True), "Try again"]
        foot.append(
            html.Button(label, type="button", className="button button--small", **{"data-action": "again"})
        )
    if reference:
        foot.append(html.Span(["Reference ", html.Code(reference)]))
    return _state("warning", message, text, foot, height=height, tone=" state--error", role="alert")


def unread() -> Plain:
    """Return what the page's script shows where an answer of the server did not arrive."""
    return error(
        "This could not be read.",
        text="The server did not answer, or the connection was lost. Your data is safe.",
        again=True,
    )


def problem(title: str, said: str, text: str, *, way_out: tuple[str, str]) -> Plain:
    """Return what is wrong with the address, once for the whole page, and the link that takes just that out of it.

    The style sheet leaves the page's other boxes out while this stands in its head.
    """
    return html.Div(
        [
            html.H1(title, className="head__title"),
            html.P(said, className="head__sentence"),
            html.P(text, className="problem__text"),
            html.Link(way_out[0], href=way_out[1], className="button"),
        ],
        className="head problem",
        role="alert",
    )


def page_missing(home: str) -> Plain:
    """Return the page for an address where the reader finds nothing."""
    return html.Div(
        [
            html.P("Not found", className="fault__code"),
            html.H1("There is nothing here for you"),
            html.P("The link may be old, or what it shows is not shared with you."),
            html.Link("Go to your start page", href=home, className="button"),
        ],
        className="fault fault--inside",
    )


def foot(as_of: str, notes: Sequence[str] = ()) -> Plain:
    """Return the line under a box: as of when its numbers are, and what else must be known to read them."""
    parts = [part for part in (as_of, *notes) if part]
    return html.P(" \u00b7 ".join(parts), className="panel__foot")


def partial(text: str = "The last period is not over: it is drawn hatched and still grows.") -> Plain:
    """Return a line that says which part is not complete; it stands above the data."""
    return html.Div([icon("clock"), html.Span(text)], className="note", role="note")


def stale(text: str) -> Plain:
    """Return a line that says since when the data stands still."""
    return html.Div([icon("warning"), html.Span(text)], className="note", role="note")
