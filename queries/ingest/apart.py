"""Reads documents of strangers in a process of its own, with an end: none holds the worker or takes its memory.

What is malformed on purpose costs the parsers below the readers time by its square, and so a document of some megabytes
hours. No rule for documents is as sure as a limit for who reads them.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from queries.child_limits import limit_this_process
from queries.ingest.imports import ImportRefused

_ROOT = Path(__file__).resolve().parents[2]
# Nothing of ours goes along: no database address, no secret.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR")
_SOON_READ = 8_192
"""Bytes; so few take a second at the worst, hardly more than it takes a process to begin."""
_OUT_OF_MEMORY = 4
_log = logging.getLogger(__name__)

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading a document may use: seconds of the processor and by the clock, bytes of memory."""

    processor_seconds: int = 60
    seconds: int = 300
    memory_bytes: int = 2_000_000_000


def read_apart(
    read: Callable[..., Read],
    document: bytes,
    *args: Any,
    limits: Limits = Limits(),
) -> Read:
    """What `read`, a function of a module, makes of the document and `args`.

    Raises: ImportRefused, as `read` does, and where it takes longer or more memory than the limits allow.
    """
    if len(document) <= _SOON_READ:
        return read(document, *args)
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__],
            input=pickle.dumps((limits, read, document, args)),
            capture_output=True,
            check=False,
            timeout=limits.seconds,
            env=environment | {"PYTHONPATH": str(_ROOT)},
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise ImportRefused(_too_long()) from None
    if done.returncode == -signal.SIGXCPU:
        raise ImportRefused(_too_long())
    if done.returncode == _OUT_OF_MEMORY:
        raise ImportRefused(
            "The document takes too much memory to read: it is not made as such documents are."
        )
    if done.returncode:
        # What kind of error it was: its text may quote the document.
        complaint = done.stderr.decode(errors="replace").strip().rpartition("\n")[2].partition(":")[0][:300]
        _log.error("document could not be read", extra={"code": done.returncode, "complaint": complaint})
        raise ImportRefused("The document cannot be read.")
    refused, found = pickle.loads(done.stdout)  # noqa: S301 (our own child wrote it)
    if refused:
        raise ImportRefused(refused)
    made: Read = found
    return made


def _too_long() -> str:
    return "The document takes too long to read: it is not made as such documents are."


def _child() -> int:
    limits, read, document, args = pickle.load(sys.stdin.buffer)  # noqa: S301 (our own parent wrote it)
    limit_this_process(processor_seconds=limits.processor_seconds, memory_bytes=limits.memory_bytes)
    try:
        found = pickle.dumps(("", read(document, *args)))
    except ImportRefused as refused:
        found = pickle.dumps((str(refused), None))
    except MemoryError:
        return _OUT_OF_MEMORY
    sys.stdout.buffer.write(found)
    return 0


if __name__ == "__main__":
    sys.exit(_child())
