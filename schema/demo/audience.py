"""Who listens to a demo tenant's shows, and from when to when.

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
            picked = draw(stay > 3, pool_weight * np.sqrt(stay), len(shared), random)
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


def draw(usable: NDArray[np.bool_], weight: Floats, count: int, random: Random) -> Ints:
    """`count` distinct members by weight (fewer when there are not so many): the smallest of exponential clocks."""
    candidates = np.flatnonzero(usable)
    count = min(count, len(candidates))
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    clocks = random.standard_exponential(len(candidates)) / weight[candidates]
    chosen = np.argpartition(clocks, count - 1)[:count]
    return candidates[chosen[np.argsort(clocks[chosen])]]
