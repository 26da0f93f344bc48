"""Every question of `queries` about a period, those too that no page's box asks yet, beside its bare statements."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, get_type_hints
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import Connection

import queries
from bench.measure import Took, median, timed
from bench.panels import bare_connection, noted
from queries.filters import Filters
from queries.periods import Period
from queries.results import Answer
from queries.session import Actor, tenant_session
from queries.settings import Settings

Question = Callable[[Connection, Filters], Answer]
DAYS = (30, 700)
"""The longer one lies within what is kept of raw events, also where the data set is some weeks old."""


def questions() -> Iterator[tuple[str, Question]]:
    """Every public function of `queries` that answers filters alone, by its name."""
    for module in iter_modules(queries.__path__, "queries."):
        if module.ispkg:
            continue
        for name, found in inspect.getmembers(import_module(module.name), inspect.isfunction):
            if name.startswith("_") or found.__module__ != module.name:
                continue
            needed = [
                parameter.name
                for parameter in inspect.signature(found).parameters.values()
                if parameter.default is parameter.empty
            ]
            if needed == ["connection", "f"] and get_type_hints(found).get("return") is Answer:
                yield name, found


def measure_questions(
    settings: Settings,
    actor: tuple[UUID, UUID],
    last: date,
    zone: ZoneInfo,
    campaign_id: UUID,
    rounds: int,
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Time of each over DAYS as that person, session and scope included; slowest first."""
    found = []
    bare = bare_connection(settings, actor)
    try:
        for name, question in questions():
            for days in DAYS:
                filters = Filters(
                    period=Period(last - timedelta(days=days - 1), last + timedelta(days=1)),
                    zone=zone, now=datetime.now(UTC), campaign_id=campaign_id,
                )  # fmt: skip
                measured = _measured(question, filters, Actor(*actor), bare, rounds)
                found.append({"question": name, "period": f"{days} days"} | measured)
    finally:
        bare.close()
    say(f"{len(found) // 2} questions, {rounds} rounds")
    return sorted(found, key=lambda one: -one["ms"])


def _measured(
    question: Question, filters: Filters, actor: Actor, bare: psycopg.Connection[Any], rounds: int
) -> dict[str, Any]:
    def ask() -> int:
        with tenant_session(actor) as connection:
            return len(question(connection, filters).rows)

    with noted() as statements:
        rows = ask()
    whole: list[Took] = []
    sql: list[Took] = []
    for number in range(rounds + 1):
        taken = timed(ask), timed(lambda: [bare.execute(*one).fetchall() for one in statements])
        if number:  # the first round warms
            whole.append(taken[0])
            sql.append(taken[1])
    return {
        "rows": rows,
        "statements": len(statements),
        "ms": round(median(took.wall_ms for took in whole), 1),
        "sql_ms": round(median(took.wall_ms for took in sql), 1),
        "python_cpu_ms": round(median(took.own_ms for took in whole), 1),
    }
