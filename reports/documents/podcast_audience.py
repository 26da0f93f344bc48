"""Podcast audience: downloads and listeners, episodes, apps, countries and devices of one's podcasts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from queries.errors import NotFound
from queries.filters import Filters
from queries.metrics import metric
from queries.results import Answer
from reports.documents import Draft, Step
from reports.documents.blocks import Block, Note, Section, figure, kpis, side_by_side, table, told_columns
from reports.documents.words import against_words, compared_words, listed
from reports.figures.subjects import downloads_over_time, downloads_ranking, has_downloads
from reports.formatting import counted, number
from reports.snapshot import Snapshot

if TYPE_CHECKING:
    from queries.session import Connection

LABEL = "Podcast audience"
EPISODE_LIMIT = 25
_EPISODE_COLUMNS = (
    "title", "podcast_name", "published_at", "downloads", "share", "change_ratio", "first_7_day_downloads",
)  # fmt: skip


_WEEKS = {"not complete yet": "not yet", "not known": "not known"}
"""What stands in place of the downloads of a first week, by its state."""


def read(connection: Connection, filters: Filters, step: Step) -> Draft:
    """Every number of the podcaster's overview, read in one transaction. Raises NotFound without a podcast."""
    # Imported here: the process that draws has no use for the database's library.
    from queries import catalogue, listening, listening_breakdowns, listening_trend
    from reports.sentences import audience_sentence

    podcasts = dict(catalogue.filter_options(connection)["podcasts"])
    wanted = filters.podcasts or tuple(podcasts)
    if not wanted or any(podcast not in podcasts for podcast in wanted):
        raise NotFound("There is no such podcast for you.")
    names = sorted(podcasts[podcast] for podcast in wanted)
    answers: dict[str, Answer] = {}
    questions: tuple[tuple[str, str, Callable[[], Answer]], ...] = (
        ("figures", "key figures", lambda: listening.overview_figures(connection, filters)),
        ("trend", "downloads", lambda: listening_trend.downloads_trend(connection, filters)),
        ("flags", "episodes", lambda: listening_trend.episode_flags(connection, filters)),
        (
            "episodes",
            "episodes",
            lambda: listening_breakdowns.top_episodes(connection, filters, limit=EPISODE_LIMIT),
        ),
        (
            "apps",
            "apps",
            lambda: listening_breakdowns.downloads_by_app(connection, filters),
        ),
        (
            "countries",
            "countries",
            lambda: listening_breakdowns.downloads_by_country(connection, filters),
        ),
        (
            "devices",
            "devices",
            lambda: listening_breakdowns.downloads_by_device(connection, filters),
        ),
    )
    for name, words, ask in questions:
        step(f"Reading {words}")
        answers[name] = ask()
    return Draft(
        title=_title(names, every=len(wanted) == len(podcasts)),
        sentence=audience_sentence(answers["figures"], answers["episodes"], filters),
        facts={"podcasts": names, "episodes": catalogue.chosen(connection, filters).get("Episodes", [])},
        answers=answers,
        podcast_ids=wanted,
    )


def _title(names: Sequence[str], *, every: bool) -> str:
    if len(names) <= 2:
        return listed(names, limit=2)
    return f"All {counted(len(names), 'podcast')}" if every else counted(len(names), "podcast")


def address(filters: Filters) -> str:
    """The page that shows the same, with its query."""
    return f"/overview?{urlencode(filters.to_query())}"


def compose(snapshot: Snapshot) -> Sequence[Section]:
    """Key figures, downloads over time, episodes, and where and with what people listen."""
    answers, facts = snapshot.answers, snapshot.facts
    compared = against_words(snapshot.filters)
    return (
        Section(
            "Key figures",
            (kpis(answers["figures"], compared=compared), *_notes(answers["figures"])),
            lead=_podcasts(facts),
        ),
        Section("Downloads over time", (_trend(snapshot), *_notes(answers["trend"]))),
        Section(
            "Episodes",
            (
                table(
                    "Episodes by downloads",
                    _with_states(answers["episodes"]),
                    _EPISODE_COLUMNS,
                    zone=snapshot.filters.zone,
                    caption=_episodes_caption(answers["episodes"], snapshot.filters),
                ),
                *_notes(answers["episodes"]),
            ),
        ),
        Section(
            "Where and with what people listen",
            (
                *side_by_side(
                    (
                        _slice("Apps", answers["apps"], "app", "App"),
                        _slice("Countries", answers["countries"], "country", "Country"),
                        _slice("Devices", answers["devices"], "device_type", "Device"),
                    ),
                    columns=3,
                ),
                *_withheld(answers),
            ),
        ),
    )


def _with_states(answer: Answer) -> Answer:
    """The episodes with their first week in words where it is not complete yet, and where it is not known."""
    rows = [
        {**row, "first_7_day_downloads": words} if (words := _WEEKS.get(_state(row))) else row
        for row in answer.rows
    ]
    return replace(answer, rows=rows)


def _state(row: Mapping[str, Any]) -> str:
    """The state of an episode's first week, without its reason."""
    return (row.get("first_7_day_state") or "").partition(":")[0]


def _episodes_caption(answer: Answer, filters: Filters) -> str:
    """What to know of the columns that are shown, and why one is not where nothing else on the paper says so."""
    told = told_columns(_with_states(answer), _EPISODE_COLUMNS)
    named = [row for row in answer.rows if not row.get("is_rest")]
    compared, label = against_words(filters), metric("first_7_day_downloads").label
    said = []
    if "first_7_day_downloads" in told:
        weeks = {_state(row) for row in named}
        if "not complete yet" in weeks:
            said.append(
                f"{label}: “not yet” until 168 hours after publication are over and the data reaches their end."
            )
        if "not known" in weeks:
            said.append(f"{label}: “not known” where the data begins after publication.")
    elif len(states := {row.get("first_7_day_state") for row in named}) == 1 and None not in states:
        said.append(f"{label}: {states.pop()}.")
    if compared and "change_ratio" in told:
        said.append(f"Change against {compared}.")
    elif compared and all(row.get("previous") == 0 for row in named):
        said.append(f"No change: none of these episodes was downloaded in {compared}.")
    return " ".join(said)


def _podcasts(facts: Mapping[str, Any]) -> str:
    names = facts["podcasts"]
    return f"Podcasts: {listed(names, limit=8)}." if len(names) > 2 else ""


def _trend(snapshot: Snapshot) -> Block:
    answer, filters = snapshot.answers["trend"], snapshot.filters
    if answer.is_empty and answer.notes:
        return Note(f"Downloads per {filters.grain}: not told.")
    if not has_downloads(answer):
        return Note(f"Downloads per {filters.grain}: nothing in this period.")
    begun = replace(answer, rows=[row for row in answer.rows if row["downloads"] is not None])
    chart = downloads_over_time(begun, filters, snapshot.answers["flags"], named=compared_words(filters))
    return figure(f"Downloads per {filters.grain}", chart, height=220)


def _slice(title: str, answer: Answer, key: str, label: str) -> Block:
    if answer.is_empty:
        return Note(f"{title}: {'not told' if answer.notes else 'nothing in this period'}.")
    chart = downloads_ranking(answer, key, label)
    total = answer.totals["downloads"]
    return figure(title, chart, third=True, caption=f"Share of {number(total)} downloads.")


def _withheld(answers: Mapping[str, Answer]) -> tuple[Note, ...]:
    """Why counts of apps, countries and devices are not told, once for all three."""
    return tuple(
        Note(said)
        for said in dict.fromkeys(
            answers[key].totals.get("withheld") for key in ("apps", "countries", "devices")
        )
        if said
    )


def _notes(answer: Answer) -> tuple[Note, ...]:
    return tuple(Note(note) for note in answer.notes)
