"""Countries of addresses from a database in MaxMind's format, when one is configured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from queries.ingest.cells import RowRefused, country_of, label_of
from queries.ingest.counting.maxmind import AddressDatabase
from queries.ingest.counting.verdicts import Place


class Countries(AddressDatabase):
    """Looks up the country and region that an address is registered in. Addresses go in and are not kept."""

    holds = "countries"
    lacking = "country"

    def place(self, address: str) -> Place:
        """Where this address is registered; nothing for one that the database does not hold, or that is none."""
        return read_place(self.record(address))


def read_place(record: object) -> Place:
    """The place in a record of the GeoLite2, GeoIP2, DB-IP or IPinfo kind.

    The rules are those for what a file of events tells: what would be refused there is unknown. A region of no country
    is none.
    """
    if not isinstance(record, Mapping):
        return Place()
    told = record.get("country") or record.get("registered_country")
    code = told.get("iso_code") if isinstance(told, Mapping) else record.get("country_code") or told
    country = _told(country_of, "country", code)
    if country is None:
        return Place()
    regions = record.get("subdivisions")
    if isinstance(regions, list) and regions and isinstance(regions[0], Mapping):
        return Place(country, _told(label_of, "region", regions[0].get("iso_code")))
    return Place(country)


def _told(read: Callable[[str, Any], str], key: str, value: object) -> str | None:
    try:
        return read(key, value) or None
    except RowRefused:
        return None
