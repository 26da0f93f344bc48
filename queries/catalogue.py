"""What there is to choose from: podcasts, apps, countries and devices of the reader's scope."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from queries.filters import Filters
from queries.statements import ask

_LATELY = timedelta(days=30)


def podcast_names(connection: Connection) -> dict[UUID, str]:
    """The podcasts that the reader sees, by id."""
    return {row["podcast_id"]: row["name"] for row in ask(connection, "listening/podcasts")}


def chosen(connection: Connection, f: Filters) -> dict[str, list[str]]:
    """The podcasts and episodes that the view is filtered by, by name as far as the reader sees them."""
    names = podcast_names(connection) if f.podcasts else {}
    titles = ask(connection, "listening/episode_titles", ids=list(f.episodes)) if f.episodes else []
    found = {
        "Podcasts": [names[podcast] for podcast in f.podcasts if podcast in names],
        "Episodes": [row["title"] for row in titles],
    }
    return {label: named for label, named in found.items() if named}


def filter_options(connection: Connection) -> dict[str, list[Any]]:
    """What the reader may filter by: podcasts as (id, name); apps, countries and devices, lately most used first."""
    slices = ask(connection, "listening/filter_options", since=datetime.now(UTC).date() - _LATELY)
    return {
        "podcasts": list(podcast_names(connection).items()),
        **{
            key: [row["slice"] for row in slices if row["dimension"] == dimension]
            for key, dimension in (("apps", "app"), ("countries", "country"), ("devices", "device_type"))
        },
    }
