"""The PDF itself: pages, text, tags, the same bytes twice, and nothing fetched, run or leaked while it is made."""

from __future__ import annotations

import hashlib
import marshal
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from pypdf import PageObject, PdfReader
from weasyprint import HTML
from weasyprint.formatting_structure.boxes import LineBox, TextBox

from queries.data_centres import DataCentres
from reports import render as rendering
from reports.documents import campaign_performance
from reports.documents.blocks import HALF_WIDTH, Pair, kpis
from reports.documents.logo import safe_logo
from reports.documents.page import END, html
from reports.documents.words import data_centres_words, titled
from reports.figures import svg_writer
from reports.figures.subjects import results_over_time
from reports.render import Limits, RenderedPdf, RenderError, RenderStopped, make_pdf, render
from reports.snapshot import VERSION, Brand, Snapshot
from tests.reports.samples import LOGO, audience, campaign, stored

SPACES = re.compile(r"[\s\u00a0\u202f]+")
_SENTENCE = (
    "221,000 of 420,000 booked impressions (52.6 %) delivered, behind (299,040 expected by 23 Nov 2026, 10:26 CET); "
    "214 conversions (−11.2 %) in 30 days."
)


def text_of(pdf: bytes) -> str:
    """The text of all pages on one line."""
    return SPACES.sub(" ", " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages))


def _without_weeks(made: Snapshot) -> Snapshot:
    """As under a filter by app: no first week of an episode is known, nor was any downloaded before."""
    episodes = made.answers["episodes"]
    empty = {"change_ratio": None, "previous": 0, "first_7_day_downloads": None}
    rows = [{**row, **empty, "first_7_day_state": "not known by this filter"} for row in episodes.rows]
    others = {"title": "Other (9)", "downloads": 900, "change_ratio": Decimal("0.5"), "is_rest": True}
    return replace(made, answers={**made.answers, "episodes": replace(episodes, rows=[*rows, others])})


def _listing(times: int) -> Snapshot:
    """The audience's report with so many times two episodes."""
    made = audience()
    episodes = made.answers["episodes"]
    return replace(
        made, answers={**made.answers, "episodes": replace(episodes, rows=[*episodes.rows] * times)}
    )


@pytest.fixture(scope="module")
def drawn() -> RenderedPdf:
    return render(stored(campaign()))


@pytest.fixture(scope="module")
def drawn_audience() -> tuple[RenderedPdf, list[str]]:
    """With the stages that were told meanwhile."""
    stages: list[str] = []
    return render(stored(audience()), on_stage=stages.append), stages


def test_pages_are_counted_and_numbered(drawn: RenderedPdf) -> None:
    reader = PdfReader(BytesIO(drawn.pdf))
    assert len(reader.pages) == drawn.page_count
    for number, page in enumerate(reader.pages, start=1):
        words = SPACES.sub(" ", page.extract_text())
        assert f"{number} of {drawn.page_count}" in words
        assert "24 Oct – 22 Nov 2026 · days in Europe/Berlin" in words


def test_what_a_report_is_narrowed_to_is_said_by_name_wherever_it_is_named() -> None:
    whole = audience()
    narrowed = replace(whole, filters=replace(whole.filters, apps=("Overcast",), countries=("NO", "SE")))
    line = "App: Overcast · Countries: Norway and Sweden"
    page = html(narrowed)
    assert f'<p class="when">{line}</p>' in page
    assert f'<div class="running-title">{whole.title} · {line}</div>' in page
    assert f"<title>Podcast audience: {whole.title} · {line}</title>" in page
    assert "<dt>Countries</dt><dd>Norway, Sweden</dd>" in page
    assert titled("Night Shift", narrowed.filters) == f"Night Shift, 24 Oct – 22 Nov 2026 · {line}"
    assert titled("Night Shift", whole.filters) == "Night Shift, 24 Oct – 22 Nov 2026"
    # Of episodes the line says how many, and the annex which.
    chosen = replace(
        whole,
        filters=replace(whole.filters, episodes=(uuid4(), uuid4())),
        facts={**whole.facts, "episodes": ["One", "Two & <more>"]},
    )
    page = html(Snapshot.from_json(stored(chosen)))
    assert '<p class="when">Episodes: 2 chosen</p>' in page
    assert "<dt>Episodes</dt><dd>One, Two &amp; &lt;more&gt;</dd>" in page
    of_before = {**stored(chosen), "facts": stored(whole)["facts"]}
    assert "<dt>Episodes</dt><dd>2 chosen</dd>" in html(Snapshot.from_json(of_before))
    of_campaign = campaign()
    # An address may say so, but a campaign's numbers know no country.
    assert html(of_campaign) == html(
        replace(of_campaign, filters=replace(of_campaign.filters, countries=("SE",)))
    )


def test_whether_data_centres_were_filtered_out_is_said_and_kept() -> None:
    off = data_centres_words(DataCentres(()), when="when this report was made")
    made = replace(audience(), data_centres=off)
    row = "<dt>Data centres</dt><dd>filter off, no list installed when this report was made</dd>"
    assert row in html(Snapshot.from_json(stored(made)))
    of_before = {key: value for key, value in stored(made).items() if key != "data_centres"}
    assert "Data centres" not in html(Snapshot.from_json(of_before))
    on = "filter on at present, by clouds.txt"
    for found, said in (
        (DataCentres(("clouds.txt",)), on),
        (DataCentres(("clouds.txt",), 0, 1), f"{on}; the imported access log was counted without a list"),
        (DataCentres(("clouds.txt",), 3), f"{on}; all 3 imported access logs were counted with a list"),
        (
            DataCentres(("clouds.txt",), 1, 2),
            f"{on}; of 3 imported access logs 1 was counted with a list, 2 without",
        ),
    ):
        assert data_centres_words(found) == said


def test_how_downloads_were_counted_is_said_and_kept() -> None:
    said = ("once per calendar day (UTC), rules 1 (downloads of 1–22 Nov 2026)", "This period mixes <two>.")
    page = html(Snapshot.from_json(stored(replace(audience(), counted=said))))
    ways = "".join(f'<span class="way">{way}</span>' for way in (said[0], "This period mixes &lt;two&gt;."))
    assert f"<dt>Downloads counted</dt><dd>{ways}</dd>" in page
    of_before = {key: value for key, value in stored(audience()).items() if key != "counted"}
    assert "Downloads counted" not in html(Snapshot.from_json(of_before))


def test_without_a_past_the_cover_says_so_once() -> None:
    made = audience()
    figures = made.answers["figures"]
    rows = [
        {**row, "previous": None, "change_ratio": None, "note": "no full period before"}
        for row in figures.rows
    ]
    page = html(replace(made, answers={**made.answers, "figures": replace(figures, rows=rows)}))
    assert page.count("no full period before") == 1
    assert (
        '24 Oct – 22 Nov 2026<span class="quiet">, not compared: no full period before</span>'
        in SPACES.sub(" ", page)
    )
    assert "Compared with" not in page
    assert "not compared" not in html(made)


def test_every_number_stands_in_the_text_as_the_pages_write_it(drawn: RenderedPdf) -> None:
    words = text_of(drawn.pdf)
    for expected in (
        "Acme Autumn delivered 182,340 impressions.",
        "Impressions 182,340 +13.8 % from 160,210",
        "Frequency 2.2",
        "Visits 3,412",
        "Conversions 214 −11.2 % from 241",
        "Conversion rate (of reach) 4.3 %",
        "€4,558.50",
        "€21.30",
        "Return on ad spend 2.9",
        "Kitchen Table Economics 82.0 60.0 71.2",
        "Episode 11",
        "TIDE20",
        "€10,500.00",
        "Data as of 23 Nov 2026, 10:26 CET",
        "Figure 1 Impressions delivered against booked, whole flight",
        "Table 1 Credit by show",
        "Table 2 Credit by episode",
        "Other (9) 72.0 63.0 59.4 45.0 %",
        "Booked, whole flight 420,000",
        "Pacing 91.0 %",
        "Behind",
        "For Acme Coffee. Flight 1 Oct – 15 Dec 2026, 76 days. Stage: live. A conversion is a purchase.",
    ):
        assert expected in words
    assert "None" not in words
    assert "WARNING" not in words
    assert "ERROR" not in words


def test_the_audience_report_shows_what_is_not_complete_as_a_dash_and_never_as_zero(
    drawn_audience: tuple[RenderedPdf, list[str]],
) -> None:
    words = text_of(drawn_audience[0].pdf)
    assert "118: How the price of bread rose Kitchen Table Economics 23 Nov 2026 60,000 14.6 % – –" in words
    assert "117: Night train Kitchen Table Economics 14 Nov 2026 41,208 10.0 % −12.5 % 12,345" in words
    assert "Average listen 20 min 4 s +1.2 % from 19 min 50 s" in words
    assert "Podcasts: Hallo Welt, Kitchen Table Economics and The Long Night Shift." in words


def test_five_figures_stay_in_their_places_however_long_a_time_is() -> None:
    """ "from 27 min 29 s" of the fifth ran past the right margin."""
    made = audience()
    figures = made.answers["figures"]
    rows = [
        {**row, "value": 99 * 3600 + 59 * 60, "previous": 27 * 60 + 29, "change_ratio": Decimal("2.181")}
        if row["metric"] == "average_listen_seconds"
        else row
        for row in figures.rows
    ]
    page = html(replace(made, answers={**made.answers, "figures": replace(figures, rows=rows)}))
    drawn = HTML(string=page, base_url="asset:", url_fetcher=rendering._fetcher()).render()
    boxes = list(drawn.pages[0]._page_box.descendants())
    cells = [
        box
        for box in boxes
        if box.element is not None and box.element.get("class") == "kpi" and not isinstance(box, TextBox)
    ]
    assert len({box.element for box in cells}) == 5
    texts = [(cell, text) for cell in cells for text in cell.descendants() if isinstance(text, TextBox)]
    assert any("27" in text.text for _, text in texts)
    for cell, text in texts:
        assert text.position_x + text.width <= cell.position_x + cell.width + 0.5, text.text


def test_it_is_tagged_with_language_title_outline_and_alternative_texts(drawn: RenderedPdf) -> None:
    reader = PdfReader(BytesIO(drawn.pdf))
    root = reader.trailer["/Root"].get_object()
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Campaign performance: Acme Autumn"
    assert b"pdfuaid:part" in reader.xmp_metadata.stream.get_data() if reader.xmp_metadata else False
    outline = [
        str(entry.title)
        for level in reader.outline
        for entry in (level if isinstance(level, list) else [level])
    ]
    assert "Acme Autumn" in outline
    assert {
        "Delivery",
        "Visits and conversions",
        "Which shows and episodes brought them",
        "Episodes",
        "Insertion orders",
        "How these numbers are made",
    } <= set(outline)
    alternatives = {str(each["/Alt"]) for each in _objects(reader) if "/Alt" in each}
    assert any(alternative.startswith("Impressions: ") for alternative in alternatives)
    assert any(alternative.startswith("Visits per day, ") for alternative in alternatives)


def _objects(reader: PdfReader) -> Iterator[dict[str, object]]:
    for number in sorted({*reader.xref[0], *reader.xref_objStm}):
        found = reader.get_object(number)
        if isinstance(found, dict):
            yield found


def test_fonts_are_embedded_and_charts_are_vectors(drawn: RenderedPdf) -> None:
    reader = PdfReader(BytesIO(drawn.pdf))
    fonts = {str(each["/FontName"]) for each in _objects(reader) if each.get("/Type") == "/FontDescriptor"}
    assert fonts
    assert all("+Inter" in font for font in fonts)
    assert not [each for each in _objects(reader) if each.get("/Subtype") == "/Image"]


def test_it_links_back_to_the_same_view_with_fixed_days(drawn: RenderedPdf) -> None:
    links = {
        str(note.get_object()["/A"]["/URI"])
        for page in PdfReader(BytesIO(drawn.pdf)).pages
        for note in page.get("/Annots", [])
        if "/A" in note.get_object()
    }
    assert links == {campaign().link}
    # On paper the address stands whole, with its days.
    assert campaign().link in text_of(drawn.pdf).replace(" ", "")


def test_the_same_snapshot_gives_the_same_bytes(
    drawn: RenderedPdf, drawn_audience: tuple[RenderedPdf, list[str]]
) -> None:
    time.sleep(1.1)  # a second later, so that no clock is in it
    again = render(stored(audience()))
    assert hashlib.sha256(again.pdf).hexdigest() == hashlib.sha256(drawn_audience[0].pdf).hexdigest()
    assert drawn_audience[0].pdf != drawn.pdf


def test_long_tables_repeat_their_heading_and_are_cut_with_a_word_about_it() -> None:
    done = render(stored(campaign(bookings=70)))
    pages = [SPACES.sub(" ", page.extract_text()) for page in PdfReader(BytesIO(done.pdf)).pages]
    with_rows = [page for page in pages if "TIDE" in page]
    assert len(with_rows) > 1
    assert sum("Booked on Promo code" in page for page in pages) >= len(with_rows)
    longer = html(campaign(bookings=230))
    assert ">TIDE219<" in longer
    assert "TIDE220" not in longer
    assert "The first 200 of 230 rows" in longer


def test_episodes_are_a_page_full_and_the_others_one_row() -> None:
    assert html(campaign(episodes=70)).count("Other (41)") == 1


def test_stages_are_told(drawn_audience: tuple[RenderedPdf, list[str]]) -> None:
    assert drawn_audience[1] == ["drawing", "typesetting"]


def test_a_stop_ends_the_child() -> None:
    began = time.monotonic()
    before = _children()
    with pytest.raises(RenderStopped):
        render(stored(campaign(bookings=500)), should_stop=lambda: True)
    assert time.monotonic() - began < 3
    assert _children() == before


def _children() -> set[str]:
    mine = str(os.getpid())
    return {
        path.parent.name
        for path in Path("/proc").glob("[0-9]*/stat")
        if _parent(path) == mine and b"reports.render" in (path.parent / "cmdline").read_bytes()
    }


def _parent(path: Path) -> str:
    try:
        return path.read_text().rpartition(")")[2].split()[1]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_time_and_memory_are_limited_with_words_for_people() -> None:
    with pytest.raises(RenderError, match="took too long"):
        render(stored(campaign(bookings=500)), limits=Limits(seconds=1))
    with pytest.raises(RenderError, match="too much memory"):
        render(stored(campaign()), limits=Limits(memory_bytes=1_000_000))
    with pytest.raises(RenderError):
        render(stored(audience()), limits=Limits(pdf_bytes=1000))


def test_a_renderer_whose_files_may_not_be_long_leaves_no_module_cut_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whoever imported it afterwards failed: in a fresh tree this was the rest of the run."""
    for floor in ("reports", "queries", "schema", "assets"):
        shutil.copytree(
            Path(rendering.ROOT) / floor,
            tmp_path / floor,
            ignore=shutil.ignore_patterns("__pycache__", "demo"),
        )
    monkeypatch.setattr(rendering, "ROOT", str(tmp_path))
    with pytest.raises(RenderError):
        render(stored(audience()), limits=Limits(pdf_bytes=1000))
    for compiled in tmp_path.rglob("*.pyc"):
        marshal.loads(compiled.read_bytes()[16:])  # noqa: S302 (compiled here, a moment ago)


def test_a_missing_pango_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # A module of that name that fails as WeasyPrint does when its library is missing.
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango-1.0-0')\n")
    monkeypatch.setattr(rendering, "ROOT", f"{tmp_path}{os.pathsep}{rendering.ROOT}")
    with pytest.raises(RenderError, match="PDFs need Pango"):
        render(stored(audience()))


def test_no_page_is_left_half_empty_and_the_cover_shows_the_delivery() -> None:
    snapshot = campaign(episodes=36, sentence=_SENTENCE)
    answers = dict(snapshot.answers)
    # Four shows and two bookings, as the demo's campaign has them: a table of two rows once took the next with it.
    for key, times in (("attribution", 2), ("bookings", 2)):
        answers[key] = replace(answers[key], rows=[*answers[key].rows] * times)
    pages = PdfReader(BytesIO(render(stored(replace(snapshot, answers=answers))).pdf)).pages
    assert len(pages) == 4
    for number, page in enumerate(pages, start=1):
        lowest = min(_baselines(page)) / float(page.mediabox.height)
        assert lowest < 0.3, f"page {number} ends {lowest:.0%} above its foot"
    said = [SPACES.sub(" ", page.extract_text()) for page in pages]
    assert ["Impressions delivered against booked" in words for words in said] == [True, False, False, False]


@pytest.mark.parametrize(
    "snapshot",
    [
        pytest.param(audience(), id="once three rows of the annex alone"),
        pytest.param(_listing(7), id="a table across the page"),
        pytest.param(_listing(16), id="a table of a page"),
        pytest.param(campaign(episodes=16, bookings=4, sentence=_SENTENCE), id="a campaign"),
        pytest.param(campaign(title="Acme Autumn and Winter Sampler for Northern Europe"), id="a long name"),
    ],
)
def test_no_last_page_holds_a_few_rows_only(snapshot: Snapshot) -> None:
    last = PdfReader(BytesIO(make_pdf(stored(snapshot)).pdf)).pages[-1]
    assert min(_baselines(last)) / float(last.mediabox.height) < 0.6


def test_what_fits_no_other_way_has_its_annex_on_a_page_of_its_own() -> None:
    assert html(audience(), "apart") == html(audience()).replace("<body>", '<body class="apart">')
    drawn = HTML(
        string=html(audience(), "apart"), base_url="asset:", url_fetcher=rendering._fetcher()
    ).render()
    whole = HTML(string=html(audience()), base_url="asset:", url_fetcher=rendering._fetcher()).render()
    assert (len(whole.pages), len(drawn.pages)) == (2, 3)
    assert [END in page.anchors for page in drawn.pages] == [False, False, True]
    assert rendering._holes(drawn) == rendering._holes(whole) == 0


def test_a_column_that_is_empty_in_every_named_row_is_left_out_and_why_is_said_once() -> None:
    made = audience()
    narrowed = _without_weeks(made)
    page = html(narrowed)
    assert 'class="n">First 7 days</th>' not in page
    assert 'class="n">Change</th>' not in page
    assert page.count("First 7 days: not known by this filter.") == 1
    assert "until 168 hours" not in page
    assert "No change: none of these episodes was downloaded in 24 Sep – 23 Oct 2026." in SPACES.sub(
        " ", page
    )
    whole = html(made)
    assert 'class="n">First 7 days</th>' in whole
    assert 'class="n">Change</th>' in whole


def test_a_first_week_without_a_number_says_in_words_why() -> None:
    made = audience()
    episodes = made.answers["episodes"]
    young, counted = episodes.rows
    states = (
        "not complete yet: the data does not reach the end of the 168 hours",
        "not known: the data begins after publication",
    )
    missing = [{**young, "first_7_day_state": state} for state in states]
    page = SPACES.sub(
        " ",
        html(
            replace(made, answers={**made.answers, "episodes": replace(episodes, rows=[*missing, counted])})
        ),
    )
    assert page.count(">not yet<") == page.count(">not known<") == 1
    assert "“not yet” until 168 hours after publication are over and the data reaches their end." in page
    assert "“not known” where the data begins after publication." in page
    assert "“not" not in SPACES.sub(" ", html(made))


def test_changes_stand_at_one_height_though_one_figure_alone_has_a_sparkline() -> None:
    made = audience()
    figures = made.answers["figures"]
    rows = [
        row if row["metric"] == "downloads" else {**row, "spark": [], "value": None, "previous": None}
        for row in figures.rows
    ]
    page = html(replace(made, answers={**made.answers, "figures": replace(figures, rows=rows)}))
    drawn = HTML(string=page, base_url="asset:", url_fetcher=rendering._fetcher()).render()
    heights = {
        round(box.position_y, 1)
        for box in drawn.pages[0]._page_box.descendants()
        if box.element is not None
        and (box.element.get("class") or "").startswith("change ")
        and box.element_tag == "p"
        and not isinstance(box, TextBox | LineBox)
    }
    assert len(heights) == 1


@pytest.mark.parametrize(
    ("values", "has_line"),
    [([1.0, 1.04, 1.0, 1.02], False), ([1.0, 1.4, 1.0, 1.2], True), ([0, 0, 0], False)],
)
def test_a_ratio_that_hardly_moves_has_no_sparkline(values: list[float], has_line: bool) -> None:
    made = campaign()
    rows = [{**row, "spark": values} for row in made.answers["figures"].rows]
    said = kpis(replace(made.answers["figures"], rows=rows), compared="")
    sparks = {item.label: bool(item.spark) for item in said.items}
    assert sparks["Frequency"] is has_line
    assert sparks["Impressions"]


def _baselines(page: PageObject) -> list[float]:
    """How high above the page's foot its lines of text stand, the running foot left out."""
    found: list[float] = []

    def note(text: str, cm: list[float], tm: list[float], _font: object, _size: float) -> None:
        if text.strip():
            found.append(tm[5] * cm[3] + cm[5])

    page.extract_text(visitor_text=note)
    margin = 22 * 72 / 25.4
    return [height for height in found if height > margin]


def test_visits_and_conversions_are_the_columns_that_the_page_draws() -> None:
    snapshot = campaign()
    blocks = [block for section in campaign_performance.compose(snapshot) for block in section.blocks]
    figures = {half.title: half.svg for pair in blocks if isinstance(pair, Pair) for half in pair.figures}
    for key in ("visits", "conversions"):
        chart = results_over_time(snapshot.answers["conversions"], snapshot.filters, key)
        assert chart.kind == "columns"
        assert figures[f"{chart.measure.label} per day"] == svg_writer.write(
            chart, width=HALF_WIDTH, height=170
        )


def test_a_snapshot_of_another_version_is_refused() -> None:
    with pytest.raises(RenderError):
        render({**stored(audience()), "version": VERSION + 1})


class _Recorder(BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 (the server makes a handler per request)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[str]:
    """An address that notes every visit."""
    _Recorder.asked.clear()
    server = HTTPServer(("127.0.0.1", 0), _Recorder)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _hostile(address: str, secret: Path) -> Snapshot:
    attack = (
        f'"><img src="{address}/markup"><style>@import url({address}/style);</style>'
        f'<link rel=attachment href="file://{secret}"><script>alert(1)</script>'
    )
    logo = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10" '
        f'style="background:url({address}/attribute)"><style>@import url({address}/inside);</style>'
        f'<image href="{address}/image" width="9" height="9"/>'
        f'<image xlink:href="file://{secret}" width="9" height="9"/>'
        f'<use href="{address}/use#x"/><rect width="9" height="9" fill="url({address}/paint)"/></svg>'
    )
    made = campaign(
        title=f"Acme {attack}", sentence=attack, made_for=attack, brand=Brand(attack, "#0b6e5f", logo)
    )
    episodes = made.answers["episodes"]
    rows = [{**episodes.rows[0], "title": attack, "podcast_name": "file:///etc/passwd"}, *episodes.rows[1:]]
    return replace(made, answers={**made.answers, "episodes": replace(episodes, rows=rows)})


def test_nothing_in_the_data_makes_it_fetch_run_or_embed(listener: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP-SECRET-CANARY")
    made = _hostile(listener, secret)
    done = render(stored(made))
    assert _Recorder.asked == []
    assert b"TOP-SECRET-CANARY" not in done.pdf
    assert "TOP-SECRET-CANARY" not in text_of(done.pdf)
    assert "alert(1)" in text_of(done.pdf)  # shown as the text that it is
    root = PdfReader(BytesIO(done.pdf)).trailer["/Root"].get_object()
    assert "/EmbeddedFiles" not in root.get("/Names", {})
    page = html(made)
    assert "<script>" not in page
    assert f'src="{listener}' not in page


def test_the_fetcher_gives_our_fonts_and_data_and_nothing_else(tmp_path: Path) -> None:
    fetcher = rendering._fetcher()
    assert fetcher.fetch("asset:fonts/inter-print-400.ttf").read()[:4] == b"\x00\x01\x00\x00"
    assert fetcher.fetch("data:text/plain,yes").read() == b"yes"
    secret = tmp_path / "secret.ttf"
    secret.write_text("no")
    for address in (
        "http://127.0.0.1/",
        "https://example.com/",
        "ftp://example.com/",
        f"file://{secret}",
        "file:///etc/passwd",
        "asset:fonts/../tokens.css",
        "asset:fonts/..%2f..%2fpyproject.toml",
        f"asset:fonts/{secret}",
        "asset:tokens.css",
        "asset:fonts/OFL.txt",
        "data:text/plain," + "x" * 5_000_000,
        "relative.css",
    ):
        with pytest.raises(ValueError, match=r"refused|not an asset"):
            fetcher.fetch(address)


def test_the_child_knows_no_database_and_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_WORKER_URL", "postgresql://canary")
    monkeypatch.setenv("SECRET_KEY", "canary")
    told = tmp_path / "environment"
    (tmp_path / "weasyprint.py").write_text(
        f"import os; open({str(told)!r}, 'w').write(repr(dict(os.environ)))\nraise OSError\n"
    )
    monkeypatch.setattr(rendering, "ROOT", f"{tmp_path}{os.pathsep}{rendering.ROOT}")
    with pytest.raises(RenderError):
        render(stored(audience()))
    assert "canary" not in told.read_text()


def test_a_logo_keeps_its_drawing_and_loses_what_loads_or_runs() -> None:
    kept = safe_logo(LOGO)
    assert kept is not None
    assert 'fill="#0b6e5f"' in kept
    assert 'd="M40 28V12h5c8 0 8 9 0 9h-5"' in kept
    cleaned = safe_logo(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="x()"><script>x()</script>'
        '<foreignObject/><a href="http://x"><rect/></a>'
        '<g clip-path="url(#c)"><rect fill="url(http://x)" style="fill:red"/></g></svg>'
    )
    assert cleaned is not None
    for gone in ("script", "onload", "foreignObject", "http://x", "style"):
        assert gone not in cleaned
    assert 'clip-path="url(#c)"' in cleaned


@pytest.mark.parametrize(
    "svg",
    [
        None,
        "",
        "not xml",
        "<html/>",
        "<svg/>",
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        '<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg" width="1" height="1">&a;</svg>',
        '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1">' + "<g/>" * 3000 + "</svg>",
        '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1">' + " " * 70000 + "</svg>",
    ],
)
def test_what_is_no_usable_logo_is_left_out(svg: str | None) -> None:
    assert safe_logo(svg) is None
