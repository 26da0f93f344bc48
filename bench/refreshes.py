"""What one more day of events costs to digest, with 60 and with 730 days of history before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

from bench.data_set import HISTORY_DATABASES, ensure_histories, on_database
from bench.measure import backends, median, timed
from dashboard.worker import settings_of_worker
from queries import refresh
from queries.attribution import compute_attribution
from queries.engine import dispose_engines
from queries.settings import Settings, use_settings
from schema.server import SUPERUSER, Server, create_database, drop_database

_COMMANDS: dict[str, Callable[[], object]] = {
    "rollups": refresh.refresh_rollups,
    "metrics_daily": refresh.refresh_metrics_daily,
    "attribution": compute_attribution,
    "milestones": refresh.refresh_milestones,
}

# The events of one day (in UTC, two days back, so whole in both databases) once more, some days later, as new ones.
_ONE_MORE_DAY = (
    """
    insert into listener_events (tenant_id, episode_id, listener_id, event_type, event_data, occurred_at)
    select tenant_id, episode_id, listener_id, event_type, event_data, occurred_at + make_interval(days => %(shift)s)
    from listener_events
    where occurred_at >= date_trunc('day', %(last)s::timestamptz, 'UTC') - interval '1 day'
        and occurred_at < date_trunc('day', %(last)s::timestamptz, 'UTC')
    """,
    """
    insert into attribution_events
        (tenant_id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at)
    select tenant_id, campaign_id, episode_id, listener_id, attribution_type,
           case when attribution_data ? 'order_id'
                then jsonb_set(attribution_data, '{order_id}', to_jsonb((attribution_data ->> 'order_id') || '-' || %(shift)s))
                else attribution_data end,
           occurred_at + make_interval(days => %(shift)s)
    from attribution_events
    where occurred_at >= date_trunc('day', %(last)s::timestamptz, 'UTC') - interval '1 day'
        and occurred_at < date_trunc('day', %(last)s::timestamptz, 'UTC')
    """,
)


def measure_refreshes(
    server: Server, settings: Settings, rounds: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Medians of the interleaved rounds for each command and history, and the ratio of the long to the short one."""
    ensure_histories(server, settings, say)
    scratch = {days: f"bench_{name}" for days, name in HISTORY_DATABASES.items()}
    try:
        for days, name in scratch.items():
            drop_database(server, name)
            create_database(server, name, template=HISTORY_DATABASES[days])
            # A copy is cold and has no statistics of its own to catch up with; both begin alike.
            with psycopg.connect(server.dsn(SUPERUSER, name), autocommit=True) as connection:
                connection.execute("vacuum (analyze)")
        return _rounds(server, settings, scratch, rounds)
    finally:
        dispose_engines()
        use_settings(settings)
        for name in scratch.values():
            drop_database(server, name)


def _rounds(server: Server, settings: Settings, scratch: dict[int, str], rounds: int) -> dict[str, Any]:
    wall: dict[tuple[str, int], list[float]] = {}
    cpu: dict[tuple[str, int], list[float]] = {}
    events: dict[int, int] = {}
    lasts = {}
    for days, name in scratch.items():
        with psycopg.connect(server.dsn(SUPERUSER, name)) as connection:
            lasts[days] = connection.execute("select max(occurred_at) from listener_events").fetchone()[0]  # type: ignore[index]
    for number in range(1, rounds + 2):
        for days, name in scratch.items():
            events[days] = _add_day(server, name, lasts[days], number)
            use_settings(settings_of_worker(on_database(settings, server, name)))
            for command, run in _COMMANDS.items():
                took = timed(run, backends(server) or ())
                # The first round warms: its connections are opened while the clock runs.
                if number > 1:
                    wall.setdefault((command, days), []).append(took.wall_ms)
                    cpu.setdefault((command, days), []).append(took.own_ms + took.backend_ms)
    short, long = sorted(scratch)
    return {
        "events_per_day": events,
        "commands": {
            command: {
                f"days_{short}_ms": round(median(wall[command, short]), 1),
                f"days_{long}_ms": round(median(wall[command, long]), 1),
                f"days_{short}_cpu_ms": round(median(cpu[command, short]), 1),
                f"days_{long}_cpu_ms": round(median(cpu[command, long]), 1),
                "ratio": round(median(wall[command, long]) / median(wall[command, short]), 2),
                "cpu_ratio": round(median(cpu[command, long]) / max(median(cpu[command, short]), 0.01), 2),
            }
            for command in _COMMANDS
        },
    }


def _add_day(server: Server, name: str, last: Any, number: int) -> int:
    with psycopg.connect(server.dsn(SUPERUSER, name)) as connection:
        return sum(
            connection.execute(statement, {"last": last, "shift": number}).rowcount
            for statement in _ONE_MORE_DAY
        )
