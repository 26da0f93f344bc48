"""The demo tenants: plausible, the same all day, primary rows only."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
import pytest
from argon2 import PasswordHasher

from schema import demo
from schema.demo import titles
from schema.demo.ads import place_ads
from schema.demo.large import large_tenant, large_tenants
from schema.demo.material import make
from schema.demo.plans import Placement
from schema.demo.small import small_tenants

# Here the rows are asked whether they tell the story; that every version takes and digests them is what
# tests/schema/test_demo_tables.py asks, with a shorter one.
pytestmark = pytest.mark.once

# Fixed, so that chance on some other day cannot turn a test; most of what is said here holds on every day.
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

# By hand, so that a change to the story is a change to the test.
NORTHLIGHT_STATES = {
    "Breakfast box launch": "on track",
    "Commuter noise": "behind",
    "Renters cover": "ahead",
    "Savings pot": "on track",
    "Guest room sale": "on track",
    "Sampler push": "ended full",
    "Better sleep weeks": "ended full",
    "Renters cover, first flight": "ended short",
    "Standing desk test": "ended short",
}


def _unheard(_line: str) -> None:
    """Takes the progress lines that nobody reads here."""


@dataclass(frozen=True)
class Loaded:
    """The small demo in a database of its own, seen by the superuser."""

    written: dict[str, int]
    owner_dsn: str
    web_dsn: str
    connection: psycopg.Connection

    def rows(self, statement: str, *values: object) -> list[tuple]:
        return self.connection.execute(statement, values).fetchall()

    def one(self, statement: str, *values: object) -> object:
        return self.rows(statement, *values)[0][0]

    def tenant(self, slug: str) -> UUID:
        found = self.one("select id from tenants where slug = %s", slug)
        assert isinstance(found, UUID)
        return found


@pytest.fixture(scope="module")
def loaded(make_database: Callable) -> Iterator[Loaded]:
    database = make_database("podboard_demo")
    written = demo.load(database.owner_dsn, now=NOON, log=_unheard)
    with psycopg.connect(database.superuser_dsn, autocommit=True) as connection:
        yield Loaded(written, database.owner_dsn, database.web_dsn, connection)


def test_load_writes_three_tenants_and_counts_what_it_wrote(loaded: Loaded) -> None:
    assert [row[0] for row in loaded.rows("select slug from tenants order by slug")] == [
        "northlight",
        "second",
        "third",
    ]
    for table in ("listener_events", "attribution_events", "episodes", "campaigns"):
        assert loaded.one(f"select count(*) from {table}") == loaded.written[table]
    assert 250_000 <= loaded.written["listener_events"] <= 420_000
    settings = dict(
        loaded.rows("select t.slug, s.settings from tenants t join tenant_settings s on s.tenant_id = t.id")
    )
    assert {slug: (s["time_zone"], s["currency"]) for slug, s in settings.items()} == {
        "northlight": ("America/New_York", "USD"),
        "second": ("Europe/Berlin", "EUR"),
        "third": ("Australia/Adelaide", "AUD"),
    }


@pytest.mark.parametrize(
    "relation",
    [
        "listener_metrics", "attribution_paths", "attribution_analytics", "refresh_states", "job_runs",
        "internal.metrics_daily", "internal.episode_days", "internal.download_days", "internal.listener_days",
        "internal.campaign_days", "internal.excluded_days", "internal.episode_milestones",
        "internal.listener_events_hourly",
    ],
)  # fmt: skip
def test_nothing_derived_is_written(loaded: Loaded, relation: str) -> None:
    assert loaded.one(f"select count(*) from {relation}") == 0


def test_reports_are_asked_for_and_not_made(loaded: Loaded) -> None:
    assert set(loaded.rows("select status, pdf is null, report_data is null from reports")) == {
        ("queued", True, True),
        ("failed", True, True),
    }


def test_triggers_noted_every_hour_for_the_worker(loaded: Loaded) -> None:
    for source, table in (("listener", "listener_events"), ("attribution", "attribution_events")):
        missing = loaded.one(
            f"""
            select count(*) from (
                select distinct tenant_id, date_trunc('hour', occurred_at, 'UTC') from {table}
                except select tenant_id, hour from internal.dirty_hours where source = %s
            ) x
            """,
            source,
        )
        assert missing == 0
    missing = loaded.one(
        """
        select count(*) from (
            select distinct tenant_id, date_trunc('hour', occurred_at, 'UTC') from excluded_requests
            except select tenant_id, hour from internal.dirty_excluded_hours
        ) x
        """
    )
    assert missing == 0


def test_a_second_load_writes_nothing(loaded: Loaded) -> None:
    assert demo.load(loaded.owner_dsn, now=NOON + timedelta(days=3), log=_unheard) == {}


def test_the_same_day_gives_the_same_rows() -> None:
    plan = small_tenants()[2]
    zone = ZoneInfo(plan.time_zone)
    morning = datetime(2026, 4, 14, 0, 0, 1, tzinfo=zone)
    first, second = make(plan, morning), make(plan, morning.replace(hour=23, minute=59))
    next_day = make(plan, morning + timedelta(days=1))
    assert _fingerprint(first) == _fingerprint(second)
    assert _fingerprint(first) != _fingerprint(next_day)


def _fingerprint(material: object) -> str:
    parts = [
        np.asarray(getattr(material.events, name)).tobytes()
        for name in ("at", "episode", "listener", "kind", "first")
    ]
    parts += [
        material.impressions.unit.tobytes(),
        material.audience.ids.tobytes(),
        repr(material.responses).encode(),
    ]
    parts += [repr(material.episode_ids()).encode(), repr(material.ads.units).encode()]
    return hashlib.sha256(b"|".join(parts)).hexdigest()


@pytest.mark.drill
def test_two_loads_of_one_day_leave_identical_tables(make_database: Callable) -> None:
    plan = large_tenant(3, size=0.004)
    sums = []
    for name in ("podboard_demo_a", "podboard_demo_b"):
        database = make_database(name)
        demo.load_tenants(database.owner_dsn, [plan], now=NOON, log=_unheard)
        with psycopg.connect(database.superuser_dsn) as connection:
            sums.append([connection.execute(statement).fetchone() for statement in _CHECKSUMS])
    assert sums[0] == sums[1]
    assert all(count > 0 for count, _ in sums[0])


_CHECKSUMS = [
    f"select count(*), md5(string_agg(t::text, '|' order by t::text)) from (select {columns} from {table}) t"
    for table, columns in {
        "listener_events": "id, tenant_id, episode_id, listener_id, event_type, event_data, occurred_at",
        "attribution_events": "id, campaign_id, episode_id, listener_id, attribution_type, attribution_data",
        "episodes": "id, podcast_id, title, published_at, duration_seconds, guid, created_at",
        "campaigns": "id, sponsor_id, name, start_date, end_date, stage, stage_changed_at, budget_micros, created_at",
        "io_bookings": "id, campaign_id, booking_date, booked_impressions, rate_micros, starts_on, ends_on",
        "ad_units": "id, campaign_id, episode_id, unit_type, position_seconds, duration_seconds, created_at",
        "users": "id, tenant_id, email, full_name",
        "resource_ownership": "id, resource_id, owner_id",
    }.items()
]


def test_events_end_with_yesterday_and_stay_inside_the_retention(loaded: Loaded) -> None:
    for slug, plan in {p.slug: p for p in small_tenants()}.items():
        zone = ZoneInfo(plan.time_zone)
        today = datetime.combine(NOON.astimezone(zone).date(), datetime.min.time(), zone)
        first, last, last_response = loaded.rows(
            """
            select min(occurred_at), max(occurred_at),
                   (select max(occurred_at) from attribution_events where tenant_id = %s)
            from listener_events where tenant_id = %s
            """,
            loaded.tenant(slug),
            loaded.tenant(slug),
        )[0]
        assert today - timedelta(hours=2) < last < today
        assert last_response < today
        assert today - timedelta(days=561) < first < today - timedelta(days=548)


def test_a_download_counts_once_per_listener_episode_and_tenant_day(loaded: Loaded) -> None:
    repeated = loaded.one(
        """
        select count(*) from (
            select 1 from listener_events e join internal.tenant_directory d using (tenant_id)
            where e.event_type = 'download'
            group by e.tenant_id, e.episode_id, e.listener_id, (e.occurred_at at time zone d.time_zone)::date
            having count(*) > 1
        ) x
        """
    )
    assert repeated == 0
    early = loaded.one(
        """
        select count(*) from listener_events e join episodes p on p.id = e.episode_id
        where e.event_type in ('download', 'play') and e.occurred_at < p.published_at
        """
    )
    assert early == 0


def test_listeners_are_fewer_than_downloads_and_shared_between_shows(loaded: Loaded) -> None:
    for slug in ("northlight", "second", "third"):
        downloads, listeners, by_show = loaded.rows(
            """
            with recent as (
                select e.listener_id, p.podcast_id from listener_events e join episodes p on p.id = e.episode_id
                where e.tenant_id = %s and e.event_type = 'download' and e.occurred_at >= %s
            )
            select count(*), count(distinct listener_id), count(distinct (listener_id, podcast_id)) from recent
            """,
            loaded.tenant(slug),
            NOON - timedelta(days=30),
        )[0]
        assert 0.25 * downloads < listeners < 0.6 * downloads
        assert by_show > 1.08 * listeners


def test_what_was_heard_lies_inside_the_episode(loaded: Loaded) -> None:
    wrong = loaded.one(
        """
        select count(*) from listener_events e join episodes p on p.id = e.episode_id
        where e.event_type = 'progress' and not (
            (e.event_data ->> 'from_s')::int >= 0
            and (e.event_data ->> 'from_s')::int < (e.event_data ->> 'to_s')::int
            and (e.event_data ->> 'to_s')::int <= p.duration_seconds)
        """
    )
    assert wrong == 0
    foreign = loaded.one(
        """
        select count(*) from listener_events e left join ad_units a
            on a.tenant_id = e.tenant_id and a.episode_id = e.episode_id
            and a.id = (e.event_data ->> 'ad_unit_id')::uuid
        where e.event_type = 'ad_play' and (a.id is null or (e.event_data ->> 'quartile')::int not between 1 and 4)
        """
    )
    assert foreign == 0
    for slug, (plays, completes) in {
        slug: (plays, completes)
        for slug, plays, completes in loaded.rows(
            """
            select t.slug, count(*) filter (where e.event_type = 'play'),
                   count(*) filter (where e.event_type = 'complete')
            from listener_events e join tenants t on t.id = e.tenant_id group by 1
            """
        )
    }.items():
        assert 0.45 < completes / plays < 0.75, slug


def test_a_download_is_played_as_often_in_every_quarter(loaded: Loaded) -> None:
    """Otherwise plays would leap on every page that compares two periods, and downloads would not."""
    shares: dict[str, list[float]] = {}
    for slug, downloads, plays in loaded.rows(
        """
        select t.slug, count(*) filter (where e.event_type = 'download'), count(*) filter (where e.event_type = 'play')
        from listener_events e join tenants t on t.id = e.tenant_id
        where e.occurred_at >= %s
        group by t.slug, ((%s - e.occurred_at::date) / 91)
        """,
        NOON - timedelta(days=546),
        NOON.date(),
    ):
        if downloads > 1_000:
            shares.setdefault(slug, []).append(plays / downloads)
    assert shares.keys() == {"northlight", "second", "third"}
    for slug, found in shares.items():
        assert len(found) >= 4, slug
        assert max(found) < 1.5 * min(found), (slug, found)


def test_every_impression_is_a_download_with_an_ad_in_flight(loaded: Loaded) -> None:
    differences = loaded.one(
        """
        with due as (
            select e.tenant_id, a.id as ad_unit_id, a.campaign_id, e.episode_id, e.listener_id, e.occurred_at
            from listener_events e
            join internal.tenant_directory d using (tenant_id)
            join ad_units a on a.tenant_id = e.tenant_id and a.episode_id = e.episode_id
            join campaigns c on c.id = a.campaign_id
            where e.event_type = 'download'
                and (e.occurred_at at time zone d.time_zone)::date between c.start_date and c.end_date
                -- Nothing was delivered any more once it was paused or cancelled.
                and (c.stage not in ('paused', 'cancelled')
                     or (e.occurred_at at time zone d.time_zone)::date
                        < (c.stage_changed_at at time zone d.time_zone)::date)
        ),
        made as (
            select tenant_id, (attribution_data ->> 'ad_unit_id')::uuid, campaign_id, episode_id, listener_id,
                   occurred_at
            from attribution_events where attribution_type = 'impression'
        )
        select (select count(*) from (table due except all table made) x)
             + (select count(*) from (table made except all table due) y)
        """
    )
    assert differences == 0
    assert (
        loaded.one("select count(*) from attribution_events where attribution_type = 'impression'") > 80_000
    )


def test_no_two_ads_stand_in_one_place_at_one_time(loaded: Loaded) -> None:
    clashes = loaded.one(
        """
        select count(*) from ad_units a
        join campaigns ca on ca.id = a.campaign_id
        join ad_units b on b.episode_id = a.episode_id and b.id > a.id and b.position_seconds = a.position_seconds
        join campaigns cb on cb.id = b.campaign_id
        where ca.start_date <= cb.end_date and cb.start_date <= ca.end_date
            and ca.stage <> 'cancelled' and cb.stage <> 'cancelled'
        """
    )
    assert clashes == 0


def test_a_plan_that_sells_one_slot_twice_is_refused() -> None:
    plan = small_tenants()[2]
    material = make(plan, NOON)
    twice = dataclasses.replace(
        plan,
        campaigns=(
            *plan.campaigns,
            dataclasses.replace(
                plan.campaigns[0], slug="twin", placements=(Placement("garden", "host", 60),)
            ),
        ),
    )
    with pytest.raises(ValueError, match="twin and first-bag share a slot of garden"):
        place_ads(twice, material.episodes, material.calendar, material.namespace)


def test_campaigns_stand_in_every_stage_and_every_pace(loaded: Loaded) -> None:
    stages = {
        row[0]
        for row in loaded.rows(
            "select stage from campaigns where tenant_id = %s", loaded.tenant("northlight")
        )
    }
    assert stages == {"prospect", "proposed", "booked", "live", "paused", "completed", "cancelled"}
    zone = ZoneInfo("America/New_York")
    for moment in (0.0, 0.99):
        states = {}
        for name, stage, start, end, booked, delivered in loaded.rows(
            """
            select c.name, c.stage, c.start_date, c.end_date,
                   (select sum(b.booked_impressions) from io_bookings b where b.campaign_id = c.id),
                   (select count(*) from attribution_events e
                    where e.campaign_id = c.id and e.attribution_type = 'impression')
            from campaigns c where c.tenant_id = %s
            """,
            loaded.tenant("northlight"),
        ):
            if stage in ("live", "completed"):
                states[name] = _state(
                    start, end, int(booked), delivered, NOON.astimezone(zone).date(), moment
                )
        assert states == NORTHLIGHT_STATES


def _state(start: date, end: date, booked: int, delivered: int, today: date, share_of_today: float) -> str:
    if today > end:
        return "ended full" if delivered >= booked else "ended short"
    elapsed = ((today - start).days + share_of_today) / ((end - start).days + 1)
    ratio = delivered / (booked * elapsed)
    return "ahead" if ratio > 1.05 else "behind" if ratio < 0.95 else "on track"


def test_conversions_are_worth_attributing(loaded: Loaded) -> None:
    """First and last touch name different podcasts, by a calculation of its own over the raw events."""
    campaign = loaded.one("select id from campaigns where name = 'Breakfast box launch'")
    touches: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    conversions: dict[str, tuple[datetime, str | None]] = {}
    sources: dict[str, set[str]] = defaultdict(set)
    for event, at, listener, kind, data, podcast in loaded.rows(
        """
        select e.id, e.occurred_at, e.listener_id, e.attribution_type, e.attribution_data, p.name
        from attribution_events e
        left join episodes ep on ep.id = e.episode_id left join podcasts p on p.id = ep.podcast_id
        where e.campaign_id = %s order by e.occurred_at, e.id
        """,
        campaign,
    ):
        if kind in ("impression", "visit") and listener and podcast:
            touches[listener].append((at, podcast))
        elif kind == "purchase":
            key = data.get("order_id", str(event))
            known = conversions.get(key, (at, None))
            conversions[key] = (known[0], known[1] or listener)
            sources[key].add(data["source"])
    first, last, unattributed = Counter(), Counter(), 0
    for at, listener in conversions.values():
        path = [p for when, p in touches.get(listener or "", []) if at - timedelta(days=30) <= when <= at]
        if path:
            first[path[0]] += 1
            last[path[-1]] += 1
        else:
            unattributed += 1
    assert len(conversions) >= 100
    assert unattributed >= 5
    assert first.most_common(1)[0][0] == "Salt Line Stories"
    assert last["Ledger & Lantern"] > 1.2 * first["Ledger & Lantern"]
    assert last["Kitchen Table Physics"] > first["Kitchen Table Physics"]
    assert sum(1 for found in sources.values() if found == {"pixel", "promo_code"}) >= 10


def test_there_are_thin_anonymous_and_unnumbered_conversions(loaded: Loaded) -> None:
    per_campaign = dict(
        loaded.rows(
            """
            select c.name, count(*) from attribution_events e join campaigns c on c.id = e.campaign_id
            where e.attribution_type = c.conversion_type group by 1
            """
        )
    )
    assert 0 < per_campaign["Commuter noise"] < 30
    shapes = loaded.rows(
        """
        select attribution_data ->> 'source', listener_id is null, attribution_data ? 'order_id', count(*)
        from attribution_events where attribution_type in ('purchase', 'lead') group by 1, 2, 3
        """
    )
    seen = {(source, anonymous, numbered) for source, anonymous, numbered, _ in shapes}
    assert {
        ("survey", True, False),
        ("vanity_url", False, False),
        ("promo_code", True, True),
        ("pixel", False, True),
    } <= seen


def test_money_is_in_the_tenants_currency(loaded: Loaded) -> None:
    mixed = loaded.one(
        """
        select (select count(*) from io_bookings b join tenant_settings s using (tenant_id)
                where b.currency <> s.settings ->> 'currency')
             + (select count(*) from campaigns c join tenant_settings s using (tenant_id)
                where c.currency <> s.settings ->> 'currency')
             + (select count(*) from attribution_events e join tenant_settings s using (tenant_id)
                where e.attribution_data ? 'value_micros'
                    and e.attribution_data ->> 'currency' is distinct from s.settings ->> 'currency')
        """
    )
    assert mixed == 0


def test_the_story_of_the_last_month_is_one_episode(loaded: Loaded) -> None:
    """The viral case explains most of Northlight's rise, and the holidays made a dip."""
    tenant = loaded.tenant("northlight")
    month = NOON - timedelta(days=30)
    recent, before, hit = loaded.rows(
        """
        select count(*) filter (where occurred_at >= %s), count(*) filter (where occurred_at < %s),
               count(*) filter (where p.title = 'The lighthouse that kept its own time')
        from listener_events e join episodes p on p.id = e.episode_id
        where e.tenant_id = %s and e.event_type = 'download' and occurred_at >= %s
        """,
        month,
        month,
        tenant,
        month - timedelta(days=30),
    )[0]
    assert recent > 1.08 * before
    assert hit > 2_000
    assert hit / (recent - before) > 0.6


def test_people_see_what_is_theirs(loaded: Loaded) -> None:
    """Through the runtime role and enter_session(), as a page would."""
    hasher = PasswordHasher()
    emails = {row[0] for row in loaded.rows("select email from users")}
    assert emails == {
        "operator@demo.example",
        "operator@second.example",
        *(
            f"{who}@{d}.example"
            for who in ("sponsor", "podcaster", "manager", "admin")
            for d in ("demo", "second", "third")
        ),
    }
    (password_hash,) = {row[0] for row in loaded.rows("select password_hash from users")}
    assert hasher.verify(password_hash, demo.PASSWORD)

    seen = {}
    with psycopg.connect(loaded.web_dsn) as web:
        for email in sorted(emails):
            tenant, person = loaded.rows("select tenant_id, id from users where email = %s", email)[0]
            with web.transaction():
                web.execute("select enter_session(%s, %s)", [tenant, person])
                seen[email] = tuple(
                    web.execute(f"select count(*) from {table}").fetchone()[0]
                    for table in ("sponsors", "campaigns", "podcasts")
                )
    assert seen["sponsor@demo.example"] == (2, 5, 0)
    assert seen["podcaster@demo.example"] == (0, 0, 2)
    assert seen["manager@demo.example"] == seen["admin@demo.example"] == (7, 14, 4)
    assert seen["operator@demo.example"] == seen["operator@second.example"] == (0, 0, 0)
    assert seen["sponsor@second.example"] == (2, 4, 0)
    assert seen["podcaster@second.example"] == (0, 0, 1)
    assert seen["manager@third.example"] == (3, 4, 2)


@pytest.mark.parametrize("plan", [*small_tenants(), large_tenant(1)], ids=lambda plan: plan.slug)
def test_brands_are_legible_and_their_logos_are_plain_shapes(plan: object) -> None:
    assert _contrast(plan.brand.color, "#ffffff") >= 4.5
    assert _contrast(plan.brand.color, "#14171a") >= 3.0
    root = ET.fromstring(plan.brand.logo_svg)  # noqa: S314 (our own text)
    tags = {element.tag.removeprefix("{http://www.w3.org/2000/svg}") for element in root.iter()}
    assert tags <= {"svg", "g", "path", "circle"}
    assert not [
        name for element in root.iter() for name in element.attrib if "href" in name or name.startswith("on")
    ]


def _contrast(one: str, other: str) -> float:
    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_titles_do_not_repeat_within_a_show(loaded: Loaded) -> None:
    assert (
        loaded.one(
            "select count(*) from (select 1 from episodes group by podcast_id, title having count(*) > 1) x"
        )
        == 0
    )
    assert loaded.one("select count(*) from episodes where title like 'From the archive%%'") == 0
    for show in (titles.LEDGER, titles.SALTLINE, titles.KITCHEN, titles.DRAFT, titles.GLEIS):
        assert len(set(show)) == len(show) >= 108


def test_a_load_that_fails_leaves_nothing_of_its_tenant(make_database: Callable) -> None:
    database = make_database("podboard_demo_broken")
    plan = dataclasses.replace(small_tenants()[2], history_days=60, back_catalogue_days=0)
    booking = plan.campaigns[0].bookings[0]
    broken = dataclasses.replace(
        plan, campaigns=(plan.campaigns[0], dataclasses.replace(plan.campaigns[3], bookings=(booking,)))
    )
    with pytest.raises(psycopg.errors.UniqueViolation):
        demo.load_tenants(database.owner_dsn, [broken], now=NOON, log=_unheard)
    with psycopg.connect(database.superuser_dsn, autocommit=True) as connection:
        assert connection.execute("select count(*) from tenants").fetchone() == (0,)
        assert demo.load_tenants(database.owner_dsn, [plan], now=NOON, log=_unheard)["users"] == 4
        assert connection.execute("select count(*) from tenants").fetchone() == (1,)


def test_large_is_twenty_tenants_of_a_million_events_within_two_years() -> None:
    plans = large_tenants()
    assert len({plan.slug for plan in plans}) == 20
    assert sum(show.episode_count for plan in plans for show in plan.shows) == 200
    material = make(large_tenant(7, size=0.03), NOON)
    assert 25_000 < len(material.events.at) < 36_000
    assert material.plan.history_days <= 729
    oldest = datetime.fromtimestamp(material.events.at[0] / 1000, UTC)
    assert NOON - timedelta(days=731) < oldest < NOON - timedelta(days=640)
    months = np.bincount((material.calendar.length - 1 - material.downloads.day) // 30, minlength=24)[:24]
    assert months.min() > 0.1 * months.mean()
    assert json.loads("{" + material.audience.profiles[0].decode() + "}")["country"] == "US"
