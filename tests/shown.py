"""Which metrics each box of the product shows: asked of the boxes, and written down for the methodology page."""

from __future__ import annotations

import json
from pathlib import Path

from dashboard.boxes import Box
from dashboard.pages import Page, all_pages
from dashboard.shown import WHY
from queries.listening_excluded import excluded_by_reason
from queries.metrics import METRICS
from queries.results import Answer
from queries.session import operator_session, tenant_session
from tests.world import World

FILE = Path(__file__).parents[1] / "dashboard" / "shown.toml"
_CAMPAIGNS = ("Acme always on", "Acme earlier", "Globex launch", "Globex next")
_HEAD = """\
# Which metrics each box shows: those of its columns, of its rows and the one that it is explained by. `make shown` asks
# the boxes and writes this file; nobody edits it.
"""


def asked(world: World) -> dict[str, list[str]]:
    """The metrics that each box answers with, in the registry's order; boxes of none are left out."""
    found = {box.id: _shown(page, box, world) for page in all_pages() for box in page.boxes}
    with tenant_session(world.people.alice) as connection:
        found[WHY] = _of(excluded_by_reason(connection, world.a.filters()))
    return {box: [key for key in METRICS if key in keys] for box, keys in found.items() if keys}


def write(shown: dict[str, list[str]]) -> None:
    """The file, written anew."""
    lines = [f'"{box}" = {json.dumps(keys)}' for box, keys in shown.items()]
    FILE.write_text(_HEAD + "\n" + "\n".join(lines) + "\n", encoding="utf-8")


def _shown(page: Page, box: Box, world: World) -> set[str]:
    """Of a page about one campaign, what any of them shows."""
    is_of_one = "<campaign_id>" in page.path
    addresses = [{"campaign": str(world.campaigns[name])} for name in _CAMPAIGNS] if is_of_one else [{}]
    keys = {box.why} if box.why else set()
    people = world.people
    for address in addresses:
        view = world.a.filters(address)
        with (
            operator_session(people.operator)
            if page.path == "/system"
            else tenant_session(people.alice) as connection
        ):
            answer = box.ask(connection, view)
        keys |= _of(answer)
    return keys


def _of(answer: Answer) -> set[str]:
    named = {column.metric for column in answer.columns} | {row.get("metric") for row in answer.rows}
    return {key for key in named if key is not None}
