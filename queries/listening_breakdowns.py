"""Downloads of a period by episode, app, country and device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Connection

from queries.changes import change_ratio
from queries.filters import Filters
from queries.listening_scope import (
    Limits,
    catalogue_of,
    column_of,
    dimensions_of,
    is_by_dimension,
    is_too_small,
    limits_of,
    periods_of,
    ratio,
    whole_end_of,
)
from queries.metrics import metric
from queries.results import Answer, Column, rest_name
from queries.small_cells import ROWS_NOT_TOLD, VIEW_NOT_TOLD, told, withheld
from queries.statements import ask

_FIRST_WEEK = timedelta(hours=168)
Slice = Literal["app", "country", "device_type"]
_SLICE_LABELS: dict[Slice, str] = {"app": "App", "country": "Country", "device_type": "Device"}
_COUNTED = (
    column_of("downloads"),
    Column("share", "Share", "ratio"),
    column_of("downloads", key="compared_value", label="Downloads of whole days"),
    column_of("downloads", key="previous", label="Downloads before"),
    Column("change_ratio", "Change", "ratio"),
)


def top_episodes(connection: Connection, f: Filters, limit: int = 10) -> Answer:
    """Episodes by downloads in the period, most first, and in a last row (`is_rest`) all that follow.

    first_7_day_downloads is None until 168 hours after publication are over, and under a filter by app, country or
    device; first_7_day_state says which: complete, not complete yet, not counted yet or not known by this filter.
    Totals: downloads and number of all episodes downloaded in the period.
    """
    limits = limits_of(connection, f)
    rows = ask(
        connection,
        "listening/top_episodes",
        **periods_of(f),
        **catalogue_of(f),
        **dimensions_of(f),
        by_dimension=is_by_dimension(f),
        **whole_end_of(f),
        row_limit=limit,
        now=f.now,
    )
    is_told = not rows or not is_too_small(f, rows[0]["all_downloads"])
    if not is_told:
        rows = []
    elif rows and is_too_small(f, rows[0]["all_whole"], rows[0]["all_previous"]):
        f, limits = replace(f, comparison="none"), replace(limits, has_earlier=False)
    return Answer(
        columns=(
            Column("episode_id", "Episode id", in_csv=False),
            Column("title", "Episode"),
            Column("podcast_name", "Podcast"),
            Column("published_at", "Published", "datetime"),
            *_COUNTED,
            column_of("first_7_day_downloads"),
            Column("first_7_day_state", f"{metric('first_7_day_downloads').label}: state"),
        ),
        rows=[
            *(
                {
                    "episode_id": row["episode_id"],
                    "title": row["title"],
                    "podcast_name": row["podcast_name"],
                    "published_at": row["published_at"],
                    **_counted(row, f, limits),
                    "first_7_day_downloads": None if is_by_dimension(f) else row["first_7_day_downloads"],
                    "first_7_day_state": _first_week(row, f),
                }
                for row in rows
            ),
            *_other_episodes(rows, f, limits),
        ],
        as_of=limits.rollups,
        partial_from=f.partial_from,
        notes=() if is_told else (VIEW_NOT_TOLD,),
        totals={
            "downloads": rows[0]["all_downloads"] if rows else 0 if is_told else None,
            "episodes": rows[0]["episodes"] if rows else 0,
        },
    )


def downloads_by_app(connection: Connection, f: Filters) -> Answer:
    """Downloads of the period per app, most first: app, downloads, share, previous, change_ratio."""
    return _slices(connection, f, "app")


def downloads_by_country(connection: Connection, f: Filters) -> Answer:
    """Downloads of the period per country (ISO code), most first: country, downloads, share, previous, change_ratio."""
    return _slices(connection, f, "country")


def downloads_by_device(connection: Connection, f: Filters) -> Answer:
    """Downloads of the period per type of device, most first: device_type, downloads, share, previous, change_ratio."""
    return _slices(connection, f, "device_type")


def _slices(connection: Connection, f: Filters, dimension: Slice) -> Answer:
    """Every slice, however many: a list that has no room for all of them sums up the rest itself.

    Small cells: their downloads are text ("<5", hidden), have neither share nor change, and stand last by name: their
    place would tell them apart. They are looked for in each column of counts, among all slices of its days.
    Totals: downloads and number of all slices; `withheld` says why some are not told, or is empty.
    """
    limits = limits_of(connection, f)
    rows = ask(
        connection,
        "listening/downloads_by_slice",
        dimension=dimension,
        **periods_of(f),
        **catalogue_of(f),
        **dimensions_of(f),
        **whole_end_of(f),
    )
    all_downloads = sum(row["downloads"] for row in rows)
    is_told = not is_too_small(f, all_downloads)
    counted = [
        {dimension: row["slice"], **_counted({**row, "all_downloads": all_downloads}, f, limits)}
        for row in rows
    ]
    has_small = _withhold(counted)
    shown = [row for row in counted if row["downloads"] and is_told]
    return Answer(
        columns=(Column(dimension, _SLICE_LABELS[dimension]), *_COUNTED),
        rows=sorted(shown, key=lambda row: (isinstance(row["downloads"], str), _place(row, dimension))),
        as_of=limits.rollups,
        partial_from=f.partial_from,
        notes=() if is_told else (VIEW_NOT_TOLD,),
        totals={
            "downloads": all_downloads if is_told else None,
            "slices": len(shown),
            "withheld": ROWS_NOT_TOLD if has_small else "",
        },
    )


def _place(row: Mapping[str, Any], dimension: Slice) -> str:
    """The place of a row among those whose count is withheld; the others come sorted."""
    return str(row[dimension]) if isinstance(row["downloads"], str) else ""


def _withhold(rows: Sequence[dict[str, Any]]) -> bool:
    """Puts words in the place of the counts that are not told; whether there is one in the column that is shown."""
    counts = {key: [row[key] or 0 for row in rows] for key in ("downloads", "compared_value", "previous")}
    hidden = withheld(counts["downloads"])
    # What is over of a period tells of the whole of it, and a change tells one of its sides from the other.
    places = {
        "downloads": hidden,
        "compared_value": withheld(counts["compared_value"], hidden),
        "previous": withheld(counts["previous"]),
    }
    for key, own in places.items():
        for place in own:
            row = rows[place]
            if key == "downloads":
                row["share"] = None
            if row[key] is not None:
                row[key] = told(row[key])
                row["change_ratio"] = None
    return bool(hidden)


def _counted(row: Mapping[str, Any], f: Filters, limits: Limits) -> dict[str, Any]:
    whole = row["whole"] if f.compared is not None else None
    previous = row["previous"] if limits.has_earlier else None
    return {
        "downloads": row["downloads"],
        "share": ratio(row["downloads"], row["all_downloads"]),
        "compared_value": whole,
        "previous": previous,
        "change_ratio": change_ratio(whole, previous),
    }


def _other_episodes(rows: Sequence[Mapping[str, Any]], f: Filters, limits: Limits) -> list[dict[str, Any]]:
    """One row for the episodes beyond those listed, so that the columns add up to the totals; none without any."""
    others = rows[0]["episodes"] - len(rows) if rows else 0
    if not others:
        return []
    keys = ("downloads", "whole", "previous")
    left = {
        key: None if rows[0][f"all_{key}"] is None else rows[0][f"all_{key}"] - sum(row[key] for row in rows)
        for key in keys
    }
    return [
        {
            "title": rest_name(others),
            **_counted({**left, "all_downloads": rows[0]["all_downloads"]}, f, limits),
            "is_rest": True,
        }
    ]


def _first_week(row: Mapping[str, Any], f: Filters) -> str:
    if is_by_dimension(f):
        return "not known by this filter"
    if row["first_7_day_downloads"] is not None:
        return "complete"
    is_over = row["published_at"] is not None and row["published_at"] + _FIRST_WEEK <= f.now
    return "not counted yet" if is_over else "not complete yet"
