"""Backups of the demo tenants, and the replicas and failovers of the system they run on."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time, timedelta

from schema.demo.material import NAMESPACE, Material

_NIGHTS = 21
_FAILED_NIGHT = 6
_SIZE = 212_000_000


def recovery(material: Material) -> dict[str, list[dict[str, object]]]:
    """Three weeks of nights: everything on Sundays, what is new on other days, an export a month; one failed."""
    today = material.calendar.today
    backups: list[dict[str, object]] = []

    def made(night: int, kind: str, hour: int, size_bytes: int, status: str) -> None:
        started = datetime.combine(today - timedelta(days=night), time(hour, 10), UTC)
        ended = started + timedelta(seconds=20 + size_bytes // 9_000_000)
        file = f"{started:%Y%m%dT%H%M}-{kind}.dump"
        folder = f"tenants/{material.plan.slug}" if kind == "export" else "database"
        backups.append(
            {
                "id": material.id(f"backup/{night}/{kind}"), "tenant_id": material.tenant_id, "backup_type": kind,
                "backup_location": f"s3://podboard-demo-backups/{folder}/{file}",
                "size_bytes": None if status == "failed" else size_bytes, "status": status, "started_at": started,
                "completed_at": ended, "created_at": started,
            }
        )  # fmt: skip

    for night in range(_NIGHTS, 0, -1):
        day = today - timedelta(days=night)
        is_sunday = day.weekday() == 6
        # The whole database, so the same file for every tenant.
        size = _SIZE - 310_000 * night
        part = size if is_sunday else size * (8 + day.toordinal() * 7 % 13) // 1000
        status = (
            "failed" if night == _FAILED_NIGHT else "expired" if night > 14 and not is_sunday else "succeeded"
        )
        made(night, "full" if is_sunday else "incremental", 2, part, status)
    made(12, "export", 5, 900 * (len(material.events.at) + len(material.impressions.at)), "succeeded")
    return {"backup_records": backups}


def system_rows(now: datetime) -> dict[str, list[dict[str, object]]]:
    """Replicas as they were seen last, and the three times another server took over; of no tenant."""
    minute = now.replace(second=0, microsecond=0)
    replicas = (
        ("replica-a", "streaming", "0.214", 1),
        ("replica-b", "streaming", "1.870", 3),
        ("replica-far", "catching_up", "94.500", 9),
    )
    failovers = (("exercise", "primary", "replica-a", "completed", 61, 74),
                 ("failback", "replica-a", "primary", "completed", 60, 41),
                 ("automatic", "primary", "replica-b", "rolled_back", 17, 132))  # fmt: skip
    return {
        "replication_status": [
            {
                "id": uuid.uuid5(NAMESPACE, f"replica/{name}"), "replica_name": name, "status": status,
                "lag_seconds": lag, "last_sync_at": minute - timedelta(seconds=late),
            }
            for name, status, lag, late in replicas
        ],
        "failover_events": [
            {
                "id": uuid.uuid5(NAMESPACE, f"failover/{days}"), "event_type": kind, "source_node": source,
                "target_node": target, "status": status, "occurred_at": minute - timedelta(days=days, hours=2),
                "completed_at": minute - timedelta(days=days, hours=2) + timedelta(seconds=seconds),
            }
            for kind, source, target, status, days, seconds in failovers
        ],
    }  # fmt: skip
