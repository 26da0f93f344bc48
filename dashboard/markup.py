"""What a box is drawn with: elements as plain data from the start, in a tenth of the time that a component takes.

Used as `dash.html` is, with `Link` beside it. Nothing looks at the properties here: the tests make components of them,
which refuse what an element does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dash import html

from dashboard.plain import Plain, plain


def __getattr__(name: str) -> Callable[..., Plain]:
    if not hasattr(html, name):
        raise AttributeError(name)
    made = globals()[name] = _maker(name, "dash_html_components")
    return made


def _maker(kind: str, namespace: str) -> Callable[..., Plain]:
    def make(children: Any = None, **properties: Any) -> Plain:
        inside = children if type(children) is str else plain(children)
        return Plain(props={"children": inside, **properties}, type=kind, namespace=namespace)

    make.__name__ = kind
    return make


def Rows(*, rows: Sequence[Sequence[str]]) -> Plain:  # noqa: N802  named as an element
    """Return the rows of a plain table, each its name and then its numbers; the browser makes elements of them."""
    return Plain(props={"rows": rows}, type="Rows", namespace="podboard")


Link = _maker("Link", "dash_core_components")
"""A link inside the site."""
