"""Who breaks one thing is noticed: each mutant, in a transaction that is rolled back, against the rules and the matrix.

First the rules over the catalogue are asked; where they have nothing to say, everybody's rights on the relation are
measured and compared with rights.toml, the functions that a session may call are called by nobody and by somebody
with a forged scope, and those that policies ask are asked in every state of a session. What could as well be meant
stands in guards.toml alone. A run tries a twelfth of them, another one each day; `make proof` does both for every
mutant and prints who noticed what.
"""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

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


def _end_apart(connection: Connection, canary_world: CanaryWorld) -> None:
    """Each tenant's data ends with an impression, that of B long before anything of A does."""
    a, b = canary_world.world.a.tenant_id, canary_world.world.b.tenant_id
    row = connection.execute(
        "select max(occurred_at), max(occurred_at) filter (where tenant_id = %s) from ("
        "select tenant_id, occurred_at from listener_events "
        "union all select tenant_id, occurred_at from attribution_events) e",
        [b],
    ).fetchone()
    assert row is not None
    last, last_of_b = row
    end = last + timedelta(days=41)
    connection.execute("select ensure_event_storage(%s, %s)", [last_of_b, end + timedelta(days=1)])
    for tenant, table, kind, values in (
        (b, "attribution_events", "attribution_type = 'impression'", {"occurred_at": last_of_b + timedelta(hours=1)}),
        (a, "listener_events", "event_type = 'download'", {"occurred_at": end - timedelta(days=1)}),
        (a, "attribution_events", "attribution_type = 'impression'", {"occurred_at": end}),
        (a, "internal.campaign_days", "attribution_type = 'impression'", {"local_day": end.date()}),
    ):  # fmt: skip
        own = {} if table.startswith("internal") else {"id": uuid4()}
        connection.execute("select set_tenant_context(%s)", [tenant])
        added = connection.execute(
            f"insert into {table} select (jsonb_populate_record(t, %s)).* from {table} t "
            f"where tenant_id = %s and {kind} limit 1".encode(),
            [json.dumps(own | values, default=str), tenant],
        )
        assert added.rowcount == 1
    # Of A a campaign waits for its attribution, of B none does; what each has was computed at another moment.
    connection.execute(
        "update refresh_states set refreshed_at = '2000-01-01Z' where relation = 'attribution'"
    )
    connection.execute("delete from internal.dirty_campaigns where tenant_id <> %s", [a])
    connection.execute("delete from attribution_states where tenant_id in (%s, %s)", [a, b])
    connection.execute(
        "insert into attribution_states (tenant_id, attributed_at) values (%s, '2001-01-01Z'), (%s, '2002-01-01Z')",
        [a, b],
    )
    connection.execute(
        "insert into internal.dirty_campaigns (tenant_id, campaign_id, since) "
        "select tenant_id, id, '-infinity' from campaigns where tenant_id = %s limit 1",
        [a],
    )
    connection.execute("select set_account_context(null, null)")


class Probe:
    """What notices: each way says what it saw, or nothing."""

    def __init__(self, connection: Connection, canary_world: CanaryWorld) -> None:
        self.connection = connection
        self._canary_world = canary_world
        # A rule that is broken from the start would notice everything.
        assert faults(connection) == []
        assert list(guards.undecided(connection)) == []
        _end_apart(connection, canary_world)
        self._ruler = rights.Ruler(connection, canary_world)
        self.relations = list(self._ruler.public)
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
        assert self.functions() is None

    def tried(self, mutant: Mutant, *, thoroughly: bool = False) -> list[str]:
        """Who noticed the mutant and what; of one that row security stands behind, without that too."""
        with self.connection.transaction(force_rollback=True):
            self.connection.execute(mutant.statement.encode())
            seen = self.noticed(mutant, thoroughly=thoroughly)
            # That a file has to be written anew is no notice of what a migration with its files breaks.
            if seen and seen[0].startswith("guards: ") and not mutant.is_judgement:
                seen = []
            if not seen and mutant.held_by:
                self.bare(mutant.held_by)
                # Not by the rules, which see that row security is gone.
                ways = {
                    "matrix": self.matrix(mutant),
                    "functions": self.functions(),
                    "sessions": self.sessions(),
                }
                seen = [f"{way}, without row security: {said}" for way, said in ways.items() if said]
        return seen

    def bare(self, tables: Iterable[str]) -> None:
        """Row security holds the owner of these no more, to the end of the transaction."""
        for table in tables:
            self.connection.execute(f"alter table {table} no force row level security".encode())

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

    def imagined(self, relations: Iterable[str]) -> list[str]:
        """What is noticed of mutants that do nothing: by each way there is, of these relations and of none."""
        nothing = [Mutant("nothing", relation, "select 1") for relation in (None, *relations)]
        judged = [replace(nothing[0], is_judgement=True), *nothing]
        return [said for mutant in judged for said in self.tried(mutant, thoroughly=True)]

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
        try:
            answers = self._answers()
        except psycopg.Error as error:
            return f"a function gives no answer: {error}"
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
            # The session named these itself: whoever hands them back tells nothing.
            said = frozenset(map(str, forged.values()))
            seen = self._canary_world.of_b.seen_in(self._called(), but=said)
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
        # In no order: another plan may give the same rows in another one, which opens nothing.
        return [
            sorted(self.connection.execute(f"select * from {call}".encode()).fetchall(), key=str)
            for call in self._calls
        ]


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


def test_nobody_notices_a_mutant_that_does_nothing(probe: Probe) -> None:
    """Whoever did would notice all the others just as well."""
    assert probe.imagined(("campaigns", "campaign_days", "permissions")) == []


def test_what_row_security_stands_behind_holds_without_it(probe: Probe) -> None:
    """So that what is told once a predicate is gone too, is told because of the predicate."""
    held = [mutant for mutant in mutants(probe.connection) if mutant.held_by]
    assert held
    with probe.connection.transaction(force_rollback=True):
        probe.bare({table for mutant in held for table in mutant.held_by})
        assert probe.functions() is None
        assert probe.sessions() is None
        assert {probe.matrix(mutant) for mutant in held} == {None}


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
    unnoticed = [mutant.name for mutant in chosen if not probe.tried(mutant)]
    assert unnoticed == [], "\n".join([f"--mutants {share}", *unnoticed])
    # Nor has what was tried left anything that is noticed by itself.
    assert (
        probe.imagined(name for name in probe.relations if zlib.crc32(name.encode()) % _SHARES == share) == []
    )


@pytest.mark.proof
def test_who_notices_which_mutant(probe: Probe, capsys: pytest.CaptureFixture[str]) -> None:
    """Every way is asked about every mutant, and the table says who noticed what."""
    unnoticed, table = [], []
    alone, together = Counter[str](), Counter[str]()
    found = mutants(probe.connection)
    for mutant in found:
        seen = probe.tried(mutant, thoroughly=True)
        table.append(f"{mutant.name}\n    {'; '.join(seen) or 'NOT NOTICED'}")
        unnoticed += [] if seen else [mutant.name]
        ways = [said.split(":")[0] for said in seen]
        together.update(ways)
        alone.update(ways if len(ways) == 1 else [])
    told = [f"{way}: {count}, alone {alone[way]}" for way, count in together.most_common()]
    with capsys.disabled():
        print("", *table, f"{len(found)} mutants", *told, sep="\n")  # noqa: T201 - the table is what this programme is for
    assert unnoticed == [], "\n".join(unnoticed)
    assert probe.imagined(probe.relations) == []
