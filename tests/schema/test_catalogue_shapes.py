"""The catalogue asked about shapes: JSON, references, times and deletion, whatever tables there are."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest

from queries.statements import statement_names
from tests.catalogue import CHECKED, columns_taking, columns_where

# Named like what grows, and does not.
NOT_GROWING = {
    "role_permissions": "one row for a role and a right",
    "user_roles": "one row for a person and a role",
}
# What people may delete and nobody can bring back, and why nobody has to.
GONE_AT_ONCE = {
    "read from somebody else's system, and read again": {
        "attribution_event_metadata", "attribution_events", "etl_imports", "excluded_requests", "import_refusals",
        "integration_sync_logs", "listener_events", "podcast_feeds", "retention_curves", "transcript_links",
        "transcripts",
    },
    "ends by a time of its own, or by going": {
        "api_keys", "email_verification_tokens", "integration_tokens", "password_reset_tokens", "refresh_tokens",
        "sessions", "share_links",
    },
    "says what belongs together": {
        "experiment_assignments", "partner_integrations", "podcast_sources", "report_recipients", "resource_ownership",
        "role_permissions", "user_roles",
    },
    "made again from what is there": {"matches", "reports"},
    "a setting: without it what is usual holds": {
        "attribution_models", "import_columns", "onboarding_progress", "tenant_settings", "white_label_settings",
    },
    "goes with the person or the payment": {"referral_commissions", "referrals"},
    "goes only when nobody has it": {"roles"},
}  # fmt: skip


# A document that nobody's words are for: whoever owns the words of a column refuses it.
NOBODYS = '{"a word of nobody": [{"with": "a document inside"}]}'


def test_what_is_said_in_words_of_ours_is_said_in_no_others(catalogue: psycopg.Connection[Any]) -> None:
    """Each check there is, asked: the column refuses what nobody has a word for, or its comment says why it is open."""
    taken = {
        (table, column): _comment_of(catalogue, table, column)
        for table, column in columns_where(catalogue, "a.atttypid = 'jsonb'::regtype")
        if _takes(catalogue, table, column, NOBODYS) or _takes(catalogue, table, column, f"[{NOBODYS}]")
    }
    assert {column for column, comment in taken.items() if not re.search(r"\bOpen: ", comment)} == set()
    assert len(taken) < 6
    assert ("attribution_events", "attribution_data") in taken, "a test that finds nothing open finds nothing"


def _takes(catalogue: psycopg.Connection[Any], table: str, column: str, document: str) -> bool:
    """Whether every check of the column holds for the document, the columns beside it empty."""
    columns = catalogue.execute(
        "select string_agg(case when attname = %(column)s "
        "then format('%%L::jsonb as %%I', %(document)s::text, attname) "
        "else format('null::%%s as %%I', format_type(atttypid, atttypmod), attname) end, ', ') "
        "from pg_attribute where attrelid = %(table)s::regclass and attnum > 0 and not attisdropped",
        {"table": f"public.{table}", "column": column, "document": document},
    ).fetchone()
    checks = catalogue.execute(
        "select pg_get_expr(c.conbin, c.conrelid) from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid "
        "and a.attnum = any (c.conkey) where c.contype = 'c' and c.conrelid = %s::regclass and a.attname = %s",
        (f"public.{table}", column),
    ).fetchall()
    assert columns
    for (check,) in checks:
        try:
            answer = catalogue.execute(
                f"select ({check}) is not false from (select {columns[0]}) r"
            ).fetchone()
        except psycopg.DataError:
            return False
        if answer == (False,):
            return False
    return True


def _comment_of(catalogue: psycopg.Connection[Any], table: str, column: str) -> str:
    row = catalogue.execute(
        "select col_description(attrelid, attnum) from pg_attribute where attrelid = %s::regclass and attname = %s",
        (f"public.{table}", column),
    ).fetchone()
    return str(row[0]) if row else ""


def test_every_json_column_has_a_shape_and_says_which(catalogue: psycopg.Connection[Any]) -> None:
    json_columns = columns_where(catalogue, "a.atttypid = 'jsonb'::regtype")
    assert len(json_columns) > 15
    assert json_columns - columns_where(catalogue, CHECKED, shape="%jsonb_typeof%") == set()
    explained = columns_where(catalogue, "col_description(c.oid, a.attnum) is not null")
    explained_by_table = {
        (table, column)
        for table, column in json_columns
        if f"{column}:" in (_comment(catalogue, table) or "")
    }
    assert json_columns - explained - explained_by_table == set()


def _comment(catalogue: psycopg.Connection[Any], table: str) -> str | None:
    row = catalogue.execute(
        "select obj_description(%s::regclass, 'pg_class')", (f"public.{table}",)
    ).fetchone()
    assert row
    comment: str | None = row[0]
    return comment


def test_currencies_are_three_capital_letters(catalogue: psycopg.Connection[Any]) -> None:
    currencies = columns_where(catalogue, "a.attname ~ '(^|_)currency$'")
    assert {("io_bookings", "currency"), ("campaigns", "currency")} <= currencies
    assert currencies - columns_where(catalogue, CHECKED, shape="%^[A-Z]{3}$%") == set()
    assert currencies - columns_where(catalogue, "col_description(c.oid, a.attnum) is not null") == set()


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_every_number_is_one(catalogue: psycopg.Connection[Any], value: str) -> None:
    """What is none passes "0 or more", and every sum over it is none."""
    asked = {"numeric": f"'{value}'::numeric", "numeric[]": f"array['{value}', '{value}']::numeric[]"}
    assert columns_taking(catalogue, asked) == set()


# What may be less than nothing, and why.
SIGNED = {
    ("ai_token_balances", "granted"): "balance is what is left of it, and that is never negative",
    ("alert_rules", "threshold"): "of any metric", ("alerts", "compared_value"): "of any metric",
    ("alerts", "observed_value"): "of any metric", ("alerts", "threshold"): "of any metric",
    ("marketplace_revenue", "amount"): "money goes back too",
}  # fmt: skip


def test_counts_rates_and_amounts_are_not_negative(catalogue: psycopg.Connection[Any]) -> None:
    types = ("smallint", "integer", "bigint", "numeric")
    assert columns_taking(catalogue, {type_: f"'-1'::{type_}" for type_ in types}) == SIGNED.keys()


def test_addresses_are_of_the_web(catalogue: psycopg.Connection[Any]) -> None:
    """What a page may show as a link runs nothing."""
    addresses = columns_where(catalogue, "a.attname ~ '(^|_)url$'")
    assert {("podcasts", "website_url"), ("webhooks", "url"), ("io_bookings", "vanity_url")} <= addresses
    assert addresses - columns_where(catalogue, CHECKED, shape="%^http%") == set()


# Where no index begins with the status (after the tenant): few rows, or found by something else.
NOT_BY_STATUS = {
    "failover_events": "a handful a year, for the whole system",
    "integration_sync_logs": "read by integration, the newest first",
    "integrations": "a handful of rows a tenant",
    "partner_integrations": "a handful of rows a tenant",
}


def test_what_has_a_status_is_found_by_it(catalogue: psycopg.Connection[Any]) -> None:
    stated = {table for table, _ in columns_where(catalogue, "a.attname in ('status', 'stage')")}
    led = columns_where(
        catalogue,
        "a.attname in ('status', 'stage') and exists (select from pg_index i where i.indrelid = c.oid "
        "and i.indpred is null "
        "and (i.indkey[0] = a.attnum or (i.indkey[1] = a.attnum and i.indkey[0] = (select t.attnum from pg_attribute t "
        "where t.attrelid = c.oid and t.attname = 'tenant_id'))))",
    )
    assert stated - {table for table, _ in led} == NOT_BY_STATUS.keys()


def test_references_say_what_a_deletion_does(catalogue: psycopg.Connection[Any]) -> None:
    silent = catalogue.execute(
        "select conrelid::regclass::text, conname from pg_constraint where contype = 'f' and conparentid = 0 "
        "and connamespace in ('public'::regnamespace, 'internal'::regnamespace) and confdeltype = 'a'"
    ).fetchall()
    assert silent == []


def test_a_reference_to_a_person_carries_the_tenant(catalogue: psycopg.Connection[Any]) -> None:
    """users.tenant_id may be null, so that this is not covered by the test of all other references."""
    lonely = catalogue.execute(
        """
        select c.conrelid::regclass::text, a.attname
        from pg_constraint c
        join pg_attribute a on a.attrelid = c.conrelid and c.conkey = array[a.attnum]
        where c.contype = 'f' and c.confrelid = 'users'::regclass
            and exists (select from pg_attribute t where t.attrelid = c.conrelid and t.attname = 'tenant_id')
            and not exists (
                select from pg_constraint pair
                join pg_attribute t on t.attrelid = pair.conrelid and t.attname = 'tenant_id'
                where pair.contype = 'f' and pair.conrelid = c.conrelid and pair.confrelid = c.confrelid
                    and pair.conkey @> array[t.attnum, a.attnum]
            )
        """
    ).fetchall()
    assert lonely == []


# A row that names a thing and what hangs on it, held together by something other than one key over both.
HELD_OTHERWISE = {
    ("alert_rules", "episodes", "podcasts"): "a check: at most one of them is named",
    ("annotations", "episodes", "podcasts"): "a check: at most one of them is named",
    (
        "attribution_paths",
        "attribution_events",
        "campaigns",
    ): "made by one command from the events of one campaign",
    ("attribution_event_metadata", "attribution_events", "campaigns"): "a trigger takes the event's campaign",
    ("attribution_validations", "attribution_events", "campaigns"): "a trigger takes the event's campaign",
}


def test_what_hangs_on_a_thing_that_a_row_names_is_that_things(catalogue: psycopg.Connection[Any]) -> None:
    """A delivery names a schedule and a recipient: of that schedule, and one key says so. Persons do many things."""
    loose = catalogue.execute(
        """
        with keys as (
            select conrelid as source, confrelid as target, conkey, confkey from pg_constraint
            where contype = 'f' and conparentid = 0 and connamespace = 'public'::regnamespace
                and confrelid not in ('tenants'::regclass, 'users'::regclass)
        )
        select distinct whole.source::regclass::text, part.target::regclass::text, whole.target::regclass::text
        from keys whole
        join keys part on part.source = whole.source and part.target <> whole.target
        join keys hangs on hangs.source = part.target and hangs.target = whole.target
        where not exists (
            select from keys over_both
            where over_both.source = whole.source and over_both.target = part.target
                and over_both.conkey @> whole.conkey and over_both.confkey @> hangs.conkey)
        """
    ).fetchall()
    assert set(loose) == HELD_OTHERWISE.keys()


# What a time is called that the clock gives a row when it comes: a row that says what happened, says when.
CAME_AT = "^(created|occurred|started|granted|assigned|viewed)_at$"
_NOW = (
    "a.atttypid = 'timestamptz'::regtype and a.attnotnull and a.attname ~ %(names)s and 'now()' = "
    "(select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d where d.adrelid = c.oid and d.adnum = a.attnum)"
)


def test_tables_know_when_a_row_came_and_when_it_changed(catalogue: psycopg.Connection[Any]) -> None:
    """Without an exception; that updated_at is kept by a trigger is asked in test_catalogue.py."""
    tables = {table for table, _ in columns_where(catalogue, "true")}
    assert tables - {table for table, _ in columns_where(catalogue, _NOW, names=CAME_AT)} == set()
    changed = {
        table
        for table, _ in columns_where(
            catalogue,
            "has_any_column_privilege('podboard_web', c.oid, 'update') "
            "or has_any_column_privilege('podboard_worker', c.oid, 'update')",
        )
    }
    assert changed - {table for table, _ in columns_where(catalogue, _NOW, names="^updated_at$")} == set()


# Columns that end what another of the row began: its own beginning where it has one, else that the row came.
ENDS = (
    "^((expires|ends|ended|closes|closed|due|completed|finished|revoked|used|resolved|acknowledged|skipped)_(at|on)"
    "|end_date|.*_end)$"
)
BEGINS = "^((starts|started|opened|requested|occurred|scheduled)_(at|on|for)|start_date|.*_start)$"
DONE_BEFORE = {
    (
        "onboarding_progress",
        "completed_at",
    ): "the row comes when the step is done, or later: nothing says when it began",
    ("onboarding_progress", "skipped_at"): "the row comes when the step is left out, or later",
}


def _pairs(connection: psycopg.Connection[Any]) -> dict[tuple[str, str], set[str]]:
    """Each column that ends something, with the columns that a check wants it to be after."""
    checked: dict[tuple[str, str], set[str]] = {}
    for table, column, begins, checks in connection.execute(
        """
        select c.relname::text, a.attname::text,
               coalesce((select array_agg(b.attname::text) from pg_attribute b
                         where b.attrelid = c.oid and b.attnum > 0 and b.atttypid = a.atttypid
                             and b.attname ~ %(begins)s),
                        '{created_at}'),
               array(select pg_get_constraintdef(k.oid) from pg_constraint k
                     where k.conrelid = c.oid and k.contype = 'c' and a.attnum = any (k.conkey))
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace in ('public'::regnamespace, 'internal'::regnamespace) and c.relkind in ('r', 'p')
            and not c.relispartition and a.attnum > 0 and not a.attisdropped
            and a.atttypid in ('timestamptz'::regtype, 'date'::regtype) and a.attname ~ %(ends)s
        """,
        {"ends": ENDS, "begins": BEGINS},
    ):
        checked[table, column] = {
            begin
            for begin in begins
            if any(re.search(rf"\({column} >=? {begin}\)", check) for check in checks)
        }
    return checked


def test_what_ends_ends_after_it_began(catalogue: psycopg.Connection[Any]) -> None:
    pairs = _pairs(catalogue)
    assert len(pairs) > 25
    assert {
        ("sessions", "expires_at"), ("io_bookings", "ends_on"), ("campaigns", "end_date"), ("alerts", "period_end"),
        ("etl_imports", "completed_at"), ("share_links", "revoked_at"),
    } <= pairs.keys()  # fmt: skip
    assert {pair for pair, held in pairs.items() if not held} == DONE_BEFORE.keys()


@pytest.mark.parametrize("table", ["sessions", "password_reset_tokens", "integration_tokens"])
def test_an_end_that_nothing_holds_is_named(superuser_dsn: str, table: str) -> None:
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute(f"alter table {table} drop constraint {table}_expires_later".encode())
        assert {pair for pair, held in _pairs(connection).items() if not held} == {
            (table, "expires_at"), *DONE_BEFORE,
        }  # fmt: skip
        connection.rollback()


def test_what_grows_by_the_clock_says_how_long_it_is_kept(catalogue: psycopg.Connection[Any]) -> None:
    """Whatever a session adds to and never changes, whatever runs out, and whatever notes what was done."""
    growing = columns_where(
        catalogue,
        "(has_table_privilege('podboard_web', c.oid, 'insert') "
        "and not has_table_privilege('podboard_web', c.oid, 'update')) "
        "or a.attname in ('expires_at', 'closes_at', 'last_failed_at', 'started_at', 'scheduled_for', 'opened_at')",
    )
    tables = {table for table, _ in growing} - NOT_GROWING.keys()
    assert {"access_logs", "counting_windows", "sessions", "job_runs", "listener_events"} <= tables
    silent = {table for table in tables if not re.search(r"\b[Kk]ept ", _comment(catalogue, table) or "")}
    assert silent == set()


def test_what_is_kept_two_years_is_what_the_worker_lets_go_of(catalogue: psycopg.Connection[Any]) -> None:
    said = {
        table
        for table in {table for table, _ in columns_where(catalogue, "true")}
        if "Kept two years." in (_comment(catalogue, table) or "")
    }
    cleared = {name.split("clear_")[1] for name in statement_names() if name.startswith("upkeep/clear_")}
    assert said - cleared == {"listener_events", "excluded_requests"}, (
        "these are dropped by month or by chunk"
    )


def test_what_people_delete_can_be_brought_back(catalogue: psycopg.Connection[Any]) -> None:
    """Deleted by somebody with the right to it, not by the worker alone; people are never deleted outright."""
    deleted = {
        table
        for table, _ in columns_where(
            catalogue,
            "has_table_privilege('podboard_web', c.oid, 'delete') and exists (select from pg_policy p "
            "where p.polrelid = c.oid and p.polcmd = 'd' "
            "and pg_get_expr(p.polqual, p.polrelid) !~ '^\\( SELECT app_may..no person')",
        )
    }
    kept = {table for table, _ in columns_where(catalogue, "a.attname = 'deleted_at'")}
    gone = set().union(*GONE_AT_ONCE.values())
    assert {"podcasts", "campaigns", "access_control_policies", "experiments"} <= deleted
    assert deleted - kept == gone
    assert kept - deleted == {"users"}


def test_every_check_and_reference_holds_for_every_row_there_is(catalogue: psycopg.Connection[Any]) -> None:
    """One that was made "not valid" is validated by a later version: only rows of before may stop it."""
    unread = catalogue.execute(
        "select conrelid::regclass::text, conname from pg_constraint where not convalidated "
        "and connamespace in ('public'::regnamespace, 'internal'::regnamespace)"
    ).fetchall()
    assert unread == []


def test_no_secret_is_kept_as_it_is(catalogue: psycopg.Connection[Any]) -> None:
    """What proves something is a SHA-256; what must be read again is encrypted bytes that no person's role reads."""
    hashed = columns_where(
        catalogue, "a.attname ~ '(^|_)(token|token_hash|key_hash|pdf_sha256|source_sha256)$'"
    )
    assert {("sessions", "token_hash"), ("api_keys", "key_hash"), ("refresh_tokens", "token")} <= hashed
    assert hashed - columns_where(catalogue, CHECKED, shape="%^[0-9a-f]{64}$%") == set()

    encrypted = columns_where(catalogue, "a.attname ~ '(_encrypted|^secret)$'")
    assert encrypted == {("integration_tokens", "token_value_encrypted"), ("webhooks", "secret")}
    bytes_for_the_worker = columns_where(
        catalogue,
        "a.atttypid = 'bytea'::regtype and not has_column_privilege('podboard_web', c.oid, a.attnum, 'select') "
        "and has_column_privilege('podboard_worker', c.oid, a.attnum, 'select')",
    )
    assert encrypted - bytes_for_the_worker == set()


def test_logs_are_only_ever_added_to(catalogue: psycopg.Connection[Any]) -> None:
    for table in ("access_logs", "audit_logs", "security_events", "share_link_views"):
        for role in ("podboard_web", "podboard_worker"):
            row = catalogue.execute(
                "select has_table_privilege(%(role)s, %(table)s, 'insert'), "
                "has_table_privilege(%(role)s, %(table)s, 'update'), "
                "has_table_privilege(%(role)s, %(table)s, 'delete')",
                {"role": role, "table": table},
            ).fetchone()
            assert row == (True, False, False), (table, role)
