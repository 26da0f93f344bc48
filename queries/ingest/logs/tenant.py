"""How a tenant counts: its zone, its window, the secret of its listener ids."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from queries.ingest.counting.addresses import Networks
from queries.ingest.counting.rules import FindEpisode, FindPlace, Rules, nowhere
from queries.ingest.counting.windows import Window, Windows
from queries.periods import tenant_zone
from queries.statements import ask, tell


@dataclass(frozen=True, slots=True)
class Limits:
    """The database's clock, and the oldest moment of which requests are taken."""

    now: datetime
    oldest: datetime


def tenant_rules(
    connection: Connection, episode_of: FindEpisode, *, redirects: bool = False, data_centres: Networks | None = None,
    place_of: FindPlace = nowhere,
) -> tuple[Rules, Limits]:  # fmt: skip
    """The rules of the session's tenant for requests that come in now. The secret is made at first use."""
    settings = ask(connection, "ingest/counting_settings")[0]
    if settings["key"] is None:
        tell(connection, "ingest/make_listener_key", key=secrets.token_bytes(32))
        settings = ask(connection, "ingest/counting_settings")[0]
    rules = Rules(
        secret=bytes(settings["key"]),
        episode_of=episode_of,
        window=Window(settings["download_window"]),
        zone=tenant_zone(settings["time_zone"]),
        redirects=redirects,
        data_centres=data_centres or Networks(),
        place_of=place_of,
    )
    return rules, Limits(settings["now"], settings["oldest_listener_event"])


def tenant_windows(connection: Connection) -> tuple[Windows, bool]:
    """Within what the session's tenant counts a listener's downloads of an episode as one, and its days.

    With it whether a download that was found to be a repeat before might be none now: the windows are other ones than
    they were once, or such as are let go of after a while.
    """
    settings = ask(connection, "ingest/counting_settings")[0]
    windows = Windows(Window(settings["download_window"]), tenant_zone(settings["time_zone"]))
    return windows, windows.window is not Window.CALENDAR_DAY or settings["has_other_windows"]
