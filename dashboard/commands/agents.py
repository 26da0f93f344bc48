"""`podboard agents`: what user agents tell."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict

import click
import orjson

from queries.ingest.agents.classify import classify_agent, lists_version
from queries.ingest.counting.filters import refused_by_agent
from queries.ingest.lines import Lines

_AT_ONCE = 1_000


@click.group()
def command() -> None:
    """Look at user agents."""


@command.command()
def classify() -> None:
    """Read user agents from standard input, one a line, and write what each tells as NDJSON.

    Fields: agent, app, device, os, is_bot, and refused: why its requests would not count, null if they would. How
    many and how fast is told on standard error.
    """
    began, count, out = time.perf_counter(), 0, sys.stdout.buffer
    written: list[bytes] = []
    for _, line in Lines(sys.stdin.buffer):
        # A line without end is an agent that nobody wrote; its beginning would be a lie.
        agent = "" if line is None else line.decode("utf-8", "replace").rstrip("\r\n")
        facts = classify_agent(agent)
        refused = refused_by_agent(agent, facts)
        written.append(orjson.dumps({"agent": agent, **asdict(facts), "refused": refused}))
        count += 1
        if len(written) >= _AT_ONCE:
            out.write(b"\n".join(written) + b"\n")
            written.clear()
    if written:
        out.write(b"\n".join(written) + b"\n")
    out.flush()
    seconds = max(time.perf_counter() - began, 0.001)
    click.echo(
        f"{count:,} agents in {seconds:,.1f} s ({count / seconds:,.0f} agents/s), by {lists_version()}",
        err=True,
    )
