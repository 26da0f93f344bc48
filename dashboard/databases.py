"""Which database a command works on: the configured one, else the embedded one of PODBOARD_HOME."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from queries.settings import Settings, SettingsError, use_settings, with_databases
from schema.migrate import Engine, migrate
from schema.server import Server, start


def wanted_engine(settings: Settings) -> Engine | None:
    """The time-series engine that was asked for; None leaves the choice to the server."""
    return None if settings.timeseries == "auto" else settings.timeseries


def uses_embedded(settings: Settings) -> bool:
    """Whether no database is configured at all. Raises: SettingsError when only some of the three are."""
    names = {
        "DATABASE_URL": settings.database_url,
        "DATABASE_WORKER_URL": settings.database_worker_url,
        "DATABASE_OWNER_URL": settings.database_owner_url,
    }
    if not any(names.values()):
        return True
    if settings.database_url is None:
        given = ", ".join(name for name, value in names.items() if value)
        raise SettingsError(f"{given} is set but DATABASE_URL is not: set them together or none of them.")
    return False


def on_embedded(settings: Settings, server: Server) -> Settings:
    """The same settings with the ways into this embedded server."""
    return with_databases(
        settings,
        runtime=server.dsn("podboard_web"),
        worker=server.dsn("podboard_worker"),
        owner=server.dsn("podboard_owner"),
    )


@contextmanager
def databases(settings: Settings, report: Callable[[str], None] | None = None) -> Iterator[Settings]:
    """The settings with a database that answers, made those of this process.

    An embedded server is started, or shared with a running podboard, and migrated; it is let go of at the end.
    """
    if not uses_embedded(settings):
        use_settings(settings)
        yield settings
        return
    with start(settings.home, settings.pg_bin) as server:
        filled = on_embedded(settings, server)
        migrate(filled.owner_dsn, engine=wanted_engine(settings), report=report)
        use_settings(filled)
        yield filled
