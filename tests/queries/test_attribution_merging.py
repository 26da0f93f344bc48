"""Which reports are one conversion: examples, a second count by plain loops, and what an incremental run relies on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.attribution.paths import Conversion, ConversionEvent, merge_conversions
from tests.sponsorship import Event, counted_conversions

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
CAMPAIGN = UUID(int=7)


def report(hours: float, number: int = 0, **said: Any) -> ConversionEvent:
    event_id = UUID(int=number) if number else uuid4()
    return ConversionEvent(
        event_id, START + timedelta(hours=hours), said.pop("conversion_type", "purchase"), **said
    )


def members(conversions: list[Conversion]) -> list[tuple[UUID, ...]]:
    return [tuple(event.event_id for event in conversion.reports) for conversion in conversions]


def test_the_same_order_is_one_however_far_apart_and_the_earliest_wins() -> None:
    late = report(
        900,
        2,
        order_id="A1",
        source="promo_code",
        listener_id="anna",
        value_micros=Decimal(5),
        currency="USD",
    )
    early = report(0, 1, order_id="A1", source="pixel")
    (only,) = merge_conversions([late, early])
    assert (only.event_id, only.converted_at, only.last_event_at) == (early.event_id, early.at, late.at)
    assert (only.source, only.sources, only.listener_id, only.value) == (
        "pixel", ("pixel", "promo_code"), "anna", (Decimal(5), "USD"),
    )  # fmt: skip


def test_an_amount_of_no_currency_is_none() -> None:
    """Reports of before the shape of events was checked; what is stored has both or neither."""
    bare = report(0, 1, order_id="A1", value_micros=Decimal(9))
    whole = report(1, 2, order_id="A1", value_micros=Decimal(5), currency="USD")
    (only,) = merge_conversions([bare, whole])
    assert only.value == (Decimal(5), "USD")
    (only,) = merge_conversions([bare])
    assert only.value == (None, None)


def test_an_order_of_another_type_is_another_conversion() -> None:
    assert (
        len(merge_conversions([report(0, order_id="A1"), report(1, order_id="A1", conversion_type="lead")]))
        == 2
    )


@pytest.mark.parametrize(
    ("hours", "conversions"), [(23.99, 1), (24, 1), (24.01, 2)], ids=["inside", "at the edge", "outside"]
)
def test_without_an_order_the_same_listener_and_amount_within_a_day_is_one(
    hours: float, conversions: int
) -> None:
    same = {"listener_id": "anna", "value_micros": Decimal(10), "currency": "USD"}
    assert len(merge_conversions([report(0, **same), report(hours, **same)])) == conversions


def test_the_day_counts_from_the_first_report_so_a_daily_buyer_is_not_one() -> None:
    every_20_hours = [report(20 * n, n + 1, listener_id="anna") for n in range(4)]
    assert members(merge_conversions(every_20_hours)) == [
        (UUID(int=1), UUID(int=2)),
        (UUID(int=3), UUID(int=4)),
    ]


@pytest.mark.parametrize(
    "other",
    [{"listener_id": "ben"}, {"value_micros": Decimal(11)}, {"currency": "EUR"}, {"conversion_type": "lead"}],
    ids=["listener", "amount", "currency", "type"],
)
def test_without_an_order_anything_that_differs_is_another(other: dict[str, Any]) -> None:
    same = {"listener_id": "anna", "value_micros": Decimal(10), "currency": "USD"}
    assert len(merge_conversions([report(0, **same), report(1, **{**same, **other})])) == 2


def test_a_report_without_an_order_joins_one_that_has_it_and_the_other_way_round() -> None:
    with_order = {"listener_id": "anna", "order_id": "A1"}
    assert len(merge_conversions([report(0, **with_order), report(1, listener_id="anna")])) == 1
    assert len(merge_conversions([report(0, listener_id="anna"), report(1, **with_order)])) == 1


def test_two_orders_stay_two_though_listener_and_amount_are_the_same() -> None:
    orders = [report(n, n + 1, listener_id="anna", order_id=f"A{n}") for n in range(2)]
    assert len(merge_conversions(orders)) == 2
    between = report(0.5, 9, listener_id="anna")
    assert members(merge_conversions([*orders, between])) == [(UUID(int=1), UUID(int=9)), (UUID(int=2),)]


def test_nobody_s_surveys_and_promo_codes_are_no_conversions_unless_they_name_an_order() -> None:
    hints = [report(0, source="survey"), report(1, source="promo_code")]
    assert merge_conversions(hints) == []
    assert len(merge_conversions([*hints, report(2, source="promo_code", order_id="A1")])) == 1


def test_nobody_s_pixels_stand_alone() -> None:
    assert len(merge_conversions([report(0, source="pixel"), report(0.1, source="pixel")])) == 2


def test_ties_in_time_go_by_event_id() -> None:
    second, first = report(0, 2, order_id="A"), report(0, 1, order_id="A")
    assert merge_conversions([second, first])[0].event_id == first.event_id


def test_the_same_event_twice_is_one_report() -> None:
    twice = report(0, 1, listener_id="anna")
    assert members(merge_conversions([twice, twice])) == [(UUID(int=1),)]


reports = st.builds(
    lambda number, hours, kind, listener, order, amount, source: report(
        hours, number, conversion_type=kind, listener_id=listener, order_id=order,
        value_micros=amount, currency="USD" if amount is not None else None, source=source,
    ),
    number=st.integers(min_value=1, max_value=10**9),
    hours=st.integers(min_value=0, max_value=200).map(lambda n: n / 2),
    kind=st.sampled_from(["purchase", "purchase", "lead"]),
    listener=st.sampled_from([None, "anna", "ben", "cleo"]),
    order=st.sampled_from([None, None, "A", "B", "C"]),
    amount=st.sampled_from([None, Decimal(10), Decimal(20)]),
    source=st.sampled_from(["pixel", "promo_code", "survey", "vanity_url"]),
)  # fmt: skip
worlds = st.lists(reports, max_size=25, unique_by=lambda event: event.event_id)


@given(events=worlds)
def test_equals_the_count_by_hand(events: list[ConversionEvent]) -> None:
    raw = [
        Event(CAMPAIGN, e.conversion_type, e.at, e.listener_id, None, e.source, e.order_id,
              None if e.value_micros is None else int(e.value_micros), e.currency, None, e.event_id)
        for e in events
    ]  # fmt: skip
    by_hand = [
        tuple(event.event_id for event in counted.events)
        for kind in ("purchase", "lead")
        for counted in counted_conversions(raw, CAMPAIGN, kind)
    ]
    assert sorted(members(merge_conversions(events))) == sorted(by_hand)


@given(events=worlds, dice=st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(events: list[ConversionEvent], dice: Random) -> None:
    shuffled = dice.sample(events, len(events))
    assert members(merge_conversions(shuffled)) == members(merge_conversions(events))


@given(events=worlds)
def test_every_report_is_in_exactly_one_conversion_and_earliest_first(events: list[ConversionEvent]) -> None:
    merged = merge_conversions(events)
    together = [event for conversion in merged for event in conversion.reports]
    assert sorted(event.event_id for event in together) == sorted(
        e.event_id for e in events if not e.is_anonymous_hint
    )
    assert all(
        conversion.reports == sorted(conversion.reports, key=lambda event: (event.at, event.event_id))
        for conversion in merged
    )


@settings(max_examples=300)
@given(events=worlds, hours=st.integers(min_value=0, max_value=100))
def test_what_lies_before_a_moment_is_not_regrouped_by_what_lies_after(
    events: list[ConversionEvent], hours: int
) -> None:
    since = START + timedelta(hours=hours)
    before = members(merge_conversions([event for event in events if event.at < since]))
    after = [
        tuple(event.event_id for event in conversion.reports if event.at < since)
        for conversion in merge_conversions(events)
    ]
    assert before == [group for group in after if group]


@settings(max_examples=300)
@given(events=worlds, hours=st.integers(min_value=0, max_value=100))
def test_a_set_closed_over_listeners_and_orders_merges_as_the_whole(
    events: list[ConversionEvent], hours: int
) -> None:
    since = START + timedelta(hours=hours)
    chosen = {event.event_id for event in events if event.at >= since}
    while True:
        inside = [event for event in events if event.event_id in chosen]
        listeners = {event.listener_id for event in inside} - {None}
        orders = {event.order_id for event in inside} - {None}
        grown = {e.event_id for e in events if e.listener_id in listeners or e.order_id in orders} | chosen
        if grown == chosen:
            break
        chosen = grown
    whole = {group for group in members(merge_conversions(events)) if chosen.intersection(group)}
    assert set(members(merge_conversions(inside))) == whole
