"""The demo's imports: when data came in, which rows were refused, and which requests were not counted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import cast

import numpy as np

from schema.demo.marks import Row, Rows, ago, dice, is_story, person, proof, sealed
from schema.demo.material import Material
from schema.demo.rows import COUNTED_BY

# COUNTING_VERSION as the counter has it: this floor imports none above it, so a test holds the two together.
_RULES = "IAB 2.3, rules 4"
# Reason and its share of what is not counted: repeats and fetches that broke off most, robots by the day.
_REASONS = {
    "repeat": 0.33,
    "too_short": 0.22,
    "self_declared_bot": 0.13,
    "range_probe": 0.09,
    "head": 0.07,
    "watch_app": 0.05,
    "not_modified": 0.04,
    "failed_status": 0.03,
    "empty_agent": 0.015,
    "malformed_agent": 0.01,
    "preload": 0.015,
}
_SHARE_OF_DOWNLOADS = 0.14
_READ_AT = 22 * 60
"""Minute of yesterday at which the first feed was read: within a day of whenever the demo is loaded."""
_DAYS = 45
_HOST = "northbay-cdn"
_SHARE_OF_HOST = 0.3
_REFUSED = (
    ("The time cannot be read.", "2024-13-04T09:00"),
    ("The episode is not known.", "ep-00417"),
    ("The event lies in the future.", "a clock that was a day ahead"),
)


def counting(material: Material) -> Rows:
    """The imports of six weeks, of two hosts, what they refused, and the requests that did not count."""
    imports = _imports(material)
    return {
        "etl_imports": imports,
        "podcast_feeds": _feeds(material),
        "retention_curves": _curves(material),
        "import_refusals": _refusals(material),
        "excluded_requests": _excluded(material, weekly={row["week"]: row["id"] for row in _weeks(material)}),
        "listener_keys": [{"tenant_id": material.tenant_id, "key": sealed(material, "listeners", 4)}],
        "counting_methods": [_method(material)],
        "counting_windows": _windows(material),
        "campaign_links": _links(material),
        "conversion_orders": _orders(material),
        "excluded_visits": _refused_visits(material),
        "podcast_sources": [
            {
                "tenant_id": material.tenant_id,
                "podcast_id": material.id(f"podcast/{show.slug}"),
                "import_type": kind,
                "source_name": source,
                "created_at": ago(material, 40, 700),
            }
            for show in material.plan.shows
            for kind, source in sorted(
                {
                    (str(row["import_type"]), str(row["source_name"]))
                    for row in imports
                    if row["import_type"] in ("listener_events", "access_log")
                }
            )
        ],
        "import_columns": [
            {
                "tenant_id": material.tenant_id,
                "source": "downloads",
                "kind": "listener",
                "columns": json.dumps({"played_with": "app", "row_no": ""}),
                "created_at": ago(material, 40, 700),
            }
        ],
    }


def _method(material: Material) -> Row:
    """How the files of downloads were counted: by whoever sent them, and here once per calendar day."""
    at, start = material.downloads.at, int(material.calendar.starts_ms[0])
    epoch = material.calendar.at(0, 0) - timedelta(milliseconds=start)
    return {
        "tenant_id": material.tenant_id, "number": COUNTED_BY, "download_window": "calendar_day",
        "time_zone": material.plan.time_zone, "rule_version": _RULES, "data_centres": "source",
        "first_at": epoch + timedelta(milliseconds=int(np.min(at))) if len(at) else None,
        "last_at": epoch + timedelta(milliseconds=int(np.max(at))) if len(at) else None,
        "created_at": material.calendar.at(0, 0),
    }  # fmt: skip


def _weeks(material: Material) -> list[dict[str, object]]:
    weeks = 7 if is_story(material) else 1
    return [{"week": n, "id": material.id(f"import/events/{n}")} for n in range(weeks)]


def _imports(material: Material) -> list[Row]:
    manager, site = person(material, "account_manager"), f"https://{material.plan.slug}.example"
    moments = material.downloads.day
    # A second host sent its log day by day, and then no more.
    logged = {back: int((moments == material.calendar.length - 1 - back).sum() * _SHARE_OF_HOST)
              for back in (range(5, 19) if is_story(material) else ())}  # fmt: skip

    def last_of(day: int) -> datetime | None:
        """The last download up to the end of this day."""
        until = material.downloads.at[moments <= day]
        start = int(material.calendar.starts_ms[0])
        return (
            material.calendar.at(0, 0) + timedelta(milliseconds=int(np.max(until)) - start)
            if len(until)
            else None
        )

    def one(
        name: str,
        kind: str,
        source: str,
        back: int,
        minute: int,
        imported: int,
        duplicate: int,
        refused: int,
        seconds: int,
        error: str | None = None,
        *,
        of: str,
        reached: datetime | None = None,
    ) -> Row:
        started = ago(material, back, minute)
        # As imports write it.
        told = reached and min(reached, started).astimezone(UTC).isoformat(timespec="microseconds")
        return {
            "id": material.id(f"import/{name}"),
            "tenant_id": material.tenant_id,
            "import_type": kind,
            "source": source,
            "source_name": of,
            "figures": json.dumps({"reached": {"listener_events": told}} if told else {}),
            "status": "completed" if error is None else "failed",
            "records_imported": imported,
            "records_duplicate": duplicate,
            "records_refused": refused,
            "error_message": error,
            "created_by": manager,
            "started_at": started,
            "completed_at": started + timedelta(seconds=seconds),
            "created_at": started,
        }

    rows = []
    for n in range(len(_weeks(material))):
        last = material.calendar.length - 7 * n - 1
        in_logs = sum(
            requests
            for back, requests in logged.items()
            if last - 7 < material.calendar.length - 1 - back <= last
        )
        count = int(((moments > last - 7) & (moments <= last)).sum()) - in_logs
        refused = len(_REFUSED) if n == 0 else 0
        rows.append(
            one(
                f"events/{n}",
                "listener_events",
                f"downloads-{material.calendar.date_of(last).isoformat()}.csv",
                7 * n + 1,
                23 * 60 + 40,
                count,
                11 * n,
                refused,
                3 + count // 4000,
                of="downloads",
                reached=last_of(last),
            )
        )
    for back, count in logged.items():
        day = material.calendar.length - 1 - back
        rows.append(
            one(
                f"log/{back}",
                "access_log",
                f"{_HOST}-{material.calendar.date_of(day).isoformat()}.log.gz",
                back - 1,
                4 * 60 + 10,
                count,
                0,
                0,
                2,
                of=_HOST,
                reached=last_of(day),
            )
        )
    for n, show in enumerate(material.plan.shows):
        rows.append(
            one(f"feed/{show.slug}", "feed", f"{site}/{show.slug}/feed.xml", 1, _READ_AT + 5 * n, 1, 40, 0, 2,
                of=f"{material.plan.slug}.example")
        )  # fmt: skip
    rows += [
        one(
            "curve",
            "retention_curves",
            "spotify-retention.csv",
            1,
            7 * 60,
            len(cast("list[int]", curve["positions"])),
            0,
            0,
            1,
            of="spotify-retention",
        )
        for curve in _curves(material)
    ]
    rows += [
        one(f"link/{n}", "attribution_events", source, 1, 0, 0, 0, 0, 0, of=source) | _hour(material, n)
        for n, source in enumerate(("Pixel", "Vanity URLs"))
    ]
    if is_story(material):
        rows.append(
            one(
                "conversions/broken",
                "attribution_events",
                "orders-october.csv",
                19,
                15 * 60 + 3,
                0,
                0,
                0,
                1,
                "The file ends in the middle of a line. Nothing of it was kept.",
                of="orders-october",
            )
        )
    return rows


def _hour(material: Material, number: int) -> Row:
    """What the import of a link's hour says: what came of it in the hour of the refused visit of this number."""
    visit = _refused_visits(material)[number]
    asked_at = cast("datetime", visit["occurred_at"])
    began = asked_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    epoch = material.calendar.at(0, 0) - timedelta(milliseconds=int(material.calendar.starts_ms[0]))
    taken = [
        at
        for response in material.responses
        if began <= (at := epoch + timedelta(milliseconds=response.at)) < began + timedelta(hours=1)
        and json.loads(response.data).get("source") == visit["kind"]
    ]
    # As the counting writes it.
    told: dict[str, object] = {
        "impressions": 0,
        "by_reason": {visit["reason"]: 1},
        "worked_ms": 8,
        "reached": {},
    }
    if taken:
        told["reached"] = {"conversions": max(taken).astimezone(UTC).isoformat(timespec="microseconds")}
    return {
        "figures": json.dumps(told), "records_imported": len(taken), "records_refused": 1, "created_by": None,
        "started_at": asked_at, "completed_at": began + timedelta(hours=1), "created_at": asked_at,
    }  # fmt: skip


def _feeds(material: Material) -> list[Row]:
    """Read last evening, and next in a month, as the demo's addresses lead nowhere; the fourth show's no more."""
    return [
        {
            "tenant_id": material.tenant_id,
            "podcast_id": material.id(f"podcast/{show.slug}"),
            "next_try_at": None if n == 3 else ago(material, -30, _READ_AT + 5 * n),
            "tried_at": (read := ago(material, 1, _READ_AT + 5 * n)),
            "succeeded_at": read,
            "asked_url": f"https://{material.plan.slug}.example/{show.slug}/feed.xml",
            "etag": f'"{proof(material, f"feed/{show.slug}")[:20]}"',
            "created_at": ago(material, 40, 300),
        }
        for n, show in enumerate(material.plan.shows)
    ]


def _curves(material: Material) -> list[Row]:
    """What a platform told of the newest episode that was out for two weeks, in steps of 30 seconds."""
    ids = material.episode_ids()
    out = [
        (episode, identifier)
        for episode, identifier in zip(material.episodes, ids, strict=True)
        if episode.published_day < material.calendar.length - 14
    ]
    if not out:
        return []
    episode, identifier = max(out, key=lambda pair: pair[0].published_day)
    places = np.arange(0, episode.seconds, 30)
    # Some leave in the first minutes, few from then on, and a place worth hearing twice lifts the curve.
    heard = 180 * (0.72 + 0.28 * np.exp(-places / 90)) * (1 - 0.35 * places / episode.seconds)
    heard[len(heard) // 2] *= 1.06
    return [
        {
            "id": material.id("curve"),
            "tenant_id": material.tenant_id,
            "episode_id": identifier,
            "platform": "Spotify",
            "as_of": material.calendar.date_of(material.calendar.length - 1),
            "measure": "listeners",
            "position_unit": "second",
            "positions": [int(place) for place in places],
            "amounts": [int(amount) for amount in heard],
            "import_id": material.id("import/curve"),
            "created_at": ago(material, 1, 7 * 60),
        }
    ]


def _refusals(material: Material) -> list[Row]:
    return [
        {
            "id": material.id(f"refusal/{n}"),
            "tenant_id": material.tenant_id,
            "import_id": material.id("import/events/0"),
            "line_number": 118 + 431 * n,
            "reason": reason,
            "detail": detail,
            "created_at": ago(material, 1, 23 * 60 + 41),
        }
        for n, (reason, detail) in enumerate(_REFUSED)
    ]


def _excluded(material: Material, weekly: dict[object, object]) -> list[Row]:
    """Of the last weeks, near the downloads there were: what is not counted comes with what is."""
    random, downloads, length = dice(material, 4), material.downloads, material.calendar.length
    recent = np.flatnonzero(downloads.day >= length - _DAYS)
    wanted = int(len(recent) * _SHARE_OF_DOWNLOADS) if is_story(material) else 40
    if not len(recent) or not wanted:
        return []
    near = np.sort(random.choice(recent, wanted, replace=False))
    reasons = random.choice(
        list(_REASONS), wanted, p=np.array(list(_REASONS.values())) / sum(_REASONS.values())
    )
    # A repeat follows its download within hours; what it was drawn near to for the others does not matter.
    start = int(material.calendar.starts_ms[0])
    at = np.clip(
        downloads.at[near] + (random.exponential(40 * 60_000, wanted)).astype(np.int64),
        start,
        int(material.calendar.starts_ms[length]) - 1,
    )
    episodes = material.episode_ids()
    epoch = material.calendar.at(0, 0) - timedelta(milliseconds=start)
    days = material.calendar.day_of(at)
    return [
        {
            "id": material.id(f"excluded/{n}"),
            "tenant_id": material.tenant_id,
            "episode_id": episodes[int(downloads.episode[place])],
            "import_id": weekly.get((length - 1 - int(days[n])) // 7),
            "reason": str(reasons[n]),
            "rule_version": _RULES,
            "occurred_at": epoch + timedelta(milliseconds=int(at[n])),
        }
        for n, place in enumerate(near)
    ]


def _windows(material: Material) -> list[Row]:
    """A listener who broke off yesterday, and may go on as long as the log of the day is not in."""
    episodes = material.episode_ids()
    return [
        {
            "tenant_id": material.tenant_id,
            "listener_id": proof(material, "listener/broke off")[:32],
            "episode_id": episodes[0],
            "opened_at": ago(material, 1, 0),
            "closes_at": ago(material, 0, 0),
            "pieces": [0, 180_224],
            "told_bytes": 31_457_280,
        }
    ]


def _refused_visits(material: Material) -> list[Row]:
    """Robots and browsers that look ahead at the links of the first campaign: two a day, for a month.

    The last of each kind stand in the imports of their hour.
    """
    campaign = material.campaign_ids()[0]
    return [
        {
            "id": material.id(f"excluded/visit/{n}"), "tenant_id": material.tenant_id, "campaign_id": campaign,
            "import_id": material.id(f"import/link/{n}") if n < 2 else None,
            "kind": "pixel" if n % 3 == 0 else "vanity_url", "reason": "preload" if n % 5 == 0 else "bot",
            "order_id": f"R-{4100 + n}" if n % 3 == 0 else None,
            "rule_version": _RULES, "occurred_at": ago(material, 1 + n // 2, 420 + 11 * n),
        }
        for n in range(60)
    ]  # fmt: skip


def _orders(material: Material) -> list[Row]:
    """The amount of each order, as the first that told it told it; a pixel sets none."""
    campaigns = material.campaign_ids()
    rows: dict[tuple[object, ...], Row] = {}
    for response in sorted(material.responses, key=lambda one: one.at):
        told = json.loads(response.data)
        if "order_id" in told and "value_micros" in told and told["source"] != "pixel":
            order = campaigns[response.campaign], response.kind, told["order_id"]
            rows.setdefault(order, {
                "tenant_id": material.tenant_id, "campaign_id": order[0], "conversion_type": order[1],
                "order_id": order[2], "value_micros": told["value_micros"], "currency": told["currency"],
                "created_at": datetime.fromtimestamp(response.at / 1000, UTC),
            })  # fmt: skip
    return list(rows.values())


def _links(material: Material) -> list[Row]:
    """A pixel and a vanity URL of the first campaign."""
    campaign, made = material.campaign_ids()[0], ago(material, 60, 600)
    plan = material.plan
    return [
        {
            "id": material.id(f"link/{kind}"), "tenant_id": material.tenant_id, "campaign_id": campaign, "kind": kind,
            "key": key, "target_url": target, "created_at": made,
        }
        for kind, key, target in (
            ("pixel", proof(material, "link/pixel")[:32], None),
            ("vanity_url", f"{plan.slug}/{plan.campaigns[0].slug}", f"https://{plan.campaigns[0].slug}.example/"),
        )
    ]  # fmt: skip
