"""What a view carries with it: its filters into a CSV, its name into the tab, its tables onto a phone."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.browser

SPONSOR, PODCASTER, MANAGER = "sponsor@demo.example", "podcaster@demo.example", "manager@demo.example"


def exported(page: Any, box: str) -> tuple[dict[str, list[str]], list[dict[str, str]]]:
    """What the CSV link of a box asks for when it is used, and the rows it brings."""
    with page.expect_download() as download:
        page.get_by_role("link", name=f"CSV of {box}", exact=True).click()
    content = Path(download.value.path()).read_text(encoding="utf-8")
    return parse_qs(urlsplit(download.value.url).query), list(csv.DictReader(content.splitlines()))


def in_sight(page: Any, box: str) -> Any:
    """A box, scrolled to, so that it asks for its answer."""
    panel = page.locator(f"section[aria-label='{box}']")
    panel.scroll_into_view_if_needed()
    return panel


def test_a_csv_asks_for_the_filters_of_the_address_and_no_others(visit: Callable[..., Any]) -> None:
    with visit(PODCASTER, "/overview?country=US&period=90d&compare=none") as at:
        page = at.page
        asked, of_one_country = exported(page, "Downloads over time")
        assert asked == {"country": ["US"], "period": ["90d"], "compare": ["none"]}
        # Back to everything without loading the page anew, as removing a filter does.
        page.evaluate("window.dash_clientside.set_props('url', { search: '' })")
        page.wait_for_function("() => location.search === ''")
        at.settle()
        asked, of_all = exported(page, "Downloads over time")
        assert asked == {}
        assert sum(int(row["Downloads"] or 0) for row in of_all) != sum(
            int(row["Downloads"] or 0) for row in of_one_country
        )
    with visit(SPONSOR, "/campaigns") as at:
        page = at.page
        page.locator("a.card").first.click()
        page.get_by_role("heading", name="Delivered against booked").wait_for()
        at.settle()
        campaign = urlsplit(page.url).path.rsplit("/", 1)[1]
        page.keyboard.press("w")
        page.wait_for_function("() => location.search.includes('period=7d')")
        at.settle()
        asked, _ = exported(page, "Conversions")
        assert asked == {"period": ["7d"], "campaign": [campaign]}
        page.keyboard.press("q")
        page.wait_for_function("() => location.search.includes('period=90d')")
        at.settle()
        asked, rows = exported(page, "Conversions")
        assert asked == {"period": ["90d"], "campaign": [campaign]}
        assert len(rows) > 7
        assert at.errors == []


def test_an_address_copied_from_a_link_has_the_filters(visit: Callable[..., Any]) -> None:
    with visit(PODCASTER, "/overview?country=US&period=90d") as at:
        page = at.page
        panel = in_sight(page, "Downloads over time")
        href = "link => new URL(link.href).search"
        for link in (panel.locator("a[href^='/export/']"), panel.locator("a[data-why]")):
            assert link.evaluate(href) == ""
            # The menu that copies an address, and the keyboard.
            link.click(button="right")
            assert link.evaluate(href) == "?country=US&period=90d"
        page.keyboard.press("Escape")
        page.evaluate("window.dash_clientside.set_props('url', { search: '?period=7d' })")
        page.wait_for_function("() => location.search === '?period=7d'")
        at.settle()
        for link in (panel.locator("a[href^='/export/']"), panel.locator("a[data-why]")):
            link.focus()
            assert link.evaluate(href) == "?period=7d"
        assert at.errors == []


def test_a_period_without_a_choice_of_its_own_is_shown_by_its_days(visit: Callable[..., Any]) -> None:
    with visit(PODCASTER, "/overview?period=mtd") as at:
        page = at.page
        checked = "() => document.querySelector('.filters__period input:checked')?.value"
        first, last = page.evaluate("JSON.parse(document.querySelector('.filters').dataset.days).mtd")
        assert first.endswith("-01")
        assert page.evaluate(checked) == "custom"
        said = page.inner_text(".filters__days").replace("\N{NO-BREAK SPACE}", " ")
        assert said.startswith("1")
        assert said.endswith(last[:4])
        assert said in page.inner_text(".head__foot")
        # The address stays the month's, whatever else is chosen.
        page.locator(".filters__field input").first.click()
        page.get_by_role("option", name="No comparison").click()
        page.wait_for_function("() => location.search === '?period=mtd&compare=none'")
        at.settle()
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("q")
        page.wait_for_function("() => location.search === '?period=90d&compare=none'")
        assert page.evaluate(checked) == "90d"
        page.go_back()
        page.wait_for_function("() => location.search === '?period=mtd&compare=none'")
        page.wait_for_function(f"({checked})() === 'custom'")
        assert at.errors == []


def test_why_this_number_is_told_of_the_view_that_is_open(visit: Callable[..., Any]) -> None:
    with visit(PODCASTER, "/overview?period=7d") as at:
        page = at.page
        dialog = page.locator("dialog#why")
        for link in (page.locator(".head a[data-why]"), page.locator(".panel a[data-why]").first):
            link.click()
            dialog.wait_for(state="visible")
            said = dialog.inner_text()
            for words in (
                "Downloads of an episode",
                "Requests that did not count",
                "already in this window",
            ):
                assert words in said
            assert link.get_attribute("href").endswith("?period=7d")
            # It is read from its heading on, and the keys lead on from there.
            at_heading = "dialog => [dialog.scrollTop, document.activeElement.id]"
            assert dialog.evaluate(at_heading) == [0, "why-title"]
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.textContent").startswith("Methodology")
            dialog.get_by_role("button", name="Close").click()
            dialog.wait_for(state="hidden")
            assert link.evaluate("link => link === document.activeElement")
        assert at.errors == []


@pytest.mark.parametrize("width", [1440, 390])
def test_the_slash_leads_to_the_search_of_the_page_where_there_is_one(
    visit: Callable[..., Any], width: int
) -> None:
    """On the overview it matched a field in a closed menu, which took no focus."""
    with visit(MANAGER, "/overview", width=width) as at:
        page = at.page
        focused = "() => document.activeElement.getAttribute('aria-label') || document.activeElement.id"
        for path, name in (("/overview", "Podcast"), ("/reports", "report-search"), ("/portfolio", None)):
            at.open(path)
            page.keyboard.press("/")
            assert page.evaluate(focused) == (name or ""), path
            if name == "Podcast":
                assert page.get_by_label("Podcast", exact=True).first.is_visible()
                page.keyboard.type("salt")
                page.get_by_role("option").first.wait_for()
                page.keyboard.press("Escape")
            page.evaluate("document.activeElement.blur()")
            page.keyboard.press("?")
            assert page.locator("dialog#keys .keys__search").first.is_visible() == bool(name), path
            page.keyboard.press("Escape")
        assert at.errors == []


def test_the_tab_is_called_like_the_page(visit: Callable[..., Any]) -> None:
    with visit(MANAGER) as at:
        page = at.page
        at.settle()
        assert page.title() == "Portfolio · Northlight Audio"
        page.locator(".nav").get_by_role("link", name="Campaigns").click()
        page.wait_for_function("() => document.title === 'Campaigns · Northlight Audio'")
        card = page.locator("a.card").first
        card.wait_for()
        name = card.locator(".card__title").inner_text()
        foreign = page.locator("a.card").evaluate_all("cards => cards.map(card => card.pathname)")
        card.click()
        page.wait_for_function("said => document.title === said", arg=f"{name} · Northlight Audio")
        page.go_back()
        page.wait_for_function("() => document.title === 'Campaigns · Northlight Audio'")
        page.reload()
        at.settle()
        assert page.title() == "Campaigns · Northlight Audio"
    with visit(SPONSOR) as at:
        page = at.page
        at.settle()
        own = page.locator("a.card").evaluate_all("cards => cards.map(card => card.pathname)")
        hidden = next(path for path in foreign if path not in own)
        page.evaluate("path => window.dash_clientside.set_props('url', { pathname: path })", hidden)
        page.wait_for_function("() => document.title === 'Not found · Northlight Audio'")
        page.goto(f"{at.address}{hidden}")
        assert page.title() == "There is nothing here for you · podboard"
        page.goto(f"{at.address}/campaigns")
        page.locator("details.menu summary").click()
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url("**/login**")
        assert page.title() == "Log in · podboard"
        page.goto(f"{at.address}/set-password")
        assert page.title() == "Set your password · podboard"


def test_a_phone_shows_what_was_booked_and_what_it_costs(visit: Callable[..., Any]) -> None:
    with visit(SPONSOR, "/campaigns", width=390, height=844) as at:
        page = at.page
        page.locator("a.card").first.click()
        page.get_by_role("heading", name="Bookings").wait_for()
        # The boxes above it grow while they are drawn: the box itself is brought into sight, not a place on the page.
        table = in_sight(page, "Bookings").locator("table")
        table.wait_for()
        row = table.locator("tbody tr").first
        for column in ("Booked", "Cost"):
            head = table.locator("thead th").filter(has_text=column)
            assert head.is_visible(), column
            place = int(head.evaluate("cell => cell.cellIndex"))
            cell = row.locator("th, td").nth(place)
            assert cell.inner_text().strip("–"), column
            box = cell.bounding_box()
            assert box["x"] >= 0, column
            assert box["x"] + box["width"] <= 390, column
        under = row.locator("th .muted").inner_text()
        assert "CPM" in under or "flat price" in under


def test_bars_add_up_to_the_total_and_the_csv_has_them_all(visit: Callable[..., Any]) -> None:
    with visit(MANAGER, "/overview?period=90d") as at:
        page = at.page
        assert at.moved() < 0.05, "a box moved when an answer came"
        in_sight(page, "Top episodes").locator("tfoot").wait_for()
        panel = in_sight(page, "Apps")
        panel.locator(".bars__row").first.wait_for()
        shown = {
            row.locator(".bars__label").inner_text(): int(
                row.locator(".bars__value").inner_text().replace(",", "")
            )
            for row in panel.locator(".bars__row").all()
        }
        _, rows = exported(page, "Apps")
        assert len(rows) > 12 == len(shown), "more apps than a panel has room for"
        *named, (other, rest) = shown.items()
        assert other == f"Other ({len(rows) - 11})"
        assert rest == sum(int(row["Downloads"]) for row in rows[11:])
        assert [count for _, count in named] == [int(row["Downloads"]) for row in rows[:11]]
        _, episodes = exported(page, "Top episodes")
        foot = page.locator("section[aria-label='Top episodes'] tfoot").inner_text()
        assert episodes[-1]["Episode"] in foot
        assert f"{int(episodes[-1]['Downloads']):,}" in foot
        for of in (rows, episodes):
            assert sum(int(row["Downloads"]) for row in of) == sum(shown.values())
            assert abs(sum(float(row["Share"]) for row in of) - 1) < 1e-4
        # Sorting by name leaves it where it is.
        page.locator("section[aria-label='Top episodes'] thead .sort").first.click()
        assert (
            episodes[-1]["Episode"] in page.locator("section[aria-label='Top episodes'] tr").last.inner_text()
        )
        assert at.errors == []


def test_a_campaign_that_is_over_opens_on_its_flight(visit: Callable[..., Any]) -> None:
    with visit(MANAGER, "/campaigns") as at:
        page = at.page
        card = page.locator("a.card").filter(has_text="Completed").first
        address = card.get_attribute("href")
        assert not urlsplit(address).query
        # By its card: the view is of its flight, and the address stays as short as it was.
        card.click()
        page.get_by_role("heading", name="Delivered against booked").wait_for()
        at.settle()
        assert page.evaluate("location.search") == ""
        said, figures = page.inner_text(".filters__days"), page.locator(".kpi__value").all_inner_texts()
        # By its address: the same view.
        at.open(address)
        assert page.inner_text(".filters__days") == said
        assert page.locator(".filters__period input:checked").get_attribute("value") == "custom"
        assert page.locator(".kpi__value").all_inner_texts() == figures
        assert figures[0] != "0"
        asked, rows = exported(page, "Conversions")
        assert list(asked) == ["campaign"]
        assert said.endswith(rows[0]["period_end"][:4])
        assert rows[0]["period_start"] < rows[0]["period_end"] < str(datetime.now(UTC).date())
        # The last 30 days are another view, and the address says so.
        page.keyboard.press("m")
        page.wait_for_function("() => location.search === '?period=30d'")
        at.settle()
        assert not page.locator(".filters__days").is_visible()
        page.reload()
        at.settle()
        assert page.locator(".filters__period input:checked").get_attribute("value") == "30d"
        page.go_back()
        page.wait_for_function("() => location.search === ''")
        at.settle()
        assert page.inner_text(".filters__days") == said
        # From there to another page nothing of it is taken along.
        page.locator(".nav").get_by_role("link", name="Overview").click()
        page.wait_for_url("**/overview")
        at.settle()
        assert page.locator(".filters__period input:checked").get_attribute("value") == "30d"
        assert page.evaluate("location.search") == ""
        # The report that the bare address asks for is of the same days.
        at.open(address)
        page.get_by_role("button", name="PDF report").click()
        page.wait_for_url("**/reports")
        page.locator(".report-list__row").filter(has_text=said).first.wait_for()
        assert at.errors == []
