"""Writes down the structure that the migrations make: what pg_dump sees, and TimescaleDB's own objects."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from psycopg import conninfo

from schema.migrate import FOLDER, Connection, MigrationError, connected

STRUCTURE = FOLDER / "structure.sql"
TIMESCALE_STRUCTURE = FOLDER / "structure.timescale.sql"


def dump_structure(owner_dsn: str, pg_dump: str, target: Path = STRUCTURE) -> str:
    """The structure of this database as SQL, written to `target`: the same text for the same structure.

    Left out is what depends on the day or the server: partitions, extensions, owners, versions.
    """
    with connected(owner_dsn) as connection:
        partitions = connection.execute(
            """
            select format('%I.%I', n.nspname, c.relname)
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            where c.relispartition and c.relkind = 'r'
              and pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
            order by 1
            """
        ).fetchall()
    excluded = [f"--exclude-table={name}" for (name,) in partitions]
    # The password travels in the environment: a command line can be read by everybody on the machine.
    where = {name: str(value) for name, value in conninfo.conninfo_to_dict(owner_dsn).items()}
    password = where.pop("password", "")
    done = subprocess.run(
        [
            pg_dump,
            "--schema-only",
            "--no-owner",
            *excluded,
            f"--dbname={conninfo.make_conninfo('', **where)}",
        ],
        env={**os.environ, "PGPASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise MigrationError(f"pg_dump failed: {done.stderr.strip().splitlines()[-1]}")
    structure = _without_noise(done.stdout)
    target.write_text(structure, encoding="utf-8")
    return structure


_NOISE = re.compile(
    r"""^(?:
        -- | \\(?:un)?restrict\b | SET\s | SELECT\ pg_catalog\.set_config
        | CREATE\ EXTENSION\b | COMMENT\ ON\ EXTENSION\b
    )""",
    re.VERBOSE,
)


def _without_noise(dump: str) -> str:
    """The dump without comments, session settings and extensions, and with one blank line between objects."""
    kept, in_body = [], False
    for line in dump.splitlines():
        # Inside a function's body comments and SET are the function's own.
        if in_body or not _NOISE.match(line):
            kept.append(line.rstrip())
        in_body ^= len(re.findall(r"\$\w*\$", line)) % 2 == 1
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return f"-- Made by `podboard structure` from the migrations; never edited by hand.\n\n{text}\n"


def timescale_structure(connection: Connection) -> str:
    """TimescaleDB's own objects in a migrated database as SQL: the same text for the same objects.

    Left out is what depends on the day or the server: chunks, numbers of jobs and of materialisations.
    """
    parts = [line for query in _TIMESCALE for (line,) in connection.execute(query).fetchall()]
    text = "\n\n".join(str(part).strip() for part in parts)
    return (
        "-- Made by `make structure` from the migrations on TimescaleDB; never edited by hand.\n"
        f"-- Everything else is as in structure.sql.\n\n{text}\n"
    )


_TIMESCALE = (
    """
    select format(
        'SELECT create_hypertable(%L, %L, chunk_time_interval => interval %L, create_default_indexes => false);',
        d.hypertable_schema || '.' || d.hypertable_name, d.column_name, d.time_interval)
    from timescaledb_information.dimensions d
    where d.hypertable_schema = 'public'
    order by d.hypertable_name, d.dimension_number
    """,
    """
    select format(
        'CREATE MATERIALIZED VIEW %I.%I WITH (timescaledb.continuous, timescaledb.materialized_only = %s) AS'
            || E'\\n%s\\n    WITH NO DATA;',
        a.view_schema, a.view_name, a.materialized_only::text, rtrim(a.view_definition, E' ;\\n'))
    from timescaledb_information.continuous_aggregates a
    order by a.view_schema, a.view_name
    """,
    """
    select format('CREATE INDEX ON %I.%I %s;', a.view_schema, a.view_name,
                  substring(pg_get_indexdef(i.indexrelid) from 'USING .*'))
    from timescaledb_information.continuous_aggregates a
    join pg_class c on c.relname = a.materialization_hypertable_name
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = a.materialization_hypertable_schema
    join pg_index i on i.indrelid = c.oid
    order by 1
    """,
    """
    select format('SELECT add_continuous_aggregate_policy(%L, start_offset => interval %L, end_offset => interval %L, '
                  'schedule_interval => interval %L);',
                  a.view_schema || '.' || a.view_name, j.config ->> 'start_offset', j.config ->> 'end_offset',
                  j.schedule_interval)
    from timescaledb_information.jobs j
    join _timescaledb_catalog.hypertable h on h.id = (j.config ->> 'mat_hypertable_id')::integer
    join timescaledb_information.continuous_aggregates a
        on a.materialization_hypertable_schema = h.schema_name and a.materialization_hypertable_name = h.table_name
    where j.proc_name = 'policy_refresh_continuous_aggregate'
    order by 1
    """,
    """
    select format('SELECT add_retention_policy(%L, drop_after => interval %L);',
                  j.hypertable_schema || '.' || j.hypertable_name, j.config ->> 'drop_after')
    from timescaledb_information.jobs j
    where j.proc_name = 'policy_retention'
    order by 1
    """,
    # A policy of another kind has a form of its own: better seen without it than not at all.
    """
    select format('-- policy %s on %s.%s: %s', j.proc_name, j.hypertable_schema, j.hypertable_name,
                  j.config - 'hypertable_id' - 'mat_hypertable_id')
    from timescaledb_information.jobs j
    where j.hypertable_name is not null
        and j.proc_name not in ('policy_refresh_continuous_aggregate', 'policy_retention')
    order by 1
    """,
)
