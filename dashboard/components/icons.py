"""Icons of assets/icons.css: decoration beside words, hidden from screen readers."""

from dash import html


def icon(name: str, *, small: bool = False) -> html.Span:
    """Return the icon; give its meaning in text beside it or in the control's label."""
    size = " icon--small" if small else ""
    return html.Span(className=f"icon icon-{name}{size}", **{"aria-hidden": "true"})
