"""A box is one question with one way to show it; this module turns any box into one of its six states, or into CSV."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from dash.development.base_component import Component

from dashboard.access import Viewer
from dashboard.components import states
from queries.campaign_states import opened_view
from queries.errors import AccessRefused, InvalidRequest, NotAvailable, NotFound, PodboardError, TookTooLong
from queries.filters import Filters
from queries.results import Answer
from queries.session import Connection, operator_session, tenant_session
from queries.sources import has_data
from reports.formatting import instant
from reports.too_little import as_shown

log = logging.getLogger(__name__)

Ask = Callable[[Connection, Filters], Answer]
_NARROWING = ("podcasts", "episodes", "apps", "countries", "devices")
Skeleton = Literal["chart", "rows", "kpis", "sentence"]


@dataclass(frozen=True, slots=True)
class View:
    """Who looks, at what, on which page; `lead` is the opening sentence once the box has made it."""

    viewer: Viewer
    filters: Filters
    path: str
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """One answer on a page.

    `ask` reads it, `show` draws it; `lead` makes the page's opening sentence in the same transaction. `span` is its
    width in twelfths, `height` what an error in its place takes, `room` what its skeleton takes, wide and on a phone,
    so that nothing moves when a usual answer arrives (`height` where it is not said). `lazy` boxes ask when they are
    first seen. `why` is the registry entry it is explained by, `twin` offers the table behind a chart. `empty` says
    why there is nothing and `way_on` what to do about it; `empty` may make both from the answer. Without a way on
    (None) it is another choice of period and filters, unless the tenant has no data at all. `too_little(answer)` says
    in words why a figure would mislead, or is empty. `once_begun`: while the page's subject has not begun there is
    nothing to say, and the style sheet leaves the box out. `heeds` names the filters of the page that its numbers know
    (None: all of them); of others that an address sets it is said that they narrow nothing here.
    """

    id: str
    title: str
    ask: Ask
    show: Callable[[Answer, View], Component | list[Component]]
    span: int = 12
    height: int = 280
    room: tuple[int, int] | None = None
    skeleton: Skeleton = "chart"
    lazy: bool = False
    once_begun: bool = False
    twin: bool = False
    note: str = ""
    why: str = ""
    empty: str | Callable[[Answer, View], tuple[str, str | None]] = "There is nothing in this period."
    way_on: str | None = None
    lead: Callable[[Connection, Filters, Answer], str] | None = None
    too_little: Callable[[Answer], str] | None = None
    any_of: tuple[str, ...] = ()
    head: bool = False
    heeds: tuple[str, ...] | None = None
    listed: Ask | None = None


def answer_box(box: Box, view: View, *, listed: bool = False) -> tuple[Answer, View]:
    """The box's answer as it is shown, and the view it is of, as this viewer may read them, in one transaction.

    listed: with all rows that its CSV has. The view has its opening sentence, and the period that an address without
    one means.
    """
    if box.any_of and not any(view.viewer.may(permission) for permission in box.any_of):
        raise AccessRefused("You cannot see this.")
    actor = view.viewer.actor
    with operator_session(actor) if actor.tenant_id is None else tenant_session(actor) as connection:
        filters = opened_view(connection, view.filters)
        answer = ((listed and box.listed) or box.ask)(connection, filters)
        lead = box.lead(connection, filters, answer) if box.lead else ""
    return as_shown(answer), replace(view, filters=filters, lead=lead)


def render_box(box: Box, view: View) -> Any:
    """The box in the state its answer is in. A failure stays inside the box and tells nothing but a reference."""
    try:
        answer, view = answer_box(box, view)
        if answer.is_empty:
            return _nothing(box, answer, view)
        if box.too_little and (reason := box.too_little(answer)):
            return states.too_little(reason)
        shown = box.show(answer, view)
        body = shown if isinstance(shown, list) else [shown]
        return body if box.head else [*_before(answer), *body, *_after(answer, view)]
    except NotFound:
        return states.empty(
            "There is nothing here for you.", "The link may be old, or it is not shared with you."
        )
    except AccessRefused:
        return states.empty("You cannot see this.", "Ask your account manager if you should.")
    except (InvalidRequest, NotAvailable) as error:
        return states.empty(str(error), "Change the filter above.")
    except TookTooLong as error:
        return states.error(
            str(error),
            text="Choose a shorter period and try again.",
            reference=_reference(box, error),
            height=box.height,
        )
    except PodboardError as error:
        return states.error(str(error), reference=_reference(box, error), height=box.height)
    except Exception as error:  # noqa: BLE001  a box that fails shows its own error and the page stands
        return states.error(reference=_reference(box, error), height=box.height)


def _nothing(box: Box, answer: Answer, view: View) -> Any:
    if answer.notes:
        # There may be something, which is not told: the question itself says why.
        return states.empty(answer.notes[0], "Change the filter above.")
    said, way_on = (box.empty, box.way_on) if isinstance(box.empty, str) else box.empty(answer, view)
    if way_on is not None:
        return states.empty(said, way_on)
    with tenant_session(view.viewer.actor) as connection:
        if not has_data(connection):
            # No other period and no other filter would show more.
            return states.empty(NO_DATA, how_to_begin(view.viewer))
    return states.empty(said, _other_choice(view.filters))


NO_DATA = "No download or impression was imported yet."


def how_to_begin(viewer: Viewer) -> str:
    """What somebody does whose tenant has no data: those who see all of it have it imported, the others ask them."""
    if viewer.may("podcasts.read_all") or viewer.may("campaigns.read_all"):
        return "`podboard import feed` and then `podboard import log` bring it in; the README says how."
    return "Ask your account manager when the first import is due."


def _other_choice(filters: Filters) -> str:
    """What would show more: a longer period, or fewer filters where one is set."""
    is_filtered = any(getattr(filters, name) for name in _NARROWING)
    return "Choose a longer one, or clear a filter." if is_filtered else "Choose a longer one."


def _before(answer: Answer) -> list[Component]:
    return [states.stale(note) for note in answer.notes]


def _after(answer: Answer, view: View) -> list[Component]:
    if answer.as_of is None:
        return []
    return [states.foot(f"As of {instant(answer.as_of, view.filters.zone)}")]


def _reference(box: Box, error: Exception) -> str:
    """A short name for this failure, in the log and on the page."""
    reference = secrets.token_hex(4)
    # The text of a database error carries the values of its statement: class and place are logged, never the text.
    places = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]]
    log.error(
        "box failed",
        extra={"box": box.id, "reference": reference, "error": type(error).__name__, "places": places},
    )
    return reference


BOXES: dict[str, Box] = {}
"""Every box of every page by id; filled when the pages are loaded, constant afterwards."""


def register(boxes: Sequence[Box]) -> None:
    """Makes boxes known to the one callback and to the CSV route."""
    for box in boxes:
        if BOXES.get(box.id, box) is not box:
            raise ValueError(f"two boxes are called {box.id}")
        BOXES[box.id] = box


def known_box(name: Any) -> Box:
    """The box of that id; NotFound for anything else a forged payload may carry."""
    box = BOXES.get(name) if isinstance(name, str) else None
    if box is None:
        raise NotFound("No such box.")
    return box
