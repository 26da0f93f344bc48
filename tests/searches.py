"""Searches with Hypothesis: a few examples in every run, many in `make proof`, half of the few on a second server."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

THOROUGH = "PODBOARD_THOROUGH"
# `make test-system` repeats on the operating system's PostgreSQL what `make test` has searched on the wheel's.
_AGAIN = "PODBOARD_PG_BIN"


def search(few: int, many: int, phases: Sequence[Phase] = tuple(Phase)) -> Callable[[Any], Any]:
    """A test with @given that tries so many examples, against a database or a page that all of them share.

    `make proof` runs it as well: it collects the mark and sets THOROUGH. Without Phase.shrink a failing example is not
    made smaller, which takes minutes where one is large.
    """
    configured = settings(
        max_examples=many if THOROUGH in os.environ else max(1, few // 2) if os.environ.get(_AGAIN) else few,
        phases=phases,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )

    def decorated(test: Any) -> Any:
        return pytest.mark.searched(configured(test))

    return decorated
