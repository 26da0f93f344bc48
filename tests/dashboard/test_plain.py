"""Components made plain are what Dash itself would have sent."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import dash_mantine_components as dmc
import pytest
from dash import dcc, html
from plotly.io.json import to_json_plotly

from dashboard.plain import plain

PARTS = [
    html.Div("text", id="one", className="a b", **{"data-box": "x", "aria-live": "polite"}),
    html.Div([html.P(["a", html.B("b"), None, 3, 2.5, True]), [], ()], style={"width": "12%"}),
    html.Table([html.Tr([html.Td("1", **{"data-v": 1}), html.Td(html.A("x", href="/y"))])]),
    dcc.Graph(
        figure={
            "data": [{"x": [date(2026, 1, 1)], "y": [1.5, None, float("nan")], "type": "bar"}],
            "layout": {},
        },
        config={"displayModeBar": False},
        id={"type": "chart", "box": "z"},
    ),
    dmc.Select(id={"type": "filter", "key": "app"}, data=[{"value": "a", "label": "A"}], value=None),
    dcc.Store(id="store", data={"a": {"b": [1, 2]}}),
    [html.I(), "and", html.Span(0)],
    "just text </script>",
    None,
]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_plain_data_is_sent_as_dash_would_send_the_component(part: Any) -> None:
    asked, given = to_json_plotly({"children": part}), to_json_plotly({"children": plain(part)})
    assert json.loads(asked) == json.loads(given)
