"""Component builders: what they put on the page, looked at as the JSON that the browser gets."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from dash import dcc, html
from dash.development.base_component import Component
from plotly.utils import PlotlyJSONEncoder

from dashboard import shell
from dashboard.answers import head, reaches_words
from dashboard.boxes import View
from dashboard.components import charts, filter_bar, frame, kpis, panels, states, tables
from dashboard.jobs import JOBS
from dashboard.pages import freshness, methodology, overview
from dashboard.pages.methodology import relations_of
from dashboard.plain import Plain
from queries import operations, sources
from queries.filters import Filters
from queries.ingest.plausible import AHEAD_OF_NOW
from queries.metrics import METRICS
from queries.periods import Period, allowed_grains
from queries.results import Answer, Column
from queries.scenarios import SCENARIOS
from reports import formatting as f
from reports.figures.builders import attribution_bars, ranking, trend
from reports.figures.tokens import ASSETS

START = date(2026, 10, 26)


def _json(component):
    return json.loads(json.dumps(component, cls=PlotlyJSONEncoder))


def _component(part):
    """Return the component that plain data stands for; it refuses properties that the element does not have."""
    if part["type"] == "Rows":
        return html.Tbody(
            [
                html.Tr(
                    [html.Th(row[0], scope="row"), *[html.Td(text, className="right") for text in row[1:]]]
                )
                for row in part["props"]["rows"]
            ]
        )
    library = html if part["namespace"] == "dash_html_components" else dcc
    return getattr(library, part["type"])(**part["props"])


def _walk(component):
    """Yield every component, outermost first."""
    stack = [component]
    while stack:
        one = stack.pop(0)
        if isinstance(one, list | tuple):
            stack = [*one, *stack]
        elif isinstance(one, Plain):
            stack = [_component(one), *stack]
        elif isinstance(one, Component):
            yield one
            inner = getattr(one, "children", None)
            if inner is not None:
                stack = [inner, *stack]


def _text(component):
    """Return the words that are shown, hidden ones included."""
    words = []
    for one in _walk(component):
        inner = getattr(one, "children", None)
        words += [
            part for part in (inner if isinstance(inner, list | tuple) else [inner]) if isinstance(part, str)
        ]
    return re.sub(" +", " ", " ".join(words))


def _kinds(component, kind):
    return [one for one in _walk(component) if type(one).__name__ == kind]


def _named(component, name):
    return [one for one in _walk(component) if name in str(getattr(one, "className", "") or "").split()]


def _trend(days=8):
    return trend(
        [{"bucket": START + timedelta(days=place), "value": 100 + place} for place in range(days)],
        label="Downloads",
    )


@pytest.mark.parametrize(("week_start", "first"), [("monday", 1), ("sunday", 0)])
def test_the_calendar_begins_its_weeks_as_the_tenant_does(week_start, first):
    custom = filter_bar.Choice("custom", "Custom")
    said = json.dumps(
        filter_bar.filter_bar(periods=[custom], period="custom", week_start=week_start), cls=PlotlyJSONEncoder
    )
    assert f'"firstDayOfWeek": {first}' in said


def _everything():
    rows = [
        {"app": "Apple Podcasts", "n": 60, "href": "?app=a"},
        {"app": "Rare", "n": "<5", "href": "?app=r"},
    ]
    models = [("first", "First touch"), ("last", "Last touch")]
    credit = [{"channel": "A", "model": key, "conversions": 3} for key, _ in models]
    bar = filter_bar.filter_bar(
        periods=[filter_bar.Choice("30d", "30 days", "M"), filter_bar.Choice("custom", "Custom")],
        period="30d",
        grains=[filter_bar.Choice("day", "Day", "D"), filter_bar.Choice("week", "Week")],
        grain="day",
        compares=[filter_bar.Choice("previous", "Previous period")],
        compare="previous",
        dimensions=[filter_bar.Dimension("app", "App", (filter_bar.Choice("s", "Spotify"),), ("s",))],
        chips=[("filter", "Filters")],
    )
    body = [
        bar,
        frame.page_header("Overview", "Downloads rose.", as_of="As of now"),
        kpis.kpi_strip([kpis.Kpi("Downloads", 41_208, before=36_790, values=(1, 2, 3))]),
        panels.grid(
            panels.panel(
                "trend", "Downloads", charts.chart_view(_trend()), twin=True, csv_href="/export/x.csv"
            ),
            panels.panel(
                "apps",
                "Apps",
                charts.chart_view(
                    ranking(
                        rows, label="Downloads", label_key="app", value_key="n", link_key="href", total=100
                    )
                ),
            ),
            panels.panel("models", "Models", charts.chart_view(attribution_bars(credit, models=models))),
            panels.panel(
                "table",
                "Episodes",
                tables.data_table(
                    [
                        tables.Column("title", "Episode", href_key="href"),
                        tables.Column("n", "Downloads", "bar"),
                    ],
                    [{"title": "118", "href": "/e/118", "n": 5}],
                    caption="Episodes",
                ),
            ),
            states.loading(),
            states.empty("Nothing in this period.", "Choose a longer one."),
            states.error(reference="1a2b"),
            states.too_little("18 of 30."),
            states.partial(),
        ),
    ]
    items = [frame.NavItem(f"Page {n}", f"/p{n}", "overview", "Listening", n == 0) for n in range(7)]
    return frame.frame(
        navigation=items,
        brand="Harbour Audio",
        person="Mara Lindqvist",
        title="Overview",
        body=body,
        accent="#e6b800",
    )


def test_the_whole_page_can_be_sent_and_names_no_foreign_host():
    sent = json.dumps(_json(_everything()))
    assert not re.findall(r"https?://(?!www\.w3\.org/)", sent)


def test_every_class_on_the_page_is_in_the_style_sheets():
    css = "".join(path.read_text(encoding="utf-8") for path in ASSETS.glob("*.css"))
    known = set(re.findall(r"\.([a-z][\w-]*)", css))
    # Hooks without a style of their own: a change without a tone, states' neutral form.
    plain = {"panel__body", "span-12"}
    used = {name for one in _walk(_everything()) for name in str(getattr(one, "className", "") or "").split()}
    assert used - known - plain == set()


def test_every_icon_that_is_named_exists_and_every_one_that_exists_is_named():
    css = (ASSETS / "icons.css").read_text(encoding="utf-8")
    known = set(re.findall(r"\.icon-([a-z][a-z-]*)", css))
    house = ASSETS.parent / "dashboard"
    code = "".join(path.read_text(encoding="utf-8") for path in house.rglob("*.py"))
    templates = "".join(path.read_text(encoding="utf-8") for path in house.rglob("*.html"))
    assert {name for name in known if f'"{name}"' not in code and f"icon-{name}" not in templates} == set()
    used = {
        name.removeprefix("icon-")
        for one in _walk(_everything())
        for name in str(getattr(one, "className", "") or "").split()
        if name.startswith("icon-") and not name.startswith("icon--")
    }
    assert used <= known


def test_every_source_of_a_metric_is_named_in_words():
    for metric in METRICS.values():
        named = set(re.findall(r"[a-z]+(?:_[a-z]+)+", metric.source))
        assert relations_of(metric.source), metric.key
        assert named <= set(relations_of(metric.source)), metric.key


def test_every_scenario_stands_on_the_methodology_page_with_its_numbers_and_its_reason():
    shown = {story.key: methodology._scenario(story) for story in SCENARIOS}
    for story in SCENARIOS:
        said = _text(shown[story.key])
        assert story.question in said
        assert story.reason in said
        for side in story.sides:
            assert side.screen in said
        assert [_text(one) for one in _kinds(shown[story.key], "Dd")] == [side.value for side in story.sides]
        assert len(_kinds(shown[story.key], "Li")) == len(story.happenings)


def test_controls_have_names():
    page = _everything()
    for kind in ("Button", "A", "Summary"):
        for one in _kinds(page, kind):
            named = _text(one).strip() or one.to_plotly_json()["props"].get("aria-label")
            assert named, one
    for one in _walk(page):
        if type(one).__name__ in ("SegmentedControl", "Select", "MultiSelect"):
            assert one.to_plotly_json()["props"]["aria-label"]


# Key figures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "before", "better", "tone", "text"),
    [
        (112, 100, "up", "good", "+12.0\u202f%"),
        (112, 100, "down", "bad", "+12.0\u202f%"),
        (88, 100, "up", "bad", "\u221212.0\u202f%"),
        (88, 100, "down", "good", "\u221212.0\u202f%"),
        (112, 100, "none", "flat", "+12.0\u202f%"),
        (100, 100, "up", "flat", "0.0\u202f%"),
        (100, 0, "up", "flat", "\u2013"),
        (None, 100, "up", "flat", "\u2013"),
    ],
)
def test_change_is_told_by_sign_arrow_and_tone(now, before, better, tone, text):
    badge = _component(kpis.change_badge(now, before, better=better))
    assert badge.className == f"change change--{tone}"
    assert _text(badge) == text
    arrows = _named(badge, "icon-up") + _named(badge, "icon-down")
    assert len(arrows) == (text[0] in "+\u2212")


def test_a_key_figure_shows_value_change_and_what_was():
    strip = kpis.kpi_strip([kpis.Kpi("Downloads", 41_208, before=36_790)], compare_label="a year ago")
    assert _text(strip) == "Downloads 41,208 +12.0\u202f% 36.8k a year ago"


def test_a_share_changes_by_points_that_are_heard_in_words():
    badge = kpis.change_badge(Decimal("0.412"), Decimal("0.454"), unit="ratio")
    assert _text(badge) == "\u22124.2\u202f pp percentage points"
    (short,) = _kinds(badge, "Abbr")
    assert (short.title, short.to_plotly_json()["props"]["aria-hidden"]) == ("percentage points", "true")
    assert [_text(one) for one in _named(badge, "sr-only")] == ["percentage points"]
    strip = kpis.kpi_strip([kpis.Kpi("Completion", Decimal("0.412"), "ratio", before=Decimal("0.454"))])
    assert "41.2\u202f%" in _text(strip)
    assert "\u22124.2\u202f pp" in _text(strip)


def test_a_sparkline_is_a_mask_and_too_few_values_are_none():
    shown = _component(kpis.sparkline([1, 2, 3]))
    assert shown.style["--spark"].startswith('url("data:image/svg+xml,')
    assert "#" not in shown.style["--spark"]
    assert kpis.sparkline([1])["props"] == {"children": None}


# Charts -----------------------------------------------------------------------------------------------------


def test_a_chart_has_its_sentence_and_its_table_twin():
    view = charts.chart_view(_trend())
    [picture] = [one for one in _walk(view) if getattr(one, "role", None) == "img"]
    assert picture.to_plotly_json()["props"]["aria-label"] == _trend().sentence
    [table] = _kinds(view, "Table")
    assert len(_kinds(table, "Tr")) == 9
    assert len(_kinds(view, "Graph")) == 1


def test_a_ranking_is_text_with_links_and_needs_no_plotly():
    rows = [{"app": "Apple Podcasts", "n": 60, "href": "?app=a"}, {"app": "Rare", "n": "<5", "href": None}]
    view = charts.chart_view(
        ranking(rows, label="Downloads", label_key="app", value_key="n", link_key="href", total=100)
    )
    assert _kinds(view, "Graph") == []
    assert [link.href for link in _kinds(view, "Link")] == ["?app=a"]
    assert "<5" in _text(view)


def test_an_empty_chart_is_the_empty_state_as_high_as_its_words():
    view = charts.chart_view(trend([], label="Downloads", height=300), empty_reason="No downloads.")
    assert view["props"]["className"] == "state"
    assert view["props"]["style"] == {}
    assert "No downloads." in _text(view)


# Tables -----------------------------------------------------------------------------------------------------

COLUMNS = [
    tables.Column("title", "Episode", href_key="href", sub_key="show"),
    tables.Column("n", "Downloads", "bar"),
    tables.Column("spend", "Spend", "value", "money", currency_key="currency"),
    tables.Column("change", "Change", "change"),
    tables.Column("stage", "Stage", "badge"),
]
ROWS = [
    {
        "title": "A",
        "href": "/a",
        "show": "Harbour",
        "n": 10,
        "spend": 5_000_000,
        "currency": "EUR",
        "change": (2, 1),
    },
    {
        "title": "B",
        "href": None,
        "n": 5,
        "spend": None,
        "currency": "USD",
        "change": (1, 0),
        "stage": ("Live", "good"),
    },
    {"title": "C", "n": "<5"},
]


def test_a_table_formats_by_column_and_keeps_what_it_sorts_by():
    table = tables.data_table(
        COLUMNS, ROWS, caption="Episodes", sorted_by="n", total={"title": "All", "n": 15}
    )
    body = _kinds(table, "Tbody")[0]
    cells = [_text(row) for row in _kinds(body, "Tr")]
    assert cells == [
        "A Harbour 10 €5.00 +100.0\u202f% \u2013",
        "B 5 \u2013 \u2013 Live",
        "C <5 \u2013 \u2013 \u2013",
    ]
    raw = [cell.to_plotly_json()["props"]["data-v"] for cell in _kinds(_kinds(body, "Tr")[0], "Td")]
    assert raw == ["10", "5000000", "1.000000", ""]
    assert [link.href for link in _kinds(body, "Link")] == ["/a"]
    assert _text(_kinds(table, "Tfoot")[0]).startswith("All 15")
    heads = [
        head.to_plotly_json()["props"].get("aria-sort") for head in _kinds(_kinds(table, "Thead")[0], "Th")
    ]
    assert heads == ["none", "descending", "none", "none", "none"]


def test_times_are_sorted_as_times_and_broken_between_day_and_clock_alone():
    moments = [datetime(2026, 11, 28, 14, 5, tzinfo=UTC), datetime(2026, 12, 1, 9, 0, tzinfo=UTC)]
    rows = [{"title": "A", "at": (at, f.instant(at, UTC))} for at in moments]
    columns = [tables.Column("title", "Job"), tables.Column("at", "Last run", "moment")]
    body = _kinds(tables.data_table(columns, rows, caption="Jobs"), "Tbody")[0]
    cells = _kinds(body, "Td")
    # As words the first of December would come before the 28th of November.
    assert [cell.to_plotly_json()["props"]["data-v"] for cell in cells] == [at.isoformat() for at in moments]
    parts = [_text(part) for part in _kinds(_named(cells[0], "moment"), "Span")[1:]]
    assert parts == ["28 Nov 2026,", "14:05 UTC"]


def test_bars_are_scaled_to_the_largest():
    body = _kinds(tables.data_table(COLUMNS, ROWS, caption="Episodes"), "Tbody")[0]
    assert [one.style["--share"] for one in _named(body, "cell-bar__track")] == ["100.0%", "50.0%"]


def test_new_rows_make_a_new_table():
    first = _kinds(tables.data_table(COLUMNS, ROWS, caption="x"), "Table")[0]
    again = _kinds(tables.data_table(COLUMNS, ROWS, caption="x"), "Table")[0]
    other = _kinds(tables.data_table(COLUMNS, ROWS[:1], caption="x"), "Table")[0]
    assert first.key == again.key != other.key


# Frame, states, filters -------------------------------------------------------------------------------------


def test_navigation_is_grouped_and_the_phone_shows_five_places_and_keeps_the_rest():
    page = _everything()
    left = _named(page, "nav__link")
    bottom = _named(page, "tabs__link")
    rest = _named(page, "menu__item--phone")
    assert (len(left), len(bottom), len(rest)) == (7, 5, 2)
    assert [link.href for link in left] == [link.href for link in (*bottom, *rest)]


def test_a_tenants_accent_reaches_both_themes():
    [shell] = _named(_everything(), "shell")
    assert re.fullmatch(r"light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\)", shell.style["--accent"])
    assert shell.style["--accent"] != "light-dark(#e6b800, #e6b800)"


def test_a_logo_is_carried_as_data_and_never_as_markup():
    mark, name = frame.brand_mark("Harbour", '<svg onload="x()"></svg>')
    assert mark.src.startswith("data:image/svg+xml,%3Csvg")
    assert _text(name) == "Harbour"


@pytest.mark.parametrize("kind", ["chart", "rows", "kpis", "sentence"])
def test_a_skeleton_says_that_it_loads(kind):
    shown = states.loading(kind, height=200)
    assert "Loading" in _text(shown)
    assert len(_named(shown, "skeleton__bone")) >= 2


def test_an_error_says_what_is_safe_and_its_reference():
    shown = states.error("This took too long.", reference="9f2c", again=True)
    assert _text(shown) == (
        "This took too long. Your data is safe and the rest of the page is right. Try again in a moment. "
        "Try again Reference 9f2c"
    )
    assert shown["props"]["role"] == "alert"


def test_the_filter_bar_tells_the_script_its_keys():
    bar = _named(_everything(), "filters")[0]
    keys = json.loads(bar.to_plotly_json()["props"]["data-keys"])
    assert keys == {"m": ["period", "30d"], "d": ["grain", "day"]}
    ids = [one.id for one in _walk(bar) if isinstance(getattr(one, "id", None), dict)]
    assert [one["key"] for one in ids] == ["period", "range", "compare", "app", "grain"]
    assert _text(_named(bar, "filters__count")[0]) == "1"


@pytest.mark.parametrize(
    ("days", "closed"),
    [
        (7, ["week", "month"]),
        (30, ["hour", "month"]),
        (90, ["hour"]),
        (365, ["hour"]),
        (730, ["hour", "day"]),
    ],
)
def test_a_grain_that_the_period_cannot_carry_is_closed(days, closed):
    choices = shell._grains(Period(START, START + timedelta(days=days)))
    bar = filter_bar.filter_bar(periods=(), period="30d", grains=choices, grain="day")
    [control] = [one for one in _kinds(bar, "SegmentedControl") if one.id["key"] == "grain"]
    assert [one["value"] for one in control.data] == ["hour", "day", "week", "month"]
    assert [one["value"] for one in control.data if one["disabled"]] == closed


def test_the_script_closes_the_same_grains_as_the_server():
    script = (ASSETS / "pages.js").read_text(encoding="utf-8")
    said = re.search(r"var GRAIN_DAYS = (\{.*\});", script)
    limits = json.loads(re.sub(r"(\w+):", r'"\1":', said[1]))
    for days in range(1, 800):
        allowed = allowed_grains(Period(START, START + timedelta(days=days)))
        assert tuple(grain for grain, (least, most) in limits.items() if least <= days <= most) == allowed


def test_the_calendar_marks_the_days_that_are_shown():
    span = Period(START, START + timedelta(days=7))
    bar = filter_bar.filter_bar(
        periods=[filter_bar.Choice("7d", "7 days")],
        period="7d",
        range_=(span.start, span.last_day),
        spans={"7d": span},
        max_date=span.end,
    )
    assert json.loads(bar.to_plotly_json()["props"]["data-days"]) == {"7d": ["2026-10-26", "2026-11-01"]}
    [calendar] = _kinds(bar, "DatePicker")
    assert calendar.value == ["2026-10-26", "2026-11-01"]
    assert calendar.defaultDate == "2026-11-01"


def test_a_period_of_one_day_is_said_as_that_day():
    assert shell._spoken((START, START)) == "26 Oct 2026"
    assert shell._spoken((START, START + timedelta(days=1))) == "26–27 Oct 2026"


def test_a_panel_links_its_csv_and_why_its_numbers_are_what_they_are():
    shown = panels.panel("b", "Downloads", "x", csv_href="/export/b.csv", why_href="/why/b", twin=True)
    assert [one.href for one in _kinds(shown, "A")] == ["/why/b", "/export/b.csv"]
    [switch] = _kinds(shown, "Button")
    assert switch.to_plotly_json()["props"]["aria-pressed"] == "false"


def test_the_head_names_the_source_that_ends_first_and_tells_of_all_when_pointed_at():
    filters = Filters(
        period=Period(START, START + timedelta(days=7)), zone=ZoneInfo("UTC"), comparison="none",
        now=datetime(2026, 11, 5, 12, tzinfo=UTC),
    )  # fmt: skip
    viewer = SimpleNamespace(may=lambda _: False)
    last = START + timedelta(days=6)
    for plays, lagging in ((last, ""), (START, " · plays up to 26 Oct 2026"), (None, "")):
        answer = Answer((), (), as_of=filters.now, reaches=(("Downloads", last), ("Plays", plays)))
        shown = _text(head(answer, View(viewer, filters, path=""), title="Overview", csv="b")[0])
        assert f"as of 5 Nov 2026, 12:00 UTC{lagging} · not compared" in shown
        assert reaches_words(answer) == [
            "Downloads up to 1 Nov 2026",
            f"Plays up to {f.day(plays)}" if plays else "Plays: none in this period",
        ]
    assert '"title": "Downloads up to 1 Nov 2026; Plays: none in this period"' in json.dumps(
        head(answer, View(viewer, filters, path=""), title="Overview", csv="b")[0], cls=PlotlyJSONEncoder
    )


def test_why_a_source_has_failed_stands_under_its_name(monkeypatch):
    """As columns of their own, moment and problem lay beyond the edge of a wide screen."""
    since = datetime(2026, 11, 5, 12, tzinfo=UTC)
    nothing = dict.fromkeys(
        ("imported_at", "records_imported", "records_refused", "failed_at", "error_message")
    )
    came = {**nothing, "complete_to": since, "import_source": "downloads.csv"}
    stored = [
        {**came, "subject": "listener_events"},
        {**came, "subject": "conversions", "failed_at": since, "error_message": "The file is empty."},
    ]  # of the time before imports named their sources
    monkeypatch.setattr(sources, "ask", lambda _, name, **__: stored if name == "sources/sources" else [])
    view = View(SimpleNamespace(currency="USD"), SimpleNamespace(zone=ZoneInfo("UTC")), path="")
    shown = _text(freshness._show_sources(sources.sources(None), view))
    assert "Downloads and plays downloads.csv" in shown
    assert "Failed since 5 Nov 2026, 12:00 UTC: The file is empty." in shown
    assert shown.count("downloads.csv") == 1


def test_a_first_week_without_a_number_says_in_words_why():
    """It stood as 0 where the data of the podcast began after the episode had come out."""
    weeks = [
        (12, "complete"), (None, "not complete yet"),
        (None, "not complete yet: the data does not reach the end of the 168 hours"),
        (None, "not known: the data begins after publication"), (None, "not known by this filter"),
    ]  # fmt: skip
    rows = [
        {"title": f"E{n}", "podcast_name": "Show", "published_at": None, "downloads": 7, "share": Decimal("0.1"),
         "change_ratio": None, "first_7_day_downloads": downloads, "first_7_day_state": state}
        for n, (downloads, state) in enumerate(weeks)
    ]  # fmt: skip
    columns = [
        Column("title", "Episode"), Column("downloads", "Downloads", "count"), Column("share", "Share", "ratio"),
        Column("change_ratio", "Change", "ratio"), Column("first_7_day_downloads", "First 7 days", "count"),
    ]  # fmt: skip
    view = View(SimpleNamespace(currency="USD"), SimpleNamespace(zone=ZoneInfo("UTC")), path="")
    drawn = overview._episodes(Answer(columns, rows), view)
    shown = json.dumps(drawn, cls=PlotlyJSONEncoder)
    for words, why in (
        (
            "not complete yet",
            "Shown when 168 hours after publication are over and the data reaches their end",
        ),
        ("not complete yet", "The data does not reach the end of the 168 hours"),
        ("not known", "The data begins after publication"),
    ):
        assert re.search(f'"children": "{words}"[^{{}}]*"title": "{why}"', shown), (words, why)
    assert "not known by this filter" not in shown


def test_the_methodology_says_whether_this_installation_filters_data_centres():
    """ "Where the installation has a list" leaves the reader to guess whether it has one."""
    viewer = SimpleNamespace(actor=SimpleNamespace(tenant_id=None))
    shown = {name: _text(methodology._rule(name, text, viewer)) for name, text in methodology._RULES}
    here = "Data centres and VPNs in this installation: filter off, no list installed at present."
    assert [name for name, text in shown.items() if here in text] == ["What is filtered out"]


def test_the_methodology_says_how_far_a_clock_may_run_ahead():
    rules = dict(methodology._RULES)
    assert "lies more than 10 minutes in the future" in rules["What is filtered out"]
    assert timedelta(minutes=10) == AHEAD_OF_NOW


def test_freshness_says_what_was_not_received_beside_as_of_when_it_counted(monkeypatch):
    """It said that nothing was missing while four sources below it had failed."""
    counted_to = datetime(2026, 11, 29, 2, 2, tzinfo=UTC)
    fresh = {"label": "Downloads", "is_late": False, "refreshed_at": counted_to}
    late = {"label": "Attribution", "is_late": True, "refreshed_at": counted_to}
    good = {
        "subject": "bookings", "complete_to": counted_to, "imported_at": counted_to, "failed_at": None,
        "feeds": None, "feeds_failing": None, "feeds_stopped": None,
    }  # fmt: skip
    feeds = {**good, "subject": "feeds", "feeds": 4, "feeds_failing": 0, "feeds_stopped": 0}
    one, other = ({**good, "failed_at": datetime(2026, 11, day, 23, 30, tzinfo=UTC)} for day in (20, 17))

    def said(*stored, relations=(fresh,)):
        monkeypatch.setattr(
            sources, "ask", lambda _, name, **__: list(stored) if name == "sources/sources" else []
        )
        filters = SimpleNamespace(zone=ZoneInfo("Europe/Berlin"))
        return freshness._sentence(None, filters, Answer((), relations))

    whole = "Everything received by 29 Nov 2026, 03:02 CET is counted"
    assert said(good, feeds) == f"{whole}, and no source failed."
    assert said(one, good, feeds) == (
        f"{whole}. 1 of 3 sources failed since 21 Nov 2026, so what it holds is missing."
    )
    assert said(one, other, {**feeds, "feeds_stopped": 1}) == (
        f"{whole}. 2 of 3 sources failed since 18 Nov 2026, so what they hold is missing."
        " 1 of 4 feeds brings nothing new (stopped), so its later episodes are missing."
    )
    assert said({**feeds, "feeds_failing": 1, "feeds_stopped": 2}, relations=(late,)) == (
        "Numbers stand still: Attribution (as of 29 Nov 2026, 03:02 CET). What is shown is right up to then."
        " 3 of 4 feeds bring nothing new (2 stopped and 1 failing), so their later episodes are missing."
    )


@pytest.mark.parametrize(
    ("taken_back", "counted_late", "words"),
    [
        (0, 0, "Access log · Stopped."),
        (1, 0, "Access log · Some requests came late: 1 download counted before is none any more."),
        (
            1_200, 3,
            "Access log · Some requests came late: 1,200 downloads counted before are none any more "
            "and 3 requests refused before are downloads now.",
        ),
    ],
)  # fmt: skip
def test_an_import_says_what_it_changed_of_those_before_it(taken_back, counted_late, words):
    row = {
        "label": "Access log",
        "taken_back": taken_back,
        "counted_late": counted_late,
        "error_message": None,
    }
    if not taken_back:
        row["error_message"] = "Stopped."
    assert freshness._under_import(row) == words


def test_freshness_says_of_which_sources_every_row_was_refused(monkeypatch):
    """A source whose only file had no good row stood as good, with nothing missing."""
    at = datetime(2026, 11, 29, 2, 2, tzinfo=UTC)
    kind = {
        "subject": "bookings", "complete_to": at, "imported_at": at, "import_source": "bookings.csv", "failed_at": None,
        "error_message": None, "records_imported": 0, "records_refused": 3, "feeds": None, "feeds_failing": None,
        "feeds_stopped": None,
    }  # fmt: skip
    named = [
        {**kind, "name": "bookings", "came_on": None},
        {**kind, "name": "agency", "came_on": [at.date()]},
    ]
    stored = {"sources/sources": [kind], "sources/named_sources": named}
    monkeypatch.setattr(sources, "ask", lambda _, name, **__: stored[name])
    filters = SimpleNamespace(zone=ZoneInfo("UTC"))
    fresh = {"label": "Downloads", "is_late": False, "refreshed_at": at}
    assert freshness._sentence(None, filters, Answer((), (fresh,))) == (
        "Everything received by 29 Nov 2026, 02:02 UTC is counted. Every row of bookings was refused."
    )
    view = View(SimpleNamespace(currency="USD"), filters, path="")
    assert "Refused" in _text(freshness._show_sources(sources.sources(None), view))


def test_no_word_of_the_machine_reaches_readers():
    said = [metric.meaning for metric in METRICS.values()]
    said += [part for rule in methodology._RULES for part in rule]
    said += [
        part
        for story in SCENARIOS
        for part in (story.question, story.reason, *(s.screen for s in story.sides))
    ]
    said += [label for label, _ in operations._EXPECTED.values()]
    said += [text for job in JOBS for text in (job.label, job.description)]
    inner = re.compile(r"\b(tenants?|aggregates?|rollups?|hypertables?|TimescaleDB)\b", re.IGNORECASE)
    assert [text for text in said if inner.search(text)] == []
