"""Numbers as people read them: whole texts are compared, so that a changed space or sign is noticed."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import formatting as f

BERLIN = ZoneInfo("Europe/Berlin")
THIN = "\u202f"
MINUS = "\u2212"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1k"),
        (1234, "1.2k"),
        (9949, "9.9k"),
        (41_208, "41.2k"),
        (99_950, "100k"),
        (412_080, "412k"),
        (999_499, "999k"),
        (999_500, "1M"),
        (1_500_000, "1.5M"),
        (2_000_000_000, "2B"),
        (-41_208, f"{MINUS}41.2k"),
        (Decimal("2.04"), "2"),
        (Decimal("2.06"), "2.1"),
        (0.25, "0.2"),
        (None, "\u2013"),
    ],
)
def test_compact_keeps_about_three_figures(value, text):
    assert f.compact(value) == text


@given(st.integers(min_value=-(10**13), max_value=10**13))
def test_compact_is_short_and_near(value):
    text = f.compact(value)
    scale = {"k": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}.get(text[-1], 1)
    shown = Decimal(text.rstrip("kMBT").replace(MINUS, "-").replace(",", "")) * scale
    assert len(text.lstrip(MINUS)) <= 6
    assert abs(shown - value) <= abs(value) * Decimal("0.06")


@given(st.integers())
def test_a_count_is_exact_however_large(value):
    assert int(f.number(value).replace(",", "").replace(MINUS, "-")) == value


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (Decimal("2.5"), 0, "2"),
        (Decimal("3.5"), 0, "4"),
        (Decimal("-0.4"), 0, "0"),
        (1.005, 2, "1"),
        (41208, 0, "41,208"),
        (-1234.5, 1, f"{MINUS}1,234.5"),
    ],
)
def test_numbers_are_rounded_half_even(value, decimals, text):
    assert f.number(value, decimals) == (text if "." in text or decimals == 0 else f"{text}.00")


def test_percentages_have_one_decimal_whatever_their_size():
    shown = [f.percent(value) for value in (0, 0.0421, 0.0996, 0.0999, 0.12, 0.6849, 1, None)]
    assert shown == [
        f"0.0{THIN}%",
        f"4.2{THIN}%",
        f"10.0{THIN}%",
        f"10.0{THIN}%",
        f"12.0{THIN}%",
        f"68.5{THIN}%",
        f"100.0{THIN}%",
        "\u2013",
    ]
    assert f.percent(0.12345, 2) == f"12.34{THIN}%"


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (41_208, 36_790, f"+12.0{THIN}%"),
        (90, 100, f"{MINUS}10.0{THIN}%"),
        (100, 100, f"0.0{THIN}%"),
        (1001, 1000, f"+0.1{THIN}%"),
        (100_001, 100_000, f"0.0{THIN}%"),
        (99_999, 100_000, f"0.0{THIN}%"),
        (5, 0, "\u2013"),
        (5, None, "\u2013"),
        (None, 5, "\u2013"),
        (0, 5, f"{MINUS}100.0{THIN}%"),
        (Decimal("1.1"), Decimal(-1), f"+210.0{THIN}%"),
    ],
)
def test_change_has_a_sign_and_is_empty_where_nothing_is_compared(now, before, text):
    assert f.change(now, before) == text


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (Decimal("0.412"), Decimal("0.454"), f"{MINUS}4.2{THIN}pp"),
        (Decimal("0.5"), Decimal("0.25"), f"+25.0{THIN}pp"),
        (Decimal("0.4"), Decimal("0.4"), f"0.0{THIN}pp"),
        (Decimal("0.4"), Decimal("0.40004"), f"0.0{THIN}pp"),
        (Decimal("0.4"), 0, "\u2013"),
        (None, Decimal("0.4"), "\u2013"),
    ],
)
def test_a_share_changes_by_percentage_points(now, before, text):
    assert f.change(now, before, "ratio") == text


def test_the_change_of_a_small_rate_has_the_digits_of_its_interval():
    assert f.change(Decimal("0.0052"), Decimal("0.0047"), "ratio", decimals=2) == f"+0.05{THIN}pp"
    assert (f.rate_decimals(Decimal("0.0099")), f.rate_decimals(Decimal("0.01")), f.rate_decimals(None)) == (
        2,
        1,
        1,
    )


@pytest.mark.parametrize(
    ("amounts", "texts"),
    [
        ((5220, 1264.32, 0, None), ("$5,220.00", "$1,264.32", "$0.00", "\u2013")),
        ((9999.99, -80), ("$9,999.99", f"{MINUS}$80.00")),
        ((10_000, 1264.32, 0), ("$10,000", "$1,264", "$0")),
        ((10_000_000, 1264.32, 80), ("$10M", "$1.3k", "$80")),
        ((None,), ("\u2013",)),
    ],
)
def test_the_amounts_of_a_row_have_one_form(amounts, texts):
    micros = [None if amount is None else round(amount * 1_000_000) for amount in amounts]
    form = f.money_form(micros)
    assert tuple(f.format_value(one, "money", currency="USD", form=form) for one in micros) == texts


@pytest.mark.parametrize(
    ("micros", "currency", "text"),
    [
        (1_234_500_000, "EUR", "€1,234.50"),
        (1_234_565_000, "USD", "$1,234.56"),
        (1_234_575_000, "USD", "$1,234.58"),
        (-1_234_500_000, "GBP", f"{MINUS}£1,234.50"),
        (-4_000, "GBP", "£0.00"),
        (1_234_500_000, "JPY", "¥1,234"),
        (1_234_500_000, "CHF", "CHF\u00a01,234.50"),
        (1_234_567_000, "KWD", "KWD\u00a01,234.567"),
        (None, "EUR", "\u2013"),
    ],
)
def test_money_stands_with_its_currency(micros, currency, text):
    assert f.money(micros, currency) == text


def test_money_is_exact_beyond_what_a_float_holds():
    assert f.money(9_007_199_254_740_993_000_000, "EUR") == "€9,007,199,254,740,993.00"
    assert f.money(18_400_500_000, "EUR", short=True) == "€18.4k"


@pytest.mark.parametrize(
    ("micros", "currency", "text"),
    [
        (80_400_000, "USD", "$80.40"),
        (80_000_000, "USD", "$80"),
        (0, "USD", "$0"),
        (8_312_500_000, "USD", "$8,312.50"),
        (9_999_990_000, "USD", "$9,999.99"),
        (9_999_999_000, "USD", "$10k"),
        (10_000_000_000, "USD", "$10k"),
        (-412_370_000, "EUR", f"{MINUS}€412.37"),
        (1_234_567_000_000, "CHF", "CHF\u00a01.2M"),
        (1_234_500_000, "JPY", "¥1,234"),
    ],
)
def test_money_is_shortened_from_ten_thousand_on_and_never_cut_below(micros, currency, text):
    assert f.money(micros, currency, short=True) == text
    assert f.format_value(micros, "money", currency=currency, compact=True) == text


def test_an_interval_stands_in_the_unit_of_its_value():
    assert f.interval(Decimal("1.4"), Decimal("2.59"), "times") == f"1.4× to 2.6× (95{THIN}%)"
    assert f.interval(Decimal("0.031"), Decimal("0.149"), "ratio") == f"3.1{THIN}% to 14.9{THIN}% (95{THIN}%)"
    assert (
        f.interval(Decimal("0.0012"), Decimal("0.0019"), "ratio") == f"0.12{THIN}% to 0.19{THIN}% (95{THIN}%)"
    )
    assert f.interval(18_400_000, 24_900_000, "money", currency="EUR") == f"€18.40 to €24.90 (95{THIN}%)"
    assert f.interval(None, None, "ratio") == ""


@pytest.mark.parametrize(
    ("seconds", "long", "short"),
    [
        (0, "0 s", "0 s"),
        (45, "45 s", "45 s"),
        (59.6, "1 min", "1 min"),
        (750, "12 min 30 s", "12 min"),
        (3600, "1 h", "1 h"),
        (3840, "1 h 4 min", "1.1 h"),
        (4_464_000, "1,240 h", "1.2k h"),
        (-90, f"{MINUS}1 min 30 s", f"{MINUS}2 min"),
    ],
)
def test_durations_show_two_units(seconds, long, short):
    assert f.duration(seconds) == long.replace(" ", "\u00a0")
    assert f.duration(seconds, short=True) == short.replace(" ", "\u00a0")


def test_positions_in_a_recording():
    assert [f.clock(value) for value in (45, 750, 3849, None)] == ["0:45", "12:30", "1:04:09", "\u2013"]


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (date(2026, 11, 2), date(2026, 11, 3), "2 Nov 2026"),
        (date(2026, 11, 2), date(2026, 11, 9), "2\u20138 Nov 2026"),
        (date(2026, 10, 26), date(2026, 11, 23), "26 Oct \u2013 22 Nov 2026"),
        (date(2025, 12, 20), date(2026, 1, 3), "20 Dec 2025 \u2013 2 Jan 2026"),
        # A day of 25 hours in Berlin, given as UTC moments.
        (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC), "25 Oct 2026"),
        # Midnight in Berlin is the evening before in UTC: the zone decides the day.
        (datetime(2026, 11, 1, 23, tzinfo=UTC), datetime(2026, 11, 8, 23, tzinfo=UTC), "2\u20138 Nov 2026"),
    ],
)
def test_periods_name_the_days_they_cover(start, end, text):
    assert f.period(start, end, BERLIN) == text


def test_moments_name_their_zone():
    assert f.instant(datetime(2026, 11, 23, 13, 5, tzinfo=UTC), BERLIN) == "23 Nov 2026, 14:05 CET"
    assert f.instant(datetime(2026, 7, 1, 13, 5, tzinfo=UTC), BERLIN) == "1 Jul 2026, 15:05 CEST"


def test_buckets_are_named_by_grain():
    at = datetime.fromisoformat("2026-11-02T09:00")
    names = [f.bucket(at, grain) for grain in ("hour", "day", "week", "month", "quarter", "year")]
    assert names == [
        "Mon 2 Nov 2026, 09:00",
        "Mon 2 Nov 2026",
        "Week of 2 Nov 2026",
        "Nov 2026",
        "Q4 2026",
        "2026",
    ]


@pytest.mark.parametrize(
    ("value", "unit", "more", "text"),
    [
        (41208, "count", {}, "41,208"),
        (41208, "count", {"compact": True}, "41.2k"),
        ("<5", "count", {}, "<5"),
        (3, "number", {}, "3.0"),
        (3.25, "number", {}, "3.2"),
        (0.641, "ratio", {}, f"64.1{THIN}%"),
        (Decimal("2.914"), "times", {}, "2.9×"),
        (3, "times", {"compact": True}, "3.0×"),
        (28_000_000, "money", {"currency": "EUR"}, "€28.00"),
        (1543, "seconds", {}, "25\u00a0min\u00a043\u00a0s"),
        (date(2026, 11, 2), "date", {}, "2 Nov 2026"),
        (datetime(2026, 11, 1, 23, 30, tzinfo=UTC), "date", {"zone": BERLIN}, "2 Nov 2026"),
        (datetime(2026, 11, 1, 23, 30, tzinfo=UTC), "datetime", {"zone": BERLIN}, "2 Nov 2026, 00:30 CET"),
        (None, "money", {"currency": "EUR"}, "\u2013"),
    ],
)
def test_values_are_written_by_unit(value, unit, more, text):
    assert f.format_value(value, unit, **more) == text


def test_what_cannot_be_written_honestly_is_refused():
    with pytest.raises(ValueError, match="Unknown unit"):
        f.format_value(1, "furlongs")
    with pytest.raises(ValueError, match="currency"):
        f.format_value(1, "money")
    with pytest.raises(ValueError, match="time zone"):
        f.format_value(datetime(2026, 11, 1, tzinfo=UTC), "datetime")
    with pytest.raises(TypeError, match="bool"):
        f.number(True)


def test_counted_agrees_with_its_number():
    assert [f.counted(n, "episode") for n in (0, 1, 2)] == ["0 episodes", "1 episode", "2 episodes"]
    assert f.counted(2, "country", "countries") == "2 countries"
