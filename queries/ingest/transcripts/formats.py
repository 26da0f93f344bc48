"""In which forms a feed may offer a transcript, and which of them says most."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

TranscriptFormat = Literal["vtt", "srt", "json"]
TRANSCRIPT_FORMATS: tuple[TranscriptFormat, ...] = get_args(TranscriptFormat)

LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*")
# The best first: JSON and WebVTT say who speaks. HTML and plain text say no times, so they are not fetched.
_TYPES: dict[str, TranscriptFormat] = {
    "application/json": "json", "text/vtt": "vtt", "application/x-subrip": "srt", "application/srt": "srt",
    "text/srt": "srt", "application/x-srt": "srt",
}  # fmt: skip
_ORDER = ("json", "vtt", "srt")


@dataclass(frozen=True, slots=True)
class TranscriptLink:
    """Where a feed says that the transcript of an episode lies."""

    url: str
    format: TranscriptFormat
    language: str | None


def best_link(offered: Iterable[tuple[str, str, str]], language: str | None) -> TranscriptLink | None:
    """The one of the links (address, type, language) that is fetched: in the podcast's language if there is one."""
    links = [
        TranscriptLink(url, _TYPES[kind], told if LANGUAGE.fullmatch(told) else None)
        for url, media_type, told in offered
        if (kind := media_type.partition(";")[0].strip().lower()) in _TYPES
    ]
    spoken = (language or "")[:2].lower()
    links.sort(key=lambda link: (bool(link.language) and (link.language or "")[:2].lower() != spoken,
                                 _ORDER.index(link.format)))  # fmt: skip
    return links[0] if links else None
