"""What the names of columns and fields mean: each to the key of a column, with those that a sender told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import orjson

from queries.ingest.cells import RowRefused, printable
from queries.ingest.columns import COLUMNS, DATA_COLUMN, KINDS, Kind, kind_of, names_of, normalised
from queries.ingest.imports import ImportRefused
from queries.ingest.twice import refuse_twice_in_line

Cells = dict[str, Any]


def field_reader(kind: Kind, told: Mapping[str, str] | None = None) -> Callable[[Mapping[str, Any]], Cells]:
    """Reads the fields of an object into cells. What it returns raises RowRefused."""
    names = _names(kind, told or {})

    def read(values: Mapping[str, Any]) -> Cells:
        cells: Cells = {}
        for name, value in values.items():
            key = names.get(name)
            if key is None:
                key = names.get(normalised(name))
            if key is None:
                raise RowRefused("A field is not known.", printable(name))
            if not key:
                continue
            if key in cells:
                raise RowRefused("Two fields mean the same.", key)
            cells[key] = value
        return flat(cells, kind)

    return read


def meant(header: list[str], columns: Mapping[str, str]) -> list[str]:
    """The names with those that were told to mean a column replaced by it."""
    told = {normalised(name): key for name, key in columns.items()}
    return [told.get(normalised(name)) or name for name in header]


def _names(kind: Kind, told: Mapping[str, str]) -> dict[str, str]:
    """Every name with the key it means; a name may be told by any of those a column is known by."""
    own = names_of(kind)
    return {**own, **{normalised(name): own.get(means, means) for name, means in told.items()}}


def known_columns(header: list[str], kind: Kind, noun: str, columns: Mapping[str, str]) -> list[str]:
    """The keys of these names; empty for one that is to be left out."""
    names = _names(kind, columns)
    keys = [names.get(normalised(name)) for name in header]
    unknown = [printable(name.strip()) for name, key in zip(header, keys, strict=True) if key is None]
    if unknown:
        other = next(other for other in KINDS if other != kind)
        hint = f" They are those of {other} events." if kind_of(header) == other else ""
        shown = ", ".join(repr(name) + _meant(name, names) for name in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise ImportRefused(
            f"Unknown {noun}{'s' if len(unknown) > 1 else ''} {shown}{more} for {kind} events; "
            f"nothing was imported.{hint} `podboard import columns` lists the names that are understood, and "
            "--map says what another one means."
        )
    known = [key for key in keys if key is not None]
    twice = next((key for key in known if key and known.count(key) > 1), None)
    if twice is not None:
        same = [name for name, key in zip(header, known, strict=True) if key == twice]
        raise ImportRefused(f"Two {noun}s mean {twice}: {', '.join(repr(name) for name in same)}.")
    return known


def _meant(name: str, names: dict[str, str]) -> str:
    near = get_close_matches(normalised(name), names, n=1, cutoff=0.8)
    return f" ({near[0]}?)" if near else ""


def require_columns(keys: list[str], kind: Kind) -> None:
    """Returns if rows under these columns can be events at all; the data object may hold what has no column."""
    if DATA_COLUMN[kind] in keys:
        return
    absent = [column.key for column in COLUMNS[kind] if column.required and column.key not in keys]
    if kind == "attribution" and not {"campaign_id", "promo_code"} & set(keys):
        absent.append("campaign_id")
    if kind == "listener" and not {"episode_id", "episode_guid"} & set(keys):
        absent.insert(0, "episode_id")
    if absent:
        raise ImportRefused(
            f"There is no column {' and no column '.join(absent)}, which {kind} events need; nothing was imported."
        )


def flat(cells: Cells, kind: Kind) -> Cells:
    """The cells with those of the data object among them."""
    cells.pop("", None)
    data = cells.pop(DATA_COLUMN[kind], None)
    if data is None or data == "":
        return cells
    if isinstance(data, str):
        text = data
        try:
            data = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise RowRefused("The data is not a JSON object.", DATA_COLUMN[kind]) from None
        if isinstance(data, dict):
            refuse_twice_in_line(text.encode(), data)
    if not isinstance(data, dict):
        raise RowRefused("The data is not a JSON object.", DATA_COLUMN[kind])
    names = names_of(kind)
    for name, value in data.items():
        key = names.get(name)
        if key is None or key == DATA_COLUMN[kind]:
            raise RowRefused("A field is not known.", f"{DATA_COLUMN[kind]}.{printable(name)}")
        if cells.get(key) not in (None, "", value):
            raise RowRefused("Two fields mean the same.", key)
        cells[key] = value
    return cells
