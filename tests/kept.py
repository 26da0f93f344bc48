"""What the schema has promised, line by line: a promise may come by itself, but none goes or changes by itself.

schema/structure.sql is written anew as a whole, so that what has gone is gone from it too. schema/kept.toml is written
by `make structure` as well, which only ever adds: a reference that has another action, a check, key, index or trigger
that is no longer there, a column that may be empty, a function that does something else, or that somebody else may
call, breaks its line until that is taken out of the file by hand. Which is a decision, and shows in review as one.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import psycopg

from queries.settings import Settings
from schema.migrate import migrate
from schema.server import SUPERUSER, start
from tests.catalogue import Connection

FILE = Path(__file__).parent / "schema" / "kept.toml"
_HEAD = """# What the schema has promised. `make structure` adds what is new. It takes nothing out and changes nothing:
# where a promise is not kept any more on purpose, take its line (or its word) out by hand and run it again. On
# TimescaleDB all of it holds too but for what tests/kept.py calls the other engine's own. Checks, triggers and
# functions stand here by a digest, and their text in schema/structure.sql.
"""
# Kept by tables, functions and triggers of its own on plain PostgreSQL alone.
PLAIN_ONLY = (
    "internal.listener_events_hourly", "internal.listener_events_daily", "internal.drop_expired_events(",
    "internal.ensure_partitions(", "internal.refresh_event_aggregates(", "ensure_event_storage(",
    "internal.names.names_trigrams",
)  # fmt: skip
_OURS = """
    c.relnamespace in ('public'::regnamespace, 'internal'::regnamespace) and not c.relispartition
    and not exists (
        select from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
"""
# Without the one that an extension brings where there is one.
_FUNCTIONS = """
    p.oid::regprocedure::text <> 'uuid_generate_v4()'
    and p.pronamespace in ('public'::regnamespace, 'internal'::regnamespace) and not exists (
        select from pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e')
"""


def _digest(text: str) -> str:
    return f"left(encode(sha256(convert_to({text}, 'UTF8')), 'hex'), 12)"


_WHAT_IT_DOES = (
    "concat_ws('|', p.prosecdef, p.provolatile, p.proparallel, p.proisstrict, p.proconfig, "
    "pg_get_function_result(p.oid), regexp_replace(p.prosrc, '[[:space:]]+', ' ', 'g'))"
)
_AT_WORK = "concat_ws('|', t.tgenabled, pg_get_triggerdef(t.oid))"
# Each: the name of what is promised, and what.
_ONES = {
    # Who may execute which function; nobody but the owner may enter internal.
    "execute": f"""
        select p.oid::regprocedure::text,
            (select coalesce(string_agg(case a.grantee when 0 then 'everybody' else a.grantee::regrole::text end,
                                        ' ' order by a.grantee::regrole::text), '')
             from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee <> p.proowner)
        from pg_proc p where {_FUNCTIONS}
    """,
    "functions": f"""
        select p.oid::regprocedure::text,
            {_digest(_WHAT_IT_DOES)}
        from pg_proc p where {_FUNCTIONS}
    """,
    "references": f"""
        select c.oid::regclass || '.' || k.conname, substr(pg_get_constraintdef(k.oid), 13)
        from pg_class c join pg_constraint k on k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0
        where {_OURS}
    """,
    "checks": f"""
        select c.oid::regclass || '.' || k.conname, {_digest("pg_get_constraintdef(k.oid)")}
        from pg_class c join pg_constraint k on k.conrelid = c.oid and k.contype = 'c' where {_OURS}
    """,
    "indexes": f"""
        select i.indrelid::regclass || '.' || c.relname,
            case when i.indisunique then 'unique ' else '' end
            || case when i.indisvalid then '' else 'invalid ' end
            || regexp_replace(pg_get_indexdef(c.oid), '^.* USING ', '')
        from pg_class c join pg_index i on i.indexrelid = c.oid where {_OURS}
    """,
    "triggers": f"""
        select c.oid::regclass || '.' || t.tgname, {_digest(_AT_WORK)}
        from pg_class c join pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal and t.tgname !~ '^ts_'
        where {_OURS}
    """,
}  # fmt: skip
# Each: a table and one of its columns, of which the same is promised.
_COLUMNS = {
    "never_empty": f"""
        select c.oid::regclass::text, a.attname::text
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind in ('r', 'p') and a.attnotnull and {_OURS}
        order by 1, a.attnum
    """,
    "explained": f"""
        select c.oid::regclass::text, a.attname::text
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind in ('r', 'p', 'v') and col_description(c.oid, a.attnum) is not null and {_OURS}
        order by 1, a.attnum
    """,
}
# Section, name, and what is promised of it: a text, or one column for each promise.
Promise = tuple[str, str, str]


def found(connection: Connection) -> list[Promise]:
    """What the database promises."""
    return [
        (section, name, said)
        for section, statement in {**_ONES, **_COLUMNS}.items()
        for name, said in connection.execute(statement.encode(), prepare=True)
    ]


def written() -> list[Promise]:
    """What the file says was promised."""
    return [
        (section, name, each)
        for section, lines in tomllib.loads(FILE.read_text(encoding="utf-8")).items()
        for name, said in lines.items()
        for each in ([said] if isinstance(said, str) else said)
    ]


def broken(connection: Connection) -> Iterator[str]:
    """What was promised and is not so."""
    there = set(found(connection))
    is_plain = connection.execute("select engine = 'plain' from public.database_engine").fetchone() == (True,)
    for promise in written():
        if promise not in there and (is_plain or not promise[1].startswith(PLAIN_ONLY)):
            yield ": ".join(promise)


def unwritten(connection: Connection) -> Iterator[str]:
    """What has come and is not in the file."""
    known = set(written())
    yield from (": ".join(promise) for promise in found(connection) if promise not in known)


def add(connection: Connection) -> list[str]:
    """Writes what is new into the file; what is broken, which stands there as before."""
    before = written() if FILE.exists() else []
    stated = {(section, name) for section, name, _ in before if section in _ONES}
    known = set(before)
    new = [
        promise
        for promise in found(connection)
        if promise not in known and (promise[0], promise[1]) not in stated
    ]
    parts = [_HEAD.rstrip()]
    for section in (*_ONES, *_COLUMNS):
        lines: dict[str, list[str]] = {}
        for _, name, said in sorted(
            (promise for promise in [*before, *new] if promise[0] == section), key=lambda promise: promise[1]
        ):
            lines.setdefault(name, []).append(said)
        parts += ["", f"[{section}]"]
        parts += [
            f"{json.dumps(name)} = {json.dumps(said[0] if section in _ONES else said)}"
            for name, said in lines.items()
        ]
    FILE.write_text("\n".join(parts) + "\n", encoding="utf-8")
    return list(broken(connection))


def _main() -> None:
    home = Path(tempfile.mkdtemp(prefix="podboard-kept-"))
    home.chmod(0o711)
    try:
        with start(home, Settings.from_env().pg_bin) as server:
            migrate(server.dsn("podboard_owner"), engine="plain")
            with psycopg.connect(server.dsn(SUPERUSER, "podboard")) as connection:
                faults = add(connection)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    told = [*(f"Broken, in {FILE}: {fault}" for fault in faults), f"Wrote what is new into {FILE}."]
    sys.stdout.write("\n".join(told) + "\n")
    sys.exit(bool(faults))


if __name__ == "__main__":
    _main()
