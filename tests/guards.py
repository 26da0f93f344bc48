"""What guards each table and view, in short, and the few forms that a guard may have.

A policy or a view's predicate is read from the catalogue, its sub-selects of session functions shortened:
`( SELECT app_tenant() AS app_tenant)` is `<tenant>`. Each must then have one of the forms written here by hand,
whatever table it stands on: what lets rows through by their data has none, in a migration of yesterday or tomorrow.
What a form leaves open (which right, which columns a view shows, what a function does) stands in schema/guards.toml,
which `make rights` writes anew: it shows in review, as the matrix of rights does.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.catalogue import Connection

FILE = Path(__file__).parent / "schema" / "guards.toml"
_HEAD = """# What guards the relations of public: policies and grants of tables, definitions of views, digests
# of functions. Written by `make rights` beside rights.toml: read what has changed, each line is a decision. Which forms
# a policy or a view's predicate may have at all is no matter of this file: tests/guards.py says so. A table guarded
# just as one that stands here needs no line. <tenant> is ( SELECT app_tenant() AS app_tenant), and so on.
"""

# A word after @ is a column that leads to that table (or is that table's own id); @p is a right, the same in the whole
# form; @key a column that leads to @table, which goes by the name #.
_BOTH = "( SELECT (app_sees_all_campaigns() AND app_sees_all_podcasts()))"
_CAMPAIGNS = "(<sees_all_campaigns> OR (@campaigns IN <campaigns>))"
_PODCASTS = "(<sees_all_podcasts> OR (@podcasts IN <podcasts>))"
_EPISODES = "(<sees_all_podcasts> OR (@episodes IN <episodes>))"
_LISTED_PODCASTS = "(<sees_all_podcasts> OR (podcast_ids <@ ARRAY<podcasts>))"
_LISTED_CAMPAIGNS = "(<sees_all_campaigns> OR (campaign_ids <@ ARRAY<campaigns>))"


def _unless_null(scope: str) -> str:
    column = re.search(r"@\w+", scope)
    assert column
    return f"(({column.group()} IS NULL) OR {scope[1:]}"


def _but(names: str, own: str, kept: str) -> str:
    return f"(<sees_all_{names}> OR CASE WHEN <sees_other_{names}> THEN {kept} ELSE (id IN <{own}>) END)"


def _of_resources(granted: str, denied: str | None = None) -> str:
    given, taken = granted.replace("%", "granted"), (denied or granted).replace("%", "denied")
    return f"((<may @p> OR {given}) AND ({taken} IS NOT TRUE))"


RESTRICTIVE = (
    # Rights: of the role, of one's own row, of single resources.
    "<may @p>",
    "(<may @p> OR (@users = <user>))",
    "((@users = <user>) OR <may no person>)",
    "((<user> IS NULL) OR (@users = <user>))",
    _of_resources("(@campaigns IN <% @p>)"),
    _of_resources("(@podcasts IN <% @p>)"),
    _of_resources("(@sponsors IN <% @p>)"),
    _of_resources("((@campaigns IN <% @p>) OR (@sponsors IN <% @p>))"),
    _of_resources("(@key IN ( SELECT #.id FROM @table # WHERE (#.podcast_id IN <% @p>)))"),
    _of_resources(
        "((id IN <% @p>) OR (@campaigns IN <% @p>)"
        " OR ((podcast_ids <> '{}'::uuid[]) AND (podcast_ids <@ ARRAY<% @p>)))",
        "((id IN <% @p>) OR (@campaigns IN <% @p>) OR (podcast_ids && ARRAY<% @p>))",
    ),
    # Scope: what somebody sees of campaigns and podcasts.
    _BOTH,
    f"({_BOTH} OR (@users = <user>))",
    _CAMPAIGNS,
    _PODCASTS,
    _EPISODES,
    f"({_unless_null(_CAMPAIGNS)} AND {_unless_null(_PODCASTS)} AND {_unless_null(_EPISODES)})",
    f"({_unless_null(_CAMPAIGNS)} AND {_LISTED_PODCASTS})",
    # What hangs on a row is seen by whoever sees that row.
    "(@key IN ( SELECT #.id FROM @table #))",
)
# What one table alone has.
OF_ONE_TABLE = {
    "alerts": (
        "(<may settings.manage> OR (rule_id IN ( SELECT r.id FROM alert_rules r WHERE ((r.created_by = <user>) OR CASE"
        " WHEN (r.campaign_id IS NOT NULL) THEN <may campaigns.manage>"
        " WHEN (num_nonnulls(r.podcast_id, r.episode_id) > 0)"
        " THEN <may catalogue.manage> ELSE ( SELECT (app_may('campaigns.manage'::text) AND"
        " app_may('catalogue.manage'::text))) END))))",
    ),
    "annotations": (
        "((created_by = <user>) OR ((visibility <> 'own'::text) AND <may settings.manage>))",
        "((created_by = <user>) OR ((visibility <> 'own'::text) AND <may settings.manage>) OR <may no person>)",
        "((created_by = <user>) OR <may no person> OR ((visibility = 'everyone'::text) AND (num_nonnulls(podcast_id,"
        f" episode_id, campaign_id) = 1)) OR ((visibility <> 'own'::text) AND {_BOTH}))",
    ),
    "campaigns": (
        _but("campaigns", "campaigns",
             "((NOT (id IN <kept_from_campaigns>)) AND (NOT (sponsor_id IN <kept_from_campaigns>)))"),
    ),
    "experiments": (
        "(<may settings.manage> OR (id IN ( SELECT a.experiment_id FROM experiment_assignments a"
        " WHERE ((a.tenant_id = <tenant>) AND (a.user_id = <user>)))))",
    ),
    "gdpr_requests": (
        "(<may people.manage> OR ((user_id = <user>) AND (status = 'received'::text) AND (handled_by IS NULL)))",
    ),
    "marketplace_revenue": (
        "(( SELECT (app_sees_all_podcasts() AND app_may('marketplace.manage'::text))) OR (listing_id IN ( SELECT l.id"
        " FROM marketplace_listings l WHERE ((l.tenant_id = <tenant>) AND (l.podcast_id IN <podcasts>)))))",
    ),
    "podcasts": (_but("podcasts", "podcasts", "(NOT (id IN <kept_from_podcasts>))"),),
    "referral_commissions": (
        "(<may billing.manage> OR (referral_id IN ( SELECT r.id FROM referrals r"
        " WHERE ((r.tenant_id = <tenant>) AND (r.referrer_id = <user>)))))",
    ),
    "referrals": ("(<may billing.manage> OR ((referrer_id = <user>) AND (status = 'invited'::text)))",),
    "report_recipients": (
        "(<may reports.create> AND ((webhook_id IS NULL) OR <may integrations.manage>))",
    ),
    "saved_views": (
        f"((user_id = <user>) OR <may no person> OR ((visibility = 'team'::text) AND {_BOTH}))",
        "((user_id = <user>) OR <may no person> OR ((visibility = 'team'::text) AND <may settings.manage>))",
    ),
    "security_events": ("(<may security.read> OR (user_id = <user>) OR <is_operator>)",),
    "share_links": (
        f"({_LISTED_CAMPAIGNS} AND {_LISTED_PODCASTS}"
        " AND ((report_id IS NULL) OR (report_id IN ( SELECT r.id FROM reports r))))",
    ),
    "sponsors": (_but("campaigns", "sponsors", "(NOT (id IN <kept_from_campaigns>))"),),
}  # fmt: skip

# What lets in at all: name, predicate and check. Nobody's rows (without a tenant) are seen outside every tenant only.
_MINE = "(tenant_id = <tenant>)"
_NOBODYS = "(tenant_id IS NULL) AND (<tenant> IS NULL)"
_PERSONAL = f"({_MINE} OR ({_NOBODYS} AND (@users = <user>)))"
_WRITTEN_OUTSIDE = f"({_MINE} OR ({_NOBODYS}))"
_FOR_THE_OWNER = f"({_NOBODYS} AND (CURRENT_USER = 'podboard_owner'::name))"
PERMISSIVE = (
    ("tenant_isolation", _MINE, _MINE),
    ("tenant_isolation", _PERSONAL, _PERSONAL),
    ("system_read", "true", None),
    ("operator_write", "<is_operator>", "<is_operator>"),
)
# Nobody is logged in yet where attempts are counted.
_AT_THE_DOOR = "(<user> IS NULL)"
PERMISSIVE_OF_ONE_TABLE: dict[str, tuple[tuple[str, str | None, str | None], ...]] = {
    "access_logs": (("tenant_isolation", f"({_MINE} OR {_FOR_THE_OWNER})", _WRITTEN_OUTSIDE),),
    "login_attempts": (
        ("counted_at_the_door", _AT_THE_DOOR, None),
        ("count_at_the_door", None, _AT_THE_DOOR),
        ("count_on_at_the_door", _AT_THE_DOOR, _AT_THE_DOOR),
        ("cleared_by_the_worker", "true", "true"),
    ),
    "role_permissions": (("tenant_isolation", f"({_MINE} OR ({_NOBODYS} AND (<user> IS NOT NULL)))", _MINE),),
    "roles": (("tenant_isolation", f"({_MINE} OR ({_NOBODYS} AND (<user> IS NOT NULL)))", _MINE),),
    "security_events": ((
        "tenant_isolation", f"({_MINE} OR ((tenant_id IS NULL) AND <is_operator>) OR {_FOR_THE_OWNER})",
        _WRITTEN_OUTSIDE,
    ),),
    "tenants": (("tenant_isolation", "(id = <tenant>)", "(id = <tenant>)"),),
}  # fmt: skip

# A view shows its tenant's rows and of these what the scope lets through; what else it says may only narrow that.
_NARROWING = r"(?:\((?:\w+\.)?\w+ (?:IS NULL|= '\w+'::text)\) AND )*"
_SCOPES = "|".join(
    rf"\(<sees_all_{all_of}> OR \((?:\w+\.)?{column} IN <{names}>\)\)"
    for all_of, column, names in (
        ("campaigns", "campaign_id", "campaigns"),
        ("podcasts", "podcast_id", "podcasts"),
        ("podcasts", "episode_id", "episodes"),
    )
)
_BY_SOURCE = re.escape(
    "CASE source WHEN 'listener'::text THEN (<sees_all_podcasts> OR (episode_id IN <episodes>))"
    " ELSE <sees_all_campaigns> END"
)
_VIEW = re.compile(
    r"SELECT (?:DISTINCT )?(?P<columns>.+) FROM (?P<source>.+) WHERE (?P<where>.+?)(?P<groups> GROUP BY [\w., ]+)?;"
)
_VIEWS_WHERE = re.compile(
    rf"\(\((?:\w+\.)?tenant_id = <tenant>\) AND {_NARROWING}(?:{_SCOPES}|{_BY_SOURCE})\)"
)
# One relation, or several of which each is joined by the tenant and by nothing that widens.
_VIEWS_SOURCE = re.compile(
    r"(?:internal\.)?\w+ \w+"
    r"|\(*(?:internal\.)?\w+ \w+(?: (?:LEFT )?JOIN \w+ \w+"
    r" ON \(\(\(\w+\.tenant_id = \w+\.tenant_id\)(?: AND \([^()]*\))+\)\)\)?)+"
)
# What joins several relations shows, in the scope of one of them, something of the others: that much and no more.
_SHOWN_OF_OTHERS = {
    "campaign_episodes": "a.tenant_id, a.campaign_id, e.id AS episode_id, e.title, e.published_at, p.id AS podcast_id,"
    " p.name AS podcast_name",
    # Of the download of an ad no more than how it was made: whose it was stands in the impression.
    "campaign_impressions": "i.tenant_id, i.campaign_id, i.episode_id, i.listener_id, i.id AS impression_id,"
    " i.occurred_at, COALESCE(NULLIF((d.event_data ->> 'app'::text), ''::text), 'unknown'::text) AS app,"
    " COALESCE(NULLIF((d.event_data ->> 'country'::text), ''::text), 'unknown'::text) AS country,"
    " COALESCE(NULLIF((d.event_data ->> 'device'::text), ''::text), 'unknown'::text) AS device_type, i.created_at",
    "matched_podcasts": "m.tenant_id, m.campaign_id, m.podcast_id, p.name AS podcast_name, p.category,"
    " l.id AS listing_id, l.listing_type, l.pricing",
    "placement_days": "d.tenant_id, d.local_day, e.podcast_id, d.episode_id, d.campaign_id, d.ad_unit_id,"
    " (sum(d.event_count))::bigint AS impressions",
    "unmeasured_impressions": "i.tenant_id, i.campaign_id, i.episode_id, i.id AS impression_id, i.occurred_at,"
    " d.occurred_at AS downloaded_at, COALESCE(NULLIF((d.event_data ->> 'source'::text), ''::text), 'unknown'::text)"
    " AS source, i.created_at",
    "podcast_placements": "a.tenant_id, a.id AS ad_unit_id, a.episode_id, e.podcast_id, c.id AS campaign_id,"
    " s.name AS sponsor_name, c.start_date, c.end_date, a.unit_type, a.position_seconds, a.duration_seconds",
}

_CALL = re.compile(r"\( SELECT app_(\w+)\((?:'([\w. ]+)'::text)?\) AS app_\1\)")
_POLICIES = """
    select c.relname::text, p.polname::text, p.polpermissive, p.polcmd::text,
           array(select coalesce(r.rolname::text, 'public') from unnest(p.polroles) g left join pg_roles r on r.oid = g
                 order by 1),
           pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
    from pg_policy p join pg_class c on c.oid = p.polrelid
    where c.relnamespace = 'public'::regnamespace and (%(table)s::text is null or c.relname = %(table)s)
    order by 1, 2
"""
_LEADS_TO = """
    select c.conrelid::regclass::text, a.attname::text, c.confrelid::regclass::text
    from pg_constraint c
    join unnest(c.conkey, c.confkey) k (own, target) on true
    join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.own
    join pg_attribute t on t.attrelid = c.confrelid and t.attnum = k.target and t.attname = 'id'
    where c.contype = 'f' and c.conparentid = 0 and c.connamespace = 'public'::regnamespace
"""
_VIEWS = """
    select c.relname::text, pg_get_viewdef(c.oid) from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm') order by 1
"""
_GRANTS = """
    select c.relname::text, a.attname::text,
           case when a.grantee = 0 then 'public' else pg_get_userbyid(a.grantee)::text end, lower(a.privilege_type)
    from pg_class c
    left join lateral (
        select null as attname, x.* from aclexplode(c.relacl) x
        union all
        select t.attname, x.* from pg_attribute t cross join aclexplode(t.attacl) x
        where t.attrelid = c.oid and t.attacl is not null
    ) a on a.grantee <> c.relowner
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    order by 1, 2 nulls first, 3, 4
"""
# What policies, views and sessions call, and what refuses by a trigger; what keeps events is another on each engine.
_FUNCTIONS = """
    select p.oid::regprocedure::text,
           left(encode(sha256(convert_to(concat_ws('|', p.prosecdef, p.provolatile, p.proconfig,
                                                   regexp_replace(p.prosrc, '\\s+', ' ', 'g')), 'UTF8')), 'hex'), 16)
    from pg_proc p
    where ((p.pronamespace = 'public'::regnamespace
            and p.proname not in (
                'ensure_event_storage', 'refresh_metrics_daily', 'raw_retention_start', 'uuid_generate_v4'))
           or (p.pronamespace = 'internal'::regnamespace and p.prosrc ~ 'raise exception'
               and p.prorettype = 'trigger'::regtype))
        and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
    order by 1
"""
_COMMANDS = {"*": "all", "r": "select", "a": "insert", "w": "update", "d": "delete"}


@dataclass(frozen=True)
class Policy:
    """One policy, its texts shortened."""

    table: str
    name: str
    permissive: bool
    command: str
    roles: tuple[str, ...]
    using: str | None
    check: str | None

    @property
    def kind(self) -> tuple[str, ...]:
        """For whom, and by which predicate: equal for policies that say the same of several commands."""
        texts = [text for text in dict.fromkeys((self.using, self.check)) if text]
        kind = "" if self.permissive else "restrictive "
        roles = (
            "" if self.roles in (("podboard_web", "podboard_worker"), ("public",)) else " ".join(self.roles)
        )
        return kind, roles, " check ".join(texts)


@cache
def shortened(text: str | None) -> str | None:
    """A predicate with its session functions in short, on one line."""
    if text is None:
        return None
    text = _CALL.sub(lambda call: f"<{call[1]}{f' {call[2]}' if call[2] else ''}>", text)
    return re.sub(r"\s+", " ", text).strip()


def policies(connection: Connection, table: str | None = None) -> list[Policy]:
    """All of them, or those of a table."""
    return [
        Policy(
            relation, name, permissive, _COMMANDS[command], tuple(roles), shortened(using), shortened(check)
        )
        for relation, name, permissive, command, roles, using, check in connection.execute(
            _POLICIES.encode(), {"table": table}, prepare=True
        )
    ]


@cache
def _pattern(form: str) -> re.Pattern[str]:
    seen: set[str] = set()

    def group(match: re.Match[str]) -> str:
        name = "alias" if match[0] == "\\#" else match[1]
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return f"(?P<{name}>{'[a-z_. ]+' if name == 'p' else '[a-z_]+'})"

    return re.compile(re.sub(r"(?<!<)@(\w+)|\\#", group, re.escape(form)))


@cache
def _readings(text: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """For each form that a restrictive predicate has: which column of it leads where."""
    found = []
    for form in RESTRICTIVE:
        if match := _pattern(form).fullmatch(text):
            named = match.groupdict()
            table = named.get("table")
            found.append(
                tuple(
                    (column, table if name == "key" and table else name)
                    for name, column in named.items()
                    if name not in ("p", "alias", "table")
                )
            )
    return tuple(found)


def odd_policies(connection: Connection, table: str | None = None) -> Iterator[str]:
    """Policies without one of the forms: of all tables, or of one."""
    leads = {tuple(row) for row in connection.execute(_LEADS_TO.encode(), prepare=True)}

    def lead(own: str, columns: tuple[tuple[str, str], ...]) -> bool:
        return all(
            (own, column, target) in leads or (column == "id" and target == own) for column, target in columns
        )

    for policy in policies(connection, table):
        where = f"{policy.name} of {policy.table}"
        if policy.permissive:
            texts = (policy.name, policy.using, policy.check)
            own = PERMISSIVE_OF_ONE_TABLE.get(policy.table)
            if texts not in (own or ()) and (own or not any(_fits(texts, form) for form in PERMISSIVE)):
                yield f"{where}: {policy.using} | {policy.check}"
            continue
        for text in filter(None, (policy.using, policy.check)):
            if text not in OF_ONE_TABLE.get(policy.table, ()) and not any(
                lead(policy.table, columns) for columns in _readings(text)
            ):
                yield f"{where}: {text}"


def _fits(texts: tuple[str | None, ...], form: tuple[str | None, ...]) -> bool:
    return all(
        text is wanted if text is None or wanted is None else _pattern(wanted).fullmatch(text) is not None
        for text, wanted in zip(texts, form, strict=True)
    )


@cache
def _view(definition: str) -> dict[str, str]:
    """The parts of a view; of one relation alone without that one's name, which only PostgreSQL 15 writes."""
    text = shortened(definition)
    assert text
    match = _VIEW.fullmatch(text)
    if match is None:
        return {}
    parts = {name: (part or "").strip() for name, part in match.groupdict().items()}
    if alone := re.fullmatch(r"[\w.]+ (\w+)", parts["source"]):
        parts = {name: re.sub(rf"\b{alone[1]}\.", "", part) for name, part in parts.items()}
    return parts


def odd_views(connection: Connection, _table: str | None = None) -> Iterator[str]:
    """Public views that are not made of one tenant's rows in the session's scope."""
    for name, definition in connection.execute(_VIEWS.encode(), prepare=True):
        parts = _view(definition)
        nested = re.search(
            r"\b(SELECT|WITH|UNION|INTERSECT|EXCEPT|OFFSET|WINDOW)\b", " ".join(parts.values())
        )
        if not parts or nested or parts["source"].count(" JOIN ") != parts["source"].count(".tenant_id = "):
            yield name
        elif not _VIEWS_WHERE.fullmatch(parts["where"]) or not _VIEWS_SOURCE.fullmatch(parts["source"]):
            yield f"{name}: from {parts['source']} where {parts['where']}"
        elif " JOIN " in parts["source"] and parts["columns"] != _SHOWN_OF_OTHERS.get(name):
            yield f"{name} shows {parts['columns']}"


def tables(connection: Connection) -> dict[str, list[str]]:
    """What guards each table: its policies, and what is granted on it and on its columns."""
    said: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for policy in policies(connection):
        names = said.setdefault(policy.table, {}).setdefault(policy.kind, [])
        names.append(f"{policy.name} ({policy.command})")
    granted: dict[str, dict[str, dict[str, list[str]]]] = {}
    for table, column, role, right in connection.execute(_GRANTS.encode(), prepare=True):
        roles = granted.setdefault(table, {})
        if right:
            roles.setdefault(role, {}).setdefault(right, []).extend([column] if column else [])
    found: dict[str, list[str]] = {}
    for table, roles in granted.items():
        by = [
            f"{kind}{', '.join(names)}{roles_}: {text}"
            for (kind, roles_, text), names in said.get(table, {}).items()
        ]
        to: dict[str, list[str]] = {}
        for role, rights in roles.items():
            what = [
                f"{right} ({', '.join(columns)})" if columns else right for right, columns in rights.items()
            ]
            to.setdefault(", ".join(what), []).append(role)
        found[table] = [*by, *(f"to {', '.join(roles_)}: {what}" for what, roles_ in to.items())]
    return found


def views(connection: Connection) -> dict[str, list[str]]:
    """What each view shows, from where, and of what."""
    found = {}
    for name, definition in connection.execute(_VIEWS.encode(), prepare=True):
        parts = _view(definition)
        if parts:
            shown = re.split(r", (?![^(]*\))", parts["columns"])
            found[name] = [
                *shown, f"from {parts['source']}", f"where {parts['where']}", *filter(None, [parts["groups"]]),
            ]  # fmt: skip
    return found


def functions(connection: Connection) -> dict[str, str]:
    """A digest of each function that decides who sees what."""
    return dict(connection.execute(_FUNCTIONS.encode(), prepare=True).fetchall())


@cache
def written() -> dict[str, Any]:
    """The file, as it is."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def undecided(connection: Connection, _table: str | None = None) -> Iterator[str]:
    """Where the database is guarded otherwise than the file says."""
    groups = written()["guarded"]
    of_table = {table: group["by"] for group in groups for table in group["tables"]}
    for table, by in tables(connection).items():
        stated = of_table.pop(table, None)
        if by != stated and (stated is not None or by not in [group["by"] for group in groups]):
            yield f"{table} is guarded otherwise than stated: {sorted(set(by) ^ set(stated or []))}"
    yield from (f"{table} is gone" for table in of_table)
    for section, found in (("views", views(connection)), ("functions", functions(connection))):
        stated = written()[section]
        yield from (
            f"{section}: {name} is another than stated"
            for name in sorted(found.keys() | stated.keys())
            if found.get(name) != stated.get(name)
        )


def write(connection: Connection) -> None:
    """The file, written anew."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for table, by in tables(connection).items():
        alike.setdefault(tuple(by), []).append(table)
    parts = [_HEAD]
    for kind, names in alike.items():
        parts += ["[[guarded]]", f"tables = {json.dumps(names)}", *_array("by", list(kind)), ""]
    parts.append("[views]")
    for name, shown in views(connection).items():
        parts += _array(name, shown)
    parts += ["", "[functions]"]
    parts += [f"{json.dumps(name)} = {json.dumps(digest)}" for name, digest in functions(connection).items()]
    FILE.write_text("\n".join(parts) + "\n", encoding="utf-8")
    written.cache_clear()


def _array(name: str, values: list[str]) -> list[str]:
    return [f"{name} = [", *(f"  {json.dumps(value)}," for value in values), "]"]
