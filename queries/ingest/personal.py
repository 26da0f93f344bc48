"""What says who somebody is: IP addresses, e-mail addresses and phone numbers. None is stored, none is shown."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

HIDDEN = "…"

# The signs of ASCII, as wide as those of Chinese and Japanese.
_WIDE = {sign + 0xFEE0: sign for sign in range(0x21, 0x7F)}

# Each begins where a word does, and none is without end: a hostile cell would be read again from each of its signs.
_E_MAIL = re.compile(r"(?<![^@\s])[^@\s]+@[^@\s]+\.[^@\s]+")
# A version is no address: Overcast/3.1.0.2.
_IPV4 = re.compile(r"(?<![0-9A-Za-z.])(?<![A-Za-z]/)(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?!\.?[0-9A-Za-z])")
_IPV6 = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{0,4}:){2,8}[0-9A-Fa-f.]{0,15}(?![0-9A-Za-z])")
# Written alone: a hash in base64 may well have a plus before digits.
_PHONE = re.compile(r"(?:tel:)?\+(?:[ ()./-]{0,3}[0-9]){8,15}", re.IGNORECASE)
_AFTER_A_NAME = re.compile(r"[A-Za-z)] v?(?=(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9.]))")

# Whatever looks like one. A version may go with them, as what is shown is there to find the row again.
_SHOWN_E_MAIL = re.compile(r"(?<![^\s@,;<>\"'])[^\s@,;<>\"']+(?:@|%40)[^\s@,;<>\"']+")
_SHOWN_IPV4 = re.compile(r"(?<![0-9])(?<![0-9]\.)(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?!\.?[0-9])")
_SHOWN_PHONE = re.compile(r"(?<![0-9A-Za-z])\+[0-9](?:[ ()./-]{0,3}[0-9]){7,14}(?![0-9A-Za-z])")


def is_personal(text: str) -> bool:
    """Whether an IP or e-mail address stands in the text, or it is a phone number; in whatever width it is written."""
    text = _plain(text)
    # Nearly no text has one of the signs, and to look for each costs less than an expression.
    if "." not in text and ":" not in text and "@" not in text and "+" not in text:
        return False
    return (
        _names_ip_address(text)
        or ("@" in text and _E_MAIL.search(text) is not None)
        or ("+" in text and _PHONE.fullmatch(text) is not None)
    )


@lru_cache(maxsize=20_000)
def is_personal_label(text: str) -> bool:
    """The same of a name of which there are few, as of regions."""
    return is_personal(text)


@lru_cache(maxsize=20_000)
def is_personal_program(text: str) -> bool:
    """The same of an app, a device or a system: the four numbers of a version after its name are no address."""
    return is_personal(_AFTER_A_NAME.sub("a/", text))


def masked(text: str) -> str:
    """The text with … for each part that looks like an IP address, an e-mail address or a phone number."""
    plain = _plain(text)
    hidden = _hidden(plain)
    # As it was written, where there is nothing to hide.
    return text if hidden == plain else hidden


def _plain(text: str) -> str:
    return text if text.isascii() else text.translate(_WIDE)


def _hidden(text: str) -> str:
    if "@" in text or "%40" in text:
        text = _SHOWN_E_MAIL.sub(HIDDEN, text)
    if "." in text:
        text = _SHOWN_IPV4.sub(HIDDEN, text)
    if ":" in text:
        text = _IPV6.sub(lambda found: HIDDEN if _is_ipv6(found[0].rstrip(".")) else found[0], text)
    return _SHOWN_PHONE.sub(HIDDEN, text) if "+" in text else text


def _names_ip_address(text: str) -> bool:
    """Whether an IP address stands in the text: alone, with its port, in brackets, or beside something else."""
    if "." not in text and ":" not in text:
        return False
    if any(all(int(part) <= 255 for part in found[0].split(".")) for found in _IPV4.finditer(text)):
        return True
    return any(_is_ipv6(found[0].rstrip(".")) for found in _IPV6.finditer(text))


def _is_ipv6(text: str) -> bool:
    # Two colons alone are the address of nobody, and stand between words.
    if text == "::":
        return False
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
