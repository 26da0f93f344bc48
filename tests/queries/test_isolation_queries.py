"""Nobody sees what is not theirs: every question found by looking, asked by every person and with foreign ids.

A new question is picked up by itself: all public functions of the subjects whose first parameter is the connection.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from queries import campaigns, listening, portfolio
from queries.errors import AccessRefused, NotFound, TenantMissing
from queries.filters import Filters
from queries.results import Answer
from queries.session import Actor, anonymous_session, operator_session, tenant_session
from tests.world import World

Question = Callable[..., Any]


def _questions(module: Any) -> dict[str, Question]:
    found = {}
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if name.startswith("_") or function.__module__ != module.__name__:
            continue
        if next(iter(inspect.signature(function).parameters), "") == "connection":
            found[f"{module.__name__.rsplit('.', 1)[-1]}.{name}"] = function
    return found


LISTENING, CAMPAIGNS, PORTFOLIO = (_questions(module) for module in (listening, campaigns, portfolio))
QUESTIONS = {**LISTENING, **CAMPAIGNS, **PORTFOLIO}


def _ask(question: Question, connection: Connection, f: Filters) -> Any:
    """What the question answers, its arguments filled by their names; None for "not found"."""
    values = {"connection": connection, "f": f, "campaign_id": f.campaign_id}
    arguments = {}
    for name, parameter in inspect.signature(question).parameters.items():
        if name in values:
            arguments[name] = values[name]
        else:
            assert parameter.default is not inspect.Parameter.empty, f"{question.__name__}: what is {name}?"
    try:
        return question(**arguments)
    except NotFound:
        return None


def _leaves(value: Any) -> Iterator[Any]:
    """Every value inside an answer, whatever it is wrapped in."""
    if is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            if each.name not in ("columns", "as_of", "notes"):
                yield from _leaves(getattr(value, each.name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, (list, tuple, set)):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def _is_nothing(value: Any) -> bool:
    """True when an answer tells no id, no name and no number but 0."""
    return all(_tells_nothing(leaf) for leaf in _leaves(value))


def _tells_nothing(leaf: Any) -> bool:
    if leaf is None or isinstance(leaf, bool):
        return True
    if isinstance(leaf, (int, float)) or type(leaf).__name__ in ("Decimal", "Fraction"):
        return leaf == 0
    # The calendar of the period and the names of metrics and stages are nobody's data.
    return type(leaf).__name__ in ("date", "datetime") or (isinstance(leaf, str) and leaf in _VOCABULARY)


_VOCABULARY = {"", "USD", "EUR", "not started", "not known by this filter", *listening.FIGURES} | set(
    portfolio.STAGES if hasattr(portfolio, "STAGES") else ()
)
_PORTFOLIO_FIGURES = {"impressions", "conversions", "spend_micros", "revenue_micros", "reach", "visits"}


@contextmanager
def _as(actor: Actor) -> Iterator[Connection]:
    with tenant_session(actor) as connection:
        yield connection


def _views(world: World, campaign: str = "Acme always on") -> list[Filters]:
    """Views of tenant A's data: all of it, and by its own ids."""
    f = world.a.filters({"period": "90d"})
    campaign_id = world.campaigns[campaign]
    return [
        replace(f, campaign_id=campaign_id),
        replace(
            f,
            campaign_id=campaign_id,
            podcasts=tuple(world.podcasts[name] for name in ("Harbour Lights", "Night Shift")),
        ),
        replace(f, campaign_id=campaign_id, episodes=(world.episodes["Night Shift 2"],)),
        replace(f, campaign_id=campaign_id, grain="hour", countries=("US",)),
        replace(f, campaign_id=campaign_id, grain="week", period=world.a.filters({"period": "12m"}).period),
    ]


def _canaries(world: World, writer_name: str) -> set[str]:
    """Ids and names that belong to one tenant alone, read as its owner."""
    writer = world.a if writer_name == "a" else world.b
    found: set[str] = {str(writer.tenant_id)}
    with writer.transaction() as owner:
        for table, columns in (
            ("podcasts", "id, name"), ("episodes", "id, title"), ("sponsors", "id, name"), ("campaigns", "id, name"),
            ("ad_units", "id"), ("io_bookings", "id, promo_code"), ("users", "id, email"), ("reports", "id"),
        ):  # fmt: skip
            for row in owner.execute(
                f"select {columns} from {table} where tenant_id = %s", [writer.tenant_id]
            ):
                found.update(str(value) for value in row if value)
    return found


def test_questions_are_found() -> None:
    assert {
        "listening.overview_figures",
        "listening.filter_options",
        "campaigns.campaign",
        "portfolio.portfolio_figures",
    } <= set(QUESTIONS)
    assert len(LISTENING) >= 9
    assert len(CAMPAIGNS) >= 9
    assert len(PORTFOLIO) >= 5


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_alice_gets_an_answer(world: World, name: str) -> None:
    """The other tests prove nothing unless the same questions do tell something."""
    with _as(world.people.alice) as connection:
        assert not _is_nothing(_ask(QUESTIONS[name], connection, _views(world)[0]))


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_charlie_gets_nothing_of_tenant_a(world: World, name: str) -> None:
    canaries = _canaries(world, "a") - _canaries(world, "b")
    for f in _views(world):
        with _as(world.people.charlie) as connection:
            answer = _ask(QUESTIONS[name], connection, f)
        told = {str(leaf) for leaf in _leaves(answer)}
        assert not told & canaries
        if (f.podcasts or f.episodes) and name in LISTENING and name != "listening.filter_options":
            assert _is_nothing(answer)
        if "campaign_id" in inspect.signature(QUESTIONS[name]).parameters:
            assert answer is None


@pytest.mark.parametrize("name", sorted(CAMPAIGNS))
def test_a_foreign_campaign_is_not_found(world: World, name: str) -> None:
    """Somebody else's id, one of the same tenant out of scope, and one of nobody: the same answer."""
    asked_by = {"charlie": "Acme always on", "bob": "Globex launch", "carol": "Acme always on"}
    for person, campaign in asked_by.items():
        f = replace(world.a.filters({"period": "90d"}), campaign_id=world.campaigns[campaign])
        with _as(getattr(world.people, person)) as connection:
            foreign = _ask(CAMPAIGNS[name], connection, f)
            unknown = _ask(CAMPAIGNS[name], connection, replace(f, campaign_id=uuid4()))
        assert foreign == unknown
        if person == "carol":
            assert foreign is None or _is_nothing(foreign)


@pytest.mark.parametrize("name", sorted(LISTENING))
def test_bob_sees_no_listening(world: World, name: str) -> None:
    for f in _views(world):
        with _as(world.people.bob) as connection:
            assert _is_nothing(_ask(LISTENING[name], connection, f))


@pytest.mark.parametrize("name", sorted(CAMPAIGNS) + sorted(PORTFOLIO))
def test_bob_sees_his_sponsor_only(world: World, name: str) -> None:
    others = {
        str(world.sponsors["Globex"]), "Globex", "Globex launch", "Globex next", "GLOBEXLAUNCH", "GLOBEXNEXT",
        *(str(world.campaigns[campaign]) for campaign in ("Globex launch", "Globex next")),
        *(str(world.bookings[campaign]) for campaign in ("Globex launch", "Globex next")),
        "Night Shift 3",
    }  # fmt: skip
    question = QUESTIONS[name]
    for f in (_views(world)[0], *_views(world, "Globex launch")[:1]):
        with _as(world.people.bob) as connection:
            told = {str(leaf) for leaf in _leaves(_ask(question, connection, f))}
        assert not told & others


@pytest.mark.parametrize("name", sorted(LISTENING))
def test_carol_sees_her_podcast_only(world: World, name: str) -> None:
    others = {
        str(world.podcasts["Night Shift"]),
        "Night Shift",
        *(title for title in world.episodes if "Night" in title),
    }
    others |= {str(episode) for title, episode in world.episodes.items() if "Night" in title}
    for f in _views(world):
        with _as(world.people.carol) as connection:
            answer = _ask(LISTENING[name], connection, f)
            assert not {str(leaf) for leaf in _leaves(answer)} & others
            only_foreign = replace(f, podcasts=(world.podcasts["Night Shift"],), episodes=())
            if name != "listening.filter_options":
                assert _is_nothing(_ask(LISTENING[name], connection, only_foreign))


@pytest.mark.parametrize("name", sorted(CAMPAIGNS) + sorted(PORTFOLIO))
def test_carol_sees_no_campaign(world: World, name: str) -> None:
    with _as(world.people.carol) as connection:
        answer = _ask(QUESTIONS[name], connection, _views(world)[0])
    assert answer is None or _is_nothing_of_campaigns(answer)


def _is_nothing_of_campaigns(answer: Any) -> bool:
    told = [leaf for leaf in _leaves(answer) if not _tells_nothing(leaf)]
    return all(isinstance(leaf, str) and leaf in _PORTFOLIO_FIGURES for leaf in told)


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_without_a_tenant_there_is_nothing(world: World, name: str) -> None:
    f = _views(world)[0]
    with anonymous_session() as connection:
        answer = _ask(QUESTIONS[name], connection, f)
    assert answer is None or _is_nothing_of_campaigns(answer)
    with operator_session(world.people.operator) as connection:
        answer = _ask(QUESTIONS[name], connection, f)
    assert answer is None or _is_nothing_of_campaigns(answer)


def test_a_session_needs_a_tenant_and_an_active_person_of_it(world: World) -> None:
    with pytest.raises(TenantMissing), _as(Actor(None, world.people.alice.user_id)):
        pass
    for user_id in (world.people.charlie.user_id, world.people.operator.user_id, uuid4()):
        with pytest.raises(AccessRefused), _as(Actor(world.a.tenant_id, user_id)):
            pass
    with pytest.raises(AccessRefused), operator_session(world.people.alice):
        pass


def test_option_lists_go_through_scope(world: World) -> None:
    with _as(world.people.charlie) as connection:
        told = json.dumps(listening.filter_options(connection), default=str)
    assert "Nordwind" in told
    for name in ("Harbour Lights", "Night Shift"):
        assert name not in told
        assert str(world.podcasts[name]) not in told


def test_people_do_not_mix_on_a_pooled_connection(world: World) -> None:
    """Sessions of several people follow each other on one connection: each sees only its own."""
    f = world.a.filters({"period": "90d"})
    totals: dict[str, list[int]] = {}
    for _ in range(3):
        for person in ("alice", "carol", "bob", "charlie"):
            with _as(getattr(world.people, person)) as connection:
                answer: Answer = listening.downloads_trend(connection, f)
            totals.setdefault(person, []).append(answer.totals["downloads"])
    assert all(len(set(seen)) == 1 for seen in totals.values())
    assert totals["bob"] == [0, 0, 0]
    assert 0 < totals["carol"][0] < totals["alice"][0]
