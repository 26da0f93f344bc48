"""Loads the SQL files: one statement per file, comments stripped, parameters known before it is ever run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import ExecStatus
from psycopg.rows import dict_row
from sqlalchemy import Connection, TextClause, text
from sqlalchemy.dialects.postgresql import psycopg as driver
from sqlalchemy.exc import DBAPIError

SQL_FOLDER = Path(__file__).with_name("sql")
_COMMENT = re.compile(r"--[^\n]*")
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_DECLARED = re.compile(r"^-- params:(.*)$", re.MULTILINE)
_DIALECT = driver.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of `queries/sql`: its clause, the same as the driver takes it, and the parameters it needs."""

    name: str
    clause: TextClause
    sent: str
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
    clause = text(body)
    return Statement(name=name, clause=clause, sent=driver_text(clause), parameters=used)


def driver_text(clause: TextClause) -> str:
    """The clause with its parameters marked as the driver wants them."""
    return str(clause.compile(dialect=_DIALECT))


def run(connection: Connection, sent: str, parameters: Mapping[str, Any]) -> psycopg.Cursor[dict[str, Any]]:
    """The cursor of a statement that has been run, in the connection's transaction.

    SQLAlchemy keeps pool, transaction and errors; its result objects are left out: describing a result to them took
    more time than most of our questions do. Raises: DBAPIError, as SQLAlchemy would.
    """
    plain: psycopg.Connection[Any] = connection.connection.dbapi_connection  # type: ignore[assignment]
    cursor = plain.cursor(row_factory=dict_row)
    try:
        cursor.execute(sent.encode(), parameters)
    except psycopg.Error as error:
        if plain.closed or plain.broken:
            # SQLAlchemy finds the loss by itself, and its pool gives up all connections of that time.
            connection.exec_driver_sql("select 1")
        raise DBAPIError.instance(
            sent, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from error
    return cursor


def ask(connection: Connection, name: str, /, **parameters: Any) -> list[dict[str, Any]]:
    """Rows of a statement as dicts; every parameter must be given and none too many."""
    wanted = statement(name)
    if frozenset(parameters) != wanted.parameters:
        raise TypeError(f"{name}.sql takes {sorted(wanted.parameters)}, got {sorted(parameters)}")
    cursor = run(connection, wanted.sent, parameters)
    result = cursor.pgresult
    return cursor.fetchall() if result is not None and result.status == ExecStatus.TUPLES_OK else []


def tell(connection: Connection, name: str, /, **parameters: Any) -> int:
    """Number of rows a writing statement touched."""
    wanted = statement(name)
    if frozenset(parameters) != wanted.parameters:
        raise TypeError(f"{name}.sql takes {sorted(wanted.parameters)}, got {sorted(parameters)}")
    return run(connection, wanted.sent, parameters).rowcount


def check_statements() -> None:
    """Reads every statement once, so that a mistake in one stops the start and not somebody's page."""
    for name in statement_names():
        statement(name)


def statement_names() -> tuple[str, ...]:
    """Every statement there is, for the checks that run over all of them."""
    return tuple(
        sorted(path.relative_to(SQL_FOLDER).with_suffix("").as_posix() for path in SQL_FOLDER.rglob("*.sql"))
    )
