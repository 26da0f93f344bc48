"""The rules of one count: what a tenant chose and what is configured, with the version that numbers name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from queries.ingest.agents.classify import lists_version
from queries.ingest.counting.addresses import Networks
from queries.ingest.counting.requests import EpisodeFile
from queries.ingest.counting.verdicts import Place
from queries.ingest.counting.windows import Window
from queries.metrics import RULE_VERSION

COUNTING_VERSION = f"IAB 2.3, rules {RULE_VERSION}"
"""Goes up whenever the same requests may give another number."""

WITH_LIST, WITHOUT_LIST = "with a list of data centres", "without a list of data centres"
"""Which of the two stands in the version of the rules; imports keep it."""


class Filtered(StrEnum):
    """Who kept data centres and VPNs out: as counting_methods.data_centres says it."""

    WITH_LIST = "with_list"
    WITHOUT_LIST = "without_list"
    SOURCE = "source"
    """Whoever sent the events: they carry no address."""
    UNKNOWN = "unknown"


FindEpisode = Callable[[str], EpisodeFile | None]
"""The file behind a path, None for a path that is no episode's."""
FindPlace = Callable[[str], Place]
"""Where an address is."""


def nowhere(_address: str) -> Place:
    """Where every address is, as long as no database tells it."""
    return Place()


@dataclass(frozen=True, slots=True)
class Rules:
    """How requests are counted.

    `redirects`: they are those of a prefix that redirects, so bytes are not known and not asked for. `data_centres`
    without networks and AS numbers: that filter is off. `reorder` requests are held back to be put in order of time.
    """

    secret: bytes = field(repr=False)
    episode_of: FindEpisode
    window: Window = Window.CALENDAR_DAY
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    redirects: bool = False
    data_centres: Networks = field(default_factory=Networks)
    place_of: FindPlace = nowhere
    reorder: int = 20_000

    @property
    def filtered(self) -> Filtered:
        """Whether a list keeps data centres and VPNs out."""
        return Filtered.WITH_LIST if self.data_centres else Filtered.WITHOUT_LIST

    @property
    def version(self) -> str:
        """What a number that was counted by these rules says about them."""
        filtered = WITH_LIST if self.data_centres else WITHOUT_LIST
        return (
            f"{COUNTING_VERSION}; once per {self.window.words} ({self.zone.key}); {filtered}; "
            f"{lists_version()}"
        )
