"""Windows of counting as they are kept between batches: read for those who ask, written as a batch leaves them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection

from queries.ingest.counting.content import Piece
from queries.ingest.counting.kept import Asked, KeptWindow, Key, Whose
from queries.ingest.counting.measured import Measured
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.requests import EpisodeFile
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


def keep_windows(connection: Connection, changed: Collection[KeptWindow], gone: Collection[Key] = ()) -> None:
    """Keeps windows as they are now, and lets go of those under the other keys."""
    if gone:
        keys = [{"listener_id": key[0], "episode_id": key[1], "opened_at": key[2]} for key in gone]
        tell(connection, "ingest/drop_counting_windows", keys=orjson.dumps(keys).decode())
    if changed:
        rows = orjson.dumps([_row(window) for window in changed]).decode()
        tell(connection, "ingest/keep_counting_windows", windows=rows)


def _window(row: dict[str, Any]) -> KeptWindow:
    episode, variant = str(row["episode_id"]), 0 if row["requests"] else row["opened_at"].microsecond
    file = EpisodeFile(episode, variant=variant)
    measured = Measured(file, _pieces(row["pieces"]), row["unplaced_bytes"], row["told_bytes"])
    return KeptWindow(
        row["listener_id"], episode, row["opened_at"], row["closes_at"], row["is_counted"],
        {variant: measured}, variant, list(zip(row["waiting_ids"], row["waiting_at"], strict=True)),
        (row["download_id"], row["download_at"]) if row["download_id"] else None,
        requests=[_asked(episode, kept) for kept in row["requests"]], is_kept=True,
    )  # fmt: skip


def _row(window: KeptWindow) -> dict[str, Any]:
    # Where nobody knows what was sent, the ads have counted with the download: no bytes decide on them any more.
    download, measured = None if window.is_unmeasured else window.download, window.measured
    return {
        "listener_id": window.listener_id, "episode_id": window.episode, "opened_at": window.opened_at,
        "closes_at": window.closes_at, "is_counted": window.is_counted,
        "pieces": _flat(measured.pieces),
        "unplaced_bytes": measured.unplaced_bytes, "told_bytes": measured.told_bytes,
        "waiting_ids": [id_ for id_, _ in window.waiting], "waiting_at": [at for _, at in window.waiting],
        "download_id": download[0] if download else None, "download_at": download[1] if download else None,
        "requests": [_kept(asked) for asked in window.requests],
    }  # fmt: skip


def _kept(asked: Asked) -> dict[str, Any]:
    """A request as its window keeps it: what it does not tell is left out."""
    told = {
        "id": asked.id, "at": asked.at, "data": asked.data, "filtered": asked.filtered,
        "unplaced": asked.unplaced_bytes, "pieces": _flat(asked.pieces) or None, "told": asked.told_bytes,
        "import": asked.import_id, "line": asked.line_number, "reason": asked.reason,
    }  # fmt: skip
    if asked.file is not None:
        told["file"] = [asked.file.size_bytes, asked.file.duration_seconds, asked.file.header_bytes]
        told["variant"] = asked.file.variant or None
        told["awaits"] = asked.awaits_ads or None
    return {key: value for key, value in told.items() if value is not None}


def _asked(episode: str, kept: dict[str, Any]) -> Asked:
    return Asked(
        UUID(kept["id"]), datetime.fromisoformat(kept["at"]), kept["data"], kept["filtered"],
        file=_file(episode, kept),
        unplaced_bytes=kept.get("unplaced"), pieces=_pieces(kept.get("pieces", [])), told_bytes=kept.get("told"),
        import_id=UUID(kept["import"]) if "import" in kept else None, line_number=kept.get("line"),
        reason=Reason(kept["reason"]) if "reason" in kept else None, awaits_ads="awaits" in kept,
    )  # fmt: skip


def _file(episode: str, kept: dict[str, Any]) -> EpisodeFile | None:
    if "file" not in kept:
        return None
    size, duration, header = kept["file"]
    return EpisodeFile(episode, size, duration, header, kept.get("variant", 0))


def _flat(pieces: tuple[Piece, ...]) -> list[int]:
    return [edge for piece in pieces for edge in piece]


def _pieces(flat: list[int]) -> tuple[Piece, ...]:
    return tuple(zip(flat[::2], flat[1::2], strict=True))
