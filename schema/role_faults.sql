-- What a role can do beyond its part, and what would not hold it: one row for each fault, one without a rule when all is well.
-- params: accepted: names of the roles that it may be a member of; is_worker: whether it has to have the worker's part.
-- returns: name: the role's; rule: which fault; who: whose it is; what: the role, schema or object that it is about;
--   how: what else the sentence of the rule needs; things: names, of tables above all. Names are as SQL writes them.
-- relies on: catalogues that everybody may read, of PostgreSQL 15 to 18.

with recursive me as (
    select r.oid, quote_ident(r.rolname) as name,
        -- From 16 on each membership says whether it lets one become the role, inherit from it, or give it away.
        current_setting('server_version_num')::integer >= 160000 as sets
    from pg_roles r
    where r.rolname = session_user
),
-- The role and the accepted ones that it is a member of, directly or through each other.
standing as (
    select me.oid from me
    union
    select m.roleid
    from standing s
    join pg_auth_members m on m.member = s.oid
    join pg_roles o on o.oid = m.roleid
    where o.rolname = any (%(accepted)s)
),
-- Each membership that leads out of these. Whatever its options: whoever has one alone can often give itself the others.
steps as (
    select m.roleid, m.member, m.grantor
    from standing s
    join pg_auth_members m on m.member = s.oid
    where m.roleid not in (select oid from standing)
),
leads as (
    select roleid as first, roleid as oid from steps
    union
    select l.first, m.roleid
    from leads l
    join pg_auth_members m on m.member = l.oid
),
attributes as (
    select r.oid, quote_ident(r.rolname) as name, r.rolname = 'podboard_owner' or d.oid is not null as is_owner,
        array_remove(array[
            case when r.rolsuper then 'SUPERUSER' end,
            case when r.rolbypassrls then 'BYPASSRLS' end,
            case when r.rolcreaterole then 'CREATEROLE' end,
            case when r.rolcreatedb then 'CREATEDB' end,
            case when r.rolreplication then 'REPLICATION' end
        ], null) as held
    from pg_roles r
    left join pg_database d on d.datname = current_database() and d.datdba = r.oid
),
-- Those whose rights the session has by itself: its own and those of the role it is a member of, and everybody's.
grantees as (
    select s.oid, a.name
    from standing s
    join attributes a on a.oid = s.oid
    cross join me
    where s.oid = me.oid or (not a.is_owner and pg_has_role(me.oid, s.oid, 'usage'))
    union all
    select 0::oid, 'public'
),
relations as (
    select c.oid, c.relkind, c.relispartition, c.relacl, n.nspname,
        case when n.nspname = 'public' then '' else quote_ident(n.nspname) || '.' end || quote_ident(c.relname) as name
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'internal') and c.relkind in ('r', 'p', 'v', 'm', 'f')
),
grants as (
    select c.oid, c.name, c.nspname, c.relkind, c.relispartition, g.name as grantee, a.privilege_type, a.is_grantable
    from (
        select oid, name, nspname, relkind, relispartition, relacl as acl from relations where relacl is not null
        union all
        select c.oid, c.name, c.nspname, c.relkind, c.relispartition, t.attacl
        from relations c
        join pg_attribute t on t.attrelid = c.oid and t.attacl is not null
    ) c
    cross join lateral aclexplode(c.acl) a
    join grantees g on g.oid = a.grantee
    -- What an extension shows to everybody, as pg_stat_statements does, shows each role its own.
    where g.oid <> 0
        or not exists (select from pg_depend d
                       where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
),
tenant_tables as (
    select c.name, p.relrowsecurity, p.relforcerowsecurity, c.relkind, p.relname, has.policies, has.tenant,
        exists (select from grants g where g.oid = c.oid) as is_granted
    from relations c
    join pg_class p on p.oid = c.oid
    cross join lateral (
        select exists (select from pg_policy y where y.polrelid = c.oid) as policies,
            exists (select from pg_attribute t
                    where t.attrelid = c.oid and t.attname = 'tenant_id' and not t.attisdropped) as tenant
    ) has
    where c.nspname = 'public' and c.relkind in ('r', 'p') and (has.policies or has.tenant)
),
found (rule, who, what, how, things) as (
    select 'attribute', me.name, a.name, h, null::text[]
    from standing s
    join attributes a on a.oid = s.oid
    cross join me
    cross join lateral unnest(a.held) h
    union all
    -- What the owner's views and functions show, they show with its rights.
    select 'unheld owner', me.name, a.name, h, null
    from pg_namespace n
    join attributes a on a.oid = n.nspowner
    cross join me
    cross join lateral unnest(a.held) h
    where n.nspname = 'internal' and h in ('SUPERUSER', 'BYPASSRLS') and a.oid not in (select oid from standing)
    union all
    select 'member', b.name, r.name,
        -- Who revokes what another role granted has to say so; 10 is the server's first superuser.
        case when me.sets and s.grantor <> 10
            then ' granted by ' || quote_ident(pg_get_userbyid(s.grantor)) end,
        array(
            select case when a.is_owner then 'the owner' else a.name end
                || case when a.held <> '{}' then ', which has ' || array_to_string(a.held, ' and ') else '' end
            from leads l
            join attributes a on a.oid = l.oid
            where l.first = s.roleid
            order by l.oid <> s.roleid, a.name
        )
    from steps s
    cross join me
    join attributes b on b.oid = s.member
    join attributes r on r.oid = s.roleid
    union all
    select distinct 'admin', b.name, r.name, null, null::text[]
    from standing s
    join pg_auth_members m on m.member = s.oid and m.admin_option
    join attributes b on b.oid = m.member
    join attributes r on r.oid = m.roleid
    where m.roleid in (select oid from standing)
    union all
    select case when pg_has_role(me.oid, o.oid, 'usage') then 'inherits the owner' else 'not the owner' end,
        me.name, null, null, null
    from me
    left join pg_roles o on o.rolname = 'podboard_owner'
    where %(is_worker)s
        and (pg_has_role(me.oid, o.oid, 'usage')
             or not coalesce(pg_has_role(me.oid, o.oid, case when me.sets then 'set' else 'member' end), false))
    union all
    select 'owns', g.name, null, null, owned.things
    from grantees g
    cross join lateral (
        select array(
            select pg_describe_object(d.classid, d.objid, d.objsubid)
            from pg_shdepend d
            join pg_database here on here.datname = current_database()
            where d.refclassid = 'pg_authid'::regclass and d.refobjid = g.oid and d.deptype = 'o'
                -- Anybody may make a large object, and nothing of ours is one.
                and ((d.dbid = here.oid and d.classid <> 'pg_largeobject'::regclass)
                     or (d.dbid = 0 and d.classid = 'pg_database'::regclass and d.objid = here.oid))
            order by d.classid = 'pg_database'::regclass desc, d.classid, d.objid
            limit 4
        ) as things
    ) owned
    where g.oid <> 0 and owned.things <> '{}'
    union all
    -- An owner has these by being one.
    select 'makes', g.name, null, quote_ident(current_database()), array_agg(r.right_on order by r.right_on desc)
    from (
        select a.grantee,
            case a.privilege_type when 'TEMPORARY' then 'TEMP' else 'CREATE' end || ' on the database' as right_on
        from pg_database d
        cross join lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
        where d.datname = current_database() and a.privilege_type in ('TEMPORARY', 'CREATE')
        union
        select a.grantee, 'CREATE on the schema ' || quote_ident(n.nspname)
        from pg_namespace n
        cross join lateral aclexplode(n.nspacl) a
        where a.privilege_type = 'CREATE' and (n.nspname = 'public' or a.grantee <> 0)
    ) r
    join grantees g on g.oid = r.grantee
    group by g.name
    union all
    select case when n.nspname = '_timescaledb_internal' then 'chunks' else 'schema' end,
        g.name, quote_ident(n.nspname), null, null
    from pg_namespace n
    cross join lateral aclexplode(n.nspacl) a
    join grantees g on g.oid = a.grantee
    join attributes o on o.oid = n.nspowner
    where a.privilege_type = 'USAGE' and n.nspname <> 'public'
        and (n.nspname in ('internal', '_timescaledb_internal') or o.is_owner)
    union all
    select 'private', grantee, null, null, array_agg(distinct name order by name)
    from grants
    where nspname = 'internal' or relispartition or relkind = 'm'
    group by grantee
    union all
    select 'privilege', grantee, privilege_type, null, array_agg(distinct name order by name)
    from grants
    where nspname = 'public' and privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    group by grantee, privilege_type
    union all
    select 'through a view', grantee, null, null, array_agg(distinct name order by name)
    from grants
    where nspname = 'public' and relkind = 'v' and privilege_type in ('INSERT', 'UPDATE', 'DELETE')
    group by grantee
    union all
    select 'everybody', grantee, null, null, array_agg(distinct name order by name)
    from grants
    where nspname = 'public' and grantee = 'public' and privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    group by grantee
    union all
    select 'grantable', grantee, null, null, array_agg(distinct name order by name)
    from grants
    where is_grantable
    group by grantee
    union all
    -- Rights on anything that is neither ours nor a schema or type: a function of the server's, a view somewhere else.
    select distinct 'elsewhere', g.name,
        case d.classid when 'pg_class'::regclass then case c.relkind when 'S' then 'sequence ' else '' end
                       when 'pg_proc'::regclass then 'routine '
                       when 'pg_foreign_server'::regclass then 'foreign server '
                       when 'pg_largeobject'::regclass then 'large object '
                       else i.type || ' ' end
            || case d.classid when 'pg_proc'::regclass then d.objid::regprocedure::text else i.identity end,
        null, null::text[]
    from grantees g
    join pg_database here on here.datname = current_database()
    join pg_shdepend d on d.refclassid = 'pg_authid'::regclass and d.refobjid = g.oid and d.deptype = 'a'
        -- TRICKY: an equality would have the planner read the whole index by database beside the one by role.
        and d.dbid is not distinct from here.oid
        and d.classid not in ('pg_namespace'::regclass, 'pg_type'::regclass, 'pg_default_acl'::regclass)
    left join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid
    left join pg_proc p on d.classid = 'pg_proc'::regclass and p.oid = d.objid
    left join pg_namespace n on n.oid = coalesce(c.relnamespace, p.pronamespace)
    cross join lateral pg_identify_object(d.classid, d.objid, 0) i
    where n.nspname is null
        or (n.nspname = 'internal' and (p.oid is not null or c.relkind = 'S'))
        or n.nspname not in ('public', 'internal', '_timescaledb_internal')
    union all
    select 'in waiting', g.name,
        quote_ident(pg_get_userbyid(d.defaclrole)),
        coalesce(' in schema ' || quote_ident(n.nspname), ''),
        array[case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
                                   when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end]
    from pg_default_acl d
    left join pg_namespace n on n.oid = d.defaclnamespace
    cross join lateral aclexplode(d.defaclacl) a
    join grantees g on g.oid = a.grantee
    where (d.defaclnamespace = 0 or n.nspname in ('public', 'internal')) and (g.oid <> 0 or d.defaclobjtype = 'r')
    group by 2, 3, 4, 5
    union all
    select 'parameter', g.name, p.parname, lower(a.privilege_type), null
    from pg_parameter_acl p
    cross join lateral aclexplode(p.paracl) a
    join grantees g on g.oid = a.grantee
    where a.privilege_type = 'ALTER SYSTEM' or p.parname = 'session_replication_role'
    union all
    -- A policy that restricts holds for the roles it names: what another role was given by itself it does not restrict.
    select 'of its own', me.name, (%(accepted)s)[1], null, array_agg(distinct g.name order by g.name)
    from me
    join grants g on g.grantee = me.name
    where session_user <> all (%(accepted)s)
        and not exists (select from pg_policy y where not y.polpermissive and me.oid = any (y.polroles))
    group by me.name
    union all
    select 'off', null, null, null, array_agg(name order by name)
    from tenant_tables
    where not relrowsecurity and (policies or is_granted)
    having count(*) > 0
    union all
    -- An aggregate of TimescaleDB over these would be emptied by it.
    select 'not forced', null, null, null, array_agg(name order by name)
    from tenant_tables
    where relrowsecurity and not relforcerowsecurity and policies and tenant
        and relname not in ('listener_events', 'listener_metrics', 'attribution_events')
    having count(*) > 0
)
select me.name, f.rule, f.who, f.what, f.how, f.things
from me
left join found f on true
order by f.rule, f.who, f.what, f.how;
