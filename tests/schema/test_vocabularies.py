"""Vocabularies, whatever columns have one: held to by a check, told word for word, the same in code that knows them.

A word more or less in a check is a fault until the comment of the column and whatever code lists the words follow.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from tests.catalogue import CHECKED, RUNNERS_OWN, columns_taking, columns_where

# Columns whose name says that their values are ours to name; a name that only looks so stands in OPEN_WORDS.
VOCABULARY = (
    r"(^|_)(status|stage|severity|kind|visibility|channel|currency|comparison|purpose|period|event|type)$"
    r"|_(type|model)$|^(reason|action|metric)$"
)
# Columns named like a vocabulary whose words are not ours to list: a shape is all that is asked of them.
OPEN_WORDS = {
    ("access_logs", "action"): "whatever code notes", ("access_logs", "reason"): "a sentence",
    ("access_logs", "resource_type"): "whatever code notes", ("audit_logs", "action"): "whatever code notes",
    ("audit_logs", "resource_type"): "whatever code notes", ("import_refusals", "reason"): "a sentence",
    ("alert_rules", "metric"): "queries/metrics.py knows them", ("permissions", "action"): "a part of a right's name",
    ("permissions", "resource_type"): "a part of a right's name",
}  # fmt: skip


def test_every_vocabulary_is_checked(catalogue: psycopg.Connection[Any]) -> None:
    named = columns_where(
        catalogue, "a.atttypid in ('text'::regtype, 'text[]'::regtype) and a.attname ~ %(names)s", names=VOCABULARY
    )  # fmt: skip
    checked = columns_where(catalogue, CHECKED, shape="%")
    assert len(named) > 40
    assert named - checked == set()


def test_no_vocabulary_takes_any_word(catalogue: psycopg.Connection[Any]) -> None:
    """Each check is asked about a word that is none of them: one that asks for some text only would take it."""
    taking = _taking_any_word(catalogue)
    assert taking == OPEN_WORDS.keys()
    with catalogue.transaction(force_rollback=True):
        catalogue.execute(
            "alter table referrals drop constraint referrals_status_check, add constraint c check (status <> '')"
        )
        assert _taking_any_word(catalogue) - taking == {("referrals", "status")}


def _taking_any_word(catalogue: psycopg.Connection[Any]) -> set[tuple[str, str]]:
    """Of the columns with a vocabulary: those that no check of their own keeps from a word made up."""
    return columns_taking(catalogue, {"text": "'zqxj'::text", "text[]": "array['zqxj']"}, VOCABULARY)


# What jsonb_typeof() answers and what is no number are no words of ours.
_NOT_OURS = {"array", "boolean", "null", "number", "object", "string", "Infinity", "NaN"}
# Each check with its columns' comments; what a check asks of a function of ours stands in the function's text.
_CHECKS = """
    select c.relname::text, k.conname::text,
        array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum = any (k.conkey)),
        pg_get_expr(k.conbin, k.conrelid) || coalesce((
            select string_agg(p.prosrc, ' ') from pg_proc p
            where p.pronamespace = 'internal'::regnamespace
                and position('internal.' || p.proname || '(' in pg_get_expr(k.conbin, k.conrelid)) > 0), ''),
        (select string_agg(col_description(c.oid, n), ' ') from unnest(k.conkey) n)
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid and not c.relispartition
    where k.contype = 'c' and k.connamespace in ('public'::regnamespace, 'internal'::regnamespace)
"""
Checks = list[tuple[str, str, list[str], str, str | None]]


def _checks(catalogue: psycopg.Connection[Any]) -> Checks:
    return [row for row in catalogue.execute(_CHECKS).fetchall() if row[0] not in RUNNERS_OWN]


def _words(check: str) -> set[str]:
    return set(re.findall(r"""(?<![\w.])["']([A-Za-z][\w.:]*)["']""", check)) - _NOT_OURS


def _untold(checks: Checks) -> set[tuple[str, str]]:
    """Of each check: a word of it that the comments of its columns do not have."""
    return {
        (name, word)
        for _, name, _, check, comment in checks
        for word in _words(check)
        if not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", comment or "")
    }


def _with_a_word_more(checks: Checks) -> Checks:
    return [
        (table, name, columns, check.replace("ARRAY['", "ARRAY['zqxj'::text, '"), comment)
        for table, name, columns, check, comment in checks
        if "ARRAY['" in check
    ]


def test_every_word_of_a_check_is_explained(catalogue: psycopg.Connection[Any]) -> None:
    """Values of a column, keys and values of a document: the comment says what there is, word for word."""
    checks = _checks(catalogue)
    assert _untold(checks) == set()
    more = _with_a_word_more(checks)
    assert len(more) > 80
    assert _untold(more) == {(name, "zqxj") for _, name, _, _, _ in more}
    with catalogue.transaction(force_rollback=True):
        catalogue.execute(
            "alter table referrals drop constraint referrals_status_check, "
            "add constraint c check (status in ('invited', 'zqxj'))"
        )
        assert _untold(_checks(catalogue)) == {("c", "zqxj")}


# Lists that look like a column's and differ from it, by these words, and why.
APART = {
    # An ad that was heard is an event like a conversion, and no order.
    "conversion_orders.conversion_type": {"impression"},
    # The first two have no episode or no window to be stored with; sources tell the others apart, podboard does not.
    "excluded_requests.reason": {"no_episode", "out_of_order", "self_declared_bot", "vpn"},
    # A listing sells what ads are, or all of them.
    "marketplace_listings.listing_type": {"sponsorship"},
    # Commands give whole sponsors and podcasts; the database takes single campaigns too.
    "resource_ownership.resource_type": {"campaign"},
}
_ROOT = Path(__file__).parents[2]


def _known() -> Iterator[frozenset[str]]:
    """Every list of words that a module of ours has: tuples, sets, keys of dictionaries, Literals, enumerations."""
    for path in (
        path for floor in ("queries", "reports", "dashboard") for path in _ROOT.glob(f"{floor}/**/*.py")
    ):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            found: Any = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            if isinstance(node, ast.ClassDef):
                listed = [each.value for each in node.body if isinstance(each, ast.Assign)]
            elif isinstance(found, ast.Subscript):
                listed = getattr(found.slice, "elts", [])
            elif isinstance(found, ast.Call):
                listed = getattr(found.args[0], "elts", []) if found.args else []
            else:
                listed = getattr(found, "keys", None) or getattr(found, "elts", [])
            words = [each.value for each in listed if isinstance(each, ast.Constant)]
            if len(words) == len(listed) > 1 and all(isinstance(word, str) for word in words):
                yield frozenset(words)


def _unlike(checks: Checks, known: set[frozenset[str]]) -> dict[str, set[str]]:
    """Of each column whose words nearly are a list of the code: the words by which the nearest differs."""
    found = {}
    for table, _, columns, check, _ in checks:
        words = _words(check)
        nearest = max(known, key=lambda each: len(each & words) / len(each | words))
        if len(nearest & words) / len(nearest | words) > 0.6 and nearest != words:
            found[f"{table}.{columns[0]}"] = set(nearest ^ words)
    return found


def test_code_knows_the_words_of_the_column(catalogue: psycopg.Connection[Any]) -> None:
    texts = columns_where(catalogue, "a.atttypid in ('text'::regtype, 'text[]'::regtype)")
    checks = [each for each in _checks(catalogue) if len(each[2]) == 1 and (each[0], each[2][0]) in texts]
    listed = [each for each in checks if "ARRAY['" in each[3]]
    known = set(_known())
    assert _unlike(listed, known) == APART
    assert len(_unlike(_with_a_word_more(listed), known)) > 18
