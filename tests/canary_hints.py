"""What to plant where it cannot be derived: a column whose checks or triggers ask for one particular shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.canary_values import Mark
from tests.catalogue import Relation

# (table, column): its value. Also for a document that the product reads in a shape that its comment states alone.
HINTS: dict[tuple[str, str], Callable[[Mark], Any]] = {
    ("attribution_analytics", "metrics"): lambda mark: json.dumps(
        {
            "version": 1, "conversions": mark.number(1), "leads": 0, "purchases": mark.number(1), "overlap": 0,
            "anonymous": 0, "revenue_micros": {"USD": str(mark.number(2))}, "windows": {},
            "by_source": {"pixel": mark.number(1)},
        }
    ),
    ("access_control_policies", "policy_definition"): lambda mark: json.dumps(
        {
            "version": 1, "effect": "deny", "actions": [f"{mark.token}.read"], "subjects": {"roles": [mark.token]},
            "resource": {"type": "podcast"},
        }
    ),
    # Keys from a closed list.
    ("tenant_settings", "settings"): lambda mark: json.dumps(
        {"listener_retention_days": mark.number(0) // 1000}
    ),
    ("attribution_models", "configuration"): lambda mark: json.dumps({"window_days": 7 + mark.place}),
    ("attribution_paths", "touchpoints"): lambda mark: json.dumps(
        [
            {
                "event_id": str(mark.id("touch")), "at": mark.moment(0).isoformat(), "type": "visit",
                "episode_id": None, "podcast_id": None, "ad_unit_id": None,
            }
        ]
    ),
    ("user_metrics", "metric_data"): lambda mark: json.dumps(
        {"by_day": {mark.moment(0).date().isoformat(): mark.number(0)}}
    ),
    ("import_columns", "columns"): lambda mark: json.dumps({f"{mark.token} column": "app"}),
    ("reports", "parameters"): lambda mark: json.dumps({"app": mark.token}),
    ("audit_logs", "changes"): lambda mark: json.dumps({mark.token: [None, mark.number(0)]}),
    ("security_events", "details"): lambda mark: json.dumps({mark.token: mark.number(0)}),
    ("job_runs", "result"): lambda mark: json.dumps({mark.token: mark.number(0)}),
    # An ad that played is named.
    ("listener_events", "event_data"): lambda mark: json.dumps(
        {"app": f"{mark.token} app", "number": mark.number(0), "ad_unit_id": str(mark.id("ad unit"))}
    ),
    ("listener_metrics", "metric_data"): lambda _mark: "{}",
    ("integrations", "configuration"): lambda mark: json.dumps({"account": mark.token}),
    ("partner_integrations", "configuration"): lambda mark: json.dumps({"contact": mark.token}),
    # Both ways: one recipient is told by a webhook, which is for whoever may set one up.
    ("report_recipients", "channel"): lambda mark: "webhook" if mark.letter in "ab" else "email",
    # An end, which a newer version wants after a beginning that stands in a later column.
    ("integration_tokens", "expires_at"): lambda mark: mark.moment(60),
    ("password_reset_tokens", "expires_at"): lambda mark: mark.moment(60),
    # Words from a list, which a newer version checks in rows of an older one.
    ("attribution_paths", "conversion_source"): lambda _mark: "pixel",
    ("attribution_paths", "merged_sources"): lambda _mark: ["pixel"],
    ("retention_curves", "positions"): lambda mark: [mark.number(0), mark.number(0) + 1],
    ("retention_curves", "amounts"): lambda mark: [mark.number(0), mark.number(0) + 1],
    ("counting_windows", "pieces"): lambda mark: [mark.number(0), mark.number(0) + 1],
    # The balance is what was given less what was spent.
    ("ai_token_balances", "spent"): lambda mark: mark.number(0) // 100,
    ("ai_token_usage", "token_count"): lambda mark: mark.number(0) // 1000,
    ("report_schedules", "cron"): lambda mark: f"{mark.place} 7 * * 1",
    ("experiments", "variants"): lambda mark: ["control", mark.token],
    ("experiment_assignments", "variant"): lambda mark: mark.token,
    ("marketplace_listings", "pricing"): lambda mark: json.dumps(
        {"model": "cpm", "amount": mark.number(3), "currency": "USD"}
    ),
}  # fmt: skip
# Set, they end a row's life: no page would show its canaries any more.
ENDINGS = ("deleted_at", "disabled_at", "revoked_at", "ended_at", "used_at", "skipped_at", "archived_at")


def has_no_room(table: Relation, name: str, value: Any) -> bool:
    """True for what can name nobody: references, switches, words of a vocabulary, small numbers."""
    column = table.columns[name]
    words = [
        c
        for c in table.checks
        if c.columns == (name,) and ("ARRAY[" in c.expression or " = '" in c.expression)
    ]
    return (
        # Empty because another column is not.
        (value is None and any(name in c.columns and len(c.columns) > 1 for c in table.checks))
        or column.base
        in ("boolean", "uuid", "uuid[]", "inet", "cidr", "time without time zone", "interval", "smallint")
        or bool(column.labels)
        or bool(words)
        or name in (*ENDINGS, "cron")
        or any(name in key.columns for key in table.foreign_keys)
        or (
            column.base != "text"
            and any(name in c.columns for c in table.checks)
            and "json" not in column.base
        )
        or name in ("currency", "language", "country", "locale")
    )
