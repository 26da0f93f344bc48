"""Commands of the worker that bring everything derived from events up to date; each costs by what is new.

What is new stands in queues that triggers fill (dirty hours, dirty days). A refresh takes entries off its queue in the
transaction that writes their results, so a crash repeats work and never loses it, and two refreshers do nothing twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from queries.errors import TryAgain
from queries.ingest.waiting import count_requests
from queries.session import outside_transactions, system_session, system_turn
from queries.statements import ask, tell

_AGGREGATES = ("internal.listener_events_hourly", "internal.listener_events_daily")
_ATTEMPTS = 5
_LOCK_NOT_AVAILABLE = "55P03"


def refresh_rollups() -> int:
    """Rows written to bring the rollups and listener_metrics of every tenant with new events up to date.

    Requests at prefixes that wait are counted before. Each tenant is one transaction that sees one moment, so that an
    event is in all of its rollups or in none. A tenant that fails does not stop the others; its error is raised at the
    end, and the as-of ('rollups') stands still: it is the start of the last pass that left nothing undone. Each of the
    others is as of a moment of its own.
    """
    with system_session("rollups") as connection:
        started_at = ask(connection, "refresh/unscoped_clock")[0]["started_at"]
    try:
        try:
            _unscoped_count_requests(started_at)
        finally:
            _, tenants = _unscoped_pass("rollups", "refresh/unscoped_waiting_tenants")
            written = _for_each(tenants, "rollups", _refresh_rollups_of, session=system_turn)
    except Exception:
        _for_each(
            _unscoped_tenants_without_news(started_at), "rollups", partial(_note_rollups_of, as_of=started_at)
        )
        raise
    _unscoped_mark("rollups", started_at, written)
    return written


def refresh_metrics_daily() -> int:
    """Rows written to bring metrics_daily up to date with the days that changed; notes its own as-of."""
    with system_session("metrics_daily") as connection:
        ask(connection, "refresh/allow_long")
        return int(ask(connection, "refresh/unscoped_refresh_metrics_daily")[0]["rows_written"])


def refresh_milestones() -> int:
    """First 1, 3, 7 and 30-day downloads written for the episodes that have reached them."""
    _, tenants = _unscoped_pass("milestones", "refresh/unscoped_tenants")
    return _for_each(tenants, "milestones", _refresh_milestones_of)


def refresh_aggregates() -> int:
    """Number of continuous aggregates brought up to date; 0 on plain PostgreSQL, where the rollups keep them.

    The whole kept range is given: TimescaleDB makes only what changed anew, however late the event came, and what lies
    behind the raw events is never reached. The as-of ('aggregates') is the start of the pass.
    """
    with system_session("aggregates") as connection:
        if ask(connection, "refresh/unscoped_engine")[0]["engine"] != "timescale":
            return 0
        window = ask(connection, "refresh/unscoped_aggregate_window")[0]
    with outside_transactions("aggregates") as connection:
        for relation in _AGGREGATES:
            _unscoped_refresh_aggregate(connection, relation, window["period_from"], window["period_to"])
    _unscoped_mark("aggregates", window["started_at"], len(_AGGREGATES))
    return len(_AGGREGATES)


def keep_partitions() -> int:
    """Partitions made for the events of the coming months."""
    with system_session("partitions") as connection:
        return int(ask(connection, "refresh/unscoped_ensure_storage")[0]["made"])


def drop_expired() -> int:
    """Partitions of raw listener events dropped, and rows forgotten: of listeners past their tenant's retention, and of
    reasons why requests did not count whose requests are gone."""
    with system_session("retention") as connection:
        ask(connection, "refresh/allow_long")
        dropped = int(ask(connection, "refresh/unscoped_drop_events")[0]["dropped"])
    _, tenants = _unscoped_pass("retention", "refresh/unscoped_tenants")
    return dropped + _for_each(tenants, "retention", _forget_of)


def _count_requests_of(connection: Connection, tenant_id: UUID) -> int:
    return count_requests(connection, tenant_id)


def _refresh_rollups_of(connection: Connection, tenant_id: UUID) -> int:
    return int(ask(connection, "refresh/refresh_rollups", tenant_id=tenant_id)[0]["rows_written"])


def _note_rollups_of(connection: Connection, tenant_id: UUID, *, as_of: datetime) -> int:
    return tell(connection, "refresh/note_rollups", tenant_id=tenant_id, refreshed_at=as_of)


def _refresh_milestones_of(connection: Connection, tenant_id: UUID) -> int:
    return int(ask(connection, "refresh/refresh_milestones", tenant_id=tenant_id)[0]["rows_written"])


def _forget_of(connection: Connection, tenant_id: UUID) -> int:
    reasons = tell(connection, "refresh/drop_excluded_days", tenant_id=tenant_id)
    forgotten = tell(connection, "refresh/drop_listener_days", tenant_id=tenant_id)
    return (
        reasons
        + forgotten
        + (tell(connection, "refresh/drop_listeners", tenant_id=tenant_id) if forgotten else 0)
    )


def _unscoped_count_requests(until: datetime) -> None:
    """Counts what came at prefixes until then; much of it in several transactions of each tenant."""
    while True:
        with system_session("requests") as connection:
            waiting = ask(connection, "refresh/unscoped_tenants_waiting", before=until)
        if not waiting:
            return
        _for_each([row["tenant_id"] for row in waiting], "requests", _count_requests_of)


def _unscoped_tenants_without_news(until: datetime) -> list[UUID]:
    """The tenants of which everything that came in until then is in the rollups."""
    with system_session("rollups") as connection:
        tenants, unfinished, waiting = (
            {row["tenant_id"] for row in ask(connection, name, **told)}
            for name, told in (
                ("refresh/unscoped_tenants", {}),
                ("refresh/unscoped_waiting_tenants", {}),
                ("refresh/unscoped_tenants_waiting", {"before": until}),
            )
        )
    return sorted(tenants - unfinished - waiting)


def _unscoped_pass(reason: str, waiting: str) -> tuple[datetime, list[UUID]]:
    """When a pass begins, and the tenants it has work for: what comes in later is the next pass's."""
    with system_session(reason) as connection:
        started_at = ask(connection, "refresh/unscoped_clock")[0]["started_at"]
        return started_at, [row["tenant_id"] for row in ask(connection, waiting)]


def _for_each(
    tenants: list[UUID], reason: str, command: Callable[[Connection, UUID], int], *,
    session: Callable[..., AbstractContextManager[Connection]] = system_session,
) -> int:  # fmt: skip
    """Sum of what a command wrote, one transaction for each tenant; the first error, once all had their turn."""
    written = 0
    failed: Exception | None = None
    for tenant_id in tenants:
        try:
            written += _of_tenant(tenant_id, reason, command, session)
        except Exception as error:  # noqa: BLE001 - the other tenants' numbers must not wait for this one's cure
            failed = failed or error
    if failed is not None:
        raise failed
    return written


def _of_tenant(
    tenant_id: UUID, reason: str, command: Callable[[Connection, UUID], int],
    session: Callable[..., AbstractContextManager[Connection]],
) -> int:  # fmt: skip
    """What a command wrote of a tenant; it begins anew where another change was in its way."""
    attempt = 1
    while True:
        try:
            with session(reason, tenant_id=tenant_id) as connection:
                ask(connection, "refresh/allow_long")
                return command(connection, tenant_id)
        except TryAgain:
            if attempt == _ATTEMPTS:
                raise
            attempt += 1


def _unscoped_mark(relation: str, refreshed_at: datetime, rows_written: int) -> None:
    with system_session(relation) as connection:
        tell(connection, "refresh/unscoped_mark_refreshed", relation=relation, refreshed_at=refreshed_at,
             rows_written=rows_written)  # fmt: skip


def _unscoped_refresh_aggregate(connection: Connection, relation: str, start: Any, end: Any) -> None:
    """Refreshes one aggregate; waits when TimescaleDB's own job is at it, which it answers with an error."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            tell(
                connection,
                "refresh/unscoped_refresh_aggregate",
                relation=relation,
                period_from=start,
                period_to=end,
            )
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE or attempt == _ATTEMPTS:
                raise
            time.sleep(attempt)
        else:
            return
