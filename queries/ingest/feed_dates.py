"""Durations and dates as feeds spell them, and why one is not taken."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from queries.ingest.plausible import LONGEST_SECONDS

_FIRST_YEAR = 1990
_LAST_YEAR = 2100
_AHEAD = timedelta(days=366)
"""Episodes are announced some weeks ahead; what lies beyond a year is a clock or a typing error."""

_NEGATIVE = "The episode stands without its duration, which is negative."
_TOO_LONG = "The episode stands without its duration, which is longer than seven days."
_NO_DURATION = "The episode stands without its duration, which cannot be read."
_TOO_EARLY = f"The episode stands without its publication date, which lies before {_FIRST_YEAR}."
_TOO_LATE = "The episode stands without its publication date, which lies more than a year ahead."
NO_DATE = "The episode stands without its publication date, which cannot be read."
DATES_LEFT_OUT = frozenset({_NEGATIVE, _TOO_LONG, _NO_DURATION, _TOO_EARLY, _TOO_LATE, NO_DATE})
"""Reasons that refuse a duration or a date of an item and not the item."""

_LONGEST_DATE = 80
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+)(?:\.\d+)?", re.ASCII)
_PLAIN_SECONDS = re.compile(r"(\d+)(?:\.\d+)?", re.ASCII)
# Blanks of every kind stand between numbers and units, digits of every script do not.
_SPELLED = re.compile(
    r"(?:p(?:([0-9]+)d)?t?)?\s*(?:([0-9]+)\s*h(?:(?:ou)?rs?)?)?[\s,]*(?:([0-9]+)\s*m(?:in(?:ute)?s?)?)?[\s,]*"
    r"(?:([0-9]+)(?:\.[0-9]+)?\s*s(?:ec(?:ond)?s?)?)?\.?",
    re.IGNORECASE,
)


def duration_seconds(spelled: str) -> int | None:
    """Seconds of a duration in any of its spellings (4385, 73:05, 1:13:05, 1h 13m 5s, PT1H13M5S, 73 min); else None."""
    seconds = _seconds(spelled)
    return seconds if seconds and seconds <= LONGEST_SECONDS else None


def published_moment(spelled: str, *, now: datetime | None = None) -> datetime | None:
    """The UTC moment of an RFC 2822 or ISO 8601 date; without a zone it is taken as UTC. None for none."""
    read = date_told(spelled)
    return None if read is None or date_fault(read, now or datetime.now(UTC)) else _in_utc(read)


def _seconds(spelled: str) -> int | None:
    spelled = spelled.strip()[:40]
    if match := _PLAIN_SECONDS.fullmatch(spelled):
        return int(match[1])
    if match := _CLOCK.fullmatch(spelled):
        hours, minutes, rest = (int(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + rest
    if (match := _SPELLED.fullmatch(spelled)) and any(match.groups()):
        days, hours, minutes, rest = (int(part or 0) for part in match.groups())
        return days * 86_400 + hours * 3600 + minutes * 60 + rest
    return None


def duration_fault(spelled: str) -> str | None:
    """Why there is no duration although one is told; None of zero, by which feeds say that they do not know it."""
    spelled = spelled.strip()
    seconds = _seconds(spelled)
    if seconds is not None:
        return _TOO_LONG if seconds > LONGEST_SECONDS else None
    if spelled.startswith(("-", "\u2212")) and _seconds(spelled[1:]) is not None:
        return _NEGATIVE
    return _NO_DURATION if spelled else None


def date_told(spelled: str) -> datetime | None:
    """The date that is spelled, in whatever zone it is told; None for none."""
    spelled = spelled.strip()[:_LONGEST_DATE]
    if any(sign.isdecimal() and not sign.isascii() for sign in spelled):
        # The reader of mail's dates takes the digits of every script.
        return None
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return read(spelled)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def date_fault(read: datetime, now: datetime) -> str | None:
    """Why a date is not believed."""
    if read.year < _FIRST_YEAR:
        return _TOO_EARLY
    # Beyond it a zone might lead out of the calendar.
    return _TOO_LATE if read.year > _LAST_YEAR or _in_utc(read) > now + _AHEAD else None


def _in_utc(read: datetime) -> datetime:
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def has_zone(spelled: str) -> bool:
    """Whether a date ends with its zone."""
    return bool(re.search(r"(Z|[+-]\d\d:?\d\d|\b[A-Z]{2,5})\s*(\(.*\))?$", spelled.strip()[:_LONGEST_DATE]))
