"""Whom a campaign reached in each show or episode, and several together, under filters by app, country and device.

A row is told where the view filtered to it is, by the same rules; and no row that is not follows from the others beside
the total of the view.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection

from queries.attribution.rates import ratio
from queries.campaign_reach import (
    REACH_NOT_TOLD,
    CampaignReach,
    Delivered,
    campaign_reach,
    filters_set,
    reach_from_events,
    told_of_view,
)
from queries.filters import Filters
from queries.listening_scope import catalogue_of, dimensions_of
from queries.small_cells import FEWER, NOT_TOLD, SMALL, WITHHELD, is_small, told, withheld
from queries.statements import ask

RowKey = tuple[UUID | None, bool]
"""A show or an episode, and whether it is that of impressions of no known episode."""

ROWS_NOT_TOLD = (
    f"“{SMALL}” and “{WITHHELD}”: impressions and reach of {FEWER} people by app, country or device are not shown, "
    "nor what they could be worked out from."
)
NOT_COMPARED = "not compared under this filter"
_OF_ITS_PLACE = 8
"""What an impression elsewhere than in the row misses beside apps, countries and devices."""


@dataclass(frozen=True, slots=True)
class RowsReached:
    """Impressions and reach of the view's rows; `impressions` of all of them, None where none of it is told: `notes`
    say why."""

    found: Mapping[RowKey, Delivered]
    untold: frozenset[RowKey]
    impressions: int | None
    notes: tuple[str, ...] = ()

    def figures(self, key: RowKey) -> dict[str, Any]:
        """The columns of a row; text in place of what is not told, and then nothing made from it."""
        row = self.found[key]
        if key in self.untold:
            return {
                "impressions": told(row.impressions),
                "share": None,
                "reach": told(row.reach),
                "frequency": None,
            }
        return {
            "impressions": row.impressions,
            "share": ratio(row.impressions, self.impressions),
            "reach": row.reach,
            "frequency": row.frequency,
        }

    def place(self, key: RowKey, name: str) -> tuple[bool, int, str]:
        """Where a row stands: the most first, those that are not told last and by name, as their place would tell."""
        is_untold = key in self.untold
        return is_untold, 0 if is_untold else -self.found[key].impressions, name


def reach_of_rows(
    connection: Connection,
    f: Filters,
    campaign_id: UUID,
    keys: Sequence[RowKey],
    rows_by: Literal["show", "episode"],
) -> RowsReached:
    """The rows `keys` of a campaign's view that is filtered by app, country or device."""
    view = campaign_reach(connection, f, campaign_id, {}, None)
    whole = view.spans["period"]
    if whole is None:
        return RowsReached({}, frozenset(), None, view.notes)
    everybody, groups, values = _read(connection, f, [campaign_id], keys, rows_by)
    filters = filters_set(f) | _OF_ITS_PLACE
    found: dict[RowKey, Delivered] = {}
    untold: set[RowKey] = set()
    for key in keys:
        reached, is_told = told_of_view(_people(groups[key], everybody), values[key], filters)
        found[key] = Delivered(sum(int(row["impressions"]) for row in groups[key]), reached)
        if not is_told or is_small(found[key].impressions):
            untold.add(key)
    # What adds up to the total of the view: one of the rows left out would be told by it.
    counts = [found[key].impressions or int(key in untold) for key in keys]
    hidden = withheld(counts, [place for place, key in enumerate(keys) if key in untold])
    untold |= {keys[place] for place in hidden}
    return RowsReached(found, frozenset(untold), whole.impressions, (ROWS_NOT_TOLD,) if untold else ())


def reach_together(connection: Connection, f: Filters, campaign_ids: Sequence[UUID]) -> CampaignReach:
    """Whom several campaigns together reached in a view that is filtered by app, country or device.

    Told where each of them alone might be told too, and where neither it nor the others without it leave few people.
    It is compared with nothing.
    """
    view = reach_from_events(connection, f, campaign_ids, {"period": f.period})
    if view.spans["period"] is None:
        return view
    keys = [(campaign_id, False) for campaign_id in campaign_ids]
    everybody, groups, values = _read(connection, f, campaign_ids, keys, "campaign")
    filters = filters_set(f)
    for key in keys:
        alone = [(row["own"], row["reach"]) for row in groups[key]]
        among = _people(groups[key], everybody)
        is_told = (
            told_of_view(alone, values[key], filters)[1]
            and told_of_view(among, values[key], filters | _OF_ITS_PLACE)[1]
            and not is_small(sum(int(row["impressions"]) for row in groups[key]))
        )
        if not is_told:
            return CampaignReach({"period": None}, note=NOT_TOLD, notes=(REACH_NOT_TOLD,))
    return replace(view, before=NOT_COMPARED if f.compared else "")


def _read(
    connection: Connection, f: Filters, campaign_ids: Sequence[UUID], keys: Sequence[RowKey], rows_by: str
) -> tuple[
    Counter[int], dict[RowKey, list[Mapping[str, Any]]], dict[RowKey, list[tuple[frozenset[str], int]]]
]:
    """Everybody by what their impressions miss, and of each row its people so, and by the values they are with."""
    period_from, period_to = f.period.moments(f.zone)
    rows = ask(
        connection,
        "campaigns/reach_of_rows_by_filter",
        campaign_ids=list(campaign_ids),
        period_from=period_from,
        period_to=period_to,
        rows_by=rows_by,
        **catalogue_of(f),
        **dimensions_of(f),
    )
    everybody = Counter[int]()
    groups: dict[RowKey, list[Mapping[str, Any]]] = {key: [] for key in keys}
    values: dict[RowKey, list[tuple[frozenset[str], int]]] = {key: [] for key in keys}
    for row in rows:
        key = row["row_id"], row["is_unknown"]
        if row["kind"] == "everybody":
            everybody[row["elsewhere"]] += row["reach"]
        elif row["kind"] == "row" and key in groups:
            groups[key].append(row)
        elif row["kind"] == "values" and key in values:
            values[key].append((frozenset(row["chosen"]), row["reach"]))
    return everybody, groups, values


def _people(rows: Sequence[Mapping[str, Any]], everybody: Mapping[int, int]) -> list[tuple[int, int]]:
    """How many listeners there are by what their impressions miss, whether reached in the row or elsewhere alone."""
    groups = [(row["own"] | row["elsewhere"] << _OF_ITS_PLACE, row["reach"]) for row in rows]
    others = Counter(everybody)
    for row in rows:
        others[row["own"] | row["elsewhere"]] -= row["reach"]
    return groups + [(missed << _OF_ITS_PLACE, people) for missed, people in others.items() if people > 0]
