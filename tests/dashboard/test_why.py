"""Why this number: definition, filters, what was left out by reason, rules and as-of, for whoever sees the box."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import psycopg
import pytest

from dashboard.pages import all_pages
from queries import refresh
from queries.campaign_excluded import excluded_of_shows
from queries.campaign_states import campaign_heads, flights_so_far
from queries.filters import parse_filters
from queries.ingest.counting.reasons import words_of_reason
from queries.listening import overview_figures
from queries.listening_counted import counted_by
from queries.metrics import METRICS, RULE_VERSION
from queries.periods import Period
from queries.session import Actor, tenant_session
from reports.documents.words import counted_words
from tests.dashboard.test_boxes import OPENS
from tests.dashboard.visitors import Browser
from tests.world import World

Visit = Callable[[str | Actor], Browser]
BOXES = [
    (box.id, page.path)
    for page in all_pages()
    for box in page.boxes
    if box.why or box.id.endswith(".figures")
]


def _words(answer: Any) -> str:
    """What is to be read on the page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@pytest.fixture
def refused(world: World) -> Iterator[list[tuple[str, datetime, str]]]:
    """Requests that did not count: (reason, moment, podcast) of the tenant, and one of another tenant."""
    noon = world.now - timedelta(days=3)
    rows = [("repeat", noon)] * 3 + [
        ("head", noon),
        ("self_declared_bot", noon),
        ("bot", noon - timedelta(days=200)),
    ]
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as owner:
        for tenant, found in ((world.a, rows), (world.b, [("vpn", noon)])):
            episode = owner.execute(
                "select id from episodes where tenant_id = %s order by id limit 1", [tenant.tenant_id]
            ).fetchone()
            assert episode
            for reason, at in found:
                owner.execute(
                    "insert into excluded_requests (tenant_id, episode_id, reason, rule_version, occurred_at)"
                    " values (%s, %s, %s, 'rules of a test', %s)",
                    [tenant.tenant_id, episode[0], reason, at],
                )
        refresh.refresh_rollups()
        yield [(reason, at, str(episode[0])) for reason, at in rows]
        owner.execute("delete from excluded_requests where rule_version = 'rules of a test'")
    refresh.refresh_rollups()


@pytest.mark.parametrize(("box", "path"), BOXES)
def test_each_box_with_figures_says_why(box: str, path: str, visit: Visit, world: World) -> None:
    subject = f"?campaign={world.campaigns['Acme always on']}" if "<" in path else ""
    for person in OPENS[path]:
        answer = visit(person).get(f"/why/{box}{subject}")
        assert answer.status_code == 200, (box, person)
        assert answer.headers["Cache-Control"] == "no-store"
        said = _words(answer)
        assert f"Rules version {RULE_VERSION}" in said
        assert "As of" in said
        assert "Time zone America/New_York" in said
        assert ("Campaign Acme always on" in said) == bool(subject)
        why = next(each.why for page in all_pages() for each in page.boxes if each.id == box)
        shown = [metric for metric in METRICS.values() if metric.meaning in said]
        assert shown
        assert not why or METRICS[why] in shown
        # What a ratio is made of stands with it.
        for metric in shown:
            assert metric.made_of <= {other.key for other in shown}


def test_revenue_says_what_becomes_of_an_order_in_another_currency(visit: Visit, world: World) -> None:
    said = _words(visit("bob").get(f"/why/campaign.figures?campaign={world.campaigns['Acme always on']}"))
    assert (
        "Of a campaign only orders in its currency are shown: one in another currency is a conversion, and its amount "
        "is left out of the campaign's revenue." in said
    )


def test_the_shortfall_is_defined_where_it_is_shown_under_one_name(visit: Visit, world: World) -> None:
    """It was explained as what is booked; pages, files and the registry had three names for it."""
    shortfall = METRICS["expected_shortfall"]
    alice = visit("alice")
    said = _words(alice.get("/why/portfolio.at_risk"))
    assert (
        f"Expected shortfall {shortfall.meaning} Formula Booked − Forecast, at least 0 Adds up over" in said
    )
    assert METRICS["forecast_impressions"].meaning in said
    header = alice.get("/export/portfolio.at_risk.csv").text.splitlines()[0]
    assert header.split(",")[3:6] == ["Delivered of booked", "Pacing", "Expected shortfall"]
    cards = alice.get("/export/campaigns.cards.csv").text.splitlines()[0].split(",")
    assert cards[cards.index("Pacing state") + 1] == "Pacing"


def test_the_episodes_of_the_view_are_named_and_foreign_ones_are_not(visit: Visit, world: World) -> None:
    with psycopg.connect(world.database.superuser_dsn) as owner:
        (own, title), (foreign, other) = (
            owner.execute(
                "select id, title from episodes where tenant_id = %s and deleted_at is null order by title limit 1",
                [tenant.tenant_id],
            ).fetchone()
            or ("", "")
            for tenant in (world.a, world.b)
        )
        owner.execute("update episodes set title = 'Only B has this' where id = %s", [foreign])
    try:
        said = _words(visit("alice").get(f"/why/overview.figures?episode={own}"))
        assert f"Episodes {title}" in said
        assert "Only B has this" not in _words(visit("alice").get(f"/why/overview.figures?episode={foreign}"))
    finally:
        with psycopg.connect(world.database.superuser_dsn) as owner:
            owner.execute("update episodes set title = %s where id = %s", [other, foreign])


def test_no_filter_is_said_that_the_numbers_know_nothing_of(visit: Visit, world: World) -> None:
    query = f"?campaign={world.campaigns['Acme always on']}&app=Overcast&country=NO"
    for box in ("delivery", "attribution", "conversions"):
        of_campaign = _words(visit("alice").get(f"/why/campaign.{box}{query}"))
        assert "Campaign Acme always on" in of_campaign
        assert "Overcast" not in of_campaign
        assert "Norway" not in of_campaign
        assert "Not narrowed by app or country: these numbers are of the whole" in of_campaign
    for box in ("figures", "shows", "episodes"):
        of_delivery = _words(visit("alice").get(f"/why/campaign.{box}{query}"))
        assert "Apps Overcast" in of_delivery
        assert "Countries Norway" in of_delivery
        assert "Not narrowed" not in of_delivery
    of_shows = _words(visit("alice").get(f"/why/overview.figures{query}"))
    assert "Apps Overcast" in of_shows
    assert "Countries Norway" in of_shows


def test_of_a_campaign_filtered_by_show_the_why_names_it_and_what_its_requests_lost(
    visit: Visit, world: World
) -> None:
    campaign, shows = world.campaigns["Acme always on"], world.podcasts
    said = {}
    for person in ("alice", "bob"):
        of_show = f"/why/campaign.figures?campaign={campaign}&podcast={shows['Harbour Lights']}"
        said[person] = _words(visit(person).get(of_show))
        assert "Podcasts Harbour Lights" in said[person]
        assert "Not narrowed" not in said[person]
        # A show of another tenant has no name here, as one that carries no ad of the campaign has none.
        foreign = visit(person).get(of_show.replace(str(shows["Harbour Lights"]), str(shows["Nordwind"])))
        assert foreign.status_code == 400
        assert "There is no such podcast for you." in _words(foreign)
    assert "None can be told" not in said["alice"]


def _of_the_world(world: World) -> int:
    """Requests that the world itself left out in the last 30 whole days of New York."""
    end = datetime.combine(world.a.day(world.now), time(), world.a.zone)
    with psycopg.connect(world.database.superuser_dsn) as owner:
        found = owner.execute(
            "select count(*) from excluded_requests where tenant_id = %s and rule_version = 'rules of the world'"
            " and occurred_at >= %s and occurred_at < %s",
            [world.a.tenant_id, end - timedelta(days=30), end],
        ).fetchone()
    assert found
    return int(found[0])


def test_what_was_left_out_is_counted_by_reason_in_the_view(
    visit: Visit,
    world: World,
    refused: list[tuple[str, datetime, str]],
) -> None:
    said = _words(visit("alice").get("/why/overview.figures?period=30d"))
    expected = Counter(
        reason for reason, at, _ in refused if at > max(a for _, a, _ in refused) - timedelta(days=60)
    )
    assert f"{sum(expected.values()) + _of_the_world(world)} in this period" in said
    for reason, count in expected.items():
        assert f"{count} {words_of_reason(reason)} (rules of a test)" in said
    assert "Data centres filter off, no list installed at present" in said
    assert words_of_reason("bot") not in said
    assert words_of_reason("vpn") not in said
    assert "of all apps" not in said
    assert "of all apps" in _words(visit("alice").get("/why/overview.figures?period=30d&app=Overcast"))


def test_of_ads_it_tells_the_requests_for_the_shows_that_carry_them(
    visit: Visit, world: World, refused: list[tuple[str, datetime, str]]
) -> None:
    """Whoever may see podcasts reads why they were no downloads; a sponsor does not, nor that there were none."""
    campaign = world.campaigns["Acme always on"]
    with psycopg.connect(world.database.superuser_dsn) as owner:
        shows = owner.execute(
            "select array_agg(distinct e.podcast_id) from ad_units u join episodes e on e.id = u.episode_id"
            " where u.campaign_id = %s",
            [campaign],
        ).fetchone()
        end = datetime.combine(world.a.day(world.now), time(), world.a.zone)
        expected = owner.execute(
            "select count(*) from excluded_requests x join episodes e on e.id = x.episode_id"
            " where e.podcast_id = any (%s) and x.occurred_at >= %s and x.occurred_at < %s",
            [shows and shows[0], end - timedelta(days=30), end],
        ).fetchone()
    assert expected
    assert expected[0]
    address = f"/why/campaign.figures?campaign={campaign}&period=30d"
    said = _words(visit("alice").get(address))
    assert f"{expected[0]} in this period, for any episode of the shows that carry the campaign" in said
    assert words_of_reason("vpn") not in said
    said = _words(visit("bob").get(address))
    assert KEPT_BACK in said
    assert "in this period, for any episode" not in said
    assert KEPT_BACK not in _words(visit("alice").get(address))


KEPT_BACK = (
    "Requests that did not count Requests refused at episodes are no downloads and bring no ads: these numbers hold "
    "none of them. They are kept by the publisher, each with its reason, and not shown to sponsors."
)
CARRIERS = {
    "Acme always on": ("Harbour Lights", "Night Shift"),
    "Acme earlier": ("Harbour Lights", "Night Shift"),
    "Globex launch": ("Night Shift",),
    "Globex next": ("Night Shift",),
}
"""Which shows of tenant A carry whose ads, as the world lays them out."""


@pytest.fixture
def refused_at_shows(world: World) -> Iterator[list[tuple[str, datetime, str]]]:
    """Requests that did not count: (show, moment, reason). "Unsold" carries only a campaign that was deleted."""
    noon = world.now.replace(hour=17)
    a = world.a
    unsold = a.insert("podcasts", name="Unsold")
    episodes = {
        "Harbour Lights": world.episodes["Harbour Lights 4"], "Night Shift": world.episodes["Night Shift 1"],
        "Unsold": a.insert("episodes", podcast_id=unsold, title="Unsold 1"), "Nordwind": world.episodes["Nordwind 1"],
    }  # fmt: skip
    gone = a.insert(
        "campaigns", sponsor_id=world.sponsors["Globex"], name="Globex gone", start_date=world.now.date(),
        end_date=world.now.date(), stage="live", conversion_type="lead", currency="USD", description="Gone.",
    )  # fmt: skip
    a.insert(
        "ad_units", campaign_id=gone, episode_id=episodes["Unsold"], unit_type="pre_roll", position_seconds=0,
        duration_seconds=30,
    )  # fmt: skip
    rows = [
        (show, noon - timedelta(days=days), reason)
        for show, amounts in (
            ("Harbour Lights", (3, 5, 2)), ("Night Shift", (4, 1, 6)), ("Unsold", (7, 8, 9)), ("Nordwind", (11, 12, 13))
        )
        for amount, days, reason in zip(amounts, (3, 60, 100), ("head", "bot", "preload"), strict=True)
        for _ in range(amount)
    ]  # fmt: skip
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as owner:
        owner.execute("update campaigns set deleted_at = now() where id = %s", [gone])
        for show, at, reason in rows:
            owner.execute(
                "insert into excluded_requests (tenant_id, episode_id, reason, rule_version, occurred_at)"
                " select tenant_id, id, %s, 'rules of shows', %s from episodes where id = %s",
                [reason, at, episodes[show]],
            )
        refresh.refresh_rollups()
        try:
            yield [(show, at, reason) for show, at, reason in rows]
        finally:
            owner.execute("delete from excluded_requests where rule_version = 'rules of shows'")
            owner.execute("delete from ad_units where campaign_id = %s", [gone])
            owner.execute("delete from campaigns where id = %s", [gone])
            owner.execute("delete from episodes where podcast_id = %s", [unsold])
            owner.execute("delete from podcasts where id = %s", [unsold])
    refresh.refresh_rollups()


def _counted_by_hand(
    rows: list[tuple[str, datetime, str]], world: World, campaigns: tuple[str, ...], first: date, last: date
) -> dict[str, int]:
    """By reason, of the shows that carry any of these campaigns, on days of New York."""
    shows = {show for campaign in campaigns for show in CARRIERS[campaign]}
    return dict(
        Counter(
            reason for show, at, reason in rows if show in shows and first <= world.a.day(at) <= last
        )
    )  # fmt: skip


def _told(said: str) -> dict[str, int]:
    """What the panel says was refused at shows for the reasons of this test."""
    found = {
        reason: re.findall(rf"(?<![\d,])([\d,]+) {re.escape(words_of_reason(reason))}", said)
        for reason in ("head", "bot", "preload")
    }
    assert all(len(amounts) <= 1 for amounts in found.values())
    return {reason: int(amounts[0].replace(",", "")) for reason, amounts in found.items() if amounts}


def test_of_many_campaigns_it_tells_the_requests_for_every_show_that_carries_one(
    visit: Visit, world: World, refused_at_shows: list[tuple[str, datetime, str]]
) -> None:
    today = world.a.day(world.now)
    for search, first, last in (
        ("period=30d", today - timedelta(days=30), today - timedelta(days=1)),
        ("period=90d", today - timedelta(days=90), today - timedelta(days=1)),
        (f"from={today - timedelta(days=100)}&to={today - timedelta(days=61)}",
         today - timedelta(days=100), today - timedelta(days=61)),
    ):  # fmt: skip
        expected = _counted_by_hand(refused_at_shows, world, tuple(CARRIERS), first, last)
        assert expected
        for person in ("alice", "dora"):
            said = _words(visit(person).get(f"/why/portfolio.figures?{search}"))
            assert "in this period, for any episode of the shows that carry any of these campaigns:" in said
            assert _told(said) == expected, search
    # A campaign that the address names narrows nothing on this page.
    address = "/why/portfolio.figures?period=30d"
    named = visit("alice").get(f"{address}&campaign={world.campaigns['Acme always on']}")
    assert _words(named) == _words(visit("alice").get(address))
    # The cards tell each flight so far: from the first day of the first.
    expected = _counted_by_hand(refused_at_shows, world, tuple(CARRIERS), today - timedelta(days=69), today)
    said = _words(visit("dora").get("/why/campaigns.cards"))
    assert "on the days of these flights so far, " in said
    assert _told(said) == expected == {"head": 7, "bot": 6}


def test_a_box_that_lists_campaigns_tells_the_requests_for_their_shows_alone(
    visit: Visit, world: World, refused_at_shows: list[tuple[str, datetime, str]]
) -> None:
    today = world.a.day(world.now)
    # Of the bookings that end within 30 days: those of the two campaigns that are live.
    ending = ("Acme always on", "Globex launch")
    expected = _counted_by_hand(refused_at_shows, world, ending, today - timedelta(days=50), today)
    assert _told(_words(visit("alice").get("/why/portfolio.expiring"))) == expected == {"head": 7}
    with tenant_session(world.people.alice) as connection:
        f = world.a.filters({"period": "30d"})
        ids = [world.campaigns["Globex launch"], world.campaigns["Globex next"]]
        told = excluded_of_shows(connection, f, ids)
        assert told is not None
        of_test = {
            row["reason"]: row["requests"] for row in told.rows if row["rule_version"] == "rules of shows"
        }
        assert flights_so_far(campaign_heads(connection, ids), f.today) == Period(
            today - timedelta(days=40), today + timedelta(days=1)
        )
        # A flight that has not begun has had no day yet.
        assert flights_so_far(campaign_heads(connection, ids[1:]), f.today) == Period(
            today, today + timedelta(days=1)
        )
    assert of_test == {"head": 4}


def test_a_sponsor_reads_in_each_box_of_ads_that_requests_are_kept_by_the_publisher(
    visit: Visit, world: World, refused_at_shows: list[tuple[str, datetime, str]]
) -> None:
    campaign = world.campaigns["Acme always on"]
    told = 0
    for box, path in BOXES:
        if not path.startswith("/campaigns"):
            continue
        address = f"/why/{box}?campaign={campaign}" if "<" in path else f"/why/{box}"
        said = _words(visit("bob").get(address))
        assert _told(said) == {}, box
        assert "carry any of these campaigns" not in said
        is_of_shows = "Requests that did not count" in _words(visit("alice").get(address))
        assert (KEPT_BACK in said) == is_of_shows, box
        told += is_of_shows
    assert told > 2


def test_another_tenant_and_a_scope_read_their_own_requests_alone(
    visit: Visit, world: World, refused_at_shows: list[tuple[str, datetime, str]]
) -> None:
    f = world.a.filters({"period": "90d"})
    foreign = list(world.campaigns.values())
    with tenant_session(world.people.charlie) as connection:
        told = excluded_of_shows(connection, f, foreign)
        own = excluded_of_shows(connection, f)
        assert told is not None
        assert own is not None
        assert told.rows == own.rows
        assert {row["reason"]: row["requests"] for row in own.rows if row["rule_version"] == "rules of shows"} == {
            "head": 11, "bot": 12,
        }  # fmt: skip
        assert excluded_of_shows(connection, f, [world.campaigns["Acme always on"]]) is None
    with tenant_session(world.people.bob) as connection:
        told = excluded_of_shows(connection, f)
        assert told is None or told.rows == []
    # Somebody who sells for a sponsor and has a show besides reads what was refused at that show.
    both = world.a.person(
        "both@a.example", "sponsor", ("sponsor", world.sponsors["Globex"]), ("podcast", world.podcasts["Night Shift"])
    )  # fmt: skip
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as owner:
        try:
            owner.execute(
                "insert into user_roles (tenant_id, user_id, role_id) select tenant_id, %s, id from roles"
                " where name = 'podcaster' and tenant_id = %s",
                [both.user_id, both.tenant_id],
            )
            said = _words(visit(both).get("/why/campaigns.cards"))
            assert "carry any of these campaigns, as far as they are yours:" in said
            assert KEPT_BACK not in said
            today = world.a.day(world.now)
            expected = _counted_by_hand(
                refused_at_shows, world, ("Globex launch",), today - timedelta(days=40), today
            )
            assert _told(said) == expected == {"head": 4}
        finally:
            owner.execute("delete from users where id = %s", [both.user_id])


def test_campaigns_that_no_known_episode_carries_say_so(visit: Visit, world: World) -> None:
    a = world.a
    day = a.day(world.now)
    bare = a.insert(
        "campaigns", sponsor_id=world.sponsors["Globex"], name="Globex bare", start_date=day, end_date=day,
        stage="live", conversion_type="lead", currency="USD", description="Bare.",
    )  # fmt: skip
    try:
        said = _words(visit("alice").get(f"/why/campaign.figures?campaign={bare}"))
        assert "None can be told: podboard knows of no episode that carries ads of the campaign." in said
    finally:
        a.delete("campaigns", [bare])


@pytest.fixture
def ways(world: World) -> Iterator[None]:
    """Ways of counting: two that meet in the last 30 days, one of long ago, one of before, one of another tenant."""
    at = world.now - timedelta(days=10)
    long_ago = world.now - timedelta(days=400)
    rows = [
        (world.a, 901, "unknown", "UTC", "unknown", "unknown", long_ago, at - timedelta(days=9)),
        (world.a, 902, "calendar_day", "America/New_York", "rules of a test", "with_list", long_ago, at),
        (world.a, 903, "rolling_last_touch", "UTC", "rules of a test", "with_list", at, world.now),
        (world.a, 904, "rolling_first_touch", "UTC", "rules of old", "source", long_ago, long_ago),
        (world.b, 901, "rolling_first_touch", "UTC", "rules of others", "source", long_ago, world.now),
    ]
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as owner:
        for tenant, *values in rows:
            owner.execute(
                "insert into counting_methods (tenant_id, number, download_window, time_zone, rule_version,"
                " data_centres, first_at, last_at) values (%s, %s, %s, %s, %s, %s, %s, %s)",
                [tenant.tenant_id, *values],
            )
        yield
        owner.execute("delete from counting_methods where number > 900")


def test_by_which_windows_and_rules_the_downloads_of_the_view_were_counted(
    visit: Visit, world: World, ways: None
) -> None:
    for person in ("alice", "carol"):
        said = _words(visit(person).get("/why/overview.figures?period=30d"))
        assert "once per calendar day (America/New_York), rules of a test; data centres filtered out" in said
        assert "once per 24 hours from the last request, rules of a test; data centres filtered out" in said
        assert "before podboard kept it with each download (until " in said
        assert "This period mixes downloads of different windows: they are not quite alike." in said
        assert "rules of old" not in said
        assert "rules of others" not in said
        f = parse_filters({"period": "30d"}, zone=world.a.zone, now=world.now)
        with tenant_session(getattr(world.people, person)) as connection:
            told = counted_by(connection, f)
        assert len(told.rows) == 3
        # In these words a PDF says it too.
        assert " ".join([*told.notes, *counted_words(told, f.zone)]) in said
    recent = (world.now - timedelta(days=4)).date().isoformat()
    said = _words(visit("alice").get(f"/why/overview.figures?from={recent}&to={recent}"))
    assert "once per 24 hours from the last request, rules of a test" in said
    assert "calendar day (America/New_York), rules" not in said
    assert "mixes" not in said
    # Impressions are made of downloads.
    campaign = world.campaigns["Acme always on"]
    said = _words(visit("bob").get(f"/why/campaign.figures?campaign={campaign}&from={recent}&to={recent}"))
    assert "once per 24 hours from the last request, rules of a test" in said
    assert "calendar day (America/New_York), rules" not in said


def test_downloads_of_a_world_that_says_nothing_of_it_say_so(visit: Visit) -> None:
    said = _words(visit("alice").get("/why/overview.figures?period=30d"))
    assert "Of the downloads of this period none says how it was counted." in said


@pytest.fixture
def unmeasured(world: World) -> Iterator[None]:
    """Downloads of which nobody knows the bytes: 7 of a show of carol's, 9 of another, 4 of another tenant's."""
    noon = world.now - timedelta(days=3)
    rows = [
        (world.a, "Harbour Lights", "prefix", 7),
        (world.a, "Night Shift", "prefix", 6),
        (world.a, "Night Shift", "log", 3),
        (world.b, None, "prefix", 4),
    ]
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as owner:
        for tenant, show, source, downloads in rows:
            # Of an app, a country and a device that are there: what was used once stays to be chosen.
            added = owner.execute(
                "insert into listener_events (tenant_id, episode_id, listener_id, event_type, event_data, occurred_at)"
                " select %(tenant)s, e.id, 'unmeasured ' || n, 'download',"
                " like_it.event_data || jsonb_build_object('source', %(source)s::text, 'unmeasured', true), %(at)s"
                " from (select id from episodes where tenant_id = %(tenant)s"
                "       and (podcast_id = %(show)s or %(show)s::uuid is null) order by id limit 1) e,"
                " (select event_data from listener_events where tenant_id = %(tenant)s and event_type = 'download'"
                "  order by coalesce(event_data ->> 'app', '') = 'Overcast' desc, id limit 1) like_it,"
                " generate_series(1, %(downloads)s) n",
                {"tenant": tenant.tenant_id, "source": source, "at": noon, "downloads": downloads,
                 "show": world.podcasts[show] if show else None},
            )  # fmt: skip
            assert added.rowcount == downloads
        refresh.refresh_rollups()
        yield
        owner.execute("delete from listener_events where listener_id ^@ 'unmeasured '")
    refresh.refresh_rollups()


def test_of_how_many_downloads_nobody_knows_the_bytes(visit: Visit, world: World, unmeasured: None) -> None:
    """By source, of the shows that somebody sees, under the filters of the view; a sponsor reads nothing of it."""
    of_all = "sent: 13 from the enclosure prefix and 3 from access logs."
    said = {
        person: _words(visit(person).get("/why/overview.figures?period=30d")) for person in ("alice", "carol")
    }
    assert of_all in said["alice"]
    assert "sent: 7 from the enclosure prefix. Downloads that files and the API told come" in said["carol"]
    f = parse_filters({"period": "30d"}, zone=world.a.zone, now=world.now)
    with tenant_session(world.people.alice) as connection:
        figures = overview_figures(connection, f).rows
    downloads = next(row["value"] for row in figures if row["metric"] == "downloads")
    assert f"16 of {downloads:,} downloads here counted although it is not known" in said["alice"]
    of_show = f"/why/overview.figures?period=30d&podcast={world.podcasts['Night Shift']}"
    assert "9 of " in _words(visit("alice").get(of_show))
    assert "sent: 6 from the enclosure prefix and 3 from access logs." in _words(visit("alice").get(of_show))
    # 3 of an app from access logs are few people of it.
    of_app = _words(visit("alice").get("/why/overview.figures?period=30d&app=Overcast"))
    assert "is not told here: fewer than 5, or next to so few." in of_app
    assert "access logs." not in of_app
    earlier = (world.now - timedelta(days=6)).date().isoformat()
    said_of_it = _words(visit("alice").get(f"/why/overview.figures?from={earlier}&to={earlier}"))
    assert "No download here is labelled as counted without" in said_of_it
    campaign = world.campaigns["Acme always on"]
    for person in ("alice", "bob"):
        for box, path in BOXES:
            if path.startswith("/campaigns/"):
                words = _words(visit(person).get(f"/why/{box}?campaign={campaign}"))
                assert "downloads here counted" not in words
                assert "is labelled as" not in words


def test_of_how_many_impressions_nobody_knows_the_bytes_its_sponsor_reads_too(
    visit: Visit, world: World, unmeasured: None
) -> None:
    """An ad in each download of the prefix: of one campaign in its boxes, of all in scope in those of many."""
    shares = {"Acme always on": 7, "Globex launch": 2}
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as owner:
        for name, number in shares.items():
            added = owner.execute(
                "insert into attribution_events (tenant_id, campaign_id, attribution_type, attribution_data,"
                " occurred_at, listener_id, episode_id)"
                " select d.tenant_id, %s, 'impression', '{\"evidence\": \"download\"}', d.occurred_at, d.listener_id,"
                " d.episode_id from listener_events d where d.tenant_id = %s and d.listener_id ^@ 'unmeasured '"
                " and d.event_data ->> 'source' = 'prefix'"
                " and d.episode_id in (select id from episodes where podcast_id = %s)"
                " order by d.listener_id limit %s",
                [world.campaigns[name], world.a.tenant_id, world.podcasts["Harbour Lights"], number],
            )  # fmt: skip
            assert added.rowcount == number
    refresh.refresh_rollups()
    try:
        of_campaign = f"?period=30d&campaign={world.campaigns['Acme always on']}"
        said = {
            (person, box): _words(visit(person).get(f"/why/{box}{of_campaign}"))
            for person in ("alice", "bob")
            for box in ("campaign.figures", "campaign.shows", "campaign.episodes", "campaigns.cards")
        }
        for (person, box), words in said.items():
            of_all = 9 if (person, box) == ("alice", "campaigns.cards") else 7
            assert re.search(
                rf"\b{of_all} of [\d,]+ impressions here are of downloads that counted", words
            ), (person, box)
            assert f": {of_all} from the enclosure prefix." in words, (person, box)
        of_all = _words(visit("alice").get("/why/portfolio.figures?period=30d"))
        assert ": 9 from the enclosure prefix." in of_all
        other = f"/why/campaign.shows{of_campaign}&podcast={world.podcasts['Night Shift']}"
        assert "from the enclosure prefix." not in _words(visit("bob").get(other))
    finally:
        with psycopg.connect(world.database.superuser_dsn, autocommit=True) as owner:
            owner.execute("delete from attribution_events where listener_id ^@ 'unmeasured '")
        refresh.refresh_rollups()


@pytest.fixture
def refused_visits(world: World) -> Iterator[None]:
    """At the links of a campaign three bots and a browser that looked ahead; one long ago, one at those of another."""
    noon = world.now - timedelta(days=3)
    acme, other = world.campaigns["Acme always on"], next(
        id_ for name, id_ in world.campaigns.items() if name != "Acme always on"
    )  # fmt: skip
    rows = [(acme, "vanity_url", "bot", noon)] * 3 + [
        (acme, "pixel", "preload", noon),
        (acme, "pixel", "bot", noon - timedelta(days=200)),
        (other, "pixel", "watch_app", noon),
    ]
    with psycopg.connect(world.database.superuser_dsn, autocommit=True) as owner:
        for campaign, kind, reason, at in rows:
            owner.execute(
                "insert into excluded_visits (tenant_id, campaign_id, kind, reason, rule_version, occurred_at)"
                " values (%s, %s, %s, %s, 'rules of a test', %s)",
                [world.a.tenant_id, campaign, kind, reason, at],
            )
        yield
        owner.execute("delete from excluded_visits where rule_version = 'rules of a test'")


@pytest.mark.parametrize("person", ["alice", "bob"])
def test_what_links_of_a_campaign_refused_is_told_of_its_visits(
    visit: Visit, world: World, refused_visits: None, person: str
) -> None:
    campaign = world.campaigns["Acme always on"]
    said = _words(visit(person).get(f"/why/campaign.conversions?campaign={campaign}&period=30d"))
    assert "4 in this period; judged by rules of a test" in said
    assert f"3 Vanity URL {words_of_reason('bot')}" in said
    assert f"1 Pixel {words_of_reason('preload')}" in said
    assert words_of_reason("watch_app") not in said
    assert "pixels and vanity URLs" not in _words(visit("alice").get("/why/overview.figures?period=30d"))


def test_nobody_learns_of_a_box_that_is_not_theirs(visit: Visit, world: World) -> None:
    campaign = world.campaigns["Acme always on"]
    for person, address, status in (
        ("bob", "/why/overview.figures", 404), ("carol", f"/why/campaign.figures?campaign={campaign}", 404),
        ("charlie", f"/why/campaign.figures?campaign={campaign}", 404), ("alice", "/why/nothing", 404),
        ("alice", "/why/freshness.relations", 404), ("operator", "/why/system.jobs", 404),
        ("alice", "/why/overview.figures?from=x&to=y", 400),
    ):  # fmt: skip
        assert visit(person).get(address).status_code == status, (person, address)


@pytest.mark.parametrize("address", ["/why/campaign.delivery", "/export/campaign.delivery.csv"])
@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("period=zz", "This period is not known."), ("grain=zz", "Not a known choice for grain."),
        ("from=x&to=y", "A day is written like 2026-10-31."),
        ("from=2026-02-09&to=2026-02-01", "The period ends before it starts."),
    ],
)  # fmt: skip
def test_a_wrong_address_is_told_what_is_wrong_with_it(
    visit: Visit, world: World, address: str, part: str, said: str
) -> None:
    path = f"{address}?campaign={world.campaigns['Acme always on']}&{part}"
    page = visit("alice").get(path, headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert said in _words(page)
    problem = visit("alice").get(path, headers={"Accept": "text/csv"})
    assert problem.status_code == 400
    assert problem.json["detail"] == said


def test_a_campaign_is_found_by_its_id_in_capitals(visit: Visit, world: World) -> None:
    path = f"/campaigns/{str(world.campaigns['Acme always on']).upper()}"
    assert visit("alice").get(path).status_code == 200
    assert visit("charlie").get(path).status_code == 404


def test_a_sponsor_is_told_nothing_of_requests(
    visit: Visit,
    world: World,
    refused: list[tuple[str, datetime, str]],
) -> None:
    campaign = world.campaigns["Acme always on"]
    for box, path in BOXES:
        if path.startswith("/campaigns/"):
            assert words_of_reason("repeat") not in _words(
                visit("bob").get(f"/why/{box}?campaign={campaign}")
            )


def test_credit_of_the_first_touch_is_not_made_of_requests(
    visit: Visit, world: World, refused: list[tuple[str, datetime, str]]
) -> None:
    campaign = world.campaigns["Acme always on"]
    for box in ("campaign.attribution", "campaign.episode_credit"):
        assert "in this period" not in _words(visit("alice").get(f"/why/{box}?campaign={campaign}"))


def test_the_words_of_an_address_are_no_markup(visit: Visit) -> None:
    answer = visit("alice").get("/why/overview.figures?app=%3Cscript%3Ealert(1)%3C/script%3E")
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "<script>alert(1)</script>" in html.unescape(answer.text)
