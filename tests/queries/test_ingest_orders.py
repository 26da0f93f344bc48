"""An order has the amount a file or key told first: with another one it is refused, and what stands stays."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from queries.api_keys import create_api_key
from queries.ingest import events as events_module
from queries.ingest.collector import take_events
from queries.ingest.columns import read_row
from queries.ingest.event import Event
from queries.ingest.events import check_events
from queries.ingest.imports import ImportResult, taken_back
from queries.ingest.orders import OTHER_AMOUNT, Amount, Order, other_amounts
from queries.settings import Settings
from schema.migrate import FOLDER, load
from schema.scripts import split_statements
from tests.conftest import Database
from tests.sponsorship import own_database
from tests.studio import NOW, Studio

HEADER = "id,campaign_id,attribution_type,source,occurred_at,order_id,value,currency"


@pytest.fixture(scope="module")
def order_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_orders") as made:
        yield made


class Shop(Studio):
    """A tenant with a campaign, and the amounts of the orders that stand."""

    def line(self, order: str, value: str = "10", currency: str = "EUR", **told: str) -> str:
        """A line of a file: a purchase unless told otherwise, `at` so many minutes after the others."""
        at = NOW - timedelta(days=1, minutes=-int(told.get("at", "0")))
        return ",".join(
            (
                told.get("id", ""), told.get("campaign", str(self.campaign)), told.get("type", "purchase"),
                told.get("source", "pixel"), at.isoformat(), order, value, currency if value else "",
            )
        )  # fmt: skip

    def file(self, *lines: str) -> str:
        return "\n".join((HEADER, *lines)) + "\n"

    def told(self, *lines: str) -> ImportResult:
        return self.take(self.file(*lines))

    def amounts(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select attribution_data ->> 'order_id', attribution_type, attribution_data ->> 'value_micros',"
            " attribution_data ->> 'currency' from attribution_events where tenant_id = %(tenant)s"
            " order by occurred_at, 1, 2, 3"
        )


@pytest.fixture
def alice(order_database: Database) -> Shop:
    return Shop(order_database)


@pytest.fixture
def charlie(order_database: Database) -> Shop:
    return Shop(order_database)


def _counts(done: ImportResult) -> tuple[int, int, int]:
    return done.imported, done.duplicate, done.refused


def test_an_order_with_another_amount_is_refused_with_its_line_and_what_stands_stays(alice: Shop) -> None:
    first = alice.line("A")
    lines = [
        first,
        alice.line("A", "11", at="1"),
        alice.line("A", "10", "USD", at="2"),
        # Told twice, by whatever found it: one order.
        alice.line("A", "10.00", at="3", source="vanity_url"),
        # Of no amount nothing can be said; a lead is not the purchase that came of it.
        alice.line("A", "", at="4", source="survey"),
        alice.line("A", "3", at="5", type="lead"),
        alice.line("B", "11", at="6"),
        alice.line("A", "12", at="7", id="own-id"),
        first,
    ]
    done = alice.told(*lines)
    assert _counts(done) == (5, 1, 3)
    assert alice.refusals() == [(line, OTHER_AMOUNT, "order_id: A") for line in (3, 4, 9)]
    assert done.by_reason == {OTHER_AMOUNT: 3}
    stands = [
        ("A", "purchase", "10000000", "EUR"), ("A", "purchase", "10000000", "EUR"), ("A", "purchase", None, None),
        ("A", "lead", "3000000", "EUR"), ("B", "purchase", "11000000", "EUR"),
    ]  # fmt: skip
    assert alice.amounts() == stands
    # Another file of the same, a later one, and one in which a row that was refused stands first.
    assert _counts(alice.told(*lines)) == (0, 6, 3)
    assert _counts(alice.told(alice.line("B", "10", at="20"), alice.line("B", "11", at="21"))) == (1, 0, 1)
    assert alice.amounts() == [*stands, ("B", "purchase", "11000000", "EUR")]


def test_an_order_is_that_of_its_campaign_and_tenant(alice: Shop, charlie: Shop) -> None:
    other = alice.tenant.campaign(
        alice.sponsor, NOW.date() - timedelta(days=20), NOW.date() - timedelta(days=10)
    )
    assert _counts(alice.told(alice.line("A"), alice.line("A", "11", campaign=str(other)))) == (2, 0, 0)
    assert _counts(charlie.told(charlie.line("A", "12"))) == (1, 0, 0)
    assert [row[2] for row in charlie.amounts()] == ["12000000"]


def test_orders_of_strange_names_are_told_apart(alice: Shop) -> None:
    names = ['a"b', "a\\b", "{a,b}", "NULL", "a' or 1=1", "ä€😀", "x" * 200]
    body = [alice.line('"' + name.replace('"', '""') + '"', at=str(n)) for n, name in enumerate(names)]
    assert _counts(alice.told(*body)) == (len(names), 0, 0)
    again = [line.replace(",10,", ",11,") for line in body]
    assert _counts(alice.told(*again)) == (0, 0, len(names))
    assert [row[0] for row in alice.amounts()] == names


def test_a_dry_run_says_so_too_in_one_piece_and_in_several(
    alice: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = alice.file(*(alice.line("A", str(10 + n % 2), at=str(n)) for n in range(6)))
    for pieces in (1, 5):
        for name, value in (("FIRST_ROWS", 2), ("BATCH_ROWS", 2), ("TRIED_BATCHES", pieces)):
            monkeypatch.setattr(events_module, name, value)
        dry = check_events(alice.actor, io.BytesIO(body.encode()))
        assert (dry.good, dry.refused, alice.amounts()) == (3, 3, [])
    done = alice.take(body)
    assert (_counts(done), done.first_refusals) == ((3, 0, 3), dry.first_refusals)


def test_what_stood_before_orders_had_one_amount_comes_again_as_it_is(alice: Shop) -> None:
    lines = alice.line("A"), alice.line("A", "11", at="1")
    alice.told(lines[0])
    with psycopg.connect(alice.database.superuser_dsn) as connection:
        connection.execute("delete from conversion_orders where tenant_id = %s", [alice.tenant.tenant_id])
    alice.told(lines[1])
    with psycopg.connect(alice.database.superuser_dsn) as connection:
        connection.execute(
            "update conversion_orders set value_micros = 10000000 where tenant_id = %s",
            [alice.tenant.tenant_id],
        )
    assert _counts(alice.told(*lines)) == (0, 2, 0)
    assert _counts(alice.told(alice.line("A", "11", at="2"))) == (0, 0, 1)


def test_orders_of_before_keep_the_amount_of_their_first_report(alice: Shop, charlie: Shop) -> None:
    """What version 140 makes of events that stood already, of which some were written past the imports."""
    alice.told(
        alice.line("A", at="1", source="promo_code"), alice.line("A", "", source="survey"),
        alice.line("B", type="lead", source="vanity_url"), alice.line("P"),
    )  # fmt: skip
    charlie.told(charlie.line("A", "7", source="promo_code"))
    with psycopg.connect(alice.database.superuser_dsn) as connection:
        connection.execute("delete from conversion_orders")
        for minutes, told in (
            (2, {"order_id": "A", "value_micros": 11_000_000, "currency": "EUR"}),
            # Whoever asks for a pixel can say so.
            (0, {"order_id": "A", "value_micros": 1, "currency": "EUR", "source": "pixel"}),
            (0, {"order_id": "C", "value_micros": 0.5, "currency": "EUR"}),
            (0, {"order_id": "x" * 201, "value_micros": 5, "currency": "EUR"}),
            (0, {"order_id": "", "value_micros": 5, "currency": "EUR"}),
            (0, {"value_micros": 5, "currency": "EUR"}),
        ):
            connection.execute(
                "insert into attribution_events (tenant_id, campaign_id, attribution_type, attribution_data,"
                " occurred_at) values (%s, %s, 'purchase', %s, %s)",
                [alice.tenant.tenant_id, alice.campaign, Jsonb({"source": "promo_code"} | told),
                 NOW - timedelta(days=1, minutes=-minutes)],
            )  # fmt: skip
    for _ in range(2):
        _fill(alice.database)
        assert sorted(alice.rows(KEPT)) == [
            ("A", "purchase", 10_000_000, "EUR"), ("B", "lead", 10_000_000, "EUR")
        ]  # fmt: skip
        assert charlie.rows(KEPT) == [("A", "purchase", 7_000_000, "EUR")]


KEPT = "select order_id, conversion_type, value_micros, currency from conversion_orders where tenant_id = %(tenant)s"


def _fill(database: Database, patience: str = "10s") -> None:
    """What version 140 does, as the runner does it."""
    (version,) = (each for each in load(FOLDER, "plain") if each.version == 140)
    (fill,) = (each for each in split_statements(version.sql) if "insert into conversion_orders" in each)
    assert not version.in_transaction
    with psycopg.connect(database.owner_dsn, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("select set_config('lock_timeout', %s, false)", [patience])
        connection.execute(fill.encode())


def test_orders_of_before_are_filled_tenant_by_tenant(alice: Shop, charlie: Shop) -> None:
    """Whoever waits for one tenant's orders waits for no other's: here the last one's wait, and the first's stand."""
    first, last = sorted((alice, charlie), key=lambda shop: shop.tenant.tenant_id)
    for shop in (first, last):
        shop.told(shop.line("A", source="promo_code"))
    with psycopg.connect(alice.database.superuser_dsn) as connection:
        connection.execute("delete from conversion_orders")
    with psycopg.connect(alice.database.superuser_dsn) as busy:
        busy.execute(
            "insert into conversion_orders (tenant_id, campaign_id, conversion_type, order_id, value_micros, currency)"
            " values (%s, %s, 'purchase', 'A', 1, 'EUR')",
            [last.tenant.tenant_id, last.campaign],
        )
        with pytest.raises(psycopg.errors.LockNotAvailable):
            _fill(alice.database, "200ms")
        busy.rollback()
    assert (len(first.rows(KEPT)), len(last.rows(KEPT))) == (1, 0)
    _fill(alice.database)
    assert len(last.rows(KEPT)) == 1


def test_nobody_waits_for_a_dry_run_of_the_same_orders(alice: Shop) -> None:
    """It keeps what it tried by itself: the database lets others tell these orders meanwhile."""
    rows = [*alice.line("A").split(",")]
    header = HEADER.split(",")
    row = read_row("attribution", 1, {key: told for key, told in zip(header, rows, strict=True) if told})
    event = Event(row, uuid4().hex, row.occurred_at.isoformat(), None, str(alice.campaign))
    said: dict[Order, Amount] = {}
    with taken_back(alice.actor) as trial:
        assert other_amounts(trial, [event], said) == {}
        with psycopg.connect(alice.database.superuser_dsn) as other:
            other.execute("set lock_timeout = '2s'")
            other.execute(
                "insert into conversion_orders (tenant_id, campaign_id, conversion_type, order_id, value_micros,"
                " currency) values (%s, %s, 'purchase', 'A', 1, 'EUR')",
                [alice.tenant.tenant_id, alice.campaign],
            )
    assert said == {(str(alice.campaign), "purchase", "A"): (10_000_000, "EUR")}


def test_of_two_who_tell_an_order_at_once_one_is_refused(
    alice: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both look before either is through: the second waits for the first, and then sees what stands."""
    email = f"{alice.one}@sender.example"
    alice.tenant.person(email, "admin")
    create_api_key(alice.actor, email=email, name="Collector", scopes=("events.write",))
    [(key,)] = alice.rows("select id from api_keys where tenant_id = %(tenant)s")
    both = threading.Barrier(2)
    events = [
        {
            "campaign_id": str(alice.campaign), "attribution_type": "purchase", "source": "pixel", "order_id": order,
            "value": value, "currency": "EUR", "occurred_at": (NOW - timedelta(days=1)).isoformat(),
        }
        for order in ("A", "B") for value in (10, 11)
    ]  # fmt: skip
    refused: list[int] = []

    def send(mine: list[dict[str, Any]]) -> None:
        both.wait(10)
        refused.append(len(take_events(alice.tenant.tenant_id, key, mine).refusals))

    senders = [
        threading.Thread(target=send, args=[mine])
        for mine in ([events[0], events[2]], [events[3], events[1]])
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(20)
    # They go through the orders the same way round, so that none has half of them.
    assert sorted(refused) == [0, 2]
    assert [row[0] for row in alice.amounts()] == ["A", "B"]
