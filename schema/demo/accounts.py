"""The demo's accounts: limits, preferences, log-ins of the last weeks, and what they leave behind."""

from __future__ import annotations

from datetime import timedelta

from schema.demo.marks import BROWSERS, PREFIXES, Row, Rows, ago, dice, is_story, person, person_id, proof
from schema.demo.material import Material

_WEEKS = 4
_ACTIVE = {"sponsor": 0.25, "podcaster": 0.55, "account_manager": 0.95, "admin": 0.45}


def accounts(material: Material) -> Rows:
    """Quotas with some room, who wants which mail, log-ins and spent tokens."""
    plan, tenant = material.plan, material.tenant_id
    log_ins = _log_ins(material)
    return {
        "tenant_quotas": [
            {
                "tenant_id": tenant,
                "max_users": 25 if is_story(material) else None,
                "max_podcasts": len(plan.shows) + 6,
                "max_campaigns": 10 * (len(plan.campaigns) // 10 + 2),
            }
        ],
        "user_email_preferences": [
            {
                "user_id": person_id(material, p), "tenant_id": tenant, "marketing_emails": p.role == "podcaster",
                "product_updates": p.role != "sponsor", "security_alerts": True, "reports": True,
                "alerts": p.role != "admin",
            }
            for p in plan.people
        ],
        "user_metrics": _metrics(material, log_ins),
        "password_reset_tokens": _resets(material),
        "email_verification_tokens": _verifications(material),
        "refresh_tokens": _tokens(material),
        "sessions": _sessions(material),
        "access_logs": _door(material, log_ins),
        # Somebody who mistyped last night: forgotten after a day. The key is nobody's.
        "login_attempts": [
            {
                "attempt_key": proof(material, "attempt"), "failures": 3,
                "blocked_until": None, "last_failed_at": ago(material, 1, 24 * 60 - 1),
            }
        ],
    }  # fmt: skip


def _log_ins(material: Material) -> list[tuple[str, int, int]]:
    """(e-mail, days ago, minute) of each log-in: working days mostly, managers daily, sponsors now and then."""
    random = dice(material, 1)
    days = _WEEKS * 7 if is_story(material) else 3
    found = []
    for p in material.plan.people:
        for back in range(days, 0, -1):
            weekday = material.calendar.date_of(material.calendar.length - back).weekday()
            chance = _ACTIVE[p.role] * (0.15 if weekday >= 5 else 1)
            if random.random() < chance or back == days:
                found.append((p.email, back, int(random.integers(7 * 60 + 40, 11 * 60))))
    return found


def _metrics(material: Material, log_ins: list[tuple[str, int, int]]) -> list[Row]:
    made = []
    for p in material.plan.people:
        days = sorted({back for email, back, _ in log_ins if email == p.email})
        for name, value in (
            ("log_ins_30d", sum(1 for email, _, _ in log_ins if email == p.email)),
            ("active_days_30d", len(days)),
        ):
            made.append(
                {
                    "tenant_id": material.tenant_id, "user_id": person_id(material, p), "metric_name": name,
                    "metric_value": value, "metric_data": "{}", "created_at": ago(material, 30, 180),
                    "updated_at": ago(material, 1, 180),
                }
            )  # fmt: skip
    return made


def _resets(material: Material) -> list[Row]:
    """Links are forgotten a week after their end: the manager's, who mistyped and set a new password."""
    made = ago(material, 2, 9 * 60 + 16)
    return [
        {
            "id": material.id("reset/manager"), "tenant_id": material.tenant_id,
            "user_id": person(material, "account_manager"), "token": proof(material, "reset/manager"),
            "purpose": "reset", "created_at": made, "expires_at": made + timedelta(minutes=30),
            "used_at": made + timedelta(minutes=3),
        }
    ]  # fmt: skip


def _verifications(material: Material) -> list[Row]:
    """The same for addresses: the podcaster's was proved anew."""
    (email,) = (p.email for p in material.plan.people if p.role == "podcaster")
    made = ago(material, 3, 15 * 60 + 2)
    return [
        {
            "id": material.id("verification/podcaster"), "tenant_id": material.tenant_id,
            "user_id": person(material, "podcaster"), "token": proof(material, "verification/podcaster"),
            "email": email, "created_at": made, "expires_at": made + timedelta(hours=24),
            "used_at": made + timedelta(minutes=41),
        }
    ]  # fmt: skip


def _tokens(material: Material) -> list[Row]:
    """The manager's script: a family of three tokens, the last of which may be used; an older family was logged out."""
    user, family = person(material, "account_manager"), material.id("token-family/script")
    ids = [material.id(f"refresh-token/{n}") for n in range(3)]
    rows: list[Row] = [
        {
            "id": ids[n], "tenant_id": material.tenant_id, "user_id": user, "family_id": family,
            "token": proof(material, f"refresh/{n}"), "replaced_by": ids[n + 1] if n < 2 else None,
            "created_at": ago(material, 9 - 3 * n, 8 * 60), "expires_at": ago(material, -21 - 3 * n, 8 * 60),
            "revoked_at": ago(material, 6 - 3 * n, 8 * 60) if n < 2 else None,
            "revoked_reason": "rotated" if n < 2 else None,
        }
        for n in range(3)
    ]  # fmt: skip
    rows.append(
        {
            "id": material.id("refresh-token/old"), "tenant_id": material.tenant_id, "user_id": user,
            "family_id": material.id("token-family/old"), "token": proof(material, "refresh/old"), "replaced_by": None,
            "created_at": ago(material, 40, 8 * 60), "expires_at": ago(material, -2, 8 * 60),
            "revoked_at": ago(material, 31, 17 * 60), "revoked_reason": "logged_out",
        }
    )  # fmt: skip
    return rows


def _sessions(material: Material) -> list[Row]:
    """Last evening's: sessions are forgotten a day after their end, and all have ended."""
    return [
        {
            "id": material.id(f"session/{p.email}"), "token_hash": proof(material, f"session/{p.email}"),
            "tenant_id": material.tenant_id, "user_id": person_id(material, p),
            "created_at": ago(material, 1, 22 * 60 + 4 + 9 * n), "last_seen_at": ago(material, 1, 23 * 60 + 31 + 5 * n),
            "expires_at": ago(material, 1, 22 * 60 + 4 + 9 * n) + timedelta(hours=12),
            "ended_at": ago(material, 1, 24 * 60 - 1), "ip_prefix": PREFIXES[n % len(PREFIXES)],
            "user_agent": BROWSERS[n % len(BROWSERS)],
        }
        for n, p in enumerate(material.plan.people)
        if p.role in ("account_manager", "podcaster")
    ]  # fmt: skip


def _door(material: Material, log_ins: list[tuple[str, int, int]]) -> list[Row]:
    """Each log-in, three refused ones before the manager got in, and one page that was not the sponsor's."""
    numbers = {p.email: n for n, p in enumerate(material.plan.people)}

    def entry(name: str, email: str, action: str, days: int, minute: int, reason: str | None = None) -> Row:
        n = numbers[email]
        return {
            "id": material.id(f"access/{name}"), "tenant_id": material.tenant_id,
            "user_id": material.id(f"user/{email}"), "resource_type": "session" if action == "log_in" else "page",
            "action": action, "allowed": reason is None, "reason": reason, "ip_address": PREFIXES[n % len(PREFIXES)],
            "user_agent": BROWSERS[n % len(BROWSERS)], "occurred_at": ago(material, days, minute),
        }  # fmt: skip

    rows = [entry(f"{email}/{back}", email, "log_in", back, minute) for email, back, minute in log_ins]
    by_role = {p.role: p.email for p in material.plan.people}
    for n, p in enumerate(material.plan.people):
        if p.role in ("account_manager", "podcaster"):
            rows.append(entry(f"evening/{p.role}", p.email, "log_in", 1, 22 * 60 + 4 + 9 * n))
    for attempt in range(3):
        rows.append(
            entry(f"wrong/{attempt}", by_role["account_manager"], "log_in", 2, 9 * 60 + 11 + attempt, "wrong password")
        )  # fmt: skip
    rows.append(entry("foreign", by_role["sponsor"], "open", 5, 14 * 60 + 2, "no permission portfolio.read"))
    return rows
