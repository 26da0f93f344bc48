"""The migration runner: order, one transaction each, resuming, refusing, waiting, both engines, the dump."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg
import pytest

from schema.migrate import (
    MigrationError,
    load,
    migrate,
)
from schema.scripts import split_statements
from schema.server import Reachable, Server
from schema.structure import dump_structure
from tests.conftest import program
from tests.small_versions import EMPTY, applied_versions, read, write


def test_versions_are_applied_in_order_and_recorded(empty: str, folder: Path) -> None:
    said: list[str] = []
    labels = migrate(empty, folder=folder, engine="plain", report=said.append)
    assert labels == ["0001_first", "0002_series", "0003_third"]
    assert [line for line in said if line.startswith("applied")] == [f"applied {label}" for label in labels]
    assert read(empty, "select engine from series") == [("plain",)]
    assert read(empty, "select version, name, sha256, engine from schema_migrations order by version") == [
        (m.version, m.name, m.sha256, "plain") for m in load(folder, "plain")
    ]
    assert applied_versions(empty) == labels


def test_a_second_run_does_nothing(empty: str, folder: Path) -> None:
    migrate(empty, folder=folder, engine="plain")
    before = read(empty, "select * from schema_migrations order by version")
    assert migrate(empty, folder=folder) == []
    assert read(empty, "select * from schema_migrations order by version") == before
    assert read(empty, "select n from first") == [(1,)]


def test_plan_names_what_is_pending_and_touches_nothing(empty: str, folder: Path) -> None:
    assert migrate(empty, plan=True, folder=folder, engine="plain") == [
        "0001_first",
        "0002_series",
        "0003_third",
    ]
    assert read(empty, "select relname from pg_class where relnamespace = 'public'::regnamespace") == []
    (folder / "migrations/0003_third.sql").rename(folder / "third")
    migrate(empty, folder=folder, engine="plain")
    (folder / "third").rename(folder / "migrations/0003_third.sql")
    assert migrate(empty, plan=True, folder=folder) == ["0003_third"]


def test_a_failing_version_is_undone_whole_and_resumed_after_mending(empty: str, folder: Path) -> None:
    write(folder, "migrations/0003_third.sql", "create table third ();\n\nselect no_such_column from first;")
    with pytest.raises(MigrationError) as failed:
        migrate(empty, folder=folder, engine="plain")
    assert str(failed.value) == (
        '0003_third failed and was undone: column "no_such_column" does not exist (line 3)'
    )
    assert applied_versions(empty) == ["0001_first", "0002_series"]
    assert read(empty, "select to_regclass('third')") == [(None,)]
    write(folder, "migrations/0003_third.sql", "create table third ();")
    assert migrate(empty, folder=folder) == ["0003_third"]


def test_a_changed_file_is_refused_by_name(empty: str, folder: Path) -> None:
    migrate(empty, folder=folder, engine="plain")
    write(folder, "migrations/0001_first.sql", "create table first (n bigint);")
    with pytest.raises(MigrationError) as refused:
        migrate(empty, folder=folder)
    assert str(refused.value) == (
        "0001_first.sql was changed after it had been applied: put it back and write a new version instead."
    )
    with pytest.raises(MigrationError, match="0001_first"):
        migrate(empty, plan=True, folder=folder)


def test_an_older_release_refuses_a_newer_database(empty: str, folder: Path) -> None:
    migrate(empty, folder=folder, engine="plain")
    (folder / "migrations/0003_third.sql").unlink()
    with pytest.raises(MigrationError, match="0003_third, which this release does not"):
        migrate(empty, folder=folder)


def test_a_version_that_arrives_late_has_to_be_renumbered(empty: str, folder: Path) -> None:
    (folder / "migrations/0001_first.sql").rename(folder / "first")
    migrate(empty, folder=folder, engine="plain")
    (folder / "first").rename(folder / "migrations/0001_first.sql")
    with pytest.raises(MigrationError, match=r"0001_first\.sql comes before version 0003"):
        migrate(empty, folder=folder)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("migrations/0003_twice.sql", "Version 0003 exists twice"),
        ("migrations/0002_series.sql", "Version 0002 exists twice"),
        ("migrations/4_short.sql", "is not named NNNN_name.sql"),
        ("migrations/0004_Upper.sql", "is not named NNNN_name.sql"),
        ("timeseries/plain/0004_lonely.sql", "Only one time-series engine has 0004_lonely.sql"),
    ],
)
def test_files_that_do_not_fit_are_refused_before_anything_runs(
    empty: str, folder: Path, name: str, complaint: str
) -> None:
    write(folder, name, "select 1;")
    with pytest.raises(MigrationError, match=complaint):
        migrate(empty, folder=folder, engine="plain")
    assert applied_versions(empty) == []


def test_the_engine_is_chosen_once(empty: str, folder: Path) -> None:
    migrate(empty, folder=folder, engine="plain")
    assert read(empty, "select engine from database_engine") == [("plain",)]
    with pytest.raises(MigrationError, match="keeps time series the plain way"):
        migrate(empty, folder=folder, engine="timescale")
    with pytest.raises(psycopg.errors.UniqueViolation), psycopg.connect(empty) as connection:
        connection.execute("insert into database_engine (engine) values ('timescale')")


def test_timescale_cannot_be_forced_on_a_server_without_it(empty: str, folder: Path) -> None:
    if read(empty, "select 1 from pg_available_extensions where name = 'timescaledb'"):
        pytest.skip("this server has TimescaleDB")
    with pytest.raises(MigrationError, match="TimescaleDB is not loaded"):
        migrate(empty, folder=folder, engine="timescale")
    migrate(empty, folder=folder)
    assert read(empty, "select engine from series") == [("plain",)]


def test_a_file_without_transaction_runs_statement_by_statement(empty: str, folder: Path) -> None:
    write(
        folder,
        "migrations/0004_vacuum.sql",
        "-- no-transaction\ncreate table if not exists seen (n int);\nvacuum seen; -- refuses a transaction\n"
        "insert into seen values (1); select 1/(select case when count(*) < 2 then 0 else 1 end from seen);",
    )
    with pytest.raises(MigrationError, match=r"0004_vacuum.*division by zero"):
        migrate(empty, folder=folder, engine="plain")
    assert applied_versions(empty) == ["0001_first", "0002_series", "0003_third"]
    assert migrate(empty, folder=folder) == ["0004_vacuum"]
    assert read(empty, "select count(*) from seen") == [(2,)]


def test_two_runs_at_once_apply_each_version_once(empty: str, folder: Path) -> None:
    write(folder, "migrations/0001_first.sql", "select pg_sleep(0.5); create table first (n int);")
    done: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: done.append(migrate(empty, folder=folder, engine="plain")))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [[], [], ["0001_first", "0002_series", "0003_third"]]


def test_a_locked_table_is_waited_for_and_tried_again(empty: str, folder: Path) -> None:
    migrate(empty, folder=folder, engine="plain")
    write(folder, "migrations/0004_alter.sql", "alter table first add column late text;")
    said: list[str] = []
    with psycopg.connect(empty) as holder:
        holder.execute("lock table first in access share mode")

        def hear(line: str) -> None:
            said.append(line)
            if "waits" in line:
                holder.rollback()

        assert migrate(empty, folder=folder, report=hear) == ["0004_alter"]
    assert said == ["0004_alter waits for a lock", "applied 0004_alter"]


def test_an_unreachable_server_is_told_in_one_line() -> None:
    with pytest.raises(MigrationError) as refused:
        migrate("postgresql://nobody@127.0.0.1:1/none")
    assert str(refused.value).startswith("The database cannot be reached: ")
    assert "\n" not in str(refused.value)


def test_runtime_roles_can_read_the_version_but_not_write_it(
    server: Reachable, empty: str, folder: Path
) -> None:
    migrate(empty, folder=folder, engine="plain")
    web = server.dsn("podboard_web", EMPTY)
    assert applied_versions(web) == ["0001_first", "0002_series", "0003_third"]
    with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(web) as connection:
        connection.execute("delete from schema_migrations")


@pytest.mark.parametrize(
    ("script", "statements"),
    [
        ("select 1; select 2", ["select 1", "select 2"]),
        ("select ';'; select e'\\';'", ["select ';'", "select e'\\';'"]),
        ('select ";" -- a;b\nfrom t; /* c;d */ select 3;', ['select ";"  \nfrom t', "select 3"]),
        ("do $$ begin; end $$; select $a$ $$;$a$", ["do $$ begin; end $$", "select $a$ $$;$a$"]),
        ("select '--;'; ;", ["select '--;'"]),
        ("create rule r as on insert to t do (a; b); select 4", [
            "create rule r as on insert to t do (a; b)", "select 4"
        ]),
        ("-- only a comment", []),
    ],
)  # fmt: skip
def test_scripts_are_split_between_statements_only(script: str, statements: list[str]) -> None:
    assert split_statements(script) == statements


class TestStructure:
    def test_the_dump_is_the_same_for_the_same_structure(
        self, server: Reachable, empty: str, folder: Path, tmp_path: Path
    ) -> None:
        pg_dump = program(server, "pg_dump")
        if pg_dump is None:
            pytest.skip("there is no pg_dump of this server's: name its folder in PODBOARD_PG_BIN")
        write(
            folder,
            "migrations/0004_policies.sql",
            """
            create table kept (n int, day date not null) partition by range (day);
            create table kept_2026 partition of kept for values from ('2026-01-01') to ('2027-01-01');
            alter table kept enable row level security;
            create policy tenant_isolation on kept using (n = 1);
            grant select on kept to podboard_web;
            create function noted() returns void language plpgsql as $$
            begin
            -- a comment of the function's own
            SET LOCAL work_mem = '1MB';
            end
            $$;
            """,
        )
        migrate(empty, folder=folder, engine="plain")
        first = dump_structure(empty, pg_dump, tmp_path / "first.sql")
        second = dump_structure(empty, pg_dump, tmp_path / "second.sql")
        assert first == second == (tmp_path / "first.sql").read_text()
        for kept in (
            "CREATE POLICY tenant_isolation ON public.kept USING ((n = 1));",
            "ALTER TABLE public.kept ENABLE ROW LEVEL SECURITY;",
            "GRANT SELECT ON TABLE public.kept TO podboard_web;",
            "-- a comment of the function's own",
            "SET LOCAL work_mem = '1MB';",
        ):
            assert kept in first
        for noise in ("restrict", "Dumped", "kept_2026", "EXTENSION", "OWNER", "set_config"):
            assert noise not in first

    @pytest.mark.wheel
    def test_the_file_in_the_tree_is_what_the_migrations_make(
        self, server: Reachable, empty: str, tmp_path: Path
    ) -> None:
        if not isinstance(server, Server) or server.binaries.major != 18:
            pytest.skip("structure.sql is dumped from the embedded PostgreSQL 18")
        migrate(empty, engine="plain")
        made = dump_structure(empty, server.binaries.path("pg_dump"), tmp_path / "structure.sql")
        in_tree = Path(__file__).parents[2] / "schema" / "structure.sql"
        assert in_tree.read_text() == made, "run `podboard structure` and review the difference"


def test_what_makes_a_version_fit_runs_in_front_of_it_and_only_there(empty: str, folder: Path) -> None:
    """A file that was applied elsewhere stays as it is, and so does a database that has it."""
    (folder / "before").mkdir()
    write(folder, "migrations/0004_fourth.sql", "alter table first add column told text not null;")
    write(folder, "before/timescale_0004.sql", "truncate first")
    with pytest.raises(MigrationError, match=r"0004_fourth failed and was undone"):
        migrate(empty, folder=folder)
    write(folder, "before/plain_0004.sql", "update first set n = 2; delete from first where n = 2")
    assert migrate(empty, folder=folder) == ["0004_fourth"]
    write(folder, "before/plain_0004.sql", "drop table first")
    assert migrate(empty, folder=folder) == []
    assert read(empty, "select count(*) from first") == [(0,)]
