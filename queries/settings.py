"""The settings of a process, read once from its environment; nothing else reads the environment."""

from __future__ import annotations

import functools
import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from schema import SetupError

Timeseries = Literal["auto", "plain", "timescale"]

_SECRET_MIN_LENGTH = 32
# 32 random hexadecimal digits hold 14 different ones; a word or two hold fewer than nine.
_SECRET_MIN_DISTINCT = 9
_HOW_TO_MAKE_ONE = 'make one with python -c "import secrets; print(secrets.token_urlsafe(48))".'
_TIMESERIES: dict[str, Timeseries] = {"auto": "auto", "plain": "plain", "timescale": "timescale"}
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


class SettingsError(SetupError):
    """A variable of the environment is missing or cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process of podboard needs to know about its surroundings."""

    database_url: str | None = field(default=None, repr=False)
    database_worker_url: str | None = field(default=None, repr=False)
    database_owner_url: str | None = field(default=None, repr=False)
    home: Path = Path("~/.local/share/podboard")
    host: str = "127.0.0.1"
    port: int = 8050
    public_url: str = "http://127.0.0.1:8050"
    demo: bool = False
    secret_key: str = field(default="", repr=False)
    timeseries: Timeseries = "auto"
    pg_bin: Path | None = None
    trusted_proxies: int = 0
    log_level: str = "INFO"
    test_data: Path | None = None
    data_centres: tuple[Path, ...] = ()
    countries: Path | None = None
    as_numbers: Path | None = None

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings that the environment describes.

        Raises: SettingsError for a value that cannot be used; a missing one is an error only where it is needed.
        """
        env = os.environ if environment is None else environment
        port = _whole_number(env, "PORT", 8050, 1, 65535)
        demo = _yes_or_no(env, "PODBOARD_DEMO")
        host = env.get("PODBOARD_HOST") or "127.0.0.1"
        if demo and not is_loopback(host):
            raise SettingsError(
                f"PODBOARD_HOST={host}: the demo has known passwords and listens on loopback (127.0.0.1) only."
            )
        secret_key = env.get("SECRET_KEY", "")
        if secret_key and not demo:
            _require_strong(secret_key)
        return cls(
            database_url=_dsn(env, "DATABASE_URL"),
            database_worker_url=_dsn(env, "DATABASE_WORKER_URL"),
            database_owner_url=_dsn(env, "DATABASE_OWNER_URL"),
            home=Path(env.get("PODBOARD_HOME") or "~/.local/share/podboard").expanduser().absolute(),
            host=host,
            port=port,
            public_url=_public_url(env, host, port),
            demo=demo,
            secret_key=secret_key,
            timeseries=_TIMESERIES[_one_of(env, "PODBOARD_TIMESERIES", tuple(_TIMESERIES), "auto")],
            pg_bin=_path(env, "PODBOARD_PG_BIN"),
            trusted_proxies=_whole_number(env, "PODBOARD_TRUSTED_PROXIES", 0, 0, 10),
            log_level=_one_of(env, "PODBOARD_LOG_LEVEL", _LOG_LEVELS, "INFO"),
            test_data=_path(env, "PODBOARD_TEST_DATA"),
            data_centres=tuple(
                Path(name).expanduser()
                for name in env.get("PODBOARD_DATA_CENTRES", "").split(os.pathsep)
                if name.strip()
            ),
            countries=_path(env, "PODBOARD_COUNTRIES"),
            as_numbers=_path(env, "PODBOARD_AS_NUMBERS"),
        )

    @property
    def runtime_dsn(self) -> str:
        """Where this process reads and writes under row security. Raises: SettingsError when it is not set."""
        return _required(self.database_url, "DATABASE_URL")

    @property
    def worker_dsn(self) -> str:
        """The worker's way in. Raises: SettingsError when it is not set."""
        return _required(self.database_worker_url, "DATABASE_WORKER_URL")

    @property
    def owner_dsn(self) -> str:
        """The migrations' way in. Raises: SettingsError when it is not set."""
        return _required(self.database_owner_url, "DATABASE_OWNER_URL")

    @property
    def is_https(self) -> bool:
        """Whether people reach podboard over TLS, so that cookies are Secure and HSTS is sent."""
        return urlsplit(self.public_url).scheme == "https"

    def require_secret_key(self) -> str:
        """The secret that signs what leaves the server. Raises: SettingsError when it is missing or weak."""
        if not self.secret_key:
            raise SettingsError(f"SECRET_KEY is not set: {_HOW_TO_MAKE_ONE}")
        _require_strong(self.secret_key)
        return self.secret_key

    def require_secure_address(self) -> None:
        """Returns if log-ins are protected on their way. Raises: SettingsError for http on a foreign host."""
        if not self.is_https and not is_loopback(urlsplit(self.public_url).hostname or ""):
            raise SettingsError(f"PODBOARD_URL={self.public_url} must begin with https:// outside loopback.")


@functools.cache
def _from_environment() -> Settings:
    return Settings.from_env()


_chosen: list[Settings] = []


def current_settings() -> Settings:
    """The settings of this process: those of `use_settings`, else the environment's, read once."""
    return _chosen[-1] if _chosen else _from_environment()


def use_settings(settings: Settings) -> None:
    """Makes these the settings of this process; called at start-up only, before anything is opened."""
    _chosen[:] = [settings]


def with_databases(settings: Settings, *, runtime: str, worker: str, owner: str) -> Settings:
    """The same settings on these three databases' ways in."""
    return replace(settings, database_url=runtime, database_worker_url=worker, database_owner_url=owner)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _required(value: str | None, name: str) -> str:
    if value is None:
        raise SettingsError(f"{name} is not set.")
    return value


def _path(env: Mapping[str, str], name: str) -> Path | None:
    return Path(env[name]).expanduser() if env.get(name) else None


def _dsn(env: Mapping[str, str], name: str) -> str | None:
    value = env.get(name)
    if not value:
        return None
    scheme = urlsplit(value).scheme
    if scheme not in ("postgresql", "postgres"):
        raise SettingsError(f"{name} must begin with postgresql://, not {scheme or 'nothing'}://.")
    # Some platforms hand out postgres://, which libpq takes but SQLAlchemy does not.
    return "postgresql" + value[len(scheme) :]


def _public_url(env: Mapping[str, str], host: str, port: int) -> str:
    value = env.get("PODBOARD_URL") or f"http://{host}:{port}"
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise SettingsError(
            f"PODBOARD_URL={value} must be like https://podboard.example.com, without a path."
        )
    return f"{parts.scheme}://{parts.netloc}"


def _require_strong(secret: str) -> None:
    is_repetition = secret in (secret + secret)[1:-1]
    if len(secret) < _SECRET_MIN_LENGTH or len(set(secret)) < _SECRET_MIN_DISTINCT or is_repetition:
        raise SettingsError(
            f"SECRET_KEY is too weak (at least {_SECRET_MIN_LENGTH} random characters): {_HOW_TO_MAKE_ONE}"
        )


def _whole_number(env: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    value = env.get(name) or str(default)
    if not value.isascii() or not value.isdigit() or not lowest <= int(value) <= highest:
        raise SettingsError(f"{name}={value} must be a whole number from {lowest} to {highest}.")
    return int(value)


def _yes_or_no(env: Mapping[str, str], name: str) -> bool:
    value = env.get(name, "").lower()
    if value not in _TRUE + _FALSE:
        raise SettingsError(f"{name}={value} must be 1 or 0.")
    return value in _TRUE


def _one_of(env: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = env.get(name) or default
    if value not in allowed:
        raise SettingsError(f"{name}={value} must be one of {', '.join(allowed)}.")
    return value
