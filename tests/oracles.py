"""Second calculations: a test says of which metrics it is one, and has to compare exactly those.

`tests/unit/test_metrics_have_oracles.py` asks every metric of the registry for one.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from queries.metrics import METRICS


class Agreement:
    """Compares a number of the product with the second calculation, and remembers of which metric it was."""

    def __init__(self) -> None:
        self.metrics: set[str] = set()

    def on(self, metric: str, found: Any, counted: Any) -> None:
        """Whole numbers are equal; of others the product keeps 12 digits at least, of credit 9 places."""
        assert metric in METRICS, f"{metric} is no metric"
        self.metrics.add(metric)
        if found is None or counted is None or isinstance(counted, int):
            assert found == counted, (metric, found, counted)
        else:
            apart = abs(Fraction(found) - Fraction(counted))
            exact = (
                Fraction(1, 10**9) if METRICS[metric].group == "Attribution" else Fraction(counted) / 10**12
            )
            assert apart <= exact, (metric, found, counted)
