"""Countries of addresses from a database in MaxMind's format, when one is configured."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import maxminddb

from queries.errors import InvalidRequest
from queries.ingest.cells import RowRefused, country_of, label_of
from queries.ingest.counting.addresses import packed
from queries.ingest.counting.verdicts import Place

_log = logging.getLogger(__name__)

_IPV4_BYTES = 4
_WHERE_IPV4_LIES = bytes(12)
"""In such a file the addresses of IPv4 are those of IPv6 that begin so (::192.0.2.1), which nobody has."""


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
        self._has_ipv6 = self._reader.metadata().ip_version != _IPV4_BYTES
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
        """Where this address is registered; nothing for one that the database does not hold, or that is none."""
        try:
            read = packed(address)
        except ValueError:
            return Place()
        if len(read) > _IPV4_BYTES and (not self._has_ipv6 or read.startswith(_WHERE_IPV4_LIES)):
            return Place()
        try:
            # Never the text: a file need not know that IPv4 is written as IPv6 too.
            found = self._reader.get(ipaddress.ip_address(read))
        except (maxminddb.InvalidDatabaseError, UnicodeDecodeError):
            # Its text names the address, which is kept nowhere.
            if not self._is_damaged:
                self._is_damaged = True
                _log.warning("the database of countries is damaged: some addresses have no country")
            return Place()
        return read_place(found)


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


def _day(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).date().isoformat()
