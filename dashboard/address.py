"""From an address to what it shows: path and query string in, Filters of this viewer out."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from dashboard.access import Viewer, home_path
from dashboard.auth.sessions import now
from dashboard.pages import page_at
from queries.errors import InvalidRequest, NotFound
from queries.filters import Filters, parse_filters, parse_id


def query_of(search: Any) -> dict[str, str]:
    """The parameters of a query string; of a repeated one the last counts. Raises: InvalidRequest for too many."""
    try:
        return dict(parse_qsl(str(search or "").lstrip("?"), max_num_fields=50))
    except ValueError:
        raise InvalidRequest("This link has too many parts.") from None


def filters_of(viewer: Viewer, path: str, search: Any) -> Filters:
    """The Filters of an address in the viewer's zone.

    Raises: InvalidRequest, or NotFound when there is no such page for the viewer.
    """
    found = page_at(home_path(viewer) if path in ("", "/") else path)
    if found is None or not found[0].open_to(viewer):
        raise NotFound("No such page.")
    query = query_of(search)
    query.pop("campaign", None)
    if "campaign_id" in found[1]:
        query["campaign"] = str(parse_id(found[1]["campaign_id"], "campaign"))
    return parse_filters(query, zone=ZoneInfo(viewer.time_zone), now=now())
