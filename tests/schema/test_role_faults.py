"""The runtime roles are exactly what they are meant to be: each thing beyond is named, with what takes it away.

Each break is made in a transaction that is rolled back, so that nobody else meets it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from schema.check import RoleError, inspect, require_runtime_role
from schema.role_faults import owner_faults, runtime_faults
from schema.server import SUPERUSER, Reachable

if TYPE_CHECKING:
    from tests.conftest import Database


class Broken:
    """A superuser's transaction, in which things are broken, judged as the role and mended again."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self.version = connection.info.server_version

    def run(self, *statements: str) -> None:
        self._connection.execute("reset session authorization")
        for statement in statements:
            self._connection.execute(statement.encode())

    def faults(self, role: str = "podboard_web") -> list[str]:
        """What is found about a session of this role, as it would be at its log-in."""
        self.run(f"set local session authorization {role}")
        if role == "podboard_owner":
            return owner_faults(self._connection)
        return runtime_faults(self._connection, worker="worker" in role)

    def mend(self, faults: list[str]) -> None:
        """Does what the sentences say."""
        for fault in faults:
            self.run(*fault.rpartition(": ")[2].split(" and "))


@pytest.fixture
def broken(superuser_dsn: str) -> Iterator[Broken]:
    with psycopg.connect(superuser_dsn, prepare_threshold=None) as connection:
        yield Broken(connection)
        connection.rollback()


def _attribute(role: str, has: str, harm: str) -> tuple[str, str]:
    return (
        f"alter role {role} {has.lower()}",
        f"podboard_web has {has}, {harm}: alter role {role} no{has.lower()}",
    )


# What breaks the web's role, and all that is then said of it.
WEB: dict[str, tuple[str, str]] = {
    "it may pass row security by": _attribute(
        "podboard_web", "BYPASSRLS", "so row-level security does not apply to it"
    ),
    "it may make roles": _attribute(
        "podboard_web", "CREATEROLE", "and could make itself or another role more than it is"
    ),
    "it may make databases": _attribute("podboard_web", "CREATEDB", "and could make databases"),
    "it may copy the server": _attribute(
        "podboard_web", "REPLICATION", "and who may copy the server reads every tenant"
    ),
    "it is the superuser": (
        "alter role podboard_web superuser createrole",
        "podboard_web is a superuser, to whom row-level security does not apply: alter role podboard_web nosuperuser, "
        "or log in as podboard_web",
    ),
    **{
        f"it is in {role}": (
            f"grant {role} to podboard_web",
            f"podboard_web is a member of {role}: revoke {role} from podboard_web",
        )
        for role in (
            "pg_read_all_data", "pg_write_all_data", "pg_read_all_stats", "pg_execute_server_program",
            "pg_read_server_files", "pg_write_server_files", "pg_signal_backend", "pg_checkpoint",
        )
    },
    "it is in a role of roles": (
        "grant pg_monitor to podboard_web",
        "podboard_web is a member of pg_monitor, and through it of pg_read_all_settings, pg_read_all_stats and "
        "pg_stat_scan_tables: revoke pg_monitor from podboard_web",
    ),
    "it is in a role without rights": (
        "create role zz_team; grant zz_team to podboard_web",
        "podboard_web is a member of zz_team: revoke zz_team from podboard_web",
    ),
    "it may become the owner": (
        "grant podboard_owner to podboard_web",
        "podboard_web may become the owner: revoke podboard_owner from podboard_web",
    ),
    "it may become the owner by the worker": (
        "grant podboard_worker to podboard_web",
        "podboard_web may become the owner through podboard_worker: revoke podboard_worker from podboard_web",
    ),
    "it may become the owner by a third": (
        "create role zz_dba noinherit; grant podboard_owner to zz_dba; grant zz_dba to podboard_web",
        "podboard_web may become the owner through zz_dba: revoke zz_dba from podboard_web",
    ),
    "two steps away is one whom row security does not hold": (
        'create role "zz two" bypassrls replication; create role zz_one; grant "zz two" to zz_one; '
        "grant zz_one to podboard_web",
        'podboard_web is a member of zz_one, and through it of "zz two", which has BYPASSRLS and REPLICATION: '
        "revoke zz_one from podboard_web",
    ),
    "it owns a table": (
        "alter table campaigns owner to podboard_web",
        "podboard_web owns table campaigns, and an owner can switch row-level security off: "
        "reassign owned by podboard_web to podboard_owner",
    ),
    "it owns a function": (
        "alter function app_tenant() owner to podboard_web",
        "podboard_web owns function app_tenant(), and an owner can switch row-level security off: "
        "reassign owned by podboard_web to podboard_owner",
    ),
    "it may enter what is private": (
        "grant usage on schema internal to podboard_web",
        "podboard_web may enter the schema internal, which row-level security does not cover: "
        "revoke usage on schema internal from podboard_web",
    ),
    "everybody may enter what is private": (
        "grant usage on schema internal to public",
        "podboard_web may enter the schema internal, which row-level security does not cover: "
        "revoke usage on schema internal from public",
    ),
    "it may enter another schema of the owner's": (
        "create schema reporting authorization podboard_owner; grant usage on schema reporting to podboard_web",
        "podboard_web may enter the schema reporting, which row-level security does not cover: "
        "revoke usage on schema reporting from podboard_web",
    ),
    "it may read what is private": (
        "grant select on internal.campaign_days to podboard_web",
        "podboard_web has rights on internal.campaign_days, which row-level security does not cover: "
        "revoke all on internal.campaign_days from podboard_web",
    ),
    "it may read a column of what is private": (
        "grant select (tenant_id) on internal.campaign_days to podboard_web",
        "podboard_web has rights on internal.campaign_days, which row-level security does not cover: "
        "revoke all on internal.campaign_days from podboard_web",
    ),
    "it may draw numbers in what is private": (
        "create sequence internal.zz; grant usage on sequence internal.zz to podboard_web",
        "podboard_web has rights on sequence internal.zz: revoke all on sequence internal.zz from podboard_web",
    ),
    "it may call what is private": (
        "create function internal.zz() returns integer language sql return 1; "
        "grant execute on function internal.zz() to podboard_web",
        "podboard_web has rights on routine internal.zz(): revoke all on routine internal.zz() from podboard_web",
    ),
    **{
        f"it may {right.lower()}": (
            f"grant {right} on campaigns to podboard_web",
            f"podboard_web has {right} on campaigns: revoke {right.lower()} on campaigns from podboard_web",
        )
        for right in ("TRUNCATE", "TRIGGER", "REFERENCES")
    },
    "it may refer to a column": (
        "grant references (id) on campaigns to podboard_web",
        "podboard_web has REFERENCES on campaigns: revoke references on campaigns from podboard_web",
    ),
    "everybody may truncate": (
        "grant truncate on campaigns to public",
        "podboard_web has TRUNCATE on campaigns: revoke truncate on campaigns from public",
    ),
    "it may write through a view": (
        "grant insert (value_micros), update on campaign_days to podboard_web",
        "podboard_web may write through the view campaign_days, with its owner's rights: "
        "revoke insert, update, delete on campaign_days from podboard_web",
    ),
    "everybody may read": (
        "grant select on campaigns to public",
        "everybody has rights on campaigns: revoke all on campaigns from public",
    ),
    "it may hand on": (
        "grant select on campaigns to podboard_web with grant option",
        "podboard_web may hand on its rights on campaigns: "
        "revoke grant option for all on campaigns from podboard_web",
    ),
    "it may make temporary tables": (
        "do $$ begin execute format('grant temp on database %I to podboard_web', current_database()); end $$",
        "podboard_web has TEMP on the database, and what it makes there could stand before ours: "
        "revoke temp on database {database} from podboard_web",
    ),
    "it may make tables and schemas": (
        "do $$ begin execute format('grant create on database %I to podboard_web', current_database()); end $$; "
        "grant create on schema public to podboard_web",
        "podboard_web has CREATE on the schema public and CREATE on the database, and what it makes there could stand "
        "before ours: revoke create on schema public from podboard_web and revoke create on database {database} "
        "from podboard_web",
    ),
    "it may read the server's files": (
        "grant execute on function pg_read_file(text) to podboard_web",
        "podboard_web has rights on routine pg_read_file(text): "
        "revoke all on routine pg_read_file(text) from podboard_web",
    ),
    "it may read the passwords": (
        "grant select on pg_authid to podboard_web",
        "podboard_web has rights on pg_catalog.pg_authid: revoke all on pg_catalog.pg_authid from podboard_web",
    ),
    "it may read a view somewhere else": (
        "create schema zz; create view zz.x as select * from internal.campaign_days; "
        "grant usage on schema zz to podboard_web; grant select on zz.x to podboard_web",
        "podboard_web has rights on zz.x: revoke all on zz.x from podboard_web",
    ),
    "it may read a column somewhere else": (
        "create schema zz; create view zz.x as select * from internal.campaign_days; "
        "grant select (value_micros) on zz.x to podboard_web",
        "podboard_web has rights on zz.x: revoke all on zz.x from podboard_web",
    ),
    "it is to have rights": (
        "alter default privileges for role podboard_owner in schema internal grant select on tables to podboard_web",
        "podboard_web is given rights on the tables that podboard_owner makes: alter default privileges for role "
        "podboard_owner in schema internal revoke all on tables from podboard_web",
    ),
    "it may switch triggers off": (
        "grant set on parameter session_replication_role to podboard_web",
        "podboard_web may set session_replication_role: "
        "revoke set on parameter session_replication_role from podboard_web",
    ),
    "it may have the server run a program": (
        "grant alter system on parameter archive_command to podboard_web",
        "podboard_web may alter system archive_command: "
        "revoke alter system on parameter archive_command from podboard_web",
    ),
    "the owner's views and functions pass row security by": (
        "alter role podboard_owner bypassrls",
        "podboard_owner, with whose rights views and functions answer, has BYPASSRLS, so row-level security does not "
        "apply to it: alter role podboard_owner nobypassrls",
    ),
    "row security is off": (
        "alter table campaigns disable row level security",
        "row-level security is off on campaigns: alter table campaigns enable row level security",
    ),
    "row security does not hold the owner": (
        "alter table campaigns no force row level security",
        "row-level security is not forced on campaigns: alter table campaigns force row level security",
    ),
    "a tenant's table never had row security": (
        "create table zz_notes (tenant_id uuid, note text); grant select (note) on zz_notes to podboard_web",
        "row-level security is off on zz_notes: alter table zz_notes enable row level security",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WEB)
def test_what_the_web_has_beyond_its_part_is_named_and_taken_away(
    broken: Broken, database: Database, what: str
) -> None:
    assert broken.faults() == []
    breaks, said = WEB[what]
    broken.run(breaks)
    faults = broken.faults()
    assert faults == [said.replace("{database}", database.name)]
    if "superuser" not in said:  # that sentence leaves the choice
        broken.mend(faults)
        assert broken.faults() == []


def test_the_newest_right_is_known(broken: Broken) -> None:
    if broken.version < 170000:
        pytest.skip("MAINTAIN came with PostgreSQL 17")
    broken.run("grant maintain on campaigns to podboard_web")
    faults = broken.faults()
    assert faults == [
        "podboard_web has MAINTAIN on campaigns: revoke maintain on campaigns from podboard_web"
    ]
    broken.mend(faults)
    assert broken.faults() == []


def test_many_tables_make_no_long_sentence(broken: Broken) -> None:
    broken.run(
        "grant truncate on all tables in schema public to podboard_web",
        "grant select on all tables in schema internal to podboard_web",
    )
    private, truncate = broken.faults()
    assert len(private) < 300
    assert private.endswith("more, which row-level security does not cover: "
                            "revoke all on all tables in schema internal from podboard_web")  # fmt: skip
    assert len(truncate) < 200
    assert truncate.endswith("more: revoke truncate on all tables in schema public from podboard_web")
    broken.mend([private, truncate])
    assert broken.faults() == []


def test_all_that_is_wrong_is_said_at_once(broken: Broken) -> None:
    broken.run(
        "alter role podboard_web createdb", "grant pg_read_all_data, pg_signal_backend to podboard_web",
        "alter table campaigns disable row level security", "alter table podcasts disable row level security",
    )  # fmt: skip
    assert broken.faults() == [
        "podboard_web has CREATEDB, and could make databases: alter role podboard_web nocreatedb",
        "podboard_web is a member of pg_read_all_data: revoke pg_read_all_data from podboard_web",
        "podboard_web is a member of pg_signal_backend: revoke pg_signal_backend from podboard_web",
        "row-level security is off on campaigns and podcasts: alter table campaigns enable row level security, "
        "and so on for each",
    ]


def test_who_granted_a_membership_stands_in_what_revokes_it(broken: Broken) -> None:
    """From PostgreSQL 16 on a superuser's bare revoke lets stand what an administrator has granted."""
    broken.run(
        "create role zz_team", "create role zz_admin", "grant zz_team to zz_admin with admin option",
        "grant zz_team to podboard_web granted by zz_admin",
    )  # fmt: skip
    faults = broken.faults()
    by = " granted by zz_admin" if broken.version >= 160000 else ""
    assert faults == [f"podboard_web is a member of zz_team: revoke zz_team from podboard_web{by}"]
    broken.mend(faults)
    assert broken.faults() == []


@pytest.mark.parametrize("options", ["inherit false, set false", "admin true, inherit false, set false"])
def test_a_membership_counts_whatever_its_options(broken: Broken, options: str) -> None:
    if broken.version < 160000:
        pytest.skip("memberships have options since PostgreSQL 16")
    broken.run(f"grant podboard_owner to podboard_web with {options}")
    assert broken.faults() == ["podboard_web may become the owner: revoke podboard_owner from podboard_web"]


WORKER: dict[str, tuple[str, str]] = {
    "it reads everything": (
        "grant pg_read_all_data to podboard_worker",
        "podboard_worker is a member of pg_read_all_data: revoke pg_read_all_data from podboard_worker",
    ),
    "the owner reads everything": (
        "grant pg_read_all_data to podboard_owner",
        "podboard_owner is a member of pg_read_all_data: revoke pg_read_all_data from podboard_owner",
    ),
    "the owner may become one whom row security does not hold": (
        "create role zz_one; create role zz_two bypassrls; grant zz_two to zz_one; grant zz_one to podboard_owner",
        "podboard_owner is a member of zz_one, and through it of zz_two, which has BYPASSRLS: "
        "revoke zz_one from podboard_owner",
    ),
    "it is in the web's role": (
        "grant podboard_web to podboard_worker",
        "podboard_worker is a member of podboard_web: revoke podboard_web from podboard_worker",
    ),
    "the owner passes row security by": (
        "alter role podboard_owner bypassrls",
        "podboard_worker may become podboard_owner, which has BYPASSRLS, so row-level security does not apply to it: "
        "alter role podboard_owner nobypassrls",
    ),
    "the owner may make roles": (
        "alter role podboard_owner createrole",
        "podboard_worker may become podboard_owner, which has CREATEROLE, and could make itself or another role more "
        "than it is: alter role podboard_owner nocreaterole",
    ),
    "it may copy the server": (
        "alter role podboard_worker replication",
        "podboard_worker has REPLICATION, and who may copy the server reads every tenant: "
        "alter role podboard_worker noreplication",
    ),
    "it may make others the owner": (
        "grant podboard_owner to podboard_worker with admin option",
        "podboard_worker may make others members of podboard_owner: "
        "revoke admin option for podboard_owner from podboard_worker",
    ),
    "it may read what is private": (
        "grant select on internal.campaign_days to podboard_worker",
        "podboard_worker has rights on internal.campaign_days, which row-level security does not cover: "
        "revoke all on internal.campaign_days from podboard_worker",
    ),
    "row security is off": (
        "alter table campaigns disable row level security",
        "row-level security is off on campaigns: alter table campaigns enable row level security",
    ),
}


@pytest.mark.parametrize("what", WORKER)
def test_what_the_worker_has_beyond_its_part_is_named_and_taken_away(broken: Broken, what: str) -> None:
    assert broken.faults("podboard_worker") == []
    breaks, said = WORKER[what]
    broken.run(breaks)
    faults = broken.faults("podboard_worker")
    assert faults == [said]
    broken.mend(faults)
    assert broken.faults("podboard_worker") == []


def test_a_worker_has_the_owners_rights_only_when_it_becomes_the_owner(broken: Broken) -> None:
    if broken.version >= 160000:
        broken.run("grant podboard_owner to podboard_worker with inherit true")
        mends = "grant podboard_owner to podboard_worker with inherit false"
    else:
        broken.run("alter role podboard_worker inherit")
        mends = "alter role podboard_worker noinherit"
    faults = broken.faults("podboard_worker")
    assert faults == [f"podboard_worker inherits the owner's rights: {mends}"]
    broken.mend(faults)
    assert broken.faults("podboard_worker") == []


def test_a_worker_that_is_a_member_but_cannot_become_the_owner(broken: Broken) -> None:
    if broken.version >= 160000:
        broken.run("grant podboard_owner to podboard_worker with set false")
        options = " with inherit false, set true"
    else:
        broken.run("revoke podboard_owner from podboard_worker")
        options = ""
    faults = broken.faults("podboard_worker")
    assert faults == [
        f"podboard_worker cannot become podboard_owner: grant podboard_owner to podboard_worker{options}"
    ]
    broken.mend(faults)
    assert broken.faults("podboard_worker") == []


@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        (
            "alter role podboard_owner bypassrls",
            "podboard_owner has BYPASSRLS, so row-level security does not apply to it: "
            "alter role podboard_owner nobypassrls",
        ),
        (
            "alter role podboard_owner createrole",
            "podboard_owner has CREATEROLE, and could make itself or another role more than it is: "
            "alter role podboard_owner nocreaterole",
        ),
        (
            "grant pg_read_server_files to podboard_owner",
            "podboard_owner is a member of pg_read_server_files: revoke pg_read_server_files from podboard_owner",
        ),
    ],
)
def test_what_the_owner_has_beyond_its_part_is_named(broken: Broken, breaks: str, said: str) -> None:
    assert broken.faults("podboard_owner") == []
    broken.run(breaks)
    faults = broken.faults("podboard_owner")
    assert faults == [said]
    broken.mend(faults)
    assert broken.faults("podboard_owner") == []


def test_log_ins_of_other_names_have_the_rights_of_the_role_they_are_in(broken: Broken) -> None:
    broken.run(
        "create role zz_web login in role podboard_web", "create role zz_worker login in role podboard_worker"
    )
    assert broken.faults("zz_web") == []
    assert broken.faults("zz_worker") == []
    broken.run("grant select on campaigns, podcasts to zz_web")
    broken.run("alter role podboard_web createdb", "grant usage on schema internal to podboard_web")
    assert broken.faults("zz_web") == [
        "zz_web may become podboard_web, which has CREATEDB, and could make databases: "
        "alter role podboard_web nocreatedb",
        "zz_web has rights of its own on campaigns and podcasts, beyond those of podboard_web: "
        "revoke all on campaigns, podcasts from zz_web",
        "zz_web may enter the schema internal, which row-level security does not cover: "
        "revoke usage on schema internal from podboard_web",
    ]


def test_rights_that_no_policy_restricts_are_refused(broken: Broken) -> None:
    """The policies by scope are for the two roles: a third one with rights of its own reads all of a tenant."""
    broken.run("create role zz_web login", "grant select on campaigns, podcasts to zz_web")
    faults = broken.faults("zz_web")
    assert faults == [
        "zz_web has rights of its own on campaigns and podcasts, beyond those of podboard_web: "
        "revoke all on campaigns, podcasts from zz_web"
    ]
    broken.mend(faults)
    assert broken.faults("zz_web") == []


def test_a_role_that_was_renamed_is_the_same(broken: Broken) -> None:
    broken.run("alter role podboard_web rename to zz_web")
    assert broken.faults("zz_web") == []


@dataclass(frozen=True)
class LogIn:
    """A role that can log in, which no other process of the run makes."""

    name: str
    dsn: str


@pytest.fixture
def log_in(server: Reachable, database: Database) -> Iterator[Callable[[str], LogIn]]:
    """Makes a log-in role with the given clause, which others see, until the test ends."""
    name = f"{database.name}_person"
    with psycopg.connect(server.dsn(SUPERUSER, database.name), autocommit=True) as connection:

        def make(clause: str) -> LogIn:
            connection.execute(f"create role {name} login password 'odd' {clause}".encode())
            connection.execute(f"grant connect on database {database.name} to {name}".encode())
            where = psycopg.conninfo.conninfo_to_dict(server.dsn("podboard_web", database.name))
            return LogIn(
                name, psycopg.conninfo.make_conninfo("", **{**where, "user": name, "password": "odd"})
            )

        yield make
        connection.execute(f"drop owned by {name}".encode())
        connection.execute(f"drop role {name}".encode())


def test_web_and_worker_refuse_to_start_and_the_check_says_why(log_in: Callable[[str], LogIn]) -> None:
    odd = log_in("createdb in role podboard_web, pg_read_all_data")
    said = (
        f"{odd.name} has CREATEDB, and could make databases: alter role {odd.name} nocreatedb; "
        f"{odd.name} is a member of pg_read_all_data: revoke pg_read_all_data from {odd.name}"
    )
    with pytest.raises(RoleError) as refused:
        require_runtime_role(odd.dsn)
    assert str(refused.value) == f"Refusing to run: {said}."
    assert [found.text for found in inspect(odd.dsn) if found.subject == "Web role"] == [said]
    with pytest.raises(RoleError, match=f"{odd.name} is a member of podboard_web"):
        require_runtime_role(odd.dsn, worker=True)


def test_the_check_says_what_is_wrong_with_the_owner(log_in: Callable[[str], LogIn], web_dsn: str) -> None:
    odd = log_in("bypassrls in role podboard_owner")
    (found,) = [found for found in inspect(web_dsn, owner_dsn=odd.dsn) if found.subject == "Owner role"]
    assert (found.state, found.text) == (
        "fault",
        f"{odd.name} has BYPASSRLS, so row-level security does not apply to it: alter role {odd.name} nobypassrls",
    )
