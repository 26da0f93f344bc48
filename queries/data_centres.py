"""What is known of the filter of data centres and VPNs: the lists of this process, and which imports had one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from queries.ingest.counting.rules import WITH_LIST, WITHOUT_LIST
from queries.settings import current_settings
from queries.statements import ask


@dataclass(frozen=True, slots=True)
class DataCentres:
    """`lists`: names of the files that are configured at present; by them the enclosure prefix is judged.

    Of the access logs that were imported each says itself whether it was counted `with_list` or `without_list`; who may
    see no imports has none of either.
    """

    lists: tuple[str, ...]
    with_list: int = 0
    without_list: int = 0


def data_centres(connection: Connection | None) -> DataCentres:
    """What holds at present, and what held when the tenant's access logs were counted; without a tenant the former."""
    lists = tuple(path.name for path in current_settings().data_centres)
    if connection is None:
        return DataCentres(lists)
    (found,) = ask(
        connection, "sources/data_centres", with_list=f"%; {WITH_LIST};%", without_list=f"%; {WITHOUT_LIST};%"
    )
    return DataCentres(lists, found["with_list"], found["without_list"])
