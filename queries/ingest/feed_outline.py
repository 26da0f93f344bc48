"""The text of a feed and its outline: what a strict reading finds, before anybody believes a lenient one."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from xml.parsers import expat

from queries.ingest.imports import ImportRefused

URL_LIMIT = 2_000
"""Characters of an address or a guid."""
IS_WEB_PAGE = "This is a web page, not a podcast feed: look for its RSS address."
_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"'][^>]*\?>")
_ENCODINGS = re.compile(
    r"utf-(?:8(?:-sig)?|(?:16|32)(?:-[bl]e)?)|ascii|iso8859-\d+|cp\d+|mac-\w+|hp-roman8|koi8-[rtu]|kz1048|ptcp154|tis-620"
    r"|shift_jis\w*|euc_\w+|iso2022_\w+|big5\w*|gb\w+|hz|johab",
    re.ASCII,
)
"""What feeds are written in, by Python's names. Others of its codecs are no encodings of documents: punycode takes
hours for some MB, and utf-7 or unicode-escape make another text of signs that are what they are."""
_SIGN = re.compile(r"\S")
_ANY_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_ROOTS = ("rss", "feed", "rdf")


def decoded(document: bytes) -> str:
    """The document as text without its XML declaration, which the parsers would otherwise believe again."""
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if document.startswith(mark)), None)
    if encoding is None:
        declared = _DECLARATION.match(document[:1024])
        encoding = declared[1].decode("ascii") if declared else "utf-8"
    if not _is_of_feeds(encoding):
        raise ImportRefused(
            f"The feed says that it is written in {encoding[:40]}, which is no encoding of feeds: UTF-8 is the best."
        )
    try:
        text = document.decode(encoding)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(encoding, errors="ignore")
        where = f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"
        raise ImportRefused(f"The feed is not written in {encoding}, as it should be: {where}.") from None
    # Blanks in its place, so that places in what is left are those in the document.
    return _ANY_DECLARATION.sub(lambda found: _SIGN.sub(" ", found[0]), text.lstrip("\ufeff"), count=1)


def _is_of_feeds(encoding: str) -> bool:
    try:
        return _ENCODINGS.fullmatch(codecs.lookup(encoding).name) is not None
    except LookupError:
        return False


class Outline:
    """What a strict reading of the document finds: root, channel, the lines of the items; entities are never expanded.

    Category, author and transcripts too: feedparser mixes a channel's keywords with its categories and all its authors
    into one, and keeps of an item's transcripts the last.
    """

    def __init__(self, text: str) -> None:
        """Reads the document. Raises: ImportRefused."""
        self.has_channel = False
        self.item_lines: list[int] = []
        self.transcripts: list[list[tuple[str, str, str]]] = []
        self.category = ""
        self.author = ""
        self._in_author = False
        self._path: list[str] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.EntityDeclHandler = self._entity
        try:
            self._parser.Parse(text.encode("utf-8"), True)
        except expat.ExpatError as error:
            what = expat.errors.messages.get(error.code, "syntax error")
            where = f"line {error.lineno}, column {error.offset + 1}"
            raise ImportRefused(f"The feed is not valid XML: {what} on {where}.") from None

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        local = local.lower()
        parent = self._path[-1] if self._path else ""
        if not self._path:
            if local == "html":
                raise ImportRefused(IS_WEB_PAGE)
            if local not in _ROOTS:
                raise ImportRefused(f"This is not a podcast feed: its outermost element is <{local[:40]}>.")
            self.has_channel = local == "feed"
        elif local == "channel" and len(self._path) == 1:
            self.has_channel = True
        elif local in ("item", "entry") and parent in ("channel", *_ROOTS):
            self.item_lines.append(self._parser.CurrentLineNumber)
            self.transcripts.append([])
        elif local == "transcript" and parent in ("item", "entry") and "podcast" in namespace.lower():
            if self.transcripts and (url := link_url(attributes.get("url"))):
                told = url, attributes.get("type", ""), attributes.get("language", "")
                self.transcripts[-1].append(told)
        elif parent == "channel" and "itunes" in namespace.lower():
            self._in_author = local == "author" and not self.author
            if local == "category":
                self.category = self.category or attributes.get("text", "")
        self._path.append(local)
        if len(self._path) > 100:
            raise ImportRefused("This is not a podcast feed: its elements are nested too deeply.")

    def _end(self, _name: str) -> None:
        self._path.pop()
        self._in_author = False

    def _characters(self, text: str) -> None:
        if self._in_author:
            self.author += text

    def _entity(self, *_declaration: Any) -> None:
        raise ImportRefused("The feed declares entities of its own: that is not accepted.")


def link_url(value: Any) -> str | None:
    """An http address that can be shown as a link; else None."""
    text = str(value or "").strip()
    if not text or len(text) > URL_LIMIT or re.search(r"[\s\x00-\x1f<>\"]", text):
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    return text if parts.scheme in ("http", "https") and host else None
