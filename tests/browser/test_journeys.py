"""Journeys of the people podboard is for, in a real browser against the whole running product."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

pytestmark = pytest.mark.browser

SPONSOR, PODCASTER, MANAGER = "sponsor@demo.example", "podcaster@demo.example", "manager@demo.example"
FAILED = re.compile(r"could not be read|went wrong|took too long", re.IGNORECASE)


def plain(text: str) -> str:
    """The text with every kind of space alike."""
    return " ".join(text.split())


def test_a_sponsor_follows_a_campaign(visit: Callable[..., Any]) -> None:
    with visit(SPONSOR) as at:
        page = at.page
        assert page.url.endswith("/campaigns")
        at.settle()
        page.locator("a.card").first.click()
        page.get_by_role("heading", name="Delivered against booked").wait_for()
        at.scroll_through()
        text = at.text()
        for wanted in (
            "Impressions",
            "Reach",
            "Delivered against booked",
            "Which shows earn the conversions",
            "By episode",
        ):
            assert wanted in text
        assert not FAILED.search(text)
        assert page.locator(".js-plotly-plot").count() >= 2
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV of Delivered against booked").click()
        content = Path(download.value.path()).read_text(encoding="utf-8")
        assert content.splitlines()[0].startswith("Day (America/New_York)")
        assert len(content.splitlines()) > 5
        page.go_back()
        page.wait_for_url("**/campaigns")
        at.settle()
        assert page.locator("a.card").count() >= 2
        assert at.errors == []


def test_a_hand_edited_campaign_is_not_found(visit: Callable[..., Any]) -> None:
    with visit(MANAGER, "/campaigns") as at:
        everybody = {card.get_attribute("href") for card in at.page.locator("a.card").all()}
    with visit(SPONSOR, "/campaigns") as at:
        own = {card.get_attribute("href") for card in at.page.locator("a.card").all()}
        foreign = sorted(everybody - own)
        assert own
        assert foreign
        answer = at.page.goto(f"{at.address}{foreign[0]}")
        assert answer is not None
        assert answer.status == 404
        text = at.page.inner_text("body")
        assert "There is nothing here for you" in text
        assert not re.search(r"\d[\d,]* of \d", text)


def test_a_podcaster_asks_and_the_address_keeps_the_question(visit: Callable[..., Any]) -> None:
    with visit(PODCASTER) as at:
        page = at.page
        assert page.url.endswith("/overview")
        at.settle()
        sentence = page.inner_text(".head__sentence")
        assert re.search(r"\d", sentence)
        page.keyboard.press("q")
        page.wait_for_function("() => location.search.includes('period=90d')")
        at.settle()
        quarter = page.inner_text(".head__sentence")
        assert "90 days" in quarter
        assert quarter != sentence
        page.reload()
        at.settle()
        assert page.inner_text(".head__sentence") == quarter
        page.get_by_text("Week", exact=True).click()
        page.wait_for_function("() => location.search.includes('grain=week')")
        at.settle()
        page.go_back()
        page.wait_for_function("() => !location.search.includes('grain=week')")
        page.go_back()
        page.wait_for_function("() => !location.search.includes('90d')")
        at.settle()
        assert page.inner_text(".head__sentence") == sentence
        # A link with days of its own keeps its grain, also where those days would usually be shown by another.
        today = datetime.now(UTC).date()
        for first, grain in ((8, "hour"), (89, "week")):
            days = f"from={today - timedelta(days=first)}&to={today - timedelta(days=2)}"
            search = f"?{days}&grain={grain}"
            at.open(f"/overview{search}")
            page.wait_for_timeout(1500)
            at.settle()
            assert page.evaluate("location.search") == search
            # The bar that says them is still one slim row.
            assert page.locator(".filters").bounding_box()["height"] <= 56
            assert page.locator("[aria-label=Grain] input:checked").get_attribute("value") == grain
        # What a period cannot carry is closed and says why, from the first sight on and after each change.
        closed = "inputs => inputs.filter(i => i.disabled).map(i => i.value + ': ' + i.labels[0].title)"
        grains = page.locator("[aria-label=Grain] input")
        up_to, least = "For periods of up to {} days", "For periods of {} days or more"
        assert grains.evaluate_all(closed) == [f"hour: {up_to.format(14)}"]
        for key, period, said in (
            ("w", "7d", [f"week: {least.format(14)}", f"month: {least.format(59)}"]),
            ("y", "12m", [f"hour: {up_to.format(14)}"]),
        ):
            page.keyboard.press(key)
            page.wait_for_function("said => location.search.includes(said)", arg=f"period={period}")
            at.settle()
            assert grains.evaluate_all(closed) == said
            at.open(f"/overview?period={period}")
            assert grains.evaluate_all(closed) == said
        page.keyboard.press("?")
        assert page.locator("dialog[open]").count() == 1
        page.keyboard.press("Escape")
        assert page.locator("dialog[open]").count() == 0
        assert at.errors == []


def test_an_account_manager_makes_a_report_with_the_numbers_of_the_page(visit: Callable[..., Any]) -> None:
    with visit(MANAGER) as at:
        page = at.page
        assert page.url.endswith("/portfolio")
        at.open("/campaigns")
        card = page.locator("a.card").first
        name = card.locator(".card__title").inner_text()
        card.click()
        page.get_by_role("heading", name="Delivered against booked").wait_for()
        at.settle()
        figures = page.locator(".kpi__value").all_inner_texts()
        sentence = page.inner_text(".head__sentence")
        page.get_by_role("button", name="PDF report").click()
        page.wait_for_url("**/reports")
        # Another test may ask for a report of its own meanwhile.
        row = page.locator(".report-list__row").filter(has_text=name).first
        row.get_by_role("link", name="Download").wait_for(timeout=90_000)
        with page.expect_download() as download:
            row.get_by_role("link", name="Download").click()
        document = PdfReader(io.BytesIO(Path(download.value.path()).read_bytes()))
        text = " ".join(part.extract_text() for part in document.pages)
        assert len(document.pages) >= 2
        for said in (*figures[:4], sentence.split(";")[0]):
            assert plain(said) in plain(text), said
        assert at.errors == []


def test_custom_days_are_chosen_without_anything_moving(visit: Callable[..., Any]) -> None:
    with visit(PODCASTER, "/overview") as at:
        page = at.page
        places = (
            "() => [...document.querySelectorAll('.filters, .filters__field, .head')]"
            ".map(e => e.offsetTop + ',' + e.offsetLeft)"
        )
        before = page.evaluate(places)
        sentence = page.inner_text(".head__sentence")
        page.get_by_text("Custom", exact=True).click()
        days = page.locator(".filters__range button.mantine-DatePicker-day:not([data-outside])")
        days.first.wait_for()
        assert page.evaluate(places) == before
        # It marks the days that are shown.
        _, last = page.evaluate("JSON.parse(document.querySelector('.filters').dataset.days)['30d']")
        marked = page.locator(".filters__range button[data-last-in-range]")
        assert int(marked.inner_text()) == int(last[-2:])
        assert days.and_(page.locator("[data-in-range]")).count() == min(int(last[-2:]), 30)
        # Left without days, the bar says again what is shown.
        page.keyboard.press("Escape")
        assert not page.locator(".filters__range").is_visible()
        page.wait_for_function(
            "() => document.querySelector('.filters__period input:checked').value === '30d'"
        )
        # By keyboard: the choice, then into the calendar.
        page.locator(".filters__period input[value=ytd]").focus()
        page.keyboard.press("ArrowRight")
        days.first.wait_for()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('.filters__range') !== null")
        page.get_by_role("button", name="Previous").or_(
            page.locator(".filters__range [data-direction=previous]")
        ).first.click()
        days.nth(2).click()
        days.nth(8).click()
        page.wait_for_function("() => location.search.includes('from=') && location.search.includes('to=')")
        assert not page.locator(".filters__range").is_visible()
        at.settle()
        page.wait_for_function(
            "said => document.querySelector('.head__sentence').innerText !== said", arg=sentence
        )
        page.reload()
        at.settle()
        assert page.locator(".filters__period input:checked").get_attribute("value") == "custom"
        assert at.errors == []


def test_a_bad_link_says_so_once_and_leads_on(visit: Callable[..., Any]) -> None:
    with visit(PODCASTER, "/methodology") as at:
        page = at.page
        for search, said, way_out, kept in (
            (
                "?from=2026-02-09&to=2026-02-01&compare=none",
                "ends before it starts",
                "Show the last 30 days",
                "?compare=none",
            ),
            ("?podcast=nobodys&period=90d", "no such podcast", "Show all podcasts", "?period=90d"),
        ):
            page.goto(f"{at.address}/overview{search}")
            page.locator(".problem").wait_for()
            at.settle()
            assert page.locator(".problem").count() == 1
            assert said in at.text()
            assert not page.locator(".grid").first.is_visible()
            bar = page.locator(".filters").bounding_box()
            head = page.locator(".problem .head__sentence").bounding_box()
            assert head["y"] >= bar["y"] + bar["height"]
            page.get_by_role("link", name=way_out).click()
            page.locator(".kpis").wait_for()
            assert page.evaluate("location.search") == kept
            assert page.locator(".grid").first.is_visible()
        assert at.errors == []


def test_a_question_without_an_answer_leaves_no_old_numbers(visit: Callable[..., Any]) -> None:
    asks = "search => window.dash_clientside.set_props('url', { search })"
    with visit(PODCASTER, "/overview") as at:
        page, data = at.page, "**/_dash-update-component**"
        first = page.inner_text(".head__sentence")
        answers: tuple[Callable[[Any], Any], ...] = (
            lambda route: route.abort(),
            lambda route: route.fulfill(status=502, body="Bad Gateway"),
            lambda route: route.fulfill(status=200, body="<p>Log in to the network of this hotel"),
        )
        for answer in answers:
            page.route(data, answer)
            page.evaluate(asks, "?app=Spotify")
            page.locator(".page-head .state--error").wait_for()
            page.locator("section[aria-label='Downloads over time'] .state--error").wait_for()
            assert not page.locator(".head__sentence, .kpis").count()
            assert "This could not be read." in at.text()
            page.unroute(data)
            page.get_by_role("button", name="Try again").first.click()
            page.locator(".head__sentence").wait_for()
            at.settle()
            assert page.locator(".state--error").count() == 0
            assert "App: Spotify" in at.text()
            # Or the next question is answered.
            page.evaluate(asks, "")
            page.wait_for_function(
                "said => document.querySelector('.head__sentence')?.innerText === said", arg=first
            )
            at.settle()
        # A question that a newer one has overtaken changes nothing when it fails at last; until it is answered, what
        # stands there is quiet.
        held: list[Any] = []
        page.route(
            data,
            lambda route: held.append(route) if "Spotify" in route.request.post_data else route.continue_(),
        )
        page.evaluate(asks, "?app=Spotify")
        page.locator(".page-head [aria-busy=true] .head__sentence").wait_for()
        page.wait_for_function(
            "() => getComputedStyle(document.querySelector('.head__sentence')).opacity < 1"
        )
        page.evaluate(asks, "?period=90d")
        page.wait_for_function(
            "() => document.querySelector('.head__sentence').innerText.includes('90 days')"
        )
        for route in held:
            route.abort()
        at.settle()
        assert held
        assert "90 days" in page.inner_text(".head__sentence")
        assert page.locator(".state--error, [aria-busy=true]").count() == 0
        page.unroute(data)
        # A whole page that does not come says so too, and is loaded once it can be.
        page.route(data, lambda route: route.fulfill(status=504))
        page.locator(".nav").get_by_role("link", name="Methodology").click()
        page.locator(".state--error").wait_for()
        assert not page.locator(".head__sentence").count()
        page.unroute(data)
        page.get_by_role("button", name="Try again").click()
        page.get_by_role("heading", name="Rules for every number").wait_for()
        assert [said for said in at.errors if "Failed to load resource" not in said] == []


def test_a_phone_has_the_time_zone_and_every_page(visit: Callable[..., Any]) -> None:
    with visit(MANAGER, "/portfolio", width=390, height=844) as at:
        page = at.page
        page.locator(".topbar details.menu summary").click()
        assert "Times in America/New_York" in page.inner_text(".menu__sheet")
        page.locator(".menu__sheet").get_by_text("Methodology").click()
        page.wait_for_url("**/methodology")
        page.get_by_role("heading", name="Rules for every number").wait_for()


def test_first_load_is_small_and_all_our_own(visit: Callable[..., Any]) -> None:
    with visit(PODCASTER) as at:
        # The log-in landed on this page: let that load end before the next one is counted.
        at.settle()
        at.asked.clear()
        at.callbacks.clear()
        at.open("/overview")
        asked = [url for url in at.asked if not url.startswith(("data:", "blob:"))]
        assert [url for url in asked if not url.startswith(at.address)] == []
        assert not [url for url in asked if "plotly" in url and "plotly-cartesian" not in url]
        # Routing and filter options, then the boxes above the fold.
        assert len(at.callbacks) <= 8, at.callbacks
        assert len(asked) <= 30, asked


def test_logging_out_closes_the_door(visit: Callable[..., Any]) -> None:
    with visit(SPONSOR) as at:
        page = at.page
        page.locator("details.menu summary").click()
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url("**/login**")
        page.goto(f"{at.address}/campaigns")
        page.wait_for_url("**/login**")


def test_an_address_that_would_run_a_script_leads_nowhere(visit: Callable[..., Any]) -> None:
    with visit(SPONSOR, "/campaigns") as at:
        hrefs = at.page.evaluate(
            """() => ["javascript:alert(1)", " JaVaScript:alert(1)", "/campaigns"].flatMap(href =>
                ["a", "Link"].map(tag => {
                    const made = window.podboard.Still({nodes: [[tag, {href}, "x"]]});
                    return made.props.children.props.href;
                }))"""
        )
        assert hrefs == ["about:blank"] * 4 + ["/campaigns"] * 2
