"""Sponsors and campaigns as they are entered: made, listed, moved from stage to stage.

What is told here (flight, stage, what counts as a conversion) is what imports, spend and pacing go by.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from queries.campaign_states import STAGES
from queries.errors import AccessRefused, InvalidRequest, NotFound
from queries.ingest.bookings import campaigns_of
from queries.ingest.currencies import currencies
from queries.session import Actor, tenant_session
from queries.statements import ask, tell

CONVERSION_TYPES = ("purchase", "lead")
_MICROS = 1_000_000
_MOST_MICROS = 10**15
_MOST_CONVERSIONS = 10**9
_NO_RIGHT = "42501"


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """A campaign as somebody tells it; first and last day are days of the tenant, both inside the flight."""

    name: str
    sponsor: str
    starts_on: date
    ends_on: date
    stage: str = "booked"
    conversion_type: str = "purchase"
    budget: str | None = None
    currency: str | None = None
    """The tenant's own unless told."""
    goal_conversions: int | None = None


def create_sponsor(actor: Actor, name: str) -> UUID:
    """The id of a new sponsor. Raises: InvalidRequest for a name that is none or is taken, AccessRefused."""
    name = _name(name, "sponsor")
    with _changing(actor) as connection:
        made = ask(connection, "campaigns/add_sponsor", name=name)
        if not made:
            raise InvalidRequest(f"There is a sponsor {name} already.", field="name")
        id_: UUID = made[0]["id"]
        _log(connection, "sponsor.created", "sponsor", id_, {"name": name})
    return id_


def sponsors_entered(connection: Connection) -> list[dict[str, Any]]:
    """One row per sponsor: id, name, how many campaigns."""
    return ask(connection, "campaigns/sponsors_entered")


def create_campaign(actor: Actor, told: NewCampaign) -> UUID:
    """The id of a new campaign.

    Raises: InvalidRequest for a value that cannot be used or a name that the sponsor's campaigns have, NotFound for an
    unknown sponsor, QuotaReached, AccessRefused.
    """
    name = _name(told.name, "campaign")
    if told.ends_on < told.starts_on:
        raise InvalidRequest(
            f"The flight ends before it begins: {told.starts_on} to {told.ends_on}.", field="to"
        )
    _one_of(told.stage, STAGES, "stage")
    _one_of(told.conversion_type, CONVERSION_TYPES, "conversion type")
    if told.currency is not None and told.currency not in currencies():
        raise InvalidRequest("A currency is written like EUR (ISO 4217).", field="currency")
    if told.goal_conversions is not None and not 1 <= told.goal_conversions <= _MOST_CONVERSIONS:
        raise InvalidRequest("A goal is a number of conversions, from 1 on.", field="goal")
    budget_micros = None if told.budget is None else _micros(told.budget)
    with _changing(actor) as connection:
        sponsor = ask(connection, "campaigns/hold_sponsor", name=told.sponsor.strip())
        if not sponsor:
            raise NotFound(f"There is no sponsor called {told.sponsor}: `podboard sponsor create` makes one.")
        made = ask(
            connection, "campaigns/add_campaign",
            sponsor_id=sponsor[0]["id"], name=name, start_date=told.starts_on, end_date=told.ends_on, stage=told.stage,
            conversion_type=told.conversion_type, budget_micros=budget_micros, currency=told.currency,
            goal_conversions=told.goal_conversions,
        )  # fmt: skip
        if not made:
            raise InvalidRequest(f"{sponsor[0]['name']} has a campaign {name} already.", field="name")
        id_: UUID = made[0]["id"]
        _log(
            connection, "campaign.created", "campaign", id_,
            {"name": name, "sponsor": sponsor[0]["name"], "stage": told.stage, "start_date": str(told.starts_on),
             "end_date": str(told.ends_on), "conversion_type": told.conversion_type, "budget_micros": budget_micros,
             "currency": made[0]["currency"], "goal_conversions": told.goal_conversions},
        )  # fmt: skip
    return id_


def campaigns_entered(connection: Connection) -> list[dict[str, Any]]:
    """One row per campaign as it was entered, the latest flight first."""
    return ask(connection, "campaigns/campaigns_entered")


def set_stage(actor: Actor, campaign: str, stage: str) -> str:
    """The stage that the campaign (its id or name) had before. Raises: InvalidRequest, NotFound."""
    _one_of(stage, STAGES, "stage")
    with _changing(actor) as connection:
        found = campaigns_of(connection, {campaign})
        if campaign in found and found[campaign] is None:
            raise InvalidRequest(f"Several campaigns are called {campaign}: give the id.", field="campaign")
        changed = ask(connection, "campaigns/set_stage", campaign_id=found.get(campaign), stage=stage)
        if not changed:
            raise NotFound(f"There is no campaign called {campaign}.")
        before = str(changed[0]["stage"])
        if before != stage:
            _log(
                connection,
                "campaign.stage_changed",
                "campaign",
                found[campaign],
                {"from": before, "to": stage},
            )
    return before


@contextmanager
def _changing(actor: Actor) -> Iterator[Connection]:
    """A writing transaction. Raises: AccessRefused where row security lets this person add nothing."""
    try:
        with tenant_session(actor, write=True) as connection:
            yield connection
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _NO_RIGHT:
            raise AccessRefused("This account may not change sponsors and campaigns.") from None
        raise


def _name(told: str, noun: str) -> str:
    name = told.strip()
    if not 1 <= len(name) <= 200 or not name.isprintable():
        raise InvalidRequest(
            f"A {noun}'s name has between 1 and 200 characters, all printable.", field="name"
        )
    return name


def _one_of(told: str, words: tuple[str, ...], noun: str) -> None:
    if told not in words:
        raise InvalidRequest(f"There is no {noun} {told}; there are {', '.join(words)}.", field=noun)


def _micros(told: str) -> int:
    try:
        micros = Decimal(told) * _MICROS
        if not 0 <= micros <= _MOST_MICROS or micros != micros.to_integral_value():
            raise ValueError(told)
    except (InvalidOperation, ValueError):
        raise InvalidRequest(
            "A budget is an amount of money, written like 12500.50.", field="budget"
        ) from None
    return int(micros)


def _log(connection: Connection, action: str, kind: str, id_: UUID | None, changes: dict[str, Any]) -> None:
    tell(
        connection, "ingest/log_change",
        action=action, resource_type=kind, resource_id=id_, changes=json.dumps(changes),
    )  # fmt: skip
