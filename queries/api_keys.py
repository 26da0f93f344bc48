"""Keys of machines: made once, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import json
import secrets
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from queries.errors import InvalidRequest, NotFound
from queries.session import Actor, anonymous_statements, tenant_session
from queries.statements import ask, tell

SCOPES = (
    "events.write", "metrics.read", "episodes.read", "campaigns.read", "attribution.read", "reports.read",
    "reports.create",
)  # fmt: skip
_MARK = "pb"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that was just made; nobody will see it again."""

    key: str
    prefix: str


def create_api_key(
    actor: Actor, *, email: str, name: str, scopes: tuple[str, ...], expires_at: datetime | None = None
) -> ApiKey:
    """A key that may do what its scopes say, in the name of a person who may as well.

    Raises: InvalidRequest, NotFound.
    """
    if not scopes or not set(scopes) <= set(SCOPES):
        raise InvalidRequest(f"A key has one or more of the scopes {', '.join(SCOPES)}.", field="scopes")
    if not 1 <= len(name.strip()) <= 120:
        raise InvalidRequest("A key's name has between 1 and 120 characters.", field="name")
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise InvalidRequest("The last day of the key is over already.", field="expires")
    prefix = f"{_MARK}_{secrets.token_hex(4)}"
    body = f"{prefix}_{secrets.token_hex(24)}"
    key = f"{body}_{_checksum(body)}"
    with tenant_session(actor, write=True) as connection:
        made = ask(
            connection, "collector/insert_api_key",
            email=email.strip().lower(), key_hash=_hash(key), prefix=prefix, name=name.strip(), scopes=list(scopes),
            expires_at=expires_at,
        )  # fmt: skip
        if not made:
            raise NotFound(f"The tenant has no active person {email}.")
        if made[0]["id"] is None:
            raise InvalidRequest(
                f"{email} may not import, so no key in that name may send events: name an account manager or an admin.",
                field="email",
            )
        tell(
            connection, "ingest/log_change",
            action="api_key.created", resource_type="api_key", resource_id=made[0]["id"],
            changes=json.dumps({"prefix": prefix, "scopes": list(scopes)}),
        )  # fmt: skip
    return ApiKey(key, prefix)


def revoke_api_key(actor: Actor, prefix: str) -> None:
    """Ends a key at once. Raises: NotFound."""
    with tenant_session(actor, write=True) as connection:
        ended = ask(connection, "collector/revoke_api_key", prefix=prefix)
        if not ended:
            raise NotFound(f"The tenant has no good key {prefix}.")
        tell(
            connection, "ingest/log_change",
            action="api_key.revoked", resource_type="api_key", resource_id=ended[0]["id"],
            changes=json.dumps({"prefix": prefix}),
        )  # fmt: skip


def find_api_key(key: str) -> tuple[UUID, UUID] | None:
    """Tenant and id of a key that somebody holds up; None for one that is none. Whether it is good is not said yet."""
    body, _, checksum = key.rpartition("_")
    # A slip of the hand is told apart without asking the database; who guesses knows how to make a checksum.
    if len(key) > _LONGEST or not key.isascii() or not body or checksum != _checksum(body):
        return None
    with anonymous_statements() as connection:
        found = ask(connection, "collector/tenant_of_key", kind="api_key", key=_hash(key))
    return (found[0]["tenant_id"], found[0]["entity_id"]) if found else None


def _hash(key: str) -> str:
    # 192 random bits need no slow hash.
    return hashlib.sha256(key.encode()).hexdigest()


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
