"""How a tenant is set up, and what of it may be chosen later: the window of downloads, how long listeners are kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Connection

from queries.errors import InvalidRequest, NotAvailable
from queries.ingest.counting.windows import Window
from queries.session import system_session
from queries.statements import ask, tell

LONGEST_RETENTION = 36_500


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """What holds, whether somebody chose it or nothing was said.

    `listeners_from`: the tenant day since which unique listeners are known at most, today. It is later than the
    retention says where less was kept once.
    """

    time_zone: str
    currency: str
    week_start: str
    download_window: Window
    listener_retention_days: int
    listeners_from: date


def tenant_settings(connection: Connection) -> TenantSettings:
    """The settings of the session's tenant."""
    row = ask(connection, "tenants/settings")[0]
    kept_from = row["today"] - timedelta(days=row["listener_retention_days"])
    return TenantSettings(
        row["time_zone"], row["currency"], row["week_start"], Window(row["download_window"]),
        row["listener_retention_days"], max(kept_from, row["listeners_kept_from"] or kept_from),
    )  # fmt: skip


def change_settings(
    tenant_id: UUID, *, download_window: str | None = None, listener_retention_days: int | None = None
) -> tuple[TenantSettings, TenantSettings]:
    """The settings before and after, changed by the tenant itself; what is None stays as it is.

    Another window holds for what is counted from then on: what stands as counted or refused stays so. Who downloaded
    what on days that fewer days of retention cut off is forgotten by the worker, at night; more days bring nothing
    back. Raw events keep their listeners until they go, and what campaigns delivered longer.

    Raises: InvalidRequest for a value that cannot be used, NotAvailable while an import is under way, which counts in
    the window that it began with.
    """
    window = None if download_window is None else _window(download_window)
    if listener_retention_days is not None and not 1 <= listener_retention_days <= LONGEST_RETENTION:
        raise InvalidRequest(
            f"Listeners are kept for a number of days between 1 and {LONGEST_RETENTION:,}.",
            field="listener_retention_days",
        )
    # Not the tenant's own session: of a large tenant there are more windows to turn than half a minute is enough for.
    with system_session("change settings", tenant_id=tenant_id) as connection:
        ask(connection, "tenants/hold_settings")
        before = tenant_settings(connection)
        if window is not None and window is not before.download_window:
            _turn_windows(connection, before.download_window, window)
        kept_from = None
        if (listener_retention_days or 0) > before.listener_retention_days:
            kept_from = _kept_from(connection, before)
        tell(
            connection, "tenants/change_settings",
            download_window=window, listener_retention_days=listener_retention_days, listeners_kept_from=kept_from,
        )  # fmt: skip
        after = tenant_settings(connection)
        changes = {
            key: [getattr(before, key), getattr(after, key)]
            for key in ("download_window", "listener_retention_days")
            if getattr(before, key) != getattr(after, key)
        }
        if changes:
            _log(connection, tenant_id, changes)
    return before, after


def _window(told: str) -> Window:
    try:
        return Window(told.replace("-", "_"))
    except ValueError:
        names = ", ".join(window.value for window in Window)
        raise InvalidRequest(
            f"There is no window {told}; there are {names}.", field="download_window"
        ) from None


def _turn_windows(connection: Connection, before: Window, after: Window) -> None:
    """Makes way for another window: nobody counts meanwhile, and what is counted is ruled on no more."""
    if not ask(connection, "ingest/lock_imports")[0]["is_free"]:
        raise NotAvailable(
            "An import is under way, which counts in the window that it began with: change it when that has ended."
        )
    ask(connection, "ingest/before_events", downloads=True)
    tell(connection, "tenants/close_counted_windows")
    if before is Window.CALENDAR_DAY:
        tell(connection, "tenants/turn_calendar_windows", download_window=after)


def _kept_from(connection: Connection, before: TenantSettings) -> date | None:
    """The day since which listeners are kept whole; None where nothing was forgotten yet."""
    forgotten = ask(connection, "tenants/listeners_forgotten_to", before=before.listeners_from)[0]["day"]
    return None if forgotten is None else forgotten + timedelta(days=1)


def _log(connection: Connection, tenant_id: UUID, changes: dict[str, list[object]]) -> None:
    tell(
        connection, "ingest/log_change",
        action="settings.changed", resource_type="tenant", resource_id=tenant_id,
        changes=json.dumps({key: list(map(str, pair)) for key, pair in changes.items()}),
    )  # fmt: skip
