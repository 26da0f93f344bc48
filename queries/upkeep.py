"""Clearing away what has had its time: old log-ins, used links, forgotten failures, lines of logs, closed windows."""

from __future__ import annotations

from uuid import UUID

from queries.session import system_session
from queries.statements import ask, tell

_LOGINS = (
    "upkeep/clear_sessions", "upkeep/clear_tokens", "upkeep/clear_verifications", "upkeep/clear_refresh_tokens",
)  # fmt: skip
# Each as long as its table's comment says.
_GROWN = (
    "upkeep/clear_access_logs", "upkeep/clear_security_events", "upkeep/clear_api_usage",
    "upkeep/clear_import_refusals", "upkeep/clear_share_link_views", "upkeep/clear_integration_sync_logs",
    "upkeep/clear_counting_windows", "upkeep/clear_excluded_visits",
)  # fmt: skip

_Owner = tuple[UUID | None, UUID | None]


def unscoped_clear_logins() -> int:
    """Number of ended log-ins, used links, spent tokens and stale failures removed, by tenant and for operators."""
    with system_session("upkeep") as connection:
        owners: list[_Owner] = [
            (row["tenant_id"], None) for row in ask(connection, "upkeep/unscoped_tenants")
        ]
        owners += [(None, row["user_id"]) for row in ask(connection, "upkeep/unscoped_operators")]
        removed = tell(connection, "upkeep/clear_attempts")
    return removed + _unscoped_clear(owners, _LOGINS)


def unscoped_close_dead_imports() -> int:
    """Number of imports closed whose process has died: they are called running, and nobody holds the tenant's lock."""
    closed = 0
    with system_session("imports") as connection:
        tenants = [row["tenant_id"] for row in ask(connection, "upkeep/unscoped_tenants")]
    for tenant_id in tenants:
        with system_session("imports", tenant_id=tenant_id) as connection:
            # Asked for only where it may be a dead one's: whoever begins to import meanwhile would not get the lock.
            if (
                ask(connection, "upkeep/imports_running")[0]["is_running"]
                and ask(connection, "ingest/lock_imports")[0]["is_free"]
            ):
                closed += tell(connection, "ingest/close_interrupted")
    return closed


def unscoped_clear_grown() -> int:
    """Number of lines of logs and of closed windows removed that are past their time, by tenant and of nobody's."""
    with system_session("upkeep") as connection:
        owners: list[_Owner] = [
            (row["tenant_id"], None) for row in ask(connection, "upkeep/unscoped_tenants")
        ]
    return _unscoped_clear([*owners, (None, None)], _GROWN)


def _unscoped_clear(owners: list[_Owner], clearings: tuple[str, ...]) -> int:
    """One transaction for each owner, so that none waits long for another's rows."""
    removed = 0
    for tenant_id, user_id in owners:
        with system_session("upkeep") as connection:
            ask(connection, "upkeep/enter", tenant_id=tenant_id, user_id=user_id)
            for clearing in clearings:
                removed += tell(connection, clearing)
    return removed
