"""What values are called for people: countries by name, the rest in words. Links have codes, CSV both."""

from __future__ import annotations

from functools import cache

from babel import Locale

_DEVICES = {
    "phone": "Phone", "computer": "Computer", "smart_speaker": "Smart speaker", "tablet": "Tablet", "car": "Car",
    "tv": "TV", "watch": "Watch", "other": "Other",
}  # fmt: skip
_UNKNOWN = "Unknown"

STAGES = {
    "prospect": "Prospect", "proposed": "Proposed", "booked": "Booked", "live": "Live", "paused": "Paused",
    "completed": "Completed", "cancelled": "Cancelled",
}  # fmt: skip
PRICING = {"cpm": "CPM", "flat": "Flat price"}


@cache
def country_name(code: str) -> str:
    """The country's English name; the code itself when it is none."""
    if code == "unknown":
        return _UNKNOWN
    name: str = Locale("en").territories.get(code.upper(), code)
    return name


def device_name(value: str) -> str:
    """The type of device in words."""
    return _UNKNOWN if value == "unknown" else _DEVICES.get(value, value.replace("_", " ").capitalize())


def app_name(value: str) -> str:
    """The app's own name; what was not recognised is unknown."""
    return _UNKNOWN if value == "unknown" else value


def state_name(value: str) -> str:
    """A state ("on track", "failed") as it stands alone."""
    return value[:1].upper() + value[1:]


def dimension_name(dimension: str, value: str) -> str:
    """The name of a value of `app`, `country` or `device` (also `device_type`)."""
    if dimension == "country":
        return country_name(value)
    return device_name(value) if dimension.startswith("device") else app_name(value)
