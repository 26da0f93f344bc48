"""Everything at once, for `make run`: database, migrations, demo, web and worker under one supervisor."""

from __future__ import annotations

import collections
import contextlib
import ctypes
import fcntl
import importlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from types import FrameType

import click

from dashboard.commands.web import gunicorn_command
from dashboard.databases import on_embedded, uses_embedded, wanted_engine
from dashboard.system import missing
from queries.settings import Settings, use_settings
from schema import SetupError
from schema.check import require_runtime_role
from schema.migrate import migrate
from schema.server import Server, start

PEOPLE = (
    ("sponsor@demo.example", "sponsor: its own campaigns"),
    ("podcaster@demo.example", "podcaster: its own podcasts"),
    ("manager@demo.example", "account manager: the whole tenant, reports"),
    ("admin@demo.example", "tenant admin"),
    ("operator@demo.example", "operator: the system, no tenant's data"),
)
PASSWORD = "podboard-demo"  # noqa: S105 (the published log-in of the demo, which listens on loopback only)

_START_PATIENCE_SECONDS = 60
_STOP_PATIENCE_SECONDS = 20
_RESTARTS_ALLOWED, _RESTART_WINDOW_SECONDS = 5, 60
_LOG_LIMIT_BYTES = 10_000_000
_BACKLOG = 2048  # as many as gunicorn lets wait


class RunError(SetupError):
    """podboard could not be started, or one of its processes will not stay up."""


@dataclass
class _Child:
    """A process that is kept running, with its log."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    handed_on: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    starts: collections.deque[float] = field(default_factory=collections.deque)

    def launch(self) -> None:
        self.starts.append(time.monotonic())
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=self.handed_on,
                # Ctrl-C is for the supervisor, which stops its children in order.
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 (this process has one thread)
            )

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def restart(self) -> None:
        """Launch again. Raises: RunError when it has died too often to go on."""
        now = time.monotonic()
        while self.starts and now - self.starts[0] > _RESTART_WINDOW_SECONDS:
            self.starts.popleft()
        if len(self.starts) > _RESTARTS_ALLOWED:
            raise RunError(f"{self.name} keeps stopping: {self.last_words()}")
        click.echo(f"{self.name} stopped (see {self.log}): starting it again")
        self.launch()

    def last_words(self) -> str:
        """The last line of its log that says something."""
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return f"{lines[-1] if lines else 'it said nothing'} (see {self.log})"


def run(settings: Settings) -> None:
    """Serves podboard until Ctrl-C, on the configured databases or on an embedded one with the demo in it.

    Raises: SetupError with one line on what stands in the way.
    """
    with ExitStack() as stack:
        stack.enter_context(_stoppable())
        home = _home(settings)
        stack.enter_context(only_one(home, settings))
        door = stack.enter_context(_open_port(settings))
        server: Server | None = None
        embedded = uses_embedded(settings)
        if embedded:
            click.echo("Starting PostgreSQL ...")
            server = stack.enter_context(start(home, settings.pg_bin))
            settings = on_embedded(settings, server)
        settings = replace(settings, secret_key=settings.secret_key or _demo_secret(settings, home))
        settings.require_secret_key()
        applied = migrate(settings.owner_dsn, engine=wanted_engine(settings))
        if applied:
            click.echo(f"Brought the database to version {applied[-1]}.")
        require_runtime_role(settings.runtime_dsn)
        require_runtime_role(settings.worker_dsn, worker=True)
        use_settings(settings)
        if settings.demo and importlib.import_module("dashboard.commands.demo").ensure_demo(settings):
            # Once here and then by the worker: the first page anybody opens must not be empty.
            importlib.import_module("dashboard.commands.refresh").refresh_everything(settings)
        children = _children(settings, home, door)
        stack.callback(_stop, children)
        for child in children:
            child.launch()
        _await_web(settings, children[0])
        _greet(settings, home)
        _supervise(children, server)


def _home(settings: Settings) -> Path:
    try:
        settings.home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        (settings.home / "log").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise RunError(f"PODBOARD_HOME={settings.home} cannot be used: {error.strerror}.") from error
    return settings.home


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Ends the block quietly on Ctrl-C, SIGTERM and SIGHUP, once everything in it has been stopped."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        # The way out is not interrupted again: it is short and leaves nothing behind.
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, signal.SIG_IGN)
        # At once, for the parts take a moment to stop; not by print(), which this may have interrupted. A terminal
        # that was closed hears nothing.
        with contextlib.suppress(OSError):
            os.write(sys.stdout.fileno(), b"\nStopping ...\n")
        raise KeyboardInterrupt

    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        click.echo("podboard has stopped.")


@contextlib.contextmanager
def only_one(home: Path, settings: Settings) -> Iterator[None]:
    """Keeps a second run out of this home. Raises: RunError with the address of the first."""
    with (home / "run.lock").open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            try:
                first = json.loads(handle.read())
            except ValueError:
                raise RunError("podboard is being started already by another process.") from None
            raise RunError(
                f"podboard is running already at {first['address']} (process {first['pid']}); "
                "stop it first, or give the second one a PODBOARD_HOME and PORT of its own."
            ) from None
        handle.truncate(0)
        handle.write(json.dumps({"address": settings.public_url, "pid": os.getpid()}))
        handle.flush()
        yield


def public_address(settings: Settings) -> str:
    """Where people reach podboard: at the address that was given, else at that of the one that runs in this home.

    The lock tells whether one runs: the file outlives whoever wrote it.
    """
    if settings.public_url == f"http://{settings.host}:{settings.port}":
        with contextlib.suppress(OSError, ValueError), (settings.home / "run.lock").open() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return str(json.loads(handle.read())["address"])
    return settings.public_url


def _open_port(settings: Settings) -> socket.socket:
    """The socket that people will reach podboard at, which the web process is handed.

    Listening from the first moment on: nobody takes the port while the demo loads, and who comes early is served once
    the web process is there. Raises: RunError when the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A port that was just let go of counts as free.
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((settings.host, settings.port))
        door.listen(_BACKLOG)
    except OSError as error:
        door.close()
        if isinstance(error, PermissionError):
            raise RunError(
                f"Port {settings.port} needs more rights: choose one above 1023 with PORT."
            ) from None
        raise RunError(
            f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}): "
            f"choose another one, as in PORT={settings.port % 65535 + 1} make run."
        ) from None
    return door


def _demo_secret(settings: Settings, home: Path) -> str:
    """The demo's own SECRET_KEY, made once; outside the demo there is none but the operator's."""
    if not settings.demo:
        return ""
    path = home / "secret_key"
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(secrets.token_urlsafe(48))
    return path.read_text()


def _children(settings: Settings, home: Path, door: socket.socket) -> list[_Child]:
    """The web process, which gets the runtime role alone and the open port, and the worker."""
    common = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_OWNER_URL")
    } | {
        "PODBOARD_HOME": str(home),
        "PODBOARD_HOST": settings.host,
        "PODBOARD_URL": settings.public_url,
        "PODBOARD_DEMO": "1" if settings.demo else "0",
        "PORT": str(settings.port),
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.runtime_dsn,
        "PYTHONUNBUFFERED": "1",
    }
    worker = common | {"DATABASE_WORKER_URL": settings.worker_dsn}
    log = home / "log"
    return [
        _Child(
            "web",
            gunicorn_command(settings, bind=f"fd://{door.fileno()}"),
            common,
            log / "web.log",
            handed_on=(door.fileno(),),
        ),
        _Child("worker", [sys.executable, "-m", "dashboard.worker"], worker, log / "worker.log"),
    ]


def _die_with_parent() -> None:
    """Asks Linux to end this child when the supervisor is killed, so that nothing keeps the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _await_web(settings: Settings, web: _Child) -> None:
    """Returns once /healthz answers. Raises: RunError when the web process ends or stays silent."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    if settings.host in ("0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
        host = "127.0.0.1"
    deadline = time.monotonic() + _START_PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if web.has_died():
            raise RunError(f"The web process stopped while starting: {web.last_words()}")
        try:
            with urllib.request.urlopen(f"http://{host}:{settings.port}/healthz", timeout=5):
                return
        except urllib.error.HTTPError as error:
            # 503 says that something it needs is not there yet; anything else will not mend itself.
            error.close()
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise RunError(
                    f"The web process answers {error.code} to /healthz: {web.last_words()}"
                ) from None
            time.sleep(0.2)
        except OSError:
            time.sleep(0.1)
    raise RunError(f"The web process did not answer within {_START_PATIENCE_SECONDS} s: {web.last_words()}")


def _greet(settings: Settings, home: Path) -> None:
    lines = ["", f"podboard is running at {settings.public_url}", ""]
    if settings.demo:
        width = max(len(email) for email, _ in PEOPLE)
        lines += [f"  {email:<{width}}  {role}" for email, role in PEOPLE]
        lines += [
            "",
            f"  Password of all: {PASSWORD}    The same people at second.example are in another tenant.",
        ]
    lines += [f"  Data and logs: {home}    Stop with Ctrl-C.", ""]
    absent = missing("run")
    if any(requirement.needed_for == "PDF reports" for requirement in absent):
        packages = " ".join(requirement.package for requirement in absent)
        lines += [
            f"  PDF reports are off: install {packages} (sudo deploy/install-system-packages.sh run).",
            "",
        ]
    click.echo("\n".join(lines))


def _supervise(children: list[_Child], server: Server | None) -> None:
    """Keeps everything up until interrupted. Raises: RunError when something will not stay up."""
    while True:
        time.sleep(0.5)
        if server is not None and server.postmaster_pid is None:
            click.echo("PostgreSQL stopped: starting it again")
            server.revive()
        for child in children:
            if child.has_died():
                child.restart()


def _stop(children: list[_Child]) -> None:
    """Asks every child to finish, waits, and ends what does not."""
    running = [child.process for child in children if child.process and child.process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + _STOP_PATIENCE_SECONDS
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _end_session(process.pid, process.kill)
            process.wait()


def _end_session(session: int, otherwise: Callable[[], None]) -> None:
    """Kills a child together with the processes it forked."""
    try:
        os.killpg(session, signal.SIGKILL)
    except ProcessLookupError:
        otherwise()
