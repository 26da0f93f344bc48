"""What the roles of a server can do beyond their part, in words: whose, what, and the statement which takes it away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

_STATEMENT = Path(__file__).with_suffix(".sql").read_bytes()
_SHOWN = 3
_BY_MEMBERSHIP_OPTIONS = 160000


@dataclass(frozen=True, slots=True)
class _Fault:
    """A row of role_faults.sql, and the server it was found on."""

    version: int
    name: str
    rule: str
    who: str
    what: str
    how: str
    things: list[str]

    @property
    def listed(self) -> str:
        return _listed(self.things)

    @property
    def tables(self) -> str:
        """The tables for a statement: all of them by name, or as all of their schema where that is a long list."""
        if len(self.things) <= _SHOWN:
            return ", ".join(self.things)
        private = all(thing.startswith("internal.") for thing in self.things)
        return f"all tables in schema {'internal' if private else 'public'}"


def runtime_faults(connection: psycopg.Connection[Any], *, worker: bool) -> list[str]:
    """What the role of this connection can do beyond the web's part, or the worker's, and what would not hold it."""
    accepted = ["podboard_worker", "podboard_owner"] if worker else ["podboard_web"]
    found = _found(connection, accepted, worker=worker)
    if found is None:
        return [_UNKNOWN]
    name, faults = found
    if any(fault.rule == "attribute" and (fault.what, fault.how) == (name, "SUPERUSER") for fault in faults):
        return [
            f"{name} is a superuser, to whom row-level security does not apply: "
            f"alter role {name} nosuperuser, or log in as podboard_{'worker' if worker else 'web'}"
        ]
    # Who owns has every right by that.
    if any(fault.rule == "owns" for fault in faults):
        faults = [fault for fault in faults if fault.rule in ("attribute", "member", "owns")]
    return _said(faults)


def owner_faults(connection: psycopg.Connection[Any]) -> list[str]:
    """Why the role of this connection is not the one that migrations need, and that the worker may become."""
    found = _found(connection, ["podboard_owner"], worker=False)
    if found is None:
        return [_UNKNOWN]
    name, faults = found
    if any(fault.rule == "attribute" and (fault.what, fault.how) == (name, "SUPERUSER") for fault in faults):
        return [f"{name} is a superuser: migrations need the database's owner only"]
    row = connection.execute(
        "select pg_has_role(session_user, datdba, 'usage') from pg_database where datname = current_database()"
    ).fetchone()
    unowned = (
        [] if row == (True,) else [f"{name} does not own the database: alter database ... owner to {name}"]
    )
    return unowned + _said([fault for fault in faults if fault.rule in ("attribute", "member", "admin")])


_UNKNOWN = "the role of this connection is not in the server's catalogue"


def _found(
    connection: psycopg.Connection[Any], accepted: Sequence[str], *, worker: bool
) -> tuple[str, list[_Fault]] | None:
    rows = connection.execute(_STATEMENT, {"accepted": list(accepted), "is_worker": worker}).fetchall()
    if not rows:
        return None
    version = connection.info.server_version
    faults = [
        _Fault(version, name, rule, who or "", what or "", how or "", things or [])
        for name, rule, who, what, how, things in rows
        if rule is not None
    ]
    return str(rows[0][0]), faults


def _said(faults: list[_Fault]) -> list[str]:
    """The sentences, what gives most first."""
    order = list(_SENTENCES)
    return [
        _SENTENCES[fault.rule](fault) for fault in sorted(faults, key=lambda fault: order.index(fault.rule))
    ]


def _listed(things: Sequence[str]) -> str:
    if len(things) > _SHOWN:
        return f"{', '.join(things[:_SHOWN])} and {len(things) - _SHOWN} more"
    return " and ".join([", ".join(things[:-1]), things[-1]] if len(things) > 1 else things)


# What each attribute of a role leads to.
_HARM = {
    "SUPERUSER": "so row-level security does not apply to it",
    "BYPASSRLS": "so row-level security does not apply to it",
    "CREATEROLE": "and could make itself or another role more than it is",
    "CREATEDB": "and could make databases",
    "REPLICATION": "and who may copy the server reads every tenant",
}


def _attribute(fault: _Fault) -> str:
    whose = fault.name if fault.what == fault.name else f"{fault.name} may become {fault.what}, which"
    return f"{whose} has {fault.how}, {_HARM[fault.how]}: alter role {fault.what} no{fault.how.lower()}"


def _member(fault: _Fault) -> str:
    takes_away = f"revoke {fault.what} from {fault.who}{fault.how}"
    owners = [thing for thing in fault.things if thing.startswith("the owner")]
    if owners:
        through = "" if owners[0] == fault.things[0] else f" through {fault.what}"
        return f"{fault.who} may become {owners[0]}{through}: {takes_away}"
    first, *others = fault.things
    through = f", and through it of {_listed(others)}" if others else ""
    return f"{fault.who} is a member of {first}{through}: {takes_away}"


def _inherits(fault: _Fault) -> str:
    mends = (
        f"grant podboard_owner to {fault.who} with inherit false"
        if fault.version >= _BY_MEMBERSHIP_OPTIONS
        else f"alter role {fault.who} noinherit"
    )
    return f"{fault.who} inherits the owner's rights: {mends}"


def _not_the_owner(fault: _Fault) -> str:
    options = " with inherit false, set true" if fault.version >= _BY_MEMBERSHIP_OPTIONS else ""
    return f"{fault.who} cannot become podboard_owner: grant podboard_owner to {fault.who}{options}"


def _owns(fault: _Fault) -> str:
    owned = ", ".join(fault.things[:_SHOWN]) + (" and more" if len(fault.things) > _SHOWN else "")
    mends = (
        "log in as another role"
        if fault.who == "podboard_owner"
        else f"reassign owned by {fault.who} to podboard_owner"
    )
    return f"{fault.who} owns {owned}, and an owner can switch row-level security off: {mends}"


def _makes(fault: _Fault) -> str:
    harm = f"{fault.name} has {' and '.join(fault.things)}, and what it makes there could stand before ours: "
    if fault.who == "public":
        return f"{harm}as a superuser run schema/database.sql in this database"
    statements = []
    for thing in fault.things:
        right, _, where = thing.partition(" on the ")
        where = f"database {fault.how}" if where == "database" else where
        statements.append(f"revoke {right.lower()} on {where} from {fault.who}")
    return harm + " and ".join(statements)


def _chunks(fault: _Fault) -> str:
    mends = (
        "as a superuser run schema/timescale.sql in this database"
        if fault.who == "public"
        else f"revoke usage on schema {fault.what} from {fault.who}"
    )
    covered = "which row-level security does not cover"
    return f"{fault.name} may enter the schema of TimescaleDB's chunks, {covered}: {mends}"


def _off(fault: _Fault, state: str, mends: str) -> str:
    others = ", and so on for each" if len(fault.things) > 1 else ""
    return f"row-level security is {state} on {fault.listed}: alter table {fault.things[0]} {mends}{others}"


# In the order in which they are said.
_SENTENCES: dict[str, Callable[[_Fault], str]] = {
    "attribute": _attribute,
    "unheld owner": lambda f: (
        f"{f.what}, with whose rights views and functions answer, has {f.how}, {_HARM[f.how]}: "
        f"alter role {f.what} no{f.how.lower()}"
    ),
    "owns": _owns,
    "member": _member,
    "admin": lambda f: (
        f"{f.who} may make others members of {f.what}: revoke admin option for {f.what} from {f.who}"
    ),
    "inherits the owner": _inherits,
    "not the owner": _not_the_owner,
    "off": lambda f: _off(f, "off", "enable row level security"),
    "not forced": lambda f: _off(f, "not forced", "force row level security"),
    "of its own": lambda f: (
        f"{f.name} has rights of its own on {f.listed}, beyond those of {f.what}: "
        f"revoke all on {f.tables} from {f.name}"
    ),
    "chunks": _chunks,
    "schema": lambda f: (
        f"{f.name} may enter the schema {f.what}, which row-level security does not cover: "
        f"revoke usage on schema {f.what} from {f.who}"
    ),
    "private": lambda f: (
        f"{f.name} has rights on {f.listed}, which row-level security does not cover: "
        f"revoke all on {f.tables} from {f.who}"
    ),
    "privilege": lambda f: (
        f"{f.name} has {f.what} on {f.listed}: revoke {f.what.lower()} on {f.tables} from {f.who}"
    ),
    "through a view": lambda f: (
        f"{f.name} may write through the view {f.listed}, with its owner's rights: "
        f"revoke insert, update, delete on {', '.join(f.things)} from {f.who}"
    ),
    "everybody": lambda f: f"everybody has rights on {f.listed}: revoke all on {f.tables} from {f.who}",
    "grantable": lambda f: (
        f"{f.who} may hand on its rights on {f.listed}: revoke grant option for all on {f.tables} from {f.who}"
    ),
    "makes": _makes,
    "elsewhere": lambda f: f"{f.name} has rights on {f.what}: revoke all on {f.what} from {f.who}",
    "in waiting": lambda f: (
        f"{f.name} is given rights on the {f.things[0]} that {f.what} makes: "
        f"alter default privileges for role {f.what}{f.how} revoke all on {f.things[0]} from {f.who}"
    ),
    "parameter": lambda f: (
        f"{f.name} may {f.how} {f.what}: revoke {f.how} on parameter {f.what} from {f.who}"
    ),
}
