"""The demo's saved views, share links, and reports by the clock."""

from __future__ import annotations

import json
import uuid
from datetime import date, datetime, timedelta

from schema.demo.marks import BROWSERS, Row, Rows, ago, dice, is_story, person, proof
from schema.demo.material import Material


def sharing(material: Material) -> Rows:
    """Views and links; and, where somebody looks, a report that waits for the worker and what came of one before."""
    return {
        "saved_views": _views(material),
        "reports": _reports(material),
        "share_links": _links(material),
        "share_link_views": _receipts(material),
        "report_schedules": _schedules(material),
        "report_recipients": _recipients(material),
        "report_deliveries": _deliveries(material),
    }


def _owned(material: Material) -> tuple[list[str], list[str]]:
    """Slugs of the sponsors and shows that somebody of the tenant owns."""
    sponsors = {s.slug for s in material.plan.sponsors}
    owned = [slug for p in material.plan.people for slug in p.owns]
    return [s for s in owned if s in sponsors], [s for s in owned if s not in sponsors]


def _campaign(material: Material) -> uuid.UUID:
    """The live campaign of the sponsor who logs in: the one that is shown around."""
    sponsors, _ = _owned(material)
    live = [c for c in material.plan.campaigns if c.stage == "live" and c.sponsor in sponsors]
    return material.id(f"campaign/{(live or material.plan.campaigns)[0].slug}")


def _show(material: Material) -> uuid.UUID:
    return material.id(f"podcast/{_owned(material)[1][0]}")


def _views(material: Material) -> list[Row]:
    manager, podcaster, sponsor = (
        person(material, "account_manager"),
        person(material, "podcaster"),
        person(material, "sponsor"),
    )
    show, campaign = str(_show(material)), _campaign(material)
    kept: tuple[tuple[uuid.UUID, str, str, dict[str, str], str], ...] = (
        (manager, "Monday look", "/overview", {"period": "7d"}, "team"),
        (manager, "Quarter against last year", "/overview", {"period": "90d", "compare": "year"}, "own"),
        (manager, "What ends this month", "/portfolio", {"period": "30d"}, "team"),
        (podcaster, "Phones only", "/overview", {"podcast": show, "device": "phone"}, "own"),
        (sponsor, "Our flight", f"/campaigns/{campaign}", {"period": "90d"}, "own"),
    )
    return [
        {
            "id": material.id(f"view/{name}"),
            "tenant_id": material.tenant_id,
            "user_id": who,
            "name": name,
            "page": page,
            "parameters": json.dumps(parameters),
            "visibility": visibility,
            "created_at": ago(material, 80 - 9 * n, 640),
        }
        for n, (who, name, page, parameters, visibility) in enumerate(
            kept if is_story(material) else kept[:1]
        )
    ]


def _month(material: Material, back: int) -> tuple[date, date]:
    """First and last day of the whole month so many months before this one."""
    last = material.calendar.today.replace(day=1) - timedelta(days=1)
    for _ in range(back - 1):
        last = last.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def _reports(material: Material) -> list[Row]:
    """Asked for and not made: making is the worker's. The one before failed."""
    if not is_story(material):
        return []
    manager, show = person(material, "account_manager"), _show(material)
    made = []
    for name, back, status, error in (
        ("recent", 1, "queued", None),
        ("before", 2, "failed", "Drawing took too long and was stopped. Ask for it again."),
    ):
        first, last = _month(material, back)
        made.append(
            {
                "id": material.id(f"report/{name}"),
                "tenant_id": material.tenant_id,
                "report_type": "podcast_audience",
                "title": f"Audience in {first:%B %Y}",
                "parameters": json.dumps(
                    {"from": first.isoformat(), "to": last.isoformat(), "podcast": str(show)}
                ),
                "podcast_ids": [show],
                "status": status,
                "error_message": error,
                "attempts": 0 if error is None else 3,
                "created_by": manager,
                "created_at": _first_of(material, back - 1, 360),
            }
        )
    return made


def _first_of(material: Material, back: int, minute: int) -> datetime:
    """The first day of the month so many months before this one, which may be today."""
    first = material.calendar.today.replace(day=1) if back == 0 else _month(material, back)[0]
    return ago(material, (material.calendar.today - first).days, minute)


def _links(material: Material) -> list[Row]:
    manager, sponsor = person(material, "account_manager"), person(material, "sponsor")
    show, campaign = _show(material), _campaign(material)

    def link(
        name: str,
        who: uuid.UUID,
        page: str | None,
        report: uuid.UUID | None,
        filters: dict[str, str],
        campaigns: list[uuid.UUID],
        podcasts: list[uuid.UUID],
        made: int,
        ends: int,
        revoked: int | None,
    ) -> Row:
        return {
            "id": material.id(f"share/{name}"),
            "tenant_id": material.tenant_id,
            "token_hash": proof(material, f"share/{name}"),
            "name": name,
            "kind": "view" if page else "report",
            "page": page,
            "report_id": report,
            "filters": json.dumps(filters),
            "campaign_ids": campaigns,
            "podcast_ids": podcasts,
            "created_by": who,
            "created_at": ago(material, made, 700),
            "expires_at": ago(material, ends, 700),
            "revoked_at": None if revoked is None else ago(material, revoked, 800),
        }

    links = [
        link(
            "Flight for the client",
            manager,
            f"/campaigns/{campaign}",
            None,
            {"period": "90d"},
            [campaign],
            [],
            21,
            -9,
            None,
        ),
        link(
            "Numbers for the host",
            manager,
            "/overview",
            None,
            {"podcast": str(show), "period": "30d"},
            [],
            [show],
            60,
            30,
            None,
        ),
        link("For our board", sponsor, f"/campaigns/{campaign}", None, {}, [campaign], [], 15, -15, 13),
    ]
    if not is_story(material):
        return links[:1]
    report = material.id("report/recent")
    return [*links, link("Audience report", manager, None, report, {}, [], [show], 1, -29, None)]


def _receipts(material: Material) -> list[Row]:
    random = dice(material, 5)
    made: list[Row] = []
    for name, made_on, until, visits in (
        ("Flight for the client", 20, 1, 9),
        ("Numbers for the host", 59, 31, 14),
        ("For our board", 15, 14, 2),
    ):
        if not is_story(material) and made:
            break
        for n in range(visits if is_story(material) else 1):
            back = int(random.integers(until, made_on + 1))
            visitor = int(random.integers(0, 3))
            made.append(
                {
                    "id": material.id(f"receipt/{name}/{n}"),
                    "tenant_id": material.tenant_id,
                    "share_link_id": material.id(f"share/{name}"),
                    "visitor": proof(material, f"visitor/{name}/{visitor}"),
                    "user_agent": BROWSERS[visitor],
                    "viewed_at": ago(material, back, int(random.integers(720, 1100))),
                }
            )
    return made


def _schedules(material: Material) -> list[Row]:
    manager, podcaster = person(material, "account_manager"), person(material, "podcaster")
    calendar, today = material.calendar, material.calendar.today
    monday = (7 - today.weekday()) or 7
    next_month = (today.replace(day=28) + timedelta(days=4)).replace(day=1)
    schedules = [
        {
            "id": material.id("schedule/monthly"),
            "tenant_id": material.tenant_id,
            "name": "Audience, every month",
            "report_type": "podcast_audience",
            "parameters": json.dumps({"period": "last_month"}),
            "campaign_id": None,
            "podcast_ids": [_show(material)],
            "cron": "0 6 1 * *",
            "enabled": True,
            "next_run_at": ago(material, -(next_month - today).days, 360),
            "last_run_at": _first_of(material, 0, 360),
            "created_by": manager,
            "created_at": ago(material, 200, 700),
        },
        {
            "id": material.id("schedule/weekly"),
            "tenant_id": material.tenant_id,
            "name": "Flight, Monday morning",
            "report_type": "campaign_performance",
            "parameters": json.dumps({"period": "7d"}),
            "campaign_id": _campaign(material),
            "podcast_ids": [],
            "cron": "30 7 * * 1",
            "enabled": True,
            "next_run_at": calendar.at(calendar.length + monday, 450),
            "last_run_at": None,
            "created_by": manager,
            "created_at": ago(material, 2, 705),
        },
        {
            "id": material.id("schedule/own"),
            "tenant_id": material.tenant_id,
            "name": "My show, quarterly",
            "report_type": "podcast_audience",
            "parameters": json.dumps({"period": "90d"}),
            "campaign_id": None,
            "podcast_ids": [_show(material)],
            "cron": "0 8 1 1,4,7,10 *",
            "enabled": False,
            "next_run_at": None,
            "last_run_at": None,
            "created_by": podcaster,
            "created_at": ago(material, 30, 705),
        },
    ]
    return schedules if is_story(material) else schedules[:1]


def _recipients(material: Material) -> list[Row]:
    people = {p.role: p for p in material.plan.people}

    def mail(name: str, schedule: str, email: str, who: uuid.UUID | None) -> Row:
        return {
            "id": material.id(f"recipient/{name}"),
            "tenant_id": material.tenant_id,
            "schedule_id": material.id(f"schedule/{schedule}"),
            "channel": "email",
            "email": email,
            "user_id": who,
            "webhook_id": None,
            "created_at": ago(material, 2, 710),
        }

    rows = [
        mail("manager", "monthly", people["account_manager"].email, person(material, "account_manager")),
        mail("host", "monthly", people["podcaster"].email, person(material, "podcaster")),
        mail("client", "weekly", f"marketing@{material.plan.sponsors[0].slug}.example", None),
        mail("sponsor", "weekly", people["sponsor"].email, person(material, "sponsor")),
        mail("own", "own", people["podcaster"].email, person(material, "podcaster")),
    ]
    if not is_story(material):
        return rows[:1]
    hook = {**mail("hook", "monthly", "", None), "channel": "webhook", "email": None}
    return [*rows, {**hook, "webhook_id": material.id("webhook/reports")}]


def _deliveries(material: Material) -> list[Row]:
    """The month's report goes out once it is made; the one before was never made, so nobody got it."""
    if not is_story(material):
        return []
    people = {p.role: p for p in material.plan.people}
    rows = []
    for report, back in (("recent", 0), ("before", 1)):
        made = _first_of(material, back, 360)
        for name, channel, destination in (
            ("manager", "email", people["account_manager"].email),
            ("host", "email", people["podcaster"].email),
            ("hook", "webhook", f"https://hooks.{material.plan.slug}.example/reports"),
        ):
            waits = report == "recent"
            log = (
                []
                if waits
                else [{"at": (made + timedelta(hours=1)).isoformat(), "outcome": "The report was not made."}]
            )
            rows.append(
                {
                    "id": material.id(f"delivery/{report}/{name}"),
                    "tenant_id": material.tenant_id,
                    "schedule_id": material.id("schedule/monthly"),
                    "report_id": material.id(f"report/{report}"),
                    "recipient_id": material.id(f"recipient/{name}"),
                    "channel": channel,
                    "destination": destination,
                    "status": "queued" if waits else "cancelled",
                    "attempts": 0,
                    "next_attempt_at": made + timedelta(minutes=5) if waits else None,
                    "attempt_log": json.dumps(log),
                    "created_at": made,
                }
            )
    return rows
