"""The rules that hold for one request, whatever came before it, and what is known of its listener afterwards."""

from __future__ import annotations

from functools import lru_cache

from queries.ingest.agents.classify import Agent, classify_agent
from queries.ingest.counting.addresses import cut_address, listener_id
from queries.ingest.counting.content import delivered_piece, told_size
from queries.ingest.counting.filters import refused_by_agent, refused_by_protocol
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.requests import EpisodeFile, Request
from queries.ingest.counting.rules import Rules
from queries.ingest.counting.verdicts import Fetch, Place

_CACHED = 50_000


class SingleRequests:
    """Judges requests of one tenant, each alone."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        # Both caches live and die with the count: an address is in memory only while its requests come in.
        self._whereabouts = lru_cache(maxsize=_CACHED)(self._look_up)
        self._listener = lru_cache(maxsize=_CACHED)(self._listener_of)

    def judge(self, request: Request, file: EpisodeFile) -> Fetch | Reason:
        """The fetch that the request is, or the first reason why it is none."""
        reason = refused_by_protocol(request, redirects=self._rules.redirects)
        if reason is not None:
            return reason
        facts, reason = judged_agent(request.agent)
        if reason is not None:
            return reason
        cut, is_data_centre, place = self._whereabouts(request.address)
        if is_data_centre:
            return Reason.DATA_CENTRE
        told = told_size(request)
        sent = None if self._rules.redirects else request.bytes_sent
        return Fetch(
            number=request.number,
            occurred_at=request.occurred_at,
            file=file,
            listener_id=self._listener(cut, request.agent),
            agent=facts,
            place=place,
            bytes_sent=sent,
            piece=None if sent is None else delivered_piece(request, file.size_bytes or told),
            told_bytes=told,
        )

    def listener(self, request: Request) -> str:
        """What stands for whoever sent the request, counted or not."""
        return self._listener(self._whereabouts(request.address)[0], request.agent)

    def _look_up(self, address: str) -> tuple[str, bool, Place]:
        place = self._rules.place_of(address)
        return cut_address(address), address in self._rules.data_centres, place

    def _listener_of(self, cut: str, agent: str) -> str:
        return listener_id(self._rules.secret, cut, agent)


@lru_cache(maxsize=_CACHED)
def judged_agent(agent: str) -> tuple[Agent, Reason | None]:
    """What is known of a user agent, and why its requests are no listener's; None when they may be."""
    facts = classify_agent(agent)
    return facts, refused_by_agent(agent, facts)
