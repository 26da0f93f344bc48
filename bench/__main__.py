"""`python -m bench`: measures everything in one run and writes results.json, plans.md and the tables of README.md."""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from bench.browser import measure_browser
from bench.collector import measure_collector
from bench.data_set import data_set, home, last_day, rows_of
from bench.imports import measure_imports
from bench.listeners import actor_of, measure_listeners
from bench.pages import Wire, measure_pages, web
from bench.panels import measure_panels
from bench.plans import explain_all
from bench.questions import measure_questions
from bench.refreshes import measure_refreshes
from bench.visitor import ServerClock, Visitor
from bench.written import write
from dashboard.access import RUN_SYSTEM
from dashboard.pages import all_pages
from dashboard.server import create_app
from queries.session import Actor
from queries.settings import Settings
from schema.server import Server

PEOPLE = ("manager", "podcaster", "sponsor")
PARTS = ("panels", "plans", "pages", "browser", "questions", "listeners", "refreshes", "imports", "collector")
OF_THEIR_OWN = frozenset({"imports", "collector"})
"""What makes a database of its own and needs none of the large data."""
_TENANT = "large01.example"


def main() -> int:
    """Exit code 0 when everything was measured, whether or not every target holds."""
    options = _options()
    began = time.monotonic()
    results: dict[str, Any] = {}
    say(f"Data in {home()} (PODBOARD_BENCH_HOME)")
    needs_data = not OF_THEIR_OWN.issuperset(options.parts)
    try:
        with data_set(options.tenants if needs_data else 0, say) as (server, settings):
            results["machine"] = _machine(server.binaries.major)
            if needs_data:
                _on_the_large_data(options, server, settings, results)
            if "imports" in options.parts:
                say("Imports beside a bare insert ...")
                results["imports"] = measure_imports(server, settings, max(5, options.rounds // 3), say)
            if "collector" in options.parts:
                say("Events by HTTP ...")
                results["collector"] = measure_collector(server, settings, say)
    finally:
        # A part that fails takes nothing away of what was measured before it.
        if "machine" in results:
            results["load_average"] = [results["machine"].pop("load"), round(os.getloadavg()[0], 1)]
            results["took_minutes"] = round((time.monotonic() - began) / 60, 1)
            write(results, say)
    return 0


def _on_the_large_data(
    options: argparse.Namespace, server: Server, settings: Settings, results: dict[str, Any]
) -> None:
    results["data"] = rows_of(settings)
    say(f"{results['data']}")
    app = create_app(replace(settings, log_level="ERROR"))
    clock = ServerClock(app)
    people = {person: actor_of(settings, f"{person}@{_TENANT}") for person in PEOPLE}
    visitors = {
        person: (Visitor(app, settings, f"{person}@{_TENANT}"), people[person][:2]) for person in PEOPLE
    }
    tenant_id, user_id, zone = people["manager"]
    last = last_day(settings, tenant_id)
    periods = {
        "30 days": _search(last, 30),
        "2 years": _search(last, 730),
    }
    campaign = _largest_campaign(settings, tenant_id)
    if "panels" in options.parts or "plans" in options.parts:
        say("Panels ...")
        panels = measure_panels(clock, server, settings, visitors, periods, campaign, options.rounds, say)
        results["panels"] = [panel.result() for panel in panels]
        if "plans" in options.parts:
            say("Plans ...")
            results["plans"] = explain_all(settings, panels)
    if "questions" in options.parts:
        say("Questions ...")
        results["questions"] = measure_questions(
            settings, (tenant_id, user_id), last, zone, UUID(campaign), max(5, options.rounds // 3), say
        )
    if "listeners" in options.parts:
        say("Unique listeners ...")
        results["listeners"] = measure_listeners(
            settings, Actor(tenant_id, user_id), last, zone, options.rounds
        )
    if "pages" in options.parts or "browser" in options.parts:
        with web(settings) as served:
            visitor = Visitor(app, served.settings, f"manager@{_TENANT}")
            pages = [
                (page, page.path.replace("<campaign_id>", campaign))
                for page in all_pages()
                if page.boxes
                and RUN_SYSTEM not in page.any_of  # an operator's, where a tenant's data stands in none
            ]
            if "pages" in options.parts:
                say("Pages ...")
                wire = Wire(served.settings, visitor)
                results["pages"] = measure_pages(wire, pages, periods, options.rounds, served)
                wire.close()
            if "browser" in options.parts:
                say("First load in Chromium ...")
                results["browser"] = measure_browser(
                    served,
                    visitor,
                    {page.path: path + periods["30 days"] for page, path in pages},
                    max(3, options.rounds // 4),
                )
            results["web_memory_mb"] = round(served.memory_mb(), 1)
    if "refreshes" in options.parts:
        say("Refreshes ...")
        results["refreshes"] = measure_refreshes(server, settings, max(7, options.rounds // 2), say)


def say(text: str) -> None:
    """One line of progress, with the time of day."""
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--tenants", type=int, default=20, choices=range(1, 21), metavar="N", help="large tenants, 1-20"
    )
    parser.add_argument("--rounds", type=int, default=15, help="interleaved rounds of each measurement")
    parser.add_argument(
        "--only", dest="parts", nargs="+", choices=PARTS, default=PARTS, help="measure these parts"
    )
    options = parser.parse_args()
    assert options.rounds >= 1, "at least one round"
    return options


def _machine(major: int) -> dict[str, Any]:
    return {
        "cores": len(os.sched_getaffinity(0)),
        "python": ".".join(map(str, sys.version_info[:2])),
        "postgresql": major,
        "day": datetime.now(UTC).date().isoformat(),
        "load": round(os.getloadavg()[0], 1),
    }


def _search(last: Any, days: int) -> str:
    return f"?from={last - timedelta(days=days - 1)}&to={last}"


def _largest_campaign(settings: Settings, tenant_id: UUID) -> str:
    """The live campaign with the most impressions among those of the sponsor who logs in."""
    with psycopg.connect(settings.owner_dsn) as connection:
        connection.execute("select set_tenant_context(%s)", [tenant_id])
        row = connection.execute(
            "select c.id from campaigns c join sponsors s on s.id = c.sponsor_id and s.tenant_id = c.tenant_id"
            " join internal.campaign_days d on d.tenant_id = c.tenant_id and d.campaign_id = c.id"
            " where c.stage = 'live' and s.name in ('Brook Outfitters', 'Cedar Telecom')"
            " group by c.id order by sum(d.event_count) desc limit 1"
        ).fetchone()
    assert row is not None
    return str(row[0])


if __name__ == "__main__":
    sys.exit(main())
