"""What belongs to a person, to an admin, or to nobody: read and written through the runtime role as that person."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from queries.session import Actor
from tests.world import World

Connection = psycopg.Connection[Any]
SOON = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def web(world: World) -> Iterator[Connection]:
    """A transaction of the runtime role on the world's database, rolled back."""
    with psycopg.connect(world.database.web_dsn, prepare_threshold=None) as opened:
        yield opened
        opened.rollback()


def _enter(web: Connection, actor: Actor) -> None:
    if actor.user_id is None:
        web.execute("select set_account_context(%s, null)", [actor.tenant_id])
    else:
        web.execute("select enter_session(%s, %s)", [actor.tenant_id, actor.user_id])


def _insert(web: Connection, table: str, **values: Any) -> UUID:
    row = {"id": uuid4(), **values}
    web.execute(
        f"insert into {table} ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})", list(row.values())
    )
    found: UUID = row["id"]
    return found


def _refused(web: Connection, error: type[psycopg.Error], act: Callable[[], Any]) -> None:
    with pytest.raises(error), web.transaction():
        act()


def _count(web: Connection, table: str, condition: str = "true") -> int:
    row = web.execute(f"select count(*) from {table} where {condition}").fetchone()
    assert row
    return int(row[0])


def test_every_person_has_mail_preferences_and_an_operator_too(web: Connection, world: World) -> None:
    for person in (world.people.bob, world.people.carol, world.people.dora, world.people.operator):
        _enter(web, person)
        rows = web.execute(
            "select user_id, tenant_id, marketing_emails, security_alerts, reports, alerts from user_email_preferences"
        ).fetchall()
        assert rows == [(person.user_id, person.tenant_id, False, True, True, True)]
        assert web.execute("update user_email_preferences set alerts = false").rowcount == 1
    _enter(web, world.people.alice)
    assert _count(web, "user_email_preferences") == 4
    _enter(web, world.people.charlie)
    assert _count(web, "user_email_preferences") == 1


def test_figures_about_people_are_counted_by_the_worker_alone(web: Connection, world: World) -> None:
    alice, bob = world.people.alice, world.people.bob
    values = {"tenant_id": alice.tenant_id, "user_id": bob.user_id}
    statement = (
        "insert into user_metrics (tenant_id, user_id, metric_name, metric_value) "
        "values (%(tenant_id)s, %(user_id)s, 'log_ins_30d', 3)"
    )
    for person in (alice, bob):
        _enter(web, person)
        _refused(web, psycopg.errors.InsufficientPrivilege, lambda: web.execute(statement, values))
    _enter(web, Actor(alice.tenant_id))
    web.execute(statement, values)
    _refused(web, psycopg.errors.UniqueViolation, lambda: web.execute(statement, values))
    for person, seen in ((bob, 1), (world.people.carol, 0), (alice, 1)):
        _enter(web, person)
        assert _count(web, "user_metrics") == seen


@pytest.mark.parametrize(
    ("table", "column", "kind", "values"),
    [
        ("email_verification_tokens", "token", "email_token", {"email": "new@a.example"}),
        ("refresh_tokens", "token", "refresh_token", {"family_id": UUID(int=7)}),
        ("api_keys", "key_hash", "api_key", {"prefix": "pb_12345678", "name": "Key", "scopes": ["metrics.read"]}),
        (
            "share_links", "token_hash", "share_link",
            {"kind": "view", "page": "/overview", "podcast_ids": "own", "created_by": "own"},
        ),
    ],
)  # fmt: skip
def test_a_token_leads_to_its_tenant_before_one_is_known(
    web: Connection, world: World, table: str, column: str, kind: str, values: dict[str, Any]
) -> None:
    carol = world.people.carol
    values = dict(values)
    if table == "share_links":
        values |= {"podcast_ids": [world.podcasts["Harbour Lights"]], "created_by": carol.user_id}
    else:
        values["user_id"] = carol.user_id
    _enter(web, Actor(carol.tenant_id))
    first, second = "a" * 64, "b" * 64
    row = _insert(web, table, tenant_id=carol.tenant_id, expires_at=SOON, **{column: first}, **values)

    def found(key: str) -> tuple[Any, ...] | None:
        web.execute("select set_account_context(null, null)")
        looked_up = web.execute(
            "select tenant_id, entity_id from tenant_for_key(%s, %s)", [kind, key]
        ).fetchone()
        _enter(web, Actor(carol.tenant_id))
        return looked_up

    assert found(first) == (carol.tenant_id, row)
    web.execute(f"update {table} set {column} = %s where id = %s", [second, row])
    assert (found(first), found(second)) == (None, (carol.tenant_id, row))
    _refused(
        web, psycopg.errors.CheckViolation,
        lambda: web.execute(f"update {table} set {column} = 'plain token' where id = %s", [row]),
    )  # fmt: skip
    web.execute(f"delete from {table} where id = %s", [row])
    assert found(second) is None


def test_a_family_of_refresh_tokens_has_one_that_is_good(web: Connection, world: World) -> None:
    bob, family = world.people.bob, uuid4()
    _enter(web, bob)
    own = {"tenant_id": bob.tenant_id, "user_id": bob.user_id, "family_id": family, "expires_at": SOON}
    first = _insert(web, "refresh_tokens", token="1" * 64, **own)
    _refused(
        web, psycopg.errors.UniqueViolation, lambda: _insert(web, "refresh_tokens", token="2" * 64, **own)
    )
    second = uuid4()
    web.execute(
        "update refresh_tokens set revoked_at = now(), revoked_reason = 'rotated', replaced_by = %s where id = %s",
        [second, first],
    )
    web.execute(
        "insert into refresh_tokens (id, tenant_id, user_id, family_id, token, expires_at) "
        "values (%s, %s, %s, %s, %s, %s)",
        [second, bob.tenant_id, bob.user_id, family, "2" * 64, SOON],
    )
    web.execute("set constraints all immediate")
    # Replaced by one of another family: the reference does not hold.
    other = _insert(web, "refresh_tokens", token="3" * 64, **{**own, "family_id": uuid4()})
    _refused(
        web, psycopg.errors.ForeignKeyViolation,
        lambda: web.execute(
            "update refresh_tokens set revoked_at = now(), revoked_reason = 'rotated', replaced_by = %s where id = %s",
            [other, second],
        ),
    )  # fmt: skip
    _enter(web, world.people.carol)
    assert _count(web, "refresh_tokens") == 0


def test_keys_are_made_by_who_may_and_read_by_their_person(web: Connection, world: World) -> None:
    alice, bob = world.people.alice, world.people.bob
    values = {
        "tenant_id": alice.tenant_id, "key_hash": "c" * 64, "prefix": "pb_12345678", "name": "Key",
        "scopes": ["metrics.read"],
    }  # fmt: skip
    _enter(web, bob)
    _refused(
        web,
        psycopg.errors.InsufficientPrivilege,
        lambda: _insert(web, "api_keys", user_id=bob.user_id, **values),
    )
    _enter(web, alice)
    _insert(web, "api_keys", user_id=bob.user_id, **values)
    for wrong in (["admin"], []):
        _refused(
            web, psycopg.errors.CheckViolation,
            lambda wrong=wrong: _insert(
                web, "api_keys", user_id=bob.user_id, **{**values, "key_hash": "d" * 64, "scopes": wrong}
            ),
        )  # fmt: skip
    for person, seen in ((bob, 1), (world.people.dora, 0), (world.people.charlie, 0)):
        _enter(web, person)
        assert _count(web, "api_keys") == seen
        assert web.execute("update api_keys set revoked_at = now()").rowcount == 0


GOOD = {
    "version": 1, "effect": "allow", "actions": ["reports.create"], "subjects": {"roles": ["sponsor"]},
    "resource": {"type": "podcast", "ids": [str(UUID(int=1))]},
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2}, {"effect": "maybe"}, {"actions": []}, {"actions": ["Reports"]}, {"actions": "reports.create"},
        {"subjects": []}, {"subjects": {}}, {"subjects": {"groups": ["x"]}}, {"subjects": {"roles": "sponsor"}},
        {"subjects": {"roles": [1]}}, {"resource": {"type": "planet"}}, {"resource": {"ids": []}},
        {"resource": {"type": "podcast", "ids": "all"}}, {"resource": {"type": "podcast", "ids": [1]}},
        {"until": "tomorrow"}, {"note": "what else"},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_a_policy_has_its_shape(web: Connection, world: World, change: dict[str, Any]) -> None:
    _enter(web, world.people.alice)
    own = {"tenant_id": world.people.alice.tenant_id}
    policy = json.dumps(GOOD | {"until": "2030-01-31"})
    _insert(web, "access_control_policies", name="Good", policy_definition=policy, **own)
    _refused(
        web, psycopg.errors.CheckViolation,
        lambda: _insert(web, "access_control_policies", name="Bad", policy_definition=json.dumps(GOOD | change), **own),
    )  # fmt: skip


def test_a_policy_lacks_nothing(web: Connection, world: World) -> None:
    _enter(web, world.people.alice)
    own = {"tenant_id": world.people.alice.tenant_id}
    for missing in GOOD:
        rest = {key: value for key, value in GOOD.items() if key != missing}
        _refused(
            web, psycopg.errors.CheckViolation,
            lambda rest=rest: _insert(
                web, "access_control_policies", name="Bad", policy_definition=json.dumps(rest), **own
            ),
        )  # fmt: skip


def test_security_events_are_read_by_their_person_and_by_who_may(web: Connection, world: World) -> None:
    alice, bob, operator = world.people.alice, world.people.bob, world.people.operator
    values = {"event_type": "login_failed", "severity": "low"}
    _enter(web, bob)
    _insert(web, "security_events", tenant_id=alice.tenant_id, user_id=bob.user_id, **values)
    assert _count(web, "security_events") == 1
    _refused(
        web,
        psycopg.errors.InsufficientPrivilege,
        lambda: web.execute("update security_events set severity = 'info'"),
    )
    _refused(web, psycopg.errors.InsufficientPrivilege, lambda: web.execute("delete from security_events"))
    web.execute("select set_account_context(null, null)")
    _insert(web, "security_events", **values)
    assert _count(web, "security_events") == 0
    for person, seen in ((alice, 1), (world.people.dora, 0), (world.people.charlie, 0), (operator, 1)):
        _enter(web, person)
        assert _count(web, "security_events") == seen
    _enter(web, operator)
    assert _count(web, "security_events", "tenant_id is null") == 1


def test_a_person_asks_for_what_is_held_and_does_not_answer_it(web: Connection, world: World) -> None:
    alice, carol = world.people.alice, world.people.carol
    own = {"tenant_id": carol.tenant_id, "user_id": carol.user_id, "request_type": "export"}
    _enter(web, carol)
    request = _insert(web, "gdpr_requests", **own)
    _refused(
        web, psycopg.errors.InsufficientPrivilege,
        lambda: _insert(web, "gdpr_requests", **own, status="completed", completed_at=SOON),
    )  # fmt: skip
    _refused(
        web, psycopg.errors.InsufficientPrivilege,
        lambda: _insert(web, "gdpr_requests", **{**own, "user_id": world.people.bob.user_id}),
    )  # fmt: skip
    assert web.execute("update gdpr_requests set notes = 'done'").rowcount == 0
    _enter(web, alice)
    done = "update gdpr_requests set status = 'completed', completed_at = %s where id = %s"
    _refused(web, psycopg.errors.CheckViolation, lambda: web.execute(done, [None, request]))
    assert web.execute(done, [SOON, request]).rowcount == 1
    for person, seen in ((carol, 1), (world.people.bob, 0), (world.people.charlie, 0)):
        _enter(web, person)
        assert _count(web, "gdpr_requests") == seen
