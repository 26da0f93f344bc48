"""Nothing leads round the policies, what was promised is kept, and triggers do what they are there for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests import guards, kept, rights
from tests.by_trigger import OF_AN_EVENT, changing, misled, unmoved
from tests.canary_world import CanaryWorld
from tests.catalogue_bounds import BOUNDS, GOES_WITH, KEEPS_ITS_TENANT, beyond
from tests.catalogue_rules import faults
from tests.schema.test_catalogue_shapes import HELD_OTHERWISE


@pytest.fixture
def superuser(canary_world: CanaryWorld) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(canary_world.world.database.superuser_dsn, prepare_threshold=None) as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize("bound", BOUNDS)
def test_nothing_leads_round(catalogue: psycopg.Connection[Any], bound: str) -> None:
    assert beyond(catalogue, bound) == []


def test_what_was_promised_is_kept(catalogue: psycopg.Connection[Any]) -> None:
    assert list(kept.broken(catalogue)) == [], (
        f"where this is meant, take these lines out of {kept.FILE.name} by hand and run `make structure`"
    )


def test_every_promise_is_written_down(catalogue: psycopg.Connection[Any]) -> None:
    assert list(kept.unwritten(catalogue)) == [], "run `make structure` and review the difference"


def test_exceptions_are_of_what_is_there(catalogue: psycopg.Connection[Any]) -> None:
    """One for what has gone would let in what comes under its name."""
    columns = catalogue.execute(
        "select c.oid::regclass || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid "
        "join pg_constraint k on k.conrelid = c.oid and k.contype = 'f' and a.attnum = any (k.conkey) "
        "and k.confdeltype = 'c' where c.relnamespace = 'public'::regnamespace"
    ).fetchall()
    assert GOES_WITH.keys() <= {name for (name,) in columns}
    assert len(set(KEEPS_ITS_TENANT)) == len(KEEPS_ITS_TENANT) > 15


def test_a_change_is_dated(superuser: psycopg.Connection[Any]) -> None:
    """In every table that has the column: an update moves it, whatever it says itself."""
    assert len(changing(superuser)) > 50
    assert list(unmoved(superuser)) == []


def test_what_is_of_an_event_is_of_its_campaign(superuser: psycopg.Connection[Any]) -> None:
    by_trigger = {
        table
        for (table, whole, _), reason in HELD_OTHERWISE.items()
        if whole == "attribution_events" and reason.startswith("a trigger")
    }
    assert by_trigger == OF_AN_EVENT.keys()
    assert list(misled(superuser)) == []


# As CONTRIBUTING has it: a table that people may delete from and bring back.
_BY_THE_RECIPE = """
    create table voices (
        id uuid primary key default uuid_generate_v4(),
        tenant_id uuid not null references tenants (id) on delete cascade,
        name text not null check (length(name) between 1 and 100),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        deleted_at timestamptz
    );
    create index voices_tenant on voices (tenant_id);
    alter table voices owner to podboard_owner;
    comment on table voices is 'Who may be heard.';
    select internal.protect_tenant_table('voices'),
           internal.guard_table('voices', p_writing => 'settings.manage');
"""


def test_a_table_by_the_recipe_costs_what_the_recipe_says(superuser: psycopg.Connection[Any]) -> None:
    """No line of rights or guards, no exception to a rule: what `make structure` adds, and nothing else."""
    superuser.execute(_BY_THE_RECIPE.encode())
    assert faults(superuser) == []
    assert beyond(superuser) == []
    assert list(guards.undecided(superuser)) == []
    assert "voices" in rights.stated(superuser)["tables"]
    assert list(kept.broken(superuser)) == []
    new = list(kept.unwritten(superuser))
    assert {promise.split(": ")[0] for promise in new} == {
        "references", "checks", "indexes", "triggers", "never_empty",
    }  # fmt: skip
    assert all("voices" in promise for promise in new)
