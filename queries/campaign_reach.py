"""Whom a campaign reached in the view: exact for any days, shows, episodes, apps, countries and devices, never summed.

By days, shows and episodes from one row per listener, day, campaign and episode. Apps, countries and devices are known
of the downloads in which the ads were delivered, and so as far back as raw events are kept; of what is narrowed by them
a number of fewer than five people is not told, nor one that tells it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection

from queries.attribution.rates import ratio
from queries.filters import Filters
from queries.listening_scope import catalogue_of, dimensions_of, is_by_dimension
from queries.periods import Period
from queries.small_cells import FEWER, NOT_TOLD, is_small, people_of_values
from queries.statements import ask

Span = Literal["period", "whole", "compared"]
Key = Literal["impressions", "reach", "frequency"]
KEYS: tuple[Key, ...] = ("impressions", "reach", "frequency")
REACH_NOT_TOLD = (
    f"Reach of {FEWER} by app, country or device is not shown, nor what it could be worked out from."
)
NOT_KEPT = "Reach by app, country or device is known for the last two years only."
_IN_VIEW = 1
"""The bit of the impressions that miss no filter."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """Impressions of some days and the different listeners they reached."""

    impressions: int
    reach: int

    @property
    def frequency(self) -> Decimal | None:
        """Impressions per listener reached; None where nobody was."""
        return ratio(self.impressions, self.reach)


@dataclass(frozen=True, slots=True)
class CampaignReach:
    """What the spans of the view delivered, None where it is not told, and the reach of each day.

    `tells_days`: whether days are told one by one. `note` says why a figure is not told, `before` why none is compared,
    `notes` the first in a sentence.
    """

    spans: Mapping[Span, Delivered | None]
    by_day: Mapping[date, int] = field(default_factory=dict)
    tells_days: bool = False
    note: str = ""
    before: str = ""
    notes: tuple[str, ...] = ()

    def of(self, key: Key, span: Span) -> int | Decimal | None:
        """A figure of a span; None where there is none to tell."""
        found = self.spans.get(span)
        return None if found is None else getattr(found, key)

    def spark(self, key: Key, impressions: Mapping[date, int], days: Iterable[date]) -> list[int | Decimal]:
        """A figure on each of these days; days without a listener have no frequency, and are left out of it."""
        if not self.tells_days:
            return []
        each = (Delivered(impressions.get(day, 0), self.by_day.get(day, 0)) for day in days)
        return [value for found in each if (value := getattr(found, key)) is not None]


def is_narrowed(f: Filters) -> bool:
    """Whether the view is of a part of the campaign, of which nothing but its delivery is known."""
    return bool(f.podcasts or f.episodes) or is_by_dimension(f)


def campaign_reach(
    connection: Connection,
    f: Filters,
    campaign_id: UUID,
    impressions: Mapping[date, int],
    compared: Period | None,
) -> CampaignReach:
    """The campaign's reach in the view. `impressions`: those of the view's shows and episodes by day."""
    whole = f.whole if f.compared else None
    spans: dict[Span, Period] = {"period": f.period}
    if whole is not None:
        spans["whole"] = whole
    if compared is not None:
        spans["compared"] = compared
    if is_by_dimension(f):
        return reach_from_events(connection, f, [campaign_id], spans)
    rows = ask(
        connection,
        "campaigns/reach",
        campaign_id=campaign_id,
        period_start=f.period.start,
        period_end=f.period.end,
        whole_end=whole.end if whole and whole != f.period else None,
        compared_start=compared.start if compared else None,
        compared_end=compared.end if compared else None,
        **catalogue_of(f),
    )
    return delivered_and_reached(rows, spans, impressions)


def delivered_and_reached(
    rows: Iterable[Mapping[str, Any]], spans: Mapping[Span, Period], impressions: Mapping[date, int]
) -> CampaignReach:
    """Rows of a question for reach (span, day, reach) beside the impressions of the same days."""
    found = {(row["span"], row["day"]): int(row["reach"]) for row in rows}
    if spans.get("whole") == spans["period"]:
        found["whole", None] = found["period", None]
    delivered: dict[Span, Delivered | None] = {
        span: Delivered(
            sum(count for day, count in impressions.items() if period.start <= day < period.end),
            found.get((span, None), 0),
        )
        for span, period in spans.items()
    }
    by_day = {day: reach for (span, day), reach in found.items() if span == "period" and day is not None}
    return CampaignReach(delivered, by_day, tells_days=True)


def is_reach_told(reach: int, outside: Iterable[int], chosen: Iterable[int]) -> bool:
    """Whether the reach of a view narrowed by app, country or device may be told beside that of the whole.

    `outside`: how many people other views hold beside it, who are told by a subtraction. `chosen`: whom each of the
    values reached that make up the view, and whom none but some of them, who are told by leaving values out. None of
    these may be few.
    """
    return not any(map(is_small, (reach, *outside, *chosen)))


def reach_from_events(
    connection: Connection, f: Filters, campaign_ids: Sequence[UUID], spans: Mapping[Span, Period]
) -> CampaignReach:
    """The reach of a view filtered by app, country or device: of one campaign, or of several together."""
    raw_start = ask(connection, "campaigns/raw_start")[0]["raw_start"]
    moments = {span: period.moments(f.zone) for span, period in spans.items()}
    if moments["period"][0] < raw_start:
        return CampaignReach({"period": None}, note="not kept that long", notes=(NOT_KEPT,))
    before = ""
    if "compared" in moments and moments["compared"][0] < raw_start:
        before = "not compared: not kept that long"
    if before or "compared" not in moments:
        moments = {"period": moments["period"]}
    compared = moments.get("compared")
    rows = ask(
        connection,
        "campaigns/reach_by_filter",
        campaign_ids=list(campaign_ids),
        period_from=moments["period"][0],
        period_to=moments["period"][1],
        whole_to=moments["whole"][1] if "whole" in moments else None,
        compared_from=compared[0] if compared else None,
        compared_to=compared[1] if compared else None,
        **catalogue_of(f),
        **dimensions_of(f),
    )
    found = {span: _of_span(rows, span, filters_set(f)) for span in moments}
    period = found["period"]
    if period is None:
        return CampaignReach({"period": None}, note=NOT_TOLD, notes=(REACH_NOT_TOLD,))
    if compared is not None and not _tells_comparison(period, found["whole"], found["compared"]):
        before = f"not compared: {NOT_TOLD}"
    return CampaignReach({"period": period} if before else found, before=before)


def filters_set(f: Filters) -> int:
    """The filters of the view, each with its bit in the statement."""
    named = (f.apps, f.countries, f.devices, f.podcasts or f.episodes)
    return sum(1 << place for place, chosen in enumerate(named) if chosen)


def told_of_view(
    groups: Sequence[tuple[int, int]], chosen: Sequence[tuple[frozenset[str], int]], filters: int
) -> tuple[int, bool]:
    """The reach of a view, and whether it may be told beside the views that it is a part of.

    `groups`: people by what their impressions miss (a bit for each set of filters). `chosen`: those in the view by the
    chosen values that they are with. `filters`: those that are set.
    """
    reach = sum(people for missed, people in groups if missed & _IN_VIEW)
    outside = []
    # Each view that this one is a part of: with one of its filters lifted, or with several.
    for lifted in (one for one in range(1, 16) if one & filters == one):
        others = sum(1 << misses for misses in range(1, 16) if misses & lifted == misses)
        # Those alone outside are what is left when reach is subtracted, the others when impressions are.
        outside.append(sum(people for missed, people in groups if missed & others))
        outside.append(sum(people for missed, people in groups if missed & others and not missed & _IN_VIEW))
    return reach, is_reach_told(reach, outside, people_of_values(chosen))


def _of_span(rows: Iterable[Mapping[str, Any]], span: Span, filters: int) -> Delivered | None:
    """What the view delivered in a span; None where other views would tell of few people."""
    mine = [row for row in rows if row["span"] == span]
    chosen = [(frozenset(row["chosen"]), int(row["reach"])) for row in mine if row["missed"] is None]
    groups = [(row["missed"], int(row["reach"])) for row in mine if row["missed"] is not None]
    impressions = sum(int(row["impressions"]) for row in mine if row["missed"] is not None)
    reach, is_told = told_of_view(groups, chosen, filters)
    # Of nobody known there may be impressions all the same.
    return Delivered(impressions, reach) if is_told and not is_small(impressions) else None


def _tells_comparison(period: Delivered, whole: Delivered | None, compared: Delivered | None) -> bool:
    """Whether the days that are over may be told beside the period, whose last day would be what is left."""
    if whole is None or compared is None:
        return False
    return not is_small(period.reach - whole.reach) and not is_small(period.impressions - whole.impressions)
