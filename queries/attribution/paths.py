"""Which reports are the same conversion: pure functions over conversion events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

SAME_CONVERSION = timedelta(hours=24)
"""Without an order number: same listener and amount within this time of the first report is the same conversion."""
WINDOWS = (7, 14, 30, 60)
"""Days before a conversion for which credit is kept."""
DEFAULT_WINDOW = 30
ANONYMOUS_SOURCES = frozenset({"survey", "promo_code"})


@dataclass(frozen=True, slots=True)
class ConversionEvent:
    """One report of a lead or purchase, as an attribution event holds it."""

    event_id: UUID
    at: datetime
    conversion_type: str
    listener_id: str | None = None
    source: str = ""
    order_id: str | None = None
    value_micros: Decimal | None = None
    currency: str | None = None

    @property
    def is_anonymous_hint(self) -> bool:
        """A survey answer or promo code of nobody, without an order: it widens the bounds and is no conversion."""
        return self.listener_id is None and self.order_id is None and self.source in ANONYMOUS_SOURCES


@dataclass(slots=True)
class Conversion:
    """One conversion with every report of it, the earliest first."""

    reports: list[ConversionEvent] = field(default_factory=list)

    @property
    def event_id(self) -> UUID:
        """The earliest report."""
        return self.reports[0].event_id

    @property
    def converted_at(self) -> datetime:
        """The moment of the earliest report."""
        return self.reports[0].at

    @property
    def last_event_at(self) -> datetime:
        """The moment of the latest report."""
        return self.reports[-1].at

    @property
    def conversion_type(self) -> str:
        """Purchase or lead."""
        return self.reports[0].conversion_type

    @property
    def listener_id(self) -> str | None:
        """The first listener that a report names."""
        return next((report.listener_id for report in self.reports if report.listener_id is not None), None)

    @property
    def source(self) -> str:
        """The source of the earliest report."""
        return self.reports[0].source

    @property
    def sources(self) -> tuple[str, ...]:
        """Every source that reported it, in alphabetical order."""
        return tuple(sorted({report.source for report in self.reports}))

    @property
    def value(self) -> tuple[Decimal | None, str | None]:
        """Amount and currency of the earliest report that carries an amount of a currency."""
        for report in self.reports:
            if report.value_micros is not None and report.currency is not None:
                return report.value_micros, report.currency
        return None, None


_Alike = tuple[str, str, Decimal | None, str | None]


def merge_conversions(events: Iterable[ConversionEvent]) -> list[Conversion]:
    """Each conversion once, oldest first, of one campaign's reports.

    The same order id (of one type) is one conversion however far apart. A report without an order id joins the latest
    conversion of the same listener, type and amount that began at most 24 hours earlier; so does the first report of an
    order to a conversion that has no order id yet. Different order ids stay different. Anonymous hints are left out;
    any other report that names neither listener nor order stands alone. The earliest report is the conversion.

    TRICKY: reports are taken in the order of time (then event id) and a decision never looks ahead, so what happened
    before a moment cannot be regrouped by what is reported after it: an incremental run relies on that.
    """
    conversions: list[Conversion] = []
    by_order: dict[tuple[str, str], Conversion] = {}
    alike: dict[_Alike, list[Conversion]] = {}
    has_order: set[int] = set()
    seen: set[UUID] = set()
    for event in sorted(events, key=lambda event: (event.at, event.event_id)):
        if event.event_id in seen or event.is_anonymous_hint:
            continue
        seen.add(event.event_id)
        order = (event.conversion_type, event.order_id) if event.order_id is not None else None
        same: _Alike | None = None
        if event.listener_id is not None:
            same = (event.listener_id, event.conversion_type, event.value_micros, event.currency)
        found = by_order.get(order) if order else None
        if found is None and same is not None:
            found = _recent(alike.get(same, []), event, has_order if order else frozenset())
        if found is None:
            found = Conversion()
            conversions.append(found)
        found.reports.append(event)
        if order:
            by_order[order] = found
            has_order.add(id(found))
        if same is not None:
            others = [other for other in alike.get(same, []) if other is not found and _in_time(other, event)]
            alike[same] = [*others, found]
    return conversions


def _recent(
    candidates: Sequence[Conversion], event: ConversionEvent, excluded: set[int] | frozenset[int]
) -> Conversion | None:
    """The latest conversion that began at most 24 hours before the event."""
    open_ones = [
        candidate for candidate in candidates if _in_time(candidate, event) and id(candidate) not in excluded
    ]
    return max(open_ones, key=lambda candidate: (candidate.converted_at, candidate.event_id), default=None)


def _in_time(conversion: Conversion, event: ConversionEvent) -> bool:
    return event.at - conversion.converted_at <= SAME_CONVERSION
