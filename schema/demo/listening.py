"""What happens after a download: plays, how far they get, ads heard, follows. Only apps that tell are seen here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schema.demo.ads import SLOTS, AdTable
from schema.demo.audience import Audience, Episode, Members
from schema.demo.calendar import Calendar, Floats, Ints
from schema.demo.downloads import Downloads, hour_of_day
from schema.demo.plans import TenantPlan

Random = np.random.Generator

KINDS = ("download", "play", "progress", "complete", "ad_play", "follow")
DOWNLOAD, PLAY, PROGRESS, COMPLETE, AD_PLAY, FOLLOW = range(len(KINDS))

_PLAYED_SHARE = 0.84
# A listener who is within the last five per cent has heard the episode: the rest is credits.
_COMPLETE_FROM = 0.95
# By slot (pre, host, mid 1, mid 2, post): who leaves at the ad, and who skips it.
_LEAVES = (0.030, 0.016, 0.045, 0.040, 0.25)
_SKIPS = (0.12, 0.07, 0.24, 0.27, 0.20)


@dataclass(slots=True)
class Events:
    """Listener events; `first` and `second` hold seconds (progress) or ad unit and quartile (ad_play)."""

    at: Ints
    episode: Ints
    listener: Ints
    kind: NDArray[np.int8]
    first: NDArray[np.int32]
    second: NDArray[np.int32]

    def sorted(self) -> Events:
        """The same events by time."""
        order = np.argsort(self.at, kind="stable")
        return Events(
            self.at[order], self.episode[order], self.listener[order],
            self.kind[order], self.first[order], self.second[order],
        )  # fmt: skip


def listener_events(
    plan: TenantPlan,
    downloads: Downloads,
    episodes: list[Episode],
    completion: Floats,
    audience: Audience,
    members: dict[str, Members],
    ads: AdTable,
    calendar: Calendar,
    random: Random,
) -> Events:
    """Every listener event of the tenant before today, by time; `completion`: who hears each episode out."""
    parts = [_events(DOWNLOAD, downloads.at, downloads.episode, downloads.listener)]
    parts += _plays(downloads, episodes, completion, audience, ads, calendar, random)
    parts += [
        _follows(episodes, members[show.slug], show.slug, audience, calendar, random) for show in plan.shows
    ]
    joined = Events(*(np.concatenate([getattr(p, name) for p in parts]) for name in Events.__slots__))
    inside = joined.at < calendar.starts_ms[-1]
    return Events(*(getattr(joined, name)[inside] for name in Events.__slots__)).sorted()


def _events(
    kind: int, at: Ints, episode: Ints, listener: Ints, first: Ints | None = None, second: Ints | None = None
) -> Events:
    count = len(at)
    nothing = np.zeros(count, dtype=np.int32)
    return Events(
        at, episode, listener, np.full(count, kind, dtype=np.int8),
        nothing if first is None else first.astype(np.int32),
        nothing if second is None else second.astype(np.int32),
    )  # fmt: skip


def _plays(
    downloads: Downloads,
    episodes: list[Episode],
    completion: Floats,
    audience: Audience,
    ads: AdTable,
    calendar: Calendar,
    random: Random,
) -> list[Events]:
    tells = audience.reports[downloads.listener]
    chosen = np.flatnonzero(tells & (random.random(len(tells)) < _PLAYED_SHARE))
    episode, listener = downloads.episode[chosen], downloads.listener[chosen]
    length = np.array([e.seconds for e in episodes], dtype=np.int64)[episode]
    started = _start(downloads, chosen, audience, calendar, random)
    speed = random.choice(np.array([1.0, 1.2, 1.5, 2.0]), size=len(chosen), p=[0.68, 0.16, 0.12, 0.04])
    heard = _heard(length, completion[episode], random)

    events = [_events(PLAY, started, episode, listener)]
    units = ads.at(downloads.episode[chosen], downloads.day[chosen])
    from_s = np.zeros(len(chosen), dtype=np.int64)
    for slot in range(len(SLOTS)):
        unit = units[slot]
        position = ads.position[np.maximum(unit, 0)]
        duration = ads.duration[np.maximum(unit, 0)]
        meets = (unit >= 0) & (position < heard)
        leaves = meets & (random.random(len(unit)) < _LEAVES[slot])
        heard = np.where(
            leaves, position + 1 + (random.random(len(unit)) * duration * 0.8).astype(np.int64), heard
        )
        skips = meets & ~leaves & (random.random(len(unit)) < _SKIPS[slot])
        split = np.flatnonzero(skips & (position > from_s))
        events.append(_progress(started, speed, episode, listener, from_s, position, split))
        from_s = np.where(skips, np.minimum(position + duration, heard), from_s)
        quartile = np.minimum((heard - position) * 4 // np.maximum(duration, 1), 4)
        plays_ad = np.flatnonzero(meets & ~skips & (quartile > 0))
        ended = np.minimum(position + duration, heard)[plays_ad]
        events.append(
            _events(
                AD_PLAY,
                _after(started[plays_ad], ended, speed[plays_ad]),
                episode[plays_ad],
                listener[plays_ad],
                unit[plays_ad],
                quartile[plays_ad],
            )
        )
    events.append(_progress(started, speed, episode, listener, from_s, heard, np.flatnonzero(heard > from_s)))
    done = np.flatnonzero(heard >= length * _COMPLETE_FROM)
    events.append(
        _events(COMPLETE, _after(started[done], heard[done], speed[done]), episode[done], listener[done])
    )
    return events


def _progress(
    started: Ints, speed: Floats, episode: Ints, listener: Ints, from_s: Ints, to_s: Ints, rows: Ints
) -> Events:
    at = _after(started[rows], to_s[rows], speed[rows])
    return _events(PROGRESS, at, episode[rows], listener[rows], from_s[rows], to_s[rows])


def _after(started: Ints, seconds: Ints, speed: Floats) -> Ints:
    return started + (seconds * 1000 / speed).astype(np.int64)


def _start(
    downloads: Downloads, chosen: Ints, audience: Audience, calendar: Calendar, random: Random
) -> Ints:
    """A stream plays at once; what an app fetched waits for its listener's next good moment."""
    at, listener = downloads.at[chosen], downloads.listener[chosen]
    at_once = at + random.integers(400, 6000, len(chosen))
    day = np.minimum(downloads.day[chosen] + random.geometric(0.62, len(chosen)) - 1, calendar.length - 1)
    hour = hour_of_day(calendar.weekdays[day] >= 5, audience.place_shift[listener], random)
    later = calendar.moments(day, hour * 3600.0)
    soon = at + (random.exponential(1800.0, len(chosen)) * 1000).astype(np.int64) + 30_000
    return np.where(audience.fetches[listener], np.where(later > at, later, soon), at_once)


def _heard(length: Ints, completion: Floats, random: Random) -> Ints:
    """The second each play would reach without ads: some leave in the first minutes, few in the middle."""
    count = len(length)
    finishes = random.random(count) < completion
    # Half of those who hear an episode out turn it off during the credits.
    at_end = np.minimum(0.96 + 0.08 * random.random(count), 1.0)
    share = np.where(finishes, at_end, random.beta(0.75, 1.15, count) * 0.95)
    return np.maximum((share * length).astype(np.int64), 5)


def _follows(
    episodes: list[Episode],
    members: Members,
    show: str,
    audience: Audience,
    calendar: Calendar,
    random: Random,
) -> Events:
    """People who join for long tap "follow" in an app that tells, on the episode that was newest then."""
    own = [(index, e.published_day) for index, e in enumerate(episodes) if e.show == show]
    index = np.array([i for i, _ in own], dtype=np.int64)
    published = np.array([d for _, d in own], dtype=np.int64)
    stays = (
        (members.left - members.joined > 45) & (members.joined >= 0) & (members.joined < calendar.length - 1)
    )
    rows = np.flatnonzero(stays & audience.reports[members.listener] & (random.random(len(stays)) < 0.5))
    day = members.joined[rows].astype(np.int64)
    newest = np.searchsorted(published, day - 1, side="right") - 1
    rows, day, newest = rows[newest >= 0], day[newest >= 0], newest[newest >= 0]
    listener = members.listener[rows]
    hour = hour_of_day(calendar.weekdays[day] >= 5, audience.place_shift[listener], random)
    return _events(FOLLOW, calendar.moments(day, hour * 3600.0), index[newest], listener)
