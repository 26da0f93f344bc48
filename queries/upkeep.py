"""Clearing away what has had its time: old log-ins, used links, forgotten failures."""

from __future__ import annotations

from queries.session import system_session
from queries.statements import ask, tell

_CLEARINGS = (
    "upkeep/clear_sessions", "upkeep/clear_tokens", "upkeep/clear_verifications", "upkeep/clear_refresh_tokens",
)  # fmt: skip


def unscoped_clear_logins() -> int:
    """Number of ended log-ins, used links, spent tokens and stale failures removed, by tenant and for operators."""
    with system_session("upkeep") as connection:
        owners = [(row["tenant_id"], None) for row in ask(connection, "upkeep/unscoped_tenants")]
        owners += [(None, row["user_id"]) for row in ask(connection, "upkeep/unscoped_operators")]
        removed = tell(connection, "upkeep/clear_attempts")
    for tenant_id, user_id in owners:
        with system_session("upkeep") as connection:
            ask(connection, "upkeep/enter", tenant_id=tenant_id, user_id=user_id)
            for clearing in _CLEARINGS:
                removed += tell(connection, clearing)
    return removed
