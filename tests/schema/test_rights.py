"""Each relation and everybody: rights.toml states who may read, insert, update and delete what, and it is so."""

from __future__ import annotations

import psycopg
import pytest

from tests import guards, rights
from tests.canary_world import CanaryWorld
from tests.session_truth import untruths


@pytest.fixture(scope="module")
def measured(canary_world: CanaryWorld, request: pytest.FixtureRequest) -> dict[str, dict[str, str]]:
    matrix = rights.measure(canary_world)
    if request.config.getoption("--write-rights"):
        rights.write(matrix)
    return matrix


@pytest.mark.parametrize("section", rights.SECTIONS)
def test_everybody_may_do_what_the_matrix_says(
    measured: dict[str, dict[str, str]], superuser_dsn: str, section: str
) -> None:
    with psycopg.connect(superuser_dsn) as connection:
        stated = rights.stated(connection)[section]
    found = measured[section]
    missing = [rights.line(name, found[name]) for name in found if name not in stated]
    assert not missing, f"add to [{section}] of {rights.FILE.name}, after reading them:\n" + "\n".join(
        missing
    )
    left_over = sorted(set(stated) - set(found))
    assert not left_over, f"remove from [{section}] of {rights.FILE.name}: {left_over}"
    different = [
        f"{name}: stated {stated[name]}\n{' ' * len(name)}  found  {found[name]}"
        for name in found
        if stated[name] != found[name]
    ]
    assert not different, "\n".join(["in the order of " + " ".join(rights.PEOPLE), *different])


def test_relations_are_guarded_as_was_decided(superuser_dsn: str, request: pytest.FixtureRequest) -> None:
    """What rights.toml cannot measure: which right it is, what views show, what functions do."""
    with psycopg.connect(superuser_dsn) as connection:
        if request.config.getoption("--write-rights"):
            guards.write(connection)
        assert list(guards.undecided(connection)) == []


def test_what_policies_ask_is_answered_as_it_must_be(canary_world: CanaryWorld) -> None:
    world = canary_world.world
    with psycopg.connect(world.database.superuser_dsn) as connection:
        assert list(untruths(connection, world.a.tenant_id, world.b.tenant_id)) == []
        connection.rollback()


def test_what_is_guarded_alike_has_the_same_rights(
    measured: dict[str, dict[str, str]], superuser_dsn: str
) -> None:
    """So that a table needs no line of its own where one that is guarded as it is has one."""
    with psycopg.connect(superuser_dsn) as connection:
        kinds = rights.kinds(connection)
    lines: dict[str, set[str]] = {}
    for section in measured.values():
        for name, cells in section.items():
            if name in kinds:
                lines.setdefault(kinds[name], set()).add(cells)
    assert len(lines) < len(kinds) - 20
    assert [kind for kind, found in lines.items() if len(found) > 1] == []


def test_a_table_guarded_like_others_needs_no_line(superuser_dsn: str) -> None:
    with psycopg.connect(superuser_dsn) as connection:
        for name, guard in (("plain", ""), ("odd", ", p_own_reading => 'written_by'")):
            connection.execute(
                f"create table {name} (id uuid primary key, tenant_id uuid not null, written_by uuid)".encode()
            )
            connection.execute(f"alter table {name} owner to podboard_owner".encode())
            connection.execute(
                f"select internal.protect_tenant_table('{name}'), "
                f"internal.guard_table('{name}', 'billing.manage', 'billing.manage'{guard})".encode()
            )
        tables = rights.stated(connection)["tables"]
        undecided = list(guards.undecided(connection))
        connection.rollback()
    assert len(undecided) == 1
    assert undecided[0].startswith("odd is guarded otherwise")
    assert tables["plain"] == tables["affiliates"]
    assert "odd" not in tables


def _cells(section: str, person: str) -> dict[str, str]:
    place = rights.PEOPLE.index(person)
    return {name: cells.split()[place] for name, cells in rights.written()[section].items()}


@pytest.mark.parametrize("person", ["nobody", "charlie", "operator"])
def test_who_is_not_of_the_tenant_has_nothing_of_it(person: str) -> None:
    for section in ("tables", "views"):
        having = {name: cell for name, cell in _cells(section, person).items() if cell.strip(".-")}
        assert having == {}


@pytest.mark.parametrize("person", ["bob", "carol"])
def test_who_sees_only_what_is_theirs_changes_no_more_than_that(person: str) -> None:
    """A sponsor or podcaster may write what is theirs (session, report); and a new line into a log."""
    beyond = {
        name: cell
        for section in ("tables", "views")
        for name, cell in _cells(section, person).items()
        if set(cell) & set("UD") or ("I" in cell and not cell.endswith("I--"))
    }
    assert beyond == {}


def test_nobody_but_operators_and_the_worker_writes_system_tables() -> None:
    for person in set(rights.PEOPLE) - {"operator", "worker"}:
        writable = {name for name, cell in _cells("system", person).items() if cell[1:].strip(".-")}
        # The throttle counts before a person is known; no session of one adds to it or takes a count back.
        assert writable == ({"login_attempts"} if person in ("nobody", "tenant") else set()), person
