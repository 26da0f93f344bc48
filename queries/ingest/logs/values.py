"""The values in a line of a log, each in the spellings of servers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from queries.ingest.cells import printable
from queries.ingest.counting.addresses import is_address
from queries.ingest.logs.faults import LineFault, LineRefused

LARGEST_ANSWER = 10**12
"""Bytes; a terabyte in one answer is a broken counter."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_OFFSET = re.compile(r"[+-]\d{4}", re.ASCII)
_CLOCK = re.compile(r":(\d\d):(\d\d):(\d\d) ", re.ASCII)
_DIGITS = re.compile(r"\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,25}", re.ASCII)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "b": "\b"}
_METHOD = re.compile(r"[A-Z]{3,20}")
_FIRST_YEAR, _LAST_YEAR = 1990, 9000
# Numbers of this size count thousandths, millionths and thousand-millionths of a second since 1970.
_MILLI, _MICRO, _NANO = 10**11, 10**14, 10**17


def address(text: str) -> str:
    """An IP address. Raises: LineRefused, without showing what stood there."""
    if not is_address(text):
        raise LineRefused(LineFault.ADDRESS)
    return text


def clf_moment(text: str) -> datetime:
    """A time like 17/May/2015:10:05:03 +0000."""
    return _midnight(text[:11], text[21:]) + _since_midnight(text[11:21])


@lru_cache(maxsize=20_000)
def _since_midnight(text: str) -> timedelta:
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        raise LineRefused(LineFault.TIME, printable(text))
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3])
    # The last second of a day may be its 61st.
    if hour > 23 or minute > 59 or second > 60:
        raise LineRefused(LineFault.TIME, printable(text))
    return timedelta(hours=hour, minutes=minute, seconds=second)


@lru_cache(maxsize=100)
def _midnight(day: str, offset: str) -> datetime:
    try:
        if not _OFFSET.fullmatch(offset) or (day[2], day[6]) != ("/", "/"):
            raise ValueError
        ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:]))
        zone = timezone(-ahead if offset[0] == "-" else ahead)
        at = datetime(int(day[7:]), _MONTHS.index(day[3:6]) + 1, int(day[:2]), tzinfo=zone)
        return _plausible(at.astimezone(UTC))
    except (ValueError, OverflowError):
        raise LineRefused(LineFault.TIME, printable(f"{day} {offset}")) from None


def iso_moment(text: str) -> datetime:
    """A time like 2026-11-03T12:00:00Z; one without a zone is UTC, as CloudFront writes it."""
    try:
        moment = datetime.fromisoformat(text)
        return _plausible((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC))
    except (ValueError, OverflowError):
        raise LineRefused(LineFault.TIME, printable(text)) from None


def epoch_moment(seconds: float) -> datetime:
    """A time in seconds since 1970, or in thousandths, millionths (as CDNs also write it) or thousand-millionths."""
    size = abs(seconds)
    parts = 10**9 if size >= _NANO else 10**6 if size >= _MICRO else 1_000 if size >= _MILLI else 1
    scaled = seconds / parts
    try:
        return _plausible(datetime.fromtimestamp(scaled, UTC))
    except (ValueError, OverflowError, OSError):
        raise LineRefused(LineFault.TIME, printable(str(seconds))) from None


def _plausible(moment: datetime) -> datetime:
    # Years at the ends of the calendar cannot be moved to another zone.
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError
    return moment


@lru_cache(maxsize=1000)
def status_code(text: str) -> int:
    """A status; 000, which CDNs write for a listener who left before the answer, too."""
    if len(text) == 3 and text.isascii() and text.isdigit() and (text[0] in "12345" or text == "000"):
        return int(text)
    raise LineRefused(LineFault.STATUS, _number_shown(text))


def byte_count(text: str) -> int:
    """A number of bytes; the dash that servers write for none."""
    if text == "-":
        return 0
    if _DIGITS.fullmatch(text) and int(text) <= LARGEST_ANSWER:
        return int(text)
    raise LineRefused(LineFault.BYTES, _number_shown(text))


def _number_shown(text: str) -> str:
    # In a line that slipped by a column an address may stand here.
    return text if _NUMBER.fullmatch(text) else ""


def request_line(text: str) -> tuple[str, str]:
    """Method and path of a request line like GET /one.mp3?x=1 HTTP/1.1."""
    parts = text.split(" ")
    if len(parts) < 2 or not _METHOD.fullmatch(parts[0]):
        raise LineRefused(LineFault.REQUEST)
    # A blank inside the address breaks it apart; the protocol stands last.
    target = parts[1] if len(parts) <= 3 else " ".join(parts[1:-1])
    return parts[0], target_path(target)


def method(text: str) -> str:
    """A method."""
    if not _METHOD.fullmatch(text):
        raise LineRefused(LineFault.REQUEST)
    return text


def target_path(target: str) -> str:
    """The decoded path of a request's target, without query and host."""
    if target[:1] != "/":
        try:
            parts = urlsplit(target)
        except ValueError:
            raise LineRefused(LineFault.REQUEST) from None
        if not parts.scheme or not parts.netloc:
            # OPTIONS * and CONNECT host:443 ask for no file.
            if target == "*" or ":" in target:
                return target
            raise LineRefused(LineFault.REQUEST)
        target = parts.path or "/"
    path = target.partition("?")[0].partition("#")[0]
    return unquote(path) if "%" in path else path


def unescaped(text: str) -> str:
    """A quoted value without the backslashes that Apache and nginx put before quotes and control characters."""
    return _ESCAPE.sub(_sign, text) if "\\" in text else text


def _sign(found: re.Match[str]) -> str:
    code = found[1]
    return chr(int(code[1:], 16)) if len(code) == 3 else _ESCAPES.get(code, code)


def absent(text: str) -> str:
    """The value, empty where a dash stands for none."""
    return "" if text == "-" else text
