"""What goes into counting: a request as a server saw it, and what is known of the file it asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Request:
    """One request for an address of a media host.

    `number` tells requests apart and orders those of one moment: a line number, or a serial number over several files.
    `address` is a valid IP address. `bytes_sent` is content without protocol headers, None where the server cannot know
    (a redirect to somebody else's host). `byte_range` is the Range header as sent by the client, None where the source
    does not tell it; `content_range` the answer's Content-Range header. `object_bytes` is the size of the whole file
    where the source tells it with the request. `purpose` holds Sec-Purpose, Purpose or X-Moz.
    """

    number: int
    occurred_at: datetime
    address: str
    method: str
    path: str
    status: int
    agent: str
    bytes_sent: int | None
    byte_range: str | None = None
    content_range: str | None = None
    object_bytes: int | None = None
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class EpisodeFile:
    """The audio file of an episode: what is None is not known.

    `header_bytes` stand before the sound (tags, a cover picture) and are delivered before the first second is.
    `variant` tells files of an episode apart (an MP3 and a smaller AAC): bytes of the one are none of the other. 0 is
    the episode's own file; numbers are below a million.
    """

    episode: str
    size_bytes: int | None = None
    duration_seconds: float | None = None
    header_bytes: int = 0
    variant: int = 0
