"""What the demo tenants pay and use up, and who sells for them: agencies, affiliates, referrals, tokens, calls."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np

from schema.demo.marks import Row, Rows, ago, is_story, person
from schema.demo.material import Material
from schema.demo.plans import Role

# The ids the migration gives its tiers.
TIERS = {
    "starter": (UUID("7f1d0c4e-0000-4000-8000-000000000001"), 29),
    "studio": (UUID("7f1d0c4e-0000-4000-8000-000000000002"), 129),
    "network": (UUID("7f1d0c4e-0000-4000-8000-000000000003"), 449),
}

# Which tier from how many months ago on, newest last; the month in which the first attempt to pay failed.
_PLANS: dict[str, tuple[tuple[tuple[str, int], ...], int]] = {
    "northlight": ((("studio", 18), ("network", 11)), 4),
    "second": ((("studio", 18),), 9),
    "third": ((("starter", 18), ("studio", 6)), 2),
}
_USUAL: tuple[tuple[tuple[str, int], ...], int] = ((("network", 3),), 1)

_AGENCIES = {
    "northlight": (("Fennel & Voss Media", "hello@fennelvoss.example", "0.1500"),
                   ("Parallel Rooms", "booking@parallelrooms.example", "0.1200")),
    "second": (("Kontor Elf", "hallo@kontorelf.example", "0.1500"),),
    "third": (("Jetty Media", "ads@jettymedia.example", "0.1000"),),
}  # fmt: skip
_AFFILIATES = {
    "northlight": (("The Earwig, a newsletter", "team@earwig.example", "0.0800"),
                   ("Quiet Commutes", "hi@quietcommutes.example", "0.0500")),
    "second": (("Hörpost", "redaktion@hoerpost.example", "0.0700"),),
    "third": (("Gulf Weekly", "desk@gulfweekly.example", "0.0600"),),
}  # fmt: skip

_USES = (
    ("transcription", 2600, 900),
    ("matching", 700, 250),
    ("ad_check", 420, 120),
    ("summary", 260, 90),
    ("question", 180, 80),
)
_USE_SHARES = (0.22, 0.14, 0.24, 0.18, 0.22)
_TOKENS_MONTHLY = 100_000
# Who spends tokens, and how often a day.
_SPENDERS: tuple[tuple[Role, float], ...] = (
    ("account_manager", 1.6), ("admin", 0.3), ("podcaster", 0.5), ("sponsor", 0.2),
)  # fmt: skip

# How it is called, its share, the usual milliseconds, and which key of which person; no key: people themselves.
_CALLS: tuple[tuple[str, str, float, int, str | None, Role], ...] = (
    ("GET", "/api/v1/metrics", 0.34, 48, "warehouse_export", "admin"),
    ("GET", "/api/v1/metrics", 0.10, 48, "monday_sheet", "account_manager"),
    ("GET", "/api/v1/breakdowns", 0.16, 66, None, "account_manager"),
    ("GET", "/api/v1/episodes", 0.12, 31, "warehouse_export", "admin"),
    ("GET", "/api/v1/campaigns", 0.10, 28, "warehouse_export", "admin"),
    ("GET", "/api/v1/campaigns/{id}", 0.07, 35, None, "account_manager"),
    ("GET", "/api/v1/reports/{id}", 0.06, 24, "monday_sheet", "account_manager"),
    ("POST", "/api/v1/reports", 0.02, 71, "monday_sheet", "account_manager"),
    ("POST", "/api/v1/events", 0.03, 54, "event_collector", "admin"),
)  # fmt: skip


def business(material: Material) -> Rows:
    """Billing, partners and use of a tenant; large tenants get a little of each."""
    found = _partners(material)
    found |= _billing(material)
    found |= _tokens(material)
    found["api_usage"] = _calls(material)
    return found


def _partners(material: Material) -> Rows:
    slug, tenant = material.plan.slug, material.tenant_id
    since = material.calendar.at(0, 14 * 60)
    firms: Rows = {}
    for table, known in (("agencies", _AGENCIES), ("affiliates", _AFFILIATES)):
        usual = ((f"Sample {table} of {slug}", f"{table}@{slug}.example", "0.1000"),)
        firms[table] = [
            {
                "id": material.id(f"{table}/{name}"), "tenant_id": tenant, "name": name, "contact_email": email,
                "commission_rate": Decimal(rate), "created_at": since,
            }
            for name, email, rate in known.get(slug, usual)
        ]  # fmt: skip
    told: tuple[tuple[Role, str, str, int], ...] = (
        ("podcaster", "friend@northwindow.example", "subscribed", 210),
        ("account_manager", "office@tidelight.example", "subscribed", 96),
        ("account_manager", "studio@brassbell.example", "signed_up", 34),
        ("podcaster", "hello@papermoon.example", "invited", 6),
        ("sponsor", "post@oldquay.example", "expired", 320),
    )
    referrals: list[Row] = []
    commissions: list[Row] = []
    for role, email, status, days in told:
        identifier = material.id(f"referral/{email}")
        referrals.append(
            {
                "id": identifier, "tenant_id": tenant, "referrer_id": person(material, role),
                "referred_email": email, "status": status, "created_at": ago(material, days, 15 * 60),
            }
        )  # fmt: skip
        if status == "subscribed":
            is_paid = days > 120
            commissions.append(
                {
                    "id": material.id(f"commission/{email}"), "tenant_id": tenant, "referral_id": identifier,
                    "amount": Decimal("25.80"), "currency": "USD", "status": "paid" if is_paid else "approved",
                    "paid_at": ago(material, days - 45, 9 * 60) if is_paid else None,
                    "created_at": ago(material, days - 14, 9 * 60),
                }
            )  # fmt: skip
    return {**firms, "referrals": referrals, "referral_commissions": commissions}


def _billing(material: Material) -> Rows:
    """A payment each month; once the card was declined and the next attempt worked, the newest is not settled yet."""
    tiers, failed = _PLANS.get(material.plan.slug, _USUAL)
    admin = person(material, "admin")
    payments: list[Row] = []
    for month in range(tiers[0][1], -1, -1):
        tier = [name for name, since in tiers if since >= month][-1]
        tier_id, price = TIERS[tier]
        attempts = [("failed", 0), ("succeeded", 2)] if month == failed else [("succeeded", 0)]
        if month == 0:
            attempts = [("pending", 0)]
        for status, later in attempts:
            payments.append(
                {
                    "id": material.id(f"billing/{month}/{status}"), "tenant_id": material.tenant_id, "user_id": admin,
                    "subscription_tier_id": tier_id, "amount": Decimal(price), "currency": "USD", "status": status,
                    "stripe_transaction_id": f"demo_{material.id(f'billing/{month}/{status}').hex[:20]}",
                    "occurred_at": ago(material, max(month * 30 - later, 0) + 1, 4 * 60 + 11),
                }
            )  # fmt: skip
    return {"billing_transactions": payments}


def _tokens(material: Material) -> Rows:
    """What the people who use it spent in the last two months, and what they were given for it."""
    random = np.random.default_rng([material.seed, 63])
    balances: list[Row] = []
    usage: list[Row] = []
    for role, daily in _SPENDERS:
        who = person(material, role)
        balances.append(
            {
                "tenant_id": material.tenant_id, "user_id": who, "granted": 3 * _TOKENS_MONTHLY,
                "created_at": ago(material, 70, 8 * 60),
            }
        )  # fmt: skip
        for days in range(60 if is_story(material) else 5, 0, -1):
            for n in range(int(random.poisson(daily))):
                name, mean, spread = _USES[int(random.choice(len(_USES), p=_USE_SHARES))]
                usage.append(
                    {
                        "id": material.id(f"tokens/{role}/{days}/{n}"), "tenant_id": material.tenant_id,
                        "user_id": who, "token_count": max(int(random.normal(mean, spread)), 20), "usage_type": name,
                        "created_at": ago(material, days, int(random.integers(8 * 60, 18 * 60))),
                    }
                )  # fmt: skip
    return {"ai_token_balances": balances, "ai_token_usage": usage}


def _calls(material: Material) -> list[Row]:
    """Calls of the last month: more on weekdays, a few refused, fewer that failed."""
    random = np.random.default_rng([material.seed, 64])
    shares = np.array([call[2] for call in _CALLS])
    calls: list[Row] = []
    for days in range(30 if is_story(material) else 2, 0, -1):
        weekday = int(material.calendar.weekdays[material.calendar.length - days])
        for n in range(int(random.poisson(14 if weekday < 5 else 5))):
            method, endpoint, _, usual, key, role = _CALLS[
                int(random.choice(len(_CALLS), p=shares / shares.sum()))
            ]
            fortune = random.random()
            status = 201 if method == "POST" else 200
            status = 429 if fortune < 0.012 else 404 if fortune < 0.03 else 500 if fortune < 0.033 else status
            at = ago(material, days, int(random.integers(0, 24 * 60)))
            # A large tenant has one key, the first.
            known = key is not None and (is_story(material) or key == "event_collector")
            calls.append(
                {
                    "id": material.id(f"call/{days}/{n}"), "tenant_id": material.tenant_id,
                    "api_key_id": material.id(f"key/{key}") if known else None, "user_id": person(material, role),
                    "endpoint": endpoint, "method": method, "status_code": status,
                    "response_time_ms": 3 if status == 429 else int(usual * np.exp(random.normal(0, 0.45))),
                    "occurred_at": at, "created_at": at + timedelta(milliseconds=80),
                }
            )  # fmt: skip
    return calls
