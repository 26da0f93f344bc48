"""Ids that callbacks and the scripts in assets/ agree on."""

from __future__ import annotations

URL = "url"
FRAME = "frame"
PAGE_PATH = "page-path"
NOTICE = "notice"
REPORT_ASKED = "report-asked"


def box_body(box: str) -> dict[str, str]:
    """Where a box is drawn."""
    return {"type": "box-body", "box": box}


def box_query(box: str) -> dict[str, str]:
    """What a box is asked: the query string, set once the box has been seen."""
    return {"type": "box-query", "box": box}


def box_seen(box: str) -> dict[str, str]:
    """Set by the script when a box comes into sight."""
    return {"type": "box-seen", "box": box}
