"""The demo's keys, policies, security events, GDPR requests and trail of changes."""

from __future__ import annotations

import json
from datetime import timedelta

from schema.demo.marks import BROWSERS, PREFIXES, Row, Rows, ago, is_story, person, proof
from schema.demo.material import Material


def security(material: Material) -> Rows:
    """What an admin finds under security; of a tenant nobody looks at, the keys and the last of each."""
    rows = {
        "api_keys": _keys(material),
        "access_control_policies": _policies(material),
        "security_events": _events(material),
        "gdpr_requests": _requests(material),
        "audit_logs": _trail(material),
    }
    return rows if is_story(material) else {table: found[:1] for table, found in rows.items()}


def _keys(material: Material) -> list[Row]:
    admin, manager = person(material, "admin"), person(material, "account_manager")

    def key(
        name: str,
        owner: object,
        scopes: list[str],
        made: int,
        used: int | None,
        ends: int | None,
        revoked: int | None,
    ) -> Row:
        slug = name.lower().replace(" ", "_")
        return {
            "id": material.id(f"key/{slug}"),
            "tenant_id": material.tenant_id,
            "user_id": owner,
            "key_hash": proof(material, f"key/{slug}"),
            "prefix": f"pb_{proof(material, slug)[:8]}",
            "name": name,
            "scopes": scopes,
            "created_at": ago(material, made, 10 * 60 + 20),
            "last_used_at": None if used is None else ago(material, used, 23 * 60 + 5),
            "expires_at": None if ends is None else ago(material, ends, 10 * 60),
            "revoked_at": None if revoked is None else ago(material, revoked, 16 * 60 + 40),
        }

    return [
        key("Event collector", admin, ["events.write"], 380, 1, None, None),
        key(
            "Warehouse export",
            admin,
            ["metrics.read", "episodes.read", "campaigns.read", "attribution.read"],
            210,
            1,
            -155,
            None,
        ),
        key("Monday sheet", manager, ["metrics.read", "reports.read", "reports.create"], 95, 4, -85, None),
        key("Old dashboard", admin, ["metrics.read"], 500, 131, None, 130),
    ]


def _policies(material: Material) -> list[Row]:
    plan, admin = material.plan, person(material, "admin")
    show, sponsor = plan.shows[0], plan.sponsors[0]

    def policy(name: str, description: str, definition: dict[str, object], enabled: bool, made: int) -> Row:
        return {
            "id": material.id(f"policy/{name}"),
            "tenant_id": material.tenant_id,
            "name": name,
            "description": description,
            "policy_definition": json.dumps({"version": 1, **definition}),
            "enabled": enabled,
            "created_by": admin,
            "created_at": ago(material, made, 11 * 60 + 8),
        }

    return [
        policy(
            f"Transcripts of {show.name}",
            "The account manager may correct them while the editor is away.",
            {
                "effect": "allow",
                "actions": ["catalogue.manage"],
                "subjects": {"users": [str(person(material, "account_manager"))]},
                "resource": {"type": "podcast", "ids": [str(material.id(f"podcast/{show.slug}"))]},
                "until": material.calendar.date_of(material.calendar.length + 20).isoformat(),
            },
            True,
            12,
        ),
        policy(
            f"No reports for {sponsor.name} before sign-off",
            "Until the first flight has been settled.",
            {
                "effect": "deny",
                "actions": ["reports.create"],
                "subjects": {"roles": ["sponsor"]},
                "resource": {"type": "sponsor", "ids": [str(material.id(f"sponsor/{sponsor.slug}"))]},
            },
            False,
            160,
        ),
    ]


def _events(material: Material) -> list[Row]:
    manager, sponsor, admin = (person(material, role) for role in ("account_manager", "sponsor", "admin"))
    told: tuple[tuple[str, str, object, dict[str, object], int, int], ...] = (
        ("key_created", "info", admin, {"name": "Monday sheet"}, 95, 620),
        ("key_revoked", "low", admin, {"name": "Old dashboard", "unused_days": 131}, 130, 1000),
        ("roles_changed", "medium", manager, {"added": ["account_manager"], "removed": []}, 61, 571),
        ("data_exported", "low", manager, {"rows": 48_210, "what": "episodes by day"}, 34, 935),
        ("token_reused", "high", manager, {"family": "script", "revoked": True}, 31, 1020),
        ("login_from_new_place", "low", sponsor, {"country": "CA"}, 17, 508),
        ("foreign_access", "medium", sponsor, {"page": "/portfolio"}, 5, 842),
        ("login_failed", "low", manager, {"failures": 3}, 2, 553),
        ("login_throttled", "medium", manager, {"seconds": 60}, 2, 554),
        ("password_reset", "low", manager, {"by": "link"}, 2, 559),
    )
    return [
        {
            "id": material.id(f"security/{kind}/{back}"),
            "tenant_id": material.tenant_id,
            "user_id": who,
            "event_type": kind,
            "severity": severity,
            "details": json.dumps(details),
            "ip_address": PREFIXES[n % len(PREFIXES)],
            "user_agent": BROWSERS[n % len(BROWSERS)],
            "occurred_at": ago(material, back, minute),
        }
        for n, (kind, severity, who, details, back, minute) in enumerate(told)
    ]


def _requests(material: Material) -> list[Row]:
    admin = person(material, "admin")
    asked: tuple[tuple[str, str, object, int, int | None, str], ...] = (
        (
            "export",
            "completed",
            person(material, "podcaster"),
            204,
            199,
            "Sent as a ZIP file, link good for a week.",
        ),
        ("access", "completed", person(material, "sponsor"), 118, 110, "Answered by mail."),
        (
            "erasure",
            "refused",
            person(material, "sponsor"),
            97,
            88,
            "Bookings must be kept for ten years; mail preferences switched off.",
        ),
        ("rectification", "withdrawn", person(material, "podcaster"), 44, 43, "Changed the name themselves."),
        ("export", "in_progress", person(material, "account_manager"), 6, None, ""),
    )
    return [
        {
            "id": material.id(f"gdpr/{kind}/{back}"),
            "tenant_id": material.tenant_id,
            "user_id": who,
            "request_type": kind,
            "status": status,
            "requested_at": ago(material, back, 600),
            "due_at": ago(material, back, 600) + timedelta(days=30),
            "completed_at": None if done is None else ago(material, done, 870),
            "handled_by": admin,
            "notes": notes,
            "created_at": ago(material, back, 600),
        }
        for kind, status, who, back, done, notes in asked
    ]


def _trail(material: Material) -> list[Row]:
    """The stages of campaigns as they were set, and what the admin changed."""
    plan, calendar = material.plan, material.calendar
    admin, manager = person(material, "admin"), person(material, "account_manager")

    def change(
        name: str, who: object, action: str, kind: str, what: object, changes: dict[str, object], at: object
    ) -> Row:
        return {
            "id": material.id(f"audit/{name}"),
            "tenant_id": material.tenant_id,
            "user_id": who,
            "action": action,
            "resource_type": kind,
            "resource_id": what,
            "changes": json.dumps(changes),
            "ip_address": PREFIXES[1],
            "user_agent": BROWSERS[1],
            "occurred_at": at,
        }

    rows = [
        change(
            "brand",
            admin,
            "updated",
            "white_label_settings",
            material.tenant_id,
            {"primary_color": ["#0b6e5f", plan.brand.color]},
            calendar.at(-59, 680),
        ),
        change(
            "key",
            admin,
            "deleted",
            "api_key",
            material.id("key/old_dashboard"),
            {"revoked_at": [None, ago(material, 130, 1000).isoformat()]},
            ago(material, 130, 1000),
        ),
    ]
    before = {
        "prospect": None,
        "proposed": "prospect",
        "booked": "proposed",
        "live": "booked",
        "paused": "live",
        "completed": "live",
        "cancelled": "booked",
    }
    for campaign in plan.campaigns:
        if before[campaign.stage]:
            rows.append(
                change(
                    f"stage/{campaign.slug}",
                    manager,
                    "updated",
                    "campaign",
                    material.id(f"campaign/{campaign.slug}"),
                    {"stage": [before[campaign.stage], campaign.stage]},
                    calendar.at(calendar.length + campaign.stage_changed, 612),
                )
            )
    return rows
