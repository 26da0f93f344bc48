"""deploy/roles.sql: prepares a bare server as its README says, twice without harm."""

from __future__ import annotations

import psycopg

from schema.check import inspect
from schema.migrate import migrate
from schema.server import SUPERUSER, Server
from tests.schema.conftest import ROLES, prepare


def test_script_prepares_a_bare_server(bare_server: Server) -> None:
    def way_in(role: str, dbname: str) -> str:
        where = psycopg.conninfo.conninfo_to_dict(bare_server.dsn(SUPERUSER, dbname))
        return psycopg.conninfo.make_conninfo("", **{**where, "user": role, "password": f"{role}'s own"})

    for _ in range(2):
        prepare(bare_server, {role: f"{role}'s own" for role in ROLES})
    owner = way_in("podboard_owner", "podboard")
    assert migrate(owner)[0] == "0001_foundation"
    findings = inspect(
        way_in("podboard_web", "podboard"), worker_dsn=way_in("podboard_worker", "podboard"), owner_dsn=owner
    )
    assert [finding for finding in findings if finding.state == "fault"] == []
    with psycopg.connect(bare_server.dsn(SUPERUSER)) as connection:
        rights = connection.execute(
            "select has_database_privilege('podboard_web', 'podboard', 'temp'),"
            " has_schema_privilege('podboard_web', 'public', 'create'),"
            " has_schema_privilege('podboard_web', 'public', 'usage')"
        ).fetchone()
    assert rights == (False, False, True)
