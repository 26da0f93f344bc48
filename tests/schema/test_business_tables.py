"""What is paid and used up: who sees it, what cannot be overdrawn, and what nobody may write."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from tests.schema.conftest import Stage

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize("table", ["agencies", "affiliates"])
def test_partners_shares_are_for_who_manages_billing(stage: Stage, table: str) -> None:
    people = stage.world.people
    stage.put(table, name="Fennel & Voss", contact_email="hello@fennelvoss.example", commission_rate=0.15)
    assert len(stage.see(people.alice, f"select id from {table}")) == 1
    for who in (people.bob, people.carol, people.dora, people.charlie, people.operator, None):
        assert stage.see(who, f"select id from {table}") == []
    stage.enter(people.dora)
    stage.refused(errors.InsufficientPrivilege, table, name="Mine", commission_rate=1)
    stage.enter(people.alice)
    for rate in (-0.01, 1.01, 15):
        stage.refused(errors.Error, table, name="Other", commission_rate=rate)
    stage.refused(
        errors.CheckViolation, table, name="Other", commission_rate=0.1, contact_email="Not An Address"
    )
    stage.refused(errors.UniqueViolation, table, name="FENNEL & VOSS", commission_rate=0.1)
    stage.change(f"update {table} set deleted_at = now()")
    stage.insert(table, name="FENNEL & VOSS", commission_rate=0.1)


def test_everybody_may_refer_and_see_what_it_earned(stage: Stage) -> None:
    people = stage.world.people
    assert people.bob.user_id is not None
    stage.enter(people.bob)
    mine = {"referrer_id": people.bob.user_id, "referred_email": "friend@north.example"}
    stage.insert("referrals", **mine)
    stage.refused(
        errors.InsufficientPrivilege,
        "referrals",
        **{**mine, "referred_email": "b@n.example", "status": "subscribed"},
    )
    stage.refused(errors.InsufficientPrivilege, "referrals", **{**mine, "referrer_id": people.carol.user_id})
    stage.refused(errors.UniqueViolation, "referrals", **mine)
    assert stage.change("update referrals set status = 'subscribed'") == 0
    assert stage.change("delete from referrals") == 0
    # The same friend, told by somebody else: no error says that Bob was first.
    stage.enter(people.carol)
    stage.insert("referrals", referrer_id=people.carol.user_id, referred_email="friend@north.example")

    by_name = {"bob": people.bob, "carol": people.carol, "dora": people.dora, "alice": people.alice}
    referral = stage.see(people.bob, "select id from referrals")[0][0]
    stage.put("referral_commissions", referral_id=referral, amount=Decimal("25.80"), currency="USD")
    for table, expected in (
        ("referrals", {"bob": 1, "carol": 1, "dora": 0, "alice": 2}),
        ("referral_commissions", {"bob": 1, "carol": 0, "dora": 0, "alice": 1}),
    ):
        assert {
            name: len(stage.see(who, f"select id from {table}")) for name, who in by_name.items()
        } == expected
    stage.enter(people.bob)
    stage.refused(
        errors.InsufficientPrivilege, "referral_commissions", referral_id=referral, amount=9, currency="USD"
    )
    stage.enter(people.alice)
    stage.refused_change(errors.CheckViolation, "update referral_commissions set status = 'paid'")
    stage.refused_change(errors.CheckViolation, "update referral_commissions set paid_at = now()")
    assert stage.change("update referral_commissions set status = 'paid', paid_at = now()") == 1


def test_a_balance_is_what_was_given_less_what_was_used(stage: Stage) -> None:
    people = stage.world.people
    bob, carol = people.bob.user_id, people.carol.user_id
    stage.enter(people.bob)
    stage.refused(errors.InsufficientPrivilege, "ai_token_balances", user_id=bob, granted=1000)
    stage.enter(people.alice)
    stage.insert("ai_token_balances", user_id=bob, granted=1000)
    stage.refused_change(errors.InsufficientPrivilege, "update ai_token_balances set spent = 0")
    stage.refused_change(errors.InsufficientPrivilege, "delete from ai_token_balances")
    stage.refused_change(errors.GeneratedAlways, "update ai_token_balances set balance = 5000")

    stage.enter(people.bob)
    stage.insert("ai_token_usage", user_id=bob, token_count=300, usage_type="question")
    stage.insert("ai_token_usage", user_id=bob, token_count=650, usage_type="summary")
    assert stage.rows("select granted, spent, balance from ai_token_balances") == [(1000, 950, 50)]
    stage.refused(errors.CheckViolation, "ai_token_usage", user_id=bob, token_count=51, usage_type="question")
    stage.refused(errors.CheckViolation, "ai_token_usage", user_id=bob, token_count=0, usage_type="question")
    stage.refused(errors.CheckViolation, "ai_token_usage", user_id=bob, token_count=-5, usage_type="question")
    stage.refused(
        errors.InsufficientPrivilege, "ai_token_usage", user_id=carol, token_count=1, usage_type="question"
    )
    stage.refused_change(errors.InsufficientPrivilege, "delete from ai_token_usage")
    stage.refused_change(errors.InsufficientPrivilege, "update ai_token_usage set token_count = 1")
    assert stage.rows("select granted, spent, balance from ai_token_balances") == [(1000, 950, 50)]
    # Nobody without a row has tokens, and what is spent cannot be taken back.
    stage.enter(people.carol)
    refusal = stage.refused(
        errors.CheckViolation, "ai_token_usage", user_id=carol, token_count=1, usage_type="question"
    )
    assert "no AI tokens" in refusal
    assert stage.rows("select 1 from ai_token_balances") == stage.rows("select 1 from ai_token_usage") == []
    stage.enter(people.alice)
    stage.refused_change(errors.CheckViolation, "update ai_token_balances set granted = 949")
    assert stage.change("update ai_token_balances set granted = 950") == 1
    assert stage.rows("select sum(token_count) from ai_token_usage") == [(950,)]


def test_of_two_who_spend_the_last_tokens_one_is_refused(make_database: Callable[[str], Any]) -> None:
    database = make_database("podboard_tokens")
    tenant, person = uuid4(), uuid4()
    with psycopg.connect(database.owner_dsn) as owner:
        owner.execute("select set_tenant_context(%s)", [tenant])
        owner.execute("insert into tenants (id, name, slug) values (%s, 'T', 't')", [tenant])
        owner.execute(
            "insert into users (id, tenant_id, email) values (%s, %s, 'p@t.example')", [person, tenant]
        )
        owner.execute(
            "insert into ai_token_balances (tenant_id, user_id, granted) values (%s, %s, 100)",
            [tenant, person],
        )
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def spend() -> None:
        with psycopg.connect(database.web_dsn, prepare_threshold=None) as connection:
            connection.execute("select enter_session(%s, %s)", [tenant, person])
            barrier.wait()
            try:
                connection.execute(
                    "insert into ai_token_usage (tenant_id, user_id, token_count, usage_type) "
                    "values (%s, %s, 30, 'question')",
                    [tenant, person],
                )
                connection.commit()
                outcomes.append("spent")
            except errors.CheckViolation:
                outcomes.append("refused")

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 5 + ["spent"] * 3
    with psycopg.connect(database.superuser_dsn) as connection:
        found = connection.execute("select spent, balance from ai_token_balances").fetchall()
    assert found == [(90, 10)]


def test_calls_are_noted_for_oneself_and_read_by_who_manages_keys(stage: Stage) -> None:
    people = stage.world.people
    key = stage.put(
        "api_keys",
        user_id=people.dora.user_id,
        key_hash="a" * 64,
        prefix="pb_test",
        name="Test",
        scopes=["metrics.read"],
    )
    call = {"endpoint": "/api/v1/metrics", "method": "GET", "status_code": 200, "response_time_ms": 31}
    stage.enter(people.dora)
    stage.insert("api_usage", user_id=people.dora.user_id, api_key_id=key, **call)
    stage.refused(errors.InsufficientPrivilege, "api_usage", user_id=people.bob.user_id, **call)
    for column, value in (
        ("endpoint", "metrics"), ("method", "get"), ("status_code", 99), ("status_code", 600), ("response_time_ms", -1),
    ):  # fmt: skip
        stage.refused(
            errors.CheckViolation, "api_usage", user_id=people.dora.user_id, **{**call, column: value}
        )
    stage.refused_change(errors.InsufficientPrivilege, "delete from api_usage")
    stage.refused_change(errors.InsufficientPrivilege, "update api_usage set status_code = 200")
    statement = "select api_key_id from api_usage"
    assert stage.see(people.dora, statement) == stage.see(people.alice, statement) == [(key,)]
    assert stage.see(people.bob, statement) == stage.see(people.charlie, statement) == []
    # A key that goes leaves the calls; another tenant's key is none.
    stage.enter(people.alice)
    stage.change("delete from api_keys where id = %s", key)
    assert stage.rows(statement) == [(None,)]
    with pytest.raises(errors.ForeignKeyViolation), stage.connection.transaction():
        stage.put("api_usage", stage.world.b.tenant_id, api_key_id=key, **call)


def test_payments_are_written_by_no_person_and_count_once(stage: Stage) -> None:
    people = stage.world.people
    tier = stage.see(people.carol, "select id from subscription_tiers where name = 'studio'")[0][0]
    assert isinstance(tier, UUID)
    payment = {
        "user_id": people.alice.user_id, "subscription_tier_id": tier, "amount": Decimal("129.00"), "currency": "USD",
        "status": "succeeded", "stripe_transaction_id": "demo_1",
    }  # fmt: skip
    for who in (people.alice, people.dora):
        stage.enter(who)
        stage.refused(errors.InsufficientPrivilege, "billing_transactions", **payment)
    stage.enter_tenant(stage.world.a.tenant_id)
    stage.insert("billing_transactions", **payment)
    stage.refused(errors.UniqueViolation, "billing_transactions", **payment)
    stage.refused_change(errors.InsufficientPrivilege, "delete from billing_transactions")
    for column, value in (("amount", -1), ("currency", "dollars"), ("status", "paid")):
        stage.refused(
            errors.CheckViolation,
            "billing_transactions",
            **{**payment, "stripe_transaction_id": "x", column: value},
        )
    stage.enter_tenant(stage.world.b.tenant_id)
    stage.insert("billing_transactions", **{**payment, "tenant_id": stage.world.b.tenant_id, "user_id": None})
    statement = "select amount, currency from billing_transactions"
    assert stage.see(people.alice, statement) == [(Decimal("129.00"), "USD")]
    assert stage.change("update billing_transactions set status = 'refunded'") == 0
    for nobody in (people.bob, people.carol, people.dora, people.operator, None):
        assert stage.see(nobody, statement) == []
