"""Where a tenant's data comes from: how each source is doing, and as of when what it brought is complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from queries.ingest.origins import API_KEY, HOURLY, LINKS
from queries.results import Answer, Column
from queries.statements import ask


def has_data(connection: Connection) -> bool:
    """Whether the tenant has a download or an impression, whatever the reader sees of them."""
    return ask(connection, "sources/data_to")[0]["data_to"] is not None


_SUBJECTS = {
    "listener_events": "Downloads and plays",
    "impressions": "Impressions",
    "conversions": "Visits and conversions",
    "feeds": "Podcast feeds",
    "transcripts": "Transcripts",
    "bookings": "Bookings",
    "ad_units": "Ad units",
    "retention_curves": "Retention curves of platforms",
}


_IMPORTS = {
    "feed": "Podcast feed",
    "listener_events": "Downloads and plays",
    "attribution_events": "Impressions and conversions",
    "access_log": "Access log",
    "bookings": "Bookings",
    "conversions": "Conversions",
    "transcripts": "Transcript",
    "retention_curves": "Retention curves",
    "ad_units": "Ad units",
}
_STATES = {"completed": "done", "running": "running", "failed": "failed"}
_OF_DOWNLOADS = {
    "label": "Made of downloads", "imported_at": None, "import_source": None, "records_imported": None,
    "records_refused": None, "failed_at": None, "error_message": None,
}  # fmt: skip
"""Impressions that nobody sends: what came and what failed is told of the downloads."""
_DAY_BY_DAY = ("listener_events", "impressions", "conversions")
_SHOWN_FILES, _SHOWN_HOURS = 50, 10
LISTED_IMPORTS = 100_000
"""So many imports a list has at most, unless somebody says how many."""
_PAUSES = 4
"""So many times a source must have stayed away before anybody can say how long it usually does."""
_ENDED_AFTER_DAYS = 60


def sources(connection: Connection, *, today: date | None = None) -> Answer:
    """One row per named source and kind of data, and one per kind that has none: subject, name, label, state,
    complete_to, imported_at, import_source, records_imported, records_refused, failed_at, error_message, came_last_on,
    usual_days; of feeds also feeds, feeds_failing, feeds_stopped. `today`: the day in UTC, otherwise that of the clock.

    `complete_to`: of events the last one that the source brought, and no later than now, as clocks of sources run
    ahead; of feeds the moment since which each was asked, else the last import. States: good; failed (newer imports of
    the source did, the first of them at `failed_at`); failing (so do feeds that are asked by the clock, as they tell
    themselves: one address in vain is no source); silent (it came last on `came_last_on`, and no later than every
    `usual_days` days before); ended (silent for two months); refused (no row of it was ever taken, nor read and left
    out by a counting rule); nothing yet (it never had a row). Feeds and transcripts stand for themselves elsewhere,
    each of them one row here.
    """
    now = datetime.now(UTC)
    today = today or now.date()
    named: dict[str, list[dict[str, Any]]] = {}
    for row in ask(connection, "sources/named_sources", links=list(LINKS), named=list(LINKS.values())):
        named.setdefault(row["subject"], []).append(row)
    rows = []
    for kind in ask(connection, "sources/sources"):
        label = _SUBJECTS[kind["subject"]]
        found = named.get(kind["subject"], [])
        if not found:
            is_made = kind["subject"] == "impressions"
            of_kind = {**kind, **_OF_DOWNLOADS} if is_made else {**kind, "label": ""}
            rows.append({**of_kind, "name": label, "state": _state_of_source(of_kind)})
        for one in found:
            # Of imports before there were names nobody knows how far they reached; of one source alone the events tell.
            reached = one["complete_to"] or (kind["complete_to"] if len(found) == 1 else None)
            told = {**one, "label": label, "complete_to": reached, **_rhythm(one)}
            state = _state_of_source(told, today, is_read=_is_read(one))
            is_empty = state in ("refused", "nothing yet")
            rows.append({**told, "state": state} | ({"complete_to": None} if is_empty else {}))
    for row in rows:
        if row["complete_to"] is not None:
            row["complete_to"] = min(row["complete_to"], now)
    return Answer(
        (
            Column("name", "Source"),
            Column("label", "What"),
            Column("state", "State"),
            Column("complete_to", "Data up to", "datetime"),
            Column("imported_at", "Last import", "datetime"),
            Column("import_source", "From"),
            Column("records_imported", "Rows taken", "count"),
            Column("records_refused", "Rows refused", "count"),
            Column("failed_at", "Failed since", "datetime"),
            Column("error_message", "Problem"),
            Column("came_last_on", "New data last came", "date"),
            Column("usual_days", "Days between, as a rule at most", "count"),
        ),
        rows,
        as_of=now,
        covers=None,
    )


def _rhythm(source: Mapping[str, Any]) -> dict[str, Any]:
    """When a source came last, and how many days it usually stays away at most; None where it came too seldom to tell.

    The longest pause is left out: an outage of before does not excuse the next one, and weekends are several. Bookings
    and the like come when there are some.
    """
    days = sorted(source["came_on"] or []) if source["subject"] in _DAY_BY_DAY else []
    pauses = sorted((after - before).days for before, after in pairwise(days))
    return {
        "came_last_on": days[-1] if days else None,
        "usual_days": pauses[-2] if len(pauses) >= _PAUSES else None,
    }


def imports(connection: Connection) -> Answer:
    """The newest imports of files and feeds, and beside them the newest hours, so that neither hides the other; the
    rows of `every_import`. Of `totals`, `older` says whether there are more than these.
    """
    found = _imports(connection, None, _SHOWN_FILES + 1, _SHOWN_HOURS + 1)
    left = {True: _SHOWN_HOURS, False: _SHOWN_FILES}
    rows = []
    for row in found:
        if left[row["is_hour"]]:
            left[row["is_hour"]] -= 1
            rows.append(row)
    return replace(_answer_of_imports(rows), totals={"older": len(found) > len(rows)})


def every_import(connection: Connection, *, source: str | None = None, limit: int = LISTED_IMPORTS) -> Answer:
    """One row per import, what was written last first: source, label, state, started_at, seconds, records_imported,
    records_duplicate, records_refused, taken_back, counted_late, error_message, import_id, is_hour.

    `source`: only what this source brought, or what is called so. Of `totals`, `older` says whether there are more.
    States: done, running, failed. What a key sent by the API is one import an hour, for each kind of events, and so is
    what came at prefixes, at pixels and at vanity URLs: these took what their batches took together. `taken_back` and
    `counted_late`: downloads of before that are none any more, and requests that did not count before and do now.
    """
    found = _imports(connection, source, limit + 1, limit + 1)
    return replace(_answer_of_imports(found[:limit]), totals={"older": len(found) > limit})


def _imports(connection: Connection, name: str | None, files: int, hours: int) -> list[dict[str, Any]]:
    found = ask(
        connection, "sources/imports",
        hourly=list(HOURLY), api_key=API_KEY, name=name, files=files, hours=hours,
    )  # fmt: skip
    for row in found:
        # In place: there may be a hundred thousand.
        row |= {"label": _IMPORTS[row["import_type"]], "state": _STATES[row["status"]]}
    return found


def _answer_of_imports(rows: list[dict[str, Any]]) -> Answer:
    return Answer(
        (
            Column("source", "From"),
            Column("label", "What"),
            Column("state", "State"),
            Column("started_at", "Began", "datetime"),
            Column("seconds", "Took", "seconds"),
            Column("records_imported", "Rows taken", "count"),
            Column("records_duplicate", "Known already", "count"),
            Column("records_refused", "Rows refused", "count"),
            Column("taken_back", "Earlier downloads taken back", "count"),
            Column("counted_late", "Earlier requests counted now", "count"),
            Column("list", "List", in_csv=False),
            Column("error_message", "Problem"),
            Column("import_id", "Import"),
        ),
        rows,
        as_of=datetime.now(UTC),
        covers=None,
    )


def _is_read(source: Mapping[str, Any]) -> bool:
    """Whether what came was understood: robots and repeats do not count, and tell how far the data goes."""
    return source["subject"] in _DAY_BY_DAY and source["complete_to"] is not None


def _state_of_source(row: Mapping[str, Any], today: date | None = None, *, is_read: bool = False) -> str:
    if row["failed_at"] is not None:
        return "failed"
    if row.get("feeds_failing"):
        return "failing"
    usual = row.get("usual_days")
    if today is not None and usual is not None:
        pause = (today - row["came_last_on"]).days
        if pause > usual:
            return "silent" if pause <= _ENDED_AFTER_DAYS else "ended"
    # Robots alone at a prefix or link are nothing wrong with it.
    is_file = row.get("name") not in HOURLY
    if (
        is_file
        and not is_read
        and row.get("records_refused")
        and not row.get("records_imported")
        and not row.get("came_on", True)
    ):
        return "refused"
    if today is not None and is_file and not is_read and not row.get("came_on"):
        # Files with a header alone, or of which nothing is known any more, brought nothing.
        return "nothing yet"
    # A named source whose imports were made before they told how far they reached is one all the same.
    came = row["complete_to"] is not None or (today is not None and row["imported_at"] is not None)
    return "good" if came else "nothing yet"


def feeds(connection: Connection) -> Answer:
    """One row per feed that came from an address: podcast, state, succeeded_at, next_try_at, transcripts,
    transcripts_failing, failures, error_message.

    States: refreshed, failing (with the number of failures and what is wrong), stopped.
    """
    return Answer(
        (
            Column("podcast", "Feed of"),
            Column("state", "State"),
            Column("succeeded_at", "Last success", "datetime"),
            Column("next_try_at", "Next try", "datetime"),
            Column("transcripts", "Transcripts fetched", "count"),
            Column("transcripts_failing", "Transcripts failing", "count"),
            Column("failures", "Failures since", "count"),
            Column("error_message", "Problem"),
        ),
        [{**row, "state": _state(row)} for row in ask(connection, "sources/feeds")],
        as_of=datetime.now(UTC),
        covers=None,
    )


def _state(feed: Mapping[str, Any]) -> str:
    if feed["next_try_at"] is None:
        return "stopped"
    return "failing" if feed["failures"] else "refreshed"
