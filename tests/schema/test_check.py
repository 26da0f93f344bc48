"""What is found about a server and its roles; and that a role which bypasses row-level security is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from schema.check import Finding, RoleError, inspect, require_runtime_role
from schema.server import SUPERUSER, Reachable

if TYPE_CHECKING:
    from tests.conftest import Database

ROLE = "podboard_odd_role"


@pytest.fixture
def odd_role(server: Reachable, database: Database) -> Iterator[Callable[[str], str]]:
    """Makes a log-in role with the given clause and returns its way into the test database."""
    with psycopg.connect(server.dsn(SUPERUSER, database.name), autocommit=True) as connection:

        def make(clause: str) -> str:
            connection.execute(f"create role {ROLE} login password 'odd' {clause}".encode())
            connection.execute(
                sql.SQL("grant connect on database {} to {}").format(
                    sql.Identifier(database.name), sql.Identifier(ROLE)
                )
            )
            where = psycopg.conninfo.conninfo_to_dict(server.dsn("podboard_web", database.name))
            return psycopg.conninfo.make_conninfo("", **{**where, "user": ROLE, "password": "odd"})

        yield make
        connection.execute(f"drop owned by {ROLE}".encode())
        connection.execute(f"drop role {ROLE}".encode())


def test_the_three_roles_pass(web_dsn: str, worker_dsn: str, owner_dsn: str) -> None:
    require_runtime_role(web_dsn)
    require_runtime_role(worker_dsn, worker=True)
    findings = inspect(web_dsn, worker_dsn=worker_dsn, owner_dsn=owner_dsn)
    assert [finding for finding in findings if finding.state == "fault"] == []
    assert [finding for finding in findings if finding.subject.endswith("role")] == [
        Finding("Web role", "ok", "podboard_web has the rights it needs and no more"),
        Finding("Worker role", "ok", "podboard_worker has the rights it needs and no more"),
        Finding("Owner role", "ok", "podboard_owner has the rights it needs and no more"),
    ]


@pytest.mark.parametrize(
    ("clause", "fault"),
    [
        ("superuser", f"{ROLE} is a superuser, to whom row-level security does not apply"),
        ("bypassrls", f"{ROLE} has BYPASSRLS, so row-level security does not apply to it"),
        ("in role podboard_owner", f"{ROLE} may become the owner: revoke podboard_owner from {ROLE}"),
    ],
)
def test_a_role_that_bypasses_row_security_is_refused(
    odd_role: Callable[[str], str], clause: str, fault: str
) -> None:
    dsn = odd_role(clause)
    with pytest.raises(RoleError) as refused:
        require_runtime_role(dsn)
    assert fault in str(refused.value)
    assert "\n" not in str(refused.value)
    assert next(found.state for found in inspect(dsn) if found.subject == "Web role") == "fault"


def test_the_owner_is_refused_as_runtime_role(owner_dsn: str) -> None:
    with pytest.raises(RoleError, match="podboard_owner owns the database"):
        require_runtime_role(owner_dsn)


def test_a_worker_that_inherits_the_owner_is_refused(odd_role: Callable[[str], str]) -> None:
    with pytest.raises(RoleError, match="inherits the owner's rights"):
        require_runtime_role(odd_role("inherit in role podboard_owner"), worker=True)


def test_a_worker_that_cannot_become_the_owner_is_refused(web_dsn: str) -> None:
    with pytest.raises(RoleError, match="cannot become podboard_owner"):
        require_runtime_role(web_dsn, worker=True)


def test_an_owner_that_does_not_own_is_named(web_dsn: str) -> None:
    findings = inspect(web_dsn, owner_dsn=web_dsn)
    assert findings[-1].state == "fault"
    assert findings[-1].text.startswith("podboard_web does not own the database")


def test_an_unreachable_server_is_one_fault() -> None:
    findings = inspect("postgresql://nobody@127.0.0.1:1/none")
    assert [(finding.subject, finding.state) for finding in findings] == [("Server", "fault")]
    assert findings[0].text.startswith("cannot be reached: ")
