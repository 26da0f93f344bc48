"""What pg_catalog must say for tenants to be apart: rules over whatever tables, views, functions and roles there are.

Each rule is a query for what breaks it, or a function that reads it; an empty answer is the only good one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests import guards
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

# Unique keys over more than one tenant, by which one could learn what another has, and why they are.
ACROSS_TENANTS = {
    "refresh_tokens_live": "family_id is random, made for one log-in",
    "resource_ownership_resource_type_resource_id_key": "resource_id is of one's own, which a trigger asks for",
    "tenants_slug_key": "an address that anybody may try",
    "users_email_key": "one person for an address; whoever takes one that is taken learns no more than that",
}
_SCOPED = "('campaigns', 'podcasts', 'episodes', 'sponsors')"

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
        select c.relname || '.' || t.attname || ' ' || a.privilege_type
        from pg_attribute t join pg_class c on c.oid = t.attrelid cross join aclexplode(t.attacl) a
        where c.relnamespace = 'public'::regnamespace and t.attacl is not null and a.grantee in {_GRANTEES}
            and (a.privilege_type not in ('SELECT', 'INSERT', 'UPDATE') or a.is_grantable or a.grantee = 0)
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
    "a table that leads to a tenant's is a tenant's": f"""
        select c.conrelid::regclass || '.' || c.conname from pg_constraint c
        where c.contype = 'f' and c.conparentid = 0 and c.connamespace = 'public'::regnamespace
            and c.confrelid in (select oid from ({_TENANT_TABLES}) t)
            and c.conrelid not in (select oid from ({_TENANT_TABLES}) t)
    """,
    "what is of a campaign, podcast, episode or sponsor is not read by all of the tenant": f"""
        select c.relname from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and (exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and k.confrelid in (
                    select oid from pg_class where relnamespace = 'public'::regnamespace and relname in {_SCOPED}))
                or exists (select from pg_attribute a where a.attrelid = c.oid and not a.attisdropped
                           and a.attname ~ '^(campaign|podcast|episode|sponsor)_ids?$'))
            and not exists (select from pg_policy p where p.polrelid = c.oid and not p.polpermissive
                            and p.polcmd in ('r', '*') and p.polqual is not null)
    """,
    "a key is unique within a tenant": f"""
        select i.indexrelid::regclass::text from pg_index i join ({_TENANT_TABLES}) c on c.oid = i.indrelid
        where (i.indisunique or i.indisexclusion)
            and i.indexrelid::regclass::text not in ({", ".join(map(repr, ACROSS_TENANTS))})
            and not exists (
                select from unnest(i.indkey::int2[]) k
                join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k
                where a.attname = 'tenant_id'
                    -- A random id, and a digest of something that nobody can guess.
                    or (i.indnkeyatts = 1 and ((a.attname = 'id' and a.atttypid = 'uuid'::regtype)
                        or exists (select from pg_constraint h
                                   where h.conrelid = i.indrelid and h.contype = 'c' and h.conkey = array[k]
                                       and position('^[0-9a-f]{{64}}$' in pg_get_expr(h.conbin, h.conrelid)) > 0)))
                    -- A reference that carries the tenant: only one tenant may name it.
                    or exists (select from pg_constraint w
                               join pg_attribute t on t.attrelid = w.conrelid and t.attname = 'tenant_id'
                               where w.conrelid = i.indrelid and w.contype = 'f' and w.conkey @> array[k, t.attnum]
                                   and cardinality(w.conkey) = 2))
    """,
    "every trigger is at work": """
        select t.tgrelid::regclass || '.' || t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace in ('public'::regnamespace, 'internal'::regnamespace) and t.tgenabled not in ('O', 'A')
    """,
}
# Those that are no query: what a table or view may be guarded by at all.
FORMS: dict[str, Callable[[Connection, str | None], Iterable[str]]] = {
    "a policy has one of the few forms there are": guards.odd_policies,
    "a view shows the tenant's rows, and of these the session's scope": guards.odd_views,
}


_STATEMENTS = {
    title: f"select '{title.replace(chr(39), chr(39) * 2)}: ' || fault from ({rule}) as broken (fault)".encode()
    for title, rule in RULES.items()
}
_ALL = b" union all ".join(_STATEMENTS.values())


def faults(connection: Connection, rule: str | None = None, table: str | None = None) -> list[str]:
    """What breaks the rules, or one of them, in words: the rule and the object; a form may be asked of one table."""
    # Kept plans: to plan costs more than to run, and the mutants ask thousands of times.
    found: list[str] = []
    if rule not in FORMS:
        found = [fault for (fault,) in connection.execute(_STATEMENTS[rule] if rule else _ALL, prepare=True)]
    for title, odd in FORMS.items():
        if rule in (None, title):
            found += [f"{title}: {fault}" for fault in odd(connection, table)]
    return found
