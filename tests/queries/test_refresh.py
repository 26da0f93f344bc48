"""The refreshes: exactly once, whatever comes late, goes or is killed in the middle; at the cost of what is new."""

from __future__ import annotations

import io
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from queries import campaigns, listening, listening_trend, refresh
from queries.attribution.compute import compute_attribution
from queries.campaign_states import campaign_heads
from queries.engine import dispose_engines
from queries.filters import Filters
from queries.ingest.feed import import_feed
from queries.periods import Period
from queries.session import Actor, anonymous_session, outside_transactions, tenant_session
from queries.settings import Settings, use_settings, with_databases
from schema.migrate import FOLDER
from tests.clock_changes import last_changes
from tests.conftest import Database
from tests.world import AttributionEvent, ListenerEvent, Writer

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=30)
TABLES = (
    "download_quarters", "episode_days", "download_days", "listener_days", "campaign_days", "campaign_listener_days",
    "listener_events_hourly", "listener_events_daily", "metrics_daily",
)  # fmt: skip
FEED = (
    b'<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel>'
    b"<title>By feed</title>ITEMS</channel></rss>"
)


@pytest.fixture(scope="module")
def own(make_database: Callable[[str], Database], settings: Settings) -> Iterator[Database]:
    """A database that these tests commit to, one tenant for each."""
    made = make_database("podboard_refresh")
    use_settings(with_databases(settings, runtime=made.web_dsn, worker=made.worker_dsn, owner=made.owner_dsn))
    yield made
    dispose_engines()
    use_settings(settings)


class Show:
    """A tenant with one podcast of two episodes and one campaign."""

    def __init__(self, own: Database, name: str, zone: str = "America/New_York") -> None:
        self.writer = Writer(own, name, zone=zone)
        with self.writer.transaction():
            podcast = self.writer.insert("podcasts", name="Show")
            self.first, self.second = (
                self.writer.insert(
                    "episodes", podcast_id=podcast, title=title, published_at=NOON, duration_seconds=1000
                )
                for title in ("First", "Second")
            )
            sponsor = self.writer.insert("sponsors", name="Sponsor")
            self.campaign = self.writer.insert(
                "campaigns",
                sponsor_id=sponsor,
                name="Campaign",
                start_date=NOON.date(),
                end_date=NOON.date(),
                stage="live",
            )

    def download(
        self, at: datetime, listener: str = "ada", episode: UUID | None = None, **data: Any
    ) -> ListenerEvent:
        return ListenerEvent(episode or self.first, listener, "download", at, {"app": "Spotify", **data})

    def play(self, at: datetime, listener: str = "ada", seconds: int = 500) -> list[ListenerEvent]:
        return [
            ListenerEvent(self.first, listener, "play", at),
            ListenerEvent(self.first, listener, "progress", at, {"from_s": 0, "to_s": seconds}),
        ]

    def impression(self, at: datetime, listener: str = "ada") -> AttributionEvent:
        return AttributionEvent(self.campaign, "impression", at, listener, self.first)

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """What a derived table holds of this tenant, listeners by name."""
        columns = {
            "download_quarters": "bucket, episode_id, downloads",
            "episode_days": "local_day, episode_id, downloads",
            "download_days": "local_day, episode_id, app, device_type, country, downloads",
            "listener_days": "local_day, episode_id, (select l.listener_id from internal.listeners l "
                             "where l.listener_no = t.listener_no)",
            "campaign_days": "local_day, campaign_id, episode_id, attribution_type, event_count",
            "campaign_listener_days": "local_day, campaign_id, (select l.listener_id from internal.listeners l "
                                      "where l.listener_no = t.listener_no), impressions",
            "listener_events_hourly": "bucket, episode_id, event_type, event_count, unique_listeners",
            "listener_events_daily": "bucket, episode_id, event_type, event_count, unique_listeners",
            "metrics_daily": "metric_date, episode_id, source, metric_name, total_value, record_count",
        }[table]  # fmt: skip
        with self.writer.transaction() as owner:
            found = owner.execute(
                f"select {columns} from internal.{table} t where tenant_id = %s", [self.writer.tenant_id]
            ).fetchall()
        return sorted(found, key=repr)

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        return {table: self.rows(table) for table in TABLES}

    def days(self) -> dict[date, int]:
        """Downloads per tenant day, all episodes."""
        counted: Counter[date] = Counter()
        for day, _, downloads in self.rows("episode_days"):
            counted[day] += downloads
        return dict(counted)

    def recounted(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything once more from nothing: emptied, all hours noted, refreshed."""
        with self.writer.transaction() as owner:
            for table in TABLES:
                owner.execute(f"delete from internal.{table} where tenant_id = %s", [self.writer.tenant_id])
            owner.execute("delete from listener_metrics where tenant_id = %s", [self.writer.tenant_id])
            for source, relation in (("listener", "listener_events"), ("attribution", "attribution_events")):
                owner.execute(
                    "insert into internal.dirty_hours (tenant_id, source, hour) "
                    f"select distinct tenant_id, %s, date_trunc('hour', occurred_at, 'UTC') from {relation} "
                    "where tenant_id = %s",
                    [source, self.writer.tenant_id],
                )
            owner.execute(
                "insert into internal.dirty_metric_days (tenant_id, source, metric_date) "
                "select distinct tenant_id, 'attribution', (occurred_at at time zone %s)::date from attribution_events "
                "where tenant_id = %s",
                [self.writer.zone.key, self.writer.tenant_id],
            )
        _refresh()
        return self.everything()


def _refresh() -> int:
    return refresh.refresh_rollups() + refresh.refresh_metrics_daily()


def _as_of(own: Database, relation: str) -> datetime | None:
    with psycopg.connect(own.web_dsn) as connection:
        found = connection.execute(
            "select refreshed_at from refresh_states where relation = %s", [relation]
        ).fetchone()
    return found[0] if found else None


def _queued(own: Database) -> tuple[int, int]:
    with psycopg.connect(own.owner_dsn) as connection:
        found = connection.execute(
            "select (select count(*) from internal.dirty_hours), (select count(*) from internal.dirty_metric_days)"
        ).fetchone()
    assert found is not None
    return found[0], found[1]


def test_events_count_once_however_often_it_is_refreshed(own: Database) -> None:
    show = Show(own, "once")
    show.writer.listener_events([show.download(NOON), show.download(NOON, "ben"), *show.play(NOON)])
    show.writer.attribution_events([show.impression(NOON)])
    assert _refresh() > 0
    first = show.everything()
    assert first["episode_days"] == [(NOON.date(), show.first, 2)]
    assert first["campaign_days"] == [(NOON.date(), show.campaign, show.first, "impression", 1)]
    assert {(row[3], row[4]) for row in first["metrics_daily"]} == {
        ("plays", 1), ("listen_seconds", 500), ("engaged_plays", 1), ("completes", 0), ("attribution.impression", 1),
    }  # fmt: skip
    assert _refresh() == 0
    assert show.everything() == first
    assert _queued(own) == (0, 0)


def test_a_late_event_joins_its_day(own: Database) -> None:
    show = Show(own, "late")
    show.writer.listener_events([show.download(NOON)])
    _refresh()
    show.writer.listener_events(
        [show.download(NOON - timedelta(days=300), "ben"), show.download(NOON, "ben"), *show.play(NOON)]
    )
    _refresh()
    assert show.days() == {NOON.date(): 2, (NOON - timedelta(days=300)).date(): 1}
    assert show.everything() == show.recounted()


def test_deleted_events_go_from_everything(own: Database) -> None:
    show = Show(own, "deleted")
    kept, gone = show.writer.listener_events([show.download(NOON), show.download(NOON, "ben", show.second)])
    plays = show.writer.listener_events(show.play(NOON, "ben"))
    impression = show.writer.attribution_events([show.impression(NOON, "ben")])
    _refresh()
    assert show.writer.delete("listener_events", [gone, *plays]) == 3
    assert show.writer.delete("attribution_events", impression) == 1
    _refresh()
    assert show.rows("episode_days") == [(NOON.date(), show.first, 1)]
    assert show.rows("listener_days") == [(NOON.date(), show.first, "ada")]
    assert (
        show.rows("campaign_days") == show.rows("campaign_listener_days") == show.rows("metrics_daily") == []
    )
    assert show.everything() == show.recounted()
    show.writer.delete("listener_events", [kept])
    _refresh()
    assert show.everything() == {table: [] for table in TABLES}


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Kiritimati", "UTC"])
def test_another_zone_moves_every_day(own: Database, zone: str) -> None:
    show = Show(own, f"moves-{zone.split('/')[-1].lower().replace('_', '-')}")
    moments = [NOON + timedelta(hours=7 * n, minutes=11 * n) for n in range(-20, 20)]
    show.writer.listener_events(
        [event for at in moments for event in (show.download(at), *show.play(at + timedelta(hours=3)))]
    )
    # A play on a day without any download must move as well.
    show.writer.listener_events(show.play(NOON - timedelta(days=100)))
    show.writer.attribution_events([show.impression(at) for at in moments])
    _refresh()
    with show.writer.transaction() as owner:
        owner.execute(
            "update tenant_settings set settings = settings || jsonb_build_object('time_zone', %s::text)",
            [zone],
        )
    show.writer.zone = type(show.writer.zone)(zone)
    _refresh()
    assert show.days() == Counter(show.writer.day(at) for at in moments)
    played = {row[0] for row in show.rows("metrics_daily") if row[3] == "plays" and row[4] > 0}
    assert played == {show.writer.day(at + timedelta(hours=3)) for at in moments} | {
        show.writer.day(NOON - timedelta(days=100))
    }
    assert {row[0]: row[4] for row in show.rows("campaign_days")} == Counter(
        show.writer.day(at) for at in moments
    )
    assert show.everything() == show.recounted()


@pytest.mark.parametrize("zone", ["America/Havana", "Atlantic/Azores"])
def test_a_day_begins_at_the_first_of_its_two_midnights(own: Database, zone: str) -> None:
    """PostgreSQL takes the second: the day lost its first hour, and the day before could not be counted again."""
    show = Show(own, f"midnights-{zone.split('/')[-1].lower()}", zone)
    change = min(last_changes(zone), key=lambda place: place.shift).change
    first_hour = [change + timedelta(minutes=10 * n) for n in range(-6, 0)]
    second_hour = [at + timedelta(hours=1) for at in first_hour]
    around = [change + timedelta(hours=n) for n in (-30, -20, -2, 3, 12, 30)]
    late = [change + timedelta(hours=15), change - timedelta(hours=12)]
    told: list[datetime] = []
    for moments in (first_hour, second_hour, around, *([at] for at in late)):
        told += moments
        show.writer.listener_events(
            [event for at in moments for event in (show.download(at, f"l {at}"), *show.play(at, f"l {at}"))]
        )
        show.writer.attribution_events([show.impression(at, f"l {at}") for at in moments])
        show.writer.excluded_requests([show.download(at) for at in moments])
        _refresh()
        expected = Counter(show.writer.day(at) for at in told)
        assert show.days() == expected
        for table in ("campaign_days", "listener_days", "campaign_listener_days"):
            found: Counter[date] = Counter()
            for row in show.rows(table):
                found[row[0]] += row[4] if table == "campaign_days" else 1
            assert found == expected, table
        for metric in ("plays", "attribution.impression"):
            assert {row[0]: row[4] for row in show.rows("metrics_daily") if row[3] == metric} == expected
        with show.writer.transaction() as owner:
            excluded = owner.execute(
                "select local_day, sum(requests) from internal.excluded_days where tenant_id = %s group by 1",
                [show.writer.tenant_id],
            ).fetchall()
        assert dict(excluded) == expected
    assert show.everything() == show.recounted()


def test_rollups_outlive_their_raw_events(own: Database) -> None:
    """What lies behind the retention edge is never counted anew: a late note or another zone would erase it."""
    show = Show(own, "outlives", zone="Europe/Berlin")
    old = datetime.now(UTC).replace(minute=30, second=0, microsecond=0) - timedelta(days=2 * 366 + 40)
    with show.writer.transaction() as owner:
        for table, columns, values in (
            ("episode_days", "local_day, episode_id, downloads", [old.date(), show.first, 7]),
            ("download_days", "local_day, episode_id, app, device_type, country, downloads",
             [old.date(), show.first, "Spotify", "phone", "DE", 7]),
            ("download_quarters", "bucket, episode_id, downloads", [old, show.first, 7]),
            ("listener_events_hourly", "bucket, episode_id, event_type, event_count, unique_listeners",
             [old.replace(minute=0), show.first, "download", 7, 3]),
            ("listener_events_daily", "bucket, episode_id, event_type, event_count, unique_listeners",
             [old.replace(hour=0, minute=0), show.first, "download", 7, 3]),
            ("listeners", "listener_id", ["ada"]),
        ):  # fmt: skip
            owner.execute(
                f"insert into internal.{table} (tenant_id, {columns}) values (%s{', %s' * len(values)})",
                [show.writer.tenant_id, *values],
            )
        owner.execute(
            "insert into internal.listener_days (tenant_id, local_day, episode_id, listener_no) "
            "select tenant_id, %s, %s, listener_no from internal.listeners where tenant_id = %s",
            [old.date(), show.first, show.writer.tenant_id],
        )
        owner.execute("select ensure_event_storage(%s, now())", [old])
        owner.execute(
            "insert into listener_metrics (tenant_id, episode_id, metric_date, metric_name, metric_value) "
            "values (%s, %s, %s, 'plays', 5)",
            [show.writer.tenant_id, show.first, old.date()],
        )
    _refresh()
    before = show.everything()
    assert before["episode_days"] == [(old.date(), show.first, 7)]
    assert [row[4] for row in before["metrics_daily"]] == [5]
    # Behind the edge, and in the hour at the edge, which belongs to a day that lies half behind it.
    with show.writer.transaction() as owner:
        found = owner.execute("select raw_retention_start()").fetchone()
        assert found is not None
        edge = found[0]
        owner.execute(
            "insert into internal.episode_days (tenant_id, local_day, episode_id, downloads) values (%s, %s, %s, 3)",
            [show.writer.tenant_id, show.writer.day(edge), show.first],
        )
    before = show.everything()
    with show.writer.transaction() as owner:
        for hour in (old, edge - timedelta(hours=1), edge):
            owner.execute(
                "insert into internal.dirty_hours (tenant_id, source, hour) "
                "values (%s, 'listener', date_trunc('hour', %s::timestamptz, 'UTC'))",
                [show.writer.tenant_id, hour],
            )
    _refresh()
    assert show.everything() == before
    with show.writer.transaction() as owner:
        owner.execute("delete from internal.episode_days where local_day = %s", [show.writer.day(edge)])
        owner.execute(
            'update tenant_settings set settings = settings || \'{"time_zone": "America/New_York"}\''
        )
    _refresh()
    before["episode_days"] = before["episode_days"][:1]
    assert show.everything() == before


def test_two_refreshers_at_once_do_nothing_twice(own: Database) -> None:
    show = Show(own, "twice")
    moments = [NOON + timedelta(minutes=37 * n) for n in range(200)]
    stop = threading.Event()
    failures: list[BaseException] = []

    def keep_refreshing() -> None:
        while not stop.is_set():
            try:
                _refresh()
            except BaseException as error:  # noqa: BLE001 - a thread has nobody else to tell
                failures.append(error)
                return

    threads = [threading.Thread(target=keep_refreshing) for _ in range(3)]
    for thread in threads:
        thread.start()
    for start in range(0, 200, 20):
        show.writer.listener_events(
            [show.download(at, f"listener {n % 7}") for n, at in enumerate(moments[start : start + 20])]
        )
        show.writer.attribution_events([show.impression(at) for at in moments[start : start + 20]])
    stop.set()
    for thread in threads:
        thread.join(timeout=60)
    assert not failures
    _refresh()
    assert show.days() == Counter(show.writer.day(at) for at in moments)
    assert _queued(own) == (0, 0)
    assert show.everything() == show.recounted()


def test_killed_in_the_middle_nothing_is_lost(own: Database, superuser_dsn: str) -> None:
    show = Show(own, "killed")
    show.writer.listener_events([show.download(NOON), *show.play(NOON)])
    _refresh()
    before = show.everything()
    show.writer.listener_events([show.download(NOON, "ben")])
    as_of = _as_of(own, "rollups")
    with psycopg.connect(own.owner_dsn) as blocker:
        # The refresh has claimed its hours and rewritten its first tables when it comes to this row.
        blocker.execute(
            "select from internal.episode_days where tenant_id = %s and local_day = %s for update",
            [show.writer.tenant_id, NOON.date()],
        )
        raised: list[BaseException] = []

        def run() -> None:
            try:
                refresh.refresh_rollups()
            except BaseException as error:  # noqa: BLE001 - a thread has nobody else to tell
                raised.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        victim = _waiting_backend(own)
        with psycopg.connect(own.superuser_dsn, autocommit=True) as superuser:
            superuser.execute("select pg_terminate_backend(%s)", [victim])
        thread.join(timeout=30)
    assert len(raised) == 1
    assert _queued(own)[0] > 0, "the claim came back with the rollback"
    assert show.everything() == before
    assert _as_of(own, "rollups") == as_of, "a pass that failed notes nothing"
    assert refresh.refresh_rollups() > 0
    assert show.days() == {NOON.date(): 2}


def test_events_that_come_in_meanwhile_end_no_refresh_and_are_counted_by_the_next(own: Database) -> None:
    """What is committed between two statements of a refresh has no number yet."""
    show = Show(own, "meanwhile")
    show.writer.listener_events([show.download(NOON)])
    with psycopg.connect(own.superuser_dsn) as blocker:
        # The refresh wants to number the same listener, and waits for who does already.
        blocker.execute(
            "insert into internal.listeners (tenant_id, listener_id) values (%s, 'ada')",
            [show.writer.tenant_id],
        )
        raised: list[BaseException] = []

        def run() -> None:
            try:
                refresh.refresh_rollups()
            except BaseException as error:  # noqa: BLE001 - a thread has nobody else to tell
                raised.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        _waiting_backend(own)
        show.writer.listener_events([show.download(NOON, "late")])
        blocker.commit()
        thread.join(timeout=30)
    assert raised == []
    refresh.refresh_rollups()
    assert show.days() == {NOON.date(): 2}
    with psycopg.connect(own.superuser_dsn) as superuser:
        assert superuser.execute(
            "select count(distinct listener_no) from internal.listener_days where tenant_id = %s",
            [show.writer.tenant_id],
        ).fetchone() == (2,)


def _waiting_backend(own: Database) -> int:
    for _ in range(300):
        with psycopg.connect(own.superuser_dsn, autocommit=True) as superuser:
            found = superuser.execute(
                "select pid from pg_stat_activity where datname = %s and wait_event_type = 'Lock' "
                "and application_name like 'podboard%%'",
                [own.name],
            ).fetchone()
        if found:
            return int(found[0])
        time.sleep(0.05)
    raise AssertionError("the refresh never came to the locked row")


def test_a_tenant_that_fails_does_not_stop_the_others(own: Database) -> None:
    broken, sound = Show(own, "aa-broken"), Show(own, "zz-sound")
    first, last = sorted((broken, sound), key=lambda show: show.writer.tenant_id)
    first.writer.listener_events([first.download(NOON)])
    last.writer.listener_events([last.download(NOON)])
    as_of = _as_of(own, "rollups")
    with first.writer.transaction() as owner:
        owner.execute(
            "alter table internal.episode_days add constraint refuses "
            f"check (tenant_id <> '{first.writer.tenant_id}') not valid"
        )
    try:
        with pytest.raises(DBAPIError, match="refuses"):
            refresh.refresh_rollups()
        assert last.days() == {NOON.date(): 1}
        assert first.days() == {}
        assert _as_of(own, "rollups") == as_of
    finally:
        with first.writer.transaction() as owner:
            owner.execute("alter table internal.episode_days drop constraint refuses")
    refresh.refresh_rollups()
    assert first.days() == {NOON.date(): 1}
    assert _as_of(own, "rollups") > as_of


def test_as_of_is_the_start_of_the_pass(own: Database) -> None:
    show = Show(own, "as-of")
    show.writer.listener_events([show.download(NOON)])
    before = datetime.now(UTC)
    refresh.refresh_rollups()
    refresh.refresh_metrics_daily()
    after = datetime.now(UTC)
    for relation in ("rollups", "metrics_daily"):
        noted = _as_of(own, relation)
        assert noted is not None
        assert before <= noted <= after
    first = _as_of(own, "rollups")
    assert refresh.refresh_rollups() == 0
    assert _as_of(own, "rollups") > first, "nothing to do is up to date as well"
    assert refresh.refresh_aggregates() == 0
    assert _as_of(own, "aggregates") is None, "on plain PostgreSQL they are part of the rollups"


def test_plays_are_as_of_the_rollups_that_they_are_made_of(own: Database) -> None:
    """What came in after the rollups is not in them, however late they are made into days."""
    show = Show(own, "plays-as-of")
    show.writer.listener_events(show.play(NOON))
    _refresh()
    show.writer.listener_events(show.play(NOON, "ben"))
    refresh.refresh_metrics_daily()
    assert [row[4] for row in show.rows("metrics_daily") if row[3] == "plays"] == [1]
    assert _as_of(own, "metrics_daily") == _as_of(own, "rollups")
    _refresh()
    assert [row[4] for row in show.rows("metrics_daily") if row[3] == "plays"] == [2]


def _told(show: Show, connection: Connection | None = None) -> list[int]:
    """Downloads, listeners, impressions and reach of NOON's day under a filter, and the downloads by the hour."""
    if connection is None:
        with tenant_session(Actor(show.writer.tenant_id)) as opened:
            return _told(show, opened)
    day = NOON.astimezone(show.writer.zone).date()
    f = Filters(
        period=Period(day, day + timedelta(days=1)), zone=show.writer.zone, now=datetime.now(UTC),
        comparison="none", apps=("Spotify",), grain="hour",
    )  # fmt: skip
    heard = {row["metric"]: row["value"] for row in listening.overview_figures(connection, f).rows}
    of_ads = campaigns.campaign_figures(connection, replace(f, campaign_id=show.campaign))
    reached = {row["metric"]: row["value"] for row in of_ads.rows}
    hours = sum(row["downloads"] or 0 for row in listening_trend.downloads_trend(connection, f).rows)
    return [heard["downloads"], heard["unique_listeners"], reached["impressions"], reached["reach"], hours]


def _add(show: Show, listeners: str) -> None:
    show.writer.listener_events([show.download(NOON, one) for one in listeners])
    show.writer.attribution_events([show.impression(NOON, one) for one in listeners])


def test_numbers_beside_each_other_are_as_of_one_moment(own: Database) -> None:
    """Those that raw events tell leave out what the rollups beside them do not know yet."""
    show = Show(own, "one-moment")
    _add(show, "abcdef")
    refresh.refresh_rollups()
    assert _told(show) == [6] * 5
    _add(show, "ghijkl")
    assert _told(show) == [6] * 5
    refresh.refresh_rollups()
    assert _told(show) == [12] * 5


def test_a_refresh_between_two_statements_changes_none_of_the_numbers(own: Database) -> None:
    show = Show(own, "between")
    _add(show, "abcdef")
    refresh.refresh_rollups()
    with tenant_session(Actor(show.writer.tenant_id)) as connection:
        assert _told(show, connection) == [6] * 5
        _add(show, "ghijkl")
        # The refresh opens sessions of its own, and a thread has one at a time.
        refreshing = threading.Thread(target=refresh.refresh_rollups)
        refreshing.start()
        refreshing.join()
        assert _told(show, connection) == [6] * 5
    assert _told(show) == [12] * 5


def test_events_that_come_in_during_a_refresh_are_in_none_of_its_numbers(own: Database) -> None:
    show = Show(own, "during")
    _add(show, "abcdef")
    with psycopg.connect(own.owner_dsn) as blocker:
        # Some rollups stand already when the refresh comes to this table.
        blocker.execute("lock table internal.listener_days in exclusive mode")
        refreshing = threading.Thread(target=refresh.refresh_rollups)
        refreshing.start()
        _waiting_backend(own)
        _add(show, "ghijkl")
        blocker.rollback()
        refreshing.join(timeout=30)
    assert _told(show) == [6] * 5
    assert _queued(own)[0] > 0, "they are the next refresh's"
    refresh.refresh_rollups()
    assert _told(show) == [12] * 5


def test_a_refresh_sees_what_the_one_did_that_it_waited_for(own: Database) -> None:
    """Its one moment begins with its turn: one that saw what stood before would count in days that are gone."""
    show = Show(own, "turn")
    moved = "Pacific/Kiritimati"
    _add(show, "abcdef")
    with psycopg.connect(own.owner_dsn) as owner:
        owner.execute("select set_tenant_context(%s)", [show.writer.tenant_id])
        owner.execute(
            "update tenant_settings set settings = settings || jsonb_build_object('time_zone', %s::text)",
            [moved],
        )
        refreshing = threading.Thread(target=refresh.refresh_rollups)
        refreshing.start()
        _waiting_backend(own)
        owner.commit()
        refreshing.join(timeout=30)
    show.writer.zone = ZoneInfo(moved)
    assert show.days() == {show.writer.day(NOON): 6}


def test_the_turn_ends_with_the_refresh_that_fails(own: Database) -> None:
    show = Show(own, "turn-ends")
    show.writer.listener_events([show.download(NOON)])
    with show.writer.transaction() as owner:
        owner.execute(
            "alter table internal.episode_days add constraint refuses_turn "
            f"check (tenant_id <> '{show.writer.tenant_id}') not valid"
        )
    try:
        with pytest.raises(DBAPIError):
            refresh.refresh_rollups()
    finally:
        with show.writer.transaction() as owner:
            owner.execute("alter table internal.episode_days drop constraint refuses_turn")
    with psycopg.connect(own.owner_dsn) as other:
        taken = other.execute(
            "select pg_try_advisory_xact_lock(hashtextextended('podboard rollups ' || %s::uuid, 0))",
            [show.writer.tenant_id],
        ).fetchone()
    assert taken == (True,)


def test_what_a_pass_counts_from_prefixes_is_in_all_its_numbers(own: Database) -> None:
    show = Show(own, "waiting")
    with show.writer.transaction() as owner:
        for n in range(6):
            owner.execute(
                "insert into internal.waiting_requests (tenant_id, occurred_at, id, episode_id, listener_id, app, "
                "device, os) values (%s, %s, gen_random_uuid(), %s, %s, 'Spotify', 'Phone', 'iOS')",
                [show.writer.tenant_id, NOON, show.first, f"listener {n}"],
            )
    refresh.refresh_rollups()
    assert _told(show) == [6, 6, 0, 0, 6]


def test_numbers_of_a_tenant_are_of_one_moment_while_another_fails(own: Database) -> None:
    broken, sound, quiet = Show(own, "fails"), Show(own, "goes-on"), Show(own, "has-no-news")
    _add(quiet, "abcdef")
    refresh.refresh_rollups()
    seen = _as_of_tenant(quiet)
    with broken.writer.transaction() as owner:
        owner.execute(
            "alter table internal.episode_days add constraint refuses_one "
            f"check (tenant_id <> '{broken.writer.tenant_id}') not valid"
        )
    broken.writer.listener_events([broken.download(NOON)])
    try:
        for listeners, so_far in (("abcdef", 6), ("ghijkl", 12)):
            _add(sound, listeners)
            with pytest.raises(DBAPIError):
                refresh.refresh_rollups()
            assert _told(sound) == [so_far] * 5
        assert _told(quiet) == [6] * 5
        assert _as_of_tenant(quiet) > seen, "nothing came of it that is not counted"
    finally:
        with broken.writer.transaction() as owner:
            owner.execute("alter table internal.episode_days drop constraint refuses_one")
    refresh.refresh_rollups()
    assert _told(sound) == [12] * 5


def test_campaigns_are_as_of_the_tenants_own_attribution_while_another_tenant_fails(own: Database) -> None:
    broken, sound = Show(own, "fails-again"), Show(own, "is-attributed")
    _add(sound, "abcdef")
    refresh.refresh_rollups()
    compute_attribution()
    first = _as_of_campaigns(sound)
    assert first == _as_of_tenant(sound)
    with broken.writer.transaction() as owner:
        owner.execute(
            "alter table internal.episode_days add constraint refuses_again "
            f"check (tenant_id <> '{broken.writer.tenant_id}') not valid"
        )
    broken.writer.listener_events([broken.download(NOON)])
    try:
        _add(sound, "ghijkl")
        with pytest.raises(DBAPIError):
            refresh.refresh_rollups()
        refreshed = _as_of_tenant(sound)
        assert _as_of_campaigns(sound) <= first < refreshed, "what came in since is not attributed yet"
        compute_attribution()
        assert _as_of_campaigns(sound) == refreshed
        # Computed and refreshed once more with nothing new: the next news do not lead back behind it.
        compute_attribution()
        _add(sound, "mnopqr")
        with pytest.raises(DBAPIError):
            refresh.refresh_rollups()
        assert _as_of_campaigns(sound) == refreshed < _as_of_tenant(sound)
    finally:
        with broken.writer.transaction() as owner:
            owner.execute("alter table internal.episode_days drop constraint refuses_again")
    refresh.refresh_rollups()


def _as_of_campaigns(show: Show) -> datetime:
    with tenant_session(Actor(show.writer.tenant_id)) as connection:
        found = campaign_heads(connection)[0].as_of
    assert found is not None
    return found


def _as_of_tenant(show: Show) -> datetime:
    with tenant_session(Actor(show.writer.tenant_id)) as connection:
        found: datetime = connection.execute(text("select rollups_as_of()")).scalar_one()
    return found


def _first_days(show: Show) -> list[tuple[str, int, int | None, str | None]]:
    """Title, days (up to 7), downloads and why they are not known."""
    with show.writer.transaction() as owner:
        return owner.execute(
            "select e.title, m.days, m.downloads, m.missing from internal.episode_milestones m "
            "join episodes e on e.id = m.episode_id where m.tenant_id = %s and m.days <= 7 order by 1, 2",
            [show.writer.tenant_id],
        ).fetchall()


def _reaches(show: Show, source: str, reached: datetime) -> None:
    """A log of this source was imported that goes as far as that, of the podcast."""
    with show.writer.transaction() as owner:
        owner.execute(
            "insert into etl_imports (tenant_id, import_type, source, source_name, status, completed_at, figures) "
            "values (%s, 'access_log', 'a.log', %s, 'completed', now(), "
            "jsonb_build_object('reached', jsonb_build_object('listener_events', %s::text)))",
            [show.writer.tenant_id, source, reached.isoformat()],
        )
        owner.execute(
            "insert into podcast_sources (tenant_id, podcast_id, import_type, source_name) "
            "select tenant_id, podcast_id, 'access_log', %s from episodes where id = %s",
            [source, show.first],
        )


def test_an_old_source_that_is_told_of_later_takes_no_first_days_away(own: Database) -> None:
    """Of imports before sources were kept nothing is known; the podcast's own downloads tell how far it has data."""
    show = Show(own, "old-source")
    show.writer.listener_events(
        show.download(NOON + timedelta(days=n, hours=1), f"l{n}", episode)
        for episode in (show.first, show.second)
        for n in range(-20, 20)
    )
    refresh.refresh_rollups()
    known = [(title, days, days, None) for title in ("First", "Second") for days in (1, 3, 7)]
    assert _first_days(show) == known
    _reaches(show, "Old host", NOON - timedelta(days=20))
    show.writer.listener_events([show.download(NOON - timedelta(days=20), "late")])
    refresh.refresh_rollups()
    refresh.refresh_milestones()
    assert _first_days(show) == known
    # An episode that comes now is judged by what is known now.
    with show.writer.transaction() as owner:
        owner.execute(
            "update episodes set published_at = %s where id = %s", [NOON + timedelta(days=1), show.second]
        )
    refresh.refresh_milestones()
    assert _first_days(show) == known


def test_first_days_whose_events_are_gone_stay(own: Database) -> None:
    show = Show(own, "gone")
    old = NOON - timedelta(days=1100)
    with show.writer.transaction() as owner:
        owner.execute("update episodes set published_at = %s where id = %s", [old, show.first])
        for days, downloads in ((1, 5), (3, 6), (7, 7)):
            owner.execute(
                "insert into internal.episode_milestones (tenant_id, episode_id, days, downloads, complete_at) "
                "values (%s, %s, %s, %s, %s)",
                [show.writer.tenant_id, show.first, days, downloads, old + timedelta(days=days)],
            )
        owner.execute(
            "insert into internal.download_quarters (tenant_id, episode_id, bucket, downloads) values (%s, %s, %s, 1)",
            [show.writer.tenant_id, show.first, old - timedelta(days=1)],
        )
    # All that is known of the podcast's data now ends before that time was over.
    _reaches(show, "Archive", old)
    refresh.refresh_milestones()
    assert [row for row in _first_days(show) if row[0] == "First"] == [
        ("First", 1, 5, None), ("First", 3, 6, None), ("First", 7, 7, None),
    ]  # fmt: skip


def _engaged(show: Show) -> dict[tuple[date, UUID], int]:
    """What stands as engaged plays per tenant day and episode, zeros left out; in both tables the same."""
    told = {(day, episode): int(total) for day, episode, _, metric, total, _ in show.rows("metrics_daily")
            if metric == "engaged_plays" and total}  # fmt: skip
    with show.writer.transaction() as owner:
        found = owner.execute(
            "select metric_date, episode_id, metric_value::integer from listener_metrics "
            "where tenant_id = %s and metric_name = 'engaged_plays' and metric_value <> 0",
            [show.writer.tenant_id],
        ).fetchall()
    assert told == {(day, episode): value for day, episode, value in found}
    return told


def _engaged_by_hand(show: Show) -> dict[tuple[date, UUID], int]:
    """The same from raw events and the durations as they are, by the definition: 20 minutes, or 40 % of the episode."""
    with show.writer.transaction() as owner:
        durations = dict(owner.execute("select id, duration_seconds from episodes").fetchall())
        events = owner.execute(
            "select occurred_at, episode_id, listener_id, event_type, event_data from listener_events "
            "where tenant_id = %s and event_type in ('play', 'progress')",
            [show.writer.tenant_id],
        ).fetchall()
    started, heard = set(), Counter[tuple[date, UUID, str]]()
    for at, episode, listener, kind, data in events:
        key = (show.writer.day(at), episode, listener)
        if kind == "play":
            started.add(key)
        else:
            heard[key] += data["to_s"] - data["from_s"]
    counted: Counter[tuple[date, UUID]] = Counter()
    for day, episode, listener in started:
        seconds, duration = heard[day, episode, listener], durations[episode]
        if seconds >= 1200 or (duration is not None and seconds * 10 >= duration * 4):
            counted[day, episode] += 1
    return dict(counted)


def _correct(show: Show, duration: int | None, *episodes: UUID) -> None:
    with show.writer.transaction() as owner:
        owner.execute(
            "update episodes set duration_seconds = %s where id = any (%s)",
            [duration, list(episodes or [show.first])],
        )


def _corrected(own: Database) -> set[tuple[UUID, UUID]]:
    """Tenants and episodes that wait to have their plays measured anew."""
    with psycopg.connect(own.owner_dsn) as owner:
        return set(owner.execute("select tenant_id, episode_id from internal.dirty_durations").fetchall())


def _played(show: Show, seed: int) -> None:
    """Plays of both episodes, from a little to all of it: on every third day the second one's alone."""
    with show.writer.transaction():
        for n in range(60):
            episode = show.second if n % 3 == 0 else show.first
            at = NOON + timedelta(days=n - 60, hours=(7 * n + seed) % 24, minutes=(13 * n) % 60)
            show.writer.listener_events(
                [
                    replace(event, episode_id=episode)
                    for k in range(4)
                    for event in show.play(at, f"listener {k}", seconds=100 + (n * 389 + k * 311) % 1300)
                ]
            )
        # Nobody began to play that day.
        show.writer.listener_events(show.play(NOON + timedelta(days=3), seconds=3000)[1:])


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"])
def test_engaged_plays_follow_a_corrected_duration(own: Database, zone: str) -> None:
    name = zone.rpartition("/")[2].lower().replace("_", "-")
    show, other = Show(own, f"corrected-{name}", zone), Show(own, f"not-corrected-{name}", zone)
    for each, seed in ((show, 0), (other, 5)):
        _correct(each, 1800, each.first, each.second)
        _played(each, seed)
    _refresh()
    assert _engaged(show) == _engaged_by_hand(show)
    stood, elsewhere = sum(_engaged(show).values()), other.everything()
    _correct(show, 2700)
    assert (_corrected(own), _queued(own)) == ({(show.writer.tenant_id, show.first)}, (0, 0))
    _refresh()
    assert _engaged(show) == _engaged_by_hand(show)
    assert sum(_engaged(show).values()) < stood
    assert other.everything() == elsewhere

    _correct(show, 600, show.first, show.second)
    show.writer.listener_events(show.play(NOON - timedelta(days=20), "late", seconds=300))
    _refresh()
    assert _engaged(show) == _engaged_by_hand(show)
    for told in (None, 1000, 3600, None, 2999, 3000):
        _correct(show, told)
        _refresh()
        assert _engaged(show) == _engaged_by_hand(show), told
    assert show.everything() == show.recounted()
    assert other.everything() == elsewhere


def test_of_a_corrected_duration_its_plays_alone_are_measured_anew(own: Database) -> None:
    """Downloads are most of all events, and listeners that were forgotten stay forgotten."""
    show = Show(own, "alone")
    show.writer.listener_events(
        [show.download(NOON), *show.play(NOON, seconds=450), show.download(NOON, "ben", show.second)]
    )
    _refresh()
    with show.writer.transaction() as owner:
        owner.execute("delete from internal.listener_days where tenant_id = %s", [show.writer.tenant_id])
        owner.execute("update episodes set title = 'Another', duration_seconds = duration_seconds")
    assert _corrected(own) == set()
    stood = show.everything()
    _correct(show, 2000)
    _refresh()
    found = show.everything()
    assert found["listener_days"] == []
    assert {table for table in TABLES if found[table] != stood[table]} == {"metrics_daily"}
    assert _engaged(show) == _engaged_by_hand(show) == {}
    assert _corrected(own) == set()


def test_a_feed_that_corrects_durations_has_their_days_counted_anew(own: Database) -> None:
    """By the web's role, for whoever may import; several episodes in one statement, and one that is new."""
    show = Show(own, "by-feed")
    importer = show.writer.person("ada@by-feed.example", "admin")

    def take(*durations: int) -> None:
        items = "".join(
            f"<item><title>Part {n}</title><guid>part-{n}</guid><itunes:duration>{seconds}</itunes:duration>"
            f'<enclosure url="https://audio.example/{n}.mp3" type="audio/mpeg" length="30000000"/></item>'
            for n, seconds in enumerate(durations)
        )
        import_feed(importer, io.BytesIO(FEED.replace(b"ITEMS", items.encode())), name="show.xml")

    take(1800, 1800, 1800)
    with show.writer.transaction() as owner:
        parts = [
            id for (id,) in owner.execute("select id from episodes where guid like 'part-%' order by guid")
        ]
    for n, part in enumerate(parts):
        plays = [
            event
            for k in range(12)
            for event in show.play(NOON - timedelta(days=n), f"listener {k}", 100 * k)
        ]
        show.writer.listener_events([replace(event, episode_id=part) for event in plays])
    _refresh()
    take(1800, 1800, 1800)
    assert (_queued(own), _corrected(own)) == ((0, 0), set()), "the same again"
    take(1800, 900, 2700, 1800)
    _refresh()
    found = _engaged(show)
    assert found == _engaged_by_hand(show)
    assert len({found[show.writer.day(NOON - timedelta(days=n)), part] for n, part in enumerate(parts)}) == 3


@pytest.mark.parametrize(
    "commits", ["during the refresh", "after it", "after it and a play that came meanwhile"]
)
def test_a_refresh_beside_a_correction_leaves_its_plays_to_the_next(own: Database, commits: str) -> None:
    """It counts by the duration of before; the days that it was first to count were not known yet as played."""
    show = Show(own, f"beside-{len(commits)}")
    _correct(show, 600)
    if not commits.endswith("meanwhile"):
        show.writer.listener_events(show.play(NOON, seconds=300))
    with psycopg.connect(own.owner_dsn) as importer:
        importer.execute("select set_tenant_context(%s)", [show.writer.tenant_id])
        correction = ("update episodes set duration_seconds = 1000 where id = %s", [show.first])
        if commits != "during the refresh":
            importer.execute(*correction)
            if commits.endswith("meanwhile"):
                show.writer.listener_events(show.play(NOON, seconds=300))
            refresh.refresh_rollups()
            importer.commit()
        else:
            with psycopg.connect(own.owner_dsn) as blocker:
                blocker.execute("lock table internal.listener_days in exclusive mode")
                refreshing = threading.Thread(target=refresh.refresh_rollups)
                refreshing.start()
                _waiting_backend(own)
                importer.execute(*correction)
                importer.commit()
                blocker.rollback()
                refreshing.join(timeout=30)
    refresh.refresh_metrics_daily()
    assert _engaged(show) == {(NOON.date(), show.first): 1}
    _refresh()
    assert _engaged(show) == _engaged_by_hand(show) == {}


def test_what_stood_wrong_before_the_migration_is_counted_anew(own: Database) -> None:
    show = Show(own, "stood-wrong")
    quiet = show.play(NOON - timedelta(days=9), seconds=700)
    show.writer.listener_events(
        [*show.play(NOON, seconds=700), *(replace(event, episode_id=show.second) for event in quiet)]
    )
    _refresh()
    with show.writer.transaction() as owner:
        owner.execute("alter table episodes disable trigger note_corrected_durations")
        owner.execute("update episodes set duration_seconds = 2000 where id = %s", [show.first])
        owner.execute("alter table episodes enable trigger note_corrected_durations")
        # As if it had been counted long after its episode was changed last.
        owner.execute(
            "update listener_metrics set created_at = created_at + interval '2 hours' where episode_id = %s",
            [show.second],
        )
    _refresh()
    assert _engaged(show) != _engaged_by_hand(show)
    migration = next((FOLDER / "migrations").glob("0157_*.sql")).read_text(encoding="utf-8")
    with psycopg.connect(own.owner_dsn, autocommit=True) as owner:
        for statement in re.findall(r"(?ms)^do \$\$.*?^\$\$;", migration):
            owner.execute(statement)
    waiting = {episode for tenant, episode in _corrected(own) if tenant == show.writer.tenant_id}
    assert waiting == {show.first}
    _refresh()
    assert _engaged(show) == _engaged_by_hand(show)


def test_cost_follows_what_is_new(own: Database) -> None:
    """Rows touched by one more day, after 20 and after 200 days of history."""
    written = {}
    for history in (20, 200):
        show = Show(own, f"history-{history}")
        show.writer.listener_events(
            [
                show.download(NOON - timedelta(days=n, minutes=7 * k), f"listener {k}")
                for n in range(1, history)
                for k in range(5)
            ]
        )
        show.writer.attribution_events([show.impression(NOON - timedelta(days=n)) for n in range(1, history)])
        _refresh()
        touched = _touched(own)
        show.writer.listener_events(
            [show.download(NOON + timedelta(minutes=k), f"listener {k}") for k in range(5)]
        )
        show.writer.listener_events(show.play(NOON))
        show.writer.attribution_events([show.impression(NOON)])
        written[history] = (_refresh(), _touched(own) - touched)
    assert written[20] == written[200]


def _touched(own: Database) -> int:
    """Rows inserted, updated and deleted in derived tables since the statistics began."""
    # A backend reports what it did at the latest when it ends.
    dispose_engines()
    with psycopg.connect(own.superuser_dsn, autocommit=True) as superuser:
        for _ in range(200):
            left = superuser.execute(
                "select count(*) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()",
                [own.name],
            ).fetchone()
            if left == (0,):
                break
            time.sleep(0.05)
        found = superuser.execute(
            "select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables "
            "where schemaname = 'internal' and relname = any (%s)",
            [[*TABLES, "listeners", "episode_milestones"]],
        ).fetchone()
    assert found is not None
    return int(found[0])


def test_partitions_are_made_ahead_and_dropped_behind(own: Database) -> None:
    with psycopg.connect(own.owner_dsn) as owner:
        owner.execute("select ensure_event_storage(now() - interval '30 months', now())")
        owner.execute(
            "drop table internal.listener_events_" + (datetime.now(UTC) + timedelta(days=62)).strftime("%Y%m")
        )
    assert refresh.keep_partitions() == 1
    assert refresh.keep_partitions() == 0
    show = Show(own, "expired")
    inside, behind = NOON, datetime.now(UTC) - timedelta(days=2 * 366 + 60)
    show.writer.listener_events([show.download(inside)])
    with show.writer.transaction() as owner:
        owner.execute(
            "insert into listener_events (tenant_id, episode_id, listener_id, event_type, occurred_at) "
            "values (%s, %s, 'x', 'download', %s)",
            [show.writer.tenant_id, show.first, behind],
        )
    _refresh()
    before = show.everything()
    assert refresh.drop_expired() > 0
    assert [event.at for event in show.writer.raw_listener_events()] == [inside]
    assert refresh.refresh_rollups() == 0, "dropping is not deleting: nothing is noted as changed"
    assert show.everything() == before


def test_listeners_are_forgotten_after_their_retention(own: Database) -> None:
    show = Show(own, "forgets")
    with show.writer.transaction() as owner:
        owner.execute(
            "update tenant_settings set settings = settings || '{\"listener_retention_days\": 100}'"
        )
    long_ago, recent = datetime.now(UTC) - timedelta(days=103), datetime.now(UTC) - timedelta(days=97)
    show.writer.listener_events(
        [show.download(long_ago, "gone"), show.download(long_ago, "stays"), show.download(recent, "stays"),
         show.download(long_ago, "advertised to")]
    )  # fmt: skip
    show.writer.attribution_events([show.impression(long_ago, "advertised to")])
    _refresh()
    refresh.drop_expired()
    assert show.rows("listener_days") == [(show.writer.day(recent), show.first, "stays")]
    assert sum(show.days().values()) == 4, "downloads stay"
    with show.writer.transaction() as owner:
        names = owner.execute(
            "select listener_id from internal.listeners where tenant_id = %s order by 1",
            [show.writer.tenant_id],
        ).fetchall()
    assert names == [("advertised to",), ("stays",)]
    # As README says: raw events keep their listeners until they go themselves, and campaigns whom they reached.
    assert {event.listener_id for event in show.writer.raw_listener_events()} == {
        "gone",
        "stays",
        "advertised to",
    }
    assert [row[2] for row in show.rows("campaign_listener_days")] == ["advertised to"]


def test_the_owners_role_does_not_come_back_from_the_pool(own: Database) -> None:
    state = text("select current_user, current_setting('statement_timeout'), pg_backend_pid()")
    with outside_transactions("tests") as connection:
        role, limit, backend = connection.execute(state).one()
        assert (role, limit) == ("podboard_owner", "0")
        # Nothing is left open between two statements: each is its own transaction.
        first, second = (connection.execute(text("select txid_current()")).scalar_one() for _ in range(2))
        assert first != second
    for _ in range(3):
        with anonymous_session() as connection:
            role, limit, other = connection.execute(state).one()
            assert role == "podboard_web"
            assert limit != "0"
            assert other != backend
    with pytest.raises(ValueError, match="says why"), outside_transactions(""):
        pass
