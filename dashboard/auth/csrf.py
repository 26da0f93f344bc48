"""Two guards against forged requests: every unsafe method must come from our own pages and carry a token."""

from __future__ import annotations

from urllib.parse import urlsplit

from dash import dcc
from dash.development.base_component import Component
from flask import Flask, Response, current_app, request
from flask_wtf.csrf import CSRFProtect, generate_csrf
from werkzeug.exceptions import Forbidden

from dashboard.auth.sessions import cookie_name
from queries.settings import Settings

HEADER = "X-CSRFToken"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def install_csrf(app: Flask) -> None:
    """Requires the token on unsafe methods. Comes after the gate, so that an ended session answers 401 and not 400."""
    app.config.update(
        WTF_CSRF_HEADERS=[HEADER],
        # The token lives as long as the log-in does; the browser's session cookie holds its other half.
        WTF_CSRF_TIME_LIMIT=None,
        # The same-origin check below is stricter and also knows Origin and Sec-Fetch-Site.
        WTF_CSRF_SSL_STRICT=False,
    )
    CSRFProtect(app)


def demand_same_origin() -> None:
    """Returns for requests of our own pages. Raises Forbidden for an unsafe method from anywhere else.

    Origin decides where it is sent, then Sec-Fetch-Site, then Referer; an unsafe request with none of the three is
    not a browser's and has no business with cookies.
    """
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    if origin is not None:
        is_own = _is_own(origin)
    elif site is not None:
        is_own = site == "same-origin"
    else:
        is_own = _is_own(request.headers.get("Referer", ""))
    if not is_own:
        raise Forbidden("This request did not come from a page of podboard.")


def give_token_to_script(response: Response) -> None:
    """Sets the cookie from which Dash copies the token into its requests."""
    settings: Settings = current_app.config["PODBOARD"]
    response.set_cookie(
        cookie_name(settings, "csrf"),
        generate_csrf(),
        path="/",
        secure=not settings.demo,
        httponly=False,
        samesite="Strict",
    )


def csrf_field() -> Component:
    """The hidden field of a form that Dash draws and the browser sends by itself."""
    return dcc.Input(type="hidden", name="csrf_token", value=generate_csrf())


def _is_own(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    # Outside the demo TLS may end at a proxy, so that the request itself looks like http.
    schemes = {request.scheme} if current_app.config["PODBOARD"].demo else {request.scheme, "https"}
    return parts.scheme in schemes and parts.netloc.lower() == request.host.lower()
