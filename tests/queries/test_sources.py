"""Each source says up to when there is data of it, what came last, what failed since and when it fell silent."""

from __future__ import annotations

import contextlib
import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, BinaryIO
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from queries.ingest import batches, events, feed, small_tables
from queries.ingest import imports as ledger
from queries.ingest.ad_units import import_ad_units
from queries.ingest.bookings import import_bookings
from queries.ingest.collector import Visitor, create_link, follow_link
from queries.ingest.events import import_events
from queries.ingest.feed import LARGEST_FEED, import_feed
from queries.ingest.imports import ImportRefused
from queries.ingest.plausible import AHEAD_OF_NOW
from queries.ingest.retention import CurveDefaults, import_retention
from queries.ingest.small_tables import Told
from queries.ingest.transcripts import store
from queries.ingest.transcripts.store import import_transcript
from queries.refresh import refresh_rollups
from queries.session import Actor, tenant_session
from queries.settings import Settings
from queries.sources import every_import, imports, sources
from tests.conftest import Database
from tests.queries.test_ingest_feed import TALES
from tests.sponsorship import own_database
from tests.studio import NOW, Studio
from tests.unit.counting_samples import PHONE


@pytest.fixture(scope="module")
def source_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_sources") as made:
        yield made


def _sources(studio: Studio) -> dict[str, dict[str, Any]]:
    """By kind, of a tenant that has at most one source of each."""
    found = {subject: row for (subject, _), row in _named(studio).items()}
    assert len(found) == len(_named(studio))
    return found


def _named(studio: Studio, *, today: date | None = None) -> dict[tuple[str, str], dict[str, Any]]:
    with tenant_session(studio.actor) as connection:
        return {(row["subject"], row["name"]): dict(row) for row in sources(connection, today=today).rows}


def _events(*hours: float, kind: str = "download") -> str:
    """A file with one event each of so many hours ago, each of another listener."""
    rows = (f"l{at},{kind},guid-1,{(NOW - timedelta(hours=at)).isoformat()}" for at in hours)
    return "\n".join(["listener_id,event_type,episode,occurred_at", *rows, ""])


def _moved(studio: Studio, source: str, days: Sequence[int]) -> None:
    """Moves the imports of a source, the newest first, so many days back."""
    with studio.tenant.owner() as owner:
        ids = owner.execute(
            "select id from etl_imports where tenant_id = %s and source_name = %s order by started_at desc",
            (studio.tenant.tenant_id, source),
        ).fetchall()
        for (id_,), back in zip(ids, days, strict=True):
            owner.execute(
                "update etl_imports set started_at = started_at - %s, completed_at = completed_at - %s where id = %s",
                (timedelta(days=back), timedelta(days=back), id_),
            )


def test_a_tenant_without_data_has_nothing_yet_of_every_kind(source_database: Database) -> None:
    found = _sources(Studio(source_database))
    assert list(found) == [
        "listener_events", "impressions", "conversions", "feeds", "transcripts", "bookings", "ad_units",
        "retention_curves",
    ]  # fmt: skip
    assert {(row["state"], row["complete_to"], row["imported_at"]) for row in found.values()} == {
        ("nothing yet", None, None)
    }


def test_events_are_complete_up_to_the_last_one_and_the_rest_up_to_the_last_import(
    source_database: Database,
) -> None:
    studio, other = Studio(source_database), Studio(source_database)
    for one, hours in ((studio, 50), (other, 3)):
        when = (NOW - timedelta(hours=hours)).isoformat()
        one.take(
            f"listener_id,event_type,episode,occurred_at\nl1,download,guid-1,{when}\nl2,download,nobody,{when}\n"
        )
    found = _sources(studio)["listener_events"]
    assert (found["state"], found["complete_to"]) == ("good", NOW - timedelta(hours=50))
    assert (found["import_source"], found["records_imported"], found["records_refused"]) == ("test.csv", 1, 1)
    bookings = (
        "campaign,starts_on,ends_on,pricing_model,rate,currency\n"
        f"{studio.campaign},{NOW.date()},{NOW.date()},flat,1,USD\n"
    )
    import_bookings(studio.actor, io.BytesIO(bookings.encode()), name="bookings.csv")
    found = _sources(studio)["bookings"]
    assert (found["state"], found["complete_to"]) == ("good", found["imported_at"])
    assert _sources(other)["bookings"]["state"] == "nothing yet"


def test_no_source_has_data_later_than_now(source_database: Database) -> None:
    """Its clock may run ahead by some minutes, and "data up to 05:07" stood beside "as of 05:04"."""
    studio = Studio(source_database)
    ahead = datetime.now(UTC) + AHEAD_OF_NOW - timedelta(minutes=1)
    took = studio.take(
        f"listener_id,event_type,episode,occurred_at\nl1,download,guid-1,{ahead.isoformat()}\n"
    )
    assert (took.imported, took.refused) == (1, 0)
    with tenant_session(studio.actor) as connection:
        answer = sources(connection)
    [row] = [row for row in answer.rows if row["subject"] == "listener_events"]
    assert (row["state"], row["complete_to"]) == ("good", answer.as_of)


def test_the_last_imports_say_what_became_of_their_rows(source_database: Database) -> None:
    studio, other = Studio(source_database), Studio(source_database)
    when = (NOW - timedelta(hours=2)).isoformat()
    text = (
        f"listener_id,event_type,episode,occurred_at\nl1,download,guid-1,{when}\nl2,download,nobody,{when}\n"
    )
    for _ in range(2):
        studio.take(text)
    with pytest.raises(ImportRefused):
        studio.take("nothing,of,this\n1,2,3\n")
    with tenant_session(studio.actor) as connection:
        rows = imports(connection).rows
    assert [(row["source"], row["state"], row["records_imported"], row["records_duplicate"], row["records_refused"])
            for row in rows] == [
        ("test.csv", "failed", 0, 0, 0), ("test.csv", "done", 0, 1, 1), ("test.csv", "done", 1, 0, 1),
    ]  # fmt: skip
    assert {row["label"] for row in rows} == {"Downloads and plays"}
    assert all(0 <= row["seconds"] < 600 for row in rows)
    assert rows[0]["error_message"].startswith("The columns do not tell")
    with tenant_session(other.actor) as connection:
        assert imports(connection).is_empty


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"])
def test_impressions_that_go_on_do_not_hide_a_pixel_that_stopped(
    source_database: Database, zone: str
) -> None:
    studio = Studio(source_database, zone)
    at = [(NOW - timedelta(days=days)).isoformat() for days in (12, 11, 15)]
    studio.take(
        "campaign_id,listener_id,attribution_type,source,occurred_at\n"
        f"{studio.campaign},l1,visit,pixel,{at[0]}\n{studio.campaign},l1,impression,,{at[1]}\n"
        f"{studio.campaign},l2,visit,pixel,{at[2]}\n"
    )
    studio.tenant.refresh_rollups()
    found = _sources(studio)
    assert found["conversions"]["complete_to"] == NOW - timedelta(days=12)
    assert found["impressions"]["complete_to"] == NOW - timedelta(days=11)


def test_what_failed_since_is_said_until_an_import_goes_well(source_database: Database) -> None:
    studio = Studio(source_database)
    good = f"listener_id,event_type,episode,occurred_at\nl1,download,guid-1,{NOW.isoformat()}\n"
    studio.take(good)
    with pytest.raises(ImportRefused):
        studio.take("nothing,of,use\n")
    found = _sources(studio)["listener_events"]
    assert (found["state"], found["complete_to"]) == ("failed", NOW)
    assert "do not tell listener from attribution events" in found["error_message"]
    with pytest.raises(ImportRefused):
        studio.take("nothing,of,use,either\n")
    # Since the first that failed, not the last: what came between is missing too.
    assert _sources(studio)["listener_events"]["failed_at"] == found["failed_at"]
    studio.take(good)
    assert (_sources(studio)["listener_events"]["state"], _sources(studio)["conversions"]["state"]) == (
        "good", "nothing yet",
    )  # fmt: skip


def test_feeds_that_bring_nothing_new_are_counted_beside_the_source(source_database: Database) -> None:
    studio = Studio(source_database)
    with studio.tenant.owner() as owner:
        for name, failures, due, deleted in (
            ("Good", 0, NOW, None), ("Failing", 2, NOW, None), ("Stopped", 3, None, None), ("Gone", 1, NOW, NOW),
        ):  # fmt: skip
            podcast = studio.tenant.podcast(name)
            owner.execute(
                "insert into podcast_feeds (tenant_id, podcast_id, next_try_at, tried_at, succeeded_at, failures)"
                " values (%s, %s, %s, %s, %s, %s)",
                (studio.tenant.tenant_id, podcast, due, NOW, NOW - timedelta(hours=failures), failures),
            )
            owner.execute("update podcasts set deleted_at = %s where id = %s", (deleted, podcast))
    found = _sources(studio)
    assert [found["feeds"][key] for key in ("feeds", "feeds_failing", "feeds_stopped")] == [3, 1, 1]
    assert found["feeds"]["complete_to"] == NOW - timedelta(hours=2)
    assert found["bookings"]["feeds"] is None
    assert found["feeds"]["state"] == "failing"


def test_an_address_that_somebody_mistyped_is_no_feed_that_failed(source_database: Database) -> None:
    studio = Studio(source_database)
    with studio.tenant.owner() as owner:
        owner.execute(
            "insert into podcast_feeds (tenant_id, podcast_id, next_try_at, tried_at, succeeded_at, failures)"
            " values (%s, %s, %s, %s, %s, 0)",
            (studio.tenant.tenant_id, studio.podcast, NOW, NOW, NOW),
        )
    studio.tenant.insert(
        "etl_imports", import_type="feed", source="https://mistyped.example/", status="failed", completed_at=NOW,
        started_at=NOW, error_message="Nobody is there.",
    )  # fmt: skip
    found = _sources(studio)["feeds"]
    assert (found["state"], found["complete_to"], found["failed_at"]) == ("good", NOW, None)


def test_two_hosts_of_a_tenant_stand_beside_each_other(source_database: Database) -> None:
    """One of them stopped, and the kind of source said that all was well."""
    studio = Studio(source_database)
    studio.take(_events(90, 80), source_name="north")
    studio.take(_events(70, 60), source_name="north")
    with pytest.raises(ImportRefused):
        studio.take("nothing,of,use\n", source_name="north")
    with pytest.raises(ImportRefused):
        studio.take("nothing,of,use\n1,2,3\n", source_name="north")
    # Of before: what a source brings later may be older, and what is refused brings nothing.
    studio.take(_events(20), source_name="South")
    studio.take(_events(40) + f"l9,download,nobody,{NOW.isoformat()}\n", source_name="South")
    found = _named(studio)
    assert [key for key in found if key[0] == "listener_events"] == [
        ("listener_events", "north"), ("listener_events", "South"),
    ]  # fmt: skip
    north, south = found["listener_events", "north"], found["listener_events", "South"]
    assert (north["state"], north["complete_to"], north["records_imported"]) == (
        "failed", NOW - timedelta(hours=60), 2,
    )  # fmt: skip
    assert "do not tell listener from attribution events" in north["error_message"]
    failed = studio.rows(
        "select min(started_at) from etl_imports where tenant_id = %(tenant)s and status = 'failed'"
    )
    assert north["failed_at"] == failed[0][0]
    assert (south["state"], south["complete_to"], south["failed_at"]) == (
        "good",
        NOW - timedelta(hours=20),
        None,
    )
    assert (south["records_imported"], south["records_refused"]) == (1, 1)
    assert (found["impressions", "Impressions"]["state"], found["conversions", "Visits and conversions"]["state"]) == (
        "nothing yet", "nothing yet",
    )  # fmt: skip


def test_a_source_of_two_kinds_is_told_of_in_both(source_database: Database) -> None:
    studio = Studio(source_database)
    at = [(NOW - timedelta(days=days)).isoformat() for days in (12, 11)]
    studio.take(
        "campaign_id,listener_id,attribution_type,source,occurred_at\n"
        f"{studio.campaign},l1,visit,pixel,{at[0]}\n{studio.campaign},l1,impression,,{at[1]}\n",
        source_name="ad server",
    )
    studio.take(
        "campaign_id,listener_id,attribution_type,source,occurred_at\n"
        f"{studio.campaign},l2,purchase,pixel,{at[1]}\n",
        source_name="shop",
    )
    found = _named(studio)
    assert {key: row["complete_to"] for key, row in found.items() if row["complete_to"]} == {
        ("impressions", "ad server"): NOW - timedelta(days=11),
        ("conversions", "ad server"): NOW - timedelta(days=12),
        ("conversions", "shop"): NOW - timedelta(days=11),
    }


@pytest.mark.parametrize(
    ("came", "state"),
    [
        ([0, 1, 2, 3, 4], "good"),  # daily
        ([1, 2, 3, 4, 5], "good"),  # today is not over
        ([2, 3, 4, 5, 6], "silent"),
        ([60, 61, 62, 63, 64], "silent"),
        ([61, 62, 63, 64, 65], "ended"),
        ([3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 17], "good"),  # never on Saturday or Sunday
        ([4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 18], "silent"),
        ([2, 3, 4, 14, 15, 16], "silent"),  # one outage of before excuses nothing
        ([9, 40, 70, 75], "good"),  # too seldom to tell
    ],
)
def test_a_source_that_stays_away_for_longer_than_usual_is_silent(
    source_database: Database, came: list[int], state: str
) -> None:
    studio = Studio(source_database)
    for n in range(len(came)):
        studio.take(_events(n + 1), source_name="host")
    # What brings nothing new is no news.
    studio.take(_events(1), source_name="host")
    _moved(studio, "host", [0, *came])
    found = _named(studio, today=datetime.now(UTC).date())["listener_events", "host"]
    assert (found["state"], (datetime.now(UTC).date() - found["came_last_on"]).days) == (state, came[0])


def test_a_source_of_which_every_row_was_refused_is_not_good(source_database: Database) -> None:
    studio = Studio(source_database)
    bad = _events(2).replace("guid-1", "nobody")
    bookings = (
        "campaign,starts_on,ends_on,pricing_model,rate,currency\nnobody,2026-10-01,2026-10-31,flat,1,EUR\n"
    )
    studio.take(bad, source_name="host")
    studio.take(bad + _events(3).split("\n", 1)[1], source_name="mixed")
    import_bookings(studio.actor, io.BytesIO(bookings.encode()), name="bookings.csv")
    found = _named(studio)
    states = {
        key: (row["state"], row["records_refused"]) for key, row in found.items() if row["records_refused"]
    }
    assert states == {
        ("listener_events", "host"): ("refused", 1), ("listener_events", "mixed"): ("good", 1),
        ("bookings", "bookings"): ("refused", 1),
    }  # fmt: skip
    assert found["bookings", "bookings"]["complete_to"] is None
    studio.take(_events(2), source_name="host")
    assert _named(studio)["listener_events", "host"]["state"] == "good"


def test_a_source_of_files_without_a_row_has_nothing_yet(source_database: Database) -> None:
    """It was good, with data up to nobody said when, or up to the moment of the import."""
    studio = Studio(source_database)
    bookings = "campaign,starts_on,ends_on,pricing_model,rate,currency\n"
    for _ in range(2):
        studio.take(_events(), source_name="host")
        import_bookings(studio.actor, io.BytesIO(bookings.encode()), name="bookings.csv")
    found = _named(studio)
    assert {
        key: (row["state"], row["complete_to"])
        for key, row in found.items()
        if row["imported_at"] is not None
    } == {("listener_events", "host"): ("nothing yet", None), ("bookings", "bookings"): ("nothing yet", None)}
    studio.take(_events(2), source_name="host")
    studio.take(_events(), source_name="host")
    bookings += f"{studio.campaign},{NOW.date()},{NOW.date()},flat,1,USD\n"
    for _ in range(2):
        # The second one brings what is there already.
        import_bookings(studio.actor, io.BytesIO(bookings.encode()), name="bookings.csv")
    host, booked = (_named(studio)[key] for key in (("listener_events", "host"), ("bookings", "bookings")))
    assert (host["state"], host["complete_to"]) == ("good", NOW - timedelta(hours=2))
    assert (booked["state"], booked["complete_to"]) == ("good", booked["imported_at"])


def test_a_source_that_brought_only_what_is_counted_already_has_data_up_to_then(
    source_database: Database,
) -> None:
    """It was read well: a repeat does not count, and tells that there is data until it came."""
    studio = Studio(source_database)
    header = "listener_id,event_type,episode,occurred_at\n"
    at = studio.midnight(3) + timedelta(hours=10)
    row = f"l1,download,guid-1,{at.isoformat()}\n"
    again = at + timedelta(hours=3)
    studio.take(header + row, source_name="north")
    studio.take(
        f"{header}{row.replace('guid-1', 'nobody').replace(at.isoformat(), (at + timedelta(hours=9)).isoformat())}"
        f"l1,download,guid-1,{again.isoformat()}\n",
        source_name="south",
    )
    north, south = (_named(studio)["listener_events", name] for name in ("north", "south"))
    assert (north["state"], north["complete_to"]) == ("good", at)
    assert (south["records_imported"], south["records_refused"]) == (0, 2)
    # A row of an episode that nobody knows brought nothing.
    assert (south["state"], south["complete_to"]) == ("good", again)


def test_a_source_of_impressions_or_conversions_of_which_every_row_was_refused_stands_once(
    source_database: Database,
) -> None:
    studio = Studio(source_database)
    header = "campaign_id,listener_id,attribution_type,source,occurred_at\n"
    at = (NOW - timedelta(days=3)).isoformat()
    bad = f"{uuid4()},l1,impression,,{at}\n"
    for name in ("shop", "ads"):
        studio.take(header + bad, source_name=name)
    # A file without a row tells nothing.
    studio.take(header, source_name="empty")
    found = {key: row["state"] for key, row in _named(studio).items() if key[1] in ("shop", "ads", "empty")}
    assert found == {("conversions", "shop"): "refused", ("conversions", "ads"): "refused"}
    # Once it is known of what it is, it stands there alone, whatever else of it is refused.
    studio.take(f"{header}{studio.campaign},l1,impression,,{at}\n", source_name="ads")
    studio.take(header + bad, source_name="ads")
    found = {key: row["state"] for key, row in _named(studio).items() if key[1] in ("shop", "ads", "empty")}
    assert found == {("conversions", "shop"): "refused", ("impressions", "ads"): "good"}


def test_an_import_that_goes_on_keeps_how_far_it_reached(source_database: Database) -> None:
    studio = Studio(source_database)
    text = _events(*(30 - n for n in range(20)))
    with pytest.MonkeyPatch.context() as small:
        small.setattr(events, "FIRST_ROWS", 10)
        small.setattr(events, "BATCH_ROWS", 10)
        with pytest.raises(RuntimeError):
            studio.take(text, source_name="host", batch_done=_stop)
        assert _named(studio)["listener_events", "host"]["complete_to"] == NOW - timedelta(hours=21)
        studio.take(text, source_name="host")
    found = _named(studio)["listener_events", "host"]
    assert (found["complete_to"], found["records_imported"]) == (NOW - timedelta(hours=11), 20)


def _stop(*_: int) -> None:
    raise RuntimeError


def test_a_pixel_is_a_source_once_there_is_one(source_database: Database) -> None:
    studio = Studio(source_database)
    at = NOW - timedelta(days=12)
    studio.take(
        "campaign_id,listener_id,attribution_type,source,occurred_at\n"
        f"{studio.campaign},l1,visit,pixel,{at.isoformat()}\n", source_name="shop",
    )  # fmt: skip
    studio.tenant.refresh_rollups()
    assert ("conversions", "Pixel") not in _named(studio)
    create_link(studio.actor, studio.campaign, kind="pixel", key="p" * 32)
    create_link(
        studio.actor, studio.campaign, kind="vanity_url", key="show/offer", target_url="https://a.example/"
    )
    found = _named(studio)
    assert (found["conversions", "Pixel"]["state"], found["conversions", "Pixel"]["complete_to"]) == (
        "good",
        at,
    )
    assert found["conversions", "Pixel"]["records_imported"] == 1
    assert found["conversions", "Vanity URLs"]["state"] == "nothing yet"


def test_a_pixel_tells_what_its_last_hour_took_and_refused(source_database: Database) -> None:
    studio, other = Studio(source_database), Studio(source_database)
    for one in (studio, other):
        create_link(one.actor, one.campaign, kind="pixel", key=one.campaign.hex)
        create_link(
            one.actor, one.campaign, kind="vanity_url", key=f"show/{one.campaign.hex}", target_url="https://a.example/"
        )  # fmt: skip
    words: list[dict[str, str]] = [
        {},
        {"type": "banana"},
        {"value": "x"},
        {"order_id": "1"},
        {"order_id": "1", "type": "lead"},
    ]
    for said in words:
        follow_link(studio.campaign.hex, Visitor("192.0.2.1", PHONE), said, kind="pixel")
    follow_link(f"show/{studio.campaign.hex}", Visitor("192.0.2.1", ""), {}, kind="vanity_url")
    refresh_rollups()
    found = _named(studio)
    last = studio.rows(
        "select source_name, completed_at, records_imported, records_refused from etl_imports"
        " where tenant_id = %(tenant)s order by started_at desc"
    )
    assert sum(refused for *_, refused in last) == 4
    for name in ("Pixel", "Vanity URLs"):
        row = found["conversions", name]
        told = (row["name"], row["imported_at"], row["records_imported"], row["records_refused"])
        assert told == next(each for each in last if each[0] == name)
        assert (row["import_source"], row["state"]) == (name, "good")
    # What a robot asked for did not count, and tells how far the data goes.
    robot = studio.rows(
        "select occurred_at from excluded_visits where tenant_id = %(tenant)s and kind = 'vanity_url'"
    )
    assert found["conversions", "Vanity URLs"]["complete_to"] == robot[0][0]
    # Every kind of source has one row of it, and another tenant's hours are its own.
    assert [key for key in found if key[1] == "Pixel"] == [("conversions", "Pixel")]
    assert _named(other)["conversions", "Pixel"]["records_refused"] is None
    # An hour in which all was refused is told all the same.
    studio.tenant.insert(
        "etl_imports", import_type="attribution_events", source="Pixel", source_name="Pixel", status="completed",
        started_at=NOW + timedelta(hours=2), completed_at=NOW + timedelta(hours=2), records_refused=3,
    )  # fmt: skip
    row = _named(studio)["conversions", "Pixel"]
    assert (row["records_imported"], row["records_refused"]) == (0, 3)


def test_hours_took_what_their_batches_did_together(source_database: Database) -> None:
    studio = Studio(source_database)
    hour = {
        "import_type": "listener_events", "status": "completed", "started_at": NOW - timedelta(minutes=50),
        "completed_at": NOW,
    }  # fmt: skip
    worked = {"API key Shop": 1500, "Prefix": 20, "Pixel": None, "a file": None, "a file in runs": 7000}
    for source, milliseconds in worked.items():
        figures = "{}" if milliseconds is None else f'{{"worked_ms": {milliseconds}}}'
        studio.tenant.insert("etl_imports", source=source, source_name=source, figures=figures, **hour)
    with tenant_session(studio.actor) as connection:
        took = {row["source"]: row["seconds"] for row in imports(connection).rows}
    # Of hours before their work was measured nobody knows; a file of which nothing else is known took from beginning
    # to end.
    assert took == {
        "API key Shop": Decimal("1.5"), "Prefix": Decimal("0.02"), "Pixel": None, "a file": 3000, "a file in runs": 7,
    }  # fmt: skip


@pytest.mark.parametrize("is_measured", [True, False])
def test_an_import_that_went_on_later_took_what_its_runs_did_together(
    source_database: Database, monkeypatch: pytest.MonkeyPatch, is_measured: bool
) -> None:
    studio = Studio(source_database)
    text = _events(*(30 - n for n in range(20)))
    monkeypatch.setattr(events, "FIRST_ROWS", 10)
    monkeypatch.setattr(events, "BATCH_ROWS", 10)
    # Each look at the clock is two seconds after the one before: a run begins, saves each batch, ends.
    ticks = itertools.count(step=2.0)
    monkeypatch.setattr(batches, "monotonic", lambda: next(ticks))
    with pytest.raises(RuntimeError):
        studio.take(text, batch_done=_stop)

    def took() -> tuple[Any, ...]:
        with tenant_session(studio.actor) as connection:
            return tuple(row["seconds"] for row in imports(connection).rows)

    assert took() == (2,)
    with studio.tenant.owner() as owner:
        # An hour before the same file comes again; the release before measured nothing.
        owner.execute(
            "update etl_imports set started_at = started_at - interval '1 hour',"
            " figures = case when %s then figures else figures - 'worked_ms' end where tenant_id = %s",
            (is_measured, studio.tenant.tenant_id),
        )
    studio.take(text)
    (seconds,) = took()
    if is_measured:
        # Of the second run a batch and the end.
        assert seconds == 2 + 4
    else:
        assert seconds >= 3600


class _Slow(io.BytesIO):
    """A file that takes two seconds of the clock to be read."""

    def __init__(self, content: bytes, clock: list[float]) -> None:
        super().__init__(content)
        self._clock, self._left = clock, 2.0

    def read(self, size: int | None = -1, /) -> bytes:
        self._wait()
        return super().read(size)

    def read1(self, size: int | None = -1, /) -> bytes:
        self._wait()
        return super().read1(size)

    def readinto(self, buffer: Any, /) -> int:
        self._wait()
        return super().readinto(buffer)

    def _wait(self) -> None:
        self._clock[0] += self._left
        self._left = 0.0


_TAKEN: dict[str, tuple[Callable[[Actor, BinaryIO], Any], bytes]] = {
    "feed": (lambda actor, source: import_feed(actor, source, name="feed.xml"), TALES),
    "feed refused": (lambda actor, source: import_feed(actor, source, name="feed.xml"), b"<rss"),
    "feed too large": (
        lambda actor, source: import_feed(actor, source, name="feed.xml"), b" " * (LARGEST_FEED + 1),
    ),
    "transcript": (
        lambda actor, source: import_transcript(actor, source, name="one.vtt", episode="guid-1"),
        b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n",
    ),
    "transcript refused": (
        lambda actor, source: import_transcript(actor, source, name="one.vtt", episode="guid-1"), b"{",
    ),
    "bookings": (
        lambda actor, source: import_bookings(actor, source, name="bookings.csv"),
        b"campaign,starts_on,ends_on,pricing_model,rate,currency\nnobody,2026-01-01,2026-01-01,flat,1,USD\n",
    ),
    "bookings refused": (lambda actor, source: import_bookings(actor, source, name="bookings.csv"), b"a,b\n1,2\n"),
    "curves": (
        lambda actor, source: import_retention(
            actor, source, name="curve.csv", told=Told(),
            defaults=CurveDefaults(episode="guid-1", platform="Spotify", as_of=NOW.date()),
        ),
        b"second,plays\n0,5\n1,5\n",
    ),
    "ad units": (lambda actor, source: import_ad_units(actor, source, name="units.csv", told=Told()), b"a,b\n1,2\n"),
    "events refused": (
        lambda actor, source: import_events(actor, source, name="events.csv"), b"nothing,of,this\n1,2,3\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", _TAKEN)
def test_an_import_took_the_time_of_its_reading_too(
    source_database: Database, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A feed that was refused after a minute of reading stood with 0 s beside it."""
    studio = Studio(source_database)
    clock = [0.0]
    for module in (ledger, feed, store, small_tables, events):
        monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    take, content = _TAKEN[way]
    with contextlib.suppress(ImportRefused):
        take(studio.actor, _Slow(content, clock))
    with tenant_session(studio.actor) as connection:
        [row] = imports(connection).rows
    assert 2 <= row["seconds"] < 12
    assert row["state"] == ("failed" if "refused" in way or "large" in way or way == "ad units" else "done")


def _ledger_of_hours(studio: Studio, count: int) -> None:
    """A file of two days ago that failed, and since then so many hours of four sources, one of which still grows."""
    studio.tenant.insert(
        "etl_imports", import_type="listener_events", source="lost.csv", source_name="lost", status="failed",
        error_message="Lost.", started_at=NOW - timedelta(days=2), completed_at=NOW - timedelta(days=2),
    )  # fmt: skip
    for number in range(count):
        began = NOW - timedelta(minutes=15 * number)
        source = ("API key Shop", "Prefix", "Pixel", "Vanity URLs")[number % 4]
        studio.tenant.insert(
            "etl_imports", import_type="listener_events", source=source, source_name=source, status="completed",
            started_at=began, completed_at=began, records_refused=number, figures='{"worked_ms": 1}',
        )  # fmt: skip
    studio.tenant.insert(
        "etl_imports", import_type="attribution_events", source="API key Slow", source_name="API key Slow",
        status="completed", started_at=NOW - timedelta(minutes=59), completed_at=NOW + timedelta(seconds=1),
    )  # fmt: skip


def test_hours_push_no_file_out_and_one_that_grows_does_not_sink(source_database: Database) -> None:
    studio, other = Studio(source_database), Studio(source_database)
    _ledger_of_hours(studio, 120)
    with tenant_session(studio.actor) as connection:
        answer = imports(connection)
        every, newest, lost = every_import(connection), every_import(connection, limit=3), _found(connection)
    # Ten hours, those written last, and the file after 120 of them.
    assert [row["source"] for row in answer.rows] == [
        "API key Slow", *["API key Shop", "Prefix", "Pixel", "Vanity URLs"] * 2, "API key Shop", "lost.csv",
    ]  # fmt: skip
    assert answer.totals == {"older": True}
    assert every.totals == {"older": False}
    assert len(every.rows) == 122
    assert {row["records_refused"] for row in every.rows} == set(range(120))
    assert [row["source"] for row in every.rows[:3]] == [row["source"] for row in newest.rows]
    assert newest.totals == {"older": True}
    assert lost == {
        "lost": ["lost.csv"], "lost.csv": ["lost.csv"], "Pixel": ["Pixel"] * 30, "nobody": [],
    }  # fmt: skip
    with tenant_session(other.actor) as connection:
        assert every_import(connection).is_empty
        assert every_import(connection, source="lost").is_empty


def _found(connection: Connection) -> dict[str, list[str]]:
    """What imports of these names are called."""
    return {
        name: [row["source"] for row in every_import(connection, source=name).rows]
        for name in ("lost", "lost.csv", "Pixel", "nobody")
    }


def test_fifty_files_are_shown_and_a_file_called_like_an_hour_is_a_file(source_database: Database) -> None:
    studio = Studio(source_database)
    for number in range(51):
        began = NOW - timedelta(minutes=number)
        studio.tenant.insert(
            "etl_imports", import_type="listener_events", source="Prefix" if number == 0 else f"{number}.csv",
            source_name="files", status="running" if number == 50 else "completed", source_sha256="ab" * 32,
            started_at=began, completed_at=None if number == 50 else began,
        )  # fmt: skip
    with tenant_session(studio.actor) as connection:
        answer, every = imports(connection), every_import(connection)
    # One that runs is written still, whenever it began.
    shown = ["50.csv", "Prefix", *(f"{number}.csv" for number in range(1, 50))]
    assert [row["source"] for row in answer.rows] == shown[:50]
    assert answer.totals == {"older": True}
    assert [row["source"] for row in every.rows] == shown
