"""Numbers of the autonomous systems (AS) that addresses belong to, when a database of them is configured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from queries.errors import InvalidRequest
from queries.ingest.counting.addresses import as_number_of
from queries.ingest.counting.maxmind import AddressDatabase

_LOOKED_AT = 1_000
"""Records: nearly each of such a database has a number."""


class AsNumbers(AddressDatabase):
    """Looks up the number of the AS that announces an address. Addresses go in and are not kept."""

    holds = "AS numbers"
    lacking = "number"

    def __init__(self, path: Path) -> None:
        """Opens the database. Raises: InvalidRequest, also for one of something else: it would filter nothing out."""
        super().__init__(path)
        if all(read_number(record) is None for record in self.first_records(_LOOKED_AT)):
            version = self.version
            self.close()
            raise InvalidRequest(f"{path} ({version}) is no database of AS numbers, as GeoLite2-ASN is one.")

    def number(self, address: str) -> int | None:
        """The number of this address; None for one that the database does not hold, or that is none."""
        return read_number(self.record(address))


def read_number(record: object) -> int | None:
    """The number in a record of the GeoLite2, GeoIP2 and DB-IP kind (a number) or the IPinfo kind (AS64496)."""
    if not isinstance(record, Mapping):
        return None
    number = record.get("autonomous_system_number")
    if isinstance(number, int):
        return number
    told = record.get("asn")
    return as_number_of(told) if isinstance(told, str) else None
