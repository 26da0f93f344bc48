"""A request at a prefix is kept before it is answered, and counted once, whatever happens to the worker at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, text

from dashboard.collector import install_collector
from queries import refresh
from queries.errors import DatabaseUnavailable, InvalidRequest
from queries.ingest import waiting
from queries.ingest.collector import Lists
from queries.ingest.counting.addresses import Networks
from queries.ingest.counting.countries import Countries
from queries.ingest.counting.rules import COUNTING_VERSION
from queries.ingest.logs.rulings import judge_fetches
from queries.settings import Settings
from tests.dashboard.test_collector import Sender
from tests.unit.mmdb_sample import mmdb


@pytest.fixture
def alpha(app: Flask, in_tables: Any) -> Sender:
    sender = Sender(app, in_tables, "alpha", "Alice")
    sender.count()  # what other tests have left
    return sender


def _waiting(sender: Sender) -> int:
    found: int = sender.one(
        "select count(*) from internal.waiting_requests where episode_id = %s", sender.episode
    )
    return found


def _downloads(sender: Sender) -> int:
    found: int = sender.one("select count(*) from listener_events where episode_id = %s", sender.episode)
    return found


def test_what_is_answered_is_kept_and_the_next_refresh_counts_it(alpha: Sender) -> None:
    for _ in range(2):
        assert alpha.get(f"/e/{alpha.episode}").status_code == 302
    assert (_waiting(alpha), _downloads(alpha)) == (2, 0)
    kept = alpha.tables.execute(
        "select * from internal.waiting_requests where episode_id = %s", [alpha.episode]
    )
    assert "192.0.2.7" not in str(kept.fetchall())
    refresh.refresh_rollups()
    assert (_waiting(alpha), _downloads(alpha)) == (0, 1)
    assert alpha.excluded() == ["repeat"]
    counted = "select sum(downloads) from internal.episode_days where episode_id = %s"
    assert alpha.one(counted, alpha.episode) == 1


def test_a_worker_that_is_killed_at_counting_loses_nothing_and_counts_nothing_twice(
    alpha: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the database a process that is killed is a connection that ends."""
    alpha.get(f"/e/{alpha.episode}")
    stored: list[int] = []

    def judge_and_end(connection: Connection, *given: Any, **named: Any) -> Any:
        judge_fetches(connection, *given, **named)
        seen = text("select count(*) from listener_events where episode_id = :episode")
        stored.append(connection.execute(seen, {"episode": alpha.episode}).scalar_one())
        pid = connection.execute(text("select pg_backend_pid()")).scalar_one()
        assert alpha.one("select pg_terminate_backend(%s, 5000)", pid)

    with monkeypatch.context() as patch:
        patch.setattr(waiting, "judge_fetches", judge_and_end)
        with pytest.raises(DatabaseUnavailable):
            alpha.count()
    assert stored == [1]
    assert (_waiting(alpha), _downloads(alpha)) == (1, 0)
    for _ in range(2):
        alpha.count()
        assert (_waiting(alpha), _downloads(alpha)) == (0, 1)


def test_much_that_waits_is_counted_in_several_transactions(
    alpha: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_AT_ONCE", 2)
    for number in range(5):
        alpha.get(f"/e/{alpha.episode}", ip=f"192.0.{number}.1")
    alpha.count()
    assert (_waiting(alpha), _downloads(alpha)) == (3, 2)
    refresh.refresh_rollups()
    assert (_waiting(alpha), _downloads(alpha)) == (0, 5)


def test_a_request_waits_for_no_import(alpha: Sender, in_tables: psycopg.Connection[Any]) -> None:
    """An import has its turn for as long as a batch of it takes."""
    assert alpha.get(f"/e/{alpha.episode}").status_code == 302
    with in_tables.transaction():
        in_tables.execute(
            "select pg_advisory_xact_lock(hashtextextended('podboard downloads ' || %s::text, 0)),"
            " set_config('statement_timeout', '20s', true)",
            [alpha.tenant],
        )
        assert alpha.get(f"/e/{alpha.episode}").status_code == 302


def test_each_download_says_what_its_request_was_filtered_by(
    alpha: Sender, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list came between two requests; of one that the release before kept nobody knows."""
    alpha.get(f"/e/{alpha.episode}", ip="192.0.2.1")
    monkeypatch.setitem(app.extensions, "counting_lists", Lists(Networks(["203.0.113.0/24"])))
    alpha.get(f"/e/{alpha.episode}", ip="192.0.2.2")
    alpha.get(f"/e/{alpha.episode}", ip="203.0.113.9")
    _keep(alpha, alpha.episode)
    alpha.count()
    found = alpha.tables.execute(
        "select m.data_centres, m.download_window, m.rule_version, m.first_at <= l.occurred_at,"
        " m.last_at >= l.occurred_at from listener_events l join counting_methods m"
        " on m.tenant_id = l.tenant_id and m.number = l.counted_by where l.episode_id = %s order by l.occurred_at",
        [alpha.episode],
    ).fetchall()
    assert found == [
        (filtered, "calendar_day", COUNTING_VERSION, True, True)
        for filtered in ("without_list", "with_list", "unknown")
    ]
    assert alpha.excluded() == ["data_centre"]


def test_a_prefix_tells_countries_by_the_same_addresses_and_the_same_list_as_all_else(
    alpha: Sender, app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What a damaged database holds costs no listener the episode."""
    path = tmp_path / "places.mmdb"
    path.write_bytes(
        mmdb({
            "192.0.2.0/24": {"country": {"iso_code": "UK"}, "subdivisions": [{"iso_code": "S\0"}]},
            "198.51.100.0/24": {"country": {"iso_code": "\0\0"}},
        })
    )  # fmt: skip
    with Countries(path) as countries:
        monkeypatch.setitem(app.extensions, "counting_lists", Lists(Networks(), countries.place))
        for address in ("192.0.2.1", "::ffff:192.0.2.2", "198.51.100.1"):
            assert alpha.get(f"/e/{alpha.episode}", ip=address).status_code == 302
    alpha.count()
    found = alpha.tables.execute(
        "select event_data ->> 'country', event_data ->> 'region' from listener_events where episode_id = %s"
        " order by occurred_at",
        [alpha.episode],
    ).fetchall()
    assert found == [("GB", None), ("GB", None), (None, None)]


def test_a_prefix_filters_by_the_as_numbers_that_the_installation_lists(
    alpha: Sender, app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clouds, numbers = tmp_path / "clouds.txt", tmp_path / "as.mmdb"
    clouds.write_text("AS64496\n")
    numbers.write_bytes(mmdb({"203.0.113.0/24": {"autonomous_system_number": 64496}}))
    other = Flask(__name__)
    CSRFProtect(other)
    with pytest.raises(
        InvalidRequest, match="AS64496 is an AS number, and PODBOARD_AS_NUMBERS names no database"
    ):
        install_collector(other, Settings(data_centres=(clouds,)))
    install_collector(other, Settings(data_centres=(clouds,), as_numbers=numbers))
    monkeypatch.setitem(app.extensions, "counting_lists", other.extensions["counting_lists"])
    for address in ("203.0.113.9", "::ffff:203.0.113.8", "192.0.2.1"):
        assert alpha.get(f"/e/{alpha.episode}", ip=address).status_code == 302
    alpha.count()
    assert _downloads(alpha) == 1
    assert alpha.excluded() == ["data_centre"] * 2
    assert (
        alpha.one(
            "select m.data_centres from listener_events l join counting_methods m"
            " on m.tenant_id = l.tenant_id and m.number = l.counted_by where l.episode_id = %s",
            alpha.episode,
        )
        == "with_list"
    )


def test_what_waits_for_another_tenants_episode_is_let_go_of(
    alpha: Sender, app: Flask, in_tables: Any
) -> None:
    beta = Sender(app, in_tables, "beta", "Charlie")
    _keep(alpha, beta.episode)
    _keep(alpha, uuid4())
    alpha.count()
    assert (_waiting(beta), _downloads(beta), _downloads(alpha)) == (0, 0, 0)


def _keep(sender: Sender, episode: UUID) -> None:
    sender.tables.execute(
        "insert into internal.waiting_requests (tenant_id, occurred_at, id, episode_id, listener_id, app, device, os)"
        " values (%s, now(), %s, %s, 'somebody', 'Overcast', 'phone', 'iOS')",
        [sender.tenant, uuid4(), episode],
    )
