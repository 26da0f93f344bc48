"""What is kept by the day of requests that did not count is what they themselves tell, whatever came or went."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from queries import refresh
from queries.filters import Filters
from queries.listening_excluded import excluded_by_reason
from queries.periods import Period
from queries.session import Actor, tenant_session
from queries.settings import Settings
from tests.conftest import Database
from tests.sponsorship import Tenant, own_database

NOW = datetime.now(UTC).replace(microsecond=0)
REASONS = ("repeat", "head", "bot", "piece")


@pytest.fixture(scope="module")
def excluded_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_excluded") as made:
        yield made


class Refused(Tenant):
    """A tenant with two shows of two episodes, and the requests that it did not count, remembered."""

    def __init__(self, database: Database, zone: str) -> None:
        super().__init__(database, zone)
        self.shows = [self.podcast("One"), self.podcast("Two")]
        self.episodes = [self.episode(show, "E") for show in self.shows for _ in range(2)]
        self.requests: dict[UUID, tuple[int, str, str, datetime]] = {}

    def write(self, requests: list[tuple[int, str, str, datetime]]) -> None:
        """Adds requests: the episode's place, reason, version, moment."""
        made = {uuid4(): request for request in requests}
        with self.owner() as owner, owner.cursor() as cursor:
            cursor.executemany(
                "insert into excluded_requests (id, tenant_id, episode_id, reason, rule_version, occurred_at)"
                " values (%s, %s, %s, %s, %s, %s)",
                [(id_, self.tenant_id, self.episodes[one[0]], *one[1:]) for id_, one in made.items()],
            )
        self.requests |= made

    def remove(self, ids: list[UUID]) -> None:
        with self.owner() as owner:
            owner.execute(
                "delete from excluded_requests where tenant_id = %s and id = any (%s)", (self.tenant_id, ids)
            )
        for id_ in ids:
            del self.requests[id_]

    def counted(self, first: date, end: date, episodes: set[int]) -> Counter[tuple[str, str]]:
        """By hand: reasons and versions of the days of this tenant."""
        return Counter(
            (reason, version)
            for episode, reason, version, at in self.requests.values()
            if episode in episodes and first <= at.astimezone(self.zone).date() < end
        )

    def told(self, first: date, end: date, **narrowed: tuple[UUID, ...]) -> dict[tuple[str, str], int]:
        f = Filters(period=Period(first, end), zone=self.zone, now=NOW, comparison="none", **narrowed)
        with tenant_session(Actor(self.tenant_id)) as connection:
            answer = excluded_by_reason(connection, f)
        assert answer.totals["requests"] == sum(row["requests"] for row in answer.rows)
        return {(row["reason"], row["rule_version"]): row["requests"] for row in answer.rows}

    def agrees(self) -> None:
        """Every way to ask tells what was counted by hand."""
        day = NOW.astimezone(self.zone).date()
        for first, end in (
            (day - timedelta(days=9), day + timedelta(days=2)),
            (day - timedelta(days=3), day),
        ):
            for episodes, narrowed in (
                ({0, 1, 2, 3}, {}),
                ({2, 3}, {"podcasts": (self.shows[1],)}),
                ({1}, {"episodes": (self.episodes[1],)}),
                (set(), {"episodes": (self.episodes[1],), "podcasts": (self.shows[1],)}),
            ):  # fmt: skip
                assert self.told(first, end, **narrowed) == self.counted(first, end, episodes)


def _some(draw: random.Random, number: int) -> list[tuple[int, str, str, datetime]]:
    return [
        (draw.randrange(4), draw.choice(REASONS), draw.choice(("rules 1", "rules 2")),
         NOW - timedelta(minutes=draw.randrange(8 * 24 * 60)))
        for _ in range(number)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "zone", ["Asia/Kolkata", "Australia/Lord_Howe", "America/New_York", "Pacific/Kiritimati"]
)
def test_days_agree_with_the_requests_whatever_came_or_went(excluded_database: Database, zone: str) -> None:
    tenant, other = Refused(excluded_database, zone), Refused(excluded_database, "UTC")
    draw = random.Random(zone)  # noqa: S311 (the same rows each time)
    other.write(_some(draw, 20))
    for _ in range(4):
        tenant.write(_some(draw, 60))
        tenant.remove(draw.sample(sorted(tenant.requests), 15))
        refresh.refresh_rollups()
        tenant.agrees()
    # All of an hour, and of a reason, goes.
    tenant.remove(
        [id_ for id_, one in tenant.requests.items() if one[1] == "head" or one[3] > NOW - timedelta(days=2)]
    )
    refresh.refresh_rollups()
    tenant.agrees()
    other.agrees()


def test_what_came_since_the_refresh_follows_with_the_next_one(excluded_database: Database) -> None:
    tenant = Refused(excluded_database, "UTC")
    day = NOW.date()
    tenant.write([(0, "bot", "rules 2", NOW)])
    assert tenant.told(day, day + timedelta(days=1)) == {}
    with tenant.owner() as owner:
        noted = owner.execute(
            "select count(*) from internal.dirty_excluded_hours where tenant_id = %s", (tenant.tenant_id,)
        )
        assert noted.fetchone() == (1,)
    refresh.refresh_rollups()
    assert tenant.told(day, day + timedelta(days=1)) == {("bot", "rules 2"): 1}
    assert refresh.refresh_rollups() == 0


def test_another_zone_counts_the_days_anew(excluded_database: Database) -> None:
    tenant = Refused(excluded_database, "Pacific/Kiritimati")
    tenant.write(_some(random.Random(7), 80))  # noqa: S311 (the same rows each time)
    refresh.refresh_rollups()
    with tenant.owner() as owner:
        owner.execute(
            "update tenant_settings set settings = jsonb_set(settings, '{time_zone}', '\"America/New_York\"')"
            " where tenant_id = %s", (tenant.tenant_id,),
        )  # fmt: skip
    tenant.zone = ZoneInfo("America/New_York")
    refresh.refresh_rollups()
    tenant.agrees()


def test_days_are_forgotten_with_their_requests_and_not_before(excluded_database: Database) -> None:
    tenant = Refused(excluded_database, "UTC")
    tenant.write([(0, "bot", "rules 2", NOW)])
    refresh.refresh_rollups()
    with tenant.owner() as owner:
        edge: Any = owner.execute("select cast(raw_retention_start() at time zone 'UTC' as date)").fetchone()
        for back in (1, 0):
            owner.execute(
                "insert into internal.excluded_days values (%s, %s, %s, 'bot', 'rules 1', 1)",
                (tenant.tenant_id, edge[0] - timedelta(days=back), tenant.shows[0]),
            )
    refresh.drop_expired()
    with tenant.owner() as owner:
        left = owner.execute(
            "select local_day from internal.excluded_days where tenant_id = %s order by 1",
            (tenant.tenant_id,),
        ).fetchall()
    assert left == [(edge[0],), (NOW.date(),)]


def test_a_day_that_is_partly_forgotten_keeps_what_was_counted(excluded_database: Database) -> None:
    tenant = Refused(excluded_database, "UTC")
    with tenant.owner() as owner:
        edge: Any = owner.execute("select raw_retention_start()").fetchone()
        day = (edge[0] - timedelta(hours=1)).astimezone(UTC).date()
        owner.execute(
            "insert into internal.excluded_days values (%s, %s, %s, 'bot', 'rules 1', 5)",
            (tenant.tenant_id, day, tenant.shows[0]),
        )
    tenant.write([(0, "bot", "rules 1", datetime(day.year, day.month, day.day, 12, tzinfo=UTC))])
    refresh.refresh_rollups()
    assert tenant.told(day, day + timedelta(days=1)) == {("bot", "rules 1"): 5}
