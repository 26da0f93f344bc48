"""What every view of the world says, read by somebody who subtracts one from another: small counts stay unknown."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import pytest

from queries import listening, listening_breakdowns, listening_trend
from queries.results import Answer
from queries.session import tenant_session
from queries.small_cells import NOT_TOLD, withheld
from tests.listening_oracle import said
from tests.world import World

DIMENSIONS = {"app": "app", "country": "country", "device": "device_type"}
SLICES = {
    "app": listening_breakdowns.downloads_by_app,
    "country": listening_breakdowns.downloads_by_country,
    "device": listening_breakdowns.downloads_by_device,
}
Place = tuple[str, ...]


@pytest.mark.parametrize("period", ["7d", pytest.param("30d", marks=pytest.mark.proof)])
def test_no_view_tells_what_a_breakdown_withholds(world: World, period: str) -> None:
    asked = {"period": period, "compare": "none"}
    f = world.a.filters(asked)
    true: Counter[Place] = Counter()
    for event in world.a.raw_listener_events():
        if event.event_type == "download" and f.period.start <= world.a.day(event.at) < f.period.end:
            cell = tuple(said(event, key) for key in DIMENSIONS)
            for kept in product((True, False), repeat=3):
                true[tuple(value if keeps else "*" for value, keeps in zip(cell, kept, strict=True))] += 1
    told: dict[Place, int] = {}
    with tenant_session(world.people.alice) as connection:
        for view in true:
            chosen = {key: value for key, value in zip(DIMENSIONS, view, strict=True) if value != "*"}
            if len(chosen) == 3 and true[view] > 40:
                continue
            narrowed = world.a.filters({**asked, **chosen})
            figure = next(
                row
                for row in listening.overview_figures(connection, narrowed).rows
                if row["metric"] == "downloads"
            )
            trend = listening_trend.downloads_trend(connection, narrowed)
            episodes = listening_breakdowns.top_episodes(connection, narrowed)
            assert figure["value"] == trend.totals["downloads"] == episodes.totals["downloads"]
            if figure["value"] is None:
                assert (figure["note"], figure["spark"], trend.rows, episodes.rows) == (NOT_TOLD, [], [], [])
            else:
                _note(told, view, figure["value"], true)
            if chosen:
                assert not any(
                    _is_small(row["downloads"]) for answer in (trend, episodes) for row in answer.rows
                )
            for axis, (key, column) in enumerate(DIMENSIONS.items()):
                answer = SLICES[key](connection, narrowed)
                assert (answer.totals["downloads"] is None) == (figure["value"] is None)
                for row in answer.rows:
                    if isinstance(row["downloads"], int):
                        _note(told, (*view[:axis], row[column], *view[axis + 1 :]), row["downloads"], true)
    small = {place for place, count in true.items() if 0 < count < 5}
    assert small
    assert not small & told.keys()
    assert not small & _worked_out(told, true).keys()


def _note(told: dict[Place, int], place: Place, count: int, true: Counter[Place]) -> None:
    assert count == true[place]
    told[place] = count


def _is_small(published: Any) -> bool:
    return isinstance(published, int) and 0 < published < 5


def _worked_out(told: dict[Place, int], true: Counter[Place]) -> dict[Place, int]:
    """What follows along the lines of which more than one row has downloads and not all are withheld."""
    known = dict(told)
    while True:
        before = len(known)
        for whole in true:
            for axis in (axis for axis in range(3) if whole[axis] == "*"):
                parts = [
                    part for part in true
                    if part[axis] != "*" and (*part[:axis], "*", *part[axis + 1 :]) == whole
                ]  # fmt: skip
                if len(parts) < 2 or not any(part in told for part in parts):
                    continue
                unknown = [part for part in (whole, *parts) if part not in known]
                if len(unknown) == 1:
                    known[unknown[0]] = true[unknown[0]]
        if len(known) == before:
            return known


def test_buckets_and_episodes_of_a_filtered_view_are_cells(world: World) -> None:
    """The days of a view with a filter are judged as a breakdown; without one they are totals, and told."""
    f = world.a.filters({"period": "30d", "app": "Overcast"})
    with tenant_session(world.people.alice) as connection:
        filtered = listening_trend.downloads_trend(connection, f)
        whole = listening_trend.downloads_trend(connection, world.a.filters({"period": "30d"}))
        figures = listening.overview_figures(connection, f)
    true: Counter[Any] = Counter(
        world.a.day(event.at)
        for event in world.a.raw_listener_events()
        if event.event_type == "download" and said(event, "app") == "Overcast"
    )
    counts = [true[row["bucket"]] for row in filtered.rows]
    assert any(0 < count < 5 for count in counts), "the world has such days"
    hidden = withheld(counts)
    assert [isinstance(row["downloads"], str) for row in filtered.rows] == [
        place in hidden for place in range(len(counts))
    ]
    assert len(_texts(filtered)) >= 2, "one alone could be subtracted from the total"
    assert next(row for row in figures.rows if row["metric"] == "downloads")["spark"] == []
    assert not _texts(whole)


def _texts(answer: Answer) -> list[str]:
    return [row["downloads"] for row in answer.rows if isinstance(row["downloads"], str)]
