"""What prefixes, pixels and vanity URLs take and refuse is one import an hour of each, counted once and listed."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Connection, text

from queries import refresh
from queries.errors import DatabaseUnavailable
from queries.ingest import waiting
from queries.ingest.collector import create_link
from queries.ingest.counting.reasons import Reason, Unreadable, words_of_reason
from queries.ingest.orders import OTHER_AMOUNT
from tests.dashboard.test_collector import GOOGLEBOT, NOW, Sender
from tests.dashboard.visitors import ADDRESS, Browser
from tests.unit.counting_samples import PHONE

WATCH = "atc/1.0 watchOS/10.1 model/Watch6,2 hwp/t8301 build/21S67 (6; dt:239)"


class Links(Sender):
    """A sender whose campaign has a pixel and a vanity URL."""

    def __init__(self, app: Flask, in_tables: Any, slug: str, person: str) -> None:
        super().__init__(app, in_tables, slug, person)
        self.count()  # what other tests have left
        name = f"{slug}/imports-{self.campaign.hex[:8]}"
        create_link(self.actor, self.campaign, kind="pixel", key=self.campaign.hex)
        create_link(
            self.actor, self.campaign, kind="vanity_url", key=name, target_url="https://shop.example/x"
        )
        self.pixel, self.vanity = f"/p/{self.campaign.hex}.gif", f"/v/{name}"

    def waiting(self) -> int:
        found: int = self.one(
            "select count(*) from internal.waiting_outcomes where subject_id in (%s, %s)", self.episode, self.campaign
        )  # fmt: skip
        return found

    def counted(self, source: str) -> Counter[str]:
        """What imports of this source say together, known rows and the number of listed ones too."""
        found = self.named(source)
        found["known"] = self.one(
            "select coalesce(sum(records_duplicate), 0) from etl_imports where tenant_id = %s and source_name = %s",
            self.tenant, source,
        )  # fmt: skip
        # A test at the turn of an hour has a row of each.
        return Counter({name: number for name, number in found.items() if not name.endswith(" reaches")})

    def listed(self, browser: Browser, source: str, about: str) -> list[list[str]]:
        """The lines of the lists of refused rows of this source that are about this."""
        imports = self.tables.execute(
            "select id from etl_imports where tenant_id = %s and source_name = %s order by started_at",
            [self.tenant, source],
        ).fetchall()
        lines = []
        for (id_,) in imports:
            answer = browser.get(f"/imports/{id_}/refused.csv")
            assert answer.status_code == 200
            lines += list(csv.reader(io.StringIO(answer.text)))[1:]
        return [line for line in lines if about in line[2]]


@pytest.fixture
def alpha(app: Flask, in_tables: Any) -> Links:
    return Links(app, in_tables, "alpha", "Alice")


def test_whatever_a_prefix_refuses_is_counted_and_listed_in_its_import(
    alpha: Links, browse: Callable[..., Browser]
) -> None:
    before = alpha.counted("Prefix")
    path = f"/e/{alpha.episode}"
    alpha.get(path, agent=GOOGLEBOT)
    alpha.client.head(path, base_url=ADDRESS, headers={"User-Agent": PHONE})
    alpha.get(path, agent="")
    alpha.get(path, agent=WATCH)
    alpha.get(path, Range="bytes=0-1")
    alpha.get(path)
    alpha.get(path)
    assert alpha.waiting() == 5
    refresh.refresh_rollups()
    assert alpha.waiting() == 0
    reasons = ["bot", "head", "empty_agent", "watch_app", "range_probe", "repeat"]
    assert alpha.counted("Prefix") - before == {
        "listener_events taken": 1, "listener_events refused": 6, **dict.fromkeys(reasons, 1),
    }  # fmt: skip
    assert sorted(alpha.excluded()) == sorted(reasons)
    assert alpha.one(
        "select count(*) from excluded_requests where episode_id = %s and import_id is null", alpha.episode
    ) == 0  # fmt: skip
    listed = alpha.listed(browse("Alice"), "Prefix", f"episode {alpha.episode}")
    assert [line[1] for line in listed] == [words_of_reason(reason) for reason in reasons]


def test_a_prefix_has_data_up_to_the_last_request_whether_it_counts_or_not(alpha: Links) -> None:
    alpha.get(f"/e/{alpha.episode}", agent=GOOGLEBOT)
    refresh.refresh_rollups()
    assert alpha.one(
        "select max(cast(figures #>> '{reached,listener_events}' as timestamptz)) = ("
        " select max(occurred_at) from excluded_requests where episode_id = %s)"
        " from etl_imports where tenant_id = %s and source_name = 'Prefix'",
        alpha.episode, alpha.tenant,
    )  # fmt: skip
    assert alpha.one(
        "select count(*) from podcast_sources s join episodes e on e.podcast_id = s.podcast_id where e.id = %s"
        " and s.source_name = 'Prefix'",
        alpha.episode,
    ) == 1  # fmt: skip


def test_a_file_that_is_called_as_a_prefix_lists_its_rows_once(
    alpha: Links, browse: Callable[..., Browser]
) -> None:
    """Of a file what did not count stands among its refused rows already."""
    taken = alpha._insert(
        "etl_imports", import_type="listener_events", source="Prefix", source_sha256="a" * 64, status="completed",
        source_name="a file", started_at="2026-01-01T00:00Z", completed_at="2026-01-01T00:01Z", records_refused=1,
    )  # fmt: skip
    alpha._insert("import_refusals", import_id=taken, line_number=7, reason=words_of_reason("repeat"))
    alpha._insert(
        "excluded_requests", episode_id=alpha.episode, import_id=taken, reason="repeat", rule_version="a test",
        occurred_at="now",
    )  # fmt: skip
    answer = browse("Alice").get(f"/imports/{taken}/refused.csv")
    assert list(csv.reader(io.StringIO(answer.text)))[1:] == [["7", words_of_reason("repeat"), ""]]


def test_what_links_take_and_refuse_is_one_import_an_hour_of_each(
    alpha: Links, browse: Callable[..., Browser]
) -> None:
    before = {source: alpha.counted(source) for source in ("Pixel", "Vanity URLs")}
    for query in ("order_id=1&value=5&currency=EUR", "order_id=1&value=5.00&currency=eur", "type=lead"):
        assert alpha.get(f"{alpha.pixel}?{query}").status_code == 200
    alpha.get(alpha.pixel, agent=GOOGLEBOT)
    alpha.get(alpha.vanity)
    alpha.get(alpha.vanity, Purpose="prefetch")
    alpha.get(alpha.vanity, agent="")
    assert alpha.waiting() == 7
    refresh.refresh_rollups()
    assert alpha.waiting() == 0
    assert alpha.counted("Pixel") - before["Pixel"] == {
        "attribution_events taken": 2, "known": 1, "attribution_events refused": 1, "bot": 1,
    }  # fmt: skip
    assert alpha.counted("Vanity URLs") - before["Vanity URLs"] == {
        "attribution_events taken": 1, "attribution_events refused": 2, "preload": 1, "empty_agent": 1,
    }  # fmt: skip
    alpha.count()
    assert alpha.counted("Pixel")["known"] == before["Pixel"]["known"] + 1
    listed = alpha.listed(browse("Alice"), "Vanity URLs", f"campaign {alpha.campaign}")
    assert [line[1] for line in listed] == [Reason.PRELOAD.words, Reason.EMPTY_AGENT.words]
    # How far it goes is the last one that was read, whether it counts or not: the robot came last.
    assert alpha.one(
        "select max(cast(figures #>> '{reached,conversions}' as timestamptz)) = ("
        " select max(occurred_at) from excluded_visits where campaign_id = %s and kind = 'pixel')"
        " from etl_imports where tenant_id = %s and source_name = 'Pixel'",
        alpha.campaign, alpha.tenant,
    )  # fmt: skip


WRONG: Mapping[str, Unreadable] = {
    "value=xyz&currency=EUR": Unreadable.VALUE,
    "value=-3&currency=EUR": Unreadable.VALUE,
    "value=NaN&currency=EUR": Unreadable.VALUE,
    "value=1e30&currency=EUR": Unreadable.VALUE,
    "value=0.0000001&currency=EUR": Unreadable.VALUE,
    "value=5": Unreadable.CURRENCY,
    "value=5&currency=%20": Unreadable.CURRENCY,
    "value=5&currency=somebody@example.com": Unreadable.CURRENCY,
    "type=banana": Unreadable.TYPE,
    "type=impression": Unreadable.TYPE,
    "type=%20Impression": Unreadable.TYPE,
    "type=%20": Unreadable.TYPE,
    "order_id=" + "somebody" * 38: Unreadable.ORDER_ID,
    "order_id=somebody%00": Unreadable.ORDER_ID,
    "order_id=somebody%E4": Unreadable.ORDER_ID,
    "order_id=somebody@mail.example": Unreadable.ORDER_ID,
    "order_id=%2B49%20170%201234567": Unreadable.ORDER_ID,
    "order_id=203.0.113.98": Unreadable.ORDER_ID,
    "order_id=somebody&order_id=B": Unreadable.ORDER_ID,
    "order_id=somebody&order_id=somebody": Unreadable.ORDER_ID,
    "order_id=&order_id=somebody": Unreadable.ORDER_ID,
    "value=5&value=6&currency=EUR": Unreadable.VALUE,
    "value=5&currency=EUR&currency=USD": Unreadable.CURRENCY,
    "type=lead&type=purchase": Unreadable.TYPE,
}


def test_what_a_pixel_is_told_wrong_is_counted_and_none_of_it_kept_but_an_order(
    alpha: Links, browse: Callable[..., Browser]
) -> None:
    before = alpha.counted("Pixel")
    for query in WRONG:
        answer = alpha.get(f"{alpha.pixel}?{query}")
        # A browser shows the picture whatever the status is.
        assert (answer.status_code, answer.mimetype, answer.data[:6]) == (400, "image/gif", b"GIF89a"), query
    kept = alpha.tables.execute(
        "select * from internal.waiting_outcomes where subject_id = %s", [alpha.campaign]
    ).fetchall()
    assert len(kept) == len(WRONG)
    alpha.count()
    assert alpha.conversions() == []
    refused = Counter(reason.value for reason in WRONG.values())
    assert alpha.counted("Pixel") - before == refused + Counter({"attribution_events refused": len(WRONG)})
    stored = alpha.tables.execute("select * from excluded_visits where campaign_id = %s", [alpha.campaign])
    listed = alpha.listed(browse("Alice"), "Pixel", str(alpha.campaign))
    assert [line[1] for line in listed] == [words_of_reason(reason) for reason in WRONG.values()]
    for told in ("somebody", "banana", "xyz", "1234567", "203.0.113"):
        assert told not in str((kept, stored.fetchall(), listed))


def test_a_refused_order_is_listed_with_its_id_unless_it_is_an_address(
    alpha: Links, browse: Callable[..., Browser]
) -> None:
    order = f"R-{alpha.campaign.hex[:6]}"
    alpha.get(f"{alpha.pixel}?order_id=%20{order}%20&value=5&currency=EUR", agent=GOOGLEBOT)
    alpha.get(f"{alpha.pixel}?order_id={order}-1&value=5&value=6&currency=EUR")
    alpha.get(f"{alpha.pixel}?order_id={order}-2&value=5&currency=EUR")
    alpha.get(f"{alpha.pixel}?order_id={order}-2&value=6&currency=EUR")
    alpha.get(f"{alpha.pixel}?order_id=somebody@example.com&value=abc")
    alpha.get(f"{alpha.pixel}?order_id=192.0.2.1&value=abc")
    alpha.get(f"{alpha.pixel}?order_id=&value=abc")
    # A page that is said aloud is told nothing.
    alpha.get(f"{alpha.vanity}?order_id={order}", agent=GOOGLEBOT)
    alpha.count()
    for source, told in (
        ("Pixel", [order, f"{order}-1", f"{order}-2", None, None, None]),
        ("Vanity URLs", [None]),
    ):
        listed = alpha.listed(browse("Alice"), source, str(alpha.campaign))
        about = f", campaign {alpha.campaign}"
        assert [line[2].partition(about)[2] for line in listed] == [
            f", order {one}" if one else "" for one in told
        ], source


def test_other_names_may_stand_twice_at_a_pixel(alpha: Links) -> None:
    assert alpha.get(f"{alpha.pixel}?order_id=T&utm=a&utm=b").status_code == 200
    assert alpha.conversions() == [("purchase", {"source": "pixel", "order_id": "T"})]


def test_an_order_that_says_something_else_is_refused_and_what_it_said_first_stands(alpha: Links) -> None:
    before = alpha.counted("Pixel")
    assert alpha.get(f"{alpha.pixel}?order_id=A&value=19.90&currency=EUR").status_code == 200
    others = ("value=99&currency=EUR", "value=19.90&currency=USD", "type=lead&value=19.90&currency=EUR", "")
    for other in others:
        answer = alpha.get(f"{alpha.pixel}?order_id=A&{other}")
        assert (answer.status_code, answer.mimetype, answer.data[:6]) == (409, "image/gif", b"GIF89a"), other
    # The same from another device is the same order.
    assert alpha.get(f"{alpha.pixel}?order_id=A&value=19.9&currency=EUR", ip="192.0.2.99").status_code == 200
    assert alpha.conversions() == [
        ("purchase", {"source": "pixel", "order_id": "A", "value_micros": 19_900_000, "currency": "EUR"})
    ]
    assert alpha.counted("Pixel") - before == {
        "attribution_events taken": 1, "known": 1, "attribution_events refused": len(others),
        "order_differs": len(others),
    }  # fmt: skip


def test_an_order_has_one_amount_at_the_pixel_and_in_batches_alike(alpha: Links) -> None:
    order = {
        "campaign_id": str(alpha.campaign), "attribution_type": "purchase", "occurred_at": NOW.isoformat(),
        "currency": "EUR",
    }  # fmt: skip

    def sent(order_id: str, value: str, source: str = "promo_code") -> tuple[int, list[str]]:
        told = alpha.post([order | {"order_id": order_id, "value": value, "source": source}]).json
        return told["imported"], [refusal["reason"] for refusal in told["refusals"]]

    def shown(order_id: str, value: str) -> int:
        status: int = alpha.get(f"{alpha.pixel}?order_id={order_id}&value={value}&currency=EUR").status_code
        return status

    before = alpha.counted("Pixel")
    assert (sent("H", "5"), shown("H", "6"), shown("H", "5.00"), shown("H", "5")) == ((1, []), 409, 200, 200)
    assert sent("H", "6", "pixel") == (0, [OTHER_AMOUNT])
    assert [(data["order_id"], data["source"], data["value_micros"]) for _, data in alpha.conversions()] == [
        ("H", "promo_code", 5_000_000), ("H", "pixel", 5_000_000),
    ]  # fmt: skip
    alpha.count()
    assert (alpha.counted("Pixel") - before)["order_differs"] == 1


def test_what_a_pixel_tells_of_an_order_refuses_no_file(alpha: Links) -> None:
    """Anybody can ask for a pixel and guess an order: the shop itself says what it came to."""

    def shown(value: str) -> int:
        status: int = alpha.get(f"{alpha.pixel}?order_id=G&value={value}&currency=EUR").status_code
        return status

    def sent(value: str) -> int:
        order = {
            "campaign_id": str(alpha.campaign), "attribution_type": "purchase", "occurred_at": NOW.isoformat(),
            "currency": "EUR", "order_id": "G", "source": "promo_code",
        }  # fmt: skip
        imported: int = alpha.post([order | {"value": value}]).json["imported"]
        return imported

    assert (shown("0.01"), shown("0.02"), sent("120"), sent("0.01")) == (200, 409, 1, 0)
    # What stands is the same order that says the same, whatever else was told since.
    assert (shown("0.01"), shown("120")) == (200, 409)
    assert [(data["source"], data["value_micros"]) for _, data in alpha.conversions()] == [
        ("pixel", 10_000), ("promo_code", 120_000_000),
    ]  # fmt: skip


def test_a_pixel_with_a_blank_order_tells_a_conversion_without_one(alpha: Links) -> None:
    before = alpha.counted("Pixel")
    query = "order_id=%20&value=10&currency=EUR&type=purchase"
    for _ in range(2):
        assert alpha.get(f"{alpha.pixel}?{query}").status_code == 200
    assert [("order_id" in data, data["value_micros"]) for _, data in alpha.conversions()] == [
        (False, 10_000_000), (False, 10_000_000),
    ]  # fmt: skip
    # Each is an event of its own, as two without an order are.
    assert alpha.one(
        "select count(distinct id) from attribution_events where campaign_id = %s", alpha.campaign
    ) == 2  # fmt: skip
    alpha.count()
    assert alpha.counted("Pixel") - before == {"attribution_events taken": 2}


def test_a_worker_that_is_killed_at_counting_visits_counts_each_once(
    alpha: Links, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the database a process that is killed is a connection that ends."""
    before = alpha.counted("Pixel")
    alpha.get(alpha.pixel)
    alpha.get(alpha.pixel, agent=GOOGLEBOT)

    def count_and_end(connection: Connection, *given: Any) -> None:
        count_visits(connection, *given)
        pid = connection.execute(text("select pg_backend_pid()")).scalar_one()
        assert alpha.one("select pg_terminate_backend(%s, 5000)", pid)

    count_visits = waiting._count_visits
    with monkeypatch.context() as patch:
        patch.setattr(waiting, "_count_visits", count_and_end)
        with pytest.raises(DatabaseUnavailable):
            alpha.count()
    assert (alpha.waiting(), alpha.counted("Pixel") - before) == (2, Counter())
    for _ in range(2):
        alpha.count()
        assert alpha.waiting() == 0
        assert alpha.counted("Pixel") - before == {
            "attribution_events taken": 1, "attribution_events refused": 1, "bot": 1,
        }  # fmt: skip


def test_what_became_of_another_tenants_requests_is_let_go_of(
    alpha: Links, app: Flask, in_tables: Any
) -> None:
    beta = Links(app, in_tables, "beta", "Charlie")
    before = [alpha.counted(source) for source in ("Prefix", "Pixel")]
    for source, subject in (
        ("prefix", beta.episode), ("pixel", beta.campaign), ("prefix", alpha.campaign), ("pixel", alpha.episode),
        ("vanity_url", uuid4()),
    ):  # fmt: skip
        in_tables.execute(
            "insert into internal.waiting_outcomes"
            " (tenant_id, occurred_at, id, source, subject_id, is_known, refused_for, rule_version)"
            " values (%s, now(), %s, %s, %s, false, 'bot', 'a test')",
            [alpha.tenant, uuid4(), source, subject],
        )
    alpha.count()
    assert (alpha.waiting(), beta.waiting()) == (0, 0)
    assert [alpha.counted(source) for source in ("Prefix", "Pixel")] == before
    assert beta.excluded() == []


def test_an_answer_takes_two_round_trips_whatever_becomes_of_the_request(
    alpha: Links, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha.get(f"/e/{alpha.episode}")  # makes the tenant's secret, where none was made yet
    sent: list[bool] = []

    def execute(cursor: psycopg.Cursor[Any], *given: Any, **named: Any) -> Any:
        # What commits by itself sends neither begin nor commit.
        sent.append(cursor.connection.autocommit)
        return run(cursor, *given, **named)

    run = psycopg.Cursor.execute
    monkeypatch.setattr(psycopg.Cursor, "execute", execute)
    paths = (
        f"/e/{alpha.episode}", alpha.pixel, f"{alpha.pixel}?order_id=7", f"{alpha.pixel}?order_id=7&type=lead",
        f"{alpha.pixel}?value=x", alpha.vanity,
    )  # fmt: skip
    for path in paths:
        for agent in (PHONE, GOOGLEBOT):
            sent.clear()
            alpha.get(path, agent=agent)
            assert sent == [True, True], (path, agent)


def test_nothing_is_lost_with_the_connections_that_a_restarted_database_ended(alpha: Links) -> None:
    def restart() -> None:
        alpha.tables.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where usename in ('podboard_web', 'podboard_worker') and datname = current_database()"
        )

    alpha.get(alpha.pixel)
    alpha.count()
    for asked in (lambda: alpha.get(f"{alpha.pixel}?order_id=9"), lambda: alpha.post([alpha.event("l9")])):
        restart()
        assert asked().status_code == 200
    assert alpha.waiting() == 1
    restart()
    alpha.count()
    assert alpha.waiting() == 0
    assert len(alpha.conversions()) == 2


def test_imports_of_an_hour_say_how_long_their_work_took(alpha: Links) -> None:
    def worked() -> dict[tuple[str, str], int]:
        return {
            (source, kind): milliseconds
            for source, kind, milliseconds in alpha.tables.execute(
                "select source, import_type, sum(cast(figures ->> 'worked_ms' as int)) from etl_imports"
                " where tenant_id = %s and figures -> 'worked_ms' is not null group by source, import_type",
                [alpha.tenant],
            )
        }

    visit = {"campaign_id": str(alpha.campaign), "attribution_type": "visit", "source": "pixel"}
    before = worked()
    for listener in ("l1", "l2"):
        alpha.post([alpha.event(listener), visit])
        alpha.get(f"/e/{alpha.episode}")
        alpha.get(alpha.vanity)
        alpha.get(alpha.pixel, agent=GOOGLEBOT)
        alpha.count()
        after = worked()
        for key in (
            ("API key Collector", "listener_events"), ("API key Collector", "attribution_events"),
            ("Prefix", "listener_events"), ("Vanity URLs", "attribution_events"), ("Pixel", "attribution_events"),
        ):  # fmt: skip
            assert 0 < after[key] - before.get(key, 0) < 60_000, key
        before = after
