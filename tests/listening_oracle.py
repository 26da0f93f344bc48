"""Listening numbers counted by hand: plain Python over raw events, knowing nothing of rollups or SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from queries.filters import Filters
from queries.periods import Period
from tests.weeks import week_of
from tests.world import ListenerEvent


@dataclass(frozen=True)
class Counted:
    """The events of a tenant with the podcast of each episode, and who may see which podcasts (None: all)."""

    events: Sequence[ListenerEvent]
    podcast_of: Mapping[UUID, UUID]
    visible: frozenset[UUID] | None = None

    def matching(
        self, f: Filters, period: Period | None, kinds: Iterable[str] = ("download",)
    ) -> list[ListenerEvent]:
        """Events of these types on the tenant days of the period, under the filters and in sight."""
        if period is None:
            return []
        wanted = set(kinds)
        return [
            event
            for event in self.events
            if event.event_type in wanted
            and period.start <= event.at.astimezone(f.zone).date() < period.end
            and (self.visible is None or self.podcast_of[event.episode_id] in self.visible)
            and (not f.podcasts or self.podcast_of[event.episode_id] in f.podcasts)
            and (not f.episodes or event.episode_id in f.episodes)
            and (not f.apps or said(event, "app") in f.apps)
            and (not f.countries or said(event, "country") in f.countries)
            and (not f.devices or said(event, "device") in f.devices)
        ]

    def downloads(self, f: Filters, period: Period | None = None) -> int:
        """Downloads in the period of the filters, or in another one."""
        return len(self.matching(f, period or f.period))

    def listeners(self, f: Filters, period: Period | None = None) -> int:
        """Different listeners who downloaded something."""
        return len({event.listener_id for event in self.matching(f, period or f.period)})

    def whole(self, f: Filters) -> Period | None:
        """The days of the period that are over at `f.now`, day by day; None without any."""
        today = f.now.astimezone(f.zone).date()
        days = [f.period.start + timedelta(days=n) for n in range(f.period.days)]
        over = [day for day in days if day < today]
        return Period(over[0], over[-1] + timedelta(days=1)) if over else None

    def compared(self, f: Filters) -> Period | None:
        """As many days before the period, or a year ago, as there are days over; None where nothing was known then.

        Something is known from the first download of these podcasts and episodes, whatever its app or country.
        """
        whole = self.whole(f)
        if whole is None or f.comparison == "none":
            return None
        start = whole.start - timedelta(days=whole.days)
        if f.comparison == "year":
            is_leap_day = (whole.start.month, whole.start.day) == (2, 29)
            start = date(whole.start.year - 1, whole.start.month, 28 if is_leap_day else whole.start.day)
        everything = replace(f, apps=(), countries=(), devices=())
        if not self.matching(everything, Period(start - timedelta(days=1500), start + timedelta(days=1))):
            return None
        return Period(start, start + timedelta(days=whole.days))

    def plays(self, f: Filters, period: Period | None = None) -> tuple[int, int, Decimal]:
        """Plays, completes and seconds heard."""
        events = self.matching(f, period or f.period, ("play", "complete", "progress"))
        counts = Counter(event.event_type for event in events)
        seconds = sum(
            (
                Decimal(event.data["to_s"]) - Decimal(event.data["from_s"])
                for event in events
                if event.event_type == "progress"
            ),
            Decimal(0),
        )
        return counts["play"], counts["complete"], seconds

    def by_day(self, f: Filters, period: Period) -> dict[date, int]:
        """Downloads of each day of the period, 0 where there are none."""
        counted = Counter(event.at.astimezone(f.zone).date() for event in self.matching(f, period))
        return {
            period.start + timedelta(days=n): counted[period.start + timedelta(days=n)]
            for n in range(period.days)
        }

    def by_bucket(self, f: Filters, period: Period) -> dict[date, int]:
        """Downloads of each day, week from the tenant's first day or month that the period touches."""
        buckets: dict[date, int] = {}
        for day, count in self.by_day(f, period).items():
            first = {
                "day": day,
                "week": week_of(day, str(f.zone)),
                "month": day.replace(day=1),
            }[f.grain]
            buckets[first] = buckets.get(first, 0) + count
        return buckets

    def by_hour(self, f: Filters, period: Period) -> dict[datetime, int]:
        """Downloads of each hour, counted in whole hours from every midnight; keys are UTC moments."""
        hours = {
            hour: 0 for n in range(period.days) for hour in hours_of(period.start + timedelta(days=n), f.zone)
        }
        for event in self.matching(f, period):
            start = midnight(event.at.astimezone(f.zone).date(), f.zone)
            hours[start + (event.at - start) // timedelta(hours=1) * timedelta(hours=1)] += 1
        return hours

    def compared_by_hour(self, f: Filters, compared: Period | None) -> dict[datetime, tuple[Any, Any]]:
        """Beside each hour of the period the one as far into the day compared with, and its downloads.

        Both None where there is no such hour. What the day compared with has more of counts with the day's last hour.
        """
        found: dict[datetime, tuple[Any, Any]] = {}
        for n in range(f.period.days):
            hours = hours_of(f.period.start + timedelta(days=n), f.zone)
            found |= dict.fromkeys(hours, (None, None))
            if compared is None or n >= compared.days:
                continue
            day = compared.start + timedelta(days=n)
            before = hours_of(day, f.zone)
            counts = Counter(
                min((event.at - before[0]) // timedelta(hours=1), len(hours) - 1)
                for event in self.matching(f, Period(day, day + timedelta(days=1)))
            )
            found |= {
                hour: (earlier, counts[place])
                for place, (hour, earlier) in enumerate(zip(hours, before, strict=False))
            }
        return found

    def by(self, what: str, f: Filters, period: Period | None) -> Counter[Any]:
        """Downloads by app, country, device or episode_id."""
        return Counter(
            event.episode_id if what == "episode_id" else said(event, what)
            for event in self.matching(f, period)
        )

    def first_hours(self, episode_id: UUID, published_at: datetime, hours: int) -> int:
        """Downloads in exactly so many hours from publication."""
        return sum(
            event.event_type == "download" and event.episode_id == episode_id
            and published_at <= event.at < published_at + timedelta(hours=hours)
            for event in self.events
        )  # fmt: skip


def said(event: ListenerEvent, key: str) -> str:
    """What an event says about its app, country or device."""
    return event.data.get(key) or "unknown"


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a tenant day begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def hours_of(day: date, zone: ZoneInfo) -> list[datetime]:
    """When each hour of a tenant day begins, counted from midnight, in UTC; the last may be a part of one."""
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    return [start + timedelta(hours=n) for n in range(-(-(end - start) // timedelta(hours=1)))]


def change(value: int | Decimal | None, previous: int | Decimal | None) -> Decimal | None:
    """The relative change, None against nothing."""
    return None if value is None or not previous else (Decimal(value) - Decimal(previous)) / Decimal(previous)
