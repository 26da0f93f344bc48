"""A snapshot as one HTML page for the PDF renderer: pure, without database or network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from queries.changes import NO_EARLIER
from queries.metrics import METRICS, Metric
from reports.documents import document
from reports.documents.blocks import KpiRow, Section, numbered
from reports.documents.logo import safe_logo
from reports.documents.words import compared_words, filter_line, filter_words, period_words
from reports.figures.tokens import ASSETS, print_css
from reports.formatting import instant
from reports.key_figures import has_no_earlier
from reports.snapshot import Snapshot
from reports.too_little import as_shown

TEMPLATES = ASSETS.parent / "reports" / "templates"


LAYOUTS = ("", "tight", "apart")
"""Ways to lay out a document, the best first: as it is, with less room between things, with its annex on a new page."""

FIRST, END = "first", "end"
"""Anchors: the heading of the first section after the key figures, and the last row of the annex."""


def html(snapshot: Snapshot, layout: str = "") -> str:
    """The whole document, fonts and pictures referred to by `asset:` and `data:` alone."""
    kind = document(snapshot.report_type)
    shown = {key: as_shown(answer) for key, answer in snapshot.answers.items()}
    sections = numbered(kind.compose(replace(snapshot, answers=shown)))
    zone = snapshot.filters.zone
    no_earlier = has_no_earlier(snapshot.answers["figures"].rows)
    return (
        _templates()
        .get_template("report.html")
        .render(
            snapshot=snapshot,
            layout=layout,
            label=kind.LABEL,
            head=_head(sections),
            sections=[section for section in sections if section.blocks and not _is_head(section)],
            tokens=print_css(snapshot.brand.colour),
            stylesheet=_text("report.css"),
            logo=picture(safe_logo(snapshot.brand.logo_svg)),
            period=period_words(snapshot.filters),
            compared="" if no_earlier else compared_words(snapshot.filters),
            not_compared=f"not compared: {NO_EARLIER}" if no_earlier else "",
            zone=zone.key,
            made_at=instant(snapshot.filters.now, zone),
            made_at_w3c=snapshot.filters.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            as_of=instant(snapshot.as_of, zone) if snapshot.as_of else "",
            # Whole, as paper leads nowhere by a click: cut before each "?" and "&", where a line may end.
            link=re.split(r"(?=[?&])", snapshot.link),
            filtered=filter_words(snapshot.filters, episodes=snapshot.facts.get("episodes", ())),
            filter_line=filter_line(snapshot.filters),
            metrics=_metrics(snapshot),
        )
    )


def identifier(snapshot: Snapshot) -> str:
    """What the PDF carries as its identifier: the same for the same snapshot, so that it renders byte for byte."""
    return hashlib.sha256(json.dumps(snapshot.to_json(), sort_keys=True).encode()).hexdigest()[:32]


def picture(svg: str | None) -> str:
    """The SVG as a data URI: as an image it keeps its alternative text and can run or load nothing."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}" if svg else ""


def _is_head(section: Section) -> bool:
    return isinstance(section.blocks[0], KpiRow)


def _head(sections: tuple[Section, ...]) -> Section | None:
    return next((section for section in sections if section.blocks and _is_head(section)), None)


def _metrics(snapshot: Snapshot) -> list[Metric]:
    """Registry entries of all numbers in the report, in the registry's order."""
    used = {column.metric for answer in snapshot.answers.values() for column in answer.columns}
    used |= {row.get("metric") for answer in snapshot.answers.values() for row in answer.rows}
    used |= {part for key in used if key in METRICS for part in METRICS[key].made_of}
    return [meaning for key, meaning in METRICS.items() if key in used]


def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {"picture": picture, "quote": quote}
    environment.filters.update(filters)
    return environment
