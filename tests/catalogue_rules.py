"""What pg_catalog must say for tenants to be apart: rules over whatever tables, views, functions and roles there are.

Each rule is a query for what breaks it; an empty answer is the only good one.
"""

from __future__ import annotations

from tests.catalogue import Connection

RUNTIME = "('podboard_web', 'podboard_worker')"
# A continuous aggregate would be emptied by FORCE: its owner would see no rows.
NOT_FORCED = "('listener_events', 'attribution_events', 'listener_metrics')"
_GRANTEES = f"(0, {', '.join(f'to_regrole({name!r})::oid' for name in ('podboard_web', 'podboard_worker'))})"
_TENANT_TABLES = """
    select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and (c.relname = 'tenants' or exists (
            select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))
"""

RULES: dict[str, str] = {
    "every tenant table has row security": f"select relname from ({_TENANT_TABLES}) t where not relrowsecurity",
    "row security holds the owner too": f"""
        select relname from ({_TENANT_TABLES}) t
        where relforcerowsecurity = (relname in {NOT_FORCED})
    """,
    "one permissive policy a table, by the tenant in both directions": f"""
        select t.relname from ({_TENANT_TABLES}) t
        left join pg_policies p
            on p.schemaname = 'public' and p.tablename = t.relname and p.permissive = 'PERMISSIVE'
        group by t.relname
        having count(p.policyname) <> 1
            or bool_or(p.policyname <> 'tenant_isolation' or p.cmd <> 'ALL' or p.roles <> '{{public}}'
                       or coalesce(p.qual, '') !~ 'app_tenant\\(\\)'
                       or coalesce(p.with_check, '') !~ 'app_tenant\\(\\)')
    """,
    "a restrictive policy restricts the runtime roles by what the session says": """
        select tablename || '.' || policyname from pg_policies
        where schemaname = 'public' and permissive = 'RESTRICTIVE'
            and (not (roles @> array['podboard_web', 'podboard_worker']::name[])
                 or coalesce(qual, 'app_') !~ 'app_|SELECT' or coalesce(with_check, 'app_') !~ 'app_|SELECT')
    """,
    "a public view is a barrier of the owner's, by tenant": """
        select c.relname from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm')
            and (c.reloptions is distinct from array['security_barrier=true'] or c.relkind = 'm'
                 or c.relowner <> 'podboard_owner'::regrole or pg_get_viewdef(c.oid) !~ 'app_tenant\\(\\)')
    """,
    "nothing private is granted": f"""
        select c.oid::regclass::text from pg_class c cross join aclexplode(c.relacl) a
        where c.relnamespace = 'internal'::regnamespace and a.grantee in {_GRANTEES}
        union all
        select n.nspname from pg_namespace n cross join aclexplode(n.nspacl) a
        where (n.nspname = 'internal' or (n.nspname = 'public' and a.privilege_type = 'CREATE'))
            and a.grantee in {_GRANTEES}
        union all
        select c.oid::regclass || '.' || t.attname from pg_attribute t join pg_class c on c.oid = t.attrelid
        cross join aclexplode(t.attacl) a
        where c.relnamespace = 'internal'::regnamespace and t.attacl is not null and a.grantee in {_GRANTEES}
    """,
    "the runtime roles have no right but to read, insert, update and delete": f"""
        select c.relname || ' ' || a.privilege_type from pg_class c cross join aclexplode(c.relacl) a
        where c.relnamespace = 'public'::regnamespace and c.relkind <> 'S' and a.grantee in {_GRANTEES}
            and (a.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE') or a.is_grantable or a.grantee = 0)
        union all
        select datname || ' ' || a.privilege_type from pg_database
        cross join aclexplode(coalesce(datacl, acldefault('d', datdba))) a
        where datname = current_database() and a.grantee in {_GRANTEES} and a.privilege_type <> 'CONNECT'
    """,
    "a function of the owner's rights pins its path and is for nobody in general": """
        select p.oid::regprocedure::text from pg_proc p
        where p.prosecdef and p.pronamespace in ('public'::regnamespace, 'internal'::regnamespace)
            and (not exists (select from unnest(p.proconfig) s where s like 'search_path=pg_catalog%')
                 or (p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
                     and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                                 where a.grantee = 0)))
    """,
    "a function that reads the session is made anew for each statement": """
        select p.oid::regprocedure::text from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.provolatile = 'i'
            and (p.proname like 'app\\_%' or p.prosrc ~ 'current_setting|app_|set_config')
    """,
    "the runtime roles own nothing and have no way round": f"""
        select rolname::text from pg_roles
        where rolname in {RUNTIME}
            and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication
                 or (rolname = 'podboard_worker' and rolinherit))
        union all
        select member::regrole || ' is ' || roleid::regrole from pg_auth_members
        where member::regrole::text in {RUNTIME}
            and not (member = 'podboard_worker'::regrole and roleid = 'podboard_owner'::regrole)
        union all
        select oid::regclass::text from pg_class where pg_get_userbyid(relowner) in {RUNTIME}
    """,
    "a reference between rows of tenants carries the tenant": """
        with tenant_columns as (
            select attrelid from pg_attribute where attname = 'tenant_id' and not attisdropped
        )
        select c.conrelid::regclass || '.' || c.conname from pg_constraint c
        where c.contype = 'f' and c.conparentid = 0 and c.connamespace = 'public'::regnamespace
            and c.conrelid in (select attrelid from tenant_columns)
            and c.confrelid in (select attrelid from tenant_columns)
            and not exists (
                -- The tenant is carried by this key, or by another that binds some of its columns to the tenant.
                select from pg_constraint w
                join pg_attribute a on a.attrelid = w.conrelid and a.attname = 'tenant_id' and a.attnum = any (w.conkey)
                where w.contype = 'f' and w.conrelid = c.conrelid and cardinality(w.conkey) > 1
                    and array_remove(w.conkey, a.attnum) <@ c.conkey)
    """,
}


_STATEMENTS = {
    title: f"select '{title.replace(chr(39), chr(39) * 2)}: ' || fault from ({rule}) as broken (fault)".encode()
    for title, rule in RULES.items()
}
_ALL = b" union all ".join(_STATEMENTS.values())


def faults(connection: Connection, rule: str | None = None) -> list[str]:
    """What breaks the rules, or one of them, in words: the rule and the object."""
    # Kept plans: to plan costs more than to run, and the mutants ask thousands of times.
    return [fault for (fault,) in connection.execute(_STATEMENTS[rule] if rule else _ALL, prepare=True)]
