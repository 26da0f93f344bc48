"""From an address to what it shows: path and query string in, Filters of this viewer out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from dashboard.access import Viewer, home_path
from dashboard.auth.sessions import now
from dashboard.pages import page_at
from queries import campaign_delivery, catalogue
from queries.errors import InvalidRequest, NotFound
from queries.filters import Filters, parse_filters, parse_id
from queries.periods import DEFAULT_PRESET
from queries.session import tenant_session
from reports.labels import country_name


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
    return parse_filters(query, zone=viewer.zone, now=now())


def require_known(viewer: Viewer, f: Filters, offered: Collection[str] = ("podcast", "country")) -> None:
    """Returns when every podcast that a view is filtered by is one the viewer sees, and every country one there is.

    `offered`: the filters that count here; what the others say narrows nothing. Raises: InvalidRequest.
    """
    if "country" in offered:
        # A code without a name may yet be in the data: some databases of addresses have codes of their own.
        nameless = {code for code in f.countries if country_name(code) == code}
        if nameless:
            with tenant_session(viewer.actor) as connection:
                if not nameless <= set(catalogue.filter_options(connection)["countries"]):
                    raise InvalidRequest("There is no such country.", field="country")
    if f.podcasts and "podcast" in offered:
        with tenant_session(viewer.actor) as connection:
            known = (
                catalogue.podcast_names(connection)
                if f.campaign_id is None
                else campaign_delivery.shows(connection, f)
            )
        if not known.keys() >= set(f.podcasts):
            raise InvalidRequest("There is no such podcast for you.", field="podcast")


_PERIOD = ("period", "from", "to")
_WAYS_OUT = {
    "compare": "Compare with the previous period",
    "grain": "Choose the grain for me",
    "podcast": "Show all podcasts",
    "episode": "Show all episodes",
    "app": "Show all apps",
    "country": "Show all countries",
    "device": "Show all devices",
}
_SAID = {
    "compare": "This comparison is not known.",
    "grain": "This grain is not known.",
    "podcast": "There is no such podcast for you.",
    "episode": "There is no such episode for you.",
}


def said_of(error: InvalidRequest) -> str:
    """What is wrong with an address, in words for the person who followed it."""
    return _SAID.get(error.field, str(error))


def way_out(path: str, search: Any, field: str) -> tuple[str, str]:
    """The link (label, address) to the same view without the part of the address that is at fault."""
    try:
        query = query_of(search)
    except InvalidRequest:
        query = {}
    if field in _PERIOD:
        label, gone = "Show the last 30 days", _PERIOD
        found = page_at(path)
        if found is not None and "campaign_id" in found[1]:
            # Said, because a campaign that is over shows its flight where no period is named.
            query, gone = {**query, "period": DEFAULT_PRESET}, ("from", "to")
    elif field in _WAYS_OUT:
        label, gone = _WAYS_OUT[field], (field,)
    else:
        label, gone = "Clear all filters", tuple(query)
    kept = urlencode(
        {key: value for key, value in query.items() if key not in gone}, safe="|", quote_via=quote
    )
    return label, f"{path}?{kept}" if kept else path
