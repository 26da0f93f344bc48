"""`podboard web`: the web process, as a deployment runs it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from queries.settings import Settings
from schema.check import require_runtime_role


@click.command()
@click.option("--host", help="Address to listen on; the default is PODBOARD_HOST, else 127.0.0.1.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True, help="Threads in each.")
def command(host: str | None, workers: int, threads: int) -> None:
    """Serve the dashboard on PORT with gunicorn; SECRET_KEY and DATABASE_URL must be set."""
    environment = {**os.environ, "PODBOARD_HOST": host} if host else dict(os.environ)
    settings = Settings.from_env(environment)
    settings.require_secret_key()
    settings.require_secure_address()
    require_runtime_role(settings.runtime_dsn)
    # The web process must not hold the keys of the stronger roles, whoever gets into it.
    for name in ("DATABASE_OWNER_URL", "DATABASE_WORKER_URL"):
        environment.pop(name, None)
    os.execve(sys.executable, gunicorn_command(settings, workers, threads), environment)  # noqa: S606 (no shell)


def gunicorn_command(
    settings: Settings, workers: int = 2, threads: int = 8, bind: str | None = None
) -> list[str]:
    """The command line of the web server: threads for waiting on the database, processes for the cores.

    `bind`: what it listens on instead of host and port, as `fd://3` for a socket that it is handed.
    """
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    command_line = [
        sys.executable, "-m", "gunicorn", "dashboard.wsgi:server", "--config", "python:dashboard.gunicorn_hooks",
        "--bind", bind or f"{host}:{settings.port}",
        "--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads),
        # Imported once before forking: less memory, and plotly's lazy imports are not thread-safe.
        "--preload",
        "--no-control-socket",
        "--timeout", "60", "--graceful-timeout", "15", "--keep-alive", "5",
        "--log-level", settings.log_level.lower(), "--logger-class", "dashboard.logs.GunicornLogger",
    ]  # fmt: skip
    # A worker's heartbeat file on a slow disk can stall it, so it lives in memory where there is such a place.
    shared_memory = Path("/dev/shm")  # noqa: S108 (gunicorn makes a private file in it)
    if os.access(shared_memory, os.W_OK):
        command_line += ["--worker-tmp-dir", str(shared_memory)]
    return command_line
