"""Server time of every box against the bare statements it sends: same text, same parameters, same rights, warm."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from bench.measure import Took, backends, median, timed
from bench.visitor import ServerClock, Visitor, box_request
from dashboard.pages import all_pages
from queries.settings import Settings
from schema.server import Server

# What every transaction costs besides its question: who is it, what may they see.
_NOT_THE_QUESTION = ("enter_session", "set_tenant_context", "session_open", "session_enter")
FACTOR, ALLOWANCE_MS = 3.0, 8.0


@dataclass
class Panel:
    """One box as one person sees it over one period."""

    person: str
    box: str
    period: str
    body: str
    visitor: Visitor
    actor: tuple[UUID, UUID]
    statements: list[tuple[str, Any]] = field(default_factory=list)
    callback: list[Took] = field(default_factory=list)
    bare: list[Took] = field(default_factory=list)

    def result(self) -> dict[str, Any]:
        """Medians, and whether the target holds."""
        whole = median(took.wall_ms for took in self.callback)
        sql = median(took.wall_ms for took in self.bare)
        allowed = max(FACTOR * sql, sql + ALLOWANCE_MS)
        return {
            "box": self.box,
            "person": self.person,
            "period": self.period,
            "statements": len(self.statements),
            "server_ms": round(whole, 2),
            "sql_ms": round(sql, 2),
            "allowed_ms": round(allowed, 2),
            "of_allowed": round(whole / allowed, 3),
            "python_cpu_ms": round(median(took.own_ms for took in self.callback), 2),
            "database_cpu_ms": round(median(took.backend_ms for took in self.callback), 2),
            "holds": whole <= allowed,
        }


def measure_panels(
    clock: ServerClock,
    server: Server,
    settings: Settings,
    visitors: dict[str, tuple[Visitor, tuple[UUID, UUID]]],
    periods: dict[str, str],
    campaign: str,
    rounds: int,
    say: Callable[[str], None],
) -> list[Panel]:
    """Every box of every page for everybody who may open it, rounds interleaved with the bare statements."""
    panels = _panels(visitors, periods, campaign)
    for panel in panels:
        _record(panel)
    say(f"{len(panels)} panels, {sum(len(panel.statements) for panel in panels)} statements, {rounds} rounds")
    connections = {actor: bare_connection(settings, actor) for _, actor in visitors.values()}
    pids = backends(server)
    bare_pids = {actor: [connection.info.backend_pid] for actor, connection in connections.items()}
    try:
        for number in range(rounds + 1):
            for panel in panels:
                connection = connections[panel.actor]
                # The question just now was another one, and the processor's caches hold that: whichever side came
                # first would pay for it, which was measured at three times the time.
                panel.visitor.send(panel.body)
                whole = timed(lambda panel=panel: panel.visitor.send(panel.body), pids)
                callback = Took(clock.wall_ms, clock.own_ms, whole.backend_ms)
                bare = timed(
                    lambda panel=panel, connection=connection: _run(panel, connection), bare_pids[panel.actor]
                )
                if number:  # the first round warms
                    panel.callback.append(callback)
                    panel.bare.append(bare)
    finally:
        for connection in connections.values():
            connection.close()
    return panels


def _panels(
    visitors: dict[str, tuple[Visitor, tuple[UUID, UUID]]], periods: dict[str, str], campaign: str
) -> list[Panel]:
    panels = []
    for person, (visitor, actor) in visitors.items():
        for page in all_pages():
            answer = visitor.client.get(
                page.path.replace("<campaign_id>", campaign),
                base_url=visitor.settings.public_url,
                headers={"Accept": "text/html"},
            )
            if answer.status_code != 200:
                continue
            path = page.path.replace("<campaign_id>", campaign)
            for box in page.boxes:
                for period, search in periods.items():
                    panels.append(
                        Panel(person, box.id, period, box_request(box.id, path, search), visitor, actor)
                    )
    return panels


def _record(panel: Panel) -> None:
    with noted() as panel.statements:
        text = panel.visitor.read(panel.body)
    assert "could not be read" not in text, f"{panel.box} fails for {panel.person}"
    assert json.loads(text), panel.box


@contextmanager
def noted() -> Iterator[list[tuple[str, Any]]]:
    """The statements that are sent meanwhile for a question, as the driver gets them."""
    statements: list[tuple[str, Any]] = []
    execute = psycopg.Cursor.execute

    def noting(cursor: Any, query: Any, params: Any = None, **options: Any) -> Any:
        statement = query.decode() if isinstance(query, bytes) else str(query)
        if not any(name in statement for name in _NOT_THE_QUESTION):
            statements.append((statement, params))
        return execute(cursor, query, params, **options)

    with mock.patch.object(psycopg.Cursor, "execute", noting):
        yield statements


def bare_connection(settings: Settings, actor: tuple[UUID, UUID]) -> psycopg.Connection[Any]:
    """A transaction of that person with nothing of ours in between, under the planner settings of the web."""
    connection = psycopg.connect(
        settings.runtime_dsn,
        prepare_threshold=None,
        application_name="podboard bench",
        options="-c plan_cache_mode=force_custom_plan -c TimeZone=UTC -c work_mem=16MB",
        row_factory=tuple_row,
    )
    connection.execute("begin read only")
    connection.execute("select enter_session(%s, %s)", list(actor))
    return connection


def _run(panel: Panel, connection: psycopg.Connection[Any]) -> None:
    for statement, parameters in panel.statements:
        connection.execute(statement, parameters).fetchall()
