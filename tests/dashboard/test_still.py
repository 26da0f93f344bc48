"""What nothing talks to goes to the browser as one component, and nothing of it is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
from dash import dcc

from dashboard import markup as html
from dashboard.plain import plain
from dashboard.still import still


def shown(part: Any) -> list[Any]:
    """The elements, properties and texts in the order that the browser shows them, whatever carries them."""
    if isinstance(part, dict) and part.get("type") == "Still":
        return [item for node in part["props"]["nodes"] for item in shown_node(node)]
    if isinstance(part, dict):
        own = {k: v for k, v in part["props"].items() if k != "children" and v is not None}
        kind = part["type"] if part["type"] in ("Link", "Rows", "Graph", "Store") else part["type"].lower()
        return [(kind, own), *shown(part["props"].get("children")), f"/{kind}"]
    if isinstance(part, list):
        return [item for one in part for item in shown(one)]
    return [] if part is None or isinstance(part, bool) else [part]


def shown_node(node: Any) -> list[Any]:
    if not isinstance(node, list):
        return [node]
    kind, own, *inside = node
    return [(kind, own), *[item for one in inside for item in shown_node(one)], f"/{kind}"]


def components(part: Any) -> int:
    """How many components Dash's renderer has to keep."""
    if isinstance(part, dict):
        return 1 + components(part["props"].get("children"))
    return sum(components(one) for one in part) if isinstance(part, list) else 0


TABLE = html.Table(
    [html.Tbody([html.Tr([html.Th("a", scope="row"), html.Td(n, className="right")]) for n in range(50)])],
    key="k",
)
PARTS = [
    TABLE,
    html.Div([html.Span("1"), "text", html.Span(0), None, [html.B("2"), [3]]], className="x"),
    html.Div([TABLE, plain(dcc.Graph(figure={"data": []})), html.P("after"), html.P("and after")]),
    html.Div(html.Div("named", id={"type": "a", "box": "b"}), style={"width": "1%"}),
    [html.Span("a"), plain(dcc.Store(id="s", data=[{"type": "Div", "namespace": "x"}])), html.Span("b")],
    html.Div(
        [html.Link([html.Span("on")], href="/x", className="row"), html.Button("do", **{"data-action": "y"})]
    ),
    html.Div(html.Link("to", href="/y"), id="outer"),
    html.Table(html.Tbody(html.Rows(rows=[("Mon", "1", "2"), ("Tue", "3", "4")]))),
    html.Div(None, className="empty"),
    html.Div([]),
    html.Div(True, id="odd"),
    "only text",
    None,
]


@pytest.mark.parametrize("part", PARTS, ids=range(len(PARTS)))
def test_the_browser_shows_the_same(part: Any) -> None:
    assert shown(still(part)) == shown(part)


def test_a_table_is_one_component_and_what_has_an_id_stays_one() -> None:
    assert (components(TABLE), components(still(TABLE))) == (152, 1)
    mixed = still(html.Div([TABLE, html.Div("x", id="called"), TABLE, html.P("y")]))
    assert [one["type"] for one in mixed["props"]["children"]] == ["Still", "Div", "Still"]
    assert len(mixed["props"]["children"][2]["props"]["nodes"]) == 2
    clicked = still(html.Div(html.Button("x", n_clicks=0)))
    assert components(clicked) == 2


def test_neighbours_that_are_only_text_are_left_alone() -> None:
    part = html.Div(["a", "b"], id="x")
    assert still(part)["props"]["children"] == ["a", "b"]
