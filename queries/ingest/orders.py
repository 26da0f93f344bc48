"""Orders of campaigns have one amount: that with which a file or key told them first.

A pixel is open to everybody, and its orders can be guessed: what it tells is held against that amount, and sets none.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from queries.ingest.arrays import plain_array, text_array
from queries.ingest.cells import found
from queries.ingest.event import Event
from queries.ingest.tally import Refusal
from queries.statements import ask, tell

OTHER_AMOUNT = "The order stands already with another value or currency."
Order = tuple[str, str, str]
"""Campaign, type and order id."""
Amount = tuple[int, str]


def other_amounts(
    connection: Connection, events: Iterable[Event], said: dict[Order, Amount] | None = None
) -> dict[str, Refusal]:
    """The refusals, by id, of events that tell an order with another amount than it has; the others' amounts are kept.

    `said`: amounts that do not stand in the database, as what is tried there is taken back. They are kept here alone,
    so that nobody waits for a trial. An order without an amount says nothing against one with it.
    """
    told = [
        (event, order, amount) for event in events if (order := _order(event)) and (amount := _amount(event))
    ]
    if not told:
        return {}
    asked = {
        "campaigns": plain_array([order[0] for _, order, _ in told]),
        "types": plain_array([order[1] for _, order, _ in told]),
        "orders": text_array([order[2] for _, order, _ in told]),
    }
    if said is None:
        made = tell(
            connection, "ingest/claim_orders",
            amounts=plain_array([str(amount[0]) for _, _, amount in told]),
            currencies=plain_array([amount[1] for _, _, amount in told]), **asked,
        )  # fmt: skip
        if made == len(told):
            # All of them came for the first time, as most do.
            return {}
    amounts = {} if said is None else said
    for row in ask(connection, "ingest/amounts_of_orders", **asked):
        amounts.setdefault(told[row["place"] - 1][1], (row["value_micros"], row["currency"]))
    return {
        event.id: Refusal(event.row.line_number, OTHER_AMOUNT, found("order_id", order[2]))
        for event, order, amount in told
        if amounts.setdefault(order, amount) != amount
    }


def _order(event: Event) -> Order | None:
    order_id = event.row.data.get("order_id")
    if not order_id or event.campaign is None or event.row.type == "impression":
        return None
    return event.campaign, event.row.type, order_id


def _amount(event: Event) -> Amount | None:
    value, currency = event.row.data.get("value_micros"), event.row.data.get("currency")
    return None if value is None or currency is None else (value, currency)
