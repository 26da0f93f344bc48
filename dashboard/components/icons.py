"""Icons of assets/icons.css: decoration beside words, hidden from screen readers."""

from dashboard import markup as html
from dashboard.plain import Plain


def icon(name: str, *, small: bool = False) -> Plain:
    """Return the icon; give its meaning in text beside it or in the control's label."""
    size = " icon--small" if small else ""
    return html.Span(className=f"icon icon-{name}{size}", **{"aria-hidden": "true"})
