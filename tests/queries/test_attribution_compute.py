"""compute_attribution on the real database: equal to a count by hand, and run by run equal to starting anew."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.attribution import compute, compute_attribution
from queries.settings import Settings
from tests.conftest import Database
from tests.searches import search
from tests.sponsorship import (
    Counted,
    Event,
    Tenant,
    counted_conversions,
    counted_credit,
    own_database,
    touches_before,
)

ZONES = ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]
# The clocks change in New York and Lord Howe inside this span, and in Berlin at its beginning.
START = datetime(2026, 10, 3, tzinfo=UTC)
MODELS = ("first_touch", "last_touch", "linear")
WINDOWS = (7, 14, 30, 60)


@pytest.fixture(scope="module")
def books(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    """A database that this module commits to."""
    with own_database(settings, make_database, "podboard_attribution") as made:
        yield made


class World(Tenant):
    """A tenant with one campaign, three episodes of two podcasts."""

    def __init__(self, database: Database, zone: str = "UTC", goal: str = "purchase") -> None:
        super().__init__(database, zone)
        self.sponsor_id = self.sponsor("Sponsor")
        self.campaign_id = self.campaign(
            self.sponsor_id, date(2026, 10, 1), date(2026, 12, 31), conversion_type=goal
        )
        podcasts = [self.podcast("One"), self.podcast("Two")]
        self.episodes = [self.episode(podcasts[n % 2], f"Episode {n}") for n in range(3)]
        self.podcast_of: dict[UUID | None, str] = {
            episode: str(podcasts[n % 2]) for n, episode in enumerate(self.episodes)
        } | {None: "none"}

    def event(
        self, kind: str, hours: float, listener: str | None = "anna", episode: int | None = None, **said: Any
    ) -> Event:
        """An event so many hours after the start."""
        return Event(
            self.campaign_id, kind, START + timedelta(hours=hours), listener,
            None if episode is None else self.episodes[episode], **said,
        )  # fmt: skip

    def paths(self) -> list[dict[str, Any]]:
        """What is stored about conversions, without row ids and times of writing."""
        return self._stored(
            "select to_jsonb(p) - 'id' - 'created_at' - 'updated_at' from attribution_paths p "
            "order by conversion_event_id"
        )

    def analytics(self) -> dict[date, dict[str, Any]]:
        """Stored results by tenant day."""
        with self.owner() as owner:
            found = owner.execute(
                "select analysis_date, metrics from attribution_analytics order by 1"
            ).fetchall()
        return dict(found)

    def start_anew(self) -> None:
        """Forgets every result and computes all of them from the beginning."""
        with self.owner() as owner:
            owner.execute("delete from attribution_paths")
            owner.execute("delete from attribution_analytics")
            owner.execute(
                "insert into internal.dirty_campaigns (tenant_id, campaign_id, since) values (%s, %s, '-infinity')",
                [self.tenant_id, self.campaign_id],
            )
        compute_attribution()

    def _stored(self, query: str) -> list[dict[str, Any]]:
        with self.owner() as owner:
            return [row for (row,) in owner.execute(query).fetchall()]


def by_hand(world: World, goal: str = "purchase") -> dict[date, dict[str, Any]]:
    """What attribution_analytics should hold, counted from the raw events alone."""
    counted: dict[str, list[Counted]] = {
        kind: counted_conversions(world.events, world.campaign_id, kind) for kind in ("lead", "purchase")
    }
    hints = [
        event for event in world.events
        if event.attribution_type == goal and event.listener_id is None and event.order_id is None
        and event.source in ("survey", "promo_code")
    ]  # fmt: skip
    days = {world.day(c.at) for kind in counted.values() for c in kind} | {
        world.day(event.at) for event in hints
    }
    expected = {}
    for day in days:
        reached = [c for c in counted[goal] if world.day(c.at) == day]
        revenue: dict[str, int] = {}
        for amount, currency in (c.value for c in reached):
            if amount is not None and currency is not None:
                revenue[currency] = revenue.get(currency, 0) + amount
        sources = [{event.source or "" for event in c.events} for c in reached]
        expected[day] = {
            "version": 1,
            "conversions": len(reached),
            "leads": sum(world.day(c.at) == day for c in counted["lead"]),
            "purchases": sum(world.day(c.at) == day for c in counted["purchase"]),
            "revenue_micros": {currency: str(amount) for currency, amount in revenue.items()},
            "by_source": {source: sum(source in s for s in sources) for source in {x for s in sources for x in s}},
            "overlap": sum(len(s) > 1 for s in sources),
            "anonymous": sum(world.day(event.at) == day for event in hints),
            "attributed": {
                str(window): sum(bool(touches_before(world.events, world.campaign_id, c, window)) for c in reached)
                for window in WINDOWS
            },
            "credit": {
                (window, model): counted_credit(world.events, world.campaign_id, model, window, reached)
                for window in WINDOWS for model in MODELS
            },
        }  # fmt: skip
    return expected


def assert_as_counted(world: World, goal: str = "purchase") -> None:
    """Stored results are those counted by hand: counts exactly, credit to 1e-9 and adding up exactly."""
    stored, expected = world.analytics(), by_hand(world, goal)
    assert stored.keys() == expected.keys()
    for day, metrics in stored.items():
        windows = metrics.pop("windows")
        wanted = expected[day]
        attributed, credit = wanted.pop("attributed"), wanted.pop("credit")
        assert metrics == wanted
        assert {window: result["attributed"] for window, result in windows.items()} == attributed
        assert {window: result["unattributed"] for window, result in windows.items()} == {
            window: metrics["conversions"] - count for window, count in attributed.items()
        }
        for (window, model), by_episode in credit.items():
            by_podcast: dict[str, Fraction] = {}
            for episode, amount in by_episode.items():
                podcast = world.podcast_of[episode]
                by_podcast[podcast] = by_podcast.get(podcast, Fraction(0)) + amount
            named = {str(episode) if episode else "none": amount for episode, amount in by_episode.items()}
            for kind, wanted_credit in (("episode", named), ("podcast", by_podcast)):
                found = {
                    channel: Fraction(Decimal(said["conversions"]))
                    for channel, said in windows[str(window)]["models"][model][kind].items()
                }
                assert found.keys() == wanted_credit.keys()
                assert all(
                    abs(found[channel] - wanted_credit[channel]) < Fraction(1, 10**9) for channel in found
                )
                assert sum(found.values(), Fraction(0)) == attributed[str(window)]


events = st.tuples(
    st.sampled_from(["impression", "impression", "impression", "visit", "purchase", "purchase", "lead"]),
    st.integers(min_value=0, max_value=24 * 4 * 75).map(lambda quarter: quarter / 4),
    st.sampled_from(["anna", "ben", "cleo", None]),
    st.sampled_from([0, 1, 2, None]),
    st.sampled_from([None, None, "A", "B", "C"]),
    st.sampled_from([None, 10_000_000, 33_333_333]),
    st.sampled_from(["pixel", "promo_code", "survey"]),
)
rounds = st.lists(
    st.tuples(st.lists(events, max_size=14), st.lists(st.integers(min_value=0, max_value=200), max_size=4)),
    min_size=2, max_size=3,
)  # fmt: skip


def as_event(world: World, drawn: Any) -> Event:
    kind, hours, listener, episode, order, amount, source = drawn
    if kind in ("impression", "visit"):
        return world.event(kind, hours, listener, episode)
    return world.event(
        kind, hours, listener, order_id=order, source=source, value_micros=amount,
        currency=("EUR" if amount == 10_000_000 else "USD") if amount else None,
    )  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
@search(4, 60)
@given(rounds=rounds)
def test_run_by_run_equals_by_hand_and_equals_starting_anew(books: Database, zone: str, rounds: Any) -> None:
    world = World(books, zone)
    for added, removed in rounds:
        world.add([as_event(world, drawn) for drawn in added])
        world.delete([world.events[n % len(world.events)] for n in removed if world.events])
        world.refresh()
    step_by_step = world.paths(), world.analytics()
    assert_as_counted(world)
    world.start_anew()
    assert (world.paths(), world.analytics()) == step_by_step


def test_a_lead_campaign_counts_leads_and_its_purchases_beside_them(books: Database) -> None:
    world = World(books, goal="lead")
    world.add([
        world.event("impression", 0, episode=0), world.event("lead", 5), world.event("purchase", 6),
        world.event("purchase", 7, "ben"),
    ])  # fmt: skip
    world.refresh()
    assert_as_counted(world, "lead")
    (metrics,) = world.analytics().values()
    assert (metrics["conversions"], metrics["leads"], metrics["purchases"]) == (1, 1, 2)


def test_another_goal_computes_the_campaign_anew(books: Database) -> None:
    world = World(books)
    world.add([world.event("impression", 0, episode=0), world.event("lead", 5), world.event("purchase", 6)])
    world.refresh()
    with world.owner() as owner:
        owner.execute("update campaigns set conversion_type = 'lead' where id = %s", [world.campaign_id])
    compute_attribution()
    assert_as_counted(world, "lead")


def test_a_later_report_of_an_old_order_joins_it_and_leaves_it_again(books: Database) -> None:
    world = World(books)
    first = world.event("purchase", 10, order_id="A1", source="pixel")
    late = world.event(
        "purchase", 24 * 50, None, order_id="A1", source="promo_code", value_micros=7, currency="USD"
    )
    world.add([first])
    world.refresh()
    world.add([late])
    world.refresh()
    (path,) = world.paths()
    assert (path["conversion_event_id"], path["merged_events"], path["merged_sources"], path["value_micros"]) == (
        str(first.event_id), 2, ["pixel", "promo_code"], 7,
    )  # fmt: skip
    assert_as_counted(world)
    world.delete([late])
    world.refresh()
    (path,) = world.paths()
    assert (path["merged_events"], path["merged_sources"], path["value_micros"]) == (1, ["pixel"], None)
    assert_as_counted(world)


def test_an_earlier_report_that_comes_late_becomes_the_conversion(books: Database) -> None:
    world = World(books)
    world.add([world.event("impression", 30, episode=0), world.event("purchase", 40, order_id="A1")])
    world.refresh()
    assert world.paths()[0]["touchpoints"] != []
    world.add([earlier := world.event("purchase", 20, order_id="A1")])
    world.refresh()
    (path,) = world.paths()
    assert (path["conversion_event_id"], path["touchpoints"]) == (str(earlier.event_id), [])
    assert_as_counted(world)


@pytest.mark.parametrize(("before", "touches"), [(60 * 24, 1), (60 * 24 + 0.25, 0), (0, 1), (-0.25, 0)])
def test_the_edges_of_the_window_both_count(books: Database, before: float, touches: int) -> None:
    world = World(books, "America/New_York")
    world.add([world.event("impression", 1500 - before, episode=0), world.event("purchase", 1500)])
    world.refresh()
    (path,) = world.paths()
    assert len(path["touchpoints"]) == touches
    assert_as_counted(world)


def test_touches_at_the_same_moment_are_ordered_by_event_id(books: Database) -> None:
    world = World(books)
    touches = [world.event("impression", 5, episode=n, event_id=UUID(int=9 - n)) for n in range(3)]
    world.add([*touches, world.event("purchase", 6)])
    world.refresh()
    (path,) = world.paths()
    assert [touch["event_id"] for touch in path["touchpoints"]] == [str(UUID(int=n)) for n in (7, 8, 9)]
    (metrics,) = world.analytics().values()
    models = metrics["windows"]["7"]["models"]
    assert list(models["first_touch"]["episode"]) == [str(world.episodes[2])]
    assert list(models["last_touch"]["episode"]) == [str(world.episodes[0])]


def test_revenue_follows_the_credit_per_currency(books: Database) -> None:
    world = World(books)
    world.add([
        *(world.event("impression", n, episode=n) for n in range(3)),
        world.event("purchase", 10, value_micros=100, currency="USD"),
        world.event("purchase", 11, value_micros=50, currency="EUR"),
        world.event("purchase", 12),
    ])  # fmt: skip
    world.refresh()
    (metrics,) = world.analytics().values()
    assert metrics["revenue_micros"] == {"USD": "100", "EUR": "50"}
    linear = metrics["windows"]["30"]["models"]["linear"]["episode"]
    assert {channel["conversions"] for channel in linear.values()} == {"1"}
    for currency, total in (("USD", 100), ("EUR", 50)):
        shares = [Decimal(channel["revenue_micros"][currency]) for channel in linear.values()]
        assert sum(shares) == total
        assert all(abs(share - Decimal(total) / 3) < Decimal("0.00001") for share in shares)


def test_a_visit_without_an_episode_is_credited_to_none(books: Database) -> None:
    world = World(books)
    world.add([world.event("visit", 1), world.event("purchase", 2)])
    world.refresh()
    (metrics,) = world.analytics().values()
    assert metrics["windows"]["30"]["models"]["linear"]["podcast"] == {
        "none": {"conversions": "1", "revenue_micros": {}}
    }


# Keys that are data: what they name may be missing.
_OPEN = [
    ("revenue_micros",), ("by_source",), ("windows",), ("windows", "*", "models"), ("windows", "*", "models", "*"),
    ("windows", "*", "models", "*", "*"), ("windows", "*", "models", "*", "*", "*", "revenue_micros"),
]  # fmt: skip


def _is_open(place: tuple[str, ...]) -> bool:
    return any(
        len(place) == len(each) and all(said in ("*", key) for said, key in zip(each, place, strict=True))
        for each in _OPEN
    )


def _spoilt(node: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The document with one fault, for each fault that there is room for: what is wrong, and where."""
    where = ".".join(place)
    if isinstance(node, dict):
        yield f"a word more in {where}", node | {"nonsense": 1}
        yield f"{where} is a list", [node]
        for key, value in node.items():
            others = {other: said for other, said in node.items() if other != key}
            yield f"{where}.{key} is misspelt", others | {f"{key}x": value}
            if not _is_open(place):
                yield f"{where}.{key} is missing", others
            for said, spoilt in _spoilt(value, (*place, key)):
                yield said, others | {key: spoilt}
    else:
        wrong = [-1, 0.5, "1", None, True, {}] if isinstance(node, int) else ["-1", "x", "", 1, None, {}]
        yield from ((f"{where} is {value!r}", value) for value in wrong)


def test_results_are_held_to_every_word_that_is_written(books: Database) -> None:
    """Each word and number of what the worker wrote, spoilt alone, makes a document that the table refuses."""
    world = World(books)
    world.add([
        world.event("visit", 0), *(world.event("impression", n, episode=n) for n in range(2)),
        world.event("purchase", 10, value_micros=100, currency="USD", source="pixel"), world.event("purchase", 11),
    ])  # fmt: skip
    world.refresh()
    (metrics,) = world.analytics().values()
    assert set(metrics["windows"]["7"]["models"]["linear"]["episode"]) == {
        "none",
        *map(str, world.episodes[:2]),
    }
    spoilt = list(_spoilt(metrics))
    assert len(spoilt) > 1000
    with world.owner() as owner:
        taken = [
            said
            for said, document in [("nothing", metrics), *spoilt]
            if owner.execute(
                "select internal.is_attribution_metrics(%s) is not false", [json.dumps(document)]
            ).fetchone()
            == (True,)
        ]
        assert taken == ["nothing"]
        assert owner.execute(
            "select pg_get_constraintdef(oid), convalidated from pg_constraint "
            "where conrelid = 'attribution_analytics'::regclass and conname = 'attribution_analytics_metrics_known'"
        ).fetchone() == ("CHECK (internal.is_attribution_metrics(metrics))", True)


def test_a_conversion_is_of_the_campaign_of_its_event(books: Database) -> None:
    """What compute_attribution() writes is; what anybody else would write past it is refused."""
    world = World(books)
    other = world.campaign(world.sponsor_id, date(2026, 10, 1), date(2026, 12, 31))
    world.add([world.event("impression", 0, episode=0), world.event("purchase", 5)])
    world.refresh()
    assert [path["campaign_id"] for path in world.paths()] == [str(world.campaign_id)]
    with world.owner() as owner:
        for statement in (
            "update attribution_paths set campaign_id = %s",
            "insert into attribution_paths (tenant_id, campaign_id, touchpoints, conversion_event_id, converted_at, "
            "last_event_at, conversion_type) select tenant_id, %s, touchpoints, conversion_event_id, converted_at, "
            "last_event_at, conversion_type from attribution_paths",
        ):
            with (
                pytest.raises(psycopg.errors.ForeignKeyViolation, match="of another campaign"),
                owner.transaction(),
            ):
                owner.execute(statement.encode(), [other])
        assert owner.execute(
            "select has_table_privilege(role, 'attribution_events', 'update') "
            "from unnest(array['podboard_web', 'podboard_worker']) role"
        ).fetchall() == [(False,), (False,)]


def test_nothing_new_writes_nothing(books: Database) -> None:
    world = World(books)
    world.add(
        [
            world.event("impression", 0, episode=0),
            world.event("purchase", 5),
            world.event("purchase", 99, "ben"),
        ]
    )
    assert world.refresh() == {"tenants": 1, "campaigns": 1, "rows": 4}
    before = world._stored("select to_jsonb(p) from attribution_paths p order by id")
    assert compute_attribution() == {"tenants": 0, "campaigns": 0, "rows": 0}
    with world.owner() as owner:
        owner.execute(
            "insert into internal.dirty_campaigns (tenant_id, campaign_id, since) values (%s, %s, '-infinity')",
            [world.tenant_id, world.campaign_id],
        )
    assert compute_attribution() == {"tenants": 1, "campaigns": 1, "rows": 0}
    assert world._stored("select to_jsonb(p) from attribution_paths p order by id") == before


def test_a_campaign_without_events_keeps_no_results(books: Database) -> None:
    world = World(books)
    world.add(
        [world.event("impression", 0, episode=0), world.event("purchase", 5), world.event("purchase", 2000)]
    )
    world.refresh()
    assert len(world.analytics()) == 2
    world.delete(list(world.events))
    world.refresh()
    assert (world.paths(), world.analytics()) == ([], {})


@pytest.mark.parametrize("to", ["Australia/Lord_Howe", "Pacific/Honolulu"])
def test_another_zone_moves_results_to_its_own_days(books: Database, to: str) -> None:
    world = World(books, "Europe/Berlin")
    world.add([world.event("purchase", hours, f"l{hours}") for hours in (-0.5, 0, 3, 23.5, 24 * 30 - 1)])
    world.refresh()
    with world.owner() as owner:
        owner.execute("update tenant_settings set settings = %s", [json.dumps({"time_zone": to})])
    world.zone = type(world.zone)(to)
    world.refresh()
    assert_as_counted(world)


def test_the_zone_may_change_while_the_last_conversion_goes(books: Database) -> None:
    world = World(books, "Europe/Berlin")
    world.add([world.event("purchase", 0), world.event("purchase", 100, "ben")])
    world.refresh()
    with world.owner() as owner:
        owner.execute(
            "update tenant_settings set settings = %s", [json.dumps({"time_zone": "Pacific/Honolulu"})]
        )
    world.zone = type(world.zone)("Pacific/Honolulu")
    world.delete(list(world.events))
    world.refresh()
    assert (world.paths(), world.analytics()) == ([], {})


def test_only_campaigns_that_changed_are_computed(books: Database) -> None:
    world = World(books)
    other = world.campaign(world.sponsor_id, date(2026, 10, 1), date(2026, 12, 31))
    world.add([world.event("purchase", 0), Event(other, "purchase", START, "anna")])
    assert world.refresh()["campaigns"] == 2
    world.add([world.event("purchase", 50)])
    assert world.refresh()["campaigns"] == 1


def test_workers_at_the_same_time_compute_everything_once(books: Database) -> None:
    worlds = [World(books) for _ in range(3)]
    for world in worlds:
        world.add([world.event("impression", n / 4, f"l{n % 9}", n % 3) for n in range(200)])
        world.add([world.event("purchase", n, f"l{n % 9}", order_id=f"o{n}") for n in range(40)])
        world.refresh_rollups()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            compute_attribution()
        except BaseException as error:  # noqa: BLE001 - a thread's failure must reach the test
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for world in worlds:
        assert_as_counted(world)


def _as_of(world: World) -> datetime | None:
    with world.owner() as owner:
        row = owner.execute(
            "select refreshed_at from refresh_states where relation = 'attribution'"
        ).fetchone()
    return row[0] if row else None


def test_a_tenant_that_fails_loses_nothing_and_stops_nobody(
    books: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds = [World(books), World(books)]
    for world in worlds:
        world.add([world.event("purchase", 5)])
        world.refresh_rollups()
    before = _as_of(worlds[0])
    broken = worlds[0].campaign_id
    real = compute._compute_campaign

    def failing(connection: Any, campaign_id: UUID, *rest: Any) -> int:
        written = real(connection, campaign_id, *rest)
        if campaign_id == broken:
            raise psycopg.errors.DiskFull("no space left")
        return written

    with monkeypatch.context() as patched:
        patched.setattr(compute, "_compute_campaign", failing)
        with pytest.raises(psycopg.errors.DiskFull):
            compute_attribution()
    assert (worlds[0].analytics(), _as_of(worlds[0])) == ({}, before)
    assert_as_counted(worlds[1])
    compute_attribution()
    assert_as_counted(worlds[0])
    assert _as_of(worlds[0]) != before


def test_as_of_is_never_later_than_what_the_rollups_had_noted(books: Database) -> None:
    world = World(books)
    noted = datetime(2126, 1, 1, tzinfo=UTC) - timedelta(days=36500)
    with world.owner() as owner:
        owner.execute("delete from refresh_states")
        owner.execute("insert into refresh_states (relation, refreshed_at) values ('rollups', %s)", [noted])
    compute_attribution()
    assert _as_of(world) == noted
    with world.owner() as owner:
        owner.execute(
            "update refresh_states set refreshed_at = now() + interval '1 hour' where relation = 'rollups'"
        )
    started = datetime.now(UTC)
    compute_attribution()
    found = _as_of(world)
    assert found is not None
    assert started - timedelta(seconds=5) <= found <= datetime.now(UTC) + timedelta(seconds=5)


def test_another_tenant_s_events_are_never_touches(books: Database) -> None:
    worlds = [World(books), World(books)]
    for world in worlds:
        world.add([world.event("purchase", 9, "anna", order_id="A1", event_id=UUID(int=77))])
    worlds[0].add([worlds[0].event("impression", 5, "anna", 0)])
    for world in worlds:
        world.refresh()
        assert_as_counted(world)
    assert [len(world.paths()[0]["touchpoints"]) for world in worlds] == [1, 0]
