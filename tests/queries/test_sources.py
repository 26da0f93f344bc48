"""Each kind of source says up to when there is data of it, what came last and what failed since."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from queries.ingest.bookings import import_bookings
from queries.ingest.imports import ImportRefused
from queries.session import tenant_session
from queries.settings import Settings
from queries.sources import imports, sources
from tests.conftest import Database
from tests.sponsorship import own_database
from tests.studio import NOW, Studio


@pytest.fixture(scope="module")
def source_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_sources") as made:
        yield made


def _sources(studio: Studio) -> dict[str, dict[str, Any]]:
    with tenant_session(studio.actor) as connection:
        return {row["subject"]: dict(row) for row in sources(connection).rows}


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
        f"{studio.campaign},2026-10-01,2026-10-31,flat,1,EUR\n"
    )
    import_bookings(studio.actor, io.BytesIO(bookings.encode()), name="bookings.csv")
    found = _sources(studio)["bookings"]
    assert (found["state"], found["complete_to"]) == ("good", found["imported_at"])
    assert _sources(other)["bookings"]["state"] == "nothing yet"


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
