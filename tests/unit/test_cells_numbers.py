"""Numbers and amounts as programs write them: doubles and digits of other scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from queries.ingest import ad_units, bookings, retention
from queries.ingest.cells import RowRefused, number_of, seconds_of
from queries.ingest.columns import COLUMNS

_READ: dict[str, Callable[[str, Any], Any]] = {
    column.key: column.read for column in COLUMNS["attribution"] if column.key in ("value", "value_micros")
}


@pytest.mark.parametrize(
    ("value", "micros"),
    [
        (0.1 + 0.2, 300_000), ("0.30000000000000004", 300_000), (19.9, 19_900_000), (19.9 * 3, 59_700_000),
        (sum([0.1] * 10), 1_000_000), (1.1 * 1.1, 1_210_000), (99_999_999.999999, 99_999_999_999_999),
        (99_999_999.1 + 0.2, 99_999_999_300_000), ("100000000", 100_000_000_000_000), ("0.000001", 1), (0, 0),
        # No double's fault: so it was told.
        (12.3456785, None), ("0.0000001", None), ("12.345678000001", None), (1 / 3, None), (1e-9, None),
    ],
)  # fmt: skip
def test_an_amount_is_what_its_double_stands_for(value: Any, micros: int | None) -> None:
    for told in (value, str(value)):
        if micros is None:
            with pytest.raises(RowRefused, match="This is not an amount of money"):
                _READ["value"]("value", told)
        else:
            assert _READ["value"]("value", told) == micros


def test_micros_and_rates_of_bookings_are_read_alike() -> None:
    [rate] = [column.read for column in bookings.BOOKINGS.columns if column.key == "rate"]
    assert rate("rate", 0.1 + 0.2) == 300_000
    assert _READ["value_micros"]("value_micros", (0.1 + 0.2) * 1_000_000) == 300_000
    with pytest.raises(RowRefused):
        _READ["value_micros"]("value_micros", 1.5)


@pytest.mark.parametrize("digits", ["\uff11\uff12", "\u0661\u0662", "1\uff12", "\uff0d1"])
def test_digits_of_other_scripts_are_no_number_anywhere(digits: str) -> None:
    readers = [number_of, seconds_of, *_READ.values()]
    columns = (*ad_units.AD_UNITS.columns, *bookings.BOOKINGS.columns, *retention.CURVES.columns)
    of_numbers = {
        "position_seconds", "duration_seconds", "booked_impressions", "rate", "booking_date", "second", "percent",
        "listeners", "plays", "share",
    }  # fmt: skip
    readers += [column.read for column in columns if column.key in of_numbers]
    assert of_numbers <= {column.key for column in columns}
    for read in readers:
        with pytest.raises(RowRefused):
            read("x", digits)
