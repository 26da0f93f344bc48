"""What is found about a server and its roles; and that a role which bypasses row-level security is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from schema import check
from schema.check import Finding, RoleError, inspect, require_runtime_role
from schema.migrate import migrate
from schema.server import SUPERUSER, Reachable, create_database, drop_database
from tests.catalogue_rules import faults

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


def test_what_everybody_may_in_a_new_database_is_too_much(server: Reachable, database: Database) -> None:
    """`create database` without schema/database.sql: PUBLIC has TEMP, and no entry in the catalogue says so."""
    name = f"{database.name}_unprepared"
    drop_database(server, name)
    with psycopg.connect(server.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name} owner podboard_owner template template0".encode())
    with psycopg.connect(server.dsn(SUPERUSER, name), autocommit=True) as connection:
        connection.execute("grant create on schema public to public")
    try:
        for worker, role in ((False, "podboard_web"), (True, "podboard_worker")):
            with pytest.raises(RoleError) as refused:
                require_runtime_role(server.dsn(role, name), worker=worker)
            assert f"{role} has TEMP on the database and CREATE on the schema public" in str(refused.value)
            assert "run schema/database.sql in this database" in str(refused.value)
        with psycopg.connect(server.dsn(SUPERUSER, name)) as connection:
            broken = faults(
                connection, "the runtime roles have no right but to read, insert, update and delete"
            )
            assert any(fault.endswith(f"{name} TEMPORARY") for fault in broken)
        create_database(server, name)  # it is there, and is prepared
        require_runtime_role(server.dsn("podboard_web", name))
    finally:
        drop_database(server, name)


def test_the_owner_is_refused_as_runtime_role(owner_dsn: str) -> None:
    with pytest.raises(
        RoleError, match=r"podboard_owner owns database .* and more, .*: log in as another role"
    ):
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


def test_the_locks_of_every_month_at_once_fit_this_server(
    owner_connection: psycopg.Connection[tuple[object, ...]],
    web_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is demanded follows from the partitions there are, and is what a statement over all of them truly takes."""
    (found,) = [finding for finding in inspect(web_dsn) if finding.subject == "Locks"]
    assert found.state == "ok", found
    if owner_connection.execute("select engine from database_engine").fetchone() == ("timescale",):
        assert found.text.endswith("chunks of 1 day need 1024")
        return
    parents = [
        str(name)
        for (name,) in owner_connection.execute(
            "select relname from pg_class where relkind = 'p' and relnamespace = 'public'::regnamespace order by 1"
        )
    ]
    assert parents == ["attribution_events", "excluded_requests", "listener_events", "listener_metrics"]
    assert owner_connection.execute(f"explain select from {', '.join(parents)}".encode()).fetchone()
    # PostgreSQL 15 does not lock the indexes of the parents, 18 does.
    (taken,) = owner_connection.execute(
        "select count(*) from pg_class c left join pg_locks l on l.relation = c.oid and l.pid = pg_backend_pid() "
        "where c.relname ~ %s and (c.relkind = 'I' or l.pid is not null)",
        [f"^({'|'.join(parents)})"],
    ).fetchone() or (0,)
    assert f"monthly partitions ({taken} with their indexes)" in found.text
    monkeypatch.setattr(check, "_WIDE_SESSIONS", 100_000)
    (found,) = [finding for finding in inspect(web_dsn) if finding.subject == "Locks"]
    assert found.state == "fault"
    assert "as a superuser run `alter system set max_locks_per_transaction = " in found.text
    assert found.text.endswith("and restart the server")


def test_what_is_missing_is_said_with_its_price(server: Reachable, database: Database) -> None:
    """Without any extension the schema is whole, and uuid_generate_v4() is there."""
    name = f"{database.name}_bare"
    drop_database(server, name)
    create_database(server, name)
    try:
        with psycopg.connect(server.dsn(SUPERUSER, name), autocommit=True) as connection:
            for extension in ("uuid-ossp", "pg_trgm", "pgcrypto"):
                connection.execute(
                    sql.SQL("drop extension if exists {} cascade").format(sql.Identifier(extension))
                )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("schema.migrate.EXTENSIONS", ())
            migrate(server.dsn("podboard_owner", name), engine="plain")
        web = server.dsn("podboard_web", name)
        findings = inspect(web)
        said = {finding.subject: (finding.state, finding.text) for finding in findings}
        assert {subject: said[subject] for subject in said if subject.startswith("Extension")} == {
            "Extension uuid-ossp": (
                "note",
                "missing: uuid_generate_v4() is made over gen_random_uuid(): nothing is lost",
            ),
            "Extension pg_trgm": ("note", "missing: searches by part of a word read whole tables"),
            "Extension pgcrypto": (
                "note",
                "missing: nothing is lost: podboard hashes and draws random numbers in Python",
            ),
        }
        assert [finding for finding in findings if finding.state == "fault"] == []
        with psycopg.connect(web) as connection:
            made = connection.execute("select uuid_generate_v4(), uuid_generate_v4()").fetchone()
        assert made
        assert made[0] != made[1]
        assert [value.version for value in made] == [4, 4]
    finally:
        drop_database(server, name)
