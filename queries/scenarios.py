"""Why two screens may differ: small stories with the two numbers that podboard shows of them, and the reason.

The methodology page tells them, and `tests/queries/test_scenarios.py` lets each happen: its events go through the real
imports, both numbers are asked as the screens ask them and counted once more by hand. A number here that the product
does not show fails there, so this page cannot grow old.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Way = Literal["listening", "response", "log"]
"""What brings a happening: a file of listener events, one of attribution events, or a line of an access log."""

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PHONE = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened: so many days after a Monday, at a clock of the story's zone.

    `values` are the columns of the file that brings it. `comes_late`: in a file of its own, after the first look.
    """

    day: int
    clock: str
    who: str
    words: str
    way: Way
    values: Mapping[str, str]
    comes_late: bool = False

    @property
    def when(self) -> str:
        """The moment as a person says it."""
        if self.day < -7:
            return f"{-self.day} days before"
        before = "last " if self.day < 0 else ""
        return f"{before}{_WEEKDAYS[self.day % 7]} {self.clock}"


@dataclass(frozen=True, slots=True)
class Ad:
    """An ad that runs in an episode on these days (counted from the Monday), sold by 1,000 impressions."""

    campaign: str
    episode: str
    first: int
    last: int
    currency: str = "USD"
    rate: int = 25
    booked: int = 1000


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two screens: what is looked at, and what stands there. `settings`: those of the organisation."""

    screen: str
    value: str
    settings: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A question about two numbers.

    `looked_at` and `published`: day and clock of the look and of the publication of both episodes, where they matter;
    otherwise it is looked at long after, and the episodes are old.
    """

    key: str
    question: str
    happenings: tuple[Happening, ...]
    sides: tuple[Side, Side]
    reason: str
    ads: tuple[Ad, ...] = ()
    zone: str = "UTC"
    looked_at: tuple[int, str] | None = None
    published: tuple[int, str] | None = None
    clocks_go_back_on_sunday: bool = False


def _download(
    day: int, clock: str, who: str, episode: str = "One", *, late: bool = False, app: str = ""
) -> Happening:
    by = f" with {app}" if app else ""
    late_words = ", told a day late" if late else ""
    return Happening(
        day, clock, who, f"{who} downloads episode {episode}{by}{late_words}", "listening",
        {"event_type": "download", "listener_id": who, "episode": episode, **({"app": app} if app else {})}, late,
    )  # fmt: skip


def _play(day: int, clock: str, who: str, app: str) -> Happening:
    return Happening(
        day, clock, who, f"{who} presses play in {app}", "listening",
        {"event_type": "play", "listener_id": who, "episode": "One", "app": app},
    )  # fmt: skip


def _order(day: int, clock: str, who: str, number: str, source: str, campaign: str = "Acme") -> Happening:
    said = {"pixel": "the pixel", "promo_code": "the promo code"}[source]
    return Happening(
        day, clock, who, f"{said} reports {who}’s order {number}", "response",
        {"attribution_type": "purchase", "listener_id": who, "campaign": campaign, "source": source,
         "order_id": number, "value": "40.00", "currency": "USD"},
    )  # fmt: skip


def _request(day: int, clock: str, who: str, *, sent: str = "all", agent: str = _PHONE) -> Happening:
    told = {"all": "asks for the whole episode", "part": "asks for the first seconds of the episode"}[sent]
    return Happening(day, clock, who, f"{who} {told}", "log", {"agent": agent, "sent": sent})


_SPOTIFY = "Spotify"

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "days_and_week",
        "Why are a week’s unique listeners not the sum of its days?",
        (
            _download(0, "08:00", "Ada"), _download(1, "08:00", "Ada"), _download(1, "19:00", "Ben"),
            _download(2, "08:00", "Ada"),
        ),
        (Side("The listeners of the seven days, added up", "4"), Side("Unique listeners of the week", "2")),
        "Ada came on three days. Each day counts her once, and so does the week: she is one listener. Unique "
        "listeners are counted for exactly the days you choose, and no sum of shorter periods, shows or countries "
        "gives them.",
    ),
    Scenario(
        "downloads_and_impressions",
        "Why does the podcaster see more downloads than the sponsor sees impressions?",
        (
            _download(0, "09:00", "Ada"), _download(1, "09:00", "Ben"), _download(2, "09:00", "Cyd"),
            _download(2, "10:00", "Ada", "Two"),
        ),
        (Side("Downloads, on the podcaster’s page", "4"), Side("Impressions, on the sponsor’s page", "2")),
        "The ad ran in episode One from Tuesday on. Ada’s download on Monday came before it, and episode Two does "
        "not carry it. The podcaster sees every download; the sponsor sees those that had its ad in them.",
        ads=(Ad("Acme", "One", 1, 5),),
    ),
    Scenario(
        "yesterday_changed",
        "Why did yesterday change?",
        (
            _download(0, "09:00", "Ada"), _download(0, "12:00", "Ben"),
            _download(0, "23:50", "Cyd", late=True),
        ),
        (Side("Monday’s downloads, seen on Tuesday", "2"), Side("Monday’s downloads, seen on Wednesday", "3")),
        "Hosts and apps send some of what happened later: here Cyd’s download of Monday night came with Tuesday’s "
        "file. An event counts on the day on which it happened, not on the day on which it was told. So a day that "
        "is over may still grow; what is counted from it is made anew.",
    ),
    Scenario(
        "clocks_change",
        "Why do two time zones differ on the day on which the clocks change?",
        (
            _download(6, "00:30", "Ada"), _download(6, "12:00", "Ben"), _download(6, "23:30", "Cyd"),
        ),
        (
            Side("Downloads of that Sunday in Berlin", "3", {"time_zone": "Europe/Berlin"}),
            Side("Downloads of that Sunday in UTC", "2", {"time_zone": "UTC"}),
        ),
        "When the clocks go back, Berlin’s Sunday has 25 hours and begins two hours before that of UTC. Ada’s "
        "download at half past midnight lies in Berlin’s Sunday and in UTC’s Saturday. Over a longer time both "
        "zones count the same downloads; only the borders of the days lie elsewhere. The page, the CSV and the PDF "
        "name the zone.",
        zone="Europe/Berlin",
        clocks_go_back_on_sunday=True,
    ),
    Scenario(
        "windows",
        "Why does another measurer, by the same guidelines, count fewer downloads?",
        (
            _request(0, "22:00", "Ada’s phone"), _request(1, "03:00", "Ada’s phone"),
            _request(1, "22:15", "Ada’s phone"), _request(2, "23:15", "Ada’s phone"),
        ),
        (
            Side("Once per calendar day, as here", "3"),
            Side("Once per 24 hours of silence", "2", {"download_window": "rolling_last_touch"}),
        ),
        "The guidelines ask that the same listener’s repeated requests count once, and leave open within what: a "
        "calendar day, 24 hours from the first request, or 24 hours since the last. Each is right, and each gives "
        "another number. podboard counts by calendar day of your zone unless your organisation chose otherwise, "
        "and keeps with each refused request that it was a repeat.",
    ),
    Scenario(
        "log_and_downloads",
        "Why does the host’s log have more lines than there are downloads?",
        (
            _request(0, "10:00", "Ada’s phone"), _request(0, "10:05", "Ben’s phone"),
            _request(0, "10:10", "Cyd’s phone", sent="part"),
            _request(0, "10:20", "A search engine", agent="Mozilla/5.0 (compatible; Googlebot/2.1; "
                     "+http://www.google.com/bot.html)"),
            _request(0, "11:00", "Ada’s phone"),
        ),
        (Side("Lines in the log", "5"), Side("Downloads", "2")),
        "Ada’s second request of the day is a repeat, Cyd’s phone took less than a minute of the episode, and a "
        "search engine is nobody who listens. Each refused request keeps its reason: “why this number” lists them.",
    ),
    Scenario(
        "platforms",
        "Why does Spotify or Apple say something else?",
        (
            _download(0, "06:00", "Ada", app=_SPOTIFY), _download(0, "06:01", "Ben", app=_SPOTIFY),
            _download(0, "06:02", "Cyd", app=_SPOTIFY), _download(0, "06:03", "Dan", app=_SPOTIFY),
            _download(0, "06:04", "Eve", app=_SPOTIFY), _play(0, "08:00", "Ada", _SPOTIFY),
            _play(0, "09:00", "Ben", _SPOTIFY),
        ),
        (Side("Downloads by Spotify, here", "5"), Side("Plays that the app reported", "2")),
        "A platform’s own page counts what was played inside its app. A download counts when the file was "
        "delivered: by the app at night, too, to somebody who never presses play. They are two things, and neither "
        "is a share of the other: a play may also follow a download of last week.",
    ),
    Scenario(
        "rolling_and_calendar",
        "Why do the last 7 days differ from this week?",
        (
            _download(-1, "20:00", "Ada"), _download(0, "20:00", "Ada"), _download(6, "08:00", "Ben"),
            _download(6, "09:00", "Cyd"),
        ),
        (Side("Last 7 days, on Sunday", "2"), Side("Monday to Sunday", "3")),
        "“Last 7 days” ends yesterday, so that it holds whole days only: on Sunday it reaches from the Sunday "
        "before to Saturday. A week from Monday to Sunday leaves that Sunday out and takes today in, as far as it "
        "has come.",
        looked_at=(6, "18:00"),
    ),
    Scenario(
        "today_is_not_compared",
        "Why does the change not fit the number above it?",
        (
            _download(-5, "08:00", "Ada"), _download(-4, "08:00", "Ben"), _download(-2, "08:00", "Ada"),
            _download(-1, "08:00", "Cyd"), _download(0, "08:00", "Ada"),
        ),
        (Side("Downloads from Saturday to Monday, on Monday", "3"), Side("What is compared with the days before", "2")),
        "Monday is not over. Its downloads are shown, but half a day against a whole one would look like a loss: "
        "only Saturday and Sunday are compared, with the two days before them. The page says through which day.",
        looked_at=(0, "12:00"),
    ),
    Scenario(
        "first_day",
        "Why do the downloads of an episode’s first day differ from those of the day it came out?",
        (
            _download(0, "20:01", "Ada"), _download(1, "07:30", "Ben"), _download(1, "19:59", "Cyd"),
            _download(1, "20:00", "Dan"),
        ),
        (Side("Downloads on Monday", "1"), Side("First day of the episode", "3")),
        "The episode came out on Monday at 20:00. Its first day is the 24 hours from that moment, until Tuesday at "
        "20:00; Monday had only four hours left. Counted so, an episode of the evening can be compared with one of "
        "the morning. Dan came after it, and tells that the data goes on: without him the first day would not be "
        "complete yet, as what is missing may still come.",
        published=(0, "20:00"),
    ),
    Scenario(
        "few_listeners",
        "Why are there downloads in a country, and no listeners?",
        (
            _download(0, "09:00", "Ada", app="Overcast"), _download(0, "10:00", "Ben", app="Overcast"),
            _download(1, "09:00", "Ada", app="Overcast"), _download(1, "10:00", "Ben", app="Overcast"),
            _download(1, "11:00", "Cyd", app="Overcast"),
        ),
        (
            Side("Downloads by that app, that device or from that country", "5"),
            Side("Unique listeners of it", "fewer than 5"),
        ),
        "So few listeners of an app, a country or a device could be told apart by somebody who knows them, so "
        "their number is not shown: not on the page, in the CSV or in the PDF. Fewer than 5 downloads are not shown "
        "either, because they tell how many listeners there can be at most. The total of all is always shown.",
    ),
    Scenario(
        "kept",
        "Why does a long period have downloads, and no unique listeners?",
        (_download(-60, "09:00", "Ada"), _download(-1, "09:00", "Ben")),
        (
            Side("Downloads of the last 90 days", "2", {"listener_retention_days": 30}),
            Side("Unique listeners of the last 90 days", "not kept that long", {"listener_retention_days": 30}),
        ),
        "The rows that unique listeners are counted from are kept for as long as your organisation says (three years "
        "unless told otherwise; here it is 30 days), downloads are kept as numbers. Of a period that begins before "
        "that time unique listeners are not told, under no filter either, and an estimate or a sum of days would be "
        "another number under the same name.",
        looked_at=(0, "12:00"),
    ),
    Scenario(
        "sources",
        "Why do this week’s downloads reach further than its conversions?",
        (
            _download(0, "09:00", "Ada"), _order(1, "12:00", "Ada", "A-1", "pixel"),
            _download(2, "18:00", "Ben"),
        ),
        (Side("Downloads reach up to", "Wed 18:00"), Side("Visits and conversions reach up to", "Tue 12:00")),
        "Each source sends when it sends. podboard counts what it has within about a minute, but it cannot know "
        "what the shop has not told yet. Freshness says for each source up to when there is data; until the later "
        "one has come, the last days of the other are not yet to be judged by it.",
    ),
    Scenario(
        "orders",
        "Why does the pixel together with the promo code report more purchases than there are conversions?",
        (
            _order(1, "12:00", "Ada", "A-1", "pixel"), _order(1, "12:03", "Ada", "A-1", "promo_code"),
            _order(2, "17:00", "Ben", "B-1", "pixel"),
        ),
        (Side("Purchases reported", "3"), Side("Conversions", "2")),
        "The pixel and the promo code both told of Ada’s order. The same order number is one conversion, whoever "
        "tells of it; without a number the same listener and amount within 24 hours is. Told for two campaigns it is a "
        "conversion of each.",
        ads=(Ad("Acme", "One", 0, 5),),
    ),
    Scenario(
        "models",
        "Why does one show have the conversion by first touch, and none by last touch?",
        (
            _download(0, "09:00", "Ada", "One"), _download(1, "09:00", "Ada", "Two"),
            _order(2, "12:00", "Ada", "A-1", "pixel"),
        ),
        (Side("First show, by first touch", "1"), Side("First show, by last touch", "0")),
        "Ada heard of Acme in both shows and then bought. First touch gives the conversion to the first show, last "
        "touch to the second, linear half to each. The models share out the same conversions: each adds up to one. "
        "Where the order of the shows hangs on the model, the data does not decide it.",
        ads=(Ad("Acme", "One", 0, 5), Ad("Acme", "Two", 0, 5)),
    ),
    Scenario(
        "rounding",
        "Why do the shares of the episodes not add up to 100 %?",
        (
            _download(0, "09:00", "Ada"), _download(0, "10:00", "Ben", "Two"), _download(0, "11:00", "Cyd", "Three"),
        ),
        (
            Side("The shares as shown, added up", "99.9\u202f%"),
            Side("The downloads of these episodes, of all", "100.0\u202f%"),
        ),
        "Each share is rounded once, to one decimal: a third is shown as 33.3 %. No share is bent to make the "
        "column fit. The counts beside them add up to the last download.",
    ),
    Scenario(
        "currencies",
        "Why does the portfolio show two amounts of spend instead of one?",
        (
            _download(0, "09:00", "Ada"), _download(0, "10:00", "Ben"), _download(0, "11:00", "Cyd", "Two"),
        ),
        (Side("Spend in dollars", "$0.05"), Side("Spend in euros", "€0.04")),
        "Amounts of two currencies are never added: the rate of which day would be the right one? Each campaign "
        "keeps the currency in which it was sold, and the portfolio has one amount for each.",
        ads=(Ad("Acme", "One", 0, 5), Ad("Globex", "Two", 0, 5, currency="EUR", rate=40)),
    ),
)  # fmt: skip
