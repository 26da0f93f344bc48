"""Phrases that documents share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from queries.filters import Filters
from queries.results import Answer
from reports.formatting import instant, period
from reports.labels import dimension_name

if TYPE_CHECKING:
    from queries.data_centres import DataCentres

_FILTERS = (
    ("app", "App", "Apps"),
    ("country", "Country", "Countries"),
    ("device", "Device", "Devices"),
)
_MOST_NAMES = 3
"""Names of one filter that stand in a line; the annex of a paper has them all."""
_TOLD_BY_OTHERS = "Downloads that files and the API told come without bytes: their senders counted them."


def compared_words(filters: Filters) -> str:
    """What the period is compared with: "1–30 Sep 2026"; empty without a comparison."""
    before = filters.compared
    return period(before.start, before.end, filters.zone) if before else ""


def against_words(filters: Filters) -> str:
    """What changes are taken against, and which days they are of where the period is not over."""
    before, whole = filters.compared, filters.whole
    if before is None or whole is None or whole == filters.period:
        return compared_words(filters)
    days = period(whole.start, whole.end, filters.zone)
    return f"{compared_words(filters)}, of the days that are over ({days})"


def period_words(filters: Filters) -> str:
    """The period itself: "1–31 Oct 2026"."""
    return period(filters.period.start, filters.period.end, filters.zone)


def filter_words(filters: Filters, *, episodes: Sequence[str] = ()) -> list[tuple[str, list[str]]]:
    """What the numbers of a paper are narrowed to, by name: ("Countries", ["Norway", "Sweden"]); podcasts are named in
    the title.

    `episodes`: the titles of those chosen; where they are not given it is said how many there are.

    Of a campaign a part of the numbers knows no show, episode, app, country or device: its paper says so itself.
    """
    return [] if filters.campaign_id is not None else narrowing_words(filters, episodes=episodes)


def narrowing_words(filters: Filters, *, episodes: Sequence[str] = ()) -> list[tuple[str, list[str]]]:
    """The same, of whatever the view is."""
    chosen = {"app": filters.apps, "country": filters.countries, "device": filters.devices}
    said = [
        (one if len(chosen[key]) == 1 else many, [dimension_name(key, value) for value in chosen[key]])
        for key, one, many in _FILTERS
        if chosen[key]
    ]
    if filters.episodes:
        said.append(
            (
                "Episodes" if len(filters.episodes) > 1 else "Episode",
                list(episodes) or [f"{len(filters.episodes)} chosen"],
            )
        )
    return said


def filter_line(filters: Filters) -> str:
    """The filters of a paper in one line: "Countries: Norway and Sweden · App: Overcast"; empty where none is set."""
    return words_line(filter_words(filters))


def words_line(words: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Filters and what is chosen of each in one line."""
    return " · ".join(f"{label}: {listed(names, limit=_MOST_NAMES)}" for label, names in words)


def titled(title: str, filters: Filters) -> str:
    """What a report is called among others: its subject, its days, and what it is narrowed to."""
    return " · ".join(part for part in (f"{title}, {period_words(filters)}", filter_line(filters)) if part)


def data_centres_words(found: DataCentres, *, when: str = "at present") -> str:
    """Whether data centres and VPNs are filtered out, `when` that is so, and what imported access logs had instead.

    "filter off, no list installed at present; of 3 imported access logs 2 were counted with a list, 1 without".
    """
    said = (
        f"filter on {when}, by {listed(found.lists, limit=_MOST_NAMES)}"
        if found.lists
        else f"filter off, no list installed {when}"
    )
    logs = found.with_list + found.without_list
    if not logs:
        return said
    if found.with_list and found.without_list:
        return (
            f"{said}; of {logs} imported access logs {found.with_list} {'was' if found.with_list == 1 else 'were'} "
            f"counted with a list, {found.without_list} without"
        )
    which = "the imported access log was" if logs == 1 else f"all {logs} imported access logs were"
    return f"{said}; {which} counted {'with' if found.with_list else 'without'} a list"


def counted_words(counted: Answer, zone: ZoneInfo) -> list[str]:
    """The ways in which downloads were counted, each with when the downloads happened that were counted so."""
    if not counted.rows:
        return ["Of the downloads of this period none says how it was counted."]
    return [
        f"{row['words']} (until {instant(row['last_at'], zone)}, where there were any)"
        if row["download_window"] == "unknown"
        else f"{row['words']} (downloads of "
        f"{period(row['first_at'], row['last_at'] + timedelta(microseconds=1), zone)})"
        for row in counted.rows
    ]


def unmeasured_words(found: Answer) -> str:
    """Of how many downloads of a view it is not known how many bytes were sent, by source; empty without downloads.

    "1,204 of 5,310 downloads here counted although it is not known how many bytes were sent: 1,204 from the …".
    """
    unmeasured, downloads = found.totals["unmeasured"], found.totals["downloads"]
    if unmeasured is None:
        return " ".join(found.notes)
    if not downloads:
        return ""
    if not unmeasured:
        said = "No download here is labelled as counted without knowing how many bytes were sent."
    else:
        sources = [f"{row['unmeasured']:,} from {row['words']}" for row in found.rows]
        said = (
            f"{unmeasured:,} of {downloads:,} downloads here counted although it is not known how many bytes were "
            f"sent: {listed(sources, limit=len(sources))}."
        )
    return f"{said} {_TOLD_BY_OTHERS}"


def unmeasured_ads_words(found: Answer) -> str:
    """The same of impressions: how many are of downloads whose bytes nobody knows; empty without impressions."""
    unmeasured, impressions = found.totals["unmeasured"], found.totals["impressions"]
    if unmeasured is None:
        return " ".join(found.notes)
    if not impressions:
        return ""
    if not unmeasured:
        said = "No impression here is of a download labelled as counted without knowing how many bytes were sent."
    else:
        sources = [f"{row['unmeasured']:,} from {row['words']}" for row in found.rows]
        said = (
            f"{unmeasured:,} of {impressions:,} impressions here are of downloads that counted although it is not "
            "known how many bytes were sent, and so not whether all of the ad was: "
            f"{listed(sources, limit=len(sources))}."
        )
    return f"{said} {_TOLD_BY_OTHERS}"


def listed(names: Sequence[str], *, limit: int) -> str:
    """Names in a row: "A, B and C", "A, B and 7 more"."""
    if len(names) > limit:
        return f"{', '.join(names[:limit])} and {len(names) - limit} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
