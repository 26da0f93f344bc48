"""What nothing talks to, as one component: the browser's share of drawing a box.

Dash's renderer keeps every component, each cell of a table too, in its store and asks each of them at every change of
any; a page of tables took it seconds of processor time at the press of a key. Elements without an id take part in no
callback, so whole trees of them go to the browser as one component, `podboard.Still` of assets/still.js, which gives
them to React as they are.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from dashboard.plain import Plain

_ELEMENTS, _CORE = "dash_html_components", "dash_core_components"


class _Still(list[Any]):
    """An element as its tag, its properties and its children: `["td", {"className": "right"}, "12"]`."""


_PLACID = (_Still, str, int, float)


def still(part: Any) -> Any:
    """The same tree with every largest part that nothing talks to as one component.

    part: components as plain data, lists of them, text. What has an id stays a component, and so does all round it.
    """
    done = _still(part)
    return _one([done]) if type(done) is _Still else done


def _still(part: Any) -> Any:
    if type(part) is list:
        return _gathered([_still(one) for one in _flat(part)])
    if type(part) is not Plain:
        return part
    properties = part["props"]
    children = properties.get("children")
    inside = [_still(one) for one in _flat(children if type(children) is list else [children])]
    tag = _tag(part)
    if tag and all(type(one) in _PLACID for one in inside):
        own = {name: value for name, value in properties.items() if name != "children" and value is not None}
        return _Still([tag, own, *inside])
    if not inside:
        return part
    made = _gathered(inside)
    # An only child stays what it is: not every component takes a list.
    return Plain(part, props={**properties, "children": made if type(children) is list else made[0]})


def _tag(part: Plain) -> str | None:
    """The element's name in the browser, or None for what has to stay a component."""
    if "id" in part["props"] or "n_clicks" in part["props"]:
        return None
    if part["namespace"] == _ELEMENTS:
        kind: str = part["type"]
        return kind.lower()
    # A link inside the site is the one thing beside elements; still.js follows it as Dash's own does.
    return "Link" if (part["namespace"], part["type"]) == (_CORE, "Link") else None


def _flat(parts: list[Any]) -> list[Any]:
    """The children without the lists in between and without what shows nothing."""
    found: list[Any] = []
    for part in parts:
        if type(part) is list:
            found.extend(_flat(part))
        elif part is not None and part is not False and part is not True:
            found.append(part)
    return found


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
