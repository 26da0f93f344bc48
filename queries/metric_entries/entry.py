"""What the registry says of one metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["count", "ratio", "number", "money", "seconds", "times"]
Direction = Literal["up", "down", "neutral"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    `unit`: count, ratio (0-1), number, money (millionths of a currency), seconds, times (2.5×). `direction`: which
    change is good. `adds_over`: along which dimensions values may be summed (empty: along nothing). `empty`: shown when
    there is no value. A ratio names `numerator` and `denominator`: both are summed first and divided once. `formula`
    says in words how the number comes about where those two alone do not: a part of them is divided, something that is
    no metric, or nothing is; `terms` are the metrics in it that are neither numerator nor denominator.
    `rests_on_conversions`: shown from `ENOUGH_CONVERSIONS` on only, and a rate then with its interval.
    """

    key: str
    label: str
    unit: Unit
    meaning: str
    source: str
    direction: Direction = "up"
    adds_over: tuple[str, ...] = ()
    numerator: str | None = None
    denominator: str | None = None
    formula: str = ""
    terms: tuple[str, ...] = ()
    empty: str = "–"
    rests_on_conversions: bool = False
    group: Literal["Listening", "Campaigns", "Attribution"] = "Listening"

    @property
    def made_of(self) -> frozenset[str]:
        """The metrics that it is worked out from."""
        named = (self.numerator, self.denominator, *self.terms)
        return frozenset(key for key in named if key is not None)

    @property
    def changes_in_points(self) -> bool:
        """Whether a change is told in percentage points: of a share, "−9 %" would be read as points."""
        return self.unit == "ratio"

    @property
    def is_price(self) -> bool:
        """Whether it is money per something."""
        return self.unit == "money" and self.denominator is not None
