"""Where a metric is shown: pages and their boxes, as shown.toml holds what the boxes answer with."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from dashboard.pages import all_pages

WHY = "why"


@cache
def metrics_by_box() -> dict[str, list[str]]:
    """The metrics that each box shows, on the page or in its CSV, by the box's id; a box of none is not in it.

    `WHY` stands for what "why this number" shows of its own. Columns are known only when a question is asked, and those
    of key figures by their rows: `make shown` asks every box and writes the file, and a test compares the two.
    """
    return tomllib.loads(files(__package__).joinpath("shown.toml").read_text("utf-8"))


def places_of(metric: str) -> str:
    """The pages that show a metric, each with its boxes, in words; empty where none does yet."""
    shown = metrics_by_box()
    places = [
        (page.title, ", ".join(box.title for box in page.boxes if metric in shown.get(box.id, ())))
        for page in all_pages()
    ]
    said = [f"{page} ({boxes})" for page, boxes in places if boxes]
    return "; ".join(said + ["“why this number”"] * (metric in shown.get(WHY, ())))
