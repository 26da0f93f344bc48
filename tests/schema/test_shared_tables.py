"""What people share, plan and are called by: who reads, who writes, and that scope holds in each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from queries.ingest.counting.rules import COUNTING_VERSION
from queries.session import Actor
from tests.world import WORLD_NOW, World

Connection = psycopg.Connection[Any]
NOW = datetime.now(UTC)
SOON = NOW + timedelta(days=2)
SEALED = b"n" * 12 + b"c" * 8 + b"t" * 16
DENIED = psycopg.errors.InsufficientPrivilege
WRONG = psycopg.errors.CheckViolation


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


def _seen(web: Connection, world: World, table: str, column: str = "name") -> dict[str, set[str]]:
    """By person, what each reads of a table: Alice, Bob, Carol, Dora, Charlie."""
    found = {}
    for name in ("alice", "bob", "carol", "dora", "charlie"):
        _enter(web, getattr(world.people, name))
        found[name] = {row[0] for row in web.execute(f"select {column} from {table}").fetchall()}
    return found


def test_secrets_are_written_by_a_person_and_read_by_the_worker(web: Connection, world: World) -> None:
    alice = world.people.alice
    own = {"tenant_id": alice.tenant_id}
    _enter(web, alice)
    integration = _insert(web, "integrations", name="Shop", integration_type="shop", **own)
    token = {"integration_id": integration, "token_type": "api_key", "key_id": "2026-01", **own}
    _insert(web, "integration_tokens", token_value_encrypted=SEALED, **token)
    hook = {
        "url": "https://hooks.example/x",
        "event_types": ["report.ready"],
        "secret_key_id": "2026-01",
        **own,
    }
    _insert(web, "webhooks", secret=SEALED, **hook)
    assert web.execute("select token_type, key_id from integration_tokens").fetchall() == [
        ("api_key", "2026-01")
    ]
    for column, table in (("token_value_encrypted", "integration_tokens"), ("secret", "webhooks")):
        _refused(web, DENIED, lambda c=column, t=table: web.execute(f"select {c} from {t}"))
        _refused(web, DENIED, lambda t=table: web.execute(f"select * from {t}"))
        _refused(web, DENIED, lambda c=column, t=table: web.execute(f"delete from {t} where {c} = 'x'"))
        _refused(web, DENIED, lambda c=column, t=table: web.execute(f"delete from {t} returning {c}"))
    # Too short to be nonce, text and tag: whoever forgot to encrypt.
    short = {**token, "token_type": "basic", "token_value_encrypted": b"hunter2"}
    _refused(web, WRONG, lambda: _insert(web, "integration_tokens", **short))
    for url in (
        "http://hooks.example/x",
        "https://me:secret@hooks.example/",
        "https://a b.example",
        "ftp://x.example",
    ):
        _refused(web, WRONG, lambda url=url: _insert(web, "webhooks", secret=SEALED, **{**hook, "url": url}))
    _refused(
        web, WRONG,
        lambda: _insert(web, "webhooks", secret=SEALED, **{**hook, "event_types": ["everything"]}),
    )  # fmt: skip
    _refused(
        web, WRONG,
        lambda: web.execute("update integrations set configuration = %s", [json.dumps({"password": "hunter2"})]),
    )  # fmt: skip
    for person in (world.people.dora, world.people.bob, world.people.carol, world.people.charlie):
        _enter(web, person)
        for table in ("integrations", "integration_tokens", "webhooks"):
            assert web.execute(f"select count(*) from {table}").fetchone() == (0,)
        _refused(
            web, DENIED, lambda: _insert(web, "integrations", name="Mine", integration_type="crm", **own)
        )


def test_an_exchange_ends_as_it_says(web: Connection, world: World) -> None:
    own = {"tenant_id": world.people.alice.tenant_id}
    _enter(web, world.people.alice)
    integration = _insert(web, "integrations", name="Shop", integration_type="shop", **own)
    log = {"integration_id": integration, "sync_type": "full", **own}
    _insert(web, "integration_sync_logs", **log)
    _refused(web, WRONG, lambda: _insert(web, "integration_sync_logs", status="succeeded", **log))
    _refused(
        web, WRONG, lambda: _insert(web, "integration_sync_logs", status="failed", completed_at=SOON, **log)
    )
    # Another tenant's integration is none to refer to.
    _enter(web, world.people.charlie)
    foreign = {**log, "tenant_id": world.people.charlie.tenant_id}
    _refused(
        web, psycopg.errors.ForeignKeyViolation, lambda: _insert(web, "integration_sync_logs", **foreign)
    )


def test_saved_views_are_ones_own_or_the_teams(web: Connection, world: World) -> None:
    people = world.people
    for person, name, visibility in (
        (people.dora, "dora own", "own"), (people.dora, "dora team", "team"), (people.bob, "bob own", "own"),
        (people.carol, "carol team", "team"), (people.charlie, "charlie team", "team"),
    ):  # fmt: skip
        _enter(web, person)
        _insert(
            web, "saved_views", tenant_id=person.tenant_id, user_id=person.user_id, name=name, page="/overview",
            parameters='{"period": "7d"}', visibility=visibility,
        )  # fmt: skip
    assert _seen(web, world, "saved_views") == {
        "alice": {"dora team", "carol team"},
        "bob": {"bob own"},
        "carol": {"carol team"},
        "dora": {"dora own", "dora team", "carol team"},
        "charlie": {"charlie team"},
    }
    _enter(web, people.dora)
    assert web.execute("update saved_views set name = name || '!'").rowcount == 2
    _refused(
        web, DENIED,
        lambda: _insert(
            web, "saved_views", tenant_id=people.bob.tenant_id, user_id=people.bob.user_id, name="x", page="/overview"
        ),
    )  # fmt: skip
    # What a team relies on outlives whoever made it: an admin may change it.
    _enter(web, people.alice)
    assert web.execute("update saved_views set deleted_at = now()").rowcount == 2
    for wrong in ({"page": "https://x.example"}, {"parameters": '{"period": 7}'}, {"parameters": "[]"}):
        row = {
            "tenant_id": people.alice.tenant_id,
            "user_id": people.alice.user_id,
            "name": "y",
            "page": "/overview",
        }
        _refused(web, WRONG, lambda row=row, wrong=wrong: _insert(web, "saved_views", **{**row, **wrong}))


def test_nobody_shares_more_than_they_see(web: Connection, world: World) -> None:
    people = world.people
    mine, other = world.podcasts["Harbour Lights"], world.podcasts["Night Shift"]

    def link(person: Actor, **values: Any) -> UUID:
        row = {
            "tenant_id": person.tenant_id, "token_hash": uuid4().hex * 2, "kind": "view", "page": "/overview",
            "expires_at": SOON, "created_by": person.user_id, "podcast_ids": [mine], **values,
        }  # fmt: skip
        return _insert(web, "share_links", **row)

    _enter(web, people.carol)
    shared = link(people.carol, name="carol")
    _refused(web, DENIED, lambda: link(people.carol, podcast_ids=[mine, other]))
    _refused(web, DENIED, lambda: link(people.carol, campaign_ids=[world.campaigns["Acme always on"]]))
    _refused(web, DENIED, lambda: link(people.carol, created_by=people.dora.user_id))
    _refused(
        web, DENIED,
        lambda: web.execute("update share_links set podcast_ids = %s where id = %s", [[mine, other], shared]),
    )  # fmt: skip
    _refused(web, WRONG, lambda: link(people.carol, podcast_ids=[]))
    _refused(web, WRONG, lambda: link(people.carol, expires_at=NOW + timedelta(days=400)))
    _refused(web, WRONG, lambda: link(people.carol, kind="report"))
    # A report of somebody else's is not hers to share, nor to learn of: one that is not there is refused alike.
    _enter(web, people.dora)
    paper = _insert(
        web, "reports", tenant_id=people.dora.tenant_id, report_type="podcast_audience", podcast_ids=[other],
        created_by=people.dora.user_id,
    )  # fmt: skip
    link(people.dora, kind="report", page=None, report_id=paper, podcast_ids=[], name="paper")
    _enter(web, people.carol)
    for unseen in (paper, uuid4()):
        _refused(
            web, DENIED,
            lambda unseen=unseen: link(people.carol, kind="report", page=None, report_id=unseen, podcast_ids=[]),
        )  # fmt: skip
    _enter(web, people.dora)
    link(people.dora, name="dora", podcast_ids=[mine, other], campaign_ids=list(world.campaigns.values())[:1])
    assert _seen(web, world, "share_links") == {
        "alice": {"carol", "dora", "paper"}, "bob": set(), "carol": {"carol"}, "dora": {"dora", "paper"},
        "charlie": set(),
    }  # fmt: skip

    # A visitor is nobody; the receipt is read by whoever reads the link.
    _enter(web, Actor(people.carol.tenant_id))
    _insert(web, "share_link_views", tenant_id=people.carol.tenant_id, share_link_id=shared, visitor="e" * 64)
    assert {name: len(rows) for name, rows in _seen(web, world, "share_link_views", "visitor").items()} == {
        "alice": 1, "bob": 0, "carol": 1, "dora": 0, "charlie": 0,
    }  # fmt: skip


def test_schedules_run_with_the_rights_of_who_made_them(web: Connection, world: World) -> None:
    people, tenant = world.people, world.people.alice.tenant_id
    base = {"tenant_id": tenant, "cron": "0 7 * * 1", "next_run_at": SOON}
    audience = {**base, "report_type": "podcast_audience", "podcast_ids": [world.podcasts["Harbour Lights"]]}
    flight = {**base, "report_type": "campaign_performance", "campaign_id": world.campaigns["Acme always on"]}
    made = {}
    for person, name, row in (
        (people.carol, "carol", audience),
        (people.bob, "bob", flight),
        (people.dora, "dora", flight),
    ):
        _enter(web, person)
        made[name] = _insert(web, "report_schedules", name=name, created_by=person.user_id, **row)
        _insert(
            web, "report_recipients", tenant_id=tenant, schedule_id=made[name], channel="email",
            email=f"{name}@x.example",
        )  # fmt: skip
    assert _seen(web, world, "report_schedules") == {
        "alice": {"bob", "carol", "dora"}, "bob": {"bob"}, "carol": {"carol"}, "dora": {"bob", "carol", "dora"},
        "charlie": set(),
    }  # fmt: skip
    assert _seen(web, world, "report_recipients", "split_part(email, '@', 1)") == _seen(
        web, world, "report_schedules"
    )
    _enter(web, people.carol)
    own = {"name": "x", "created_by": people.carol.user_id}
    other = {**audience, "podcast_ids": [world.podcasts["Night Shift"]]}
    _refused(web, DENIED, lambda: _insert(web, "report_schedules", **own, **other))
    _refused(web, DENIED, lambda: _insert(web, "report_schedules", **own, **flight))
    _refused(
        web, DENIED,
        lambda: _insert(
            web, "report_recipients", tenant_id=tenant, schedule_id=made["bob"], channel="email", email="me@x.example"
        ),
    )  # fmt: skip
    hook = {"tenant_id": tenant, "url": "https://x.example/hook", "event_types": ["report.ready"]}
    _enter(web, people.alice)
    webhook = _insert(web, "webhooks", secret=SEALED, secret_key_id="k1", **hook)
    called = {"tenant_id": tenant, "channel": "webhook", "webhook_id": webhook}
    _enter(web, people.carol)
    _refused(web, DENIED, lambda: _insert(web, "report_recipients", schedule_id=made["carol"], **called))
    _enter(web, people.alice)
    _insert(web, "report_recipients", schedule_id=made["carol"], **called)
    _enter(web, people.dora)
    _refused(
        web,
        DENIED,
        lambda: _insert(web, "report_schedules", name="y", created_by=people.alice.user_id, **audience),
    )
    for wrong in (
        {"cron": "every day"},
        {"cron": "* * * *"},
        {"next_run_at": None},
        {"parameters": '{"a": 1}'},
    ):
        _refused(
            web, WRONG,
            lambda wrong=wrong: _insert(
                web, "report_schedules", name="z", created_by=people.dora.user_id, **{**audience, **wrong}
            ),
        )  # fmt: skip


def test_a_report_goes_to_a_destination_once(web: Connection, world: World) -> None:
    people, tenant = world.people, world.people.alice.tenant_id
    _enter(web, people.carol)
    report = _insert(
        web, "reports", tenant_id=tenant, report_type="podcast_audience", created_by=people.carol.user_id,
        podcast_ids=[world.podcasts["Harbour Lights"]],
    )  # fmt: skip
    sending = {"tenant_id": tenant, "report_id": report, "channel": "email", "destination": "host@x.example"}
    _refused(web, DENIED, lambda: _insert(web, "report_deliveries", next_attempt_at=SOON, **sending))
    _enter(web, Actor(tenant))
    _insert(web, "report_deliveries", next_attempt_at=SOON, **sending)
    _refused(
        web, psycopg.errors.UniqueViolation,
        lambda: _insert(web, "report_deliveries", next_attempt_at=SOON, **sending),
    )  # fmt: skip
    for wrong in (
        {"status": "delivered"}, {"status": "sending"}, {}, {"attempt_log": '["x"]'},
        {"attempt_log": '[{"at": "2026-01-01"}]'}, {"attempt_log": "{}"},
    ):  # fmt: skip
        row = {**sending, "destination": "other@x.example", **wrong}
        if "attempt_log" in wrong:
            row["next_attempt_at"] = SOON
        _refused(web, WRONG, lambda row=row: _insert(web, "report_deliveries", **row))
    assert {name: len(rows) for name, rows in _seen(web, world, "report_deliveries", "id").items()} == {
        "alice": 1, "bob": 0, "carol": 1, "dora": 1, "charlie": 0,
    }  # fmt: skip


def test_annotations_are_seen_where_their_subject_is(web: Connection, world: World) -> None:
    people, tenant = world.people, world.people.alice.tenant_id
    subjects = {
        "harbour": {"podcast_id": world.podcasts["Harbour Lights"]},
        "night": {"episode_id": world.episodes["Night Shift 1"]},
        "harbour episode": {"episode_id": world.episodes["Harbour Lights 1"]},
        "acme": {"campaign_id": world.campaigns["Acme always on"]},
        "globex": {"campaign_id": world.campaigns["Globex launch"]},
        "tenant": {},
    }
    _enter(web, people.dora)
    for name, subject in subjects.items():
        for visibility in ("own", "team", "everyone"):
            _insert(
                web, "annotations", tenant_id=tenant, title=f"{name} {visibility}", starts_at=NOW,
                visibility=visibility, created_by=people.dora.user_id, **subject,
            )  # fmt: skip
    everything = {f"{name} {visibility}" for name in subjects for visibility in ("own", "team", "everyone")}
    whole = {title for title in everything if not title.endswith(" own")}
    assert _seen(web, world, "annotations", "title") == {
        "alice": whole,
        "bob": {"acme everyone"},
        "carol": {"harbour everyone", "harbour episode everyone"},
        "dora": everything,
        "charlie": set(),
    }
    _enter(web, people.carol)
    assert web.execute("update annotations set title = 'mine'").rowcount == 0
    own = {"tenant_id": tenant, "title": "x", "starts_at": NOW, "created_by": people.carol.user_id}
    _insert(web, "annotations", podcast_id=world.podcasts["Harbour Lights"], **own)
    _refused(
        web, DENIED, lambda: _insert(web, "annotations", podcast_id=world.podcasts["Night Shift"], **own)
    )
    _refused(
        web, DENIED, lambda: _insert(web, "annotations", episode_id=world.episodes["Night Shift 1"], **own)
    )
    _refused(web, DENIED, lambda: _insert(web, "annotations", **{**own, "created_by": people.dora.user_id}))
    both = {"podcast_id": world.podcasts["Harbour Lights"], "episode_id": world.episodes["Harbour Lights 1"]}
    _refused(web, WRONG, lambda: _insert(web, "annotations", **own, **both))


def test_alerts_call_whose_rule_it_is_once_a_period(web: Connection, world: World) -> None:
    people, tenant = world.people, world.people.alice.tenant_id
    row = {"tenant_id": tenant, "metric": "downloads", "comparison": "falls_by", "threshold": 0.3}
    made = {}
    for person, name, subject in (
        (people.carol, "carol", {"podcast_id": world.podcasts["Harbour Lights"]}),
        (people.bob, "bob", {"campaign_id": world.campaigns["Acme always on"]}),
    ):
        _enter(web, person)
        made[name] = _insert(web, "alert_rules", name=name, created_by=person.user_id, **row, **subject)
    alert = {
        "tenant_id": tenant, "rule_id": made["carol"], "period_start": NOW - timedelta(days=1), "period_end": NOW,
        "observed_value": 0.5, "compared_value": 100, "threshold": 0.3,
    }  # fmt: skip
    _enter(web, people.carol)
    _refused(web, DENIED, lambda: _insert(web, "alerts", **alert))
    _refused(
        web, DENIED,
        lambda: _insert(
            web, "alert_rules", name="x", created_by=people.carol.user_id, **row,
            podcast_id=world.podcasts["Night Shift"],
        ),
    )  # fmt: skip
    _enter(web, Actor(tenant))
    _insert(web, "alerts", **alert)
    _refused(web, psycopg.errors.UniqueViolation, lambda: _insert(web, "alerts", **alert))
    assert {name: len(rows) for name, rows in _seen(web, world, "alerts", "id").items()} == {
        "alice": 1, "bob": 0, "carol": 1, "dora": 1, "charlie": 0,
    }  # fmt: skip
    _enter(web, people.carol)
    _refused(web, WRONG, lambda: web.execute("update alerts set status = 'acknowledged'"))
    seen = "update alerts set status = 'acknowledged', acknowledged_at = now(), acknowledged_by = %s"
    assert web.execute(seen, [people.carol.user_id]).rowcount == 1


def test_excluded_requests_follow_the_podcast(web: Connection, world: World) -> None:
    tenant = world.people.alice.tenant_id
    _enter(web, Actor(tenant))
    for title in ("Harbour Lights 1", "Night Shift 1"):
        _insert(
            web, "excluded_requests", tenant_id=tenant, episode_id=world.episodes[title], reason="repeat",
            rule_version=COUNTING_VERSION, occurred_at=WORLD_NOW,
        )  # fmt: skip
    mine, other = str(world.episodes["Harbour Lights 1"]), str(world.episodes["Night Shift 1"])
    # Beside the world's, which has some in each tenant by rules of its own.
    ours = "case when rule_version <> 'rules of the world' then episode_id::text else 'the world''s' end"
    seen = {
        name: found - {"the world's"} for name, found in _seen(web, world, "excluded_requests", ours).items()
    }
    assert seen == {
        "alice": {mine, other},
        "bob": set(),
        "carol": {mine},
        "dora": {mine, other},
        "charlie": set(),
    }
    _enter(web, world.people.carol)
    row = {
        "tenant_id": tenant, "episode_id": world.episodes["Harbour Lights 1"], "reason": "bot",
        "rule_version": COUNTING_VERSION, "occurred_at": WORLD_NOW,
    }  # fmt: skip
    _refused(web, DENIED, lambda: _insert(web, "excluded_requests", **row))
    _enter(web, world.people.dora)
    _insert(web, "excluded_requests", **row)
    _refused(web, WRONG, lambda: _insert(web, "excluded_requests", **{**row, "reason": "did not like it"}))
    plan = web.execute(
        "explain (costs off) select reason, count(*) from excluded_requests where tenant_id = (select app_tenant()) "
        "and occurred_at >= %s and occurred_at < %s group by reason",
        [WORLD_NOW - timedelta(days=3), WORLD_NOW],
    ).fetchall()
    # Of 28 months those that the period touches are opened, and no more.
    opened = [line for (line,) in plan if "Scan" in line and "Bitmap Index Scan" not in line]
    assert 1 <= len(opened) <= 2


def test_only_what_is_of_the_tenant_can_be_owned(web: Connection, world: World) -> None:
    people = world.people
    _enter(web, people.alice)
    mine = {"tenant_id": people.alice.tenant_id, "owner_id": people.alice.user_id}
    foreign = {kind: f"select id from {kind}s" for kind in ("podcast", "sponsor", "campaign")}
    _enter(web, people.charlie)
    ids = {kind: web.execute(statement).fetchone() for kind, statement in foreign.items()}
    _enter(web, people.alice)
    told = set()
    for kind, found in ids.items():
        for resource in (*(found or ()), uuid4()):
            with pytest.raises(psycopg.errors.ForeignKeyViolation) as refused, web.transaction():
                _insert(web, "resource_ownership", resource_type=kind, resource_id=resource, **mine)
            told.add(str(refused.value).splitlines()[0])
    # What is another's is told apart from what is nobody's by nothing.
    assert told == {f"there is no such {kind} in this tenant" for kind in foreign}
    _insert(
        web,
        "resource_ownership",
        resource_type="campaign",
        resource_id=world.campaigns["Acme always on"],
        **mine,
    )
