"""Which three letters are money: the currencies of countries and of their unions, as CLDR knows them by ISO 4217."""

from __future__ import annotations

from functools import cache


@cache
def currencies() -> frozenset[str]:
    """Codes of what is or once was legal tender somewhere: neither XXX (none), XTS (a test) nor XAU (gold)."""
    # A tenth of a second of importing, for those who name a currency only.
    from babel.core import get_global

    told = get_global("territory_currencies").values()
    return frozenset(code for of_territory in told for code, *_, is_tender in of_territory if is_tender)
