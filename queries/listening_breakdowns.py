"""Downloads of a period by episode, app, country and device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from queries.changes import change_ratio
from queries.filters import Filters
from queries.listening_scope import (
    Cells,
    Limits,
    Slice,
    catalogue_of,
    cells_of,
    column_of,
    dimensions_of,
    is_by_dimension,
    limits_of,
    periods_of,
    ratio,
    whole_end_of,
)
from queries.metrics import metric
from queries.results import Answer, Column, rest_name
from queries.small_cells import BUCKETS_NOT_TOLD, ROWS_NOT_TOLD, VIEW_NOT_TOLD, told, withheld
from queries.statements import ask

_FIRST_WEEK = timedelta(hours=168)
_MISSING = {
    "beginning": "not known: the data begins after publication",
    "end": "not complete yet: the data does not reach the end of the 168 hours",
}
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

    first_7_day_downloads is None until 168 hours after publication are over, where data of them is missing, and under
    a filter by app, country or device; first_7_day_state says which: complete, not complete yet, not known, not counted
    yet or not known by this filter, where data is missing with the reason after a colon.
    Totals: downloads and number of all episodes downloaded in the period.
    """
    limits = limits_of(connection, f)
    found = ask(
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
    cells = cells_of(connection, f, with_episodes=True) if is_by_dimension(f) else None
    is_told = cells is None or cells.tells("downloads")
    if not is_told:
        found = []
    elif cells is not None and not cells.tells_comparison():
        f, limits = replace(f, comparison="none"), replace(limits, has_earlier=False)
    everything = found[0] if found else None
    # Where nothing but deleted ones was downloaded, no episode is listed, and all of it is in the last row.
    rows = [row for row in found if row["episode_id"] is not None]
    counted = [_counted(row, f, limits) for row in rows]
    others = _other_episodes(everything, rows, f, limits)
    has_small = cells is not None and _withhold_episodes(rows, counted, others, cells)
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
                    **counts,
                    "first_7_day_downloads": None if is_by_dimension(f) else row["first_7_day_downloads"],
                    "first_7_day_state": _first_week(row, f),
                }
                for row, counts in _last_untold(rows, counted)
            ),
            *others,
        ],
        as_of=limits.rollups,
        partial_from=f.partial_from,
        notes=(VIEW_NOT_TOLD,) if not is_told else (BUCKETS_NOT_TOLD,) if has_small else (),
        totals={
            "downloads": everything["all_downloads"] if everything else 0 if is_told else None,
            "episodes": everything["episodes"] if everything else 0,
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
    cells = cells_of(connection, f, dimension)
    is_told = cells.tells("downloads")
    if not cells.tells_comparison():
        f, limits = replace(f, comparison="none"), replace(limits, has_earlier=False)
    found = {count: cells.by(dimension, count) for count in ("downloads", "whole", "previous")}
    downloads, whole, previous = (sums for sums, _ in found.values())
    all_downloads = sum(downloads.values())
    counted = [
        {
            dimension: name,
            **_counted(
                {
                    "downloads": downloads.get(name, 0),
                    "whole": whole.get(name, 0),
                    "previous": previous.get(name, 0),
                    "all_downloads": all_downloads,
                },
                f,
                limits,
            ),
        }
        for name in sorted(downloads, key=lambda name: (-downloads[name], name))
    ]
    has_small = _withhold(
        counted, *([row[dimension] in untold for row in counted] for _, untold in found.values())
    )
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


def _withhold(rows: Sequence[dict[str, Any]], *hidden: Sequence[bool]) -> bool:
    """Puts words in the place of the counts that are not told (of the period, of its days that are over, and before);
    whether there is one in the column that is shown."""
    own, whole, previous = (
        {place for place, is_hidden in enumerate(places) if is_hidden} for places in hidden
    )
    # What is over of a period tells of the whole of it, and a change tells one of its sides from the other.
    places = {
        "downloads": own,
        "compared_value": own | withheld([row["compared_value"] or 0 for row in rows], own | whole),
        "previous": previous,
    }
    for key, untold in places.items():
        for place in untold:
            row = rows[place]
            if key == "downloads":
                row["share"] = None
            if row[key] is not None:
                row[key] = told(row[key])
                row["change_ratio"] = None
    return any(hidden[0])


def _withhold_episodes(
    rows: Sequence[Mapping[str, Any]],
    counted: Sequence[dict[str, Any]],
    others: Sequence[dict[str, Any]],
    cells: Cells,
) -> bool:
    """The same for episodes under a filter by app, country or device, among all of which the small ones are looked for.

    The row of the others goes along where it holds one that is not told and another one stands in the list: else it is
    what the rows leave of the total.
    """
    listed = {row["episode_id"] for row in rows}
    untold = [cells.untold_episodes(count) for count in ("downloads", "whole", "previous")]
    return _withhold(
        [*counted, *others],
        *(
            [*(row["episode_id"] in of for row in rows), *(bool(of - listed and of & listed) for _ in others)]
            for of in untold
        ),
    )


def _last_untold(
    rows: Sequence[Mapping[str, Any]], counted: Sequence[dict[str, Any]]
) -> list[tuple[Mapping[str, Any], dict[str, Any]]]:
    """The rows, those that are not told last and by name: their place would tell them apart."""
    pairs = list(zip(rows, counted, strict=True))
    return sorted(
        pairs,
        key=lambda pair: (True, pair[0]["title"]) if isinstance(pair[1]["downloads"], str) else (False, ""),
    )


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


def _other_episodes(
    everything: Mapping[str, Any] | None, rows: Sequence[Mapping[str, Any]], f: Filters, limits: Limits
) -> list[dict[str, Any]]:
    """One row for the episodes beyond those listed, so that the columns add up to the totals; none without any."""
    others = everything["episodes"] - len(rows) if everything else 0
    if everything is None or not others:
        return []
    keys = ("downloads", "whole", "previous")
    left = {
        key: None
        if everything[f"all_{key}"] is None
        else everything[f"all_{key}"] - sum(row[key] for row in rows)
        for key in keys
    }
    return [
        {
            "title": rest_name(others),
            **_counted({**left, "all_downloads": everything["all_downloads"]}, f, limits),
            "is_rest": True,
        }
    ]


def _first_week(row: Mapping[str, Any], f: Filters) -> str:
    if is_by_dimension(f):
        return "not known by this filter"
    if row["first_7_day_downloads"] is not None:
        return "complete"
    if row["first_7_day_missing"] is not None:
        return _MISSING[row["first_7_day_missing"]]
    is_over = row["published_at"] is not None and row["published_at"] + _FIRST_WEEK <= f.now
    return "not counted yet" if is_over else "not complete yet"
