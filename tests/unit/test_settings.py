"""Settings: read once, typed, and refused with the variable's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from queries.settings import Settings, SettingsError, is_loopback

STRONG = "kX4vQ9wZ1nB7rT2yL6pD8sF3hJ5gM0cA"


def test_nothing_set_gives_loopback_and_no_secret() -> None:
    settings = Settings.from_env({})
    assert settings == Settings(
        home=Path("~/.local/share/podboard").expanduser(), public_url="http://127.0.0.1:8050"
    )
    assert (settings.host, settings.port, settings.demo, settings.secret_key) == (
        "127.0.0.1",
        8050,
        False,
        "",
    )


def test_everything_set_is_read() -> None:
    settings = Settings.from_env(
        {
            "DATABASE_URL": "postgresql://web@db/podboard",
            "DATABASE_WORKER_URL": "postgres://worker@db/podboard",
            "DATABASE_OWNER_URL": "postgresql://owner@db/podboard",
            "PODBOARD_HOME": "/srv/podboard",
            "PODBOARD_HOST": "0.0.0.0",
            "PORT": "9000",
            "PODBOARD_URL": "https://podboard.example.com/",
            "SECRET_KEY": STRONG,
            "PODBOARD_TIMESERIES": "plain",
            "PODBOARD_PG_BIN": "/usr/lib/postgresql/15/bin",
            "PODBOARD_TRUSTED_PROXIES": "1",
            "PODBOARD_LOG_LEVEL": "WARNING",
            "PODBOARD_TEST_DATA": "/data",
            "PODBOARD_DATA_CENTRES": "/lists/cloud.txt:/lists/vpn.txt",
            "PODBOARD_COUNTRIES": "/lists/countries.mmdb",
            "PODBOARD_AS_NUMBERS": "/lists/as.mmdb",
        }
    )
    assert settings == Settings(
        database_url="postgresql://web@db/podboard",
        database_worker_url="postgresql://worker@db/podboard",
        database_owner_url="postgresql://owner@db/podboard",
        home=Path("/srv/podboard"),
        host="0.0.0.0",
        port=9000,
        public_url="https://podboard.example.com",
        demo=False,
        secret_key=STRONG,
        timeseries="plain",
        pg_bin=Path("/usr/lib/postgresql/15/bin"),
        trusted_proxies=1,
        log_level="WARNING",
        test_data=Path("/data"),
        data_centres=(Path("/lists/cloud.txt"), Path("/lists/vpn.txt")),
        countries=Path("/lists/countries.mmdb"),
        as_numbers=Path("/lists/as.mmdb"),
    )
    assert settings.is_https


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"PORT": "80a"}, "PORT=80a must be a whole number from 1 to 65535."),
        ({"PORT": "0"}, "PORT=0 must be a whole number from 1 to 65535."),
        ({"PORT": "65536"}, "PORT=65536 must be a whole number from 1 to 65535."),
        ({"PORT": "²"}, "PORT=² must be a whole number from 1 to 65535."),
        ({"PODBOARD_DEMO": "maybe"}, "PODBOARD_DEMO=maybe must be 1 or 0."),
        ({"DATABASE_URL": "mysql://db"}, "DATABASE_URL must begin with postgresql://, not mysql://."),
        ({"PODBOARD_URL": "podboard.example.com"}, "PODBOARD_URL=podboard.example.com must be like "),
        (
            {"PODBOARD_URL": "https://example.com/podboard"},
            "PODBOARD_URL=https://example.com/podboard must be ",
        ),
        (
            {"PODBOARD_TIMESERIES": "influx"},
            "PODBOARD_TIMESERIES=influx must be one of auto, plain, timescale.",
        ),
        (
            {"PODBOARD_LOG_LEVEL": "loud"},
            "PODBOARD_LOG_LEVEL=loud must be one of DEBUG, INFO, WARNING, ERROR.",
        ),
        (
            {"PODBOARD_DEMO": "1", "PODBOARD_HOST": "0.0.0.0"},
            "PODBOARD_HOST=0.0.0.0: the demo has known passwords",
        ),
        (
            {"PODBOARD_DEMO": "1", "PODBOARD_HOST": "example.com"},
            "PODBOARD_HOST=example.com: the demo has known",
        ),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too weak"),
        ({"SECRET_KEY": "a" * 64}, "SECRET_KEY is too weak"),
        ({"SECRET_KEY": "changeme" * 5}, "SECRET_KEY is too weak"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(environment: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(environment)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_a_secret_is_required_where_something_is_served() -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY is not set"):
        Settings.from_env({}).require_secret_key()
    assert Settings.from_env({"SECRET_KEY": STRONG}).require_secret_key() == STRONG


def test_a_database_is_required_where_it_is_used() -> None:
    settings = Settings.from_env({"DATABASE_URL": "postgresql://web@db/podboard"})
    assert settings.runtime_dsn == "postgresql://web@db/podboard"
    with pytest.raises(SettingsError, match=r"DATABASE_WORKER_URL is not set\."):
        _ = settings.worker_dsn
    with pytest.raises(SettingsError, match=r"DATABASE_OWNER_URL is not set\."):
        _ = settings.owner_dsn


def test_log_ins_travel_over_tls_outside_loopback() -> None:
    Settings.from_env({}).require_secure_address()
    Settings.from_env(
        {"PODBOARD_HOST": "0.0.0.0", "PODBOARD_URL": "https://p.example"}
    ).require_secure_address()
    for exposed in ({"PODBOARD_HOST": "0.0.0.0"}, {"PODBOARD_URL": "http://podboard.example"}):
        with pytest.raises(SettingsError, match="must begin with https://"):
            Settings.from_env(exposed).require_secure_address()


def test_secrets_are_not_shown() -> None:
    shown = repr(
        Settings.from_env({"SECRET_KEY": STRONG, "DATABASE_URL": "postgresql://web:hush@db/podboard"})
    )
    assert STRONG not in shown
    assert "hush" not in shown


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("example.com", False),
        ("", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
