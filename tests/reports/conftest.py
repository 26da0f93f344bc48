"""A small agency to make reports for: two tenants, six people, three campaigns, events, everything refreshed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Json

from queries.attribution import compute_attribution
from queries.engine import dispose_engines
from queries.refresh import refresh_metrics_daily, refresh_rollups
from queries.session import Actor
from queries.settings import Settings, current_settings, use_settings
from tests.conftest import Database

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4" fill="#0b6e5f"/></svg>'


@dataclass(frozen=True)
class Office:
    """The database and who is in it. Alice: admin, Dora: account manager, Bob: sponsor, Carol: podcaster of tenant A;
    Charlie: admin of tenant B."""

    database: Database
    people: dict[str, Actor]
    campaigns: dict[str, UUID]
    podcasts: dict[str, UUID]
    downloads: dict[str, int]
    settings: Settings

    def rows(self, statement: str, parameters: list[Any] | None = None) -> list[dict[str, Any]]:
        """What is truly in the tables, past all policies; triggers, which act as the owner, act in tenant A."""
        with psycopg.connect(self.database.superuser_dsn, row_factory=psycopg.rows.dict_row) as connection:
            connection.execute("select set_tenant_context(%s)", [self.people["alice"].tenant_id])
            done = connection.execute(statement, parameters or [])  # type: ignore[arg-type]
            return done.fetchall() if done.description else []


@pytest.fixture(scope="session")
def built_office(settings: Settings, make_database: Callable[[str], Database]) -> Office:
    """The agency, made once; it is reached as the worker reaches it, and everything here commits."""
    made = make_database("podboard_reports")
    own = replace(settings, database_url=made.worker_dsn, database_worker_url=made.worker_dsn)
    with _entered(own):
        built = _build(made, own)
        refresh_rollups()
        refresh_metrics_daily()
        compute_attribution()
    return built


@pytest.fixture
def office(built_office: Office) -> Iterator[Office]:
    """The agency, with the queries pointed at its database for one test."""
    with _entered(built_office.settings):
        yield built_office


@contextmanager
def _entered(own: Settings) -> Iterator[None]:
    before = current_settings()
    use_settings(own)
    try:
        yield
    finally:
        dispose_engines()
        use_settings(before)


@pytest.fixture
def clean(office: Office) -> Office:
    """The agency without any report."""
    office.rows("delete from reports")
    return office


def _put(connection: psycopg.Connection[Any], table: str, **columns: Any) -> UUID:
    """The id of a new row."""
    columns.setdefault("id", uuid4())
    if table in ("tenant_settings", "white_label_settings", "user_roles"):
        del columns["id"]
    statement = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )
    connection.execute(
        statement, [Json(value) if isinstance(value, dict) else value for value in columns.values()]
    )
    return columns.get("id", UUID(int=0))


_AGENCIES = {
    "a": {
        "zone": "America/New_York",
        "people": {"alice": "admin", "dora": "account_manager", "bob": "sponsor", "carol": "podcaster"},
        "shows": ("Kitchen Table Economics", "Night Shift"),
        "campaigns": {"Spring sale": "Acme Coffee", "Autumn ride": "Bolt Bikes"},
    },
    "b": {
        "zone": "Europe/Berlin",
        "people": {"charlie": "admin"},
        "shows": ("Foreign Show",),
        "campaigns": {"Zeta launch": "Zeta"},
    },
}


def _build(database: Database, own: Settings) -> Office:
    office = Office(database, {}, {}, {}, {}, own)
    now = datetime.now(UTC).replace(minute=30, second=0, microsecond=0)
    with psycopg.connect(database.superuser_dsn) as connection:
        for slug, agency in _AGENCIES.items():
            _build_agency(connection, office, slug, agency, now)
    return office


def _build_agency(
    connection: psycopg.Connection[Any], office: Office, slug: str, agency: dict[str, Any], now: datetime
) -> None:
    tenant = _put(connection, "tenants", name=f"Tenant {slug.upper()}", slug=slug)
    _put(connection, "tenant_settings", tenant_id=tenant, settings={"time_zone": agency["zone"]})
    if slug == "a":
        brand = {"brand_name": "Nordlicht Media", "logo_svg": LOGO, "primary_color": "#0b6e5f"}
        _put(connection, "white_label_settings", tenant_id=tenant, **brand)
    for name, role in agency["people"].items():
        person = _put(
            connection, "users", tenant_id=tenant, email=f"{name}@{slug}.example", full_name=name.capitalize()
        )
        office.people[name] = Actor(tenant, person)
        found = connection.execute(
            "select id from roles where tenant_id = %s and name = %s", [tenant, role]
        ).fetchone()
        assert found is not None
        _put(connection, "user_roles", tenant_id=tenant, user_id=person, role_id=found[0])
    episodes: list[tuple[UUID, str]] = []
    for show in agency["shows"]:
        office.podcasts[show] = _put(connection, "podcasts", tenant_id=tenant, name=show)
        for number in range(3):
            episode = _put(
                connection,
                "episodes",
                tenant_id=tenant,
                podcast_id=office.podcasts[show],
                title=f"{show} {number + 1}",
                published_at=now - timedelta(days=40 - 10 * number),
                duration_seconds=1800,
            )
            episodes.append((episode, show))
    flight = {"starts_on": (now - timedelta(days=30)).date(), "ends_on": (now + timedelta(days=30)).date()}
    for campaign, sponsor_name in agency["campaigns"].items():
        sponsor = _put(connection, "sponsors", tenant_id=tenant, name=sponsor_name)
        office.campaigns[campaign] = _put(
            connection,
            "campaigns",
            tenant_id=tenant,
            sponsor_id=sponsor,
            name=campaign,
            start_date=flight["starts_on"],
            end_date=flight["ends_on"],
            stage="live",
        )
        _put(
            connection,
            "io_bookings",
            tenant_id=tenant,
            campaign_id=office.campaigns[campaign],
            sponsor_id=sponsor,
            booking_date=(now - timedelta(days=35)).date(),
            promo_code=campaign.upper().replace(" ", ""),
            booked_impressions=1000,
            rate_micros=25_000_000,
            currency="USD",
            **flight,
        )
        if sponsor_name == "Acme Coffee":
            _own(connection, office.people["bob"], "sponsor", sponsor)
    if slug == "a":
        _own(connection, office.people["carol"], "podcast", office.podcasts["Night Shift"])
    for number, (episode, show) in enumerate(episodes):
        campaign = list(agency["campaigns"])[number % len(agency["campaigns"])]
        _happen(connection, office, tenant, slug, (number, episode, show, campaign), now)


def _own(connection: psycopg.Connection[Any], person: Actor, kind: str, what: UUID) -> None:
    owned = {"tenant_id": person.tenant_id, "owner_id": person.user_id}
    connection.execute("select set_tenant_context(%s)", [person.tenant_id])
    _put(connection, "resource_ownership", resource_type=kind, resource_id=what, **owned)


def _happen(
    connection: psycopg.Connection[Any],
    office: Office,
    tenant: UUID,
    slug: str,
    place: tuple[int, UUID, str, str],
    now: datetime,
) -> None:
    """Twenty days of downloads, impressions and purchases of one episode."""
    number, episode, show, campaign = place
    ad = {"tenant_id": tenant, "campaign_id": office.campaigns[campaign], "episode_id": episode}
    _put(connection, "ad_units", **ad, unit_type="mid_roll", position_seconds=600, duration_seconds=30)
    for day in range(1, 21):
        moment = now - timedelta(days=day)
        for listener in range(day % 3 + 1):
            office.downloads[show] = office.downloads.get(show, 0) + 1
            # One download an episode comes from a country that nothing else comes from.
            country = "IS" if listener == 2 and day == 2 else "CA" if listener == 1 else "US"
            _put(
                connection,
                "listener_events",
                tenant_id=tenant,
                episode_id=episode,
                listener_id=f"{slug}-{listener}",
                event_type="download",
                event_data={"app": "Overcast", "device": "phone", "country": country},
                occurred_at=moment,
            )
        listener_id = f"{slug}-{day % 5}"
        heard = {"listener_id": listener_id, "attribution_type": "impression", "occurred_at": moment}
        _put(connection, "attribution_events", **ad, **heard)
        # Of one campaign there is enough to tell rates from, of the others too little.
        if campaign == "Spring sale" or day % 4 == 0:
            order = {
                "source": "pixel",
                "order_id": f"{slug}-{day}-{number}",
                "value_micros": 40_000_000,
                "currency": "USD",
            }
            _put(
                connection,
                "attribution_events",
                tenant_id=tenant,
                campaign_id=office.campaigns[campaign],
                listener_id=listener_id,
                attribution_type="purchase",
                attribution_data=order,
                occurred_at=moment + timedelta(hours=2),
            )
