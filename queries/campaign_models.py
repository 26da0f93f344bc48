"""Whom each of seven models credits for a campaign's conversions, in any window and by any kind of channel.

First touch, last touch and linear of four windows are kept per day (`campaign_conversions`); here all seven are worked
out from the paths of the period, for Markov's chain is one of all of them and does not add up over days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from sqlalchemy import Connection

from queries.attribution.markov import Chain, End, markov, steps_of
from queries.attribution.models import ORDER_MODELS, as_decimals, credit, time_decay
from queries.attribution.paths import DEFAULT_WINDOW, WINDOWS
from queries.attribution.rates import is_enough
from queries.campaign_conversions import ELSEWHERE, WEBSITE
from queries.campaign_delivery import UNIT_TYPES
from queries.campaign_states import CampaignHead, campaign_head, column_of
from queries.errors import InvalidRequest
from queries.filters import Filters
from queries.metrics import TOO_FEW_CREDITED
from queries.results import Answer, Column
from queries.statements import ask

ChannelKind = Literal["podcast", "episode", "ad_unit", "position"]
_LABELS: Mapping[ChannelKind, str] = {
    "podcast": "Show",
    "episode": "Episode",
    "ad_unit": "Ad",
    "position": "Position",
}
_NO_AD = "No ad known"
_CREDITS = (*(f"{model}_credit" for model in ORDER_MODELS), "time_decay_credit", "markov_credit")


def credit_by_channel(
    connection: Connection, f: Filters, window_days: int = DEFAULT_WINDOW, channel: ChannelKind = "podcast"
) -> Answer:
    """Credit of seven models per channel for the period's conversions, most by Markov first. Raises: NotFound,
    InvalidRequest for a window that is not 1 to 60 days.

    Shape: `totals` holds conversions, attributed (with a touch in the window), unattributed, and how many paths closed
    without one; each model's credit adds up to attributed. `channel_id` none is what no episode (or ad unit) is known
    of, elsewhere all that carries no ad of the campaign. Time: paths that do not convert close by the end of the data.
    """
    if not 1 <= window_days <= WINDOWS[-1]:
        raise InvalidRequest(f"A window has 1 to {WINDOWS[-1]} days.", field="window")
    if channel not in _LABELS:
        raise InvalidRequest("Credit goes to shows, episodes, ads or positions.", field="channel")
    head = campaign_head(connection, f.campaign_id)
    starts_at, ends_at = f.period.moments(f.zone)
    asked = {
        "campaign_id": head.campaign_id,
        "conversion_type": head.conversion_type,
        "starts_at": starts_at,
        "window_days": window_days,
        "channel": channel,
    }
    paths = ask(connection, "campaigns/converting_paths", ends_at=ends_at, **asked)
    without = ask(
        connection,
        "campaigns/steps_without_conversion",
        ends_at=min(ends_at, head.pacing_clock(f)),
        **asked,
    )
    credited, chain = _credits(paths, without)
    names = _names(connection, head, channel)
    attributed = sum(bool(row["channels"]) for row in paths)
    is_known = is_enough(attributed)
    rows = [
        {
            "channel_id": key,
            "channel": names.get(key, key),
            **{name: amounts.get(key, Decimal(0)) for name, amounts in credited.items()},
            "removal_effect": Decimal(str(chain.removal_effect[key])),
            "is_too_little": not is_known,
            "note": "" if is_known else TOO_FEW_CREDITED,
        }
        # A chain leads from paths that did not convert into those that did: Markov may credit who is in none of these.
        for key in credited["linear_credit"] | credited["markov_credit"]
    ]
    return Answer(
        columns=(
            Column("channel_id", "Channel id", in_csv=False),
            Column("channel", _LABELS[channel]),
            *map(column_of, _CREDITS),
            column_of("removal_effect"),
            Column("note", "Note on the removal effect"),
        ),
        rows=sorted(rows, key=lambda row: (-row["markov_credit"], -row["linear_credit"], row["channel_id"])),
        as_of=head.as_of,
        partial_from=f.partial_from,
        totals={
            "conversions": len(paths),
            "attributed": attributed,
            "unattributed": len(paths) - attributed,
            "not_converted": sum(row["times"] for row in without if row["target"] is None),
            "window_days": window_days,
        },
    )


def _credits(
    paths: Sequence[Mapping[str, Any]], without: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, dict[str, Decimal]], Chain[str]]:
    """Credit per model and channel, and the chain: of converting paths and of the steps of all others."""
    steps = steps_of((row["channels"], End.CONVERTED, 1) for row in paths)
    for row in without:
        source = End.START if row["source"] is None else row["source"]
        steps[source, End.LEFT if row["target"] is None else row["target"]] += row["times"]
    chain = markov(steps)
    ages: list[tuple[list[str], list[timedelta], int]] = [(row["channels"], row["ages"], 1) for row in paths]
    exact: dict[str, dict[str, Fraction]] = {
        **{
            f"{model}_credit": credit(((row["channels"], 1) for row in paths), model)
            for model in ORDER_MODELS
        },
        "time_decay_credit": time_decay(ages),
        "markov_credit": {key: amount for key, amount in chain.credit.items() if amount},
    }
    return {name: as_decimals(amounts) for name, amounts in exact.items()}, chain


def _names(connection: Connection, head: CampaignHead, channel: ChannelKind) -> dict[str, str]:
    """What each channel is called."""
    rest = {"elsewhere": ELSEWHERE, "none": WEBSITE if channel in ("podcast", "episode") else _NO_AD}
    if channel == "position":
        return rest | UNIT_TYPES
    for row in ask(connection, "campaigns/channels", campaign_id=head.campaign_id):
        rest[str(row[f"{channel}_id"])] = {
            "podcast": row["podcast_name"],
            "episode": row["title"],
            "ad_unit": f"{row['title']}, {UNIT_TYPES[row['unit_type']]}",
        }[channel]
    return rest
