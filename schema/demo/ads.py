"""Where a demo tenant's ads stand, whom they reached and what those people did."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schema.demo.audience import Episode
from schema.demo.calendar import DAY_MS, Calendar, Floats, Ints
from schema.demo.downloads import Downloads
from schema.demo.plans import CampaignPlan, Slot, TenantPlan, Unit

Random = np.random.Generator

# In the order in which an episode reaches them: slot, kind of unit, place in the episode, effect of one impression.
SLOTS: tuple[tuple[Slot, Unit, float, float], ...] = (
    ("pre", "pre_roll", 0.0, 0.75),
    ("host", "host_read", 0.17, 1.5),
    ("mid_1", "mid_roll", 0.38, 1.0),
    ("mid_2", "mid_roll", 0.66, 0.85),
    ("post", "post_roll", 1.0, 0.4),
)
_SLOT_NUMBERS = {slot: number for number, (slot, _, _, _) in enumerate(SLOTS)}

_LONGEST_LAG_DAYS = 50.0
_PER_OTHER_SHOW = 1.3


@dataclass(frozen=True, slots=True)
class AdUnit:
    """One ad in one episode; campaign and episode by their index in the tenant's lists."""

    id: uuid.UUID
    campaign: int
    episode: int
    slot: int
    unit_type: Unit
    position: int
    duration: int
    pull: float


@dataclass(slots=True)
class AdTable:
    """Which ad unit (or -1) stands in each slot of each episode on each day; arrays by ad unit number."""

    units: list[AdUnit]
    cells: NDArray[np.int32]
    position: Ints
    duration: Ints

    def at(self, episode: Ints, day: Ints) -> NDArray[np.int32]:
        """By slot, the ad unit that a download of this episode on this day carries."""
        return self.cells[:, episode, day]


@dataclass(slots=True)
class Impressions:
    """Ads delivered, by time: one for each download and each ad unit in flight."""

    at: Ints
    unit: NDArray[np.int32]
    episode: Ints
    listener: Ints


@dataclass(frozen=True, slots=True)
class Response:
    """A visit, lead or purchase as one source reported it."""

    at: int
    campaign: int
    episode: int | None
    listener: str | None
    kind: str
    data: str


def flight(campaign: CampaignPlan, calendar: Calendar) -> tuple[int, int]:
    """First and last day of delivery before today; the last is before the first when there was none."""
    last = campaign.end if campaign.stopped is None else min(campaign.end, campaign.stopped)
    return calendar.length + campaign.start, min(calendar.length + last, calendar.length - 1)


def place_ads(plan: TenantPlan, episodes: list[Episode], calendar: Calendar, namespace: uuid.UUID) -> AdTable:
    """The ad units of every campaign that has run, on the episodes its placements name."""
    cells = np.full((len(SLOTS), len(episodes), calendar.length), -1, dtype=np.int32)
    units: list[AdUnit] = []
    for number, campaign in enumerate(plan.campaigns):
        first, last = flight(campaign, calendar)
        if last < max(first, 0):
            continue
        for placement in campaign.placements:
            slot = _SLOT_NUMBERS[placement.slot]
            _, unit_type, place, effect = SLOTS[slot]
            for index, episode in enumerate(episodes):
                age = episode.published_day - first
                if episode.show != placement.show or not placement.from_day <= age <= placement.to_day:
                    continue
                if episode.published_day > last:
                    continue
                position = max(int(place * episode.seconds) - (placement.seconds if place == 1.0 else 0), 0)
                taken = cells[slot, index, max(first, 0) : last + 1]
                if (taken >= 0).any():
                    other = plan.campaigns[units[int(np.max(taken))].campaign].slug
                    raise ValueError(
                        f"{plan.slug}: {campaign.slug} and {other} share a slot of {placement.show}"
                    )
                taken[:] = len(units)
                name = f"ad/{campaign.slug}/{placement.show}/{episode.number}/{placement.slot}"
                units.append(
                    AdUnit(
                        uuid.uuid5(namespace, name),
                        number,
                        index,
                        slot,
                        unit_type,
                        position,
                        placement.seconds,
                        placement.pull * effect,
                    )
                )
    return AdTable(
        units, cells,
        np.array([u.position for u in units] or [0], dtype=np.int64),
        np.array([u.duration for u in units] or [0], dtype=np.int64),
    )  # fmt: skip


def impressions_of(downloads: Downloads, ads: AdTable) -> Impressions:
    """One impression for each download and each ad that stood in it that day."""
    carried = ads.at(downloads.episode, downloads.day)
    slot, row = np.nonzero(carried >= 0)
    order = np.lexsort((slot, row))
    slot, row = slot[order], row[order]
    return Impressions(downloads.at[row], carried[slot, row], downloads.episode[row], downloads.listener[row])


def responses_of(
    plan: TenantPlan,
    impressions: Impressions,
    ads: AdTable,
    episodes: list[Episode],
    listener_ids: NDArray[np.bytes_],
    calendar: Calendar,
    seed: int,
) -> list[Response]:
    """What people did after the ads, by time, as pixel, promo code, vanity URL and survey reported it."""
    campaign_of_unit = np.array([u.campaign for u in ads.units] or [0])
    pull_of_unit = np.array([u.pull for u in ads.units] or [0.0])
    campaign_of = campaign_of_unit[impressions.unit] if ads.units else np.zeros(0, dtype=np.int64)
    found: list[Response] = []
    for number, campaign in enumerate(plan.campaigns):
        rows = np.flatnonzero(campaign_of == number)
        if not len(rows):
            continue
        random = np.random.default_rng([seed, number, 71])
        desk = _Desk(plan, number, campaign, calendar, random)
        pull = pull_of_unit[impressions.unit[rows]] * _reinforcement(impressions, rows, episodes)
        _visits(desk, impressions, rows, pull, listener_ids)
        _conversions(desk, impressions, rows, pull, listener_ids)
        found += desk.responses
    return sorted(found, key=lambda r: (r.at, r.campaign, r.kind, r.data))


def _reinforcement(impressions: Impressions, rows: Ints, episodes: list[Episode]) -> Floats:
    """What each impression gains because its listener has met the campaign in other shows before."""
    shows = sorted({e.show for e in episodes})
    show = np.array([shows.index(e.show) for e in episodes])[impressions.episode[rows]]
    people, person = np.unique(impressions.listener[rows], return_inverse=True)
    at = impressions.at[rows]
    others = np.zeros(len(rows))
    for number in np.unique(show).tolist():
        first = np.full(len(people), np.iinfo(np.int64).max)
        here = show == number
        np.minimum.at(first, person[here], at[here])
        others += ~here & (first[person] < at)
    return 1 + _PER_OTHER_SHOW * others


class _Desk:
    """Takes down a campaign's visits and conversions the way its sources report them."""

    def __init__(
        self, plan: TenantPlan, number: int, campaign: CampaignPlan, calendar: Calendar, random: Random
    ) -> None:
        self.number, self.campaign, self.random = number, campaign, random
        self.currency = plan.currency
        self.first_ms = int(calendar.starts_ms[max(calendar.length + campaign.start, 0)])
        self.end_ms = int(calendar.starts_ms[-1])
        self.last_ms = int(calendar.starts_ms[flight(campaign, calendar)[1] + 1])
        self.code = campaign.bookings[0].code if campaign.bookings else ""
        self.orders = 40_000 + int(random.integers(0, 9_000))
        self.prefix = "".join(word[0] for word in campaign.slug.split("-"))[:3].upper()
        self.responses: list[Response] = []

    def note(self, at: float, kind: str, listener: str | None, episode: int | None, **data: object) -> None:
        if at < self.end_ms:
            text = json.dumps({k: v for k, v in data.items() if v is not None}, separators=(",", ":"))
            self.responses.append(Response(int(at), self.number, episode, listener, kind, text))

    def visit(self, at: float, listener: str | None, episode: int | None) -> None:
        by_pixel = listener is not None and self.random.random() < 0.72
        self.note(
            at, "visit", listener, episode if listener else None, source="pixel" if by_pixel else "vanity_url"
        )

    def order(self, at: float, listener: str | None, lead: bool) -> None:
        """One conversion, reported once or twice."""
        chance = self.random.random
        kind = "lead" if lead else "purchase"
        price = self.campaign.lead_value if lead else float(self.random.choice(self.campaign.prices))
        value = None if price is None else round(price * 1_000_000)
        currency = None if price is None else self.currency
        self.orders += 1 + int(self.random.integers(0, 7))
        order_id = f"{self.prefix}-{self.orders}"
        minutes = 60_000.0
        route = chance()
        if route < 0.62:
            self.note(
                at,
                kind,
                listener,
                None,
                source="pixel",
                order_id=order_id,
                value_micros=value,
                currency=currency,
            )
            if chance() < 0.24:
                same = listener if chance() < 0.5 else None
                self.note(
                    at + minutes * self.random.uniform(0.2, 9), kind, same, None, source="promo_code",
                    order_id=order_id, value_micros=value, currency=currency, promo_code=self.code,
                )  # fmt: skip
        elif route < 0.88:
            known = listener if chance() < 0.7 else None
            self.note(
                at, kind, known, None, source="promo_code", order_id=order_id, value_micros=value,
                currency=currency, promo_code=self.code,
            )  # fmt: skip
        elif route < 0.95:
            self.note(at, kind, listener, None, source="vanity_url", value_micros=value, currency=currency)
            if chance() < 0.4 and listener is not None:
                self.note(
                    at + minutes * self.random.uniform(1, 150), kind, listener, None, source="pixel",
                    value_micros=value, currency=currency,
                )  # fmt: skip
        else:
            self.note(at + DAY_MS * self.random.uniform(0.5, 4), kind, None, None, source="survey")


def _visits(desk: _Desk, impressions: Impressions, rows: Ints, pull: Floats, ids: NDArray[np.bytes_]) -> None:
    random, campaign = desk.random, desk.campaign
    caused = rows[random.random(len(rows)) < campaign.visits * pull]
    lag = _lag(len(caused), 0.8 * campaign.slow, 1.15, random)
    for row, days in zip(caused.tolist(), lag.tolist(), strict=True):
        at = float(impressions.at[row]) + 240_000 + days * DAY_MS
        # One visit in six comes from a device that nobody can match to the download.
        listener = ids[impressions.listener[row]].decode() if random.random() < 0.84 else None
        desk.visit(at, listener, int(impressions.episode[row]))
        if random.random() < 0.16:
            desk.visit(at + DAY_MS * random.uniform(0.1, 6), listener, int(impressions.episode[row]))


def _conversions(
    desk: _Desk, impressions: Impressions, rows: Ints, pull: Floats, ids: NDArray[np.bytes_]
) -> None:
    random, campaign = desk.random, desk.campaign
    caused = rows[random.random(len(rows)) < campaign.orders * pull]
    # Nobody becomes a new customer twice.
    _, first = np.unique(impressions.listener[caused], return_index=True)
    caused = caused[np.sort(first)]
    lag = _lag(len(caused), 2.2 * campaign.slow, 0.95, random)
    lead = campaign.conversion_type == "lead"
    for row, days in zip(caused.tolist(), lag.tolist(), strict=True):
        heard = float(impressions.at[row]) + 300_000
        listener = ids[impressions.listener[row]].decode()
        decided = heard + days * DAY_MS
        if random.random() < 0.7:
            looked = heard + (decided - heard) * random.beta(1.3, 1.6)
            desk.visit(looked, listener, int(impressions.episode[row]))
        desk.order(decided, listener, lead)
        if lead and random.random() < campaign.upsell:
            desk.order(decided + DAY_MS * random.uniform(1, 12), listener, lead=False)
    # Word of mouth and search: conversions of people whom no ad reached.
    others = random.poisson(campaign.untouched / (1 - campaign.untouched) * len(caused))
    for at in np.sort(random.uniform(desk.first_ms, desk.last_ms, others)).tolist():
        desk.order(at, random.bytes(12).hex() if random.random() < 0.8 else None, lead)


def _lag(count: int, median_days: float, spread: float, random: Random) -> Floats:
    return np.minimum(median_days * np.exp(random.normal(0, spread, count)), _LONGEST_LAG_DAYS)
