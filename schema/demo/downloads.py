"""Which listener of a demo tenant downloads which episode when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schema.demo.audience import Audience, Episode, Members, Random, draw
from schema.demo.calendar import Calendar, Floats, Ints
from schema.demo.plans import ShowPlan, TenantPlan

# Share of a day's downloads by hour on the listener's own clock: two commutes on weekdays, a late morning at weekends.
_WEEKDAY_HOURS = np.array([
    1.1, 0.7, 0.5, 0.5, 0.9, 2.4, 5.6, 8.4, 8.2, 5.4, 4.2, 4.0,
    4.6, 4.2, 3.9, 4.3, 5.8, 7.6, 7.2, 5.2, 4.4, 4.2, 3.7, 2.1,
])  # fmt: skip
_WEEKEND_HOURS = np.array([
    1.8, 1.1, 0.7, 0.5, 0.5, 0.8, 1.9, 3.6, 5.9, 7.6, 8.2, 7.7,
    6.7, 6.0, 5.6, 5.5, 5.6, 5.7, 5.5, 5.1, 4.7, 4.3, 3.7, 2.6,
])  # fmt: skip
_WORKWEEK = np.array([1.05, 1.06, 1.04, 1.03, 0.98, 1.0, 1.0])

_REPEAT_SHARE = 0.03


@dataclass(slots=True)
class Downloads:
    """Downloads of a tenant, sorted by time: moment, tenant day, episode (index in the tenant's list), listener."""

    at: Ints
    day: Ints
    episode: Ints
    listener: Ints


def downloads_of(
    plan: TenantPlan,
    show: ShowPlan,
    episodes: list[Episode],
    first_index: int,
    members: Members,
    audience: Audience,
    calendar: Calendar,
    random: Random,
) -> Downloads:
    """The valid, unique downloads of one show: one per listener, episode and tenant day."""
    mood = _mood(plan, show, calendar, random)
    curve = _decay(calendar.length + plan.back_catalogue_days + 60, show.tail_share)
    parts: list[tuple[Ints, Ints, Ints]] = []
    for offset, episode in enumerate(episodes):
        days, listeners = _one_episode(episode, members, mood, curve, calendar, random)
        parts.append((days, np.full(len(days), first_index + offset, dtype=np.int64), listeners))
    day = np.concatenate([p[0] for p in parts])
    index = np.concatenate([p[1] for p in parts])
    listener = np.concatenate([p[2] for p in parts])

    again = np.flatnonzero(random.random(len(day)) < _REPEAT_SHARE)
    day = np.concatenate([day, day[again] + 1 + random.geometric(0.12, len(again))])
    index = np.concatenate([index, index[again]])
    listener = np.concatenate([listener, listener[again]])
    inside = (day >= 0) & (day < calendar.length)
    day, index, listener = day[inside], index[inside], listener[inside]
    at = _moments(day, index - first_index, listener, episodes, audience, calendar, random)
    # A download that the clock carried past midnight belongs to the next day: keep one per listener, episode and day.
    day = calendar.day_of(at)
    key = (index * (calendar.length + 1) + day) * (int(listener.max(initial=0)) + 1) + listener
    _, kept = np.unique(key, return_index=True)
    kept = kept[day[kept] < calendar.length]
    return Downloads(at[kept], day[kept], index[kept], listener[kept])


def _mood(plan: TenantPlan, show: ShowPlan, calendar: Calendar, random: Random) -> Floats:
    """What each day does to downloads: weekday, holidays, quiet days of the tenant, and chance."""
    days = calendar.length
    weekdays = calendar.weekdays[:days]
    mood = np.where(weekdays >= 5, show.weekend_factor, _WORKWEEK[weekdays])
    mood = np.where(calendar.holidays[:days], mood * 0.7, mood)
    mood = mood * np.exp(random.normal(0, 0.05, days))
    for day, factor in plan.quiet_days.items():
        if 0 <= days + day < days:
            mood[days + day] *= factor
    return mood


def _decay(length: int, tail_share: float) -> Floats:
    """Share of an episode's downloads by age in days: most on the first day, then a long tail."""
    age = np.arange(length, dtype=np.float64)
    fast = np.where(age == 0, 0.0, (age + 0.9) ** -1.45)
    fast = 0.64 * fast / fast.sum()
    fast[0] = 0.36
    slow = np.exp(-age / 400.0)
    shares: Floats = (1 - tail_share) * fast + tail_share * slow / slow.sum()
    return shares


def _one_episode(
    episode: Episode, members: Members, mood: Floats, curve: Floats, calendar: Calendar, random: Random
) -> tuple[Ints, Ints]:
    """Days and listeners of the first download of one episode by each of its listeners."""
    start = max(episode.published_day, 0)
    ages = np.arange(start - episode.published_day, calendar.length - episode.published_day)
    expected = episode.level * curve[ages] * mood[start:]
    counts = random.poisson(expected)
    days = np.repeat(np.arange(start, calendar.length), counts)
    age = days - episode.published_day

    # Early downloads are the regulars'; later ones come from people who found the show about then and go back.
    late = (age > 6) & (random.random(len(days)) < 0.75)
    regular_days = days[~late]
    active = (members.joined <= episode.published_day + 1) & (members.left > episode.published_day)
    regulars = draw(active, members.weight, len(regular_days), random)
    # The most eager come first, with some luck in it.
    eagerness = members.weight[regulars] * np.exp(random.normal(0, 0.9, len(regulars)))
    regulars = regulars[np.argsort(-eagerness, kind="stable")]
    late_days = days[late]
    back = random.geometric(1 / max(60.0, len(members.joined) / 150), len(late_days))
    found = np.searchsorted(members.joined, late_days, side="right") - back
    by_hit = np.zeros(len(members.joined), dtype=bool)
    by_hit[members.newcomers] = True
    usable = (found >= 0) & ~by_hit[np.maximum(found, 0)]

    all_days = [regular_days[: len(regulars)], late_days[usable]]
    all_members = [regulars, found[usable]]
    if episode.hit is not None:
        wave = members.newcomers[
            (members.joined[members.newcomers] >= episode.published_day)
            & (members.joined[members.newcomers] < calendar.length)
        ]
        all_days.append(members.joined[wave].astype(np.int64))
        all_members.append(wave)
    day = np.concatenate(all_days)
    member = np.concatenate(all_members)
    _, first = np.unique(member, return_index=True)
    return day[first], members.listener[member[first]]


def _moments(
    day: Ints,
    offset: Ints,
    listener: Ints,
    episodes: list[Episode],
    audience: Audience,
    calendar: Calendar,
    random: Random,
) -> Ints:
    """When on its day each download happens: the listener's own clock, and never before the episode is out."""
    published_day = np.array([e.published_day for e in episodes])[offset]
    published_second = np.array([_seconds_into_day(e, calendar) for e in episodes])[offset]
    weekend = calendar.weekdays[day] >= 5
    second = hour_of_day(weekend, audience.place_shift[listener], random) * 3600.0
    release = day == published_day
    # Apps that fetch by themselves find a new episode within the hour or two after it is out.
    fetched = release & audience.fetches[listener] & (random.random(len(day)) < 0.8)
    second = np.where(fetched, published_second + 60 + random.exponential(3400.0, len(day)), second)
    early = release & (second < published_second)
    # The shortest day has 23 hours.
    remaining = 82_800.0 - published_second
    second = np.where(early, published_second + 120 + random.random(len(day)) * remaining * 0.97, second)
    return calendar.moments(day, np.minimum(second + random.random(len(day)), 86_399.9))


def _seconds_into_day(episode: Episode, calendar: Calendar) -> float:
    """How long its day lasts already when an episode comes out: an hour off the clock where summer time changes."""
    if episode.published_day < 0:
        return 0.0
    published_ms = calendar.at(episode.published_day, episode.publish_minute).timestamp() * 1000
    return float(published_ms - calendar.starts_ms[episode.published_day]) / 1000


def hour_of_day(weekend: NDArray[np.bool_], shift: Floats, random: Random) -> Floats:
    """An hour (0 to 24, tenant's clock) at which people in places `shift` hours off listen."""
    u = random.random(len(weekend))
    own_clock = np.where(weekend, _at_share(u, _WEEKEND_HOURS), _at_share(u, _WEEKDAY_HOURS))
    hours: Floats = (own_clock + shift) % 24.0
    return hours


def _at_share(u: Floats, shape: Floats) -> Floats:
    """The hour by which share `u` of a day's downloads has happened."""
    edges = np.concatenate([[0.0], np.cumsum(shape / shape.sum())])
    hours: Floats = np.interp(u, edges, np.arange(25.0))
    return hours
