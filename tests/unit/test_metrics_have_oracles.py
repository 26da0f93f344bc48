"""Every metric of the registry has a second calculation over random data: a new one without it fails here.

Each runs in five time zones and across both changes of their clocks: an oracle that leaves a place out fails here where
it draws its data, and by the fixture `agree` where it compares.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from queries.metrics import METRICS
from queries.periods import Period
from tests.clock_changes import PLACES
from tests.oracles import NOT_ASKED_YET, Agreement

TESTS = Path(__file__).parents[1]
QUERIES = TESTS.parent / "queries"


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
            _assert_everywhere(test.name, marks, module)
            found[test.name] = set(_named(marks["pytest.mark.oracle"].args, names))
    return found


def _assert_everywhere(name: str, marks: dict[str, ast.Call], module: ast.Module) -> None:
    """Whatever an oracle draws, it draws for each place, and one example that every run tries is written down."""
    shared = {
        alias.asname or alias.name: alias.name
        for node in module.body
        if isinstance(node, ast.ImportFrom) and node.module == "tests.clock_changes"
        for alias in node.names
    }
    drawn = [*marks["given"].args, *(keyword.value for keyword in marks["given"].keywords)]
    assert all(
        isinstance(one, ast.Call) and shared.get(ast.unparse(one.func)) == "everywhere" for one in drawn
    ), f"{name} does not draw for each zone and change of tests.clock_changes"
    assert "example" in marks, f"{name} has no example that every run tries at each place"


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


def test_oracles_compare_what_the_product_answers() -> None:
    """What `on` compares was read by no SQL of the test, but by a question of queries/ or a statement of it."""
    modules = {
        path.name: ast.parse(source)
        for path in sorted(TESTS.rglob("test_*.py"))
        if "pytest.mark.oracle(" in (source := path.read_text(encoding="utf-8")) and path != Path(__file__)
    }
    found = {
        name: by_themselves for name, module in modules.items() if (by_themselves := _by_own_sql(module))
    }
    assert found == {}
    read = "def _read(c): return c.execute('select 1')\n"
    compared = "def _one(agree, c):\n    found = _read(c)\n    agree.{how}('plays', found, 1)\n"
    assert _by_own_sql(ast.parse(read + compared.format(how="on"))) == {"_one"}
    assert _by_own_sql(ast.parse(read + compared.format(how="on_stored"))) == set()


def test_what_nothing_asks_for_yet_is_asked_for_by_nothing() -> None:
    """The first question of such a metric takes it out of the list, and brings its oracle to ask that question."""
    told = "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted(QUERIES.rglob("*"))
        if path.suffix in (".py", ".sql") and not {"metric_entries", "refresh"} & set(path.parts)
    )
    assert "first_7_day_downloads" in told, "the questions are read"
    assert {metric for metric in NOT_ASKED_YET if re.search(rf"\b{metric}\b", told)} == set()


def _by_own_sql(module: ast.Module) -> set[str]:
    """The functions that compare by `on` and send SQL of the test, themselves or through others of its module."""
    functions = {node.name: node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)}
    calls = {
        name: {ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
        for name, function in functions.items()
    }
    sending = {name for name, called in calls.items() if any(one.endswith(".execute") for one in called)}
    while (
        more := {
            name for name, called in calls.items() if {one.rsplit(".", 1)[-1] for one in called} & sending
        }
        - sending
    ):
        sending |= more
    return {name for name in sending if "agree.on" in calls[name]}


def test_places_are_five_zones_at_both_changes_of_their_clocks_and_one_of_two_midnights() -> None:
    shifts = defaultdict(list)
    for place in PLACES:
        shifts[place.zone].append(place.shift)
    hour, half = timedelta(hours=1), timedelta(minutes=30)
    assert shifts == {
        "America/New_York": [hour, -hour],
        "Europe/Berlin": [hour, -hour],
        "Asia/Kolkata": [timedelta()],
        "Australia/Lord_Howe": [half, -half],
        "UTC": [timedelta()],
        "America/Havana": [-hour],
    }
    assert [place.change.astimezone(ZoneInfo(place.zone)).hour for place in PLACES[-1:]] == [0]


def test_a_metric_counts_as_tried_where_a_number_across_the_change_agreed() -> None:
    agree = Agreement()
    first, second, *others = PLACES
    for place in others:
        agree.at(place)
        agree.on("downloads", 2, 2)
    agree.at(first)
    agree.on("downloads", 0, 0)
    agree.on("completion_ratio", None, None)
    before, after = (second.day + timedelta(days=n) for n in (-2, 2))
    for period in (Period(before, second.day + timedelta(days=1)), Period(second.day, after)):
        agree.at(second, period)
        agree.on("downloads", 2, 2)
    assert agree.never_told() == {"completion_ratio": list(PLACES), "downloads": [first, second]}
    agree.at(second, Period(before, after))
    agree.on("downloads", 2, 2)
    assert agree.never_told()["downloads"] == [first]
