"""deploy/roles.sql: prepares a bare server as its README says, twice without harm."""

from __future__ import annotations

import psycopg

from schema.check import inspect
from schema.migrate import migrate
from schema.server import SUPERUSER, Server
from tests.schema.conftest import ROLES, prepare


def _way_in(server: Server, role: str, dbname: str = "podboard") -> str:
    where = psycopg.conninfo.conninfo_to_dict(server.dsn(SUPERUSER, dbname))
    return psycopg.conninfo.make_conninfo("", **{**where, "user": role, "password": f"{role}'s own"})


def _assert_ready(server: Server) -> None:
    """The owner can migrate, and the check finds nothing wrong with the three roles."""
    owner = _way_in(server, "podboard_owner")
    assert migrate(owner)[0] == "0001_foundation"
    findings = inspect(
        _way_in(server, "podboard_web"), worker_dsn=_way_in(server, "podboard_worker"), owner_dsn=owner
    )
    assert [finding for finding in findings if finding.state == "fault"] == []


def test_script_prepares_a_bare_server(bare_server: Server) -> None:
    for _ in range(2):
        prepare(bare_server, {role: f"{role}'s own" for role in ROLES})
    _assert_ready(bare_server)
    with psycopg.connect(bare_server.dsn(SUPERUSER)) as connection:
        rights = connection.execute(
            "select has_database_privilege('podboard_web', 'podboard', 'temp'),"
            " has_schema_privilege('podboard_web', 'public', 'create'),"
            " has_schema_privilege('podboard_web', 'public', 'usage')"
        ).fetchone()
    assert rights == (False, False, True)


def test_an_administrator_who_is_no_superuser_can_run_the_script(bare_server: Server) -> None:
    """As managed servers have them. From PostgreSQL 16 on it is a member of what it makes, but cannot become it."""
    with psycopg.connect(bare_server.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute("drop database if exists podboard")
        for role in reversed(ROLES):
            connection.execute(f"drop role if exists {role}".encode())
        connection.execute("create role admin login createrole createdb password 'admin''s own'")
        connection.execute("grant pg_monitor, pg_read_all_data to admin with admin option")
    for _ in range(2):
        prepare(
            bare_server, {role: f"{role}'s own" for role in ROLES}, _way_in(bare_server, "admin", "postgres")
        )
    _assert_ready(bare_server)
