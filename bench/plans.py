"""How the database answers each statement: time, pages read, and every large relation that is read from end to end."""

from __future__ import annotations

from typing import Any

import psycopg
from sqlalchemy.dialects.postgresql import psycopg as driver

from bench.panels import Panel, bare_connection
from queries.settings import Settings
from queries.statements import statement, statement_names

LARGE_ROWS = 10_000


def explain_all(settings: Settings, panels: list[Panel]) -> list[dict[str, Any]]:
    """One entry per statement, period and kind of reader: the plan as the web role gets it, warm."""
    names = _names()
    seen: set[tuple[str, str, str]] = set()
    large = _large_relations(settings)
    plans = []
    for panel in panels:
        with bare_connection(settings, panel.actor) as connection:
            for text, parameters in panel.statements:
                name = names.get(_plain(text), "(not from a file)")
                key = (name, panel.period, panel.person)
                if key in seen:
                    continue
                seen.add(key)
                connection.execute(text, parameters).fetchall()
                plans.append(
                    {"statement": name, "period": panel.period, "person": panel.person}
                    | _explain(connection, text, parameters, large)
                )
    return plans


def _explain(
    connection: psycopg.Connection[Any], text: str, parameters: Any, large: set[str]
) -> dict[str, Any]:
    row = connection.execute(f"explain (analyze, buffers, format json) {text}", parameters).fetchone()
    assert row is not None
    plan = row[0][0]
    whole = []

    def walk(node: dict[str, Any]) -> None:
        if node["Node Type"] == "Seq Scan" and node.get("Relation Name") in large:
            whole.append(node["Relation Name"])
        for child in node.get("Plans", []):
            walk(child)

    walk(plan["Plan"])
    return {
        "ms": round(plan["Execution Time"], 2),
        "planning_ms": round(plan["Planning Time"], 2),
        "pages": plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"],
        "temp_pages": plan["Plan"]["Temp Written Blocks"],
        "rows": plan["Plan"]["Actual Rows"],
        "whole": sorted(set(whole)),
    }


def _large_relations(settings: Settings) -> set[str]:
    with psycopg.connect(settings.owner_dsn) as connection:
        rows = connection.execute(
            "select relname from pg_class where relkind in ('r', 'p', 'm') and reltuples >= %s", [LARGE_ROWS]
        ).fetchall()
    return {name for (name,) in rows}


def _names() -> dict[str, str]:
    """The file of each statement, by its text as the driver gets it."""
    dialect = driver.dialect()
    return {_plain(str(statement(name).clause.compile(dialect=dialect))): name for name in statement_names()}


def _plain(text: str) -> str:
    return " ".join(text.split())
