"""What pg_catalog must say for nothing to lead round the policies: grants, owners, schemas, memberships, history.

The rules of tests/catalogue_rules.py are about tables and views that are guarded; these are about everything else that
there could be in the database, and about every role that could be let in. Each is a query for what breaks it. They hold
for any relation and function, those of tomorrow too; tests/schema/test_breaks.py breaks each of them.
"""

from __future__ import annotations

from tests.catalogue import Connection

# What may be null in a row of a tenant's table: whose it is. Each says why, and no other column of that name may be.
NO_TENANT = {
    "access_logs": "somebody may be at the door before a tenant is known",
    "email_verification_tokens": "an operator is of no tenant",
    "internal.directory": "finds operators too, who are of no tenant",
    "password_reset_tokens": "an operator is of no tenant",
    "refresh_tokens": "an operator is of no tenant",
    "role_permissions": "those of the roles that every tenant has",
    "roles": "those that every tenant has",
    "security_events": "a log-in may fail before a tenant is known",
    "sessions": "an operator is of no tenant",
    "user_email_preferences": "an operator is of no tenant",
    "user_metrics": "an operator is of no tenant",
    "user_roles": "an operator is of no tenant",
    "users": "an operator is of no tenant",
}
# Of what is only ever added to, what goes with something else than the tenant, and why.
GOES_WITH = {
    "conversion_orders.campaign_id": "what orders of this campaign came to: without its events they can be nothing",
    "excluded_visits.campaign_id": "visits that a campaign's links were asked for and that count for nothing",
    "experiment_events.experiment_id": "says something of this experiment alone",
    "experiment_events.user_id": "says what a person did inside an experiment: with the person's assignment it goes",
    "share_link_views.share_link_id": "says who opened this link: of no use without it",
}
# As long as one of these has a row, its tenant stays.
KEEPS_ITS_TENANT = (
    "ad_units", "attribution_analytics", "attribution_events", "attribution_paths", "audit_logs",
    "billing_transactions", "campaigns", "episodes",
    "etl_imports", "gdpr_requests", "io_bookings", "listener_events", "listener_metrics",
    "marketplace_listings", "marketplace_revenue", "podcasts", "reports", "sponsors", "users",
)  # fmt: skip
# What schema/roles.sql sets; anything else that a session began with could be a tenant or a person.
_SETTINGS = (
    "client_connection_check_interval", "deadlock_timeout", "idle_in_transaction_session_timeout", "lock_timeout",
    "plan_cache_mode", "search_path", "statement_timeout", "timezone",
)  # fmt: skip
_EXTENSIONS = ("pg_trgm", "pgcrypto", "plpgsql", "timescaledb", "uuid-ossp")

_OURS = "('public'::regnamespace, 'internal'::regnamespace)"
_RUNTIME = "('podboard_web'::regrole, 'podboard_worker'::regrole)"
_ROLES = "('podboard_owner'::regrole, 'podboard_web'::regrole, 'podboard_worker'::regrole)"
_TO = "case a.grantee when 0 then 'everybody' else a.grantee::regrole::text end"
# The server's own schemas; those of temporary tables are each session's.
_SERVERS = (
    "(n.nspname in ('pg_catalog', 'information_schema', 'pg_toast') or n.nspname ~ '^pg_(toast_)?temp_')"
)
# The standard's views are for everybody, and not noted as what the server came with.
_STANDARD = "(n.nspname = 'information_schema' and a.grantee = 0 and a.privilege_type in ('SELECT', 'USAGE'))"


def _brought(catalogue: str, oid: str) -> str:
    """That an extension brought it."""
    return (
        f"exists (select from pg_depend d where d.classid = '{catalogue}'::regclass and d.objid = {oid} "
        "and d.deptype = 'e')"
    )


def _beyond(kind: str, catalogue: str, oid: str, acl: str, owner: str, part: str = "0") -> str:
    """Lateral: what has been granted on something of the server or an extension since it came, but to our owner."""
    return f"""
        (select x.grantee, x.privilege_type from aclexplode({acl}) x
         except
         select i.grantee, i.privilege_type from aclexplode(coalesce(
            (select i.initprivs from pg_init_privs i
             where i.classoid = '{catalogue}'::regclass and i.objoid = {oid} and i.objsubid = {part}),
            acldefault('{kind}', {owner}))) i
         except
         select 'podboard_owner'::regrole::oid, x.privilege_type from aclexplode({acl}) x) a
    """


_COLUMN = f"""
    {_beyond("c", "pg_class", "c.oid", "t.attacl", "c.relowner", "t.attnum")}
"""

BOUNDS: dict[str, str] = {
    "web and worker alone have rights on relations: four on tables, to read on views, none elsewhere": f"""
        with granted as (
            select c.oid, c.relkind, c.relowner, c.relispartition, c.relnamespace, '' as part, a.*
            from pg_class c cross join aclexplode(c.relacl) a
            union all
            select c.oid, c.relkind, c.relowner, c.relispartition, c.relnamespace, '.' || t.attname, a.*
            from pg_attribute t join pg_class c on c.oid = t.attrelid cross join aclexplode(t.attacl) a
        )
        select a.oid::regclass || a.part || ': ' || a.privilege_type || ' to ' || {_TO}
        from granted a join pg_namespace n on n.oid = a.relnamespace
        where a.grantee <> a.relowner and not {_SERVERS} and not {_brought("pg_class", "a.oid")}
            and (a.is_grantable or a.grantee not in {_RUNTIME} or a.relkind not in ('r', 'p', 'v')
                 or a.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
                 or (a.relkind = 'v' and (a.privilege_type <> 'SELECT' or a.part <> ''))
                 or (n.nspname = 'public' and a.relispartition)
                 -- TimescaleDB's chunks have their table's grants, in a schema of its own that nobody enters.
                 or (n.nspname <> 'public' and not {_brought("pg_namespace", "n.oid")}))
    """,
    "what the server and extensions brought is granted as it came": f"""
        select c.oid::regclass || ': ' || a.privilege_type || ' to ' || {_TO}
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        cross join lateral {_beyond("r", "pg_class", "c.oid", "c.relacl", "c.relowner")}
        where c.relacl is not null and ({_SERVERS} or {_brought("pg_class", "c.oid")}) and not {_STANDARD}
        union all
        select c.oid::regclass || '.' || t.attname || ': ' || a.privilege_type || ' to ' || {_TO}
        from pg_attribute t join pg_class c on c.oid = t.attrelid join pg_namespace n on n.oid = c.relnamespace
        cross join lateral {_COLUMN}
        where t.attacl is not null and ({_SERVERS} or {_brought("pg_class", "c.oid")})
        union all
        select p.oid::regprocedure || ': ' || a.privilege_type || ' to ' || {_TO}
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        cross join lateral {_beyond("f", "pg_proc", "p.oid", "p.proacl", "p.proowner")}
        where p.proacl is not null and ({_SERVERS} or {_brought("pg_proc", "p.oid")})
        union all
        select n.nspname || ': ' || a.privilege_type || ' to ' || {_TO}
        from pg_namespace n
        cross join lateral {_beyond("n", "pg_namespace", "n.oid", "n.nspacl", "n.nspowner")}
        where n.nspacl is not null and ({_SERVERS} or {_brought("pg_namespace", "n.oid")}) and not {_STANDARD}
        union all
        select l.lanname || ': ' || a.privilege_type || ' to ' || {_TO}
        from pg_language l
        cross join lateral {_beyond("l", "pg_language", "l.oid", "l.lanacl", "l.lanowner")}
        where l.lanacl is not null
    """,
    "there is no schema but public and internal, and the server's and the known extensions' own": f"""
        select 'schema ' || n.nspname from pg_namespace n
        where not {_SERVERS} and n.nspname not in ('public', 'internal') and not {_brought("pg_namespace", "n.oid")}
        union all
        select 'extension ' || extname from pg_extension
        where extname not in ({", ".join(map(repr, _EXTENSIONS))})
    """,
    "of the schemas web and worker may enter public, and nobody may make anything in them": f"""
        select n.nspname || ': ' || a.privilege_type || ' to ' || {_TO}
        from pg_namespace n cross join aclexplode(n.nspacl) a
        where n.nspname in ('public', 'internal') and a.grantee <> n.nspowner
            and (a.grantee not in {_RUNTIME} or n.nspname = 'internal' or a.privilege_type <> 'USAGE' or a.is_grantable)
    """,
    "into the database web and worker alone may connect": f"""
        select b.datname || ': ' || a.privilege_type || ' to ' || {_TO}
        from pg_database b cross join aclexplode(coalesce(b.datacl, acldefault('d', b.datdba))) a
        where b.datname = current_database() and a.grantee <> b.datdba
            and (a.grantee not in {_RUNTIME} or a.privilege_type <> 'CONNECT' or a.is_grantable)
    """,
    "nothing is granted in advance, nor a parameter": f"""
        select 'by default on ' || d.defaclobjtype::text || ' to ' || {_TO}
        from pg_default_acl d cross join aclexplode(d.defaclacl) a
        where a.grantee <> d.defaclrole or d.defaclrole in {_ROLES}
        union all
        select p.parname || ': ' || a.privilege_type || ' to ' || {_TO}
        from pg_parameter_acl p cross join aclexplode(p.paracl) a
        where a.grantee = 0 or a.grantee in {_ROLES}
    """,
    # What tests/schema/test_check.py makes of its odd role is that test's, and goes with it.
    "of our roles the worker alone is another one, the owner, whose rights it takes when it must": f"""
        select m.member::regrole || ' is ' || m.roleid::regrole
        from pg_auth_members m
        where (m.member in {_ROLES} or m.roleid in {_ROLES}) and m.member::regrole::text !~ '^podboard_odd_role'
            and not (m.member = 'podboard_worker'::regrole and m.roleid = 'podboard_owner'::regrole
                     and not m.admin_option)
        union all
        select r.rolname || ' has powers over roles, databases or rows' from pg_roles r
        where r.oid in {_ROLES}
            and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication)
    """,
    "a session begins with no setting but those of schema/roles.sql": f"""
        select coalesce(nullif(s.setrole, 0)::regrole::text, 'everybody') || ': ' || setting
        from pg_db_role_setting s cross join unnest(s.setconfig) setting
        where (s.setrole = 0 or s.setrole in {_ROLES})
            and (s.setdatabase = 0
                 or s.setdatabase = (select oid from pg_database where datname = current_database()))
            and (s.setrole = 0 or lower(split_part(setting, '=', 1)) not in ({", ".join(map(repr, _SETTINGS))})
                 or (setting ilike 'search_path=%' and setting <> 'search_path=public'))
    """,
    "everything of ours is podboard_owner's": f"""
        select 'relation ' || c.oid::regclass from pg_class c
        where c.relnamespace in {_OURS} and c.relowner <> 'podboard_owner'::regrole
            and not {_brought("pg_class", "c.oid")}
        union all
        select 'function ' || p.oid::regprocedure from pg_proc p
        where p.pronamespace in {_OURS} and p.proowner <> 'podboard_owner'::regrole
            and not {_brought("pg_proc", "p.oid")}
        union all
        select 'type ' || t.oid::regtype from pg_type t
        where t.typnamespace in {_OURS} and t.typowner <> 'podboard_owner'::regrole and t.typelem = 0
            and not {_brought("pg_type", "t.oid")}
        union all
        select 'schema ' || nspname from pg_namespace
        where nspname = 'internal' and nspowner <> 'podboard_owner'::regrole
    """,
    "nothing leaves the database by itself, and nothing is rewritten on its way": f"""
        select 'publication ' || pubname from pg_publication
        union all
        select 'subscription ' || subname from pg_subscription
        where subdbid = (select oid from pg_database where datname = current_database())
        union all
        select 'event trigger ' || evtname from pg_event_trigger e where not {_brought("pg_event_trigger", "e.oid")}
        union all
        select 'foreign server ' || srvname from pg_foreign_server s where not {_brought("pg_foreign_server", "s.oid")}
        union all
        select 'rule ' || r.rulename || ' on ' || r.ev_class::regclass
        from pg_rewrite r join pg_class c on c.oid = r.ev_class
        where c.relnamespace in {_OURS} and (r.rulename <> '_RETURN' or c.relkind not in ('v', 'm'))
        union all
        select 'inheritance of ' || i.inhparent::regclass from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent in (select oid from pg_class where relnamespace in {_OURS})
            and not c.relispartition and c.relkind not in ('i', 'I') and c.relnamespace in {_OURS}
    """,
    "a row of a tenant's table says whose it is": f"""
        select c.oid::regclass::text
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
        where c.relnamespace in {_OURS} and c.relkind in ('r', 'p')
            and a.attnotnull = (c.oid::regclass::text in ({", ".join(map(repr, NO_TENANT))}))
    """,
    "what is only ever added to outlives the person and the thing it tells of": f"""
        select distinct k.conrelid::regclass || '.' || a.attname
        from pg_constraint k
        join pg_class c on c.oid = k.conrelid
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey) and a.attname <> 'tenant_id'
        where k.contype = 'f' and k.conparentid = 0 and k.confdeltype in ('c', 'd')
            and c.relnamespace = 'public'::regnamespace
            and has_any_column_privilege('podboard_web', c.oid, 'insert')
            and not has_any_column_privilege('podboard_web', c.oid, 'update')
            and not has_table_privilege('podboard_web', c.oid, 'delete')
            and c.oid::regclass || '.' || a.attname not in ({", ".join(map(repr, GOES_WITH))})
    """,
    "a tenant with people, money or results is not deleted in passing": f"""
        select name from unnest(array[{", ".join(map(repr, KEEPS_ITS_TENANT))}]) name
        where not exists (
            select from pg_constraint k
            where k.contype = 'f' and k.conrelid = to_regclass('public.' || name)
                and k.confrelid = 'public.tenants'::regclass and k.confdeltype = 'r')
    """,
}
_STATEMENTS = {
    title: f"select '{title.replace(chr(39), chr(39) * 2)}: ' || fault from ({bound}) as broken (fault) order by 1"
    for title, bound in BOUNDS.items()
}


def beyond(connection: Connection, bound: str | None = None) -> list[str]:
    """What breaks the bounds, or one of them, in words: the bound and the object."""
    return [
        fault
        for title in ([bound] if bound else BOUNDS)
        for (fault,) in connection.execute(_STATEMENTS[title].encode())
    ]
