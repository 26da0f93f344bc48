"""The oracles notice small mistakes: with each of `tests.oracle_mutants` the examples that every run compares disagree.

`make proof` tries them all, in one zone at both changes of its clocks and in one of half hours: an oracle that agrees
with a wrong product as with a right one proves nothing. What changes no number that they compare stands in
unnoticed_mistakes.toml, with its reason.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest

from queries import statements
from queries.settings import Settings
from queries.statements import Statement, statement
from tests.clock_changes import PLACES
from tests.conftest import Database
from tests.oracle_mutants import NAMED, Mutant, edges
from tests.oracles import Agreement
from tests.queries import (
    test_campaign_oracles,
    test_listening_zones,
    test_metric_oracles,
    test_plays_oracles,
    test_reach_oracles,
)
from tests.sponsorship import own_database

UNNOTICED = Path(__file__).parent / "unnoticed_mistakes.toml"
ORACLES = (
    test_metric_oracles,
    test_reach_oracles,
    test_listening_zones,
    test_campaign_oracles,
    test_plays_oracles,
)
_PLACES = [0, 1, next(n for n, place in enumerate(PLACES) if place.zone == "Asia/Kolkata")]
_COUNTING = ("campaigns/", "portfolio/", "listening/")
# Of the commands those whose edges are days and windows; where an incremental run begins is no number.
_STORING = (
    "attribution/anonymous_hints_of_days",
    "attribution/conversions_of_days",
    "attribution/write_paths",
)


def _some(places: tuple[Any, ...]) -> tuple[Any, ...]:
    """Those of all places at which mistakes are tried."""
    return tuple(places[place] for place in _PLACES)


@contextmanager
def _listed() -> Iterator[set[str]]:
    """The statements that are asked within it."""
    asked: set[str] = set()

    def found(name: str) -> Statement:
        asked.add(name)
        return statement(name)

    with patch.object(statements, "statement", found):
        yield asked


def _agrees(oracle: ModuleType, made: Iterable[list[Any]]) -> bool:
    """Whether the oracle agrees about all of it; an answer that nothing can be read from is none it agrees with."""
    for each in made:
        # What a view of it draws is drawn anew.
        draws = [draw for one in each if isinstance(draw := getattr(one, "draw", None), random.Random)]
        states = [draw.getstate() for draw in draws]
        try:
            oracle.compare(Agreement(), each)
        except (AssertionError, KeyError, TypeError, ValueError):
            return False
        finally:
            for draw, state in zip(draws, states, strict=True):
                draw.setstate(state)
    return True


def _notices(oracle: ModuleType, mutant: Mutant, books: Database, made: list[list[Any]]) -> bool:
    with mutant.applied():
        if mutant.is_stored:
            made = [oracle.written(books, _some(oracle.EXAMPLES[0]))]
        return not _agrees(oracle, made)


@pytest.mark.proof
def test_each_mistake_is_noticed_by_an_oracle(
    settings: Settings, make_database: Callable[[str], Database], capsys: pytest.CaptureFixture[str]
) -> None:
    left = {mutant.name: mutant for mutant in NAMED}
    known: set[str] = set()
    table = []
    for oracle in ORACLES:
        title = oracle.__name__.rsplit(".", 1)[-1]
        with (
            own_database(settings, make_database, f"podboard_mutants_{title}") as books,
            patch.object(oracle, "PLACES", _some(PLACES)),
        ):
            with _listed() as written:
                made = [oracle.written(books, _some(example)) for example in oracle.EXAMPLES]
            with _listed() as asked:
                assert _agrees(oracle, made), "nothing is wrong yet"
            for name in sorted((asked | written) - known):
                if name.startswith(_COUNTING) or name in _STORING:
                    left |= {m.name: m for m in edges(name, is_stored=name in written)}
            known |= asked | written
            for mutant in list(left.values()):
                is_asked = mutant.where in asked | written
                if (is_asked or title in mutant.oracles) and _notices(oracle, mutant, books, made):
                    table.append(f"{title:24} {mutant.name}")
                    del left[mutant.name]
            assert _agrees(oracle, made), "nothing is wrong any more"
    with capsys.disabled():
        print("", *table, "", *(f"{'NOT NOTICED':24} {name}" for name in left), sep="\n")  # noqa: T201 - the table is what this programme is for
    sections = tomllib.loads(UNNOTICED.read_text(encoding="utf-8"))
    listed = {name for section in sections.values() for name in section["mistakes"]}
    assert sorted(left.keys() - listed) == [], (
        "no oracle notices: sharpen one, or say why it changes no number"
    )
    assert sorted(listed - left.keys()) == [], "listed as unnoticed, but noticed or gone"
    assert len(table) > 300
