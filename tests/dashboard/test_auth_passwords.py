"""Passwords: how they are hashed and which are refused."""

from __future__ import annotations

import pytest
from argon2 import extract_parameters

from dashboard.auth import passwords


def test_hashes_are_argon2id_of_the_recommended_strength() -> None:
    made = extract_parameters(passwords.PasswordHasher(**passwords.STRENGTH).hash("a quiet lantern hums"))
    assert (made.type.name, made.memory_cost, made.time_cost, made.salt_len, made.hash_len) == (
        "ID",
        65536,
        3,
        16,
        32,
    )


def test_verifying_needs_a_hash_that_fits(cheap_passwords: None) -> None:
    stored = passwords.hash_password("a quiet lantern hums")
    assert passwords.verify_password(stored, "a quiet lantern hums")
    assert not passwords.verify_password(stored, "A quiet lantern hums")
    assert not passwords.verify_password(None, "nobody has this password")
    assert not passwords.verify_password("not a hash", "a quiet lantern hums")
    assert not passwords.needs_rehash(stored)


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        ("", "at least 12"),
        ("elevenchars", "at least 12"),
        ("x" * 257, "at most 256"),
        ("aaaaaaaaaaaaaa", "stolen"),
        ("abababababababab", "stolen"),
        ("Password1234", "stolen"),
        ("correcthorsebatterystaple", "stolen"),
        ("carol@alpha.example", "name or e-mail"),
        ("carolalpha123", "name or e-mail"),
        ("a quiet lantern hums", ""),
        ("Zwölf Möwen über Sylt", ""),
        ("雨が降っている静かな夜の港町", ""),
    ],
)
def test_weakness(password: str, complaint: str) -> None:
    said = passwords.weakness(password, "carol@alpha.example", "Carol Carver")
    assert complaint in said
    assert bool(said) is bool(complaint)
