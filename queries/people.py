"""People: log-in, sessions, throttle, invitations and what a person may do."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from queries.engine import patience
from queries.errors import DatabaseUnavailable
from queries.session import (
    Actor,
    anonymous_session,
    anonymous_statements,
    enter_by_cookie,
    operator_session,
    tenant_session,
)
from queries.statements import ask, tell

IDLE_AFTER = timedelta(minutes=30)
LONGEST_SESSION = timedelta(hours=12)
SEEN_NOTED_EVERY = timedelta(minutes=1)
LONGEST_WAIT_SECONDS = 3.5  # a visitor is told within five seconds that the database is away
LONGEST_BLOCK = timedelta(minutes=15)
USER_AGENT_LIMIT = 400


@dataclass(frozen=True, slots=True)
class Account:
    """Who an e-mail belongs to, as log-in needs it. `password_hash` is None until an invitation was used."""

    user_id: UUID
    tenant_id: UUID | None
    password_hash: str | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A living session and its person; the tenant's fields are None for an operator."""

    session_id: UUID
    user_id: UUID
    tenant_id: UUID | None
    email: str
    full_name: str
    permissions: frozenset[str]
    tenant_name: str | None
    tenant_slug: str | None
    time_zone: str | None
    currency: str | None
    week_start: str | None
    brand_name: str | None
    primary_color: str | None
    logo_svg: str | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: the address cut to a prefix, and the browser's own description."""

    ip_prefix: str | None
    user_agent: str


@dataclass(frozen=True, slots=True)
class Throttle:
    """One thing that is counted: `key` (64 hex digits), how many failures are free, and when they are forgotten."""

    key: str
    free_attempts: int
    forget_after: timedelta


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whose password a one-time link may set."""

    user_id: UUID
    tenant_id: UUID | None
    email: str
    full_name: str
    purpose: str


def new_token() -> str:
    """A secret of 32 random bytes, safe in a URL or cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps of a token: its SHA-256 as hexadecimal digits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def account_for_email(connection: Connection, email: str) -> Account | None:
    """The account that logs in with this e-mail, in whatever tenant; None when there is none."""
    rows = ask(connection, "people/account_for_email", email=email)
    return Account(**rows[0]) if rows else None


def claim_attempt(connection: Connection, throttles: tuple[Throttle, ...], now: datetime) -> timedelta | None:
    """Counts one attempt before it is made; None when it may go ahead, else how long to wait.

    Counting comes first, so that a hundred guesses sent at once are a hundred counted guesses.
    """
    # Always in one order, so that two log-ins never wait for each other.
    for throttle in sorted(throttles, key=lambda throttle: throttle.key):
        claimed = ask(
            connection, "people/claim_attempt", attempt_key=throttle.key, now=now,
            forgotten_before=now - throttle.forget_after, free_attempts=throttle.free_attempts,
            longest_block=LONGEST_BLOCK,
        )  # fmt: skip
        if not claimed:
            blocked = ask(connection, "people/blocked_until", attempt_key=throttle.key, now=now)
            return blocked[0]["blocked_until"] - now if blocked else timedelta(seconds=1)
    return None


def forget_attempts(connection: Connection, key: str) -> None:
    """Clears a count after a success."""
    tell(connection, "people/forget_attempts", attempt_key=key)


def uncount_attempt(connection: Connection, key: str) -> None:
    """Takes back the count of one attempt that was right: many people may log in from one address."""
    tell(connection, "people/uncount_attempt", attempt_key=key)


@contextmanager
def account_session(tenant_id: UUID | None, user_id: UUID) -> Iterator[Connection]:
    """A writing transaction as the person themselves, operator or not. Raises AccessRefused when disabled."""
    opened = (
        operator_session(Actor(None, user_id), write=True)
        if tenant_id is None
        else tenant_session(Actor(tenant_id, user_id), write=True)
    )
    with opened as connection:
        yield connection


def start_session(connection: Connection, account: Account, *, now: datetime, origin: Origin) -> str:
    """Opens a session and returns its token, which is shown once and kept only as a hash."""
    token = new_token()
    tell(
        connection, "people/start_session", token_hash=token_hash(token), tenant_id=account.tenant_id,
        user_id=account.user_id, now=now, expires_at=now + LONGEST_SESSION, ip_prefix=origin.ip_prefix,
        user_agent=origin.user_agent[:USER_AGENT_LIMIT],
    )  # fmt: skip
    return token


def open_session(token: str, *, now: datetime) -> OpenSession | None:
    """The living session of a cookie; None when it has ended, was idle too long or never was.

    A person who was disabled has no living session. The person is entered with the same statement: their next reading
    transaction goes on where this one stands (enter_by_cookie() says what a caller owes it).
    """
    began = time.monotonic()
    try:
        row = _entered_row(token, now)
    except DatabaseUnavailable:
        # A pooled connection that was cut without a word fails at once, and the next one works.
        if time.monotonic() - began > 0.5:
            raise
        row = _entered_row(token, now)
    if row is None:
        return None
    return OpenSession(**{**row, "permissions": frozenset(row["permissions"])})


def _entered_row(token: str, now: datetime) -> dict[str, Any] | None:
    with patience(LONGEST_WAIT_SECONDS):
        row = enter_by_cookie("people/session_enter", **_living(token, now))
        if row is not None and row.pop("is_to_be_noted"):
            # Once a minute. It writes, and what was entered only reads: the request enters anew.
            with anonymous_statements() as connection:
                ask(connection, "people/session_note", **_living(token, now))
        return row


def _living(token: str, now: datetime) -> dict[str, Any]:
    return {
        "token_hash": token_hash(token), "now": now, "idle_since": now - IDLE_AFTER,
        "noted_before": now - SEEN_NOTED_EVERY,
    }  # fmt: skip


def end_session(connection: Connection, session_id: UUID, *, now: datetime) -> None:
    """Ends one session at once."""
    tell(connection, "people/end_session", session_id=session_id, now=now)


def end_sessions_of(connection: Connection, user_id: UUID, *, now: datetime) -> int:
    """Ends every open session of a person; how many there were."""
    return tell(connection, "people/end_sessions_of", user_id=user_id, now=now)


def replace_password_hash(connection: Connection, password_hash: str) -> bool:
    """Stores a stronger hash of the password that the person of the session has just given; whether that went well.

    The old one is still good: what keeps the new one from being stored keeps nobody from logging in.
    """
    try:
        with connection.begin_nested():
            ask(connection, "people/replace_password_hash", password_hash=password_hash)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return False
    return True


def record_access(
    connection: Connection, *, tenant_id: UUID | None, user_id: UUID | None, action: str, allowed: bool,
    reason: str | None, origin: Origin, now: datetime,
) -> None:  # fmt: skip
    """Writes to access_logs that somebody was let in, or was not."""
    tell(
        connection, "people/record_access", tenant_id=tenant_id, user_id=user_id, action=action, allowed=allowed,
        reason=reason, ip_prefix=origin.ip_prefix, user_agent=origin.user_agent[:USER_AGENT_LIMIT], now=now,
    )  # fmt: skip


def record_refusal(account: Account | None, *, reason: str, origin: Origin, now: datetime) -> None:
    """Writes a refused log-in, with as many statements for nobody's e-mail as for somebody's: time tells nothing."""
    tenant_id = account.tenant_id if account else None
    opened = tenant_session(Actor(tenant_id), write=True) if tenant_id else anonymous_session(write=True)
    with opened as connection:
        if tenant_id is None:
            tell(connection, "people/leave_tenant")
        record_access(
            connection, tenant_id=tenant_id, user_id=account.user_id if account else None, action="log_in",
            allowed=False, reason=reason, origin=origin, now=now,
        )  # fmt: skip


def password_token_holder(connection: Connection, token: str, *, now: datetime) -> TokenHolder | None:
    """Whose password the link may set; None when it was used, has expired or never was."""
    rows = ask(connection, "people/password_token_holder", token_hash=token_hash(token), now=now)
    return TokenHolder(**rows[0]) if rows else None


def use_password_token(connection: Connection, token: str, password_hash: str, *, now: datetime) -> bool:
    """Sets the password by a one-time link; False when it is no longer good.

    With it end every open session and every other link of the person.
    """
    used = ask(
        connection,
        "people/password_token_use",
        token_hash=token_hash(token),
        password_hash=password_hash,
        now=now,
    )
    return bool(used)
