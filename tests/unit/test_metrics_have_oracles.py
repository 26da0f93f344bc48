"""Every metric of the registry has a second calculation over random data: a new one without it fails here."""

from __future__ import annotations

import ast
from pathlib import Path

from queries.metrics import METRICS

TESTS = Path(__file__).parents[1]


def _oracles() -> dict[str, set[str]]:
    """The metrics that each test with a mark `oracle` names, of those that `make test` runs on random data."""
    found: dict[str, set[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            target.id: node.value
            for node in module.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for test in ast.walk(module):
            if not isinstance(test, ast.FunctionDef):
                continue
            marks = {ast.unparse(d.func): d for d in test.decorator_list if isinstance(d, ast.Call)}
            bare = {ast.unparse(d) for d in test.decorator_list}
            if "pytest.mark.oracle" not in marks or "pytest.mark.proof" in bare:
                continue
            assert "given" in marks, f"{test.name} counts no random data"
            assert "agree" in {argument.arg for argument in test.args.args}, f"{test.name} does not compare"
            found[test.name] = set(_named(marks["pytest.mark.oracle"].args, names))
    return found


def _named(nodes: list[ast.expr], names: dict[str, ast.expr]) -> list[str]:
    """The texts among a call's arguments, and those in the constants of the module that it spreads."""
    said: list[str] = []
    for node in nodes:
        if isinstance(node, ast.Constant):
            said.append(str(node.value))
            continue
        assert isinstance(node, ast.Starred)
        assert isinstance(node.value, ast.Name)
        held = names[node.value.id]
        said += _named(held.keys if isinstance(held, ast.Dict) else held.elts, names)  # type: ignore[attr-defined]
    return said


def test_every_metric_is_named_by_an_oracle() -> None:
    named = set().union(*_oracles().values())
    assert named == METRICS.keys()
