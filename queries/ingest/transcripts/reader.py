"""Reads a transcript (WebVTT, SubRip, JSON of the podcast namespace) into what is said from which second on.

The file is cut into its blocks here, so that a bad cue can be named by its line; what a block says reads webvtt-py.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import webvtt
from webvtt.models import Timestamp

from queries.ingest.cells import RowRefused, printable
from queries.ingest.imports import ImportRefused
from queries.ingest.plain_text import cut, one_line
from queries.ingest.plausible import require_within
from queries.ingest.tally import Place, Refusal
from queries.ingest.transcripts.formats import TranscriptFormat

LARGEST_TRANSCRIPT = 10 * 1024 * 1024
LONGEST_TEXT = 400_000
"""Characters that the table takes: forty hours of talk."""

_LONGEST_SECONDS = 7 * 86_400
_LONGEST_CUE = 20_000
_LONGEST_NAME = 100
_NEW_PARAGRAPH_SECONDS = 2.0
_ASIDE = (["NOTE"], ["STYLE"], ["REGION"])
_MINUS = re.compile(r"(?:^|>)\s*[-\u2212][0-9]")
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,20})?")
"""What a number is that stands as a text: programs write times so too."""
_NO_CUE = "This is no cue: it has no times."
_NO_TIMES = "The times of the cue cannot be read."
_NO_WORDS = "The cue has no words."
_BACKWARDS = "The cue ends before it begins."
_NEGATIVE = "The cue begins or ends before the episode does: a time is negative."
CUT = f"The cue stands without its words beyond {_LONGEST_CUE:,} characters."
"""The reason that refuses the end of a cue and not the cue."""


@dataclass(frozen=True, slots=True)
class Cue:
    """What is said from one second to another, and by whom if the file says so.

    `line` is where it stands in the file, a line or, `place`, a segment. `is_cut`: not all that is said is there.
    """

    starts_at: float
    ends_at: float
    words: str
    speaker: str = ""
    line: int = field(default=0, compare=False)
    place: Place = field(default="line", compare=False)
    is_cut: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Transcript:
    """The cues of a file in the order of time, and what in it is none."""

    cues: tuple[Cue, ...]
    refusals: tuple[Refusal, ...]

    def within(self, furthest: int | None) -> Transcript:
        """The transcript of an episode without the cues that lie beyond it. Raises: ImportRefused if none is left."""
        cues, refusals = list[Cue](), list(self.refusals)
        for cue in self.cues:
            try:
                require_within("begins at", cue.starts_at, furthest)
                cues.append(cue)
            except RowRefused as refused:
                refusals.append(Refusal(cue.line, refused.reason, refused.detail, cue.place))
        if not cues:
            raise ImportRefused("Every cue lies far beyond the end of the episode.")
        return Transcript(tuple(cues), tuple(sorted(refusals, key=lambda r: r.line_number)))

    @property
    def text(self) -> tuple[str, list[dict[str, float | int]]]:
        """Plain text with a paragraph for each turn, and at which place of it each cue's second begins."""
        content, places = io.StringIO(), list[dict[str, float | int]]()
        before: Cue | None = None
        for cue in self.cues:
            if before is None or _is_new_turn(before, cue):
                content.write("\n\n" if before else "")
                at = content.tell()
                content.write(f"{cue.speaker}: " if cue.speaker else "")
            else:
                content.write(" ")
                at = content.tell()
            content.write(cue.words)
            places.append({"s": round(cue.starts_at, 3), "at": at})
            before = cue
        return content.getvalue(), places


def read_transcript(document: bytes, told: TranscriptFormat | None = None) -> Transcript:
    """The transcript in a document. Raises: ImportRefused when the document as a whole is none."""
    if len(document) > LARGEST_TRANSCRIPT:
        raise ImportRefused(f"The transcript is larger than {LARGEST_TRANSCRIPT // (1024 * 1024)} MB.")
    document = document.removeprefix(b"\xef\xbb\xbf")
    found = told or _format_of(document)
    cues, refusals = list[Cue](), list[Refusal]()
    place: Place = "segment" if found == "json" else "line"
    for number, read in _segments(document) if found == "json" else _cues(document, found):
        if isinstance(read, RowRefused):
            refusals.append(Refusal(number, read.reason, read.detail, place))
            continue
        cues.append(replace(read, line=number, place=place))
        if read.is_cut:
            refusals.append(Refusal(number, CUT, f"begins: {printable(read.words)}", place))
    if not cues:
        raise ImportRefused("The transcript has no cue that can be read.")
    transcript = Transcript(tuple(sorted(cues, key=lambda cue: cue.starts_at)), tuple(refusals))
    if len(transcript.text[0]) > LONGEST_TEXT:
        raise ImportRefused(f"The transcript is longer than {LONGEST_TEXT:,} characters.")
    return transcript


def _format_of(document: bytes) -> TranscriptFormat:
    start = document[:4096].lstrip()
    if start.startswith(b"WEBVTT"):
        return "vtt"
    if start.startswith(b"{"):
        return "json"
    if b"-->" in start:
        return "srt"
    raise ImportRefused("This is no transcript in WebVTT, SubRip (SRT) or the podcast namespace's JSON.")


def _is_new_turn(before: Cue, cue: Cue) -> bool:
    if before.speaker or cue.speaker:
        return before.speaker != cue.speaker
    return cue.starts_at - before.ends_at >= _NEW_PARAGRAPH_SECONDS


def _cues(document: bytes, found: TranscriptFormat) -> Iterator[tuple[int, Cue | RowRefused]]:
    """Cues of VTT or SRT and what is none, each with the line it begins on."""
    blocks = _blocks(document)
    if found == "vtt":
        first = next(blocks, (0, []))[1]
        if not first or not first[0].startswith(b"WEBVTT"):
            raise ImportRefused("A WebVTT file begins with the line WEBVTT.")
    for number, lines in blocks:
        try:
            text = b"\n".join(lines).decode("utf-8")
        except UnicodeDecodeError:
            bad = next(place for place, line in enumerate(lines) if not _is_utf8(line))
            yield number + bad, RowRefused("The line is not valid UTF-8.")
            continue
        if found == "vtt" and text.split(maxsplit=1)[:1] in _ASIDE:
            continue
        try:
            yield from ((number, cue) for cue in _block(text, found))
        except RowRefused as refused:
            yield number, refused


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _blocks(document: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Lines that stand together, with the number of the first of them."""
    block: list[bytes] = []
    number = 0
    for number, line in enumerate(document.splitlines(), 1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []
    if block:
        yield number - len(block) + 1, block


def _block(text: str, found: TranscriptFormat) -> list[Cue]:
    """The cues of one block. Raises: RowRefused."""
    if "-->" not in text:
        raise RowRefused(_NO_CUE, printable(text.partition("\n")[0]))
    timing = next(line for line in text.split("\n") if "-->" in line)
    if _MINUS.search(timing.replace("-->", ">")):
        raise RowRefused(_NEGATIVE, printable(timing))
    if not text.partition(timing)[2].strip():
        raise RowRefused(_NO_WORDS)
    whole = f"WEBVTT\n\n{text}" if found == "vtt" else text
    try:
        captions = webvtt.WebVTT.from_buffer(io.StringIO(whole), format=found).captions
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError):
        raise RowRefused(_NO_TIMES, printable(timing)) from None
    cues = [
        _cue(_seconds(caption.start), _seconds(caption.end), caption.text, caption.voice)
        for caption in captions
    ]
    if not cues:
        raise RowRefused(_NO_TIMES, printable(timing))
    return cues


def _seconds(spelled: str) -> float:
    return Timestamp.from_string(spelled).in_milliseconds() / 1000


def _segments(document: bytes) -> Iterator[tuple[int, Cue | RowRefused]]:
    """Segments of the podcast namespace's JSON and what is none, each with its place in the list."""
    try:
        parsed = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise ImportRefused(f"The transcript is not valid JSON in UTF-8 (line {error.lineno}).") from None
    segments = parsed.get("segments") if isinstance(parsed, dict) else None
    if not isinstance(segments, list):
        raise ImportRefused("The JSON of a transcript is an object with an array called segments.")
    for number, segment in enumerate(segments, 1):
        try:
            yield number, _segment(segment)
        except RowRefused as refused:
            yield number, refused


def _segment(segment: Any) -> Cue:
    if not isinstance(segment, dict):
        raise RowRefused("The segment is not a JSON object.")
    start = _number(segment.get("startTime"))
    end = start if segment.get("endTime") is None else _number(segment["endTime"])
    if start is None or end is None:
        raise RowRefused(_NO_TIMES, printable(f"{segment.get('startTime')} to {segment.get('endTime')}"))
    body, speaker = segment.get("body"), segment.get("speaker")
    if not isinstance(body, str):
        raise RowRefused(_NO_WORDS)
    return _cue(start, end, body, speaker if isinstance(speaker, str) else None)


def _number(value: Any) -> float | None:
    if isinstance(value, str) and _PLAIN_NUMBER.fullmatch(value):
        return float(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None


def _cue(start: float, end: float, words: str, speaker: str | None) -> Cue:
    """Raises: RowRefused."""
    if start < 0 or end < 0:
        raise RowRefused(_NEGATIVE, f"{start} to {end} s")
    if start > _LONGEST_SECONDS or end > _LONGEST_SECONDS:
        raise RowRefused(_NO_TIMES, f"{start} to {end} s")
    if end < start:
        raise RowRefused(_BACKWARDS, f"{start} to {end} s")
    # To look for tags takes longer than all the rest, and most cues have none.
    is_plain = words.isprintable() and "<" not in words and "&" not in words
    said = " ".join(words.split()) if is_plain else one_line(words, len(words))
    if not said:
        raise RowRefused(_NO_WORDS)
    return Cue(
        start, end, cut(said, _LONGEST_CUE), one_line(speaker or "", _LONGEST_NAME), is_cut=len(said) > _LONGEST_CUE
    )  # fmt: skip
