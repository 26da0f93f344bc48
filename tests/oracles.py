"""Second calculations: a test says of which metrics it is one, and has to compare exactly those, everywhere.

Everywhere is at each of `tests.clock_changes.PLACES`: in five zones, in periods that go across either change of clocks.

`tests/unit/test_metrics_have_oracles.py` asks every metric of the registry for one.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from queries.metrics import METRICS
from queries.periods import Period
from tests.clock_changes import PLACES, Place


class Agreement:
    """Compares a number of the product with the second calculation, and remembers of which metric it was, and where."""

    def __init__(self) -> None:
        self.metrics: set[str] = set()
        self._told: set[tuple[str, Place]] = set()
        self._place: Place | None = None

    def at(self, place: Place, period: Period | None = None) -> None:
        """What follows is of this place. It is tried there if the period holds the change and a day on either side."""
        across = period is None or period.start < place.day < period.last_day
        self._place = place if across else None

    def never_told(self) -> dict[str, list[Place]]:
        """Of which metrics nothing but zeros and gaps was compared, and where: that proves nothing there."""
        return {
            metric: missing
            for metric in sorted(self.metrics)
            if (missing := [place for place in PLACES if (metric, place) not in self._told])
        }

    def on(self, metric: str, found: Any, counted: Any) -> None:
        """Whole numbers are equal; of others the product keeps 12 digits at least, of credit 9 places."""
        assert metric in METRICS, f"{metric} is no metric"
        self.metrics.add(metric)
        if counted and self._place is not None:
            self._told.add((metric, self._place))
        if found is None or counted is None or isinstance(counted, int):
            assert found == counted, (metric, found, counted)
        else:
            apart = abs(Fraction(found) - Fraction(counted))
            exact = (
                Fraction(1, 10**9) if METRICS[metric].group == "Attribution" else Fraction(counted) / 10**12
            )
            assert apart <= exact, (metric, found, counted)
