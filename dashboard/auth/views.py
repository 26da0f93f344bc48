"""Log-in, log-out and the page behind a one-time link."""

from __future__ import annotations

import logging
import math
from datetime import timedelta

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, session
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from dashboard.access import Viewer, current_viewer, home_path
from dashboard.auth.gate import LOGIN_PATH, own_path
from dashboard.auth.passwords import LEAST_LENGTH, hash_password, needs_rehash, verify_password, weakness
from dashboard.auth.sessions import clear_cookies, now, request_origin, session_token, set_session_cookie
from dashboard.auth.throttle import TooManyAttempts, account_throttle, address_throttle, count_attempt
from queries import people
from queries.errors import AccessRefused
from queries.session import anonymous_session

log = logging.getLogger("podboard.auth")

blueprint = Blueprint("auth", __name__)

WRONG = "E-mail and password do not match. Check both and try again."
USED_LINK = "This link was used already or is too old. Ask for a new one."


@blueprint.get(LOGIN_PATH)
def log_in() -> AnyResponse:
    """The log-in page; somebody who is logged in already goes on."""
    if current_user.is_authenticated:
        return redirect(_after_log_in(current_viewer()))
    notice = "Your password is set. Log in with it." if request.args.get("set") == "1" else ""
    return _log_in_page(notice=notice)


@blueprint.post(LOGIN_PATH)
def check_log_in() -> AnyResponse:
    """Opens a session for the right e-mail and password; says nothing else about accounts."""
    email = request.form.get("email", "").strip().lower()
    password = request.form.get("password", "")
    if not email or not password or len(email) > 254 or len(password) > 1024:
        return _log_in_page(error=WRONG, email=email[:254], status=400)
    origin, moment = request_origin(), now()
    secret = current_app.config["PODBOARD"].secret_key
    per_account = account_throttle(secret, email, origin.ip_prefix)
    per_address = address_throttle(secret, "log_in", origin.ip_prefix)
    try:
        count_attempt(per_account, per_address, now=moment)
    except TooManyAttempts as refusal:
        return _log_in_page(error=_wait_text(refusal.wait), email=email, status=429, wait=refusal.wait)

    with anonymous_session() as connection:
        account = people.account_for_email(connection, email)
    # Always verified, also for nobody, and before anything is decided: time tells nothing.
    is_right = verify_password(account.password_hash if account else None, password)
    if account is None or not is_right or not account.is_active:
        reason = "unknown account" if account is None else "wrong password" if not is_right else "disabled"
        people.record_refusal(account, reason=reason, origin=origin, now=moment)
        log.info("log-in refused", extra={"reason": reason})
        return _log_in_page(error=WRONG, email=email, status=401)

    new_hash = (
        hash_password(password) if account.password_hash and needs_rehash(account.password_hash) else None
    )
    try:
        with people.account_session(account.tenant_id, account.user_id) as connection:
            people.forget_attempts(connection, per_account.key)
            people.uncount_attempt(connection, per_address.key)
            if new_hash and not people.replace_password_hash(connection, new_hash):
                log.warning("stronger hash not stored", extra={"user": str(account.user_id)})
            token = people.start_session(connection, account, now=moment, origin=origin)
            people.record_access(
                connection, tenant_id=account.tenant_id, user_id=account.user_id, action="log_in", allowed=True,
                reason=None, origin=origin, now=moment,
            )  # fmt: skip
    except AccessRefused:
        # Disabled in the moment between the two transactions.
        return _log_in_page(error=WRONG, email=email, status=401)
    _end_session_of_this_browser()
    log.info("log-in", extra={"user": str(account.user_id)})
    response = make_response(redirect(own_path(request.form.get("next", "")) or "/", code=303))
    # Nothing of the time before the log-in lives on: neither the session nor the form token.
    clear_cookies(response)
    _forget_form_token()
    set_session_cookie(response, token)
    return response


@blueprint.post("/logout")
def log_out() -> AnyResponse:
    """Ends the session at once, on the server too."""
    viewer, moment = current_viewer(), now()
    with people.account_session(viewer.tenant_id, viewer.user_id) as connection:
        people.end_session(connection, viewer.session_id, now=moment)
        people.record_access(
            connection, tenant_id=viewer.tenant_id, user_id=viewer.user_id, action="log_out", allowed=True,
            reason=None, origin=request_origin(), now=moment,
        )  # fmt: skip
    response = make_response(redirect(LOGIN_PATH, code=303))
    clear_cookies(response)
    _forget_form_token()
    return response


@blueprint.get("/set-password")
def set_password() -> AnyResponse:
    """The page behind a one-time link. The token stands behind the #, which browsers do not send and nobody logs."""
    return _password_page()


@blueprint.post("/set-password")
def save_password() -> AnyResponse:
    """Sets the password, once; every open session of the person ends."""
    token = request.form.get("token", "").strip().rpartition("#")[2]
    password, repeated = request.form.get("password", ""), request.form.get("repeated", "")
    origin, moment = request_origin(), now()
    per_address = address_throttle(
        current_app.config["PODBOARD"].secret_key, "set_password", origin.ip_prefix
    )
    try:
        count_attempt(per_address, now=moment)
    except TooManyAttempts as refusal:
        return _password_page(error=_wait_text(refusal.wait), token=token, status=429, wait=refusal.wait)
    with anonymous_session(write=True) as connection:
        holder = people.password_token_holder(connection, token[:200], now=moment)
    if holder is None:
        return _password_page(error=USED_LINK, status=400)
    complaint = weakness(password, holder.email, holder.full_name)
    if complaint or password != repeated:
        return _password_page(error=complaint or "The two passwords differ.", token=token, status=400)
    hashed = hash_password(password)
    with anonymous_session(write=True) as connection:
        is_set = people.use_password_token(connection, token, hashed, now=moment)
    if not is_set:
        return _password_page(error=USED_LINK, status=400)
    with people.account_session(holder.tenant_id, holder.user_id) as connection:
        people.uncount_attempt(connection, per_address.key)
        people.record_access(
            connection, tenant_id=holder.tenant_id, user_id=holder.user_id, action=f"password_{holder.purpose}",
            allowed=True, reason=None, origin=origin, now=moment,
        )  # fmt: skip
    log.info("password set", extra={"user": str(holder.user_id)})
    response = make_response(redirect(f"{LOGIN_PATH}?set=1", code=303))
    clear_cookies(response)
    _forget_form_token()
    return response


def _log_in_page(
    *, error: str = "", notice: str = "", email: str = "", status: int = 200, wait: timedelta | None = None
) -> Response:
    wanted = request.form.get("next") if request.method == "POST" else request.args.get("next")
    page = render_template(
        "log_in.html", error=error, notice=notice, email=email, next=own_path(wanted or ""),
        is_demo=current_app.config["PODBOARD"].demo,
    )  # fmt: skip
    return _page(page, status, wait)


def _password_page(
    *, error: str = "", token: str = "", status: int = 200, wait: timedelta | None = None
) -> Response:
    page = render_template("set_password.html", error=error, token=token[:200], least_length=LEAST_LENGTH)
    return _page(page, status, wait)


def _page(page: str, status: int, wait: timedelta | None) -> Response:
    response = Response(page, status=status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    if wait is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(wait.total_seconds())))
    return response


def _wait_text(wait: timedelta) -> str:
    seconds = max(1, math.ceil(wait.total_seconds()))
    when = f"{seconds} seconds" if seconds < 90 else f"{math.ceil(seconds / 60)} minutes"
    return f"Too many attempts. Try again in {when if seconds > 1 else 'a second'}."


def _after_log_in(viewer: Viewer) -> str:
    return own_path(request.args.get("next", "")) or home_path(viewer)


def _end_session_of_this_browser() -> None:
    token = session_token(request)
    replaced = people.open_session(token, now=now()) if token else None
    if replaced:
        with people.account_session(replaced.tenant_id, replaced.user_id) as connection:
            people.end_session(connection, replaced.session_id, now=now())


def _forget_form_token() -> None:
    session.clear()
