"""Passwords: argon2id, and the same work for an account that does not exist."""

from __future__ import annotations

import re
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_LENGTH = 12
LONGEST_LENGTH = 256

# RFC 9106, second recommendation (64 MiB, three passes), with one lane: the web's threads share the processors.
STRENGTH = {"time_cost": 3, "memory_cost": 65536, "parallelism": 1}
_hasher = PasswordHasher(**STRENGTH)

# Long enough to pass the length rule, and on every list of stolen passwords all the same.
_WIDELY_KNOWN = frozenset(
    {
        "123456789012", "1234567890123", "12345678901234", "123456789123", "1234567891011", "123123123123",
        "111111111111", "000000000000", "1q2w3e4r5t6y", "1qaz2wsx3edc", "qwertyuiop12", "qwertyuiop123",
        "qwertyuiopas", "qwertyuiop[]", "qwerty123456", "qwerty1234567", "asdfghjkl123", "zxcvbnm12345",
        "password1234", "password12345", "password123456", "passwordpassword", "passw0rd1234", "p@ssw0rd1234",
        "letmeinletmein", "iloveyou1234", "iloveyouforever", "administrator", "administrator1", "adminadminadmin",
        "welcome12345", "welcome123456", "changemenow1", "changemeplease", "abcdefghijkl", "abcdefghijklmnop",
        "abc123abc123", "abcd1234abcd", "trustno1trustno1", "correcthorsebatterystaple", "princess1234",
        "football1234", "baseball1234", "superman1234", "sunshine1234", "monkey123456", "dragon123456",
        "michael12345", "unbelievable", "manchesterunited", "liverpoolfc1", "christopher1", "thunderbird1",
        "secretsecret", "secretpassword", "mypassword123", "newpassword123", "testpassword", "test12345678",
        "podcastpodcast", "podboard-demo", "podboardpodboard",
    }
)  # fmt: skip


def hash_password(password: str) -> str:
    """The argon2id hash that is stored."""
    return _hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password is right. Without a hash the same work is done, and the answer is no."""
    try:
        right = _hasher.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Whether the stored hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def weakness(password: str, *personal: str) -> str:
    """Why a new password is refused, in words for the person; empty when it is good.

    `personal`: names and e-mail of the person, which a password must not consist of.
    """
    if len(password) < LEAST_LENGTH:
        return f"Use at least {LEAST_LENGTH} characters. A few words in a row are fine."
    if len(password) > LONGEST_LENGTH:
        return f"Use at most {LONGEST_LENGTH} characters."
    lowered = password.casefold()
    if lowered in _WIDELY_KNOWN or len(set(lowered)) < 5:
        return "This password is on lists of stolen ones. Choose another."
    words = {word for part in personal for word in re.split(r"[\s@.]+", part.casefold()) if len(word) >= 4}
    rest = lowered
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    if len(rest) < LEAST_LENGTH - 4:
        return "This password is mostly your name or e-mail. Choose another."
    return ""


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")
