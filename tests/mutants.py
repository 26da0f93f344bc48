"""Every way to break the isolation of tenants by one statement, made from the catalogue.

Policies, grants, row security, views, functions, roles: a new table brings its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import sql

from tests.catalogue import Connection, Relation, relations, tables, tenant_tables

# Predicates of a view as PostgreSQL writes them, each of which narrows what is shown.
PREDICATE = re.compile(
    r"(?:\w+\.)?tenant_id = \( SELECT app_tenant\(\) AS app_tenant\)"
    r"|(?:\w+\.)?\w+ IN \( SELECT app_\w+\(\) AS app_\w+\)"
    r"|\( SELECT app_(?:sees_all_\w+|may|is_operator)\([^()]*\) AS app_\w+\)"
)
# The same as they stand in the body of a function, by tenant or by scope.
BODY_PREDICATE = re.compile(
    r"(?:\w+\.)?tenant_id = (?:\(select (?:public\.)?app_tenant\(\)\)|(?:public\.)?app_tenant\(\))"
    r"|(?:\w+\.)?\w+ in \(select (?:public\.)?app_\w+\(\)\)"
    r"|\(select (?:public\.)?app_sees_all_\w+\(\)\)"
)
# A table that is joined by the tenant, and shows the owner one tenant's rows.
_JOINED = re.compile(r"\n\s*join (public\.\w+) \w+ on \w+\.tenant_id = \w+\.tenant_id")
_HELD_BEHIND_VIEW = """
    select bool_and(t.relforcerowsecurity)
    from pg_rewrite r
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
    join pg_class t on t.oid = d.refobjid and t.oid <> r.ev_class
    where r.ev_class = %s::regclass
"""


@dataclass(frozen=True)
class Mutant:
    """One break: what it is called, the relation that it opens (if one), and the statement.

    `is_held` says that row security stands behind what is broken: the owner, whose rights a view or function has, is
    held by it on every table that is read there. Such a break may go unnoticed, because it opens nothing.
    """

    name: str
    relation: str | None
    statement: str
    is_held: bool = False

    @property
    def kind(self) -> tuple[str, ...]:
        """Equal for mutants that break the same thing of different objects."""
        words = self.statement.split()
        last = words[3] if words[:2] == ["create", "or"] else words[-1].strip('"')
        return (
            *words[:2],
            "" if last == self.relation else last,
            "tenant's" if "tenant_isolation" in self.name else "",
            str(self.relation is None),
        )

    @property
    def traces(self) -> tuple[str, ...]:
        """What it breaks, first this very thing, then whatever has the same name elsewhere."""
        policy = re.match(r"policy (\w+) of \w+", self.name)
        return (
            (policy.group(), policy.group(1)) if policy else (f"{self.relation} {self.statement.split()[0]}",)
        )


def mutants(connection: Connection) -> list[Mutant]:
    """All of them. Asked as a superuser, who must also run them."""
    found = relations(connection)
    return [
        *_policies(connection),
        *_tables(connection, found),
        *_private(found),
        *_views(connection, found),
        *_functions(connection),
        *_roles(),
    ]


def _quoted(connection: Connection, template: str, *names: str) -> str:
    return sql.SQL(template).format(*map(sql.Identifier, names)).as_string(connection)


def _policies(connection: Connection) -> Iterator[Mutant]:
    # A policy for a command that no session may give holds nothing; once that is granted, it counts.
    for table, policy, has_using, has_check in connection.execute(
        "select tablename, policyname, qual <> 'true', with_check <> 'true' from pg_policies "
        "where schemaname = 'public' and (cmd = 'ALL' or has_table_privilege('podboard_web', "
        "format('%I.%I', schemaname, tablename)::regclass, cmd)) order by 1, 2"
    ).fetchall():
        where = f"policy {policy} of {table}"
        yield Mutant(f"{where} dropped", table, _quoted(connection, "drop policy {} on {}", policy, table))
        if has_using:
            yield Mutant(
                f"{where} using (true)",
                table,
                _quoted(connection, "alter policy {} on {} using (true)", policy, table),
            )
        if has_check:
            yield Mutant(
                f"{where} with check (true)", table,
                _quoted(connection, "alter policy {} on {} with check (true)", policy, table),
            )  # fmt: skip
        yield Mutant(
            f"{where} for the owner alone", table,
            _quoted(connection, "alter policy {} on {} to podboard_owner", policy, table),
        )  # fmt: skip


def _tables(connection: Connection, found: dict[str, Relation]) -> Iterator[Mutant]:
    of_tenants = {table.name for table in tenant_tables(found, private=False)}
    for table in (each for each in tables(found) if each.is_public):
        row = connection.execute(
            "select relrowsecurity, relforcerowsecurity from pg_class where oid = %s::regclass", [table.name]
        ).fetchone()
        assert row is not None
        if row[0]:
            yield Mutant(
                f"row security of {table.name} off", table.name,
                _quoted(connection, "alter table {} disable row level security", table.name),
            )  # fmt: skip
        if row[1]:
            yield Mutant(
                f"row security of {table.name} not for the owner", table.name,
                _quoted(connection, "alter table {} no force row level security", table.name),
            )  # fmt: skip
        if table.name in of_tenants:
            yield Mutant(
                f"another permissive policy on {table.name}", table.name,
                _quoted(connection, "create policy open on {} using (true)", table.name),
            )  # fmt: skip
        for right in ("truncate", "references", "trigger", "insert", "update", "delete"):
            granted = connection.execute(
                "select has_table_privilege('podboard_web', %s::regclass, %s)", [table.name, right]
            ).fetchone()
            if granted == (False,):
                yield Mutant(
                    f"{right} on {table.name} granted", table.name,
                    _quoted(connection, f"grant {right} on {{}} to podboard_web", table.name),
                )  # fmt: skip
        yield Mutant(
            f"{table.name} open to everybody", table.name,
            _quoted(connection, "grant select on {} to public", table.name),
        )  # fmt: skip


def _private(found: dict[str, Relation]) -> Iterator[Mutant]:
    for relation in found.values():
        if not relation.is_public:
            for role in ("podboard_web", "podboard_worker", "public"):
                yield Mutant(
                    f"{relation.name} shown to {role}", None, f"grant select on {relation.name} to {role}"
                )
    yield Mutant("the private schema open", None, "grant usage on schema internal to podboard_web")
    yield Mutant(
        "the public schema open to new tables", None, "grant create on schema public to podboard_web"
    )
    yield Mutant(
        "temporary tables allowed", None,
        "do $$ begin execute format('grant temporary on database %I to podboard_web', current_database()); end $$",
    )  # fmt: skip


def _views(connection: Connection, found: dict[str, Relation]) -> Iterator[Mutant]:
    for view in (each for each in found.values() if each.is_view and each.is_public):
        name = view.name
        row = connection.execute("select pg_get_viewdef(%s::regclass)", [name]).fetchone()
        assert row is not None
        held = connection.execute(_HELD_BEHIND_VIEW, [name]).fetchone() == (True,)
        for place, match in enumerate(PREDICATE.finditer(row[0]), 1):
            broken = f"{row[0][: match.start()]}true{row[0][match.end() :]}"
            yield Mutant(
                f"view {name} without predicate {place}: {match.group()}", name,
                f"create or replace view {name} with (security_barrier) as {broken}",
                is_held=held and "app_tenant()" in match.group(),
            )  # fmt: skip
        for change in (
            "set (security_barrier = false)",
            "reset (security_barrier)",
            "set (security_invoker = true)",
        ):
            yield Mutant(f"view {name} {change}", name, f"alter view {name} {change}")
        yield Mutant(f"view {name} of a superuser", name, f"alter view {name} owner to current_user")
        yield Mutant(
            f"view {name} for writing", name, f"grant insert, update, delete on {name} to podboard_web"
        )


def _are_held(connection: Connection, names: list[str]) -> bool:
    row = connection.execute(
        "select bool_and(relforcerowsecurity) from pg_class where oid = any (%s::regclass[])", [names]
    ).fetchone()
    return row == (True,)


def _functions(connection: Connection) -> Iterator[Mutant]:
    for name, definition, is_definer, is_public, is_trigger in connection.execute(
        "select p.oid::regprocedure::text, pg_get_functiondef(p.oid), p.prosecdef, "
        "p.pronamespace = 'public'::regnamespace, p.prorettype = 'trigger'::regtype "
        "from pg_proc p where p.pronamespace in ('public'::regnamespace, 'internal'::regnamespace) and p.prokind = 'f' "
        "and p.prolang <> (select oid from pg_language where lanname = 'c') order by 1"
    ).fetchall():
        if is_definer:
            yield Mutant(
                f"function {name} without its path", None, f"alter function {name} reset search_path"
            )
            if is_public and not is_trigger:
                yield Mutant(f"function {name} for all", None, f"grant execute on function {name} to public")
        elif is_public:
            yield Mutant(
                f"function {name} with the owner's rights", None, f"alter function {name} security definer"
            )
        if is_public and re.match(r"app_\w+\(", name):
            yield Mutant(f"function {name} immutable", None, f"alter function {name} immutable")
        if is_definer and is_public:
            for place, match in enumerate(BODY_PREDICATE.finditer(definition), 1):
                read = re.findall(r"(?:from|join) ((?:public|internal)\.\w+)", definition)
                by_tenant = "app_tenant()" in match.group()
                yield Mutant(
                    f"function {name} without predicate {place}: {match.group()}", None,
                    f"{definition[: match.start()]}true{definition[match.end() :]}",
                    is_held=by_tenant and (
                        _are_held(connection, read)
                        or any(_are_held(connection, [each]) for each in _JOINED.findall(definition))
                    ),
                )  # fmt: skip


def _roles() -> Iterator[Mutant]:
    for role in ("podboard_web", "podboard_worker"):
        for power in ("superuser", "bypassrls", "createrole", "createdb"):
            yield Mutant(f"{role} {power}", None, f"alter role {role} {power}")
    yield Mutant("podboard_web is the owner", None, "grant podboard_owner to podboard_web")
    yield Mutant("podboard_worker inherits the owner's rights", None, "alter role podboard_worker inherit")
