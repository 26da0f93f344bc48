"""Where the audio of an episode lies: the enclosure's address without those that measure in front of it.

Which prefixes there are says `measuring_prefixes.toml`. podboard's own is one of them: who is led on to the address
that is stored must not come back here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from queries.ingest.http import FetchRefused, check_public

_MOST_PREFIXES = 20
_OWN = re.compile(
    r"^https?://[^/?#]+/e/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:/|$)", re.IGNORECASE
)
# What follows a prefix is an address: a host with a dot in it, and a path.
_FOLLOWING = re.compile(
    r"(?:(https?)://?)?([a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]{1,5})?/[^/?#].*)", re.IGNORECASE
)
_LOG_IN = re.compile(r"//[^/?#@\s]*@|/[^/?#@:\s]*:[^/?#@\s]*@")
_FIELDS = {"name", "hosts", "paths"}


@dataclass(frozen=True, slots=True)
class Enclosure:
    """`audio_url` is where the audio lies, None if the address leads to podboard alone; `measurers` stood before it."""

    audio_url: str | None
    measurers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measurer:
    """An entry of the table: its name and the expression that its prefix fits."""

    name: str
    prefix: re.Pattern[str]


def enclosure(url: str) -> Enclosure:
    """The address of the audio within the address of an enclosure, and who measured by it."""
    found: list[str] = []
    for _ in range(_MOST_PREFIXES):
        name, rest = _first_prefix(url)
        if name is None:
            break
        if rest is None:
            return Enclosure(None if name == "podboard" else url, tuple(found))
        found.append(name)
        url = rest
    return Enclosure(url, tuple(found))


def holds_log_in(url: str) -> bool:
    """Whether a name and password stand in an address, or in one within it."""
    return _LOG_IN.search(url) is not None


@lru_cache(maxsize=20_000)
def is_public_audio(url: str) -> bool:
    """Whether listeners can be sent to an address: over http or https, to a public host, without a log-in."""
    if holds_log_in(url):
        return False
    try:
        check_public(url, ("http", "https"))
    except FetchRefused:
        return False
    return True


def _first_prefix(url: str) -> tuple[str | None, str | None]:
    """Whose prefix an address begins with, and the address that follows it (None when there is none)."""
    if own := _OWN.match(url):
        return "podboard", _following(url, own.end())
    for measurer in _measurers():
        if (fits := measurer.prefix.match(url)) and (rest := _following(url, fits.end())):
            return measurer.name, rest
    return None, None


def _following(url: str, start: int) -> str | None:
    match = _FOLLOWING.fullmatch(url, start)
    if match is None:
        return None
    return f"{(match[1] or urlsplit(url).scheme).lower()}://{match[2]}"


@cache
def _measurers() -> tuple[Measurer, ...]:
    text = files(__package__ or "queries.ingest").joinpath("measuring_prefixes.toml").read_text("utf-8")
    return read_measurers(tomllib.loads(text))


def read_measurers(document: Mapping[str, Any]) -> tuple[Measurer, ...]:
    """The entries of a parsed table. Raises: ValueError, which names the entry that is wrong."""
    measurers: list[Measurer] = []
    for values in document.get("measurer", []):
        name = values.get("name")
        if not isinstance(name, str) or not name.strip() or any(name == other.name for other in measurers):
            raise ValueError(f"an entry has no name of its own: {name!r}")
        hosts, paths = values.get("hosts"), values.get("paths")
        if set(values) != _FIELDS or not hosts or not paths:
            raise ValueError(f"{name}: needs exactly {', '.join(sorted(_FIELDS))}")
        measurers.append(Measurer(name, _expression(hosts, paths)))
    return tuple(measurers)


def _expression(hosts: list[str], paths: list[str]) -> re.Pattern[str]:
    """Fits the prefixes of one measurer; the slash before the address that follows belongs to it."""
    named = "|".join(re.escape(host).replace(r"\*", r"[a-z0-9-]+") for host in hosts)
    steps = "|".join(
        re.escape(path).replace(r"\*", "[^/?#]+") + ("/" if path else "")
        for path in sorted(paths, key=len, reverse=True)
    )
    return re.compile(rf"^https?://(?:{named})/(?:{steps})", re.IGNORECASE)
