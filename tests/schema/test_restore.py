"""A dump, restored by README.md's recipe into a second server, is the same: rows, structure, rights, and isolation."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import conninfo

from schema.check import inspect
from schema.server import Reachable, Server
from tests import rights
from tests.canary_world import CanaryWorld
from tests.catalogue import SCHEMAS, Connection
from tests.catalogue_bounds import beyond
from tests.catalogue_rules import faults
from tests.checksums import checksums
from tests.conftest import Database, program
from tests.schema.conftest import ROLES, prepare

pytestmark = pytest.mark.drill

# What must be in place again, each as text that is the same wherever it stands.
STRUCTURE = {
    "relations": "select c.oid::regclass, c.relkind, c.relowner::regrole, c.relrowsecurity, c.relforcerowsecurity, "
    "c.reloptions from pg_class c where c.relnamespace = any (%(schemas)s::regnamespace[])",
    "columns": "select a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, "
    "a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid) from pg_attribute a "
    "join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum "
    "where c.relnamespace = any (%(schemas)s::regnamespace[]) and a.attnum > 0 and not a.attisdropped",
    "policies": "select * from pg_policies where schemaname = any (%(schemas)s)",
    "rights on relations": "select c.oid::regclass, a.grantee::regrole, a.privilege_type, a.is_grantable "
    "from pg_class c cross join aclexplode(coalesce(c.relacl, "
    "acldefault(case c.relkind when 'S' then 's' else 'r' end::\"char\", c.relowner))) a "
    "where c.relnamespace = any (%(schemas)s::regnamespace[])",
    "rights on functions": "select p.oid::regprocedure, a.grantee::regrole, a.privilege_type from pg_proc p "
    "cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a "
    "where p.pronamespace = any (%(schemas)s::regnamespace[])",
    "rights on schemas": "select n.nspname, n.nspowner::regrole, a.grantee::regrole, a.privilege_type "
    "from pg_namespace n cross join aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a "
    "where n.nspname = any (%(schemas)s)",
    "rights on the database": "select a.grantee::regrole, a.privilege_type from pg_database d "
    "cross join aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a where d.datname = current_database()",
    "functions": "select p.oid::regprocedure, p.proowner::regrole, pg_get_functiondef(p.oid) from pg_proc p "
    "where p.pronamespace = any (%(schemas)s::regnamespace[]) and p.prokind in ('f', 'p') and p.probin is null",
    "views": "select c.oid::regclass, pg_get_viewdef(c.oid) from pg_class c "
    "where c.relnamespace = any (%(schemas)s::regnamespace[]) and c.relkind in ('v', 'm')",
    "triggers": "select t.tgrelid::regclass, t.tgenabled, pg_get_triggerdef(t.oid) from pg_trigger t "
    "join pg_class c on c.oid = t.tgrelid "
    "where c.relnamespace = any (%(schemas)s::regnamespace[]) and not t.tgisinternal",
    "constraints": "select conrelid::regclass, conname, convalidated, pg_get_constraintdef(oid) from pg_constraint "
    "where connamespace = any (%(schemas)s::regnamespace[])",
    "indexes": "select i.indexrelid::regclass, i.indisvalid, pg_get_indexdef(i.indexrelid) from pg_index i "
    "join pg_class c on c.oid = i.indrelid where c.relnamespace = any (%(schemas)s::regnamespace[])",
    "partitions": "select inhrelid::regclass, inhparent::regclass, pg_get_expr(c.relpartbound, c.oid) from pg_inherits "
    "join pg_class c on c.oid = inhrelid where c.relnamespace = any (%(schemas)s::regnamespace[])",
    "sequences": "select schemaname, sequencename, last_value from pg_sequences where schemaname = any (%(schemas)s)",
    "comments": "select d.classoid::regclass, pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description "
    "from pg_description d cross join pg_identify_object(d.classoid, d.objoid, d.objsubid) o "
    "where coalesce(o.schema, o.name) = any (%(schemas)s)",
    "extensions": "select extname, extversion from pg_extension",
}


def structure(connection: Connection, kind: str) -> set[str]:
    """Every object of a kind with its properties; without parentheses, which a second reading sets otherwise."""
    return {
        re.sub("[() ]+", " ", row)
        for (row,) in connection.execute(f"select x::text from ({STRUCTURE[kind]}) x", {"schemas": SCHEMAS})
    }


@pytest.fixture(scope="module")
def restored(
    canary_world: CanaryWorld, bare_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Database:
    """The world with canaries, dumped and restored by the servers' own programs."""
    database = canary_world.world.database
    server = database.server
    if program(server, "pg_dump") is None:
        pytest.skip("there is no pg_dump of this server's: name its folder in PODBOARD_PG_BIN")
    target = Database("podboard", bare_server)
    dump = tmp_path_factory.mktemp("restore") / "world.dump"
    _run(server, "pg_dump", database.superuser_dsn, "--format=custom", f"--file={dump}")
    ways = {role: conninfo.conninfo_to_dict(bare_server.dsn(role, target.name)) for role in ROLES}
    prepare(bare_server, {role: str(way["password"]) for role, way in ways.items()})
    _run(
        bare_server, "pg_restore", target.superuser_dsn, "--exit-on-error", "--single-transaction", str(dump)
    )
    return target


def _run(server: Reachable, name: str, dsn: str, *arguments: str) -> None:
    # The password travels in the environment: a command line can be read by everybody on the machine.
    where = {name: str(value) for name, value in conninfo.conninfo_to_dict(dsn).items()}
    environment = {**os.environ, "PGPASSWORD": where.pop("password", "")}
    command = [program(server, name) or name, f"--dbname={conninfo.make_conninfo('', **where)}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def both(canary_world: CanaryWorld, restored: Database) -> Iterator[tuple[Connection, Connection]]:
    with (
        psycopg.connect(canary_world.world.database.superuser_dsn) as before,
        psycopg.connect(restored.superuser_dsn) as after,
    ):
        yield before, after


def test_every_tenant_has_the_same_rows(
    canary_world: CanaryWorld, both: tuple[Connection, Connection]
) -> None:
    world = canary_world.world
    for tenant_id in (world.a.tenant_id, world.b.tenant_id, None):
        before, after = (checksums(connection, tenant_id) for connection in both)
        assert before == after
        assert sum(count for count, _ in after.values()) > 0


@pytest.mark.parametrize("kind", STRUCTURE)
def test_everything_is_in_place(kind: str, both: tuple[Connection, Connection]) -> None:
    before, after = (structure(connection, kind) for connection in both)
    assert sorted(before - after) == sorted(after - before) == []
    assert after


def test_tenants_are_apart_there_too(
    canary_world: CanaryWorld, restored: Database, both: tuple[Connection, Connection]
) -> None:
    """The rules over the catalogue hold, everybody may do what they might, and the runtime role is let in as itself."""
    _, after = both
    assert faults(after) == []
    assert beyond(after) == []
    found = inspect(restored.web_dsn, worker_dsn=restored.worker_dsn, owner_dsn=restored.owner_dsn)
    assert [finding for finding in found if finding.state == "fault"] == []
    stated = {name: cells for section in rights.stated(after).values() for name, cells in section.items()}
    ruler = rights.Ruler(after, canary_world)
    # Policies and grants were compared word by word; these see, by the matrix, whether they do the same.
    for person in ("nobody", "bob", "carol", "charlie"):
        place = rights.PEOPLE.index(person)
        found = {
            name: "".join(letter for letter, _ in shares)
            for name, shares in ruler.shares_in(ruler.public, person).items()
        }
        assert found == {name: cells.split()[place] for name, cells in stated.items()}, person
    with psycopg.connect(restored.web_dsn) as runtime:
        assert runtime.execute("select count(*) from podcasts").fetchone() == (0,)
        runtime.execute("select set_tenant_context(%s)", [canary_world.world.b.tenant_id])
        rows: list[Any] = runtime.execute("select * from podcasts").fetchall()
        assert canary_world.of_b.seen_in(rows)
        assert not canary_world.of_a.seen_in(rows)
