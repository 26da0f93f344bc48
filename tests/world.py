"""A small world of two tenants for tests: people, shows, campaigns, some thousand events, everything refreshed.

Deterministic by seed, laid out around `WORLD_NOW`: noon UTC, 30 days after New York's last change of clocks that lies
at least 31 days back, so that the 70 days of events before it always cross the change of both tenants' zones. Tests
ask with `now=WORLD_NOW`; nothing happens after it. Only `Writer` writes, and only primary rows: what is derived is
made by the worker's commands.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import psycopg

from queries import refresh
from queries.attribution import compute_attribution
from queries.filters import Filters, parse_filters
from queries.session import Actor
from queries.settings import Settings, current_settings, use_settings, with_databases
from tests.people import EMAILS, People
from tests.weeks import week_start

if TYPE_CHECKING:
    from tests.conftest import Database

_NAMES = UUID("3f0c2f0e-6f43-4f3a-9a43-0c4a2f6f7a10")
DAYS = 70
APPS = ("Apple Podcasts", "Spotify", "Overcast", "AntennaPod")
COUNTRIES = ("US", "DE", "IN", "GB")
DEVICES = ("phone", "computer", "smart_speaker")


def _world_now() -> datetime:
    zone = ZoneInfo("America/New_York")
    moment = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=31)
    while moment.astimezone(zone).utcoffset() == (moment - timedelta(days=1)).astimezone(zone).utcoffset():
        moment -= timedelta(days=1)
    return moment + timedelta(days=30)


WORLD_NOW = _world_now()


@dataclass(frozen=True)
class ListenerEvent:
    """One row of listener_events."""

    episode_id: UUID
    listener_id: str
    event_type: str
    at: datetime
    data: dict[str, Any] = field(default_factory=dict)
    event_id: UUID | None = None


@dataclass(frozen=True)
class AttributionEvent:
    """One row of attribution_events."""

    campaign_id: UUID
    attribution_type: str
    at: datetime
    listener_id: str | None = None
    episode_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)
    event_id: UUID | None = None


class Writer:
    """Writes the rows of one tenant as the owner; each call is a transaction, unless within `transaction()`."""

    def __init__(self, database: Database, name: str, *, zone: str = "UTC", currency: str = "USD") -> None:
        self.database = database
        self.tenant_id = self._id("tenant", name)
        self.name = name
        self.zone = ZoneInfo(zone)
        self._numbers = 0
        self._open: psycopg.Connection[tuple[Any, ...]] | None = None
        with self.transaction() as connection:
            connection.execute(
                "insert into tenants (id, name, slug) values (%s, %s, %s)", [self.tenant_id, name, name]
            )
            connection.execute(
                "insert into tenant_settings (tenant_id, settings) values (%s, %s)",
                [
                    self.tenant_id,
                    json.dumps({"time_zone": zone, "currency": currency, "week_start": week_start(zone)}),
                ],
            )

    def __getstate__(self) -> dict[str, Any]:
        """Without the database: what is kept of a run's first world is put upon a copy of it."""
        return {**self.__dict__, "database": None}

    def on(self, database: Database) -> Writer:
        """The same tenant in a copy of its database."""
        moved = copy.copy(self)
        moved.database = database
        return moved

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """A transaction of the owner with this tenant set; inside another one it is that one."""
        if self._open is not None:
            yield self._open
            return
        with psycopg.connect(self.database.owner_dsn, prepare_threshold=None) as connection:
            connection.execute("select set_tenant_context(%s)", [self.tenant_id])
            self._open = connection
            try:
                yield connection
            finally:
                self._open = None

    def insert(self, table: str, **values: Any) -> UUID:
        """The id of a row written into a tenant table; the same in each run."""
        return self.insert_all(table, [values])[0]

    def insert_all(self, table: str, rows: Sequence[dict[str, Any]]) -> list[UUID]:
        """The ids of rows with equal columns, written in one go."""
        self._numbers += len(rows)
        full = [
            {"id": self._id(self.name, table, self._numbers - place), "tenant_id": self.tenant_id, **row}
            for place, row in enumerate(rows)
        ]
        columns = list(full[0])
        with self.transaction() as connection:
            connection.cursor().executemany(
                f"insert into {table} ({', '.join(columns)}) values ({', '.join(['%s'] * len(columns))})",
                [[row[column] for column in columns] for row in full],
            )
        return [row["id"] for row in full]

    def person(self, email: str, role: str, *owns: tuple[str, UUID]) -> Actor:
        """A person with a role of this tenant, and what is theirs as (sponsor, podcast or campaign; id)."""
        user_id = self.insert("users", email=email, full_name=email.split("@")[0].title())
        with self.transaction() as connection:
            connection.execute(
                "insert into user_roles (tenant_id, user_id, role_id) "
                "select tenant_id, %s, id from roles where name = %s and tenant_id = %s",
                [user_id, role, self.tenant_id],
            )
        for kind, resource_id in owns:
            self.insert("resource_ownership", resource_type=kind, resource_id=resource_id, owner_id=user_id)
        return Actor(self.tenant_id, user_id)

    def listener_events(self, events: Iterable[ListenerEvent]) -> list[UUID]:
        """The ids of listener events written in one statement; nothing derived follows before a refresh."""
        return self._events(
            "listener_events",
            "episode_id, listener_id, event_type, event_data, occurred_at",
            "%s::uuid[], %s::text[], %s::text[], %s::jsonb[], %s::timestamptz[]",
            [
                (e.event_id, e.episode_id, e.listener_id, e.event_type, json.dumps(e.data), e.at)
                for e in events
            ],
        )

    def excluded_requests(self, events: Iterable[ListenerEvent]) -> None:
        """A request that was not counted beside each of these events: a repeat of it."""
        with self.transaction() as connection:
            for event in events:
                connection.execute(
                    "insert into excluded_requests (id, tenant_id, episode_id, reason, rule_version, occurred_at)"
                    " values (%s, %s, %s, 'repeat', 'rules of the world', %s)",
                    [self._id("excluded", str(event.at)), self.tenant_id, event.episode_id, event.at],
                )

    def excluded_visits(self) -> None:
        """At the pixel of each campaign one bot, which was no visit."""
        with self.transaction() as connection:
            connection.execute(
                "insert into excluded_visits (tenant_id, campaign_id, kind, reason, rule_version, occurred_at)"
                " select tenant_id, id, 'pixel', 'bot', 'rules of the world', %s from campaigns where tenant_id = %s",
                [WORLD_NOW - timedelta(days=40), self.tenant_id],
            )

    def retention_curve(self, episode_id: UUID) -> None:
        """A curve of the episode as a platform told it, and the import that brought it."""
        before = WORLD_NOW - timedelta(days=8)
        taken = self.insert(
            "etl_imports", import_type="retention_curves", source="curve.csv", status="completed",
            started_at=before, completed_at=before,
        )  # fmt: skip
        self.insert(
            "retention_curves", episode_id=episode_id, platform="Apple Podcasts", as_of=before.date(),
            measure="listeners", position_unit="second", positions=[0, 900, 1800], amounts=[40, 44, 20],
            import_id=taken,
        )  # fmt: skip

    def attribution_events(self, events: Iterable[AttributionEvent]) -> list[UUID]:
        """The ids of attribution events written in one statement."""
        return self._events(
            "attribution_events",
            "campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at",
            "%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::jsonb[], %s::timestamptz[]",
            [
                (
                    e.event_id,
                    e.campaign_id,
                    e.episode_id,
                    e.listener_id,
                    e.attribution_type,
                    json.dumps(e.data),
                    e.at,
                )
                for e in events
            ],
        )

    def _events(self, table: str, columns: str, arrays: str, rows: Sequence[tuple[Any, ...]]) -> list[UUID]:
        if not rows:
            return []
        self._numbers += len(rows)
        ids = [row[0] or self._id(self.name, table, self._numbers - place) for place, row in enumerate(rows)]
        with self.transaction() as connection:
            moments = [row[-1] for row in rows]
            connection.execute("select ensure_event_storage(%s, %s)", [min(moments), max(moments)])
            connection.execute(
                f"insert into {table} (id, tenant_id, {columns}) "
                f"select r.id, %s, {', '.join('r.' + name for name in columns.split(', '))} "
                f"from unnest(%s::uuid[], {arrays}) as r (id, {columns})",
                [self.tenant_id, ids, *([row[place] for row in rows] for place in range(1, len(rows[0])))],
            )
        return ids

    def delete(self, table: str, ids: Sequence[UUID]) -> int:
        """Number of rows deleted."""
        with self.transaction() as connection:
            return connection.execute(
                f"delete from {table} where tenant_id = %s and id = any (%s)", [self.tenant_id, list(ids)]
            ).rowcount

    def raw_listener_events(self) -> list[ListenerEvent]:
        """Every listener event of the tenant, as stored, by time."""
        with self.transaction() as connection:
            return [
                ListenerEvent(*row)
                for row in connection.execute(
                    "select episode_id, listener_id, event_type, occurred_at, event_data, id from listener_events "
                    "where tenant_id = %s order by occurred_at, id",
                    [self.tenant_id],
                )
            ]

    def raw_attribution_events(self) -> list[AttributionEvent]:
        """Every attribution event of the tenant, as stored, by time."""
        with self.transaction() as connection:
            return [
                AttributionEvent(*row)
                for row in connection.execute(
                    "select campaign_id, attribution_type, occurred_at, listener_id, episode_id, attribution_data, id "
                    "from attribution_events where tenant_id = %s order by occurred_at, id",
                    [self.tenant_id],
                )
            ]

    def day(self, moment: datetime) -> date:
        """The tenant's day of a moment."""
        return moment.astimezone(self.zone).date()

    def filters(self, query: dict[str, str] | None = None, *, now: datetime = WORLD_NOW) -> Filters:
        """Filters as the tenant's people get them from a URL."""
        return parse_filters(query or {}, zone=self.zone, now=now)

    @staticmethod
    def _id(*parts: object) -> UUID:
        return uuid5(_NAMES, "/".join(map(str, parts)))


@dataclass(frozen=True)
class World:
    """Two tenants with their people, and the ids that tests ask for by name.

    Tenant A (New York, USD): podcasts "Harbour Lights" (Carol's) and "Night Shift"; sponsors "Acme Coffee" (Bob's;
    campaigns "Acme always on", live, and "Acme earlier", completed) and "Globex" (campaigns "Globex launch", live, and
    "Globex next", booked, without events). Tenant B (Berlin, EUR): podcast "Nordwind", sponsor "Umlaut", campaign
    "Umlaut live". Episodes and ad units go by names like "Harbour Lights 1" and "Umlaut live/Nordwind 1".
    """

    database: Database
    settings: Settings
    people: People
    a: Writer
    b: Writer
    podcasts: dict[str, UUID]
    episodes: dict[str, UUID]
    sponsors: dict[str, UUID]
    campaigns: dict[str, UUID]
    ad_units: dict[str, UUID]
    bookings: dict[str, UUID]
    now: datetime = WORLD_NOW

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "database": None, "settings": None}

    def on(self, database: Database, settings: Settings) -> World:
        """The same world in a copy of its database."""
        settings = _reaching(database, settings)
        return replace(
            self, database=database, settings=settings, a=self.a.on(database), b=self.b.on(database)
        )

    @contextmanager
    def entered(self) -> Iterator[World]:
        """Within it, queries run on the world's database."""
        before = current_settings()
        use_settings(self.settings)
        try:
            yield self
        finally:
            use_settings(before)


def refresh_everything() -> None:
    """Every refresh of the worker, in its order."""
    refresh.refresh_rollups()
    refresh.refresh_metrics_daily()
    compute_attribution()
    refresh.refresh_milestones()
    refresh.refresh_aggregates()


def _reaching(database: Database, settings: Settings) -> Settings:
    return with_databases(
        settings, runtime=database.web_dsn, worker=database.worker_dsn, owner=database.owner_dsn
    )


def build_world(database: Database, settings: Settings) -> World:
    """The world, written and refreshed, which takes some seconds; `make_world` copies one that was built before."""
    settings = _reaching(database, settings)
    before = current_settings()
    use_settings(settings)
    try:
        world = _write(database, settings)
        refresh_everything()
    finally:
        use_settings(before)
    return world


def _write(database: Database, settings: Settings) -> World:
    a = Writer(database, "tenant-a", zone="America/New_York", currency="USD")
    b = Writer(database, "tenant-b", zone="Europe/Berlin", currency="EUR")
    with a.transaction(), b.transaction():
        return _fill(database, settings, a, b)


def _fill(database: Database, settings: Settings, a: Writer, b: Writer) -> World:
    podcasts = dict(zip(
        ("Harbour Lights", "Night Shift"),
        a.insert_all("podcasts", [{"name": "Harbour Lights"}, {"name": "Night Shift"}]),
        strict=True,
    ))  # fmt: skip
    podcasts["Nordwind"] = b.insert("podcasts", name="Nordwind")
    episodes: dict[str, UUID] = {}
    published: dict[UUID, datetime] = {}
    for writer, podcast, ages in ((a, "Harbour Lights", (66, 45, 24, 3)), (a, "Night Shift", (60, 31, 10)),
                                  (b, "Nordwind", (58, 20))):  # fmt: skip
        titles = [f"{podcast} {number}" for number in range(1, len(ages) + 1)]
        moments = [WORLD_NOW - timedelta(days=age, hours=3, minutes=17) for age in ages]
        ids = writer.insert_all("episodes", [
            {"podcast_id": podcasts[podcast], "title": title, "published_at": at, "duration_seconds": 1800}
            for title, at in zip(titles, moments, strict=True)
        ])  # fmt: skip
        episodes.update(zip(titles, ids, strict=True))
        published.update(zip(ids, moments, strict=True))

    sponsors = {name: a.insert("sponsors", name=name) for name in ("Acme Coffee", "Globex")}
    sponsors["Umlaut"] = b.insert("sponsors", name="Umlaut")
    campaigns, bookings = _campaigns(a, b, sponsors)
    ad_units = _ad_units(a, b, campaigns, episodes)

    for writer, shows, seed in ((a, ("Harbour Lights", "Night Shift"), 1), (b, ("Nordwind",), 2)):
        own = [
            (episode, published[episode]) for title, episode in episodes.items() if title.startswith(shows)
        ]
        events = _listening(writer, own, random.Random(seed))  # noqa: S311 - made-up events
        writer.listener_events(events)
        writer.excluded_requests(events[-40::10])
        writer.excluded_visits()
        writer.retention_curve(own[0][0])
        draw = random.Random(seed + 10)  # noqa: S311 - made-up events
        writer.attribution_events(_responses(writer, events, campaigns, draw))

    people = People(
        alice=a.person(EMAILS["alice"], "admin"),
        bob=a.person(EMAILS["bob"], "sponsor", ("sponsor", sponsors["Acme Coffee"])),
        carol=a.person(EMAILS["carol"], "podcaster", ("podcast", podcasts["Harbour Lights"])),
        dora=a.person(EMAILS["dora"], "account_manager"),
        charlie=b.person(EMAILS["charlie"], "admin"),
        operator=_operator(database),
    )
    return World(
        database, settings, people, a, b,
        podcasts=podcasts, episodes=episodes, sponsors=sponsors,
        campaigns=campaigns, ad_units=ad_units, bookings=bookings,
    )  # fmt: skip


def _operator(database: Database) -> Actor:
    user_id = uuid5(_NAMES, "operator")
    with psycopg.connect(database.owner_dsn) as connection:
        # Nobody's rows are written without a tenant but one's own.
        connection.execute("select set_config('app.current_user', %s, true)", [str(user_id)])
        connection.execute(
            "insert into users (id, email, full_name, is_operator) values (%s, %s, 'Operator', true)",
            [user_id, EMAILS["operator"]],
        )
        connection.execute(
            "insert into user_roles (user_id, role_id) select %s, id from roles where name = 'operator'",
            [user_id],
        )
    return Actor(None, user_id)


def _campaigns(a: Writer, b: Writer, sponsors: dict[str, UUID]) -> tuple[dict[str, UUID], dict[str, UUID]]:
    campaigns: dict[str, UUID] = {}
    bookings: dict[str, UUID] = {}
    for writer, name, sponsor, stage, first, last, conversion, pricing, booked, rate in (
        (a, "Acme always on", "Acme Coffee", "live", -50, 20, "purchase", "cpm", 2000, 25_000_000),
        (a, "Acme earlier", "Acme Coffee", "completed", -69, -51, "purchase", "cpm", 150, 30_000_000),
        (a, "Globex launch", "Globex", "live", -40, 10, "lead", "flat", 900, 1_500_000_000),
        (a, "Globex next", "Globex", "booked", 15, 45, "purchase", "cpm", 5000, 20_000_000),
        (b, "Umlaut live", "Umlaut", "live", -30, 30, "purchase", "cpm", 800, 35_000_000),
    ):
        today, currency = writer.day(WORLD_NOW), "USD" if writer is a else "EUR"
        start, end = today + timedelta(days=first), today + timedelta(days=last)
        campaigns[name] = writer.insert(
            "campaigns", sponsor_id=sponsors[sponsor], name=name, start_date=start, end_date=end, stage=stage,
            currency=currency, conversion_type=conversion, description=f"{name}.",
        )  # fmt: skip
        bookings[name] = writer.insert(
            "io_bookings", campaign_id=campaigns[name], sponsor_id=sponsors[sponsor], booking_date=start,
            promo_code=name.upper().replace(" ", ""), vanity_url="https://go.example/" + name.lower().replace(" ", "-"),
            pricing_model=pricing, booked_impressions=booked, rate_micros=rate, currency=currency,
            starts_on=start, ends_on=end,
        )  # fmt: skip
    return campaigns, bookings


def _ad_units(a: Writer, b: Writer, campaigns: dict[str, UUID], episodes: dict[str, UUID]) -> dict[str, UUID]:
    units: dict[str, UUID] = {}
    for writer, campaign, titles, unit_type, position in (
        (
            a,
            "Acme always on",
            ("Harbour Lights 1", "Harbour Lights 2", "Harbour Lights 3", "Night Shift 2"),
            "mid_roll",
            600,
        ),
        (a, "Acme earlier", ("Harbour Lights 1", "Night Shift 1"), "pre_roll", 0),
        (a, "Globex launch", ("Night Shift 2", "Night Shift 3"), "host_read", 300),
        (a, "Globex next", ("Night Shift 3",), "mid_roll", 900),
        (b, "Umlaut live", ("Nordwind 1", "Nordwind 2"), "mid_roll", 450),
    ):
        for title in titles:
            units[f"{campaign}/{title}"] = writer.insert(
                "ad_units", campaign_id=campaigns[campaign], episode_id=episodes[title], unit_type=unit_type,
                position_seconds=position, duration_seconds=30,
            )  # fmt: skip
    return units


def _listening(
    writer: Writer, episodes: Sequence[tuple[UUID, datetime]], draw: random.Random
) -> list[ListenerEvent]:
    """Downloads that fall off from publication, with plays, progress and completes of those whose app reports them."""
    events: list[ListenerEvent] = []
    listeners = [
        (f"{writer.name}-listener-{n}",
         {"app": draw.choice(APPS), "device": draw.choice(DEVICES), "country": draw.choice(COUNTRIES), "os": "any"})
        for n in range(320)
    ]  # fmt: skip
    for episode_id, published_at in episodes:
        age = (WORLD_NOW - published_at).total_seconds()
        for listener, profile in draw.sample(listeners, 220):
            at = published_at + timedelta(seconds=int(draw.random() ** 2.5 * min(age - 1, 45 * 86400)))
            events.append(ListenerEvent(episode_id, listener, "download", at, profile))
            if draw.random() < 0.08 and at + timedelta(days=1) < WORLD_NOW:
                events.append(
                    ListenerEvent(episode_id, listener, "download", at + timedelta(days=1), profile)
                )
            if draw.random() > 0.45 or at + timedelta(hours=2) > WORLD_NOW:
                continue
            heard = draw.randrange(60, 1800)
            played = at + timedelta(minutes=draw.randrange(1, 90))
            events.append(ListenerEvent(episode_id, listener, "play", played, profile))
            events.append(
                ListenerEvent(
                    episode_id, listener, "progress", played, {**profile, "from_s": 0, "to_s": heard}
                )
            )
            if heard > 1500:
                events.append(ListenerEvent(episode_id, listener, "complete", played, profile))
            if draw.random() < 0.1:
                events.append(
                    ListenerEvent(
                        episode_id,
                        listener,
                        "ad_play",
                        played,
                        {**profile, "quartile": 4, "ad_unit_id": str(UUID(int=0))},
                    )
                )
            if draw.random() < 0.03:
                events.append(ListenerEvent(episode_id, listener, "follow", played, profile))
    # A listener whose app, device and country nobody knows, on the quarter hour and in the hour that the clocks change.
    for hours in (0, 24 * 30 + 6, 24 * 30 + 5.75, 24 * 30 + 5.25, 24 * 29, 24 * 30 + 12):
        events.append(
            ListenerEvent(
                episodes[0][0], f"{writer.name}-unknown", "download", WORLD_NOW - timedelta(hours=hours + 1)
            )
        )
    return events


def _responses(
    writer: Writer, listening: Sequence[ListenerEvent], campaigns: dict[str, UUID], draw: random.Random
) -> list[AttributionEvent]:
    """Impressions of the downloads in flight, then visits, leads and purchases, some told by several sources."""
    with writer.transaction() as connection:
        units = connection.execute(
            "select a.id, a.episode_id, a.campaign_id, c.start_date, c.end_date, c.conversion_type, c.currency "
            "from ad_units a join campaigns c on c.tenant_id = a.tenant_id and c.id = a.campaign_id "
            "where a.tenant_id = %s and c.stage <> 'booked'",
            [writer.tenant_id],
        ).fetchall()
    events: list[AttributionEvent] = []
    orders = 0
    for download in (event for event in listening if event.event_type == "download"):
        for unit_id, episode_id, campaign_id, start, end, conversion, currency in units:
            if episode_id != download.episode_id or not start <= writer.day(download.at) <= end:
                continue
            who = download.listener_id
            events.append(AttributionEvent(
                campaign_id, "impression", download.at, who, episode_id, {"ad_unit_id": str(unit_id)}))  # fmt: skip
            if draw.random() > 0.15:
                continue
            visit = download.at + timedelta(hours=draw.randrange(1, 60))
            if visit + timedelta(days=2) > WORLD_NOW:
                continue
            known = draw.random() < 0.8
            events.append(AttributionEvent(campaign_id, "visit", visit, who, episode_id if known else None,
                                           {"source": "pixel" if known else "vanity_url"}))  # fmt: skip
            if draw.random() > 0.5:
                continue
            orders += 1
            value = draw.randrange(10, 120) * 1_000_000
            bought = visit + timedelta(minutes=draw.randrange(1, 40))
            money = {"value_micros": value, "currency": currency}
            order = {"order_id": f"{writer.name}-{orders}"}
            events.append(
                AttributionEvent(
                    campaign_id, conversion, bought, who, None, {"source": "pixel", **money, **order}
                )
            )
            kind = draw.random()
            if kind < 0.2:  # the same order, told by the promo code as well
                events.append(AttributionEvent(campaign_id, conversion, bought + timedelta(minutes=3), who, None,
                                               {"source": "promo_code", **money, **order}))  # fmt: skip
            elif kind < 0.35:  # the same listener and amount within a day, without an order number
                events.append(AttributionEvent(campaign_id, conversion, bought + timedelta(hours=5), who, None,
                                               {"source": "vanity_url", **money}))  # fmt: skip
            elif kind < 0.45:  # nobody knows who this was
                events.append(
                    AttributionEvent(campaign_id, conversion, bought, None, None, {"source": "survey"})
                )
    return events
