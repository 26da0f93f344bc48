"""`podboard link`: where a campaign's visitors may be sent to, and what is said of a campaign that is not there."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result

from dashboard.cli import podboard
from queries.errors import NotFound
from queries.ingest import http
from queries.settings import Settings, current_settings, use_settings
from tests.conftest import Database
from tests.sponsorship import Tenant, own_database

OUTSIDE = [ipaddress.ip_address("93.184.216.34")]


@pytest.fixture(scope="module")
def link_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_links") as made:
        yield made


@pytest.fixture
def alice(link_database: Database) -> Tenant:
    return Tenant(link_database)


@pytest.fixture
def run(
    link_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Result]]:
    """Runs `podboard link` where each name is that of a public host."""
    before = current_settings()
    monkeypatch.setenv("DATABASE_URL", link_database.web_dsn)
    monkeypatch.setenv("DATABASE_WORKER_URL", link_database.worker_dsn)
    monkeypatch.setenv("DATABASE_OWNER_URL", link_database.owner_dsn)
    monkeypatch.setenv("PODBOARD_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(http, "_resolve", lambda _host, _port: OUTSIDE)
    yield lambda *arguments: CliRunner().invoke(podboard, ["link", *map(str, arguments)])
    use_settings(before)


def _slug(tenant: Tenant) -> str:
    return f"t{tenant.tenant_id.hex[:12]}"


def _campaign(tenant: Tenant) -> UUID:
    return tenant.campaign(tenant.sponsor(str(uuid4())), date(2026, 10, 1), date(2026, 12, 31))


def _targets(tenant: Tenant) -> list[str]:
    with psycopg.connect(tenant.database.superuser_dsn) as connection:
        found = connection.execute(
            "select target_url from campaign_links where tenant_id = %s order by created_at",
            [tenant.tenant_id],
        ).fetchall()
    return [target for (target,) in found]


@pytest.mark.parametrize(
    "target",
    [
        "https://shop.example/summer?from=a#top", "https://SHOP.example:8443/", "https://münchen.example/straße",
        "https://93.184.216.34/", "https://[2606:4700:4700::1111]/x", "https://127.0.0.1.example/",
    ],
)  # fmt: skip
def test_visitors_are_sent_to_public_https_pages(
    alice: Tenant, run: Callable[..., Result], target: str
) -> None:
    done = run(
        "vanity", "--tenant", _slug(alice), "--campaign", _campaign(alice), "--name", "summer-sale",
        "--target", target,
    )  # fmt: skip
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.endswith(f"/v/{_slug(alice)}/summer-sale\n")
    assert _targets(alice) == [target]


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("http://127.0.0.1", "must begin with https://"), ("http://shop.example/", "must begin with https://"),
        ("shop.example", "must begin with https://"), ("javascript:alert(1)", "must begin with https://"),
        ("https://127.0.0.1/", "public internet"), ("https://10.1.2.3:8443/", "public internet"),
        ("https://169.254.169.254/latest", "public internet"), ("https://[::1]/", "public internet"),
        ("https://[::ffff:127.0.0.1]/", "public internet"), ("https://localhost/", "public internet"),
        ("https://localhost./", "public internet"), ("https://a.localhost/", "public internet"),
        ("https://intranet/", "public internet"), ("https://db.internal/", "public internet"),
        ("https://printer.local/", "public internet"), ("https://2130706433/", "public internet"),
        ("https://127.1/", "public internet"), ("https://0x7f.1/", "public internet"),
        ("https://10.0x1/", "public internet"), ("https://user@shop.example/", "no log-in"),
        ("https://shop.example\\@127.0.0.1/", "not an address"), ("https://shop example/", "not an address"),
        ("https:///x", "name a host"), ("https://shop.example/" + "x" * 2000, "too long"),
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(alice: Tenant, run: Callable[..., Result], target: str, why: str) -> None:
    done = run(
        "vanity", "--tenant", _slug(alice), "--campaign", _campaign(alice), "--name", "summer-sale",
        "--target", target,
    )  # fmt: skip
    assert done.exit_code == 2
    assert why in done.stderr
    assert "like https://shop.example/summer" in " ".join(done.stderr.split())
    assert _targets(alice) == []


def test_a_name_that_leads_inside_is_refused_and_one_that_leads_nowhere_yet_is_said(
    alice: Tenant, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = ("vanity", "--tenant", _slug(alice), "--campaign", _campaign(alice), "--name", "summer-sale",
            "--target", "https://shop.example/")  # fmt: skip
    inside = [*OUTSIDE, ipaddress.ip_address("10.0.0.1")]
    monkeypatch.setattr(http, "_resolve", lambda _host, _port: inside)
    assert "public internet" in run(*told).stderr
    assert _targets(alice) == []

    def unknown(_host: str, _port: int) -> list[http.Address]:
        raise OSError

    monkeypatch.setattr(http, "_resolve", unknown)
    done = run(*told)
    assert (done.exit_code, "spelled right" in done.stderr) == (0, True)
    assert _targets(alice) == ["https://shop.example/"]


@pytest.mark.parametrize("kind", ["pixel", "vanity"])
def test_a_campaign_of_another_tenant_is_as_unknown_as_one_of_nobody(
    alice: Tenant, link_database: Database, run: Callable[..., Result], kind: str
) -> None:
    more = ("--name", "n", "--target", "https://shop.example/") if kind == "vanity" else ()
    gone = _campaign(alice)
    with alice.owner() as owner:
        owner.execute("update campaigns set deleted_at = now() where id = %s", [gone])
    said = set()
    for campaign in (uuid4(), _campaign(Tenant(link_database)), gone):
        done = run(kind, "--tenant", _slug(alice), "--campaign", campaign, *more)
        assert isinstance(done.exception, NotFound)
        said.add(str(done.exception))
    assert said == {"There is no such campaign; `podboard campaign list` shows those there are."}
    assert _targets(alice) == []
    assert run(kind, "--tenant", _slug(alice), "--campaign", _campaign(alice), *more).exit_code == 0
    if kind == "vanity":
        taken = run(kind, "--tenant", _slug(alice), "--campaign", _campaign(alice), *more)
        assert "its name is taken" in str(taken.exception)
