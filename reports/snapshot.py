"""A report's snapshot: every answer the PDF shows, as JSON, so that it renders again without the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from queries.errors import InvalidRequest
from queries.filters import Filters, parse_filters
from queries.results import Answer, Column

VERSION = 3
"""Version of the shape below; a snapshot of another version is refused instead of being misread."""


@dataclass(frozen=True, slots=True)
class Brand:
    """How the tenant appears on paper."""

    name: str
    colour: str
    logo_svg: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a PDF is made from.

    `facts` are single values of the subject (a campaign's flight), `answers` are the query functions' own results by
    name. `filters` is the absolute view; `now` inside it is the moment the numbers were read.
    `data_centres` says in words whether they were filtered out, `counted` by which windows and rules downloads of the
    period were counted; reports of before they were kept say nothing.
    """

    report_type: str
    title: str
    sentence: str
    brand: Brand
    filters: Filters
    link: str
    made_for: str
    rule_version: str
    data_centres: str = ""
    counted: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)

    @property
    def as_of(self) -> datetime | None:
        """The oldest as-of of the answers: everything in the report is at least this complete."""
        return min(
            (answer.as_of for answer in self.answers.values() if answer.as_of is not None), default=None
        )

    def to_json(self) -> dict[str, Any]:
        """The snapshot as what `reports.report_data` holds."""
        return {
            "version": VERSION,
            "report_type": self.report_type,
            "title": self.title,
            "sentence": self.sentence,
            "brand": {"name": self.brand.name, "colour": self.brand.colour, "logo_svg": self.brand.logo_svg},
            "filters": self.filters.to_query(),
            "zone": self.filters.zone.key,
            "now": _written(self.filters.now),
            "as_of": _written(self.as_of),
            "link": self.link,
            "made_for": self.made_for,
            "rule_version": self.rule_version,
            "data_centres": self.data_centres,
            "counted": list(self.counted),
            "facts": _fields(self.facts),
            "sections": [{"key": key, **_answer_to_json(answer)} for key, answer in self.answers.items()],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Snapshot:
        """The snapshot that `to_json` wrote. Raises InvalidRequest for another version."""
        if data.get("version") != VERSION:
            raise InvalidRequest(
                "This report was made by another version of podboard and cannot be drawn again."
            )
        zone = ZoneInfo(data["zone"])
        return cls(
            report_type=data["report_type"],
            title=data["title"],
            sentence=data["sentence"],
            brand=Brand(**data["brand"]),
            filters=parse_filters(data["filters"], zone=zone, now=_read(data["now"])),
            link=data["link"],
            made_for=data["made_for"],
            rule_version=data["rule_version"],
            data_centres=data.get("data_centres", ""),
            counted=tuple(data.get("counted", ())),
            facts=_values(data["facts"]),
            answers={section["key"]: _answer_from_json(section) for section in data["sections"]},
        )


def _answer_to_json(answer: Answer) -> dict[str, Any]:
    return {
        "columns": [
            {"key": column.key, "label": column.label, "unit": column.unit, "metric": column.metric}
            for column in answer.columns
        ],
        "rows": [_fields(row) for row in answer.rows],
        "totals": _fields(answer.totals),
        "notes": list(answer.notes),
        "as_of": _written(answer.as_of),
        "partial_from": _written(answer.partial_from),
    }


def _answer_from_json(data: Mapping[str, Any]) -> Answer:
    return Answer(
        columns=tuple(Column(**column) for column in data["columns"]),
        rows=[_values(row) for row in data["rows"]],
        as_of=_read(data["as_of"]),
        partial_from=_read(data["partial_from"]),
        notes=tuple(data["notes"]),
        totals=_values(data["totals"]),
    )


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _written(value) for key, value in row.items()}


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _read(value) for key, value in row.items()}


def _written(value: Any) -> Any:
    """The value in JSON, exactly: what JSON has no type for becomes {"<type>": text}."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, float):
        # repr names the same float again; as text it also survives a JSON writer that rounds.
        return {"float": repr(value)}
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("A moment in a snapshot has a zone.")
        return {"moment": value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, UUID):
        return {"id": str(value)}
    if isinstance(value, Mapping):
        return {"object": _fields({str(key): each for key, each in value.items()})}
    if isinstance(value, list | tuple | frozenset | set):
        return [_written(each) for each in value]
    raise TypeError(f"A snapshot cannot hold {type(value).__name__}.")


_READERS: dict[str, Callable[[Any], Any]] = {
    "decimal": Decimal,
    "float": float,
    "moment": datetime.fromisoformat,
    "day": date.fromisoformat,
    "id": UUID,
    "object": _values,
}


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return [_read(each) for each in value]
    if isinstance(value, dict):
        ((kind, written),) = value.items()
        return _READERS[kind](written)
    return value
