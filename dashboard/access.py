"""Who is looking and what they may do: read anew from the database on each request, never from the browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_login import current_user

from queries.errors import AccessRefused
from queries.people import OpenSession
from queries.periods import tenant_zone
from queries.session import Actor

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

DEFAULT_BRAND_COLOR = "#3451d1"

READ_SYSTEM, RUN_SYSTEM = "system.read", "system.run"
"""To read about the system means for a tenant's people how fresh their numbers are. For an operator, who has no tenant,
it means jobs, queues and workers over all tenants: a name of its own, so that no tenant's role can hold it."""


READ_PODCASTS = ("podcasts.read_all", "podcasts.read_own")
"""Whoever has one of these sees how podcasts are listened to."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person behind a request, with everything a page needs to know about them and their tenant.

    `tenant_id` is None for an operator, whose zone is UTC. `time_zone` is an IANA name, `currency` ISO 4217,
    `week_start` monday or sunday.
    """

    user_id: UUID
    tenant_id: UUID | None
    session_id: UUID
    name: str
    email: str
    permissions: frozenset[str]
    tenant_name: str
    tenant_slug: str
    time_zone: str
    currency: str
    week_start: str
    brand_name: str
    primary_color: str
    logo_svg: str | None

    # What Flask-Login asks of a user.
    is_authenticated = True
    is_active = True
    is_anonymous = False

    @classmethod
    def of_session(cls, opened: OpenSession) -> Viewer:
        """The viewer that an open session belongs to."""
        return cls(
            user_id=opened.user_id,
            tenant_id=opened.tenant_id,
            session_id=opened.session_id,
            name=opened.full_name or opened.email.partition("@")[0],
            email=opened.email,
            permissions=opened.permissions
            if opened.tenant_id is not None
            else frozenset(RUN_SYSTEM if name == READ_SYSTEM else name for name in opened.permissions),
            tenant_name=opened.tenant_name or "podboard",
            tenant_slug=opened.tenant_slug or "podboard",
            time_zone=opened.time_zone or "UTC",
            currency=opened.currency or "USD",
            week_start=opened.week_start or "monday",
            brand_name=opened.brand_name or opened.tenant_name or "podboard",
            primary_color=opened.primary_color or DEFAULT_BRAND_COLOR,
            logo_svg=opened.logo_svg,
        )

    @property
    def actor(self) -> Actor:
        """Whom the database session is opened for."""
        return Actor(self.tenant_id, self.user_id)

    @property
    def is_operator(self) -> bool:
        """Whether the person runs the system and reads no tenant's data."""
        return self.tenant_id is None

    def may(self, permission: str) -> bool:
        """Whether one of the person's roles grants the permission."""
        return permission in self.permissions

    @property
    def zone(self) -> ZoneInfo:
        """The tenant's zone. Raises NotAvailable where it is not known here."""
        return tenant_zone(self.time_zone)

    def get_id(self) -> str:
        """The person's id, for Flask-Login."""
        return str(self.user_id)


def current_viewer() -> Viewer:
    """The viewer of this request. Raises AccessRefused outside the gate, where nobody is logged in."""
    person = current_user._get_current_object() if current_user else None
    if not isinstance(person, Viewer):
        raise AccessRefused("Log in first.")
    return person


def home_path(viewer: Viewer) -> str:
    """The page a person starts on, by what they may see."""
    if viewer.may("portfolio.read"):
        return "/portfolio"
    if viewer.may("campaigns.read_own") or viewer.may("campaigns.read_all"):
        return "/campaigns"
    if viewer.may("podcasts.read_own") or viewer.may("podcasts.read_all"):
        return "/overview"
    if viewer.may(RUN_SYSTEM):
        return "/system"
    return "/freshness" if viewer.may(READ_SYSTEM) else "/methodology"


def demand(permission: str) -> Viewer:
    """The viewer, who has the permission. Raises AccessRefused."""
    viewer = current_viewer()
    if not viewer.may(permission):
        raise AccessRefused("This is not part of your account.")
    return viewer


def require(permission: str) -> Callable[[Callable[_Arguments, _Result]], Callable[_Arguments, _Result]]:
    """Decorates a route so that it answers 403 to anybody without the permission."""

    def decorate(view: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
        @wraps(view)
        def guarded(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
            demand(permission)
            return view(*args, **kwargs)

        return guarded

    return decorate
