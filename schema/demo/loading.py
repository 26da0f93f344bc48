"""Writes one demo tenant: its primary rows and nothing else, inside the caller's transaction."""

from __future__ import annotations

import itertools
import json
import math
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import numpy as np
import psycopg
from psycopg import sql

from schema.demo import rows
from schema.demo.accounts import accounts
from schema.demo.ads import AdUnit, flight
from schema.demo.business import business
from schema.demo.calendar import Calendar
from schema.demo.connections import connections
from schema.demo.counting import counting
from schema.demo.evidence import evidence
from schema.demo.growth import growth
from schema.demo.marketplace import marketplace
from schema.demo.material import NAMESPACE, Material
from schema.demo.notes import notes
from schema.demo.plans import BookingPlan, CampaignPlan
from schema.demo.recovery import recovery, system_rows
from schema.demo.security import security
from schema.demo.sharing import sharing
from schema.demo.transcripts import transcripts

Connection = psycopg.Connection[tuple[object, ...]]
Report = Callable[[str], None]
Subject = Callable[[Material], dict[str, list[dict[str, object]]]]
"""From a tenant's material to rows by table, in an order in which references hold; equal columns within a table."""

SUBJECTS: tuple[Subject, ...] = (
    accounts,
    security,
    connections,
    counting,
    sharing,
    notes,
    transcripts,
    marketplace,
    evidence,
    business,
    growth,
    recovery,
)
"""What a tenant has beside its catalogue, campaigns and events: one function per subject, in a module of its own."""

MADE_BY_TRIGGER = {"tenant_quotas": "tenant_id", "user_email_preferences": "user_id"}
"""Tables whose rows come with a tenant or a person, and their key: a subject's row replaces what is there."""


def write(connection: Connection, material: Material, password_hash: str, report: Report) -> dict[str, int]:
    """Rows written by table. The caller's transaction holds them all or none."""
    plan = material.plan
    connection.execute("select set_tenant_context(%s)", [material.tenant_id])
    counts = {
        "users": _tenant(connection, material, password_hash),
        "episodes": _catalogue(connection, material),
        "campaigns": _campaigns(connection, material),
    }
    _ownership(connection, material)
    tenant, audience, units = material.tenant_id, material.audience, material.ads.units
    episode_ids, campaign_ids = material.episode_ids(), material.campaign_ids()
    counts["listener_events"] = _copy(
        connection, "listener_events", rows.LISTENER_COLUMNS,
        rows.listener_blocks(material.events, tenant, episode_ids, audience, units, material.seed),
        len(material.events.at), plan.slug, report,
    )  # fmt: skip
    counts["attribution_events"] = _copy(
        connection, "attribution_events", rows.ATTRIBUTION_COLUMNS,
        rows.impression_blocks(
            material.impressions, tenant, campaign_ids, episode_ids, audience, units, material.seed
        ),
        len(material.impressions.at), plan.slug, report,
    )  # fmt: skip
    lines = rows.response_lines(material.responses, tenant, campaign_ids, episode_ids, material.seed)
    counts["attribution_events"] += _copy(
        connection, "attribution_events", rows.ATTRIBUTION_COLUMNS,
        iter([(len(material.responses), lines)]), len(material.responses), plan.slug, report,
    )  # fmt: skip
    for subject in SUBJECTS:
        for table, records in subject(material).items():
            counts[table] = _insert(connection, table, records)
    return counts


# TRICKY: a COPY keeps its rows in memory for the statement trigger that notes dirty hours, so it is not too long.
_BLOCKS_PER_COPY = 5


def _copy(
    connection: Connection, table: str, columns: tuple[str, ...], blocks: Iterator[tuple[int, bytes]], total: int,
    tenant: str, report: Report,
) -> int:  # fmt: skip
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    started = time.monotonic()
    written, told = 0, started
    with connection.cursor() as cursor:
        while group := list(itertools.islice(blocks, 1)):
            with cursor.copy(statement) as copy:
                for count, lines in itertools.chain(group, itertools.islice(blocks, _BLOCKS_PER_COPY - 1)):
                    copy.write(lines)
                    written += count
            now = time.monotonic()
            if now - told > 10 and written < total:
                told = now
                report(f"{tenant}: {table} {written:,} of {total:,}, {written / (now - started):,.0f} rows/s")
    return written


def _insert(connection: Connection, table: str, records: list[dict[str, object]]) -> int:
    """Rows written. Tables under forced row security take no COPY, so these are inserts."""
    if records:
        names = list(records[0])
        statement = sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(map(sql.Placeholder, names)),
        )
        if key := MADE_BY_TRIGGER.get(table):
            statement += sql.SQL(" on conflict ({}) do update set {}").format(
                sql.Identifier(key),
                sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(n)) for n in names),
            )
        with connection.cursor() as cursor:
            cursor.executemany(statement, records)
    return len(records)


def _tenant(connection: Connection, material: Material, password_hash: str) -> int:
    plan, tenant = material.plan, material.tenant_id
    since = material.calendar.at(-60, 9 * 60)
    _insert(
        connection, "tenants", [{"id": tenant, "name": plan.name, "slug": plan.slug, "created_at": since}]
    )
    settings = {
        "time_zone": plan.time_zone,
        "currency": plan.currency,
        "week_start": plan.week_start,
        "locale": "en",
    }
    _insert(
        connection, "tenant_settings",
        [{"tenant_id": tenant, "settings": json.dumps(settings), "created_at": since}],
    )  # fmt: skip
    _insert(
        connection, "white_label_settings",
        [
            {
                "tenant_id": tenant, "brand_name": plan.brand.name, "primary_color": plan.brand.color,
                "logo_svg": plan.brand.logo_svg, "created_at": since,
            }
        ],
    )  # fmt: skip
    people = [
        {
            "id": material.id(f"user/{person.email}"), "tenant_id": tenant, "email": person.email,
            "full_name": person.full_name, "password_hash": password_hash, "email_verified": True,
            "created_at": since + timedelta(hours=n),
        }
        for n, person in enumerate(plan.people)
    ]  # fmt: skip
    _insert(connection, "users", people)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into user_roles (tenant_id, user_id, role_id) "
            "select %(tenant)s, %(person)s, r.id from roles r where r.tenant_id = %(tenant)s and r.name = %(role)s",
            [
                {"tenant": tenant, "person": material.id(f"user/{person.email}"), "role": person.role}
                for person in plan.people
            ],
        )
    return len(people)


def write_operator(connection: Connection, email: str, full_name: str, password_hash: str) -> None:
    """Adds an operator of the demo, who belongs to no tenant, unless there is one of this address."""
    person = uuid.uuid5(NAMESPACE, email)
    connection.execute(
        "select set_tenant_context(null), set_config('app.current_user', %s, true)", [str(person)]
    )
    if connection.execute("select 1 from users where id = %s", [person]).fetchone() is None:
        _insert(
            connection, "users",
            [
                {
                    "id": person, "tenant_id": None, "email": email, "full_name": full_name, "is_operator": True,
                    "password_hash": password_hash, "email_verified": True,
                }
            ],
        )  # fmt: skip
        connection.execute(
            "insert into user_roles (tenant_id, user_id, role_id) "
            "select null, %s, r.id from roles r where r.tenant_id is null and r.name = 'operator'",
            [person],
        )
    connection.execute("select set_config('app.current_user', '', true)")


def write_system(connection: Connection, now: datetime) -> None:
    """Adds what the demo shows of the system itself, which belongs to no tenant, to tables that hold nothing yet."""
    for table, records in system_rows(now).items():
        found = connection.execute(sql.SQL("select 1 from {} limit 1").format(sql.Identifier(table)))
        if found.fetchone() is None:
            _insert(connection, table, records)
    # A failover that was an exercise is a procedure that somebody went through.
    connection.execute(
        "update recovery_procedures set last_tested_at = (select max(f.completed_at) from failover_events f "
        "where f.event_type = 'exercise') where procedure_name = 'Take over with a replica' and last_tested_at is null"
    )


def _catalogue(connection: Connection, material: Material) -> int:
    plan, tenant, calendar = material.plan, material.tenant_id, material.calendar
    since = calendar.at(-60, 10 * 60)
    site = f"https://{plan.slug}.example"
    _insert(
        connection, "podcasts",
        [
            {
                "id": material.id(f"podcast/{show.slug}"), "tenant_id": tenant, "name": show.name,
                "description": show.description, "rss_feed_url": f"{site}/{show.slug}/feed.xml",
                "website_url": f"{site}/{show.slug}", "language": show.language, "category": show.category,
                "author": show.author, "feed_guid": str(material.id(f"feed/{show.slug}")), "created_at": since,
            }
            for show in plan.shows
        ],
    )  # fmt: skip
    seasons = {show.slug: show.season_length for show in plan.shows}
    return _insert(
        connection, "episodes",
        [
            {
                "id": identifier, "tenant_id": tenant, "podcast_id": material.id(f"podcast/{e.show}"),
                "title": e.title, "description": e.description,
                "season_number": (e.number - 1) // length + 1 if (length := seasons[e.show]) else None,
                "episode_number": e.number,
                "published_at": calendar.at(e.published_day, e.publish_minute),
                "duration_seconds": e.seconds,
                "audio_url": (audio := f"{site}/{e.show}/{e.number:03d}.mp3"),
                "enclosure_url": audio,
                "audio_bytes": e.seconds * 16_000 + 48_213,
                "guid": f"{e.show}-{e.number:03d}",
                "created_at": max(calendar.at(e.published_day, e.publish_minute), since),
            }
            for e, identifier in zip(material.episodes, material.episode_ids(), strict=True)
        ],
    )  # fmt: skip


def _campaigns(connection: Connection, material: Material) -> int:
    plan, tenant, calendar = material.plan, material.tenant_id, material.calendar
    today = calendar.length
    created = {
        c.slug: calendar.at(min(max(today + c.start - 45, 0), today - 2), 11 * 60) for c in plan.campaigns
    }
    _insert(
        connection, "sponsors",
        [
            {
                "id": material.id(f"sponsor/{s.slug}"), "tenant_id": tenant, "name": s.name, "website_url": s.website,
                "created_at": calendar.at(0, 12 * 60),
            }
            for s in plan.sponsors
        ],
    )  # fmt: skip
    campaign_ids, episode_ids = material.campaign_ids(), material.episode_ids()
    delivered = np.bincount(
        np.array([u.campaign for u in material.ads.units], dtype=np.int64)[material.impressions.unit]
        if material.ads.units
        else np.zeros(0, dtype=np.int64),
        minlength=len(plan.campaigns),
    )
    booked = [
        [booked_impressions(c, b, int(count), calendar) for b in c.bookings]
        for c, count in zip(plan.campaigns, delivered, strict=True)
    ]
    _insert(
        connection, "campaigns",
        [
            {
                "id": identifier, "tenant_id": tenant, "sponsor_id": material.id(f"sponsor/{c.sponsor}"),
                "name": c.name, "description": c.description, "start_date": calendar.date_of(today + c.start),
                "end_date": calendar.date_of(today + c.end), "stage": c.stage,
                "stage_changed_at": calendar.at(today + c.stage_changed, 10 * 60 + 12),
                "budget_micros": _budget(c, sold) * 1_000_000, "currency": plan.currency,
                "conversion_type": c.conversion_type, "goal_conversions": _goal(c, sold),
                "created_at": created[c.slug],
            }
            for c, identifier, sold in zip(plan.campaigns, campaign_ids, booked, strict=True)
        ],
    )  # fmt: skip
    _insert(
        connection, "io_bookings",
        [
            {
                "id": material.id(f"booking/{c.slug}/{n}"), "tenant_id": tenant, "campaign_id": campaign_ids[index],
                "sponsor_id": material.id(f"sponsor/{c.sponsor}"),
                "booking_date": calendar.date_of(today + min(c.start - 17 - 3 * n, -2)),
                "promo_code": b.code, "vanity_url": b.vanity, "pricing_model": b.pricing,
                "booked_impressions": booked[index][n],
                "rate_micros": b.rate * 1_000_000, "currency": plan.currency,
                "starts_on": calendar.date_of(today + c.start),
                "ends_on": calendar.date_of(today + c.end),
                "created_at": created[c.slug],
            }
            for index, c in enumerate(plan.campaigns)
            for n, b in enumerate(c.bookings)
        ],
    )  # fmt: skip
    _insert(
        connection, "ad_units",
        [
            {
                "id": u.id, "tenant_id": tenant, "campaign_id": campaign_ids[u.campaign],
                "episode_id": episode_ids[u.episode], "unit_type": u.unit_type, "position_seconds": u.position,
                "duration_seconds": u.duration, "is_baked_in": u.unit_type == "host_read",
                "created_at": calendar.at(_placed_on(material, u), 15 * 60),
            }
            for u in material.ads.units
        ],
    )  # fmt: skip
    return len(campaign_ids)


def _budget(campaign: CampaignPlan, booked: list[int]) -> int:
    """What the sponsor set aside: the price of the bookings, rounded up."""
    if not campaign.bookings:
        return campaign.budget or 0
    prices = (
        b.rate if b.pricing == "flat" else b.rate * count / 1000
        for b, count in zip(campaign.bookings, booked, strict=True)
    )
    return math.ceil(sum(prices) / 50) * 50


def _goal(campaign: CampaignPlan, booked: list[int]) -> int | None:
    """What the sponsor hopes for, a little more than its rate of orders gives; nothing was said before a booking."""
    hoped = math.ceil(sum(booked) * campaign.orders * 1.1 / 5) * 5
    return hoped or None


def _placed_on(material: Material, unit: AdUnit) -> int:
    """The day an ad unit was entered: before the flight, and before the episode was out."""
    first, _ = flight(material.plan.campaigns[unit.campaign], material.calendar)
    return max(first, material.episodes[unit.episode].published_day) - 1


def booked_impressions(
    campaign: CampaignPlan, booking: BookingPlan, delivered: int, calendar: Calendar
) -> int:
    """What was booked, so that the campaign stands as the plan says: ahead, on track, behind, full or short."""
    if campaign.booked is not None:
        total = float(campaign.booked)
    else:
        first, last = flight(campaign, calendar)
        elapsed = min((last - first + 1) / (campaign.end - campaign.start + 1), 1.0)
        total = delivered / elapsed / campaign.delivery
    step = 10 ** max(math.floor(math.log10(max(total * booking.share, 100))) - 1, 1) / 5
    return max(int(round(total * booking.share / step) * step), int(step))


def _ownership(connection: Connection, material: Material) -> None:
    sponsors = {s.slug for s in material.plan.sponsors}
    _insert(
        connection, "resource_ownership",
        [
            {
                "id": material.id(f"ownership/{slug}"), "tenant_id": material.tenant_id,
                "resource_type": "sponsor" if slug in sponsors else "podcast",
                "resource_id": material.id(f"sponsor/{slug}" if slug in sponsors else f"podcast/{slug}"),
                "owner_id": material.id(f"user/{person.email}"),
            }
            for person in material.plan.people
            for slug in person.owns
        ],
    )  # fmt: skip
