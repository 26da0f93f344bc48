"""The lists that an installation configures, read from its files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from queries.errors import InvalidRequest
from queries.ingest.counting.addresses import FindAsNumber, NetworkListError, Networks


def data_centres(paths: Iterable[Path], find_as_number: FindAsNumber | None = None) -> Networks:
    """The networks of data centres and VPNs in these files, none without files: then that filter is off.

    `find_as_number`: where the AS numbers in them are looked up. Raises: InvalidRequest, which names file and line.
    """
    lines: list[str] = []
    for path in paths:
        try:
            found = path.read_text("utf-8-sig").splitlines()
            Networks.from_lines(found, find_as_number)
        except OSError as error:
            raise _unusable(path, error.strerror or "it cannot be read") from None
        except UnicodeDecodeError:
            raise _unusable(path, "it is not valid UTF-8") from None
        except NetworkListError as error:
            raise _unusable(path, str(error)) from None
        lines += found
    return Networks.from_lines(lines, find_as_number)


def _unusable(path: Path, reason: str) -> InvalidRequest:
    return InvalidRequest(f"The list of data centres {path} cannot be used: {reason}.")
