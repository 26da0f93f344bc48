"""Whether the database is the one this release was written for."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection

from queries.statements import ask
from schema.migrate import FOLDER, load


def schema_version(connection: Connection) -> int:
    """Number of the newest migration the database has; 0 for none."""
    return ask(connection, "release/schema_version")[0]["version"] or 0


@cache
def wanted_version() -> int:
    """Number of the newest migration this release brings."""
    return max(migration.version for migration in load(FOLDER, "plain"))
