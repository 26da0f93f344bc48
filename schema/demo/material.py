"""All rows of one demo tenant, made in memory from its plan."""

from __future__ import annotations

import uuid
import zlib
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from schema.demo.ads import AdTable, Impressions, Response, impressions_of, place_ads, responses_of
from schema.demo.audience import Audience, Episode, Members, episodes_of, make_audience
from schema.demo.calendar import Calendar
from schema.demo.downloads import Downloads, downloads_of
from schema.demo.listening import Events, listener_events
from schema.demo.plans import TenantPlan

SEED = 20_260_101
NAMESPACE = uuid.UUID("5f0f3c1e-5b1b-5a52-9d0a-8f6b1f6f2d10")


@dataclass(slots=True)
class Material:
    """Everything of one tenant, made and not yet written."""

    plan: TenantPlan
    calendar: Calendar
    namespace: uuid.UUID
    episodes: list[Episode]
    audience: Audience
    downloads: Downloads
    ads: AdTable
    impressions: Impressions
    events: Events
    responses: list[Response]
    seed: int

    @property
    def tenant_id(self) -> uuid.UUID:
        return uuid.uuid5(NAMESPACE, self.plan.slug)

    def id(self, name: str) -> uuid.UUID:
        """The id of a thing of this tenant; the same in every load."""
        return uuid.uuid5(self.namespace, name)

    def episode_ids(self) -> list[uuid.UUID]:
        return [self.id(f"episode/{e.show}/{e.number}") for e in self.episodes]

    def campaign_ids(self) -> list[uuid.UUID]:
        return [self.id(f"campaign/{c.slug}") for c in self.plan.campaigns]


def make(plan: TenantPlan, now: datetime) -> Material:
    """All rows of a tenant as they are on the tenant's day that holds `now`: the same all day long."""
    seed = zlib.crc32(plan.slug.encode()) ^ SEED
    namespace = uuid.uuid5(NAMESPACE, plan.slug)
    calendar = Calendar(plan.time_zone, now, plan.history_days)
    by_show = {
        show.slug: episodes_of(plan, show, calendar, np.random.default_rng([seed, n, 1]))
        for n, show in enumerate(plan.shows)
    }
    audience, members = make_audience(plan, calendar, by_show, np.random.default_rng([seed, 2]))
    episodes = [e for show in plan.shows for e in by_show[show.slug]]
    downloads = _all_downloads(plan, by_show, members, audience, calendar, seed)
    ads = place_ads(plan, episodes, calendar, namespace)
    impressions = impressions_of(downloads, ads)
    completion = np.array([show.completion for show in plan.shows for _ in by_show[show.slug]])
    completion = np.clip(
        completion + np.random.default_rng([seed, 4]).normal(0, 0.03, len(completion)), 0.2, 0.92
    )
    events = listener_events(
        plan,
        downloads,
        episodes,
        completion,
        audience,
        members,
        ads,
        calendar,
        np.random.default_rng([seed, 5]),
    )
    responses = responses_of(plan, impressions, ads, episodes, audience.ids, calendar, seed)
    return Material(
        plan, calendar, namespace, episodes, audience, downloads, ads, impressions, events, responses, seed
    )  # fmt: skip


def _all_downloads(
    plan: TenantPlan, by_show: dict[str, list[Episode]], members: dict[str, Members], audience: Audience,
    calendar: Calendar, seed: int,
) -> Downloads:  # fmt: skip
    parts, first = [], 0
    for n, show in enumerate(plan.shows):
        random = np.random.default_rng([seed, n, 3])
        own = by_show[show.slug]
        parts.append(downloads_of(plan, show, own, first, members[show.slug], audience, calendar, random))
        first += len(own)
    joined = [
        np.concatenate([getattr(p, name) for p in parts]) for name in ("at", "day", "episode", "listener")
    ]
    order = np.argsort(joined[0], kind="stable")
    return Downloads(*(column[order] for column in joined))
