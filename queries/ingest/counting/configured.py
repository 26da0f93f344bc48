"""The lists that an installation configures, read from its files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from queries.errors import InvalidRequest
from queries.ingest.counting.addresses import NetworkListError, Networks


def data_centres(paths: Iterable[Path]) -> Networks:
    """The networks of data centres and VPNs in these files, none without files: then that filter is off.

    Raises: InvalidRequest, which names file and line.
    """
    lines: list[str] = []
    for path in paths:
        try:
            found = path.read_text("utf-8-sig").splitlines()
            Networks.from_lines(found)
        except OSError as error:
            raise _unusable(path, error.strerror or "it cannot be read") from None
        except UnicodeDecodeError:
            raise _unusable(path, "it is not valid UTF-8") from None
        except NetworkListError as error:
            raise _unusable(path, str(error)) from None
        lines += found
    return Networks.from_lines(lines)


def _unusable(path: Path, reason: str) -> InvalidRequest:
    return InvalidRequest(f"The list of data centres {path} cannot be used: {reason}.")
