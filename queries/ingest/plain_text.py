"""HTML of a feed turned into plain text: no tag, script or control character is left."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "figcaption", "figure", "footer", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul",
})  # fmt: skip
_SILENT = frozenset({
    "head", "iframe", "math", "noscript", "object", "script", "style", "svg", "template", "title",
})  # fmt: skip
_HAS_TAGS = re.compile(r"<[a-zA-Z/!]")
# Everything that is no visible sign, tab or line break; bidirectional overrides can make a text lie.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


def plain_text(source: str, limit: int) -> str:
    """The text of an HTML fragment, at most `limit` characters; paragraphs are kept apart, list items marked."""
    reader = _Reader(breaks_count=not _HAS_TAGS.search(source))
    reader.feed(source)
    reader.close()
    return cut(reader.text(), limit)


def one_line(source: str, limit: int) -> str:
    """The same on one line."""
    return cut(" ".join(plain_text(source, 10 * limit).split()), limit)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of a text, the last of them … where there were more."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


class _Reader(HTMLParser):
    """Collects what is to be read. In a text without tags its own line breaks count, as in `<pre>`."""

    def __init__(self, *, breaks_count: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._breaks_count = breaks_count
        self._parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 (given by HTMLParser)
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self._parts.append("\n")
        elif tag == "li":
            self._parts.append("\n• ")
        elif tag in _BLOCKS:
            self._parts.append("\n\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SILENT:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self._parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._parts.append(data if self._breaks_count else re.sub(r"\s+", " ", data))

    def text(self) -> str:
        """What was collected, without blanks at the ends of lines and with at most one empty line in a row."""
        joined = _INVISIBLE.sub(
            "", "".join(self._parts).replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
        )
        lines = [re.sub(r"[ \t]+", " ", line).strip() for line in joined.split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
