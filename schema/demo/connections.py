"""The demo's integrations, webhooks and partners."""

from __future__ import annotations

import json
from datetime import timedelta

from schema.demo.marks import Row, Rows, ago, dice, is_story, person, sealed
from schema.demo.material import Material

# name, type, status, minutes between syncs, kinds of token; invented services all
_SERVICES: tuple[tuple[str, str, str, int, tuple[str, ...]], ...] = (
    ("Castline Hosting", "hosting", "connected", 60, ("access", "refresh")),
    ("Cartwheel Shop", "shop", "connected", 30, ("api_key",)),
    ("Ledgerly CRM", "crm", "failed", 720, ("access", "refresh")),
    ("Tallybot Messages", "messaging", "paused", 0, ("api_key",)),
    ("Coldstore Buckets", "storage", "pending", 1440, ()),
)
_PARTNERS: tuple[tuple[str, str, str, str, dict[str, object]], ...] = (
    (
        "Plumbline Measurement",
        "measurement",
        "prefix",
        "active",
        {"url": "https://plumbline.example/p/", "format": "json"},
    ),
    ("Wayside Network", "network", "file_drop", "testing", {"schedule": "0 5 * * *", "format": "csv"}),
    ("Fennel & Co. Resale", "reseller", "manual", "paused", {"contact": "desk@fennel.example"}),
)


def connections(material: Material) -> Rows:
    """Services and their exchanges of two weeks; a tenant nobody looks at has one of each."""
    services = _SERVICES if is_story(material) else _SERVICES[:1]
    partners = _PARTNERS if is_story(material) else _PARTNERS[:1]
    tenant, admin = material.tenant_id, person(material, "admin")
    return {
        "integrations": [
            {
                "id": _id(material, name),
                "tenant_id": tenant,
                "name": name,
                "integration_type": kind,
                "status": status,
                "configuration": json.dumps(
                    {
                        "base_url": f"https://api.{name.split()[0].lower()}.example",
                        "account": material.plan.slug,
                        **({"sync_minutes": minutes} if minutes else {}),
                    }
                ),
                "created_by": admin,
                "created_at": ago(material, 240 - 30 * n, 640),
            }
            for n, (name, kind, status, minutes, _) in enumerate(services)
        ],
        "integration_tokens": [
            {
                "id": material.id(f"integration-token/{name}/{token}"),
                "tenant_id": tenant,
                "integration_id": _id(material, name),
                "token_type": token,
                "token_value_encrypted": sealed(material, f"{name}/{token}", 40),
                "key_id": "2026-01",
                "expires_at": ago(material, -1, 600) if token == "access" else None,  # noqa: S105 (a kind of token)
                "created_at": ago(material, 240, 645),
            }
            for name, _, _, _, tokens in services
            for token in tokens
        ],
        "webhooks": _webhooks(material),
        "integration_sync_logs": _exchanges(
            material, [s for s in services if s[2] in ("connected", "failed")]
        ),
        "partners": [
            {
                "id": material.id(f"partner/{name}"),
                "tenant_id": tenant,
                "name": name,
                "partner_type": kind,
                "contact_email": f"hello@{name.split()[0].lower()}.example",
                "created_at": ago(material, 300 - 40 * n, 700),
            }
            for n, (name, kind, _, _, _) in enumerate(partners)
        ],
        "partner_integrations": [
            {
                "id": material.id(f"partner-integration/{name}"),
                "tenant_id": tenant,
                "partner_id": material.id(f"partner/{name}"),
                "integration_type": way,
                "status": status,
                "configuration": json.dumps(configuration),
                "created_at": ago(material, 295 - 40 * n, 700),
            }
            for n, (name, _, way, status, configuration) in enumerate(partners)
        ],
    }


def _id(material: Material, name: str) -> object:
    return material.id(f"integration/{name}")


def _webhooks(material: Material) -> list[Row]:
    admin, site = person(material, "admin"), f"https://hooks.{material.plan.slug}.example"
    hooks: tuple[tuple[str, str | None, list[str], bool], ...] = (
        ("reports", None, ["report.ready", "report.failed"], True),
        (
            "desk",
            "Ledgerly CRM" if is_story(material) else None,
            ["campaign.stage_changed", "alert.opened", "alert.resolved"],
            True,
        ),
        ("old", None, ["import.completed"], False),
    )
    return [
        {
            "id": material.id(f"webhook/{name}"),
            "tenant_id": material.tenant_id,
            "integration_id": None if service is None else _id(material, service),
            "url": f"{site}/{name}",
            "event_types": events,
            "secret": sealed(material, f"webhook/{name}", 32),
            "secret_key_id": "2026-01",
            "enabled": enabled,
            "created_by": admin,
            "created_at": ago(material, 150 - 20 * n, 690),
        }
        for n, (name, service, events, enabled) in enumerate(hooks)
    ]


def _exchanges(material: Material, services: list[tuple[str, str, str, int, tuple[str, ...]]]) -> list[Row]:
    """Two a day: some partial; the one that fails has failed since its permission ran out six days ago."""
    random = dice(material, 3)
    made: list[Row] = []
    for name, kind, status, _, _ in services:
        for back in range(14 if is_story(material) else 1, 0, -1):
            for minute in (245, 965):
                outcome, error, records = (
                    "succeeded",
                    None,
                    int(random.integers(3, 60 if kind == "hosting" else 25)),
                )
                if status == "failed" and back <= 6:
                    outcome, error, records = (
                        "failed",
                        "The service answered 401: the permission has run out.",
                        0,
                    )
                elif random.random() < 0.06:
                    outcome, error = "partial", "2 records had no date and were left out."
                started = ago(material, back, minute)
                made.append(
                    {
                        "id": material.id(f"sync/{name}/{back}/{minute}"),
                        "tenant_id": material.tenant_id,
                        "integration_id": _id(material, name),
                        "sync_type": "full" if minute == 245 and back % 7 == 0 else "incremental",
                        "status": outcome,
                        "records_synced": records,
                        "error_message": error,
                        "started_at": started,
                        "completed_at": started + timedelta(seconds=4 + records),
                        "created_at": started,
                    }
                )
    return made
