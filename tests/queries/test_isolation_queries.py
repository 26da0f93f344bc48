"""Nobody sees what is not theirs: every question found by looking, asked by every person and with foreign ids.

A new question is picked up by itself: all public functions of the subjects whose first parameter is the connection.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Connection, text

from queries import (
    campaign_conversions,
    campaign_delivery,
    campaign_excluded,
    campaign_forecast,
    campaign_heard,
    campaign_models,
    campaign_prices,
    campaign_unmeasured,
    campaigns,
    catalogue,
    listening,
    listening_breakdowns,
    listening_excluded,
    listening_overlap,
    listening_plays,
    listening_trend,
    listening_unmeasured,
    portfolio,
)
from queries.errors import AccessRefused, NotAvailable, NotFound, TenantMissing
from queries.filters import Filters
from queries.results import Answer
from queries.session import Actor, anonymous_session, operator_session, tenant_session
from tests.canary_world import forget_bytes
from tests.world import World

Question = Callable[..., Any]


def _questions(*modules: Any) -> dict[str, Question]:
    found = {}
    for module in modules:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("_") or function.__module__ != module.__name__:
                continue
            if next(iter(inspect.signature(function).parameters), "") == "connection":
                found[f"{module.__name__.rsplit('.', 1)[-1]}.{name}"] = function
    return found


LISTENING = _questions(
    listening,
    listening_trend,
    listening_breakdowns,
    listening_excluded,
    listening_overlap,
    listening_plays,
    listening_unmeasured,
    catalogue,
)
CAMPAIGNS = _questions(
    campaigns,
    campaign_delivery,
    campaign_conversions,
    campaign_excluded,
    campaign_forecast,
    campaign_heard,
    campaign_models,
    campaign_prices,
    campaign_unmeasured,
)
PORTFOLIO = _questions(portfolio)
QUESTIONS = {**LISTENING, **CAMPAIGNS, **PORTFOLIO}


def _ask(question: Question, connection: Connection, f: Filters) -> Any:
    """What the question answers, its arguments filled by their names; None for "not found" and "not told"."""
    values = {"connection": connection, "f": f, "campaign_id": f.campaign_id}
    arguments = {}
    for name, parameter in inspect.signature(question).parameters.items():
        if name in values:
            arguments[name] = values[name]
        else:
            assert parameter.default is not inspect.Parameter.empty, f"{question.__name__}: what is {name}?"
    try:
        return question(**arguments)
    except (NotFound, NotAvailable):
        return None


def _leaves(value: Any) -> Iterator[Any]:
    """Every value inside an answer, whatever it is wrapped in."""
    if is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            if each.name not in ("columns", "as_of", "notes", "covers"):
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


_VOCABULARY = {
    "",
    "USD",
    "EUR",
    "not started",
    "not known by this filter",
    "no full period before",
    *("downloads", "unique_listeners", "plays", "completion_ratio", "average_listen_seconds"),
} | set(portfolio.STAGES if hasattr(portfolio, "STAGES") else ())
# What the reader may choose from stands whatever the view is: Charlie sees its own.
_OPTIONS = {"catalogue.filter_options", "catalogue.podcast_names"}
_PORTFOLIO_FIGURES = {
    "impressions",
    "conversions",
    "spend_micros",
    "revenue_micros",
    "reach",
    "frequency",
    "visits",
}


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
        "catalogue.filter_options",
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
        assert any(not _is_nothing(_ask(QUESTIONS[name], connection, view)) for view in _views(world)[:3])


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_charlie_gets_nothing_of_tenant_a(world: World, name: str) -> None:
    canaries = _canaries(world, "a") - _canaries(world, "b")
    for f in _views(world):
        with _as(world.people.charlie) as connection:
            answer = _ask(QUESTIONS[name], connection, f)
        told = {str(leaf) for leaf in _leaves(answer)}
        assert not told & canaries
        if (f.podcasts or f.episodes) and name in LISTENING and name not in _OPTIONS:
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
            if name not in _OPTIONS:
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
        told = json.dumps(catalogue.filter_options(connection), default=str)
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
                answer: Answer = listening_trend.downloads_trend(connection, f)
            totals.setdefault(person, []).append(answer.totals["downloads"])
    assert all(len(set(seen)) == 1 for seen in totals.values())
    assert totals["bob"] == [0, 0, 0]
    assert 0 < totals["carol"][0] < totals["alice"][0]


def _relations(world: World) -> dict[str, set[str]]:
    """Every relation with a tenant that the runtime role may read, with its columns."""
    found: dict[str, set[str]] = {}
    with psycopg.connect(world.database.web_dsn) as connection:
        for relation, column in connection.execute(
            "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid "
            "where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and a.attnum > 0 "
            "and not a.attisdropped and has_table_privilege(c.oid, 'select')"
        ):
            found.setdefault(relation, set()).add(column)
    return {relation: columns for relation, columns in found.items() if "tenant_id" in columns}


def _rows(actor: Actor, relation: str, columns: str) -> list[tuple[Any, ...]]:
    with _as(actor) as connection:
        return [tuple(row) for row in connection.execute(text(f"select {columns} from {relation}"))]


def test_relations_themselves_keep_tenants_apart(world: World) -> None:
    """Whatever a question forgets, the relation behind it shows one tenant."""
    relations = _relations(world)
    assert {
        "episode_days",
        "listener_days",
        "campaign_days",
        "metrics_daily",
        "listener_events",
        "attribution_paths",
    } <= set(relations)
    shown = []
    for relation in relations:
        for actor in (world.people.alice, world.people.charlie):
            tenants = {row[0] for row in _rows(actor, relation, "distinct tenant_id")}
            assert tenants <= {actor.tenant_id}, relation
            if tenants:
                shown.append(relation)
        with anonymous_session() as connection:
            assert (
                connection.execute(
                    text(f"select count(*) from {relation} where tenant_id is not null")
                ).scalar()
                == 0
            )
    assert {relation for relation in relations if shown.count(relation) == 2} >= {
        "episode_days", "download_days", "download_quarters", "podcast_slices", "listener_days", "episode_milestones",
        "listener_events_hourly", "listener_events_daily", "metrics_daily", "campaign_days", "campaign_listener_days",
        "campaign_episodes", "podcast_placements", "listener_events", "attribution_events", "attribution_analytics",
    }  # fmt: skip


# What a podcaster may know of campaigns: the ads in its podcasts.
OF_A_PODCASTER = ("podcast_placements", "placement_days")


def test_relations_themselves_keep_to_the_scope(world: World) -> None:
    """A sponsor sees its campaigns and nothing of listening, a podcaster its podcasts and nothing of campaigns."""
    hers = {world.podcasts["Harbour Lights"]}
    her_episodes = {episode for title, episode in world.episodes.items() if title.startswith("Harbour")}
    his = {world.campaigns["Acme always on"], world.campaigns["Acme earlier"]}
    seen: dict[str, set[str]] = {"bob": set(), "carol": set()}
    for relation, columns in _relations(world).items():
        if "campaign_id" in columns and relation not in OF_A_PODCASTER:
            campaigns_of_bob = {
                row[0] for row in _rows(world.people.bob, relation, "distinct campaign_id")
            } - {None}
            assert campaigns_of_bob <= his, relation
            assert _rows(world.people.carol, relation, "campaign_id") == [], relation
            seen["bob"] |= {relation} if campaigns_of_bob else set()
        elif columns & {"episode_id", "podcast_id"}:
            assert _rows(world.people.bob, relation, "tenant_id") == [], relation
            for column, allowed in (("podcast_id", hers), ("episode_id", her_episodes)):
                if column in columns:
                    found = {row[0] for row in _rows(world.people.carol, relation, f"distinct {column}")}
                    assert found <= allowed, relation
                    seen["carol"] |= {relation} if found else set()
    assert seen["bob"] >= {
        "ad_units", "io_bookings", "attribution_events", "attribution_paths", "attribution_analytics", "campaign_days",
        "campaign_listener_days", "campaign_episodes",
    }  # fmt: skip
    assert seen["carol"] >= {
        "episodes", "listener_events", "listener_metrics", "listener_events_hourly", "listener_events_daily",
        "metrics_daily", "download_quarters", "download_days", "podcast_slices", "episode_days", "listener_days",
        "episode_milestones", "podcast_placements", "placement_days",
    }  # fmt: skip
    assert {row[0] for row in _rows(world.people.carol, "metrics_daily", "distinct metric_name")} == {
        "plays", "listen_seconds", "completes", "engaged_plays",
    }  # fmt: skip


_TENANT_GUARD = re.compile(r"(\w+\.)?tenant_id = \( SELECT app_tenant\(\) AS app_tenant\)")
_SCOPE_GUARD = re.compile(r"\( SELECT (app_sees_all_(?:podcasts|campaigns)\(\)) AS app_sees_all_\w+\)")


def _barriers(world: World) -> list[str]:
    with psycopg.connect(world.database.owner_dsn) as connection:
        return [
            row[0]
            for row in connection.execute(
                "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'v' "
                "and 'security_barrier=true' = any (reloptions) order by relname"
            )
        ]


def test_a_broken_barrier_would_be_noticed(world: World) -> None:
    """Each barrier view without a guard, in a transaction that is rolled back: the probe does see foreign rows."""
    columns_of = _relations(world)
    barriers = _barriers(world)
    assert len(barriers) >= 13
    for view in barriers:
        for guard, reader in ((_TENANT_GUARD, world.people.charlie), (_SCOPE_GUARD, world.people.carol)):
            # These views stand on tables whose own policies hold the tenant even then.
            if guard is _TENANT_GUARD and view in (
                "campaign_episodes",
                "podcast_placements",
                "matched_podcasts",
                "placement_days",
            ):
                continue
            for is_broken in (False, True):
                with psycopg.connect(world.database.superuser_dsn) as superuser:
                    _suggest(superuser, world)
                    if is_broken:
                        _remove_guard(superuser, view, guard)
                    found = _foreign_rows(superuser, world, view, columns_of[view], reader)
                    superuser.rollback()
                assert bool(found) == is_broken, (view, guard.pattern)


def _suggest(superuser: psycopg.Connection[tuple[Any, ...]], world: World) -> None:
    """A match and an ad in a download whose bytes nobody knows, of which the world has none."""
    forget_bytes(superuser, world.a.tenant_id)
    superuser.execute(
        "insert into matches (tenant_id, advertiser_id, campaign_id, podcast_id, score, rationale) "
        "values (%s, %s, %s, %s, 0.5, 'Because.')",
        [
            world.a.tenant_id,
            world.sponsors["Globex"],
            world.campaigns["Globex launch"],
            world.podcasts["Night Shift"],
        ],
    )


def _remove_guard(superuser: psycopg.Connection[tuple[Any, ...]], view: str, guard: re.Pattern[str]) -> None:
    found = superuser.execute("select pg_get_viewdef(%s::regclass)", [view]).fetchone()
    assert found is not None
    broken, replaced = guard.subn("true", found[0])
    assert replaced, f"{view} has no such guard"
    superuser.execute(f"create or replace view {view} with (security_barrier) as {broken}")


def _foreign_rows(
    superuser: psycopg.Connection[tuple[Any, ...]], world: World, view: str, columns: set[str], reader: Actor
) -> int:
    """Rows of a view that its reader must not see: of another tenant, of others' podcasts, of any campaign."""
    superuser.execute("set local role podboard_web")
    superuser.execute("select enter_session(%s, %s)", [reader.tenant_id, reader.user_id])
    if reader is world.people.charlie:
        condition, values = "tenant_id <> %s", [reader.tenant_id]
    elif "campaign_id" in columns and view not in OF_A_PODCASTER:
        condition, values = "true", []
    elif "podcast_id" in columns:
        condition, values = "podcast_id <> %s", [world.podcasts["Harbour Lights"]]
    else:
        condition, values = (
            "not episode_id = any (%s)",
            [[episode for title, episode in world.episodes.items() if title.startswith("Harbour")]],
        )
    found = superuser.execute(f"select count(*) from {view} where {condition}", values).fetchone()
    assert found is not None
    return int(found[0])
