"""The product's own ways out of tenant A: every question, every box and its CSV, a report, the log. Nothing of B."""

from __future__ import annotations

import contextlib
import inspect
import io
import logging
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy.exc import DBAPIError

import queries
from dashboard.pages import all_pages
from queries.errors import PodboardError
from queries.filters import Filters
from queries.people import Account, Origin, account_session, start_session
from queries.report_library import report_snapshot, request_report
from queries.session import Actor, tenant_session
from reports.desk import make_next_report
from tests.canary_world import OF_B, OTHER, CanaryWorld
from tests.dashboard.test_boxes import draw
from tests.dashboard.visitors import Browser
from tests.world import World

PERIODS = ("30d", "12m")
# What runs any statement at all is asked through those that run one.
_TOOLS = {"queries.statements"}


def _functions() -> dict[str, Callable[..., Any]]:
    """Every public function of queries that is given a connection."""
    found = {}
    for module in pkgutil.walk_packages(queries.__path__, "queries."):
        for name, function in inspect.getmembers(import_module(module.name), inspect.isfunction):
            is_own = function.__module__ == module.name and module.name not in _TOOLS
            if is_own and next(iter(inspect.signature(function).parameters), "") == "connection":
                found[f"{module.name.removeprefix('queries.')}.{name}"] = function
    return found


FUNCTIONS = _functions()


@pytest.fixture
def world(canary_world: CanaryWorld) -> Iterator[World]:
    with canary_world.world.entered():
        yield canary_world.world


@pytest.fixture
def quiet(canary_world: CanaryWorld, caplog: pytest.LogCaptureFixture) -> Iterator[set[str]]:
    """Listens to every log line of the test; what is put into it was said by the asker."""
    said: set[str] = set()
    caplog.set_level(logging.DEBUG)
    yield said
    for record in caplog.records:
        line = [
            record.getMessage(),
            record.exc_text,
            {k: v for k, v in vars(record).items() if k not in ("msg", "args")},
        ]
        assert canary_world.of_b.seen_in(line, but=frozenset(said)) is None, line


def _arguments(function: Callable[..., Any], canary_world: CanaryWorld, f: Filters) -> dict[str, Any] | None:
    """Arguments by name and kind, all of them tenant B's; None when the function asks for what cannot be guessed."""
    rows = canary_world.planted["b"].rows
    given: dict[str, Any] = {}
    for name, parameter in list(inspect.signature(function, eval_str=True).parameters.items())[1:]:
        table = "users" if name == "created_by" else f"{name.removesuffix('s').removesuffix('_id')}s"
        if name == "f":
            given[name] = f
        elif name.endswith(("_id", "_ids", "created_by")) and "id" in rows.get(table, {}):
            given[name] = [rows[table]["id"]] if name.endswith("s") else rows[table]["id"]
        elif parameter.annotation is str:
            given[name] = OF_B.token
        elif name == "now":
            given[name] = canary_world.world.now
        elif parameter.default is inspect.Parameter.empty:
            return None
    return given


def _own(arguments: dict[str, Any], canary_world: CanaryWorld) -> frozenset[str]:
    """What somebody says with these arguments, and every id of a planted row."""
    said = {str(value) for value in arguments.values() if isinstance(value, (UUID, str))}
    said |= {str(each) for value in arguments.values() if isinstance(value, list) for each in value}
    return frozenset(
        said | {str(row["id"]) for row in canary_world.planted["b"].rows.values() if "id" in row}
    )


def _views(canary_world: CanaryWorld, mine: str) -> list[Filters]:
    """Views of everything, and of what is somebody's by id."""
    world, rows = canary_world.world, canary_world.planted[mine].rows
    ids = {
        "podcast": rows["podcasts"]["id"],
        "episode": rows["episodes"]["id"],
        "campaign": rows["campaigns"]["id"],
    }
    return [
        world.a.filters({"period": period} | extra)
        for period in PERIODS
        for extra in ({}, {name: str(value) for name, value in ids.items()})
    ]


def test_functions_are_found_and_most_can_be_asked(canary_world: CanaryWorld) -> None:
    f = _views(canary_world, "b")[0]
    asked = [
        name for name, function in FUNCTIONS.items() if _arguments(function, canary_world, f) is not None
    ]
    assert len(asked) >= 40
    assert {"listening.overview_figures", "campaigns.campaign", "report_library.report_pdf"} <= set(asked)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_no_question_tells_of_another_tenant(
    name: str, canary_world: CanaryWorld, world: World, quiet: set[str]
) -> None:
    """Asked by everybody of A for what is B's; what writes is refused, and the refusal tells nothing either."""
    people = {each: getattr(world.people, each) for each in ("alice", "dora", "bob", "carol")}
    people["tenant"] = Actor(world.a.tenant_id)
    views = _views(canary_world, "b")
    for f in views if "f" in inspect.signature(FUNCTIONS[name]).parameters else views[:1]:
        arguments = _arguments(FUNCTIONS[name], canary_world, f)
        if arguments is None:
            continue
        said = _own(arguments, canary_world)
        quiet |= said
        for person, actor in people.items():
            told: Any
            try:
                with tenant_session(actor) as connection:
                    told = FUNCTIONS[name](connection, **arguments)
            except (PodboardError, DBAPIError) as error:
                told = str(error)
            found = canary_world.of_b.without_days().seen_in(told, but=said)
            assert found is None, (person, told)


def test_questions_do_tell_of_their_own_tenant(canary_world: CanaryWorld, world: World) -> None:
    """Otherwise that others hear nothing would prove nothing: B's own admin asks the same and meets canaries."""
    canaries, telling = canary_world.of_b.without_days(), set()
    for name, function in FUNCTIONS.items():
        views = _views(canary_world, "b")
        for f in views if "f" in inspect.signature(function).parameters else views[:1]:
            arguments = _arguments(function, canary_world, f)
            if arguments is None or name in telling:
                continue
            with (
                contextlib.suppress(PodboardError, DBAPIError),
                tenant_session(world.people.charlie) as connection,
            ):
                told = function(connection, **arguments)
                telling |= {name} if canaries.seen_in(told, but=_own(arguments, canary_world)) else set()
    assert len(telling) > 30, telling
    assert telling >= {
        "campaign_entry.campaigns_entered",
        "campaign_states.campaign_heads",
        "campaigns.campaign",
        "catalogue.filter_options",
        "listening_breakdowns.top_episodes",
        "report_library.report_library",
        "sources.imports",
    }


@pytest.fixture
def visit(world: World, whole_app: Flask) -> Iterator[Callable[[str], Browser]]:
    whole_app.config["CLOCK"] = lambda: world.now

    def open_browser(person: str) -> Browser:
        actor = getattr(world.people, person)
        account = Account(actor.user_id, actor.tenant_id, "", is_active=True)
        with account_session(actor.tenant_id, actor.user_id) as connection:
            token = start_session(connection, account, now=world.now, origin=Origin("192.0.2.0/24", "tests"))
        browser = Browser(whole_app.test_client(), whole_app)
        browser.client.set_cookie("__Host-podboard", token, domain="podboard.test", secure=True)
        return browser

    yield open_browser
    whole_app.config.pop("CLOCK", None)


def _told(browser: Browser, canary_world: CanaryWorld, whose: str) -> str:
    """Everything that the boxes of all pages draw and export, of one's own and asked for somebody's ids."""
    rows = canary_world.planted[whose].rows
    campaign = rows["campaigns"]["id"]
    told = ""
    for page in all_pages():
        path = page.path.replace("<campaign_id>", str(campaign))
        for box in page.boxes:
            for search in (
                "?period=12m",
                f"?period=12m&podcast={rows['podcasts']['id']}&episode={rows['episodes']['id']}",
            ):
                told += draw(browser, box.id, path, search).text
                told += browser.get(f"/export/{box.id}.csv{search}&campaign={campaign}").text
    return told


@pytest.mark.parametrize("person", ["alice", "bob", "carol"])
def test_no_box_and_no_export_tells_of_another_tenant(
    person: str, canary_world: CanaryWorld, visit: Callable[[str], Browser], quiet: set[str]
) -> None:
    told = _told(visit(person), canary_world, "b")
    rows = canary_world.planted["b"].rows
    said = {str(rows[table]["id"]) for table in ("campaigns", "podcasts", "episodes")}
    quiet |= said
    assert canary_world.of_b.seen_in(told, but=frozenset(said)) is None


def test_canaries_do_reach_the_pages(canary_world: CanaryWorld, visit: Callable[[str], Browser]) -> None:
    """Otherwise their absence would prove nothing: B's own admin meets them."""
    assert OF_B.token in _told(visit("charlie"), canary_world, "b").lower()


@pytest.mark.parametrize("kind", ["campaign_performance", "podcast_audience"])
def test_no_report_tells_of_another_tenant(
    kind: str, canary_world: CanaryWorld, world: World, quiet: set[str]
) -> None:
    """Made by the worker for Alice, as a PDF and as the snapshot behind it; and never of a campaign of B."""
    alice = world.people.alice
    assert alice.user_id is not None
    mine, theirs = (canary_world.planted[whose].rows["campaigns"]["id"] for whose in ("other", "b"))
    parameters = {"period": "12m"} | ({"campaign": str(mine)} if kind == "campaign_performance" else {})
    with tenant_session(alice, write=True) as connection:
        wanted = request_report(
            connection, report_type=kind, parameters=parameters, title="Canaries", created_by=alice.user_id,
            idempotency_key=None,
        )  # fmt: skip
    with psycopg.connect(world.database.superuser_dsn) as superuser:
        # The reports that were planted are under way elsewhere.
        superuser.execute(
            "update internal.report_queue set lease_until = now() + interval '1 day' where report_id <> %s",
            [wanted],
        )
    assert make_next_report() == wanted
    with psycopg.connect(world.database.superuser_dsn) as superuser:
        row = superuser.execute(
            "select status, pdf, error_message from reports where id = %s", [wanted]
        ).fetchone()
    assert row is not None
    assert row[0] == "ready", row[2]
    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(row[1])).pages)
    with tenant_session(alice) as connection:
        snapshot = report_snapshot(connection, wanted)
    assert canary_world.of_b.seen_in([words, snapshot, row[1]]) is None
    assert OTHER.token in (words + str(snapshot)).lower()
    if kind == "campaign_performance":
        quiet.add(str(theirs))
        with tenant_session(alice, write=True) as connection, pytest.raises(PodboardError):
            request_report(connection, report_type=kind, parameters={"campaign": str(theirs)}, title="B",
                           created_by=alice.user_id, idempotency_key=None)  # fmt: skip
