"""Events as lines of PostgreSQL's COPY text, made for whole blocks at once.

A block is an array of fixed-width records: constants, tabs and values side by side, short values padded with zero
bytes. Dropping the zero bytes gives the lines, so that no line is ever formatted by itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from schema.demo.ads import AdUnit, Impressions, Response
from schema.demo.audience import Audience
from schema.demo.calendar import DAY_MS, Ints
from schema.demo.listening import AD_PLAY, KINDS, PROGRESS, Events

LISTENER_COLUMNS = (
    "id", "tenant_id", "episode_id", "listener_id", "event_type", "counted_by", "event_data", "occurred_at",
)  # fmt: skip
ATTRIBUTION_COLUMNS = (
    "id", "tenant_id", "campaign_id", "episode_id", "listener_id", "attribution_type", "attribution_data",
    "occurred_at",
)  # fmt: skip

BLOCK_ROWS = 60_000

_Bytes = NDArray[np.bytes_]
_Part = _Bytes | bytes

_DIGITS = np.array([f"{n:02x}" for n in range(256)], dtype="S2")
_SECONDS = np.array([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86_400)], dtype="S8")
_MILLIS = np.array([f".{n:03d}+00" for n in range(1000)], dtype="S7")
_NUMBERS = np.array([str(n) for n in range(40_000)], dtype="S5")
_KIND_NAMES = np.array(KINDS, dtype="S8")
COUNTED_BY = 1
"""The number of the one way in which the demo's downloads were counted."""
_COUNTED_BY = np.array([str(COUNTED_BY) if kind == "download" else r"\N" for kind in KINDS], dtype="S2")


def listener_blocks(
    events: Events,
    tenant: uuid.UUID,
    episode_ids: list[uuid.UUID],
    audience: Audience,
    units: list[AdUnit],
    seed: int,
) -> Iterator[tuple[int, bytes]]:
    """Listener events as (rows, COPY lines), block by block in the order of time."""
    random = np.random.default_rng([seed, 31])
    episodes = _texts(episode_ids)
    unit_ids = _texts([u.id for u in units] or [uuid.UUID(int=0)])
    for start in range(0, len(events.at), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        at, listener, kind = events.at[rows], events.listener[rows], events.kind[rows]
        extra = _extra(kind, events.first[rows], events.second[rows], unit_ids)
        yield len(at), _lines(
            event_ids(at, random), b"\t", str(tenant).encode(), b"\t", episodes[events.episode[rows]], b"\t",
            audience.ids[listener], b"\t", _KIND_NAMES[kind], b"\t", _COUNTED_BY[kind], b"\t{",
            audience.profiles[audience.profile[listener]], extra, b"}\t", *_timestamps(at), b"\n",
        )  # fmt: skip


def _extra(
    kind: NDArray[np.int8], first: NDArray[np.int32], second: NDArray[np.int32], unit_ids: _Bytes
) -> _Bytes:
    """What a kind of event carries beside its listener's profile."""
    extra = np.zeros(len(kind), dtype="S80")
    progress = np.flatnonzero(kind == PROGRESS)
    if len(progress):
        extra[progress] = _joined(
            b',"from_s":', _NUMBERS[first[progress]], b',"to_s":', _NUMBERS[second[progress]]
        )
    ads = np.flatnonzero(kind == AD_PLAY)
    if len(ads):
        extra[ads] = _joined(
            b',"ad_unit_id":"', unit_ids[first[ads]], b'","quartile":', _NUMBERS[second[ads]]
        )
    return extra


def _joined(*parts: _Part) -> _Bytes:
    """The parts side by side, row by row."""
    lines = _lines(*parts, b"\n").split(b"\n")[:-1]
    return np.array(lines, dtype="S80")


def impression_blocks(
    impressions: Impressions,
    tenant: uuid.UUID,
    campaign_ids: list[uuid.UUID],
    episode_ids: list[uuid.UUID],
    audience: Audience,
    units: list[AdUnit],
    seed: int,
) -> Iterator[tuple[int, bytes]]:
    """Impressions as (rows, COPY lines), block by block in the order of time."""
    random = np.random.default_rng([seed, 32])
    episodes, unit_ids = _texts(episode_ids), _texts([u.id for u in units] or [uuid.UUID(int=0)])
    campaign_of_unit = _texts([campaign_ids[u.campaign] for u in units] or [uuid.UUID(int=0)])
    for start in range(0, len(impressions.at), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        at, unit = impressions.at[rows], impressions.unit[rows]
        yield len(at), _lines(
            event_ids(at, random), b"\t", str(tenant).encode(), b"\t", campaign_of_unit[unit], b"\t",
            episodes[impressions.episode[rows]], b"\t", audience.ids[impressions.listener[rows]],
            b'\timpression\t{"ad_unit_id":"', unit_ids[unit], b'"}\t', *_timestamps(at), b"\n",
        )  # fmt: skip


def response_lines(
    responses: list[Response],
    tenant: uuid.UUID,
    campaign_ids: list[uuid.UUID],
    episode_ids: list[uuid.UUID],
    seed: int,
) -> bytes:
    """Visits, leads and purchases as COPY lines."""
    at = np.array([r.at for r in responses], dtype=np.int64)
    ids = event_ids(at, np.random.default_rng([seed, 33]))
    day, second, milli = _timestamps(at)
    lines = []
    for number, r in enumerate(responses):
        fields = (
            ids[number].decode(), str(tenant), str(campaign_ids[r.campaign]),
            "\\N" if r.episode is None else str(episode_ids[r.episode]), r.listener or "\\N", r.kind, r.data,
            (day[number] + second[number] + milli[number]).decode(),
        )  # fmt: skip
        lines.append("\t".join(fields) + "\n")
    return "".join(lines).encode()


def event_ids(at: Ints, random: np.random.Generator) -> _Bytes:
    """Version 7 UUIDs as 32 hexadecimal digits: they grow with time, which keeps their index small and quick."""
    count = len(at)
    raw = np.frombuffer(random.bytes(count * 16), dtype=np.uint8).reshape(count, 16).copy()
    raw[:, 0:6] = at.astype(">u8").view(np.uint8).reshape(count, 8)[:, 2:8]
    raw[:, 6] = raw[:, 6] & 0x0F | 0x70
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    return np.ascontiguousarray(_DIGITS[raw]).view("S32").reshape(count)


def _timestamps(at: Ints) -> tuple[_Bytes, _Bytes, _Bytes]:
    """Date with a space, time, and milliseconds with zone, of each moment."""
    day, rest = np.divmod(at, DAY_MS)
    if not len(day):
        return np.zeros(0, "S11"), np.zeros(0, "S8"), np.zeros(0, "S7")
    first = int(day.min())
    dates = np.arange(first, int(day.max()) + 1).astype("datetime64[D]")
    names = np.array([f"{text} " for text in np.datetime_as_string(dates)], dtype="S11")
    return names[day - first], _SECONDS[rest // 1000], _MILLIS[rest % 1000]


def _texts(ids: list[uuid.UUID]) -> _Bytes:
    return np.array([str(i) for i in ids], dtype="S36")


def _lines(*parts: _Part) -> bytes:
    """Constants and columns side by side as one run of bytes without the padding."""
    count = next(len(p) for p in parts if isinstance(p, np.ndarray))
    widths = [len(p) if isinstance(p, bytes) else p.dtype.itemsize for p in parts]
    block = np.zeros((count, sum(widths)), dtype=np.uint8)
    edges = [0, *np.cumsum(widths).tolist()]
    for part, (left, right) in zip(parts, pairwise(edges), strict=True):
        if isinstance(part, bytes):
            block[:, left:right] = np.frombuffer(part, dtype=np.uint8)
        else:
            block[:, left:right] = np.ascontiguousarray(part).view(np.uint8).reshape(count, -1)
    return bytes(block[block != 0])
