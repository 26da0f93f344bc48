"""Lists as the text of a PostgreSQL array: for thousands of rows a tenth of what a driver needs to write them."""

from __future__ import annotations

from collections.abc import Sequence


def plain_array(values: Sequence[str | None]) -> str:
    """An array of ids, numbers or times, whose text has no sign that means something in an array."""
    return "{" + ",".join(["NULL" if value is None else value for value in values]) + "}"


def text_array(values: Sequence[str | None]) -> str:
    """An array of any texts. Raises: ValueError where one holds the sign NUL, which no text in the database may."""
    if not values or None in values:
        return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"
    # NUL stands between the texts while all of them are escaped at once.
    joined = "\0".join(values)  # type: ignore[arg-type]
    if joined.count("\0") >= len(values):
        raise ValueError("a text holds the sign NUL")
    return '{"' + _escaped(joined).replace("\0", '","') + '"}'


def _quoted(value: str) -> str:
    return '"' + _escaped(value) + '"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
