"""What the functions that policies ask must answer for what a session says, worked out a second time.

Every setting in every state, beside the others that the same function reads: a clause that is left out of one of them
answers otherwise somewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any
from uuid import UUID

from tests.catalogue import Connection

Rows = set[tuple[UUID, ...]]
_USER = UUID(int=7)
_ASKED = ("system.read", "people.manage", "a right that nobody has")
_RIGHTS = ("", "all", "none", "system.read", "reports.read,system.read", "people.manage")
_SETTINGS = (
    "current_tenant", "current_tenant_id", "current_user", "rights", "granted", "denied",
    "campaign_scope", "sponsor_scope", "podcast_scope",
)  # fmt: skip
_SAID = "select set_config('app.' || name, value, true) from unnest(%s::text[], %s::text[]) s (name, value)"


def untruths(connection: Connection, tenant: UUID, other: UUID) -> Iterator[str]:
    """Asked as a superuser, in a transaction: each answer that is not what it must be."""
    rows = {
        table: set(connection.execute(f"select {columns} from {table}").fetchall())
        for table, columns in (
            ("campaigns", "id, tenant_id, sponsor_id"), ("sponsors", "id, tenant_id"), ("podcasts", "id, tenant_id"),
            ("episodes", "id, tenant_id, podcast_id"),
        )
    }  # fmt: skip
    with connection.transaction(force_rollback=True):
        connection.execute("set local role podboard_web")
        yield from _who(connection, tenant, other)
        yield from _scope(connection, tenant, rows)


def _answers(connection: Connection, asked: dict[str, str], **settings: object) -> dict[str, Any]:
    values = ["" if settings.get(name) is None else str(settings[name]) for name in _SETTINGS]
    connection.execute(_SAID, [list(_SETTINGS), values], prepare=True)
    row = connection.execute(f"select {', '.join(asked.values())}".encode(), prepare=True).fetchone()
    assert row is not None
    return dict(zip(asked, row, strict=True))


def _who(connection: Connection, tenant: UUID, other: UUID) -> Iterator[str]:
    asked = {"app_tenant": "app_tenant()", "app_user": "app_user()", "app_is_operator": "app_is_operator()"}
    asked |= {right: f"app_may('{right}')" for right in _ASKED}
    for first, second, user, rights in product(
        (None, tenant, other), (None, tenant, other), (None, _USER), _RIGHTS
    ):
        said = {"current_tenant": first, "current_tenant_id": second, "current_user": user, "rights": rights}
        found = _answers(connection, asked, **said)
        entered = (first or second) if None in (first, second) or first == second else None
        may = {right: _may(right, rights, user) for right in _ASKED}
        wanted = {
            "app_tenant": entered,
            "app_user": user,
            "app_is_operator": entered is None and user is not None and may["system.read"],
            **may,
        }
        yield from (f"{name}: {found[name]} of {said}" for name in asked if found[name] != wanted[name])


def _may(right: str, rights: str, user: UUID | None) -> bool:
    held = rights or ("none" if user else "all")
    return held == "all" or (held != "none" and right in held.split(","))


def _scope(connection: Connection, tenant: UUID, rows: dict[str, set[Any]]) -> Iterator[str]:
    campaigns, sponsors, podcasts = (
        sorted(row for row in rows[name] if row[1] == tenant)
        for name in ("campaigns", "sponsors", "podcasts")
    )
    ids = {name: f"array(select app_{name}())" for name in ("campaigns", "sponsors", "podcasts", "episodes")}
    asked = ids | {
        f"{what}_{of}": f"app_{what}_{of}()" for what in ("sees_all", "sees_other") for of in ("campaigns", "podcasts")
    } | {f"kept_from_{of}": f"array(select app_kept_from_{of}())" for of in ("campaigns", "podcasts")}  # fmt: skip
    asked |= {name: f"array(select app_{name}('reports.read'))" for name in ("granted", "denied")}
    one, two = campaigns[0][0], campaigns[1][0]
    of_campaigns = ("", "all", "none", f"{one}", f"{one},{two}", f"but:{one}", f"but:{campaigns[-1][2]}")
    show = podcasts[0][0]
    of_podcasts = ("", "all", "none", f"{show}", f"but:{show}")
    for scope, shows, user in product(of_campaigns, of_podcasts, (None, _USER)):
        sponsor = scope if scope.startswith("but:") else str(sponsors[0][0])
        granted = {
            "granted": f"reports.read:{one},people.manage:{two}",
            "denied": f"reports.read:{two},people.manage:{one}",
        }
        said = {
            "current_tenant": tenant, "current_user": user, "campaign_scope": scope, "podcast_scope": shows,
            "sponsor_scope": sponsor,
        }  # fmt: skip
        found = _answers(connection, asked, **said, **granted)
        kept, kept_shows = _kept(scope), _kept(shows)
        heard = _listed(shows, [id_ for id_, _ in podcasts if id_ not in kept_shows])
        wanted: dict[str, Any] = {
            "campaigns": _listed(
                scope, [id_ for id_, _, by in campaigns if id_ not in kept and by not in kept]
            ),
            "sponsors": _listed(sponsor, [id_ for id_, _ in sponsors if id_ not in kept]),
            "podcasts": heard,
            "episodes": {id_ for id_, of, show_ in rows["episodes"] if of == tenant and show_ in heard},
            "sees_all_campaigns": (scope or ("none" if user else "all")) == "all",
            "sees_all_podcasts": (shows or ("none" if user else "all")) == "all",
            "sees_other_campaigns": scope.startswith("but:"),
            "sees_other_podcasts": shows.startswith("but:"),
            "kept_from_campaigns": kept,
            "kept_from_podcasts": kept_shows,
            "granted": {one},
            "denied": {two},
        }
        for name, answer in found.items():
            if (set(answer) if isinstance(answer, list) else answer) != wanted[name]:
                yield f"{name}: {answer} of {said}"


def _kept(scope: str) -> set[UUID]:
    return set(map(UUID, scope[4:].split(","))) if scope.startswith("but:") else set()


def _listed(scope: str, others: list[UUID]) -> set[UUID]:
    if scope.startswith("but:"):
        return set(others)
    return set() if scope in ("", "all", "none") else set(map(UUID, scope.split(",")))
