"""Pages: each module here holds one `PAGE`; navigation, gate, title and tests pick it up from this list."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from dash.development.base_component import Component

from dashboard.access import Viewer
from dashboard.boxes import Box, register
from queries.filters import Filters
from queries.session import Connection, tenant_session

Rows = tuple[tuple[Box, ...], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    `path` may hold `<name>` parts. A viewer with any of `any_of` may open it (none: everybody logged in). `head` is the
    box with the opening sentence and key figures, `rows` the boxes below it, twelve columns to a row. `filters` names
    what its filter bar offers: period, grain, compare, podcast, app, country, device. A page that is no set of boxes
    gives `body` instead. `subject` names what a path like /campaigns/<id> is about, and raises NotFound when the viewer
    may not see it. `nav` is its entry in the navigation; without one it is reached from another page.
    """

    path: str
    title: str
    any_of: tuple[str, ...] = ()
    nav: str = ""
    group: str = ""
    icon: str = ""
    order: int = 100
    head: Box | None = None
    rows: Rows = ()
    filters: tuple[str, ...] = ()
    report: str = ""
    body: Callable[[Viewer, dict[str, str]], Component | Sequence[Component]] | None = None
    register_callbacks: Callable[[Any], None] | None = None
    crumbs: tuple[tuple[str, str], ...] = ()
    subject: Callable[[Connection, dict[str, str]], str] | None = None
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pattern = re.sub(r"<(\w+)>", r"(?P<\1>[0-9a-fA-F-]{36})", self.path)
        object.__setattr__(self, "pattern", re.compile(f"^{pattern}/?$"))

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Head first, then row by row."""
        head = (self.head,) if self.head else ()
        return head + tuple(box for row in self.rows for box in row)

    def title_for(self, viewer: Viewer, parts: dict[str, str]) -> str:
        """The title, or the name of the path's subject. Raises: NotFound when it is not the viewer's."""
        if self.subject is None:
            return self.title
        with tenant_session(viewer.actor) as connection:
            return self.subject(connection, parts)

    def open_to(self, viewer: Viewer) -> bool:
        """Whether the viewer may open it."""
        return not self.any_of or any(viewer.may(permission) for permission in self.any_of)


@cache
def all_pages() -> tuple[Page, ...]:
    """Every page, in the order of the navigation; their boxes are registered on the way."""
    pages: list[Page] = []
    for module in pkgutil.iter_modules(__path__):
        page: Page = importlib.import_module(f"{__name__}.{module.name}").PAGE
        register(page.boxes)
        pages.append(page)
    return tuple(sorted(pages, key=lambda page: (page.order, page.path)))


def page_at(path: str) -> tuple[Page, dict[str, str]] | None:
    """The page of a path and the parts its path names, if there is one."""
    for page in all_pages():
        if match := page.pattern.match(path):
            return page, match.groupdict()
    return None


_NARROWING = {
    "podcasts": ("podcast", "show"),
    "episodes": ("podcast", "episode"),
    "apps": ("app", "app"),
    "countries": ("country", "country"),
    "devices": ("device", "device"),
}
"""Of each field that narrows a view the filter of a page that stands for it, and what people call it."""


def heeded(box: Box, filters: Filters) -> Filters:
    """The filters without those that the numbers of the box know nothing of, whatever its address says."""
    page, known = _page_and_filters(box)
    gone: dict[str, Any] = {field: () for field, (name, _) in _NARROWING.items() if name not in known}
    if "<campaign_id>" not in page.path:
        gone["campaign_id"] = None
    return replace(filters, **gone)


def unheeded(box: Box, filters: Filters) -> str:
    """What an address filters by and the box does not: "by country or device"; empty where it heeds all."""
    known = _page_and_filters(box)[1]
    words = [
        word for field, (name, word) in _NARROWING.items() if name not in known and getattr(filters, field)
    ]
    return f"by {' or '.join(filter(None, (', '.join(words[:-1]), words[-1])))}" if words else ""


def _page_and_filters(box: Box) -> tuple[Page, tuple[str, ...]]:
    page = next(page for page in all_pages() if any(one.id == box.id for one in page.boxes))
    return page, page.filters if box.heeds is None else box.heeds
