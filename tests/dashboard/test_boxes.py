"""Every box, asked as the browser asks it, by everybody: what is drawn, what is exported, and what nobody may see."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from flask import Flask

from dashboard.boxes import BOXES
from dashboard.csv_export import to_csv
from dashboard.pages import Page, all_pages
from queries.filters import parse_filters
from queries.metrics import METRICS
from queries.people import Account, Origin, account_session, start_session
from queries.results import Answer, Column
from reports.formatting import format_value
from tests.dashboard.visitors import Browser
from tests.people import EMAILS
from tests.world import World

FAILED = "could not be read"
NOTHING = "nothing here for you"


@pytest.fixture
def visit(world: World, whole_app: Flask) -> Iterator[Callable[[str], Browser]]:
    """Opens a browser of somebody in the world, at the world's time, on the world's database."""
    whole_app.config["CLOCK"] = lambda: world.now

    def open_browser(person: str) -> Browser:
        actor = getattr(world.people, person)
        account = Account(
            user_id=actor.user_id, tenant_id=actor.tenant_id, password_hash="", is_active=True
        )  # fmt: skip
        with account_session(actor.tenant_id, actor.user_id) as connection:
            token = start_session(connection, account, now=world.now, origin=Origin("192.0.2.0/24", "tests"))
        browser = Browser(whole_app.test_client(), whole_app)
        browser.client.set_cookie("__Host-podboard", token, domain="podboard.test", secure=True)
        return browser

    yield open_browser
    whole_app.config.pop("CLOCK", None)


def path_of(page: Page, world: World, campaign: str = "Acme always on") -> str:
    return page.path.replace("<campaign_id>", str(world.campaigns[campaign]))


def draw(browser: Browser, box: str, path: str, search: str = "") -> Any:
    """The answer to the request that a page sends for one box."""
    return browser.callback(
        {
            "output": '{"box":["MATCH"],"type":"box-body"}.children',
            "outputs": {"id": {"box": box, "type": "box-body"}, "property": "children"},
            "inputs": [
                {
                    "id": {"box": box, "type": "box-query"},
                    "property": "data",
                    "value": {"path": path, "search": search},
                }
            ],
            "changedPropIds": [
                json.dumps({"box": box, "type": "box-query"}, separators=(",", ":")) + ".data"
            ],
            "state": [
                {
                    "id": {"box": box, "type": "box-body"},
                    "property": "id",
                    "value": {"box": box, "type": "box-body"},
                }
            ],
        }
    )


def words(answer: Any) -> str:
    """Every text in a drawn box."""
    found: list[str] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            for key, value in part.items():
                if key not in ("type", "namespace", "className", "id"):
                    walk(value)
        elif isinstance(part, list):
            for one in part:
                walk(one)
        elif isinstance(part, (str, int, float)):
            found.append(str(part))

    walk(json.loads(answer.data))
    return " ".join(found)


def export(browser: Browser, box: str, query: str = "") -> Any:
    return browser.get(f"/export/{box}.csv{query}")


def rows_of(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.data.decode())))


def boxes_of(path: str) -> list[str]:
    return [box.id for page in all_pages() if page.path == path for box in page.boxes]


OPENS = {
    "/overview": ("alice", "carol", "dora"),
    "/campaigns": ("alice", "bob", "dora"),
    "/campaigns/<campaign_id>": ("alice", "bob", "dora"),
    "/portfolio": ("alice", "dora"),
    "/system": ("alice", "dora", "operator"),
}


def test_every_page_with_boxes_is_asked() -> None:
    assert {page.path for page in all_pages() if page.boxes} == set(OPENS)


@pytest.mark.parametrize("path", OPENS)
def test_every_box_draws_for_everybody_who_may_open_its_page(
    path: str, visit: Callable[[str], Browser], world: World
) -> None:
    page = next(page for page in all_pages() if page.path == path)
    for person in OPENS[path]:
        browser = visit(person)
        for box in boxes_of(path):
            for search in (
                "",
                "?period=90d&compare=year&grain=week",
                "?compare=none&from=2026-01-01&to=2026-01-02",
            ):
                answer = draw(browser, box, path_of(page, world), search)
                assert answer.status_code == 200, (person, box, search)
                assert FAILED not in words(answer), (person, box, search)
                assert NOTHING not in words(answer), (person, box, search)


@pytest.mark.parametrize("path", OPENS)
def test_nobody_else_is_answered(path: str, visit: Callable[[str], Browser], world: World) -> None:
    page = next(page for page in all_pages() if page.path == path)
    for person in {"bob", "carol", "operator"} - set(OPENS[path]):
        browser = visit(person)
        for box in boxes_of(path):
            assert NOTHING in words(draw(browser, box, path_of(page, world))), (person, box)
            # The same box asked under an address that this person may open.
            drawn = words(draw(browser, box, "/methodology"))
            assert "cannot see this" in drawn, (person, box, drawn)
            assert export(browser, box).status_code in (403, 404), (person, box)


def test_a_campaign_of_somebody_else_is_not_found(visit: Callable[[str], Browser], world: World) -> None:
    for person, campaign in (("bob", "Globex launch"), ("bob", "Umlaut live"), ("charlie", "Acme always on")):
        browser = visit(person)
        foreign = str(world.campaigns[campaign])
        for box in boxes_of("/campaigns/<campaign_id>"):
            drawn = words(draw(browser, box, f"/campaigns/{foreign}"))
            assert NOTHING in drawn, (person, box)
            assert "Acme" not in drawn
            assert "Globex" not in drawn
            assert export(browser, box, f"?campaign={foreign}").status_code == 404, (person, box)


def test_charlie_sees_nothing_of_alice(visit: Callable[[str], Browser], world: World) -> None:
    browser = visit("charlie")
    hers = [*world.podcasts, *world.episodes, *world.sponsors, *world.campaigns]
    foreign = [name for name in hers if not name.startswith(("Nordwind", "Umlaut"))]
    filters = f"?podcast={world.podcasts['Harbour Lights']}"
    for page in all_pages():
        for box in page.boxes:
            for search in ("", filters):
                drawn = words(draw(browser, box.id, path_of(page, world, "Umlaut live"), search))
                assert not [name for name in foreign if name in drawn], (box.id, search)
    top = rows_of(export(browser, "overview.figures", filters))
    assert {row["Value"] for row in top if row["Metric"] in ("Downloads", "Unique listeners")} == {"0"}


def test_filter_options_stay_inside_the_scope(visit: Callable[[str], Browser], world: World) -> None:
    def offered(person: str) -> str:
        key = '{"key":["ALL"],"type":"filter"}.data'
        ids = [{"key": key, "type": "filter"} for key in ("period", "podcast")]
        answer = visit(person).callback(
            {
                "output": key,
                "outputs": [{"id": one, "property": "data"} for one in ids],
                "inputs": [{"id": "page-path", "property": "data", "value": "/overview"}],
                "changedPropIds": ["page-path.data"],
                "state": [[{"id": one, "property": "id", "value": one} for one in ids]],
            }
        )
        assert answer.status_code == 200, answer.text
        return words(answer)

    assert "Harbour Lights" in offered("carol")
    assert "Night Shift" not in offered("carol")
    assert "Night Shift" in offered("dora")
    assert "Nordwind" in offered("charlie")
    assert "Harbour Lights" not in offered("charlie")
    assert "Harbour Lights" not in offered("bob")


@pytest.mark.parametrize(
    ("person", "box", "path"),
    [("carol", "overview.figures", "/overview"), ("bob", "campaign.figures", "/campaigns/<campaign_id>"),
     ("dora", "portfolio.figures", "/portfolio")],
)  # fmt: skip
def test_page_and_csv_show_the_same_figures(
    person: str, box: str, path: str, visit: Callable[[str], Browser], world: World
) -> None:
    browser = visit(person)
    campaign = world.campaigns["Acme always on"]
    drawn = words(draw(browser, box, path.replace("<campaign_id>", str(campaign)), "?period=30d"))
    rows = rows_of(export(browser, box, f"?period=30d&campaign={campaign}"))
    by_label = {entry.label: entry for entry in METRICS.values()}
    assert rows
    for row in rows:
        if not row["Value"]:
            continue
        unit = by_label[row["Metric"]].unit
        value = Decimal(row["Value"]) * (1_000_000 if unit == "money" else 1)
        shown = format_value(value, unit, currency=row.get("Currency") or "USD")
        assert shown in drawn, (row, drawn)


def test_a_csv_names_the_zone_and_is_kept_nowhere(visit: Callable[[str], Browser], world: World) -> None:
    answer = export(visit("carol"), "overview.trend", "?period=7d")
    assert "Day (America/New_York)" in answer.data.decode().splitlines()[0]
    assert answer.headers["Content-Disposition"].endswith('.csv"')
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_csv_cell_is_never_a_formula() -> None:
    filters = parse_filters({}, zone=ZoneInfo("UTC"), now=datetime(2026, 3, 1, tzinfo=UTC))
    columns = (Column("title", "Episode"), Column("change", "Change", "ratio"))
    answer = Answer(
        columns, [{"title": '=HYPERLINK("x")', "change": Decimal("-0.5")}, {"title": "@me", "change": None}]
    )
    assert to_csv(answer, filters).splitlines() == ["Episode,Change", '"\'=HYPERLINK(""x"")",-0.5', "'@me,"]


def test_the_page_says_since_when_plays_stand_still(visit: Callable[[str], Browser], world: World) -> None:
    """metrics_daily's job stands still while the rest goes on: the page says so, and since when."""
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as tables:
        before = tables.execute("select relation, refreshed_at from refresh_states").fetchall()
        try:
            tables.execute("update refresh_states set refreshed_at = %s", (world.now,))
            drawn = words(draw(visit("carol"), "overview.figures", "/overview"))
            assert "as of" in drawn
            assert "stand still" not in drawn
            stood = world.now - timedelta(hours=3)
            tables.execute(
                "update refresh_states set refreshed_at = %s where relation = 'metrics_daily'", (stood,)
            )
            drawn = words(draw(visit("carol"), "overview.figures", "/overview"))
            assert "stand still since" in drawn or "stands still since" in drawn
        finally:
            for relation, moment in before:
                tables.execute(
                    "update refresh_states set refreshed_at = %s where relation = %s", (moment, relation)
                )


def test_a_failing_box_shows_its_own_error_and_tells_nothing(
    visit: Callable[[str], Browser], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("secret of another tenant")

    box = BOXES["overview.trend"]
    monkeypatch.setitem(
        BOXES,
        "overview.trend",
        type(box)(**{name: getattr(box, name) for name in box.__slots__} | {"ask": fail}),
    )
    browser = visit("carol")
    drawn = words(draw(browser, "overview.trend", "/overview"))
    assert FAILED in drawn
    assert "Reference" in drawn
    assert "secret" not in drawn
    assert FAILED not in words(draw(browser, "overview.episodes", "/overview"))


@pytest.mark.parametrize(
    "search", ["?from=2026-13-01&to=x", "?podcast=nonsense", "?grain=century", "?" + "a=b&" * 80]
)
def test_a_bad_link_is_a_kind_state(search: str, visit: Callable[[str], Browser], world: World) -> None:
    answer = draw(visit("carol"), "overview.trend", "/overview", search)
    assert answer.status_code == 200
    assert FAILED not in words(answer)
    assert "Change the filter above" in words(answer)


def test_nothing_personal_is_in_the_page_itself(visit: Callable[[str], Browser], world: World) -> None:
    """What the server sends before any callback is the same for everybody."""
    for path in ("/overview", "/_dash-layout", "/_dash-dependencies"):
        text = visit("dora").get(path).text
        for secret in (*EMAILS.values(), *world.podcasts, *world.sponsors):
            assert secret not in text, (path, secret)
