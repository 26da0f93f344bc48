"""One row, at least, in every tenant table, with values that name their tenant: made from the catalogue alone.

A new table needs nothing here. Where a column's checks are beyond derivation, tests/canary_hints.py has a value for it,
and tests/schema/test_canaries.py says which column that is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from tests.canary_hints import ENDINGS, HINTS, has_no_room
from tests.canary_values import Mark, candidates, tells
from tests.catalogue import (
    Check,
    Column,
    Connection,
    ForeignKey,
    Relation,
    relations,
    system_tables,
    tenant_tables,
)

Row = dict[str, Any]
# Nobody's rows in the tables that are the same for every tenant.
SYSTEM = Mark("f")
_MOST_TRIES = 4000
# Whether a condition holds, false where it cannot be asked: in one round trip, and thousands are asked.
_HOLDS = """
    create or replace function pg_temp.holds(p_condition text) returns boolean
        language plpgsql
        as $$
    declare
        answer boolean;
    begin
        execute p_condition into answer;
        return coalesce(answer, false);
    exception
        when others then return false;
    end
    $$
"""
# Types of which every candidate is a value, stored as it is.
_TAKEN = ("text", "uuid", "boolean", "date", "timestamp with time zone", "jsonb", "json")


class CannotPlant(AssertionError):
    """A table has no row: its message names the table, what was tried and where a hint goes."""


@dataclass
class Planted:
    """What one call wrote: the row of each table, and the columns in which nothing names the mark."""

    mark: Mark
    rows: dict[str, Row] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)


class Planter:
    """Writes one row into each table of a tenant, as a superuser.

    `given` rows stand for their tables; a row of an `avoided` table is referred to only where a column needs one.
    """

    def __init__(
        self,
        connection: Connection,
        tenant_id: UUID,
        mark: Mark,
        given: Mapping[str, Row] | None = None,
        avoided: frozenset[str] = frozenset(),
    ) -> None:
        self._connection = connection
        connection.execute(_HOLDS.encode())
        self._relations = relations(connection)
        self._tenant_id = tenant_id
        self._given = dict(given or {})
        self._avoided = avoided
        self._under_way: list[str] = []
        self._later: list[tuple[Relation, ForeignKey]] = []
        self.planted = Planted(mark)

    def plant(self) -> Planted:
        """Everything, in the order that foreign keys ask for."""
        self._connection.execute("select set_tenant_context(%s)", [self._tenant_id])
        moment = self.planted.mark.moment(0)
        if "listener_events" in self._relations:
            self._connection.execute(
                "select ensure_event_storage(%s, %s)",
                [moment - timedelta(days=1), moment + timedelta(days=40)],
            )
        for table in system_tables(self._relations):
            self._system_row(table.name)
        refused = []
        for table in tenant_tables(self._relations):
            try:
                self._row_of(table.name)
            except CannotPlant as error:
                refused.append(str(error))
        if refused:
            raise CannotPlant("\n".join(dict.fromkeys(refused)))
        for table, key in self._later:
            self._update(table, dict(self._parent_values(key)))
        return self.planted

    def _row_of(self, name: str) -> Row:
        """The row of a table, written now if it is not there yet."""
        rows = self.planted.rows
        if name not in rows and name in self._given:
            rows[name] = self._given[name]
        if name not in rows:
            table = self._relations[name]
            if not table.is_of_a_tenant:
                return self._system_row(name)
            self._under_way.append(name)
            try:
                rows[name] = (
                    self._tenants_row() if name == "tenants" else self._write(table, self.planted.mark)
                )
            finally:
                self._under_way.pop()
        return rows[name]

    def _system_row(self, name: str) -> Row:
        if name in self._given:
            return self._given[name]
        table = self._relations[name]
        cursor = self._connection.cursor(row_factory=psycopg.rows.dict_row)
        found = cursor.execute(f"select * from {name} limit 1").fetchone()
        return found or self._write(table, SYSTEM)

    def _tenants_row(self) -> Row:
        """The tenant itself exists already; its columns are given what names the mark."""
        table = self._relations["tenants"]
        values = self._values(table, self.planted.mark)
        return self._update(
            table, {name: value for name, value in values.items() if name != "id"}, self._tenant_id
        )

    def _write(self, table: Relation, mark: Mark) -> Row:
        values = self._values(table, mark)
        self._mend(table, mark, values)
        self.planted.silent += [
            f"{table.name}.{name}"
            for name, value in values.items()
            if mark is self.planted.mark and not tells(value, mark) and not has_no_room(table, name, value)
        ]
        try:
            with self._connection.transaction():
                return self._insert(table, values)
        except psycopg.errors.UniqueViolation as error:
            # One row per tenant, person or kind: the one that is there gets the values.
            # In the private schema it was written by a trigger, from what was planted in public.
            key = {name: values[name] for name in self._unique_columns(error.diag)}
            try:
                with self._connection.transaction():
                    return self._update(table, values if table.is_public else {}, key)
            except (psycopg.Error, KeyError) as second:
                raise self._refused(table, values, second) from error
        except psycopg.Error as error:
            raise self._refused(table, values, error) from error

    def _values(self, table: Relation, mark: Mark) -> Row:
        values: Row = {}
        for key in table.foreign_keys:
            values |= dict(self._parent_values(key, table))
        for place, column in enumerate(table.columns.values()):
            if column.name in values:
                continue
            if column.name == "tenant_id":
                values["tenant_id"] = self._tenant_id
            elif column.name in ENDINGS and column.nullable:
                values[column.name] = None
            elif (
                column.name.endswith(("_id", "_ids")) and (found := self._by_name(table, column)) is not None
            ):
                values[column.name] = found
            else:
                values[column.name] = next(self._accepted(table, column, place, mark), None)
        return values

    def _parent_values(self, key: ForeignKey, table: Relation | None = None) -> Iterator[tuple[str, Any]]:
        """The columns of a foreign key, from its parent's row; one that closes a circle is filled in afterwards."""
        own = table is not None and key.target == table.name
        if own and table is not None:
            identity = self.planted.mark.id(table.name, "id")
            yield from zip(key.columns, (self._tenant_id if c == "tenant_id" else identity for c in key.target_columns),
                           strict=True)  # fmt: skip
        elif table is not None and key.target in self._avoided and self._may_be_empty(table, key):
            yield from ((column, None) for column in key.columns if column != "tenant_id")
        elif table is not None and key.target in self._under_way:
            self._later.append((table, key))
            yield from ((column, None) for column in key.columns if column != "tenant_id")
        else:
            parent = self._row_of(key.target)
            for column, target in zip(key.columns, key.target_columns, strict=True):
                yield column, parent[target]

    @staticmethod
    def _may_be_empty(table: Relation, key: ForeignKey) -> bool:
        return any(table.columns[name].nullable for name in key.columns if name != "tenant_id")

    def _by_name(self, table: Relation, column: Column) -> Any:
        """A reference without a key, by its name: episode_id, podcast_ids; resource_id by resource_type."""
        stem = column.name.removesuffix("s").removesuffix("_id")
        target = f"{stem}s"
        if stem == "resource" and "resource_type" in table.columns:
            kind = next(self._accepted(table, table.columns["resource_type"], 0, self.planted.mark), "")
            target = f"{kind}s"
        if target not in self._relations or target in self._under_way or target == table.name:
            return None
        if column.base not in ("uuid", "uuid[]") or not self._relations[target].is_of_a_tenant:
            return None
        if target in self._avoided and column.base == "uuid[]":
            return []
        found = self._row_of(target)["id"]
        return [found] if column.base == "uuid[]" else found

    def _accepted(self, table: Relation, column: Column, place: int, mark: Mark) -> Iterator[Any]:
        """Candidates that the column's type and its own checks take, as the type stores them."""
        if (table.name, column.name) in HINTS:
            yield HINTS[table.name, column.name](mark)
            return
        knowing = [check for check in table.checks if column.name in check.columns]
        alone = [check for check in knowing if check.columns == (column.name,)]
        for value in candidates(mark, table.name, column, place, [check.expression for check in knowing]):
            stored = value
            if column.base not in _TAKEN or column.type != column.base:
                try:
                    with self._connection.transaction():
                        row = self._connection.execute(
                            sql.SQL("select cast(%s as {})").format(sql.SQL(column.type)), [value]
                        ).fetchone()
                except psycopg.Error:
                    continue
                stored = row[0] if row else value
            if self._holds(table, alone, {column.name: stored}):
                yield stored
        if column.nullable and knowing:
            yield None

    def _holds(self, table: Relation, checks: list[Check], values: Row) -> bool:
        if not checks:
            return True
        names = sorted({name for check in checks for name in check.columns})
        columns = sql.SQL(", ").join(
            sql.SQL("cast({} as {}) as {}").format(
                sql.Literal(values[name]), sql.SQL(table.columns[name].type), sql.Identifier(name)
            )
            for name in names
        )
        every = sql.SQL(" and ").join(
            sql.SQL("coalesce(({}), true)").format(sql.SQL(c.expression)) for c in checks
        )
        # The row has the table's name: a check may name the whole row.
        condition = sql.SQL("select {} from (select {}) as {}").format(
            every, columns, sql.Identifier(table.name.split(".")[-1])
        )
        row = self._connection.execute(
            "select pg_temp.holds(%s)", [condition.as_string(self._connection)]
        ).fetchone()
        return bool(row and row[0])

    def _mend(self, table: Relation, mark: Mark, values: Row) -> None:
        """Choose again for the columns of checks that hold between columns and do not hold yet, and of those near."""
        between = [
            check for check in table.checks if len(check.columns) > 1 and set(check.columns) <= set(values)
        ]
        for check in between:
            if not self._holds(table, [check], values):
                near, names = [check], set(check.columns)
                for _ in between:
                    near = [other for other in between if names & set(other.columns)]
                    names |= {name for other in near for name in other.columns}
                values.update(self._solve(table, mark, near, sorted(names), values) or {})

    def _solve(
        self, table: Relation, mark: Mark, checks: list[Check], names: list[str], values: Row
    ) -> Row | None:
        """Values with which all checks hold, as near to the present ones as they go; None if none were found."""
        fixed = {column for key in table.foreign_keys for column in key.columns}
        # References come first, so that they are given up last; nothing gives up its tenant.
        names = sorted(names, key=lambda name: (name not in fixed, table.columns[name].nullable))
        choices = {}
        for name in names:
            column = table.columns[name]
            choices[name] = [values[name]]
            if name not in fixed and name != "tenant_id":
                choices[name] += [
                    v
                    for v in self._accepted(table, column, self._place(table, name), mark)
                    if v != values[name]
                ]
            if column.nullable and name != "tenant_id" and None not in choices[name]:
                choices[name].append(None)
        tries = itertools.count()

        def chosen(known: Row) -> Row | None:
            if len(known) == len(names):
                return known
            name = names[len(known)]
            for value in choices[name]:
                tried = known | {name: value}
                ready = [c for c in checks if name in c.columns and set(c.columns) <= set(tried)]
                if (
                    next(tries) < _MOST_TRIES
                    and self._holds(table, ready, tried)
                    and (found := chosen(tried))
                ):
                    return found
            return None

        return chosen({})

    @staticmethod
    def _place(table: Relation, name: str) -> int:
        return list(table.columns).index(name)

    def _insert(self, table: Relation, values: Row) -> Row:
        columns = [table.columns[name] for name in values]
        cursor = self._connection.cursor(row_factory=psycopg.rows.dict_row)
        found = cursor.execute(
            sql.SQL("insert into {} ({}) values ({}) returning *").format(
                sql.SQL(table.name),
                sql.SQL(", ").join(sql.Identifier(column.name) for column in columns),
                sql.SQL(", ").join(
                    sql.SQL("cast(%s as {})").format(sql.SQL(column.type)) for column in columns
                ),
            ),
            [values[column.name] for column in columns],
        ).fetchone()
        assert found is not None
        return found

    def _update(self, table: Relation, values: Row, where: UUID | Row | None = None) -> Row:
        if where is None:
            where = {name: self.planted.rows[table.name][name] for name in ("tenant_id", "id")}
        elif isinstance(where, UUID):
            where = {"id": where}
        # The row that is there keeps its identity: others refer to it.
        kept = set(where) | {"id"}
        changed = {name: value for name, value in values.items() if name not in kept}
        cursor = self._connection.cursor(row_factory=psycopg.rows.dict_row)
        conditions = sql.SQL(" and ").join(
            sql.SQL("{} is not distinct from %s").format(sql.Identifier(name)) for name in where
        )
        if not changed:
            found = cursor.execute(
                sql.SQL("select * from {} where {}").format(sql.SQL(table.name), conditions),
                [*where.values()],
            ).fetchone()
        else:
            found = cursor.execute(
                sql.SQL("update {} set {} where {} returning *").format(
                    sql.SQL(table.name),
                    sql.SQL(", ").join(_assignment(table.columns[name]) for name in changed),
                    conditions,
                ),
                [*changed.values(), *where.values()],
            ).fetchone()
        if found is None:
            raise KeyError(f"no row of {table.name} with {where}")
        return found

    def _unique_columns(self, violated: psycopg.errors.Diagnostic) -> list[str]:
        """The columns of the key that a row is in the way of; of a partition the key is the partition's own."""
        rows = self._connection.execute(
            "select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid "
            "and a.attnum = any (i.indkey) where i.indexrelid = format('%%I.%%I', %s::text, %s::text)::regclass",
            [violated.schema_name, violated.constraint_name],
        )
        return [name for (name,) in rows]

    @staticmethod
    def _refused(table: Relation, values: Row, error: Exception) -> CannotPlant:
        return CannotPlant(
            f"{table.name}: no row could be written ({str(error).strip().splitlines()[0]}). Add a value for the "
            f"column at fault to tests/canary_hints.py. Tried: {values}"
        )


def _assignment(column: Column) -> sql.Composed:
    """A column's new value; what an object said before (a tenant's time zone, say) it says still."""
    given = sql.SQL("cast(%s as {})").format(sql.SQL(column.type))
    if column.base != "jsonb":
        return sql.SQL("{} = {}").format(sql.Identifier(column.name), given)
    return sql.SQL(
        "{0} = (select case when jsonb_typeof({0}) = 'object' and jsonb_typeof(n) = 'object' then {0} || n else n end "
        "from (select {1} as n) as new_value)"
    ).format(sql.Identifier(column.name), given)
