"""Imports transcripts: of a file that somebody names the episode of, and of the addresses that feeds name.

An episode has one. What a person imported stands before what a feed names; the same again changes nothing.
"""

from __future__ import annotations

import hashlib
from time import monotonic
from typing import BinaryIO, Literal
from uuid import UUID

import orjson
from sqlalchemy import Connection

from queries.ingest.apart import read_apart
from queries.ingest.cells import RowRefused
from queries.ingest.events import DryRun
from queries.ingest.imports import ImportRefused, ImportResult, importing, refuse, result, taken_back
from queries.ingest.packing import unpacked
from queries.ingest.references import References
from queries.ingest.tally import LISTED_REFUSALS, Tally
from queries.ingest.transcripts.formats import LANGUAGE, TranscriptFormat
from queries.ingest.transcripts.reader import CUT, LARGEST_TRANSCRIPT, Transcript, read_transcript
from queries.session import Actor
from queries.statements import ask

Origin = Literal["file", "feed"]


def import_transcript(
    actor: Actor, source: BinaryIO, *, name: str, episode: str, language: str | None = None,
    file_format: TranscriptFormat | None = None,
) -> ImportResult:  # fmt: skip
    """What became of the cues in an open file; `episode` is an id or a guid.

    The language is that of the podcast if it is not told.
    Raises: ImportRefused when this is no transcript, or no episode of the tenant is called so.
    """
    began = monotonic()
    try:
        document = _document(source, language)
    except ImportRefused as refused:
        refuse(actor, "transcripts", name, refused, began=began)
    return store_transcript(
        actor, document, name=name, episode=episode, language=language, file_format=file_format, origin="file",
        began=began,
    )  # fmt: skip


def check_transcript(
    actor: Actor, source: BinaryIO, *, episode: str, language: str | None = None,
    file_format: TranscriptFormat | None = None,
) -> DryRun:  # fmt: skip
    """What an import would make of the cues in an open file. Raises: ImportRefused, as an import would."""
    transcript = read_apart(read_transcript, _document(source, language), file_format)
    tally = Tally()
    with taken_back(actor) as connection:
        episode_id, furthest = _episode(connection, episode)
        transcript = transcript.within(furthest)
        _put(connection, tally, transcript, episode_id, language, "file")
    refusals = transcript.refusals
    return DryRun(
        tally.imported + tally.updated + tally.duplicate, len(refusals), tuple(refusals[:LISTED_REFUSALS]),
        tally.duplicate, left_out=sum(refusal.reason == CUT for refusal in refusals),
    )  # fmt: skip


def store_transcript(
    actor: Actor, document: bytes, *, name: str, episode: str, language: str | None,
    file_format: TranscriptFormat | None, origin: Origin, began: float,
) -> ImportResult:  # fmt: skip
    """What became of the cues in a document; `began`: `monotonic` before it was fetched or read.

    Raises: ImportRefused as `import_transcript`.
    """
    sha256 = hashlib.sha256(document).hexdigest()
    try:
        transcript = read_apart(read_transcript, document, file_format)
    except ImportRefused as refused:
        refuse(actor, "transcripts", name, refused, began=began, sha256=sha256)
    with importing(actor, "transcripts", name, began=began) as (connection, import_id, tally):
        tally.source_sha256 = sha256
        episode_id, furthest = _episode(connection, episode)
        transcript = transcript.within(furthest)
        _put(connection, tally, transcript, episode_id, language, origin)
        tally.refuse(connection, import_id, list(transcript.refusals))
    return result(import_id, "transcripts", tally)


def _document(source: BinaryIO, language: str | None) -> bytes:
    """What is in an open file, unpacked. Raises: ImportRefused."""
    if language is not None and not LANGUAGE.fullmatch(language):
        raise ImportRefused("A language is told as an IETF tag, like en or de-CH.")
    with unpacked(source) as plain:
        return plain.read(LARGEST_TRANSCRIPT + 1)


def _episode(connection: Connection, name: str) -> tuple[UUID, int | None]:
    """The episode of this id or guid, and how far a cue of it may lie. Raises: ImportRefused."""
    references = References()
    references.learn_episodes(connection, {name})
    try:
        episode_id = references.episode(name)
    except RowRefused as refused:
        raise ImportRefused(f"{refused.reason.removesuffix('.')}: {name}.") from None
    return episode_id, references.furthest(episode_id)


def _put(
    connection: Connection, tally: Tally, transcript: Transcript, episode_id: UUID, language: str | None, origin: Origin
) -> None:  # fmt: skip
    content, cues = transcript.text
    written = ask(
        connection, "ingest/put_transcript",
        episode_id=episode_id, content=content, language=language, cues=orjson.dumps(cues).decode(), source=origin,
    )  # fmt: skip
    if not written:
        tally.duplicate = len(cues)
    elif written[0]["is_new"]:
        tally.imported = len(cues)
    else:
        tally.updated = len(cues)
