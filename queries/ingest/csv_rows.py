"""A row of CSV whose quotes are open at the end of its line: refused as one, on however many lines it stands."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

OTHER_QUOTES = "The quotes in this line do not match."
LINE_BREAK = "A line break inside quotes is not read: a row is one line."
ROW_LINES = 20
ROW_BYTES = 16 * 1024
"""So many lines after one whose quotes are open, and bytes of them, are looked at for the one that closes them."""


def lines_more(line: bytes, following: Iterable[bytes | None], delimiter: str, width: int) -> int:
    """How many of the lines that follow one of CSV, ends and all, make a row of so many values with it; 0 for a quote
    that was lost, after which each line is judged by itself."""
    so_far = [line]
    for more in following:
        if more is None:
            break
        so_far.append(more)
        # A line without a quote closes none.
        if b'"' in more and (values := _values(b"".join(so_far), delimiter)):
            return len(so_far) - 1 if len(values) == width else 0
        if len(_values(more, delimiter)) == width:
            break
    return 0


def _values(text: bytes, delimiter: str) -> list[str]:
    """The values of a row of CSV, on one line or several; none where it is no row."""
    try:
        lines = io.StringIO(text.decode("utf-8"), newline="")
        return next(csv.reader(lines, delimiter=delimiter, strict=True), [])
    except (csv.Error, UnicodeDecodeError):
        return []
