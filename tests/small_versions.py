"""A folder with a few small migrations, for tests of what runs them."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg

EMPTY = f"podboard_empty_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


def write(folder: Path, name: str, sql: str) -> None:
    (folder / name).write_text(sql)


def applied_versions(dsn: str) -> list[str]:
    """The labels of the versions that the database has recorded, in order; none before the first run."""
    if read(dsn, "select to_regclass('public.schema_migrations') is null") == [(True,)]:
        return []
    recorded = read(
        dsn, "select to_char(version, 'FM0000') || '_' || name from schema_migrations order by version"
    )
    return [str(label) for (label,) in recorded]


def read(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()
