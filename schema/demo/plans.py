"""What a demo tenant is made of: people, shows, sponsors and campaigns, with days counted from today."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Unit = Literal["pre_roll", "host_read", "mid_roll", "post_roll"]
Slot = Literal["pre", "host", "mid_1", "mid_2", "post"]
Role = Literal["sponsor", "podcaster", "account_manager", "admin"]


@dataclass(frozen=True, slots=True)
class Brand:
    """A tenant's name, colour and mark on screen and on paper."""

    name: str
    color: str
    logo_svg: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who logs in; `owns` names the sponsors or shows an own-only role sees."""

    email: str
    full_name: str
    role: Role
    owns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A country (and region) that listens: its share, and how far its clocks are ahead of the tenant's."""

    country: str
    region: str
    share: float
    hours_ahead: float


@dataclass(frozen=True, slots=True)
class Hit:
    """An episode that was passed on: when, how strongly, and its own title and story."""

    day: int
    factor: float
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class ShowPlan:
    """A show: its rhythm, size and audience.

    `level` is what an episode published today is downloaded in all; `yearly_growth` multiplies it per year.
    `regulars` is the size of its standing audience in episodes' downloads, `tail_share` what comes evenly over years.
    With `episode_count` it is not weekly: so many episodes, `every_days` apart, the newest on `newest_day`.
    """

    slug: str
    name: str
    description: str
    category: str
    author: str
    language: str
    weekday: int
    publish_minute: int
    minutes: int
    level: float
    yearly_growth: float
    titles: tuple[str, ...]
    weekend_factor: float = 0.75
    episode_count: int | None = None
    every_days: int = 7
    newest_day: int = -8
    regulars: float = 1.75
    tail_share: float = 0.10
    completion: float = 0.62
    season_length: int | None = None
    hits: tuple[Hit, ...] = ()
    pauses: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a campaign's ad stands in a show: slot, seconds, and the episodes published on these days of the flight.

    Negative days are before the flight: the ad is put into back-catalogue episodes too.
    `pull` is the true effect of one impression, relative to the campaign's base.
    """

    show: str
    slot: Slot
    seconds: int
    from_day: int = -21
    to_day: int = 400
    pull: float = 1.0


@dataclass(frozen=True, slots=True)
class BookingPlan:
    """What was sold. Booked impressions follow from `delivery`: what has been delivered by now, against the plan."""

    pricing: Literal["cpm", "flat"]
    rate: int
    code: str
    vanity: str
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """A campaign: flight in days from today, stage, placements and how well it works.

    `delivery` is delivered / due so far while it runs, and delivered / booked once it is over.
    `budget` is what was asked for before anything was booked; afterwards it follows from the bookings.
    `visits` and `orders` are shares of impressions; `untouched` adds conversions nobody heard an ad for,
    `slow` stretches the time people take, `upsell` is the share of leads who buy in the end, and `lead_value` what the
    sponsor reckons a lead is worth.
    """

    slug: str
    name: str
    sponsor: str
    description: str
    stage: Literal["prospect", "proposed", "booked", "live", "paused", "completed", "cancelled"]
    start: int
    end: int
    stage_changed: int
    budget: int | None = None
    bookings: tuple[BookingPlan, ...] = ()
    placements: tuple[Placement, ...] = ()
    delivery: float = 1.0
    booked: int | None = None
    conversion_type: Literal["purchase", "lead"] = "purchase"
    visits: float = 0.012
    orders: float = 0.0016
    prices: tuple[float, ...] = (29.0,)
    untouched: float = 0.08
    slow: float = 1.0
    upsell: float = 0.22
    lead_value: float | None = None
    stopped: int | None = None


@dataclass(frozen=True, slots=True)
class SponsorPlan:
    """An advertiser."""

    slug: str
    name: str
    website: str


@dataclass(frozen=True, slots=True)
class TenantPlan:
    """One tenant. `history_days` back from today hold events; `consent` is who lets an app tell its plays."""

    slug: str
    name: str
    time_zone: str
    currency: str
    week_start: Literal["monday", "sunday"]
    brand: Brand
    people: tuple[Person, ...]
    places: tuple[Place, ...]
    app_bias: dict[str, float]
    shows: tuple[ShowPlan, ...]
    sponsors: tuple[SponsorPlan, ...]
    campaigns: tuple[CampaignPlan, ...]
    history_days: int = 560
    back_catalogue_days: int = 200
    consent: float = 0.26
    overlap: float = 0.45
    quiet_days: dict[int, float] = field(default_factory=dict)


def demo_people(
    domain: str, names: tuple[str, str, str, str], sponsors: tuple[str, ...], shows: tuple[str, ...]
) -> tuple[Person, ...]:
    """One person of each role, in the order sponsor, podcaster, account manager, admin."""
    sponsor, podcaster, manager, admin = names
    return (
        Person(f"sponsor@{domain}", sponsor, "sponsor", sponsors),
        Person(f"podcaster@{domain}", podcaster, "podcaster", shows),
        Person(f"manager@{domain}", manager, "account_manager"),
        Person(f"admin@{domain}", admin, "admin"),
    )
