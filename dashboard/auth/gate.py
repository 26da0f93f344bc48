"""The gate: whatever is not on the short list of open routes needs a log-in, also routes nobody thought of."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from flask import Flask, redirect, request
from flask_login import current_user
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from dashboard.access import current_viewer
from dashboard.auth.csrf import demand_same_origin
from queries.periods import tenant_zone

LOGIN_PATH = "/login"

OPEN_ENDPOINTS = frozenset(
    {
        "auth.log_in", "auth.check_log_in", "auth.set_password", "auth.save_password",
        "health.healthz", "health.readyz", "health.favicon", "problems.page",
        "_dash_assets.static", "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
    }
)  # fmt: skip
"""Every route that answers somebody who is not logged in: log-in pages, health, problems, and files without secrets."""

MACHINE_ENDPOINTS = frozenset(
    {
        "collector.events", "collector.no_address", "collector.prefix", "collector.no_link", "collector.pixel",
        "collector.vanity_url",
    }
)  # fmt: skip
"""What programs and listeners' apps call: a log-in gives nothing there, so no origin is asked for either."""


def install_gate(app: Flask) -> None:
    """Puts the gate before everything else that happens to a request."""

    @app.before_request
    def gate() -> Response | None:
        if request.endpoint in MACHINE_ENDPOINTS:
            return None
        demand_same_origin()
        if request.endpoint in OPEN_ENDPOINTS:
            return None
        if current_user.is_authenticated:
            # Each number is of the tenant's days: without its zone no page is true, and one fault says why.
            tenant_zone(current_viewer().time_zone)
            return None
        if _wants_page():
            return redirect(
                log_in_address(request.full_path.rstrip("?") if request.query_string else request.path)
            )
        raise Unauthorized("Log in to go on.")


def log_in_address(wanted: str = "") -> str:
    """The log-in page, which leads back to the wanted address where that is one of ours."""
    safe = own_path(wanted)
    return f"{LOGIN_PATH}?next={quote(safe, safe='')}" if safe not in ("", "/") else LOGIN_PATH


def own_path(address: str) -> str:
    """The address when it is a relative path of this site; empty for anything that could lead elsewhere."""
    if not address.startswith("/") or address.startswith(("//", "/\\")) or len(address) > 2000:
        return ""
    if any(ord(character) < 0x21 or ord(character) == 0x7F or character == "\\" for character in address):
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme or parts.netloc or parts.path.startswith(("//", LOGIN_PATH, "/logout")):
        return ""
    return address


def _wants_page() -> bool:
    if request.method not in ("GET", "HEAD") or request.path.startswith("/_"):
        return False
    # A link to a file that is followed in the browser leads to the log-in too; a script that fetches it gets 401.
    return request.endpoint in (None, "/", "/<path:path>") or request.accept_mimetypes.accept_html
