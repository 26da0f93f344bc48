"""Every way to break the isolation of tenants by one statement, made from the catalogue.

Policies, grants, row security, views, functions, triggers, roles: a new table brings its own. And new tables that lack
what every table has.
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
_BEHIND_VIEW = """
    select array_agg(distinct t.oid::regclass::text)
    from pg_rewrite r
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
    join pg_class t on t.oid = d.refobjid and t.oid <> r.ev_class
    where r.ev_class = %s::regclass
"""


@dataclass(frozen=True)
class Mutant:
    """One break: what it is called, the relation that it opens (if one), and the statement.

    `held_by` are tables whose row security stands behind what is broken: the owner, whose rights a view or function
    has, is held by it on what is read there. Such a break opens nothing by itself; without their row security it must.
    `is_judgement` says that it could as well be meant, so that no rule forbids it: schema/guards.toml must tell of it.
    """

    name: str
    relation: str | None
    statement: str
    held_by: tuple[str, ...] = ()
    is_judgement: bool = False

    @property
    def kind(self) -> tuple[str, ...]:
        """Equal for mutants that break the same thing of different objects."""
        words = self.statement.split()
        last = words[3] if words[:2] == ["create", "or"] else words[-1].strip('"')
        last = "trigger" if "disable trigger" in self.statement else last
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
        *_guards(connection),
        *_triggers(connection),
        *_roles(),
        *_NEW_TABLES,
    ]


def _quoted(connection: Connection, template: str, *names: str) -> str:
    return sql.SQL(template).format(*map(sql.Identifier, names)).as_string(connection)


def _policies(connection: Connection) -> Iterator[Mutant]:
    # A policy for a command that no session may give holds nothing; once that is granted, it counts.
    for table, policy, using, check, column in connection.execute(
        "select tablename, policyname, nullif(qual, 'true'), nullif(with_check, 'true'), (select a.attname "
        "from pg_attribute a where a.attrelid = format('%I.%I', schemaname, tablename)::regclass "
        "and a.attnum > 0 and not a.attisdropped order by a.attnum limit 1) from pg_policies "
        "where schemaname = 'public' and (cmd = 'ALL' or has_table_privilege('podboard_web', "
        "format('%I.%I', schemaname, tablename)::regclass, cmd)) order by 1, 2"
    ).fetchall():
        where = f"policy {policy} of {table}"
        yield Mutant(f"{where} dropped", table, _quoted(connection, "drop policy {} on {}", policy, table))
        # Some rows more than it should: no row of a test is one of them.
        for kind, text in (("using", using), ("with check", check)):
            if text:
                yield Mutant(
                    f"{where} {kind} this or some rows",
                    table,
                    _quoted(connection, f"alter policy {{}} on {{}} {kind} (", policy, table)
                    + f"({text}) or {_quoted(connection, '{}', column)}::text like 'zz%')",
                )
        if using:
            yield Mutant(
                f"{where} using (true)",
                table,
                _quoted(connection, "alter policy {} on {} using (true)", policy, table),
            )
        if check:
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
        column = next(iter(table.columns), None)
        for right, role in (("references", "podboard_web"), ("select", "public")) if column else ():
            yield Mutant(
                f"{right} on one column of {table.name} granted", table.name,
                _quoted(connection, f"grant {right} ({{}}) on {{}} to {role}", str(column), table.name),
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
        behind = connection.execute(_BEHIND_VIEW, [name]).fetchone()
        held_by = _held(connection, behind[0] if behind else [])
        for place, match in enumerate(PREDICATE.finditer(row[0]), 1):
            broken = f"{row[0][: match.start()]}true{row[0][match.end() :]}"
            yield Mutant(
                f"view {name} without predicate {place}: {match.group()}", name,
                f"create or replace view {name} with (security_barrier) as {broken}",
                held_by=held_by if "app_tenant()" in match.group() else (),
            )  # fmt: skip
        made = f"create or replace view {name} with (security_barrier) as "
        place_of_where, end = row[0].index("WHERE (") + 6, (row[0] + "\n  GROUP BY").index("\n  GROUP BY")
        tenant = PREDICATE.search(row[0], place_of_where)
        assert tenant is not None
        column = tenant.group().split(" ")[0]
        where = row[0][place_of_where:end].rstrip("; \n")
        yield Mutant(
            f"view {name} of this or some rows", name,
            f"{made}{row[0][:place_of_where]}({where} or {column}::text like 'zz%'){row[0][end:] or ';'}",
        )  # fmt: skip
        for place, match in enumerate(re.finditer(r"\(\w+\.tenant_id = \w+\.tenant_id\) AND ", row[0]), 1):
            yield Mutant(
                f"view {name} joined without the tenant, {place}", name,
                f"{made}{row[0][: match.start()]}{row[0][match.end() :]}",
            )  # fmt: skip
        yield Mutant(
            f"view {name} with one column more", name,
            f"{made}{row[0].replace(f'{chr(10)}   FROM', f',{chr(10)}    null::text AS more{chr(10)}   FROM', 1)}",
            is_judgement=" JOIN " not in row[0],
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


def _held(connection: Connection, names: list[str]) -> tuple[str, ...]:
    """The tables, if row security holds their owner on every one of them."""
    row = connection.execute(
        "select bool_and(relforcerowsecurity) from pg_class where oid = any (%s::regclass[])", [names]
    ).fetchone()
    return tuple(names) if row == (True,) else ()


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
                joined = [_held(connection, [each]) for each in _JOINED.findall(definition)]
                # The table that the predicate names by its alias, which alone may be held.
                alias = match.group().partition(".")[0]
                own = re.findall(
                    rf"(?:from|join) ((?:public|internal)\.\w+) {re.escape(alias)}\b", definition
                )
                held_by = _held(connection, read) or _held(connection, own) or next(filter(None, joined), ())
                yield Mutant(
                    f"function {name} without predicate {place}: {match.group()}", None,
                    f"{definition[: match.start()]}true{definition[match.end() :]}",
                    held_by=held_by if "app_tenant()" in match.group() else (),
                )  # fmt: skip


_BODY = re.compile(r"(?s)(AS \$function\$)(.*)(\$function\$)")
_OTHERWISE = {
    ("boolean", "sql"): "select ({}) or current_setting('app.other', true) = 'zz'",
    ("uuid", "sql"): "select coalesce(({}), nullif(current_setting('app.other', true), '')::uuid)",
    ("SETOF uuid", "sql"): "{} union all select id from public.campaigns where name like 'zz%'",
    ("SETOF uuid", "plpgsql"): "{} return query select id from public.campaigns where name like 'zz%'; end",
}


def _guards(connection: Connection) -> Iterator[Mutant]:
    """What the policies ask, answered otherwise: always, without one of its clauses, and for some only."""
    for name, definition, kind, language in connection.execute(
        "select p.oid::regprocedure::text, pg_get_functiondef(p.oid), pg_get_function_result(p.oid), l.lanname::text "
        "from pg_proc p join pg_language l on l.oid = p.prolang "
        "where p.pronamespace = 'public'::regnamespace and p.proname like 'app\\_%' order by 1"
    ).fetchall():
        body = _BODY.search(definition)
        assert body is not None

        def saying(text: str, body: re.Match[str] = body, definition: str = definition) -> str:
            return f"{definition[: body.start(2)]}{text}{definition[body.end(2) :]}"

        text = re.sub(r"\bend\s*$", "", body[2]) if language == "plpgsql" else body[2]
        yield Mutant(
            f"function {name} for some",
            None,
            saying(_OTHERWISE[kind, language].format(text)),
            is_judgement=True,
        )
        if kind == "boolean":
            yield Mutant(f"function {name} always", None, saying("select true"))
        clauses = r"\s(?:and|where) [^\n]+" if language == "sql" else r"\n\s+and [^\n;]+"
        for place, clause in enumerate(re.finditer(clauses, body[2]), 1):
            start, end = clause.span()
            yield Mutant(
                f"function {name} without clause {place}", None, saying(body[2][:start] + body[2][end:])
            )
    definition = connection.execute("select pg_get_functiondef('app_is_operator()'::regprocedure)").fetchone()
    assert definition is not None
    yield Mutant(
        "function app_is_operator() in every tenant", None,
        definition[0].replace("(select app_tenant()) is null", "true"),
    )  # fmt: skip


def _triggers(connection: Connection) -> Iterator[Mutant]:
    for table, trigger in connection.execute(
        "select t.tgrelid::regclass::text, t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid "
        "where not t.tgisinternal and t.tgparentid = 0 "
        "and c.relnamespace in ('public'::regnamespace, 'internal'::regnamespace) order by 1, 2"
    ).fetchall():
        yield Mutant(
            f"trigger {trigger} of {table} asleep", None,
            f"alter table {table} disable trigger {_quoted(connection, '{}', trigger)}",
        )  # fmt: skip


_NEW = (
    "create table {0} (id uuid primary key, "
    "tenant_id uuid not null references tenants (id) on delete cascade, {1}); "
)
_NEW_TABLES = (
    Mutant(
        "a new table of a campaign that all of the tenant read", None,
        _NEW.format("campaign_costs", "campaign_id uuid not null, amount_micros bigint not null, "
                    "foreign key (tenant_id, campaign_id) references campaigns (tenant_id, id) on delete cascade")
        + "alter table campaign_costs owner to podboard_owner; select internal.protect_tenant_table('campaign_costs')",
    ),
    Mutant(
        "a new table of people without their tenant", None,
        "create table user_hints (id uuid primary key, user_id uuid not null references users (id) on delete cascade, "
        "body text not null); alter table user_hints owner to podboard_owner; "
        "alter table user_hints enable row level security, force row level security; "
        "create policy hints on user_hints using (true); grant select, insert on user_hints to podboard_web",
    ),
    Mutant(
        "a new table with a key over all tenants", None,
        _NEW.format("phrases", "body text not null unique")
        + "alter table phrases owner to podboard_owner; select internal.protect_tenant_table('phrases')",
    ),
)  # fmt: skip


def _roles() -> Iterator[Mutant]:
    for role in ("podboard_web", "podboard_worker"):
        for power in ("superuser", "bypassrls", "createrole", "createdb"):
            yield Mutant(f"{role} {power}", None, f"alter role {role} {power}")
    yield Mutant("podboard_web is the owner", None, "grant podboard_owner to podboard_web")
    yield Mutant("podboard_worker inherits the owner's rights", None, "alter role podboard_worker inherit")
