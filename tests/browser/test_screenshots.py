"""A picture of every page, wide and narrow, light and dark, kept in artefacts/ to be looked at; no page is broken."""

from __future__ import annotations

import re
from collections.abc import Callable
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
    return {wide, cut, hidden, ragged};
}"""


@pytest.mark.parametrize(
    ("width", "height", "dark"),
    [(1440, 1000, False), (1440, 1000, True), (390, 844, False), (390, 844, True)],
)
@pytest.mark.parametrize("person", PAGES)
def test_pages_look_right(
    person: str, width: int, height: int, dark: bool, visit: Callable[..., Any]
) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    with visit(person, width=width, height=height, dark=dark) as at:
        for place in PAGES[person]:
            name, path = place.strip("/").replace("?", "-"), place
            if place in ("campaign", "campaign-ended"):
                at.open("/campaigns")
                cards = at.page.locator("a.card")
                card = cards.first if place == "campaign" else cards.filter(has_text="Completed").first
                path = card.get_attribute("href")
            at.open(path)
            at.scroll_through()
            at.page.screenshot(
                path=ARTEFACTS / f"{name}-{width}-{'dark' if dark else 'light'}.png", full_page=True
            )
            text = at.text()
            assert not re.search(r"could not be read|undefined|NaN|None\b|\bnan\b|Infinity", text), text
            measured = at.page.evaluate(_MEASURE)
            assert at.page.locator(".skeleton:visible").count() == 0, path
            assert measured["hidden"] <= 0, (path, measured)
            assert not measured["ragged"], (path, measured)
            assert measured["wide"] <= 0, (path, measured)
            assert measured["cut"] == [], (path, measured)
            assert at.errors == [], (path, at.errors)
