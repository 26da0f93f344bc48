"""Refused rows in the order of their lines, whether they wait in memory or on the disk."""

from __future__ import annotations

from random import Random

import pytest

from queries.ingest import by_line
from queries.ingest.by_line import ByLine, Listed


@pytest.mark.parametrize("at_once", [1, 3, 7, 1_000])
def test_rows_come_by_line_and_those_of_one_line_as_they_came(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(by_line, "AT_ONCE", at_once)
    lines = [*range(1, 60), 7, 7, "", 12, ""]
    Random(at_once).shuffle(lines)  # noqa: S311 (nothing secret)
    rows: list[Listed] = [(number, f'a "{place}"', "b,\nü") for place, number in enumerate(lines)]
    with ByLine() as listed:
        for first in range(0, len(rows), 5):
            listed.add(rows[first : first + 5])
        known = sorted((row for row in rows if row[0] != ""), key=lambda row: int(row[0]))
        assert list(listed) == [*known, *(row for row in rows if row[0] == "")]
