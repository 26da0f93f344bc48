"""Figures: the same chart as a plotly dict, as SVG, as a table and as a sentence."""

import itertools
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.figures import plotly_writer, svg_writer
from reports.figures.builders import attribution_bars, columns, delivery, ranking, trend
from reports.figures.chart import Mark, Measure
from reports.figures.labels import LINE, end_labels, spaced_marks
from reports.figures.scales import time_ticks, value_ticks
from reports.figures.text_metrics import fit, text_width
from reports.figures.tokens import ASSETS, accent_faces, colour, contrast, print_css, text_on, tokens
from reports.formatting import format_value

BERLIN = ZoneInfo("Europe/Berlin")
START = date(2026, 10, 26)
SVG = "{http://www.w3.org/2000/svg}"


def _days(values, *, start=START, key="value"):
    return [{"bucket": start + timedelta(days=place), key: value} for place, value in enumerate(values)]


def _compared():
    return trend(
        _days([120, 180, 150, 90, 60, 75, 130, 40]),
        label="Downloads",
        compare_rows=_days([100, 160, 150, 80, 60, 50, 110, 90], start=START - timedelta(days=8)),
        marks=[Mark(START + timedelta(days=1), "Episode 118", "episode")],
        partial_from=START + timedelta(days=7),
    )


def _charts():
    shows = ("Harbour Lights", "Second Shift", "The Quiet Ledger & Sons")
    several = [{**row, "podcast": show} for show in shows for row in _days([9, 14, 11, 12])]
    months = [{"bucket": date(2026, month, 1), "value": 1000 * month} for month in range(1, 12)]
    models = [("first", "First touch"), ("last", "Last touch"), ("linear", "Linear")]
    credit = [
        {"channel": show, "model": key, "conversions": Decimal(10 * place + 5)}
        for place, show in enumerate(shows)
        for key, _ in models
    ]
    return {
        "compared": _compared(),
        "lines": trend(several, label="Downloads", by="podcast"),
        "ratio": trend(_days([0.61, 0.66, 0.58]), label="Completion", unit="ratio", additive=False),
        "months": trend(months, label="Downloads", grain="month", partial_from=date(2026, 11, 1)),
        "money": trend(
            [{"bucket": row["bucket"], "value": row["value"] * 1_000_000} for row in months],
            label="Revenue",
            unit="money",
            currency="EUR",
            grain="month",
        ),
        "stacked": columns(several, label="Downloads", x="bucket", y="value", by="podcast", stacked=True),
        "grouped": columns(several, label="Downloads", x="bucket", y="value", by="podcast", grain="day"),
        "ranking": ranking(
            [{"app": "Apple Podcasts", "n": 60}, {"app": "Spotify", "n": 30}, {"app": "Rare", "n": "<5"}],
            label="Downloads",
            label_key="app",
            value_key="n",
            total=100,
            x_label="App",
        ),
        "delivery": delivery(
            [{"day": START + timedelta(days=place), "impressions": 1000} for place in range(10)],
            booked=30_000,
            flight_start=START,
            flight_end=START + timedelta(days=29),
            now=START + timedelta(days=10),
            forecast=(29_000, 27_500, 30_500),
        ),
        "models": attribution_bars(credit, models=models),
    }


CHARTS = _charts()


@pytest.fixture(params=sorted(CHARTS))
def chart(request):
    return CHARTS[request.param]


# What a chart says ------------------------------------------------------------------------------------------


def test_a_trend_says_total_range_change_and_what_is_not_over():
    assert _compared().sentence == (
        "Downloads per day, Mon 26 Oct 2026 to Mon 2 Nov 2026: 845 in all, from 60 (Fri 30 Oct 2026) to "
        "180 (Tue 27 Oct 2026); 805 of it compared, previous period 710 (+13.4\u202f%). "
        "From Mon 2 Nov 2026 on the data is not complete. 1 episode came out."
    )


def _weeks(**more):
    rows = [{"bucket": START + timedelta(days=7 * n), "value": 10 + n} for n in range(16)]
    return trend(rows, label="Downloads", grain="week", **more)


def test_a_first_bucket_that_the_period_cuts_is_as_incomplete_as_the_last():
    chart = _weeks(cut_first=True, partial_from=START + timedelta(days=7 * 15))
    whole = [chart.is_whole(chart.main, place) for place in range(16)]
    assert whole == [False, *[True] * 14, False]
    assert "from 11 (Week of 2 Nov 2026) to 24 (" in chart.sentence, (
        "a part of a week is neither lowest nor highest"
    )
    assert "The first week is not complete: the period begins inside it." in chart.sentence
    assert [row[0].endswith("(not complete)") for row in chart.table().rows] == [not one for one in whole]
    data = plotly_writer.write(chart)["data"]
    hatched = [trace["x"] for trace in data if "fillpattern" in trace]
    assert hatched == [["2026-10-26", "2026-11-02"], ["2027-02-01", "2027-02-08"]]
    solid = next(trace for trace in data if trace.get("fill") == "tozeroy" and "fillpattern" not in trace)
    assert solid["x"][0] == "2026-11-02"
    assert len(solid["x"]) == 14
    assert (
        svg_writer.write(chart, width=600).count("url(#hatch)")
        == svg_writer.write(_weeks(), width=600).count("url(#hatch)") + 3
    ), "two stretches and their key"


def test_columns_that_the_period_cuts_are_hatched_at_both_ends():
    rows = [{"bucket": date(2026, month, 1), "value": month} for month in range(8, 12)]
    chart = trend(rows, label="Downloads", grain="month", cut_first=True, partial_from=date(2026, 11, 1))
    assert chart.kind == "columns"
    bars = plotly_writer.write(chart)["data"][0]
    assert bars["marker"]["pattern"]["shape"] == ["/", "", "", "/"]
    assert [text.endswith("(not complete)") for text in bars["customdata"]] == [True, False, False, True]


def test_what_is_compared_keeps_its_place_where_there_was_nothing_before():
    before = [
        {"bucket": None, "value": None},
        *_days([5, 6], start=date(2026, 10, 1)),
        {"bucket": None, "value": None},
    ]
    chart = trend(_days([1, 2, 3, 4]), label="Downloads", compare_rows=before, compared=(6, None))
    compare = next(series for series in chart.series if series.role == "compare")
    assert (compare.xs[1], compare.ys) == (START + timedelta(days=1), (None, 5, 6))
    assert compare.names == ("", "Thu 1 Oct 2026", "Fri 2 Oct 2026")
    assert "%" not in chart.sentence, "no change against what was not known"
    assert chart.table().rows[0][2:] == ("", "\u2013")
    none = [{"bucket": None, "value": None}] * 4
    assert len(trend(_days([1, 2, 3, 4]), label="Downloads", compare_rows=none).series) == 1


def test_flags_that_would_touch_are_one_with_a_line_for_each():
    rows = _days(list(range(1, 93)))
    marks = [Mark(START + timedelta(days=day), f"Title {day}", "episode") for day in range(92)]
    marks.append(Mark(START, "<b>Bold</b>", "episode"))
    chart = trend(rows, label="Downloads", marks=marks)
    shown = spaced_marks(chart)
    assert 1 < len(shown) <= 21
    gap = timedelta(days=91) / 20
    assert all(after.at - before.at > gap for before, after in itertools.pairwise(shown))
    assert sum(mark.label.count("\n") + 1 for mark in shown) <= len(marks)
    assert shown[0].label.splitlines()[-1] == "and 2 more"
    assert "93 episodes came out" in chart.sentence
    assert chart.table().rows[0][-1] == "Title 0; <b>Bold</b>", "the table holds every one"
    flags = next(trace for trace in plotly_writer.write(chart)["data"] if trace["name"] == "Events")
    assert "&lt;b&gt;Bold" in flags["customdata"][0]
    alone = trend(rows, label="Downloads", marks=marks[:1])
    assert [mark.label for mark in spaced_marks(alone)] == ["Episode out: Title 0"]


def test_what_does_not_add_up_is_never_summed():
    shown = trend(_days([40, 50, 45]), label="Unique listeners", additive=False).sentence
    assert shown == (
        "Unique listeners per day, Mon 26 Oct 2026 to Wed 28 Oct 2026: "
        "from 40 (Mon 26 Oct 2026) to 50 (Tue 27 Oct 2026)."
    )


def test_one_bucket_and_none():
    assert trend(_days([7]), label="Downloads").sentence == "Downloads, Mon 26 Oct 2026: 7."
    assert trend([], label="Downloads").sentence == "Downloads: no data in this period."
    assert trend([], label="Downloads").is_empty
    assert ranking([], label="Downloads", label_key="a", value_key="n").is_empty


def test_a_ranking_is_sorted_with_hidden_cells_last():
    chart = CHARTS["ranking"]
    assert chart.sentence == (
        "Downloads by app: Apple Podcasts 60 (60.0\u202f%), Spotify 30 (30.0\u202f%), Rare <5."
    )
    assert chart.table().rows == (
        ("Apple Podcasts", "60", "60.0\u202f%"),
        ("Spotify", "30", "30.0\u202f%"),
        ("Rare", "<5", "\u2013"),
    )


def test_a_zero_ranks_above_a_hidden_cell_and_below_everything_else():
    rows = [{"a": "zero", "n": 0}, {"a": "hidden", "n": "<5"}, {"a": "one", "n": 1}]
    names = ranking(rows, label="Listeners", label_key="a", value_key="n").main.xs
    assert names == ("one", "zero", "hidden")


@pytest.mark.parametrize("days", [1, 8, 20, 40, 55, 61])
@pytest.mark.parametrize("reached", [20, 3000, 6500, 9900, 10_000, 10_400])
@pytest.mark.parametrize("forecast", [None, (10_000, 9800, 10_300)])
def test_labels_of_a_delivery_never_cover_each_other(days, reached, forecast):
    first, last = date(2026, 10, 1), date(2026, 11, 30)
    rows = [{"day": first + timedelta(place), "impressions": 0} for place in range(days - 1)]
    rows.append({"day": first + timedelta(days - 1), "impressions": reached})
    chart = delivery(
        rows, booked=10_000, flight_start=first, flight_end=last, now=first, forecast=forecast, height=300
    )
    svg = ElementTree.fromstring(svg_writer.write(chart, width=640, height=220))  # noqa: S314
    texts = []
    for text in svg.iter("{http://www.w3.org/2000/svg}text"):
        wide = text_width(text.text, 11, strong="font-weight" in text.attrib)
        begins = float(text.get("x")) - {"end": wide, "middle": wide / 2}.get(text.get("text-anchor"), 0)
        texts.append((begins, begins + wide, float(text.get("y")), text.text))
    for one, other in itertools.combinations(texts, 2):
        apart = one[1] <= other[0] or other[1] <= one[0] or abs(one[2] - other[2]) >= 11
        assert apart, (one, other)
    assert all(left >= 0 and right <= 640 for left, right, _, _ in texts), texts
    figure = plotly_writer.write(chart)
    said = [note for note in figure["layout"]["annotations"] if note.get("xref") == "paper"]
    top = figure["layout"]["yaxis"]["range"][1]
    places = sorted((1 - note["y"] / top) * 252 - note["yshift"] for note in said)
    assert all(after - before >= 14 for before, after in itertools.pairwise(places)), said
    assert any("Booked" in note["text"] for note in said)


def test_delivery_before_the_flight_names_no_line_that_is_not_there():
    first, last = date(2026, 12, 8), date(2027, 1, 12)
    rows = [{"day": first, "impressions": None}]
    chart = delivery(rows, booked=18_000, flight_start=first, flight_end=last, now=date(2026, 11, 29))
    assert chart.drawn == ()
    assert chart.sentence.startswith("Ads delivered: 0 of 18,000 booked")
    svg = svg_writer.write(chart, width=640, height=220)
    assert (">Booked by then<" in svg, ">Ads delivered<" in svg) == (True, False)
    assert CHARTS["delivery"].drawn == (CHARTS["delivery"].main,)


def test_delivery_is_cumulative():
    chart = CHARTS["delivery"]
    assert chart.main.ys == tuple(range(1000, 10_001, 1000))
    assert chart.sentence == (
        "Ads delivered: 10,000 of 30,000 booked (33.3\u202f%) in the flight 26 Oct 2026 to 24 Nov 2026; "
        "expected at its end 29,000 (between 27,500 and 30,500)."
    )


@pytest.mark.parametrize(
    ("credit", "said"),
    [
        (
            {"A": (9, 8), "B": (4, 5), "C": (1, 2)},
            "Conversions by podcast: every model ranks them alike, A first.",
        ),
        (
            {"A": (9, 8), "B": (4, 1), "C": (3, 5)},
            "Conversions by podcast: A leads in every model; the order behind it changes.",
        ),
        (
            {"A": (9, 1), "B": (4, 5)},
            "Conversions by podcast: the models disagree on the leader: A by first touch, B by last touch.",
        ),
    ],
)
def test_the_models_are_compared_in_one_line(credit, said):
    rows = [
        {"channel": name, "model": model, "conversions": value}
        for name, values in credit.items()
        for model, value in zip(("first", "last"), values, strict=True)
    ]
    chart = attribution_bars(rows, models=[("first", "First touch"), ("last", "Last touch")])
    assert chart.sentence == said


def test_the_table_twin_holds_every_point_with_the_comparisons_own_dates():
    table = _compared().table()
    assert table.header == ("Day", "Downloads", "Compared with", "Downloads before", "Episodes out")
    assert len(table.rows) == 8
    assert table.rows[0] == ("Mon 26 Oct 2026", "120", "Sun 18 Oct 2026", "100", "")
    assert table.rows[1][-1] == "Episode 118"
    assert [row[0] for row in table.rows][-2:] == ["Sun 1 Nov 2026", "Mon 2 Nov 2026 (not complete)"]


def test_moments_are_shown_in_the_zone_asked_for():
    rows = [
        {"bucket": datetime(2026, 10, 24, 22, tzinfo=UTC) + timedelta(hours=hour), "value": 1}
        for hour in range(25)
    ]
    chart = trend(rows, label="Downloads", grain="hour", zone=BERLIN)
    # 25 October has 25 hours in Berlin: 02:00 comes twice and the day ends at 23:00.
    assert [chart.main.xs[place].hour for place in (0, 2, 3, 24)] == [0, 2, 2, 23]
    assert {x.day for x in chart.main.xs} == {25}


# Axes -------------------------------------------------------------------------------------------------------


@given(
    st.floats(min_value=1e-6, max_value=1e15),
    st.sampled_from(["count", "number", "ratio", "money", "seconds"]),
)
def test_ticks_begin_at_zero_hold_the_highest_and_are_told_apart(highest, unit):
    ticks = value_ticks(highest, Measure("x", unit, "EUR"))
    assert ticks.at[0] == 0
    assert float(ticks.at[-1]) >= highest * 0.999
    assert 2 <= len(ticks.at) <= 8
    steps = {round((b - a) / (ticks.at[1] - ticks.at[0]), 6) for a, b in itertools.pairwise(ticks.at)}
    assert steps == {1.0}


@pytest.mark.parametrize("highest", [0, 1, 2, 3, 7, 2557, 10_548, 41_208, 999_999])
def test_ticks_of_counts_have_different_texts(highest):
    texts = value_ticks(highest, Measure("Downloads")).text
    assert len(set(texts)) == len(texts)


def test_days_are_ticked_on_mondays():
    xs = [START + timedelta(days=place) for place in range(84)]
    ticks = time_ticks(xs, "day")
    assert {at.weekday() for at in ticks.at} == {0}
    assert all(text.startswith("Mon ") for text in ticks.text)
    assert len(ticks.at) <= 8


def test_months_say_the_year_once():
    xs = [date(2025, 9, 1) + timedelta(days=place) for place in range(200)]
    assert time_ticks(xs, "day").text == ("Sep 2025", "Oct", "Nov", "Dec", "Jan 2026", "Feb", "Mar")


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=6))
def test_end_labels_never_cover_each_other(ends):
    names = [f"Podcast {place}" for place in range(len(ends))]
    rows = [
        {**row, "podcast": name} for name, end in zip(names, ends, strict=True) for row in _days([end, end])
    ]
    chart = trend(rows, label="Downloads", by="podcast")
    top = float(value_ticks(max([*ends, 1]), chart.measure).at[-1])
    labels = end_labels(chart, 200, top)
    places = sorted((1 - label.value / top) * 200 + label.down for label in labels)
    assert all(after - before >= LINE - 1e-6 for before, after in itertools.pairwise(places))
    assert places[-1] <= 200


def test_a_text_is_cut_to_its_room():
    assert fit("Short", 200, 12) == "Short"
    cut = fit("A title that nobody would read to its end", 100, 12)
    assert cut.endswith("…")
    assert text_width(cut, 12) <= 100


# Writers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_plotly_accepts_every_figure(chart, theme):
    go = pytest.importorskip("plotly.graph_objects")
    figure = plotly_writer.write(chart, theme)
    go.Figure(figure)
    assert "var(--" not in repr(figure)


def test_the_pages_figure_names_colours_as_tokens_and_holds_only_plain_values(chart):
    figure = plotly_writer.write(chart)
    known_tokens = tokens()

    def walk(value, path=""):
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, f"{path}.{key}")
        elif isinstance(value, list | tuple):
            for inner in value:
                walk(inner, path)
        else:
            assert value is None or isinstance(value, str | int | float | bool), path
            if isinstance(value, str):
                assert not re.search(r"#[0-9a-f]{6}", value), path
                for name in re.findall(r"var\(--([a-z0-9-]+)\)", value):
                    assert name in known_tokens

    walk(figure)
    assert all(trace["type"] in ("scatter", "bar") for trace in figure["data"])


def test_axes_start_at_zero_and_only_the_horizontal_grid_is_drawn():
    layout = plotly_writer.write(_compared())["layout"]
    assert layout["yaxis"]["range"][0] == 0
    assert layout["xaxis"]["showgrid"] is False
    assert layout["hovermode"] == "x unified"


def test_what_is_not_complete_is_dotted_and_hatched():
    data = plotly_writer.write(_compared())["data"]
    solid = next(trace for trace in data if trace.get("fill") == "tozeroy" and "fillpattern" not in trace)
    open_end = next(trace for trace in data if "fillpattern" in trace)
    assert len(solid["x"]) == 7
    assert open_end["x"] == ["2026-11-01", "2026-11-02"]
    assert open_end["line"]["dash"] != "solid"
    bars = plotly_writer.write(CHARTS["months"])["data"][0]
    assert bars["marker"]["pattern"]["shape"] == [""] * 10 + ["/"]


def test_the_tooltip_says_value_change_and_the_comparisons_own_day():
    data = plotly_writer.write(_compared())["data"]
    first = [trace["customdata"][0] for trace in data if trace.get("customdata")][:2]
    assert first == [
        "<b>120</b>  Downloads  +20.0\u202f%",
        "<b>40</b>  Downloads  (not complete)",
    ]
    assert any("Sun 18 Oct 2026" in trace.get("customdata", [""])[0] for trace in data)


def _texts(svg):
    return [(node, node.text or "") for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


@pytest.mark.parametrize("width", [316, 657])
def test_svg_is_well_formed_and_no_text_leaves_the_picture(chart, width):
    svg = svg_writer.write(chart, width=width)
    root = ElementTree.fromstring(svg)  # noqa: S314
    assert root.get("aria-label") == chart.sentence
    height = float(root.get("height"))
    for node, text in _texts(svg):
        size = float(node.get("font-size", 11))
        wide = text_width(text, size, strong=node.get("font-weight") == "650")
        x = float(node.get("x"))
        left = {"start": x, "middle": x - wide / 2, "end": x - wide}[node.get("text-anchor", "start")]
        assert left >= -1, text
        assert left + wide <= width + 1, text
        assert 0 <= float(node.get("y")) <= height, text


@pytest.mark.parametrize("width", [316, 657])
def test_svg_texts_do_not_overlap(chart, width):
    boxes = []
    for node, text in _texts(svg_writer.write(chart, width=width)):
        size = float(node.get("font-size", 11))
        wide = text_width(text, size, strong=node.get("font-weight") == "650")
        x, y = float(node.get("x")), float(node.get("y"))
        left = {"start": x, "middle": x - wide / 2, "end": x - wide}[node.get("text-anchor", "start")]
        boxes.append((left, y - size * 0.75, left + wide, y, text))
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one, other)


def test_svg_escapes_what_people_typed():
    rows = [{"app": '<script>alert(1)</script> & "co"', "n": 3}]
    svg = svg_writer.write(ranking(rows, label="Downloads", label_key="app", value_key="n"))
    assert "<script>" not in svg
    assert any("<script>alert(1)</script>" in text for _, text in _texts(svg))


def test_nothing_is_drawn_where_a_value_is_not_told():
    chart = trend(_days([6, 7, None, 9, None, 8, 5]), label="Downloads")
    trace = plotly_writer.write(chart)["data"][0]
    assert trace["y"][2] is None
    assert "fill" not in trace, "an area would bridge the gap"
    assert trace["mode"] == "lines+markers", "a value between two gaps has no line"
    body = ElementTree.fromstring(svg_writer.write(chart))  # noqa: S314
    lines = [len(node.get("points").split()) for node in body.iter() if node.tag.endswith("polyline")]
    assert lines == [2, 2]
    assert not [node for node in body.iter() if node.tag.endswith("polygon")]
    assert len([node for node in body.iter() if node.tag.endswith("circle")]) == 2


@settings(max_examples=60)
@given(st.lists(st.one_of(st.none(), st.integers(0, 10**9)), max_size=40))
def test_any_series_can_be_drawn(values):
    chart = trend(_days(values), label="Downloads")
    plotly_writer.write(chart)
    ElementTree.fromstring(svg_writer.write(chart))  # noqa: S314
    spark = svg_writer.sparkline(values)
    assert spark == "" or ElementTree.fromstring(spark) is not None  # noqa: S314


# Tokens -----------------------------------------------------------------------------------------------------


def test_every_custom_property_that_is_used_exists():
    own = {
        "share",
        "bone",
        "key",
        "spark",
        "icon",
        "depth",
        "state-height",
        "state-height-phone",
        "chart-height",
    }
    css = "".join(path.read_text() for path in ASSETS.glob("*.css"))
    used = set(re.findall(r"var\(--([a-z0-9-]+)", css))
    assert used - own <= set(tokens())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ink_and_meaning_can_be_read_on_every_surface(theme):
    for ground in ("surface", "page", "raised", "sunken"):
        for ink in ("ink", "ink-2", "ink-3", "accent"):
            assert contrast(colour(ink, theme), colour(ground, theme)) >= 4.5, (ink, ground)
    for tone in ("good", "bad", "warn"):
        assert contrast(colour(tone, theme), colour(f"{tone}-soft", theme)) >= 4.5
        assert contrast(colour(tone, theme), colour("surface", theme)) >= 4.5
    assert contrast(colour("on-accent", theme), colour("accent", theme)) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_data_colours_stand_out_from_the_surface(theme):
    for slot in range(1, 7):
        assert contrast(colour(f"series-{slot}", theme), colour("surface", theme)) >= 3


# Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB.
_SIGHT = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def _seen(hex_colour, sight):
    """Return the colour in OKLab as an eye of this kind sees it."""
    channels = [int(hex_colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    r, g, b = (max(0.0, sum(k * c for k, c in zip(row, linear, strict=True))) for row in _SIGHT[sight])
    cones = (
        (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3),
        (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3),
        (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3),
    )
    rows = (
        (0.2104542553, 0.7936177850, -0.0040720468),
        (1.9779984951, -2.4285922050, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.8086757660),
    )
    return [sum(k * c for k, c in zip(row, cones, strict=True)) for row in rows]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sight", sorted(_SIGHT))
def test_data_colours_differ_for_every_kind_of_sight(theme, sight):
    seen = [_seen(colour(f"series-{slot}", theme), sight) for slot in range(1, 7)]
    for place, one in enumerate(seen):
        for other in seen[place + 1 :]:
            assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 >= 0.075


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_any_tenants_accent_is_moved_until_it_can_be_read(accent):
    light, dark = accent_faces(accent)
    assert contrast(light, colour("surface", "light")) >= 4.5
    assert contrast(dark, colour("surface", "dark")) >= 4.5
    assert contrast(text_on(light), light) >= 4.5
    assert contrast(text_on(dark), dark) >= 4.5


def test_paper_gets_plain_tokens_of_the_light_theme():
    css = print_css("#ffcc00")
    assert "light-dark" not in css
    assert f"--surface: {tokens('light')['surface']};" in css
    assert "--accent: #ffcc00" not in css
    with pytest.raises(ValueError, match="#rrggbb"):
        print_css("red; } body { display: none")


def test_the_plotly_bundle_is_the_version_that_plotly_ships():
    plotly = pytest.importorskip("plotly")
    from pathlib import Path

    def version(path):
        return re.search(r"v(\d+\.\d+\.\d+)", path.read_text(encoding="utf-8")[:400]).group(1)

    shipped = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    assert version(ASSETS / "vendor" / "plotly-cartesian.min.js") == version(shipped)


def test_bars_without_room_stand_as_one_and_the_list_adds_up():
    rows = [{"app": f"App {place:02}", "n": 100 - place} for place in range(30)]
    total = sum(row["n"] for row in rows)
    chart = ranking(
        rows, label="Downloads", label_key="app", value_key="n", total=total, x_label="App", limit=12
    )
    assert len(chart.main.xs) == 12
    assert chart.main.xs[:11] == tuple(row["app"] for row in rows[:11])
    assert chart.main.xs[11] == "Other (19)", "last, though it is the largest"
    assert chart.main.ys[11] == sum(row["n"] for row in rows[11:])
    assert sum(chart.main.ys) == total
    assert abs(sum(chart.shares) - 1) < Decimal("1e-20")
    assert chart.table().rows[-1] == (
        "Other (19)",
        format_value(chart.main.ys[11], "count"),
        format_value(chart.shares[11], "ratio"),
    )
    assert "and 27 more" in chart.sentence
    assert [chart.is_rest(place) for place in range(12)] == [False] * 11 + [True]
    drawn = svg_writer.write(chart)
    assert drawn.count(colour("hairline", "light")) == 1
    assert drawn.count(colour("bar-soft", "light")) == 11
    bars = plotly_writer.write(chart)["data"][0]
    assert bars["marker"]["color"][-1] != bars["marker"]["color"][0]
    whole = ranking(rows[:12], label="Downloads", label_key="app", value_key="n", total=total, limit=12)
    assert whole.main.xs[11] == "App 11"
    assert not whole.has_rest
    # What does not add up has no sum of the rest.
    apart = ranking(rows, label="Listeners", label_key="app", value_key="n", limit=12)
    assert apart.main.xs[11] == "App 11"


def test_a_rest_holds_every_count_that_is_not_told():
    rows = [{"app": f"App {place}", "n": 90 - place} for place in range(8)]
    hidden = [{"app": f"Rare {place}", "n": "<5"} for place in range(5)] + [{"app": "Seldom", "n": "hidden"}]
    total = sum(row["n"] for row in rows) + 21
    chart = ranking(
        [*hidden, *rows], label="Downloads", label_key="app", value_key="n", total=total, limit=12
    )
    assert chart.main.xs == (*(row["app"] for row in rows), "Other (6)")
    assert chart.main.ys[-1] == 21, "some of them among the bars would tell the sum of the others"
    assert chart.main.texts == ()
    assert chart.is_rest(8)
    # With room for all each stands by its name, without bar and share.
    whole = ranking(
        [*hidden, *rows], label="Downloads", label_key="app", value_key="n", total=total, limit=14
    )
    assert whole.table().rows[-2:] == (("Rare 4", "<5", "\u2013"), ("Seldom", "hidden", "\u2013"))
    assert whole.main.ys[8:] == (None,) * 6
    bars, drawn = plotly_writer.write(whole)["data"][0], svg_writer.write(whole)
    assert sum("<5" in said for said in bars["customdata"]) == 5
    assert drawn.count("&lt;5<") == 5
    assert not whole.has_rest


def test_channels_without_room_stand_as_one_in_every_model():
    models = (("first", "First"), ("last", "Last"))
    rows = [
        {"channel": f"Show {place}", "model": key, "conversions": Decimal(20 - place) / 4}
        for place in range(12)
        for key, _ in models
    ]
    chart = attribution_bars(rows, models=models, limit=8)
    for series in chart.series:
        assert series.xs[-1] == "Other (5)"
        assert len(series.xs) == 8
        assert sum(series.ys) == sum(row["conversions"] for row in rows if row["model"] == "first")
    assert colour("hairline-strong", "light") in svg_writer.write(chart)
