"""Snapshots made by hand, so that drawing is tested without a database."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from queries.changes import change_of
from queries.filters import parse_filters
from queries.results import Answer, Column
from reports.snapshot import Brand, Snapshot

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
AS_OF = datetime(2026, 11, 23, 9, 29, tzinfo=UTC)
CAMPAIGN = UUID("00000000-0000-4000-8000-000000000001")
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 40">'
    '<rect y="6" width="28" height="28" rx="7" fill="#0b6e5f"/>'
    '<path d="M40 28V12h5c8 0 8 9 0 9h-5" stroke="#15181f" fill="none"/></svg>'
)


def _metric(key: str, label: str, unit: str = "count") -> Column:
    return Column(key, label, unit, metric=key)


def _figures(values: dict[str, tuple[Any, Any]], currency: str | None = None) -> Answer:
    rows = []
    for key, (value, previous) in values.items():
        spark = [100 + 30 * math.sin(n / 4) for n in range(30)]
        rows.append(
            {
                "metric": key,
                "value": value,
                "previous": previous,
                **change_of(key, value, previous),
                "spark": spark,
                "currency": currency,
            }
        )
    return Answer((Column("metric", "Metric"), Column("value", "Value", "number")), rows, as_of=AS_OF)


def campaign(*, episodes: int = 12, bookings: int = 1, **changes: Any) -> Snapshot:
    """A campaign in the middle of its flight."""
    filters = parse_filters(
        {"from": "2026-10-24", "to": "2026-11-22", "campaign": str(CAMPAIGN)},
        zone=ZoneInfo("Europe/Berlin"),
        now=NOW,
    )
    start, end = date(2026, 10, 1), date(2026, 12, 15)
    flight = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    delivered = [
        {
            "day": day,
            "impressions": 4000 + day.day * 10 if day <= date(2026, 11, 23) else None,
            "delivered": None,
            "booked": None,
        }
        for day in flight
    ]
    days = [filters.period.start + timedelta(days=n) for n in range(filters.period.days)]
    shows = (("Kitchen Table Economics", "82", "60", "71.25"), ("The Long Night Shift", "50", "61", "55.5"))
    answers = {
        "figures": _figures(
            {
                "impressions": (182340, 160210),
                "reach": (81204, 77412),
                "frequency": (Decimal("2.245"), Decimal("2.07")),
                "visits": (3412, 0),
                "conversions": (214, 241),
                "conversion_ratio": (Decimal("0.0426"), Decimal("0.05")),
                "spend_micros": (4558500000, 4005250000),
                "cost_per_conversion_micros": (Decimal("21301401.87"), None),
                "return_on_ad_spend": (Decimal("2.914"), Decimal("3.3")),
            },
            "EUR",
        ),
        "delivery": Answer(
            (Column("day", "Day", "date"), _metric("impressions", "Impressions")),
            delivered,
            as_of=AS_OF,
            totals={
                "delivered": 221000,
                "booked": 420000,
                "pacing_state": "behind",
                "pacing_ratio": Decimal("0.91"),
                "elapsed_ratio": Decimal("0.712"),
            },
        ),
        "conversions": Answer(
            (
                Column("bucket", "Day", "date"),
                _metric("visits", "Visits"),
                _metric("conversions", "Conversions"),
            ),
            [{"bucket": day, "visits": 60 + day.day, "conversions": day.day % 9} for day in days],
            as_of=AS_OF,
        ),
        "attribution": Answer(
            (
                Column("podcast_name", "Show"),
                _metric("first_touch_credit", "First touch", "number"),
                _metric("last_touch_credit", "Last touch", "number"),
                _metric("linear_credit", "Linear", "number"),
                Column("linear_share", "Linear share", "ratio"),
            ),
            [
                {
                    "podcast_name": name,
                    "first_touch_credit": Decimal(a),
                    "last_touch_credit": Decimal(b),
                    "linear_credit": Decimal(c),
                    "linear_share": Decimal(c) / 132,
                }
                for name, a, b, c in shows
            ],
            as_of=AS_OF,
            totals={"conversions": 214, "attributed": 132, "unattributed": 82, "window_days": 30},
        ),
        "episode_credit": Answer(
            (
                Column("title", "Episode"),
                Column("podcast_name", "Show"),
                _metric("first_touch_credit", "First touch", "number"),
                _metric("last_touch_credit", "Last touch", "number"),
                _metric("linear_credit", "Linear", "number"),
                Column("linear_share", "Linear share", "ratio"),
            ),
            [
                {
                    "title": f"Episode {n}",
                    "podcast_name": shows[n % 2][0],
                    "first_touch_credit": Decimal(8),
                    "last_touch_credit": Decimal(7),
                    "linear_credit": Decimal("6.6"),
                    "linear_share": Decimal("0.05"),
                }
                for n in range(20)
            ],
            as_of=AS_OF,
            totals={"conversions": 214, "attributed": 132, "unattributed": 82, "window_days": 30},
        ),
        "episodes": Answer(
            (
                Column("title", "Episode"),
                Column("podcast_name", "Show"),
                Column("published_at", "Published", "datetime"),
                _metric("impressions", "Impressions"),
                Column("share", "Share", "ratio", "impressions"),
                _metric("reach", "Reach"),
            ),
            [
                {
                    "title": f"Episode {n}",
                    "podcast_name": shows[n % 2][0],
                    "published_at": NOW - timedelta(days=n),
                    "impressions": 30000 - n,
                    "share": Decimal(1) / (n + 2),
                    "reach": 16000 - n,
                }
                for n in range(episodes)
            ],
            as_of=AS_OF,
        ),
        "bookings": Answer(
            (
                Column("booking_date", "Booked on", "date"),
                Column("promo_code", "Promo code"),
                Column("pricing_model", "Priced by"),
                _metric("booked_impressions", "Booked"),
                Column("rate_micros", "Rate", "money"),
                Column("starts_on", "Starts", "date"),
                Column("ends_on", "Ends", "date"),
                Column("cost_micros", "Cost", "money"),
            ),
            [
                {
                    "booking_date": date(2026, 9, 14),
                    "promo_code": f"TIDE{n}",
                    "pricing_model": "cpm",
                    "booked_impressions": 420000,
                    "rate_micros": 25000000,
                    "currency": "EUR",
                    "starts_on": start,
                    "ends_on": end,
                    "cost_micros": 10500000000,
                }
                for n in range(20, 20 + bookings)
            ],
            as_of=AS_OF - timedelta(minutes=3),
        ),
    }
    made = Snapshot(
        report_type="campaign_performance",
        title="Acme Autumn",
        sentence="Acme Autumn delivered 182,340 impressions.",
        brand=Brand("Nordlicht Media", "#0b6e5f", LOGO),
        filters=filters,
        link=f"https://podboard.example.com/campaigns/{CAMPAIGN}?from=2026-10-24&to=2026-11-22",
        made_for="Dora Manager",
        rule_version="1",
        facts={
            "campaign_id": CAMPAIGN,
            "name": "Acme Autumn",
            "sponsor_name": "Acme Coffee",
            "stage": "live",
            "start_date": start,
            "end_date": end,
            "currency": "EUR",
            "conversion_type": "purchase",
            "description": "",
        },
        answers=answers,
    )
    return replace(made, **changes)


def audience(**changes: Any) -> Snapshot:
    """A month of one tenant's podcasts."""
    filters = parse_filters(
        {"from": "2026-10-24", "to": "2026-11-22"}, zone=ZoneInfo("Europe/Berlin"), now=NOW
    )
    days = [filters.period.start + timedelta(days=n) for n in range(filters.period.days)]

    def sliced(key: str, names: list[str]) -> Answer:
        return Answer(
            (Column(key, key), _metric("downloads", "Downloads"), Column("share", "Share", "ratio")),
            [
                {
                    key: name,
                    "downloads": 200000 // (n + 1),
                    "share": Decimal(1) / (n + 3),
                    "previous": None,
                    "change_ratio": None,
                }
                for n, name in enumerate(names)
            ],
            as_of=AS_OF,
            totals={"downloads": 412080},
        )

    answers = {
        "figures": _figures(
            {
                "downloads": (412080, 367900),
                "unique_listeners": (118204, 111300),
                "plays": (291020, 260220),
                "completion_ratio": (Decimal("0.681"), Decimal("0.69")),
                "average_listen_seconds": (Decimal("1204.3"), Decimal("1190")),
            }
        ),
        "trend": Answer(
            (Column("bucket", "Day", "date"), _metric("downloads", "Downloads")),
            [
                {
                    "bucket": day,
                    "downloads": 13000 + day.day,
                    "previous_bucket": day - timedelta(days=30),
                    "previous": 12000,
                    "is_partial": False,
                }
                for day in days
            ],
            as_of=AS_OF,
            totals={"downloads": 412080},
        ),
        "flags": Answer(
            (Column("at", "At", "date"), Column("label", "Label")), [{"at": days[3], "label": "Episode 118"}]
        ),
        "episodes": Answer(
            (
                Column("title", "Episode"),
                Column("podcast_name", "Podcast"),
                Column("published_at", "Published", "datetime"),
                _metric("downloads", "Downloads"),
                Column("share", "Share", "ratio"),
                Column("change_ratio", "Change", "ratio"),
                _metric("first_7_day_downloads", "First 7 days"),
            ),
            [
                {
                    "title": "118: How the price of bread rose",
                    "podcast_name": "Kitchen Table Economics",
                    "published_at": NOW,
                    "downloads": 60000,
                    "share": Decimal("0.1456"),
                    "change_ratio": None,
                    "first_7_day_downloads": None,
                },
                {
                    "title": "117: Night train",
                    "podcast_name": "Kitchen Table Economics",
                    "published_at": NOW - timedelta(days=9),
                    "downloads": 41208,
                    "share": Decimal("0.1"),
                    "change_ratio": Decimal("-0.125"),
                    "first_7_day_downloads": 12345,
                },
            ],
            as_of=AS_OF,
            totals={"downloads": 412080},
        ),
        "apps": sliced("app", ["Apple Podcasts", "Spotify", "Overcast"]),
        "countries": sliced("country", ["DE", "AT", "CH"]),
        "devices": sliced("device_type", ["phone", "desktop"]),
    }
    made = Snapshot(
        report_type="podcast_audience",
        title="All 3 podcasts",
        sentence="Downloads rose 12 % to 412,080 in 30 days.",
        brand=Brand("Nordlicht Media", "#b42318", None),
        filters=filters,
        link="https://podboard.example.com/overview?from=2026-10-24&to=2026-11-22",
        made_for="Carol",
        rule_version="1",
        facts={"podcasts": ["Hallo Welt", "Kitchen Table Economics", "The Long Night Shift"]},
        answers=answers,
    )
    return replace(made, **changes)


def stored(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as it comes back from the database."""
    data: dict[str, Any] = json.loads(json.dumps(snapshot.to_json()))
    return data
