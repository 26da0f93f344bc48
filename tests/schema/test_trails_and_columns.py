"""Who writes into trails under whose name, who reads which columns of people, what a podcaster sees delivered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from queries.session import Actor
from tests.schema.conftest import Stage

DENIED = psycopg.errors.InsufficientPrivilege
NOW = datetime.now(UTC)
TRAILS: dict[str, dict[str, Any]] = {
    "access_logs": {"resource_type": "session", "action": "log_in", "allowed": True},
    "audit_logs": {"resource_type": "user", "action": "updated", "changes": {}},
    "security_events": {"event_type": "login_failed", "severity": "low"},
}


@pytest.mark.parametrize("table", TRAILS)
def test_a_line_of_a_trail_names_who_wrote_it(stage: Stage, table: str) -> None:
    people, line = stage.world.people, TRAILS[table]
    for person in (people.alice, people.bob):
        stage.enter(person)
        stage.insert(table, user_id=person.user_id, **line)
        for other in (people.carol.user_id, None):
            assert "row-level security" in stage.refused(DENIED, table, user_id=other, **line)
    # At the door, and in the worker, nobody has entered: the line names whom it is about.
    stage.enter_tenant(stage.world.a.tenant_id)
    for named in (people.bob.user_id, None):
        stage.insert(table, user_id=named, **line)


def test_a_receipt_of_a_link_is_no_persons_to_write(stage: Stage) -> None:
    people = stage.world.people
    link = stage.put(
        "share_links", token_hash="a" * 64, kind="view", page="/campaigns", created_by=people.bob.user_id,
        campaign_ids=[stage.world.campaigns["Acme always on"]], expires_at=NOW + timedelta(days=2),
    )  # fmt: skip
    for person in (people.bob, people.alice):
        stage.enter(person)
        stage.refused(DENIED, "share_link_views", share_link_id=link, visitor="b" * 64)
    stage.enter_tenant(stage.world.a.tenant_id)
    stage.insert("share_link_views", share_link_id=link, visitor="b" * 64)
    assert stage.see(people.bob, "select count(*) from share_link_views") == [(1,)]


SECRET = ("password_hash", "stripe_customer_id", "stripe_subscription_id")


@pytest.mark.parametrize("role", ["podboard_web", "podboard_worker"])
def test_no_session_reads_what_proves_or_pays(stage: Stage, role: str) -> None:
    for column in SECRET:
        for who in (stage.world.people.alice, stage.world.people.bob, stage.world.people.operator):
            stage.enter(who, role)
            stage.refused_change(DENIED, f"select {column} from users")
            stage.refused_change(DENIED, f"update users set {column} = 'x'")
    assert len(stage.see(stage.world.people.alice, "select email, full_name, email_verified from users")) >= 4


def test_nobody_says_of_themselves_what_others_have_to(stage: Stage) -> None:
    people = stage.world.people
    for who in (people.bob, people.alice):
        stage.enter(who)
        for change in ("email_verified = true", "disabled_at = null", "deleted_at = null", "is_operator = true",
                       "tenant_id = null", "email = 'x@a.example'"):  # fmt: skip
            stage.refused_change(DENIED, f"update users set {change} where id = app_user()")
        assert stage.change("update users set full_name = 'New' where id = app_user()") == 1
        stage.refused(DENIED, "users", email="new@a.example", email_verified=True)


def test_the_doors_of_log_in_still_open(stage: Stage) -> None:
    people = stage.world.people
    stage.put(
        "password_reset_tokens",
        user_id=people.bob.user_id,
        token="c" * 64,
        expires_at=NOW + timedelta(hours=1),
    )
    stage.enter(None)
    assert stage.rows("select user_id from password_token_use(%s, 'first', now())", "c" * 64) == [
        (people.bob.user_id,)
    ]
    assert stage.rows("select user_id from password_token_use(%s, 'again', now())", "c" * 64) == []

    def stored(email: str) -> Any:
        stage.enter(None)
        return stage.rows("select password_hash from account_for_email(%s)", email)

    assert stored("bob@a.example") == [("first",)]
    assert stored("nobody@a.example") == []
    stage.enter(people.bob)
    stage.rows("select replace_password('stronger')")
    assert stored("bob@a.example") == [("stronger",)]
    # One's own and nobody else's; and nobody's before anybody has entered.
    assert stored("carol@a.example") == [(None,)]
    stage.rows("select replace_password('nobody')")
    assert stored("bob@a.example") == [("stronger",)]
    stage.enter(people.operator)
    stage.rows("select replace_password('operator')")
    assert stored("operator@system.example") == [("operator",)]


def _alert(stage: Stage, name: str, created_by: UUID, **about: UUID) -> None:
    rule = stage.put(
        "alert_rules", name=name, metric="downloads", comparison="below", threshold=10, created_by=created_by, **about
    )  # fmt: skip
    stage.put(
        "alerts", rule_id=rule, period_start=NOW - timedelta(days=1), period_end=NOW, observed_value=1, threshold=10
    )  # fmt: skip


def test_seeing_the_whole_tenant_is_no_right_to_change_what_calls_others(stage: Stage) -> None:
    world, people = stage.world, stage.world.people
    _alert(stage, "Carol's", people.carol.user_id, podcast_id=world.podcasts["Harbour Lights"])
    for who, may in ((people.dora, 0), (people.bob, 0), (people.carol, 1), (people.alice, 1)):
        stage.enter(who)
        assert stage.change("update alert_rules set threshold = 11") == may
        with stage.connection.transaction(force_rollback=True):
            assert stage.change("delete from alert_rules") == may
    assert stage.see(people.dora, "select count(*) from alerts") == [(1,)]


def test_who_manages_what_an_alert_is_about_acknowledges_it(stage: Stage) -> None:
    """Not who only sees it, and not in another's name."""
    world, people = stage.world, stage.world.people
    campaign, podcast = world.campaigns["Acme always on"], world.podcasts["Harbour Lights"]
    _alert(stage, "on a podcast", people.carol.user_id, podcast_id=podcast)
    _alert(stage, "on a campaign", people.bob.user_id, campaign_id=campaign)
    _alert(stage, "on everything", people.alice.user_id)
    every = {"on a podcast", "on a campaign", "on everything"}

    def acknowledged(who: Actor, by: UUID | None = None) -> set[str]:
        with stage.connection.transaction(force_rollback=True):
            stage.enter(who)
            return {
                name
                for (name,) in stage.rows(
                    "update alerts a set status = 'acknowledged', acknowledged_at = now(), acknowledged_by = %s "
                    "from alert_rules r where r.id = a.rule_id returning r.name",
                    by or who.user_id,
                )
            }

    assert acknowledged(people.alice) == acknowledged(people.dora) == every
    assert acknowledged(people.bob) == {"on a campaign"}
    assert acknowledged(people.carol) == {"on a podcast"}
    for who in (people.alice, people.dora):
        with pytest.raises(DENIED), stage.connection.transaction():
            acknowledged(who, people.carol.user_id)

    # Without the right to manage campaigns: podcasts' alone. Without both: nobody's but one's own.
    for taken, left in (("campaigns.manage", {"on a podcast"}), ("catalogue.manage", set[str]())):
        stage.put(
            "access_control_policies", name=taken,
            policy_definition={
                "version": 1, "effect": "deny", "actions": [taken], "subjects": {"roles": ["account_manager"]},
                "resource": {"type": "campaign" if taken.startswith("campaigns") else "podcast"},
            },
        )  # fmt: skip
        assert acknowledged(people.dora) == left
        assert stage.see(people.dora, "select count(*) from alerts") == [(3,)]


def test_a_podcaster_sees_what_was_delivered_in_its_podcasts(stage: Stage) -> None:
    """The same numbers that the campaign's days hold, in its own podcasts alone, and nothing but ads delivered."""
    world, people = stage.world, stage.world.people
    stage.enter_tenant(world.a.tenant_id)
    expected = stage.rows(
        "select e.podcast_id, d.ad_unit_id, sum(d.event_count) from campaign_days d "
        "join episodes e on e.id = d.episode_id where d.attribution_type = 'impression' group by 1, 2 order by 1, 2"
    )
    delivered = (
        "select podcast_id, ad_unit_id, sum(impressions) from placement_days group by 1, 2 order by 1, 2"
    )
    assert {row[0] for row in expected} == {world.podcasts["Harbour Lights"], world.podcasts["Night Shift"]}
    assert stage.see(people.dora, delivered) == expected
    assert stage.see(people.carol, delivered) == [
        row for row in expected if row[0] == world.podcasts["Harbour Lights"]
    ]
    for who in (people.bob, people.charlie, people.operator, None):
        assert not [row for row in stage.see(who, delivered) if row in expected], who
    # The placements name who it was for, so that both together are what a podcaster may know.
    assert stage.see(
        people.carol, "select count(*) from placement_days d left join podcast_placements p using (ad_unit_id) "
        "where p.sponsor_name is null"
    ) == [(0,)]  # fmt: skip
    (columns,) = stage.rows(
        "select array_agg(column_name::text order by ordinal_position) from information_schema.columns "
        "where table_name = 'placement_days'"
    )
    assert columns[0] == [
        "tenant_id", "local_day", "podcast_id", "episode_id", "campaign_id", "ad_unit_id", "impressions",
    ]  # fmt: skip
