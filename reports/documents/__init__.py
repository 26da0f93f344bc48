"""The reports there are: each reads its answers as the person may, and lays them out from the snapshot alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from queries.errors import InvalidRequest
from queries.filters import Filters
from queries.results import Answer
from reports.documents.blocks import Section
from reports.snapshot import Snapshot

if TYPE_CHECKING:
    from queries.session import Connection

Step = Callable[[str], None]
"""Told what is read next, between two questions."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a document read: its subject, opening sentence, single facts and answers by name."""

    title: str
    sentence: str
    facts: Mapping[str, Any]
    answers: Mapping[str, Answer]
    campaign_id: UUID | None = None
    podcast_ids: Sequence[UUID] = field(default=())


class Document(Protocol):
    """One kind of report."""

    LABEL: str

    def read(self, connection: Connection, filters: Filters, step: Step) -> Draft:
        """Every number of the report, in one transaction of the person it is for."""

    def address(self, filters: Filters) -> str:
        """The page that shows the same, with its query."""

    def compose(self, snapshot: Snapshot) -> Sequence[Section]:
        """The report's sections, from the snapshot alone."""


_MODULES = {"campaign_performance", "podcast_audience"}


def document(report_type: str) -> Document:
    """The document of that type. Raises InvalidRequest for an unknown one."""
    if report_type not in _MODULES:
        raise InvalidRequest("There is no such kind of report.", field="report_type")
    found: Any = import_module(f"reports.documents.{report_type}")
    document: Document = found
    return document
