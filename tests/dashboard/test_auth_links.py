"""One-time links: invitations and resets, from the command line to the first log-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from click.testing import CliRunner

from dashboard.commands import tenant as tenant_command
from dashboard.commands import user as user_command
from queries.errors import InvalidRequest, NotFound, PodboardError
from queries.people import token_hash
from queries.tenants import OneTimeLink, Ownership, create_tenant, invite, reset, set_disabled
from tests.dashboard.visitors import Browser

NEW = "nine grey herons wading"
_numbers = count()


@pytest.fixture
def newcomer() -> str:
    """An e-mail nobody has yet."""
    return f"newcomer{next(_numbers)}@alpha.example"


def _send(browser: Browser, link: OneTimeLink | str, password: str = NEW, **form: str) -> Any:
    token = link if isinstance(link, str) else link.token
    fields = {"token": token, "password": password, "repeated": password, **form}
    return browser.post("/set-password", data={"csrf_token": browser.form_token("/set-password"), **fields})


def test_an_invitation_leads_to_a_log_in(browse, newcomer, in_tables) -> None:
    link = invite(tenant="alpha", email=newcomer, role="sponsor", full_name="Nora Newcomer")
    browser = browse()
    assert browser.log_in(newcomer, NEW).status_code == 401
    answer = _send(browser, link)
    assert (answer.status_code, answer.location) == (303, "/login?set=1")
    assert "Your password is set." in browser.get(answer.location).text
    assert browser.log_in(newcomer, NEW).status_code == 303
    row = in_tables.execute(
        "select email_verified, full_name from users where email = %s", [newcomer]
    ).fetchone()
    assert row == (True, "Nora Newcomer")


def test_a_link_works_once(browse, newcomer) -> None:
    link = invite(tenant="alpha", email=newcomer, role="sponsor")
    assert _send(browse(), link).status_code == 303
    again = _send(browse(), link, "another long password")
    assert again.status_code == 400
    assert "used already or is too old" in again.text
    assert browse().log_in(newcomer, "another long password").status_code == 401
    assert browse().log_in(newcomer, NEW).status_code == 303


def test_of_two_at_the_same_time_one_wins(browse, newcomer) -> None:
    link = invite(tenant="alpha", email=newcomer, role="sponsor")
    browsers = [browse() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda browser: _send(browser, link).status_code, browsers))
    assert sorted(answers) == [303] + [400] * 5


def test_an_invitation_lasts_a_day_and_a_reset_half_an_hour(browse, clock, newcomer) -> None:
    made = clock.moment
    link = invite(tenant="alpha", email=newcomer, role="sponsor", now=made)
    clock.move(hours=24)
    assert _send(browse(), link).status_code == 400
    link = invite(tenant="alpha", email=newcomer, role="sponsor", now=clock.moment)
    clock.move(hours=23, minutes=59)
    assert _send(browse(), link).status_code == 303
    late = reset(email=newcomer, now=clock.moment)
    clock.move(minutes=30)
    assert _send(browse(), late).status_code == 400


def test_a_new_link_spoils_the_old_one(browse, newcomer) -> None:
    first = invite(tenant="alpha", email=newcomer, role="sponsor")
    second = invite(tenant="alpha", email=newcomer, role="sponsor")
    assert _send(browse(), first).status_code == 400
    assert _send(browse(), second).status_code == 303


def test_a_reset_ends_open_sessions_and_other_links(browse, newcomer) -> None:
    _send(browse(), invite(tenant="alpha", email=newcomer, role="sponsor"))
    inside = browse()
    inside.log_in(newcomer, NEW)
    link = reset(email=newcomer)
    assert inside.get("/campaigns").status_code == 200
    assert _send(browse(), link, "a third long password").status_code == 303
    assert inside.get("/campaigns").status_code == 302
    assert browse().log_in(newcomer, NEW).status_code == 401
    assert browse().log_in(newcomer, "a third long password").status_code == 303


def test_the_whole_link_may_be_pasted(browse, newcomer) -> None:
    link = invite(tenant="alpha", email=newcomer, role="sponsor")
    assert _send(browse(), f"  https://podboard.test/set-password#{link.token} ").status_code == 303


@pytest.mark.parametrize(
    ("password", "form", "said"),
    [
        ("short", {}, "at least 12"),
        (NEW, {"repeated": "something else here"}, "differ"),
        ("password1234", {}, "stolen"),
        ("newcomer newcomer", {}, "name or e-mail"),
    ],
)
def test_a_refused_password_leaves_the_link_good(browse, newcomer, password, form, said) -> None:
    link = invite(tenant="alpha", email=newcomer, role="sponsor", full_name="Newcomer")
    browser = browse()
    answer = _send(browser, link, password, **form)
    assert answer.status_code == 400
    assert said in answer.text
    assert _send(browser, link).status_code == 303


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 500, "#", "' or 1=1", "é" * 43, "\x00"])
def test_made_up_tokens_are_refused(browse, token) -> None:
    answer = _send(browse(), token)
    assert answer.status_code == 400
    assert "used already or is too old" in answer.text


def test_made_up_tokens_are_throttled(browse) -> None:
    browser = browse()
    answers = [_send(browser, "x").status_code for _ in range(41)]
    assert answers == [400] * 40 + [429]


def test_a_disabled_person_cannot_use_a_link(browse, newcomer) -> None:
    link = invite(tenant="alpha", email=newcomer, role="sponsor")
    set_disabled(email=newcomer, is_disabled=True)
    assert _send(browse(), link).status_code == 400
    with pytest.raises(InvalidRequest, match="disabled"):
        reset(email=newcomer)


def test_the_token_is_stored_hashed_and_never_in_an_address(browse, newcomer, in_tables, capfd) -> None:
    link = invite(tenant="alpha", email=newcomer, role="sponsor")
    assert in_tables.execute(
        "select count(*) from password_reset_tokens where token = %s", [token_hash(link.token)]
    ).fetchone() == (1,)
    browser = browse()
    answer = _send(browser, link)
    logged = capfd.readouterr()
    assert link.token not in logged.err + logged.out
    assert NEW not in logged.err + logged.out
    assert link.token not in answer.location


def test_an_operator_is_invited_without_a_tenant(browse) -> None:
    email = f"ops{next(_numbers)}@podboard.example"
    assert _send(browse(), invite(tenant=None, email=email, role="operator")).status_code == 303
    browser = browse()
    assert browser.log_in(email, NEW).status_code == 303
    assert browser.get("/").location == "/system"
    link = reset(email=email)
    assert _send(browse(), link, "a third long password").status_code == 303
    assert browser.get("/system").status_code == 302
    assert set_disabled(email=email, is_disabled=True) == 0
    assert browse().log_in(email, "a third long password").status_code == 401


# What the commands refuse --------------------------------------------------------------------------------------


@pytest.fixture
def sponsor_name(app, in_tables) -> Iterator[str]:
    """A sponsor and a podcast of the first tenant, each with the same invented name."""
    name = f"Tidewater {next(_numbers)}"
    for table in ("sponsors", "podcasts"):
        in_tables.execute(
            f"insert into {table} (tenant_id, name) select id, %s from tenants where slug = 'alpha'", [name]
        )
    return name


def test_ownership_is_by_name_within_the_tenant(newcomer, sponsor_name, in_tables) -> None:
    invite(tenant="alpha", email=newcomer, role="sponsor", owns=[Ownership("sponsor", sponsor_name.upper())])
    owned = in_tables.execute(
        "select o.resource_type, s.name from resource_ownership o join sponsors s on s.id = o.resource_id "
        "join users u on u.id = o.owner_id where u.email = %s",
        [newcomer],
    ).fetchall()
    assert owned == [("sponsor", sponsor_name)]
    with pytest.raises(InvalidRequest, match="belongs to somebody else"):
        invite(
            tenant="alpha", email="x" + newcomer, role="sponsor", owns=[Ownership("sponsor", sponsor_name)]
        )
    with pytest.raises(NotFound, match="no podcast called Nothing"):
        invite(tenant="alpha", email="x" + newcomer, role="podcaster", owns=[Ownership("podcast", "Nothing")])
    with pytest.raises(NotFound, match="no sponsor called"):
        invite(tenant="beta", email="x" + newcomer, role="sponsor", owns=[Ownership("sponsor", sponsor_name)])
    assert in_tables.execute("select count(*) from users where email = %s", ["x" + newcomer]).fetchone() == (
        0,
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"role": "emperor"},
            "There is no role emperor here; there are account_manager, admin, podcaster, sponsor.",
        ),
        ({"tenant": "gamma"}, "There is no tenant gamma."),
        ({"email": "not an address"}, "not an e-mail"),
        ({"email": "bob@alpha.example"}, "has a password already"),
        ({"email": "charlie@beta.example"}, "has an account elsewhere"),
        ({"tenant": None, "owns": [Ownership("sponsor", "x")]}, "owns nothing"),
        ({"owns": [Ownership("planet", "x")]}, "a sponsor or a podcast"),
    ],
)
def test_an_invitation_that_cannot_be(app, newcomer, changes, said) -> None:
    with pytest.raises(PodboardError) as caught:
        invite(**{"tenant": "alpha", "email": newcomer, "role": "sponsor", **changes})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"slug": "Two Words"}, "slug"),
        ({"slug": "alpha"}, "slug"),
        ({"time_zone": "Middle/Earth"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"currency": "euro"}, "currency"),
    ],
)
def test_a_tenant_that_cannot_be(app, changes, field) -> None:
    with pytest.raises(InvalidRequest) as caught:
        create_tenant(**{"name": "Gamma", "slug": "gamma", "time_zone": "UTC", "currency": "USD", **changes})
    assert caught.value.field == field


def test_the_commands_make_a_tenant_and_its_first_person(app, web_settings, browse, monkeypatch) -> None:
    for name, value in {
        "DATABASE_URL": web_settings.database_url, "DATABASE_WORKER_URL": web_settings.database_worker_url,
        "DATABASE_OWNER_URL": web_settings.database_owner_url, "PODBOARD_URL": "https://podboard.test",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    slug = f"delta-{next(_numbers)}"
    made = CliRunner().invoke(
        tenant_command.command,
        ["create", "--name", "Delta", "--slug", slug, "--time-zone", "Asia/Kolkata", "--currency", "INR"],
    )
    assert made.exit_code == 0, made.output
    invited = CliRunner().invoke(
        user_command.command,
        ["invite", "--tenant", slug, "--role", "admin", "--email", f"first@{slug}.example"],
    )
    assert invited.exit_code == 0, invited.output
    token = re.search(r"https://podboard\.test/set-password#([A-Za-z0-9_-]{43})\n", invited.output)[1]
    assert _send(browse(), token).status_code == 303
    browser = browse()
    assert browser.log_in(f"first@{slug}.example", NEW).status_code == 303
    assert browser.get("/portfolio").status_code == 200
    shut = CliRunner().invoke(user_command.command, ["disable", "--email", f"first@{slug}.example"])
    assert "1 open sessions ended" in shut.output
    assert browser.get("/portfolio").status_code == 302
    both = CliRunner().invoke(
        user_command.command, ["invite", "--tenant", slug, "--operator", "--email", "x@x.example"]
    )
    assert both.exit_code == 2


def test_what_the_operator_did_stands_in_the_audit_log(app, newcomer, in_tables) -> None:
    invite(tenant="alpha", email=newcomer, role="sponsor")
    reset(email=newcomer)
    set_disabled(email=newcomer, is_disabled=True)
    rows = in_tables.execute(
        "select action, changes from audit_logs "
        "where resource_id = (select id from users where email = %s) order by occurred_at",
        [newcomer],
    ).fetchall()
    assert rows == [
        ("user.invited", {"role": "sponsor", "owns": 0}),
        ("user.reset_link_made", {}),
        ("user.disabled", {}),
    ]
