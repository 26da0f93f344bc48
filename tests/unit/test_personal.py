"""IP addresses, e-mail addresses and phone numbers: refused as a value of an event, masked in what a refusal shows."""

from __future__ import annotations

from typing import Any

import pytest

from queries.ingest.cells import RowRefused, found, printable
from queries.ingest.columns import COLUMNS, read_row
from queries.ingest.personal import masked
from queries.ingest.row_reader import RowReader
from queries.ingest.tally import Refusal

PLAY = {"episode_id": "one", "listener_id": "l1", "event_type": "play", "occurred_at": "2026-11-03T12:00:00Z"}
ORDER = {
    "campaign_id": "12345678-1234-4234-8234-123456789abc", "attribution_type": "purchase", "source": "pixel",
    "occurred_at": "2026-11-03T12:00:00Z",
}  # fmt: skip
PERSONAL = [
    "203.0.113.98", "203.0.113.98:443", "2001:db8::1", "joe@mail.example", "Joe <joe@mail.example>", "+491701234567",
    "+49 170 123-4567", "tel:+14155550100", "\uff12\uff10\uff13.0.113.98", "203\uff0e0\uff0e113\uff0e98",
]  # fmt: skip
TEXTS = [("listener", key) for key in ("listener_id", "app", "device", "os", "region", "source")] + [
    ("attribution", key) for key in ("listener_id", "order_id", "promo_code")
]


def test_all_texts_of_events_are_tried() -> None:
    other = {"id", "episode_id", "episode_guid", "campaign_id", "ad_unit_id"}
    free = []
    for kind, columns in COLUMNS.items():
        for column in columns:
            try:
                is_free = column.key not in other and bool(column.read(column.key, "any words"))
            except RowRefused:
                continue
            free += [(kind, column.key)] if is_free else []
    assert sorted(free) == sorted(TEXTS)


@pytest.mark.parametrize("text", PERSONAL)
@pytest.mark.parametrize(("kind", "key"), TEXTS)
def test_no_value_of_an_event_says_who_somebody_is(kind: Any, key: str, text: str) -> None:
    cells = (PLAY if kind == "listener" else ORDER) | {key: text}
    for read in (lambda: read_row(kind, 1, cells), lambda: RowReader(kind).read(1, dict(cells))):
        with pytest.raises(RowRefused) as refused:
            read()
        name = key.replace("_", " ")
        assert refused.value.reason == f"The {name} is an address of a person or device: send a hash of it."
        assert refused.value.detail == ""


@pytest.mark.parametrize(
    "text",
    [
        "Overcast/3.1.0.2", "VLC 3.0.18.1", "Player (beta) 1.2.3.4", "Castro v8.0.0.1", "iOS 17.5.1", "Radio :: Live",
        "Podcasts+", "C++ 20", "a:b", "@home", "12.10.0", "+12",
    ],
)  # fmt: skip
def test_names_and_versions_of_programs_stand(text: str) -> None:
    row = read_row("listener", 1, PLAY | {"app": text})
    assert row.data["app"] == text


@pytest.mark.parametrize("text", ["4711", "A-1", "2026.11.03-7", "dGVz+123dA==", "ord:77", "#1001"])
def test_order_numbers_stand(text: str) -> None:
    assert read_row("attribution", 1, ORDER | {"order_id": text}).data["order_id"] == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("country: 203.0.113.98", "country: …"),
        ("episode: joe@mail.example", "episode: …"),
        ("episode: Joe <joe@mail.example>, x", "episode: Joe <…>, x"),
        ("app: Overcast/203.0.113.98:443", "app: Overcast/…:443"),
        ("x: 2001:db8::7 and fe80::1%eth0", "x: … and …%eth0"),
        ("currency: +49 170 1234567", "currency: …"),
        ("{'ip': '198.51.100.7', 'n': 1}", "{'ip': '…', 'n': 1}"),
        ("next=joe%40mail.example", "…"),
        ("occurred_at: 2026-11-02T10:00:00+01:00", "occurred_at: 2026-11-02T10:00:00+01:00"),
        ("03/Nov/2026:12:00:00 +0100", "03/Nov/2026:12:00:00 +0100"),
        ("00:00:01.000 --> 00:00:02.000", "00:00:01.000 --> 00:00:02.000"),
        (
            "ad_unit_id: 00000000-0000-4000-8000-000000000000",
            "ad_unit_id: 00000000-0000-4000-8000-000000000000",
        ),
        ("value: 1e+12345678", "value: 1e+12345678"),
        ("length: 12345678901234567890", "length: 12345678901234567890"),
        ("version 3.1.4", "version 3.1.4"),
    ],
)
def test_a_detail_masks_what_says_who_somebody_is(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert Refusal(1, "Why.", text).detail == shown
    assert masked(shown) == shown


def test_an_address_that_would_be_cut_in_two_is_masked_before() -> None:
    assert found("app", "x" * 70 + " joe@mail.example") == "app: " + "x" * 70 + " …"
    assert printable("x" * 75 + " 203.0.113.98") == "x" * 75 + " …"


@pytest.mark.parametrize(
    "cell", ["@" + "a" * 5_000_000, ":" * 5_000_000 + "g", "+1" * 2_500_000, "1." * 2_500_000]
)
def test_a_hostile_cell_is_shown_like_any_other(cell: str) -> None:
    assert len(printable(cell)) <= 81
