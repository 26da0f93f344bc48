"""Who breaks one thing is noticed: each mutant, in a transaction that is rolled back, against the rules and the matrix.

First the rules over the catalogue are asked; where they have nothing to say, everybody's rights on the relation are
measured and compared with rights.toml, the functions that a session may call are called by nobody and by somebody
with a forged scope, and those that policies ask are asked in every state of a session. What could as well be meant
stands in guards.toml alone. A run tries a twelfth of them, another one each day; `make proof` does both for every
mutant and prints who noticed what.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests import guards, rights
from tests.canary_world import CanaryWorld
from tests.catalogue import Connection
from tests.catalogue_rules import FORMS, RULES, faults
from tests.mutants import Mutant, mutants
from tests.session_truth import untruths

# What is tried here are the rules and the ruler, not the database; both of them judge every version's own.
pytestmark = [pytest.mark.once, pytest.mark.drill]


@pytest.fixture(scope="module")
def probe(canary_world: CanaryWorld) -> Iterator[Probe]:
    """Its transaction is the one in which mutants are tried; what it measured before them serves every test."""
    with psycopg.connect(canary_world.world.database.superuser_dsn, prepare_threshold=5) as connection:
        yield Probe(connection, canary_world)
        connection.rollback()


_BY_ID_ALONE = (
    "alter table audit_logs add foreign key (user_id) references users (id), "
    "drop constraint audit_logs_user_of_tenant"
)
# One mutant of each kind is enough to break every rule once.
_ONE_OF_EACH = re.compile(
    r"audit_logs|campaign_days|policy campaign_scope of campaigns|app_tenant|app_episodes|podboard_web|reference by id"
    r"|new table|trigger touch_updated_at of users"
)

# What the probe says to the functions that a session may call, words of planted rows: a new argument needs one.
_ARGUMENTS = {
    "p_part": "'facade'",
    "p_query": "'afacade or bfacade or cfacade or dfacade or aafacade or ccfacade or cccfacade'",
    "p_limit": "200",
}
# Asked with a global key before a tenant is known.
_ACROSS = ("tenant_for_key",)
# In the order in which a break shows soonest.
_SUSPECTS = (
    "bob",
    "carol",
    "reader",
    "looker",
    "charlie",
    "dora",
    "nobody",
    "tenant",
    "alice",
    "operator",
    "worker",
)


class Probe:
    """What notices: each way says what it saw, or nothing."""

    def __init__(self, connection: Connection, canary_world: CanaryWorld) -> None:
        self.connection = connection
        self._canary_world = canary_world
        # A rule that is broken from the start would notice everything.
        assert faults(connection) == []
        assert list(guards.undecided(connection)) == []
        self._ruler = rights.Ruler(connection, canary_world)
        # tests/schema/test_rights.py says that this is what the matrix states.
        self._before = {person: self._ruler.shares_in(self._ruler.public, person) for person in _SUSPECTS}
        # What noticed a kind of break last, a rule or the matrix, is asked first.
        self._first: dict[tuple[str, ...], str] = {}
        self._saw: dict[str, str] = {}
        self._calls = [
            f"{name}({', '.join(_ARGUMENTS[argument] for argument in arguments)})"
            for name, arguments in connection.execute(
                "select p.proname, coalesce(p.proargnames[:p.pronargs], '{}') from pg_proc p "
                "where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and p.prosecdef "
                "and p.provolatile <> 'v' and p.proname <> all (%s) "
                "and has_function_privilege('podboard_web', p.oid, 'execute') order by 1",
                [list(_ACROSS)],
            )
        ]
        self._told = self._answers()
        assert self.sessions() is None

    def noticed(self, mutant: Mutant, *, thoroughly: bool = False) -> list[str]:
        """Who noticed, and what."""
        ways: dict[str, Callable[[], str | None]] = {
            "rules": lambda: next(iter(faults(self.connection)), None),
            "matrix": lambda: self.matrix(mutant),
            "functions": self.functions,
        }
        if mutant.relation is None:
            ways["sessions"] = self.sessions
        written = {"guards": lambda: next(guards.undecided(self.connection), None)}
        if mutant.is_judgement:
            ways = written
        elif thoroughly:
            ways |= written
        first = self._first.get(mutant.kind, "rules")
        if thoroughly or mutant.is_judgement:
            pass
        elif first in RULES or first in FORMS:
            ways = {"rule": lambda: next(iter(faults(self.connection, first, mutant.relation)), None)} | ways
        else:
            ways = {first: ways[first]} | ways
        found: list[str] = []
        for way, asked in ways.items():
            if found and not thoroughly:
                break
            try:
                said = asked()
            except (
                psycopg.errors.InsufficientPrivilege
            ) as error:  # nobody gets in any more: that is noticed too
                said = f"somebody is refused: {error.diag.message_primary}"
            if said:
                found.append(f"{way}: {said}")
        if found and not mutant.is_judgement:
            way, said = found[0].split(": ", 1)
            self._first[mutant.kind] = said.split(": ")[0] if way.startswith("rule") else way
        return found

    def matrix(self, mutant: Mutant) -> str | None:
        relation = mutant.relation
        if relation is None:
            return None
        # Whoever saw the last break of this policy, or else of one of its name, sees this one too, most likely.
        known = [self._saw[key] for key in mutant.traces if key in self._saw]
        for person in dict.fromkeys([*known, *_SUSPECTS]):
            found = self._ruler.shares(relation, person)
            if found != self._before[person][relation]:
                self._saw |= dict.fromkeys(mutant.traces, person)
                return f"{person} on {relation}: {found} instead of {self._before[person][relation]}"
        return None

    def functions(self) -> str | None:
        """Everybody's answers are as before; somebody with the other tenant's ids for a scope learns nothing of it."""
        answers = self._answers()
        for person, told in answers.items():
            if told != self._told[person]:
                return f"a function tells {person} something else"
        rows = self._canary_world.planted["b"].rows
        forged = {
            "app.podcast_scope": rows["podcasts"]["id"],
            "app.campaign_scope": rows["campaigns"]["id"],
            "app.sponsor_scope": rows["sponsors"]["id"],
        }
        with self.connection.transaction(force_rollback=True):
            rights.become(self.connection, rights.everybody(self._canary_world)["alice"])
            for setting, value in forged.items():
                self.connection.execute("select set_config(%s, %s, true)", [setting, str(value)])
            seen = self._canary_world.of_b.seen_in(self._called())
        return f"a function tells {seen} of another tenant" if seen else None

    def sessions(self) -> str | None:
        """What policies ask is answered as it must be, whatever a session says of itself."""
        world = self._canary_world.world
        try:
            return next(untruths(self.connection, world.a.tenant_id, world.b.tenant_id), None)
        except psycopg.Error as error:
            return f"no answer: {error}"

    def _answers(self) -> dict[str, list[Any]]:
        people = rights.everybody(self._canary_world)
        answers = {}
        for person in ("nobody", "bob", "carol", "dora", "charlie"):
            with self.connection.transaction(force_rollback=True):
                rights.become(self.connection, people[person])
                answers[person] = self._called()
        return answers

    def _called(self) -> list[Any]:
        return [self.connection.execute(f"select * from {call}".encode()).fetchall() for call in self._calls]


def test_searches_are_asked_and_answer(probe: Probe) -> None:
    """A probe that got no answer would notice nothing."""
    assert {call.split("(")[0] for call in probe._calls} >= {
        "find_names",
        "search_transcripts",
        "app_episodes",
    }
    for place, call in enumerate(probe._calls):
        if call.startswith(("find_names", "search_transcripts")):
            assert probe._told["nobody"][place] == []
            told = {person: {str(row) for row in answers[place]} for person, answers in probe._told.items()}
            assert told["carol"] < told["dora"], call
            assert told["charlie"].isdisjoint(told["dora"]), call
            assert told["charlie"], call


def test_every_rule_can_be_broken(probe: Probe) -> None:
    """A rule that no mutant breaks would be no rule; the one on references is broken here by hand."""
    superuser, whole = probe.connection, {*RULES, *FORMS}
    for mutant in [*mutants(superuser), Mutant("a reference by id alone", None, _BY_ID_ALONE)]:
        if whole and _ONE_OF_EACH.search(mutant.name):
            with superuser.transaction(force_rollback=True):
                superuser.execute(mutant.statement.encode())
                whole -= {rule for rule in whole if faults(superuser, rule)}
    assert whole == set()


# A run tries one mutant in so many, other ones each day: this many days' runs have tried them all.
_SHARES = 12


def test_the_share_of_the_day_is_noticed(probe: Probe, request: pytest.FixtureRequest) -> None:
    """Which share is the day's, unless --mutants names one; `make proof` tries all."""
    assert set(_SUSPECTS) == set(rights.PEOPLE)
    found = mutants(probe.connection)
    assert len(found) > 400
    share = request.config.getoption("--mutants") % _SHARES
    # By name, so that neither a new table nor an old one's neighbours move a mutant to another day.
    chosen = [each for each in found if zlib.crc32(each.name.encode()) % _SHARES == share]
    assert len(chosen) > len(found) / _SHARES / 2
    unnoticed = []
    for mutant in chosen:
        with probe.connection.transaction(force_rollback=True):
            probe.connection.execute(mutant.statement.encode())
            if not (probe.noticed(mutant) or mutant.is_held):
                unnoticed.append(mutant.name)
    assert unnoticed == [], "\n".join([f"--mutants {share}", *unnoticed])


@pytest.mark.proof
def test_who_notices_which_mutant(probe: Probe, capsys: pytest.CaptureFixture[str]) -> None:
    """Every way is asked about every mutant, and the table says who noticed what."""
    unnoticed, table = [], []
    for mutant in mutants(probe.connection):
        with probe.connection.transaction(force_rollback=True):
            probe.connection.execute(mutant.statement.encode())
            seen = probe.noticed(mutant, thoroughly=True)
        # That a file has to be written anew is no notice of what a migration with its files breaks.
        if seen and seen[0].startswith("guards: ") and not mutant.is_judgement:
            seen = []
        if not seen and mutant.is_held:
            seen = ["redundant: row security holds it"]
        table.append(f"{mutant.name}\n    {'; '.join(seen) or 'NOT NOTICED'}")
        unnoticed += [] if seen else [mutant.name]
    with capsys.disabled():
        print("", *table, sep="\n")  # noqa: T201 - the table is what this programme is for
    assert unnoticed == [], "\n".join(unnoticed)
