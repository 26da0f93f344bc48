"""What is accepted in a cell: each reader turns what a file tells into its value, or raises RowRefused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Context, Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from queries.ingest.countries import countries
from queries.ingest.currencies import currencies
from queries.ingest.personal import is_personal, is_personal_label, is_personal_program, masked

_LONGEST_SECONDS = 100 * 3600
LARGEST_AMOUNT = 100_000_000
"""Units of its currency that an order may have, by file, API and pixel: anybody may ask for a pixel, and one order of a
thousand millions would be the campaign's whole revenue."""
_TEXT_LIMIT = 200
_LABEL_LIMIT = 80
_SHOWN_LIMIT = 80
_LOOKED_AT = 1_000
"""Characters of a text that are masked before it is cut: what was cut in two would not be known again."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HALF = re.compile("[\ud800-\udfff]")
# Looked at before capitals are made of them: those of "ß" are SS, a country, and those of one sign for "fi" are FI.
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_DOUBLE = Context(prec=15)


class RowRefused(ValueError):
    """This row cannot be taken; the reason is one of a few sentences, the detail says what was found."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def found(key: str, value: object) -> str:
    """The detail that shows a value of the file: short, one line."""
    return f"{key}: {printable(str(value))}"


def printable(text: str) -> str:
    """The beginning of a text of the file, fit for a terminal and a page, without what says who somebody is."""
    text = masked(text[:_LOOKED_AT])
    shown = "".join(sign if sign.isprintable() else " " for sign in text[:_SHOWN_LIMIT])
    return shown + ("…" if len(text) > _SHOWN_LIMIT else "")


def text_of(key: str, value: Any, limit: int = _TEXT_LIMIT) -> str:
    """A text without control and half characters. Raises: RowRefused, as all that read a cell."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RowRefused("A text is expected here.", found(key, value))
    text = str(value).strip()
    if _CONTROL.search(text):
        raise RowRefused("A text has control characters in it.", found(key, text))
    if _HALF.search(text):
        raise RowRefused("A text is not valid UTF-8.", found(key, text))
    if len(text) > limit:
        raise RowRefused(f"A text is longer than {limit} characters.", found(key, text))
    return text


def label_of(key: str, value: Any) -> str:
    text = text_of(key, value, _LABEL_LIMIT)
    if is_personal_label(text):
        raise _address_of(key)
    return text


def program_of(key: str, value: Any) -> str:
    text = text_of(key, value, _LABEL_LIMIT)
    if is_personal_program(text):
        raise _address_of(key)
    return text


def guid_of(key: str, value: Any) -> str:
    return text_of(key, value, 2000)


def _address_of(key: str) -> RowRefused:
    # Never shown, never stored: podboard keeps no addresses.
    name = key.replace("_", " ")
    return RowRefused(f"The {name} is an address of a person or device: send a hash of it.")


def impersonal_of(key: str, value: Any) -> str:
    """A text that says of nobody who it is. Raises: RowRefused, without showing what stood there."""
    text = text_of(key, value)
    if is_personal(text):
        raise _address_of(key)
    return text


def id_of(key: str, value: Any) -> UUID:
    try:
        return UUID(text_of(key, value))
    except ValueError:
        raise RowRefused("This is not an id.", found(key, value)) from None


def moment_of(key: str, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(text_of(key, value))
    except ValueError as error:
        if isinstance(error, RowRefused):
            raise
        raise RowRefused(
            "The time is not understood: write it like 2026-10-31T18:05:00+01:00.", found(key, value)
        ) from None
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise RowRefused("The time has no zone: add Z or an offset like +01:00.", found(key, value))
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise RowRefused(
            "The time is not understood: write it like 2026-10-31T18:05:00+01:00.", found(key, value)
        ) from None


def number_of(key: str, value: Any) -> Decimal:
    """A finite number."""
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise InvalidOperation
        text = str(value).strip()
        # Python reads the digits of every script, JSON those of one.
        if len(text) > 40 or "_" in text or not text.isascii():
            raise InvalidOperation
        number = Decimal(text)
    except InvalidOperation:
        raise RowRefused("This is not a number.", found(key, value)) from None
    if not number.is_finite():
        raise RowRefused("This is not a number.", found(key, value))
    return number


def seconds_of(key: str, value: Any) -> int | float:
    """Seconds from 0 on, to the millisecond."""
    number = number_of(key, value)
    if number < 0:
        raise RowRefused("A duration is negative.", found(key, value))
    if number > _LONGEST_SECONDS:
        raise RowRefused("A duration is longer than 100 hours.", found(key, value))
    return int(number) if number == number.to_integral_value() else float(round(number, 3))


def quartile_of(key: str, value: Any) -> int:
    number = number_of(key, value)
    if number not in (0, 1, 2, 3, 4):
        raise RowRefused("A quartile is 0 (start), 1, 2, 3 or 4 (end).", found(key, value))
    return int(number)


def country_of(key: str, value: Any) -> str:
    """The country's code; empty, as where none is told, for letters that no country has."""
    text = text_of(key, value)
    if not _COUNTRY.fullmatch(text):
        raise RowRefused("A country is two letters, like DE.", found(key, value))
    # ZZ, XX and the like are how sources say that they do not know.
    return countries().get(text.upper(), "")


def currency_of(key: str, value: Any) -> str:
    """The currency in capitals. Raises: RowRefused."""
    text = text_of(key, value)
    if not _CURRENCY.fullmatch(text):
        raise RowRefused("A currency is three letters, like EUR.", found(key, value))
    if text.upper() not in currencies():
        raise RowRefused("No country has this currency (ISO 4217).", found(key, value))
    return text.upper()


def promo_code_of(key: str, value: Any) -> str:
    return label_of(key, value).upper()


def micros_of(key: str, value: Any) -> int:
    return _amount(key, value, number_of(key, value))


def money_of(key: str, value: Any) -> int:
    return _amount(key, value, number_of(key, value) * 1_000_000)


def whole_micros(micros: Decimal) -> Decimal:
    """The amount as a double that stands for it would say it: of 0.30000000000000004 (0.1 + 0.2) what is exact.

    A double is sure of 15 digits, and no amount has more. What is no whole number of millionths then stays as it is.
    """
    said = _DOUBLE.plus(micros)
    return said if said == said.to_integral_value() else micros


def _amount(key: str, value: Any, micros: Decimal) -> int:
    micros = whole_micros(micros)
    if micros > LARGEST_AMOUNT * 1_000_000:
        raise RowRefused(f"An amount is at most {LARGEST_AMOUNT:,} of its currency.", found(key, value))
    if micros < 0 or micros != micros.to_integral_value():
        raise RowRefused("This is not an amount of money.", found(key, value))
    return int(micros)


def one_of(choices: tuple[str, ...], reason: str) -> Callable[[str, Any], str]:
    """Reads one of these words; what is none of them is refused with the reason."""

    def read(key: str, value: Any) -> str:
        text = text_of(key, value).lower()
        if text not in choices:
            raise RowRefused(reason, found(key, value))
        return text

    return read
