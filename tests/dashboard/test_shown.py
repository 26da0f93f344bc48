"""The methodology says of each metric which pages and boxes show it, or that none does yet: and it is so."""

from __future__ import annotations

import pytest

from dashboard.boxes import BOXES
from dashboard.pages import all_pages, methodology
from dashboard.shown import WHY, metrics_by_box, places_of
from queries.metrics import METRICS
from tests import shown
from tests.dashboard.test_components import _text
from tests.world import World


def test_the_file_holds_what_every_box_shows(world: World, request: pytest.FixtureRequest) -> None:
    found = shown.asked(world)
    if request.config.getoption("--write-shown"):
        shown.write(found)
        metrics_by_box.cache_clear()
    assert metrics_by_box() == found, "boxes show other metrics than dashboard/shown.toml says: make shown"


def test_each_entry_of_the_methodology_says_where_it_is_shown() -> None:
    """Of half the registry no page showed anything, and nothing said so."""
    said = {key: _text(methodology._entry(metric)) for key, metric in METRICS.items()}
    nowhere = {key for key, words in said.items() if "Shown on no page yet" in words}
    assert nowhere == METRICS.keys() - {key for keys in metrics_by_box().values() for key in keys}
    for page in all_pages():
        for box in page.boxes:
            for key in metrics_by_box().get(box.id, []):
                assert page.title in places_of(key)
                assert box.title in places_of(key)
    assert "Shown on Overview (Key figures" in said["downloads"]
    assert metrics_by_box().keys() <= {*BOXES, WHY}
    assert "Shown on “why this number”" in said["excluded_requests"]
