"""Whose data an import brings, where nobody says so: by the name of its file or the host of its address."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# Whatever is no letter, and days and runs of a file.
_SEPARATORS = re.compile(r"[^a-z]+")
_LONGEST = 120
API_KEY = "API key "
"""What the imports of a key are called, before its name."""
PREFIX = "Prefix"
"""The source of what is counted at prefixes."""
LINKS = {"pixel": "Pixel", "vanity_url": "Vanity URLs"}
"""The sources of what campaigns' links bring, by the kind of link."""
HOURLY = (PREFIX, *LINKS.values())
"""What comes request by request, and is one import an hour; so is what a key sends."""


def source_of(file_name: str) -> str:
    """The name of a source by a file of it: without its endings, dates and numbers."""
    words = _SEPARATORS.sub(" ", file_name.lower().partition(".")[0])
    return words.strip().replace(" ", "-")[:_LONGEST] or "file"


def origin_of(source: str) -> str:
    """The name of a source by what an import of it is called: a file, an address or an API key."""
    if source.startswith(API_KEY):
        return source
    host = urlsplit(source).hostname if "://" in source else None
    return host[:_LONGEST] if host else source_of(source)
