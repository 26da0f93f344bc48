"""Values that name their tenant, for any column: what is tried, best first; the database says what a column takes.

A mark's token consists of hexadecimal letters, so that it fits slugs, hashes, words, colours and addresses alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from re import _parser
from typing import Any
from uuid import UUID, uuid5

from tests.catalogue import Column

_NAMES = UUID("6a0c6f5a-58a0-4a3e-8f0e-2f1d7c1b9e55")
_TODAY = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class Mark:
    """A letter out of a to f, or one of them twice: everything typical of one set of rows follows from it."""

    letter: str

    @property
    def place(self) -> int:
        return ord(self.letter[0]) - ord("a") + 6 * (len(self.letter) - 1)

    @property
    def token(self) -> str:
        return f"{self.letter}facade"

    def number(self, place: int) -> int:
        """Seven digits that begin with the mark's own two: no count or sum of the tests comes near by chance."""
        return (73 + 4 * self.place) * 100_000 + 10_007 + 131 * place

    def moment(self, place: int) -> datetime:
        """A moment some months ago, on a day and with microseconds of the mark's own; later for later columns."""
        base = _TODAY - timedelta(days=350 - 30 * self.place)
        return base + timedelta(minutes=place, microseconds=100_003 * (self.place + 1))

    def id(self, *parts: object) -> UUID:
        return uuid5(_NAMES, "/".join(map(str, (self.token, *parts))))


def candidates(mark: Mark, table: str, column: Column, place: int, expressions: list[str]) -> Iterator[Any]:
    """Values for a column, the most telling first; `expressions` are the checks that know the column."""
    literals = [
        text.replace("''", "'") for each in expressions for text in re.findall(r"'((?:[^']|'')*)'", each)
    ]
    words = (
        literals[mark.place % len(literals) :] + literals[: mark.place % len(literals)] if literals else []
    )
    numbers = [Decimal(n) for each in expressions for n in re.findall(r"(?<![\w.'])\d+(?:\.\d+)?", each)]
    if column.labels:
        yield from (column.labels[(mark.place + n) % len(column.labels)] for n in range(len(column.labels)))
    elif column.base.endswith("[]"):
        inner = Column(column.name, column.type, column.base[:-2], column.nullable, None)
        several = list(candidates(mark, table, inner, place, expressions))
        yield from ([value] for value in several)
        yield from ([value, other] for value, other in pairwise(several))
        yield []
    elif column.base in ("text", "character varying", "character", "name", "citext"):
        yield from _texts(mark, column.name, expressions, words)
    elif column.base in ("jsonb", "json"):
        yield from map(json.dumps, _documents(mark, column, place, expressions, words))
    elif column.base in ("integer", "bigint", "smallint", "numeric", "real", "double precision"):
        yield from _numbers(mark.number(place), numbers, whole="int" in column.base)
    else:
        yield from _plain(mark, table, column, place)


def _texts(mark: Mark, name: str, expressions: list[str], words: list[str]) -> Iterator[str]:
    token = mark.token
    if "email" in name:
        yield f"{token}.{name}@{token}.example"
    if name.endswith(("url", "uri", "endpoint", "location")):
        yield f"https://{token}.example/{name}"
    if name.endswith(("domain", "host", "hostname")):
        yield f"{name.replace('_', '-')}.{token}.example"
    yield f"{token} {name}"
    yield f"{token.upper()}-{name.upper()}"
    yield f"{token}-{name.replace('_', '-')}"
    yield token
    yield f"/{token}/{name}"
    for pattern in re.findall(r"~\*? '((?:[^']|'')*)'", " ".join(expressions)):
        yield from _sampled(pattern.replace("''", "'"), token)
    yield from (f"{token}.{name}@{token}.example", f"https://{token}.example/{name}", (token * 10)[:64])
    yield from words
    for length in (6, 5, 4, 3, 2, 1):
        yield token[:length]
        yield token[:length].upper()


def _numbers(number: int, limits: list[Decimal], *, whole: bool) -> Iterator[int | Decimal]:
    yield number
    for digits in (5, 4, 3, 2, 1):
        yield number // 10 ** (7 - digits)
    if not whole:
        for shift in range(1, 8):
            yield Decimal(number // 1000).scaleb(-shift)
    for limit in limits:
        if whole:
            yield from (int(limit), int(limit) + 1, int(limit) - 1)
        else:
            yield from (limit, limit / 2, limit + 1)


def _documents(
    mark: Mark, column: Column, place: int, expressions: list[str], words: list[str]
) -> Iterator[dict[str, Any] | list[Any] | str]:
    telling = {"mark": f"{mark.token} {column.name}", "number": mark.number(place), mark.token: True}
    default = re.match(r"'((?:[^']|'')*)'::jsonb?", column.default or "")
    known = json.loads(default.group(1).replace("''", "'")) if default else None
    if isinstance(known, dict):
        yield known | telling
    yield telling
    yield [telling]
    yield [f"{mark.token} {column.name}"]
    keys = set(
        re.findall(r"->>? '(\w+)'", " ".join(expressions)) + re.findall(r"\? '(\w+)'", " ".join(expressions))
    )
    for value in (1, mark.token, telling, [telling], [], True, *words):
        yield dict.fromkeys(keys, value) | telling
        yield [dict.fromkeys(keys, value) | telling]
    if known is not None:
        yield known
    yield from ({}, [])


def _plain(mark: Mark, table: str, column: Column, place: int) -> Iterator[Any]:
    moment = mark.moment(place)
    day = moment.date() + timedelta(days=place)
    yield from {
        "uuid": [mark.id(table, column.name)],
        "boolean": [True, False],
        "date": [day, day.replace(day=1), day - timedelta(days=day.weekday())],
        "timestamp with time zone": [moment, moment.replace(minute=0, second=0, microsecond=0)],
        "timestamp without time zone": [moment.replace(tzinfo=None)],
        "time without time zone": [time(mark.place + 1, place % 60, 31), time(mark.place + 1)],
        "interval": [timedelta(seconds=mark.number(place)), timedelta(days=mark.place + 1)],
        "inet": [f"198.51.100.{mark.place + 10}", f"198.51.100.{16 * mark.place}/28", "198.51.100.0/24"],
        "cidr": [f"198.51.100.{16 * mark.place}/28"],
        "tsvector": [f"{mark.token}:1"],
        "bytea": [f"{mark.token} {column.name}".encode(), (mark.token * 10)[:32].encode()],
        "daterange": [f"[{day},{day + timedelta(days=1)})"],
        "tstzrange": [f"[{moment},{moment + timedelta(hours=1)})"],
        "int4range": [f"[{mark.number(place)},{mark.number(place) + 1})"],
    }.get(column.base, [])


def _sampled(pattern: str, token: str) -> Iterator[str]:
    """A text that matches a pattern and is made of the token where the pattern leaves a choice."""
    try:
        parsed = _parser.parse(pattern)
    except re.error:
        return
    yield _spell(list(parsed), token)


def _spell(parts: list[Any], token: str) -> str:
    spelled = ""
    for operator, argument in parts:
        match str(operator):
            case "LITERAL":
                spelled += chr(argument)
            case "IN" | "ANY" | "NOT_LITERAL":
                spelled += _letter([(operator, argument)], token[0])
            case "SUBPATTERN":
                spelled += _spell(list(argument[-1]), token)
            case "BRANCH":
                spelled += _spell(list(argument[1][0]), token)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, inner = argument
                if len(inner) == 1 and str(inner[0][0]) in ("IN", "ANY", "NOT_LITERAL"):
                    count = least if least == int(most) else max(least, min(int(most), len(token)))
                    spelled += "".join(_letter(list(inner), token[n % len(token)]) for n in range(count))
                else:
                    spelled += _spell(list(inner), token) * int(least)
    return spelled


def _letter(inner: list[Any], wanted: str) -> str:
    operator, argument = inner[0]
    if str(operator) == "ANY":
        return wanted
    if str(operator) == "NOT_LITERAL":
        return wanted if chr(argument) != wanted else "z"
    negated = str(argument[0][0]) == "NEGATE"
    for letter in (wanted, wanted.upper(), *"0123456789zZ_-./+:@ "):
        if any(_holds(item, letter) for item in argument) != negated:
            return letter
    return wanted


def _holds(item: tuple[Any, Any], letter: str) -> bool:
    operator, argument = str(item[0]), item[1]
    if operator == "LITERAL":
        return chr(argument) == letter
    if operator == "RANGE":
        return bool(argument[0] <= ord(letter) <= argument[1])
    if operator == "CATEGORY":
        kind = str(argument).removeprefix("CATEGORY_")
        known = {
            "DIGIT": letter.isdigit(),
            "WORD": letter.isalnum() or letter == "_",
            "SPACE": letter.isspace(),
        }
        return not known[kind.removeprefix("NOT_")] if kind.startswith("NOT_") else known[kind]
    return False


def tells(value: Any, mark: Mark) -> bool:
    """Whether a value names the mark: its token (whole, or what fits into six characters), number, moment or day."""
    if isinstance(value, (dict, list, tuple)):
        inside = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        return any(tells(each, mark) for each in inside)
    if isinstance(value, bytes):
        return mark.token.encode() in value
    if isinstance(value, str):
        return mark.token[:5] in value.lower()
    if isinstance(value, datetime):
        return value.microsecond == 100_003 * (mark.place + 1)
    if isinstance(value, date):
        return mark.moment(0).date() <= value < mark.moment(0).date() + timedelta(days=30)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return (
            str(value).replace(".", "").lstrip("0").startswith(str(73 + 4 * mark.place))
            and len(str(value)) >= 4
        )
    return isinstance(value, UUID)
