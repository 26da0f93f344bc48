"""Quotas: what a tenant may have at most holds whoever creates, however many at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from queries.errors import QuotaReached
from queries.session import Actor, tenant_session
from queries.settings import Settings, use_settings, with_databases
from queries.statements import run
from tests.world import Writer

THREADS = 32
ALLOWED = 5


@pytest.fixture(scope="module")
def quotas(make_database: Callable[[str], Any]) -> Any:
    return make_database("podboard_quotas")


@pytest.fixture
def tenant(quotas: Any) -> Writer:
    """A tenant of its own for each test, with a sponsor and nothing that counts."""
    return Writer(quotas, f"quota-{uuid4().hex[:12]}")


@pytest.fixture
def connection(quotas: Any, tenant: Writer) -> Iterator[psycopg.Connection[Any]]:
    """A transaction of the runtime role in the tenant."""
    with psycopg.connect(quotas.web_dsn, prepare_threshold=None) as opened:
        opened.execute("select set_tenant_context(%s)", [tenant.tenant_id])
        yield opened
        opened.rollback()


def _limit(tenant: Writer, column: str, allowed: int | None) -> None:
    with tenant.transaction() as opened:
        changed = opened.execute(
            f"update tenant_quotas set {column} = %s where tenant_id = %s", [allowed, tenant.tenant_id]
        )
        assert changed.rowcount == 1


def _creation(tenant: Writer, table: str) -> Callable[[psycopg.Connection[Any]], object]:
    """A function that creates one row of the table on a connection."""
    sponsor = tenant.insert("sponsors", name="Acme") if table == "campaigns" else None

    def create(opened: psycopg.Connection[Any]) -> object:
        name = uuid4().hex
        if table == "users":
            return opened.execute(
                "insert into users (tenant_id, email) values (%s, %s)",
                [tenant.tenant_id, f"{name}@q.example"],
            )
        if table == "podcasts":
            return opened.execute(
                "insert into podcasts (tenant_id, name) values (%s, %s)", [tenant.tenant_id, name]
            )
        return opened.execute(
            "insert into campaigns (tenant_id, sponsor_id, name, start_date, end_date) "
            "values (%s, %s, %s, '2030-01-01', '2030-02-01')",
            [tenant.tenant_id, sponsor, name],
        )

    return create


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
@pytest.mark.parametrize("table", ["users", "podcasts", "campaigns"])
def test_of_32_at_once_exactly_the_quota_succeeds(
    quotas: Any, tenant: Writer, table: str, isolation: str
) -> None:
    _limit(tenant, f"max_{table}", ALLOWED)
    create = _creation(tenant, table)
    together = threading.Barrier(THREADS)
    outcomes: list[str] = []

    def one() -> None:
        with psycopg.connect(quotas.web_dsn, prepare_threshold=None, autocommit=True) as opened:
            together.wait(timeout=60)
            # What came in between fails a transaction that is not to see it: as every writer, it tries again.
            for _ in range(100):
                try:
                    with opened.transaction():
                        opened.execute(f"set transaction isolation level {isolation}")
                        opened.execute("select set_tenant_context(%s)", [tenant.tenant_id])
                        create(opened)
                except psycopg.errors.SerializationFailure:
                    continue
                except psycopg.Error as error:
                    outcomes.append(error.sqlstate or "")
                else:
                    outcomes.append("created")
                return

    threads = [threading.Thread(target=one) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert sorted(outcomes) == ["PB001"] * (THREADS - ALLOWED) + ["created"] * ALLOWED
    with tenant.transaction() as opened:
        row = opened.execute(f"select count(*) from {table}").fetchone()
        assert row == (ALLOWED,)


@pytest.mark.parametrize("table", ["users", "podcasts", "campaigns"])
def test_what_is_deleted_makes_room_and_needs_it_again_to_come_back(
    quotas: Any, tenant: Writer, table: str
) -> None:
    """By the commands: a session may not delete a person."""
    _limit(tenant, f"max_{table}", 2)
    create = _creation(tenant, table)
    with psycopg.connect(quotas.owner_dsn, prepare_threshold=None) as opened:
        opened.execute("select set_tenant_context(%s)", [tenant.tenant_id])
        _delete_and_bring_back(opened, table, create)
        opened.rollback()


def _delete_and_bring_back(
    connection: psycopg.Connection[Any], table: str, create: Callable[[psycopg.Connection[Any]], object]
) -> None:
    create(connection)
    create(connection)
    row = connection.execute(f"select id from {table} limit 1").fetchone()
    assert row
    connection.execute(f"update {table} set deleted_at = now() where id = %s", row)
    create(connection)
    with pytest.raises(psycopg.Error) as refused:
        connection.execute(f"update {table} set deleted_at = null where id = %s", row)
    assert refused.value.sqlstate == "PB001"
    assert (refused.value.diag.table_name, refused.value.diag.message_detail) == (table, "2")


def test_many_in_one_statement_count_together(connection: psycopg.Connection[Any], tenant: Writer) -> None:
    _limit(tenant, "max_podcasts", 3)
    many = "insert into podcasts (tenant_id, name) select %s, 'Show ' || n from generate_series(1, %s) n"
    with pytest.raises(psycopg.Error, match="the quota of 3 podcasts is used up"), connection.transaction():
        connection.execute(many, [tenant.tenant_id, 4])
    assert connection.execute(many, [tenant.tenant_id, 3]).rowcount == 3


def test_a_new_tenant_has_no_limit_and_a_limit_is_its_own(
    quotas: Any, connection: psycopg.Connection[Any], tenant: Writer
) -> None:
    row = connection.execute("select max_users, max_podcasts, max_campaigns from tenant_quotas").fetchone()
    assert row == (None, None, None)
    _limit(Writer(quotas, f"other-{uuid4().hex[:12]}"), "max_podcasts", 0)
    _creation(tenant, "podcasts")(connection)


def test_a_limit_below_what_is_there_takes_nothing_away(
    connection: psycopg.Connection[Any], tenant: Writer
) -> None:
    tenant.insert_all("podcasts", [{"name": "One"}, {"name": "Two"}])
    _limit(tenant, "max_podcasts", 1)
    renamed = connection.execute("update podcasts set name = name || '!'")
    assert renamed.rowcount == 2
    with pytest.raises(psycopg.Error) as refused:
        _creation(tenant, "podcasts")(connection)
    assert refused.value.sqlstate == "PB001"


def test_a_person_reads_the_limits_but_never_sets_them(quotas: Any, tenant: Writer) -> None:
    admin, manager = (
        tenant.person(f"{tenant.name}-a@q.example", "admin"),
        tenant.person(f"{tenant.name}-m@q.example", "account_manager"),
    )
    for person, seen in ((admin, 1), (manager, 0)):
        with psycopg.connect(quotas.web_dsn) as opened:
            opened.execute("select enter_session(%s, %s)", [person.tenant_id, person.user_id])
            row = opened.execute("select count(*) from tenant_quotas").fetchone()
            assert row == (seen,)
            assert opened.execute("update tenant_quotas set max_users = 1000").rowcount == 0
            opened.rollback()


def test_a_narrow_scope_does_not_hide_what_counts(quotas: Any, tenant: Writer) -> None:
    """Somebody who may manage the catalogue, but sees one podcast of three, cannot make a fourth."""
    shows = tenant.insert_all("podcasts", [{"name": "One"}, {"name": "Two"}, {"name": "Three"}])
    _limit(tenant, "max_podcasts", 3)
    person = tenant.person(f"{tenant.name}-n@q.example", "podcaster", ("podcast", shows[0]))
    with tenant.transaction() as opened:
        opened.execute(
            "insert into role_permissions (tenant_id, role_id, permission_id) "
            "select r.tenant_id, r.id, p.id from roles r, permissions p "
            "where r.tenant_id = %s and r.name = 'podcaster' and p.name = 'catalogue.manage'",
            [tenant.tenant_id],
        )
    # A podcast that is not theirs: rolled back if it came through, and refused for the quota, not for the scope.
    with psycopg.connect(quotas.web_dsn) as opened:
        opened.execute("select enter_session(%s, %s)", [person.tenant_id, person.user_id])
        new = UUID(int=uuid4().int)
        opened.execute(
            "select set_config('app.podcast_scope', current_setting('app.podcast_scope') || ',' || %s, true)",
            [str(new)],
        )
        assert opened.execute("select count(*) from podcasts").fetchone() == (1,)
        with pytest.raises(psycopg.Error) as refused:
            opened.execute(
                "insert into podcasts (id, tenant_id, name) values (%s, %s, 'Four')", [new, tenant.tenant_id]
            )
        assert refused.value.sqlstate == "PB001"


def test_people_are_told_what_they_may_have(quotas: Any, tenant: Writer, settings: Settings) -> None:
    _limit(tenant, "max_podcasts", 1)
    tenant.insert("podcasts", name="Only")
    use_settings(
        with_databases(settings, runtime=quotas.web_dsn, worker=quotas.worker_dsn, owner=quotas.owner_dsn)
    )
    try:
        with (
            pytest.raises(QuotaReached, match=r"^Your plan allows 1 podcast\. Remove one") as told,
            tenant_session(Actor(tenant.tenant_id), write=True) as opened,
        ):
            run(
                opened,
                "insert into podcasts (tenant_id, name) values (%(tenant)s, 'Second')",
                {"tenant": tenant.tenant_id},
            )
    finally:
        use_settings(settings)
    assert (told.value.table, told.value.allowed) == ("podcasts", 1)
    assert str(QuotaReached("users", 25)).startswith("Your plan allows 25 people.")
    assert str(QuotaReached("campaigns", 0)) == "Your plan allows no campaigns. Ask for a higher limit."
