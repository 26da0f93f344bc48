"""What imports did not take, as it was kept: which imports there were, and the refused rows of one of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any
from uuid import UUID

from queries.errors import NotFound
from queries.ingest.by_line import ByLine, Listed
from queries.ingest.counting.reasons import words_of_reason
from queries.ingest.imports import defused, private_file
from queries.ingest.origins import PREFIX
from queries.ingest.personal import masked
from queries.ingest.tally import Refusal
from queries.session import Actor, tenant_session
from queries.statements import ask

_PAGE = 5_000
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
_HEADER = ("line", "reason", "detail")


def known_import(actor: Actor, import_id: UUID) -> None:
    """Returns if the import is there for this person. Raises: NotFound."""
    with tenant_session(actor) as connection:
        if not ask(connection, "ingest/find_import", import_id=import_id):
            raise NotFound("There is no such import.")


def write_refusals(actor: Actor, import_id: UUID, path: Path) -> int:
    """Number of refused rows written to `path` as CSV (line, reason, detail), readable for its owner alone."""
    written = 0
    with open(path, "w", encoding="utf-8", newline="", opener=private_file) as handle:
        sheet = csv.writer(handle)
        sheet.writerow(_HEADER)
        for page in _pages(actor, import_id):
            sheet.writerows(page)
            written += len(page)
    return written


def write_list(refusals: Iterable[Refusal], path: Path) -> None:
    """The same file of rows that an import would refuse."""
    with open(path, "w", encoding="utf-8", newline="", opener=private_file) as handle:
        sheet = csv.writer(handle)
        sheet.writerow(_HEADER)
        sheet.writerows((one.line_number, defused(one.reason), defused(one.told)) for one in refusals)


def refusals_csv(actor: Actor, import_id: UUID) -> Iterator[str]:
    """The refused rows as CSV, a piece at a time."""
    yield _text([_HEADER])
    for page in _pages(actor, import_id):
        yield _text(page)


def _text(rows: list[Listed] | list[tuple[str, str, str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def _pages(actor: Actor, import_id: UUID) -> Iterator[list[Listed]]:
    """The refused rows, each page read in a transaction of its own: whoever takes them may be slow.

    Of a log lines that are no requests and requests that did not count, with the time as detail and what they were for,
    stand in the order of the lines: they are two tables, of which the one of requests is read in order of time.
    """
    requests = _requests(actor, "ingest/excluded_of_import", import_id=import_id, prefix=PREFIX)
    first = next(requests, [])
    found = (
        [_request(row, f"episode {row['episode_id']}") for row in page]
        for page in chain([first], requests)
        if page
    )
    if any(row["line_number"] is not None for row in first):
        with ByLine() as rows:
            for page in chain(_lines(actor, import_id), found):
                rows.add(page)
            listed = iter(rows)
            while ordered := list(islice(listed, _PAGE)):
                yield ordered
    else:
        yield from _lines(actor, import_id)
        yield from found
    for visits in _requests(actor, "ingest/excluded_visits_of_import", import_id=import_id):
        yield [
            _request(
                row,
                f"campaign {row['campaign_id']}" + (f", order {row['order_id']}" if row["order_id"] else ""),
            )
            for row in visits
        ]


def _lines(actor: Actor, import_id: UUID) -> Iterator[list[Listed]]:
    """The refused rows that are no requests, in order."""
    after_line, after_id = 0, UUID(int=0)
    while True:
        with tenant_session(actor) as connection:
            page = ask(
                connection, "ingest/refusals_of_import",
                import_id=import_id, after_line=after_line, after_id=after_id, limit=_PAGE,
            )  # fmt: skip
        if not page:
            return
        yield [(row["line_number"], defused(row["reason"]), defused(_told(row))) for row in page]
        after_line, after_id = page[-1]["line_number"], page[-1]["id"]


def _told(row: Mapping[str, Any]) -> str:
    """The detail of a refused row; of one by HTTP after its moment and batch, as an hour's list is that of many."""
    # What was kept before details were masked is so here.
    detail = masked(row["detail"])
    if row["batch"] is None:
        return detail
    came = f"{row['created_at'].astimezone(UTC).isoformat(timespec='seconds')}, batch {row['batch']}"
    return f"{came}: {detail}" if detail else came


def _requests(actor: Actor, question: str, **asked: Any) -> Iterator[list[dict[str, Any]]]:
    """The requests of an import that did not count, in order of time."""
    after_at, after_id = _BEFORE_ALL, UUID(int=0)
    while True:
        with tenant_session(actor) as connection:
            page = ask(connection, question, after_at=after_at, after_id=after_id, limit=_PAGE, **asked)
        if not page:
            return
        yield page
        after_at, after_id = page[-1]["occurred_at"], page[-1]["id"]


def _request(row: Mapping[str, Any], asked_for: str) -> Listed:
    detail = f"{row['occurred_at'].isoformat()}, {asked_for}"
    return row.get("line_number") or "", words_of_reason(row["reason"]), detail
