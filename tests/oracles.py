"""Second calculations: a test says of which metrics it is one, and has to compare exactly those, everywhere.

Everywhere is at each of `tests.clock_changes.PLACES`: in five zones, in periods that go across either change of clocks.

`tests/unit/test_metrics_have_oracles.py` asks every metric of the registry for one, and that what is compared comes out
of the product's own questions.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from queries.metrics import METRICS
from queries.periods import Period
from tests.clock_changes import PLACES, Place

NOT_ASKED_YET = {
    "first_1_day_downloads": "no question shows it: top_episodes tells the first 7 days alone",
    "first_3_day_downloads": "no question shows it: top_episodes tells the first 7 days alone",
    "first_30_day_downloads": "no question shows it: top_episodes tells the first 7 days alone",
    "engaged_plays": "no question shows it: overview_plays reads plays, completes and listening time",
}
"""Metrics that are kept and that nothing of queries/ asks for: their oracle reads the relation that a page will read.

Whoever writes the first question of one takes it out here, and its oracle then has to ask that question.
"""


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

    def on_stored(self, metric: str, found: Any, counted: Any) -> None:
        """As `on`, of what the test itself read where the product asks for it nowhere yet."""
        assert metric in NOT_ASKED_YET, f"{metric} is asked for by the product: that answer is to be compared"
        self.on(metric, found, counted)

    def on(self, metric: str, found: Any, counted: Any) -> None:
        """Whole numbers are equal; of others the product keeps 12 digits at least, of credit 9 places.

        `found` is what a question of queries/ answered, or one of its statements.
        """
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
