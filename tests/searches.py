"""Searches with Hypothesis: a few examples in every run, many in `make proof`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

THOROUGH = "PODBOARD_THOROUGH"


def search(few: int, many: int, phases: Sequence[Phase] = tuple(Phase)) -> Callable[[Any], Any]:
    """A test with @given that tries so many examples, against a database or a page that all of them share.

    `make proof` runs it as well: it collects the mark and sets THOROUGH. Without Phase.shrink a failing example is not
    made smaller, which takes minutes where one is large.
    """
    configured = settings(
        max_examples=many if THOROUGH in os.environ else few,
        phases=phases,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )

    def decorated(test: Any) -> Any:
        return pytest.mark.searched(configured(test))

    return decorated
