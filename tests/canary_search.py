"""What must never be seen: a tenant's canaries, and the search for them in whatever somebody was shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.canary_values import Mark, tells
from tests.catalogue import Connection, relations

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENTS = ("date", "timestamp with time zone", "timestamp without time zone")
_TELLING = (int, Decimal, date, datetime)


@dataclass(frozen=True)
class Canaries:
    """What must never be seen: a tenant's tokens, ids and telling values."""

    tokens: tuple[str, ...]
    ids: frozenset[UUID]
    values: frozenset[Any]

    def seen_in(self, value: Any, *, but: frozenset[Any] = frozenset()) -> str | None:
        """The first canary inside a value of any shape, or None; `but` is what the asker said itself."""
        if is_dataclass(value) and not isinstance(value, type):
            return self._first((getattr(value, each.name) for each in fields(value)), but)
        if isinstance(value, Mapping):
            return self._first([*value.keys(), *value.values()], but)
        if isinstance(value, (list, tuple, set, frozenset)):
            return self._first(value, but)
        if isinstance(value, (bytes, memoryview)):
            return self.seen_in(bytes(value).decode("latin-1"), but=but)
        if isinstance(value, str):
            lowered = value.lower()
            if but and self._in_text(lowered):
                for said in but:
                    lowered = lowered.replace(str(said).lower(), "")
            return self._in_text(lowered)
        if not isinstance(value, (UUID, *_TELLING)):
            return None
        return str(value) if str(value) not in but and (value in self.ids or value in self.values) else None

    def without_days(self) -> Canaries:
        """The same for what is full of calendars: a day alone is nobody's."""
        kept = (v for v in self.values if isinstance(v, datetime) or not isinstance(v, date))
        return Canaries(self.tokens, self.ids, frozenset(kept))

    def _in_text(self, lowered: str) -> str | None:
        named = next((token for token in self.tokens if token in lowered), None)
        return named or next((i for i in _ID.findall(lowered) if UUID(i) in self.ids), None)

    def _first(self, values: Any, but: frozenset[Any]) -> str | None:
        return next((found for each in values if (found := self.seen_in(each, but=but))), None)


def canaries_of(
    connection: Connection, tenant_id: UUID, planted: Iterable[Mapping[str, Any]], *marks: Mark
) -> Canaries:
    """Every id of a tenant's rows, and what names its marks in the rows planted: values that no other tenant has."""
    ids: set[UUID] = {tenant_id}
    foreign: set[Any] = set()
    for table in relations(connection).values():
        if table.is_view:
            continue
        # Python knows no infinite moment; and one names nobody.
        columns = ", ".join(
            f"case when isfinite({c.name}) then {c.name} end" if c.base in _MOMENTS else c.name
            for c in table.columns.values()
        )
        owner = f"{table.tenant_column} is not distinct from %(tenant)s" if table.is_of_a_tenant else "false"
        for is_own, *row in connection.execute(
            f"select {owner}, {columns} from {table.name}", {"tenant": tenant_id}
        ):
            if is_own:
                ids.update(value for value in row if isinstance(value, UUID))
            else:
                foreign.update(value for value in row if isinstance(value, (UUID, *_TELLING)))
    values = {
        value
        for row in planted
        for value in row.values()
        if isinstance(value, _TELLING)
        and not isinstance(value, bool)
        and any(tells(value, mark) for mark in marks)
    }
    return Canaries(
        tuple(mark.token for mark in marks), frozenset(ids - foreign), frozenset(values - foreign)
    )
