"""What of an asked path may be shown beside its refusal: enough to see what was asked for, nothing of who asked."""

from __future__ import annotations

import re
from functools import lru_cache

from queries.ingest.cells import printable
from queries.ingest.personal import HIDDEN

_SAFE = re.compile(r"[A-Za-z0-9_~-]{1,60}")
_EXTENSION = re.compile(
    r"(.+)(\.(?:mp[34]|m4[abv]|aac|og[ga]|opus|flac|wav|webm|xml|rss|json|html?|php|aspx?|js|css|txt|vtt|srt|pdf|zip|"
    r"png|jpe?g|gif|svg|webp|ico))",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[a-z]{1,20}[0-9]*|[A-Z][a-z]{0,19}[0-9]*|[A-Z]{1,6}[0-9]*|[0-9]+")
_DIGITS = re.compile(r"[0-9]+")
_HEX = re.compile(r"[a-f]{6,}", re.IGNORECASE)
_BETWEEN = re.compile(r"[_~-]+")


@lru_cache(maxsize=20_000)
def shown_path(path: str) -> str:
    """The path (decoded, without query string), # for each number and … for each part that may be an id or an address.

    Words are left as they are: /shows/ep-012.mp3 is /shows/ep-#.mp3, /u/9f3b2c/feed.xml is /u/…/feed.xml.
    """
    return printable("/".join(_shown(part) for part in path.split("/")))


def _shown(part: str) -> str:
    named = _EXTENSION.fullmatch(part)
    stem, extension = named.groups() if named else (part, "")
    if not part:
        return ""
    words = [word for word in _BETWEEN.split(stem) if word]
    is_plain = _SAFE.fullmatch(stem) and all(
        _PLAIN.fullmatch(word) and not _HEX.fullmatch(word) for word in words
    )
    return (_DIGITS.sub("#", stem) if is_plain else HIDDEN) + extension
