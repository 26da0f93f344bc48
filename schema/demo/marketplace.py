"""What the demo's shows have for sale and earned by it, and which of them are suggested for whose campaigns."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal

import numpy as np

from schema.demo.ads import flight
from schema.demo.marks import is_story
from schema.demo.material import Material
from schema.demo.plans import CampaignPlan, ShowPlan, Unit

# Share of the price that came in through the marketplace, and prices of 1,000 impressions against a pre-roll.
_THROUGH_MARKETPLACE = 0.4
_PRICES: dict[Unit, float] = {"pre_roll": 1.0, "mid_roll": 1.3, "host_read": 1.65, "post_roll": 0.6}
_PRE_ROLL = 22

# What is advertised by whom: the categories that fit a sponsor best, then those that fit well enough.
_FITS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "bramble": (("Science", "Leisure"), ("Business", "Arts")),
    "quietroom": (("Business", "Technology"), ("Arts", "Science")),
    "larkspur": (("Business",), ("True Crime", "Science")),
    "tallow": (("Science", "Health & Fitness"), ("Business",)),
    "pennywhistle": (("Business",), ("Science",)),
    "morrow": (("True Crime", "Arts"), ("Science",)),
    "juniper": (("Business", "Arts"), ("Technology",)),
    "radwerk": (("Society & Culture", "Health & Fitness"), ("Technology",)),
    "lindenhof": (("Health & Fitness",), ("Society & Culture",)),
    "falkentor": (("Technology",), ("Society & Culture",)),
    "nordstrom": (("Technology", "Society & Culture"), ("Health & Fitness",)),
    "papierboot": (("Society & Culture",), ("Health & Fitness",)),
    "mallee": (("Comedy",), ("Leisure",)),
    "saltbush": (("Leisure",), ("Comedy",)),
    "cuttlefish": (("Comedy",), ("Leisure",)),
}
_OPEN_STAGES = ("prospect", "proposed", "booked", "live", "paused")
_LESSER = ("price_fit", "availability")
_WORDS = {
    "category_fit": ("its subject fits what is sold", "its subject is far from what is sold"),
    "audience_overlap": (
        "many of its listeners know the shows that already carry it",
        "it reaches other people",
    ),
    "past_results": ("the sponsor's ads have worked here before", "earlier ads here brought little"),
    "price_fit": ("its price is near what was paid so far", "it costs more than was paid so far"),
    "availability": ("most of its places are free", "few of its places are free"),
}


def marketplace(material: Material) -> dict[str, list[dict[str, object]]]:
    """Listings of every show, their revenue by month, and matches for the campaigns that are not over."""
    listings: list[dict[str, object]] = []
    revenue: list[dict[str, object]] = []
    earned = _earned(material)
    since = material.calendar.at(0, 13 * 60)
    for n, show in enumerate(material.plan.shows):
        kinds: list[tuple[str, str, dict[str, object]]] = [
            (kind, _status(kind, n), {"model": "cpm", "amount": _price(show, kind), "minimum_impressions": 2000})
            for kind in _PRICES
        ]  # fmt: skip
        flat = int(round(show.level * _PRE_ROLL * 4 / 1000 / 5) * 5) + 25
        kinds.append(("sponsorship", "draft" if n % 2 else "published", {"model": "flat", "amount": flat}))
        for kind, status, pricing in kinds:
            identifier = material.id(f"listing/{show.slug}/{kind}")
            listings.append(
                {
                    "id": identifier, "tenant_id": material.tenant_id,
                    "podcast_id": material.id(f"podcast/{show.slug}"), "listing_type": kind, "status": status,
                    "pricing": json.dumps({**pricing, "currency": material.plan.currency}), "created_at": since,
                }
            )  # fmt: skip
            revenue += [
                {
                    "id": material.id(f"revenue/{show.slug}/{kind}/{day}/{amount}"), "tenant_id": material.tenant_id,
                    "listing_id": identifier, "amount": amount, "currency": material.plan.currency,
                    "transaction_date": day, "created_at": _noon(material, day),
                }
                for day, amount in earned.get((show.slug, kind), [])
            ]  # fmt: skip
    return {"marketplace_listings": listings, "marketplace_revenue": revenue, "matches": _matches(material)}


def _status(kind: str, show_number: int) -> str:
    """The first show's host has no time left, and nobody wants the post-rolls of the last."""
    if kind == "host_read" and show_number == 0:
        return "sold_out"
    return "paused" if kind == "post_roll" and show_number % 2 else "published"


def _price(show: ShowPlan, kind: Unit) -> int:
    """Small shows ask for more by the thousand."""
    return round(_PRE_ROLL * _PRICES[kind] * (1 + 0.12 * math.log10(2000 / show.level)))


def _noon(material: Material, day: date) -> datetime:
    return material.calendar.at((day - material.calendar.first).days, 12 * 60)


def _earned(material: Material) -> dict[tuple[str, str], list[tuple[date, Decimal]]]:
    """By show and kind of place: what was delivered, month by month, at the listed price, booked on the last day."""
    calendar, impressions = material.calendar, material.impressions
    if not len(impressions.at):
        return {}
    shows = {show.slug: show for show in material.plan.shows}
    days = calendar.day_of(impressions.at)
    months = np.array(
        [calendar.date_of(d).year * 12 + calendar.date_of(d).month - 1 for d in range(calendar.length)]
    )
    keys = np.stack([impressions.unit, months[np.clip(days, 0, calendar.length - 1)]], axis=1)
    found, counts = np.unique(keys, axis=0, return_counts=True)
    delivered: dict[tuple[str, Unit, int], int] = defaultdict(int)
    for (unit, month), count in zip(found.tolist(), counts.tolist(), strict=True):
        ad = material.ads.units[unit]
        delivered[material.episodes[ad.episode].show, ad.unit_type, month] += count

    earned: dict[tuple[str, str], list[tuple[date, Decimal]]] = defaultdict(list)
    for (slug, kind, month), count in sorted(delivered.items()):
        amount = _money(count * _price(shows[slug], kind) / 1000 * _THROUGH_MARKETPLACE)
        last = min(
            date((month + 1) // 12, (month + 1) % 12 + 1, 1).toordinal() - 1, calendar.today.toordinal() - 1
        )
        if amount > 0:
            earned[slug, kind].append((date.fromordinal(last), amount))
            # An order that was given back in part, once a year or so.
            if count > 900 and month % 7 == 0:
                earned[slug, kind].append((date.fromordinal(last), -_money(float(amount) / 12)))
    return earned


def _money(amount: float) -> Decimal:
    return Decimal(str(round(amount, 2)))


def _matches(material: Material) -> list[dict[str, object]]:
    """For each campaign that is not over, the shows that do not carry it."""
    found: list[dict[str, object]] = []
    heard = _listeners(material)
    worth = _results(material)
    campaign_ids = material.campaign_ids()
    for number, campaign in enumerate(material.plan.campaigns):
        if campaign.stage not in _OPEN_STAGES:
            continue
        carried = {p.show for p in campaign.placements}
        suggested = [show for show in material.plan.shows if show.slug not in carried]
        # The campaigns of a large tenant are in all its shows: more of the same is suggested to them.
        for show in suggested if is_story(material) else material.plan.shows:
            signals = _signals(material, campaign, show, carried, heard, worth)
            score = round(sum(signals.values()) / len(signals), 3)
            found.append(
                {
                    "id": material.id(f"match/{campaign.slug}/{show.slug}"), "tenant_id": material.tenant_id,
                    "advertiser_id": material.id(f"sponsor/{campaign.sponsor}"), "campaign_id": campaign_ids[number],
                    "podcast_id": material.id(f"podcast/{show.slug}"), "score": score,
                    "rationale": _rationale(show, signals), "signals": json.dumps(signals),
                    "created_at": material.calendar.at(material.calendar.length - 2, 5 * 60),
                }
            )  # fmt: skip
    return found


def _listeners(material: Material) -> dict[str, set[int]]:
    """Who downloaded each show in the last 90 days."""
    shows = np.array([e.show for e in material.episodes])
    recent = material.downloads.day >= material.calendar.length - 90
    show, listener = shows[material.downloads.episode[recent]], material.downloads.listener[recent]
    return {plan.slug: set(listener[show == plan.slug].tolist()) for plan in material.plan.shows}


def _results(material: Material) -> dict[tuple[str, str], float]:
    """Visits per impression of each sponsor in each show, where there were some thousand impressions."""
    shown: dict[tuple[str, str], int] = defaultdict(int)
    visited: dict[tuple[str, str], int] = defaultdict(int)
    counts = np.bincount(material.impressions.unit, minlength=len(material.ads.units)).tolist()
    for unit, count in zip(material.ads.units, counts, strict=False):
        sponsor = material.plan.campaigns[unit.campaign].sponsor
        shown[sponsor, material.episodes[unit.episode].show] += count
    for response in material.responses:
        if response.kind == "visit" and response.episode is not None:
            sponsor = material.plan.campaigns[response.campaign].sponsor
            visited[sponsor, material.episodes[response.episode].show] += 1
    return {key: visited[key] / count for key, count in shown.items() if count >= 1000}


def _signals(
    material: Material, campaign: CampaignPlan, show: ShowPlan, carried: set[str], heard: dict[str, set[int]],
    worth: dict[tuple[str, str], float],
) -> dict[str, float]:  # fmt: skip
    best, good = _FITS.get(campaign.sponsor, ((), ()))
    signals = {
        "category_fit": 0.92 if show.category in best else 0.63 if show.category in good else 0.28,
        "language_fit": 1.0,
    }
    known = set().union(*(heard[slug] for slug in carried)) if carried else set()
    if known and heard[show.slug]:
        signals["audience_overlap"] = len(known & heard[show.slug]) / len(heard[show.slug])
    if (campaign.sponsor, show.slug) in worth:
        # Three visits in a hundred impressions are as good as it gets.
        signals["past_results"] = min(worth[campaign.sponsor, show.slug] / 0.03, 1.0)
    rates = [b.rate for b in campaign.bookings if b.pricing == "cpm"]
    if rates:
        signals["price_fit"] = min(max(rates) / _price(show, "mid_roll"), 1.0)
    taken = sum(
        1
        for other in material.plan.campaigns
        if flight(other, material.calendar)[1] == material.calendar.length - 1
        for placement in other.placements
        if placement.show == show.slug
    )
    signals["availability"] = max(1 - taken / 5, 0.0)
    return {name: round(value, 3) for name, value in signals.items()}


def _rationale(show: ShowPlan, signals: dict[str, float]) -> str:
    """The best reason for the show, with price and free places only where nothing else speaks for it, and the worst."""
    told = {name: value for name, value in signals.items() if name in _WORDS}
    best = max(told, key=lambda name: (told[name] >= 0.5, name not in _LESSER, told[name]))
    worst = min(told, key=lambda name: told[name])
    text = (
        f"{show.name}: {_WORDS[best][0]}"
        if told[best] >= 0.5
        else f"{show.name} would be new for the sponsor"
    )
    return f"{text}, but {_WORDS[worst][1]}." if told[worst] < 0.5 else f"{text}."
