"""Columns of answers, wherever a question makes one: its unit and its heading fit the metric that it is of."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from queries.metrics import METRICS, formula_words

ROOT = Path(__file__).parents[2]
_HELPERS = {"column_of", "_of"}
_MOMENTS = {"date", "datetime"}
"""A moment is headed alike, told by the day or to the minute."""


@dataclass(frozen=True)
class Heading:
    """A heading as the code writes it; `metric` is None where the column is of none."""

    place: str
    key: str
    label: str
    unit: str | None
    metric: str | None


def _told(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _columns() -> list[Heading]:
    """Every column that a module makes, by hand or by the helper that asks the registry."""
    return [
        heading
        for path in sorted((*ROOT.glob("queries/**/*.py"), *ROOT.glob("dashboard/pages/*.py")))
        for heading in _columns_of(path)
    ]


def _columns_of(path: Path) -> Iterator[Heading]:
    module = ast.parse(path.read_text(encoding="utf-8"))
    has_columns = path.name == "results.py" or any(
        isinstance(node, ast.ImportFrom)
        and node.module == "queries.results"
        and any(alias.name == "Column" for alias in node.names)
        for node in module.body
    )
    for call in ast.walk(module):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        place = f"{path.relative_to(ROOT)}:{call.lineno}"
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        if call.func.id == "Column" and has_columns:
            fields = dict(zip(("key", "label", "unit", "metric"), call.args, strict=False)) | named
            key, label = _told(fields["key"]), _told(fields.get("label"))
            if label is None or key is None:
                continue  # The helper itself, and headings that hold a period's grain or a metric's own label.
            unit = "text" if "unit" not in fields else _told(fields["unit"])
            yield Heading(place, key, label, unit, _told(fields.get("metric")))
        elif call.func.id in _HELPERS and call.args and (metric := _told(call.args[0])) is not None:
            label = _told(named.get("label") or (call.args[1] if len(call.args) > 1 else None))
            entry = METRICS[metric]
            key = _told(named.get("key")) or metric
            yield Heading(place, key, label or entry.label, entry.unit, metric)


def _labels_of_pages() -> Iterator[Heading]:
    """What tables of pages head a column with in place of its own heading."""
    for path in sorted(ROOT.glob("dashboard/pages/*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            for keyword in call.keywords:
                if keyword.arg == "labels" and isinstance(keyword.value, ast.Dict):
                    for name, label in zip(keyword.value.keys, keyword.value.values, strict=True):
                        key, said = _told(name), _told(label)
                        assert key is not None, ast.unparse(keyword.value)
                        assert said is not None, ast.unparse(keyword.value)
                        metric = key if key in METRICS else None
                        unit = METRICS[key].unit if key in METRICS else None
                        yield Heading(f"{path.relative_to(ROOT)}:{call.lineno}", key, said, unit, metric)


def test_a_column_of_a_metric_has_its_unit() -> None:
    """A share of impressions stood under impressions, which are counted."""
    bound = [column for column in _columns() if column.metric is not None]
    assert len(bound) > 40
    assert [column for column in bound if METRICS[str(column.metric)].unit != column.unit] == []


def test_a_column_that_is_called_like_a_metric_is_of_it() -> None:
    """The shortfall was explained as what is booked, and "Pacing" headed a word that is no ratio."""
    called = {metric.label: key for key, metric in METRICS.items()}
    assert len(called) == len(METRICS)
    wrong = [
        heading
        for heading in (*_columns(), *_labels_of_pages())
        if called.get(heading.label, heading.metric) != heading.metric
        or (heading.key in METRICS and heading.key != heading.metric)
    ]
    assert wrong == []


def test_one_heading_is_one_kind_of_number() -> None:
    """ "Delivered" headed a share on one table and a count on another."""
    units = defaultdict(set)
    for heading in (*_columns(), *_labels_of_pages()):
        if heading.unit is not None:
            units[heading.label].add("moment" if heading.unit in _MOMENTS else heading.unit)
    assert {label: found for label, found in units.items() if len(found) > 1} == {}


def test_every_ratio_says_what_divides_what() -> None:
    for metric in METRICS.values():
        assert (metric.numerator is None) == (metric.denominator is None), metric.key
        assert metric.made_of <= METRICS.keys(), metric.key
        assert all(METRICS[term].label in metric.formula for term in metric.terms), metric.key
        is_ratio = metric.unit in ("ratio", "times") or "divided by" in metric.meaning
        assert not is_ratio or " / " in formula_words(metric), metric.key
