"""Which path of a log is which episode: from a mapping, or every audio file by itself."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from queries.ingest.counting.requests import EpisodeFile
from queries.ingest.feed_dates import duration_seconds
from queries.ingest.imports import ImportRefused
from queries.ingest.logs.faults import LineRefused
from queries.ingest.logs.values import target_path

COLUMNS = ("path", "episode", "size_bytes", "duration", "header_bytes")
_AUDIO = (".mp3", ".m4a", ".m4b", ".mp4", ".m4v", ".aac", ".ogg", ".oga", ".opus", ".flac", ".wav", ".wma")


def episodes_of(lines: Iterable[str]) -> Callable[[str], EpisodeFile | None]:
    """The episode behind a path, by a mapping. Raises: ImportRefused, which names the line."""
    return mapped_files(lines).get


def mapped_files(lines: Iterable[str]) -> dict[str, EpisodeFile]:
    """The files of a mapping in CSV: path and episode, and as far as they are known size_bytes, duration (seconds or
    1:02:03) and header_bytes. A path may be a whole address; host and query are left out.

    Raises: ImportRefused, which names the line.
    """
    rows = csv.DictReader(lines)
    names = [name.strip() for name in rows.fieldnames or ()]
    rows.fieldnames = names
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or "path" not in names or "episode" not in names:
        raise ImportRefused(
            f"The mapping needs the columns path and episode and may have {', '.join(COLUMNS[2:])}"
            + (f"; {unknown[0]!r} is not known." if unknown else ".")
        )
    files: dict[str, EpisodeFile] = {}
    for row in rows:
        try:
            path, file = _file(row)
        except ValueError as error:
            raise ImportRefused(f"Line {rows.line_num} of the mapping: {error}.") from None
        if files.setdefault(path, file) != file:
            raise ImportRefused(f"Line {rows.line_num} of the mapping: the path stands there twice.")
    if not files:
        raise ImportRefused("The mapping names no path.")
    return told_apart(files)


def told_apart(
    files: Mapping[str, EpisodeFile], own: Mapping[str, int | None] | None = None
) -> dict[str, EpisodeFile]:
    """The files, by path, with the numbers of their variants. `own`: the size of each episode's own file, if known.

    A file is the episode's own unless its size is told and another by more than a tenth: tags and corrected figures
    make no other file, another encoding does. Where the own size is not known, the largest that is told stands for it.
    """
    largest: dict[str, int] = {}
    for file in files.values():
        largest[file.episode] = max(largest.get(file.episode, 0), file.size_bytes or 0)
    sizes = largest | {episode: size for episode, size in (own or {}).items() if size}
    return {path: replace(file, variant=_variant(file, sizes[file.episode])) for path, file in files.items()}


def _variant(file: EpisodeFile, own: int) -> int:
    size = file.size_bytes
    if not size or abs(size - own) * 10 <= own:
        return 0
    # The same in every log, whatever else its mapping names.
    return 1 + zlib.crc32(str(size).encode()) % 999_983


@lru_cache(maxsize=20_000)
def audio_by_itself(path: str) -> EpisodeFile | None:
    """Without a mapping every path that ends like an audio file is an episode of its own, of unknown size."""
    return EpisodeFile(path) if path.lower().endswith(_AUDIO) else None


def _file(row: dict[str | None, str | None]) -> tuple[str, EpisodeFile]:
    path, episode = (row.get("path") or "").strip(), (row.get("episode") or "").strip()
    if not path or not episode or None in row:
        raise ValueError("path and episode are needed, and no more values than columns")
    try:
        path = target_path(path)
    except LineRefused:
        raise ValueError("the path begins with / or https://") from None
    duration = (row.get("duration") or "").strip()
    seconds = duration_seconds(duration)
    if duration and seconds is None:
        raise ValueError("the duration is not understood")
    return path, EpisodeFile(
        episode, _number(row, "size_bytes") or None, seconds, _number(row, "header_bytes")
    )


def _number(row: dict[str | None, str | None], name: str) -> int:
    text = (row.get(name) or "").strip()
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise ValueError(f"{name} is no number of bytes")
    return int(text)
