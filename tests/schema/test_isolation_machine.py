"""Tenant A tries everything a session can try, in any order: it never sees, learns, links or changes what is B's.

A state machine of hypothesis draws persons, relations and statements. Each run is one transaction of the runtime role
on the world with canaries, rolled back at its end; before that, every row of B is compared by checksum.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from psycopg import sql
from psycopg.rows import dict_row

from tests.canary_world import CanaryWorld
from tests.catalogue import ForeignKey, Relation, relations
from tests.checksums import checksums
from tests.rights import become, everybody

INSIDE = ("tenant", "alice", "dora", "reader", "bob", "carol", "worker")
_ANY = st.integers(0, 10**6)
_FEW = 300
# What a statement answers when it is refused for what it would write, whoever's it is.
_REFUSED = (
    psycopg.errors.IntegrityError,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.RaiseException,
)


class Isolation(RuleBasedStateMachine):
    """One transaction of tenant A's people, who know every id and word of tenant B."""

    canary_world: CanaryWorld
    hole: str | None = None

    def __init__(self) -> None:
        super().__init__()
        world = self.canary_world.world
        self._a, self._b = world.a.tenant_id, world.b.tenant_id
        self._connection = psycopg.connect(world.database.superuser_dsn, prepare_threshold=None)
        # What would be refused at the end of a transaction is refused at once: none of these comes to its end.
        self._connection.execute("set constraints all immediate")
        if self.hole:
            self._connection.execute(self.hole.encode())
        self._people = everybody(self.canary_world)
        found = relations(self._connection)
        self._public = [relation for relation in found.values() if relation.is_public]
        self._tables = [table for table in self._public if not table.is_view and table.is_of_a_tenant]
        self._of_b = self.canary_world.planted["b"].rows
        self._of_a = self.canary_world.planted["other"].rows
        self._said: set[Any] = set()
        self._before = self._checksums()

    def _checksums(self) -> dict[str, Any]:
        return {"b": checksums(self._connection, self._b), "nobody": checksums(self._connection, None)}

    @initialize(person=st.sampled_from(INSIDE))
    def begin(self, person: str) -> None:
        self.enter(person)

    @rule(person=st.sampled_from(INSIDE))
    def enter(self, person: str) -> None:
        """Somebody else of tenant A comes in on the same connection."""
        self._connection.execute("reset session authorization")
        self._connection.execute("select set_account_context(null, null)")
        become(self._connection, self._people[person])

    @rule(pick=_ANY)
    def read(self, pick: int) -> None:
        relation = self._public[pick % len(self._public)]
        self._run(f"select * from {relation.name} limit {_FEW}")
        if "tenant_id" in relation.columns:
            assert self._run(f"select * from {relation.name} where tenant_id <> %s", [self._a]) in ([], None)

    @rule(pick=_ANY, place=_ANY, way=_ANY)
    def search(self, pick: int, place: int, way: int) -> None:
        """By B's words, ids, numbers and documents: what is not seen is not found either."""
        relation = self._public[pick % len(self._public)]
        column = list(relation.columns.values())[place % len(relation.columns)]
        row = self._of_b.get(relation.name, {})
        value = row.get(column.name)
        name = sql.Identifier(column.name)
        conditions = [
            (sql.SQL("{}::text ilike %s").format(name), "%facade%"),
            (sql.SQL("cast({} as text) = any (%s)").format(name), [str(value), str(self._b)]),
            (sql.SQL("{}::text ~* %s").format(name), "b+facade"),
        ]
        if column.base == "jsonb":
            conditions += [(sql.SQL("{} @> %s").format(name), json.dumps(value)),
                           (sql.SQL("{} ->> 'mark' like %s").format(name), "%facade%"),
                           (sql.SQL("{} ? %s").format(name), "bfacade")]  # fmt: skip
        if column.base.endswith("[]") and value:
            conditions += [(sql.SQL("{} @> cast(%s as {})").format(name, sql.SQL(column.type)), value)]
        condition, sought = conditions[way % len(conditions)]
        self._run(
            sql.SQL("select * from {} where {} limit {}").format(sql.SQL(relation.name), condition, _FEW),
            [sought],
        )

    @rule(pick=_ANY, person=st.sampled_from(("b", "other", "bob", "carol")), is_upsert=st.booleans())
    def insert(self, pick: int, person: str, is_upsert: bool) -> None:
        """A row of B as it stands, one of A's moved to B, one of A's again: none of the first two may arrive."""
        table = self._tables[pick % len(self._tables)]
        row = self._as_stored(self.canary_world.planted[person].rows[table.name])
        moved = person == "other" and "tenant_id" in table.columns
        if moved:
            row["tenant_id"] = str(self._b)
        if person != "b" and "id" in row and table.name != "tenants":
            row["id"] = str(uuid4())
        arrived = self._insert(
            table, row, "on conflict do nothing" if is_upsert else "", returning=not is_upsert
        )
        assert not (arrived is True and (moved or person == "b")), f"a row of B came into {table.name}"

    @rule(pick=_ANY)
    def upsert(self, pick: int) -> None:
        """B's key, to be overwritten where it meets B's row."""
        table = self._tables[pick % len(self._tables)]
        columns = [name for name in table.columns if name != "tenant_id"]
        row = self._as_stored(self._of_b[table.name])
        if "tenant_id" in row:
            row["tenant_id"] = str(self._a)
        for key in self._primary_key(table):
            if "tenant_id" not in key:
                clause = (
                    f"on conflict ({', '.join(key)}) do update set {columns[-1]} = excluded.{columns[-1]}"
                )
                assert self._insert(table, row, clause) is not True, (
                    f"B's row of {table.name} was overwritten"
                )

    @rule(pick=_ANY, place=_ANY, is_update=st.booleans())
    def link(self, pick: int, place: int, is_update: bool) -> None:
        """A reference from a row of A to a row of B is refused, and just as one to a row that never was."""
        keyed = [(table, key) for table in self._tables for key in table.foreign_keys if self._crosses(key)]
        table, key = keyed[(pick + place) % len(keyed)]
        outcomes = []
        theirs = {name: self._of_b[key.target][name] for name in key.target_columns}
        nobodys = {name: uuid4() if isinstance(value, UUID) else value for name, value in theirs.items()}
        for target in (theirs, nobodys):
            values = {
                column: str(target[name])
                for column, name in zip(key.columns, key.target_columns, strict=True)
                if column != "tenant_id"
            }
            outcomes.append(self._linked(table, values, is_update=is_update))
        # The model's keys over two ids (who holds which role) are global: whoever knows both already learns no more.
        told = "tells whether B's row exists"
        assert outcomes[0] in (outcomes[1], "23505"), f"{table.name}.{key.name} {told}: {outcomes}"
        assert outcomes[0] is not True, f"{table.name}.{key.name} leads to a row of B"

    @rule(pick=_ANY, to_b=st.booleans())
    def update(self, pick: int, to_b: bool) -> None:
        table = self._tables[pick % len(self._tables)]
        if to_b and "tenant_id" in table.columns:
            moved = self._run(f"update {table.name} set tenant_id = %s returning 1", [self._b], [self._b])
            assert not moved, f"a row of {table.name} was given to B"
        else:
            column = next(iter(table.columns))
            self._run(f"update {table.name} set {column} = {column} returning *")

    @rule(pick=_ANY, of_b=st.booleans())
    def delete(self, pick: int, of_b: bool) -> None:
        table = self._tables[pick % len(self._tables)]
        condition = (
            f"{table.tenant_column} = %s"
            if of_b
            else f"{table.tenant_column} is not distinct from %s or true"
        )
        gone = self._run(f"delete from {table.name} where {condition} returning *", [self._b], [self._b])
        assert not (of_b and gone), f"rows of B were deleted from {table.name}"

    def teardown(self) -> None:
        try:
            self._connection.execute("reset session authorization")
            assert self._checksums() == self._before, "rows of B have changed"
        finally:
            self._connection.rollback()
            self._connection.close()

    def _crosses(self, key: ForeignKey) -> bool:
        """Whether a key leads to rows that belong to tenants, by more than the tenant itself."""
        return (
            key.target in self._of_b
            and key.target != "tenants"
            and key.target in {t.name for t in self._tables}
        )

    def _linked(self, table: Relation, values: dict[str, str], *, is_update: bool) -> str | bool:
        """The error's code, or whether a row refers to these values now (a trigger may know better)."""
        columns = ", ".join(values)
        if is_update:
            pairs = ", ".join(f"{column} = %s" for column in values)
            statement, given = f"update {table.name} set {pairs} returning {columns}", list(values.values())
        else:
            row = self._as_stored(self._of_a[table.name]) | values
            if "id" in table.columns and "id" not in values:
                row["id"] = str(uuid4())
            statement = (
                f"insert into {table.name} ({', '.join(table.columns)}) select {', '.join(table.columns)} "
                f"from jsonb_populate_record(null::{table.name}, %s) returning {columns}"
            )
            given = [json.dumps(row, default=str)]
        rows = self._run(statement, given, list(values.values()), keep=False)
        ids = {column: value for column, value in values.items() if table.columns[column].base == "uuid"}
        return self._code or any(all(str(row[c]) == ids[c] for c in ids) for row in rows or [])

    def _insert(
        self,
        table: Relation,
        row: dict[str, Any],
        clause: str = "",
        *,
        keep: bool = True,
        returning: bool = True,
    ) -> Any:
        columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
        statement = sql.SQL(
            "insert into {0} ({1}) select {1} from jsonb_populate_record(null::{0}, %s) {2} {3}"
        ).format(
            sql.Identifier(table.name), columns, sql.SQL(clause), sql.SQL("returning 1" if returning else "")
        )
        # Moments inside an array come as they are.
        self._run(statement, [json.dumps(row, default=str)], list(_words(row)), keep=keep)
        return self._code or self._count > 0

    _code: str | None = None
    _count = 0

    def _run(self, statement: Any, parameters: list[Any] | None = None, said: list[Any] | None = None, *,
             keep: bool = True) -> list[dict[str, Any]] | None:  # fmt: skip
        """The rows of a statement, None when it was refused; neither they nor the error hold a canary of B.

        `said` is what the statement itself says of B: hearing it again tells nothing.
        """
        own = frozenset(str(each) for each in said or ())
        self._code, self._count = None, 0
        try:
            with self._connection.transaction(force_rollback=not keep):
                cursor = self._connection.cursor(row_factory=dict_row)
                cursor.execute(statement, parameters)
                self._count = cursor.rowcount
                rows = cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            self._code = error.sqlstate
            told = [str(error), *(getattr(error.diag, name) for name in dir(error.diag) if name[0] != "_")]
            seen = self.canary_world.of_b.seen_in([each for each in told if isinstance(each, str)], but=own)
            assert seen is None, f"{statement}: the error tells {seen} of B: {told}"
            if not (isinstance(error, _REFUSED) or error.sqlstate in _TELLS_NOTHING):
                raise
            return None
        seen = self.canary_world.of_b.seen_in(rows, but=frozenset(self._said) | own)
        assert seen is None, f"{statement} shows {seen} of B"
        if rows and keep:
            self._said |= own
        return rows

    def _as_stored(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row as JSON that the database reads back."""
        return {name: _plain(value) for name, value in row.items()}

    def _primary_key(self, table: Relation) -> Iterator[list[str]]:
        yield from (
            columns
            for (columns,) in self._connection.execute(
                "select array(select a.attname::text from pg_attribute a where a.attrelid = i.indrelid "
                "and a.attnum = any (i.indkey)) from pg_index i where i.indrelid = %s::regclass and i.indisprimary",
                [table.name],
            ).fetchall()
        )


# A view that takes no writing, an operator that a type does not have, a column that is generated.
_TELLS_NOTHING = {"55000", "42883", "42725", "428C9", "22P02", "0A000", "42809"}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, (dict, list)) and not any(isinstance(each, UUID) for each in value):
        return value
    if isinstance(value, list):
        return [str(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _words(value: Any) -> Iterator[Any]:
    if isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _words(each)
    elif isinstance(value, str):
        yield value


def _search(canary_world: CanaryWorld, *, runs: int, steps: int, hole: str | None = None) -> None:
    machine = type("Isolation", (Isolation,), {"canary_world": canary_world, "hole": hole})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            # To shrink a failure takes minutes of statements: the long search does it.
            phases=(Phase.generate, Phase.shrink) if runs > 50 else (Phase.generate,),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_nothing_of_another_tenant_is_seen_learned_linked_or_changed(canary_world: CanaryWorld) -> None:
    _search(canary_world, runs=6, steps=25)


def test_the_search_finds_a_hole(canary_world: CanaryWorld) -> None:
    """With every policy of tenants open it does not take long: the search is no formality."""
    hole = """
        do $$
        declare
            policy record;
        begin
            for policy in select tablename from pg_policies where policyname = 'tenant_isolation' loop
                execute format('alter policy tenant_isolation on %I using (true) with check (true)', policy.tablename);
            end loop;
        end
        $$
    """
    with pytest.raises(AssertionError, match=r" of B|B's row|{'b': "):
        _search(canary_world, runs=12, steps=25, hole=hole)


@pytest.mark.proof
def test_nothing_of_another_tenant_in_a_long_search(canary_world: CanaryWorld) -> None:
    _search(canary_world, runs=150, steps=60)
