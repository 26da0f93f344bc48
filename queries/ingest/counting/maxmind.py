"""Databases in MaxMind's format, which tell something of the network that an address is in."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import maxminddb

from queries.errors import InvalidRequest
from queries.ingest.counting.addresses import packed

_log = logging.getLogger(__name__)

_IPV4_BYTES = 4
_WHERE_IPV4_LIES = bytes(12)
"""In such a file the addresses of IPv4 are those of IPv6 that begin so (::192.0.2.1), which nobody has."""


class AddressDatabase:
    """Looks up the record of an address. Addresses go in and are not kept."""

    holds: ClassVar[str]
    """What it is a database of."""
    lacking: ClassVar[str]
    """What addresses have not that cannot be looked up."""

    def __init__(self, path: Path) -> None:
        """Opens the database. Raises: InvalidRequest when the file cannot be read or is none."""
        try:
            self._reader = maxminddb.open_database(path)
        except OSError as error:
            raise InvalidRequest(
                f"The database of {self.holds} {path} cannot be read: {error.strerror or error}."
            ) from None
        except maxminddb.InvalidDatabaseError:
            raise InvalidRequest(f"{path} is no database in MaxMind's format (.mmdb).") from None
        self._has_ipv6 = self._reader.metadata().ip_version != _IPV4_BYTES
        self._is_damaged = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing can be looked up afterwards."""
        self._reader.close()

    @property
    def version(self) -> str:
        """Kind of the database and the day it was made."""
        about = self._reader.metadata()
        return f"{about.database_type} of {_day(about.build_epoch)}"

    def record(self, address: str) -> object:
        """What is told of this address; None for one that the database does not hold, or that is none."""
        try:
            read = packed(address)
        except ValueError:
            return None
        if len(read) > _IPV4_BYTES and (not self._has_ipv6 or read.startswith(_WHERE_IPV4_LIES)):
            return None
        try:
            # Never the text: a file need not know that IPv4 is written as IPv6 too.
            return self._reader.get(ipaddress.ip_address(read))
        except (maxminddb.InvalidDatabaseError, UnicodeDecodeError):
            # Its text names the address, which is kept nowhere.
            if not self._is_damaged:
                self._is_damaged = True
                _log.warning(
                    "the database of %s is damaged: some addresses have no %s", self.holds, self.lacking
                )
            return None

    def first_records(self, most: int) -> Iterator[object]:
        """The first records of the file, as far as they can be read."""
        try:
            for _, record in islice(self._reader, most):
                yield record
        except (maxminddb.InvalidDatabaseError, UnicodeDecodeError):
            return


def _day(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).date().isoformat()
