"""Whether a log counts already by other days: a log that is moved has other requests, and all of them count again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

from queries.ingest.imports import ImportRefused
from queries.ingest.lines import beginnings
from queries.ingest.packing import unpacked
from queries.session import Actor, tenant_session
from queries.statements import ask

_Beginning = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Shifts:
    """The logs that count already, as (number of lines, their hash): as they are moved now, and by other days."""

    alike: frozenset[_Beginning]
    otherwise: dict[_Beginning, tuple[str | None, datetime]]

    def told(self, begins_with: frozenset[_Beginning]) -> str | None:
        """In words, as what a log counts that begins with these lines; None of one that would count as it did."""
        others = begins_with & self.otherwise.keys()
        if not others or begins_with & self.alike:
            return None
        shift_to, at = max((self.otherwise[one] for one in others), key=lambda one: one[1])
        how = f"with --shift-to {shift_to}" if shift_to else "without --shift-to"
        return f"This log was imported on {at.date()} {how} and counts like that: on other days all of it counts again."

    def of(self, source: BinaryIO) -> str | None:
        """The same of a file that has not been read yet; None of a pipe, which can be read once only."""
        if not self.otherwise or not source.seekable():
            return None
        try:
            with unpacked(source) as plain:
                return self.told(beginnings(plain, self.alike | self.otherwise.keys()))
        except ImportRefused:
            # Whoever reads all of it says what is wrong.
            return None
        finally:
            source.seek(0)


def shifts(actor: Actor, shift_to: date | None) -> Shifts:
    """What the tenant's logs were moved to, as against this day."""
    now = shift_to.isoformat() if shift_to else None
    with tenant_session(actor) as connection:
        rows = ask(connection, "ingest/shifts_of_logs")
    otherwise: dict[_Beginning, tuple[str | None, datetime]] = {}
    for row in rows:
        if row["shift_to"] != now:
            # They come the newest first.
            otherwise.setdefault(
                (row["lines_done"], row["lines_sha256"]), (row["shift_to"], row["started_at"])
            )
    alike = frozenset((row["lines_done"], row["lines_sha256"]) for row in rows if row["shift_to"] == now)
    return Shifts(alike, otherwise)
