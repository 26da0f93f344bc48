"""Names that stand twice in an object of JSON, of which orjson, like most readers, silently keeps the last.

What is right costs a count: each name is followed by a colon of its own, so where there are as many colons behind
quotes and blanks as names were read, none stands twice. Where there are more, as values may hold such colons too, the
text is read once more, slowly.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from queries.ingest.cells import RowRefused, printable

_QUOTE, _COLON, _BACKSLASH, _BLANK = b'":\\ '


@dataclass(frozen=True, slots=True)
class Twice:
    """Stands for an object in which this name stands twice."""

    name: str

    def refusal(self) -> RowRefused:
        """The refusal of the row in which it stands."""
        return RowRefused("A name stands twice.", printable(self.name))


def refuse_twice(text: bytes, found: Any) -> None:
    """Returns if no name stands twice in the JSON text of which this was read. Raises: RowRefused."""
    if has_more_names(text, found) and (twice := first_twice(read_again(text))) is not None:
        raise twice.refusal()


def refuse_twice_in_line(line: bytes, found: dict[str, Any]) -> None:
    """The same of a line of many: most are told to be right by these counts. Raises: RowRefused."""
    colons = line.count(b'":') + line.count(b" :") + line.count(b"\t:") + line.count(b"\r:")
    if colons == len(found):
        return
    inner = sum(len(value) for value in found.values() if type(value) is dict)
    if colons != len(found) + inner:
        refuse_twice(line, found)


def has_more_names(text: bytes, found: Any) -> bool:
    """Whether a JSON text may hold more names than what was read of it; False is certain."""
    return _colons(text) != _names(found)


def read_again(text: bytes) -> Any:
    """A JSON text that is known to be valid, with a Twice in place of each object in which a name stands twice.

    Numbers are left as texts: nothing of what is read here is taken. Raises: RowRefused.
    """
    try:
        return json.loads(
            text.decode(errors="surrogateescape"), object_pairs_hook=_object, parse_int=str, parse_float=str
        )
    except RecursionError:
        raise RowRefused("The values lie too deep in one another.") from None


def first_twice(value: Any) -> Twice | None:
    """A Twice anywhere in a value that was read again."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, Twice):
            return one
        left += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Twice:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    return Twice(next(name for name in names if names.count(name) > 1))


def _names(value: Any) -> int:
    """How many names stand in all objects of a value."""
    total, left = 0, [value]
    while left:
        one = left.pop()
        total += len(one) if isinstance(one, dict) else 0
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        left += [part for part in inner if isinstance(part, dict | list)]
    return total


def _colons(text: bytes) -> int:
    """How many colons may follow a name: all that do, and some inside values."""
    if not text:
        return 0
    signs = np.frombuffer(text, np.uint8)
    before, at = signs[:-1], signs[1:] == _COLON
    colons = np.count_nonzero(at & ((before == _QUOTE) | (before <= _BLANK)))
    escaped = before == _BACKSLASH
    if escaped.any() and not (escaped & (signs[1:] == _BACKSLASH)).any():
        # Where no backslash is escaped, the quote behind one stands inside a value: JSON as a text within JSON.
        colons -= np.count_nonzero(escaped[:-1] & (signs[1:-1] == _QUOTE) & at[1:])
    return int(colons)
