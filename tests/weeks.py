"""Weeks of the tests' tenants: in America they begin on Sunday, elsewhere on Monday, so that each suite has both."""

from __future__ import annotations

from datetime import date, timedelta


def week_start(zone: str) -> str:
    """The setting of a tenant in this time zone."""
    return "sunday" if zone.startswith("America/") else "monday"


def week_of(day: date, zone: str) -> date:
    """The first day of the week that a day lies in, for a tenant in this time zone."""
    first = 7 if week_start(zone) == "sunday" else 1
    return day - timedelta(days=(day.isoweekday() - first) % 7)
