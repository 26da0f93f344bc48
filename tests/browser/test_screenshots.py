"""A picture of every page, wide and narrow, light and dark, kept in artefacts/ to be looked at; no page is broken.

Wide pages are loaded light and narrow ones dark; `make proof` loads the other two of the four as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.conftest import ARTEFACTS

pytestmark = pytest.mark.browser

PAGES = {
    "podcaster@demo.example": ("/overview", "/methodology", "/overview?podcast=nobodys"),
    "sponsor@demo.example": ("/campaigns", "campaign", "campaign-ended"),
    "manager@demo.example": ("/portfolio", "/reports", "/freshness"),
    "operator@demo.example": ("/system",),
}
_MEASURE = """() => {
    const wide = document.documentElement.scrollWidth - innerWidth;
    const cut = [...document.querySelectorAll('.content h1, .content h2, .kpi__value, .button')]
        .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow !== 'visible')
        .map(e => e.textContent);
    // At the end of the page nothing stays behind the phone's bar.
    scrollTo(0, document.documentElement.scrollHeight);
    const bar = document.querySelector('.tabs');
    const ends = [...document.querySelectorAll('.content *')].map(e => e.getBoundingClientRect())
        .filter(r => r.width > 1 && r.height > 1).map(r => r.bottom);
    const hidden = bar && bar.getClientRects().length ? Math.max(...ends) - bar.getBoundingClientRect().top : 0;
    scrollTo(0, 0);
    const badges = [...document.querySelectorAll('.report-list__row > .badge')]
        .map(e => e.getBoundingClientRect().left);
    const ragged = innerWidth > 760 && new Set(badges).size > 1;
    // Where there is room, a table that does not scroll on purpose has each of its columns in sight.
    const aside = [...document.querySelectorAll('.table-wrap:not(:has(> .table--whole))')]
        .filter(e => innerWidth > 760 && e.scrollWidth > e.clientWidth + 1)
        .map(e => e.querySelector('thead').textContent);
    const isDark = colour => {
        const [red, green, blue] = colour.match(/[\\d.]+/g).map(Number);
        return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
    };
    const all = (of, property) => [...document.querySelectorAll(of)].map(e => getComputedStyle(e)[property])
        .filter(colour => colour !== 'rgba(0, 0, 0, 0)').map(isDark);
    const paper = all('body, .content .card, .button:not(.button--primary)', 'backgroundColor');
    const ink = [...all('.content h1, .content h2', 'color'), ...all('.js-plotly-plot .xtick text', 'fill')];
    return {wide, cut, aside, hidden, ragged, paper, ink};
}"""


@pytest.mark.parametrize(("width", "height", "dark"), [(1440, 1000, False), (390, 844, True)])
@pytest.mark.parametrize("person", PAGES)
def test_pages_look_right(
    person: str, width: int, height: int, dark: bool, visit: Callable[..., Any]
) -> None:
    """Each width is loaded in one theme and switched to the other while the page stands, as the system does at dusk."""
    for at, name, path in _pages(person, visit, width=width, height=height, dark=dark):
        for now_dark in (dark, not dark):
            at.page.emulate_media(color_scheme="dark" if now_dark else "light")
            _look(at, f"{name}-{width}-{'dark' if now_dark else 'light'}", path, dark=now_dark)


@pytest.mark.proof
@pytest.mark.parametrize(("width", "height", "dark"), [(1440, 1000, True), (390, 844, False)])
@pytest.mark.parametrize("person", PAGES)
def test_pages_look_right_when_loaded_in_the_other_theme(
    person: str, width: int, height: int, dark: bool, visit: Callable[..., Any]
) -> None:
    for at, name, path in _pages(person, visit, width=width, height=height, dark=dark):
        _look(at, f"{name}-{width}-{'dark' if dark else 'light'}-loaded", path, dark=dark)


def _pages(
    person: str, visit: Callable[..., Any], *, width: int, height: int, dark: bool
) -> Iterator[tuple[Any, str, str]]:
    """The person's pages one after another, each with every box answered: the visit, the page's name and its path."""
    first, *_ = PAGES[person]
    with visit(person, first, width=width, height=height, dark=dark) as at:
        for place in PAGES[person]:
            name, path = place.strip("/").replace("?", "-"), place
            if place in ("campaign", "campaign-ended"):
                if place == "campaign-ended":
                    at.open("/campaigns")
                cards = at.page.locator("a.card")
                card = cards.first if place == "campaign" else cards.filter(has_text="Completed").first
                path = card.get_attribute("href")
            if path != first:
                at.open(path)
            at.scroll_through()
            yield at, name, path
            # The next page is loaded in the theme that this one was.
            at.page.emulate_media(color_scheme="dark" if dark else "light")


def _look(at: Any, name: str, path: str, *, dark: bool) -> None:
    """Keeps a picture of the page as it stands, and measures that nothing of it is broken."""
    ARTEFACTS.mkdir(exist_ok=True)
    at.page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)
    text = at.text()
    assert not re.search(r"could not be read|undefined|NaN|None\b|\bnan\b|Infinity", text), text
    measured = at.page.evaluate(_MEASURE)
    assert at.page.locator(".skeleton:visible").count() == 0, path
    assert measured["hidden"] <= 0, (path, measured)
    assert not measured["ragged"], (path, measured)
    assert measured["wide"] <= 0, (path, measured)
    assert measured["cut"] == [], (path, measured)
    assert measured["aside"] == [], (path, measured)
    # The page, its cards and the writing in its charts are of one theme.
    assert set(measured["paper"]) == {dark}, (path, measured)
    assert set(measured["ink"]) <= {not dark}, (path, measured)
    assert at.errors == [], (path, at.errors)
