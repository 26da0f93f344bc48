"""Lines of a file: what is looked at before its turn comes once more, and how far the file is stays true."""

from __future__ import annotations

import io

import pytest

from queries.ingest.lines import LONGEST_LINE, Lines

CONTENT = b"one\n" + b"x" * (3 * LONGEST_LINE) + b"\n\ntwo\nthree"


def _read(lines: Lines) -> list[tuple[int, bytes | None, str]]:
    return [(number, line, lines.sha256_so_far()) for number, line in lines]


@pytest.mark.parametrize(("most", "size", "seen"), [(0, 9, 0), (2, 99, 2), (9, 1, 1), (9, 5, 3), (99, 99, 5)])
@pytest.mark.parametrize("before", [0, 1, 4])
def test_looking_ahead_changes_nothing(before: int, most: int, size: int, seen: int) -> None:
    plain, looked = Lines(io.BytesIO(CONTENT)), Lines(io.BytesIO(CONTENT))
    expected = _read(plain)
    numbered = iter(looked)
    for _ in range(before):
        next(numbered)
    at = looked.number, looked.sha256_so_far()
    ahead = looked.ahead(most, size)
    assert (looked.number, looked.sha256_so_far()) == at
    assert ahead == [one[:2] for one in expected[before:][: len(ahead)]]
    if not before:
        assert len(ahead) == seen
    assert _read(looked) == expected[before:]


def test_looking_ahead_again_sees_the_same_and_goes_further() -> None:
    plain, looked = Lines(io.BytesIO(CONTENT)), Lines(io.BytesIO(CONTENT))
    expected = _read(plain)
    numbered = iter(looked)
    for place, most in ((0, 1), (0, 3), (0, 2), (1, 1), (1, 4), (3, 9), (4, 9)):
        while looked.number < place:
            next(numbered)
        at = looked.number, looked.sha256_so_far()
        assert looked.ahead(most, 99) == [one[:2] for one in expected[place : place + most]]
        assert (looked.number, looked.sha256_so_far()) == at
    assert _read(looked) == expected[4:]
    assert looked.sha256() == plain.sha256()


def test_the_hash_of_the_whole_is_the_same_after_a_look_ahead() -> None:
    plain, looked = Lines(io.BytesIO(CONTENT)), Lines(io.BytesIO(CONTENT))
    looked.ahead(2, 99)
    assert looked.sha256() == plain.sha256()
