"""Log-in, log-out, sessions and throttle of the real application."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from sqlalchemy import QueuePool

from dashboard import run as product
from dashboard.auth import passwords, views
from dashboard.auth.gate import own_path
from dashboard.auth.throttle import FREE_ATTEMPTS_PER_ACCOUNT, FREE_ATTEMPTS_PER_ADDRESS, address_prefix
from dashboard.server import create_server
from queries.engine import engine_for
from queries.people import token_hash
from queries.settings import current_settings
from queries.tenants import invite, set_disabled
from tests.dashboard.visitors import CHEAP, PASSWORD, Browser, Using, address

WRONG = "not the right one"
START_PAGES = {
    "Alice": "/portfolio",
    "Bob": "/campaigns",
    "Carol": "/overview",
    "Dora": "/portfolio",
    "Charlie": "/portfolio",
    "Oscar": "/system",
}


@pytest.mark.parametrize(("person", "page"), START_PAGES.items())
def test_log_in_leads_to_the_own_start_page(browse, person, page) -> None:
    browser = browse()
    answer = browser.log_in(person)
    assert (answer.status_code, answer.location) == (303, "/")
    assert browser.get("/").location == page
    assert browser.get(page).status_code == 200


def test_somebody_logged_in_is_not_asked_again(browse) -> None:
    assert browse("Bob").get("/login?next=/reports").location == "/reports"


# Refusals tell nothing -----------------------------------------------------------------------------------------


def _refusal(browser: Browser, email: str, password: str = WRONG) -> tuple[int, str]:
    answer = browser.log_in(email, password)
    page = re.sub(r'value="[^"]*"', "", answer.text)
    return answer.status_code, page


@pytest.fixture
def dropouts(app) -> dict[str, str]:
    """People who cannot log in: invited but without a password, and disabled."""
    invite(tenant="alpha", email="invited@alpha.example", role="sponsor")
    email = "disabled@alpha.example"
    link = invite(tenant="alpha", email=email, role="sponsor") if not _has_password(email) else None
    if link:
        browser = Browser(app.test_client(), app)
        _set_password(browser, link.token)
    set_disabled(email=email, is_disabled=True)
    return {"invited": "invited@alpha.example", "disabled": email}


def _has_password(email: str) -> bool:
    from queries.people import account_for_email
    from queries.session import anonymous_session

    with anonymous_session() as connection:
        account = account_for_email(connection, email)
    return bool(account and account.password_hash)


def _set_password(browser: Browser, token: str, password: str = PASSWORD, **form: str) -> Any:
    form = {
        "csrf_token": browser.form_token("/set-password"), "token": token, "password": password, "repeated": password,
        **form,
    }  # fmt: skip
    return browser.post("/set-password", data=form)


def test_every_refusal_reads_the_same(browse, dropouts) -> None:
    wrong = _refusal(browse(), "Bob")
    assert wrong[0] == 401
    assert "E-mail and password do not match" in wrong[1]
    assert _refusal(browse(), "nobody@nowhere.example") == wrong
    assert _refusal(browse(), dropouts["invited"]) == wrong
    assert _refusal(browse(), dropouts["disabled"]) == wrong
    assert _refusal(browse(), dropouts["disabled"], PASSWORD) == wrong


@pytest.fixture
def statements(monkeypatch) -> list[str]:
    """Every statement that has been sent to a database since the test began."""
    noted: list[str] = []
    execute = psycopg.Cursor.execute

    def noting(cursor, query, params=None, **options):
        noted.append(query.decode() if isinstance(query, bytes) else str(query))
        return execute(cursor, query, params, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", noting)
    return noted


def test_nobodys_password_costs_as_much_as_somebodys(browse, monkeypatch, dropouts, statements) -> None:
    """The same work for every refusal: one verification with the same parameters, the same number of statements."""
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            verified.append(str(hash).rpartition("$")[0].rpartition("$")[0])
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counting(**CHEAP))
    counts = {}
    for email in ("Bob", "nobody@nowhere.example", "Oscar", dropouts["invited"], dropouts["disabled"]):
        browser = browse()
        browser.get("/login")
        statements.clear()
        _refusal(browser, email)
        counts[email] = len(statements)
    assert len(verified) == 5
    assert set(verified) == {"$argon2id$v=19$m=1024,t=2,p=1"}
    assert len(set(counts.values())) == 1, counts
    assert counts["Bob"] > 0


def test_a_body_that_is_no_log_in_is_refused_before_any_work(browse, monkeypatch) -> None:
    monkeypatch.setattr(views, "verify_password", pytest.fail)
    browser = browse()
    for form in (
        {"email": "", "password": "x"},
        {"email": "a@b", "password": ""},
        {"email": "a@b", "password": "x" * 1025},
        {"email": "a" * 300 + "@b", "password": "x"},
    ):
        form["csrf_token"] = browser.form_token()
        assert browser.post("/login", data=form).status_code == 400


# Throttle ------------------------------------------------------------------------------------------------------


def _guess(browser: Browser, email: str, password: str = WRONG) -> Any:
    return browser.log_in(email, password)


def test_waits_double_up_to_a_quarter_of_an_hour_and_never_lock_out(browse, clock) -> None:
    browser = browse()
    for _ in range(FREE_ATTEMPTS_PER_ACCOUNT):
        assert _guess(browser, "Bob").status_code == 401
    waits = []
    for _ in range(12):
        refused = _guess(browser, "Bob")
        assert refused.status_code == 429
        waits.append(int(refused.headers["Retry-After"]))
        clock.move(seconds=waits[-1])
        assert _guess(browser, "Bob").status_code == 401
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    clock.move(seconds=900)
    assert browser.log_in("Bob").status_code == 303


def test_while_it_waits_nothing_is_tried_or_counted(browse, clock, monkeypatch) -> None:
    browser = browse()
    for _ in range(FREE_ATTEMPTS_PER_ACCOUNT + 1):
        _guess(browser, "Bob")
    with monkeypatch.context() as patch:
        patch.setattr(views, "verify_password", pytest.fail)
        answers = [_guess(browser, "Bob", PASSWORD) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {429}
    assert {answer.headers["Retry-After"] for answer in answers} == {"1"}
    assert "Try again in a second." in answers[0].text
    clock.move(seconds=1)
    assert browser.log_in("Bob").status_code == 303


def test_nobodys_account_waits_like_somebodys(browse) -> None:
    seen = []
    for email in ("Bob", "nobody@nowhere.example"):
        browser = browse()
        seen.append([_guess(browser, email).status_code for _ in range(FREE_ATTEMPTS_PER_ACCOUNT + 1)])
    assert seen[0] == seen[1] == [401] * FREE_ATTEMPTS_PER_ACCOUNT + [429]


def test_a_success_clears_the_count_and_others_are_not_in_it(browse) -> None:
    browser = browse()
    for _ in range(2):
        for _ in range(FREE_ATTEMPTS_PER_ACCOUNT - 1):
            assert _guess(browser, "Bob").status_code == 401
        assert browse().log_in("Carol").status_code == 303
        assert browse().log_in("Bob").status_code == 303


def test_one_address_cannot_try_everybody(browse, monkeypatch) -> None:
    monkeypatch.setattr(views, "verify_password", lambda *_: False)
    browser = browse()
    statuses = [
        _guess(browser, f"someone{n}@nowhere.example").status_code
        for n in range(FREE_ATTEMPTS_PER_ADDRESS + 1)
    ]
    assert statuses == [401] * FREE_ATTEMPTS_PER_ADDRESS + [429]
    elsewhere = browse()
    elsewhere.client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    assert elsewhere.log_in("Bob", PASSWORD).status_code == 401  # counted on its own: not 429


def test_right_passwords_are_not_counted_against_an_address(browse) -> None:
    statuses = {browse().log_in(person).status_code for _ in range(15) for person in ("Bob", "Carol", "Dora")}
    assert statuses == {303}


def test_guesses_sent_at_once_are_counted_one_by_one(browse, app, monkeypatch) -> None:
    monkeypatch.setattr(views, "verify_password", lambda *_: False)
    browsers = [browse() for _ in range(12)]
    forms = [
        {"csrf_token": browser.form_token(), "email": "bob@alpha.example", "password": "x"}
        for browser in browsers
    ]
    with ThreadPoolExecutor(12) as pool:
        answers = list(
            pool.map(
                lambda pair: pair[0].post("/login", data=pair[1]).status_code,
                zip(browsers, forms, strict=True),
            )
        )
    assert answers.count(401) == FREE_ATTEMPTS_PER_ACCOUNT


def test_nobody_who_is_logged_in_takes_counts_of_attempts_back(browse, in_tables, web_database) -> None:
    """Neither an admin nor whoever speaks for the tenant sees or changes one; the worker forgets old ones."""
    _guess(browse(), "Bob")
    ((tenant, admin),) = in_tables.execute(
        "select tenant_id, id from users where email = %s", [address("Alice")]
    ).fetchall()
    with psycopg.connect(web_database.web_dsn) as web:
        web.execute("select enter_session(%s, %s)", [tenant, admin])
        assert web.execute("select count(*) from login_attempts").fetchone() == (0,)
        assert web.execute("update login_attempts set failures = 0").rowcount == 0
        web.commit()
        # At the door nobody is known: attempts are counted, and none is deleted.
        assert web.execute("select count(*) from login_attempts").fetchone() == (2,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("delete from login_attempts")
        web.rollback()
        web.execute("select enter_session(%s, %s)", [tenant, admin])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("insert into login_attempts (attempt_key, failures) values (repeat('a', 64), 1)")
    assert in_tables.execute("select failures from login_attempts").fetchall() == [(1,), (1,)]


def test_attempts_are_kept_without_e_mail_and_address(browse, in_tables) -> None:
    _guess(browse(), "Bob")
    rows = in_tables.execute("select attempt_key, failures from login_attempts").fetchall()
    assert [failures for _, failures in rows] == [1, 1]
    browse().log_in("Bob")
    assert in_tables.execute("select failures from login_attempts").fetchall() == [(1,)]
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key, _ in rows)


@pytest.mark.parametrize(
    ("given", "prefix"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:aaaa:bbbb::1", "2001:db8:aaaa::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("", None),
        (None, None),
        ("not an address", None),
    ],
)
def test_address_prefix(given, prefix) -> None:
    assert address_prefix(given) == prefix


# Cookies and sessions ------------------------------------------------------------------------------------------


def _set_cookies(answer: Any) -> dict[str, set[str]]:
    return {
        line.split("=", 1)[0]: {part.strip().lower() for part in line.split(";")[1:]}
        for line in answer.headers.getlist("Set-Cookie")
    }


def test_the_session_cookie_is_bound_to_host_and_tls(browse) -> None:
    answer = browse().log_in("Bob")
    assert _set_cookies(answer)["__Host-podboard"] == {"secure", "httponly", "path=/", "samesite=lax"}


def test_every_cookie_is_secure_and_without_a_domain(browse) -> None:
    browser = browse()
    seen = [browser.get("/login"), browser.log_in("Bob"), browser.get("/campaigns")]
    flags = [(name, parts) for answer in seen for name, parts in _set_cookies(answer).items()]
    assert {name for name, _ in flags} == {"__Host-podboard", "__Host-podboard-form", "__Host-podboard-csrf"}
    for name, parts in flags:
        assert {"secure", "path=/"} <= parts, name
        assert not any(part.startswith("domain") for part in parts), name
        assert ("httponly" in parts) is (name != "__Host-podboard-csrf"), name


def test_plain_names_only_in_the_demo(web_settings) -> None:
    demo = replace(web_settings, demo=True, public_url="http://127.0.0.1:8050")
    with Using(demo):
        app = create_server(demo)
        client = app.test_client()
        page = client.get("/login", base_url="http://127.0.0.1:8050")
        assert list(_set_cookies(page)) == ["podboard-form"]
        form = {
            "csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1],
            "email": address("Bob"), "password": PASSWORD,
        }  # fmt: skip
        answer = client.post(
            "/login", data=form, base_url="http://127.0.0.1:8050", headers={"Origin": "http://127.0.0.1:8050"}
        )
    assert answer.status_code == 303
    assert _set_cookies(answer)["podboard"] == {"httponly", "path=/", "samesite=lax"}


def test_the_demo_names_everybody_who_can_log_in(web_settings) -> None:
    demo = replace(web_settings, demo=True, public_url="http://127.0.0.1:8050")
    with Using(demo):
        page = create_server(demo).test_client().get("/login", base_url="http://127.0.0.1:8050").text
    for email, _ in product.PEOPLE:
        assert email.partition("@")[0] + "@" in page
    for said in ("@demo.example", "second.example", product.PASSWORD):
        assert said in page


def test_the_database_keeps_no_cookie(browse, in_tables) -> None:
    token = browse("Bob").cookie("__Host-podboard")
    assert len(token) >= 43
    stored = in_tables.execute(
        "select count(*) from sessions where token_hash = %s", [token_hash(token)]
    ).fetchone()
    assert stored == (1,)
    rows = in_tables.execute(
        "select s::text from sessions s union all select d::text from internal.directory d"
    ).fetchall()
    assert not any(token in row for (row,) in rows)


def test_log_in_never_takes_over_a_cookie_it_was_given(browse, app) -> None:
    planted = "A" * 43
    browser = browse()
    browser.client.set_cookie("__Host-podboard", planted, domain="podboard.test", secure=True)
    before = browser.cookie("__Host-podboard-form")
    assert browser.log_in("Bob").status_code == 303
    assert browser.cookie("__Host-podboard") != planted
    assert (
        browser.cookie("__Host-podboard-form") in (None, "")
        or browser.cookie("__Host-podboard-form") != before
    )
    assert _with_cookie(browse(), planted).get("/campaigns").status_code == 302


def test_a_second_log_in_ends_the_first_session_also_of_somebody_else(browse) -> None:
    for first, second in (("Bob", "Bob"), ("Bob", "Charlie"), ("Oscar", "Bob")):
        browser = browse(first)
        old = browser.cookie("__Host-podboard")
        # The log-in page sends on somebody who is logged in, so this form was opened in another tab before.
        tab = browse()
        form = {"csrf_token": tab.form_token(), "email": address(second), "password": PASSWORD}
        assert _with_cookie(tab, old).post("/login", data=form).status_code == 303
        assert browser.get(START_PAGES[first]).status_code == 302
        assert tab.get(START_PAGES[second]).status_code == 200


def _with_cookie(browser: Browser, token: str) -> Browser:
    browser.client.set_cookie("__Host-podboard", token, domain="podboard.test", secure=True)
    return browser


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "A" * 5000, "%00" * 20, "é" * 43, "' or 1=1 --" * 4])
def test_a_cookie_made_up_is_no_log_in(browse, cookie) -> None:
    browser = browse()
    answer = browser.get("/campaigns", headers={"Cookie": f"__Host-podboard={cookie}"})
    assert (answer.status_code, answer.location) == (302, "/login?next=%2Fcampaigns")


def test_a_session_ends_when_nobody_used_it_for_half_an_hour(browse, clock) -> None:
    browser = browse("Bob")
    clock.move(minutes=29, seconds=59)
    assert browser.get("/campaigns").status_code == 200
    clock.move(minutes=29, seconds=59)
    assert browser.get("/campaigns").status_code == 200
    clock.move(minutes=30)
    assert browser.get("/campaigns").status_code == 302


def test_a_session_ends_after_twelve_hours_however_busy(browse, clock) -> None:
    browser = browse("Bob")
    for _ in range(12 * 3 - 1):
        clock.move(minutes=20)
        assert browser.get("/campaigns").status_code == 200
    clock.move(minutes=19, seconds=59)
    assert browser.get("/campaigns").status_code == 200
    clock.move(seconds=1)
    assert browser.get("/campaigns").status_code == 302


def test_last_seen_is_written_at_most_once_a_minute(browse, clock, in_tables) -> None:
    browser = browse("Bob")
    seen = []
    for _ in range(5):
        clock.move(seconds=25)
        browser.get("/campaigns")
        [(last,)] = in_tables.execute(
            "select last_seen_at from sessions where token_hash = %s",
            [token_hash(browser.cookie("__Host-podboard"))],
        ).fetchall()
        seen.append((clock.moment - last).total_seconds())
    assert seen == [25, 50, 0, 25, 50]


def test_log_out_ends_the_session_on_the_server(browse, in_tables) -> None:
    in_tables.execute("delete from access_logs")
    browser = browse("Bob")
    token = browser.cookie("__Host-podboard")
    assert browser.get("/logout").status_code == 404  # a link or an image cannot log anybody out
    assert browser.get("/campaigns").status_code == 200
    answer = browser.post("/logout", data={"csrf_token": browser.script_token()})
    assert (answer.status_code, answer.location) == (303, "/login")
    assert browser.cookie("__Host-podboard") is None
    assert _with_cookie(browse(), token).get("/campaigns").status_code == 302
    assert in_tables.execute("select action, allowed from access_logs order by occurred_at").fetchall() == [
        ("log_in", True),
        ("log_out", True),
    ]


def test_log_out_ends_no_other_session(browse) -> None:
    here, there = browse("Bob"), browse("Bob")
    here.post("/logout", data={"csrf_token": here.script_token()})
    assert there.get("/campaigns").status_code == 200


def test_disabling_shuts_out_at_once_and_enabling_brings_no_session_back(browse) -> None:
    browser = browse("Carol")
    assert set_disabled(email=address("Carol"), is_disabled=True) >= 1
    try:
        assert browser.get("/overview").status_code == 302
        assert browser.callback({}, token="x").status_code == 401
        assert browse().log_in("Carol").status_code == 401
    finally:
        set_disabled(email=address("Carol"), is_disabled=False)
    assert browser.get("/overview").status_code == 302
    assert browse().log_in("Carol").status_code == 303


def test_a_role_taken_away_counts_on_the_next_request(browse, in_tables) -> None:
    browser = browse("Dora")
    assert browser.get("/portfolio").status_code == 200
    in_tables.execute(
        "update user_roles set role_id = (select id from roles r where r.tenant_id = user_roles.tenant_id "
        "and name = 'sponsor') "
        "where user_id = (select id from users where email = 'dora@alpha.example')"
    )
    try:
        assert browser.get("/portfolio").status_code == 403
        assert browser.get("/campaigns").status_code == 200
    finally:
        in_tables.execute(
            "update user_roles set role_id = (select id from roles r where r.tenant_id = user_roles.tenant_id "
            "and name = 'account_manager') where user_id = (select id from users where email = 'dora@alpha.example')"
        )


def test_a_session_is_read_in_one_transaction(browse, statements) -> None:
    browser = browse("Bob")
    statements.clear()
    assert browser.get("/campaigns").status_code == 200
    assert len([statement for statement in statements if "session_enter" in statement]) == 1
    assert len(statements) == 1
    # What was entered and not read in ends with the request.
    pool = engine_for(current_settings().runtime_dsn).pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedout() == 0


# What log-in leaves behind -------------------------------------------------------------------------------------


def test_log_ins_stand_in_the_access_log_of_their_tenant(browse, in_tables) -> None:
    in_tables.execute("delete from access_logs")
    browser = browse()
    browser.client.environ_base["REMOTE_ADDR"] = "203.0.113.77"
    _guess(browser, "nobody@nowhere.example")
    _guess(browser, "Bob")
    browser.log_in("Bob")
    _guess(browse(), "Oscar")
    rows = in_tables.execute(
        "select t.slug, u.email, l.action, l.allowed, l.reason, l.ip_address::text from access_logs l "
        "left join tenants t on t.id = l.tenant_id left join users u on u.id = l.user_id order by l.occurred_at"
    ).fetchall()
    assert rows == [
        (None, None, "log_in", False, "unknown account", "203.0.113.0/24"),
        ("alpha", "bob@alpha.example", "log_in", False, "wrong password", "203.0.113.0/24"),
        ("alpha", "bob@alpha.example", "log_in", True, None, "203.0.113.0/24"),
        (None, "oscar@podboard.example", "log_in", False, "wrong password", "127.0.0.0/24"),
    ]


def test_a_weak_hash_is_replaced_at_log_in(browse, in_tables) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    in_tables.execute("update users set password_hash = %s where email = 'bob@alpha.example'", [weak])
    assert browse().log_in("Bob").status_code == 303
    [(stored,)] = in_tables.execute(
        "select password_hash from users where email = 'bob@alpha.example'"
    ).fetchall()
    assert stored.startswith("$argon2id$v=19$m=1024,t=2,p=1$")
    assert browse().log_in("Bob").status_code == 303


def test_a_hash_that_cannot_be_replaced_keeps_nobody_out(browse, in_tables, caplog) -> None:
    """The old one is as good as it was; the log-in stands in the access log all the same."""
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    in_tables.execute("update users set password_hash = %s where email = 'bob@alpha.example'", [weak])

    def state():
        return in_tables.execute(
            "select u.password_hash, (select count(*) from sessions s where s.user_id = u.id), "
            "(select count(*) from access_logs l where l.user_id = u.id and l.allowed) "
            "from users u where u.email = 'bob@alpha.example'"
        ).fetchone()

    _, sessions, log_ins = state()
    in_tables.execute("revoke execute on function replace_password(text) from podboard_web")
    try:
        assert browse().log_in("Bob").status_code == 303
    finally:
        in_tables.execute("grant execute on function replace_password(text) to podboard_web")
    assert "stronger hash not stored" in caplog.messages
    assert state() == (weak, sessions + 1, log_ins + 1)


# The way back --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted", ["/campaigns", "/overview?period=90d&app=Overcast%7CSpotify", "/reports/x.pdf"]
)
def test_log_in_leads_back_to_where_one_wanted_to_go(browse, wanted) -> None:
    browser = browse()
    asked = browser.get(wanted)
    assert asked.status_code == 302
    page = browser.get(asked.location)
    assert unescape(re.search(r'name="next" value="([^"]*)"', page.text)[1]) == wanted
    assert browser.log_in("Alice", next=wanted).location == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
        "/%09/\n//evil",
        "javascript:alert(1)", "evil.example", "", "/login", "/login?next=/x", "/logout", "///evil.example",
        "/" + "x" * 3000,
        "/\x00", " /campaigns", "http:/evil.example", "/é",
    ],
)  # fmt: skip
def test_log_in_never_leads_elsewhere(browse, wanted) -> None:
    answer = browse().log_in("Bob", next=wanted)
    location = answer.location
    assert answer.status_code == 303
    if own_path(wanted):
        assert re.match(r"/(?!/)", location)
    else:
        assert location == "/"


@pytest.mark.parametrize(
    "bad", ["//x", "/\\x", "https://x", "", "/login", "/logout", "/a\nb", "/a\\b", "x", "///x"]
)
def test_own_path_refuses(bad) -> None:
    assert own_path(bad) == ""


def test_the_log_in_page_escapes_what_it_repeats(browse) -> None:
    browser = browse()
    form = {
        "csrf_token": browser.form_token(),
        "email": '"><script>x</script>',
        "password": "x",
        "next": '/"><script>',
    }
    page = browser.post("/login", data=form).text
    assert "<script>x" not in page
    assert '"><script>' not in page
