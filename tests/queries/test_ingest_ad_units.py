"""Ad units from a file: the good rows stand once, the bad ones are listed. As the runtime role."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from queries.ingest.ad_units import check_ad_units, import_ad_units
from queries.ingest.imports import ImportRefused, ImportResult
from queries.ingest.small_tables import Told
from queries.settings import Settings
from tests.conftest import Database
from tests.sponsorship import own_database
from tests.studio import Studio

AS_IT_IS = Told()
HEADER = "id,campaign,episode,unit_type,position_seconds,duration_seconds,is_baked_in"


@pytest.fixture(scope="module")
def ad_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_ad_units") as made:
        yield made


class Seller(Studio):
    """A tenant that says where its ads stand."""

    def take_units(self, *lines: str | bytes, told: Told = AS_IT_IS) -> ImportResult:
        body = b"\n".join(line.encode() if isinstance(line, str) else line for line in (HEADER, *lines))
        return import_ad_units(self.actor, io.BytesIO(gzip.compress(body)), name="ads.csv.gz", told=told)

    def units(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select campaign_id, e.guid, unit_type, position_seconds, a.duration_seconds, is_baked_in"
            " from ad_units a join episodes e on e.id = a.episode_id where a.tenant_id = %(tenant)s"
            " and a.deleted_at is null order by e.guid, position_seconds"
        )

    def name(self) -> str:
        return self.rows(
            f"select name from campaigns where id = '{self.campaign}' and tenant_id = %(tenant)s"
        )[0][0]


@pytest.fixture
def alice(ad_database: Database) -> Seller:
    seller = Seller(ad_database)
    with seller.tenant.owner() as owner:
        owner.execute("update episodes set duration_seconds = 1800")
    return seller


def _counts(done: ImportResult) -> tuple[int, int, int]:
    return done.imported, done.duplicate, done.refused


def test_a_dry_run_says_what_an_import_would(alice: Seller) -> None:
    alice.take_units(f"A-1,{alice.campaign},guid-1,pre_roll,0,15,")
    lines = (
        f"A-1,{alice.campaign},guid-1,pre_roll,0,15,", f"A-1,{alice.campaign},guid-1,pre_roll,0,30,",
        f",{alice.campaign},guid-1,post_roll,1800,15,", f",{alice.campaign},guid-2,pre_roll,0,15,",
        f",{alice.campaign},guid-1,host_read,0,15,",
    )  # fmt: skip
    stood, ledger = alice.units(), alice.ledger()
    body = "\n".join((HEADER, *lines)).encode()
    dry = check_ad_units(alice.actor, io.BytesIO(body), told=AS_IT_IS)
    assert (alice.units(), alice.ledger()) == (stood, ledger)
    done = alice.take_units(*lines)
    assert (dry.good, dry.refused, dry.first_refusals) == (
        done.imported + done.duplicate, done.refused, done.first_refusals,
    )  # fmt: skip
    assert {refusal.line_number: refusal.reason for refusal in dry.first_refusals}[4] == (
        "The ad unit begins after the end of the episode."
    )


def test_ad_units_stand_where_the_file_says(alice: Seller) -> None:
    lines = (
        f",{alice.campaign},guid-1,pre_roll,0,15,", f"A-7,{alice.name()},{alice.two},Host-Read,600,60,yes",
    )  # fmt: skip
    assert _counts(alice.take_units(*lines)) == (2, 0, 0)
    assert alice.units() == [
        (alice.campaign, "guid-1", "pre_roll", 0, 15, False), (alice.campaign, "guid-2", "host_read", 600, 60, True),
    ]  # fmt: skip
    assert alice.ledger()[-1][:4] == ("ad_units", "ads.csv.gz", "completed", 2)
    before = alice.rows("select id, updated_at from ad_units where tenant_id = %(tenant)s order by id")
    assert _counts(alice.take_units(*lines, lines[0])) == (0, 3, 0)
    assert (
        alice.rows("select id, updated_at from ad_units where tenant_id = %(tenant)s order by id") == before
    )


def test_an_ad_may_end_a_minute_after_what_its_feed_says_and_no_later(alice: Seller) -> None:
    done = alice.take_units(
        f",{alice.campaign},guid-1,post_roll,1790,70,", f",{alice.campaign},guid-1,mid_roll,1780,600,"
    )
    assert _counts(done) == (1, 0, 1)
    with alice.tenant.owner() as owner:
        owner.execute("update episodes set duration_seconds = null where guid = 'guid-2'")
    assert _counts(alice.take_units(f",{alice.campaign},guid-2,post_roll,1790,3600,")) == (1, 0, 0)


def test_another_at_the_same_place_or_under_the_same_id_is_refused(alice: Seller) -> None:
    alice.take_units(
        f"A-1,{alice.campaign},guid-1,mid_roll,600,30,", f",{alice.campaign},guid-1,mid_roll,900,30,"
    )
    done = alice.take_units(
        f"A-1,{alice.campaign},guid-1,mid_roll,601,30,", f"A-2,{alice.campaign},guid-1,mid_roll,600,45,",
        # What stands under an id of its own is the same ad unit when it says the same.
        f"A-3,{alice.campaign},guid-1,mid_roll,900,30,",
    )  # fmt: skip
    assert _counts(done) == (0, 1, 2)
    assert [row[:2] for row in alice.refusals()] == [
        (2, "Another ad unit of this id, or at this place, stands already, with other content."),
        (3, "Another ad unit of the campaign stands at this place already."),
    ]
    assert [row[3] for row in alice.units()] == [600, 900]
    with alice.tenant.owner() as owner:
        owner.execute("update ad_units set deleted_at = now() where position_seconds = 600")
    assert _counts(alice.take_units(f"A-2,{alice.campaign},guid-1,mid_roll,600,45,")) == (1, 0, 0)


BAD = (
    ("nobody,guid-1,pre_roll,0,15,", "The campaign is not known"),
    ("{campaign},nobody,pre_roll,0,15,", "The episode is not known."),
    ("{campaign},guid-1,side_roll,0,15,", "The type is pre_roll"),
    ("{campaign},guid-1,pre_roll,-700,15,", "begins before the episode does: its position is negative."),
    ("{campaign},guid-1,pre_roll,0,-15,", "A duration is negative."),
    ("{campaign},guid-1,pre_roll,1.5,15,", "whole seconds"),
    ("{campaign},guid-1,pre_roll,0,0,", "lasts a second"),
    ("{campaign},guid-1,pre_roll,0,15,perhaps", "neither yes nor no"),
    ("{campaign},guid-1,pre_roll,,15,", "A value is missing."),
    ("{campaign},guid-1,post_roll,1800,15,", "after the end of the episode"),
    ("{campaign},guid-1,post_roll,1790,71,", "more than a minute after the end of the episode"),
    ("{campaign},guid-1,pre_roll,360001,15,", "No episode lasts longer than 100 hours."),
    ("{foreign},guid-1,pre_roll,0,15,", "The campaign is not known"),
    ("{campaign},{foreign_episode},pre_roll,0,15,", "The episode is not known."),
    ("{campaign},guid-1", "another number of values"),
)


def test_bad_rows_are_refused_by_line_and_the_rest_stands(alice: Seller, ad_database: Database) -> None:
    other = Seller(ad_database)
    names = {"campaign": alice.campaign, "foreign": other.campaign, "foreign_episode": other.one}
    lines = [f",{line.format(**names)}" for line, _ in BAD]
    done = alice.take_units(
        *lines, b",caf\xe9,guid-1,pre_roll,0,15,", f",{alice.campaign},guid-1,mid_roll,60,15,"
    )
    assert _counts(done) == (1, 0, len(BAD) + 1)
    for number, ((line, reason, _), (_, expected)) in enumerate(zip(alice.refusals(), BAD, strict=False), 2):
        assert line == number
        assert expected in reason, line
    assert other.units() == []


def test_impressions_are_made_of_the_downloads_that_come_in_from_then_on(alice: Seller) -> None:
    def download(listener: str) -> ImportResult:
        return alice.take(f"listener_id,event_type,episode,occurred_at\n{listener},download,guid-1,{at}\n")

    at = alice.midnight(15).isoformat()
    assert download("l1").impressions == 0
    alice.take_units(f",{alice.campaign},guid-1,mid_roll,60,15,")
    assert download("l2").impressions == 1


def test_a_dry_run_judges_every_row_and_stores_nothing(alice: Seller) -> None:
    body = f"{HEADER}\n,{alice.campaign},guid-1,pre_roll,0,15,\n,nobody,guid-1,pre_roll,0,15,\n".encode()
    found = check_ad_units(alice.actor, io.BytesIO(body), told=Told())
    assert (found.good, found.refused, found.first_refusals[0].line_number) == (1, 1, 3)
    assert (alice.units(), alice.ledger()) == ([], [])


def test_ndjson_parquet_and_mapped_names_say_the_same(alice: Seller) -> None:
    names = {
        "Kampagne": "campaign", "Folge": "episode", "Art": "unit_type", "Ab": "position_seconds",
        "Dauer": "duration_seconds",
    }  # fmt: skip
    told = Told(None, names, "sales")
    row = {"Kampagne": str(alice.campaign), "Folge": "guid-1", "Art": "pre roll", "Ab": 0, "Dauer": 15}
    packed = io.BytesIO()
    pq.write_table(pa.table({name: [value] for name, value in row.items()}), packed)
    packed.seek(0)
    assert _counts(import_ad_units(alice.actor, packed, name="a.parquet", told=told)) == (1, 0, 0)
    line = orjson.dumps(row)
    again = import_ad_units(alice.actor, io.BytesIO(line), name="a.ndjson", told=Told(None, None, "sales"))
    assert _counts(again) == (0, 1, 0)
    assert len(alice.units()) == 1


def test_a_text_of_a_parquet_file_that_is_no_utf_8_is_refused_and_the_rest_stands(alice: Seller) -> None:
    broken = pa.array([b"caf\xe9", b"guid-1"], pa.binary())
    told = {
        "campaign": str(alice.campaign),
        "unit_type": "pre roll",
        "position_seconds": 0,
        "duration_seconds": 15,
    }
    packed = io.BytesIO()
    pq.write_table(
        pa.table({**{name: [value] * 2 for name, value in told.items()},
                  "episode": pa.Array.from_buffers(pa.string(), 2, broken.buffers())}),
        packed,
    )  # fmt: skip
    packed.seek(0)
    assert _counts(import_ad_units(alice.actor, packed, name="a.parquet", told=Told())) == (1, 0, 1)
    assert [row[:2] for row in alice.refusals()] == [(1, "The line is not valid UTF-8.")]


def test_columns_that_are_needed_must_be_there(alice: Seller) -> None:
    with pytest.raises(ImportRefused, match="there is no column unit_type"):
        import_ad_units(alice.actor, io.BytesIO(b"campaign,episode\na,b\n"), name="ads.csv", told=Told())
    assert alice.ledger()[-1][2] == "failed"


def test_ids_are_of_the_tenant(alice: Seller, ad_database: Database) -> None:
    """The same source's id in two tenants is two ad units."""
    other = Seller(ad_database)
    for seller in (alice, other):
        assert _counts(seller.take_units(f"A-1,{seller.campaign},guid-1,pre_roll,0,15,")) == (1, 0, 0)
