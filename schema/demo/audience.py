"""Who listens to a demo tenant's shows, and which of them downloads which episode when.

A show has a stable population: people join, stay for days or years and leave; a few listen to everything and many
now and then. A part listens to several shows, so that listeners of a tenant are fewer than the sum over its shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schema.demo.calendar import Calendar, Floats, Ints
from schema.demo.plans import Hit, Place, ShowPlan, TenantPlan

Random = np.random.Generator

# app, share of downloads, tells the publisher about plays, fetches episodes by itself, devices, systems of phones
_APPS: tuple[tuple[str, float, bool, bool, dict[str, float], dict[str, float]], ...] = (
    ("Apple Podcasts", 0.335, False, True,
     {"phone": 0.86, "computer": 0.05, "tablet": 0.03, "smart_speaker": 0.045, "car": 0.015}, {"iOS": 1.0}),
    ("Spotify", 0.245, True, False,
     {"phone": 0.80, "computer": 0.10, "smart_speaker": 0.06, "tablet": 0.02, "car": 0.02},
     {"iOS": 0.52, "Android": 0.48}),
    ("YouTube Music", 0.075, False, False,
     {"phone": 0.80, "computer": 0.12, "tablet": 0.03, "smart_speaker": 0.05}, {"iOS": 0.38, "Android": 0.62}),
    ("Overcast", 0.062, False, True, {"phone": 0.95, "tablet": 0.03, "car": 0.02}, {"iOS": 1.0}),
    ("Pocket Casts", 0.058, True, True,
     {"phone": 0.90, "computer": 0.05, "tablet": 0.03, "car": 0.02}, {"iOS": 0.40, "Android": 0.60}),
    ("Web player", 0.055, True, False, {"computer": 0.68, "phone": 0.28, "tablet": 0.04}, {"iOS": 0.5, "Android": 0.5}),
    ("Amazon Music", 0.045, False, False,
     {"smart_speaker": 0.55, "phone": 0.41, "car": 0.04}, {"iOS": 0.45, "Android": 0.55}),
    ("Castbox", 0.035, True, True, {"phone": 0.97, "tablet": 0.03}, {"iOS": 0.2, "Android": 0.8}),
    ("Podcast Addict", 0.034, False, True, {"phone": 0.97, "tablet": 0.03}, {"Android": 1.0}),
    ("AntennaPod", 0.024, True, True, {"phone": 0.98, "tablet": 0.02}, {"Android": 1.0}),
    ("iHeartRadio", 0.014, False, False,
     {"phone": 0.7, "smart_speaker": 0.2, "car": 0.1}, {"iOS": 0.5, "Android": 0.5}),
    ("Castro", 0.008, False, True, {"phone": 1.0}, {"iOS": 1.0}),
    ("unknown", 0.010, False, False, {"phone": 0.5, "computer": 0.5}, {"unknown": 1.0}),
)  # fmt: skip

_COMPUTER_SYSTEMS = {"Windows": 0.55, "macOS": 0.38, "Linux": 0.07}

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
_MEAN_STAY_DAYS = 420.0


@dataclass(slots=True)
class Audience:
    """Every listener of a tenant; arrays by listener number."""

    ids: NDArray[np.bytes_]
    profile: Ints
    place_shift: Floats
    fetches: NDArray[np.bool_]
    reports: NDArray[np.bool_]
    profiles: NDArray[np.bytes_]


@dataclass(slots=True)
class Members:
    """The listeners of one show; arrays sorted by the day they joined."""

    listener: Ints
    weight: Floats
    joined: Floats
    left: Floats
    newcomers: Ints


@dataclass(slots=True)
class Episode:
    """An episode with what the generator needs to know of it."""

    number: int
    show: str
    published_day: int
    publish_minute: int
    seconds: int
    title: str
    description: str
    level: float
    hit: Hit | None = None


@dataclass(slots=True)
class Downloads:
    """Downloads of a tenant, sorted by time: moment, tenant day, episode (index in the tenant's list), listener."""

    at: Ints
    day: Ints
    episode: Ints
    listener: Ints


def episodes_of(plan: TenantPlan, show: ShowPlan, calendar: Calendar, random: Random) -> list[Episode]:
    """The episodes of a show, oldest first, with the size each would reach; none is out before its moment."""
    today = calendar.length
    if show.episode_count is None:
        first = -plan.back_catalogue_days
        last = today - 1
        days = [d for d in range(first, last + 1) if calendar.date_of(d).weekday() == show.weekday]
    else:
        days = [today + show.newest_day - show.every_days * n for n in range(show.episode_count)][::-1]
    days = [d for d in days if not _on_break(calendar, d, show, today)]

    hits = {_nearest(days, today + hit.day): hit for hit in show.hits}
    titles = [t for t in show.titles if t not in {hit.title for hit in show.hits}]
    episodes = []
    for number, day in enumerate(days, start=1):
        hit = hits.get(day)
        level = (
            show.level
            * show.yearly_growth ** ((day - today) / 365.0)
            * float(np.exp(random.normal(-0.008, 0.13)))
        )
        # Some of those who came for a hit stay.
        for hit_day, earlier in hits.items():
            if hit_day < day:
                level *= 1 + 0.02 * earlier.factor * float(np.exp(-(day - hit_day) / 120.0))
        seconds = int(show.minutes * 60 * float(np.exp(random.normal(0, 0.14))))
        # The newest episode takes the first title: the story of the demo stays the same from day to day.
        title = hit.title if hit else titles[(len(days) - number) % len(titles)]
        if not hit and (len(days) - number) // len(titles):
            title = f"From the archive: {title}"
        story = hit.description if hit else ""
        episodes.append(
            Episode(number, show.slug, day, show.publish_minute, seconds, title, story, level, hit)
        )
    return episodes


def _nearest(days: list[int], wanted: int) -> int:
    return min(days, key=lambda day: (abs(day - wanted), day))


def _on_break(calendar: Calendar, day: int, show: ShowPlan, today: int) -> bool:
    date = calendar.date_of(day)
    if show.episode_count is None and (
        (date.month, date.day) >= (12, 24) or (date.month, date.day) == (1, 1)
    ):
        return True
    return any(start <= day - today <= end for start, end in show.pauses)


def make_audience(
    plan: TenantPlan, calendar: Calendar, episodes: dict[str, list[Episode]], random: Random
) -> tuple[Audience, dict[str, Members]]:
    """The tenant's listeners and, by show, which of them belong to it from when to when."""
    members: dict[str, Members] = {}
    total = 0
    earlier: list[Members] = []
    for show in plan.shows:
        joined, left, weight, comes_by_hit = _careers(show, calendar, episodes[show.slug], random)
        count = len(joined)
        listener = np.arange(total, total + count, dtype=np.int64)
        # Faithful listeners of the shows before are the ones who also listen to this one, at about the same time.
        shared = np.flatnonzero((random.random(count) < plan.overlap) & ~comes_by_hit)
        if earlier and len(shared):
            pool = np.concatenate([m.listener for m in earlier])
            pool_joined = np.concatenate([m.joined for m in earlier])
            pool_left = np.concatenate([m.left for m in earlier])
            pool_weight = np.concatenate([m.weight for m in earlier])
            stay = np.clip(pool_left - pool_joined, 1, 600)
            picked = _draw(stay > 3, pool_weight * np.sqrt(stay), len(shared), random)
            chosen, place = np.unique(pool[picked], return_index=True)
            picked = picked[place]
            shared = shared[: len(chosen)]
            listener[shared] = chosen
            joined[shared] = pool_joined[picked] + random.exponential(25.0, len(shared))
            left[shared] = np.maximum(pool_left[picked], joined[shared] + 8)
            weight[shared] = np.sqrt(weight[shared] * pool_weight[picked]) * 1.4
            fresh = np.ones(count, dtype=bool)
            fresh[shared] = False
            listener[fresh] = np.arange(total, total + int(fresh.sum()))
            total += int(fresh.sum())
        else:
            total += count
        order = np.argsort(joined, kind="stable")
        newcomers = np.flatnonzero(comes_by_hit[order])
        found = Members(listener[order], weight[order], joined[order], left[order], newcomers)
        members[show.slug] = found
        earlier.append(found)
    return _describe(plan, total, random), members


def _careers(
    show: ShowPlan, calendar: Calendar, episodes: list[Episode], random: Random
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """For each member of a show: day joined, day left, weight, and whether a hit brought it."""
    first, today = episodes[0].published_day, calendar.length
    span = max(today - first, 1)
    per_release = show.level * show.regulars
    size_then = per_release * show.yearly_growth ** (-span / 365.0)
    founders = int(size_then)
    growth = max(per_release - size_then, 0.0)
    stayers = int(growth + (per_release + size_then) / 2 * span / _MEAN_STAY_DAYS)
    passers = int(stayers * 1.1)

    # A show that grows gains more people late than early.
    rate = np.log(show.yearly_growth) / 365.0
    u = random.random(stayers + passers)
    arrival = u * span if abs(rate) < 1e-6 else np.log1p(u * np.expm1(rate * span)) / rate
    joined = np.concatenate(
        [np.full(founders, first - 1.0) - random.exponential(90, founders), first + arrival]
    )
    stay = np.concatenate(
        [random.exponential(_MEAN_STAY_DAYS, founders + stayers) + 20, random.exponential(9, passers) + 1]
    )
    weight = np.exp(random.normal(0, 1.15, len(joined)))
    weight[founders + stayers :] *= 0.5
    by_hit = np.zeros(len(joined), dtype=bool)
    for episode in episodes:
        if episode.hit is None:
            continue
        extra = int(episode.level * (episode.hit.factor - 1) * 0.9)
        days = episode.published_day + _hit_ages(extra, random)
        staying = random.random(extra) < 0.07
        joined = np.concatenate([joined, days])
        stay = np.concatenate([stay, np.where(staying, random.exponential(300, extra) + 14, 1.5)])
        weight = np.concatenate([weight, np.where(staying, 1.0, 0.05)])
        by_hit = np.concatenate([by_hit, np.ones(extra, dtype=bool)])
    return joined, joined + stay, weight, by_hit


def _hit_ages(count: int, random: Random) -> Floats:
    """Days since publication at which a hit's additional listeners come: a wave that crests after two days."""
    return 0.6 + random.gamma(1.6, 2.6, count)


def _describe(plan: TenantPlan, total: int, random: Random) -> Audience:
    """Identity, app, device and place of each listener."""
    profile_texts: list[bytes] = []
    profile_share: list[float] = []
    shift: list[float] = []
    fetches: list[bool] = []
    reports: list[bool] = []
    for app, share, tells, by_itself, devices, phones in _APPS:
        app_share = share * plan.app_bias.get(app, 1.0)
        for device, device_share in devices.items():
            for system, system_share in _systems(app, device, phones).items():
                for place in plan.places:
                    profile_texts.append(_profile_json(app, device, system, place))
                    profile_share.append(app_share * device_share * system_share * place.share)
                    shift.append(-place.hours_ahead)
                    fetches.append(by_itself and device in ("phone", "tablet"))
                    reports.append(tells and device != "smart_speaker")
    shares = np.array(profile_share)
    profile = random.choice(len(shares), size=total, p=shares / shares.sum()).astype(np.int64)
    agrees = random.random(total)
    reporting = np.array(reports)[profile]
    return Audience(
        ids=hex_ids(total, random),
        profile=profile,
        place_shift=np.array(shift)[profile],
        fetches=np.array(fetches)[profile],
        reports=reporting & (agrees < plan.consent),
        profiles=np.array(profile_texts),
    )


def _systems(app: str, device: str, phones: dict[str, float]) -> dict[str, float]:
    if device == "computer":
        return {"macOS": 1.0} if app == "Apple Podcasts" else _COMPUTER_SYSTEMS
    if device == "smart_speaker":
        return {"audioOS": 1.0} if app == "Apple Podcasts" else {"Alexa": 0.7, "Google Home": 0.3}
    return phones


def _profile_json(app: str, device: str, system: str, place: Place) -> bytes:
    return (
        f'"app":"{app}","device":"{device}","os":"{system}","country":"{place.country}",'
        f'"region":"{place.region}","source":"hosting_log"'
    ).encode()


_HEX = np.array([f"{n:02x}" for n in range(256)], dtype="S2")


def hex_ids(count: int, random: Random) -> NDArray[np.bytes_]:
    """Pseudonyms as ingest makes them: 24 hexadecimal digits."""
    digits = _HEX[np.frombuffer(random.bytes(count * 12), dtype=np.uint8)]
    return np.ascontiguousarray(digits).view("S24").reshape(count)


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
    regulars = _draw(active, members.weight, len(regular_days), random)
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


def _draw(usable: NDArray[np.bool_], weight: Floats, count: int, random: Random) -> Ints:
    """`count` distinct members by weight (fewer when there are not so many): the smallest of exponential clocks."""
    candidates = np.flatnonzero(usable)
    count = min(count, len(candidates))
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    clocks = random.standard_exponential(len(candidates)) / weight[candidates]
    chosen = np.argpartition(clocks, count - 1)[:count]
    return candidates[chosen[np.argsort(clocks[chosen])]]


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
