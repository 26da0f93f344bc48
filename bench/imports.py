"""A file of events imported (read, validated, de-duplicated, counted), beside a bare insert ... select of the same rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from bench.measure import Took, backends, median, timed
from bench.scratch import Scratch, scratch
from queries.ingest.events import import_events
from queries.settings import Settings
from schema.server import SUPERUSER, Server

ROWS = 100_000
STANDING = 300_000
_DAYS = 300
_APPS = ("Apple Podcasts", "Spotify", "Overcast", "Pocket Casts", "AntennaPod", "Castro", "unknown")
_COUNTRIES = ("US", "DE", "GB", "FR", "NL", "SE", "CA", "AU")
_TYPES = ("download", "download", "play", "progress", "complete")
_SIDES = ("bare", "kept", "import")
"""A bare insert as our roles do it, planning each check of a reference anew; one that keeps those plans; an import."""
_HEADER = "episode_id,listener_id,event_type,occurred_at,app,device,country,from_s,to_s"


def measure_imports(
    server: Server, settings: Settings, rounds: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Medians of interleaved rounds: rows/s of the import and of the bare insert, for files with and without ids."""
    found: dict[str, Any] = {"rows": ROWS, "standing": STANDING}
    with scratch(server, settings, "bench_imports") as made, TemporaryDirectory() as folder:
        say(f"  {STANDING:,} events that stand already ...")
        file = Path(folder) / "events.csv"
        _write(file, made, STANDING, "standing", with_ids=True)
        _import(made, file)
        with psycopg.connect(server.dsn(SUPERUSER, made.name), autocommit=True) as connection:
            connection.execute("vacuum (analyze)")
            # Loaded beforehand, without an index or a check, readable by the same role that inserts from it.
            connection.execute(
                "create unlogged table public.bench_staging (id uuid, episode_id uuid, listener_id text, event_type text,"
                " event_data jsonb, occurred_at timestamptz)"
            )
            connection.execute("grant select on public.bench_staging to podboard_web")
        for kind, with_ids in (("ids made from the content", False), ("ids of the source", True)):
            took: dict[str, list[Took]] = {side: [] for side in _SIDES}
            for number in range(rounds + 1):
                for side in _SIDES if number % 2 else reversed(_SIDES):
                    _write(file, made, ROWS, f"{kind[:5]}{side}{number}", with_ids=with_ids)
                    if side == "import":
                        one = timed(lambda: _import(made, file), backends(server) or ())
                    else:
                        _load(server, made, file)
                        with _entered(made, keeps_plans=side == "kept") as connection:
                            one = timed(partial(_insert, connection), [connection.info.backend_pid])
                    # The first round warms.
                    if number:
                        took[side].append(one)
            rates = {
                f"{side}_rows_s": round(ROWS / median(one.wall_ms for one in found_) * 1000)
                for side, found_ in took.items()
            }
            processor = {
                f"{side}_cpu_us_row": round(
                    median(one.own_ms + one.backend_ms for one in found_) * 1000 / ROWS, 1
                )
                for side, found_ in took.items()
            }
            found[kind] = (
                rates
                | processor
                | {
                    "python_cpu_us_row": round(median(one.own_ms for one in took["import"]) * 1000 / ROWS, 1),
                    "ratio": round(rates["import_rows_s"] / rates["bare_rows_s"], 2),
                    "ratio_kept": round(rates["import_rows_s"] / rates["kept_rows_s"], 2),
                }
            )
            say(f"  {kind}: {found[kind]}")
    return found


def _write(file: Path, made: Scratch, rows: int, name: str, *, with_ids: bool) -> None:
    dice = random.Random(name)  # noqa: S311 (the same rows at each run)
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=_DAYS)
    times = sorted(dice.randrange(_DAYS * 86_400) for _ in range(rows))
    with open(file, "w", encoding="utf-8") as handle:
        handle.write(("id," if with_ids else "") + _HEADER + "\n")
        for place, second in enumerate(times):
            kind = dice.choice(_TYPES)
            at = (start + timedelta(seconds=second)).isoformat()
            stretch = f"0,{dice.randrange(10, 1800)}" if kind == "progress" else ","
            handle.write(
                (f"{name}-{place}," if with_ids else "")
                + f"{dice.choice(made.episodes)},{dice.getrandbits(128):032x},{kind},{at},{dice.choice(_APPS)},phone,"
                f"{dice.choice(_COUNTRIES)},{stretch}\n"
            )


def _import(made: Scratch, file: Path) -> None:
    with open(file, "rb") as handle:
        done = import_events(made.actor, handle, name=file.name)
    assert done.refused == 0, done.first_refusals


def _load(server: Server, made: Scratch, file: Path) -> None:
    """The rows of the file in the staging table, as the import would write them."""
    with psycopg.connect(server.dsn(SUPERUSER, made.name)) as connection, connection.cursor() as cursor:
        cursor.execute("truncate bench_staging")
        lines = iter(file.read_text().splitlines())
        names = next(lines).split(",")
        with cursor.copy(
            "copy bench_staging (id, episode_id, listener_id, event_type, event_data, occurred_at) from stdin"
        ) as copy:
            for line in lines:
                row = dict(zip(names, line.split(","), strict=True))
                said = {key: row[key] for key in ("app", "device", "country") if row[key]}
                data = ", ".join(f'"{key}": "{value}"' for key, value in said.items())
                if row["to_s"]:
                    data += f', "from_s": 0, "to_s": {row["to_s"]}'
                listener = row["listener_id"]
                copy.write_row(
                    (f"{listener[:12]}4{listener[13:16]}a{listener[17:]}", row["episode_id"], listener,
                     row["event_type"], f"{{{data}}}", row["occurred_at"])
                )  # fmt: skip


@contextmanager
def _entered(made: Scratch, *, keeps_plans: bool) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(made.settings.runtime_dsn) as connection:
        # All rows in one statement: on a busy machine that takes longer than the role may.
        connection.execute("set statement_timeout = 0")
        if keeps_plans:
            connection.execute("set plan_cache_mode = auto")
        connection.execute("select set_tenant_context(%s)", [made.actor.tenant_id])
        yield connection


def _insert(connection: psycopg.Connection[Any]) -> None:
    count = connection.execute(
        "insert into listener_events (id, tenant_id, episode_id, listener_id, event_type, event_data, occurred_at)"
        " select id, (select app_tenant()), episode_id, listener_id, event_type, event_data, occurred_at"
        " from bench_staging"
    ).rowcount
    assert count == ROWS
    connection.commit()
