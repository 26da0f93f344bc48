"""A name that stands twice is found in any text of JSON, and only there; what is right is not read again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.ingest import twice
from queries.ingest.cells import RowRefused
from queries.ingest.retention import CURVES
from queries.ingest.small_tables import _judged, _rows
from queries.ingest.twice import refuse_twice, refuse_twice_in_line

_SIGNS = st.text(st.sampled_from('a":\\ \t\n{}é'), max_size=4)
_BLANKS = st.text(st.sampled_from(" \t\r\n"), max_size=2)


class Pairs(list[tuple[str, Any]]):
    """An object as it is written, with whatever stands twice."""


_VALUES = st.recursive(
    st.one_of(_SIGNS, st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.lists(st.tuples(_SIGNS, inner), max_size=3).map(Pairs)
    ),
    max_leaves=8,
)
_OBJECTS = st.lists(st.tuples(_SIGNS, _VALUES), max_size=4).map(Pairs)


def _written(value: Any, blank: str) -> str:
    if isinstance(value, Pairs):
        parts = (f"{json.dumps(name)}{blank}:{_written(part, blank)}" for name, part in value)
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(part, blank) for part in value) + "]"
    return json.dumps(value)


def _has_twice(value: Any) -> bool:
    if isinstance(value, Pairs):
        names = [name for name, _ in value]
        return len(set(names)) < len(names) or any(_has_twice(part) for _, part in value)
    return isinstance(value, list) and any(map(_has_twice, value))


def _is_refused(text: bytes, refuse: Callable[[bytes, Any], None] = refuse_twice) -> bool:
    try:
        refuse(text, orjson.loads(text))
    except RowRefused as refused:
        return refused.reason == "A name stands twice."
    return False


@given(_OBJECTS, _BLANKS)
def test_a_text_is_refused_exactly_where_a_name_stands_twice(written: Pairs, blank: str) -> None:
    assert _is_refused(_written(written, blank).encode()) == _has_twice(written)


@given(_OBJECTS, st.text(st.sampled_from(" \t\r"), max_size=2))
def test_a_line_is_refused_exactly_where_a_name_stands_twice(written: Pairs, blank: str) -> None:
    assert _is_refused(_written(written, blank).encode(), refuse_twice_in_line) == _has_twice(written)


def test_a_line_of_events_that_is_right_is_told_by_its_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(twice, "refuse_twice")
    for line in (
        b'{"occurred_at": "2026-11-29T10:00:00Z", "app": "Overcast"}',
        b'{"occurred_at":"2026-11-29T10:00:00Z","event_data":{"app":"Overcast","os":"iOS"}}',
    ):
        refuse_twice_in_line(line, orjson.loads(line))


@pytest.mark.parametrize(
    "text",
    [
        b'{"at": "2026-11-29T10:00:00Z", "app": "Overcast"}', b'{"at" :"10:00" , "app":"a: b"}',
        b'{"at": "10:00", "event_data": "{\\"app\\": \\"x\\"}"}', b"",
    ],
)  # fmt: skip
def test_what_is_right_is_not_read_again(text: bytes) -> None:
    assert not twice.has_more_names(text, orjson.loads(text) if text else None)


def test_too_deep_a_text_is_refused_and_stops_nothing() -> None:
    deep = b'{"a":' + b"[" * 1000 + b"]" * 1000 + b',"a":1}'
    with pytest.raises(RowRefused):
        refuse_twice(deep, orjson.loads(deep))


def test_rows_of_small_tables_are_refused_too() -> None:
    lines = b'{"second": 0, "plays": 7}\n{"second": 1, "plays": 7, "plays": 8}\n{"second": 2, "plays": 6}\n'
    _, rows = _rows(lines, CURVES, None, CURVES.names, set())
    read = list(_judged(rows, CURVES))
    refused = read.pop(1)[1]
    assert isinstance(refused, RowRefused)
    assert (refused.reason, refused.detail) == ("A name stands twice.", "plays")
    assert [number for number, values in read if isinstance(values, dict)] == [1, 3]
