"""The ways in which downloads are counted: each download names one, so that it says by what it is unique."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from queries.ingest.counting.rules import COUNTING_VERSION, Filtered
from queries.ingest.counting.windows import Window, Windows
from queries.statements import ask


def note_counting(
    connection: Connection, windows: Windows, filtered: Filtered, times: Collection[datetime]
) -> int:
    """The number of this way of counting, which reaches to these moments of downloads from now on.

    The caller has its turn to count (`ingest/before_events`): two at once would both take the next number. It
    may have no downloads: then the way is kept as one by which repeats were found.
    """
    found = ask(
        connection, "ingest/note_counting",
        download_window=windows.window.value, rule_version=COUNTING_VERSION, data_centres=filtered.value,
        # Other windows know no days, and are the same in every zone.
        time_zone=windows.zone.key if windows.window is Window.CALENDAR_DAY else "UTC",
        first_at=min(times, default=None), last_at=max(times, default=None),
    )  # fmt: skip
    number: int = found[0]["number"]
    return number
