"""Small worlds of campaigns for tests: a tenant's rows written as its owner, and the same numbers counted by hand.

The counting here knows nothing of the queries: it walks the raw events in plain Python.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg

from queries.attribution import compute_attribution
from queries.engine import dispose_engines
from queries.filters import Filters
from queries.periods import Comparison, Grain, Period
from queries.settings import Settings, use_settings, with_databases
from tests.conftest import Database
from tests.weeks import week_start

Connection = psycopg.Connection[tuple[Any, ...]]
_owners: dict[str, Connection] = {}


@contextmanager
def own_database(
    settings: Settings, make_database: Callable[[str], Database], name: str
) -> Iterator[Database]:
    """A database that tests may commit to, with the queries pointed at it."""
    made = make_database(name)
    use_settings(with_databases(settings, runtime=made.web_dsn, worker=made.worker_dsn, owner=made.owner_dsn))
    try:
        yield made
    finally:
        if made.owner_dsn in _owners:
            _owners.pop(made.owner_dsn).close()
        dispose_engines()
        use_settings(settings)


@dataclass(frozen=True)
class Event:
    """One attribution event, as written."""

    campaign_id: UUID
    attribution_type: str
    at: datetime
    listener_id: str | None = None
    episode_id: UUID | None = None
    source: str | None = None
    order_id: str | None = None
    value_micros: int | None = None
    currency: str | None = None
    ad_unit_id: UUID | None = None
    event_id: UUID = field(default_factory=uuid4)

    def data(self) -> dict[str, Any]:
        said = {"source": self.source, "order_id": self.order_id, "value_micros": self.value_micros,
                "currency": self.currency, "ad_unit_id": str(self.ad_unit_id) if self.ad_unit_id else None}  # fmt: skip
        return {key: value for key, value in said.items() if value is not None}

    def row(self, tenant_id: UUID) -> tuple[Any, ...]:
        return (self.event_id, tenant_id, self.campaign_id, self.episode_id, self.listener_id, self.attribution_type,
                json.dumps(self.data()), self.at)  # fmt: skip


class Tenant:
    """One tenant: writes what it is told, remembers it, and refreshes as the worker would."""

    def __init__(self, database: Database, zone: str = "UTC", slug: str = "") -> None:
        self.database = database
        self.tenant_id = uuid4()
        self.zone = ZoneInfo(zone)
        self.events: list[Event] = []
        slug = slug or f"t{self.tenant_id.hex[:12]}"
        with self.owner() as owner:
            owner.execute(
                "insert into tenants (id, name, slug) values (%s, %s, %s)", [self.tenant_id, slug, slug]
            )
            owner.execute(
                "insert into tenant_settings (tenant_id, settings) values (%s, %s)",
                [self.tenant_id, json.dumps({"time_zone": zone, "week_start": week_start(zone)})],
            )

    @contextmanager
    def owner(self) -> Iterator[Connection]:
        """A transaction of the owner with this tenant set, on one connection per database (opening takes long)."""
        dsn = self.database.owner_dsn
        if dsn not in _owners:
            _owners[dsn] = psycopg.connect(dsn)
        with _owners[dsn].transaction():
            _owners[dsn].execute("select set_tenant_context(%s)", [self.tenant_id])
            yield _owners[dsn]

    def insert(self, table: str, **values: Any) -> UUID:
        """The id of a row written into a tenant table."""
        row = {"id": uuid4(), "tenant_id": self.tenant_id, **values}
        with self.owner() as owner:
            owner.execute(
                f"insert into {table} ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})",
                list(row.values()),
            )
        return row["id"]

    def podcast(self, name: str) -> UUID:
        return self.insert("podcasts", name=name)

    def episode(self, podcast_id: UUID, title: str, published_at: datetime | None = None) -> UUID:
        return self.insert(
            "episodes", podcast_id=podcast_id, title=title, published_at=published_at, duration_seconds=1800
        )

    def sponsor(self, name: str) -> UUID:
        return self.insert("sponsors", name=name)

    def campaign(self, sponsor_id: UUID, start: date, end: date, **values: Any) -> UUID:
        return self.insert(
            "campaigns", sponsor_id=sponsor_id, start_date=start, end_date=end,
            **{"name": "Campaign", "stage": "live", **values},
        )  # fmt: skip

    def booking(self, campaign_id: UUID, sponsor_id: UUID, start: date, end: date, **values: Any) -> UUID:
        return self.insert(
            "io_bookings", campaign_id=campaign_id, sponsor_id=sponsor_id, starts_on=start, ends_on=end,
            **{"booking_date": start, "pricing_model": "cpm", "booked_impressions": 1000, "rate_micros": 25_000_000,
               "currency": "USD", **values},
        )  # fmt: skip

    def ad_unit(
        self, campaign_id: UUID, episode_id: UUID, unit_type: str = "mid_roll", position: int = 600
    ) -> UUID:
        return self.insert(
            "ad_units", campaign_id=campaign_id, episode_id=episode_id, unit_type=unit_type, position_seconds=position,
            duration_seconds=60,
        )  # fmt: skip

    def person(self, email: str, role: str, *, owns: Iterable[tuple[str, UUID]] = ()) -> UUID:
        """A person with a role of this tenant, and what is theirs."""
        user_id = self.insert("users", email=email)
        with self.owner() as owner:
            owner.execute(
                "insert into user_roles (tenant_id, user_id, role_id) "
                "select tenant_id, %s, id from roles where name = %s",
                [user_id, role],
            )
        for kind, resource_id in owns:
            self.insert("resource_ownership", resource_type=kind, resource_id=resource_id, owner_id=user_id)
        return user_id

    def add(self, events: Iterable[Event]) -> None:
        """Writes attribution events; nothing derived follows before `refresh`."""
        new = list(events)
        if not new:
            return
        with self.owner() as owner:
            owner.execute(
                "select ensure_event_storage(%s, %s)",
                [min(event.at for event in new), max(event.at for event in new)],
            )
            owner.cursor().executemany(
                "insert into attribution_events (id, tenant_id, campaign_id, episode_id, listener_id, "
                "attribution_type, attribution_data, occurred_at) values (%s, %s, %s, %s, %s, %s, %s, %s)",
                [event.row(self.tenant_id) for event in new],
            )
        self.events += new

    def delete(self, events: Iterable[Event]) -> None:
        """Takes attribution events away again."""
        gone = {event.event_id for event in events}
        with self.owner() as owner:
            owner.execute(
                "delete from attribution_events where tenant_id = %s and id = any (%s)",
                [self.tenant_id, list(gone)],
            )
        self.events = [event for event in self.events if event.event_id not in gone]

    def refresh_rollups(self) -> None:
        with self.owner() as owner:
            owner.execute("select internal.refresh_rollups(%s)", [self.tenant_id])

    def refresh(self) -> dict[str, int]:
        """Brings rollups and attribution up to date, as the worker does; what compute_attribution said."""
        self.refresh_rollups()
        return compute_attribution()

    def day(self, moment: datetime) -> date:
        """The tenant's day of a moment."""
        return moment.astimezone(self.zone).date()

    def filters(self, start: date, end: date, now: datetime, campaign_id: UUID | None = None,
                comparison: Comparison = "previous", grain: Grain = "day") -> Filters:  # fmt: skip
        """Filters for `[start, end)` as this tenant's people get them."""
        return Filters(
            period=Period(start, end),
            zone=self.zone,
            now=now,
            comparison=comparison,
            grain=grain,
            campaign_id=campaign_id,
        )


@dataclass(frozen=True)
class Counted:
    """One conversion counted by hand."""

    at: datetime
    events: tuple[Event, ...]

    @property
    def listener_id(self) -> str | None:
        named = [event.listener_id for event in self.events if event.listener_id is not None]
        return named[0] if named else None

    @property
    def value(self) -> tuple[int | None, str | None]:
        carrying = [event for event in self.events if event.value_micros is not None]
        return (carrying[0].value_micros, carrying[0].currency) if carrying else (None, None)


def counted_conversions(events: Iterable[Event], campaign_id: UUID, kind: str = "purchase") -> list[Counted]:
    """The conversions among raw events, by the rule in words and the plainest loops there are."""
    reports = sorted(
        (event for event in events if event.campaign_id == campaign_id and event.attribution_type == kind),
        key=lambda event: (event.at, event.event_id),
    )
    groups: list[list[Event]] = []
    for report in reports:
        if (
            report.listener_id is None
            and report.order_id is None
            and report.source in ("survey", "promo_code")
        ):
            continue
        place = None
        if report.order_id is not None:
            place = next(
                (i for i, group in enumerate(groups) if any(r.order_id == report.order_id for r in group)),
                None,
            )
        if place is None and report.listener_id is not None:
            for i, group in enumerate(groups):
                if report.order_id is not None and any(r.order_id is not None for r in group):
                    continue
                if report.at - group[0].at > timedelta(hours=24):
                    continue
                same = (report.listener_id, report.value_micros, report.currency)
                if any((r.listener_id, r.value_micros, r.currency) == same for r in group):
                    place = i  # the latest one that fits stands last
        if place is None:
            groups.append([report])
        else:
            groups[place].append(report)
    return [Counted(group[0].at, tuple(group)) for group in groups]


def touches_before(
    events: Iterable[Event], campaign_id: UUID, conversion: Counted, window_days: int
) -> list[Event]:
    """Impressions and visits of the same listener in the window before a conversion, oldest first."""
    if conversion.listener_id is None:
        return []
    return sorted(
        (event for event in events
         if event.campaign_id == campaign_id and event.attribution_type in ("impression", "visit")
         and event.listener_id == conversion.listener_id
         and conversion.at - timedelta(days=window_days) <= event.at <= conversion.at),
        key=lambda event: (event.at, event.event_id),
    )  # fmt: skip


def counted_credit(events: Iterable[Event], campaign_id: UUID, model: str, window_days: int,
                   conversions: Iterable[Counted]) -> dict[UUID | None, Fraction]:  # fmt: skip
    """Credit per episode (None: no episode known), touch by touch."""
    credit: dict[UUID | None, Fraction] = {}
    all_events = list(events)
    for conversion in conversions:
        touches = touches_before(all_events, campaign_id, conversion, window_days)
        for place, touch in enumerate(touches):
            share = {"first_touch": Fraction(place == 0), "last_touch": Fraction(place == len(touches) - 1),
                     "linear": Fraction(1, len(touches))}[model]  # fmt: skip
            if share:
                credit[touch.episode_id] = credit.get(touch.episode_id, Fraction(0)) + share
    return credit
