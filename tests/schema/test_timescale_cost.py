"""What a refresh costs on TimescaleDB, as history grows."""

from __future__ import annotations

import sys
import time
from datetime import timedelta

import pytest

from queries import refresh
from tests.timescale.sides import NOW, Side, TenantIds

pytestmark = pytest.mark.once


@pytest.mark.proof
def test_one_more_day_costs_what_is_new_whatever_the_history(
    timescale: Side, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command that refreshes the aggregates, after 60 and after 720 days of history: under 1.5 times the time."""
    of = TenantIds("cost", "UTC")
    timescale.make(of)

    def listen(first_day: int, last_day: int, downloads: int = 100) -> None:
        """So many downloads on each of these days before today."""
        with timescale.writing(of) as connection:
            connection.execute(
                "insert into listener_events (id, tenant_id, episode_id, listener_id, event_type, occurred_at) "
                "select gen_random_uuid(), %s, %s, 'listener ' || n, 'download', "
                "%s - make_interval(days => day, secs => 86400 * n / %s) "
                "from generate_series(%s::int, %s::int) day, generate_series(1, %s) n",
                (of.tenant, of["first"], NOW, downloads, first_day, last_day, downloads),
            )

    def refreshed() -> float:
        with timescale.entered():
            began = time.perf_counter()
            refresh.refresh_aggregates()
            return time.perf_counter() - began

    def one_more_day() -> float:
        times = []
        for _ in range(5):
            listen(0, 0, 20_000)  # what the large demo hears in a day
            times.append(refreshed())
            with timescale.writing(of) as connection:  # so that each round finds the day as the first one did
                connection.execute(
                    "delete from listener_events where tenant_id = %s and occurred_at > %s",
                    (of.tenant, NOW - timedelta(days=1)),
                )
            refreshed()
        return min(times)  # what else runs on the machine only ever adds to a time

    listen(2, 60)
    refreshed()
    short = one_more_day()
    listen(61, 720)
    refreshed()
    long = one_more_day()
    figures = f"{short * 1000:.0f} ms after 60 days, {long * 1000:.0f} ms after 720: {long / short:.2f}"
    with capsys.disabled():
        sys.stdout.write(f"\nThe aggregates' refresh, one more day: {figures}\n")
    assert long < 1.5 * short, figures
