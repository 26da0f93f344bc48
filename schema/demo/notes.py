"""The demo's annotations, alert rules and alerts: they say what the curves show."""

from __future__ import annotations

import uuid

from schema.demo.marks import Row, Rows, ago, is_story, person
from schema.demo.material import Material
from schema.demo.plans import CampaignPlan


def notes(material: Material) -> Rows:
    """Marks for what the story of the tenant is, and rules of each person."""
    annotations = _annotations(material)
    rules, alerts = _alerts(material)
    if not is_story(material):
        return {"annotations": annotations[:1], "alert_rules": rules[:1], "alerts": alerts[:1]}
    return {"annotations": annotations, "alert_rules": rules, "alerts": alerts}


def _annotations(material: Material) -> list[Row]:
    plan, length = material.plan, material.calendar.length
    manager, podcaster = person(material, "account_manager"), person(material, "podcaster")

    def mark(
        name: str,
        kind: str,
        title: str,
        body: str,
        back: int,
        days: int | None,
        visibility: str,
        who: uuid.UUID | None,
        subject: str | None = None,
        what: uuid.UUID | None = None,
    ) -> Row:
        return {
            "id": material.id(f"annotation/{name}"),
            "tenant_id": material.tenant_id,
            "kind": kind,
            "title": title,
            "body": body,
            "starts_at": ago(material, back, 0),
            "ends_at": None if days is None else ago(material, back - days, 0),
            "visibility": visibility,
            "created_by": who,
            "created_at": ago(material, max(back - 1, 1), 620),
            **{key: what if key == subject else None for key in ("podcast_id", "episode_id", "campaign_id")},
        }

    rows = [
        mark(
            f"flight/{c.slug}",
            "flight",
            f"{c.name} begins",
            "",
            -c.start,
            None,
            "everyone",
            None,
            "campaign_id",
            material.id(f"campaign/{c.slug}"),
        )
        for c in plan.campaigns
        if c.stage in ("live", "completed", "paused") and c.start < 0
    ]
    for episode, identifier in zip(material.episodes, material.episode_ids(), strict=True):
        if episode.hit is not None:
            rows.append(
                mark(
                    f"hit/{episode.show}/{episode.number}",
                    "promotion",
                    "Passed on",
                    episode.hit.description,
                    length - episode.published_day - 1,
                    None,
                    "everyone",
                    podcaster,
                    "episode_id",
                    identifier,
                )
            )
    for day in plan.quiet_days:
        rows.append(
            mark(
                f"quiet/{day}",
                "outage",
                "Fewer downloads than there were",
                "The host's log broke off for a part of the day; what is missing does not come back.",
                -day,
                1,
                "team",
                manager,
            )
        )
    show = plan.shows[0]
    rows += [
        mark(
            "reprocess",
            "reprocess",
            "Counted anew",
            "Requests of watches are left out from here on.",
            33,
            None,
            "team",
            None,
        ),
        mark("import", "import", "Two weeks came in late", "", 58, None, "team", None),
        mark(
            "trailer",
            "note",
            "New trailer in front",
            f"{show.name} opens with a shorter trailer since then.",
            96,
            None,
            "everyone",
            podcaster if show.slug in _owned(material) else manager,
            "podcast_id",
            material.id(f"podcast/{show.slug}"),
        ),
        mark(
            "ask",
            "note",
            "Ask about the second half",
            "Retention drops at minute 20 since the new format.",
            11,
            None,
            "own",
            podcaster,
        ),
    ]
    return rows


def _owned(material: Material) -> set[str]:
    return {slug for p in material.plan.people for slug in p.owns}


def _alerts(material: Material) -> tuple[list[Row], list[Row]]:
    manager, podcaster, sponsor = (
        person(material, "account_manager"),
        person(material, "podcaster"),
        person(material, "sponsor"),
    )
    owned = _owned(material)
    show = next(s for s in material.plan.shows if s.slug in owned)
    campaign = _slow(material, owned)

    def rule(
        name: str,
        title: str,
        metric: str,
        comparison: str,
        threshold: float,
        period: str,
        severity: str,
        who: uuid.UUID,
        enabled: bool = True,
        subject: str | None = None,
        what: uuid.UUID | None = None,
    ) -> Row:
        return {
            "id": material.id(f"rule/{name}"),
            "tenant_id": material.tenant_id,
            "name": title,
            "metric": metric,
            "comparison": comparison,
            "threshold": threshold,
            "period": period,
            "severity": severity,
            "enabled": enabled,
            "evaluated_at": ago(material, 1, 420) if enabled else None,
            "created_by": who,
            "created_at": ago(material, 140, 640),
            **{key: what if key == subject else None for key in ("podcast_id", "episode_id", "campaign_id")},
        }

    rules = [
        rule("drop", "Downloads fall by a third", "downloads", "falls_by", 0.33, "day", "warning", manager),
        rule(
            "rise",
            "Something takes off",
            "downloads",
            "rises_by",
            0.5,
            "day",
            "info",
            podcaster,
            subject="podcast_id",
            what=material.id(f"podcast/{show.slug}"),
        ),
        rule(
            "pace",
            "Behind the plan",
            "pacing_ratio",
            "below",
            0.95,
            "flight",
            "critical",
            sponsor,
            subject="campaign_id",
            what=material.id(f"campaign/{campaign.slug}"),
        ),
        rule(
            "finish",
            "Fewer finish",
            "completion_ratio",
            "below",
            0.4,
            "week",
            "warning",
            podcaster,
            enabled=False,
            subject="podcast_id",
            what=material.id(f"podcast/{show.slug}"),
        ),
        rule(
            "first",
            "Somebody still finds the first one",
            "downloads",
            "above",
            100,
            "week",
            "info",
            podcaster,
            subject="episode_id",
            what=next(
                identifier
                for episode, identifier in zip(material.episodes, material.episode_ids(), strict=True)
                if episode.show == show.slug
            ),
        ),
    ]
    quiet = next(iter(material.plan.quiet_days.items()), (-63, 0.6))
    hit = next((-h.day for s in material.plan.shows for h in s.hits if s.slug in owned), 26)

    def alert(
        name: str, back: int, observed: float, compared: float | None, threshold: float, status: str
    ) -> Row:
        seen = status != "open"
        return {
            "id": material.id(f"alert/{name}/{back}"),
            "tenant_id": material.tenant_id,
            "rule_id": material.id(f"rule/{name}"),
            "status": status,
            "period_start": ago(material, back, 0),
            "period_end": ago(material, back - 1, 0),
            "observed_value": observed,
            "compared_value": compared,
            "threshold": threshold,
            "opened_at": ago(material, back - 1, 420),
            "acknowledged_at": ago(material, back - 1, 560) if seen else None,
            "acknowledged_by": manager if seen else None,
            "resolved_at": ago(material, back - 2, 420) if status == "resolved" else None,
            "created_at": ago(material, back - 1, 420),
        }

    alerts = [
        alert("drop", -quiet[0], round(1 - quiet[1], 2), 1180, 0.33, "resolved"),
        alert("rise", hit, 1.9, 410, 0.5, "acknowledged"),
        alert("pace", 2, 0.87, None, 0.95, "open"),
    ]
    return rules, alerts


def _slow(material: Material, owned: set[str]) -> CampaignPlan:
    """The campaign of a sponsor who logs in that delivers least of what is due."""
    live = [c for c in material.plan.campaigns if c.stage == "live"]
    own = [c for c in live if c.sponsor in owned]
    return min(own or live, key=lambda c: c.delivery)
