"""The session cookie, and the person behind it through Flask-Login."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask, Request, Response, current_app, g, request
from flask_login import LoginManager

from dashboard.access import Viewer
from dashboard.auth.throttle import address_prefix
from queries.people import Origin, open_session
from queries.session import leave
from queries.settings import Settings

TOKEN_LENGTHS = range(40, 65)


def cookie_name(settings: Settings, purpose: str = "") -> str:
    """A cookie's name: bound to host and TLS by its prefix; plain only in the demo, which is http on loopback."""
    plain = "-".join(("podboard", purpose)) if purpose else "podboard"
    return plain if settings.demo else f"__Host-{plain}"


def install_sessions(app: Flask, settings: Settings) -> None:
    """Lets Flask-Login find the viewer by our cookie alone: no user id and no remember-me in any other."""
    app.config.update(
        SESSION_COOKIE_NAME=cookie_name(settings, "form"),
        SESSION_COOKIE_SECURE=not settings.demo,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        # Flask-Login would otherwise look at a cookie of this name before it asks us.
        REMEMBER_COOKIE_NAME=cookie_name(settings, "unused"),
        SESSION_PROTECTION=None,
    )
    manager = LoginManager()
    manager.session_protection = None
    # What init_app() would do, without its remember-me hook: that one touches the form cookie on each request, and a
    # static file that varies by cookie is fetched again after each log-in.
    app.login_manager = manager  # type: ignore[attr-defined]

    @manager.request_loader
    def load_viewer(asked: Request) -> Viewer | None:
        token = session_token(asked)
        opened = open_session(token, now=now()) if token else None
        return Viewer.of_session(opened) if opened else None

    @app.teardown_request
    def leave_database(_error: BaseException | None) -> None:
        leave()


def now() -> datetime:
    """The moment of this request; tests put another clock into the app."""
    if "now" not in g:
        clock = current_app.config.get("CLOCK")
        g.now = clock() if clock else datetime.now(UTC)
    moment: datetime = g.now
    return moment


def session_token(asked: Request) -> str:
    """The token of the request's cookie; empty for none and for what cannot be one."""
    token = asked.cookies.get(cookie_name(current_app.config["PODBOARD"]), "")
    return token if len(token) in TOKEN_LENGTHS and token.isascii() else ""


def set_session_cookie(response: Response, token: str) -> None:
    """Gives the browser the session; it forgets it when it closes, the server after 12 hours."""
    settings: Settings = current_app.config["PODBOARD"]
    response.set_cookie(
        cookie_name(settings), token, path="/", secure=not settings.demo, httponly=True, samesite="Lax"
    )


def clear_cookies(response: Response) -> None:
    """Takes every cookie of ours back."""
    settings: Settings = current_app.config["PODBOARD"]
    for purpose in ("", "csrf"):
        response.delete_cookie(
            cookie_name(settings, purpose),
            path="/",
            secure=not settings.demo,
            httponly=purpose == "",
            samesite="Lax",
        )


def request_origin() -> Origin:
    """Where the request comes from, as far as it is kept."""
    return Origin(address_prefix(request.remote_addr), request.headers.get("User-Agent", ""))
