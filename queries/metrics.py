"""THE registry: what each number means. Pages, PDF, CSV and the methodology page read labels and meaning here only."""

from __future__ import annotations

from queries.metric_entries.attribution import ATTRIBUTION
from queries.metric_entries.campaigns import CAMPAIGNS
from queries.metric_entries.entry import Metric
from queries.metric_entries.listening import LISTENING

__all__ = ["ENOUGH_CONVERSIONS", "METRICS", "RULE_VERSION", "Metric", "formula_words", "metric"]

RULE_VERSION = "4"
"""Version of the counting rules below; part of every report, and of what a count by podboard is stored under."""

ENOUGH_CONVERSIONS = 30
"""Below so many conversions a rate, a share or a change of them is not shown: "too little data", never a bare point."""
TOO_FEW_CONVERSIONS = f"fewer than {ENOUGH_CONVERSIONS} conversions"
TOO_FEW_CREDITED = f"fewer than {ENOUGH_CONVERSIONS} credited conversions"
TOO_FEW_ORDERS = f"fewer than {ENOUGH_CONVERSIONS} orders with an amount"

METRICS: dict[str, Metric] = {metric.key: metric for metric in (*LISTENING, *CAMPAIGNS, *ATTRIBUTION)}


def metric(key: str) -> Metric:
    """The registry entry; KeyError for an unknown key."""
    return METRICS[key]


def formula_words(of: Metric) -> str:
    """How the metric is worked out, a ratio by what divides what; empty where its meaning is a count of its own."""
    if of.formula or not of.numerator or not of.denominator:
        return of.formula
    return f"{METRICS[of.numerator].label} / {METRICS[of.denominator].label}"
