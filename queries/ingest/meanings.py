"""What names in the files of a source mean, as somebody told it: remembered for each source and kind of file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from queries.ingest.cells import printable
from queries.ingest.columns import normalised
from queries.ingest.imports import as_document
from queries.session import Actor, tenant_session
from queries.statements import ask, tell


def meanings(
    actor: Actor, source_name: str | None, kind: str | None, told: Mapping[str, str] | None, *, afresh: bool = False
) -> dict[str, str]:  # fmt: skip
    """What names mean in a file of this source: as told now, else as it was told before unless `afresh`."""
    if source_name is None:
        return dict(told or {})
    with tenant_session(actor) as connection:
        return _merged(connection, source_name, kind, told, afresh=afresh)


def remember_meanings(
    actor: Actor, source_name: str | None, kind: str, told: Mapping[str, str] | None, *, afresh: bool = False
) -> None:  # fmt: skip
    """Keeps what was told now beside what was told before, or in its place if `afresh`, for the source's next files."""
    if source_name is None or (told is None and not afresh):
        return
    with tenant_session(actor, write=True) as connection:
        columns = _merged(connection, source_name, kind, told, afresh=afresh)
        tell(
            connection,
            "ingest/remember_columns",
            source=source_name,
            kind=kind,
            columns=as_document(dict(columns)),
        )


def not_there(told: Mapping[str, str] | None, names: Iterable[str]) -> dict[str, str]:
    """What was told of names that a file with these does not have."""
    there = {normalised(name) for name in names}
    return {name: key for name, key in (told or {}).items() if normalised(name) not in there}


def notes_of(absent: Mapping[str, str], *, so_far: int = 0) -> list[str]:
    """Says of each name that it is not in the file; `so_far`: of how many lines that is known, where not of all."""
    where = f"none of the first {so_far:,} lines has" if so_far else "the file has no column or field of"
    remembered = "" if so_far else ", and it is not remembered"
    return [f"--map {printable(name)}={key}: {where} this name{remembered}." for name, key in absent.items()]


def _merged(
    connection: Connection, source_name: str, kind: str | None, told: Mapping[str, str] | None, *, afresh: bool
) -> dict[str, str]:  # fmt: skip
    found = [] if afresh else ask(connection, "ingest/columns_of_source", source=source_name, kind=kind)
    before: dict[str, str] = found[0]["columns"] if found else {}
    now = {normalised(name) for name in told or {}}
    return {name: key for name, key in before.items() if normalised(name) not in now} | dict(told or {})
