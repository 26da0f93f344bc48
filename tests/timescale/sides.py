"""The same tenants, events and commands on two databases, so that what they answer can be compared row by row."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import psycopg
import pytest
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.pool import NullPool

from queries import refresh, session
from queries.engine import dispose_engines
from queries.ingest import batches, events, imports, room
from queries.ingest.events import import_events
from queries.ingest.imports import ImportResult
from queries.session import Actor, tenant_session
from queries.settings import Settings, use_settings, with_databases
from tests.conftest import Database
from tests.timescale.server import Connection, TimescaleServer

# When, which episode, who, what.
Heard = tuple[datetime, str, str, str]
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
_NAMES = UUID("7f4f2f0c-14a5-4b6c-9d06-0d3c0e8b3a11")

READ: dict[str, str] = {
    "listener_events_hourly": "select bucket, tenant_id, episode_id, event_type, event_count, unique_listeners "
                              "from listener_events_hourly order by 1, 2, 3, 4",
    "listener_events_daily": "select bucket, tenant_id, episode_id, event_type, event_count, unique_listeners "
                             "from listener_events_daily order by 1, 2, 3, 4",
    "metrics_daily": "select day, tenant_id, episode_id, metric_name, total_value, round(avg_value, 9), record_count "
                     "from metrics_daily order by 1, 2, 3, 4",
    "download_days": "select local_day, episode_id, app, country, downloads from download_days order by 1, 2, 3, 4",
    "listener_days": "select local_day, episode_id, count(distinct listener_no) from listener_days "
                     "group by 1, 2 order by 1, 2",
}  # fmt: skip


def _batched(heard: list[Heard], size: int) -> list[list[Heard]]:
    return [heard[start : start + size] for start in range(0, len(heard), size)]


@dataclass(frozen=True)
class TenantIds:
    """A tenant that exists on both sides under the same ids."""

    name: str
    zone: str

    @property
    def tenant(self) -> UUID:
        return self["tenant"]

    def __getitem__(self, row: str) -> UUID:
        return uuid5(_NAMES, f"{self.name} {row}")


class Side:
    """One database: sessions of its roles, and the worker's commands on it."""

    def __init__(
        self,
        name: str,
        connect: Callable[[str], AbstractContextManager[Connection]],
        entered: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self.name = name
        self.connect = connect
        self.entered = entered

    @contextmanager
    def writing(self, of: TenantIds, role: str = "podboard_owner") -> Iterator[Connection]:
        with self.connect(role) as connection:
            connection.execute("select set_tenant_context(%s)", [of.tenant])
            yield connection
            connection.commit()

    def found(self, of: TenantIds, role: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self.writing(of, role) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def read(self, of: TenantIds, relation: str) -> list[tuple[Any, ...]]:
        return self.found(of, "podboard_web", READ[relation])

    def everything(self, of: TenantIds) -> dict[str, list[tuple[Any, ...]]]:
        return {relation: self.read(of, relation) for relation in READ}

    def refresh(self) -> None:
        """What the worker does by the clock."""
        with self.entered():
            refresh.refresh_rollups()
            refresh.refresh_aggregates()
            refresh.refresh_metrics_daily()

    def drop_expired(self) -> int:
        with self.entered():
            return refresh.drop_expired()

    def take(self, of: TenantIds, csv: str, name: str) -> ImportResult:
        with self.entered():
            return import_events(Actor(of.tenant), io.BytesIO(csv.encode()), name=name)

    def make(self, of: TenantIds) -> None:
        """The tenant, its show of two episodes and a campaign."""
        with self.writing(of) as connection:
            for statement, values in (
                ("insert into tenants (id, name, slug) values (%s, %s, %s)", [of.tenant, of.name, of.name]),
                ("insert into tenant_settings (tenant_id, settings) "
                 "values (%s, jsonb_build_object('time_zone', %s::text))",
                 [of.tenant, of.zone]),
                ("insert into podcasts (id, tenant_id, name) values (%s, %s, 'Show')", [of["podcast"], of.tenant]),
                *(("insert into episodes (id, tenant_id, podcast_id, title, published_at, duration_seconds) "
                   "values (%s, %s, %s, %s, %s, 1800)",
                   [of[name], of.tenant, of["podcast"], name, NOW - timedelta(days=40)])
                  for name in ("first", "second")),
                ("insert into sponsors (id, tenant_id, name) values (%s, %s, 'Sponsor')", [of["sponsor"], of.tenant]),
                ("insert into campaigns (id, tenant_id, sponsor_id, name, start_date, end_date) "
                 "values (%s, %s, %s, 'C', '2026-01-01', '2027-01-01')", [of["campaign"], of.tenant, of["sponsor"]]),
            ):  # fmt: skip
                connection.execute(statement.encode(), values)

    def listen(self, of: TenantIds, at: datetime, listener: str, event_type: str = "download") -> None:
        """One event, written past the import."""
        self.listen_all(of, [(at, "first", listener, event_type)])

    def listen_all(self, of: TenantIds, heard: list[Heard]) -> None:
        with self.writing(of, "podboard_web") as connection:
            moments = [at for at, *_ in heard]
            connection.execute("select ensure_event_storage(%s, %s)", [min(moments), max(moments)])
            for some in _batched(heard, 100):
                connection.execute(
                    "insert into listener_events "
                    "(id, tenant_id, episode_id, listener_id, event_type, event_data, occurred_at) "
                    "select n.id, %s, n.episode, n.listener, n.kind, '{\"from_s\": 0, \"to_s\": 60}', n.at "
                    "from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[]) "
                    "as n (id, episode, listener, kind, at)",
                    [of.tenant, [uuid5(_NAMES, f"{of.name} {one}") for one in some], [of[one[1]] for one in some],
                     [one[2] for one in some], [one[3] for one in some], [one[0] for one in some]],
                )  # fmt: skip

    def fill(self, of: TenantIds) -> None:
        """About 550 events of every type over nine days, hour edges and day edges included."""
        dice = random.Random(of.name)  # noqa: S311  the same events on both engines, not a secret
        types = ("download", "download", "play", "progress", "complete")
        self.listen_all(
            of,
            [
                (
                    NOW - (timedelta(minutes=dice.randrange(9 * 24 * 60)) if number % 10 else timedelta(hours=number)),
                    dice.choice(("first", "second")), f"listener {dice.randrange(40)}", dice.choice(types),
                )
                for number in range(450)
            ],
        )  # fmt: skip
        with self.writing(of, "podboard_web") as connection:
            numbers = range(120)
            connection.execute(
                "insert into attribution_events "
                "(id, tenant_id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, "
                "occurred_at) select n.id, %s, %s, %s, n.listener, n.kind, "
                "'{\"currency\": \"USD\", \"value_micros\": 2500000}', n.at "
                "from unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[]) as n (id, listener, kind, at)",
                [of.tenant, of["campaign"], of["first"],
                 [uuid5(_NAMES, f"{of.name} attribution {number}") for number in numbers],
                 [f"listener {dice.randrange(40)}" for _ in numbers],
                 [dice.choice(("impression", "impression", "visit", "purchase")) for _ in numbers],
                 [NOW - timedelta(hours=number) for number in numbers]],
            )  # fmt: skip


def plain_side(database: Database, settings: Settings) -> Side:
    @contextmanager
    def connect(role: str) -> Iterator[Connection]:
        with psycopg.connect(database.server.dsn(role, database.name), prepare_threshold=None) as connection:
            yield connection

    @contextmanager
    def entered() -> Iterator[None]:
        use_settings(
            with_databases(
                settings, runtime=database.web_dsn, worker=database.worker_dsn, owner=database.owner_dsn
            )
        )
        try:
            yield
        finally:
            dispose_engines()
            use_settings(settings)

    return Side("plain", connect, entered)


def timescale_side(server: TimescaleServer, settings: Settings) -> Side:
    engines: dict[str, Engine] = {}

    def engine_for(dsn: str, *, behind: bool = False) -> Engine:
        role = make_url(dsn).username or ""
        if role not in engines:
            engines[role] = create_engine(
                "postgresql+psycopg://", creator=lambda: server.connect(role), poolclass=NullPool
            )
        return engines[role]

    open_session: list[SqlConnection] = []

    @contextmanager
    def one_session(actor: Actor, **options: Any) -> Iterator[SqlConnection]:
        """An import opens a second session beside its own; here both are one, which is all the server has."""
        if open_session:
            yield open_session[0]
            return
        with tenant_session(actor, **options) as connection:
            open_session.append(connection)
            try:
                yield connection
            finally:
                open_session.clear()

    @contextmanager
    def entered() -> Iterator[None]:
        ways = {
            name: f"postgresql://podboard_{role}@wasm/timescale"
            for name, role in (("runtime", "web"), ("worker", "worker"), ("owner", "owner"))
        }
        use_settings(with_databases(settings, **ways))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(session, "engine_for", engine_for)
            for module in (batches, events, imports, room):
                patch.setattr(module, "tenant_session", one_session)
            try:
                yield
            finally:
                use_settings(settings)

    return Side("timescale", server.connect, entered)
