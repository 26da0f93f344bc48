"""Loads the SQL files: one statement per file, comments stripped, parameters known before it is ever run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, TextClause, text

SQL_FOLDER = Path(__file__).with_name("sql")
_COMMENT = re.compile(r"--[^\n]*")
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_DECLARED = re.compile(r"^-- params:(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of `queries/sql`: its clause and the parameters it needs."""

    name: str
    clause: TextClause
    parameters: frozenset[str]


@cache
def statement(name: str) -> Statement:
    """The statement in `queries/sql/<name>.sql`, parsed once.

    Raises ValueError when the header's `-- params:` line and the parameters in the text differ, or when the text uses
    `:name::type` (which SQLAlchemy misreads: write `cast(:name as type)`).
    """
    source = (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    body = _COMMENT.sub("", source).strip().rstrip(";")
    if re.search(r":[a-z_][a-z0-9_]*::", body):
        raise ValueError(f"{name}.sql: write cast(:name as type), not :name::type")
    used = frozenset(_PARAMETER.findall(body))
    header = _DECLARED.search(source)
    declared = (
        frozenset(re.findall(r"[a-z_][a-z0-9_]*", header.group(1))) - {"none"} if header else frozenset()
    )
    if header is None or declared != used:
        raise ValueError(f"{name}.sql: header declares {sorted(declared)}, text uses {sorted(used)}")
    return Statement(name=name, clause=text(body), parameters=used)


def ask(connection: Connection, name: str, /, **parameters: Any) -> list[dict[str, Any]]:
    """Rows of a statement as dicts; every parameter must be given and none too many."""
    wanted = statement(name)
    if frozenset(parameters) != wanted.parameters:
        raise TypeError(f"{name}.sql takes {sorted(wanted.parameters)}, got {sorted(parameters)}")
    result = connection.execute(wanted.clause, parameters)
    return [dict(row) for row in result.mappings()] if result.returns_rows else []


def tell(connection: Connection, name: str, /, **parameters: Any) -> int:
    """Number of rows a writing statement touched."""
    wanted = statement(name)
    if frozenset(parameters) != wanted.parameters:
        raise TypeError(f"{name}.sql takes {sorted(wanted.parameters)}, got {sorted(parameters)}")
    return connection.execute(wanted.clause, parameters).rowcount


def check_statements() -> None:
    """Reads every statement once, so that a mistake in one stops the start and not somebody's page."""
    for name in statement_names():
        statement(name)


def statement_names() -> tuple[str, ...]:
    """Every statement there is, for the checks that run over all of them."""
    return tuple(
        sorted(path.relative_to(SQL_FOLDER).with_suffix("").as_posix() for path in SQL_FOLDER.rglob("*.sql"))
    )
