"""An empty database and a folder of small migrations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from schema.server import Reachable, create_database, drop_database
from tests.small_versions import EMPTY, write


@pytest.fixture
def empty(server: Reachable) -> Iterator[str]:
    """The owner's way into an empty database."""
    drop_database(server, EMPTY)
    create_database(server, EMPTY)
    yield server.dsn("podboard_owner", EMPTY)
    drop_database(server, EMPTY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three versions, the second of them different for each engine."""
    for part in ("migrations", "timeseries/plain", "timeseries/timescale"):
        (tmp_path / part).mkdir(parents=True)
    write(
        tmp_path, "migrations/0001_first.sql", "create table first (n integer); insert into first values (1);"
    )
    write(
        tmp_path, "timeseries/plain/0002_series.sql", "create table series as select 'plain'::text as engine;"
    )
    write(
        tmp_path,
        "timeseries/timescale/0002_series.sql",
        "create table series as select 'ts'::text as engine;",
    )
    write(
        tmp_path,
        "migrations/0003_third.sql",
        "create function one() returns int language sql as $$ select 1; $$;",
    )
    return tmp_path
