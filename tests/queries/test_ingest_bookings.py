"""Bookings from a file: the good rows stand once, the bad ones are listed. As the runtime role."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd

from queries.ingest.bookings import check_bookings, import_bookings
from queries.ingest.imports import ImportRefused, ImportResult
from queries.ingest.small_tables import Told
from queries.settings import Settings
from tests.conftest import Database
from tests.sponsorship import own_database
from tests.studio import Studio

HEADER = "id,campaign,starts_on,ends_on,pricing_model,booked_impressions,rate,currency,promo_code,vanity_url"


@pytest.fixture(scope="module")
def booking_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_bookings") as made:
        yield made


@pytest.fixture
def alice(booking_database: Database) -> Studio:
    studio = Studio(booking_database)
    with studio.tenant.owner() as owner:
        owner.execute(
            "update campaigns set start_date = '2026-10-01', end_date = '2026-12-31', currency = 'EUR'"
        )
    return studio


@pytest.fixture
def charlie(booking_database: Database) -> Studio:
    return Studio(booking_database)


def _take(studio: Studio, *lines: str) -> ImportResult:
    body = "\n".join((HEADER, *lines)).encode()
    return import_bookings(studio.actor, io.BytesIO(gzip.compress(body)), name="bookings.csv.gz")


def _standing(studio: Studio) -> list[tuple[object, ...]]:
    return studio.rows(
        "select campaign_id, sponsor_id, booking_date, promo_code, vanity_url, pricing_model, booked_impressions,"
        " rate_micros, currency, starts_on, ends_on from io_bookings where tenant_id = %(tenant)s order by starts_on"
    )


def test_bookings_are_stored_once(alice: Studio) -> None:
    name = alice.rows("select name from campaigns where tenant_id = %(tenant)s")[0][0]
    lines = [
        f",{alice.campaign},2026-10-01,2026-10-31,CPM,250000,24.50,eur,Harbour10,https://shop.example/harbour",
        f"io-7,{name},2026-11-01,2026-11-30,flat,,1900,EUR,,",
    ]
    done = _take(alice, *lines)
    assert (done.imported, done.duplicate, done.refused) == (2, 0, 0)
    assert _standing(alice) == [
        (alice.campaign, alice.sponsor, date(2026, 10, 1), "HARBOUR10", "https://shop.example/harbour", "cpm",
         250_000, 24_500_000, "EUR", date(2026, 10, 1), date(2026, 10, 31)),
        (alice.campaign, alice.sponsor, date(2026, 11, 1), None, None, "flat", None, 1_900_000_000, "EUR",
         date(2026, 11, 1), date(2026, 11, 30)),
    ]  # fmt: skip
    again = _take(alice, *lines)
    assert (again.imported, again.duplicate, again.refused) == (0, 2, 0)
    assert alice.ledger()[-1][:6] == ("bookings", "bookings.csv.gz", "completed", 0, 2, 0)


def test_a_code_that_grows_in_capitals_stands_as_the_database_takes_it(alice: Studio) -> None:
    code = "\N{GREEK SMALL LETTER IOTA WITH DIALYTIKA AND TONOS}" * 500
    done = _take(alice, f",{alice.campaign},2026-10-01,2026-10-31,flat,,20,EUR,{code},")
    assert (done.imported, done.refused) == (1, 0)
    assert len(_standing(alice)[0][3]) == 1500


def test_bad_bookings_are_listed_and_the_good_ones_stand(alice: Studio, charlie: Studio) -> None:
    good = f"io-1,{alice.campaign},2026-10-01,2026-10-31,cpm,1000,20,EUR,ONE,"
    bad = [
        (f"io-1,{alice.campaign},2026-10-01,2026-10-31,cpm,1000,21,EUR,TWO,",
         "Another booking of this id stands already, with other content."),
        (f"io-3,{charlie.campaign},2026-10-01,2026-10-31,cpm,1000,20,EUR,,",
         "The campaign is not known, or its name is that of several."),
        (f",{alice.campaign},2026-10-31,2026-10-01,cpm,1000,20,EUR,,", "The flight ends before it begins."),
        (f",{alice.campaign},2026-10-01,2026-10-31,cpm,,20,EUR,,", "A value is missing."),
        (f",{alice.campaign},2026-10-01,2026-10-31,cpm,1000,-20,EUR,,", "This is not an amount of money."),
        (f",{alice.campaign},2026-10-01,2026-10-31,cpm,1000,1_000,EUR,,", "This is not an amount of money."),
        (f",{alice.campaign},31.10.2026,2026-10-31,cpm,1000,20,EUR,,", "A day is written like 2026-10-31."),
        (f",{alice.campaign},2026-10-01,2026-10-31,cpm,1000,20,euro,,", "A currency is three letters, like EUR."),
        (f",{alice.campaign},2026-10-01,2026-10-31,cpm,1000,20,XXX,,", "No country has this currency (ISO 4217)."),
        (f",{alice.campaign},2026-10-01,2026-10-31,cpm,1000,20,QQQ,,", "No country has this currency (ISO 4217)."),
        (f",{alice.campaign},2026-10-01,2026-10-31,cpm,1000,20,USD,,", "The campaign has another currency."),
        (f",{alice.campaign},2016-10-01,2016-10-31,cpm,1000,20,EUR,,",
         "The flight lies more than 180 days outside that of its campaign."),
        (f",{alice.campaign},2026-10-01,2099-10-31,cpm,1000,20,EUR,,",
         "The flight lies more than 180 days outside that of its campaign."),
        (f",{alice.campaign},2026-10-01,2026-10-31,auction,1000,20,EUR,,", "The pricing is cpm or flat."),
        (f",{alice.campaign},2026-10-02,2026-10-31,cpm,1000,20,EUR,one,", "Another booking has this promo code."),
        ("too,few", "The line has another number of values than the header."),
    ]  # fmt: skip
    done = _take(alice, good, *(line for line, _ in bad))
    assert (done.imported, done.refused) == (1, len(bad))
    assert [(number, reason) for number, reason, _ in alice.refusals()] == [
        (number, reason) for number, (_, reason) in enumerate(bad, 3)
    ]
    # The code stands already when another file wants it.
    done = _take(alice, f"io-9,{alice.campaign},2026-12-01,2026-12-31,cpm,1000,20,EUR,ONE,")
    assert (done.imported, done.refused) == (0, 1)
    assert len(_standing(alice)) == 1
    assert _standing(charlie) == []


def test_a_booking_fits_its_campaign_and_what_stood_before_stays_the_same(alice: Studio) -> None:
    def row(starts: str, ends: str, currency: str = "EUR") -> str:
        return f",{alice.campaign},{starts},{ends},flat,,20,{currency},,"

    # The campaign's flight is October to December: 180 days before and after it are the last ones.
    fitting = [row("2026-04-04", "2026-05-01"), row("2027-06-01", "2027-06-29")]
    early, late = row("2026-04-03", "2026-05-01"), row("2027-06-01", "2027-06-30")
    done = _take(alice, *fitting, early, late, row("2026-10-01", "2026-10-31", "USD"))
    assert (done.imported, done.duplicate, done.refused) == (2, 0, 3)
    assert alice.refusals() == [
        (4, "The flight lies more than 180 days outside that of its campaign.", "2026-10-01 to 2026-12-31"),
        (5, "The flight lies more than 180 days outside that of its campaign.", "2026-10-01 to 2026-12-31"),
        (6, "The campaign has another currency.", "USD, the campaign has EUR"),
    ]
    with alice.tenant.owner() as owner:
        owner.execute(
            "update campaigns set start_date = '2028-10-01', end_date = '2028-12-31', currency = 'USD'"
        )
    again = _take(alice, *fitting)
    assert (again.imported, again.duplicate, again.refused) == (0, 2, 0)


@pytest.fixture
def rule(booking_database: Database) -> Iterator[str]:
    """A rule of the database that no reader knows: nothing costs thirteen."""
    with psycopg.connect(booking_database.superuser_dsn, autocommit=True) as owner:
        owner.execute(
            "alter table io_bookings add constraint nothing_costs_13 check (rate_micros <> 13000000) not valid"
        )
        yield "nothing_costs_13"
        owner.execute("alter table io_bookings drop constraint nothing_costs_13")


@pytest.mark.parametrize("rows", [1, 7])
def test_a_row_that_the_database_alone_refuses_is_one_row(alice: Studio, rule: str, rows: int) -> None:
    lines = [
        f",{alice.campaign},2026-10-{day:02},2026-10-31,flat,,{13 if day in (1, 4) else day},EUR,,"
        for day in range(1, rows + 1)
    ]
    at_fault = [day + 1 for day in (1, 4) if day <= rows]
    body = "\n".join((HEADER, *lines)).encode()
    dry = check_bookings(alice.actor, io.BytesIO(body), told=Told())
    done = _take(alice, *lines)
    assert (dry.good, dry.refused) == (done.imported, done.refused) == (rows - len(at_fault), len(at_fault))
    assert alice.refusals() == [
        (number, "A rule of the database does not let this in.", rule) for number in at_fault
    ]
    assert len(_standing(alice)) == rows - len(at_fault)
    assert alice.ledger()[-1][2:6] == ("completed", rows - len(at_fault), 0, len(at_fault))


@pytest.mark.parametrize(
    ("address", "stands"),
    [("https://shop.example/a", True), ("HTTP://shop.example", True), ("shop.example/a", False),
     ("https://", False), ("https://a b", False), ("javascript:alert(1)", False)],
)  # fmt: skip
def test_the_reader_takes_the_addresses_that_the_database_takes(
    alice: Studio, address: str, stands: bool
) -> None:
    """One without https:// ended the command in the middle, with the statement in a traceback."""
    done = _take(alice, f",{alice.campaign},2026-10-01,2026-10-31,flat,,9,EUR,,{address}")
    assert (done.imported, done.refused) == ((1, 0) if stands else (0, 1))
    reasons = [reason for _, reason, _ in alice.refusals()]
    assert reasons == (
        [] if stands else ["An address begins with http:// or https:// and has no space in it."]
    )


@pytest.mark.parametrize("way", ["ndjson", "parquet", "csv.zst"])
def test_every_way_to_write_bookings_says_the_same_and_a_dry_run_stores_none(alice: Studio, way: str) -> None:
    rows = [
        {"Kampagne": str(alice.campaign), "start": "2026-10-01", "end": "2026-10-31", "pricing": "CPM", "note": "x",
         "impressions": 1000, "price": Decimal("24.50"), "currency": "EUR", "code": "one"},
        {"Kampagne": str(alice.campaign), "start": "2026-11-01", "end": "2026-10-31", "pricing": "flat", "note": "",
         "impressions": None, "price": Decimal("1"), "currency": "EUR", "code": None},
    ]  # fmt: skip
    if way == "parquet":
        made = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), made)
        body = made.getvalue()
    elif way == "ndjson":
        body = "\n".join(json.dumps(row, default=float) for row in rows).encode()
    else:
        lines = [";".join("" if cell is None else str(cell) for cell in row.values()) for row in rows]
        # As pzstd packs: with a frame before the first that is passed over.
        body = b"\x50\x2a\x4d\x18\4\0\0\0size" + zstd.compress(
            "\n".join([";".join(rows[0]), *lines]).encode()
        )
    told = Told(columns={"Kampagne": "campaign", "note": ""})
    dry = check_bookings(alice.actor, io.BytesIO(body), told=told)
    assert (dry.good, dry.refused, dry.first_refusals[0].reason) == (
        1,
        1,
        "The flight ends before it begins.",
    )
    assert (_standing(alice), alice.ledger()) == ([], [])
    done = import_bookings(alice.actor, io.BytesIO(body), name=f"bookings.{way}", told=told)
    assert (done.imported, done.refused) == (1, 1)
    # As a CSV with the usual names says it: the same booking.
    again = _take(alice, f",{alice.campaign},2026-10-01,2026-10-31,cpm,1000,24.5,EUR,ONE,")
    assert (again.imported, again.duplicate) == (0, 1)


@pytest.mark.parametrize("body", [b"", b"campaign,colour\n", b"campaign\n", b"caf\xe9\n", b"PK\x03\x04"])
def test_a_file_that_is_none_is_refused_whole(alice: Studio, body: bytes) -> None:
    with pytest.raises(ImportRefused):
        import_bookings(alice.actor, io.BytesIO(body), name="x.csv")
    assert [row[:3] for row in alice.ledger()] == [("bookings", "x.csv", "failed")]


def test_a_day_beyond_any_calendar_costs_its_row_alone(alice: Studio) -> None:
    days = pa.array([20_800, 2**30], pa.int32()).cast(pa.date32())
    table = pa.table({
        "campaign": [str(alice.campaign)] * 2, "starts_on": pa.array([20_800] * 2, pa.int32()).cast(pa.date32()),
        "ends_on": days, "pricing_model": ["flat"] * 2, "rate": [100, 200], "currency": ["EUR"] * 2,
    })  # fmt: skip
    document = io.BytesIO()
    pq.write_table(table, document)
    tried = check_bookings(alice.actor, io.BytesIO(document.getvalue()), told=Told())
    assert (tried.good, [one.line_number for one in tried.refusals]) == (1, [2])
    done = import_bookings(alice.actor, io.BytesIO(document.getvalue()), name="bookings.parquet")
    assert (done.imported, done.refused) == (1, 1)
    assert alice.refusals() == [
        (2, "A time or duration lies beyond any calendar.", f"ends_on: {2**30} as date32[day]")
    ]
