"""Work done ahead: while one thread waits for the database, another reads and judges what comes next."""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from typing import TypeVar

T = TypeVar("T")
_PATIENCE_SECONDS = 0.2
_SWITCH_SECONDS = 0.0005
"""A thread that has its answer from the database waits so long for one that computes; Python's own 5 ms came with each
answer, a dozen times for each batch."""
_switching = threading.Lock()
_at_work = 0
_before = 0.0


def ahead(items: Iterator[T], *, by: int = 2) -> Generator[T, None, None]:
    """The items in their order, made in a thread of their own, at most `by` of them in advance.

    What goes wrong while an item is made is raised where it would have come.
    """
    made: Queue[tuple[T | None, BaseException | None, bool]] = Queue(maxsize=by)
    stopped = threading.Event()

    def put(item: T | None, error: BaseException | None, is_last: bool) -> None:
        while not stopped.is_set():
            try:
                made.put((item, error, is_last), timeout=_PATIENCE_SECONDS)
            except Full:
                continue
            return

    def make() -> None:
        try:
            for item in items:
                put(item, None, False)
                if stopped.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 (raised again by whoever asked for the items)
            put(None, error, True)
        else:
            put(None, None, True)

    thread = threading.Thread(target=make, name="ahead", daemon=True)
    with _switching_soon():
        thread.start()
        try:
            while True:
                try:
                    item, error, is_last = made.get(timeout=_PATIENCE_SECONDS)
                except Empty:
                    continue
                if error is not None:
                    raise error
                if is_last:
                    return
                yield item  # type: ignore[misc]
        finally:
            stopped.set()
            thread.join()


@contextmanager
def _switching_soon() -> Iterator[None]:
    """Threads take turns soon; it is the whole process's, so the last of several to end puts back what was."""
    global _at_work, _before  # noqa: PLW0603 (what it counts is the interpreter's, of which there is one)
    with _switching:
        if _at_work == 0:
            _before = sys.getswitchinterval()
            sys.setswitchinterval(_SWITCH_SECONDS)
        _at_work += 1
    try:
        yield
    finally:
        with _switching:
            _at_work -= 1
            if _at_work == 0:
                sys.setswitchinterval(_before)
