"""Health for machines: whether this process lives, and whether it can serve. No tenant's data."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, redirect
from werkzeug.wrappers import Response as AnyResponse

from dashboard.static_files import asset_address
from queries import operations
from queries.engine import patience
from queries.errors import DatabaseUnavailable
from queries.release import schema_version, wanted_version
from queries.session import anonymous_session

blueprint = Blueprint("health", __name__)

_PATIENCE_SECONDS = 3.0


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 as long as the process answers, with what is known of the rest: it outlives a dead database."""
    return _answer({"status": "ok", **_found()}, 200)


@blueprint.get("/readyz")
def readyz() -> Response:
    """200 when pages can be served: the database answers and its migrations are those of this release; else 503.

    A silent worker or late numbers are named but do not take the web out of service: every page says as of when its
    numbers are.
    """
    found = _found()
    is_ready = found["database"] == "ok" and found["migrations"] == "current"
    return _answer({"status": "ready" if is_ready else "not ready", **found}, 200 if is_ready else 503)


@blueprint.get("/favicon.ico")
def favicon() -> AnyResponse:
    """Leads browsers that ask for the old name to the icon."""
    return redirect(asset_address("favicon.svg"), code=301)


def _found() -> dict[str, Any]:
    try:
        with patience(_PATIENCE_SECONDS):
            health = operations.health()
            with anonymous_session() as connection:
                version = schema_version(connection)
                runs = operations.job_runs_recent(connection).rows
    except DatabaseUnavailable:
        return {"database": "unreachable", "migrations": "unknown"}
    return {
        "database": "ok",
        "migrations": "current" if version >= wanted_version() else f"{version} of {wanted_version()}",
        "worker": "alive" if health.is_worker_alive else "silent",
        "late": health.late,
        "age_seconds": health.ages,
        "waiting": health.waiting,
        "last_runs": {
            row["job"]: {
                "status": row["status"],
                "finished_at": row["finished_at"].isoformat(timespec="seconds")
                if row["finished_at"]
                else None,
            }
            for row in runs
        },
    }


def _answer(found: dict[str, Any], status: int) -> Response:
    response = jsonify(found)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
