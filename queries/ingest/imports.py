"""What every import leaves behind: its row in etl_imports, what it refused, one row in the audit log.

The import of a feed is one transaction: a crash leaves nothing of it. Its row is written before, in a transaction of
its own, and completed inside the import's; a failure is written after the roll-back. Files of any length go batch by
batch (`queries.ingest.batches`). One import of a tenant runs at a time.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal, NoReturn
from uuid import UUID

import orjson
from psycopg import Error as PsycopgError
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from queries.errors import AccessRefused, InvalidRequest, NotAvailable, NotFound, PodboardError
from queries.ingest.origins import origin_of
from queries.ingest.tally import Refusal, Tally, late_words
from queries.session import Actor, system_session, tenant_session
from queries.statements import ask, tell

ImportType = Literal[
    "feed", "listener_events", "attribution_events", "access_log", "bookings", "conversions", "transcripts",
    "retention_curves", "ad_units",
]  # fmt: skip

REFUSED_BY_RULE = "A rule of the database does not let this in."
_NAMED_TENANTS = 10
_log = logging.getLogger(__name__)


class ImportRefused(InvalidRequest):
    """The import as a whole cannot be done; nothing of it stands."""


class BrokenOff(ImportRefused):
    """The file cannot be read to its end; `what` says so alone, for where something of it stands already."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} Nothing of it was imported.")
        self.what = what


class ImportBusy(ImportRefused):
    """Another import of the tenant runs: the same again, later, may well be done."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did: `imported` rows are new, `updated` episodes changed, `duplicate` rows stood already."""

    import_id: UUID
    import_type: ImportType
    imported: int
    updated: int
    duplicate: int
    refused: int
    impressions: int
    first_refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]
    by_reason: dict[str, int] = field(default_factory=dict)


@contextmanager
def import_lock(actor: Actor) -> Iterator[Connection]:
    """A transaction that holds the tenant's import lock: what dies lets go of it.

    Raises: ImportBusy when another import of this tenant runs, AccessRefused for a person who may not import.
    """
    with tenant_session(actor, write=True) as connection:
        if actor.user_id is not None and not ask(connection, "ingest/may_import")[0]["may_import"]:
            raise AccessRefused("This account may not import.")
        if not ask(connection, "ingest/lock_imports")[0]["is_free"]:
            raise ImportBusy("Another import of this tenant is running: wait for it to end.")
        yield connection


@contextmanager
def importing(
    actor: Actor, import_type: ImportType, source: str, source_name: str | None = None, *, began: float
) -> Iterator[tuple[Connection, UUID, Tally]]:
    """The transaction of one import, with its id and a tally to fill; the import's row tells the truth at every moment.

    `source` is what it is called, `source_name` whose data it is where somebody says so. `began`: what
    `monotonic` said when it was begun to be fetched or read, which is when the import began.
    Raises: ImportBusy when another import of this tenant runs; what goes wrong inside is recorded and raised again.
    """
    import_id: UUID | None = None
    tally = Tally()
    try:
        with import_lock(actor) as connection:
            with tenant_session(actor, write=True) as ledger:
                # Who holds the lock knows that every other import still called running is dead.
                tell(ledger, "ingest/close_interrupted")
                import_id = ask(
                    ledger, "ingest/start_import",
                    import_type=import_type, source=source, source_name=source_name or origin_of(source),
                    created_by=actor.user_id, options="{}", seconds_ago=monotonic() - began,
                )[0]["id"]  # fmt: skip
            yield connection, import_id, tally
            complete(connection, actor, import_id, import_type, source, tally)
    except BaseException as error:
        refused = refused_by_database(error)
        if import_id is not None:
            record_failure(actor, import_id, tally, refused or error, kept=False)
        if refused is not None:
            raise refused from None
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise NotAvailable("The database went away; nothing was imported.") from None
        raise


@contextmanager
def taken_back(actor: Actor) -> Iterator[Connection]:
    """A transaction of which nothing stays: what an import would do is done in it, and looked at.

    Raises: ImportRefused where a rule of the database would end the import.
    """
    try:
        with tenant_session(actor, write=True) as connection, connection.begin_nested() as tried:
            yield connection
            tried.rollback()
    except (IntegrityError, DataError) as error:
        raise refused_by_database(error) or error from None


def refused_by_database(error: BaseException) -> ImportRefused | None:
    """What to say where a rule of the database refused a row that no reader had refused; None for any other error."""
    if not isinstance(error, IntegrityError | DataError):
        return None
    return ImportRefused(f"{REFUSED_BY_RULE} ({broken_rule(error)})")


def broken_rule(error: DBAPIError) -> str:
    """The name of the rule that a row broke. Its values stay out: what the database says of them quotes the row."""
    said = error.orig.diag if isinstance(error.orig, PsycopgError) else None
    return (said and (said.constraint_name or said.column_name)) or type(error).__name__


def complete(
    connection: Connection, actor: Actor, import_id: UUID, import_type: ImportType, source: str, tally: Tally
) -> None:
    """Closes the row of an import that stands, with its line in the audit log."""
    tell(
        connection, "ingest/complete_import",
        import_id=import_id, records_imported=tally.imported + tally.updated, records_duplicate=tally.duplicate,
        records_refused=tally.refused, source_sha256=tally.source_sha256, figures=as_document(tally.figures()),
    )  # fmt: skip
    tell(
        connection, "ingest/log_import",
        import_id=import_id, created_by=actor.user_id,
        changes=as_document({
            "import_type": import_type, "source": source, "imported": tally.imported, "updated": tally.updated,
            "duplicate": tally.duplicate, "refused": tally.refused, "impressions": tally.impressions,
        }),
    )  # fmt: skip


def refuse(
    actor: Actor, import_type: ImportType, source: str, refused: ImportRefused, *, began: float,
    sha256: str | None = None, source_name: str | None = None,
) -> NoReturn:  # fmt: skip
    """Records an import that ended before anything was written, and raises why."""
    with importing(actor, import_type, source, source_name, began=began) as (_, _, tally):
        tally.source_sha256 = sha256
        raise refused


def result(import_id: UUID, import_type: ImportType, tally: Tally) -> ImportResult:
    """The tally as it is handed out."""
    return ImportResult(
        import_id=import_id, import_type=import_type, imported=tally.imported, updated=tally.updated,
        duplicate=tally.duplicate, refused=tally.refused, impressions=tally.impressions,
        first_refusals=tuple(tally.first_refusals), by_reason=dict(tally.by_reason),
        notes=(*tally.notes, *filter(None, [late_words(tally.taken_back, tally.counted_late)])),
    )  # fmt: skip


def unscoped_tenant_id(slug: str) -> UUID:
    """The tenant of this slug, for commands; needs the worker's rights.

    Raises: NotFound, with the slugs there are: who has these rights may read them all.
    """
    try:
        with system_session("find tenant of an import") as connection:
            found = ask(connection, "ingest/unscoped_tenant_by_slug", slug=slug)
            others = (
                [] if found else ask(connection, "ingest/unscoped_tenant_slugs", limit=_NAMED_TENANTS + 1)
            )
    except OperationalError:
        raise NotAvailable("The database cannot be reached.") from None
    if not found:
        raise NotFound(f"There is no tenant {slug!r}{_instead([row['slug'] for row in others])}.")
    tenant_id: UUID = found[0]["tenant_id"]
    return tenant_id


def _instead(slugs: list[str]) -> str:
    if not slugs:
        return "; none has been made yet: `podboard tenant create` makes one"
    more = " and more" if len(slugs) > _NAMED_TENANTS else ""
    return f"; there is {', '.join(slugs[:_NAMED_TENANTS])}{more}"


def record_failure(actor: Actor, import_id: UUID, tally: Tally, error: BaseException, *, kept: bool) -> None:
    """Closes the row of an import that did not come to its end. `kept`: batches of it stand."""
    stands = (
        "what its figures say stands, the same file again goes on there" if kept else "nothing of it was kept"
    )
    if isinstance(error, PodboardError):
        message = str(error) + (f" ({stands})" if kept else "")
    elif isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
        message = f"Interrupted: {stands}."
    else:
        # Only messages made for people are kept: the text of another error may quote a row.
        message = f"Stopped by an unexpected error ({type(error).__name__}); {stands}."
    try:
        with tenant_session(actor, write=True) as ledger:
            tell(
                ledger, "ingest/fail_import",
                import_id=import_id, error_message=message[:1000], source_sha256=tally.source_sha256,
            )  # fmt: skip
    except Exception as failed:  # noqa: BLE001 (the first error must be the one that is raised, whatever else fails)
        # The row still says running; the tenant's next import closes it. One line: where the database went away the
        # command says so after it, and would stand below hundreds.
        _log.warning("the failure of import %s could not be recorded (%s)", import_id, type(failed).__name__)


def as_document(value: dict[str, Any]) -> str:
    """A JSON object as a parameter."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def private_file(path: str, flags: int) -> int:
    """Opens a file that its owner alone may read."""
    return os.open(path, flags, 0o600)


def defused(cell: str) -> str:
    """The cell as a spreadsheet shows it, and does not run it as a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
