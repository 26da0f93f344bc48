"""Imports of files of any length: batch by batch, each committed with how far it brought the import.

A crash loses the batch that was at work and nothing else; the same file again goes on there. That nothing is doubled
does not rest on it: whatever is stored has an id that the content gives, so a file read again adds nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from queries.errors import DatabaseUnavailable, NotAvailable
from queries.ingest.imports import (
    BrokenOff,
    ImportRefused,
    ImportType,
    as_document,
    complete,
    import_lock,
    record_failure,
    refused_by_database,
)
from queries.ingest.origins import origin_of
from queries.ingest.tally import Tally
from queries.session import Actor, tenant_session
from queries.statements import ask, tell

BatchDone = Callable[[int, int], None]
"""Hears how many lines are dealt with, and how many bytes of the file, packed as it is, they take."""

BeginsWith = Callable[[int, str], bool]
"""Whether the first so many lines of the file have this SHA-256."""


class Batches:
    """One import under way: `batch()` is the transaction of a batch."""

    def __init__(
        self, actor: Actor, lock: Connection, import_id: UUID, tally: Tally, lines_done: int
    ) -> None:
        self.actor = actor
        self._lock = lock
        self.import_id = import_id
        self.tally = tally
        self.lines_done = lines_done
        """Lines that a run before this one, or a batch of it, has dealt with."""
        self._began, self._worked_before = monotonic(), tally.worked_ms
        self.standing = self._standing() if lines_done else ""
        """In words, what of the file stands whatever happens from now on."""

    @property
    def tenant_id(self) -> UUID:
        """Whose import it is."""
        assert self.actor.tenant_id is not None  # noqa: S101 (it has a session, so it has a tenant; this tells mypy)
        return self.actor.tenant_id

    @contextmanager
    def batch(self, lines_done: int, sha256: str) -> Iterator[Connection]:
        """The transaction of the batch that ends with this line; `sha256` is that of all lines up to there.

        Raises: ImportRefused when another process has gone on with this import; the batch is rolled back.
        """
        ask(self._lock, "ingest/keep_lock")
        with tenant_session(self.actor, write=True) as connection:
            yield connection
            self.tally.note_podcasts(connection, self.import_id)
            self.note_work()
            saved = tell(
                connection, "ingest/save_progress",
                import_id=self.import_id, lines_done_last=self.lines_done, lines_done=lines_done, lines_sha256=sha256,
                records_imported=self.tally.imported + self.tally.updated, records_duplicate=self.tally.duplicate,
                records_refused=self.tally.refused, figures=as_document(self.tally.figures()),
            )  # fmt: skip
            if not saved:
                raise ImportRefused("This import was taken over by another process.")
        self.lines_done = lines_done
        self.standing = self._standing()

    def note_work(self) -> None:
        """Adds the time since this run began to that of the runs before it."""
        if self._worked_before is not None:
            run = math.ceil((monotonic() - self._began) * 1000)
            self.tally.worked_ms = self._worked_before + run

    def _standing(self) -> str:
        tally = self.tally
        return (
            f"What was read before stands: {tally.imported + tally.updated:,} imported, {tally.duplicate:,} there "
            f"already, {tally.refused:,} refused. The whole file again adds what is missing."
        )


@contextmanager
def importing_in_batches(
    actor: Actor, import_type: ImportType, source: str, *, begins_with: BeginsWith,
    options: dict[str, Any] | None = None, source_name: str | None = None,
) -> Iterator[Batches]:  # fmt: skip
    """An import to be done in batches; it goes on where one of the same file, source and options stopped.

    `source_name`: whose data it is, where somebody says so.

    Raises: ImportRefused when another import of this tenant runs; what goes wrong inside is recorded and raised again.
    """
    told = orjson.dumps(options or {}, option=orjson.OPT_SORT_KEYS).decode()
    run: Batches | None = None
    try:
        with import_lock(actor) as lock:
            run = _started(
                actor, lock, import_type, source, source_name or origin_of(source), told, begins_with
            )
            yield run
            with tenant_session(actor, write=True) as connection:
                run.note_work()
                complete(connection, actor, run.import_id, import_type, source, run.tally)
    except BaseException as error:
        refused = error if isinstance(error, ImportRefused) else refused_by_database(error)
        if run is not None and run.standing and isinstance(refused, BrokenOff):
            refused = ImportRefused(refused.what)
        if run is not None:
            record_failure(actor, run.import_id, run.tally, refused or error, kept=run.lines_done > 0)
        if refused is not None:
            raise (
                ImportRefused(f"{refused} {run.standing}") if run is not None and run.standing else refused
            ) from None
        if isinstance(error, DatabaseUnavailable) or (
            isinstance(error, DBAPIError) and error.connection_invalidated
        ):
            raise NotAvailable(
                "The database went away; the same file again goes on where this stopped."
            ) from None
        raise


def _started(
    actor: Actor,
    lock: Connection,
    import_type: ImportType,
    source: str,
    source_name: str,
    options: str,
    begins_with: BeginsWith,
) -> Batches:
    # A process that died may have sent a last commit, which comes true after the first look, and none after the second.
    for _ in range(2):
        with tenant_session(actor) as connection:
            stopped = ask(
                connection, "ingest/find_interrupted",
                import_type=import_type, source=source, source_name=source_name, options=options,
            )  # fmt: skip
        if not stopped or not begins_with(stopped[0]["lines_done"], stopped[0]["lines_sha256"]):
            break
        with tenant_session(actor, write=True) as connection:
            resumed = tell(
                connection, "ingest/resume_import",
                import_id=stopped[0]["id"], lines_done=stopped[0]["lines_done"],
            )  # fmt: skip
        if resumed:
            return Batches(actor, lock, stopped[0]["id"], Tally.of(stopped[0]), stopped[0]["lines_done"])
    with tenant_session(actor, write=True) as connection:
        # Who holds the lock knows that every other import still called running is dead.
        tell(connection, "ingest/close_interrupted")
        made = ask(
            connection, "ingest/start_import",
            import_type=import_type, source=source, source_name=source_name, created_by=actor.user_id,
            options=options, seconds_ago=0,
        )  # fmt: skip
    return Batches(actor, lock, made[0]["id"], Tally(worked_ms=0), 0)
