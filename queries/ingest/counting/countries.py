"""Countries of addresses from a database in MaxMind's format, when one is configured."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import maxminddb

from queries.errors import InvalidRequest
from queries.ingest.counting.verdicts import Place

_log = logging.getLogger(__name__)


class Countries:
    """Looks up the country and region that an address is registered in. Addresses go in and are not kept."""

    def __init__(self, path: Path) -> None:
        """Opens the database. Raises: InvalidRequest when the file cannot be read or is none."""
        try:
            self._reader = maxminddb.open_database(path)
        except OSError as error:
            raise InvalidRequest(
                f"The database of countries {path} cannot be read: {error.strerror or error}."
            ) from None
        except maxminddb.InvalidDatabaseError:
            raise InvalidRequest(f"{path} is no database in MaxMind's format (.mmdb).") from None
        self._is_damaged = False

    def __enter__(self) -> Countries:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.close()

    @property
    def version(self) -> str:
        """Kind of the database and the day it was made."""
        about = self._reader.metadata()
        return f"{about.database_type} of {_day(about.build_epoch)}"

    def place(self, address: str) -> Place:
        """Where this address is registered; nothing for one that the database does not hold."""
        try:
            found = self._reader.get(address)
        except ValueError:
            # An IPv6 address in a database that holds IPv4 only.
            return Place()
        except maxminddb.InvalidDatabaseError:
            # Its text names the address, which is kept nowhere.
            if not self._is_damaged:
                self._is_damaged = True
                _log.warning("the database of countries is damaged: some addresses have no country")
            return Place()
        return read_place(found)


def read_place(record: object) -> Place:
    """The place in a record of the GeoLite2, GeoIP2, DB-IP or IPinfo kind."""
    if not isinstance(record, Mapping):
        return Place()
    country = record.get("country") or record.get("registered_country")
    code = country.get("iso_code") if isinstance(country, Mapping) else record.get("country_code") or country
    if not isinstance(code, str) or len(code) != 2:
        return Place()
    regions = record.get("subdivisions")
    region = None
    if isinstance(regions, list) and regions and isinstance(regions[0], Mapping):
        region = regions[0].get("iso_code")
    return Place(code.upper(), region if isinstance(region, str) else None)


def _day(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).date().isoformat()
