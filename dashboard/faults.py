"""What people and programs are told when a request cannot be answered: a kind page, or a JSON problem (RFC 9457)."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from dashboard.access import Viewer, home_path
from dashboard.problems import Problem, problem_of
from queries.errors import (
    AccessRefused,
    DatabaseUnavailable,
    InvalidRequest,
    NotAvailable,
    NotFound,
    PodboardError,
    QuotaReached,
    TenantMissing,
)

log = logging.getLogger("podboard.web")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is safe, and the way on; what happened is the title of the problem."""

    text: str
    way_on: str = "Go to your start page"


FAULTS = {
    400: Fault("The address or form was not complete. Nothing was changed."),
    401: Fault("Your log-in has ended, or you have not logged in yet. Nothing was lost.", "Log in"),
    403: Fault("Somebody who manages your account can open it for you."),
    404: Fault("The link may be old, or what it led to is not shared with you."),
    405: Fault("Nothing was changed."),
    413: Fault("Nothing was changed."),
    415: Fault("Nothing was changed."),
    429: Fault("Wait a little, then try again."),
    500: Fault("Your data is safe. We have written down what happened.", "Try again"),
    503: Fault("Your data is safe. This mends itself, usually within a minute.", "Try again"),
}


def install_faults(app: Flask) -> None:
    """Turns every exception into one of the answers above; none carries what the error itself said about data."""

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.response is not None:
            return make_response(error.response)
        status = error.code or 500
        if status < 400:
            return make_response(error.get_response())
        answer = fault(status, detail=error.description if isinstance(error, CSRFError) else None)
        allowed = getattr(error, "valid_methods", None)
        if allowed:
            answer.headers["Allow"] = ", ".join(sorted(allowed))
        return answer

    @app.errorhandler(AccessRefused)
    @app.errorhandler(TenantMissing)
    def refused(_error: PodboardError) -> Response:
        # An operator has no tenant, and so no part in anything that asks for one.
        return fault(403)

    @app.errorhandler(NotFound)
    def missing(_error: NotFound) -> Response:
        return fault(404)

    @app.errorhandler(InvalidRequest)
    @app.errorhandler(NotAvailable)
    @app.errorhandler(QuotaReached)
    def invalid(error: PodboardError) -> Response:
        return fault(400, detail=str(error))

    @app.errorhandler(DatabaseUnavailable)
    def unavailable(error: DatabaseUnavailable) -> Response:
        log.error("database unavailable", extra={"reason": str(error)})
        answer = fault(503)
        answer.headers["Retry-After"] = "10"
        return answer

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        log.error("request failed", exc_info=(type(error), error, error.__traceback__))
        return fault(500)


def fault(status: int, *, detail: str | None = None, problem: Problem | None = None) -> Response:
    """The answer for a status: a page for people, a problem document for programs.

    `problem`: the kind, where the status alone would not tell a program which it is.
    """
    told = FAULTS.get(status, FAULTS[500 if status >= 500 else 400])
    kind = problem or problem_of(status)
    if not _wants_page():
        document = {
            "type": kind.type, "title": kind.title, "status": status, "detail": detail or told.text,
            "request_id": g.get("request_id", ""),
        }  # fmt: skip
        return Response(json.dumps(document), status=status, mimetype="application/problem+json")
    # Only a viewer that is already there: looking for one could fail the same way once more.
    viewer = g.get("_login_user")
    if status == 401:
        way = "/login"
    elif status in (500, 503):
        way = request.path if request.method == "GET" else "/"
    else:
        way = home_path(viewer) if isinstance(viewer, Viewer) else "/"
    page = render_template(
        "fault.html", status=status, title=kind.title, text=detail or told.text, way=way, way_on=told.way_on,
        reference=g.get("request_id", "") if status >= 500 else "",
    )  # fmt: skip
    return Response(page, status=status, mimetype="text/html")


def _wants_page() -> bool:
    if request.path.startswith(("/_", "/api/")) or request.path in ("/healthz", "/readyz"):
        return False
    accepted = request.accept_mimetypes
    if not accepted:
        return request.method in ("GET", "HEAD") and request.endpoint in ("/", "/<path:path>")
    return bool(accepted.accept_html)
