"""The rules that look at one request alone, in their order."""

from __future__ import annotations

import re

from queries.ingest.agents.classify import Agent
from queries.ingest.counting.content import is_probe
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.requests import Request

_DELIVERED = (200, 206)
_REDIRECTED = (301, 302, 303, 307, 308)
_LONGEST_AGENT = 1024
_EMPTY = frozenset({"", "-"})
_PLACEHOLDERS = frozenset({
    "null", "(null)", "(null)/(null)", "nil", "none", "undefined", "unknown", "user-agent", "useragent", "agent", "ua",
    "n/a", "test", "string", "[object object]", "false", "true",
})  # fmt: skip
# Settings that were never filled in, code that wants to be run, and a header's name inside its value.
_NOT_AN_AGENT = re.compile(
    r"^user-agent\s*:|^[%$][{(]|^\$http_|<\s*script|\(\)\s*\{|\$\{\s*jndi|\bunion\s+select\b", re.IGNORECASE
)
_PRELOADS = re.compile(r"\b(?:prefetch|preview|prerender|preload)\b", re.IGNORECASE)


def refused_by_protocol(request: Request, *, redirects: bool) -> Reason | None:
    """Why the kind of request cannot be a download; None when it can.

    `redirects`: the requests are those of a prefix that sends listeners on, so that a redirect is what it delivers.
    """
    if request.method != "GET":
        return Reason.HEAD if request.method == "HEAD" else Reason.METHOD
    if request.status == 304:
        return Reason.NOT_MODIFIED
    if request.status not in _DELIVERED and not (redirects and request.status in _REDIRECTED):
        return Reason.STATUS
    if is_probe(request):
        return Reason.PROBE
    if is_preload(request.purpose):
        return Reason.PRELOAD
    return None


def is_preload(purpose: str) -> bool:
    """Whether a browser asks beforehand, for what nobody may ever open."""
    return bool(purpose) and _PRELOADS.search(purpose) is not None


def refused_by_agent(agent: str, facts: Agent) -> Reason | None:
    """Why a request with this user agent is no listener's; None when it may be one."""
    text = agent.strip()
    if text in _EMPTY:
        return Reason.EMPTY_AGENT
    if "watchOS" in text and text.startswith(("atc/", "(null)/(null)")):
        return Reason.APPLE_WATCH
    if is_malformed(text):
        return Reason.MALFORMED_AGENT
    return Reason.BOT if facts.is_bot else None


def is_malformed(agent: str) -> bool:
    """Whether no app writes a user agent like this one."""
    return (
        len(agent) > _LONGEST_AGENT
        or not agent.isprintable()
        or not any(sign.isalpha() for sign in agent)
        or agent.lower() in _PLACEHOLDERS
        or _NOT_AN_AGENT.search(agent) is not None
    )
