"""A process that a test starts ends with its block, whatever happens in it."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

import pytest

from tests.children import child

_WAITS = "import signal, sys; {}; print('ready', flush=True); signal.pause()"
_DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
_POLITE = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))"


def _failing(
    does: str, asked: int | None, monkeypatch: pytest.MonkeyPatch, seen: list[subprocess.Popen[Any]]
) -> None:
    command = [sys.executable, "-c", _WAITS.format(does)]
    with child(command, asked=asked, stdout=subprocess.PIPE) as process:
        seen.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        if does == _DEAF:
            wait = process.wait
            # As if its minute were over at once.
            monkeypatch.setattr(process, "wait", lambda timeout=None: wait(timeout and 0))
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("does", "asked", "raised", "ends_with"),
    [
        (_DEAF, None, ZeroDivisionError, -signal.SIGKILL),
        (_POLITE, signal.SIGTERM, ZeroDivisionError, 0),
        (_DEAF, signal.SIGTERM, subprocess.TimeoutExpired, -signal.SIGKILL),
    ],
    ids=["killed", "asked", "asked in vain"],
)
def test_a_process_ends_where_its_test_fails(
    does: str, asked: int | None, raised: type[Exception], ends_with: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[subprocess.Popen[Any]] = []
    with pytest.raises(raised):
        _failing(does, asked, monkeypatch, seen)
    assert [process.returncode for process in seen] == [ends_with]
