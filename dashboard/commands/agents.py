"""`podboard agents`: what user agents tell."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import click
import orjson

from dashboard.commands._files import opened, print_lines
from queries.ingest.agents.classify import UNKNOWN, Agent, classify_agent, lists_version
from queries.ingest.counting.filters import refused_by_agent
from queries.ingest.counting.reasons import Reason
from queries.ingest.lines import Lines

_AT_ONCE = 1_000


@click.group()
def command() -> None:
    """Look at user agents."""


@command.command()
def classify() -> None:
    """Read user agents from standard input, one a line, and write what each tells as NDJSON.

    Fields: agent, app, device, os, is_bot, and refused: why its requests would not count, null if they would. An agent
    longer than 64 KiB is malformed, and itself null. How many and how fast is told on standard error.
    """
    began, count = time.perf_counter(), 0
    told: list[bytes] = []
    with opened("-") as given:
        for _, line in Lines(given):
            told.append(orjson.dumps(_told(line)))
            count += 1
            if len(told) >= _AT_ONCE:
                print_lines(told)
                told.clear()
        print_lines(told)
    seconds = max(time.perf_counter() - began, 0.001)
    click.echo(
        f"{count:,} agents in {seconds:,.1f} s ({count / seconds:,.0f} agents/s), by {lists_version()}",
        err=True,
    )


def _told(line: bytes | None) -> dict[str, Any]:
    """What the agent in a line tells; None is a line that is too long to be kept."""
    if line is None:
        # Its beginning would be an agent that nobody wrote.
        nothing = Agent(UNKNOWN, UNKNOWN, UNKNOWN, is_bot=False)
        return {"agent": None, **asdict(nothing), "refused": Reason.MALFORMED_AGENT}
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    facts = classify_agent(text)
    return {"agent": text, **asdict(facts), "refused": refused_by_agent(text, facts)}
