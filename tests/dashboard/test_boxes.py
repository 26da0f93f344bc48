"""Every box, asked as the browser asks it, by everybody: what is drawn, what is exported, and what nobody may see."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest

from dashboard import boxes, csv_export, dash_app
from dashboard.boxes import BOXES
from dashboard.csv_export import to_csv
from dashboard.pages import Page, all_pages
from queries import sources
from queries.filters import parse_filters
from queries.metrics import METRICS
from queries.periods import Period
from queries.results import Answer, Column
from queries.session import tenant_session
from reports.figures.tokens import ASSETS
from reports.formatting import day, format_value, instant, interval, number, rate_decimals, signed_points
from reports.labels import dimension_name
from tests.dashboard.visitors import Browser
from tests.people import EMAILS
from tests.world import WORLD_NOW, World

FAILED = "could not be read"
NOTHING = "nothing here for you"


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
                if key == "nodes":
                    for node in value:
                        element(node)
                elif key not in ("type", "namespace", "className", "id"):
                    walk(value)
        elif isinstance(part, list):
            for one in part:
                walk(one)
        elif isinstance(part, (str, int, float)):
            found.append(str(part))

    def element(node: Any) -> None:
        # A tag's name is no word.
        walk(node[1]) if isinstance(node, list) else walk(node)
        for one in node[2:] if isinstance(node, list) else ():
            element(one)

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
    "/freshness": ("alice", "dora"),
    "/system": ("operator",),
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
    for person in {"alice", "bob", "carol", "operator"} - set(OPENS[path]):
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
    made_up = f"?podcast={uuid4()}"
    for asked in (f"/export/overview.figures.csv{filters}", f"/why/overview.figures{filters}"):
        hers_named, nobodys = (browser.get(address) for address in (asked, asked.replace(filters, made_up)))
        assert (hers_named.status_code, nobodys.status_code) == (400, 400)
        assert "There is no such podcast for you." in hers_named.get_data(as_text=True)
        assert "There is no such podcast for you." in nobodys.get_data(as_text=True)


@pytest.mark.parametrize(
    ("search", "said", "link"),
    [
        (
            "?from=2026-01-09&to=2026-01-02&country=US",
            "The period ends before it starts.",
            "/overview?country=US",
        ),
        ("?period=eternity", "This period is not known.", "/overview"),
        ("?grain=fortnight&period=90d", "This grain is not known.", "/overview?period=90d"),
        ("?podcast=harbour&app=Spotify", "There is no such podcast for you.", "/overview?app=Spotify"),
        ("?podcast={foreign}&period=90d", "There is no such podcast for you.", "/overview?period=90d"),
        ("?country=ZZZ&period=90d", "There is no such country.", "/overview?period=90d"),
        ("?country=US|QQ&app=Spotify", "There is no such country.", "/overview?app=Spotify"),
        ("?country=" + "|".join(["US"] * 101), "At most 100 choices for country.", "/overview"),
        ("?" + "&".join(["a=1"] * 60), "This link has too many parts.", "/overview"),
    ],
)
def test_a_bad_address_is_said_once_with_a_way_out(
    search: str, said: str, link: str, visit: Callable[[str], Browser], world: World
) -> None:
    browser = visit("carol")
    search = search.replace("{foreign}", str(world.podcasts["Nordwind"]))
    head = draw(browser, "overview.figures", "/overview", search)
    assert said in words(head)
    assert link in words(head).split()
    assert FAILED not in words(draw(browser, "overview.figures", *link.partition("?")[::2]))
    if said.startswith("There is no such"):
        # A file of zeros would say that there is one, and that nobody listened.
        refused = export(browser, "overview.figures", search)
        assert refused.status_code == 400
        assert "harbour" in search or said in refused.get_data(as_text=True)
    if "{foreign}" not in search and "podcast" not in said and "QQ" not in search:
        for box in boxes_of("/overview")[1:]:
            assert said not in words(draw(browser, box, "/overview", search)), box


def test_only_what_is_chosen_is_offered_to_be_cleared(visit: Callable[[str], Browser], world: World) -> None:
    browser = visit("carol")
    long_ago = "?from=2020-01-01&to=2020-01-02"
    for search, way_on in (
        (long_ago, "Choose a longer one."),
        (
            f"{long_ago}&podcast={world.podcasts['Harbour Lights']}",
            "Choose a longer one, or clear a filter.",
        ),
    ):
        drawn = words(draw(browser, "overview.episodes", "/overview", search))
        assert "No episode was downloaded in this period." in drawn
        assert way_on in drawn
        assert ("clear a filter" in drawn) == ("podcast" in search)


def test_a_tenant_without_data_is_told_how_to_begin(
    visit: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "has_data", lambda _: False)
    for person, way_on in (("carol", "Ask your account manager"), ("dora", "`podboard import log`")):
        browser = visit(person)
        for box in ("overview.trend", "overview.episodes", "overview.apps"):
            # A period that is empty, as all of them are to who has no data.
            drawn = words(draw(browser, box, "/overview", "?from=2020-01-01&to=2020-01-02"))
            assert boxes.NO_DATA in drawn, (person, box)
            assert way_on in drawn, (person, box)
            assert "Choose" not in drawn


def test_who_has_campaigns_entered_is_not_told_to_wait_for_an_account_manager(
    visit: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = BOXES["campaigns.cards"]
    none = replace(cards, ask=lambda *_: Answer((), []), lead=None)
    monkeypatch.setitem(BOXES, "campaigns.cards", none)
    said = {
        person: words(draw(visit(person), "campaigns.cards", "/campaigns"))
        for person in ("bob", "dora", "alice")
    }
    assert "When your account manager books one" in said["bob"]
    together = replace(BOXES["campaigns.together"], ask=lambda *_: Answer((), [], totals={"campaigns": 0}))
    monkeypatch.setitem(BOXES, "campaigns.together", together)
    assert "books one" in words(draw(visit("bob"), "campaigns.together", "/campaigns"))
    for person in ("dora", "alice"):
        assert "There is no campaign yet." in said[person]
        assert "account manager" not in said[person]


def test_a_figure_in_another_currency_than_the_tenants_own_names_it(
    visit: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = BOXES["portfolio.figures"]

    def in_two(connection: Any, filters: Any) -> Answer:
        answer = figures.ask(connection, filters)
        (revenue,) = [row for row in answer.rows if row["metric"] == "revenue_micros"]
        return replace(answer, rows=[*answer.rows, {**revenue, "currency": "EUR"}])

    drawn = words(draw(visit("dora"), "portfolio.figures", "/portfolio"))
    assert "Revenue" in drawn
    assert "Revenue (" not in drawn
    monkeypatch.setitem(BOXES, "portfolio.figures", replace(figures, ask=in_two))
    drawn = words(draw(visit("dora"), "portfolio.figures", "/portfolio"))
    assert "Revenue (EUR)" in drawn
    assert "Revenue (USD)" not in drawn
    assert "Spend (" not in drawn


def test_filter_options_stay_inside_the_scope(visit: Callable[[str], Browser], world: World) -> None:
    def offered(person: str, chosen: list[str] | None = None, path: str = "/overview") -> str:
        key = '{"key":["ALL"],"type":"filter"}.data'
        ids = [{"key": key, "type": "filter"} for key in ("period", "podcast")]
        answer = visit(person).callback(
            {
                "output": key,
                "outputs": [{"id": one, "property": "data"} for one in ids],
                "inputs": [{"id": "page-path", "property": "data", "value": path}],
                "changedPropIds": ["page-path.data"],
                "state": [
                    [{"id": one, "property": "id", "value": one} for one in ids],
                    [{"id": one, "property": "value", "value": chosen} for one in ids],
                ],
            }
        )
        if answer.status_code == 404:
            return NOTHING
        assert answer.status_code == 200, answer.text
        return words(answer)

    assert "Harbour Lights" in offered("carol")
    assert "Night Shift" not in offered("carol")
    assert "Night Shift" in offered("dora")
    assert "Nordwind" in offered("charlie")
    assert "Harbour Lights" not in offered("charlie")
    assert "Harbour Lights" not in offered("bob")
    # What the address has chosen stays chosen: dropped by its control, the page would show more than was asked for.
    foreign = str(world.podcasts["Harbour Lights"])
    assert "Unknown podcast" in offered("charlie", [foreign])
    # The page of a campaign offers the shows that carry it, and to its sponsor, who sees no podcast, as well.
    ours = {name: f"/campaigns/{world.campaigns[name]}" for name in ("Acme always on", "Globex launch")}
    carrying = {
        name: {show for show in world.podcasts if show in offered("alice", path=path)}
        for name, path in ours.items()
    }
    assert all(shows and "Nordwind" not in shows for shows in carrying.values())
    assert all(show in offered("bob", path=ours["Acme always on"]) for show in carrying["Acme always on"])
    assert offered("bob", path=ours["Globex launch"]) == NOTHING
    for stranger in ("charlie", "carol"):
        assert offered(stranger, path=ours["Acme always on"]) == NOTHING


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
        entry = by_label[row["Metric"]]
        value = Decimal(row["Value"]) * (1_000_000 if entry.unit == "money" else 1)
        decimals = rate_decimals(Decimal(row["High (95 %)"])) if row.get("High (95 %)") else 1
        shown = format_value(value, entry.unit, currency=row.get("Currency") or "USD", decimals=decimals)
        assert shown in drawn, (row, drawn)
        # The change of a share is told in percentage points, in a column of their own, as on the page.
        relative, points = row["Change"], row.get("Change in percentage points", "")
        assert not (relative if entry.changes_in_points else points)
        if points:
            assert signed_points(Decimal(points), decimals).removesuffix("pp") in drawn


def twin_of(answer: Any) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the table behind a drawn chart."""
    tables: list[Any] = []

    def walk(part: Any, *, inside: bool) -> None:
        if isinstance(part, list) and part and part[0] == "table" and inside:
            tables.append(part)
        elif isinstance(part, list):
            names = [one.get("className", "") for one in part[1:2] if isinstance(one, dict)]
            for one in part:
                walk(one, inside=inside or "chart__twin" in names)
        elif isinstance(part, dict):
            here = inside or part.get("className") == "chart__twin"
            for value in part.values():
                walk(value, inside=here)

    walk(json.loads(answer.data), inside=False)
    (table,) = tables
    head, body = (next(part for part in table[2:] if part[0] == tag) for tag in ("thead", "tbody"))
    return [cell[2] for cell in head[2][2:]], [list(row) for row in body[2][1]["rows"]]


def told_by_csv(cell: str, heading: str, shown: str) -> str:
    """A cell of a file as a table on the page says it; `shown` says in which form."""
    if not cell:
        return format_value(None, "count")
    if "date" in heading or re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
        return day(date.fromisoformat(cell), weekday=True)
    if not re.fullmatch(r"-?\d+(\.\d+)?", cell):
        return cell
    if shown.endswith("%"):
        return format_value(Decimal(cell), "ratio")
    return format_value(Decimal(cell), "number" if "." in shown or "." in cell else "count")


TWINS = (
    "campaign.delivery",
    "campaign.attribution",
    "campaign.conversions",
    "overview.trend",
    "overview.apps",
    "overview.countries",
    "overview.devices",
)


@pytest.mark.parametrize("box", TWINS)
def test_a_word_means_one_number_in_the_twin_and_in_the_csv_of_a_box(
    box: str, visit: Callable[[str], Browser], world: World
) -> None:
    browser = visit("alice")
    campaign = world.campaigns["Acme always on"]
    page = next(page for page in all_pages() if any(one.id == box for one in page.boxes))
    query = "?period=30d"
    heads, rows = twin_of(draw(browser, box, path_of(page, world), query))
    exported = rows_of(export(browser, box, f"{query}&campaign={campaign}"))
    of_csv = {heading.partition(" (")[0]: heading for heading in exported[0]}
    # Which episodes came out is told beside the picture, of which they are the flags, and is not of the answer.
    shared = [heading for heading in heads if heading != "Episodes out"]
    assert len(shared) >= 2
    assert set(shared) <= set(of_csv), box
    assert len(rows) == len(exported)
    for place, (row, line) in enumerate(zip(rows, exported, strict=True)):
        for heading, cell in zip(heads, row, strict=True):
            if heading in of_csv:
                shown = cell.removesuffix(" (not complete)")
                said = told_by_csv(line[of_csv[heading]], heading, shown)
                assert shown in (said, line[of_csv[heading]]), (box, place, heading)


def test_every_box_with_a_twin_is_compared_with_its_csv() -> None:
    assert {box.id for page in all_pages() for box in page.boxes if box.twin} == set(TWINS)


def test_what_a_campaign_delivers_is_told_by_day_and_so_far(
    visit: Callable[[str], Browser], world: World
) -> None:
    path = f"/campaigns/{world.campaigns['Acme always on']}"
    heads, rows = twin_of(draw(visit("alice"), "campaign.delivery", path))
    assert heads == ["Day", "Impressions", "Delivered so far", "Booked by then"]
    counted = [int(row[1].replace(",", "")) for row in rows if row[1] != format_value(None, "count")]
    so_far = [int(row[2].replace(",", "")) for row in rows if row[2] != format_value(None, "count")]
    assert sum(counted) > max(counted)
    assert so_far == [sum(counted[: place + 1]) for place in range(len(counted))]


def test_page_and_csv_withhold_the_same_small_cells(visit: Callable[[str], Browser], world: World) -> None:
    browser = visit("alice")
    days = [world.a.day(WORLD_NOW - timedelta(days=back)) for back in (6, 5, 4, 3, 2)]
    found = set()
    for box, column, key in (
        ("apps", "App", "app"),
        ("countries", "Country", "country"),
        ("devices", "Device", "device_type"),
    ):
        for query in (
            "?period=90d",
            *(f"?from={one}&to={one}" for one in days),
            f"?from={days[0]}&to={days[2]}&app=Spotify",
        ):
            rows = rows_of(export(browser, f"overview.{box}", query))
            drawn = words(draw(browser, f"overview.{box}", "/overview", query))
            if not rows:
                assert "Fewer than 5 downloads" in drawn
                continue
            for row in rows:
                value = row["Downloads"]
                named = row[column]
                shown = number(int(value)) if value.isdigit() else value
                assert f"{named} {shown}" in drawn
                assert not value.isdigit() or int(value) >= 5
                assert bool(row["Share"]) == value.isdigit(), "a share would tell the count"
                assert key == "app" or named == dimension_name(key, row[f"{column} code"])
                found.add(value if not value.isdigit() else "told")
            assert ("are not told" in drawn) == any(row["Downloads"] == "<5" for row in rows)
    assert found == {"<5", "hidden", "told"}


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
    about = ",2026-01-30,2026-02-28,UTC,"
    assert to_csv(answer, filters, {}).splitlines() == [
        "Episode,Change,period_start,period_end,time_zone,as_of",
        f'"\'=HYPERLINK(""x"")",-0.5{about}',
        f"'@me,{about}",
    ]


def test_every_row_of_a_csv_says_period_zone_and_as_of() -> None:
    zone = ZoneInfo("Europe/Berlin")
    filters = parse_filters({"period": "mtd"}, zone=zone, now=datetime(2026, 3, 10, 9, tzinfo=UTC))
    columns = (Column("title", "Episode"), Column("previous", "Before", "count"))
    rows = [{"title": "One", "previous": 3}, {"title": "Two", "previous": None}]
    answer = Answer(columns, rows, as_of=datetime(2026, 3, 10, 8, 59, tzinfo=UTC))
    read = list(csv.DictReader(io.StringIO(to_csv(answer, filters, {}))))
    assert [{key: row[key] for key in list(row)[2:]} for row in read] == [
        {
            "period_start": "2026-03-01", "period_end": "2026-03-10", "time_zone": "Europe/Berlin",
            "compared_through": "2026-03-09", "compared_with_start": "2026-02-20", "compared_with_end": "2026-02-28",
            "as_of": "2026-03-10T09:59:00+01:00",
        }
    ] * 2  # fmt: skip
    flight = Period(date(2026, 1, 5), date(2026, 2, 1))
    (row,) = csv.DictReader(io.StringIO(to_csv(replace(answer, rows=rows[:1], covers=flight), filters, {})))
    assert (row["period_start"], row["period_end"]) == ("2026-01-05", "2026-01-31")
    (row,) = csv.DictReader(io.StringIO(to_csv(replace(answer, rows=rows[:1], covers=None), filters, {})))
    assert (row["period_start"], row["period_end"], row["time_zone"]) == ("", "", "Europe/Berlin")
    empty = to_csv(replace(answer, rows=[]), filters, {})
    assert empty.splitlines() == [to_csv(answer, filters, {}).splitlines()[0]], "a header without a row"


@pytest.mark.parametrize("path", OPENS)
def test_every_csv_carries_zone_and_as_of_and_its_days(
    path: str, visit: Callable[[str], Browser], world: World
) -> None:
    page = next(page for page in all_pages() if page.path == path)
    campaign = world.campaigns["Acme always on"]
    for box in page.boxes:
        person = "alice" if "operator" not in OPENS[path] else "operator"
        answer = export(visit(person), box.id, f"?period=30d&campaign={campaign}")
        assert answer.status_code == 200, box.id
        header = answer.data.decode().splitlines()[0].split(",")
        assert set(header) >= {"period_start", "period_end", "time_zone", "as_of"}, box.id
        for row in rows_of(answer):
            assert row["time_zone"], box.id
            assert datetime.fromisoformat(row["as_of"]).tzinfo is not None, box.id
            assert bool(row["period_start"]) == bool(row["period_end"]), box.id
            # The file is called by the same days; where there are none, by the day as of which it is.
            days = [row["period_start"], row["period_end"]] if row["period_start"] else [row["as_of"][:10]]
            name = answer.headers["Content-Disposition"]
            assert name.endswith(f'_{"_".join(days)}.csv"'), (box.id, name)


def test_a_csv_says_every_filter_in_force_in_its_rows_and_in_its_name(
    visit: Callable[[str], Browser], world: World
) -> None:
    podcast, episode = world.podcasts["Harbour Lights"], world.episodes["Harbour Lights 1"]
    podcast_name, title = "Harbour Lights", "Harbour Lights 1"
    alice = visit("alice")
    query = f"?period=30d&podcast={podcast}&episode={episode}&app=Overcast|AntennaPod&country=NO|SE|DE|FR&device=phone"
    for box in boxes_of("/overview"):
        answer = export(alice, box, query)
        assert answer.status_code == 200, box
        told = {
            "filter_podcasts": podcast_name, "filter_episodes": title, "filter_apps": "AntennaPod; Overcast",
            "filter_countries": "Germany; France; Norway; Sweden", "filter_devices": "Phone",
        }  # fmt: skip
        assert [name for name in answer.text.splitlines()[0].split(",") if name in told] == list(told), box
        for row in rows_of(answer):
            assert {name: row[name] for name in told} == told, box
        name = answer.headers["Content-Disposition"]
        assert "_apps-antennapod-overcast_countries-4_devices-phone_20" in name, box
        assert "_podcasts-harbour-lights_episodes-harbour-lights-1_" in name, box
    # Without a filter nothing is said of it, and no more of one that the numbers know nothing of.
    assert "filter_" not in export(alice, "overview.trend", "?period=30d").text
    for box in boxes_of("/portfolio"):
        answer = export(alice, box, query)
        assert "filter_" not in answer.text + answer.headers["Content-Disposition"], box
    campaign = world.campaigns["Acme always on"]
    for box in boxes_of("/campaigns/<campaign_id>"):
        answer = export(alice, box, f"{query}&campaign={campaign}")
        assert {row["filter_campaign"] for row in rows_of(answer)} <= {"Acme always on"}, box
        # Of all that a campaign's page tells, what was delivered and whom it reached is known by part.
        is_known = box in ("campaign.figures", "campaign.shows", "campaign.episodes")
        name = answer.headers["Content-Disposition"]
        assert ("filter_apps" in answer.text, "_apps-antennapod-overcast_" in name) == (is_known, is_known), (
            box
        )
        for words in ("podcasts", "episodes"):
            assert (f"filter_{words}" in answer.text) == is_known, box
            assert (f"_{words}-harbour-lights" in name) == is_known, box
        assert "_campaign-acme-always-on_" in name, box


@pytest.mark.parametrize("person", ["alice", "bob"])
def test_what_narrows_no_number_of_a_box_is_said_in_it(
    person: str, visit: Callable[[str], Browser], world: World
) -> None:
    browser = visit(person)
    campaign = f"/campaigns/{world.campaigns['Acme always on']}"
    show, country = f"podcast={world.podcasts['Harbour Lights']}", "country=US|DE|IN|GB"
    said = {
        search: {
            box: found.group(1) if (found := re.search(r"Not narrowed (by .+?):", drawn)) else ""
            for box in boxes_of("/campaigns/<campaign_id>")
            for drawn in [words(draw(browser, box, campaign, f"?period=30d&{search}"))]
        }
        for search in ("compare=none", show, f"{show}&{country}&app=Overcast")
    }
    delivered = ("campaign.figures", "campaign.shows", "campaign.episodes")
    assert set(said["compare=none"].values()) == {""}
    for box in said[show]:
        known = box in delivered
        assert said[show][box] == ("" if known else "by show"), box
        assert said[f"{show}&{country}&app=Overcast"][box] == ("" if known else "by show, app or country")
    drawn = words(draw(browser, "campaign.figures", campaign, f"?period=30d&{country}"))
    assert "Countries: Germany, United Kingdom, India and 1 more" in drawn
    assert drawn.count("not known by this filter") > 3


def test_the_bar_of_a_campaign_offers_its_shows_and_to_who_sees_them_apps_and_places(
    visit: Callable[[str], Browser], world: World
) -> None:
    campaign = f"/campaigns/{world.campaigns['Acme always on']}"
    for person, offered in (("alice", {"podcast", "app", "country", "device"}), ("bob", {"podcast"})):
        page = open_page(visit(person), campaign).text
        asked = {key for key in ("podcast", "app", "country", "device") if f'"key":"{key}"' in page}
        assert asked == offered, person
    # What an address names is shown to be chosen, and can be taken out.
    assert '"key":"country"' in open_page(visit("bob"), campaign, "?country=DE").text


def test_a_name_without_a_letter_for_file_names_is_counted(
    visit: Callable[[str], Browser], world: World
) -> None:
    answer = export(visit("alice"), "overview.apps", "?period=30d&app=小宇宙")
    assert "_apps-1_20" in answer.headers["Content-Disposition"]
    assert "filter_apps" in answer.text.splitlines()[0]


def test_a_files_name_counts_the_longest_filters_where_it_would_be_too_long(
    visit: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    long = {
        label: [f"{label} {n} of a name as long as people like to give them"[:length] for n in range(3)]
        for label, length in (("podcasts", 80), ("episodes", 80), ("apps", 24), ("countries", 28))
    } | {"devices": ["Phone"]}  # fmt: skip
    monkeypatch.setattr(csv_export, "_narrowed", lambda *_: long)
    name = export(visit("alice"), "overview.trend", "?period=30d").headers["Content-Disposition"]
    file = re.fullmatch(r'attachment; filename="(.*)"', name)
    assert file is not None
    assert 100 < len(file[1]) <= 200
    # Those that fit beside each other keep their names, and the days stay.
    assert "_podcasts-3_episodes-3_apps-apps-0-of-a-name-" in file[1]
    assert "-apps-2-of-a-name-as-long_countries-3_devices-phone_" in file[1]
    assert re.search(r"_devices-phone_\d{4}-\d\d-\d\d_\d{4}-\d\d-\d\d\.csv$", file[1])
    everything = {label: names for label in long for names in [["x" * 300] * 3]}
    monkeypatch.setattr(csv_export, "_narrowed", lambda *_: everything)
    name = export(visit("alice"), "overview.trend", "?period=30d").headers["Content-Disposition"]
    assert len(name) <= 200 + len('attachment; filename=""')


def test_a_week_not_over_is_empty_in_the_csv_with_its_state(
    visit: Callable[[str], Browser], world: World
) -> None:
    rows = rows_of(export(visit("alice"), "overview.episodes", "?period=90d"))
    states = {row["First 7 days: state"]: row["First 7 days"] for row in rows}
    assert set(states) == {"complete", "not complete yet"}
    assert states["not complete yet"] == ""
    assert states["complete"] != ""
    drawn = words(draw(visit("alice"), "overview.episodes", "/overview", "?period=90d"))
    assert "not complete yet" in drawn
    assert "168 hours" in drawn


def test_a_period_that_is_not_over_says_up_to_when_it_is_compared(
    visit: Callable[[str], Browser], world: World
) -> None:
    browser = visit("alice")
    yesterday = world.a.day(world.now) - timedelta(days=1)
    search = f"?from={yesterday - timedelta(days=9)}&to={yesterday + timedelta(days=1)}"
    drawn = words(draw(browser, "overview.figures", "/overview", search))
    assert f"compared through {day(yesterday)}" in drawn
    assert f"Previous period (compared through {day(yesterday, year=False)})" in words(
        draw(browser, "overview.trend", "/overview", search)
    )
    assert "compared through" not in words(draw(browser, "overview.figures", "/overview", "?period=7d"))
    (row, *_) = rows_of(export(browser, "overview.figures", search))
    assert row["compared_through"] == yesterday.isoformat()
    change = Decimal(row["Value of whole days"]) / Decimal(row["Before"]) - 1
    assert abs(Decimal(row["Change"]) - change) < Decimal("0.000001")
    assert format_value(int(row["Value"]), "count") in drawn


def test_the_head_says_what_its_numbers_are_narrowed_to(
    visit: Callable[[str], Browser], world: World
) -> None:
    search = "?country=NO|SE&device=smart_speaker"
    drawn = words(draw(visit("alice"), "overview.figures", "/overview", search))
    assert "Countries: Norway and Sweden · Device: Smart speaker" in drawn
    assert "Norway" not in words(draw(visit("alice"), "portfolio.figures", "/portfolio", search))


def test_without_a_past_there_is_no_change_and_the_page_says_so(
    visit: Callable[[str], Browser], world: World
) -> None:
    for box, path in (
        ("overview.figures", "/overview"),
        ("portfolio.figures", "/portfolio"),
        ("campaign.figures", f"/campaigns/{world.campaigns['Acme always on']}"),
    ):
        drawn = words(draw(visit("alice"), box, path, "?period=12m"))
        assert drawn.count("no full period before") == 1, "once for the row, not under each figure"
        assert "not compared: no full period before" in drawn
        alone = words(draw(visit("alice"), box, path, "?period=12m&compare=none"))
        assert alone.count("not compared") == 1
        assert "no full period before" not in alone
    trend = words(draw(visit("alice"), "overview.trend", "/overview", "?period=12m&grain=week"))
    assert "Previous period" not in trend


def test_a_trend_without_a_download_is_told_in_words_as_every_other_box(
    visit: Callable[[str], Browser], world: World
) -> None:
    for box in ("overview.trend", "overview.countries"):
        drawn = draw(visit("alice"), box, "/overview", "?app=Nonsense")
        assert "There is nothing in this period." in words(drawn)
        assert '"Graph"' not in drawn.text
    assert '"Graph"' in draw(visit("alice"), "overview.trend", "/overview", "?period=7d").text


def test_episodes_that_came_out_are_told_on_the_trend(visit: Callable[[str], Browser], world: World) -> None:
    drawn = words(draw(visit("carol"), "overview.trend", "/overview", "?period=30d"))
    assert "Episode out" in drawn
    assert "2 episodes came out" in drawn
    assert "Episodes out" in drawn
    assert "Night Shift" not in drawn


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
    browser = visit("carol")
    for box in ("overview.figures", "overview.trend"):
        answer = draw(browser, box, "/overview", search)
        assert answer.status_code == 200
        assert FAILED not in words(answer)
        assert ("Nothing is shown until the link is right" in words(answer)) is (box == "overview.figures")


def test_a_phone_shows_every_column_where_each_is_needed(
    visit: Callable[[str], Browser], world: World
) -> None:
    """A phone leaves out the columns from the fourth on, of every table but those of jobs, workers and of a campaign's
    episodes: reach and the other ways to credit are nowhere else on it.
    """
    campaign = f"/campaigns/{world.campaigns['Acme always on']}"
    for box in ("campaign.episodes", "campaign.episode_credit"):
        assert '"table table--whole"' in draw(visit("dora"), box, campaign, "?period=90d").text, box
    assert '"table table--whole"' in draw(visit("operator"), "system.jobs", "/system").text
    assert '"table table--whole"' not in draw(visit("operator"), "system.queues", "/system").text
    left_out = re.findall(r"^.*nth-child\(n \+ 4\).*$", (ASSETS / "tables.css").read_text(), re.MULTILINE)
    assert len(left_out) == 3
    assert all(".table:not(.table--whole)" in rule for rule in left_out)


def test_nothing_personal_is_in_the_page_itself(visit: Callable[[str], Browser], world: World) -> None:
    """What the server sends before any callback is the same for everybody."""
    for path in ("/overview", "/_dash-layout", "/_dash-dependencies"):
        text = visit("dora").get(path).text
        for secret in (*EMAILS.values(), *world.podcasts, *world.sponsors):
            assert secret not in text, (path, secret)


_RATES = ("Conversion rate (of reach)", "Cost per conversion", "Return on ad spend")


def test_no_page_and_no_csv_shows_a_rate_that_rests_on_too_few_conversions(
    visit: Callable[[str], Browser], world: World
) -> None:
    browser = visit("bob")
    campaign = str(world.campaigns["Acme always on"])
    for period, is_enough in (("30d", True), ("7d", False)):
        drawn = words(draw(browser, "campaign.figures", f"/campaigns/{campaign}", f"?period={period}"))
        rows = {
            row["Metric"]: row
            for row in rows_of(export(browser, "campaign.figures", f"?period={period}&campaign={campaign}"))
        }
        conversions = int(rows["Conversions"]["Value"])
        assert conversions > 0
        assert (conversions >= 30) is is_enough
        for label in _RATES:
            row = rows[label]
            if is_enough:
                low, value, high = (Decimal(row[key]) for key in ("Low (95 %)", "Value", "High (95 %)"))
                assert low < value < high
            else:
                told = ("Value", "Value of whole days", "Before", "Change", "Low (95 %)", "High (95 %)")
                assert {row[key] for key in told} == {""}
                assert row["Note"] == "fewer than 30 conversions"
                assert f"{label} –" in " ".join(drawn.split())
        assert ("95\u202f%" in drawn) is is_enough
        assert drawn.count("fewer than 30 conversions") == (
            0 if is_enough else 2
        )  # the strip, and the line below
        credit = words(draw(browser, "campaign.attribution", f"/campaigns/{campaign}", f"?period={period}"))
        assert ("too few to compare shows" in credit) is not is_enough
        shares = rows_of(export(browser, "campaign.attribution", f"?period={period}&campaign={campaign}"))
        assert {bool(row["Linear share"]) for row in shares} == {is_enough}
        credit = words(
            draw(browser, "campaign.episode_credit", f"/campaigns/{campaign}", f"?period={period}")
        )
        assert ("too few to compare episodes" in credit) is not is_enough
        episodes = rows_of(
            export(browser, "campaign.episode_credit", f"?period={period}&campaign={campaign}")
        )
        assert {bool(row["Linear share"]) for row in episodes} == {is_enough}
        for model in ("First touch", "Last touch", "Linear"):
            of_episodes, of_shows = (sum(Decimal(row[model]) for row in rows) for rows in (episodes, shares))
            assert abs(of_episodes - of_shows) < Decimal("0.001")
        for row in episodes if is_enough else ():
            assert row["Episode"] in credit
            assert format_value(Decimal(row["Linear"]), "number") in credit


def test_what_sponsors_spend_ends_with_its_total(visit: Callable[[str], Browser], world: World) -> None:
    browser = visit("dora")
    rows = rows_of(export(browser, "portfolio.revenue", "?period=90d"))
    assert len(rows) > 1
    assert {row["Currency"] for row in rows} == {"USD"}
    drawn = words(draw(browser, "portfolio.revenue", "/portfolio", "?period=90d"))
    (total,) = re.findall(r"\bTotal\b[^$]*\$([\d,.]+)", drawn)
    # Each row of the file is rounded to the cent.
    apart = Decimal(total.replace(",", "")) - sum(Decimal(row["Spend"]) for row in rows)
    assert abs(apart) <= Decimal("0.01") * len(rows)


def test_a_change_is_told_only_between_thirty_conversions_and_thirty(
    visit: Callable[[str], Browser], world: World
) -> None:
    browser = visit("dora")
    rows = {row["Metric"]: row for row in rows_of(export(browser, "portfolio.figures", "?period=30d"))}
    assert int(rows["Conversions"]["Value"]) >= 30 > int(rows["Conversions"]["Before"]) > 0
    assert (rows["Conversions"]["Change"], rows["Revenue"]["Change"]) == ("", "")
    assert rows["Impressions"]["Change"] != ""
    drawn = draw(browser, "portfolio.figures", "/portfolio", "?period=30d").data.decode()
    assert drawn.count('"change change--') == 4  # impressions, reach, frequency, spend


def test_the_reach_of_all_ones_campaigns_is_that_of_their_different_listeners_and_never_their_sum(
    visit: Callable[[str], Browser], world: World
) -> None:
    """Counted by hand from the raw impressions of whose campaigns they are; what both of a sponsor's reached once."""
    days = {
        name: (world.now - timedelta(days=ago)).date().isoformat() for name, ago in (("from", 75), ("to", 1))
    }
    query = f"?from={days['from']}&to={days['to']}&compare=none&podcast={world.podcasts['Harbour Lights']}"
    acme = [world.campaigns[name] for name in ("Acme always on", "Acme earlier")]
    with psycopg.connect(world.database.superuser_dsn) as owner:
        rows = owner.execute(
            "select campaign_id, listener_id from attribution_events where tenant_id = %s"
            " and attribution_type = 'impression' and (occurred_at at time zone %s)::date between %s and %s"
            " and campaign_id in (select id from campaigns where deleted_at is null)",
            [world.a.tenant_id, world.a.zone.key, days["from"], days["to"]],
        ).fetchall()
    reached = {campaign: {who for of, who in rows if of == campaign} for campaign, _ in rows}
    assert reached[acme[0]] & reached[acme[1]], "whom both reached"
    told = {}
    for person, seen in (("bob", set(acme)), ("dora", set(reached)), ("alice", set(reached))):
        browser = visit(person)
        of_them = {
            row["Metric"]: row["Value"] for row in rows_of(export(browser, "campaigns.together", query))
        }
        impressions = sum(campaign in seen for campaign, _ in rows)
        everybody = set().union(*(reached[campaign] for campaign in seen))
        assert int(of_them["Impressions"]) == impressions
        assert int(of_them["Reach"]) == len(everybody)
        assert Decimal(of_them["Frequency"]) == round(Decimal(impressions) / len(everybody), 6)
        told[person] = int(of_them["Reach"])
        drawn = words(draw(browser, "campaigns.together", "/campaigns", query))
        assert format_value(len(everybody), "count") in drawn
        assert "whoever was reached by several counts once" in drawn
        assert "Not narrowed by show" in drawn
        assert browser.get(f"/why/campaigns.together{query}").status_code == 200
    assert told["bob"] < sum(len(reached[campaign]) for campaign in acme)
    assert told["bob"] < told["dora"]
    portfolio = {
        row["Metric"]: row["Value"] for row in rows_of(export(visit("dora"), "portfolio.figures", query))
    }
    assert int(portfolio["Reach"]) == told["dora"]
    for person in ("carol", "operator"):
        assert export(visit(person), "campaigns.together", query).status_code in (403, 404)


def test_the_cards_are_of_no_period_and_say_of_none_what_it_is_compared_with(
    visit: Callable[[str], Browser], world: World
) -> None:
    today = world.a.day(world.now)
    search = f"?from={today - timedelta(days=20)}&to={today}"
    browser = visit("bob")
    assert "compared through" not in words(draw(browser, "campaigns.cards", "/campaigns", search))
    assert "compared through" in words(draw(browser, "campaigns.together", "/campaigns", search))
    narrowed = words(draw(browser, "campaigns.together", "/campaigns", f"{search}&country=US|GB"))
    assert "Countries: United Kingdom and United States" in narrowed
    assert "compared through" not in narrowed
    assert "Not narrowed" not in narrowed
    of_cards = words(draw(browser, "campaigns.cards", "/campaigns", f"{search}&country=US|GB"))
    assert "Not narrowed by country" in of_cards


def test_a_card_shows_a_return_with_its_interval_or_why_there_is_none(
    visit: Callable[[str], Browser], world: World
) -> None:
    browser = visit("bob")
    drawn = words(draw(browser, "campaigns.cards", "/campaigns"))
    rows = {row["Campaign"]: row for row in rows_of(export(browser, "campaigns.cards"))}
    enough, few = rows["Acme always on"], rows["Acme earlier"]
    assert int(enough["Conversions to date"]) >= 30 > int(few["Conversions to date"]) > 0
    assert (few["Return on ad spend to date"], few["Note on the return"]) == ("", "fewer than 30 conversions")
    assert all(row["Note on the return"] for row in rows.values() if not row["Return on ad spend to date"])
    assert "Return – fewer than 30 conversions" in " ".join(drawn.split())
    low, high = (Decimal(enough[f"Return, {end} (95 %)"]) for end in ("low", "high"))
    assert interval(low, high, "times") in drawn
    assert format_value(Decimal(enough["Return on ad spend to date"]), "times") in drawn


def test_a_campaign_that_has_not_begun_says_when_it_does_in_every_box(
    visit: Callable[[str], Browser], world: World
) -> None:
    browser = visit("dora")
    campaign = str(world.campaigns["Globex next"])
    (row,) = [row for row in rows_of(export(browser, "campaigns.cards")) if row["Campaign"] == "Globex next"]
    starts = format_value(date.fromisoformat(row["Starts (America/New_York)"]), "date")
    for box in ("figures", "attribution", "conversions", "episode_credit", "shows", "episodes"):
        drawn = words(draw(browser, f"campaign.{box}", f"/campaigns/{campaign}"))
        said = (
            f"The flight of Globex next starts on {starts}"
            if box == "figures"
            else f"Flight starts on {starts}."
        )
        assert said in drawn, box
        assert "in this period" not in drawn, box
        if box == "figures":
            drawn = " ".join(drawn.split())
            (booking,) = rows_of(export(browser, "campaign.bookings", f"?campaign={campaign}"))
            assert f"Booked {number(int(booking['Booked']))} impressions" in drawn
            assert (
                f"For {format_value(Decimal(booking['Cost']) * 1_000_000, 'money', currency=booking['Currency'])}"
                in drawn
            )
            assert "From the first day on, this page shows" in drawn
            assert "no data" not in drawn
            # No period is shown, nor a bar to choose one: no day of it is one of the flight.
            assert re.search(r"As of \d+ \w+ \d{4}, \d\d:\d\d", drawn)
            assert "– " not in drawn.partition("As of")[0]
    frames = {
        name: open_page(browser, f"/campaigns/{world.campaigns[name]}").text
        for name in ("Globex next", "Acme always on")
    }
    assert {name: "filters--ahead" in text for name, text in frames.items()} == {
        "Globex next": True,
        "Acme always on": False,
    }
    # What has nothing to say until then is one page with the head, not four grey boxes.
    silent = {box.id for page in all_pages() for box in page.boxes if box.once_begun}
    assert silent == {
        f"campaign.{box}" for box in ("attribution", "conversions", "episode_credit", "shows", "episodes")
    }


def test_live_campaigns_are_counted_alike_on_every_page(
    visit: Callable[[str], Browser], world: World
) -> None:
    browser = visit("dora")
    paused = world.campaigns["Globex launch"]
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as tables:
        try:
            for stage, live in (("live", 2), ("paused", 1)):
                tables.execute("update campaigns set stage = %s where id = %s", (stage, paused))
                are = "are" if live > 1 else "is"
                cards = words(draw(browser, "campaigns.cards", "/campaigns"))
                portfolio = words(draw(browser, "portfolio.figures", "/portfolio"))
                assert f"{live} campaign{'s' if live > 1 else ''} {are} live" in cards
                assert f"{live} of 4 campaigns {are} live" in portfolio
                (row,) = [
                    row for row in rows_of(export(browser, "portfolio.stages")) if row["Stage"] == "Live"
                ]
                assert int(row["Campaigns"]) == live
                at_risk = {row["Campaign"] for row in rows_of(export(browser, "portfolio.at_risk"))}
                assert stage == "live" or "Globex launch" not in at_risk
        finally:
            tables.execute("update campaigns set stage = 'live' where id = %s", (paused,))


@pytest.mark.parametrize("box", ["overview.trend", "overview.episodes", "no.such.box"])
def test_a_box_is_answered_as_dash_would_answer(
    box: str, visit: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = visit("carol")
    ours = draw(browser, box, "/overview")
    # Nothing is the box callback any more, so Dash answers it like any other.
    monkeypatch.setattr(dash_app, "BOX_OUTPUT", "")
    its = draw(browser, box, "/overview")
    assert (ours.status_code, ours.mimetype) == (its.status_code, its.mimetype) == (200, "application/json")
    assert ours.get_json() == its.get_json()


def test_as_of_when_the_numbers_are_is_a_csv_too(visit: Callable[[str], Browser], world: World) -> None:
    browser = visit("alice")
    rows = rows_of(export(browser, "freshness.relations"))
    drawn = re.sub(" +", " ", words(draw(browser, "freshness.relations", "/freshness")))
    assert len(rows) >= 3
    for row in rows:
        assert row["Numbers"] in drawn
        assert row["State"] in drawn
        as_of = datetime.fromisoformat(row["As of (America/New_York)"])
        assert instant(as_of, ZoneInfo("America/New_York")) in drawn


def test_imports_that_a_page_has_no_room_for_are_in_the_csv(
    visit: Callable[[str], Browser], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = visit("alice")
    older = "Older ones are in the CSV"
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as tables:
        try:
            for name, refused in (("first.csv", 0), ("second.csv", 2), ("Pixel", 1)):
                tables.execute(
                    "insert into etl_imports (tenant_id, import_type, source, status, records_refused, started_at,"
                    " completed_at) values (%s, 'attribution_events', %s, 'completed', %s, %s, %s)",
                    (world.a.tenant_id, name, refused, world.now, world.now),
                )
            with tenant_session(world.people.alice) as connection:
                every = sources.every_import(connection).rows
            assert older not in words(draw(browser, "freshness.imports", "/freshness"))
            monkeypatch.setattr(sources, "_SHOWN_FILES", 1)
            monkeypatch.setattr(sources, "_SHOWN_HOURS", 0)
            drawn = words(draw(browser, "freshness.imports", "/freshness"))
            rows = rows_of(export(browser, "freshness.imports"))
            lists = {row["From"]: row["List of refused rows"] for row in rows if row["Rows refused"] != "0"}
            answers = [browser.get(address) for address in lists.values()]
        finally:
            tables.execute(
                "delete from etl_imports where tenant_id = %s and source in ('first.csv', 'second.csv', 'Pixel')",
                (world.a.tenant_id,),
            )
    assert older in drawn
    assert "Pixel" not in drawn
    assert [row["Import"] for row in rows] == [str(row["import_id"]) for row in every]
    assert set(lists) == {"second.csv", "Pixel"}
    assert not any(row["List of refused rows"] for row in rows if row["Rows refused"] == "0")
    assert [(answer.status_code, answer.mimetype) for answer in answers] == [(200, "text/csv")] * 2


def test_a_campaign_that_is_over_opens_on_its_flight_everywhere(
    visit: Callable[[str], Browser], world: World
) -> None:
    browser = visit("dora")
    today = world.a.day(world.now)
    (card,) = [
        row for row in rows_of(export(browser, "campaigns.cards")) if row["Campaign"] == "Acme earlier"
    ]
    first, last = (date.fromisoformat(card[f"{key} (America/New_York)"]) for key in ("Starts", "Ends"))
    assert last < today - timedelta(days=30)
    campaign = str(world.campaigns["Acme earlier"])
    path, flight = f"/campaigns/{campaign}", f"from={first}&to={last}"
    # The card leads to it without a period: what that means is decided in one place.
    assert path in words(draw(browser, "campaigns.cards", "/campaigns")).split()
    for box in boxes_of("/campaigns/<campaign_id>"):
        # Without a period, and with the same one said: one view, on the page and in the file.
        assert words(draw(browser, box, path)) == words(draw(browser, box, path, f"?{flight}")), box
        unsaid = export(browser, box, f"?campaign={campaign}")
        said = export(browser, box, f"?campaign={campaign}&{flight}")
        assert unsaid.data == said.data, box
        assert unsaid.headers["Content-Disposition"] == said.headers["Content-Disposition"]
    figures = rows_of(export(browser, "campaign.figures", f"?campaign={campaign}"))
    assert int({row["Metric"]: row["Value"] for row in figures}["Impressions"]) > 0
    # The last 30 days are shown to whoever asks for them, and a live campaign opens on them.
    asked = rows_of(export(browser, "campaign.figures", f"?campaign={campaign}&period=30d"))
    assert {row["Value"] for row in asked if row["Metric"] == "Impressions"} == {"0"}
    assert asked[0]["period_end"] == (today - timedelta(days=1)).isoformat()
    live = str(world.campaigns["Acme always on"])
    assert (
        export(browser, "campaign.figures", f"?campaign={live}").data
        == export(browser, "campaign.figures", f"?campaign={live}&period=30d").data
    )
    # The frame's bar says it, and so does the report that the page asks for.
    frame = words(open_page(browser, path))
    assert f"{day(first, year=first.year != last.year)} – {day(last)}" in frame
    range_ = [first.isoformat(), last.isoformat()]
    assert usual_period(open_page(browser, path)) == {"period": "custom", "range": range_}
    assert usual_period(open_page(browser, f"/campaigns/{live}")) == {"period": "30d", "range": None}
    foreign = open_page(visit("charlie"), path)
    assert str(first) not in foreign.text
    assert "There is nothing here" in words(foreign)


def open_page(browser: Browser, path: str, search: str = "") -> Any:
    """The answer to the routing request: the frame of a page."""
    return browser.callback(
        {
            "output": "..frame.children...page-path.data..",
            "outputs": [
                {"id": "frame", "property": "children"},
                {"id": "page-path", "property": "data"},
            ],
            "inputs": [{"id": "url", "property": "pathname", "value": path}],
            "state": [{"id": "url", "property": "search", "value": search}],
            "changedPropIds": ["url.pathname"],
        }
    )


def usual_period(answer: Any) -> Any:
    """What the page's script takes for the period of an address that names none."""
    found: list[Any] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if isinstance(part.get("id"), dict) and part["id"].get("type") == "usual-period":
                found.append(part["data"])
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for one in part:
                walk(one)

    walk(json.loads(answer.data))
    (only,) = found
    return only
