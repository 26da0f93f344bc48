"""The ways in by HTTP: batches of events, and how long pixel and prefix take while the aggregates are refreshed."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from bench.measure import median
from bench.pages import web
from bench.scratch import EMAIL, Scratch, scratch
from dashboard.worker import settings_of_worker
from queries import refresh
from queries.api_keys import create_api_key
from queries.ingest.collector import create_link
from queries.settings import Settings, use_settings
from schema.server import SUPERUSER, Server

SECONDS = 15
BATCH = 500
SENDERS = 4
REQUESTS = 400
DOWNLOADS_TODAY = 200_000
"""Of the episode whose prefix is asked, as on the day it comes out."""
_PHONE = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"
_PIXEL = "0123456789abcdef" * 2


def measure_collector(server: Server, settings: Settings, say: Callable[[str], None]) -> dict[str, Any]:
    """Events a second that are answered and stand, and median milliseconds of pixel and prefix."""
    with scratch(server, settings, "bench_collector") as made:
        key = create_api_key(made.actor, email=EMAIL, name="Bench", scopes=("events.write",)).key
        campaign = _campaign(made)
        create_link(made.actor, campaign, kind="pixel", key=_PIXEL)
        with web(made.settings) as served:
            port = served.settings.port
            began = time.monotonic()
            with ThreadPoolExecutor(SENDERS) as pool:
                answered = sum(pool.map(lambda n: _send(port, key, made, n, began + SECONDS), range(SENDERS)))
            took = time.monotonic() - began
            stored = _count(server, made)
            found: dict[str, Any] = {
                "events_s": round(answered / took), "answered": answered, "lost": answered - stored,
                "batch": BATCH, "senders": SENDERS, "downloads_today": DOWNLOADS_TODAY,
            }  # fmt: skip
            say(f"  {found}")
            _release_day(server, made)
            stop = threading.Event()
            rounds: list[int] = []
            refreshing = threading.Thread(target=_refresh, args=(made, stop, rounds))
            refreshing.start()
            try:
                paths = {
                    "prefix": f"/e/{made.episodes[0]}/cdn.example/1.mp3",
                    "pixel": f"/p/{_PIXEL}.gif?type=lead",
                }
                for name, path in paths.items():
                    found[f"{name}_ms"] = round(median(_latencies(port, path)), 2)
            finally:
                stop.set()
                refreshing.join()
            use_settings(made.settings)
            found["refreshes_meanwhile"] = len(rounds)
            say(f"  {found}")
    return found


def _release_day(server: Server, made: Scratch) -> None:
    with psycopg.connect(server.dsn(SUPERUSER, made.name), autocommit=True) as connection:
        connection.execute(
            "insert into listener_events (tenant_id, episode_id, listener_id, event_type, occurred_at)"
            " select %s, %s, md5(n::text), 'download', now() - interval '1 hour' * random() from generate_series(1, %s) n",
            [made.actor.tenant_id, made.episodes[0], DOWNLOADS_TODAY],
        )
        connection.execute("vacuum (analyze) listener_events")


def _campaign(made: Scratch) -> UUID:
    today = datetime.now(UTC).date()
    with psycopg.connect(made.settings.owner_dsn) as connection:
        connection.execute("select set_tenant_context(%s)", [made.actor.tenant_id])
        row = connection.execute(
            "with s as (insert into sponsors (tenant_id, name) values (%(t)s, 'Sponsor') returning id)"
            " insert into campaigns (tenant_id, sponsor_id, name, start_date, end_date, stage)"
            " select %(t)s, id, 'Campaign', %(a)s, %(b)s, 'live' from s returning id",
            {"t": made.actor.tenant_id, "a": today - timedelta(days=5), "b": today + timedelta(days=5)},
        ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def _send(port: int, key: str, made: Scratch, sender: int, until: float) -> int:
    """Batches one after the other over one connection; how many events the answers say were taken."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    taken, number = 0, 0
    while time.monotonic() < until:
        at = datetime.now(UTC) - timedelta(seconds=5)
        batch = [
            {
                "id": f"{sender}-{number}-{n}", "episode_id": str(made.episodes[n % len(made.episodes)]),
                "listener_id": f"l{sender}{number}{n}", "event_type": "download" if n % 2 else "play",
                "occurred_at": at.isoformat(), "app": "Overcast", "country": "DE",
            }
            for n in range(BATCH)
        ]  # fmt: skip
        connection.request("POST", "/api/v1/events", json.dumps(batch), headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        assert answer.status == 200, told
        taken += told["imported"]
        number += 1
    connection.close()
    return taken


def _latencies(port: int, path: str) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    took = []
    for number in range(REQUESTS):
        began = time.perf_counter()
        connection.request("GET", path, headers={"User-Agent": f"{_PHONE} {number}"})
        answer = connection.getresponse()
        answer.read()
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status in (200, 302)
    connection.close()
    return took[REQUESTS // 10 :]


def _refresh(made: Scratch, stop: threading.Event, rounds: list[int]) -> None:
    """The worker's refreshes, again and again; each time everything is dirty once more."""
    use_settings(settings_of_worker(made.settings))
    while not stop.is_set():
        with psycopg.connect(made.settings.owner_dsn) as connection:
            connection.execute(
                "insert into internal.dirty_hours (tenant_id, source, hour)"
                " select %s, 'listener', date_trunc('hour', now()) - n * interval '1 hour' from generate_series(0, 47) n",
                [made.actor.tenant_id],
            )
        refresh.refresh_rollups()
        refresh.refresh_metrics_daily()
        rounds.append(1)


def _count(server: Server, made: Scratch) -> int:
    with psycopg.connect(server.dsn(SUPERUSER, made.name)) as connection:
        row = connection.execute(
            "select count(*) from listener_events where tenant_id = %s", [made.actor.tenant_id]
        ).fetchone()
    assert row is not None
    return int(row[0])
