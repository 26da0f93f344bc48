"""Which two letters are a country: the territories of CLDR, which are those of ISO 3166 and a few beside them (XK)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

_NONE = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
"""Unions, regions, what tests call themselves, and what says that nobody knows."""


@cache
def countries() -> Mapping[str, str]:
    """Each code that a country has or had, with the one it has: UK is GB. One that became several keeps its own."""
    # A tenth of a second of importing, for those who name a country only.
    from babel import Locale
    from babel.core import get_global

    codes = {code for code in map(str, Locale("en").territories) if len(code) == 2} - _NONE
    became: Mapping[str, list[str]] = get_global("territory_aliases")
    return {code: code for code in codes} | {
        code: now[0] if len(now) == 1 else code
        for code, now in became.items()
        if len(code) == 2 and now[0] in codes
    }
