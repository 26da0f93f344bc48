"""How the demo's people began with podboard, what was tried out with them, and who left."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import numpy as np

from schema.demo.marks import Row, Rows, ago, person
from schema.demo.material import Material
from schema.demo.plans import Role

# The ids the migration gives its steps, in their order.
STEPS = {
    name: UUID(f"7f1d0c4e-0000-4000-8000-00000000010{n}")
    for n, name in enumerate(
        ("set_time_zone", "import_feed", "import_events", "add_campaign", "invite_people", "set_brand", "first_report"),
        start=1,
    )
}  # fmt: skip
# By role: the steps done in this order; those of `_SKIPPED` were put aside.
_DONE: dict[Role, tuple[str, ...]] = {
    "admin": tuple(STEPS),
    "account_manager": ("set_time_zone", "import_feed", "add_campaign", "invite_people", "first_report"),
    "podcaster": ("set_time_zone", "first_report"),
    "sponsor": ("first_report",),
}
_SKIPPED: set[tuple[Role, str]] = {("account_manager", "invite_people"), ("podcaster", "set_time_zone")}

# name, description, status, start and end in days from today, the variants of the four people by role
_EXPERIMENTS: tuple[tuple[str, str, str, int | None, int | None, dict[Role, str]], ...] = (
    ("Sparkline beside each number", "Does a small line make people open the trend less often?", "completed", -120, -64,
     {"admin": "control", "account_manager": "changed", "podcaster": "changed", "sponsor": "control"}),
    ("Report from the campaign's page", "A button where the numbers are, besides the one in the library.", "running",
     -18, None,
     {"account_manager": "changed", "sponsor": "control", "admin": "control"}),
    ("Weekly summary by mail", "One sentence on Monday morning.", "draft", None, None, {}),
)  # fmt: skip
_CHURN = (
    ("left_the_tenant", 260,
     {"note": "Moved to a house that does not make podcasts.", "days_with_us": 301, "would_return": True}),
    ("little_use", 140,
     {"note": "I looked at it twice a year and always had to start anew.", "days_with_us": 190, "would_return": False}),
    ("other_product", 45, {"days_with_us": 88}),
)  # fmt: skip


def growth(material: Material) -> Rows:
    """Experiments, churn and onboarding of a tenant."""
    return {**_experiments(material), **_churn(material), **_onboarding(material)}


def _experiments(material: Material) -> Rows:
    random = np.random.default_rng([material.seed, 65])
    tenant, today, people = (
        material.tenant_id,
        material.calendar.length,
        {role: person(material, role) for role in _DONE},
    )
    experiments: list[Row] = []
    assignments: list[Row] = []
    events: list[Row] = []
    for name, description, status, start, end, variants in _EXPERIMENTS:
        identifier = material.id(f"experiment/{name}")
        first = -3 if start is None else start
        experiments.append(
            {
                "id": identifier, "tenant_id": tenant, "name": name, "description": description, "status": status,
                "start_date": None if start is None else material.calendar.date_of(today + start),
                "end_date": None if end is None else material.calendar.date_of(today + end),
                "created_at": ago(material, 2 - first, 11 * 60),
            }
        )  # fmt: skip
        for role, variant in variants.items():
            assigned = ago(material, -first, 8 * 60 + len(assignments))
            assignments.append(
                {
                    "tenant_id": tenant, "experiment_id": identifier, "user_id": people[role], "variant": variant,
                    "assigned_at": assigned, "created_at": assigned,
                }
            )  # fmt: skip
            for n, days in enumerate(range(-first, -(end or -1), -6)):
                chance = random.random()
                kind = (
                    "conversion"
                    if chance < 0.2
                    else "click"
                    if chance < 0.5
                    else "dismissal"
                    if chance < 0.55
                    else None
                )
                at = ago(material, days, int(random.integers(9 * 60, 17 * 60)))
                for event, later in (("exposure", 0), (kind, 40)):
                    if event is None:
                        continue
                    data = {
                        "page": "/campaigns",
                        **({"goal": "report made"} if event == "conversion" else {}),
                    }
                    events.append(
                        {
                            "id": material.id(f"experiment/{name}/{role}/{n}/{later}"), "tenant_id": tenant,
                            "experiment_id": identifier, "user_id": people[role], "event_type": event,
                            "event_data": json.dumps(data), "occurred_at": at + timedelta(seconds=later),
                        }
                    )  # fmt: skip
    return {"experiments": experiments, "experiment_assignments": assignments, "experiment_events": events}


def _churn(material: Material) -> Rows:
    """People who are gone: their rows name nobody any more."""
    return {
        "churn_events": [
            {
                "id": material.id(f"churn/{reason}"), "tenant_id": material.tenant_id, "churn_reason": reason,
                "churn_data": json.dumps(data), "occurred_at": ago(material, days, 16 * 60),
            }
            for reason, days, data in _CHURN
        ]
    }  # fmt: skip


def _onboarding(material: Material) -> Rows:
    people = {role: person(material, role) for role in _DONE}
    progress: list[Row] = []
    for role, steps in _DONE.items():
        for n, step in enumerate(steps):
            at = material.calendar.at(-60, 10 * 60) + timedelta(hours=5 * n, minutes=7 * n)
            is_skipped = (role, step) in _SKIPPED
            progress.append(
                {
                    "tenant_id": material.tenant_id, "user_id": people[role], "step_id": STEPS[step],
                    "completed_at": None if is_skipped else at, "skipped_at": at if is_skipped else None,
                    "created_at": at,
                }
            )  # fmt: skip
    return {"onboarding_progress": progress}
