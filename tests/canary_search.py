"""What must never be seen: a tenant's canaries, and the search for them in whatever somebody was shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.canary_values import Mark, tells
from tests.catalogue import Connection, relations

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENTS = ("date", "timestamp with time zone", "timestamp without time zone")


@dataclass(frozen=True)
class Canaries:
    """What must never be seen: a tenant's tokens, ids and telling values."""

    tokens: tuple[str, ...]
    ids: frozenset[UUID]
    values: frozenset[Any]

    def seen_in(self, value: Any, *, but: frozenset[Any] = frozenset()) -> str | None:
        """The first canary inside a value of any shape, or None; `but` is what the asker said itself."""
        if isinstance(value, Mapping):
            return self._first([*value.keys(), *value.values()], but)
        if isinstance(value, (list, tuple, set, frozenset)):
            return self._first(value, but)
        if isinstance(value, (bytes, memoryview)):
            return self.seen_in(bytes(value).decode("latin-1"), but=but)
        if isinstance(value, str):
            lowered = value.lower()
            for said in but:
                lowered = lowered.replace(str(said).lower(), "")
            named = next((token for token in self.tokens if token in lowered), None)
            return named or next((i for i in _ID.findall(lowered) if UUID(i) in self.ids), None)
        return str(value) if value not in but and (value in self.ids or value in self.values) else None

    def _first(self, values: Any, but: frozenset[Any]) -> str | None:
        return next((found for each in values if (found := self.seen_in(each, but=but))), None)


def canaries_of(connection: Connection, tenant_id: UUID, *marks: Mark) -> Canaries:
    """Every id of a tenant's rows, and every value in them that names one of the marks. Asked as a superuser."""
    ids: set[UUID] = {tenant_id}
    values: set[Any] = set()
    foreign: set[UUID] = set()
    for table in relations(connection).values():
        if table.is_view:
            continue
        is_system = not table.is_of_a_tenant
        condition = "true" if is_system else f"{table.tenant_column} = %(tenant)s"
        # Python knows no infinite moment; and one names nobody.
        columns = ", ".join(
            f"case when isfinite({c.name}) then {c.name} end" if c.base in _MOMENTS else c.name
            for c in table.columns.values()
        )
        for row in connection.execute(
            f"select {columns} from {table.name} where {condition}", {"tenant": tenant_id}
        ):
            for value in row:
                if isinstance(value, UUID):
                    (foreign if is_system else ids).add(value)
                elif isinstance(value, (int, Decimal, date, datetime)) and not is_system:
                    values.update({value} if any(tells(value, mark) for mark in marks) else ())
    return Canaries(tuple(mark.token for mark in marks), frozenset(ids - foreign), frozenset(values))
