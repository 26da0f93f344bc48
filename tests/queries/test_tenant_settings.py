"""`podboard tenant settings`: the window of downloads and how long listeners are kept, chosen while a tenant counts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.cli import podboard
from queries import refresh
from queries.errors import InvalidRequest, NotAvailable, NotFound
from queries.filters import parse_filters
from queries.ingest.imports import import_lock
from queries.listening_overlap import podcast_overlap
from queries.listening_scope import limits_of
from queries.session import tenant_session
from queries.settings import Settings, current_settings, use_settings
from queries.tenant_settings import change_settings, tenant_settings
from tests.conftest import Database
from tests.host import DAY, MINUTE, Host, at, line, piece
from tests.queries.test_counting_methods import _send
from tests.queries.test_ingest_windows import _csv, _key
from tests.searches import search
from tests.sponsorship import own_database
from tests.studio import NOW

Run = Callable[..., Result]
WINDOWS = ("calendar_day", "rolling_first_touch", "rolling_last_touch")
CHANGES = [(before, after) for before in WINDOWS for after in WINDOWS if before != after]
TO_ROLLING = [(before, after) for before, after in CHANGES if after != "calendar_day"]
DAY_LONG = timedelta(hours=24)
NEXT = DAY + timedelta(days=1)


@pytest.fixture(scope="module")
def settings_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_set_up") as made:
        yield made


@pytest.fixture
def run(settings_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs `podboard tenant settings` with the environment of a server of one's own."""
    before = current_settings()
    monkeypatch.setenv("DATABASE_URL", settings_database.web_dsn)
    monkeypatch.setenv("DATABASE_WORKER_URL", settings_database.worker_dsn)
    monkeypatch.setenv("DATABASE_OWNER_URL", settings_database.owner_dsn)
    monkeypatch.setenv("PODBOARD_HOME", str(tmp_path / "home"))
    yield lambda *arguments: CliRunner().invoke(podboard, ["tenant", "settings", *map(str, arguments)])
    use_settings(before)


def _slug(host: Host) -> str:
    return f"t{host.tenant.tenant_id.hex[:12]}"


def _audit(host: Host) -> list[tuple[Any, ...]]:
    return host.rows(
        "select action, resource_type, resource_id, user_id, changes from audit_logs where tenant_id = %(tenant)s"
        " order by occurred_at, id"
    )


def _stored(host: Host) -> dict[str, Any]:
    [(stored,)] = host.rows("select settings from tenant_settings where tenant_id = %(tenant)s")
    return dict(stored)


def _change(host: Host, window: str) -> None:
    change_settings(host.tenant.tenant_id, download_window=window)


def _moments(host: Host) -> list[datetime]:
    return [moment for _, moment in host.downloads()]


def test_without_an_option_it_shows_what_holds(run: Run, settings_database: Database) -> None:
    host = Host(settings_database, zone="Europe/Berlin")
    shown = run(_slug(host))
    assert shown.exit_code == 0, shown.output
    known_from = host.tenant.day(datetime.now(NOW.tzinfo)) - timedelta(days=1095)
    assert shown.output.splitlines() == [
        "Time zone        Europe/Berlin",
        "Currency         USD",
        "Weeks begin on   Monday",
        "Download window  calendar_day: once per calendar day",
        f"Listeners kept   1,095 days: unique listeners are known since {known_from:%-d %b %Y} at most",
    ]
    assert _audit(host) == []


def test_a_change_is_told_kept_and_written_down_and_is_of_one_tenant(
    run: Run, settings_database: Database
) -> None:
    host, other = Host(settings_database), Host(settings_database)
    before, untouched = _stored(host), _stored(other)
    changed = run(_slug(host), "--download-window", "rolling-last-touch", "--listener-retention-days", "400")
    assert changed.exit_code == 0, changed.output
    known_from = datetime.now(NOW.tzinfo).date() - timedelta(days=400)
    assert changed.output.splitlines() == [
        "Download window: calendar_day → rolling_last_touch, once per 24 hours from the last request.",
        "  For requests that come in from now on. What is counted stays counted, what was refused stays refused.",
        "Listeners kept: 1,095 → 400 days.",
        f"  Unique listeners before {known_from:%-d %b %Y} are forgotten at night; until then the old number holds.",
        "  Raw events keep their listeners' ids for two years all the same; campaigns keep whom they reached.",
    ]
    assert _stored(host) == before | {
        "download_window": "rolling_last_touch",
        "listener_retention_days": 400,
    }
    assert _audit(host) == [
        (
            "settings.changed", "tenant", host.tenant.tenant_id, None,
            {"download_window": ["calendar_day", "rolling_last_touch"], "listener_retention_days": ["1095", "400"]},
        )
    ]  # fmt: skip
    again = run(_slug(host), "--download-window", "rolling_last_touch")
    assert (again.exit_code, again.output) == (0, "It is so already: nothing has changed.\n")
    assert len(_audit(host)) == 1
    assert (_stored(other), _audit(other)) == (untouched, [])
    with tenant_session(host.actor) as connection:
        assert tenant_settings(connection).download_window.value == "rolling_last_touch"


@pytest.mark.parametrize(
    ("arguments", "refusal", "said"),
    [
        (
            ["--download-window", "week"], InvalidRequest,
            "There is no window week; there are calendar_day, rolling_first_touch, rolling_last_touch.",
        ),
        (
            ["--listener-retention-days", 0], InvalidRequest,
            "Listeners are kept for a number of days between 1 and 36,500.",
        ),
        (
            ["--download-window", "rolling_first_touch", "--listener-retention-days", 36_501], InvalidRequest,
            "Listeners are kept for a number of days between 1 and 36,500.",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_and_changes_nothing(
    run: Run, settings_database: Database, arguments: list[Any], refusal: type[Exception], said: str
) -> None:
    host = Host(settings_database)
    before = _stored(host)
    refused = run(_slug(host), *arguments)
    assert isinstance(refused.exception, refusal)
    assert str(refused.exception) == said
    assert (_stored(host), _audit(host)) == (before, [])
    assert run(_slug(host), "--listener-retention-days", "many").exit_code == 2
    assert isinstance(run("nobody-has-this", *arguments).exception, NotFound)


def test_a_tenant_of_which_nothing_was_ever_set_can_be_set_up(settings_database: Database) -> None:
    host = Host(settings_database)
    with psycopg.connect(settings_database.superuser_dsn) as connection:
        connection.execute("delete from tenant_settings where tenant_id = %s", [host.tenant.tenant_id])
    _change(host, "rolling_first_touch")
    assert _stored(host) == {"download_window": "rolling_first_touch"}


def test_no_window_is_changed_under_an_import(settings_database: Database) -> None:
    host = Host(settings_database)
    with import_lock(host.actor):
        with pytest.raises(NotAvailable, match="An import is under way"):
            _change(host, "rolling_first_touch")
        change_settings(host.tenant.tenant_id, listener_retention_days=30)
    assert (_stored(host).get("download_window"), _stored(host)["listener_retention_days"]) == (None, 30)
    _change(host, "rolling_first_touch")
    assert _stored(host)["download_window"] == "rolling_first_touch"


@pytest.mark.parametrize("way", ["log", "file", "collector"])
@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_a_download_that_stands_is_not_counted_twice_after_a_change_and_back(
    settings_database: Database, before: str, after: str, way: str
) -> None:
    host = Host(settings_database, window=before)
    key = _key(host)

    def take(moment: datetime) -> None:
        if way == "log":
            host.log(line(moment), name=f"{moment:%d-%H}.log")
        elif way == "file":
            host.take(_csv(host, moment))
        else:
            _send(host, key, moment)

    noon = at("12:00:00")
    take(noon)
    _change(host, after)
    take(noon + timedelta(hours=2))
    assert (_moments(host), host.excluded()) == ([noon], {"repeat": 1})
    _change(host, before)
    take(noon + timedelta(hours=4))
    assert (_moments(host), host.excluded()) == ([noon], {"repeat": 2})
    # What came before the change comes again: what was refused stays refused.
    state = host.state()
    take(noon + timedelta(hours=2))
    assert host.state()[:2] == state[:2]
    # Another day, in every window.
    take(noon + timedelta(days=3))
    assert _moments(host) == [noon, noon + timedelta(days=3)]


@pytest.mark.parametrize(("before", "after"), TO_ROLLING)
@pytest.mark.parametrize("second", ["log", "file"])
def test_midnight_ends_no_window_after_a_change_to_24_hours(
    settings_database: Database, before: str, after: str, second: str
) -> None:
    host = Host(settings_database, window=before)
    late = at("23:00:00")
    host.log(line(late))
    [(listener,)] = host.rows("select listener_id from listener_events where tenant_id = %(tenant)s")
    _change(host, after)
    night = at("01:00:00", NEXT)
    if second == "log":
        host.log(line(night), name="night.log")
    else:
        host.take(_csv(host, night, listener=listener))
    assert (_moments(host), host.excluded()) == ([late], {"repeat": 1})
    # By days it would be the next day's first, and is, once days count again.
    _change(host, "calendar_day")
    host.log(line(night + timedelta(hours=1)), name="later.log")
    assert _moments(host) == [late, night + timedelta(hours=1)]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("after", ["rolling_first_touch", "rolling_last_touch"])
def test_pieces_on_both_sides_of_a_change_are_put_together_as_if_it_had_always_been_so(
    settings_database: Database, after: str, zone: str
) -> None:
    changed, always = Host(settings_database, zone=zone), Host(settings_database, zone=zone, window=after)
    # Two listeners: of one the half of a minute before midnight, of the other a piece on each of two days.
    half = MINUTE // 2
    one, two = "192.0.2.1", "192.0.2.2"
    first = [
        piece(at("22:00:00"), 0, half, one), piece(at("22:30:00"), 0, half // 2, one),
        piece(at("21:00:00"), 0, 10, two), piece(at("02:00:00", NEXT), 10, 20, two),
    ]  # fmt: skip
    then = [
        piece(at("23:00:00"), half, 2 * MINUTE, one), line(at("01:00:00", NEXT), one), line(at("21:59:00", NEXT), one),
        line(at("03:00:00", NEXT), two), line(at("20:59:00", NEXT), two),
    ]  # fmt: skip
    for host in (changed, always):
        host.log(*first)
        if host is changed:
            assert _moments(host) == []
            _change(host, after)
        for number, one_line in enumerate(then):
            host.log(one_line, name=f"{number}.log")
    assert _moments(changed) == _moments(always) == [at("23:00:00"), at("03:00:00", NEXT)]
    # Pieces of two days stay in two windows, and those of one may be too little still.
    assert changed.excluded()["repeat"] == always.excluded()["repeat"] == 3
    assert changed.excluded().total() == always.excluded().total()


@pytest.mark.parametrize("after", ["rolling_first_touch", "rolling_last_touch"])
def test_a_day_whose_download_awaits_its_ads_holds_the_night_after_the_change(
    settings_database: Database, after: str
) -> None:
    host = Host(settings_database)
    host.tenant.ad_unit(host.tenant.campaign(host.sponsor, DAY, NEXT), host.one, position=500)
    host.log(piece(at("22:00:00"), 0, 2 * MINUTE))
    assert host.rows("select count(*) from counting_windows where tenant_id = %(tenant)s") == [(1,)]
    _change(host, after)
    host.log(line(at("01:00:00", NEXT)), name="night.log")
    host.log(line(at("21:00:00", NEXT)), name="evening.log")
    assert (_moments(host), host.excluded()) == ([at("22:00:00")], {"repeat": 2})


# Hours at which one listener asks: before a change, what of these counts, what comes after it,
# what counts of that, and what comes late.
STAYS = [
    ("rolling_first_touch", "rolling_last_touch", (0, 20, 30), (0, 30), (35, 50, 80), (80,), (1, 29)),
    ("rolling_first_touch", "rolling_last_touch", (0, 25), (0, 25), (52, 70, 100), (52, 100), (1, 24)),
    ("rolling_last_touch", "rolling_first_touch", (0, 20, 40), (0,), (50, 60, 75), (50, 75), (1, 19)),
    ("calendar_day", "rolling_first_touch", (11, 13), (11, 13), (14, 36, 40), (40,), (12,)),
    ("calendar_day", "rolling_last_touch", (11, 13), (11, 13), (14, 36, 40, 70), (70,), (12,)),
    ("rolling_first_touch", "calendar_day", (11, 13), (11,), (14, 15, 37), (14, 37), (9,)),
    ("rolling_last_touch", "calendar_day", (11, 13), (11,), (14, 15, 37), (14, 37), (9,)),
]


@pytest.mark.parametrize("way", ["log", "file", "collector"])
@pytest.mark.parametrize(("before", "after", "first", "counted", "then", "counted_then", "late"), STAYS)
def test_what_was_counted_and_what_was_refused_before_a_change_stays_so(
    settings_database: Database, way: str, before: str, after: str, first: tuple[int, ...],
    counted: tuple[int, ...], then: tuple[int, ...], counted_then: tuple[int, ...],
    late: tuple[int, ...],
) -> None:  # fmt: skip
    host = Host(settings_database, window=before)
    key = _key(host)
    noon = at("12:00:00", DAY - timedelta(days=3))

    def take(*hours: int) -> None:
        for hour in hours:
            moment = noon + timedelta(hours=hour)
            if way == "log":
                host.log(line(moment), name=f"{hour}.log")
            elif way == "file":
                host.take(_csv(host, moment))
            else:
                _send(host, key, moment)

    def hours() -> tuple[int, ...]:
        return tuple((moment - noon) // timedelta(hours=1) for moment in _moments(host))

    take(*first)
    assert hours() == counted
    stood = set(host.rows(_RULED))
    _change(host, after)
    take(*then)
    assert hours() == (*counted, *counted_then)
    # What comes late, of the time before the change, moves nothing that was ruled on either.
    take(*late)
    assert stood <= set(host.rows(_RULED))
    assert hours() == (*counted, *counted_then)


_RULED = (
    "select id, null, counted_by from listener_events where tenant_id = %(tenant)s"
    " union all select id, reason, null from excluded_requests where tenant_id = %(tenant)s"
)


@pytest.mark.parametrize("between", ["calendar_day", "rolling_last_touch"])
def test_there_and_back_nothing_is_ruled_on_again(settings_database: Database, between: str) -> None:
    host = Host(settings_database, window="rolling_first_touch")
    first = at("12:00:00", DAY - timedelta(days=3))
    host.log(*(line(first + timedelta(hours=hour)) for hour in (20, 30)))
    stood = set(host.rows(_RULED))
    _change(host, between)
    _change(host, "rolling_first_touch")
    host.log(line(first), name="late.log")
    assert stood <= set(host.rows(_RULED))
    assert _moments(host) == [first + timedelta(hours=20)]


@pytest.mark.parametrize("window", ["rolling_first_touch", "rolling_last_touch"])
@pytest.mark.parametrize("then", ["log", "file"])
def test_a_window_that_waited_while_days_counted_counts_nothing_beside_them(
    settings_database: Database, window: str, then: str
) -> None:
    host = Host(settings_database, window=window)
    host.log(piece(at("12:00:00"), 0, 10))
    _change(host, "calendar_day")
    host.log(line(at("13:00:00")), name="whole.log")
    [(listener,)] = host.rows("select listener_id from listener_events where tenant_id = %(tenant)s")
    _change(host, window)
    if then == "log":
        host.log(line(at("14:00:00")), name="again.log")
    else:
        host.take(_csv(host, at("14:00:00"), listener=listener))
    assert _moments(host) == [at("13:00:00")]
    assert host.excluded()["repeat"] == 1


@search(6, 60)
@given(seed=st.integers(0, 10_000), zone=st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata"]))
@example(seed=93, zone="UTC")
def test_whatever_changes_no_download_counts_beside_one_that_its_window_holds(
    settings_database: Database, seed: int, zone: str
) -> None:
    """Counted by hand from what stands: each request is judged by the window that held when it came in."""
    dice = random.Random(seed)  # noqa: S311 (no secret)
    host = Host(settings_database, zone=zone)
    window = "calendar_day"
    moment = at("00:00:00", DAY - timedelta(days=9))
    stands: list[datetime] = []
    pieces: list[datetime] = []
    came: list[datetime] = []
    for number in range(14):
        if dice.random() < 0.4:
            window = dice.choice(WINDOWS)
            _change(host, window)
        moment += timedelta(minutes=dice.randrange(10, 30 * 60))
        is_alone = not came or moment - came[-1] >= DAY_LONG
        came.append(moment)
        if dice.random() < 0.5:
            # A piece too short to count is no download, and may open a window.
            pieces.append(moment)
            host.log(piece(moment, 0, dice.randrange(1, MINUTE // 20)), name=f"{number}.log")
            assert _moments(host) == stands
            continue
        host.log(line(moment), name=f"{number}.log")
        found = _moments(host)
        assert found in (stands, [*stands, moment])
        is_counted = len(found) > len(stands)
        if window == "calendar_day":
            days = {one.astimezone(host.tenant.zone).date() for one in stands}
            assert is_counted == (moment.astimezone(host.tenant.zone).date() not in days)
        elif stands and moment - stands[-1] < DAY_LONG:
            # A piece before the download may have opened its window, which so closes earlier than a day after it.
            is_opened_before = any(timedelta() < stands[-1] - one < DAY_LONG for one in pieces)
            assert not is_counted or (window == "rolling_first_touch" and is_opened_before)
        else:
            # No window outlasts a day without a request.
            assert is_counted or not is_alone
        stands = found


def _kept(host: Host) -> tuple[date | None, list[date]]:
    """What the database says of since when listeners are kept, and the days of which any are."""
    [(kept_from,)] = host.rows("select listeners_kept_from from tenant_settings where tenant_id = %(tenant)s")
    days = host.rows(
        "select distinct local_day from internal.listener_days where tenant_id = %(tenant)s order by 1"
    )
    return kept_from, [day for (day,) in days]


def test_listeners_that_were_forgotten_are_not_said_to_be_kept_when_more_days_are_chosen(
    run: Run, settings_database: Database
) -> None:
    host, other = Host(settings_database, zone="Europe/Berlin"), Host(settings_database)
    noon = NOW.replace(hour=12, minute=0, second=0) - timedelta(days=1)
    ages = (5, 40, 90, 200)
    moments = [noon - timedelta(days=age) for age in ages]
    days = sorted(host.tenant.day(moment) for moment in moments)
    for each in (host, other):
        each.take(_csv(each, *sorted(moments)))
    refresh.refresh_rollups()
    today = host.tenant.day(datetime.now(NOW.tzinfo))

    def known_from() -> date:
        f = parse_filters({}, zone=host.tenant.zone, now=datetime.now(NOW.tzinfo))
        with tenant_session(host.actor) as connection:
            shown = tenant_settings(connection).listeners_from
            assert limits_of(connection, f).listeners_from(f.today) == shown
        return shown

    # Nothing is cut off before night: a number that was wrong is mended until then.
    change_settings(host.tenant.tenant_id, listener_retention_days=60)
    assert known_from() == today - timedelta(days=60)
    change_settings(host.tenant.tenant_id, listener_retention_days=400)
    assert _kept(host) == (None, days)
    assert known_from() == today - timedelta(days=400)
    change_settings(host.tenant.tenant_id, listener_retention_days=60)
    refresh.drop_expired()
    assert _kept(host) == (None, days[2:])
    longer = run(_slug(host), "--listener-retention-days", 1095)
    since = days[1] + timedelta(days=1)
    assert longer.output.splitlines() == [
        "Listeners kept: 60 → 1,095 days.",
        f"  What is forgotten does not come back: unique listeners are known since {since:%-d %b %Y} at most.",
    ]
    assert _kept(host) == (since, days[2:])
    assert known_from() == since
    # Pages say so instead of counting the days of which nobody is kept.
    with tenant_session(host.actor) as connection:
        for first, is_known in ((days[1], False), (since, True)):
            period = {"from": first.isoformat(), "to": today.isoformat()}
            f = parse_filters(period, zone=host.tenant.zone, now=datetime.now(NOW.tzinfo))
            if is_known:
                assert [row["unique_listeners"] for row in podcast_overlap(connection, f).rows] in ([], [1])
            else:
                with pytest.raises(NotAvailable, match=f"kept since {since.isoformat()}"):
                    podcast_overlap(connection, f)
    # Fewer and more again: what was forgotten once stays forgotten, and a shorter number says what it says.
    change_settings(host.tenant.tenant_id, listener_retention_days=20)
    assert known_from() == today - timedelta(days=20)
    change_settings(host.tenant.tenant_id, listener_retention_days=900)
    assert known_from() == since
    assert _kept(other) == (None, days)


def test_the_night_forgets_by_the_days_that_are_chosen_meanwhile(settings_database: Database) -> None:
    """Whoever raises the number looks at what is kept: nothing may be forgotten by the old one after that look."""
    host = Host(settings_database)
    moments = [NOW - timedelta(days=200), NOW - timedelta(days=3)]
    host.take(_csv(host, *moments))
    refresh.refresh_rollups()
    change_settings(host.tenant.tenant_id, listener_retention_days=60)
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(settings_database.superuser_dsn) as changing,
        psycopg.connect(settings_database.superuser_dsn, autocommit=True) as watching,
    ):
        changing.execute(
            "update tenant_settings set settings = settings || jsonb_build_object('listener_retention_days', 400)"
            " where tenant_id = %s",
            [host.tenant.tenant_id],
        )
        night = pool.submit(refresh.drop_expired)
        blocked = "select exists (select from pg_stat_activity where %s = any (pg_blocking_pids(pid)))"
        while not night.done() and watching.execute(blocked, [changing.info.backend_pid]).fetchone() != (
            True,
        ):
            time.sleep(0.02)
        changing.commit()
        night.result()
    assert _kept(host) == (None, sorted(host.tenant.day(moment) for moment in moments))
