"""Processes that tests start: none outlives its test, whatever fails meanwhile."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def child(
    arguments: Sequence[str], *, asked: int | None = None, **options: Any
) -> Iterator[subprocess.Popen[Any]]:
    """A process, as `subprocess.Popen` starts it, which is ended with -9 where the block ends and it has not itself.

    `asked`: the signal by which it is asked first, when it has processes of its own to end; it gets a minute.
    """
    # To leave a Popen waits for the process: one that nobody has ended would hold up the test for ever.
    with subprocess.Popen(arguments, **options) as process:
        try:
            yield process
        finally:
            try:
                if asked is not None and process.poll() is None:
                    process.send_signal(asked)
                    process.wait(60)
            finally:
                process.kill()
