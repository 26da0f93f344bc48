"""`podboard sponsor` and `podboard campaign`: what a tenant needs before anybody can buy, as the runtime role."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from click.testing import CliRunner, Result

from dashboard.cli import podboard
from queries.campaign_entry import (
    NewCampaign,
    campaigns_entered,
    create_campaign,
    create_sponsor,
    set_stage,
    sponsors_entered,
)
from queries.errors import AccessRefused, InvalidRequest, NotFound, PodboardError, QuotaReached
from queries.ingest.imports import unscoped_tenant_id
from queries.session import Actor, tenant_session
from queries.settings import Settings, current_settings, use_settings
from queries.tenants import Ownership, create_tenant, invite
from tests.conftest import Database
from tests.sponsorship import Tenant, own_database

Run = Callable[..., Result]
FLIGHT = ("--from", "2026-10-01", "--to", "2026-12-31")


@pytest.fixture(scope="module")
def entry_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_entry") as made:
        yield made


@pytest.fixture
def alice(entry_database: Database) -> Tenant:
    return Tenant(entry_database)


@pytest.fixture
def charlie(entry_database: Database) -> Tenant:
    return Tenant(entry_database)


@pytest.fixture
def run(entry_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs `podboard` with the environment of a server of one's own."""
    before = current_settings()
    monkeypatch.setenv("DATABASE_URL", entry_database.web_dsn)
    monkeypatch.setenv("DATABASE_WORKER_URL", entry_database.worker_dsn)
    monkeypatch.setenv("DATABASE_OWNER_URL", entry_database.owner_dsn)
    monkeypatch.setenv("PODBOARD_HOME", str(tmp_path / "home"))
    yield lambda *arguments: CliRunner().invoke(podboard, [*map(str, arguments)])
    use_settings(before)


def _slug(tenant: Tenant) -> str:
    return f"t{tenant.tenant_id.hex[:12]}"


def _rows(tenant: Tenant, query: str) -> list[tuple[Any, ...]]:
    """Rows of the tenant, seen round row security."""
    with psycopg.connect(tenant.database.superuser_dsn) as connection:
        return connection.execute(query, {"tenant": tenant.tenant_id}).fetchall()


def _sponsors(tenant: Tenant) -> list[str]:
    return [
        name
        for (name,) in _rows(tenant, "select name from sponsors where tenant_id = %(tenant)s order by name")
    ]


def _campaigns(tenant: Tenant) -> list[tuple[Any, ...]]:
    return _rows(
        tenant,
        "select c.name, s.name, c.start_date, c.end_date, c.stage, c.conversion_type, c.budget_micros, c.currency,"
        " c.goal_conversions from campaigns c join sponsors s on s.id = c.sponsor_id"
        " where c.tenant_id = %(tenant)s order by c.name, s.name",
    )


def _audit(tenant: Tenant) -> list[tuple[Any, ...]]:
    return _rows(
        tenant,
        "select action, resource_type, resource_id, changes from audit_logs where tenant_id = %(tenant)s"
        " order by occurred_at, id",
    )


def _told(name: str = "Autumn", **values: Any) -> NewCampaign:
    return NewCampaign(
        **{
            "name": name,
            "sponsor": "Acme",
            "starts_on": date(2026, 10, 1),
            "ends_on": date(2026, 12, 31),
            **values,
        }
    )


def test_from_nothing_to_a_sponsor_with_a_campaign(run: Run, entry_database: Database) -> None:
    """The order of commands that the README tells, with the tenant's own currency."""
    create_tenant(name="Yours", slug="yours", time_zone="Europe/Berlin", currency="EUR")
    nobody = run("user", "invite", "--tenant", "yours", "--role", "sponsor", "--email", "b@acme.example",
                 "--own", "sponsor:Acme")  # fmt: skip
    assert str(nobody.exception) == "There is no sponsor called Acme."
    made = run("sponsor", "create", " Acme ", "--tenant", "yours")
    assert made.exit_code == 0, made.output
    assert made.output.splitlines()[0] == "Created Acme. Its campaigns, and a person who sees them:"
    booked = run("campaign", "create", "Autumn", "--tenant", "yours", "--sponsor", "acme", *FLIGHT)
    assert booked.exit_code == 0, booked.output
    campaign = UUID(booked.stdout.strip())
    assert "podboard import ad-units FILE --tenant yours" in booked.stderr
    bookings = entry_bookings(run)
    assert bookings.output == "Bookings: 1 imported, 0 there already, 0 refused.\n"
    invited = run("user", "invite", "--tenant", "yours", "--role", "sponsor", "--email", "b@acme.example",
                  "--own", "sponsor:Acme")  # fmt: skip
    assert invited.exit_code == 0, invited.output
    listed = run("campaign", "list", "--tenant", "yours")
    assert listed.output == (
        f"{campaign}  Autumn (Acme): booked, 2026-10-01 to 2026-12-31, conversion: purchase\n"
    )
    with psycopg.connect(entry_database.superuser_dsn) as connection:
        assert connection.execute("select currency from campaigns where id = %s", [campaign]).fetchall() == [
            ("EUR",)
        ]


def entry_bookings(run: Run) -> Result:
    """A booking imported by the campaign's name."""
    path = current_settings().home / "bookings.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "campaign,starts_on,ends_on,pricing_model,booked_impressions,rate,currency\n"
        "Autumn,2026-10-01,2026-12-31,cpm,1000,25,EUR\n"
    )
    return run("import", "bookings", path, "--tenant", "yours")


def test_a_sponsor_is_made_once_and_listed(run: Run, alice: Tenant) -> None:
    slug = _slug(alice)
    assert (
        run("sponsor", "list", "--tenant", slug).output
        == "There is no sponsor: podboard sponsor create makes one.\n"
    )
    assert run("sponsor", "create", "Acme", "--tenant", slug).exit_code == 0
    for again in ("Acme", "ACME "):
        told = run("sponsor", "create", again, "--tenant", slug)
        assert told.exit_code == 1
        assert str(told.exception) == f"There is a sponsor {again.strip()} already."
    assert run("sponsor", "create", "Borealis", "--tenant", slug).exit_code == 0
    run("campaign", "create", "Autumn", "--tenant", slug, "--sponsor", "Acme", *FLIGHT)
    assert run("sponsor", "list", "--tenant", slug).output == "Acme: 1 campaign\nBorealis: 0 campaigns\n"
    assert _sponsors(alice) == ["Acme", "Borealis"]
    [(sponsor,)] = _rows(alice, "select id from sponsors where tenant_id = %(tenant)s and name = 'Acme'")
    assert _audit(alice)[0] == ("sponsor.created", "sponsor", sponsor, {"name": "Acme"})


def test_a_campaign_is_stored_as_it_was_told_and_once(run: Run, alice: Tenant) -> None:
    slug = _slug(alice)
    run("sponsor", "create", "Acme", "--tenant", slug)
    every = (
        "--stage", "proposed", "--conversion-type", "lead", "--budget", "12500.50", "--currency", "CHF", "--goal", "40",
    )  # fmt: skip
    made = run("campaign", "create", "Autumn", "--tenant", slug, "--sponsor", "Acme", *FLIGHT, *every)
    assert made.exit_code == 0, made.output
    again = run("campaign", "create", "AUTUMN", "--tenant", slug, "--sponsor", "Acme", *FLIGHT)
    assert (again.exit_code, str(again.exception)) == (1, "Acme has a campaign AUTUMN already.")
    stored = (
        "Autumn",
        "Acme",
        date(2026, 10, 1),
        date(2026, 12, 31),
        "proposed",
        "lead",
        12_500_500_000,
        "CHF",
        40,
    )
    assert _campaigns(alice) == [stored]
    action, kind, resource, changes = _audit(alice)[-1]
    assert (action, kind, str(resource)) == ("campaign.created", "campaign", made.stdout.strip())
    assert changes == {
        "name": "Autumn", "sponsor": "Acme", "stage": "proposed", "start_date": "2026-10-01", "end_date": "2026-12-31",
        "conversion_type": "lead", "budget_micros": 12_500_500_000, "currency": "CHF", "goal_conversions": 40,
    }  # fmt: skip
    assert (
        "proposed, 2026-10-01 to 2026-12-31, conversion: lead, budget CHF\N{NO-BREAK SPACE}12,500.50, goal 40"
        in (run("campaign", "list", "--tenant", slug).output)
    )


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        ({"sponsor": "Nobody"}, NotFound,
         "There is no sponsor called Nobody: `podboard sponsor create` makes one."),
        ({"starts_on": date(2027, 1, 1)}, InvalidRequest,
         "The flight ends before it begins: 2027-01-01 to 2026-12-31."),
        ({"stage": "sold"}, InvalidRequest,
         "There is no stage sold; there are prospect, proposed, booked, live, paused, completed, cancelled."),
        ({"conversion_type": "visit"}, InvalidRequest,
         "There is no conversion type visit; there are purchase, lead."),
        *[({"currency": currency}, InvalidRequest, "A currency is written like EUR (ISO 4217).")
          for currency in ("euro", "eur", "XXX", "QQQ")],
        *[({"budget": budget}, InvalidRequest, "A budget is an amount of money, written like 12500.50.")
          for budget in ("-1", "much", "NaN", "Infinity", "1e99", "0.0000001", "1000000000.000001")],
        *[({"goal_conversions": goal}, InvalidRequest, "A goal is a number of conversions, from 1 on.")
          for goal in (0, -3, 2**31)],
        *[({"name": name}, InvalidRequest, "A campaign's name has between 1 and 200 characters, all printable.")
          for name in (" ", "x" * 201, "a\nb", "a\0b")],
    ],
)  # fmt: skip
def test_what_cannot_be_a_campaign_is_said_in_one_line(
    alice: Tenant, values: dict[str, Any], kind: type[PodboardError], message: str
) -> None:
    actor = Actor(alice.tenant_id)
    create_sponsor(actor, "Acme")
    with pytest.raises(kind) as told:
        create_campaign(actor, _told(**values))
    assert str(told.value) == message
    assert _campaigns(alice) == []
    assert [action for action, *_ in _audit(alice)] == ["sponsor.created"]


@pytest.mark.parametrize("name", ["", "x" * 201, "a\tb"])
def test_what_cannot_be_a_sponsor_is_refused(alice: Tenant, name: str) -> None:
    with pytest.raises(InvalidRequest, match="A sponsor's name has between 1 and 200 characters"):
        create_sponsor(Actor(alice.tenant_id), name)
    assert _sponsors(alice) == []


def test_the_widest_values_that_the_schema_takes_are_taken(alice: Tenant) -> None:
    actor = Actor(alice.tenant_id)
    create_sponsor(actor, "x" * 200)
    day = date(2026, 10, 1)
    create_campaign(
        actor,
        _told("y" * 200, sponsor="X" * 200, starts_on=day, ends_on=day, budget="1000000000", currency="USD",
              goal_conversions=10**9),
    )  # fmt: skip
    [stored] = _campaigns(alice)
    assert stored[2:] == (day, day, "booked", "purchase", 10**15, "USD", 10**9)


def test_the_quota_is_told(alice: Tenant) -> None:
    actor = Actor(alice.tenant_id)
    create_sponsor(actor, "Acme")
    with alice.owner() as owner:
        owner.execute("update tenant_quotas set max_campaigns = 1 where tenant_id = %s", [alice.tenant_id])
    create_campaign(actor, _told("One"))
    with pytest.raises(QuotaReached, match="Your plan allows 1 campaign"):
        create_campaign(actor, _told("Two"))
    assert [name for name, *_ in _campaigns(alice)] == ["One"]


def test_of_several_at_once_one_makes_the_campaign(alice: Tenant) -> None:
    actor = Actor(alice.tenant_id)
    create_sponsor(actor, "Acme")
    together, said = threading.Barrier(6), []

    def one() -> None:
        together.wait(30)
        try:
            create_campaign(actor, _told())
            said.append("made")
        except InvalidRequest as refused:
            said.append(str(refused))

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(said) == ["Acme has a campaign Autumn already."] * 5 + ["made"]
    assert len(_campaigns(alice)) == 1


def test_another_tenants_sponsors_and_campaigns_are_unknown(run: Run, alice: Tenant, charlie: Tenant) -> None:
    create_sponsor(Actor(charlie.tenant_id), "Acme")
    theirs = create_campaign(Actor(charlie.tenant_id), _told())
    with pytest.raises(NotFound, match="There is no sponsor called Acme"):
        create_campaign(Actor(alice.tenant_id), _told())
    for campaign in ("Autumn", str(theirs)):
        with pytest.raises(NotFound, match=f"There is no campaign called {campaign}"):
            set_stage(Actor(alice.tenant_id), campaign, "cancelled")
    for subject in ("sponsor", "campaign"):
        assert run(subject, "list", "--tenant", _slug(alice)).output.startswith(f"There is no {subject}: ")
    assert _audit(alice) == []
    # The same names are free here, and what was there stands as it was.
    create_sponsor(Actor(alice.tenant_id), "Acme")
    create_campaign(Actor(alice.tenant_id), _told(ends_on=date(2026, 11, 1)))
    assert [row[3:5] for row in _campaigns(charlie)] == [(date(2026, 12, 31), "booked")]


def test_an_unknown_tenant_is_told(run: Run) -> None:
    for arguments in (["sponsor", "create", "Acme"], ["sponsor", "list"], ["campaign", "list"]):
        told = run(*arguments, "--tenant", "nobodys")
        assert told.exit_code == 1
        assert isinstance(told.exception, NotFound)
        assert str(told.exception).startswith("There is no tenant 'nobodys'")


def test_who_may_not_change_campaigns_changes_none(alice: Tenant) -> None:
    create_sponsor(Actor(alice.tenant_id), "Acme")
    create_campaign(Actor(alice.tenant_id), _told())
    people = {
        "admin": alice.person("alice@entry.example", "admin"),
        "sponsor": _person(alice, "bob@entry.example", "sponsor", Ownership("sponsor", "Acme")),
        "podcaster": alice.person("carol@entry.example", "podcaster"),
    }
    for role in ("sponsor", "podcaster"):
        actor = Actor(alice.tenant_id, people[role])
        with pytest.raises(AccessRefused, match="may not change sponsors and campaigns"):
            create_sponsor(actor, "Mine")
        with pytest.raises(NotFound):
            create_campaign(actor, _told("Mine"))
        with pytest.raises(NotFound):
            set_stage(actor, "Autumn", "cancelled")
    admin = Actor(alice.tenant_id, people["admin"])
    create_sponsor(admin, "Borealis")
    create_campaign(admin, _told("Winter", sponsor="Borealis"))
    assert set_stage(admin, "Winter", "live") == "booked"
    changed_by = _rows(
        alice, "select distinct user_id from audit_logs where tenant_id = %(tenant)s and user_id is not null"
    )
    assert changed_by == [(people["admin"],)]
    seen = {}
    for person in people:
        with tenant_session(Actor(alice.tenant_id, people[person])) as connection:
            seen[person] = [
                [row["name"] for row in question(connection)]
                for question in (sponsors_entered, campaigns_entered)
            ]
    assert seen == {
        "admin": [["Acme", "Borealis"], ["Autumn", "Winter"]],
        "sponsor": [["Acme"], ["Autumn"]],
        "podcaster": [[], []],
    }
    assert _sponsors(alice) == ["Acme", "Borealis"]
    assert [(name, row[3]) for name, *row in _campaigns(alice)] == [("Autumn", "booked"), ("Winter", "live")]


def _person(tenant: Tenant, email: str, role: str, own: Ownership) -> UUID:
    invite(tenant=_slug(tenant), email=email, role=role, owns=[own])
    [(user_id,)] = _rows(tenant, f"select id from users where tenant_id = %(tenant)s and email = '{email}'")
    return UUID(str(user_id))


def test_a_campaign_moves_from_stage_to_stage(run: Run, alice: Tenant) -> None:
    slug, actor = _slug(alice), Actor(alice.tenant_id)
    assert unscoped_tenant_id(slug) == alice.tenant_id
    create_sponsor(actor, "Acme")
    create_sponsor(actor, "Borealis")
    campaign = create_campaign(actor, _told())
    changed = "select stage_changed_at from campaigns where tenant_id = %(tenant)s"
    before = _rows(alice, changed)
    assert run("campaign", "stage", "Autumn", "live", "--tenant", slug).output == "Autumn: booked → live\n"
    after = _rows(alice, changed)
    assert after > before
    assert run("campaign", "stage", "Autumn", "live", "--tenant", slug).output == "Autumn is live already.\n"
    assert _rows(alice, changed) == after
    assert run("campaign", "stage", campaign, "paused", "--tenant", slug).exit_code == 0
    assert [entry for entry in _audit(alice) if entry[0] == "campaign.stage_changed"] == [
        ("campaign.stage_changed", "campaign", campaign, {"from": "booked", "to": "live"}),
        ("campaign.stage_changed", "campaign", campaign, {"from": "live", "to": "paused"}),
    ]
    create_campaign(actor, _told(sponsor="Borealis"))
    for name, message in (
        ("Autumn", "Several campaigns are called Autumn: give the id."),
        ("Nope", "There is no campaign called Nope."),
    ):
        told = run("campaign", "stage", name, "live", "--tenant", slug)
        assert (told.exit_code, str(told.exception)) == (1, message)
    wrong = run("campaign", "stage", campaign, "sold", "--tenant", slug)
    assert str(wrong.exception).startswith("There is no stage sold; there are prospect, ")
    assert [row[4] for row in _campaigns(alice)] == ["paused", "booked"]
