"""By which window and which rules downloads were counted, as it is stored with each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from queries.filters import Filters
from queries.ingest.counting.windows import Window
from queries.results import Answer, Column
from queries.statements import ask

_WINDOWS = {
    "calendar_day": f"once per {Window.CALENDAR_DAY.words}",
    "rolling_first_touch": f"once per {Window.ROLLING_FIRST_TOUCH.words}",
    "rolling_last_touch": f"once per {Window.ROLLING_LAST_TOUCH.words}",
    "unknown": "before podboard kept it with each download",
}
_FILTERED = {
    "with_list": "; data centres filtered out by a list of their networks",
    "without_list": "; no list of data centres",
    "source": "; filtered by whoever sent them",
    "unknown": "",
}
# What downloads of two ways may differ by, and the words for more than one of it.
_DIFFERENCES = (
    (("download_window", "time_zone"), "windows"),
    (("rule_version",), "versions of the rules"),
)


def counted_by(connection: Connection, f: Filters) -> Answer:
    """The ways of counting that reach into the period, the earliest first.

    They are the tenant's: podcasts, apps, countries and devices do not narrow them. Columns: words, first_at, last_at
    (between which in the period downloads were counted so); rows carry what the way is made of. Notes: one where the
    period mixes ways that give other numbers.
    """
    rows = ask(
        connection, "listening/counted_by",
        period_start=f.period.start, period_end=f.period.end, time_zone=f.zone.key,
    )  # fmt: skip
    mixed = _differences(rows)
    return Answer(
        (
            Column("words", "Counted"),
            Column("first_at", "First download", "datetime"),
            Column("last_at", "Last download", "datetime"),
        ),
        [{**row, "words": _words(row)} for row in rows],
        as_of=None,
        notes=(f"This period mixes downloads of different {' and '.join(mixed)}: they are not quite alike.",)
        if mixed
        else (),
    )


def _differences(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """By what the ways of counting differ, as far as it is known of them, in words."""
    known = [row for row in rows if row["download_window"] != "unknown"]
    found = [
        words for keys, words in _DIFFERENCES if len({tuple(row[key] for key in keys) for row in known}) > 1
    ]
    # Sources that filtered by themselves are told from requests by each row already.
    if {"with_list", "without_list"} <= {row["data_centres"] for row in known}:
        found.append("filters of data centres")
    return found


def _words(row: Mapping[str, Any]) -> str:
    window = row["download_window"]
    if window == "unknown":
        return _WINDOWS[window]
    zone = f" ({row['time_zone']})" if window == "calendar_day" else ""
    return f"{_WINDOWS[window]}{zone}, {row['rule_version']}{_FILTERED[row['data_centres']]}"
