"""What a database holds of ours, object by object, in a form that is the same on both engines."""

from __future__ import annotations

from tests.timescale.server import Connection

# Neither a partition, nor what an extension or TimescaleDB brought.
_OURS = """
    c.relnamespace in ('public'::regnamespace, 'internal'::regnamespace) and not c.relispartition
    and not exists (
        select from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
"""
_OBJECTS = (
    # A hypertable is a plain table; all else about it is as of a partitioned one.
    f"""
    select c.oid::regclass::text, concat_ws(' ', translate(c.relkind::text, 'pI', 'ri'), c.relowner::regrole,
        c.relrowsecurity, c.relforcerowsecurity, c.reloptions,
        (select string_agg(a::text, ' ' order by a::text) from unnest(c.relacl) a),
        pg_get_viewdef(case c.relkind when 'v' then c.oid end), obj_description(c.oid, 'pg_class'))
    from pg_class c where {_OURS}
    """,
    f"""
    select c.oid::regclass || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull,
        a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid), a.attacl, col_description(c.oid, a.attnum))
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relkind <> 'i' and c.relkind <> 'I' and {_OURS}
    """,
    f"""
    select c.oid::regclass || ' ' || k.conname, concat_ws(' ', k.convalidated, pg_get_constraintdef(k.oid))
    from pg_class c join pg_constraint k on k.conrelid = c.oid and k.contype <> 'n' and k.conparentid = 0 where {_OURS}
    """,
    f"""
    select c.oid::regclass::text, concat_ws(' ', i.indisvalid, replace(pg_get_indexdef(c.oid), ' ON ONLY ', ' ON '))
    from pg_class c join pg_index i on i.indexrelid = c.oid where {_OURS}
    """,
    f"""
    select c.oid::regclass || ' ' || t.tgname, concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid))
    from pg_class c join pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal and t.tgname !~ '^ts_' where {_OURS}
    """,
    "select tablename || ' ' || policyname, p::text from pg_policies p where schemaname in ('public', 'internal')",
    """
    select p.oid::regprocedure::text, concat_ws(' ', p.proowner::regrole, pg_get_functiondef(p.oid),
        (select string_agg(a::text, ' ' order by a::text) from unnest(p.proacl) a), obj_description(p.oid, 'pg_proc'))
    from pg_proc p where p.pronamespace in ('public'::regnamespace, 'internal'::regnamespace) and not exists (
        select from pg_depend e where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e')
    """,
)


def objects(connection: Connection) -> set[tuple[str, str]]:
    """Relations, columns, constraints, indexes, triggers, policies, functions: each by name, and all of it."""
    return {(name, is_) for query in _OBJECTS for name, is_ in connection.execute(query.encode()).fetchall()}
