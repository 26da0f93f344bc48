"""`podboard structure`: writes schema/structure.sql, the reviewed picture of what the migrations make."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import click

from queries.settings import Settings
from schema.migrate import migrate
from schema.server import start
from schema.structure import STRUCTURE, dump_structure


@click.command()
@click.option(
    "--check", is_flag=True, help="Change nothing; fail if the file is not what the migrations make."
)
def command(check: bool) -> None:
    """Write schema/structure.sql from a new, empty database on the embedded PostgreSQL."""
    settings = Settings.from_env()
    home = Path(tempfile.mkdtemp(prefix="podboard-structure-"))
    # The server's own user has to pass through it when this runs as root.
    home.chmod(0o711)
    try:
        with start(home, settings.pg_bin) as server:
            owner_dsn = server.dsn("podboard_owner")
            migrate(owner_dsn, engine="plain")
            made = dump_structure(owner_dsn, server.binaries.path("pg_dump"), home / "structure.sql")
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if check:
        if not STRUCTURE.exists() or STRUCTURE.read_text(encoding="utf-8") != made:
            click.echo(
                "schema/structure.sql is out of date: run `podboard structure` and review the difference."
            )
            sys.exit(1)
    else:
        STRUCTURE.write_text(made, encoding="utf-8")
        click.echo(f"Wrote {STRUCTURE}.")
