"""Deterministic demo tenants: `load` writes their primary rows; what is derived is the worker's to make.

The same day gives the same rows: everything is counted from the start of each tenant's today, and every draw is
seeded by the tenant's name. Only what the database stamps itself (created_at of events, role ids) and the salt of
the password differ.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Literal

import psycopg
from argon2 import PasswordHasher

from schema.demo import loading
from schema.demo.large import large_tenants
from schema.demo.material import make
from schema.demo.plans import TenantPlan
from schema.demo.small import small_tenants

Scale = Literal["small", "large"]

PASSWORD = "podboard-demo"  # noqa: S105 (public on purpose; the demo listens on loopback only)
OPERATORS = (("operator@demo.example", "Odette Opfell"), ("operator@second.example", "Oskar Ohnesorg"))
_CONNECTIONS = 2
# The events' JSON is left out: sampling it takes longer than all the rest.
_ANALYZE = (
    "analyze listener_events (tenant_id, episode_id, listener_id, event_type, occurred_at)",
    "analyze attribution_events (tenant_id, campaign_id, episode_id, listener_id, attribution_type, occurred_at)",
    "analyze episodes, campaigns, ad_units, io_bookings",
    "analyze internal.dirty_hours, internal.dirty_metric_days, internal.dirty_excluded_hours",
)


def tenants_of(scale: Scale) -> tuple[TenantPlan, ...]:
    """The tenants of a scale."""
    return small_tenants() if scale == "small" else large_tenants()


def load(
    owner_dsn: str, *, scale: Scale = "small", now: datetime | None = None, log: Callable[[str], None] = print
) -> dict[str, int]:
    """Rows written by table; empty when the demo is there already. Tenants that are missing are completed."""
    return load_tenants(owner_dsn, tenants_of(scale), now=now, log=log)


def load_tenants(
    owner_dsn: str,
    plans: Sequence[TenantPlan],
    *,
    now: datetime | None = None,
    log: Callable[[str], None] = print,
) -> dict[str, int]:
    """Rows written by table for these tenants, each in a transaction of its own."""
    moment = now or datetime.now(UTC)
    started = time.monotonic()
    with psycopg.connect(owner_dsn) as connection:
        missing = _missing(connection, plans)
        if not missing:
            return {}
        earliest = moment - timedelta(days=max(p.history_days for p in missing) + 1)
        connection.execute("select ensure_event_storage(%s, %s)", [earliest, moment + timedelta(days=1)])
        password_hash = PasswordHasher().hash(PASSWORD)
        for email, full_name in OPERATORS:
            loading.write_operator(connection, email, full_name, password_hash)
        loading.write_system(connection, moment)

    def load_one(plan: TenantPlan) -> dict[str, int]:
        began = time.monotonic()
        material = make(plan, moment)
        with psycopg.connect(owner_dsn) as connection:
            counts = loading.write(connection, material, password_hash, log)
        events = counts["listener_events"] + counts["attribution_events"]
        log(
            f"{plan.name}: {counts['listener_events']:,} listener events, {counts['attribution_events']:,} attribution "
            f"events, {events / (time.monotonic() - began):,.0f} rows/s"
        )
        return counts

    # Two at a time: the database works on one tenant's rows while the next tenant's are made.
    total: Counter[str] = Counter()
    with ThreadPoolExecutor(min(_CONNECTIONS, len(missing))) as pool:
        for counts in pool.map(load_one, missing):
            total.update(counts)
    # Without statistics the first refresh plans for empty tables and takes minutes instead of seconds.
    with psycopg.connect(owner_dsn, autocommit=True) as connection:
        for statement in _ANALYZE:
            connection.execute(statement)
    log(
        f"Demo of {len(missing)} tenant{'s' if len(missing) > 1 else ''} loaded in {time.monotonic() - started:.1f} s."
    )
    return dict(total)


def _missing(
    connection: psycopg.Connection[tuple[object, ...]], plans: Sequence[TenantPlan]
) -> list[TenantPlan]:
    found = {slug for (slug,) in connection.execute("select slug from internal.tenant_directory")}
    return [plan for plan in plans if plan.slug not in found]
