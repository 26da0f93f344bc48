"""Twenty tenants of about a million listener events each, for benchmarks: few episodes, two years, long tails."""

from __future__ import annotations

from schema.demo.plans import (
    BookingPlan,
    Brand,
    CampaignPlan,
    Person,
    Place,
    Placement,
    ShowPlan,
    Slot,
    SponsorPlan,
    TenantPlan,
)

TENANTS = 20

_ZONES = (
    ("America/New_York", "USD"), ("Europe/Berlin", "EUR"), ("Asia/Kolkata", "INR"), ("Australia/Adelaide",
    "AUD"),
    ("America/Los_Angeles", "USD"), ("Europe/London", "GBP"), ("Asia/Tokyo", "JPY"), ("America/Sao_Paulo",
    "BRL"),
)  # fmt: skip

_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img" aria-label="Large demo network">'
    '<path d="M8 40V24h8v16zm12 0V8h8v32zm12 0V17h8v23z" fill="#0e7490"/></svg>'
)

_PLACES = (
    Place("US", "US-NY", 0.18, 0), Place("US", "US-CA", 0.14, -3), Place("US", "US-TX", 0.1, -1),
    Place("CA", "CA-ON", 0.08, 0), Place("GB", "GB-ENG", 0.12, 5), Place("DE", "DE-BE", 0.09, 6),
    Place("FR", "FR-IDF", 0.05, 6), Place("AU", "AU-NSW", 0.06, 15), Place("IN", "IN-KA", 0.07, 10.5),
    Place("BR", "BR-SP", 0.05, 2), Place("NL", "NL-NH", 0.03, 6), Place("JP", "JP-13", 0.03, 14),
)  # fmt: skip


def large_tenants() -> tuple[TenantPlan, ...]:
    """Large 01 to Large 20, with log-ins sponsor@large01.example and so on."""
    return tuple(large_tenant(number) for number in range(1, TENANTS + 1))


def large_tenant(number: int, size: float = 1.0) -> TenantPlan:
    """One large tenant; `size` scales its audience, for tests."""
    zone, currency = _ZONES[(number - 1) % len(_ZONES)]
    slug, name = f"large{number:02d}", f"Large Network {number:02d}"
    domain = f"{slug}.example"
    return TenantPlan(
        slug=slug,
        name=name,
        time_zone=zone,
        currency=currency,
        week_start="monday",
        brand=Brand(name, "#0e7490", _LOGO),
        people=(
            Person(f"sponsor@{domain}", "Sander Spondal", "sponsor", ("brook", "cedar")),
            Person(f"podcaster@{domain}", "Pia Podesta", "podcaster", ("archive",)),
            Person(f"manager@{domain}", "Mona Managall", "account_manager"),
            Person(f"admin@{domain}", "Ari Adminton", "admin"),
        ),
        places=_PLACES,
        app_bias={},
        shows=(
            _show("archive", "The Long Archive", "History", 149_000 * size, 1.0, -41),
            _show("signal", "Signal Hour", "Technology", 102_000 * size, 1.25, -12),
        ),
        sponsors=(
            SponsorPlan("brook", "Brook Outfitters", "https://brook.example"),
            SponsorPlan("cedar", "Cedar Telecom", "https://cedar.example"),
            SponsorPlan("dune", "Dune Travel", "https://dune.example"),
        ),
        campaigns=_campaigns(),
        history_days=729,
        back_catalogue_days=0,
        consent=0.50,
        overlap=0.3,
    )


def _show(slug: str, name: str, category: str, level: float, growth: float, newest: int) -> ShowPlan:
    return ShowPlan(
        slug, name, "A benchmark show of a few long-lived episodes.", category, "Demo desk", "en", weekday=1,
        publish_minute=300, minutes=42, level=level, yearly_growth=growth,
        titles=tuple(f"{name}, chapter {n}" for n in range(5, 0, -1)), episode_count=5, every_days=170,
        newest_day=newest,
        tail_share=0.85, regulars=0.55,
    )  # fmt: skip


def _campaigns() -> tuple[CampaignPlan, ...]:
    """Four live campaigns and four past ones, each over one slot of both shows."""
    plans = []
    slots: tuple[tuple[Slot, str], ...] = (
        ("pre", "brook"), ("host", "cedar"), ("mid_1", "dune"), ("mid_2", "brook"),
    )  # fmt: skip
    for n, (slot, sponsor) in enumerate(slots):
        for past in (False, True):
            start, end = (-34 - 3 * n, 25 + 4 * n) if not past else (-400 - 10 * n, -374 - 10 * n)
            plans.append(
                CampaignPlan(
                    f"{sponsor}-{slot.replace('_', '-')}-{'past' if past else 'live'}",
                    f"{sponsor.capitalize()} {slot.replace('_', ' ')}{' last year' if past else ''}",
                    sponsor,
                    "For benchmarks.",
                    "completed" if past else "live",
                    start=start,
                    end=end,
                    stage_changed=end + 1 if past else start,
                    bookings=(
                        BookingPlan(
                            "cpm",
                            24,
                            f"{sponsor.upper()}{n}{'P' if past else ''}",
                            f"https://{sponsor}.example",
                        ),
                    ),
                    placements=(
                        Placement("archive", slot, 45, -800, 400),
                        Placement("signal", slot, 45, -800, 400, pull=1.8),
                    ),
                    delivery=(0.8, 1.0, 1.12, 0.99)[n],
                    visits=0.008,
                    orders=0.0018,
                    prices=(29.0, 49.0),
                    conversion_type="lead" if sponsor == "cedar" else "purchase",
                )
            )
    return tuple(plans)
