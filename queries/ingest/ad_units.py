"""Imports ad units: where a campaign's ads stand in episodes. The same again adds nothing.

Impressions are made of downloads as these come in: an ad unit counts from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID, uuid5

from sqlalchemy import Connection

from queries.ingest.batches import BatchDone
from queries.ingest.bookings import campaigns_of
from queries.ingest.cells import RowRefused, found, number_of, one_of, printable, text_of
from queries.ingest.columns import Column
from queries.ingest.events import DryRun
from queries.ingest.imports import ImportResult, importing, result, taken_back
from queries.ingest.references import References
from queries.ingest.small_tables import Line, SmallTable, Told, add_rows, read_small
from queries.ingest.tally import LISTED_REFUSALS, Refusal
from queries.session import Actor

UNIT_TYPES = ("pre_roll", "mid_roll", "post_roll", "host_read")
_IDS = UUID("5c3a5f0e-7a0e-5d5c-9f4b-6f1b6a0c2d44")
_LONGEST_SECONDS = 100 * 3600
_YES, _NO = ("yes", "true", "1", "y"), ("no", "false", "0", "n")
_REASONS = {
    "different": "Another ad unit of this id, or at this place, stands already, with other content.",
    "taken": "Another ad unit of the campaign stands at this place already.",
    "beyond": "The ad unit begins after the end of the episode.",
    "overlong": "The ad unit ends more than a minute after the end of the episode.",
}


def _whole_seconds(key: str, value: Any, negative: str) -> int:
    number = number_of(key, value)
    if number < 0:
        raise RowRefused(negative, found(key, value))
    if number != number.to_integral_value():
        raise RowRefused("This is not a number of whole seconds.", found(key, value))
    if number > _LONGEST_SECONDS:
        raise RowRefused("No episode lasts longer than 100 hours.", found(key, value))
    return int(number)


def _position(key: str, value: Any) -> int:
    return _whole_seconds(key, value, "The ad unit begins before the episode does: its position is negative.")


def _duration(key: str, value: Any) -> int:
    seconds = _whole_seconds(key, value, "A duration is negative.")
    if seconds == 0:
        raise RowRefused("An ad lasts a second at least.", found(key, value))
    return seconds


def _yes_or_no(key: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = text_of(key, value).lower()
    if text not in _YES + _NO:
        raise RowRefused("This is neither yes nor no.", found(key, value))
    return text in _YES


def _name(key: str, value: Any) -> str:
    return text_of(key, value, 2000)


def _unit_type(key: str, value: Any) -> str:
    return _read_type(key, value.replace("-", "_").replace(" ", "_") if isinstance(value, str) else value)


_read_type = one_of(UNIT_TYPES, "The type is pre_roll, mid_roll, post_roll or host_read.")

AD_UNITS = SmallTable(
    "ad_unit", "ad_units", "Ad units",
    (
        Column("id", "The source's own id; without it the place identifies the ad unit", text_of, ("ad_unit_id",)),
        Column("campaign", "The campaign's id or name", _name, ("campaign_id", "campaign_name"), required=True),
        Column("episode", "The episode's id or guid", _name, ("episode_id", "episode_guid", "guid"), required=True),
        Column("unit_type", "One of " + ", ".join(UNIT_TYPES), _unit_type, ("type", "placement"), required=True),
        Column("position_seconds", "Second at which it begins", _position,
               ("position", "second", "start", "start_seconds"), required=True),
        Column("duration_seconds", "How many seconds it lasts", _duration, ("duration", "length"), required=True),
        Column("is_baked_in", "yes when it is part of the file for ever; no unless told", _yes_or_no, ("baked_in",)),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Unit:
    """An ad unit whose references are known."""

    line_number: int
    id: UUID
    body: dict[str, Any]

    @property
    def place(self) -> tuple[Any, ...]:
        """Where it stands: one ad unit of a campaign has it."""
        return self.body["campaign_id"], self.body["episode_id"], self.body["position_seconds"]


def import_ad_units(
    actor: Actor, source: BinaryIO, *, name: str, told: Told, batch_done: BatchDone = lambda *_: None
) -> ImportResult:
    """What became of the rows in a file; `batch_done` hears how far the reading is.

    Raises: ImportRefused when the file as a whole cannot be understood.
    """
    file = read_small(actor, source, AD_UNITS, name, told, record=True, batch_done=batch_done)
    with importing(actor, "ad_units", name, told.source_name, began=file.began) as (
        connection,
        import_id,
        tally,
    ):
        tally.source_sha256 = file.sha256
        tally.notes += file.notes
        tally.imported, tally.duplicate, refusals = _add(connection, actor, file.lines)
        tally.refuse(connection, import_id, sorted(file.refusals + refusals, key=lambda r: r.line_number))
    return result(import_id, "ad_units", tally)


def check_ad_units(
    actor: Actor, source: BinaryIO, *, told: Told, batch_done: BatchDone = lambda *_: None
) -> DryRun:
    """What an import would refuse. Raises: ImportRefused, as an import would."""
    file = read_small(actor, source, AD_UNITS, "", told, record=False, batch_done=batch_done)
    with taken_back(actor) as connection:
        imported, duplicate, refusals = _add(connection, actor, file.lines)
    refused = sorted(file.refusals + refusals, key=lambda r: r.line_number)
    return DryRun(imported + duplicate, len(refused), tuple(refused[:LISTED_REFUSALS]), duplicate, file.notes)


def _add(connection: Connection, actor: Actor, lines: list[Line]) -> tuple[int, int, list[Refusal]]:
    """How many rows are new, how many stood already or came twice, and what is refused."""
    units, refusals, duplicate = _units(connection, actor, lines)
    imported = 0
    rows = [{"line_number": one.line_number, "id": one.id, **one.body} for one in units]
    said, refused = add_rows(connection, "ingest/add_ad_units", rows)
    refusals += refused
    for row in said:
        if row["outcome"] in _REASONS:
            refusals.append(Refusal(row["line_number"], _REASONS[row["outcome"]]))
        elif row["outcome"] == "imported":
            imported += 1
        else:
            duplicate += 1
    return imported, duplicate, refusals


def _units(connection: Connection, actor: Actor, lines: list[Line]) -> tuple[list[_Unit], list[Refusal], int]:
    """The ad units of the lines, each place and id once, what is refused, and how many were told twice."""
    references = References()
    references.learn_episodes(connection, {values["episode"] for _, values in lines})
    campaigns = campaigns_of(connection, {values["campaign"] for _, values in lines})
    by_id: dict[UUID, _Unit] = {}
    places: dict[tuple[Any, ...], UUID] = {}
    refusals: list[Refusal] = []
    twice = 0
    for number, values in lines:
        try:
            unit = _unit(actor, references, campaigns, number, values)
            before = by_id.get(unit.id)
            if before is not None and before.body == unit.body:
                twice += 1
                continue
            if before is not None:
                raise RowRefused(_REASONS["different"], f"line {before.line_number}")
            if unit.place in places:
                raise RowRefused(_REASONS["taken"], f"line {by_id[places[unit.place]].line_number}")
        except RowRefused as refused:
            refusals.append(Refusal(number, refused.reason, refused.detail))
            continue
        by_id[unit.id], places[unit.place] = unit, unit.id
    return list(by_id.values()), refusals, twice


def _unit(
    actor: Actor,
    references: References,
    campaigns: dict[str, UUID | None],
    number: int,
    values: dict[str, Any],
) -> _Unit:
    campaign_id = campaigns.get(values["campaign"])
    if campaign_id is None:
        raise RowRefused(
            "The campaign is not known, or its name is that of several.", printable(values["campaign"])
        )
    body = {
        "campaign_id": campaign_id, "episode_id": references.episode(values["episode"]),
        "unit_type": values["unit_type"], "position_seconds": values["position_seconds"],
        "duration_seconds": values["duration_seconds"], "is_baked_in": values.get("is_baked_in", False),
    }  # fmt: skip
    told = values.get("id") or f"{campaign_id} {body['episode_id']} {body['position_seconds']}"
    return _Unit(number, uuid5(uuid5(_IDS, str(actor.tenant_id)), told), body)
