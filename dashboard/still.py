"""What nothing talks to, as one component: the browser's share of drawing a box.

Dash's renderer keeps every component, each cell of a table too, in its store and asks each of them at every change of
any; a page of tables took it seconds of processor time at the press of a key. Elements without an id take part in no
callback, so whole trees of them go to the browser as one component, `podboard.Still` of assets/still.js, which gives
them to React as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import groupby
from typing import Any

from dashboard.plain import Plain

_ELEMENTS = "dash_html_components"
_OTHERS = frozenset({("dash_core_components", "Link"), ("podboard", "Rows")})


class _Still(list[Any]):
    """An element as its tag, its properties and its children: `["td", {"className": "right"}, "12"]`."""


_PLACID = frozenset({_Still, str, int, float})
# What makes an element part of a callback.
_TALKS = frozenset({"id", "n_clicks"})


def still(part: Any) -> Any:
    """The same tree with every largest part that nothing talks to as one component.

    part: components as plain data, lists of them, text. What has an id stays a component, and so does all round it.
    """
    done = _still(part)
    return _one([done]) if type(done) is _Still else done


def _still(part: Any) -> Any:
    # Runs for every element of every answer: one pass, no helper for what most of them are.
    if type(part) is list:
        return _gathered(_inside(part)[0])
    if type(part) is not Plain:
        return part
    tag = _tag(part["namespace"], part["type"])
    children = None
    own = {}
    for name, value in part["props"].items():
        if name == "children":
            children = value
        elif name in _TALKS:
            tag = None
        elif value is not None:
            own[name] = value
    kind = type(children)
    if tag and kind is str:
        return _Still((tag, own, children))
    inside, placid = _inside(children if kind is list else (children,))
    if tag and placid:
        return _Still((tag, own, *inside))
    if not inside:
        return part
    made = _gathered(inside)
    # An only child stays what it is: not every component takes a list.
    return Plain(part, props={**part["props"], "children": made if kind is list else made[0]})


def _inside(parts: Iterable[Any]) -> tuple[list[Any], bool]:
    """The children, made still, without the lists in between and without what shows nothing; whether all are placid."""
    found: list[Any] = []
    placid = True
    for part in parts:
        kind = type(part)
        if kind is str:
            found.append(part)
        elif kind is list:
            more, calm = _inside(part)
            found.extend(more)
            placid = placid and calm
        elif part is not None and kind is not bool:
            made = _still(part)
            found.append(made)
            placid = placid and type(made) in _PLACID
    return found, placid


@cache
def _tag(namespace: str, kind: str) -> str | None:
    """The element's name in the browser, or None for what has to stay a component."""
    if namespace == _ELEMENTS:
        return kind.lower()
    # A link inside the site, which still.js follows as Dash's own does; and the rows of markup.Rows.
    return kind if (namespace, kind) in _OTHERS else None


def _gathered(parts: list[Any]) -> list[Any]:
    """The children with neighbours that are still put into one component."""
    found: list[Any] = []
    for talks, run in groupby(parts, lambda part: type(part) not in _PLACID):
        together = list(run)
        is_worth_it = not talks and any(type(part) is _Still for part in together)
        found.extend([_one(together)] if is_worth_it else together)
    return found


def _one(nodes: list[Any]) -> Plain:
    return Plain(props={"nodes": nodes}, type="Still", namespace="podboard")
