"""What rests on too little is not shown: the one place where flagged values leave an answer on its way to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from queries.metrics import ENOUGH_CONVERSIONS, METRICS
from queries.results import Answer, Column
from reports.formatting import counted, number

_OF_A_FIGURE = ("value", "compared_value", "low", "high")


def as_shown(answer: Answer) -> Answer:
    """The answer as pages, CSV and PDF show it: values that rest on too few conversions are empty.

    Shape: a question flags a row with `is_too_little` (and `was_too_little` for the value before) and says in `note` of
    what there is too little. In a list of key figures the row's value is meant, in a table its columns whose metric
    rests on conversions.
    """
    if not any(row.get("is_too_little") or row.get("was_too_little") for row in answer.rows):
        return answer
    return replace(answer, rows=[_shown(row, answer.columns) for row in answer.rows])


def too_few_to_compare_shows(answer: Answer) -> str:
    """Why the credit of shows is not drawn, in words; empty where enough conversions are credited."""
    return _too_few_to_compare(answer, "shows")


def too_few_to_compare_episodes(answer: Answer) -> str:
    """The same of episodes."""
    return _too_few_to_compare(answer, "episodes")


def _too_few_to_compare(answer: Answer, what: str) -> str:
    """The reason with its numbers.

    Source: attribution_by_podcast and attribution_by_episode of queries.campaign_conversions.
    """
    credited, conversions = answer.totals["attributed"], answer.totals["conversions"]
    if credited >= ENOUGH_CONVERSIONS:
        return ""
    followed = f"{number(credited)} of {counted(conversions, 'conversion')} followed an impression or visit"
    return f"{followed}: fewer than {ENOUGH_CONVERSIONS} are too few to compare {what}."


def _shown(row: Mapping[str, Any], columns: tuple[Column, ...]) -> Mapping[str, Any]:
    withheld: dict[str, Any] = {}
    if row.get("is_too_little"):
        keys = _OF_A_FIGURE if "metric" in row else [column.key for column in columns if _rests(column)]
        withheld |= {**dict.fromkeys(keys), "change_ratio": None, "change_points": None, "spark": []}
    if row.get("was_too_little"):
        withheld |= {"previous": None, "change_ratio": None, "change_points": None}
    return {key: withheld.get(key, value) for key, value in row.items()}


def _rests(column: Column) -> bool:
    return column.metric in METRICS and METRICS[column.metric].rests_on_conversions
