"""What the operator does to tenants and people from the command line: create, invite, reset, disable."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection

from queries.errors import InvalidRequest, NotFound
from queries.ingest.currencies import currencies
from queries.people import end_sessions_of, new_token, token_hash
from queries.session import system_session
from queries.statements import ask, tell

INVITATION_LASTS = timedelta(hours=24)
RESET_LASTS = timedelta(minutes=30)
OPERATOR = "operator"

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
# As the database takes them: of an area and a place. What PST or EST mean depends on whom one asks.
_ZONE = re.compile(r"UTC$|[A-Z][A-Za-z]+/")
_OWNABLE = {"sponsor": "tenants/sponsor_named", "podcast": "tenants/podcast_named"}


@dataclass(frozen=True, slots=True)
class Ownership:
    """A sponsor or podcast, by its name, that a person shall own."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """The token of a link that sets a password, shown once, and until when it is good."""

    token: str
    expires_at: datetime


def create_tenant(*, name: str, slug: str, time_zone: str, currency: str) -> UUID:
    """The id of the new tenant, with its four roles. Raises InvalidRequest for a value that cannot be used."""
    if not 1 <= len(name.strip()) <= 200:
        raise InvalidRequest("A tenant's name has between 1 and 200 characters.", field="name")
    if not _SLUG.fullmatch(slug):
        raise InvalidRequest(
            "A slug is made of a-z, 0-9 and single hyphens, like northlight-audio.", field="slug"
        )
    if currency not in currencies():
        raise InvalidRequest("A currency is written like EUR (ISO 4217).", field="currency")
    try:
        if not _ZONE.match(time_zone):
            raise ValueError(time_zone)
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidRequest("A time zone is written like Europe/Berlin (IANA).", field="time_zone") from None
    if unscoped_tenant(slug) is not None:
        raise InvalidRequest(f"There is a tenant {slug} already.", field="slug")
    tenant_id = uuid4()
    with system_session("create tenant", tenant_id=tenant_id) as connection:
        tell(connection, "tenants/insert_tenant", tenant_id=tenant_id, name=name.strip(), slug=slug)
        tell(
            connection, "tenants/insert_settings", tenant_id=tenant_id, time_zone=time_zone, currency=currency
        )
    return tenant_id


def unscoped_tenant(slug: str) -> UUID | None:
    """The tenant of that slug, if there is one."""
    with system_session("find tenant") as connection:
        rows = ask(connection, "tenants/tenant_by_slug", slug=slug)
    return rows[0]["tenant_id"] if rows else None


def invite(
    *,
    tenant: str | None,
    email: str,
    role: str,
    full_name: str = "",
    owns: Sequence[Ownership] = (),
    now: datetime | None = None,
) -> OneTimeLink:
    """A link by which a new person sets a password; `tenant` is a slug, None invites an operator.

    Asking again for somebody who has not used theirs makes a new link and spoils the old one.

    Raises InvalidRequest or NotFound, and then nothing has changed.
    """
    email = email.strip().lower()
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        raise InvalidRequest("This is not an e-mail address.", field="email")
    if tenant is None and owns:
        raise InvalidRequest("An operator owns nothing of a tenant.", field="own")
    tenant_id = None if tenant is None else unscoped_tenant(tenant)
    if tenant is not None and tenant_id is None:
        raise NotFound(f"There is no tenant {tenant}.")
    account = _unscoped_account(email)
    if account is not None and account[0] != tenant_id:
        raise InvalidRequest(f"{email} has an account elsewhere.", field="email")
    user_id = account[1] if account else uuid4()
    moment = now or datetime.now(UTC)
    with _as_account("invite", tenant_id, user_id) as connection:
        if account is None:
            tell(
                connection,
                "tenants/insert_person",
                user_id=user_id,
                tenant_id=tenant_id,
                email=email,
                full_name=full_name,
            )
        elif ask(connection, "tenants/person", user_id=user_id)[0]["has_password"]:
            raise InvalidRequest(f"{email} has a password already: make a reset link instead.", field="email")
        if not ask(connection, "tenants/assign_role", user_id=user_id, tenant_id=tenant_id, role=role):
            names = ", ".join(
                row["name"] for row in ask(connection, "tenants/role_names", tenant_id=tenant_id)
            )
            raise InvalidRequest(f"There is no role {role} here; there are {names}.", field="role")
        for ownership in owns:
            _own(connection, tenant_id, user_id, ownership)
        _record(connection, tenant_id, "user.invited", user_id, {"role": role, "owns": len(owns)}, moment)
        return _new_link(connection, tenant_id, user_id, "invitation", moment, INVITATION_LASTS)


def reset(*, email: str, now: datetime | None = None) -> OneTimeLink:
    """A link by which a person sets a new password; the old one works until then. Raises NotFound, InvalidRequest."""
    tenant_id, user_id = _unscoped_required(email)
    moment = now or datetime.now(UTC)
    with _as_account("reset password", tenant_id, user_id) as connection:
        if ask(connection, "tenants/person", user_id=user_id)[0]["is_disabled"]:
            raise InvalidRequest(f"{email} is disabled.", field="email")
        _record(connection, tenant_id, "user.reset_link_made", user_id, {}, moment)
        return _new_link(connection, tenant_id, user_id, "reset", moment, RESET_LASTS)


def set_disabled(*, email: str, is_disabled: bool, now: datetime | None = None) -> int:
    """Disables a person, which ends every open session at once, or lets them in again. How many sessions ended."""
    tenant_id, user_id = _unscoped_required(email)
    moment = now or datetime.now(UTC)
    with _as_account("disable person", tenant_id, user_id) as connection:
        tell(connection, "tenants/set_disabled", user_id=user_id, disabled_at=moment if is_disabled else None)
        _record(
            connection, tenant_id, "user.disabled" if is_disabled else "user.enabled", user_id, {}, moment
        )
        if not is_disabled:
            return 0
        tell(connection, "tenants/withdraw_links", user_id=user_id, now=moment)
        return end_sessions_of(connection, user_id, now=moment)


@contextmanager
def _as_account(reason: str, tenant_id: UUID | None, user_id: UUID) -> Iterator[Connection]:
    with system_session(reason, tenant_id=tenant_id) as connection:
        if tenant_id is None:
            ask(connection, "tenants/enter_as_person", user_id=user_id)
        yield connection


def _unscoped_account(email: str) -> tuple[UUID | None, UUID] | None:
    with system_session("find account") as connection:
        rows = ask(connection, "tenants/account_of_email", email=email)
    return (rows[0]["tenant_id"], rows[0]["user_id"]) if rows else None


def _unscoped_required(email: str) -> tuple[UUID | None, UUID]:
    account = _unscoped_account(email.strip().lower())
    if account is None:
        raise NotFound(f"Nobody has the e-mail {email}.")
    return account


def _own(connection: Connection, tenant_id: UUID | None, user_id: UUID, ownership: Ownership) -> None:
    if ownership.kind not in _OWNABLE:
        raise InvalidRequest("Somebody can own a sponsor or a podcast.", field="own")
    found = ask(connection, _OWNABLE[ownership.kind], name=ownership.name)
    if len(found) != 1:
        count = "no" if not found else "more than one"
        raise NotFound(f"There is {count} {ownership.kind} called {ownership.name}.")
    owned = ask(
        connection, "tenants/own", tenant_id=tenant_id, resource_type=ownership.kind, resource_id=found[0]["id"],
        owner_id=user_id,
    )  # fmt: skip
    if not owned:
        raise InvalidRequest(f"The {ownership.kind} {ownership.name} belongs to somebody else.", field="own")


def _new_link(
    connection: Connection,
    tenant_id: UUID | None,
    user_id: UUID,
    purpose: str,
    now: datetime,
    lasts: timedelta,
) -> OneTimeLink:
    tell(connection, "tenants/withdraw_links", user_id=user_id, now=now)
    link = OneTimeLink(new_token(), now + lasts)
    tell(
        connection, "tenants/insert_link", tenant_id=tenant_id, user_id=user_id, token_hash=token_hash(link.token),
        purpose=purpose, expires_at=link.expires_at, now=now,
    )  # fmt: skip
    return link


def _record(
    connection: Connection,
    tenant_id: UUID | None,
    action: str,
    user_id: UUID,
    changes: dict[str, object],
    now: datetime,
) -> None:
    if tenant_id is not None:
        tell(
            connection, "tenants/record_change", tenant_id=tenant_id, action=action, user_id=user_id,
            changes=json.dumps(changes), now=now,
        )  # fmt: skip
