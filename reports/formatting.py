"""Numbers, percentages, money, durations and dates as people read them: the same on page, in charts and in PDF.

Rounding is half-even on the exact decimal value (2.5 -> 2, 3.5 -> 4), so that a long column of rounded values
is not biased upwards. Integers and Decimals are never turned into floats on the way.

One precision for each kind of number, wherever it stands, so that what is compared down a column or across two media
has as many digits: counts whole; shares, rates, changes, credit and times with one decimal; money with the digits of
its currency, and in a row of key figures all of it in the form of the largest amount (`money_form`).
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Literal

Number = int | float | Decimal
Grain = Literal["hour", "day", "week", "month", "quarter", "year"]
MoneyForm = Literal["full", "whole", "short"]

EMPTY = "\u2013"
MINUS = "\u2212"
NARROW_SPACE = "\u202f"
TIMES = "\u00d7"
POINTS = "pp"
"""Percentage points, as short as a key figure has room for; pages and papers say the words beside it."""
UNITS = ("count", "number", "ratio", "money", "seconds", "times", "text", "date", "datetime")

_SYMBOLS = {
    "EUR": "€",
    "USD": "$",
    "GBP": "£",
    "JPY": "¥",
    "INR": "₹",
    "AUD": "A$",
    "CAD": "C$",
    "NZD": "NZ$",
    "BRL": "R$",
}
_MINOR_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "KWD": 3, "BHD": 3, "JOD": 3, "TND": 3}
_MICROS = Decimal(1_000_000)
# From here on the short form of money is told in thousands; below, a rounded amount would be another amount.
_LARGE_AMOUNT = 10_000
# From here on a row of key figures has no room for whole amounts.
_VAST_AMOUNT = 10_000_000
# Wide enough that no value that a database holds is refused or rounded on the way.
_WIDE = Context(prec=400, rounding=ROUND_HALF_EVEN)
_SUFFIXES = ("", "k", "M", "B", "T")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _exact(value: Number) -> Decimal:
    if type(value) is Decimal:
        return value
    if type(value) is int:
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TypeError(f"A value is an int, a Decimal or a float, not {type(value).__name__}.")
    # repr of a float is the shortest decimal that names it: 0.125 stays 0.125.
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _rounded(value: Decimal, decimals: int) -> Decimal:
    rounded = value.quantize(Decimal(1).scaleb(-decimals), context=_WIDE)
    # Rounding can leave "-0".
    return rounded if rounded else rounded.copy_abs()


def _grouped(value: Decimal, decimals: int) -> str:
    return f"{_rounded(value, decimals):,.{decimals}f}".replace("-", MINUS)


def _short(value: Decimal) -> str:
    """Return the value in about three significant figures: 999, 1.2k, 41.2k, 412k, 1.5M."""
    scaled = value
    for suffix in _SUFFIXES:
        whole = not suffix and scaled == scaled.to_integral_value()
        decimals = 0 if whole or abs(_rounded(scaled, 1)) >= 100 else 1
        if abs(_rounded(scaled, decimals)) < 1000 or suffix == _SUFFIXES[-1]:
            break
        scaled /= 1000
    return _grouped(scaled, decimals).removesuffix(".0") + suffix


def number(value: Number | None, decimals: int = 0) -> str:
    """Return the value with thousands separators: 41,208."""
    if type(value) is int and not decimals:  # most numbers of a chart, in a tenth of the time
        return f"{value:,}".replace("-", MINUS)
    return EMPTY if value is None else _grouped(_exact(value), decimals)


def compact(value: Number | None) -> str:
    """Return the value short enough for a chart: 41.2k."""
    return EMPTY if value is None else _short(_exact(value))


def percent(ratio: Number | None, decimals: int = 1) -> str:
    """Return a 0-1 ratio as a percentage: 4.2 %, 68.4 %, 100.0 %."""
    return EMPTY if ratio is None else _grouped(_exact(ratio) * 100, decimals) + NARROW_SPACE + "%"


def change_ratio(now: Number | None, before: Number | None) -> Decimal | None:
    """Return the relative change, or None where there is nothing to compare with (before missing or 0)."""
    if now is None or before is None or before == 0:
        return None
    return (_exact(now) - _exact(before)) / abs(_exact(before))


def signed_percent(ratio: Number | None) -> str:
    """Return a relative change with its sign: +12.0 %, −4.2 %, 0.0 %."""
    return EMPTY if ratio is None else _sign(_exact(ratio) * 100, 1) + percent(ratio)


def signed_points(points: Number | None, decimals: int = 1) -> str:
    """Return a change of a share in percentage points with its sign: +1.5 pp, −4.2 pp."""
    if points is None:
        return EMPTY
    value = _exact(points)
    return f"{_sign(value, decimals)}{_grouped(value, decimals)}{NARROW_SPACE}{POINTS}"


def _sign(value: Decimal, decimals: int) -> str:
    return "+" if _rounded(value, decimals) > 0 else ""


def change(now: Number | None, before: Number | None, unit: str = "count", *, decimals: int = 1) -> str:
    """Return the change from before to now: +12.0 %, for a ratio −4.2 pp; an en dash where before is missing or 0."""
    if unit != "ratio":
        return signed_percent(change_ratio(now, before))
    points = None if now is None or not before else (_exact(now) - _exact(before)) * 100
    return signed_points(points, decimals)


def rate_decimals(high: Number | None) -> int:
    """Return the digits of a rate and of the interval that ends at `high`, alike for both.

    Under one percent a single decimal would often write both ends alike.
    """
    return 2 if high is not None and _exact(high) < Decimal("0.01") else 1


def money_form(amounts: Iterable[Number | None]) -> MoneyForm:
    """Return the form that a row of amounts has in common, by the largest: with cents, whole, or in thousands."""
    largest = (
        max((abs(_exact(amount)) for amount in amounts if amount is not None), default=Decimal(0)) / _MICROS
    )
    return "full" if largest < _LARGE_AMOUNT else "whole" if largest < _VAST_AMOUNT else "short"


def money(
    micros: Number | None,
    currency: str,
    *,
    short: bool = False,
    form: MoneyForm = "full",
) -> str:
    """Return an amount with its currency: €1,234.50, CHF 1,234.50, ¥1,234.

    Short, on axes: from 10,000 on in thousands or more (€18.4k), below in full, with cents where there are any (€80.40,
    €80). Form: what a row has in common (`money_form`): €80.00, €80, €0.1k. Units: millionths of the currency.
    """
    if micros is None:
        return EMPTY
    value = _WIDE.divide(_exact(micros), _MICROS)
    decimals = 0 if form == "whole" else _MINOR_DIGITS.get(currency, 2)
    size = abs(value)
    if form == "short" or (short and _rounded(size, decimals) >= _LARGE_AMOUNT):
        text = _short(size)
    else:
        is_whole = short and _rounded(size, decimals) == size.to_integral_value()
        text = _grouped(size, 0 if is_whole else decimals)
    sign = MINUS if value < 0 and any(digit in text for digit in "123456789") else ""
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{currency}\u00a0{text}"


def duration(seconds: Number | None, *, short: bool = False) -> str:
    """Return a length of time in its two largest units: 45 s, 12 min 30 s, 1 h 4 min; short: the largest alone."""
    if seconds is None:
        return EMPTY
    total = int(_rounded(_exact(seconds), 0))
    sign, total = (MINUS, -total) if total < 0 else ("", total)
    if short:
        return sign + _short_duration(total)
    hours, minutes, rest = total // 3600, total % 3600 // 60, total % 60
    if hours >= 100:
        parts = [f"{_grouped(_rounded(Decimal(total) / 3600, 0), 0)} h"]
    elif hours:
        parts = [f"{hours} h", f"{minutes} min"] if minutes else [f"{hours} h"]
    elif minutes:
        parts = [f"{minutes} min", f"{rest} s"] if rest else [f"{minutes} min"]
    else:
        parts = [f"{rest} s"]
    return sign + " ".join(parts).replace(" ", "\u00a0")


def _short_duration(total: int) -> str:
    if total < 60:
        return f"{total}\u00a0s"
    if total < 3600:
        return f"{_rounded(Decimal(total) / 60, 0)}\u00a0min"
    return f"{_short(_rounded(Decimal(total) / 3600, 1))}\u00a0h"


def clock(seconds: Number | None) -> str:
    """Return a position in a recording: 0:45, 12:30, 1:04:09."""
    if seconds is None:
        return EMPTY
    total = int(_rounded(_exact(seconds), 0))
    hours, minutes, rest = total // 3600, total % 3600 // 60, total % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """Return a count with its noun: 1 episode, 3 episodes."""
    return f"{number(count)} {singular if count == 1 else plural or singular + 's'}"


def format_value(
    value: Number | str | date | datetime | None,
    unit: str,
    *,
    compact: bool = False,
    currency: str | None = None,
    decimals: int = 1,
    form: MoneyForm = "full",
    zone: tzinfo | None = None,
) -> str:
    """Return a value as its unit is read; an en dash for None. Text stands as it is ("<5" in a count's place).

    Units: count (whole), number (credit, frequency: one decimal), ratio 0-1, money in millionths of `currency` (CPM and
    CPA too), seconds, times (2.5×), text, date, datetime (aware, shown in `zone`). `decimals` of a ratio follow its
    interval (`rate_decimals`), `form` of money its row (`money_form`).
    Raises: ValueError for an unknown unit, for money without a currency or a datetime without a zone.
    """
    if type(value) is int and unit == "count" and not compact:
        return number(value)  # most values of a page
    if unit not in UNITS:
        raise ValueError(f"Unknown unit {unit!r}; known are {', '.join(UNITS)}.")
    if unit == "money" and not currency:
        raise ValueError("Money is shown with its currency.")
    if value is None:
        return EMPTY
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return _moment(value, unit, zone)
    if unit == "ratio":
        return percent(value, decimals)
    if unit == "money":
        return money(value, currency or "", short=compact, form=form)
    if unit == "seconds":
        return duration(value, short=compact)
    if unit == "times":
        return number(value, 1) + TIMES
    if compact:
        return _short(_exact(value))
    return number(value, 0 if unit == "count" else 1)


def interval(low: Number | None, high: Number | None, unit: str, *, currency: str | None = None) -> str:
    """Return a 95 % interval as the values it lies between: 3.1 % to 4.9 % (95 %); empty where there is none."""
    if low is None or high is None:
        return ""
    ends = [format_value(end, unit, currency=currency, decimals=rate_decimals(high)) for end in (low, high)]
    return f"{ends[0]} to {ends[1]} (95{NARROW_SPACE}%)"


def _moment(value: date | datetime, unit: str, zone: tzinfo | None) -> str:
    if unit != "datetime" or not isinstance(value, datetime):
        return day(local(value, zone) if zone else value)
    if zone is None:
        raise ValueError("A moment is shown in a time zone.")
    return instant(value, zone)


def local(moment: date | datetime, zone: tzinfo) -> date | datetime:
    """Return an aware datetime as wall-clock time in the zone, without its zone; a date as it is."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment.astimezone(zone).replace(tzinfo=None)
    return moment


def day(moment: date | datetime, *, weekday: bool = False, year: bool = True) -> str:
    """Return a date: 2 Nov 2026, Mon 2 Nov 2026, 2 Nov."""
    text = f"{moment.day} {_MONTHS[moment.month - 1]}"
    if weekday:
        text = f"{_WEEKDAYS[moment.weekday()]} {text}"
    return f"{text} {moment.year}" if year else text


def instant(moment: datetime, zone: tzinfo) -> str:
    """Return a point in time in the zone, with the zone's short name: 23 Nov 2026, 14:05 CET."""
    there = moment.astimezone(zone)
    return f"{day(there)}, {there:%H:%M} {there.tzname() or ''}".rstrip()


def period(start: date | datetime, end: date | datetime, zone: tzinfo) -> str:
    """Return a half-open period [start, end) as the days it covers: 26 Oct – 22 Nov 2026."""
    first = local(start, zone)
    beyond = local(end, zone)
    last = beyond - (timedelta(microseconds=1) if isinstance(beyond, datetime) else timedelta(days=1))
    if (first.year, first.month, first.day) == (last.year, last.month, last.day):
        return day(first)
    if first.year != last.year:
        return f"{day(first)} \u2013 {day(last)}"
    if first.month != last.month:
        return f"{day(first, year=False)} \u2013 {day(last)}"
    return f"{first.day}\u2013{day(last)}"


def bucket(moment: date | datetime, grain: Grain) -> str:
    """Return the name of a bucket that begins at `moment` (already local): Mon 2 Nov 2026, Nov 2026, Q4 2026."""
    if grain == "hour":
        return f"{day(moment, weekday=True)}, {moment:%H:%M}"
    if grain == "day":
        return day(moment, weekday=True)
    if grain == "week":
        return f"Week of {day(moment)}"
    if grain == "month":
        return f"{_MONTHS[moment.month - 1]} {moment.year}"
    if grain == "quarter":
        return f"Q{(moment.month + 2) // 3} {moment.year}"
    return str(moment.year)
