"""Which episode of the tenant a path of its log is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from queries.ingest.counting.requests import EpisodeFile
from queries.ingest.counting.rules import FindEpisode
from queries.ingest.imports import ImportRefused
from queries.ingest.logs.episodes import mapped_files, told_apart
from queries.ingest.logs.faults import LineRefused
from queries.ingest.logs.values import target_path
from queries.statements import ask

_SHOWN = 5


def files_of_tenant(connection: Connection, mapping: Iterable[str] | None) -> FindEpisode:
    """The episode behind a path: as `mapping` says (path to id or guid of an episode), else by the episodes' addresses.

    What the mapping does not say of size and length, the episode does. Raises: ImportRefused for a mapping that cannot
    be used, and for episodes that the tenant does not have.
    """
    episodes = ask(connection, "ingest/episode_files")
    if mapping is None:
        return _by_address(episodes)
    known: dict[str, dict[str, Any] | None] = {}
    for row in episodes:
        known[str(row["id"])] = row
        if row["guid"]:
            # None: a guid of several podcasts.
            known[row["guid"]] = None if row["guid"] in known else row
    files = mapped_files(mapping)
    lost = sorted({file.episode for file in files.values() if known.get(file.episode) is None})
    if lost:
        more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        raise ImportRefused(
            f"The mapping names episodes that are not known, by id or by a guid of one podcast: "
            f"{', '.join(repr(name) for name in lost[:_SHOWN])}{more}."
        )
    found: dict[str, EpisodeFile] = {}
    sizes: dict[str, int | None] = {}
    for path, file in files.items():
        own = _file(known[file.episode] or {})
        sizes[own.episode] = own.size_bytes
        found[path] = replace(
            file, episode=own.episode, size_bytes=file.size_bytes or own.size_bytes,
            duration_seconds=file.duration_seconds or own.duration_seconds,
        )  # fmt: skip
    return told_apart(found, sizes).get


def _by_address(episodes: list[dict[str, Any]]) -> FindEpisode:
    """Paths as in the episodes' addresses; with a measurer's prefix before it, what follows the prefix counts too."""
    files: dict[str, EpisodeFile | None] = {}
    for row in episodes:
        addresses = [row["audio_url"], row["enclosure_url"]]
        for path in {path for address in addresses if address for path in _paths(address)}:
            file = _file(row)
            # Two episodes at one path: nobody can tell which was asked for.
            files[path] = file if files.get(path, file) == file else None
    if not any(files.values()):
        raise ImportRefused(
            "No episode of this tenant has an address of its own: import the feed first, or name a mapping."
        )
    return files.get


def _paths(address: str) -> list[str]:
    try:
        path = target_path(address)
    except LineRefused:
        return []
    if path in ("", "/"):
        return []
    # https://measurer.example/redirect.mp3/host.example/show/one.mp3: the host's own log holds /show/one.mp3.
    parts = path.split("/")
    hosts = [
        place for place, part in enumerate(parts[:-1]) if place > 1 and "." in part and not _is_file(part)
    ]
    return [path] + (["/" + "/".join(parts[hosts[-1] + 1 :])] if hosts else [])


def _is_file(part: str) -> bool:
    return part.lower().endswith((".mp3", ".m4a", ".mp4", ".ogg", ".aac", ".opus", ".wav", ".flac"))


def _file(row: dict[str, Any]) -> EpisodeFile:
    duration = row["duration_seconds"]
    return EpisodeFile(str(row["id"]), row["audio_bytes"], float(duration) if duration else None)
