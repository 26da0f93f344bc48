"""A folder with a few small migrations, for tests of what runs them."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg

EMPTY = f"podboard_empty_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


def write(folder: Path, name: str, sql: str) -> None:
    (folder / name).write_text(sql)


def read(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()
