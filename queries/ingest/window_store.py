"""Windows of counting as they are kept between batches: read for those who ask, written as a batch leaves them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection

from queries.ingest.counting.ledger import KeptWindow, Ledger, Whose
from queries.statements import ask, tell


def kept_windows(
    connection: Connection, whose: Collection[Whose], *, earliest: datetime, latest: datetime
) -> list[KeptWindow]:
    """What is kept of these listeners and episodes, as far as requests between two moments may touch it."""
    rows = ask(
        connection, "ingest/counting_windows_of",
        listeners=[listener for listener, _ in whose], episodes=[UUID(episode) for _, episode in whose],
        earliest=earliest, latest=latest,
    )  # fmt: skip
    return [_window(row) for row in rows]


def keep_windows(connection: Connection, ledger: Ledger) -> None:
    """Keeps the windows of a batch as they are now."""
    done, changed = ledger.done, ledger.changed
    if done:
        keys = [{"listener_id": key[0], "episode_id": key[1], "opened_at": key[2]} for key in done]
        tell(connection, "ingest/drop_counting_windows", keys=orjson.dumps(keys).decode())
    if changed:
        rows = orjson.dumps([_row(window) for window in changed]).decode()
        tell(connection, "ingest/keep_counting_windows", windows=rows)


def _window(row: dict[str, Any]) -> KeptWindow:
    flat = row["pieces"]
    return KeptWindow(
        row["listener_id"], str(row["episode_id"]), row["opened_at"], row["closes_at"], row["is_counted"],
        tuple(zip(flat[::2], flat[1::2], strict=True)), row["unplaced_bytes"], row["told_bytes"],
        list(zip(row["waiting_ids"], row["waiting_at"], strict=True)),
        (row["download_id"], row["download_at"]) if row["download_id"] else None,
    )  # fmt: skip


def _row(window: KeptWindow) -> dict[str, Any]:
    # Where nobody knows what was sent, the ads have counted with the download: no bytes decide on them any more.
    download = None if window.is_unmeasured else window.download
    return {
        "listener_id": window.listener_id, "episode_id": window.episode, "opened_at": window.opened_at,
        "closes_at": window.closes_at, "is_counted": window.is_counted,
        "pieces": [edge for piece in window.pieces for edge in piece],
        "unplaced_bytes": window.unplaced_bytes, "told_bytes": window.told_bytes,
        "waiting_ids": [id_ for id_, _ in window.waiting], "waiting_at": [at for _, at in window.waiting],
        "download_id": download[0] if download else None, "download_at": download[1] if download else None,
    }  # fmt: skip
