"""Our table of podcast apps, read once and checked: a mistake in it ends the start, not an import."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from ua_parser_rs import UserAgentExtractor

DEVICES = ("phone", "tablet", "computer", "smart_speaker", "tv", "watch", "car", "console", "unknown")
_FIELDS = {"name", "begins", "holds", "device", "os"}


@dataclass(frozen=True, slots=True)
class KnownApp:
    """An entry of the table."""

    name: str
    begins: tuple[str, ...]
    holds: tuple[str, ...]
    device: str | None
    os: str | None
    is_bot: bool


class Literals:
    """Finds the first of many regular expressions that fits a text, in microseconds.

    ua-parser's native part compiles them into one machine; its parser of user agents is that machine with names.
    """

    def __init__(self, patterns: list[str]) -> None:
        self._machine = UserAgentExtractor(
            (f"({pattern})", str(position), None, None, None, None)
            for position, pattern in enumerate(patterns)
        )

    def first(self, text: str) -> int | None:
        """The position of the first pattern that fits."""
        found = self._machine.extract(text)
        return None if found is None else int(found.family)


@dataclass(frozen=True, slots=True)
class Table:
    """The apps and bots of the table, in its order."""

    version: str
    entries: tuple[KnownApp, ...]

    def pattern(self, entry: KnownApp) -> str:
        """The entry as a regular expression."""
        begins = [f"^{re.escape(text)}" for text in entry.begins]
        return "|".join([*begins, *map(re.escape, entry.holds)])

    def matcher(self) -> Literals:
        """Finds the entry of an agent by its position."""
        return Literals([self.pattern(entry) for entry in self.entries])


def load_table() -> Table:
    """The table that podboard ships."""
    text = files(__package__ or "queries.ingest.agents").joinpath("podcast_apps.toml").read_text("utf-8")
    return read_table(tomllib.loads(text))


def read_table(document: Mapping[str, Any]) -> Table:
    """The table in a parsed document. Raises: ValueError, which names the entry that is wrong."""
    entries = [_entry(values, is_bot=True) for values in document.get("bot", [])]
    entries += [_entry(values, is_bot=False) for values in document.get("app", [])]
    names = [entry.name for entry in entries]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two entries are called {twice!r}")
    return Table(version=str(document["version"]), entries=tuple(entries))


def _entry(values: Mapping[str, Any], *, is_bot: bool) -> KnownApp:
    name = values.get("name")
    if not isinstance(name, str) or not name.strip():
        raise ValueError("an entry has no name")
    if unknown := set(values) - _FIELDS:
        raise ValueError(f"{name}: unknown {', '.join(sorted(unknown))}")
    begins, holds = tuple(values.get("begins", ())), tuple(values.get("holds", ()))
    if not begins + holds or not all(isinstance(text, str) and len(text) > 2 for text in begins + holds):
        raise ValueError(f"{name}: needs begins or holds, each of three letters at least")
    device = values.get("device")
    if device is not None and device not in DEVICES:
        raise ValueError(f"{name}: the device is one of {', '.join(DEVICES)}")
    return KnownApp(name, begins, holds, device, values.get("os"), is_bot)
