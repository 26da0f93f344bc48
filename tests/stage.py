"""An organisation to which a scenario happens: its events go through the imports that people use."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from queries.filters import Filters, parse_filters
from queries.ingest.events import import_events
from queries.ingest.imports import ImportResult
from queries.ingest.logs.store import import_log
from queries.periods import day_start
from queries.scenarios import Happening, Scenario
from queries.session import Actor
from tests.conftest import Database
from tests.sponsorship import Tenant

SIZE = 60_500
EPISODES = ("One", "Two", "Three")


def monday_of(scenario: Scenario) -> date:
    """A Monday some weeks ago; of the story about clocks the one before the last Sunday on which they went back."""
    today = datetime.now(UTC).date()
    if not scenario.clocks_go_back_on_sunday:
        return today - timedelta(days=today.weekday() + 21)
    zone = ZoneInfo(scenario.zone)
    sunday = today - timedelta(days=today.weekday() + 8)
    while day_start(sunday + timedelta(days=1), zone) - day_start(sunday, zone) != timedelta(hours=25):
        sunday -= timedelta(days=7)
    return sunday - timedelta(days=6)


class Stage:
    """An organisation to which a scenario happens: three shows of one episode each, and the campaigns of its ads."""

    def __init__(self, database: Database, scenario: Scenario, settings: Mapping[str, Any]) -> None:
        self.scenario = scenario
        self.monday = monday_of(scenario)
        self.tenant = Tenant(database, str(settings.get("time_zone", scenario.zone)))
        with self.tenant.owner() as owner:
            owner.execute(
                "update tenant_settings set settings = settings || %s", [json.dumps(dict(settings))]
            )
        self.actor = Actor(self.tenant.tenant_id)
        self.imports: list[ImportResult] = []
        published = self.at(*(scenario.published or (-100, "06:00")))
        self.shows, self.episodes = dict[str, UUID](), dict[str, UUID]()
        for name in EPISODES:
            self.shows[name] = self.tenant.podcast(f"Show of {name}")
            self.episodes[name] = self.tenant.insert(
                "episodes", podcast_id=self.shows[name], title=name, guid=name, published_at=published,
                audio_url=f"https://cdn.example/{name.lower()}.mp3", audio_bytes=SIZE, duration_seconds=600,
            )  # fmt: skip
        self.campaigns = self._campaigns()

    def _campaigns(self) -> dict[str, UUID]:
        sponsor = self.tenant.sponsor("Sponsor")
        found: dict[str, UUID] = {}
        for ad in self.scenario.ads:
            start, end = self.day(ad.first), self.day(ad.last)
            if ad.campaign not in found:
                found[ad.campaign] = self.tenant.campaign(
                    sponsor, start, end, name=ad.campaign, currency=ad.currency
                )
                self.tenant.booking(
                    found[ad.campaign], sponsor, start, end, booked_impressions=ad.booked,
                    rate_micros=ad.rate * 1_000_000, currency=ad.currency,
                )  # fmt: skip
            self.tenant.ad_unit(found[ad.campaign], self.episodes[ad.episode])
        if not found:  # an order belongs to a campaign, with an ad or without
            found["Acme"] = self.tenant.campaign(sponsor, self.day(-7), self.day(7), name="Acme")
        return found

    def day(self, number: int) -> date:
        return self.monday + timedelta(days=number)

    def at(self, number: int, clock: str) -> datetime:
        """The moment at which the story's clock shows this."""
        local = datetime.combine(self.day(number), time.fromisoformat(clock), ZoneInfo(self.scenario.zone))
        return local.astimezone(UTC)

    def happen(self, *, late: bool = False) -> None:
        """Brings in what came then, by the way it takes; nothing is counted before `digest`."""
        for way, take in (("listening", self._events), ("response", self._events), ("log", self._log)):
            came = [h for h in self.scenario.happenings if h.way == way and h.comes_late == late]
            if came:
                self.imports.append(take(came))

    def _events(self, came: list[Happening]) -> ImportResult:
        names = sorted({name for happening in came for name in happening.values} | {"occurred_at"})
        text = io.StringIO()
        rows = csv.DictWriter(text, names)
        rows.writeheader()
        for happening in came:
            row = {**happening.values, "occurred_at": self.at(happening.day, happening.clock).isoformat()}
            if "campaign" in row:
                row["campaign"] = str(self.campaigns[row["campaign"]])
            rows.writerow(row)
        done = import_events(self.actor, io.BytesIO(text.getvalue().encode()), name="story.csv")
        assert (done.imported, done.first_refusals) == (len(came), ())
        return done

    def _log(self, came: list[Happening]) -> ImportResult:
        people = sorted({happening.who for happening in came})
        lines = [
            f"192.0.2.{people.index(h.who)} - - [{self.at(h.day, h.clock):%d/%b/%Y:%H:%M:%S} +0000] "
            f'"GET /one.mp3 HTTP/1.1" 200 {SIZE if h.values["sent"] == "all" else 900} "-" "{h.values["agent"]}"\n'
            for h in came
        ]
        return import_log(self.actor, io.BytesIO("".join(lines).encode()), name="access.log")

    def filters(self, first: int, days: int, **more: Any) -> Filters:
        """The view of so many days from a day of the story on."""
        seen = self.scenario.looked_at
        f = self.tenant.filters(
            self.day(first), self.day(first + days), self.at(*seen) if seen else datetime.now(UTC)
        )
        return replace(f, **more)

    def preset(self, preset: str) -> Filters:
        """The view of a preset, read as from an address."""
        return parse_filters({"period": preset}, zone=self.tenant.zone, now=self.filters(0, 1).now)
